/** Text behind base64, where it is text at all. */
export function decoded(text: string): string | undefined {
  const packed = text.replaceAll(/\s/g, '')
  if (packed.length < 8 || !/^[\w+/-]+={0,2}$/.test(packed)) return undefined
  try {
    const plain = new TextDecoder('utf-8', {fatal: true}).decode(Buffer.from(packed, 'base64'))
    return /^[\t\n\r\u0020-\uFFFB]*$/.test(plain) ? plain : undefined
  } catch {
    return undefined
  }
}

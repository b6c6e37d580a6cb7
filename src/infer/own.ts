/** A copy of a piece of a text, for keeping: the piece itself would hold on to the whole line that it was cut from. */
export function own(text: string): string {
  return Buffer.from(text).toString()
}

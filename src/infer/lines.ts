/** What is read of one line at most, in bytes; the rest of a longer one is passed over. */
export const LONGEST_LINE = 64 * 1024

const NEWLINE = 10
const RETURN = 13

/**
 * Hands on the lines of a stream one by one, decoded and without their ends, in memory that does not grow with it: of a
 * line that is longer than `LONGEST_LINE` the beginning only. Reading stops where `signal` is aborted, by throwing.
 */
export async function eachLine(
  chunks: AsyncIterable<Buffer>,
  onLine: (text: string, number: number) => void,
  signal: AbortSignal,
): Promise<void> {
  let number = 0
  let begun: Buffer[] = []
  let length = 0
  const keep = (part: Buffer): void => {
    // A copy, so that a few bytes do not hold on to the whole chunk.
    if (length < LONGEST_LINE) begun.push(Buffer.from(part.subarray(0, LONGEST_LINE - length)))
    length += part.length
  }
  const emit = (buffer: Buffer, from: number, to: number): void => {
    const end = to > from && buffer[to - 1] === RETURN ? to - 1 : to
    onLine(buffer.toString('utf8', from, Math.min(end, from + LONGEST_LINE)), ++number)
  }
  for await (const chunk of chunks) {
    signal.throwIfAborted()
    let from = 0
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, from)) {
      if (length === 0) emit(chunk, from, at)
      else {
        keep(chunk.subarray(from, at))
        const line = Buffer.concat(begun)
        begun = []
        length = 0
        emit(line, 0, line.length)
      }
      from = at + 1
    }
    if (from < chunk.length) keep(chunk.subarray(from))
  }
  if (length > 0) {
    const line = Buffer.concat(begun)
    emit(line, 0, line.length)
  }
}

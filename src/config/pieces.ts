/** A patrol.yaml taken apart: the agents, some hundred at a time, and everything else. */
export interface Pieces {
  /** The file without its agents. */
  rest: string
  /** Each is a file of its own whose only key is `agents`; its first line stands in the place of `line`. */
  agents: Iterable<{text: string; line: number}>
}

const SMALL = 64 * 1024
const AT_ONCE = 256
/** What may change the meaning of everything behind it. */
const DIVIDES = /^(?:---|\.\.\.|%)/

/**
 * Takes a large file apart where its agents stand as `patrol init` writes them: a block below `agents:`, each name on a
 * line of its own. Undefined for all others. Pieces that turn out not to be sound, each for itself, were no pieces: then
 * the file has to be read as a whole.
 */
export function piecesOf(text: string): Pieces | undefined {
  if (text.length < SMALL) return undefined
  const heads = [...text.matchAll(/^agents:[ ]*\r?\n(?=( +)[A-Za-z0-9][\w.-]*:[ ]*\r?\n)/gm)]
  const [head, another] = heads
  if (!head?.[1] || another || DIVIDES.test(text.slice(4)) || text.search(/\n(?:---|\.\.\.|%)/) !== -1) return undefined
  const begin = head.index + head[0].length
  const behind = text.slice(begin).search(/^[^ #\r\n]/m)
  const end = behind === -1 ? text.length : begin + behind
  const rest = `${text.slice(0, head.index)}\n${text.slice(end)}`
  return {rest, agents: parts(text, begin, end, head[1].length)}
}

function* parts(text: string, begin: number, end: number, indent: number): Generator<{text: string; line: number}> {
  const name = new RegExp(`^ {${indent}}[A-Za-z0-9][\\w.-]*:`, 'gm')
  let line = lines(text, 0, begin)
  let from = begin
  let count = 0
  name.lastIndex = begin
  for (let next = name.exec(text); next && next.index < end; next = name.exec(text)) {
    if (count++ === 0 || count % AT_ONCE !== 0) continue
    yield {text: `agents:\n${text.slice(from, next.index)}`, line}
    line += lines(text, from, next.index)
    from = next.index
  }
  yield {text: `agents:\n${text.slice(from, end)}`, line}
}

function lines(text: string, from: number, to: number): number {
  let count = 0
  for (let at = text.indexOf('\n', from); at !== -1 && at < to; at = text.indexOf('\n', at + 1)) count++
  return count
}

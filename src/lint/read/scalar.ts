import type {Scalar} from 'yaml'
import {pieced, vague, type Excerpt, type SourceLine} from '../excerpt.ts'

/** A scalar's text with the way back to its places in the source, block scalars' indentation taken off. */
export function excerptOf(node: Scalar, source: string): Excerpt {
  const [from, to] = node.range ?? [0, 0]
  const value = typeof node.value === 'string' ? node.value : source.slice(from, to)
  if (node.type === 'BLOCK_LITERAL' || node.type === 'BLOCK_FOLDED') {
    return pieced(linesOfBlock(source, from, to, node.type === 'BLOCK_FOLDED'))
  }
  if (source.slice(from, to) === value) return pieced([{text: value, at: from}])
  if (source.slice(from + 1, to - 1) === value) return pieced([{text: value, at: from + 1}])
  return vague(value, {from, to})
}

/** The lines behind the header. The first that is not blank says how deep the block stands, unless the header does. */
function linesOfBlock(source: string, from: number, to: number, folded: boolean): SourceLine[] {
  const header = source.indexOf('\n', from)
  if (header === -1 || header >= to) return []
  const lines: SourceLine[] = []
  for (let at = header + 1; at < to;) {
    const end = source.indexOf('\n', at)
    const next = end === -1 || end >= to ? to : end + 1
    lines.push({text: source.slice(at, next).replace(/\r?\n$/, ''), at})
    at = next
  }
  const [, told] = /^[|>][-+]?([1-9])?/.exec(source.slice(from, header)) ?? []
  const first = lines.find(({text}) => text.trim() !== '')
  const depth = told === undefined ? indentOf(first?.text ?? '') : indentOf(first?.text ?? '') && Number(told)
  return lines.flatMap(({text, at}, index) => {
    const cut = Math.min(depth, indentOf(text))
    const next = lines[index + 1]
    const joins =
      folded && next && isPlain(text.slice(cut)) && isPlain(next.text.slice(Math.min(depth, indentOf(next.text))))
    return [
      {text: text.slice(cut), at: at + cut},
      {text: joins ? ' ' : '\n', at: at + text.length},
    ]
  })
}

const indentOf = (line: string) => line.length - line.trimStart().length

/** A line that folding joins with the next: neither blank nor indented further. */
const isPlain = (line: string) => /^\S/.test(line)

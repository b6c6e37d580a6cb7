import type {SyntaxNode} from '../tree.ts'
import {HOLE, type Span} from '../types.ts'

/** Fills the room of a placeholder such as `<id>` behind its `HOLE`, so that offsets stay; it is no text. */
const FILL = '\uFFFB'

/** A text that is read as a script: a file, a block of one, or a string that a shell is given to run. */
export interface ShellSource {
  text: string
  /** Where a stretch of `text` stands in the file. */
  span(from: number, to: number): Span
  /** What the `HOLE` at this offset of `text` stands for. */
  holeAt(offset: number): string
}

/** A part of a word: literal text, or a hole. `from` and `to` are where it stands in its source. */
export interface WordPiece {
  text: string
  /** The hole's name; `text` is then a `HOLE`. */
  hole?: string
  from: number
  to: number
  /** Whether blanks in it end a word: unquoted and from a variable. */
  splits?: boolean
}

/** Blanks that end a word, inside an expansion. */
export const BREAK = Symbol('break')
export type WordPart = WordPiece | typeof BREAK

/**
 * Runbooks write `repos/<owner>/<repo>` without quotes, which a shell takes for redirections. Where the grammar saw a
 * redirection and the text looks like a placeholder, returns the text with a `HOLE` in its place; else `undefined`.
 */
export function withoutPlaceholders(tree: SyntaxNode, text: string): string | undefined {
  const placeholder = /<[A-Za-z][\w.-]*(?: [\w.-]+)*>/y
  const found: {from: number; to: number}[] = []
  const look = (node: SyntaxNode) => {
    if (node.kind === '<') {
      placeholder.lastIndex = node.from
      const match = placeholder.exec(text)
      if (match && text[node.from - 1] !== '<') found.push({from: node.from, to: node.from + match[0].length})
    }
    for (const child of node.tokens) look(child)
  }
  if (/<[A-Za-z]/.test(text)) look(tree)
  if (found.length === 0) return undefined
  let [result, at] = ['', 0]
  for (const {from, to} of found.toSorted((a, b) => a.from - b.from)) {
    if (from < at) continue
    result += text.slice(at, from) + HOLE + FILL.repeat(to - from - 1)
    at = to
  }
  return result + text.slice(at)
}

/** Literal text of a source as pieces: `HOLE`s that stand in it become holes again. */
export function literal(source: ShellSource, text: string, from: number): WordPiece[] {
  if (!text.includes(HOLE) && !text.includes(FILL)) return text === '' ? [] : [{text, from, to: from + text.length}]
  const pieces: WordPiece[] = []
  for (const match of text.matchAll(/\uFFFC|[^\uFFFC\uFFFB]+/g)) {
    const [at, end] = [from + match.index, from + match.index + match[0].length]
    if (match[0] === HOLE) pieces.push({text: HOLE, hole: source.holeAt(at), from: at, to: end})
    else pieces.push({text: match[0], from: at, to: end})
  }
  return pieces
}

/** A string that a shell is given to run, as a source of its own whose places are those of the file. */
export function nested(outer: ShellSource, pieces: readonly WordPiece[]): ShellSource {
  const starts: number[] = []
  let text = ''
  for (const piece of pieces) {
    starts.push(text.length)
    text += piece.text
  }
  const pieceAt = (offset: number) => {
    let i = starts.length - 1
    while (i > 0 && (starts[i] ?? 0) > offset) i--
    return {piece: pieces[i], inside: offset - (starts[i] ?? 0)}
  }
  const exact = ({text: own, from, to}: WordPiece) => own.length === to - from
  return {
    text,
    span(from, to) {
      const [first, last] = [pieceAt(from), pieceAt(Math.max(from, to - 1))]
      if (!first.piece || !last.piece) return outer.span(0, 0)
      const start = exact(first.piece) ? first.piece.from + first.inside : first.piece.from
      const end = exact(last.piece) ? last.piece.from + last.inside + Math.min(1, to - from) : last.piece.to
      return outer.span(start, Math.max(start, end))
    },
    holeAt: (offset) => pieceAt(offset).piece?.hole ?? '',
  }
}

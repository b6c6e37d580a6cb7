import {linesOf} from './lines.ts'
import {first, Reader, type ScriptContents} from './shell/reader.ts'
import {recovered} from './shell/recovery.ts'
import {withoutPlaceholders, type ShellSource} from './shell/source.ts'
import {parse} from './tree.ts'
import type {Place, ShellScript, Span} from './types.ts'

/** Scripts in strings in scripts: further down they are words. */
const DEEPEST = 4

/**
 * Reads a shell script without running it: every simple command wherever it stands, scripts in strings that a shell is
 * given (`bash -c`, `eval`, `ssh`, `su -c`) included. Where the text is a part of a file, `at` and `offset` say where
 * it begins, and all spans are the file's. Unquoted placeholders such as `<owner>` are holes. Never throws over a
 * text: what cannot be read is `unread`.
 */
export async function readShell(text: string, options: {at?: Place; offset?: number} = {}): Promise<ShellScript> {
  const lines = linesOf(text, options.at, options.offset)
  const placeholder = /<[A-Za-z][\w.-]*(?: [\w.-]+)*>/y
  const found: ScriptContents = {commands: [], assignments: [], functions: [], comments: [], unread: []}
  const source: ShellSource = {
    text,
    span: (from, to) => lines.span(from, to),
    holeAt(offset) {
      placeholder.lastIndex = offset
      return placeholder.exec(text)?.[0] ?? ''
    },
  }
  await readSource(source, found, {errexit: false, depth: 0})
  for (const list of Object.values(found)) {
    list.sort((a: {from: number} | {at: Span}, b: {from: number} | {at: Span}) => startOf(a) - startOf(b))
  }
  return found
}

const startOf = (item: {from: number} | {at: Span}) => ('at' in item ? item.at.from : item.from)

async function readSource(
  source: ShellSource,
  found: ScriptContents,
  mode: {errexit: boolean; depth: number},
): Promise<void> {
  const raw = await parse('bash', source.text)
  const mended = withoutPlaceholders(raw, source.text)
  const plain = mended === undefined ? raw : await parse('bash', mended)
  const {text, tree, left} = await recovered(plain, mended ?? source.text)
  found.unread.push(...left.map(({from, to}) => source.span(from, to)))
  const reader = new Reader({...source, text}, tree, found, mode.errexit)
  const before = found.unread.length
  if (tree.kind === 'ERROR') reader.statement(tree, {status: 'plain', into: undefined})
  else reader.block(tree, {status: 'plain', into: undefined})
  // All could be read, but something was left open: a quote, an `if`.
  if (tree.hasError && found.unread.length === before) {
    const open = first(tree, ({missing}) => missing)
    found.unread.push(source.span(open?.from ?? 0, open?.to ?? source.text.length))
  }
  if (mode.depth === DEEPEST) return
  for (const {script, status} of reader.scripts) {
    await readSource(script, found, {errexit: status === 'looked' || reader.errexit, depth: mode.depth + 1})
  }
}

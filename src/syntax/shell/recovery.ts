import {linesOf} from '../lines.ts'
import {parse, type SyntaxNode, type Tree} from '../tree.ts'
import {STATEMENTS} from './reader.ts'

/** A script with what the grammar stumbles over taken out; all offsets stay. */
export interface Recovered {
  text: string
  tree: Tree
  /** Lines that were taken out. */
  left: readonly {from: number; to: number}[]
}

/** More lines than these are not taken out one by one: then it is another language. */
const MOST_LINES = 8
/** A script of this size is not read over and over. */
const LARGEST = 64 * 1024

/**
 * Where the grammar gives up, one line can take all that stands behind it along. Brackets in a pattern (`${1#[}`), which
 * it takes for a class, become characters of no meaning; after that the line where the trouble begins is taken out, as
 * long as more can be read without it.
 */
export async function recovered(first: Tree, source: string): Promise<Recovered> {
  let best: Recovered = {text: source, tree: first, left: []}
  if (!first.hasError || source.length > LARGEST) return best
  best = await better(
    best,
    source.replaceAll(PATTERN, (_, head: string, pattern: string) => head + muted(pattern)),
    [],
  )
  best = await better(best, best.text.replaceAll(HERE_STRING, '$3$2$1'), [])
  const lines = linesOf(source)
  while (best.tree.hasError && best.left.length < MOST_LINES) {
    const before = best
    for (const at of troubleIn(best.tree)) {
      const from = lines.offset({line: lines.place(at).line, column: 1})
      const end = source.indexOf('\n', from)
      const to = end === -1 ? source.length : end
      const text = before.text.slice(0, from) + ' '.repeat(to - from) + before.text.slice(to)
      // oxlint-disable-next-line no-await-in-loop -- each one is held against the best so far
      best = await better(best, text, [...before.left, {from, to}])
    }
    if (best === before) break
  }
  return best
}

/** `${NAME#pattern` and its like, as far as the pattern is plain. */
const PATTERN = /(\$\{\w+(?:\[[^\]]*\])?(?:##?|%%?|\/\/?))([^{}$`"'\n]*)(?=\})/g

/** A redirection before a here-string, which the grammar takes only behind it. */
const HERE_STRING = /((?:\d|&)?>{1,2}[ \t]*[^\s;&|<>()]+)([ \t]+)(<<<[ \t]*(?:"[^"\n]*"|'[^'\n]*'|[^\s;&|<>()"']+))/g

const muted = (pattern: string) => pattern.replaceAll(/[[\]()]/g, '\uFFFB')

async function better(best: Recovered, text: string, left: Recovered['left']): Promise<Recovered> {
  if (text === best.text) return best
  const found = {text, tree: await parse('bash', text), left}
  return lost(found) < lost(best) ? found : best
}

/** How many lines are in trouble: within what the grammar gave up on, or taken out. */
function lost({tree, left}: Recovered): number {
  return left.length + lostIn(tree)
}

function lostIn(node: SyntaxNode): number {
  if (node.kind === 'ERROR' || node.missing) return node.text.trim().split('\n').length
  return node.hasError ? node.tokens.reduce((sum, child) => sum + lostIn(child), 0) : 0
}

/** A statement within an error is read all the same. */
const isReadable = ({kind}: SyntaxNode) => STATEMENTS.has(kind)

/** Where the trouble may begin: at the first thing that cannot be read, or at the first such thing within that. */
function troubleIn(tree: SyntaxNode): number[] {
  const found: number[] = []
  for (let node: SyntaxNode | undefined = tree; node;) {
    const broken: SyntaxNode | undefined =
      node.kind === 'ERROR' ? node.tokens.find((child) => !isReadable(child) || child.hasError) : undefined
    if (broken) found.push(broken.from)
    if (node.missing || node.kind === 'ERROR') found.push(node.from)
    node = broken ?? node.tokens.find(({hasError}) => hasError)
  }
  return [...new Set(found)].slice(0, MOST_LINES)
}

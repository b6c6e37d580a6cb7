import type {Tree as ParsedTree} from '@vscode/tree-sitter-wasm'
import {parseWith, type Grammar} from './engine.ts'
import {linesOf, type TextLines} from './lines.ts'
import type {Span} from './types.ts'

/** A node of a parsed text. Offsets are UTF-16 code units, as in JavaScript's strings. */
export interface SyntaxNode {
  /** The grammar's name of it: `command`, `call_expression`; of a token its text. `ERROR` where the grammar gave up. */
  readonly kind: string
  /** False for tokens such as `(` and `&&`. */
  readonly named: boolean
  /** The grammar invented it to go on: an unclosed bracket's end. It is empty. */
  readonly missing: boolean
  /** What it is to its parent: `name`, `argument`. */
  readonly field: string | undefined
  readonly from: number
  readonly to: number
  readonly text: string
  /** Named nodes only. */
  readonly children: readonly SyntaxNode[]
  /** All nodes, tokens included. */
  readonly tokens: readonly SyntaxNode[]
  readonly parent: SyntaxNode | undefined
  /** Whether the grammar gave up, or invented something, in it. */
  readonly hasError: boolean
  /** The first child that is this to it. */
  child(field: string): SyntaxNode | undefined
  /** All children that are this to it. */
  all(field: string): SyntaxNode[]
  span(): Span
}

/** A parsed text: the root of its nodes. Holds memory of its own only, so that forgetting to dispose of it leaks nothing. */
export interface Tree extends SyntaxNode, Disposable {}

/** Deeper than this a text is not written by people; what is below is left unread, so that readers may recurse. */
const DEEPEST = 400

class PlainNode implements SyntaxNode {
  readonly kind: string
  readonly named: boolean
  readonly missing: boolean
  readonly field: string | undefined
  readonly from: number
  readonly to: number
  readonly parent: PlainNode | undefined
  readonly tokens: PlainNode[] = []
  hasError: boolean
  readonly #source: {text: string; lines: TextLines}

  constructor(
    source: {text: string; lines: TextLines},
    parent: PlainNode | undefined,
    is: {kind: string; named: boolean; missing: boolean; field: string | undefined; from: number; to: number},
  ) {
    this.#source = source
    this.parent = parent
    this.kind = is.kind
    this.named = is.named
    this.missing = is.missing
    this.field = is.field
    this.from = is.from
    this.to = is.to
    this.hasError = is.missing || is.kind === 'ERROR'
  }

  get text(): string {
    return this.#source.text.slice(this.from, this.to)
  }

  get children(): PlainNode[] {
    return this.tokens.filter((node) => node.named)
  }

  child(field: string): PlainNode | undefined {
    return this.tokens.find((node) => node.field === field)
  }

  all(field: string): PlainNode[] {
    return this.tokens.filter((node) => node.field === field)
  }

  span(): Span {
    return this.#source.lines.span(this.from, this.to)
  }

  [Symbol.dispose](): void {
    this.tokens.length = 0
  }
}

/**
 * Parses a text with a tree-sitter grammar and copies the tree out of the engine, whose own memory is freed at once.
 * Never throws over a text: what the grammar cannot read are `ERROR` nodes.
 */
export async function parse(language: Grammar, text: string): Promise<Tree> {
  const source = {text, lines: linesOf(text)}
  // Go's grammar ends a statement with a newline only, and a file's last line may have none.
  const copied = await parseWith(language, language === 'go' ? `${text}\n` : text, (tree) => copyOf(tree, source))
  if (copied) return copied
  const whole = {kind: 'ERROR', named: true, missing: false, field: undefined, from: 0, to: text.length}
  return new PlainNode(source, undefined, whole)
}

function copyOf(tree: ParsedTree, source: {text: string; lines: TextLines}): PlainNode {
  const {text} = source
  const cursor = tree.walk()
  try {
    const copy = (parent: PlainNode | undefined, kind = cursor.nodeType) => {
      const is = {
        kind,
        named: cursor.nodeIsNamed,
        missing: cursor.nodeIsMissing,
        field: cursor.currentFieldName ?? undefined,
        from: Math.min(cursor.startIndex, text.length),
        to: Math.min(cursor.endIndex, text.length),
      }
      const node = new PlainNode(source, parent, is)
      parent?.tokens.push(node)
      if (node.hasError) for (let up = parent; up && !up.hasError; up = up.parent) up.hasError = true
      return node
    }
    const root = copy(undefined)
    for (let [node, depth] = [root, 0]; ;) {
      if (cursor.gotoFirstChild()) {
        const parent = node
        if (depth === DEEPEST) {
          copy(parent, 'ERROR')
          cursor.gotoParent()
        } else {
          node = copy(parent)
          depth++
          continue
        }
      }
      while (!cursor.gotoNextSibling()) {
        if (depth === 0 || !cursor.gotoParent()) return root
        node = node.parent ?? root
        depth--
      }
      node = copy(node.parent)
    }
  } finally {
    cursor.delete()
  }
}

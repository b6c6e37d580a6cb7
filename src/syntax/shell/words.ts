import type {SyntaxNode} from '../tree.ts'
import {HOLE, type StaticText} from '../types.ts'
import {BREAK, literal, type WordPart, type WordPiece, type ShellSource} from './source.ts'
import type {Variables} from './variables.ts'

/** A word of a command, with the parts that it was put together from. */
export interface ShellWord extends StaticText {
  pieces: readonly WordPiece[]
}

/** Reads the words of one source. */
export interface Words {
  /** What adjoining nodes say: usually one word; several where an expansion splits, none where it is empty. */
  split(nodes: readonly SyntaxNode[]): ShellWord[]
  /** What a node says as one text, as in an assignment. */
  whole(node: SyntaxNode): ShellWord
  /** The body of a here-document. */
  document(redirect: SyntaxNode): ShellWord | undefined
}

/** A text grown by expansions beyond this is left a hole. */
const LONGEST = 64 * 1024

/** Expansions of which the variable is the point; what it is cut with is not. */
const CUTS = new Set(['%', '%%', '#', '##', '^', '^^', ',', ',,'])

export function wordsOf(source: ShellSource, variables: Variables): Words {
  /** Variables being filled in, for those that are made from themselves. */
  const open = new Set<string>()
  const known = new Map<SyntaxNode, WordPart[]>()

  const hole = (node: SyntaxNode, name = source.text.slice(node.from, node.to)): WordPiece[] => [
    {text: HOLE, hole: name, from: node.from, to: node.to},
  ]

  /** The value a variable is filled in with, as if it stood where it is used. */
  const filled = (name: string, node: SyntaxNode, quoted: boolean): WordPart[] | undefined => {
    const value = variables.valueOf(name, node)
    if (!value || open.has(name)) return undefined
    const parts = known.get(value) ?? partsOf(name, value)
    known.set(value, parts)
    if (parts.reduce((sum, part) => sum + (part === BREAK ? 1 : part.text.length), 0) > LONGEST) return undefined
    return parts.map((part) => (part === BREAK ? part : {...part, from: node.from, to: node.to, splits: !quoted}))
  }

  const partsOf = (name: string, value: SyntaxNode): WordPart[] => {
    if (value.kind === 'variable_assignment') return []
    open.add(name)
    try {
      return value.kind === 'array' ? arrayOf(value) : read(value, true)
    } finally {
      open.delete(name)
    }
  }

  const arrayOf = (array: SyntaxNode): WordPart[] =>
    adjoining(array.children).flatMap((nodes, i) => {
      const parts = nodes.flatMap((node) => read(node, false))
      return i === 0 ? parts : [BREAK, ...parts]
    })

  const variable = (node: SyntaxNode, name: string, quoted: boolean): WordPart[] => {
    if (variables.valueOf(name, node)?.kind === 'array') {
      const [first = []] = splitAt(filled(name, node, quoted) ?? hole(node, name))
      return first
    }
    return filled(name, node, quoted) ?? hole(node, name)
  }

  const expansion = (node: SyntaxNode, quoted: boolean): WordPart[] => {
    const named = node.children.find(({kind}) => kind === 'variable_name' || kind === 'special_variable_name')
    const element = node.children.find(({kind}) => kind === 'subscript')
    const operator = node.child('operator')?.text
    if (element && operator === undefined) {
      const name = element.child('name')?.text ?? ''
      const index = element.child('index')?.text ?? ''
      const all = index === '@' || index === '*' ? variables.arraysOf(name, node) : undefined
      if (all && all.length > 1 && !open.has(name)) {
        const parts = all.flatMap((array, i): WordPart[] =>
          i === 0 ? partsOf(name, array) : [BREAK, ...partsOf(name, array)],
        )
        return parts.map((part) => (part === BREAK ? part : {...part, from: node.from, to: node.to, splits: !quoted}))
      }
      const parts = filled(name, node, quoted)
      if (!parts) return hole(node, index === '@' || index === '*' ? `${name}[@]` : undefined)
      if (index === '@' || index === '*') return parts
      return splitAt(parts)[Number(index)] ?? hole(node)
    }
    if (!named || node.tokens[1] !== named) return hole(node)
    const name = named.text
    if (operator === undefined) return variable(node, name, quoted)
    const [operand] = node.children.filter((child) => child.from > named.to && child.field !== 'operator')
    if (/^:?[-=]$/.test(operator)) {
      if (variables.valueOf(name, node)) return variable(node, name, quoted)
      // An argument's value is told by the call, which then finds the default in the hole's name.
      if (/^\d+$/.test(name)) return hole(node, source.text.slice(node.from + 2, node.to - 1))
      if (variables.isSet(name, node) && !operator.endsWith('=')) return hole(node, name)
      const rest = node.tokens.filter((child) => child.from >= named.to && child.named && child.field !== 'operator')
      return rest.flatMap((child) => read(child, quoted))
    }
    if (/^:?\?$/.test(operator)) return variable(node, name, quoted)
    if (!CUTS.has(operator)) return hole(node)
    const parts = variable(node, name, quoted)
    return cut(parts, operator, operand?.text ?? '') ?? hole(node, name)
  }

  /** `${X%/}` and `${X#v}` with literal patterns. */
  const cut = (parts: WordPart[], operator: string, pattern: string): WordPart[] | undefined => {
    if (parts.includes(BREAK) || /[*?[\]$`"'\\]/.test(pattern) || pattern === '') return undefined
    const result = [...parts]
    const at = operator.startsWith('%') ? result.length - 1 : 0
    const piece = result[at]
    if (operator.startsWith('^') || operator.startsWith(',') || !piece || piece === BREAK) return undefined
    if (operator.startsWith('%') && piece.text.endsWith(pattern)) {
      result[at] = {...piece, text: piece.text.slice(0, -pattern.length)}
    } else if (operator.startsWith('#') && piece.text.startsWith(pattern)) {
      result[at] = {...piece, text: piece.text.slice(pattern.length)}
    }
    return piece.hole === undefined ? result : parts
  }

  /** `$(cat <<EOF ...)` is the document; any other command's output is not known. */
  const substitution = (node: SyntaxNode): WordPart[] => {
    const [only, more] = node.children
    const redirect = only?.children.find(({kind}) => kind === 'heredoc_redirect')
    if (only?.kind === 'redirected_statement' && !more && redirect && only.child('body')?.text === 'cat') {
      const text = document(redirect)
      if (text) return trimmedEnd(text.pieces)
    }
    return hole(node)
  }

  /** Literal text between the expansions of a node, and those. */
  const between = (
    node: SyntaxNode,
    from: number,
    to: number,
    plain: (text: string, at: number) => WordPart[],
  ): WordPart[] => {
    const parts: WordPart[] = []
    let at = from
    for (const child of node.tokens) {
      if (!EXPANSIONS.has(child.kind) || child.from < at || child.to > to) continue
      parts.push(...plain(source.text.slice(at, child.from), at), ...read(child, true))
      at = child.to
    }
    return [...parts, ...plain(source.text.slice(at, to), at)]
  }

  const inDouble = (text: string, at: number) => unescaped(source, text, at, /\\([$`"\\\n])/g)
  const unquoted = (text: string, at: number) => unescaped(source, text, at, /\\([^])/g)

  const read = (node: SyntaxNode, inQuotes: boolean): WordPart[] => {
    switch (node.kind) {
      case 'string':
        return between(node, node.from + 1, node.text.endsWith('"') ? node.to - 1 : node.to, inDouble)
      case 'raw_string':
        return literal(source, node.text.slice(1, node.text.endsWith("'") ? -1 : undefined), node.from + 1)
      case 'ansi_c_string':
        // What is written as the character of a hole can't be told from one, so it is one that nothing names.
        return ansi(node.text.slice(2, -1))
          .split(/(\uFFFC)/)
          .flatMap((text): WordPart[] => {
            const {from, to} = node
            return text === HOLE ? [{text, hole: '', from, to}] : text === '' ? [] : [{text, from, to}]
          })
      case 'translated_string':
        return node.children.flatMap((child) => read(child, inQuotes))
      case 'command_name':
      case 'concatenation':
        return node.tokens.flatMap((child) => read(child, inQuotes))
      case 'simple_expansion':
        return variable(node, node.text.slice(1), inQuotes)
      case 'expansion':
        return expansion(node, inQuotes)
      case 'command_substitution':
        return substitution(node)
      case 'arithmetic_expansion':
      case 'process_substitution':
        return hole(node)
      case '$':
        return []
      case 'array':
        return arrayOf(node)
      default:
        return between(node, node.from, node.to, unquoted)
    }
  }

  const document = (redirect: SyntaxNode): ShellWord | undefined => {
    const body = redirect.children.find(({kind}) => kind === 'heredoc_body')
    const start = redirect.children.find(({kind}) => kind === 'heredoc_start')
    if (!body || !start) return undefined
    const pieces = /['"\\]/.test(start.text)
      ? literal(source, source.text.slice(body.from, body.to), body.from)
      : between(body, body.from, body.to, inDouble).filter((part) => part !== BREAK)
    const tabs = redirect.tokens.some(({kind}) => kind === '<<-')
    return wordOf(source, tabs ? pieces.flatMap((piece) => withoutTabs(piece)) : pieces, body.from, body.to)
  }

  return {
    document,
    whole(node) {
      const parts = read(node, true).map((part) =>
        part === BREAK ? {text: ' ', from: node.from, to: node.from} : part,
      )
      return wordOf(source, parts, node.from, node.to)
    },
    split(nodes) {
      const [first, last] = [nodes[0], nodes.at(-1)]
      if (!first || !last) return []
      const parts = nodes.flatMap((node) => read(node, false)).flatMap(blanksBreak)
      // What is nothing but an expansion, and that of nothing, is no word at all; `""` is one.
      if (parts.length === 0 && nodes.every(({kind}) => kind === 'simple_expansion' || kind === 'expansion')) return []
      return splitAt(parts)
        .filter((pieces, _, all) => pieces.length > 0 || all.length === 1)
        .map((pieces) => wordOf(source, pieces, first.from, last.to))
    },
  }
}

const EXPANSIONS = new Set([
  'simple_expansion',
  'expansion',
  'command_substitution',
  'arithmetic_expansion',
  'process_substitution',
])

function wordOf(source: ShellSource, pieces: readonly WordPiece[], from: number, to: number): ShellWord {
  return {
    text: pieces.map(({text}) => text).join(''),
    holes: pieces.flatMap(({hole}) => (hole === undefined ? [] : [hole])),
    at: source.span(from, to),
    pieces,
  }
}

/** Nodes that stand against one another without a blank make one word. */
export function adjoining(nodes: readonly SyntaxNode[]): SyntaxNode[][] {
  const groups: SyntaxNode[][] = []
  for (const node of nodes) {
    const group = groups.at(-1)
    if (group?.at(-1)?.to === node.from) group.push(node)
    else groups.push([node])
  }
  return groups
}

function splitAt(parts: readonly WordPart[]): WordPiece[][] {
  const groups: WordPiece[][] = [[]]
  for (const part of parts) {
    if (part === BREAK) groups.push([])
    else groups.at(-1)?.push(part)
  }
  return groups
}

function blanksBreak(part: WordPart): WordPart[] {
  if (part === BREAK || !part.splits || !/\s/.test(part.text)) return [part]
  return part.text.split(/(\s+)/).flatMap((text): WordPart[] => {
    if (/^\s+$/.test(text)) return [BREAK]
    return text === '' ? [] : [{...part, text}]
  })
}

/** Literal text whose escapes, of the kind given, stand for what is behind the backslash; an escaped newline for nothing. */
function unescaped(source: ShellSource, text: string, from: number, escape: RegExp): WordPiece[] {
  const pieces: WordPiece[] = []
  let at = 0
  for (const match of text.matchAll(escape)) {
    pieces.push(...literal(source, text.slice(at, match.index), from + at))
    const end = match.index + match[0].length
    const meant = match[1] === '\n' ? '' : (match[1] ?? '')
    if (meant === HOLE) pieces.push(...literal(source, meant, from + end - 1))
    else if (meant !== '') pieces.push({text: meant, from: from + match.index, to: from + end})
    at = end
  }
  return [...pieces, ...literal(source, text.slice(at), from + at)]
}

function trimmedEnd(pieces: readonly WordPiece[]): WordPiece[] {
  const result = [...pieces]
  for (let last = result.at(-1); last; last = result.at(-1)) {
    const text = last.text.replace(/\n+$/, '')
    if (text === last.text) break
    result.pop()
    if (text !== '') {
      result.push({...last, text, to: last.to - (last.text.length - text.length)})
      break
    }
  }
  return result
}

/** What `<<-` takes away. */
function withoutTabs(piece: WordPiece): WordPiece[] {
  return piece.text.split(/(?<=\n)/).reduce<WordPiece[]>((pieces, line) => {
    const from = pieces.at(-1)?.to ?? piece.from
    const tabs = /^\t*/.exec(line)?.[0].length ?? 0
    return [...pieces, {...piece, text: line.slice(tabs), from: from + tabs, to: from + line.length}]
  }, [])
}

const ANSI: Record<string, string> = {
  n: '\n',
  t: '\t',
  r: '\r',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
  e: '\x1b',
  E: '\x1b',
}

/** `$'...'`. */
function ansi(text: string): string {
  return text.replaceAll(
    /\\(?:x([\da-fA-F]{1,2})|u([\da-fA-F]{1,4})|U([\da-fA-F]{1,8})|([0-7]{1,3})|([^]))/g,
    (_, x?: string, u?: string, long?: string, octal?: string, letter = '') => {
      const hex = x ?? u ?? long
      const code = hex === undefined ? octal && Number.parseInt(octal, 8) : Number.parseInt(hex, 16)
      if (code !== undefined && code !== '') return code <= 0x10ffff ? String.fromCodePoint(code) : ''
      return ANSI[letter] ?? letter
    },
  )
}

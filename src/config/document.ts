import {LineCounter, isAlias, isMap, isNode, isPair, isScalar, parseDocument, visit} from 'yaml'
import type {Document, Node} from 'yaml'

/** A place in a file, counted from 1. */
export interface KeyPlace {
  line: number
  column: number
}

/** A YAML file that still knows where each of its keys and values stands. */
export interface YamlSource {
  /** Mistakes of the YAML itself; where there are any, `value` is not to be used. */
  mistakes: {place: KeyPlace; message: string}[]
  value: unknown
  /** Where the value at this path stands; for a path that is not there, where its nearest parent does. */
  valueAt(path: readonly PropertyKey[]): KeyPlace
  /** Where the key at the end of this path stands. */
  keyAt(path: readonly PropertyKey[]): KeyPlace
  /** Where each key of the mapping at this path stands; empty where there is none. */
  keysOf(path: readonly PropertyKey[]): Map<string, KeyPlace>
}

/** The parser's own messages quote the text, which may be a secret; only its error codes are used. */
const SAID: Record<string, string> = {
  DUPLICATE_KEY: 'this key stands here for the second time',
  TAB_AS_INDENT: 'a tab cannot indent YAML; use spaces',
  BAD_INDENT: 'the indentation does not fit the lines around it',
  MISSING_CHAR: 'a character is missing here (a quote, a bracket, a comma, or the space after a colon)',
  MULTILINE_IMPLICIT_KEY: 'a key has to end on its line: is a colon missing, or a quote open?',
  BLOCK_AS_IMPLICIT_KEY: 'a second colon in one line: put the value in quotes',
  BAD_SCALAR_START: 'a value cannot start with this character; put it in quotes',
  BAD_ALIAS: 'an alias (*) without its anchor (&); put the value in quotes',
  MULTIPLE_DOCS: 'a second YAML document starts here; patrol.yaml is one',
  UNEXPECTED_TOKEN: 'this does not belong here',
  TAG_RESOLVE_FAILED: 'an unknown tag (!); put the value in quotes',
}

/** Mistakes after which the rest of the file still means what it says. */
const HARMLESS = new Set(['DUPLICATE_KEY', 'BAD_ALIAS', 'TAG_RESOLVE_FAILED'])

const TOO_MANY = Symbol('too many aliases')

/** Reads YAML without giving up positions. Never throws on bad input. */
export function readSource(text: string): YamlSource {
  const lines = new LineCounter()
  const document = parseDocument(text, {lineCounter: lines, prettyErrors: false, uniqueKeys: false})
  const placeOf = (offset: number): KeyPlace => {
    const {line, col} = lines.linePos(offset)
    return {line: Math.max(1, line), column: Math.max(1, col)}
  }
  const errors = [...document.errors, ...document.warnings]
  // What follows a broken line is the parser guessing: only the first such mistake is the author's.
  const broken = errors.findIndex(({code}) => !HARMLESS.has(code))
  const mistakes = (broken === -1 ? errors : errors.slice(0, broken + 1)).map(({code, pos}) => ({
    place: placeOf(pos[0]),
    message: SAID[code] ?? 'this is not valid YAML',
  }))
  if (text.includes('\0')) mistakes.splice(0, Infinity, {place: {line: 1, column: 1}, message: 'this is no text file'})
  // The parser compares every key of a mapping with every other, which takes seconds for a fleet of thousands.
  visit(document, {
    Map(_, map) {
      const seen = new Set<unknown>()
      for (const {key} of map.items) {
        if (!isScalar(key) || key.value === '<<') continue
        if (seen.has(key.value)) mistakes.push({place: placeOf(startOf(key)), message: SAID.DUPLICATE_KEY!})
        seen.add(key.value)
      }
    },
  })
  // An alias is found wanting only when the value is made, and then by an error that quotes it.
  visit(document, {
    Alias(_, alias) {
      if (!alias.resolve(document)) mistakes.push({place: placeOf(startOf(alias)), message: SAID.BAD_ALIAS!})
    },
  })
  mistakes.sort((a, b) => a.place.line - b.place.line || a.place.column - b.place.column)
  const value = mistakes.length > 0 ? undefined : expanded(document)
  if (mistakes.length === 0 && value === TOO_MANY) {
    mistakes.push({place: {line: 1, column: 1}, message: 'its aliases (*) multiply into far too much'})
  }
  return {
    mistakes,
    value,
    valueAt: (path) => placeOf(startOf(nearestNode(document, path))),
    keyAt: (path) => placeOf(startOf(keyNode(document, path) ?? nearestNode(document, path))),
    keysOf: (path) => {
      const node = document.getIn(path, true)
      const map = isAlias(node) ? node.resolve(document) : node
      const keys = isMap(map) ? map.items.map(({key}) => key).filter(isScalar) : []
      return new Map(keys.map((key) => [String(key.value), placeOf(startOf(key))]))
    },
  }
}

/** Anchors and aliases are welcome, a bomb made of them is not. */
function expanded(document: Document): unknown {
  try {
    return document.toJS({maxAliasCount: 1000})
  } catch (error) {
    if (error instanceof ReferenceError) return TOO_MANY
    throw error
  }
}

function startOf(node: Node | null | undefined): number {
  return node?.range?.[0] ?? 0
}

function nearestNode(document: Document, path: readonly PropertyKey[]): Node | null {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true)
    if (isNode(node)) return node
    const key = keyNode(document, path.slice(0, length))
    if (key) return key
  }
  return document.contents
}

function keyNode(document: Document, path: readonly PropertyKey[]): Node | undefined {
  const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true)
  if (!isMap(parent)) return undefined
  const pair = parent.items.find(
    (item) => isPair(item) && isScalar(item.key) && String(item.key.value) === String(path.at(-1)),
  )
  return isNode(pair?.key) ? pair.key : undefined
}

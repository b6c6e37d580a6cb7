import {isMap, isNode, isScalar, parseDocument, stringify} from 'yaml'
import type {Pair} from 'yaml'

/** What the inventory says of an agent besides its name; what is left out is patrol's default. */
export interface EntryWishes {
  user?: string | undefined
  workspace?: string | undefined
  profile?: string | undefined
  repo?: string | undefined
  /** A reference, never a value. */
  token?: string | undefined
}

/**
 * The text of a patrol.yaml with one agent more, behind all others: comments, order and every other character stay as they
 * are. `text` has to be a sound patrol.yaml that has no agent of this name.
 */
export function withAgent(text: string, name: string, wishes: EntryWishes): string {
  const eol = text.includes('\r\n') ? '\r\n' : '\n'
  const said = Object.fromEntries(Object.entries(wishes).filter(([, value]) => value !== undefined))
  const entry = (indent: string): string =>
    stringify({[name]: said}, {lineWidth: 0})
      .trimEnd()
      .replaceAll(/^/gm, indent)
      .replaceAll('\n', eol) + eol
  const {contents} = parseDocument(text, {uniqueKeys: false})
  const root = isMap(contents) ? contents : undefined
  const agents = root?.items.find(({key}) => isScalar(key) && key.value === 'agents')
  if (!agents && root?.flow) return inserted(text, endOf(root.items.at(-1)!), `, ${inFlow({agents: {[name]: said}})}`)
  if (!agents) return `${ended(text, eol)}agents:${eol}${entry('  ')}`
  const {value} = agents
  if (isMap(value) && value.items.length > 0) {
    const [first, last] = [value.items[0]!, value.items.at(-1)!]
    if (value.flow) return inserted(text, endOf(last), `, ${inFlow({[name]: said})}`)
    const at = lineEnd(text, endOf(last))
    return ended(text.slice(0, at), eol) + entry(' '.repeat(columnOf(text, first))) + text.slice(at)
  }
  if (isMap(value) && root?.flow) return inserted(text, value.range[1] - 1, inFlow({[name]: said}))
  // `agents:`, `agents: {}` and the like.
  const [from, to] = isNode(value) && value.range ? value.range : [0, 0]
  const emptied = to > from ? text.slice(0, from).trimEnd() + text.slice(to) : text
  const at = lineEnd(emptied, endOf({key: agents.key, value: null}))
  return ended(emptied.slice(0, at), eol) + entry('  ') + emptied.slice(at)
}

function inFlow(value: object): string {
  return stringify(value, {collectionStyle: 'flow', flowCollectionPadding: false, lineWidth: 0}).trim().slice(1, -1)
}

function inserted(text: string, at: number, more: string): string {
  return text.slice(0, at) + more + text.slice(at)
}

/** Behind the last character of an entry that is no comment. */
function endOf({key, value}: Pick<Pair, 'key' | 'value'>): number {
  if (isMap(value) && !value.flow && value.items.length > 0) return endOf(value.items.at(-1)!)
  const end = (node: unknown): number => (isNode(node) ? (node.range?.[1] ?? 0) : 0)
  return Math.max(end(key), end(value))
}

/** Where the line that has this place ends, its line break included. */
function lineEnd(text: string, at: number): number {
  const found = text.indexOf('\n', at)
  return found === -1 ? text.length : found + 1
}

function columnOf(text: string, {key}: Pair): number {
  const at = isNode(key) ? (key.range?.[0] ?? 0) : 0
  return at - (text.lastIndexOf('\n', at - 1) + 1)
}

/** With a line break at its end. */
function ended(text: string, eol: string): string {
  return text === '' || text.endsWith('\n') ? text : text + eol
}

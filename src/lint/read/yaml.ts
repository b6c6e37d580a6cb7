import {isAlias, isMap, isScalar, isSeq, parseAllDocuments, Parser} from 'yaml'
import type {Node, Scalar, YAMLMap, YAMLSeq} from 'yaml'
import {isRecord} from '../../infer/shape.ts'
import {HOLE} from '../../syntax/types.ts'
import {outer, pieced, vague, within, type Excerpt, type FileStretch} from '../excerpt.ts'
import type {Parts, ReadRequest, ReadUse, ScopeList} from '../reading.ts'
import type {FileLanguage} from '../types.ts'
import {asCommand} from './argv.ts'
import {decoded} from './base64.ts'
import {embedded} from './embedded.ts'
import {areScopes, holdsScopes, locate, split} from './names.ts'
import {excerptOf} from './scalar.ts'
import {isCall} from './shell.ts'
import {isScopeWord} from './told.ts'
import {addressOf, withHoles} from './url.ts'

/** Why YAML could not be read; the parser's own words may quote a secret. */
const BROKEN = 'this is not valid YAML from here on; what could be read was linted'

/** What YAML is read for. */
export interface YamlUse extends ReadUse {
  /** Lists under `profiles:` are profiles, as in patrol.yaml. */
  inventory?: boolean
}

/** Reads YAML (and JSON, which is YAML): values, scope lists, requests, files and scripts that stand in it, comments. */
export async function readYaml(excerpt: Excerpt, parts: Parts, use: YamlUse): Promise<void> {
  const text = withoutTemplate(excerpt.text)
  const files: {language: FileLanguage; excerpt: Excerpt; purpose: string | undefined}[] = []
  const values = (path: readonly string[], node: Scalar, value = asText(node)) => {
    const name = path.at(-1) ?? ''
    const at = where(node, excerpt)
    // `!vault x` says where the value is, not what it is.
    const tag = node.tag?.startsWith('!') ? `${node.tag} ` : ''
    parts.values.push({path, name, value: tag + value, at})
    const [, variable, set = ''] = (isEnvironment(path) && /^(\w+)=(.*)$/s.exec(value)) || []
    if (variable !== undefined) parts.values.push({path: [variable], name: variable, value: set, at})
    if (holdsScopes(path)) {
      const list = listFrom(split(value), node, excerpt, path, use)
      if (list) parts.scopeLists.push(list)
    }
  }
  const lists = (path: readonly string[], node: YAMLSeq) => {
    if (!holdsScopes(path)) return
    const names = node.items.filter(isScalar).map(asText)
    const list = listFrom(names, node, excerpt, path, use)
    if (list) parts.scopeLists.push(list)
  }
  const file = (language: FileLanguage, held: Excerpt, path: readonly string[]) => {
    const purpose = path.some((key) => HEALTH.test(key)) ? 'health check' : undefined
    files.push({language, excerpt: outer(held, excerpt), purpose})
  }
  const request = (node: YAMLMap) => {
    const made = requestOf(node, excerpt)
    if (!made) return
    parts.requests.push(made)
    const body: unknown = node.getIn(['body', 'scopes'], true)
    if (made.method !== 'POST' || !/\/users\/[^/]+\/tokens$/.test(made.url) || !isSeq(body)) return
    const names = body.items.filter(isScalar).map(asText)
    const closed = names.filter((name) => !name.includes(HOLE))
    const [from, to] = body.range ?? [0, 0]
    const at = where(body, excerpt)
    const open = closed.length < names.length
    parts.scopeLists.push({kind: 'mint', names: locate(closed, within(excerpt, from, to)), open, at})
  }
  for (const document of parseAllDocuments(text, {uniqueKeys: false, prettyErrors: false})) {
    if (!('contents' in document)) continue
    const [broken] = document.errors
    if (broken && use.strict) parts.unread.push({reason: BROKEN, at: excerpt.stretch(...broken.pos)})
    walk(document.contents, text, {values, lists, file, request})
  }
  for (const held of files) await use.nested(held.language, held.excerpt, held.purpose)
  for (const comment of commentsOf(text)) {
    const at = excerpt.stretch(comment.from, comment.from + comment.text.length)
    parts.comments.push({text: comment.text.replace(/^#+\s?/, '').trim(), at, covers: undefined})
  }
}

interface Visitor {
  values(path: readonly string[], node: Scalar, value?: string): void
  lists(path: readonly string[], node: YAMLSeq): void
  file(language: FileLanguage, held: Excerpt, path: readonly string[]): void
  request(node: YAMLMap): void
}

/** Goes over all pairs; with a stack of its own, for nesting is the author's choice. */
function walk(root: Node | null, text: string, visitor: Visitor): void {
  const packed = new Set<unknown>()
  const files = new Map<unknown, string>()
  const joined = new Set<unknown>()
  const open: {node: unknown; path: readonly string[]}[] = [{node: root, path: []}]
  const scalar = (node: Scalar, path: readonly string[]) => {
    const plain = packed.has(node) ? decoded(asText(node)) : undefined
    const language = embedded({path, text: plain ?? asText(node), file: files.get(node)})
    const [from, to] = node.range ?? [0, 0]
    if (language) visitor.file(language, plain === undefined ? excerptOf(node, text) : vague(plain, {from, to}), path)
    else visitor.values(path, node, plain)
  }
  for (let item = open.pop(); item; item = open.pop()) {
    const {node, path} = item
    if (isScalar(node)) scalar(node, path)
    else if (isSeq(node)) {
      visitor.lists(path, node)
      if (ARGUMENTS.test(path.findLast((key) => key !== '-') ?? '')) {
        const command = joined.has(node) ? undefined : commandOf([node])
        if (command) visitor.file('shell', command, path)
        else for (const [option, value] of optionsOf(node)) visitor.values([option], value)
      }
      for (const child of node.items.toReversed()) open.push({node: child, path: [...path, '-']})
    } else if (isMap(node)) {
      markPacked(node, packed)
      const [content, named] = [node.get('content', true), FILE_KEYS.map((key) => textAt(node, key)).find(Boolean)]
      if (content && named) files.set(content, asText(named))
      const halves = ['command', 'args'].flatMap((key) => {
        const half: unknown = node.get(key, true)
        return isSeq(half) ? [half] : []
      })
      const command = halves.length === 2 ? commandOf(halves) : undefined
      if (command) {
        visitor.file('shell', command, path)
        for (const half of halves) joined.add(half)
      }
      const shell = node.items.find(({key}) => isScalar(key) && key.value === 'shell')?.value
      const readable = !isScalar(shell) || /^(?:ba|da|z|k)?sh\b|\s/.test(asText(shell))
      for (const {key, value} of node.items.toReversed()) {
        const name = isScalar(key) ? asText(key) : ''
        if (name === 'run' && path.at(-2) === 'steps' && isScalar(value)) {
          if (readable) visitor.file('shell', excerptOf(value, text), path)
          else visitor.values([...path, name], value)
        } else if (!isAlias(value)) open.push({node: value, path: [...path, name]})
        if (/(?:^|\.)uri$/.test(name) && isMap(value)) visitor.request(value)
      }
      const [variable, value] = [textAt(node, 'name') ?? textAt(node, 'key'), node.get('value', true)]
      if (variable !== undefined && isScalar(value)) visitor.values([asText(variable)], value)
    }
  }
}

/** Keys of what asks whether something lives. */
const HEALTH = /health[_-]?check|(?:liveness|readiness|startup)[_-]?probe/i

/** Where files are told that `content` becomes: cloud-init, Ansible's `copy`, a list of files. */
const FILE_KEYS = ['path', 'dest', 'filename', 'target'] as const

/** Keys of lists whose items are one command's words. */
const ARGUMENTS = /^(?:commands?|args|argv|entrypoint|cmd|test|exec|runcmd|bootcmd)$/

/** The words of one command that calls something of interest; undefined where each item is a command of its own. */
function commandOf(lists: readonly YAMLSeq[]): Excerpt | undefined {
  // A health check of Compose says first that a command follows.
  const words = lists.flatMap(({items}) => items.filter(isScalar)).filter((word, i) => i > 0 || asText(word) !== 'CMD')
  const texts = words.map(asText)
  if (words.length < 2 || texts.some((word) => isCall(`${word} `) && /\s/.test(word)) || !isCall(texts.join(' ')))
    return undefined
  return pieced(
    asCommand(
      words.map((node) => {
        const [from] = node.range ?? [0]
        return [{text: asText(node), at: node.type?.startsWith('QUOTE') ? from + 1 : from}]
      }),
    ),
  )
}

/** `--token VALUE` of a program that is given its words one by one. */
function optionsOf({items}: YAMLSeq): [string, Scalar][] {
  return items.flatMap((item, index): [string, Scalar][] => {
    const value = items[index + 1]
    const [, option] = /^--?([A-Za-z][\w-]*)$/.exec(isScalar(item) ? asText(item) : '') ?? []
    return option !== undefined && isScalar(value) ? [[option, value]] : []
  })
}

/** A Secret of Kubernetes keeps its data in base64, and so do others that say so. */
function markPacked(map: YAMLMap, packed: Set<unknown>): void {
  const data = map.get('data', true)
  if (map.get('kind') === 'Secret' && isMap(data)) for (const {value} of data.items) packed.add(value)
  if (/^(?:b64|base64)$/.test(String(map.get('encoding')))) packed.add(map.get('content', true))
}

/** Ansible's `uri`, which fails by itself where the status is another than was wanted. */
function requestOf(map: YAMLMap, excerpt: Excerpt): ReadRequest | undefined {
  const url = textAt(map, 'url')
  if (!url) return undefined
  const [method] = [map.get('method')]
  return {
    method: typeof method === 'string' ? method.toUpperCase() : 'GET',
    url: withHoles(asText(url)),
    address: addressOf(asText(url)),
    at: where(url, excerpt),
    exact: false,
    command: undefined,
    said: {before: '', behind: ''},
  }
}

/** `- NAME=value` in the list that Compose takes, too. */
function isEnvironment(path: readonly string[]): boolean {
  return path.at(-1) === '-' && /^env(?:ironment)?$/.test(path.at(-2) ?? '')
}

function textAt(map: YAMLMap, key: string): Scalar | undefined {
  const value = map.get(key, true)
  return isScalar(value) && typeof value.value === 'string' ? value : undefined
}

function listFrom(
  names: readonly string[],
  node: Node,
  excerpt: Excerpt,
  path: readonly string[],
  use: YamlUse,
): ScopeList | undefined {
  const closed = names.filter((name) => !/[{$<\uFFFC]/.test(name))
  // Where nothing speaks of Gitea, plain words are scopes of anybody's.
  const isOurs = closed.some((name) => /^(?:read|write):/i.test(name)) || (use.aboutGitea && closed.every(isScopeWord))
  if (!areScopes(closed) || !(use.inventory || isOurs)) return undefined
  const [from, to] = node.range ?? [0, 0]
  const kind = use.inventory && path[0] === 'profiles' ? 'profile' : 'declared'
  return {
    kind,
    names: locate(closed, within(excerpt, from, to)),
    open: closed.length < names.length,
    at: where(node, excerpt),
  }
}

/**
 * A template that becomes YAML later (Helm, Jinja): its marks are unknown values, and comments where they have a line
 * to themselves. Nothing moves. `${{ … }}` is a value as it stands.
 */
export function withoutTemplate(text: string): string {
  if (!/(?<!\$)\{\{|\{%/.test(text)) return text
  return text
    .replaceAll(
      /^([ \t]*)((?:\{\{(?:(?!\}\})[\s\S])*\}\}|\{%(?:(?!%\})[\s\S])*%\}))(?=[ \t\r]*$)/gm,
      (_, indent: string, mark: string) =>
        mark.replaceAll(/^[^\n]*/gm, (line) => `#${HOLE.repeat(Math.max(0, line.length - 1))}`).replace(/^/, indent),
    )
    .replaceAll(/(?<!\$)\{\{(?:(?!\}\})[^\n])*\}\}/g, (mark) => HOLE.repeat(mark.length))
}

function asText(node: Scalar): string {
  return typeof node.value === 'string' ? node.value : (node.source ?? '')
}

function where(node: Node, excerpt: Excerpt): FileStretch {
  const [from, to] = node.range ?? [0, 0]
  return excerpt.stretch(from, to)
}

/** The parser's tokens tell comments from `#` in values, and where each stands. */
function commentsOf(text: string): {text: string; from: number}[] {
  const found: {text: string; from: number}[] = []
  const open: unknown[] = [...new Parser().parse(text)]
  while (open.length > 0) {
    const token = open.pop()
    if (Array.isArray(token)) open.push(...token)
    else if (isRecord(token)) {
      if (token.type === 'comment' && typeof token.source === 'string' && typeof token.offset === 'number') {
        found.push({text: token.source, from: token.offset})
      } else open.push(...Object.values(token).filter((value) => typeof value === 'object'))
    }
  }
  return found.toSorted((a, b) => a.from - b.from)
}

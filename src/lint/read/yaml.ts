import {isAlias, isMap, isScalar, isSeq, parseAllDocuments, Parser} from 'yaml'
import type {Node, Scalar, YAMLMap, YAMLSeq} from 'yaml'
import {isRecord} from '../../infer/shape.ts'
import {HOLE} from '../../syntax/types.ts'
import {outer, within, type Excerpt, type FileStretch} from '../excerpt.ts'
import type {Parts, ScopeList} from '../reading.ts'
import {areScopes, holdsScopes, locate, split} from './names.ts'
import {excerptOf} from './scalar.ts'
import {readScript} from './shell.ts'

/** Why YAML could not be read; the parser's own words may quote a secret. */
const BROKEN = 'this is not valid YAML from here on; what could be read was linted'

/** What YAML is read for. */
export interface YamlUse {
  /** Lists under `profiles:` are profiles, as in patrol.yaml. */
  inventory?: boolean
  /** A part that could not be read counts. Not so in a text's example. */
  strict: boolean
}

/** Reads YAML (and JSON, which is YAML): values, scope lists, scripts in `run:` steps, comments. */
export async function readYaml(excerpt: Excerpt, parts: Parts, use: YamlUse): Promise<void> {
  const text = withoutTemplate(excerpt.text)
  const scripts: {node: Scalar}[] = []
  const values = (path: readonly string[], node: Scalar) => {
    const name = path.at(-1) ?? ''
    const at = where(node, excerpt)
    // `!vault x` says where the value is, not what it is.
    const tag = node.tag?.startsWith('!') ? `${node.tag} ` : ''
    parts.values.push({path, name, value: tag + asText(node), at})
    const [, variable, value = ''] = (isEnvironment(path) && /^(\w+)=(.*)$/s.exec(asText(node))) || []
    if (variable !== undefined) parts.values.push({path: [variable], name: variable, value, at})
    if (holdsScopes(path)) {
      const list = listFrom(split(asText(node)), node, excerpt, path, use)
      if (list) parts.scopeLists.push(list)
    }
  }
  const lists = (path: readonly string[], node: YAMLSeq) => {
    if (!holdsScopes(path)) return
    const names = node.items.filter(isScalar).map(asText)
    const list = listFrom(names, node, excerpt, path, use)
    if (list) parts.scopeLists.push(list)
  }
  for (const document of parseAllDocuments(text, {uniqueKeys: false, prettyErrors: false})) {
    if (!('contents' in document)) continue
    const [broken] = document.errors
    if (broken && use.strict) parts.unread.push({reason: BROKEN, at: excerpt.stretch(...broken.pos)})
    walk(document.contents, {values, lists, step: (node) => scripts.push({node})})
  }
  for (const {node} of scripts) await readScript(outer(excerptOf(node, text), excerpt), parts)
  for (const comment of commentsOf(text)) {
    const at = excerpt.stretch(comment.from, comment.from + comment.text.length)
    parts.comments.push({text: comment.text.replace(/^#+\s?/, '').trim(), at, covers: undefined})
  }
}

interface Visitor {
  values(path: readonly string[], node: Scalar): void
  lists(path: readonly string[], node: YAMLSeq): void
  step(node: Scalar): void
}

/** Goes over all pairs; with a stack of its own, for nesting is the author's choice. */
function walk(root: Node | null, visitor: Visitor): void {
  const open: {node: unknown; path: readonly string[]}[] = [{node: root, path: []}]
  for (let item = open.pop(); item; item = open.pop()) {
    const {node, path} = item
    if (isScalar(node) && isScript(path, asText(node))) visitor.step(node)
    else if (isScalar(node)) visitor.values(path, node)
    else if (isSeq(node)) {
      visitor.lists(path, node)
      for (const child of node.items.toReversed()) open.push({node: child, path: [...path, '-']})
    } else if (isMap(node)) {
      const shell = node.items.find(({key}) => isScalar(key) && key.value === 'shell')?.value
      const readable = !isScalar(shell) || /^(?:ba|da|z|k)?sh\b/.test(asText(shell))
      for (const {key, value} of node.items.toReversed()) {
        const name = isScalar(key) ? asText(key) : ''
        if (name === 'run' && path.at(-2) === 'steps' && isScalar(value) && readable) visitor.step(value)
        else if (!isAlias(value)) open.push({node: value, path: [...path, name]})
      }
      const [variable, value] = [textAt(node, 'name') ?? textAt(node, 'key'), node.get('value', true)]
      if (variable !== undefined && isScalar(value)) visitor.values([asText(variable)], value)
    }
  }
}

/** `- NAME=value` in the list that Compose takes, too. */
function isEnvironment(path: readonly string[]): boolean {
  return path.at(-1) === '-' && /^env(?:ironment)?$/.test(path.at(-2) ?? '')
}

/** What other YAML hands to a shell (`sh -c` of a container, a job of GitLab's), where it calls something of interest. */
function isScript(path: readonly string[], text: string): boolean {
  const name = path.findLast((key) => key !== '-') ?? ''
  if (!/^(?:(?:before_|after_)?script|command|args)$/.test(name)) return false
  return /(?:^|[\s;&|(])(?:curl|wget|(?:gitea|forgejo)(?:\s+-\S+(?:\s+[^\s-]\S*)?)*\s+admin)\s/.test(text)
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
  if (!areScopes(closed) || !(use.inventory || closed.some((name) => /^(?:read|write):/i.test(name)))) {
    return undefined
  }
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
function withoutTemplate(text: string): string {
  if (!/(?<!\$)\{\{/.test(text)) return text
  return text
    .replaceAll(/^([ \t]*)(\{\{(?:(?!\}\})[\s\S])*\}\})(?=[ \t\r]*$)/gm, (_, indent: string, mark: string) =>
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

import {isAlias, isMap, isScalar, isSeq, LineCounter, parseAllDocuments} from 'yaml'
import type {Node, Scalar, YAMLMap, YAMLSeq} from 'yaml'
import type {CodeFile} from './code.ts'
import type {Sink} from './reading.ts'
import {shown} from './safe.ts'

/** Under which workflows, pipelines, containers and playbooks have what they run. */
const RUNS =
  /^(?:run|(?:before_|after_)?script|commands?|cmds?|args|argv|entrypoint|shell|exec|runcmd|bootcmd|postStart|preStop|raw)$/
/** What a text has that is a script, whatever it stands under. */
const CALLS = /(?:^|[;&|(`"'])\s*(?:\w+=\S*\s+)*(?:curl|wget|https?|xhs?|tea|fj)\s+\S/m
const PROSE = /^(?:description|summary|example|title|name|help|doc|message|comment)s?$/i
/** What is larger runs nothing, in characters. */
const LARGEST = 5_000_000
const SHELL = /^(?:\S*\/)?(?:ba|da|z|k|a)?sh\b/
const INTERPRETERS: readonly (readonly [CodeFile['language'], RegExp])[] = [
  ['python', /^(?:\S*\/)?python[\d.]*\b/],
  ['javascript', /^(?:\S*\/)?(?:node|deno|bun)\b/],
]
const SHEBANG = /^#!\s*(?:\S*\/env\s+(?:-S\s+)?)?(\S+)/
/** By its whole name, or by what a forge has. */
const MODULE =
  /^(?:\w+\.\w+\.(?:gitea|forgejo)_\w+|(?:gitea|forgejo)_(?:access_token|deploy_key|hook|issue|label|org|organization|release|repo|repository|runner|secret|team|token|user|webhook)s?)$/
/** What hands a token to a program that is not read here. */
const CREDENTIAL = /token|api[_-]?key|password|secret/i

/**
 * The scripts that stand in a YAML or JSON text: steps of workflows (GitHub, Gitea, Forgejo), jobs of GitLab, Woodpecker and
 * Drone, what containers and playbooks run, files in a ConfigMap. Each keeps its lines, and begins with the variables that
 * the text sets around it. False where the text runs nothing.
 */
export function readInner(source: string, file: string, {sink, code}: {sink: Sink; code: CodeFile[]}): boolean {
  if (source.length > LARGEST || (/^\s*[[{]/.test(source) && !CALLS.test(source))) return false
  const lines = new LineCounter()
  const text = filledIn(source, /(?:^|\/)\.(?:gitea|forgejo)\//.test(file))
  const documents = parseAllDocuments(text, {uniqueKeys: false, prettyErrors: false, lineCounter: lines})
  const variables = new Map<string, string>()
  const found: {node: Scalar | ListedCommand[]; language: CodeFile['language']}[] = []
  const lineOf = (node: Node) => lines.linePos(node.range?.[0] ?? 0).line
  let runs = false

  /** The commands of a list, those of the lists that it names among them; one that YAML took for a map, as it is written. */
  const commandsIn = (list: YAMLSeq): ListedCommand[] =>
    list.items.flatMap((item) => {
      const [node] = isAlias(item)
        ? documents.flatMap((each) => ('contents' in each && item.resolve(each)) || [])
        : [item]
      if (isSeq(node)) return commandsIn(node)
      if (isScalar(node)) return [{said: asText(node), line: startOf(node, lineOf)}]
      if (!isMap(node)) return []
      const said = text.slice(...(node.range ?? [0, 0])).replaceAll(/\n\s*/g, ' ')
      return CALLS.test(said) ? [{said, line: lineOf(node)}] : []
    })
  const visit = (node: unknown, key: string): void => {
    if (isScalar(node)) {
      const [said, language] = [asText(node), languageOf(asText(node))]
      if (RUNS.test(key)) runs = true
      const isCall = CALLS.test(said) && /\s-|\n|:\/\//.test(said) && !PROSE.test(key)
      if (RUNS.test(key) ? /\s/.test(said) : language !== 'shell' || isCall) found.push({node, language})
    } else if (isSeq(node)) {
      const all = commandsIn(node)
      if (RUNS.test(key) && all.length > 0) {
        runs = true
        found.push({node: all, language: 'shell'})
      } else for (const item of node.items) visit(item, key)
    } else if (isMap(node)) {
      gather(node, variables)
      request(node)
      module(node)
      action(node)
      const language = interpreterOf(node)
      for (const {key: name, value} of node.items) {
        const own = isScalar(name) ? asText(name) : ''
        if (isScalar(value) && own === 'run' && language) found.push({node: value, language})
        else visit(value, own)
      }
    }
  }
  /** Ansible's `uri`. */
  const request = (node: YAMLMap): void => {
    for (const {key, value} of node.items) {
      const name = isScalar(key) ? asText(key) : ''
      if (!/(?:^|\.)uri$/.test(name) || !isMap(value)) continue
      const [url, method] = [textAt(value, 'url'), textAt(value, 'method') || 'GET']
      if (url === '') continue
      runs = true
      push('shell', `curl -X ${quoted(method.toUpperCase())} ${quoted(url)}`, lineOf(value))
    }
  }
  /** A module of Ansible's for a forge (`some.collection.gitea_repository`), which makes its calls by itself. */
  const module = (node: YAMLMap): void => {
    for (const {key, value} of node.items) {
      const name = isScalar(key) ? asText(key) : ''
      if (!MODULE.test(name) || !isMap(value)) continue
      if (!value.items.some((each) => isScalar(each.key) && CREDENTIAL.test(asText(each.key)))) continue
      runs = true
      const reason = 'a module of Ansible makes calls of its own'
      sink.notUnderstood({reason, text: shown(name), source: {file, line: lineOf(value)}, count: 1})
    }
  }
  /** An action or plugin that is told a token for Gitea, and makes its calls by itself. */
  const action = (node: YAMLMap): void => {
    const name: unknown = node.get('uses') ?? node.get('image')
    const told: unknown = node.get('with') ?? node.get('settings')
    if (typeof name !== 'string' || !isMap(told)) return
    const keys = told.items.map(({key}) => (isScalar(key) ? asText(key) : ''))
    const own = /(?:^|\/)\.(?:gitea|forgejo)\//.test(file) && /release|comment|issue|pull|pr|label|status/i.test(name)
    const speaks = own || /gitea|forgejo/i.test(`${name} ${JSON.stringify(told)}`)
    if (!speaks || /(?:^|\/)checkout@/.test(name) || !keys.some((key) => CREDENTIAL.test(key))) return
    runs = true
    const reason = 'an action that is given a credential makes calls of its own'
    sink.notUnderstood({reason, text: shown(name), source: {file, line: lineOf(node)}, count: 1})
  }
  const push = (language: CodeFile['language'], script: string, line: number): void => {
    // A fault is found where it stands: as many lines stand before it as in the file.
    const settings = [...variables].map(([name, value]) => `${name}=${value}`).join('; ')
    const before = language === 'shell' ? settings : ''
    code.push({language, file, text: `${line > 1 ? before : ''}${'\n'.repeat(line - 1)}${script}`})
  }

  for (const document of documents) if ('contents' in document) visit(document.contents, '')
  for (const {node, language} of found) {
    if (isScalar(node)) push(language, asText(node), startOf(node, lineOf))
    else push('shell', listed(node), node[0]!.line)
  }
  return runs || found.length > 0
}

/** Names and values that a map sets for what runs in it. */
function gather(node: YAMLMap, variables: Map<string, string>): void {
  const set = (name: string, value: string) => {
    if (/^[A-Za-z_]\w*$/.test(name) && !value.includes('\n')) variables.set(name, quoted(value))
  }
  for (const {key, value} of node.items) {
    if (!isScalar(key) || !/^(?:env|environment|variables|vars)$/.test(asText(key))) continue
    if (isMap(value)) {
      for (const each of value.items)
        if (isScalar(each.key) && isScalar(each.value)) set(asText(each.key), asText(each.value))
    } else if (isSeq(value)) {
      for (const each of value.items) {
        const [, name, given] = (isScalar(each) && /^(\w+)=(.*)$/s.exec(asText(each))) || []
        if (name !== undefined && given !== undefined) set(name, given)
        if (isMap(each)) set(textAt(each, 'name'), textAt(each, 'value'))
      }
    }
  }
}

/** A command of a list, and the line where it begins. */
interface ListedCommand {
  said: string
  line: number
}

/** The commands of a list, each in its line: one command's words, or one command each. */
function listed(commands: readonly ListedCommand[]): string {
  const texts = commands.map(({said}) => said)
  const [first = '', flag = '', script] = texts
  let line = commands[0]!.line
  if (SHELL.test(first) && /^-\w*c$/.test(flag) && script !== undefined)
    return '\n'.repeat(Math.max(0, commands[2]!.line - line)) + script
  const isCommand = texts.length > 1 && /^\S+$/.test(first) && texts.some((each) => each.startsWith('-'))
  if (isCommand) return texts.map((each) => (/^[\w./:@=-]+$/.test(each) ? each : JSON.stringify(each))).join(' ')
  return commands
    .map(({said, line: at}) => {
      const gap = Math.max(0, at - line)
      line += gap + said.split('\n').length
      return '\n'.repeat(gap) + said
    })
    .join('\n')
}

function startOf(node: Scalar, lineOf: (node: Node) => number): number {
  return lineOf(node) + (/^BLOCK/.test(node.type ?? '') ? 1 : 0)
}

/** `shell: python` of a step. */
function interpreterOf(step: YAMLMap): CodeFile['language'] | undefined {
  const shell = step.get('shell')
  return typeof shell === 'string' ? INTERPRETERS.find(([, pattern]) => pattern.test(shell))?.[0] : undefined
}

function languageOf(text: string): CodeFile['language'] {
  const interpreter = SHEBANG.exec(text)?.[1] ?? ''
  return INTERPRETERS.find(([, pattern]) => pattern.test(interpreter))?.[0] ?? 'shell'
}

/**
 * What a workflow or a template fills in before the shell sees it, as variables: `${{ github.server_url }}`,
 * `{{ gitea_url }}`. In Gitea's and Forgejo's own workflows the runner says where their API is.
 */
function filledIn(text: string, own: boolean): string {
  const plain = text
    .replaceAll(/^[ \t]*(?:\{\{(?:(?!\}\}).)*\}\}|\{%.*%\})[ \t\r]*$/gm, '#')
    .replaceAll(/\$\{\{([^}]*)\}\}|\{\{([^}]*)\}\}/g, (_, inner?: string, jinja?: string) => {
      const name = (inner ?? jinja ?? '')
        .trim()
        .replaceAll(/\W+/g, '_')
        .replaceAll(/^_+|_+$/g, '')
      return `\${${/^[A-Za-z]/.test(name) ? name : `v_${name}`}}`
    })
  const api = /\$\{?(?:github|gitea|forgejo|forge)_api_url\b\}?/gi
  return own ? plain.replaceAll(api, '${GITHUB_SERVER_URL}/api/v1') : plain
}

function quoted(text: string): string {
  return `"${text.replaceAll(/["\\`]/g, '\\$&')}"`
}

function textAt(map: YAMLMap, key: string): string {
  const value = map.get(key)
  return typeof value === 'string' ? value : ''
}

function asText(node: Scalar): string {
  return typeof node.value === 'string' ? node.value : (node.source ?? '')
}

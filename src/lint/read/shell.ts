import {HOLE, httpCallOf, readShell} from '../../syntax/index.ts'
import type {HttpCall, ShellCommand, ShellScript, StaticText} from '../../syntax/types.ts'
import {within, type Excerpt} from '../excerpt.ts'
import type {NamedValue, Parts, ReadRequest, ScopeList, Script} from '../reading.ts'
import {callersOf, type CallerRequest} from './callers.ts'
import {mintsOf, scopesAssigned} from './mint.ts'
import {toldLists} from './told.ts'
import {addressOf, withHoles} from './url.ts'

/** Whether a text calls what is judged here, so that it is worth reading as a script. */
export function isCall(text: string): boolean {
  return CALLS.test(text)
}

const CALLS =
  /(?:^|[\s;&|(`/'"])(?:curl|wget|tea|fj|(?:https?|xh)\s+(?:GET|POST|PUT|PATCH|DELETE)|(?:gitea|forgejo)(?:\s+-\S+(?:\s+[^\s-]\S*)?)*\s+admin|admin\s+user\s+(?:create|generate-access-token))\s/m

/** What a script is a part of. */
export interface Around {
  /** Literals that earlier blocks of the same text assigned; what this one assigns is added. */
  known?: Map<string, string>
  section?: number
  /** Something else fills in `${…}` before the shell sees it, in single quotes, too. */
  template?: boolean
  /** What it is for, as a comment before each of its requests would say. */
  purpose?: string | undefined
}

/** Reads one shell script of a file and adds what it holds. */
export async function readScript(excerpt: Excerpt, parts: Parts, around: Around = {}): Promise<Script> {
  const shell = await readShell(expressionsAsVariables(excerpt.text))
  const known = new Map(around.known)
  const template = around.template ?? excerpt.text.includes('${{')
  const script: Script = {
    excerpt,
    shell,
    known,
    where: ({from, to}) => excerpt.stretch(from, to),
    resolve: (text) => (template ? fill(text, known).replaceAll(/\$\{\w+\}/g, HOLE) : fill(text, known)),
  }
  const remarks = {...remarksOf(shell, excerpt.text), purpose: around.purpose ?? ''}
  const starts = Map.groupBy(shell.commands, ({at}) => at.start.line)
  parts.scripts.push(script)
  for (const assignment of shell.assignments) {
    const value = script.resolve(assignment.value)
    parts.values.push(named(assignment.name, value, script, assignment.value))
    if (!value.includes(HOLE)) around.known?.set(assignment.name, value)
    const declared = scopesAssigned(assignment, script)
    if (declared) parts.scopeLists.push(declared)
  }
  parts.values.push(...defaultsOf(script))
  for (const command of shell.commands) {
    for (const {name, value} of command.environment) {
      parts.values.push(named(name, script.resolve(value), script, value))
    }
    const call = httpCallOf(command)
    const callers = call ? callersOf(call, excerpt.text, shell) : []
    if (call) parts.requests.push(...requestsOf(call, script, remarks).map(callers.length > 0 ? untold : same))
    for (const {call: made, through} of callers) {
      parts.requests.push(...requestsOf(made, script, remarks).map((request) => throughOf(request, through)))
      const {lists, scopeless} = mintsOf(made.command, made, script)
      parts.scopeLists.push(...lists)
      parts.scopeless.push(...scopeless)
    }
    parts.scopeLists.push(...spokenBy(command, script))
    const mint = mintsOf(command, call, script)
    parts.scopeLists.push(...mint.lists)
    parts.scopeless.push(...mint.scopeless)
  }
  for (const {text, at} of shell.comments) {
    const stretch = script.where(at)
    parts.passages.push({text, at: stretch, kind: 'comment', section: around.section ?? 0, listed: false})
    parts.scopeLists.push(...toldLists(within(excerpt, at.from, at.to)))
    const [next] = starts.get(at.start.line + 1) ?? []
    parts.comments.push({text, at: stretch, covers: next && script.where(next.at)})
  }
  return script
}

/** `${{ secrets.TOKEN }}` is filled in before the shell sees it; to the shell's grammar it is no expansion. */
function expressionsAsVariables(text: string): string {
  let result = ''
  let end = 0
  for (let from = text.indexOf('${{'); from !== -1; from = text.indexOf('${{', end)) {
    const to = text.indexOf('}}', from)
    if (to === -1) break
    result += `${text.slice(end, from)}\${${text.slice(from + 2, to + 1).replaceAll(/\W/g, '_')}}`
    end = to + 2
  }
  return result + text.slice(end)
}

function fill({text, holes}: StaticText, known: ReadonlyMap<string, string>): string {
  let index = 0
  return text.replaceAll(HOLE, () => known.get(holes[index++] ?? '') ?? HOLE)
}

/** Scopes that a script tells a person to ask for. */
function spokenBy({name, words, input}: ShellCommand, {excerpt}: Script): ScopeList[] {
  if (!/^(?:echo|printf|cat|die|fail|fatal|error|err|warn|log|info|usage|print|abort)$/.test(name.text)) return []
  return [...words, ...(input ? [input] : [])].flatMap(({at}) => {
    const said = within(excerpt, at.from, at.to)
    // What a script says is a part of what it does: nothing is put into its mouth.
    const told = toldLists({...said, exact: () => false})
    return told.map((list) => ({...list, said: said.text}))
  })
}

/** `${NAME:-a default}`, wherever it stands. */
function defaultsOf({excerpt, shell, where}: Script): NamedValue[] {
  return [...excerpt.text.matchAll(/\$\{(\w+):?[-=]["']?([^{}$"'\s]+)["']?\}/g)].flatMap((match) => {
    const {0: whole, 1: name = '', 2: value = '', index} = match
    if (shell.comments.some(({at}) => at.from <= index && index < at.to)) return []
    const from = index + whole.lastIndexOf(value)
    return [{path: [name], name, value, at: where({from, to: from + value.length})}]
  })
}

function named(name: string, value: string, script: Script, at: StaticText): NamedValue {
  return {path: [name], name, value, at: script.where(at.at)}
}

/** Comments by line: those that have it to themselves, and those behind a command. */
interface Remarks {
  alone: ReadonlyMap<number, string>
  behind: ReadonlyMap<number, string>
}

function remarksOf({comments}: ShellScript, text: string): Remarks {
  const alone = new Map<number, string>()
  const behind = new Map<number, string>()
  for (const {text: words, at} of comments) {
    const line = text.slice(at.from - at.start.column + 1, at.from)
    ;(line.trim() === '' ? alone : behind).set(at.start.line, words)
  }
  return {alone, behind}
}

function requestsOf(
  call: HttpCall,
  script: Script,
  {alone, behind, purpose}: Remarks & {purpose: string},
): ReadRequest[] {
  const {shell, excerpt} = script
  const {command} = call
  const next = command.into === undefined ? undefined : readerOf(command, shell.commands)
  const before: string[] = []
  for (let line = command.at.start.line - 1; alone.has(line); line--) before.unshift(alone.get(line) ?? '')
  const {line} = command.at.end
  const result = alone.get(line + 1) ?? ''
  const after = [behind.get(line) ?? '', /^(?:=>|->|→)/.test(result) ? result : '']
  const said = {before: [purpose, ...before].join('\n'), behind: after.join('\n').trim()}
  return call.urls.map((url) => ({
    // Where HEAD is refused, wget asks with GET.
    method: call.tool === 'wget' && call.method === 'HEAD' ? 'GET' : call.method,
    url: withHoles(script.resolve(url)),
    address: `${addressOf(excerpt.text.slice(url.at.from, url.at.to))} ${addressOf(script.resolve(url))}`,
    at: script.where(url.at),
    exact: excerpt.exact(url.at.from, url.at.to),
    command: {call, script, next},
    said,
  }))
}

const same = (request: ReadRequest) => request

/** What a function asks is told where it is called. */
const untold = (request: ReadRequest): ReadRequest => ({...request, url: HOLE, address: ''})

function throughOf(request: ReadRequest, through: CallerRequest['through']): ReadRequest {
  return {...request, exact: false, ...(request.command && {command: {...request.command, through}})}
}

/** The command at the other end of its pipe. */
function readerOf(command: ShellCommand, commands: readonly ShellCommand[]): ShellCommand | undefined {
  return commands.find((other) => other.at.from >= command.at.to && other.name.text === command.into)
}

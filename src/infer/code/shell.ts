import {
  HOLE,
  httpCallOf,
  readShell,
  type ShellCommand,
  type ShellFunction,
  type ShellScript,
  type StaticText,
} from '../../syntax/index.ts'
import type {NotUnderstood} from '../types.ts'
import {apiPathOf, isVerb, REASONS, suspect} from './api-path.ts'
import {cliCall} from './clis.ts'

/** Where what a script requests is told, by line. */
export interface ShellFound {
  call(method: string, path: string, line: number): void
  unclear(reason: string, shown: string, line: number, more?: Partial<NotUnderstood>): void
  /** A program in another language that the script holds. */
  program(language: 'python' | 'javascript', text: string, line: number): Promise<void>
}

/** Finds the requests of a shell script, those that its functions make for their callers included. */
export async function findInShell(text: string, gitea: boolean, found: ShellFound): Promise<void> {
  const script = await readShell(text)
  const byName = Map.groupBy(script.commands, ({name}) => name.text)
  /** Texts of which a request was told. */
  const told: string[] = []
  const wrappers = new Set<string>()

  const tell = (command: ShellCommand, at: ShellCommand, depth: number): void => {
    const call = httpCallOf(command)
    if (!call) return
    const line = at.at.start.line
    const targets = call.urls.map((url) => ({url, api: apiPathOf(url.text, url.holes, gitea)}))
    const open = call.method.includes(HOLE) || targets.length === 0 || targets.some(({api}) => api.is !== 'path')
    const fn = open && depth < 4 ? functionAround(script, at) : undefined
    const sites = fn && command.words.some(({holes}) => holes.some(isPositional)) ? (byName.get(fn.name) ?? []) : []
    const callers = fn ? sites.filter((site) => site !== at && !isWithin(site, fn)) : []
    if (fn && callers.length > 0) {
      wrappers.add(fn.name)
      for (const site of callers) tell(called(text, script, command, fn, site), site, depth + 1)
      told.push(...command.words.map((word) => word.text))
      return
    }
    if (depth > 0 && targets.length === 0) found.unclear(REASONS.path, text.slice(at.at.from, at.at.to), line)
    for (const {url, api} of targets) {
      if (api.is !== 'other') told.push(url.text)
      if (api.is === 'unclear')
        found.unclear(api.reason, `${call.method} ${url.text}`, line, suspect(call.method, api.path))
      if (api.is !== 'path') continue
      if (call.headers.some(({holes: [hole]}) => hole?.startsWith('--config')))
        found.unclear(REASONS.options, url.text, line)
      else if (isVerb(call.method)) found.call(call.method.toUpperCase(), api.path, line)
      else found.unclear(REASONS.method, `${call.method} ${api.path}`, line)
    }
  }
  for (const command of script.commands) tell(command, command, 0)

  /** `tea issues create`, `fj issue create`. */
  const cli = async (name: string, command: ShellCommand): Promise<void> => {
    const call = await cliCall(name, command)
    const line = command.at.start.line
    if (!call) found.unclear(REASONS.command, text.slice(command.at.from, command.at.to), line)
    else if ('path' in call) told.push(call.path)
    const routes = call && 'routes' in call ? call.routes : call ? [`${call.method} ${call.path}`] : []
    for (const route of routes) {
      const [method = '', path = ''] = route.split(' ')
      if (isVerb(method)) found.call(method.toUpperCase(), path.replaceAll('{}', HOLE), line)
      else found.unclear(REASONS.method, route, line)
    }
  }

  for (const command of script.commands) {
    const name = command.name.text.split('/').at(-1) ?? ''
    if (CLIS.test(name)) await cli(name, command)
    if (gitea && asksBesides(name, command.words)) {
      found.unclear(REASONS.besides, text.slice(command.at.from, command.at.to), command.at.start.line)
    }
    const language = LANGUAGES[name.replace(/[\d.]+$/, '')]
    const code = language && program(command)
    if (code) await found.program(language, code.text, code.at.start.line)
    else if (!httpCallOf(command) && !wrappers.has(command.name.text)) {
      const texts = [
        ...command.words,
        ...command.environment.map(({value}) => value),
        ...(command.input ? [command.input] : []),
      ]
      for (const word of texts) mention(word, SAYS.test(command.name.text) && command.into === undefined)
    }
  }
  for (const {value} of script.assignments) {
    if (apiPathOf(value.text, value.holes, false).is === 'path') mention(value)
  }
  for (const {from, to, start} of script.unread) {
    const piece = text.slice(from, to)
    if (piece.includes('/api/v1')) found.unclear('the script cannot be read here', lineWith(piece), start.line)
  }

  function mention(word: StaticText, said = false): void {
    // A script in a word was read as one.
    if (script.commands.some(({at}) => at.from > word.at.from && at.to < word.at.to && /\s/.test(word.text))) return
    for (const [i, line] of word.text.split('\n').entries()) {
      if (!line.includes('/api/v1') || told.some((one) => one.includes(line.trim()))) continue
      if (said) found.unclear(REASONS.said, line, word.at.start.line + i, {harmless: true})
      else found.unclear(REASONS.unused, line, word.at.start.line + i)
    }
  }
}

/** What only tells its words to people. */
const SAYS = /^(?:echo|printf|log|info|warn|error|die|fail|usage|say|debug)$/

/** Whether it gives a token to git or to a registry of packages: scopes count there, too, and no route of the API does. */
function asksBesides(name: string, words: readonly StaticText[]): boolean {
  const [verb, ...more] = words.filter(({text}) => !text.startsWith('-')).map(({text}) => text)
  if (words.some(({text}) => /\/api\/packages\//.test(text))) return !/^(?:echo|printf)$/.test(name)
  if (name === 'git')
    return /^(?:clone|push|pull|fetch|ls-remote)$/.test(verb ?? '') && more.some((word) => WITH_TOKEN.test(word))
  return /^(?:docker|podman|buildah|skopeo|helm)$/.test(name) && /^(?:login|push)$/.test(verb ?? '')
}
const WITH_TOKEN = /^https?:\/\/[^/\s]*@/

/** Gitea's and Forgejo's command lines. */
const CLIS = /^(?:tea|fj)$/

const LANGUAGES: Partial<Record<string, 'python' | 'javascript'>> = {python: 'python', node: 'javascript'}

/** A program given with `-c` or `-e`, or on the interpreter's input. */
function program({words, input}: ShellCommand): StaticText | undefined {
  const flag = words.findIndex(({text}) => text === '-c' || text === '-e')
  if (flag >= 0) return words[flag + 1]
  return words.every(({text}) => text === '-' || text.startsWith('-')) ? input : undefined
}

const isPositional = (hole: string) => /^(?:\d|[@*]$|\$\{[@*])/.test(hole)

function functionAround({functions}: ShellScript, {at}: ShellCommand): ShellFunction | undefined {
  return functions.findLast((fn) => fn.at.from <= at.from && at.to <= fn.at.to)
}

function isWithin({at}: ShellCommand, fn: ShellFunction): boolean {
  return at.from >= fn.at.from && at.to <= fn.at.to
}

/** A command of a function as it runs when the function is called so. */
export function called(
  text: string,
  script: ShellScript,
  command: ShellCommand,
  fn: ShellFunction,
  site: ShellCommand,
): ShellCommand {
  /** How many arguments were shifted away before a place of the function. */
  const shifted = (place: number) =>
    script.commands
      .filter(({name, at}) => name.text === 'shift' && at.from > fn.at.from && at.from < place && at.to < fn.at.to)
      .reduce((sum, {words}) => sum + Number(words[0]?.text ?? 1), 0)
  const shift = (word: StaticText, hole: string): number => {
    const names = [...text.slice(word.at.from, word.at.to).matchAll(/\$\{?(\w+|[@*])/g)].map(([, name = '']) => name)
    const number = /^\d+/.exec(hole)?.[0] ?? hole
    if (names.includes(number) || !/^\d/.test(hole)) return shifted(word.at.from)
    const own = script.assignments.find(
      ({name, value, at}) =>
        names.includes(name) && value.holes.includes(hole) && at.from > fn.at.from && at.to < fn.at.to,
    )
    return own ? shifted(own.at.from) : 0
  }

  const words = command.words.flatMap((word): StaticText[] => {
    const [only] = word.holes
    if (word.text === HOLE && only && /^[@*]$|^\$\{[@*]/.test(only)) {
      return site.words.slice(shift(word, '@') + Math.max(0, Number(/:(\d+)/.exec(only)?.[1] ?? 1) - 1))
    }
    const holes: string[] = []
    let next = 0
    const filled = word.text.replaceAll(HOLE, () => {
      const hole = word.holes[next++] ?? ''
      const [, number, fallback] = /^(\d+)(?::?-(.*))?$/.exec(hole) ?? []
      const arg = number === undefined ? undefined : site.words[Number(number) - 1 + shift(word, hole)]
      if (arg) holes.push(...arg.holes)
      else if (fallback === undefined && number === undefined) holes.push(hole)
      return arg?.text ?? fallback ?? (number === undefined ? HOLE : '')
    })
    return [{text: filled, holes, at: word.at}]
  })
  return {...command, words}
}

function lineWith(piece: string): string {
  return piece.split('\n').find((line) => line.includes('/api/v1')) ?? piece
}

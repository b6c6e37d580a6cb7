import {apiPath} from '../../scopes/catalogue.ts'
import {HOLE} from '../../syntax/types.ts'
import type {HttpCall, ShellAssignment, ShellCommand, StaticText} from '../../syntax/types.ts'
import {within} from '../excerpt.ts'
import type {ScopeList, Scopeless, Script} from '../reading.ts'
import {bodyOf} from './body.ts'
import {pairsOf, readJson} from './json.ts'
import {areScopes, holdsScopes, locate, split} from './names.ts'
import {withHoles} from './url.ts'

/** Where a command makes a token: with which scopes, or with none. */
export function mintsOf(
  command: ShellCommand,
  call: HttpCall | undefined,
  script: Script,
): {lists: ScopeList[]; scopeless: Scopeless[]} {
  const found = call ? byApi(call, script) : byCli(command, script)
  if (!found) return {lists: [], scopeless: []}
  return 'by' in found ? {lists: [], scopeless: [found]} : {lists: [found], scopeless: []}
}

/** `TOKEN_SCOPES=read:issue,write:repository`. */
export function scopesAssigned({name, value}: ShellAssignment, script: Script): ScopeList | undefined {
  const text = script.resolve(value)
  if (!holdsScopes([name]) || !areScopes(split(text))) return undefined
  return listOf('declared', split(text), value, script)
}

/** Where Gitea stands in a command: by its name, or as whatever it is that `admin user create` is said to. */
export function giteaAt(words: readonly StaticText[]): number {
  const named = words.findIndex(({text}) => /^(?:.*\/)?(?:gitea|forgejo)$/.test(text))
  if (named !== -1) return named
  const admin = words.findIndex(({text}, index) => text === 'admin' && words[index + 1]?.text === 'user')
  return admin > 0 && /^(?:create|generate-access-token)$/.test(words[admin + 2]?.text ?? '') ? admin - 1 : -1
}

/** `gitea admin user generate-access-token`, and `gitea admin user create --access-token`. */
function byCli(command: ShellCommand, script: Script): ScopeList | Scopeless | undefined {
  const words = [command.name, ...command.words]
  const gitea = giteaAt(words)
  if (gitea === -1) return undefined
  const rest = words.slice(gitea + 1)
  // Gitea takes `-scopes` for `--scopes`.
  const texts = rest.map((word) => script.resolve(word).replace(/^-(?=[a-z][\w-])/, '--'))
  const creates = texts.includes('create') && texts.includes('--access-token')
  if (!texts.includes('generate-access-token') && !creates) return undefined
  const flag = creates ? '--access-token-scopes' : '--scopes'
  const index = texts.findIndex((text) => text === flag || text.startsWith(`${flag}=`))
  // Without what leads there: `ssh HOST gitea …` is read as two commands, and both end in this.
  const at = script.where({from: words[gitea]!.at.from, to: command.at.to})
  // Words that are wholly unknown may be the scopes, unless they are what an option before them is given.
  // `--scope` is no flag, and has a rule of its own.
  const open = texts.some(
    (text, place) => (text === HOLE && !WITH_VALUE.has(texts[place - 1] ?? '')) || /^--?scope(?:=|$)/.test(text),
  )
  if (index === -1) return open ? undefined : {by: creates ? 'cli-create' : 'cli', at}
  const joined = texts[index] !== flag
  const word = rest[joined ? index : index + 1]
  const value = joined ? texts[index]!.slice(flag.length + 1) : (texts[index + 1] ?? '')
  if (!word || split(value).length === 0) return {by: creates ? 'cli-create' : 'cli', at}
  return listOf('mint', split(value), word, script)
}

/** Options of these commands that a value follows. */
const WITH_VALUE = new Set([
  ...['--username', '-u', '--token-name', '-t', '--email', '--password', '--user-type', '--fullname'],
  ...['--config', '-c', '--work-path', '-w', '--custom-path', '-C', '--access-token-name'],
])

/** `POST …/users/NAME/tokens` with its JSON. */
function byApi(call: HttpCall, script: Script): ScopeList | Scopeless | undefined {
  const url = call.urls.find((text) => isTokens(withHoles(script.resolve(text))))
  const body = bodyOf(call, script)
  if (!url || call.method !== 'POST' || !body) return undefined
  const pairs = pairsOf(readJson(script.resolve(body)))
  if (!pairs) return undefined
  const scopes = pairs.find(([key]) => key === 'scopes')?.[1]
  const names = Array.isArray(scopes) ? scopes.filter((name) => typeof name === 'string').flatMap(split) : []
  if (scopes === undefined || (Array.isArray(scopes) && names.length === 0)) {
    return {by: 'api', at: script.where(body.at)}
  }
  return Array.isArray(scopes) ? listOf('mint', names, body, script) : undefined
}

function isTokens(url: string): boolean {
  return /^\/users\/[^/]+\/tokens$/.test(apiPath(url) ?? '')
}

function listOf(kind: ScopeList['kind'], names: readonly string[], word: StaticText, script: Script): ScopeList {
  const source = within(script.excerpt, word.at.from, word.at.to)
  const closed = names.filter((name) => !name.includes(HOLE))
  return {kind, names: locate(closed, source), open: closed.length < names.length, at: script.where(word.at)}
}

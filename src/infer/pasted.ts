import {stripVTControlCharacters} from 'node:util'
import {callOf, METHOD} from '../scopes/call.ts'
import type {Pasted, PastedCall, PastedDenial, PastedRefusal} from '../scopes/call.ts'
import {apiPath} from '../scopes/catalogue.ts'
import {readStored} from '../scopes/sets.ts'
import type {HttpCall} from '../syntax/types.ts'
import {readLogLine} from './log/line.ts'

/**
 * What people paste: a URL, a path, METHOD and path, a `curl` line, a line of an access log or of Gitea's router log, or
 * the body of a 403. Undefined for anything else. Nothing of it is kept but method, path, status and scopes.
 */
export async function readPasted(text: string): Promise<Pasted | undefined> {
  const tidy = stripVTControlCharacters(text).trim()
  if (tidy === '') return undefined
  return refusalIn(tidy) ?? callInLog(tidy) ?? callInWords(tidy) ?? (await callInShell(tidy))
}

const DENIAL =
  /token does not have at least one of required scope\(s\)(?:: \[(?<plain>[^\]]*)\]|, required=\[(?<required>[^\]]*)\](?:, token scope=(?<held>[^"\s\\}]*))?)/

/** Refusals that people take for a missing scope, and what they mean (gitea 1.20 to 1.27, forgejo 7 to 15). */
const REFUSALS: readonly (readonly [RegExp, string])[] = [
  [
    /token scope is limited to public \w+|is not available for public-only tokens/,
    'the token has the scope, but also public-only, which shuts it out of everything private: a token without public-only helps',
  ],
  [
    /reqPackageAccess|user should have specific permission or be a site admin/,
    'the registry of packages answers 401 where the API answers 403: the token is alive and lacks read:package (write:package to publish), or its user may not write for this owner',
  ],
  [/user should be the site admin/, "the scope is there; the token's user is no site administrator"],
  [
    /user should (?:have|be an? owner|be the owner)[\w ]*/,
    "the scope is there; the token's user has not the permission in this repository: give the user access, another token does not help",
  ],
  [
    /Must be (?:an organization (?:owner|member)|a team member)/,
    "the scope is there; the token's user has not that place in the organisation",
  ],
  [
    /doer should be the site admin or be same as the contextUser/,
    'tokens of another user: only that user or a site administrator may see or change them',
  ],
  [/Only administrators allowed to sudo/, 'the call asks to act as somebody else, which only site administrators may'],
  [
    /You must change your password/,
    "the token's user has to change the password first; until then every token of that user is refused",
  ],
  [/This account is (?:not activated|prohibited from signing in)/, "the token's user is not active or not allowed in"],
  [
    /Only signed in user is allowed to call APIs/,
    'the server saw no token at all: was it sent, and did a proxy drop it?',
  ],
  [
    /auth method not allowed/,
    "no token mints or deletes tokens on Forgejo 11.0.4 and newer, an administrator's neither: the call wants a password, as Basic",
  ],
  [
    /This Forgejo instance requires users to enable two-factor authentication/,
    "the token's user has to enable two-factor authentication first; until then every token of that user is refused (Forgejo 13 and newer)",
  ],
  [
    /Access tokens with specified repositories (?:must have|cannot be combined|can only be used)/,
    'a token that is confined to repositories (Forgejo 15 and newer) names at least one, has only issue and repository scopes, and never public-only',
  ],
  [/token is required|auth required/, 'the server saw no credential that it takes for this call'],
  [
    /cannot create an access token with a broader scope|the authenticating token has no scope/,
    'a token can hand out only scopes that it holds itself (Gitea 1.27 and newer)',
  ],
]

function refusalIn(text: string): PastedDenial | PastedRefusal | undefined {
  const denial = DENIAL.exec(text)?.groups
  if (denial) {
    const required = readStored((denial['plain'] ?? denial['required'] ?? '').split(' ')).scopes
    const held = denial['held'] === undefined ? undefined : readStored(denial['held']).scopes
    return required.length > 0 ? {kind: 'denial', required, held} : undefined
  }
  for (const [pattern, meaning] of REFUSALS) {
    const message = pattern.exec(text)?.[0]
    if (message !== undefined) return {kind: 'refusal', message, meaning}
  }
  return undefined
}

/** Pieces of such lines: `"GET /api/v1/x HTTP/1.1" 403`, `completed GET /api/v1/x for 1.2.3.4:0, 403 Forbidden`. */
const PIECES = [
  /\b(?<method>[A-Z]+) (?<target>\S+) HTTP\/[\d.]+(?:"?\s+(?<status>\d{3})\b)?/g,
  /\b(?:started|completed|slow|polling)\s+(?<method>[A-Z]+) (?<target>\S+) for [^,\s]+,?(?: (?<status>\d{3})\b)?/g,
]

/** The call of a log line; of several the first that was refused, else the first. */
function callInLog(text: string): PastedCall | undefined {
  // A log of JSON may have been laid out for reading.
  const entry = callsInLine(text, [])
  const calls = entry.length > 0 ? entry : text.split('\n').flatMap((line) => callsInLine(line.trim(), PIECES))
  const call = calls.find(({status}) => status === 403) ?? calls[0]
  return call && {...call, more: calls.length - 1}
}

function callsInLine(text: string, pieces: readonly RegExp[]): PastedCall[] {
  const line = text.startsWith('{') ? readLogLine(text) : undefined
  if (line?.kind === 'request') return logged(line.method, line.uri, line.status)
  const found = pieces.flatMap((piece) => [...text.matchAll(piece)])
  return found.flatMap(({groups: {method = '', target = '', status} = {}}) =>
    logged(method, target, status === undefined ? undefined : Number(status)),
  )
}

function logged(method: string, target: string, status: number | undefined): PastedCall[] {
  const path = METHOD.test(method) ? apiPath(target) : undefined
  return path === undefined ? [] : [{kind: 'call', method, methodSaid: true, path, status, more: 0}]
}

function callInWords(text: string): PastedCall | undefined {
  const words = text.split(/\s+/)
  if (words.length === 2) return callOf(words[0]!, words[1]!)
  if (words.length > 2) return undefined
  const call = /[/]/.test(text) ? callOf('GET', text) : undefined
  return call && {...call, methodSaid: false}
}

/** The first HTTP request of a shell text that goes to a Gitea API. */
async function callInShell(text: string): Promise<PastedCall | undefined> {
  if (!/\b(?:curl|wget|https?|xhs?)\b/.test(text)) return undefined
  const {httpCallOf, readShell} = await import('../syntax/index.ts')
  const script = await readShell(withoutPrompt(text))
  for (const command of script.commands) {
    const call: HttpCall | undefined = httpCallOf(command)
    for (const url of call?.urls ?? []) {
      const path = apiPath(url.text)
      if (call && path !== undefined) {
        return {kind: 'call', method: call.method.toUpperCase(), methodSaid: true, path, status: undefined, more: 0}
      }
    }
  }
  return undefined
}

const withoutPrompt = (text: string): string => text.replace(/^\s*[$#>]\s+/, '')

import {isDeepStrictEqual} from 'node:util'
import {redact, remember} from '../secret.ts'
import type {WorkQuery} from './ports.ts'

/** What the agent is asked to look at, and with which token. */
export interface SmokeErrand {
  nonce: string
  /** Base URL of Gitea, with its path prefix if it has one; no trailing slash. */
  giteaUrl: string
  /** `owner/name`. */
  repo: string
  label: string
  /** The environment variable or secret that holds the agent's Gitea token. */
  secretKey: string
}

/** The agent's line, parsed. All of it is the agent's own claim. */
export interface AgentAnswer {
  issues: number
  pulls: number
  /** Ascending, without doubles. */
  approved: number[]
  /** In small letters, as a server lists it; `NO_TOKEN` where it says that it has none. */
  lastEight: string
}

/** In place of the last eight: there is no token where the agent was told to look. */
export const NO_TOKEN = 'none'

/** What a reply holds for us: the line; two that differ; a line for another nonce; or nothing. */
export type Parsed =
  | {kind: 'answer'; answer: AgentAnswer}
  | {kind: 'contradictory' | 'wrong-nonce' | 'nothing'; answer?: undefined}

const LINE =
  /^patrol-smoke (?<nonce>[0-9A-Za-z]{1,64}) issues=(?<issues>\d{3}) pulls=(?<pulls>\d{3}) approved=(?<approved>none|\d{1,9}(?:,\d{1,9})*) token=(?<token>none|[0-9A-Za-z]{8})$/

/**
 * What is asked of the list of open issues, by the agent and by us: the newest of them, on one page, so that both get
 * equally many whatever the server's page holds (gitea 1.20 to 1.27: MAX_RESPONSE_ITEMS cuts `limit`).
 */
export function workQuery(label: string): WorkQuery {
  // The filter splits at commas, so a label with one in its name is only looked for in the answer.
  const filter: WorkQuery = label.includes(',') ? {} : {labels: label}
  return {state: 'open', type: 'issues', ...filter, page: 1, limit: 50}
}

/** The question, in words a language model and a script can both follow; the reply is one line with the nonce. */
export function smokePrompt({nonce, giteaUrl, repo, label, secretKey}: SmokeErrand): string {
  const path = repo.split('/').map(encodeURIComponent).join('/')
  const base = `${giteaUrl}/api/v1/repos/${path}`
  return [
    `This is a read-only check of the token that you work with at ${giteaUrl}. Change nothing.`,
    `Nonce: ${nonce}`,
    `Secret: ${secretKey}`,
    'Make these two requests with the header "Authorization: token <value>", where <value> is the token for that server that you',
    'really hold now, from the environment variable or secret named above:',
    `GET ${base}/issues?${querystring(workQuery(label))}`,
    `GET ${base}/pulls?state=open&limit=1`,
    `A label filter that the server does not know is dropped, so count an issue only if its own labels contain "${label}".`,
    'Never print the token. Answer with exactly one line and nothing else:',
    `patrol-smoke ${nonce} issues=<HTTP status> pulls=<HTTP status> ` +
      'approved=<issue numbers ascending, comma-separated, or none> ' +
      'token=<last eight characters of the token, or none if there is none>',
  ].join('\n')
}

function querystring(query: WorkQuery): string {
  return Object.entries(query)
    .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
    .join('&')
}

/** Looks for our line in an untrusted reply, where it may stand several times; everything else in it is ignored. */
export function parseReply(text: string, nonce: string): Parsed {
  const lines = text
    .split('\n')
    .map((line) => LINE.exec(line.trim())?.groups)
    .filter((groups) => groups !== undefined)
  const mine = lines.filter((groups) => groups['nonce'] === nonce).map(answerIn)
  const [answer, ...others] = mine
  if (!answer) return {kind: lines.length > 0 ? 'wrong-nonce' : 'nothing'}
  return others.every((other) => isDeepStrictEqual(other, answer)) ? {kind: 'answer', answer} : {kind: 'contradictory'}
}

function answerIn(groups: Record<string, string | undefined>): AgentAnswer {
  const {issues, pulls, approved = '', token = ''} = groups
  const numbers = approved === 'none' ? [] : approved.split(',').map(Number)
  return {
    issues: Number(issues),
    pulls: Number(pulls),
    approved: [...new Set(numbers)].toSorted((a, b) => a - b),
    // gitea 1.20 to 1.27, forgejo 7 to 15: a token is hexadecimal in small letters, so capitals name the same.
    lastEight: token.toLowerCase(),
  }
}

/**
 * Whether a reply holds a token's value. Where we know the values, only those count: raw, base64 or URL-encoded, or
 * ending in one of `lastEights`. Where we don't, any 40 hex characters do. What is found is kept out of our output.
 */
export function leaksToken(text: string, known: {valueInHand: boolean; lastEights: readonly string[]}): boolean {
  const runs = all(text, /[0-9A-Za-z+/=_%-]{32,}/g)
  const values = all(text, /(?<![0-9A-Fa-f])[0-9a-f]{40}(?![0-9A-Fa-f])/g)
  const leaked = values.filter((value) => !known.valueInHand || known.lastEights.includes(value.slice(-8)))
  // Known from here on, they are found below like any other.
  for (const value of leaked) remember(value)
  return runs.some((run) => redact(run) !== run)
}

function all(text: string, pattern: RegExp): string[] {
  return [...text.matchAll(pattern)].map(([match]) => match)
}

import {stripVTControlCharacters} from 'node:util'
import type {FoundAnswer} from '../scopes/answers.ts'
import {callOf} from '../scopes/call.ts'
import type {Pasted, PastedAsk, PastedDenial} from '../scopes/call.ts'
import {readStored} from '../scopes/sets.ts'
import {HOLE} from '../syntax/types.ts'
import {readLogLine} from './log/line.ts'
import {askOf, askOfWords, isForeign, type SeenRequest} from './pasted/ask.ts'
import {methodIn, reachSaid, requestOfTool, requestsInLine, shortRequestsInLine, statusIn} from './pasted/line.ts'

/**
 * What people paste: a URL, a path, METHOD and path, a `curl` line, a line of a log, an error of any program that names
 * what it asked, what a server answered, and several of these. Undefined for anything else. Nothing of it is kept but
 * method, path, status, scopes and the words of a known answer.
 */
export async function readPasted(text: string): Promise<Pasted | undefined> {
  const tidy = stripVTControlCharacters(text)
    .trim()
    .replaceAll('\\/', '/')
    .replaceAll(/\$\{\{.{0,200}?\}\}/g, HOLE)
  if (tidy === '') return undefined
  const beside = NAMES_A_PLACE.test(tidy) ? await askIn(tidy) : undefined
  const denial = denialIn(tidy)
  if (denial) return {...denial, ...(beside && {beside})}
  const answer = isForeign(tidy) ? undefined : await knownAnswerIn(tidy)
  if (answer) return {kind: 'refusal', answer, ...(beside && {beside})}
  return beside ?? pathAlone(tidy)
}

/** Whatever was asked, its path is told, or its host where somebody logs in. */
const NAMES_A_PLACE = /\/|\blogin\b/

const DENIAL =
  /token does not have at least one of required scope\(s\)(?:: \[(?<plain>[^\]]*)\]|, required=\[(?<required>[^\]]*)\](?:, token scope=(?<held>[^"\s\\}]*))?)/

function denialIn(text: string): PastedDenial | undefined {
  const denial = DENIAL.exec(text)?.groups
  if (!denial) return undefined
  const required = readStored((denial['plain'] ?? denial['required'] ?? '').split(' ')).scopes
  const held = denial['held'] === undefined ? undefined : readStored(denial['held']).scopes
  return required.length > 0 ? {kind: 'denial', required, held} : undefined
}

/** The table of all answers is loaded for what is not the most common of them. */
async function knownAnswerIn(text: string): Promise<FoundAnswer | undefined> {
  const {answerIn} = await import('../scopes/answers.ts')
  return answerIn(text)
}

/** What was asked of the server: each reader is more lenient than the one before it. */
async function askIn(text: string): Promise<PastedAsk | undefined> {
  const lines = text.split('\n')
  const requests = lines.flatMap(requestsInLine)
  const tool = requestOfTool(text)
  return (
    chosen(loggedIn(text), text) ??
    wordsIn(text) ??
    chosen(await shellIn(text), text) ??
    chosen(configured(text), text) ??
    chosen(
      requests.filter(({target}) => !ROOT.test(target)),
      text,
    ) ??
    chosen(tool ? [tool] : lines.flatMap(shortRequestsInLine), text) ??
    chosen(requests, text)
  )
}

/** The API's root: rather a setting than what was asked. */
const ROOT = /\/api\/v1\/?$/

/** Of several the first that was refused, best for want of a scope, else the first; what its own line does not say is looked for in the others. */
function chosen(seen: readonly SeenRequest[], text: string): PastedAsk | undefined {
  const asks = seen.map(askOf).filter((ask) => ask !== undefined)
  const ask = asks.find(({status}) => status === 403) ?? asks.find(({status = 0}) => status >= 400) ?? asks[0]
  if (!ask) return undefined
  const more = new Set(asks.map((each) => JSON.stringify({...each, status: 0}))).size - 1
  const status = ask.status ?? (more === 0 ? statusIn(text) : undefined)
  if (ask.kind !== 'call') return {...ask, reach: ask.reach ?? reachSaid(text), status, more}
  const method = ask.methodSaid || more > 0 ? undefined : methodIn(text)
  return {...ask, ...(method !== undefined && {method, methodSaid: true}), status, more}
}

/** Pieces of such lines: `"GET /api/v1/x HTTP/1.1" 403`, `completed GET /api/v1/x for 1.2.3.4:0, 403 Forbidden`. */
const PIECES = [
  /\b(?<method>[A-Z]+) (?<target>\S+) HTTP\/[\d.]+(?:"?\s+(?<status>\d{3})\b)?/g,
  /\b(?:started|completed|slow|polling)\s+(?<method>[A-Z]+) (?<target>\S+) for [^,\s]+,?(?: (?<status>\d{3})\b)?/g,
]

function loggedIn(text: string): SeenRequest[] {
  // A log of JSON may have been laid out for reading.
  const entry = entryIn(text)
  return entry.length > 0 ? entry : text.split('\n').flatMap((line) => requestsOfLogLine(line.trim()))
}

function requestsOfLogLine(line: string): SeenRequest[] {
  const entry = entryIn(line)
  if (entry.length > 0) return entry
  const found = PIECES.flatMap((piece) => [...line.matchAll(piece)])
  return found.map(({groups: {method, target = '', status} = {}}) => {
    return {method, target, status: status === undefined ? undefined : Number(status)}
  })
}

function entryIn(text: string): SeenRequest[] {
  const line = text.startsWith('{') ? readLogLine(text) : undefined
  return line?.kind === 'request' ? [{method: line.method, target: line.uri, status: line.status}] : []
}

function wordsIn(text: string): PastedAsk | undefined {
  const words = text.split(/\s+/)
  return words.length === 2 ? askOfWords(words[0]!, words[1]!) : undefined
}

/** A path alone is taken for one of the API. */
function pathAlone(text: string): PastedAsk | undefined {
  const path = text.includes('/') && !/^[{[]|[\s"']/.test(text)
  const call = path ? callOf('GET', text) : undefined
  return call && {...call, methodSaid: false}
}

/** The requests of a shell text. */
async function shellIn(text: string): Promise<SeenRequest[]> {
  if (!/\b(?:curl|wget|(?:https?|xhs?)\s)/.test(text)) return []
  const {httpCallOf, readShell} = await import('../syntax/index.ts')
  const {commands} = await readShell(withoutPrompt(text))
  return commands.flatMap((command) => {
    const call = httpCallOf(command)
    return (call?.urls ?? []).map((url) => ({method: call?.method, target: url.text}))
  })
}

const withoutPrompt = (text: string): string => text.replaceAll(/^[ \t]*(?:[$#>]|- run:|run:)[ \t]+/gm, '')

/** An HTTP library's own request, printed as an object: a base URL, and a path beside it. */
function configured(text: string): SeenRequest[] {
  const base = /\bbase_?url["']?\s*[:=]\s*["'](?<url>[^"'\s]+)["']/i.exec(text)?.groups?.['url']
  const path = /\b(?:url|path)["']?\s*[:=]\s*["'](?<path>\/?[\w.~%-][^"'\s:]*)["']/i.exec(text)?.groups?.['path']
  return base === undefined || path === undefined
    ? []
    : [{target: `${base.replace(/\/$/, '')}/${path.replace(/^\//, '')}`}]
}

import {stripVTControlCharacters} from 'node:util'
import {answerIn} from '../scopes/answers.ts'
import {callOf, METHOD} from '../scopes/call.ts'
import type {PastedAnswer, Pasted, PastedCall, PastedDenial} from '../scopes/call.ts'
import {apiPath} from '../scopes/catalogue.ts'
import {readStored} from '../scopes/sets.ts'
import type {HttpCall} from '../syntax/types.ts'
import {readLogLine} from './log/line.ts'

/**
 * What people paste: a URL, a path, METHOD and path, a `curl` line, a line of an access log or of Gitea's router log, or
 * what a server answered. Undefined for anything else. Nothing of it is kept but method, path, status and scopes.
 */
export async function readPasted(text: string): Promise<Pasted | undefined> {
  const tidy = stripVTControlCharacters(text).trim()
  if (tidy === '') return undefined
  return refusalIn(tidy) ?? callInLog(tidy) ?? callInWords(tidy) ?? (await callInShell(tidy))
}

const DENIAL =
  /token does not have at least one of required scope\(s\)(?:: \[(?<plain>[^\]]*)\]|, required=\[(?<required>[^\]]*)\](?:, token scope=(?<held>[^"\s\\}]*))?)/

function refusalIn(text: string): PastedDenial | PastedAnswer | undefined {
  const denial = DENIAL.exec(text)?.groups
  if (denial) {
    const required = readStored((denial['plain'] ?? denial['required'] ?? '').split(' ')).scopes
    const held = denial['held'] === undefined ? undefined : readStored(denial['held']).scopes
    return required.length > 0 ? {kind: 'denial', required, held} : undefined
  }
  const answer = answerIn(text)
  return answer && {kind: 'refusal', answer}
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

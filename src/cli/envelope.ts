import {EXIT, pageName} from '../errors.ts'
import type {Server} from '../forge.ts'
import {giteaShape} from '../report/forge.ts'
import {rfc3339} from '../report/when.ts'
import {redact} from '../secret.ts'
import {visibleJson} from '../visible.ts'

/** Names the shape of every JSON document that a command prints; changes only when old readers would break. */
export const ENVELOPE_SCHEMA = 'patrol/envelope/1'

/** What a command hands back: its data, and how it ended where that is not 0. */
export interface Outcome<T> {
  result: T
  /** The exit code, which is also `status` in JSON; 0 when left out. */
  exit?: number
  /** Violations found, each with what shows it. */
  findings?: readonly object[]
  /** What could not be judged or brought to an end. */
  incomplete?: readonly object[]
}

/** What went wrong, from named fields only: no stack, no headers, no copied properties. */
export interface Failure {
  status: number
  code: string
  message: string
  suggestions: readonly string[]
  /** The page that explains it, as it lies in the package. */
  ref: string | undefined
}

/** Who speaks: fills `tool` and `command`. */
export interface Speaker {
  name: string
  version: string
  command: string
  /** Where package.json says that patrol is at home: pages are then given by their address there. */
  homepage?: string | undefined
}

/** What a run that judges exits with: `--exit-zero` lets findings pass, and nothing else. */
export function exitUnder(exitZero: boolean): (judged: number) => number {
  return (judged) => (exitZero && judged === EXIT.findings ? 0 : judged)
}

/** The document of a command that came to its end. */
export function successDocument(speaker: Speaker, outcome: Outcome<unknown>, warnings: readonly string[]): object {
  return {
    ...head(speaker, outcome.exit ?? 0),
    result: outcome.result ?? {},
    ...(outcome.findings && {findings: outcome.findings}),
    ...(outcome.incomplete && {incomplete: outcome.incomplete}),
    warnings,
  }
}

/** The document of a command that did not; `server` is the one that it was about, as far as it had come to know it. */
export function failureDocument(
  speaker: Speaker,
  failure: Failure,
  warnings: readonly string[],
  server?: Server,
): object {
  const {status, code, message, suggestions} = failure
  const ref = failure.ref === undefined ? null : readAt(failure.ref, speaker.homepage)
  const error = {code, message, suggestions, ref, ...(server && {gitea: giteaShape(server)})}
  return {...head(speaker, status), result: null, warnings, error}
}

/** Where a page can be read: at its address where there is one, else by `patrol help` under its name. */
function readAt(ref: string, homepage: string | undefined): string {
  return homepage === undefined ? pageName(ref) : new URL(ref, homepage.replace(/\/*$/, '/')).href
}

/** A document as printed: pretty, on one stream, times as RFC 3339, with every known secret taken out of its values. */
export function printed(document: unknown): string {
  return `${visibleJson(document, 2, asPrinted)}\n`
}

/** The same on one line, for readers of streams. */
export function printedLine(document: unknown): string {
  return `${visibleJson(document, undefined, asPrinted)}\n`
}

/** Fields that hold a point in time, which is a number of ms since the epoch inside of patrol and never outside. */
const TIMES = new Set(['at', 'startedAt', 'updatedAt', 'dueAt', 'deadline', 'serverTime'])

function asPrinted(key: string, value: unknown): unknown {
  if (typeof value === 'string') return redact(value)
  return typeof value === 'number' && TIMES.has(key) ? rfc3339(value) : value
}

function head({name, version, command}: Speaker, status: number): object {
  return {schema: ENVELOPE_SCHEMA, tool: {name, version}, command, status}
}

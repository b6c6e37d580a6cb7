import {createHash} from 'node:crypto'
import {OpsError} from '../errors.ts'
import {excerpt} from '../secret.ts'
import {field, parsed} from './json.ts'
import type {AuditFinding} from './types.ts'

const SCHEMA = 'patrol/baseline/1'

/** One finding that somebody answers for, until a day. */
export interface Acceptance {
  fingerprint: string
  rule: string
  agent: string
  owner: string
  reason: string
  /** `2027-01-31`: the last day on which it counts (UTC). */
  expires: string
}

/** The accepted findings, as a file holds them. */
export interface AcceptedBaseline {
  schema: typeof SCHEMA
  accepted: readonly Acceptance[]
}

/** What stays the same when a finding is seen again: its rule, its agent, and names; never a token or a part of one. */
export function fingerprintOf(rule: string, agent: string, names: readonly string[]): string {
  return createHash('sha256')
    .update(JSON.stringify([rule, agent, ...names]))
    .digest('hex')
    .slice(0, 20)
}

/** Whether somebody accepted a finding, and whether that still holds. */
export type Acceptances = (fingerprint: string) => AuditFinding['accepted']

/** Looks findings up in a baseline; `now` is in ms since the epoch. */
export function acceptances(baseline: AcceptedBaseline | undefined, now: number): Acceptances {
  const known = new Map(baseline?.accepted.map((entry) => [entry.fingerprint, entry]))
  const today = new Date(now).toISOString().slice(0, 10)
  return (fingerprint) => {
    const entry = known.get(fingerprint)
    if (!entry) return undefined
    const {owner, reason, expires} = entry
    return {owner, reason, expires, expired: expires < today}
  }
}

/** Whether a finding is to be judged: nobody accepted it, or no longer. */
export function counts({accepted}: AuditFinding): boolean {
  return accepted === undefined || accepted.expired
}

/** Reads a baseline's text; `file` is for messages. Throws `BASELINE_INVALID`. */
export function parseBaseline(text: string, file: string): AcceptedBaseline {
  const value = parsed(text)
  const schema = field(value, 'schema')
  if (schema !== SCHEMA) {
    const what =
      typeof schema === 'string' && schema.startsWith('patrol/baseline/')
        ? `${file} is a baseline of another version (${excerpt(schema, 40)}); this patrol reads ${SCHEMA}`
        : `${file} is no baseline of patrol`
    throw new OpsError('BASELINE_INVALID', {what})
  }
  const accepted = field(value, 'accepted')
  if (!Array.isArray(accepted)) throw new OpsError('BASELINE_INVALID', {what: `${file} has no list "accepted"`})
  return {
    schema: SCHEMA,
    accepted: accepted.map((entry: unknown, at) => acceptance(entry, `entry ${at + 1} of ${file}`)),
  }
}

/**
 * The baseline with every finding of an audit in it: those known keep their entry, new and expired ones get these words.
 * Entries of findings that were not seen stay, until they expire.
 */
export function updatedBaseline(
  before: AcceptedBaseline | undefined,
  findings: Iterable<AuditFinding>,
  words: {owner: string; reason: string; expires: string},
): AcceptedBaseline {
  checkDay(words.expires, 'The day on which an acceptance ends')
  const entries = new Map(before?.accepted.map((entry) => [entry.fingerprint, entry]))
  for (const {fingerprint, rule, agent, accepted} of findings) {
    if (!entries.has(fingerprint) || accepted?.expired) entries.set(fingerprint, {fingerprint, rule, agent, ...words})
  }
  const order = (entry: Acceptance) => `${entry.agent}\0${entry.rule}\0${entry.fingerprint}`
  return {schema: SCHEMA, accepted: [...entries.values()].toSorted((a, b) => (order(a) < order(b) ? -1 : 1))}
}

const TEXTS = ['fingerprint', 'rule', 'agent', 'owner', 'reason', 'expires'] as const

function acceptance(entry: unknown, where: string): Acceptance {
  const [fingerprint = '', rule = '', agent = '', owner = '', reason = '', expires = ''] = TEXTS.map((name) => {
    const text = field(entry, name)
    if (typeof text === 'string' && text.trim() !== '') return text
    throw new OpsError('BASELINE_INVALID', {what: `${where} lacks "${name}"`})
  })
  if (!/^[0-9a-f]{20}$/.test(fingerprint))
    throw new OpsError('BASELINE_INVALID', {what: `${where} has no fingerprint of 20 hexadecimal digits`})
  checkDay(expires, where)
  return {fingerprint, rule, agent, owner, reason, expires}
}

function checkDay(text: string, where: string): void {
  const at = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(text) : Number.NaN
  if (!Number.isNaN(at) && new Date(at).toISOString().startsWith(text)) return
  throw new OpsError('BASELINE_INVALID', {what: `${where} is not a day such as 2027-01-31`})
}

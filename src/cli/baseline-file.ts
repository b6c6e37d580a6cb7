import {readFile} from 'node:fs/promises'
import {parseDuration} from '../config/duration.ts'
import {nothing, OpsError, say} from '../errors.ts'
import type {AcceptedBaseline, AuditFinding, parseBaseline, updatedBaseline} from '../fleet/index.ts'
import {prepareOutputs} from './outputs.ts'

/** Gathers findings and writes them all, as accepted, into a baseline that took the place of the one before. */
export interface Accepting {
  add(findings: readonly AuditFinding[]): void
  save(): Promise<Accepted>
  abort(): Promise<void>
}

/** The baseline that was written, and how many findings are accepted in it in all. */
export interface Accepted {
  file: string
  accepted: number
}

/** What the domain knows of baselines. */
export interface Baselines {
  parseBaseline: typeof parseBaseline
  updatedBaseline: typeof updatedBaseline
}

/** The flags that are about the baseline; `--update-baseline` depends on all others. */
export interface BaselineFlags {
  baseline?: string | undefined
  'update-baseline'?: boolean
  owner?: string | undefined
  reason?: string | undefined
  expires?: string | undefined
}

/**
 * The baseline to judge by, and what is to be accepted into it; `talk` hears when that is written. Throws
 * `BASELINE_INVALID`, `FILE_UNUSABLE` for a file that is not there, and `REPORT_UNWRITABLE` for one that cannot be
 * written. Nothing was called then.
 */
export async function baselineOf(
  flags: BaselineFlags,
  domain: Baselines,
  talk: (text: string) => void,
): Promise<{baseline?: AcceptedBaseline; accept?: Accepting}> {
  const {baseline: path, owner = '', reason = '', expires = ''} = flags
  if (path === undefined) return {}
  const update = flags['update-baseline'] ?? false
  const words = update && {owner: said('owner', owner), reason: said('reason', reason), expires: lastDay(expires)}
  const baseline = await readBaseline(path, update, domain)
  const known = baseline && {baseline}
  if (!words) return {...known}
  const updated = (all: readonly AuditFinding[]): AcceptedBaseline => domain.updatedBaseline(baseline, all, words)
  return {...known, accept: await accepting(path, updated, talk)}
}

function said(flag: string, text: string): string {
  if (text.trim() !== '') return text.trim()
  const what = `--${flag} is empty: an acceptance says who answers for it and why.`
  throw new OpsError('USAGE', {what, state: nothing('called')})
}

/** A last day: `2027-01-31`, or from today on, `90d`. */
function lastDay(text: string): string {
  const ms = parseDuration(text)
  const day = ms === undefined ? text : new Date(Date.now() + ms).toISOString().slice(0, 10)
  const real = /^\d{4}-\d{2}-\d{2}$/.test(day) && new Date(day).toJSON()?.startsWith(day)
  if (real && day >= new Date().toISOString().slice(0, 10)) return day
  throw new OpsError('USAGE', {
    what: `--expires ${text}: ${real ? 'that day is over' : 'not a day'}.`,
    state: nothing('called'),
    advice: [say('Write it as 2027-01-31, or as 90d from today')],
  })
}

async function readBaseline(
  path: string,
  mayBeMissing: boolean,
  domain: Baselines,
): Promise<AcceptedBaseline | undefined> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' && mayBeMissing) return undefined
    const why = error.code === 'ENOENT' ? 'does not exist' : `cannot be read (${error.code})`
    throw new OpsError('FILE_UNUSABLE', {case: 'baseline', path, why})
  })
  return text === undefined ? undefined : domain.parseBaseline(text, path)
}

async function accepting(
  path: string,
  updated: (all: readonly AuditFinding[]) => AcceptedBaseline,
  talk: (text: string) => void,
): Promise<Accepting> {
  const target = {format: 'json', path} as const
  const outputs = await prepareOutputs([target], {stdout: process.stdout})
  const all: AuditFinding[] = []
  return {
    add: (findings) => void all.push(...findings),
    async save() {
      const baseline = updated(all)
      await outputs.write(target, `${JSON.stringify(baseline, null, 2)}\n`)
      await outputs.commit()
      const accepted = baseline.accepted.length
      talk(`Wrote ${path}: all findings of this run are accepted in it, ${accepted} in all.`)
      return {file: path, accepted}
    },
    abort: () => outputs.abort(),
  }
}

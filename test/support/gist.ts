import {parse as parseCsv} from 'csv-parse/sync'
import type {AuditEvent, Severity} from '../../src/fleet/types.ts'
import type {FormatName} from '../../src/report/formats/index.ts'
import {prometheus} from './documents.ts'

interface Finding {
  rule: string
  severity: Severity
  fingerprint: string
  accepted: {expired: boolean} | null
}
export interface Sarif {
  runs: {
    tool: {driver: {rules: {id: string; properties: {severity: string}}[]}}
    automationDetails: {id: string}
    invocations: {
      exitCode: number
      executionSuccessful: boolean
      toolExecutionNotifications: {message: {text: string}; associatedRule?: {id: string}}[]
      ruleConfigurationOverrides: {descriptor: {id: string; index: number}; configuration: {enabled: boolean}}[]
    }[]
    results: {
      ruleId: string
      ruleIndex: number
      level: string
      message: {text: string}
      locations: {
        physicalLocation: {artifactLocation: {uri: string; uriBaseId?: string}; region: {startLine: number}}
      }[]
      partialFingerprints: Record<string, string>
      suppressions: {status: string; justification: string}[]
      properties: {severity: Severity}
    }[]
  }[]
}

/** What every format has to agree on; a format says nothing of what it does not carry. */
export interface Gist {
  counting: string[]
  accepted: string[]
  severities: Record<Severity, number>
  unknown: number
}

const COUNTING = ['aaaaaaaaaaaaaaaaaa20', 'aaaaaaaaaaaaaaaaaa46', 'aaaaaaaaaaaaaaaaaa51', 'aaaaaaaaaaaaaaaaaa52']
  .concat(['aaaaaaaaaaaaaaaaaa64', 'aaaaaaaaaaaaaaaaaa98', 'bbbbbbbbbbbbbbbbbb51'])
  .toSorted()
export const TRUTH: Gist = {
  counting: COUNTING,
  accepted: ['aaaaaaaaaaaaaaaaaa25', 'aaaaaaaaaaaaaaaaaa36'],
  severities: {critical: 1, high: 3, medium: 1, low: 2},
  unknown: 3,
}

const READERS: Record<Exclude<FormatName, 'html'>, (text: string) => Partial<Gist>> = {
  json(text) {
    const {findings, incomplete}: {findings: Finding[]; incomplete: object[]} = JSON.parse(text)
    return {...ofFindings(findings), unknown: incomplete.length}
  },
  ndjson(text) {
    const lines = linesOf<{findings: Finding[]; incomplete: object[]}>(text)
    return {
      ...ofFindings(lines.flatMap(({findings}) => findings)),
      unknown: lines.flatMap(({incomplete}) => incomplete).length,
    }
  },
  blob(text) {
    const events = linesOf<AuditEvent>(text).slice(1)
    const found = events.flatMap((event) =>
      event.kind === 'agent' ? event.audit.findings : event.kind === 'tail' ? event.tail.unclaimed : [],
    )
    const open = events.flatMap((event) =>
      event.kind === 'agent' ? event.audit.unjudged : event.kind === 'tail' ? event.tail.unjudged : [],
    )
    return {...ofFindings(found.map((each) => ({...each, accepted: each.accepted ?? null}))), unknown: open.length}
  },
  csv(text) {
    const rows = rowsOf(text)
    const counting = rows.filter(({status}) => status === 'open' || status === 'expired')
    return {
      counting: counting.map(({fingerprint = ''}) => fingerprint).toSorted(),
      accepted: rows.filter(({status}) => status === 'accepted').map(({fingerprint = ''}) => fingerprint),
      severities: tally(counting.map(({severity}) => severity)),
      unknown: rows.filter(({status}) => status === 'unknown').length,
    }
  },
  sarif(text) {
    const log: Sarif = JSON.parse(text)
    const [run] = log.runs
    const suppressed = run!.results.filter(({suppressions}) => suppressions.some(({status}) => status === 'accepted'))
    const counting = run!.results.filter((each) => !suppressed.includes(each))
    const names = (results: typeof counting) => results.map((each) => each.partialFingerprints['patrolFinding/v1']!)
    return {
      counting: names(counting).toSorted(),
      accepted: names(suppressed),
      severities: tally(counting.map(({properties}) => properties.severity)),
      unknown: run!.invocations[0]!.toolExecutionNotifications.length,
    }
  },
  junit(text) {
    const failures = [...text.matchAll(/<failure type="(\w+)"[^>]*>([^<]*)</g)]
    const quiet = [...text.matchAll(/<(?:skipped|system-out)>([^<]*)</g)].map(([, body = '']) => body)
    return {
      counting: failures.flatMap(([, , body = '']) => fingerprintsIn(body)).toSorted(),
      accepted: quiet.flatMap(fingerprintsIn),
      severities: tally(failures.map(([, severity]) => severity)),
    }
  },
  markdown(text) {
    const rows = [...text.matchAll(/^\| (\S) (\w+) \|.*$/gm)]
    const counting = rows.filter(([, mark]) => mark === '✗' || mark === '!')
    return {
      counting: counting.flatMap(([row]) => fingerprintsIn(row)).toSorted(),
      accepted: rows.filter(([, mark]) => mark === '~').flatMap(([row]) => fingerprintsIn(row)),
      severities: tally(counting.map(([, , severity]) => severity)),
      unknown: rows.filter(([, mark]) => mark === '?').length,
    }
  },
  github(text) {
    const commands = [...text.matchAll(/^::(error|warning|notice) .*$/gm)].map(([line]) => line)
    const unknown = commands.filter((line) => line.includes('Could not judge'))
    const counting = commands.filter((line) => !unknown.includes(line))
    return {
      counting: counting.flatMap(fingerprintsIn).toSorted(),
      severities: tally(counting.map((line) => /\[(critical|high|medium|low)\]/.exec(line)![1])),
      unknown: unknown.length,
    }
  },
  openmetrics(text) {
    const families = new Map(prometheus(text).map((family) => [family.name, family.metrics]))
    const bySeverity = (name: string) => {
      const samples = families.get(name) ?? []
      return tally(
        samples.flatMap(({labels, value}) => Array<string | undefined>(Number(value)).fill(labels?.severity)),
      )
    }
    const [each, all] = [bySeverity('patrol_finding'), bySeverity('patrol_audit_findings')]
    return JSON.stringify(each) === JSON.stringify(all) ? {severities: each} : {}
  },
  table(text) {
    const rows = [...text.matchAll(/^ {2}(\S) (\w+)/gm)]
    return {
      severities: tally(rows.filter(([, mark]) => mark === '✗' || mark === '!').map(([, , severity]) => severity)),
      unknown: rows.filter(([, mark]) => mark === '?').length,
    }
  },
}

/** What each format carries of the gist; of the rest it says nothing at all. */
const CARRIED: Record<Exclude<FormatName, 'html'>, readonly (keyof Gist)[]> = {
  json: ['counting', 'accepted', 'severities', 'unknown'],
  ndjson: ['counting', 'accepted', 'severities', 'unknown'],
  blob: ['counting', 'accepted', 'severities', 'unknown'],
  csv: ['counting', 'accepted', 'severities', 'unknown'],
  sarif: ['counting', 'accepted', 'severities', 'unknown'],
  junit: ['counting', 'accepted', 'severities'],
  markdown: ['counting', 'accepted', 'severities', 'unknown'],
  github: ['counting', 'severities', 'unknown'],
  openmetrics: ['severities'],
  table: ['severities', 'unknown'],
}

/** What a report in one format has to say of the rich audit, or of another, no less and no more. */
export function truthOf(name: Exclude<FormatName, 'html'>, gist: Gist = TRUTH): Partial<Gist> {
  return Object.fromEntries(CARRIED[name].map((part) => [part, gist[part]]))
}

/** What a report in one format says, read back from its text by another hand than the one that wrote it. */
export function gistOf(name: Exclude<FormatName, 'html'>, text: string): Partial<Gist> {
  const gist = READERS[name](text)
  return gist.accepted ? {...gist, accepted: gist.accepted.toSorted()} : gist
}

function ofFindings(findings: readonly Finding[]) {
  const counting = findings.filter(({accepted}) => accepted === null || accepted.expired)
  return {
    counting: counting.map(({fingerprint}) => fingerprint).toSorted(),
    accepted: findings.filter((each) => !counting.includes(each)).map(({fingerprint}) => fingerprint),
    severities: tally(counting.map(({severity}) => severity)),
  }
}

function tally(severities: readonly (string | undefined)[]): Record<Severity, number> {
  const count = (wanted: Severity) => severities.filter((each) => each === wanted).length
  return {critical: count('critical'), high: count('high'), medium: count('medium'), low: count('low')}
}

export function linesOf<T = unknown>(text: string): T[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line): T => JSON.parse(line))
}

export function rowsOf(text: string): Record<string, string>[] {
  return parseCsv(text, {columns: true})
}

function fingerprintsIn(text: string): string[] {
  return [...text.matchAll(/\b[ab]{18}\d\d\b/g)].map(([fingerprint]) => fingerprint)
}

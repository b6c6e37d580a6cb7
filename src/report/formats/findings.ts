import {SEVERITIES} from '../../fleet/types.ts'
import type {AuditFinding, Severity} from '../../fleet/types.ts'
import type {LintedFile, LintFinding} from '../../lint/types.ts'
import {placeOf} from './words.ts'

/** What every format shows of a finding, whichever kind of run made it. */
export interface ReportedFinding {
  rule: string
  severity: Severity
  /** One sentence: what is wrong, with what. */
  message: string
  /** What mends it: a command, or what to write instead. */
  fix: string | undefined
  /** What a person has to do besides. */
  note?: string | undefined
  /** What `patrol help` prints of it. */
  ref: string
  fingerprint: string
  /** Where it stands: `patrol.yaml:12`, `mint.sh:9:1`. */
  place: string | undefined
  /** `open` and `expired` count; what the baseline `accepted`, or a comment `suppressed`, does not. */
  standing: 'open' | 'expired' | 'accepted' | 'suppressed'
  /** Who accepted it, or why it is suppressed, in words; empty where it is open. */
  because: string
}

/** A finding of an audit, as formats show it. */
export type AuditedFinding = AuditFinding & ReportedFinding

/** An audit's findings as formats show them. An acceptance past its date counts again. */
export function auditedFindings(findings: readonly AuditFinding[]): AuditedFinding[] {
  return findings.map((finding) => {
    const {anchor, accepted} = finding
    const place = anchor && `${anchor.file}:${anchor.line}`
    if (!accepted) return {...finding, place, standing: 'open', because: ''}
    const {owner, reason, expires, expired} = accepted
    return expired
      ? {...finding, place, standing: 'expired', because: `no longer accepted by ${owner} since ${expires}: ${reason}`}
      : {...finding, place, standing: 'accepted', because: `accepted by ${owner} until ${expires}: ${reason}`}
  })
}

/** A finding in a file, as formats show it; `reason` is that of the comment that suppresses it. */
export type LintedFinding = LintFinding & ReportedFinding & {reason: string}

/** All that was found in a file, in its order. */
export function lintedFindings({findings, suppressed}: LintedFile): LintedFinding[] {
  return [
    ...findings.map((finding) => linted(finding, {standing: 'open', because: '', reason: ''})),
    ...suppressed.map(({finding, reason}) =>
      linted(finding, {standing: 'suppressed', because: `suppressed: ${reason}`, reason}),
    ),
  ].toSorted((a, b) => a.at.from - b.at.from || a.at.to - b.at.to)
}

function linted(finding: LintFinding, how: Pick<LintedFinding, 'standing' | 'because' | 'reason'>): LintedFinding {
  return {...finding, place: `${finding.file}:${placeOf(finding.at)}`, ...how}
}

/** Those that are to be mended; for the others somebody answers. */
export function countingFindings<Found extends ReportedFinding>(findings: readonly Found[]): Found[] {
  return findings.filter(({standing}) => standing === 'open' || standing === 'expired')
}

/** What is wrong, and who answers for it where somebody does. */
export function sentenceOf({message, because}: ReportedFinding): string {
  return because ? `${message} (${because})` : message
}

/** Findings as people read them: worst first, then by rule and by what they are about. */
export function worstFirst<Found extends ReportedFinding>(findings: readonly Found[]): Found[] {
  return findings.toSorted(
    (a, b) =>
      SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) ||
      compare(a.rule, b.rule) ||
      compare(a.fingerprint, b.fingerprint),
  )
}

/** What mends a finding: a command, what a person has to do, or both. */
export type Cure = Pick<ReportedFinding, 'fix' | 'note'>

/** What mends these findings, each command once, worst finding first; what is accepted needs nothing. */
export function curesOf(findings: readonly ReportedFinding[]): Cure[] {
  const wanted = worstFirst(countingFindings(findings))
  const alike = Map.groupBy(wanted, ({fix, note}) => JSON.stringify(fix === undefined ? {note} : {fix}))
  return [...alike.values()].flatMap((group) => {
    const {fix} = group[0]!
    const notes = new Set(group.flatMap(({note}) => note ?? []))
    const note = notes.size > 0 ? [...notes].join('; ') : undefined
    return fix === undefined && note === undefined ? [] : {fix, note}
  })
}

/** The same in one sentence, for formats without room of its own for a command. */
export function cureText({fix, note}: Cure): string {
  if (fix === undefined) return note === undefined ? '' : `By hand: ${note}`
  return note === undefined ? `Fix: ${fix}` : `Fix: ${fix} (${note})`
}

/** Commands that take any number of agents. */
const MANY = /^(patrol (?:rotate|onboard)) (?!-)(\S+|'[^']*')$/
/** Nobody reads, or should agree to, a command about more. */
const MOST_AGENTS = 100

/** Gathers the cures that several agents have in common, so that they can be typed as one command. */
export class CommonCures {
  readonly #agents = new Map<string, Set<string>>()

  add(findings: readonly ReportedFinding[]): void {
    // What is noted beside a command for one finding is no condition of it where another wants it as it stands.
    for (const {fix} of countingFindings(findings).filter(({note}) => note === undefined)) {
      const [, command, agent] = MANY.exec(fix ?? '') ?? []
      if (command === undefined || agent === undefined) continue
      const agents = this.#agents.get(command) ?? new Set()
      // One more than is shown tells that there are too many, whatever their number.
      if (agents.size <= MOST_AGENTS) this.#agents.set(command, agents.add(agent))
    }
  }

  /** One command for each cure that a few agents have in common. */
  get commands(): string[] {
    return [...this.#agents]
      .filter(([, {size}]) => size > 1 && size <= MOST_AGENTS)
      .map(([command, agents]) => [command, ...agents].join(' '))
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

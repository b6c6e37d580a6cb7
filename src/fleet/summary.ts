import {worstExit} from '../errors.ts'
import {counts} from './baseline.ts'
import {SEVERITIES, type AgentAudit, type AuditTail, type AuditFinding, type Severity, type Summary} from './types.ts'

/** Counts an audit as it goes by. */
export class AuditTally {
  readonly #failOn: Severity
  readonly #summary: Omit<Summary, 'requests' | 'exit'> = {
    agents: 0,
    ok: 0,
    withFindings: 0,
    unknown: 0,
    findings: {critical: 0, high: 0, medium: 0, low: 0},
    accepted: 0,
    expired: 0,
  }

  constructor(failOn: Severity) {
    this.#failOn = failOn
  }

  agent({state, findings}: Pick<AgentAudit, 'state' | 'findings'>): void {
    const summary = this.#summary
    summary.agents++
    if (state === 'ok') summary.ok++
    else if (state === 'findings') summary.withFindings++
    else summary.unknown++
    for (const finding of findings) this.#count(finding)
  }

  /** Agents of which nothing is known. */
  missing(agents: number): void {
    this.#summary.agents += agents
    this.#summary.unknown += agents
  }

  /** The counts, with what is about no agent in particular. */
  close(tail: Pick<AuditTail, 'unclaimed' | 'unjudged'>, requests: number, rejected: boolean): Summary {
    for (const finding of tail.unclaimed) this.#count(finding)
    const {findings, unknown} = this.#summary
    const grave = SEVERITIES.slice(0, SEVERITIES.indexOf(this.#failOn) + 1).some((severity) => findings[severity] > 0)
    const exit = worstExit([rejected ? 4 : 0, unknown > 0 || tail.unjudged.length > 0 ? 5 : 0, grave ? 3 : 0])
    return {...this.#summary, requests, exit}
  }

  #count(finding: AuditFinding): void {
    if (counts(finding)) this.#summary.findings[finding.severity]++
    else this.#summary.accepted++
    if (finding.accepted?.expired) this.#summary.expired++
  }
}

import {EXIT} from '../errors.ts'
import type {WorkHealth} from './health.ts'
import type {Evidence, RepoAccess} from './types.ts'

/** What is wrong with an agent's token, by the rule of the audit that would say the same. */
export interface HealthFinding {
  rule: 'scope-missing' | 'role-gap' | 'token-dead' | 'token-blocked'
  message: string
  evidence: Evidence
  /** No command: whose token it is, is not known where it is checked. */
  fix: null
  /** What a person has to do, in words. */
  note: string
  ref: string
}

/** A health check, judged. */
export interface HealthJudgement {
  findings: HealthFinding[]
  /** What could not be judged, and why. */
  unjudged: {code: 'GITEA_UNUSABLE'; message: string; suggestions: string[]; exit: number}[]
  exit: number
}

const GAP = 'token-scope-gap'
const ROTATE = 'rotate the agent whose token it is'

/**
 * What a health check means for its caller: a token that no longer works is a finding, one that lacks something is only
 * told, unless `strict`; whatever could not be judged is neither.
 */
export function judgeHealth(health: WorkHealth, strict: boolean): HealthJudgement {
  const {state, liveness, access} = health
  const findings: HealthFinding[] = []
  const ended = (rule: 'token-dead' | 'token-blocked', message: string, note: string): void =>
    void findings.push({rule, message, evidence: liveness.evidence, fix: null, note, ref: GAP})
  if (state === 'dead') ended('token-dead', `the server does not accept the token …${health.lastEight}`, ROTATE)
  if (state === 'blocked') {
    const message = `the account of the token …${health.lastEight} is blocked: ${liveness.evidence.reason}`
    ended('token-blocked', message, 'unlock the user on the server')
  }
  for (const [unit, {outcome, evidence}] of listings(access)) {
    const message = `${unit} of ${access.repo} cannot be listed: ${evidence.reason}`
    if (outcome === 'scope')
      findings.push({rule: 'scope-missing', message, evidence, fix: null, note: ROTATE, ref: GAP})
    if (outcome !== 'role' && outcome !== 'shut') continue
    const mend = `give the user access to ${access.repo} on the server`
    const note = outcome === 'role' ? mend : `${mend}, or rotate the agent onto a token that reaches it`
    findings.push({rule: 'role-gap', message, evidence, fix: null, note, ref: GAP})
  }
  const open = listings(access).filter(([, {outcome}]) => state === 'unknown' && outcome === 'unknown')
  const unjudged = open.map(([unit, {evidence}]) => ({
    code: 'GITEA_UNUSABLE' as const,
    message: `${unit} of ${access.repo}: ${evidence.reason}`,
    suggestions: ['patrol doctor'],
    exit: EXIT.unavailable,
  }))
  const judged = state === 'dead' || state === 'blocked' || (strict && findings.length > 0) ? EXIT.findings : 0
  return {findings, unjudged, exit: state === 'unknown' ? EXIT.unavailable : judged}
}

/** What an agent works on, by the name that people have for it. */
export function listings({issues, pulls}: RepoAccess): [string, RepoAccess['issues']][] {
  return [
    ['issues', issues],
    ['pull requests', pulls],
  ]
}

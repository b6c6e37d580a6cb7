import {EXIT} from '../errors.ts'
import type {Health, HealthState} from '../probe/health.ts'
import type {Evidence, RepoAccess} from '../probe/types.ts'
import {serverText, type Server} from './forge.ts'
import type {Tint} from './tint.ts'

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
export interface Diagnosis {
  findings: HealthFinding[]
  /** What could not be judged, and why. */
  unjudged: {code: 'GITEA_UNUSABLE'; message: string; suggestions: string[]; exit: number}[]
  exit: number
}

const WORDS: Record<HealthState, (tint: Tint) => string> = {
  ok: (tint) => tint.good('✓ ok'),
  gap: (tint) => tint.warn('! gap'),
  dead: (tint) => tint.bad('✗ dead'),
  blocked: (tint) => tint.bad('✗ blocked'),
  unknown: (tint) => tint.warn('? unknown'),
}
const GAP = 'token-scope-gap'
const ROTATE = 'rotate the agent whose token it is'

/**
 * What a health check means for its caller: a token that no longer works is a finding, one that lacks something is only
 * told, unless `strict`; whatever could not be judged is neither.
 */
export function diagnose(health: Health, strict: boolean): Diagnosis {
  const {state, liveness, access} = health
  const findings: HealthFinding[] = []
  const ended = (rule: 'token-dead' | 'token-blocked', message: string, note: string): void =>
    void findings.push({rule, message, evidence: liveness.evidence, fix: null, note, ref: GAP})
  if (state === 'dead') ended('token-dead', `the server does not accept the token …${health.lastEight}`, ROTATE)
  if (state === 'blocked') {
    const message = `the account of the token …${health.lastEight} is blocked: ${liveness.evidence.reason}`
    ended('token-blocked', message, 'unlock the user on the server')
  }
  for (const [unit, {outcome, evidence}] of units(access)) {
    const message = `${unit} of ${access.repo} cannot be listed: ${evidence.reason}`
    if (outcome === 'scope')
      findings.push({rule: 'scope-missing', message, evidence, fix: null, note: ROTATE, ref: GAP})
    if (outcome !== 'role' && outcome !== 'shut') continue
    const mend = `give the user access to ${access.repo} on the server`
    const note = outcome === 'role' ? mend : `${mend}, or rotate the agent onto a token that reaches it`
    findings.push({rule: 'role-gap', message, evidence, fix: null, note, ref: GAP})
  }
  const open = units(access).filter(([, {outcome}]) => state === 'unknown' && outcome === 'unknown')
  const unjudged = open.map(([unit, {evidence}]) => ({
    code: 'GITEA_UNUSABLE' as const,
    message: `${unit} of ${access.repo}: ${evidence.reason}`,
    suggestions: ['patrol doctor'],
    exit: EXIT.unavailable,
  }))
  const judged = state === 'dead' || state === 'blocked' || (strict && findings.length > 0) ? EXIT.findings : 0
  return {findings, unjudged, exit: state === 'unknown' ? EXIT.unavailable : judged}
}

/** The one line for people and logs. */
export function healthLine({state, lastEight, access}: Health, server: Server, tint: Tint): string {
  const lists = units(access).map(
    ([unit, {outcome, evidence}]) => `${unit} ${outcome} (${evidence.status || 'no answer'})`,
  )
  return `${WORDS[state](tint)}  token …${lastEight}, ${access.repo} at ${serverText(server)}: ${lists.join(', ')}`
}

/** The same for a textfile collector. What is not known has no sample; states are 0 or 1, one of them 1. */
export function healthMetrics({state, access}: Health, at: number): string {
  const repo = label(access.repo)
  const lists = units(access).filter(([, {outcome}]) => outcome !== 'unknown')
  return [
    '# TYPE patrol_healthcheck_state gauge',
    '# HELP patrol_healthcheck_state What the last health check found; 1 for the state that holds.',
    ...Object.keys(WORDS).map(
      (each) => `patrol_healthcheck_state{repo="${repo}",state="${each}"} ${Number(each === state)}`,
    ),
    '# TYPE patrol_healthcheck_listable gauge',
    '# HELP patrol_healthcheck_listable Whether the token can list what an agent works on.',
    ...lists.map(
      ([unit, {outcome}]) => `patrol_healthcheck_listable{repo="${repo}",unit="${unit}"} ${Number(outcome === 'ok')}`,
    ),
    '# TYPE patrol_healthcheck_timestamp_seconds gauge',
    '# UNIT patrol_healthcheck_timestamp_seconds seconds',
    '# HELP patrol_healthcheck_timestamp_seconds When the last health check ended.',
    `patrol_healthcheck_timestamp_seconds{repo="${repo}"} ${at / 1000}`,
    '# EOF',
    '',
  ].join('\n')
}

function units({issues, pulls}: RepoAccess): [string, RepoAccess['issues']][] {
  return [
    ['issues', issues],
    ['pull requests', pulls],
  ]
}

function label(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}

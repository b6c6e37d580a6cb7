import {listings} from '../probe/health-judgement.ts'
import type {WorkHealth, HealthState} from '../probe/health.ts'
import {serverText, type Server} from './forge.ts'
import {exposition, family} from './formats/metrics.ts'
import type {Tint} from './tint.ts'

const WORDS: Record<HealthState, (tint: Tint) => string> = {
  ok: (tint) => tint.good('✓ ok'),
  gap: (tint) => tint.warn('! gap'),
  dead: (tint) => tint.bad('✗ dead'),
  blocked: (tint) => tint.bad('✗ blocked'),
  unknown: (tint) => tint.warn('? unknown'),
}

/** The one line for people and logs. */
export function healthLine({state, lastEight, access}: WorkHealth, server: Server, tint: Tint): string {
  const lists = listings(access).map(
    ([unit, {outcome, evidence}]) => `${unit} ${outcome} (${evidence.status || 'no answer'})`,
  )
  return `${WORDS[state](tint)}  token …${lastEight}, ${access.repo} at ${serverText(server)}: ${lists.join(', ')}`
}

/** The same for a textfile collector. What is not known has no sample; states are 0 or 1, one of them 1. */
export function healthMetrics({state, access}: WorkHealth, at: number): string {
  const {repo} = access
  const lists = listings(access).filter(([, {outcome}]) => outcome !== 'unknown')
  return exposition([
    family(
      'patrol_healthcheck_state',
      'What the last health check found; 1 for the state that holds.',
      Object.keys(WORDS).map((each) => ({labels: {repo, state: each}, value: Number(each === state)})),
    ),
    family(
      'patrol_healthcheck_listable',
      'Whether the token can list what an agent works on.',
      lists.map(([unit, {outcome}]) => ({labels: {repo, unit}, value: Number(outcome === 'ok')})),
    ),
    family('patrol_healthcheck_timestamp_seconds', 'When the last health check ended.', [
      {labels: {repo}, value: at / 1000},
    ]),
  ])
}

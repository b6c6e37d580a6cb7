import {OpsError} from '../errors.ts'
import type {SmokeReport} from '../smoke/types.ts'
import {interrupted} from '../story/polling.ts'
import type {Clock} from '../story/ports.ts'
import type {Smoke, SmokeTarget} from './ports.ts'
import type {ActDeps} from './request.ts'
import {telling} from './run.ts'
import type {Rotation} from './state.ts'

/** What an agent is asked for: whether it finds its work with this token, or only for its word on the one that it holds. */
export type AskedFor = 'smoke' | 'ask'

/** The act as it is told: what an agent is asked for its word. */
export function askingFor(agent: string): string {
  return `${agent}, for the token that it holds`
}

/**
 * Asks an agent for its proof, and tells what is waited for meanwhile. That can take long: `beat` is called before each
 * pause, and keeps whatever has to be kept. Throws what `beat` throws, and `INTERRUPTED`.
 */
export async function proofOf(
  deps: Pick<ActDeps, 'on' | 'signal'> & {clock: Pick<Clock, 'now'>; smoke: Smoke; rotation?: Rotation},
  target: SmokeTarget,
  beat: () => Promise<void> = async () => {},
  act: AskedFor = 'smoke',
): Promise<SmokeReport> {
  const {rotation, signal} = deps
  let told: string | undefined
  const onWait = async (detail: string): Promise<void> => {
    const at = deps.clock.now()
    if (detail !== told) deps.on?.({kind: 'waiting', story: rotation?.terms.rotation, act, detail, at})
    told = detail
    await beat()
  }
  const what = act === 'ask' ? askingFor(target.agent) : `${target.agent} with …${target.expectLastEight}`
  return telling(deps, act, what, () =>
    deps.smoke.prove(target, {onWait, ...(signal && {signal})}).catch((error: unknown) => {
      throw signal?.aborted && !(error instanceof OpsError) ? interrupted() : error
    }),
  )
}

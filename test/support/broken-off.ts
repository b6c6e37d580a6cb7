import {expect} from 'vitest'
import {
  abortRotation,
  resumeRotation,
  rotate,
  type ActName,
  type StoryProgress,
  type RotationRequest,
} from '../../src/rotation/index.ts'
import type {Keep} from '../../src/rotation/survey.ts'
import type {Store} from '../../src/store/index.ts'
import {Crash, request, storeInMemory, World, type FaultKind} from './world.ts'

/** The calls of a rotation in which nothing breaks. */
export async function callsOf(): Promise<string[]> {
  const whole = new World()
  await rotate(request(), whole.deps(await storeInMemory()))
  return whole.calls
}

/** Ways to break a rotation off in the world that a test has now, and what can be done about it then. */
export function brokenOff(now: () => {world: World; store: Store}) {
  const open = async (): Promise<string> => (await now().store.journal.list({open: true}))[0]!.id
  const depsNow = () => now().world.deps(now().store)
  const revive = (): void => {
    const {world} = now()
    world.revive()
    world.fault = []
  }
  return {
    /** It is killed at the first call of this kind. */
    killedAt: async (call: string, kind: FaultKind = 'crash-after'): Promise<void> => {
      const calls = await callsOf()
      expect(calls).toContain(call)
      now().world.fault = [{at: 1 + calls.indexOf(call), kind}]
      await rotate(request(), depsNow()).catch(() => {})
      revive()
    },
    /** Stored and restarted, but the agent did not answer for its proof. */
    unproven: async (changes: Partial<RotationRequest> = {}): Promise<void> => {
      const {world} = now()
      world.agentDeaf = true
      await rotate(request(changes), depsNow()).catch(() => {})
      world.agentDeaf = false
    },
    /** For `on`: the process dies at the first request of this act. */
    dyingIn: (act: ActName) => (item: StoryProgress) => {
      const {world} = now()
      if (item.kind === 'act' && item.act === act && item.state === 'started') {
        world.fault = [{at: world.calls.length + 1, kind: 'crash-before'}]
      }
    },
    /** This run is killed; the next one begins in a world that answers. */
    killed: async (run: Promise<unknown>): Promise<void> => {
      await expect(run).rejects.toBeInstanceOf(Crash)
      revive()
    },
    open,
    abort: async (keep?: Keep, deps = depsNow()) => abortRotation(await open(), deps, {keep}),
    resume: async (deps = depsNow()) => resumeRotation(await open(), deps, {approval: 'park'}),
    /** The ids of the user's tokens. */
    alive: (): number[] => now().world.tokens.map(({id}) => id),
    /** The process runs on something that works, and nothing was done that must not be. */
    expectAlive: (): void => {
      const {world} = now()
      expect(world.alive(world.process.lastEight)).toBe(true)
      expect(world.violations).toEqual([])
    },
  }
}

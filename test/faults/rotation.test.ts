import {describe, expect, it} from 'vitest'
import {OpsError} from '../../src/errors.ts'
import {replay, resumeRotation, rotate, type RotationRequest} from '../../src/rotation/index.ts'
import type {Store} from '../../src/store/index.ts'
import {Crash, request, storeInMemory, World, type FaultKind} from '../support/world.ts'

const KINDS: FaultKind[] = ['lost-before', 'lost-after', 'crash-before', 'crash-after']

interface Scene {
  name: string
  setUp?: (world: World) => void
  ask?: (world: World) => Partial<RotationRequest>
  /** Phases that only this scene has. */
  phases?: string[]
}

const SCENES: Scene[] = [
  {name: 'with an automatic restart'},
  {name: 'without an automatic restart', setUp: (world) => void (world.behaviour.autoRestartMs = undefined)},
  {
    name: 'behind an approval',
    setUp: (world) => void (world.behaviour.approval = 'approved'),
    phases: ['awaiting_approval'],
  },
  {name: 'where events are unreadable', setUp: (world) => void (world.behaviour.eventsReadable = false)},
  {name: 'reading the old value back', ask: () => ({onProofFailure: 'rollback'})},
  {name: 'with the old value at hand', ask: (world) => ({oldValue: world.old.value, onProofFailure: 'rollback'})},
]

/** Runs once without a fault, to know how many calls there are. */
async function callsOf(scene: Scene): Promise<number> {
  const {world} = await play(scene, [])
  return world.calls.length
}

interface Ending {
  world: World
  store: Store
  phaseAtFault: string
  resumes: number
  errors: unknown[]
}

/** One rotation with faults, resumed as an operator would until it is complete. */
async function play(scene: Scene, fault: {at: number; kind: FaultKind}[]): Promise<Ending> {
  const world = new World()
  scene.setUp?.(world)
  world.fault = fault
  const store = await storeInMemory()
  const ask = request(scene.ask?.(world))
  const errors: unknown[] = []
  let phaseAtFault = 'none'
  let resumes = 0
  for (let turn = 0; turn < 8; turn++) {
    const [latest] = await store.journal.list({agent: ask.agent, open: true})
    try {
      const deps = world.deps(store)
      const result = latest ? await resumeRotation(latest.id, deps) : await rotate(ask, deps)
      if (result.phase === 'completed') break
    } catch (error) {
      errors.push(error)
      const [open] = await store.journal.list({agent: ask.agent, open: true})
      if (turn === 0) phaseAtFault = open?.phase ?? 'none'
      if (!(error instanceof Crash) && !(error instanceof OpsError)) throw error
    }
    resumes++
    world.revive()
    world.advance(1_000)
  }
  return {world, store, phaseAtFault, resumes, errors}
}

/** What is wrong with an ending; nothing, if all is well. */
async function flaws({world, store, errors}: Ending): Promise<string[]> {
  const wrong = [...world.violations]
  const [serving, ...others] = world.tokens
  if (!/^patrol\.dev-a\.20261122\.rot/.test(serving?.name ?? '')) wrong.push(`${serving?.name} serves`)
  if (others.length > 0) wrong.push(`also alive: ${others.map(({name}) => name).join(', ')}`)
  if (world.process.lastEight !== serving?.lastEight) wrong.push('the agent runs on another token')
  const untold = world.leftAccess.filter((id) => !world.warned.includes(id))
  if (untold.length > 0) wrong.push(`workspace tokens were left and not told of: ${untold.join(', ')}`)
  if (world.secret?.lastEight !== serving?.lastEight) wrong.push('the secret holds another token')
  for (const {id, phase, closed} of await store.journal.list()) {
    if (!closed) wrong.push(`${id} is still open, in ${phase}`)
    if (replay(await store.journal.read(id))?.phase !== phase) wrong.push(`the journal of ${id} says another phase`)
  }
  for (const error of errors) {
    if (error instanceof OpsError && !/revoked|proven on|reached|may (?:have|hold)|Nothing/.test(error.message)) {
      wrong.push(`an error tells no state: ${error.message}`)
    }
  }
  return wrong
}

describe.each(SCENES)('a rotation $name', (scene) => {
  it('needs no resume when nothing breaks', async () => {
    const ending = await play(scene, [])
    expect([await flaws(ending), ending.resumes]).toEqual([[], 0])
  })

  it.each(KINDS)('broken by %s at each of its calls ends, resumed, on one live token', async (kind) => {
    const calls = await callsOf(scene)
    const wrong: string[] = []
    for (let at = 1; at <= calls; at++) {
      const ending = await play(scene, [{at, kind}])
      const where = `${kind} at call ${at} (${ending.world.calls[at - 1]}), phase ${ending.phaseAtFault}`
      wrong.push(...(await flaws(ending)).map((flaw) => `${where}: ${flaw}`))
      ending.store.close()
    }
    expect(wrong).toEqual([])
  })

  it('dies, in these tests, in every phase', async () => {
    const phases = new Set<string>()
    const calls = await callsOf(scene)
    for (let at = 1; at <= calls; at++) phases.add((await play(scene, [{at, kind: 'crash-after'}])).phaseAtFault)
    const all = ['planned', 'minting', 'minted', 'pushing', 'pushed', 'restarting', 'restarted', 'proven', 'revoking']
    expect([...phases]).toEqual(expect.arrayContaining([...all, ...(scene.phases ?? [])]))
  })
})

import {describe, expect, it} from 'vitest'
import {OpsError} from '../../src/errors.ts'
import {abortRotation, resumeRotation, rotate} from '../../src/rotation/index.ts'
import type {Store} from '../../src/store/index.ts'
import {ending} from '../support/laptops.ts'
import {Crash, request, storeInMemory, World, type FaultKind} from '../support/world.ts'

interface Scene {
  name: string
  setUp: (world: World) => void
  ask: (world: World) => Parameters<typeof request>[0]
}

const rollback = (world: World) => ({oldValue: world.old.value, onProofFailure: 'rollback' as const})
const SCENES: Scene[] = [
  {name: 'on its way', setUp: () => {}, ask: () => ({})},
  {name: 'behind an approval', setUp: (world) => void (world.behaviour.approval = 'approved'), ask: () => ({})},
  {name: 'that is rolled back', setUp: (world) => void (world.newTokensFail = true), ask: rollback},
  {name: 'in its overlap', setUp: () => {}, ask: () => ({overlapMs: 60_000})},
]

/** What lasts from some moment on, and nobody mends. */
const DISASTERS: Record<string, (world: World) => void> = {
  'the workspace is gone': (world) => world.removeWorkspace(),
  'the user is gone': (world) => world.removeUser(),
  'the old token is dead': (world) => {
    const at = world.tokens.findIndex(({name}) => name === 'agent token')
    if (at !== -1) world.tokens.splice(at, 1)
  },
  'the agent is mute': (world) => void (world.agentDeaf = true),
}

const KINDS: FaultKind[] = ['crash-after', 'lost-after']

/** Types what the errors suggest, one thing after another, until the rotation is closed. */
async function follow(world: World, store: Store, id: string): Promise<string[]> {
  const typed: string[] = []
  let todo = [`patrol rotation resume ${id}`]
  for (let turn = 0; turn < 12; turn++) {
    const [summary] = (await store.journal.list()).filter((each) => each.id === id)
    if (!summary || summary.closed) return typed
    const command = todo.find((each) => !typed.includes(each)) ?? todo[0]!
    typed.push(command)
    const keep = (['new', 'old', 'both'] as const).find((side) => command.endsWith(`--keep ${side}`))
    const deps = world.deps(store)
    world.advance(120_000)
    const end = await ending(() =>
      command.includes('abort') ? abortRotation(id, deps, {keep}) : resumeRotation(id, deps),
    )
    const offered = end instanceof OpsError ? end.suggestions : []
    todo = [...new Set([...offered, ...todo])].filter((each) => each.startsWith('patrol rotation '))
  }
  return [...typed, 'never closed']
}

describe.each(SCENES)('a rotation $name', ({setUp, ask}) => {
  it.each(Object.entries(DISASTERS))('has a way out from every state when %s', async (_, strike) => {
    const measure = new World()
    setUp(measure)
    await ending(async () => rotate(request(ask(measure)), measure.deps(await storeInMemory())))
    const wrong: string[] = []
    const closed = new Set<string>()
    for (const kind of KINDS) {
      for (let at = 1; at <= measure.calls.length; at++) {
        const world = new World()
        setUp(world)
        world.fault = [{at, kind}]
        const store = await storeInMemory()
        const first = await ending(() => rotate(request(ask(world)), world.deps(store)))
        world.fault = []
        world.revive()
        const [open] = await store.journal.list({open: true})
        if (!open) continue
        strike(world)
        const before = world.tokens.length
        const dead = new Set(world.violations)
        const typed = await follow(world, store, open.id)
        const where = `${kind} at ${at} (${world.calls[at - 1]}), ${open.phase}, ${first instanceof Crash ? 'crash' : 'error'}`
        if (typed.includes('never closed')) wrong.push(`${where}: ${typed.join('; ')}`)
        // Whatever the agent or its secret held alive before the end is alive after it.
        const harm = world.violations.filter((each) => !dead.has(each) && !/00000001/.test(each))
        if (harm.length > 0) wrong.push(`${where}: ${harm[0]} after ${typed.join('; ')}`)
        if (before > 0 && world.tokens.length === 0) {
          wrong.push(`${where}: no token is left after ${typed.join('; ')}`)
        }
        closed.add(`${(await store.journal.list())[0]?.phase}`)
        store.close()
      }
    }
    expect(wrong).toEqual([])
    expect(closed.size).toBeGreaterThan(0)
  })
})

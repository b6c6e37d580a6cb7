import {describe, expect, it} from 'vitest'
import {OpsError} from '../../src/errors.ts'
import {resumeRotation, rotate, type RotationDeps, type RotationResult} from '../../src/rotation/index.ts'
import type {Store} from '../../src/store/index.ts'
import {ending, Laptop, seeded, Turns} from '../support/laptops.ts'
import {Crash, request, storeInMemory, World} from '../support/world.ts'

const PAIRS = 60

type End = RotationResult | OpsError | Crash

interface Machine {
  laptop: Laptop
  store: Store
  deps: RotationDeps
}

async function machine(world: World, name: string): Promise<Machine> {
  const laptop = new Laptop(name)
  const store = await storeInMemory()
  const deps = world.deps(store)
  const {tokens, prober, repos, platform, smoke, clock, journal} = deps
  const wired = {tokens, prober, repos, platform, smoke, clock, journal}
  const ports = Object.fromEntries(Object.entries(wired).map(([key, port]) => [key, laptop.wired(port)]))
  let ids = 0
  const leases = laptop.wired(store.leases)
  return {laptop, store, deps: {...deps, ...ports, leases, ids: {rotation: () => `${name}${++ids}`}}}
}

/** What an operator does next on this machine: goes on with what is open, until it says that it is closed. */
async function settle({store, deps, laptop}: Machine): Promise<string[]> {
  laptop.join(undefined)
  laptop.dies = undefined
  const codes: string[] = []
  for (let turn = 0; turn < 6; turn++) {
    const [open] = await store.journal.list({open: true})
    if (!open) return codes
    const end = await ending(() => resumeRotation(open.id, deps))
    codes.push(end instanceof OpsError ? end.code : end instanceof Crash ? 'crash' : end.phase)
  }
  return [...codes, 'never closed']
}

const told = (end: End): string => (end instanceof OpsError ? end.code : end instanceof Crash ? 'crash' : end.phase)

/** What must be true at the end of any pair. */
function flaws(world: World): string[] {
  const wrong = [...world.violations]
  const [serving, ...others] = world.tokens
  if (others.length > 0) wrong.push(`alive: ${world.tokens.map(({name}) => name).join(', ')}`)
  if (world.secret?.lastEight !== serving?.lastEight) wrong.push('the secret holds another token')
  if (world.process.lastEight !== serving?.lastEight) wrong.push('the agent runs on another token')
  return wrong
}

interface Scene {
  setUp?: (world: World) => void
  /** When the first of the two dies. */
  dies?: (pick: (below: number) => number) => Laptop['dies']
  /** Nobody ever goes on with what it left. */
  forGood?: boolean
}

async function play(
  seed: number,
  {setUp, dies, forGood}: Scene = {},
): Promise<{wrong: string[]; ends: End[]; world: World; survivor: RotationDeps}> {
  const world = new World()
  setUp?.(world)
  const pick = seeded(seed)
  const machines = [await machine(world, 'a'), await machine(world, 'b')]
  machines[0]!.laptop.dies = dies?.(pick)
  const turns = new Turns(pick)
  for (const {laptop} of machines) laptop.join(turns)
  const ends = await turns.all(
    machines.map(
      ({deps}) =>
        () =>
          ending(() => rotate(request(), deps)),
    ),
  )
  const later: string[] = []
  const second = machines[1]!
  for (const each of forGood ? [second] : machines) later.push(...(await settle(each)))
  const wrong = flaws(world)
  const completed = ends.filter((end) => !(end instanceof Error) && end.phase === 'completed').length
  const anyLater = later.includes('completed')
  if (completed > 1) wrong.push('both say that they replaced the token')
  if (completed === 0 && !anyLater && !dies) wrong.push('neither did it')
  if (later.includes('never closed')) wrong.push(`a rotation stays open for ever: ${later.join(', ')}`)
  if (!forGood) for (const {store} of machines) store.close()
  return {
    wrong: wrong.map((flaw) => `seed ${seed}: ${flaw} (${ends.map(told).join(', ')})`),
    ends,
    world,
    survivor: second.deps,
  }
}

describe('two laptops that rotate one agent at once', () => {
  it.each([
    ['with an automatic restart', () => {}],
    ['without one', (world: World) => void (world.behaviour.autoRestartMs = undefined)],
    ['behind an approval', (world: World) => void (world.behaviour.approval = 'approved')],
  ])('leave one live token, deployed and running, and tell the later one (%s)', async (_, setUp) => {
    const wrong: string[] = []
    const endings = new Set<string>()
    for (let seed = 1; seed <= PAIRS; seed++) {
      const pair = await play(seed, {setUp})
      wrong.push(...pair.wrong)
      for (const end of pair.ends) endings.add(told(end))
      for (const end of pair.ends) {
        if (end instanceof OpsError && end.exit !== 6) wrong.push(`seed ${seed}: ${end.code} ends with ${end.exit}`)
      }
    }
    expect(wrong).toEqual([])
    expect([...endings].toSorted()).toEqual(['GUARD_FOREIGN_ROTATION', 'YIELDED', 'completed'])
  })

  it('clean up what the other left behind when it died for good, or say how a person can', async () => {
    const wrong: string[] = []
    const endings = new Set<string>()
    for (let seed = 1; seed <= PAIRS; seed++) {
      const {world, ends, survivor} = await play(seed, {
        dies: (pick) => ({at: 1 + pick(40), kind: pick(2) === 0 ? 'before' : 'after'}),
        forGood: true,
      })
      let end = ends[1]!
      if (end instanceof OpsError && ['YIELDED', 'GUARD_FOREIGN_ROTATION'].includes(end.code)) {
        end = await ending(() => rotate(request({waive: {foreignRotation: true}, supersede: 'all'}), survivor))
        endings.add(`forced: ${told(end)}`)
      } else endings.add(told(end))
      wrong.push(
        ...flaws(world).map((flaw) => `seed ${seed}: ${flaw} (${told(ends[0]!)}, ${told(ends[1]!)}, ${told(end)})`),
      )
    }
    expect(wrong).toEqual([])
    expect([...endings].toSorted()).toEqual(['completed', 'forced: completed'])
  })

  it('still do when one of them dies at any of its calls and is gone on with later', async () => {
    const wrong: string[] = []
    for (let seed = 1; seed <= PAIRS; seed++) {
      const dies = (pick: (below: number) => number): Laptop['dies'] => ({
        at: 1 + pick(70),
        kind: pick(2) === 0 ? 'before' : 'after',
      })
      wrong.push(...(await play(seed, {dies})).wrong)
    }
    expect(wrong).toEqual([])
  })
})

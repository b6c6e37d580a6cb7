import {describe, expect, it} from 'vitest'
import {OpsError} from '../../src/errors.ts'
import {abortRotation, resumeRotation, rotate, surveyRotation, type RotationDeps} from '../../src/rotation/index.ts'
import type {Smoke} from '../../src/rotation/ports.ts'
import type {SmokeReport} from '../../src/smoke/types.ts'
import type {Store} from '../../src/store/index.ts'
import {openRotation, quietly} from '../support/endings.ts'
import {request, storeInMemory, World} from '../support/world.ts'

/** What the agent says when it is asked, whatever it runs on. */
const SAYING: Record<string, (world: World) => Partial<RotationDeps>> = {
  'names its token': () => ({}),
  'is mute': (world) => {
    world.agentDeaf = true
    return {}
  },
  'says that it has none': () => saying({reason: 'no-token'}),
  'names the end of no token': () => saying({reason: 'wrong-token', reported: 'cccccccc'}),
}

function saying({reason, reported}: {reason: 'no-token' | 'wrong-token'; reported?: string}): {smoke: Smoke} {
  const report: SmokeReport = {
    agent: 'dev-a',
    repo: 'molecule/core',
    passed: false,
    reportedLastEight: reported,
    paths: [{path: 'swarm-pull', outcome: 'failed', reason, message: 'made up'}],
  }
  return {smoke: {prove: async () => report}}
}

/** What an operator tried before he gave it up. */
const TRIED: Record<
  string,
  (world: World, store: Store, id: string, extra: Partial<RotationDeps>) => Promise<unknown>
> = {
  nothing: async () => {},
  'a restart and a resume whose own restart comes to nothing': async (world, store, id, extra) => {
    world.provision()
    world.advance(120_000)
    Object.assign(world.behaviour, {autoRestartMs: undefined, restartNoop: true})
    await quietly(resumeRotation(id, world.deps(store, extra)))
  },
  'a resume whose push is denied': async (world, store, id, extra) => {
    Object.assign(world.behaviour, {approval: 'denied'})
    await quietly(resumeRotation(id, world.deps(store, extra)))
  },
  'a resume that waits for an approval': async (world, store, id, extra) => {
    Object.assign(world.behaviour, {approval: 'never'})
    await quietly(resumeRotation(id, world.deps(store, extra), {approval: 'park'}))
  },
  'to store the old token again': async (world) => {
    world.overwrite(world.old.value)
  },
}

interface Standing {
  world: World
  store: Store
  extra: Partial<RotationDeps>
  id: string
  where: string
}

/** A rotation that was killed after each call that may have changed something, and what came of it since. */
async function* standings(says: string, tried: string): AsyncGenerator<() => Promise<Standing | undefined>> {
  const measure = new World()
  await rotate(request(), measure.deps(await storeInMemory()))
  const sent = measure.calls.indexOf('putSecret')
  for (const [index, call] of measure.calls.entries()) {
    if (index < sent || !['putSecret', 'restart', 'journal', 'remove'].includes(call)) continue
    yield async () => {
      const world = new World()
      const store = await storeInMemory()
      world.fault = [{at: index + 1, kind: 'crash-after'}]
      await quietly(rotate(request(), world.deps(store)))
      world.fault = []
      world.revive()
      const id = await openRotation(store)
      if (id === undefined) return undefined
      const extra = SAYING[says]!(world)
      world.advance(120_000)
      await TRIED[tried]!(world, store, id, extra)
      world.advance(120_000)
      if ((await openRotation(store)) === undefined) return undefined
      return {world, store, extra, id, where: `after ${call} at ${index + 1}`}
    }
  }
}

/** Types one command, some time after the last. */
async function type({world, store, extra, id}: Standing, command: string): Promise<unknown> {
  const deps = world.deps(store, extra)
  const keep = (['new', 'old', 'both'] as const).find(
    (each) => command === `patrol rotation abort ${id} --keep ${each}`,
  )
  world.advance(120_000)
  if (command === 'patrol restart dev-a') {
    world.provision()
    world.advance(120_000)
    return undefined
  }
  if (command === `patrol rotation resume ${id}`) return quietly(resumeRotation(id, deps))
  expect([command, keep]).not.toContain(undefined)
  return quietly(abortRotation(id, deps, {keep}))
}

const cases = Object.keys(SAYING).flatMap((says) => Object.keys(TRIED).map((tried) => [says, tried] as const))

describe.each(cases)('an agent that %s, whose rotation stopped, after %s', (says, tried) => {
  it('lives on whatever it is told to type where one side alone is refused', async () => {
    const wrong: string[] = []
    let refused = 0
    for await (const stand of standings(says, tried)) {
      const first = await stand()
      const {world, store, id, extra, where} = first ?? {}
      if (!world || !store || !id) continue
      const end = await quietly(abortRotation(id, world.deps(store, extra)))
      if (!(end instanceof OpsError) || end.code !== 'ABORT_REFUSED') continue
      refused++
      if (!end.suggestions.includes(`patrol rotation abort ${id} --keep both`)) wrong.push(`${where}: no way out`)
      for (const command of end.suggestions) {
        const then = (await stand())!
        const before = then.world.violations.length
        const typed = await type(then, command)
        const harm = then.world.violations.slice(before)
        if (harm.length > 0) wrong.push(`${where}: ${harm[0]} by ${command}`)
        if (typed instanceof OpsError && typed.code === 'ABORT_REFUSED') wrong.push(`${where}: ${command} is refused`)
        then.store.close()
      }
      store.close()
    }
    expect(wrong).toEqual([])
    expect(refused).toBeGreaterThan(0)
  })

  it('ends with both sides kept, and its next rotation leaves it one live token, on which it runs', async () => {
    const wrong: string[] = []
    for await (const stand of standings(says, tried)) {
      const standing = await stand()
      if (!standing) continue
      const {world, store, id, extra, where} = standing
      if (!(await surveyRotation(id, world.deps(store, extra)))) continue
      const before = world.tokens.map((token) => token.id)
      const holds = [world.process.lastEight, world.secret?.lastEight]
      const ended = await quietly(abortRotation(id, world.deps(store, extra), {keep: 'both'}))
      if (ended instanceof Error) wrong.push(`${where}: ${ended.message}`)
      const {reason, superseded = []} = ended instanceof Error ? {} : ended
      const alive = world.tokens.map((token) => token.id)
      const named = superseded.flatMap((token) => (token.revoked ? [] : token.id))
      if (reason !== 'both-kept') wrong.push(`${where}: ended as ${reason}`)
      if (named.length !== alive.length || alive.some((token) => !named.includes(token)))
        wrong.push(`${where}: names ${named.join()} of ${alive.join()}`)
      if (holds.some((held) => held !== undefined && held !== '' && !world.alive(held)))
        wrong.push(`${where}: of ${before.join()} what it holds was deleted`)
      if ((await openRotation(store)) !== undefined) wrong.push(`${where}: is still open`)

      world.agentDeaf = false
      Object.assign(world.behaviour, {approval: undefined, autoRestartMs: 2_000, restartNoop: false})
      world.advance(120_000)
      const next = await quietly(rotate(request(), world.deps(store)))
      if (next instanceof Error) wrong.push(`${where}: ${next.message}`)
      const [only, ...others] = world.tokens
      if (others.length > 0) wrong.push(`${where}: ${others.length} more tokens`)
      if (world.process.lastEight !== only?.lastEight) wrong.push(`${where}: it runs on ${world.process.lastEight}`)
      if (world.violations.length > 0) wrong.push(`${where}: ${world.violations[0]}`)
      store.close()
    }
    expect(wrong).toEqual([])
  })
})

it('is forgotten by no rotation that replaced nothing: what both sides were is replaced by the one that does', async () => {
  const world = new World()
  const store = await storeInMemory()
  world.fault = [{at: 20, kind: 'crash-after'}]
  await quietly(rotate(request(), world.deps(store)))
  world.fault = []
  world.revive()
  world.advance(120_000)
  await abortRotation((await openRotation(store))!, world.deps(store), {keep: 'both'})
  Object.assign(world.behaviour, {putRefused: {code: 'X', reason: 'made up'}})
  world.advance(120_000)
  const refused = await quietly(rotate(request(), world.deps(store)))
  expect(refused).toMatchObject({code: 'PUSH_REFUSED', category: 'refused'})
  Object.assign(world.behaviour, {putRefused: undefined})
  world.advance(120_000)
  expect(await rotate(request(), world.deps(store))).toMatchObject({phase: 'completed', reason: null})
  expect(world.tokens.map(({lastEight}) => lastEight)).toEqual([world.process.lastEight])
  // Later ones have nothing to do with it: a token that somebody made by hand is nobody's to revoke.
  world.addToken('by hand', ['read:issue'])
  world.advance(120_000)
  await rotate(request(), world.deps(store))
  expect(world.tokens.map(({name}) => name)).toContain('by hand')
})

import * as fc from 'fast-check'
import {beforeEach, describe, expect, it} from 'vitest'
import {claimOf} from '../../../src/rotation/claim.ts'
import {mintToken, resumeRotation, rotate} from '../../../src/rotation/index.ts'
import type {TokenRow} from '../../../src/rotation/ports.ts'
import type {Store} from '../../../src/store/index.ts'
import {mintOf, request, storeInMemory, World} from '../../support/world.ts'

const HOUR = 3_600_000

function row(id: number, run: string): TokenRow {
  return {id, name: run === '' ? 'agent token' : `patrol.dev-a.20261122.${run}`, scopes: [], lastEight: `${id}`}
}

const claims = (rows: readonly TokenRow[], run: string, settled: number[] = []) =>
  claimOf(rows, {agent: 'dev-a', run, settled: new Set(settled)})

describe('a claim', () => {
  it('is nobody else’s where all other tokens were decided upon in the plan, or are not minted for this agent', () => {
    const others = [row(1, ''), row(2, 'earlier'), {...row(3, 'x'), name: 'patrol.dev-b.20261122.x'}]
    expect(claims([...others, row(4, 'mine')], 'mine', [2])).toEqual({is: 'alone'})
  })

  it('is not touched by what was minted by hand, before or after', () => {
    const byHand = [row(4, 'hand-k3j2h1g4f5'), row(6, 'hand-0123456789')]
    expect(claims([...byHand, row(5, 'mine')], 'mine')).toEqual({is: 'alone'})
    expect(claims(byHand, 'mine')).toEqual({is: 'alone'})
  })

  it('is the earlier one’s, which names those that come after it', () => {
    const rows = [row(7, 'late'), row(5, 'mine'), row(6, 'later')]
    expect(claims(rows, 'mine')).toEqual({is: 'ours', over: [row(6, 'later'), row(7, 'late')]})
    expect(claims(rows, 'later')).toEqual({is: 'theirs', to: row(5, 'mine')})
  })

  it('counts from the first token of a run, whatever it minted since', () => {
    expect(claims([row(5, 'mine'), row(6, 'other'), row(7, 'mine-2')], 'mine').is).toBe('ours')
    expect(claims([row(6, 'other'), row(7, 'mine-2')], 'mine')).toEqual({is: 'theirs', to: row(6, 'other')})
  })

  it('is the other’s for whoever has nothing minted yet', () => {
    expect(claims([row(6, 'other')], 'mine')).toEqual({is: 'theirs', to: row(6, 'other')})
  })

  it('is one run’s and only one’s, among any that see the same list', () => {
    const runs = ['a', 'b', 'c', 'd']
    const lists = fc
      .array(fc.constantFrom(...runs), {minLength: 1, maxLength: 8})
      .map((names) => names.map((run, index) => row(index + 1, index > 3 ? `${run}-${index}` : run)))
    fc.assert(
      fc.property(lists, (rows) => {
        const present = runs.filter((run) => rows.some(({name}) => name.split('.')[3]?.replace(/-\d+$/, '') === run))
        expect(present.filter((run) => claims(rows, run).is !== 'theirs')).toHaveLength(1)
      }),
    )
  })
})

describe('a token that somebody mints by hand meanwhile', () => {
  const byHand = (world: World, store: Store) => mintToken(mintOf(), world.deps(store), async () => {})
  const LEFT = /^patrol\.dev-a\.20261122\.hand-\w+ \(id \d\) was minted by hand for dev-a since .* It was left\.$/

  it('is left by the resume of an open rotation, and told', async () => {
    const [world, store] = [new World(), await storeInMemory()]
    world.agentDeaf = true
    await expect(rotate(request(), world.deps(store))).rejects.toMatchObject({code: 'PROOF_MISSING'})
    world.agentDeaf = false
    const {token} = await byHand(world, store)
    world.progress.length = 0
    const [open] = await store.journal.list({open: true})
    const {candidate} = await resumeRotation(open!.id, world.deps(store))
    expect(world.tokens.map(({id}) => id)).toEqual([candidate?.id, token.id])
    expect(world.warned).toMatch(LEFT)
  })

  it('on another machine is left as well', async () => {
    const [world, store] = [new World(), await storeInMemory()]
    const other = await storeInMemory()
    const deps = world.deps(store)
    const putSecret: typeof deps.platform.putSecret = async (...of) => {
      const answer = await deps.platform.putSecret(...of)
      await byHand(world, other)
      return answer
    }
    await expect(rotate(request(), {...deps, platform: {...deps.platform, putSecret}})).resolves.toBeDefined()
    expect(world.tokens).toHaveLength(2)
    expect(world.warned).toMatch(LEFT)
  })

  it('is nobody to give way to for a rotation that was killed before its own mint', async () => {
    const [world, store] = [new World(), await storeInMemory()]
    const whole = new World()
    await rotate(request(), whole.deps(await storeInMemory()))
    world.fault = [{at: 1 + whole.calls.indexOf('mint'), kind: 'crash-before'}]
    await rotate(request(), world.deps(store)).catch(() => {})
    world.revive()
    await byHand(world, store)
    const [open] = await store.journal.list({open: true})
    await expect(resumeRotation(open!.id, world.deps(store))).resolves.toMatchObject({phase: 'completed'})
    expect(world.tokens).toHaveLength(2)
  })

  it('before the plan is one of those that it names, and goes', async () => {
    const [world, store] = [new World(), await storeInMemory()]
    const {token} = await byHand(world, store)
    const {superseded} = await rotate(request({deployedLastEight: world.old.lastEight}), world.deps(store))
    expect(superseded.map(({id}) => id)).toContain(token.id)
    expect([world.tokens.length, world.warned]).toEqual([1, ''])
  })
})

describe('a secret that somebody writes between the plan and the push', () => {
  let world: World
  let store: Store

  beforeEach(async () => {
    world = new World()
    store = await storeInMemory()
  })

  /** A rotation during whose mint that happens. */
  const meanwhile = async (happens: () => unknown, ask = request({deployedLastEight: world.old.lastEight})) => {
    const deps = world.deps(store)
    const mint: typeof deps.tokens.mint = async (...of) => {
      const minted = await deps.tokens.mint(...of)
      await happens()
      return minted
    }
    return rotate(ask, {...deps, tokens: {...deps.tokens, mint}})
  }
  const left = {
    code: 'SECRET_OVERWRITTEN',
    exit: 7,
    message: expect.stringContaining("That was left, and this rotation's token is stored nowhere."),
    suggestions: expect.arrayContaining(['patrol smoke dev-a', 'patrol rotate dev-a']),
  }

  it('is not overwritten: the new token goes, and the rotation ends', async () => {
    const theirs = world.addToken('by hand', ['read:issue', 'read:repository'])
    await expect(meanwhile(() => (world.advance(1_000), world.overwrite(theirs.value)))).rejects.toMatchObject(left)
    expect([world.puts, world.secret?.lastEight]).toEqual([0, theirs.lastEight])
    expect(world.tokens.map(({name}) => name)).toEqual(['agent token', 'by hand'])
    expect([await store.journal.list({open: true}), world.violations]).toEqual([[], []])
    const [ended] = await store.journal.list()
    await expect(resumeRotation(ended!.id, world.deps(store))).rejects.toMatchObject({
      code: 'ROLLED_BACK',
      message: expect.stringContaining('somebody wrote the secret meanwhile. No new token of this rotation is left'),
    })
  })

  it('by a machine that calls the agent by another name keeps what that one proves', async () => {
    const theirs = world.deps(await storeInMemory(), {ids: {rotation: () => 'elsewhere1'}})
    const agents = async () => (await theirs.fleet.agents()).map((each) => ({...each, agent: 'alpha'}))
    const other = {...theirs, fleet: {...theirs.fleet, agents}}
    const alias = {agent: 'alpha', deployedLastEight: world.old.lastEight, overlapMs: HOUR}
    const proven = () => rotate(request(alias), other)
    await expect(meanwhile(proven)).rejects.toMatchObject(left)
    expect(world.tokens.map(({name}) => name)).toEqual(['agent token', 'patrol.alpha.20261122.elsewhere1'])
    expect([world.secret?.lastEight, world.process.lastEight]).toEqual(['00000003', '00000003'])
  })

  it('while a person was asked to approve the push is not overwritten either', async () => {
    const theirs = world.addToken('by hand', ['read:issue', 'read:repository'])
    world.behaviour.approval = 'approved'
    world.behaviour.approvalMs = 600_000
    world.later(300_000, () => world.overwrite(theirs.value))
    const asked = rotate(request({deployedLastEight: world.old.lastEight}), world.deps(store))
    await expect(asked).rejects.toMatchObject(left)
    expect(world.secret?.lastEight).toBe(theirs.lastEight)
  })

  it('that had no row before is seen as well', async () => {
    const {value} = world.old
    world.secret = undefined
    const planned = meanwhile(() => world.overwrite(value))
    await expect(planned).rejects.toMatchObject(left)
  })
})

describe('a rotation whose old token is due', () => {
  let world: World
  let store: Store

  beforeEach(async () => {
    world = new World()
    store = await storeInMemory()
  })

  it('ends as overtaken where another machine has replaced its token since', async () => {
    const {id} = await rotate(request({overlapMs: HOUR}), world.deps(store))
    const elsewhere = world.deps(await storeInMemory(), {ids: {rotation: () => 'elsewhere1'}})
    const forced = request({waive: {foreignRotation: true}, supersede: 'all'})
    await rotate(forced, elsewhere)
    world.advance(2 * HOUR)
    const result = await resumeRotation(id, world.deps(store))
    expect(result).toMatchObject({phase: 'overtaken', candidate: null})
    expect(world.tokens.map(({name}) => name)).toEqual(['patrol.dev-a.20261122.elsewhere1'])
    expect([await store.journal.list({open: true}), world.violations]).toEqual([[], []])
  })

  it('completes where its old tokens are gone already, although the secret was written since', async () => {
    const {id} = await rotate(request({overlapMs: HOUR}), world.deps(store))
    const serving = world.tokens.at(-1)!
    world.tokens.splice(world.tokens.indexOf(world.old), 1)
    world.advance(2 * HOUR)
    world.overwrite(serving.value)
    expect((await resumeRotation(id, world.deps(store))).phase).toBe('completed')
  })

  it('revokes nothing where its own token is gone and an old one is not', async () => {
    const {id} = await rotate(request({overlapMs: HOUR}), world.deps(store))
    world.tokens.pop()
    world.advance(2 * HOUR)
    await expect(resumeRotation(id, world.deps(store))).rejects.toMatchObject({code: 'REVOCATION_HELD', exit: 7})
    expect(world.tokens.map(({name}) => name)).toEqual(['agent token'])
  })
})

it('a candidate that somebody deleted is not pushed', async () => {
  const world = new World()
  const store = await storeInMemory()
  const deps = world.deps(store)
  const prober = {
    ...deps.prober,
    probe: async (...args: Parameters<typeof deps.prober.probe>) => {
      const report = await deps.prober.probe(...args)
      world.tokens.pop()
      return report
    },
  }
  await expect(rotate(request(), {...deps, prober})).rejects.toMatchObject({code: 'CANDIDATE_GONE', exit: 7})
  expect(world.puts).toBe(0)
  const [open] = await store.journal.list({open: true})
  await expect(resumeRotation(open!.id, world.deps(store))).resolves.toMatchObject({phase: 'completed'})
})

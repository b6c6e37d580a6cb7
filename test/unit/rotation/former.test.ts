import {beforeEach, describe, expect, it} from 'vitest'
import {isFormer, type FormerGrounds} from '../../../src/rotation/former.ts'
import {finishDue, planRotation, rotate} from '../../../src/rotation/index.ts'
import type {Neighbour} from '../../../src/rotation/ports.ts'
import type {Store} from '../../../src/store/index.ts'
import type {PlacementAnywhere, Proof} from '../../../src/story/ports.ts'
import {request, storeInMemory, USER, World, WORKSPACE} from '../../support/world.ts'

const DAY = 24 * 3_600_000
const row = {id: 2, name: 'patrol.once.20261101.abc', lastEight: '00000002'}
let world: World
let store: Store
beforeEach(async () => {
  world = new World()
  store = await storeInMemory()
})

/** The parts of a run while patrol.yaml calls the agent so. */
function called(name: string, more: readonly Neighbour[] = []) {
  const deps = world.deps(store)
  const entry = {agent: name, user: USER, workspace: WORKSPACE, reference: undefined, lastEight: undefined}
  return {...deps, fleet: {...deps.fleet, agents: async () => [entry, ...more]}}
}

const names = () => world.tokens.map(({name}) => name)

describe('an agent that patrol.yaml calls otherwise by now', () => {
  beforeEach(() => rotate(request({agent: 'once', overlapMs: DAY}), called('once')))

  it('gets a new token for the one that it was proven on, which goes', async () => {
    const [old, first] = world.tokens
    const {superseded, candidate, warnings} = await rotate(request({oldValue: old!.value}), called('dev-a'))
    expect(superseded.map(({id}) => id)).toEqual([first!.id])
    expect(warnings).toEqual([expect.stringContaining('stale: …00000001 is not what dev-a runs on')])
    expect(names()).toEqual([old!.name, candidate!.name])
  })

  it('loses what is due of before as it would have, though the token of then is gone', async () => {
    const {candidate} = await rotate(request(), called('dev-a'))
    world.advance(2 * DAY)
    expect(await finishDue(called('dev-a'))).toMatchObject({revoked: [{token: {id: 1}}], held: []})
    expect(names()).toEqual([candidate!.name])
  })

  it('keeps a token of that name that may be in use elsewhere, which is told with what to type', async () => {
    const [, first] = world.tokens
    const there = {agent: 'once', user: USER, workspace: {id: 'w9', name: 'other'}, secretKey: 'GITEA_TOKEN'}
    const token = {id: 77, lastEight: '00000077'}
    world.tokens.push({...first!, ...token, name: 'patrol.once.20261101.xyz'})
    await store.ledger.apply([{kind: 'placed', placement: {...there, token, how: 'pushed', rotation: 'r', at: 0}}])
    const {superseded, warnings} = await planRotation(request({agent: 'dev a'}), called('dev a'))
    expect(superseded.map(({id}) => id)).toEqual([first!.id])
    expect(warnings).toEqual([
      "patrol.once.20261101.xyz (id 77, …00000077) stays: by its name it was minted for an agent that patrol.yaml does not have. Who may run on it is told by: patrol revoke 'dev a' --id 77 --dry-run",
    ])
  })

  it('is not one of two that patrol.yaml has', async () => {
    const once = {agent: 'once', user: 'b', workspace: 'w9', reference: undefined, lastEight: undefined}
    const {superseded, holders, warnings} = await planRotation(request(), called('dev-a', [once]))
    expect(superseded).toMatchObject([{name: expect.stringContaining('patrol.once.')}])
    expect(holders).toMatchObject([{agent: 'once', why: expect.stringContaining('last proven on')}])
    expect(warnings).toEqual([])
  })
})

describe('the own token of a former name', () => {
  const known = {...row, user: USER, scopes: [], rotation: 'abc', mintedAt: 1, deadline: undefined}
  const minted = {...known, supersededAt: undefined, revokedAt: undefined}
  const place: PlacementAnywhere = {
    agent: 'once',
    user: USER,
    workspace: {id: WORKSPACE, name: 'dev-a'},
    secretKey: 'GITEA_TOKEN',
    token: {id: 2, lastEight: '00000002'},
    how: 'pushed',
    rotation: 'abc',
    at: 1,
    elsewhere: undefined,
  }
  const proof: Proof = {
    ...{agent: 'once', workspace: WORKSPACE, user: USER, token: 2, lastEight: '00000002'},
    ...{secretUpdatedAt: undefined, at: 1, elsewhere: undefined},
  }
  const grounds: FormerGrounds = {agents: ['dev-a'], known: [minted], places: [place], proofs: [proof]}
  const other = {id: 'w9', name: 'dev-a'}

  it.each<[string, Partial<FormerGrounds>]>([
    ['proven there', {places: []}],
    ['sent there', {proofs: []}],
    ['pushed there by hand', {places: [{...place, token: {id: undefined, lastEight: '00000002'}}], proofs: []}],
    [
      'there, whatever others are elsewhere',
      {
        places: [place, {...place, workspace: other, token: {id: 3, lastEight: '00000003'}}],
        proofs: [proof, {...proof, token: 3, workspace: 'w9'}],
      },
    ],
  ])('is one that was %s', (_, change) => {
    expect(isFormer(row, WORKSPACE, {...grounds, ...change})).toBe(true)
  })

  it.each<[string, Partial<FormerGrounds>]>([
    ['for an agent that patrol.yaml has', {agents: ['dev-a', 'once']}],
    ['on another machine', {known: [{...minted, mintedAt: undefined}]}],
    ['with another value', {known: [{...minted, lastEight: '00000009'}]}],
    ['and is nowhere on record', {places: [], proofs: []}],
    ['and sent to another workspace as well', {places: [place, {...place, workspace: other}]}],
    [
      'and pushed by hand to another one',
      {places: [place, {...place, workspace: other, token: {id: undefined, lastEight: '00000002'}}]},
    ],
    ['and may have made one that nobody saw', {places: [place, {...place, workspace: {...other, id: undefined}}]}],
    ['and proven in another one', {proofs: [proof, {...proof, workspace: 'w9'}]}],
    ['and sent to another platform', {places: [place, {...place, elsewhere: 'http://b'}]}],
    ['and proven by way of another address', {proofs: [{...proof, gitea: 'http://b'}]}],
  ])('is none that was minted %s', (_, change) => {
    expect(isFormer(row, WORKSPACE, {...grounds, ...change})).toBe(false)
  })

  it('bears a name of patrol’s', () => {
    const hand = {...row, name: 'by hand'}
    expect(isFormer(hand, WORKSPACE, {...grounds, known: [{...minted, name: 'by hand'}]})).toBe(false)
  })
})

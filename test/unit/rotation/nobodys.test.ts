import {beforeEach, describe, expect, it} from 'vitest'
import type {HolderDeps, TokensOwner} from '../../../src/rotation/holders.ts'
import {assertNobodys, type LostMint} from '../../../src/rotation/nobodys.ts'
import type {Store} from '../../../src/store/index.ts'
import {placed} from '../../../src/story/placements.ts'
import type {TokenRef} from '../../../src/story/tokens.ts'
import {START, storeInMemory, USER, World, WORKSPACE} from '../../support/world.ts'

const NAME = 'patrol.dev-a.20261122.rot1'
const owner: TokensOwner = {
  agent: 'dev-a',
  user: USER,
  secretKey: 'GITEA_TOKEN',
  workspace: {id: WORKSPACE, name: 'dev-a'},
}
const at = (time: number): string => new Date(time).toISOString()

let world: World
let store: Store
let token: TokenRef

beforeEach(async () => {
  world = new World()
  store = await storeInMemory()
  token = world.addToken(NAME, ['read:issue'])
})

const judge = async (
  changes: Partial<LostMint> = {},
  {of = owner, deps = {}}: {of?: TokensOwner; deps?: Partial<HolderDeps>} = {},
): Promise<string | undefined> => {
  const lost = {token, names: new Set([token.name]), since: START, ...changes}
  const rows = await world.tokenAdmin.list(USER)
  const looked = assertNobodys(of, lost, {repo: 'molecule/core', label: 'approved'}, rows, {
    ...world.deps(store),
    ...deps,
  })
  return looked.then(
    () => undefined,
    (error: Error) => error.message,
  )
}
const asked = () => world.calls.filter((call) => call === 'ask').length

describe('a token whose mint was not answered is nobody’s', () => {
  it('where no secret was written since, and nobody is asked then', async () => {
    expect([await judge(), asked()]).toEqual([undefined, 0])
    expect([await judge({stored: world.secret!.updatedAt}), asked()]).toEqual([undefined, 0])
  })

  it('where one was, and its agent was proven on another with that', async () => {
    const secretUpdatedAt = at(START - 60_000)
    world.secret!.updatedAt = secretUpdatedAt
    expect(await judge()).toContain('it reports …00000001, but')
    const {old} = world
    const proof = {agent: 'dev-a', workspace: WORKSPACE, user: USER, token: old.id, lastEight: old.lastEight}
    await store.ledger.apply([{kind: 'deployed', deployment: {...proof, secretUpdatedAt, at: START}}])
    expect([await judge(), asked()]).toEqual([undefined, 1])
  })

  it('where it is not listed any more', async () => {
    world.tokens.pop()
    world.secret!.updatedAt = at(START)
    expect([await judge(), asked()]).toEqual([undefined, 0])
  })

  it('whatever this store minted besides, in that run or another', async () => {
    world.addToken(`${NAME}-2`, ['read:issue'])
    world.addToken('patrol.dev-a.20261122.rot2', ['read:issue'])
    expect(await judge({names: new Set([NAME, `${NAME}-2`])})).toBeUndefined()
  })

  it('by the ages of things, for the clocks of servers may be others', async () => {
    const HOUR = 3_600_000
    const {platform} = world
    const shifted = (by: number): Partial<HolderDeps> => ({
      platform: {...platform, read: async (id) => ({...(await platform.read(id)), serverTime: world.now + by})},
    })
    world.agentDeaf = true
    world.secret!.updatedAt = at(START - HOUR)
    expect(await judge({}, {deps: shifted(0)})).toBeUndefined()
    expect(await judge({}, {deps: shifted(-HOUR)})).toContain('was asked and did not say')
    world.secret!.updatedAt = at(START)
    expect(await judge({}, {deps: shifted(HOUR)})).toBeUndefined()
  })
})

describe('it may be somebody’s, and is left', () => {
  beforeEach(() => {
    world.process.lastEight = token.lastEight
  })

  it('where it was used', async () => {
    Object.assign(world.tokens.at(-1)!, {createdAt: at(START), lastUsedAt: at(START + 1_000)})
    expect([await judge(), asked()]).toEqual([expect.stringContaining('was used since'), 0])
  })

  it.each([
    ['was written since', {}, START - 9 * 60_000],
    ['can’t be dated', {}, NaN],
    ['is not as the plan saw it', {stored: at(START - 9_000_000)}, START - 5_000_000],
    ['is there, and was not', {stored: null}, START - 5_000_000],
  ])('where its secret %s, and its agent runs on it', async (_, changes, time) => {
    world.secret!.updatedAt = Number.isNaN(time) ? 'yesterday' : at(time)
    expect(await judge(changes)).toMatch(/may be in use: dev-a in workspace dev-a .* it runs on …00000002\. It was not/)
  })

  it('where a name shows that a copy of this store minted on, whatever anybody says', async () => {
    const next = world.addToken(`${NAME}-2`, ['read:issue'])
    expect([await judge(), asked()]).toEqual([
      expect.stringContaining(
        `a copy of this state, a backup or another machine's, went on with it and minted ${next.name} (id ${next.id})`,
      ),
      0,
    ])
  })

  it('where the agent was heard to run on it', async () => {
    const there = {...owner, workspace: {id: WORKSPACE, name: 'dev-a', external: false}, rotation: undefined}
    await store.ledger.apply([placed(there, token, 'heard', START)])
    expect(await judge()).toContain('it runs on …00000002')
  })

  it.each([
    ['of its agent, which has moved since', 'dev-a', 'agent-x'],
    ['of another agent of its user', 'dev-b', USER],
  ])('where the secret of another workspace %s was written since', async (_, agent, user) => {
    const workspace = {...world.workspace, id: 'w2', name: 'room w2'}
    world.others.push({workspace, secretAt: at(START - 3_600_000), reports: token.lastEight})
    world.neighbours.push({agent, user, workspace: 'w2', reference: undefined, lastEight: undefined})
    expect(await judge()).toBeUndefined()
    world.others[0]!.secretAt = at(START)
    expect(await judge()).toContain('it runs on …00000002')
  })

  it('where its workspace is gone, and its process ran elsewhere', async () => {
    const outside = {...owner, workspace: {...owner.workspace!, external: true}}
    expect(await judge({}, {of: outside})).toBeUndefined()
    world.workspaceGone = true
    expect(await judge()).toBeUndefined()
    expect(await judge({}, {of: outside})).toContain('its process ran outside the platform')
  })

  it('where no platform could tell who runs on it, unless it was minted by hand', async () => {
    expect(await judge({}, {deps: {platform: undefined}})).toContain('there is no platform to tell who runs on it')
    token = world.addToken('patrol.dev-a.20261122.hand-abc', ['read:issue'])
    expect(await judge({}, {deps: {platform: undefined}})).toBeUndefined()
  })
})

import {beforeEach, describe, expect, it} from 'vitest'
import {rememberProof} from '../../../src/rotation/index.ts'
import type {SecretRow} from '../../../src/rotation/ports.ts'
import type {SmokeReport} from '../../../src/smoke/types.ts'
import type {Store} from '../../../src/store/index.ts'
import {request, storeInMemory, World, WORKSPACE} from '../../support/world.ts'

let world: World
let store: Store
let before: SecretRow | undefined
beforeEach(async () => {
  world = new World()
  store = await storeInMemory()
  before = await world.platform.secretRow(WORKSPACE, 'GITEA_TOKEN')
})

const report = (changes: Partial<SmokeReport> = {}): SmokeReport => {
  const reportedLastEight = world.process.lastEight
  return {agent: 'dev-a', repo: 'molecule/core', paths: [], passed: true, reportedLastEight, ...changes}
}

const remember = (proven = report()) =>
  rememberProof(request(), proven, {workspaceId: WORKSPACE, rows: [...world.tokens], before}, world.deps(store))

describe('what a smoke test proved', () => {
  it('is known to later runs, with the state of the secret that it holds for', async () => {
    expect(await remember()).toBe(true)
    expect(await store.ledger.deployed('dev-a')).toMatchObject({
      workspace: WORKSPACE,
      user: request().user,
      token: world.old.id,
      lastEight: world.old.lastEight,
      secretUpdatedAt: before?.updatedAt,
    })
    expect(await store.ledger.placesOf([world.old])).toMatchObject([
      {agent: 'dev-a', workspace: {id: WORKSPACE, name: 'dev-a'}, secretKey: 'GITEA_TOKEN', how: 'heard'},
    ])
  })

  it('keeps which token the agent named also where it proved nothing', async () => {
    expect(await remember(report({passed: false}))).toBe(false)
    expect(await store.ledger.placesOf([world.old])).toMatchObject([{how: 'heard', token: {id: world.old.id}}])
  })

  const NOT: [string, () => SmokeReport | undefined][] = [
    ['not all paths passed', () => report({passed: false})],
    ['the agent did not say which token it holds', () => report({reportedLastEight: undefined})],
    ['Gitea does not list that token', () => report({reportedLastEight: '99999999'})],
    ['two tokens end alike', () => (world.tokens.push({...world.old, id: 77}), undefined)],
    [
      'the secret was written while the agent was asked',
      () => {
        world.overwrite(world.old.value)
        world.advance(1_000)
        world.provision()
        world.advance(300_000)
        return undefined
      },
    ],
    ['the secret is a global one', () => ((before = before && {...before, scope: 'global'}), undefined)],
    [
      'the process is older than the secret, which may hold another token',
      () => {
        world.overwrite(world.old.value)
        before = {key: 'GITEA_TOKEN', scope: 'workspace', updatedAt: world.secret!.updatedAt}
        return undefined
      },
    ],
  ]
  it.each(NOT)('is not, where %s', async (_, set) => {
    expect(await remember(set())).toBe(false)
    expect(await store.ledger.deployed('dev-a')).toBeUndefined()
  })
})

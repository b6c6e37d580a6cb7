import {beforeEach, expect, it} from 'vitest'
import {leftBehind} from '../../../src/rotation/left-behind.ts'
import {planRotation} from '../../../src/rotation/index.ts'
import type {SecretRow} from '../../../src/rotation/ports.ts'
import type {Store} from '../../../src/store/index.ts'
import type {Placement} from '../../../src/story/ports.ts'
import {request, storeInMemory, USER, World, WORKSPACE} from '../../support/world.ts'

let world: World
let store: Store
beforeEach(async () => {
  world = new World()
  store = await storeInMemory()
})

const HOME = {id: WORKSPACE, name: 'dev-a'}
const owner = {agent: 'dev-a', user: USER, secretKey: 'GITEA_TOKEN', workspace: HOME}
const tokens = [1, 2].map((id) => ({id, name: `t${id}`, lastEight: `0000000${id}`}))

async function place(change: Partial<Placement> = {}): Promise<void> {
  const of = {agent: 'dev-a', user: USER, workspace: HOME, rotation: 'r', at: 0, how: 'pushed' as const}
  const placement = {...of, token: {id: 1, lastEight: '00000001'}, secretKey: 'FORGE_TOKEN', ...change}
  await store.ledger.apply([{kind: 'placed', placement}])
}

/** What is told where the workspace has a secret of this scope under every name. */
const told = async (scope: SecretRow['scope'] | undefined): Promise<string[]> => {
  const row = async (_id: string, key: string) => scope && {key, scope, updatedAt: '2026-03-09T00:00:00Z'}
  return leftBehind(owner, tokens, {ledger: store.ledger, platform: {...world.platform, secretRow: row}})
}

it('tells of each secret under an earlier name that may hold what goes', async () => {
  await place()
  await place({token: {id: 2, lastEight: '00000002'}})
  await place({secretKey: 'OLDER', how: 'heard'})
  expect((await told('workspace')).toSorted()).toEqual([
    expect.stringMatching(
      /^FORGE_TOKEN of dev-a may hold (?=.*…00000001)(?=.* or )(?=.*…00000002).*, which goes: .* as GITEA_TOKEN by now/,
    ),
    expect.stringMatching(/^OLDER of dev-a may hold …00000001, which goes/),
  ])
})

it.each<[string, Partial<Placement>, SecretRow['scope'] | undefined]>([
  ['under the name of now', {secretKey: 'GITEA_TOKEN'}, 'workspace'],
  ['of another workspace', {workspace: {id: 'w9', name: 'dev-a'}}, 'workspace'],
  ['of another token', {token: {id: 9, lastEight: '00000009'}}, 'workspace'],
  ['that is not there any more', {}, undefined],
  ['that is everybody’s', {}, 'global'],
])('tells of none %s', async (_, change, scope) => {
  await place(change)
  expect(await told(scope)).toEqual([])
})

it('tells nothing of a workspace that nobody found, nor without a platform', async () => {
  await place()
  const {ledger} = store
  expect(await leftBehind({...owner, workspace: undefined}, tokens, {ledger, platform: world.platform})).toEqual([])
  expect(await leftBehind(owner, tokens, {ledger, platform: undefined})).toEqual([])
})

it('stands in the plan of a rotation', async () => {
  await place()
  const {warnings} = await planRotation(request(), world.deps(store))
  expect(warnings).toContainEqual(expect.stringMatching(/^FORGE_TOKEN of dev-a may hold …00000001, which goes/))
})

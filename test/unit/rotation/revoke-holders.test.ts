import {beforeEach, describe, expect, it} from 'vitest'
import {OpsError} from '../../../src/errors.ts'
import {clearRevocation, revokeToken} from '../../../src/rotation/index.ts'
import type {RevokeDeps} from '../../../src/rotation/index.ts'
import type {TokenRow, Workspace} from '../../../src/rotation/ports.ts'
import type {Store} from '../../../src/store/index.ts'
import type {Placement} from '../../../src/story/ports.ts'
import {addSpare, asking, refused, revokingIn, worker} from '../../support/revocation.ts'
import {storeInMemory, THEN, USER, World, WORKSPACE} from '../../support/world.ts'

const OTHER = '22222222-2222-4222-8222-222222222222'
const OUTSIDE = /workspace dev-a \([-\d]{36}\) is where dev-a reported it; its process ran outside the platform/

let world: World
let store: Store
let spare: TokenRow
beforeEach(async () => {
  world = new World()
  store = await storeInMemory()
  spare = addSpare(world)
})

/** The token was heard of, or sent, there. */
async function placed(where: Placement['workspace'], secretKey = 'GITEA_TOKEN'): Promise<void> {
  const {id, lastEight} = spare
  const placement: Placement = {
    agent: 'dev-a',
    user: USER,
    secretKey,
    rotation: undefined,
    how: 'heard',
    at: 0,
    token: {id, lastEight},
    workspace: where,
  }
  await store.ledger.apply([{kind: 'placed', placement}])
}

/** The inventory calls its workspace by this. */
function entered(workspace: string): void {
  world.neighbours = [{agent: 'dev-a', user: USER, workspace, reference: undefined, lastEight: undefined}]
}

function room(change: Partial<Workspace>, reports: string): void {
  world.others.push({workspace: {...world.workspace, id: OTHER, ...change}, reports, secretAt: THEN})
}

/** The agent runs on the old token in the workspace of today, and says so. */
const deps = (changes: Partial<RevokeDeps> = {}): RevokeDeps => revokingIn(world, store, changes)

describe('a process that runs outside the platform holds what it was last seen with', () => {
  it.each(['dev-a', WORKSPACE])('where its workspace was made anew, and patrol.yaml says %s', async (workspace) => {
    entered(workspace)
    await placed({id: OTHER, name: 'dev-a', external: true})
    const workers = [worker({workspace})]
    const error = await refused(asking(spare, {workers}), deps())
    expect(error.message).toMatch(OUTSIDE)
    // That smoke test would ask in the new workspace, and never there.
    expect(error.suggestions).toEqual([`patrol revoke dev-a --id ${spare.id} --agent-may-stop`])
    const cleared = await clearRevocation(asking(spare, {workers, agentMayStop: true}), deps())
    expect(cleared.unchecked).toEqual([expect.stringMatching(OUTSIDE)])
  })

  it('where the platform runs it by now', async () => {
    await placed({id: WORKSPACE, name: 'dev-a', external: true})
    expect((await refused(asking(spare), deps())).message).toMatch(OUTSIDE)
  })

  it('where that was noted since the question', async () => {
    entered('dev-a')
    const cleared = await clearRevocation(asking(spare), deps())
    await placed({id: OTHER, name: 'dev-a', external: true})
    await expect(revokeToken(cleared, deps())).rejects.toThrow(/workspace dev-a .* reported it, since a moment ago/)
    expect(world.alive(spare.lastEight)).toBe(true)
  })
})

describe('an agent of the same user', () => {
  const b = {agent: 'dev-b', workspace: 'dev-b'}
  beforeEach(() => {
    world.neighbours = [{agent: 'dev-b', user: USER, workspace: 'dev-b', reference: undefined, lastEight: undefined}]
  })

  it('is asked for what it has under another name as well', async () => {
    room({name: 'dev-b'}, spare.lastEight)
    await placed({id: OTHER, name: 'dev-b'}, 'FORGE_TOKEN')
    const {platform} = world
    const resolve: typeof platform.resolve = async (named) => platform.read(named === 'dev-b' ? OTHER : WORKSPACE)
    const ask: RevokeDeps['fleet']['ask'] = async (id, {secretKey}) =>
      id === OTHER && secretKey === 'FORGE_TOKEN' ? spare.lastEight : world.old.lastEight
    world.workspace.uptimeSeconds = 1
    world.others[0]!.workspace.uptimeSeconds = 1
    const using = deps({
      reach: {platform: {...platform, resolve}, fleet: {ask}},
      fleet: {...world.fleet, ask},
    })
    const error = await refused(asking(spare, {workers: [worker(), worker(b)]}), using)
    expect(error.message).toMatch(/dev-b .* reported it, as FORGE_TOKEN; it runs on …00000002/)
  })

  it('is asked in each workspace of its name where there are two', async () => {
    room({name: 'dev-b'}, spare.lastEight)
    const {platform, fleet} = world
    const two = new OpsError('WORKSPACE_AMBIGUOUS', 'Two are called dev-b.')
    const resolve: typeof platform.resolve = async (named) => {
      if (named === 'dev-b') throw two
      return platform.resolve(named)
    }
    const asked = asking(spare, {workers: [worker(), worker(b)], agentMayStop: true})
    const error = await refused(asked, deps({reach: {platform: {...platform, resolve}, fleet}}))
    expect(error.message).toMatch(/dev-b in workspace dev-b .* is the same user, agent-dev-a; it runs on …00000002/)
  })
})

import {beforeEach, describe, expect, it} from 'vitest'
import {OpsError} from '../../../src/errors.ts'
import type {Worker} from '../../../src/rotation/index.ts'
import type {Platform, SecretRow, TokenRow} from '../../../src/rotation/ports.ts'
import {beganSince, standingOf, type AskingReach} from '../../../src/rotation/worker.ts'
import {NO_TOKEN} from '../../../src/smoke/protocol.ts'
import type {Deployment, LedgerChange} from '../../../src/story/ports.ts'
import {request, USER, World, WORKSPACE} from '../../support/world.ts'

const MINUTE = 60_000
let world: World
let spare: ReturnType<World['addToken']>
/** What the ledger says of the last proof. */
let deployed: Deployment | undefined
/** What the ledger was told. */
let kept: LedgerChange[]
beforeEach(() => {
  kept = []
  world = new World()
  spare = world.addToken('spare', ['read:issue', 'read:repository'])
  deployed = undefined
})

interface Given {
  worker?: Partial<Worker>
  platform?: Partial<Platform>
  /** What the agent says that it holds, when asked. */
  says?: string | Error | (() => string | undefined)
  rows?: readonly TokenRow[]
}

/** Which token the agent runs on, held against the old one. */
const standing = ({worker = {}, platform = {}, says = spare.lastEight, rows = world.tokens}: Given = {}) => {
  const {agent, user, workspace, secretKey, profile, scopes, label, repo} = request()
  const asked: Worker = {
    agent,
    user,
    workspace,
    secretKey,
    profile,
    scopes: [...scopes],
    label,
    repo,
    configured: undefined,
  }
  const reach: AskingReach = {
    platform: {...world.platform, ...platform},
    fleet: {
      async ask() {
        if (says instanceof Error) throw says
        return typeof says === 'function' ? says() : says
      },
    },
  }
  const ledger = {
    deployed: async (_: string, room?: string) => (deployed?.workspace === room ? deployed : undefined),
    apply: async (changes: readonly LedgerChange[]) => void kept.push(...changes),
  }
  return standingOf({...asked, ...worker}, world.old, rows, {clock: world.clock, ledger, reach})
}

const proof = (changes: Partial<Deployment> = {}): Deployment => ({
  agent: 'dev-a',
  workspace: WORKSPACE,
  user: USER,
  token: spare.id,
  lastEight: spare.lastEight,
  secretUpdatedAt: world.secret?.updatedAt,
  at: world.now,
  ...changes,
})

/** The secret's row, and a process that is so many ms younger than that as far as its last heartbeat tells. */
const younger = (ms: number): Partial<Platform> => {
  const updatedAt = new Date(world.now - 10 * MINUTE).toISOString()
  const row: SecretRow = {key: 'GITEA_TOKEN', scope: 'workspace', updatedAt}
  const serverTime = world.now - 9 * MINUTE + ms
  return {
    secretRow: async () => row,
    resolve: async () => ({...world.workspace, uptimeSeconds: 60, serverTime}),
    events: async () => undefined,
  }
}

const onSpare = (updatedAt: string | undefined = world.secret?.updatedAt) => ({
  runs: 'on-another',
  token: expect.objectContaining({id: spare.id}),
  workspace: WORKSPACE,
  updatedAt,
})

describe('what an agent runs on', () => {
  it('is what it was proven on, where its secret was not written since, and nobody is asked', async () => {
    deployed = proof()
    const says = new TypeError('nobody asks')
    expect(await standing({says})).toMatchObject(onSpare())
    deployed = proof({token: world.old.id, lastEight: world.old.lastEight})
    expect(await standing({says})).toEqual({
      runs: 'on-it',
      why: 'dev-a was proven on it, and its secret was not written since',
    })
  })

  it.each<[string, () => Partial<Deployment>]>([
    ['is another by now', () => ({lastEight: '99999999'})],
    ['has the end of another one’s value', () => ({token: 99})],
    ['was another user’s', () => ({user: 'agent-dev-b'})],
  ])('is asked where the token of its proof %s', async (_, change) => {
    deployed = proof(change())
    expect(kept).toEqual([])
    expect(await standing({says: 'no live one'})).toEqual({
      runs: 'unknown',
      why: `it names the end of no live token of ${USER}`,
    })
  })

  it('is what it names the second time, for models miscount', async () => {
    const said = ['deadbeef', spare.lastEight]
    expect(await standing({says: () => said.shift()})).toMatchObject(onSpare())
    const {id, lastEight} = spare
    expect(kept).toMatchObject([
      {kind: 'placed', placement: {agent: 'dev-a', workspace: {id: WORKSPACE}, how: 'heard', token: {id, lastEight}}},
    ])
  })

  it('is asked where neither its proof nor the platform tells when its secret was written', async () => {
    deployed = proof({secretUpdatedAt: undefined})
    world.secret = undefined
    expect(await standing({says: NO_TOKEN})).toEqual({
      runs: 'unknown',
      why: 'it says that it has no token in GITEA_TOKEN',
    })
  })

  it('is what it says, also where it is degraded, and without a secret of its own', async () => {
    world.workspace.status = 'degraded'
    expect(await standing()).toMatchObject(onSpare())
    world.secret = undefined
    expect(await standing()).toEqual({...onSpare(), updatedAt: undefined})
  })

  it('is the token in question as soon as it says so, however old its process is', async () => {
    world.overwrite(spare.value)
    expect(await standing({says: world.old.lastEight})).toEqual({
      runs: 'on-it',
      why: 'dev-a says that it works with it',
    })
  })

  it.each([
    ['younger than its secret by more than heartbeats can make up', 3.5 * MINUTE + 1, true],
    ['younger by three minutes and a half, for which its row stays online without any', 3.5 * MINUTE, false],
    ['younger by less', MINUTE, false],
    ['older', -10 * MINUTE, false],
  ])('is what its process says that is %s', async (_, ms, counts) => {
    const doubt = {runs: 'unknown', why: expect.stringContaining('GITEA_TOKEN of dev-a may be newer than its process')}
    expect(await standing({platform: younger(ms)})).toMatchObject(counts ? {runs: 'on-another'} : doubt)
  })

  it.each(['offline', 'provisioning', 'failed'])('is told by no uptime of a row that is %s', async (status) => {
    const workspace = {...world.workspace, status, uptimeSeconds: 60}
    const row: SecretRow = {key: 'GITEA_TOKEN', scope: 'workspace', updatedAt: world.secret!.updatedAt}
    const deps = {platform: world.platform}
    expect(await beganSince(workspace, row, deps)).toBe(false)
    for (const up of ['online', 'degraded']) {
      expect(await beganSince({...workspace, status: up}, row, deps)).toBe(true)
    }
  })

  it('is what its process says that came of a start since the write, by the events', async () => {
    world.overwrite(spare.value)
    world.advance(1_000)
    world.provision()
    world.advance(9_000)
    expect(await standing()).toMatchObject(onSpare())
  })

  it('is no word of a process that was replaced while it was asked', async () => {
    world.overwrite(world.old.value)
    const says = () => {
      world.advance(1_000)
      world.provision()
      world.advance(9_000)
      return spare.lastEight
    }
    expect(await standing({says})).toMatchObject({
      runs: 'unknown',
      why: expect.stringContaining('newer than its process'),
    })
  })

  it('is not known of a process that runs elsewhere, whose age nobody tells', async () => {
    world.workspace.runtime = 'external'
    expect(await standing()).toMatchObject({runs: 'unknown', why: expect.stringContaining('newer than its process')})
  })
})

describe('what an agent runs on is not known', () => {
  it.each<[string, () => Given, string]>([
    ['where it is offline', () => ((world.workspace.status = 'offline'), {}), 'its workspace dev-a is offline'],
    [
      'where there is nothing to ask it about',
      () => ({worker: {repo: undefined}}),
      'patrol.yaml names no repository to ask it about',
    ],
    [
      'where its token lists scopes that no Gitea has',
      () => ({rows: [{...spare, strange: ['read:wiki', 'x']}]}),
      'what …00000002 can do is not known: it holds read:wiki, x',
    ],
    [
      'where its token lacks what it needs',
      () => ({rows: [{...spare, scopes: ['read:issue']}]}),
      'it runs on …00000002, which lacks read:repository of profile engineer',
    ],
    [
      'where its token does not reach its work',
      () => ({rows: [{...spare, repositories: ['molecule/docs']}]}),
      'it runs on …00000002, and the token is confined to molecule/docs, and molecule/core is not among them',
    ],
    [
      'where nobody knows what its token reaches',
      () => ({rows: [{...spare, repositories: 'unknown' as const}]}),
      "it runs on …00000002, and the list of its user's tokens tells their repositories in a form that patrol does not know",
    ],
    [
      'where the platform can not be asked',
      () => ({says: new OpsError('PLATFORM_UNREACHABLE', 'No answer from 127.0.0.1 at all.')}),
      'No answer from 127.0.0.1 at all',
    ],
  ])('%s', async (_, given, why) => {
    expect(await standing(given())).toEqual({runs: 'unknown', why})
  })

  it('of a confined token is as good as another where there is no work that it could be kept from', async () => {
    deployed = proof()
    const rows = [...world.tokens.filter(({id}) => id !== spare.id), {...spare, repositories: ['molecule/docs']}]
    expect(await standing({worker: {repo: undefined}, rows})).toMatchObject({runs: 'on-another'})
  })

  it('is no way to go on after Ctrl-C, or over a mistake of ours', async () => {
    const stopped = new OpsError('INTERRUPTED', 'Stopped.')
    await expect(standing({says: stopped})).rejects.toBe(stopped)
    const mistake = new TypeError('of ours')
    await expect(standing({says: mistake})).rejects.toBe(mistake)
  })
})

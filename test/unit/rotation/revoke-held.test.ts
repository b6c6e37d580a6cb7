import {beforeEach, describe, expect, it} from 'vitest'
import {OpsError} from '../../../src/errors.ts'
import {clearRevocation, revokeToken, type RevokeDeps, type RevokeRequest} from '../../../src/rotation/index.ts'
import type {TokenRow} from '../../../src/rotation/ports.ts'
import type {Store} from '../../../src/store/index.ts'
import {addSpare, asking, refused, revokingIn, worker} from '../../support/revocation.ts'
import {madeUpValue, request, storeInMemory, USER, World} from '../../support/world.ts'

let world: World
let store: Store
let spare: TokenRow
beforeEach(async () => {
  world = new World()
  store = await storeInMemory()
  spare = addSpare(world)
})

const deps = (changes: Partial<RevokeDeps> = {}) => revokingIn(world, store, changes)
const refusal = (asked: RevokeRequest, using = deps()) => refused(asked, using)

describe('a token that somebody else may hold', () => {
  const OTHER = '22222222-2222-4222-8222-222222222222'
  const LONG_AGO = '2026-10-01T00:00:00Z'
  /** Another agent of patrol.yaml, whose own user is not ours, in a workspace of its own. */
  function neighbour(reports: string | undefined, agent = 'dev-b', id = OTHER): void {
    const workspace = {...world.workspace, id, name: agent}
    world.others.push({workspace, secretAt: LONG_AGO, ...(reports !== undefined && {reports})})
    const {lastEight} = spare
    const user = `user of ${agent}`
    Object.assign(world.addToken('theirs', [], user), {lastEight: 'another1'})
    world.neighbours.push({agent, user, workspace: agent, reference: undefined, lastEight})
  }

  it.each([false, true])('is refused while that one runs on it (--agent-may-stop: %j)', async (agentMayStop) => {
    neighbour(spare.lastEight)
    const error = await refusal(asking(spare, {agentMayStop}))
    expect(error.message).toMatch(/dev-b in workspace dev-b .* has …\w{8} as its token in patrol.yaml; it runs on …/)
    expect(error.suggestions).toEqual(['patrol rotate dev-b'])
  })

  it('is refused where its name is that of an agent of another patrol.yaml, until the operator answers for that', async () => {
    const theirs = world.addToken('patrol.team-b.20261101.theirs0000', ['read:issue'])
    const error = await refusal(asking(theirs))
    expect(error.message).toContain('agent team-b is whom patrol.team-b.20261101.theirs0000 was minted for')
    expect(error.suggestions).toEqual([`patrol revoke dev-a --id ${theirs.id} --agent-may-stop`])
    const cleared = await clearRevocation(asking(theirs, {agentMayStop: true}), deps())
    expect(cleared.unchecked).toEqual([expect.stringContaining('agent team-b')])
  })

  it.each([undefined, OTHER])('is refused without a platform too, as the ledger has it: in %s', async (workspace) => {
    const deployed = {agent: 'team-b', workspace, user: USER, token: spare.id, lastEight: spare.lastEight, at: 0}
    await store.ledger.apply([{kind: 'deployed', deployment: {...deployed, secretUpdatedAt: undefined}}])
    const {message} = await refusal(asking(spare), deps({reach: 'No platform is configured.'}))
    expect(message).toMatch(/agent team-b was last proven on …\w{8}; patrol.yaml does not have it/)
  })

  it.each([
    ['the agent', 'dev-a', OTHER, undefined],
    ['the agent, in a workspace that is known by its secret', 'dev-a', undefined, LONG_AGO],
    ['somebody of another patrol.yaml', 'team-b', OTHER, undefined],
  ])('is refused where %s was proven on it in another workspace, which runs on it', async (_, agent, workspace, at) => {
    world.others.push({
      workspace: {...world.workspace, id: OTHER, name: 'left'},
      secretAt: LONG_AGO,
      reports: spare.lastEight,
    })
    const proof = {
      agent,
      workspace,
      user: USER,
      token: spare.id,
      lastEight: spare.lastEight,
      secretUpdatedAt: at,
      at: 0,
    }
    await store.ledger.apply([{kind: 'deployed', deployment: proof}])
    const {message} = await refusal(asking(spare, {agentMayStop: true}))
    expect(message).toMatch(/workspace left \(2222.*\) is where \S+ was last proven on …\w{8}; it runs on …/)
  })

  it('is refused for a workspace that nobody in patrol.yaml stands for', async () => {
    world.others.push({workspace: {...world.workspace, id: OTHER}, secretAt: LONG_AGO, reports: spare.lastEight})
    const error = await refusal(asking(spare, {agentMayStop: true}))
    expect(error.message).toMatch(/workspace dev-a \(2222.*\) bears the same name .*; it runs on …/)
    expect(error.suggestions).toEqual([expect.stringMatching(/^put that workspace into patrol.yaml/)])
  })

  it('wants an answer for it where that one does not say what it runs on', async () => {
    neighbour(undefined)
    const error = await refusal(asking(spare))
    expect(error.message).toContain('it was asked and did not say which token it holds')
    const insist = `patrol revoke dev-a --id ${spare.id} --agent-may-stop`
    expect(error.suggestions).toEqual(['patrol smoke dev-b', insist])
    const cleared = await clearRevocation(asking(spare, {agentMayStop: true}), deps())
    expect(cleared.unchecked).toEqual([expect.stringContaining('did not say which token it holds')])
    expect(await revokeToken(cleared, deps())).toMatchObject({outcome: 'removed'})
  })

  it('is asked about in the words of the agent whose it is, whoever else works as its user', async () => {
    neighbour('another1')
    world.parents = [{...world.workspace, id: 'w3', name: 'dev-c'}]
    const workers = [worker({agent: 'dev-c', workspace: 'w3', secretKey: 'GH_TOKEN', repo: 'o/other'}), worker()]
    const asked: [string, object][] = []
    const ask: RevokeDeps['fleet']['ask'] = async (workspace, what) => {
      asked.push([workspace, what])
      return world.old.lastEight
    }
    const {platform} = world
    const using = deps({reach: {platform, fleet: {ask}}, fleet: {...world.fleet, ask}})
    expect((await clearRevocation(asking(spare, {workers}), using)).unchecked).toEqual([])
    const {repo, label, secretKey} = request()
    expect(asked).toContainEqual([OTHER, {repo, label, secretKey}])
  })

  it('is asked about once of each agent of its user, and told once', async () => {
    neighbour(undefined)
    world.neighbours[0]!.user = USER
    const workers = [worker(), worker({agent: 'dev-b', workspace: OTHER})]
    const {message} = await refusal(asking(spare, {workers}))
    expect(message.match(/did not say/g)).toHaveLength(1)
  })

  it('goes where every agent of its user runs on another', async () => {
    neighbour(world.old.lastEight)
    world.neighbours[0]!.user = USER
    const workers = [worker(), worker({agent: 'dev-b', workspace: OTHER})]
    const cleared = await clearRevocation(asking(spare, {workers}), deps())
    expect(await revokeToken(cleared, deps())).toMatchObject({outcome: 'removed', unchecked: []})
  })

  it('is no matter where it is gone already, whoever may have held it', async () => {
    neighbour('another1')
    world.tokens.splice(world.tokens.indexOf(world.tokens.find(({id}) => id === spare.id)!), 1)
    const cleared = await clearRevocation(asking(spare), deps())
    expect(await revokeToken(cleared, deps())).toMatchObject({outcome: 'absent'})
  })

  it('goes where that one says that it runs on another', async () => {
    neighbour('another1')
    const cleared = await clearRevocation(asking(spare), deps())
    expect(cleared.unchecked).toEqual([])
    expect(await revokeToken(cleared, deps())).toMatchObject({outcome: 'removed'})
  })

  it.each(['cccccccc', 'deadbeef'])(
    'wants an answer for it where that one names %s, the end of no token',
    async (says) => {
      neighbour(says)
      const error = await refusal(asking(spare))
      expect(error.message).toContain('it names the end of no live token of user of dev-b or agent-dev-a')
      const insist = `patrol revoke dev-a --id ${spare.id} --agent-may-stop`
      expect(error.suggestions).toEqual(['patrol smoke dev-b', insist])
      expect((await clearRevocation(asking(spare, {agentMayStop: true}), deps())).unchecked).toHaveLength(1)
    },
  )

  it('is refused while that one names other characters of its value', async () => {
    neighbour('cccccccc')
    const error = await refusal(asking(spare, {agentMayStop: true, value: madeUpValue(spare.id)}))
    expect(error.message).toMatch(/dev-b in workspace dev-b .*; it runs on …00000002/)
  })

  it('is refused while its own agent names other characters of its value', async () => {
    const fleet = {...world.fleet, ask: async () => 'cccccccc'}
    const using = deps({reach: {platform: world.platform, fleet}})
    const error = await refusal(asking(spare, {agentMayStop: true, value: madeUpValue(spare.id)}), using)
    expect(error.message).toContain('dev-a says that it works with it')
  })

  it('is looked for in the inventory where there is no platform', async () => {
    neighbour('another1')
    const error = await refusal(asking(spare), deps({reach: 'No platform is configured.'}))
    expect(error.message).toMatch(/dev-b has …\w{8} as its token in patrol.yaml; there is no platform/)
  })

  it('wants an answer for it where nobody could look', async () => {
    const list = async () => Promise.reject(new OpsError('PLATFORM_UNAVAILABLE', 'The platform is busy.'))
    const using = deps({reach: {platform: {...world.platform, list}, fleet: world.fleet}})
    expect((await refusal(asking(spare), using)).message).toContain('who else may run on it is not known: The platform')
    const resolve = list
    const blind = deps({reach: {platform: {...world.platform, resolve}, fleet: world.fleet}})
    expect((await refusal(asking(spare), blind)).message).toContain('who else may run on it is not known: The platform')
    const cleared = await clearRevocation(asking(spare, {agentMayStop: true}), using)
    expect(await revokeToken(cleared, using)).toMatchObject({outcome: 'removed'})
  })

  it.each([new OpsError('INTERRUPTED', 'Interrupted.'), new TypeError('a bug')])(
    'is not judged after %s',
    async (why) => {
      const list = async () => Promise.reject(why)
      const using = deps({reach: {platform: {...world.platform, list}, fleet: world.fleet}})
      await expect(clearRevocation(asking(spare, {agentMayStop: true}), using)).rejects.toBe(why)
    },
  )

  it.each<[what: string, change: () => void, says: RegExp]>([
    [
      'somebody came to it',
      () => neighbour('another1', 'dev-c', 'w3'),
      /dev-c in workspace dev-c .* since a moment ago/,
    ],
    [
      'its secret was written',
      () => void (world.others[0]!.secretAt = '2026-10-02T00:00:00Z'),
      /GITEA_TOKEN of dev-b in workspace dev-b .* was written meanwhile/,
    ],
    ['its secret was deleted', () => void (world.others[0]!.secretAt = undefined), /dev-b .* was written meanwhile/],
  ])('is looked at again right before: %s', async (_, change, says) => {
    neighbour('another1')
    const cleared = await clearRevocation(asking(spare), deps())
    change()
    const error: unknown = await revokeToken(cleared, deps()).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      code: 'GUARD_SERVING_TOKEN',
      message: expect.stringMatching(says),
      suggestions: [`patrol revoke dev-a --id ${spare.id} --dry-run`],
    })
    expect(world.tokens.map(({id}) => id)).toContain(spare.id)
  })
})

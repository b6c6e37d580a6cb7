import {describe, expect, it} from 'vitest'
import {OpsError} from '../../../src/errors.ts'
import {
  guardAccount,
  guardForeign,
  guardGrant,
  guardMint,
  guardWorkspace,
  isExternal,
  keeperOf,
} from '../../../src/rotation/guards.ts'
import type {Waivers} from '../../../src/rotation/events.ts'
import type {Workspace} from '../../../src/rotation/ports.ts'
import type {Scope} from '../../../src/scopes/vocabulary.ts'
import {World} from '../../support/world.ts'

const [ANOTHER_ADMIN, PASSWORD, IN_CONFIG, SITE_ADMIN] = [
  'another administrator',
  'use the password',
  'in patrol.yaml',
  '--allow-site-admin',
].map((text) => expect.stringContaining(text))
const IN_WEB = 'it in the web interface: Site Administration, User Accounts'

const room = (change: Partial<Workspace> = {}): Workspace => ({...new World().workspace, id: 'w', ...change})

/** What a guard refuses: its code, or undefined where it lets through; with what it suggests. */
async function refusal(guard: () => Promise<void> | void): Promise<OpsError | undefined> {
  try {
    await guard()
    return undefined
  } catch (error) {
    if (error instanceof OpsError) return error
    throw error
  }
}

/** Guards a workspace among these others; `read` are the ids that were looked at. */
async function guarding(
  workspace: Workspace,
  options: Partial<Parameters<typeof guardWorkspace>[2]> = {},
  others: Workspace[] = [],
) {
  const read: string[] = []
  const platform = {
    read: async (id: string) => {
      read.push(id)
      const found = others.find((other) => other.id === id)
      if (!found) throw new Error(`nobody has ${id}`)
      return found
    },
  }
  const error = await refusal(() =>
    guardWorkspace(workspace, platform, {agent: 'dev-a', fleet: {agents: async () => []}, ...options}),
  )
  return {code: error?.code, advice: error?.suggestions, message: error?.message, read}
}

describe('who restarts a workspace', () => {
  it.each([
    [room(), 'platform'],
    [room({runtime: 'external'}), 'external'],
    [room({runtime: 'mock'}), 'external'],
    [room({kind: 'platform'}), 'concierge'],
    [room({kind: 'platform', runtime: 'external'}), 'concierge'],
    [room({kind: undefined}), 'platform'],
  ] as const)('%#: %o', (workspace, keeper) => {
    expect(keeperOf(workspace)).toBe(keeper)
    expect(isExternal(workspace)).toBe(['external', 'mock'].includes(workspace.runtime))
  })
})

describe('a workspace', () => {
  it.each([
    ['online', undefined, []],
    ['degraded', undefined, []],
    ['failed', undefined, []],
    ['provisioning', undefined, []],
    [
      'removed',
      'GUARD_REMOVED',
      ['give dev-a the name of another workspace in patrol.yaml, or of one that is to be made'],
    ],
    ['paused', 'GUARD_PAUSED', ['resume it in the canvas first']],
    ['hibernated', 'GUARD_HIBERNATED', ['wake it first']],
    ['hibernating', 'GUARD_HIBERNATED', ['wake it first']],
  ])('that is %s: %s', async (status, code, advice) => {
    const guarded = await guarding(room({status}))
    expect([guarded.code, guarded.advice ?? []]).toEqual([code, advice])
  })

  it.each([
    ['the one that patrol runs in', 'W', 'GUARD_OWN_WORKSPACE', ['run patrol from another machine']],
    ['another than the one that patrol runs in', 'w2', undefined, undefined],
    ['of a patrol that runs in none', undefined, undefined, undefined],
  ])('%s', async (_, ownWorkspace, code, advice) => {
    expect(await guarding(room(), {ownWorkspace})).toMatchObject({code, advice})
  })

  it('of the concierge is refused whatever is waived; a token can be minted for it', async () => {
    const concierge = room({kind: 'platform'})
    const code = 'GUARD_CONCIERGE'
    const advice = ['patrol mint dev-a --output-file dev-a.token']
    expect(await guarding(concierge, {waive: {unknownKind: true, activeTasks: true}})).toMatchObject({code, advice})
  })

  it('of an unknown kind is refused unless that is waived', async () => {
    const advice = [expect.stringContaining('--allow-unknown-kind')]
    expect(await guarding(room({kind: undefined}))).toMatchObject({code: 'GUARD_UNKNOWN_KIND', advice})
    expect(await guarding(room({kind: undefined}), {waive: {unknownKind: true}})).toMatchObject({code: undefined})
  })

  it.each([
    [1, 'dev-a has 1 task in flight'],
    [2, 'dev-a has 2 tasks in flight'],
  ])('with %i tasks in flight is refused unless that is waived', async (activeTasks, says) => {
    const busy = room({activeTasks})
    const refused = await guarding(busy)
    expect(refused).toMatchObject({code: 'GUARD_ACTIVE_TASKS', message: expect.stringContaining(says)})
    expect(refused.advice).toEqual(['wait until it is idle', 'or add --allow-active-tasks'])
    expect(await guarding(busy, {waive: {activeTasks: true}})).toMatchObject({code: undefined})
  })

  it('that runs elsewhere is restarted by nobody here, so neither its tasks nor what is above it matter', async () => {
    const elsewhere = room({runtime: 'external', activeTasks: 2, parentId: 'p'})
    expect(await guarding(elsewhere)).toMatchObject({code: undefined, read: []})
    expect(await guarding({...elsewhere, status: 'paused'})).toMatchObject({code: 'GUARD_PAUSED'})
  })

  it('is refused under a paused one, at whatever height', async () => {
    const above = [room({id: 'p', name: 'lead', parentId: 'q'}), room({id: 'q', name: 'root', status: 'paused'})]
    const refused = await guarding(room({parentId: 'p'}), {}, above)
    expect(refused).toMatchObject({
      code: 'GUARD_ANCESTOR_PAUSED',
      message: expect.stringContaining('root, above dev-a, is paused'),
      advice: ['resume root in the canvas first'],
      read: ['p', 'q'],
    })
    above[1]!.status = 'online'
    expect(await guarding(room({parentId: 'p'}), {}, above)).toMatchObject({code: undefined, read: ['p', 'q']})
  })

  it.each([
    ['under itself', room({parentId: 'w'}), []],
    ['in a circle', room({parentId: 'p'}), ['p']],
    ['under a circle', room({parentId: 'q'}), ['q', 'r']],
  ])('%s is no endless climb', async (_, workspace, read) => {
    const above = [room({id: 'p', parentId: 'w'}), room({id: 'q', parentId: 'r'}), room({id: 'r', parentId: 'q'})]
    expect(await guarding(workspace, {}, above)).toMatchObject({code: undefined, read})
  })
})

describe('a mint', () => {
  const errand = {user: 'agent-dev-a', agent: 'dev-a', scopes: ['read:issue'] as Scope[], profile: 'engineer'}

  it.each([
    ['boss', 'Boss', 'GUARD_OWN_CREDENTIAL'],
    ['Boss', 'boss', 'GUARD_OWN_CREDENTIAL'],
    ['boss2', 'boss', undefined],
  ])('for %s with the credential of %s: %s', async (user, admin, code) => {
    const error = await refusal(() => guardMint({...errand, user}, admin, {dangerousScopes: true}))
    const advice = code ? [ANOTHER_ADMIN] : undefined
    expect([error?.code, error?.suggestions]).toEqual([code, advice])
  })

  it.each<[Scope[], string | undefined]>([
    [['read:issue', 'read:user', 'read:admin', 'write:issue'], undefined],
    [['read:issue', 'all'], 'asks for all,'],
    [['write:user'], 'asks for write:user,'],
    [['write:user', 'write:admin'], 'asks for write:user, write:admin,'],
  ])('of %j', async (scopes, says) => {
    const error = await refusal(() => guardMint({...errand, scopes}, 'boss'))
    const refused = {
      code: 'GUARD_DANGEROUS_SCOPES',
      message: expect.stringContaining(says ?? ''),
      suggestions: [expect.stringContaining('--allow-dangerous-scopes')],
    }
    expect(error && {code: error.code, message: error.message, suggestions: error.suggestions}).toEqual(says && refused)
    expect(await refusal(() => guardMint({...errand, scopes}, 'boss', {dangerousScopes: true}))).toBeUndefined()
  })

  it.each([
    [{}, {}, undefined, []],
    [{organisation: true}, {siteAdmin: true}, /organisation/, [IN_CONFIG]],
    [{isAdmin: true}, {}, /site administrator/, [IN_CONFIG, SITE_ADMIN]],
    [{isAdmin: true}, {siteAdmin: true}, undefined, []],
    [{active: false}, {siteAdmin: true}, /not activated, so no token/, [`activate ${IN_WEB}`, IN_CONFIG]],
    [{prohibitLogin: true}, {siteAdmin: true}, /not sign in, so no token/, [`allow ${IN_WEB}`, IN_CONFIG]],
  ])('for an account %o with %o', async (changes, waive, says, advice) => {
    const account = {organisation: false, isAdmin: false, active: true, prohibitLogin: false, ...changes}
    const error = await refusal(() => guardAccount(account, errand, waive))
    const told = expect.stringMatching(says ?? '')
    expect([error?.code, error?.message]).toEqual([says && 'USER_UNFIT', says && told])
    expect(error?.suggestions ?? []).toEqual(advice)
  })

  it.each<[Scope[] | undefined, Scope[], string | undefined, string | undefined]>([
    [undefined, ['write:issue'], undefined, undefined],
    [['write:user', 'write:issue'], ['read:issue'], undefined, undefined],
    [['write:issue'], ['read:issue'], 'ADMIN_SCOPE', 'give it write:user'],
    [['write:user', 'read:issue'], ['write:issue'], 'ADMIN_SUBSET', 'give it write:issue too'],
    [['all', 'public-only'], ['read:issue'], 'ADMIN_SUBSET', 'use one that is not public-only'],
    [['all', 'public-only'], ['read:issue', 'public-only'], undefined, undefined],
    [['all'], ['read:issue', 'public-only'], undefined, undefined],
  ])('by a token with %j of one with %j', async (held, scopes, code, better) => {
    const tokens = {adminUser: 'boss', grantable: async () => held}
    const error = await refusal(() => guardGrant({scopes, profile: 'engineer'}, tokens))
    const advice = code ? [better, PASSWORD] : undefined
    expect([error?.code, error?.suggestions]).toEqual([code, advice])
  })
})

describe('a rotation elsewhere', () => {
  const row = {id: 6, name: 'patrol.dev-a.20261123.elsewhere', scopes: [], lastEight: '00000006'}
  const guard = (lastEight: string | undefined, foreignRotation = false) =>
    refusal(() => guardForeign('dev-a', [row], [], {lastEight}, {foreignRotation}))

  it('is betrayed by a token that nobody here knows', async () => {
    expect(await guard(undefined)).toMatchObject({
      code: 'GUARD_FOREIGN_ROTATION',
      suggestions: [expect.stringContaining('another name'), expect.stringContaining('--allow-foreign-rotation')],
    })
  })

  it('is told with its last use, and as what these servers have no record of: another site of this machine may', async () => {
    const rows = [
      {...row, createdAt: '2026-11-23T09:00:00Z', lastUsedAt: '2026-11-23T10:00:00Z'},
      {...row, id: 7, name: `${row.name}-2`, createdAt: '2026-11-23T09:00:00Z', lastUsedAt: '2026-11-23T09:00:00Z'},
    ]
    expect(await refusal(() => guardForeign('dev-a', rows, [], {}))).toMatchObject({
      message: expect.stringContaining(
        `There is ${row.name} (id 6, last used at 2026-11-23T10:00:00Z), ${row.name}-2 (id 7), minted for dev-a by a run that is not on record for these servers. It may be under way`,
      ),
    })
  })

  it('is none where the agent runs on that token, or where a person says so', async () => {
    expect(await guard('00000006')).toBeUndefined()
    expect(await guard(undefined, true)).toBeUndefined()
  })

  describe('whose token was used since the agent was proven on another', () => {
    const since = Date.parse('2026-11-23T10:00:00Z')
    const used = (after: number | undefined, waive: Waivers, proven: number | undefined) => {
      const lastUsedAt = after === undefined ? {} : {lastUsedAt: new Date(since + after).toISOString()}
      return refusal(() =>
        guardForeign('dev-a', [{...row, ...lastUsedAt}], [], {lastEight: '00000005', since: proven}, waive),
      )
    }
    const [one, both] = [{foreignRotation: true}, {foreignRotation: true, unprovenHolders: true}]

    it('is passed over only where a person answers for whoever works with it', async () => {
      for (const waive of [{}, one, {unprovenHolders: true}]) {
        const error = await used(30_001, waive, since)
        expect(error?.code).toBe('GUARD_FOREIGN_ROTATION')
        expect(error?.message).toMatch(/\(id 6, last used at 2026-11-23T10:00:30.001Z\).* Somebody works with/)
        expect(error?.suggestions.join()).toMatch(/add --allow-foreign-rotation and --allow-unproven-holders/)
      }
      expect(await used(30_001, both, since)).toBeUndefined()
    })

    it.each([
      ['within half a minute', 30_000, since],
      ['nobody knows when', undefined, since],
      ['no proof holds any more', 90_000, undefined],
    ])('is one like any other where %s', async (_, after, proven) => {
      expect(await used(after, one, proven)).toBeUndefined()
      const error = await used(after, {}, proven)
      expect(error?.message).toMatch(
        /\(id 6\).* It may be under way, or an agent of this name elsewhere may run on that/,
      )
      expect(error?.suggestions.join()).toMatch(/add --allow-foreign-rotation to replace it/)
    })
  })
})

import {beforeEach, describe, expect, it} from 'vitest'
import {OpsError} from '../../../src/errors.ts'
import {abortRotation, finishDue, resumeRotation, rotate} from '../../../src/rotation/index.ts'
import type {TokenRow} from '../../../src/rotation/ports.ts'
import {isGone} from '../../../src/rotation/guards.ts'
import {assertDead, assertServing} from '../../../src/rotation/revoke.ts'
import type {Store} from '../../../src/store/index.ts'
import type {Deployment} from '../../../src/story/ports.ts'
import {madeUpValue, request, storeInMemory, USER, World, WORKSPACE} from '../../support/world.ts'

const HOUR = 3_600_000
let world: World
let store: Store
beforeEach(async () => {
  world = new World()
  store = await storeInMemory()
})

const row = (id: number): TokenRow => ({id, name: `token ${id}`, scopes: [], lastEight: `0000000${id}`})
const proven = (change: Partial<Deployment> = {}): Deployment => ({
  agent: 'dev-a',
  user: USER,
  token: 5,
  lastEight: '00000005',
  secretUpdatedAt: 'then',
  at: 0,
  ...change,
})

describe('a list of tokens', () => {
  const ask = async (token: TokenRow | undefined, rows: TokenRow[], deployment?: Deployment) => {
    if (deployment) await store.ledger.apply([{kind: 'deployed', deployment}])
    const served = {agent: 'dev-a', user: USER, workspace: {id: WORKSPACE}, token}
    return assertServing(world.deps(store), served, rows)
  }

  it('is believed where the token stands in it that the agent was proven on', async () => {
    await expect(ask(row(4), [row(3), row(4)])).resolves.toBeUndefined()
  })

  it('is believed where a later proof’s token stands in it', async () => {
    await expect(ask(row(4), [row(3), row(5)], proven())).resolves.toBeUndefined()
    await expect(ask(undefined, [row(3), row(5)])).resolves.toBeUndefined()
  })

  it('is believed where nobody was ever proven on anything', async () => {
    await expect(ask(undefined, [row(3)])).resolves.toBeUndefined()
  })

  it('is believed where the workspace is gone, for it runs on nothing', async () => {
    world.removeWorkspace()
    await expect(ask(row(4), [])).resolves.toBeUndefined()
  })

  it('is not believed where the workspace is gone whose process runs outside the platform', async () => {
    world.removeWorkspace()
    const served = {agent: 'dev-a', user: USER, workspace: {id: WORKSPACE, external: true}, token: row(4)}
    await expect(assertServing(world.deps(store), served, [])).rejects.toMatchObject({code: 'TOKENS_DOUBTED'})
  })

  it.each<[string, TokenRow | undefined, TokenRow[], Deployment | undefined, string]>([
    ['empty', row(4), [], undefined, '…00000004'],
    ['without it', row(4), [row(3)], undefined, '…00000004'],
    ['with another value of it', row(4), [{...row(4), lastEight: '90000004'}], undefined, '…00000004'],
    ['without the later proof’s', row(4), [row(3)], proven(), '…00000004'],
    ['with another value of the later proof’s', row(4), [{...row(5), lastEight: '90000005'}], proven(), '…00000004'],
    ['with another token of its last eight', row(4), [{...row(6), lastEight: '00000005'}], proven(), '…00000004'],
    ['with a token of a later proof as another user', row(4), [row(5)], proven({user: 'b'}), '…00000004'],
    ['without the only proof’s', undefined, [row(3)], proven(), '…00000005'],
  ])('is doubted: %s', async (_, token, rows, deployment, named) => {
    const error: unknown = await ask(token, rows, deployment).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      code: 'TOKENS_DOUBTED',
      message: expect.stringContaining(named),
      suggestions: ['patrol smoke dev-a', 'patrol rotate dev-a'],
    })
  })
})

describe('a workspace', () => {
  const {platform} = new World()
  const says = (read: () => Promise<never>) => isGone({platform: {...platform, read}}, 'w')

  it('is gone where the platform has none, or only its remains', async () => {
    expect(await isGone(world, WORKSPACE)).toBe(false)
    world.workspace.status = 'removed'
    expect(await isGone(world, WORKSPACE)).toBe(true)
    world.removeWorkspace()
    expect(await isGone(world, WORKSPACE)).toBe(true)
  })

  it('is gone where the platform knows none and lists its remains, and in doubt where it lists it alive', async () => {
    const unknown = async () => Promise.reject(new OpsError('WORKSPACE_NOT_FOUND', 'There is none.'))
    const listed = async (status: string) => {
      const list = async () => [{...world.workspace, status}]
      return isGone({platform: {read: unknown, list}}, WORKSPACE)
    }
    expect(await listed('removed')).toBe(true)
    await expect(listed('offline')).rejects.toMatchObject({code: 'PLATFORM_UNEXPECTED', suggestions: ['patrol doctor']})
  })

  it('is not taken for gone where the platform can not be asked', async () => {
    const unreachable = says(async () => Promise.reject(new OpsError('PLATFORM_UNREACHABLE', 'Nobody there.')))
    await expect(unreachable).rejects.toMatchObject({code: 'PLATFORM_UNREACHABLE'})
    await expect(says(async () => Promise.reject(new Error('a fault of ours')))).rejects.toThrow('a fault of ours')
  })
})

describe('a death', () => {
  it('is had by the user’s own, which is doubted as a list without any token is, and the value answers 401', async () => {
    world.removeUser()
    const seen: unknown[] = []
    const doubt = (rows: readonly TokenRow[]) => void seen.push(rows)
    expect(await assertDead(world.deps(store), {user: USER, agent: 'dev-a'}, [row(1)], undefined, doubt)).toBe(
      'not-at-hand',
    )
    expect(await assertDead(world.deps(store), {user: USER, agent: 'dev-a'}, [row(1)], madeUpValue(1), doubt)).toBe(
      'dead',
    )
    expect(seen).toEqual([[], []])
  })

  it('is not had while the token is listed: it is deleted by hand', async () => {
    const listed = assertDead(world.deps(store), {user: USER, agent: 'dev-a'}, [row(1)], undefined)
    await expect(listed).rejects.toMatchObject({code: 'OLD_TOKEN_ALIVE', suggestions: ['patrol revoke dev-a --id 1']})
  })

  it('is not had while the value is served: doctor is next', async () => {
    const serving = assertDead(world.deps(store), {user: USER, agent: 'dev-a'}, [], world.old.value)
    await expect(serving).rejects.toMatchObject({code: 'OLD_TOKEN_ALIVE', suggestions: ['patrol doctor']})
  })
})

describe('a late revocation whose user is gone', () => {
  it('is doubted, since the user may only be called otherwise by now; an abort asks the agent and ends it', async () => {
    const {id} = await rotate(request({overlapMs: HOUR}), world.deps(store))
    world.removeUser()
    world.advance(2 * HOUR)
    const suggestions = expect.arrayContaining([`patrol rotation abort ${id}`])
    const resumed = resumeRotation(id, world.deps(store))
    await expect(resumed).rejects.toMatchObject({code: 'TOKENS_DOUBTED', exit: 7, suggestions})
    expect(await abortRotation(id, world.deps(store))).toMatchObject({phase: 'rolled_back'})
  })

  it('and whose agent works all the same is not ended by an abort', async () => {
    const {id} = await rotate(request({overlapMs: HOUR}), world.deps(store))
    const deps = world.deps(store)
    const list = async () => Promise.reject(new OpsError('GITEA_USER_UNKNOWN', 'There is no such user.'))
    const renamed = {...deps, tokens: {...deps.tokens, list}}
    await expect(abortRotation(id, renamed)).rejects.toMatchObject({code: 'TOKENS_DOUBTED'})
    expect(world.tokens).toHaveLength(2)
  })
})

describe('an old token that was put back by hand', () => {
  const held = async () => {
    world.advance(2 * HOUR)
    const due = await finishDue(world.deps(store))
    expect(world.alive('00000001')).toBe(due.held.length > 0)
    return due.held.map(({code}) => code)
  }

  it('is kept, also where a smoke test has proven it since', async () => {
    world.addToken('patrol.dev-a.20261101.earlier000', ['read:issue'])
    const asked = request({overlapMs: HOUR, deployedLastEight: '00000001', waive: {foreignRotation: true}})
    await rotate(asked, world.deps(store))
    world.overwrite(world.old.value)
    expect(await held()).toEqual(['REVOCATION_HELD'])
    const [open] = await store.journal.list({open: true})
    await expect(resumeRotation(open!.id, world.deps(store))).rejects.toMatchObject({
      message: expect.stringContaining('was written since dev-a was proven'),
      suggestions: expect.arrayContaining(['patrol smoke dev-a', 'patrol rotate dev-a']),
    })
    const again = proven({token: 1, lastEight: '00000001', secretUpdatedAt: world.secret!.updatedAt})
    await store.ledger.apply([{kind: 'deployed', deployment: again}])
    expect(await held()).toEqual(['REVOCATION_HELD'])
  })

  it('is no obstacle where a later proof shows that it is another one', async () => {
    await rotate(request({overlapMs: HOUR}), world.deps(store))
    const other = world.addToken('by hand', ['read:issue'])
    world.overwrite(other.value)
    const secretUpdatedAt = world.secret!.updatedAt
    const later = proven({token: other.id, lastEight: other.lastEight, secretUpdatedAt})
    await store.ledger.apply([
      {kind: 'deployed', deployment: later},
      {kind: 'deployed', deployment: {...later, workspace: 'w9', secretUpdatedAt: 'elsewhere'}},
    ])
    expect(await held()).toEqual([])
  })
})

describe('a rotation that a person ended with the new token', () => {
  const ended = async () => {
    world.agentDeaf = true
    await rotate(request({overlapMs: HOUR}), world.deps(store)).catch(() => {})
    world.agentDeaf = false
    const [open] = await store.journal.list({open: true})
    return abortRotation(open!.id, world.deps(store), {keep: 'new'})
  }

  it('revokes the old one once its overlap is over, without any proof', async () => {
    expect(await ended()).toMatchObject({phase: 'proven'})
    world.advance(2 * HOUR)
    expect(await finishDue(world.deps(store))).toMatchObject({held: [], revoked: [{token: {id: 1}}]})
  })

  it('asks nobody again in the run in which the agent spoke for it', async () => {
    world.agentDeaf = true
    await rotate(request(), world.deps(store)).catch(() => {})
    world.agentDeaf = false
    const [open] = await store.journal.list({open: true})
    expect(await abortRotation(open!.id, world.deps(store), {keep: 'new'})).toMatchObject({phase: 'completed'})
    expect(world.calls).not.toContain('ask')
    expect(world.alive('00000001')).toBe(false)
  })

  it.each<[string, () => unknown, RegExp, string[]]>([
    [
      'is silent then',
      () => (world.agentDeaf = true),
      /dev-a in workspace dev-a .* was never proven on the new one, which serves by the word of a person; it was asked/,
      ['patrol smoke dev-a', 'patrol rotation resume ID --allow-unproven-holders'],
    ],
    [
      'runs on the old one then',
      () => (world.process.lastEight = '00000001'),
      /which serves by the word of a person; it runs on …00000001/,
      ['patrol smoke dev-a', 'patrol rotation resume ID'],
    ],
  ])('does not where the agent %s, for nobody ever saw it work with the new one', async (_, then, why, ways) => {
    const {id} = await ended()
    world.advance(2 * HOUR)
    then()
    await expect(resumeRotation(id, world.deps(store))).rejects.toMatchObject({
      code: 'REVOCATION_HELD',
      message: expect.stringMatching(why),
      suggestions: expect.arrayContaining(ways.map((way) => way.replace('ID', id))),
    })
    expect(world.alive('00000001')).toBe(true)
  })

  it('asks no agent whose workspace is gone', async () => {
    await ended()
    world.removeWorkspace()
    world.advance(2 * HOUR)
    expect(await finishDue(world.deps(store))).toMatchObject({held: [], revoked: [{token: {id: 1}}]})
  })

  it('does not where somebody wrote the secret since, for no proof says what it holds', async () => {
    await ended()
    world.overwrite(world.old.value)
    world.advance(2 * HOUR)
    expect(await finishDue(world.deps(store))).toMatchObject({
      held: [{code: 'REVOCATION_HELD', message: expect.stringContaining('was written since somebody decided')}],
    })
    expect(world.alive('00000001')).toBe(true)
  })
})

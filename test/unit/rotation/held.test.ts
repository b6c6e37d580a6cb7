import {beforeEach, describe, expect, it} from 'vitest'
import {OpsError} from '../../../src/errors.ts'
import {finishDue, resumeRotation, rotate, type RotationRequest} from '../../../src/rotation/index.ts'
import {holdersOf, type TokensOwner} from '../../../src/rotation/holders.ts'
import {lookAtHolders} from '../../../src/rotation/hold.ts'
import type {Deployment} from '../../../src/story/ports.ts'
import {openState, type Store} from '../../../src/store/index.ts'
import {GLOBAL_SINCE, request, LATER, storeInMemory, THEN, World, WORKSPACE} from '../../support/world.ts'

const HOUR = 3_600_000

let world: World
let store: Store
beforeEach(async () => {
  world = new World()
  store = await storeInMemory()
})

/** Another workspace, and what its agent says when asked. */
const room = (id: string, reports?: string, secretAt: string | undefined = THEN): void => {
  const workspace = {...world.workspace, id, name: `room ${id}`}
  world.others.push({workspace, ...(reports !== undefined && {reports}), ...(secretAt !== undefined && {secretAt})})
}
const proofIn = (workspace: string | undefined, token: number, change: Partial<Deployment> = {}): Deployment => {
  const usual = {agent: 'dev-a', user: 'agent-dev-a', secretUpdatedAt: THEN, at: 0}
  return {...usual, workspace, token, lastEight: `0000000${token}`, ...change}
}
const proven = (...proof: Parameters<typeof proofIn>) =>
  store.ledger.apply([{kind: 'deployed', deployment: proofIn(...proof)}])

/** A workspace that runs on this token, as its secret was proven to: it holds that one and no other. */
async function holds(id: string, token: number): Promise<void> {
  room(id, `0000000${token}`)
  await proven(id, token)
}

/** Tokens 2 and on, beside the first, which the agent runs on. */
const addOld = (count: number): void => {
  for (let at = 0; at < count; at++) world.addToken('earlier', ['read:issue'])
}
const go = (ask: Partial<RotationRequest> = {}, deps = world.deps(store)) => rotate(request(ask), deps)
const openId = async (): Promise<string> => (await store.journal.list({open: true}))[0]!.id
const live = (): string[] =>
  ['00000001', '00000002', '00000003', '00000004'].filter((lastEight) => world.alive(lastEight))
const HELD = {code: 'REVOCATION_HELD', category: 'incomplete'}

describe('while somebody holds a token', () => {
  it('and another one another, both stay, and the rest goes', async () => {
    addOld(2)
    await holds('w2', 1)
    await holds('w3', 2)
    const error: unknown = await go({supersede: [1, 2, 3]}).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      ...HELD,
      message: expect.stringMatching(/^The old token …00000001, …00000002 of dev-a is not revoked/),
    })
    expect(live()).toEqual(['00000001', '00000002', '00000004'])
  })

  describe('of others', () => {
    const supersede = [1, 2, 3]
    /** Token 2 was to go long ago; 1 and 3 go an hour from now. */
    const withDeadlines = async (): Promise<void> => {
      addOld(2)
      const token = {id: 2, name: 'earlier', lastEight: '00000002'}
      await store.ledger.apply([{kind: 'superseded', user: 'agent-dev-a', token, deadline: world.now - HOUR, at: 0}])
    }

    it('none goes before it is due', async () => {
      await withDeadlines()
      await holds('w2', 2)
      await expect(go({supersede, overlapMs: HOUR})).rejects.toMatchObject(HELD)
      expect(live()).toEqual(['00000001', '00000002', '00000003', '00000004'])
    })

    it('one goes at the very moment at which it is due', async () => {
      addOld(1)
      await holds('w2', 2)
      await go({supersede: [1, 2], overlapMs: HOUR})
      const {dueAt} = (await store.journal.list({open: true}))[0]!
      const deps = world.deps(store)
      const clock = {...deps.clock, now: () => dueAt!}
      expect(await finishDue({...deps, clock})).toMatchObject({held: [{code: HELD.code}]})
      expect(live()).toEqual(['00000002', '00000003'])
    })

    it('that one goes of which the deletion is under way, and none besides', async () => {
      await withDeadlines()
      const deps = world.deps(store)
      const remove = async () => Promise.reject(new OpsError('GITEA_UNREACHABLE', 'Nobody there.'))
      await expect(go({supersede, overlapMs: HOUR}, {...deps, tokens: {...deps.tokens, remove}})).rejects.toThrow(
        'Nobody there.',
      )
      world.advance(2 * HOUR)
      await holds('w2', 3)
      await expect(resumeRotation(await openId(), deps)).rejects.toMatchObject(HELD)
      expect(live()).toEqual(['00000001', '00000003', '00000004'])
    })

    it('all go that are due, where the one that is held is that of which the deletion is under way', async () => {
      await withDeadlines()
      const deps = world.deps(store)
      const remove = async () => Promise.reject(new OpsError('GITEA_UNREACHABLE', 'Nobody there.'))
      await expect(go({supersede, overlapMs: HOUR}, {...deps, tokens: {...deps.tokens, remove}})).rejects.toThrow(
        'Nobody there.',
      )
      await holds('w2', 2)
      await expect(resumeRotation(await openId(), deps)).rejects.toMatchObject(HELD)
      expect(live()).toEqual(['00000001', '00000002', '00000003', '00000004'])
      world.advance(2 * HOUR)
      await expect(resumeRotation(await openId(), deps)).rejects.toMatchObject(HELD)
      expect(live()).toEqual(['00000002', '00000004'])
      world.others = []
      expect(await resumeRotation(await openId(), deps)).toMatchObject({phase: 'completed'})
      expect([live(), world.violations]).toEqual([['00000004'], []])
    })
  })
})

/** Of token 1, and of the second beside it. */
const owner: TokensOwner = {
  agent: 'dev-a',
  user: 'agent-dev-a',
  secretKey: 'GITEA_TOKEN',
  workspace: {id: WORKSPACE, name: 'dev-a'},
}
const [FIRST, SECOND] = [1, 2].map((id) => ({id, name: `token ${id}`, lastEight: `0000000${id}`}))
const whoHolds = async (of: TokensOwner = owner, deps = world.deps(store)) =>
  (await holdersOf(of, [FIRST!], deps)).map(({who}) => who)

describe('a proof in a workspace', () => {
  it('leads to that workspace, among whatever others', async () => {
    room('w2')
    room('w3')
    await proven('w3', 1)
    expect(await whoHolds()).toEqual(['workspace room w3 (w3)'])
  })

  it('leads nowhere once that is gone, whatever others there are', async () => {
    room('w2')
    await proven('w3', 1)
    expect(await whoHolds()).toEqual([])
  })

  it('leads there for an agent that has none of its own any more', async () => {
    room('w2')
    await proven('w2', 1)
    expect(await whoHolds({...owner, workspace: undefined})).toContain('workspace room w2 (w2)')
  })

  it('leads there alone, not to the agent of another patrol.yaml as well', async () => {
    room('w2')
    await proven('w2', 1, {agent: 'team-b'})
    expect(await whoHolds()).toEqual(['workspace room w2 (w2)'])
  })

  it('leads to one that is listed even where the platform can not read it by itself', async () => {
    room('w2')
    await proven('w2', 1)
    const deps = world.deps(store)
    const read = async () => Promise.reject(new OpsError('PLATFORM_UNAVAILABLE', 'not now.'))
    expect(await whoHolds(owner, {...deps, platform: {...deps.platform, read}})).toEqual(['workspace room w2 (w2)'])
  })

  it('that is told by its secret is found among some that have none', async () => {
    world.others.push({workspace: {...world.workspace, id: 'w2', name: 'bare'}})
    room('w3')
    await proven(undefined, 1)
    expect(await whoHolds()).toEqual(['workspace room w3 (w3)'])
  })
})

describe('an agent of patrol.yaml that was proven on one of the tokens', () => {
  it.each([1, 2])('is asked, and not believed to be on another: %i', async (token) => {
    world.neighbours.push({agent: 'dev-b', user: 'b', workspace: 'w2', reference: undefined, lastEight: undefined})
    room('w2', `0000000${token}`)
    await proven('w2', token, {agent: 'dev-b', user: 'b'})
    const seen = await lookAtHolders(owner, [FIRST!, SECOND!], {repo: 'o/r', label: 'approved'}, world.deps(store))
    expect(seen).toMatchObject([{holder: {agent: 'dev-b'}, kind: 'held', only: token}])
    expect(world.calls).toContain('ask')
  })
})

describe('who says that it runs on one of several holds', () => {
  /** What dev-b holds, that has token 1 in patrol.yaml and says that it runs on it. */
  const only = async () => {
    world.neighbours.push({agent: 'dev-b', user: 'b', workspace: 'w2', reference: undefined, lastEight: '00000001'})
    const seen = await lookAtHolders(owner, [FIRST!, SECOND!], {repo: 'o/r', label: 'approved'}, world.deps(store))
    const own = seen.find(({holder}) => holder.agent === 'dev-b')
    expect(own).toMatchObject({kind: 'held'})
    return own!.only
  }

  it('that one alone where its secret was proven to be it, and is as it was', async () => {
    room('w2', '00000001')
    await proven('w2', 1, {agent: 'dev-b'})
    expect(await only()).toBe(1)
  })

  it.each<[what: string, secretAt: string | undefined, workspace: string, provenAt: string | undefined]>([
    ['it was another workspace’s that was, at the same time', THEN, 'w3', THEN],
    ['it was written since', LATER, 'w2', THEN],
  ])('all of them where %s', async (_, secretAt, workspace, secretUpdatedAt) => {
    room('w2', '00000001', secretAt)
    await proven(workspace, 1, {agent: 'dev-b', secretUpdatedAt})
    expect(await only()).toBeUndefined()
  })

  it.each([
    ['a global one', true, GLOBAL_SINCE],
    ['none, as it had then', false, undefined],
  ])('all of them where its secret is %s', async (_, isGlobal, secretUpdatedAt) => {
    world.globalSecret = isGlobal
    world.others.push({workspace: {...world.workspace, id: 'w2', name: 'bare'}, reports: '00000001'})
    await proven('w2', 1, {agent: 'dev-b', secretUpdatedAt})
    expect(await only()).toBeUndefined()
  })

  it('all of them where it was proven on another platform, in what has the same id', async () => {
    const state = await openState(':memory:')
    const gitea = 'https://git.example.org'
    store = await state.at({gitea, platform: 'https://agents.example.org'})
    const staging = await state.at({gitea, platform: 'https://staging.example.org'})
    await staging.ledger.apply([{kind: 'deployed', deployment: proofIn('w2', 1)}])
    room('w2', '00000001')
    expect(await only()).toBeUndefined()
  })
})

it('a way out for a workspace of nobody’s that does not say is to pass it over, not to rotate it', async () => {
  room('w2')
  await proven('w2', 1)
  const error: unknown = await go().catch((thrown: unknown) => thrown)
  const id = await openId()
  const suggestions = [`patrol rotation resume ${id} --allow-unproven-holders`, `patrol rotation resume ${id}`]
  expect(error).toMatchObject({...HELD, suggestions})
})

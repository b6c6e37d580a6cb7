import {beforeEach, describe, expect, it} from 'vitest'
import {OpsError} from '../../../src/errors.ts'
import {finishDue, planRotation, resumeRotation, rotate, type RotationRequest} from '../../../src/rotation/index.ts'
import type {Neighbour, Workspace} from '../../../src/rotation/ports.ts'
import type {Store} from '../../../src/store/index.ts'
import {request, storeInMemory, World} from '../../support/world.ts'

const OTHER = '22222222-2222-4222-8222-222222222222'
const NEW = 'another1'

let world: World
let store: Store
beforeEach(async () => {
  world = new World()
  store = await storeInMemory()
})

const go = (ask: Partial<RotationRequest> = {}) => rotate(request(ask), world.deps(store))
const openId = async (): Promise<string> => (await store.journal.list({open: true}))[0]!.id
const resume = async (waive = {}) => resumeRotation(await openId(), world.deps(store), {waive})
const oldLives = (): boolean => world.alive('00000001')

/** Another workspace, and what its agent says when asked. */
function room(change: Partial<Workspace> = {}, reports?: string | OpsError, secretAt?: string): void {
  const workspace = {...world.workspace, id: OTHER, name: 'dev-b', ...change}
  world.others.push({workspace, ...(reports !== undefined && {reports}), ...(secretAt !== undefined && {secretAt})})
}

function neighbour(change: Partial<Neighbour> = {}): void {
  const usual = {agent: 'agent-dev-b', user: 'b', workspace: 'dev-b', reference: undefined, lastEight: undefined}
  world.neighbours.push({...usual, ...change})
}

async function heldBecause(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof OpsError)) throw new Error('it was not held', {cause: error})
  expect(error).toMatchObject({code: 'REVOCATION_HELD', category: 'incomplete'})
  expect(world.violations).toEqual([])
  expect(oldLives()).toBe(true)
  return error.message
}

/** Why somebody may run on the old token, …00000001. */
const LEADS: {name: string; lead: () => void; why: RegExp}[] = [
  {
    name: 'the same Gitea user, in whatever case',
    lead: () => neighbour({user: 'Agent-Dev-A'}),
    why: /agent-dev-b in workspace dev-b \(2222.*\) is the same Gitea user/,
  },
  {
    name: 'a reference to the old token',
    lead: () => neighbour({lastEight: '00000001'}),
    why: /agent-dev-b .* has …00000001 as its token in patrol.yaml/,
  },
  {
    name: 'the same place for its token',
    lead: () => {
      world.neighbours.push({
        agent: 'dev-a',
        user: 'agent-dev-a',
        workspace: 'dev-a',
        reference: 'exec:x',
        lastEight: undefined,
      })
      neighbour({reference: 'exec:x'})
    },
    why: /agent-dev-b .* has its token in the same place as dev-a/,
  },
  {
    name: 'a global secret',
    lead: () => void (world.globalSecret = true),
    why: /workspace dev-b \(2222.*\) gets its GITEA_TOKEN from the global secret/,
  },
  {
    name: 'the same name, made anew',
    lead: () => void (world.others[0]!.workspace.name = 'dev-a'),
    why: /workspace dev-a \(2222.*\) bears the same name/,
  },
]

describe.each(LEADS)('another holder by $name', ({lead, why}) => {
  it('stands in the plan', async () => {
    room()
    lead()
    const {holders} = await planRotation(request(), world.deps(store))
    expect(holders.map((holder) => `${holder.who} ${holder.why}`)).toEqual([expect.stringMatching(why)])
    expect(world.calls).not.toContain('ask')
  })

  it('holds the revocation while it does not say what it runs on', async () => {
    room()
    lead()
    expect(await heldBecause(go())).toMatch(why)
    expect(await heldBecause(resume())).toMatch(/asked and did not say/)
  })

  it('holds it whatever is waived when it says that it runs on the old token', async () => {
    room({}, '00000001')
    lead()
    await heldBecause(go())
    expect(await heldBecause(resume({unprovenHolders: true}))).toMatch(/it runs on …00000001/)
  })

  it('is no obstacle when it reports another token', async () => {
    room({}, NEW)
    lead()
    await go()
    expect(oldLives()).toBe(false)
    expect(world.calls).toContain('ask')
  })
})

describe('who is asked', () => {
  beforeEach(() => neighbour({lastEight: '00000001'}))

  it('is asked once, however many tokens are revoked', async () => {
    room({}, NEW)
    world.addToken('patrol.dev-a.20261101.earlier000', ['read:issue'])
    await go({deployedLastEight: '00000001', waive: {foreignRotation: true}})
    expect(world.tokens.map(({lastEight}) => lastEight)).toEqual([world.process.lastEight])
    expect(world.calls.filter((call) => call === 'ask')).toHaveLength(1)
  })

  it('is not asked where nothing is left that could be revoked', async () => {
    room({})
    await go({overlapMs: 3_600_000})
    world.tokens.shift()
    world.advance(2 * 3_600_000)
    expect(await finishDue(world.deps(store))).toMatchObject({held: []})
    expect(world.calls).not.toContain('ask')
  })
})

it('who was last proven on the old token is a holder', async () => {
  room()
  neighbour()
  const deployed = {agent: 'agent-dev-b', user: 'agent-dev-a', token: 1, lastEight: '00000001', at: world.now}
  await store.ledger.apply([{kind: 'deployed', deployment: {...deployed, secretUpdatedAt: undefined}}])
  expect(await heldBecause(go())).toMatch(/agent-dev-b .* was last proven on …00000001/)
})

describe('a proof of the ledger', () => {
  const proven = async (secretUpdatedAt: string): Promise<void> => {
    const deployment = {agent: 'agent-dev-b', user: 'b', token: 9, lastEight: NEW, at: world.now, secretUpdatedAt}
    await store.ledger.apply([{kind: 'deployed', deployment}])
    neighbour({lastEight: '00000001'})
  }

  it('spares the question while the secret is as it was then', async () => {
    room({}, undefined, 'then')
    await proven('then')
    await go()
    expect(oldLives()).toBe(false)
    expect(world.calls).not.toContain('ask')
  })

  it('is worth nothing once somebody has written the secret', async () => {
    room({}, undefined, 'later')
    await proven('then')
    expect(await heldBecause(go())).toMatch(/asked and did not say/)
  })
})

describe('who can not be asked holds the revocation', () => {
  it.each([
    {name: 'a sleeping workspace', status: 'paused', says: /it is paused and was not asked/},
    {name: 'one that fails', status: 'failed', says: /it is failed and was not asked/},
  ])('$name', async ({status, says}) => {
    room({status}, NEW)
    neighbour({user: 'agent-dev-a'})
    expect(await heldBecause(go())).toMatch(says)
    expect(world.calls).not.toContain('ask')
  })

  it('an agent without a workspace', async () => {
    neighbour({user: 'agent-dev-a'})
    expect(await heldBecause(go())).toMatch(/agent-dev-b is .*no workspace of it that could be asked/)
  })

  it('one whose answer is an error', async () => {
    room({}, new OpsError('PLATFORM_UNREACHABLE', 'nobody there.'))
    neighbour({user: 'agent-dev-a'})
    expect(await heldBecause(go())).toMatch(/could not be asked: nobody there/)
  })
})

describe('the flag of its own', () => {
  beforeEach(() => {
    room()
    neighbour({lastEight: '00000001'})
  })

  it('lets the rotation revoke, and says who may stop', async () => {
    await expect(go({waive: {unprovenHolders: true}})).resolves.toMatchObject({phase: 'completed'})
    expect(world.warned).toMatch(/Others may stop.*\n.*agent-dev-b/)
  })

  it('does so in a later run, whose error names it', async () => {
    const error = await go().catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      suggestions: [
        'patrol smoke agent-dev-b',
        `patrol rotation resume ${await openId()} --allow-unproven-holders`,
        `patrol rotation resume ${await openId()}`,
      ],
    })
    await expect(resume({unprovenHolders: true})).resolves.toMatchObject({phase: 'completed'})
  })

  it('is not needed for a holder of some other token', async () => {
    world.neighbours = []
    neighbour({lastEight: 'ffffffff'})
    await expect(go()).resolves.toMatchObject({phase: 'completed'})
  })
})

it('a workspace that was made anew during the overlap is looked for by a late revocation', async () => {
  await go({overlapMs: 3_600_000})
  world.workspace.status = 'removed'
  room({name: 'dev-a', status: 'online'})
  neighbour({agent: 'dev-a', workspace: 'dev-a'})
  world.advance(2 * 3_600_000)
  const {held} = await finishDue(world.deps(store))
  expect(held).toMatchObject([
    {code: 'REVOCATION_HELD', message: expect.stringMatching(/workspace of dev-a in patrol.yaml now/)},
  ])
  expect(oldLives()).toBe(true)
  world.others[0]!.reports = NEW
  expect(await finishDue(world.deps(store))).toMatchObject({held: [], revoked: [{token: {id: 1}}]})
})

it.each([{workspace: 'dev-a'}, {workspace: '11111111-2222-4333-8444-555555555555'}])(
  'two agents in one workspace, the one by name and the other by id, are refused before any write: $workspace',
  async ({workspace}) => {
    neighbour({workspace})
    await expect(go()).rejects.toMatchObject({code: 'GUARD_SHARED_WORKSPACE', category: 'refused'})
    expect(world.calls).not.toContain('mint')
  },
)

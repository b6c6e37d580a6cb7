import {beforeEach, describe, expect, it} from 'vitest'
import {OpsError} from '../../../src/errors.ts'
import {
  finishDue,
  planRestart,
  planRotation,
  pushSecret,
  resumeRotation,
  rotate,
  type RotationRequest,
} from '../../../src/rotation/index.ts'
import {holdersOf} from '../../../src/rotation/holders.ts'
import {lookAtHolders} from '../../../src/rotation/hold.ts'
import type {Neighbour, Workspace} from '../../../src/rotation/ports.ts'
import {openState, type Store} from '../../../src/store/index.ts'
import type {Placement} from '../../../src/story/ports.ts'
import {
  GLOBAL_SINCE,
  madeUpValue,
  pushOf,
  request,
  LATER,
  storeInMemory,
  THEN,
  World,
  WORKSPACE,
} from '../../support/world.ts'

const OTHER = '22222222-2222-4222-8222-222222222222'
/** The end of the new token, which the rotation mints, and that of a token of user b. */
const [NEW, OF_B] = ['00000002', '00000900']

let world: World
let store: Store
beforeEach(async () => {
  world = new World()
  store = await storeInMemory()
  world.tokens.push({id: 900, name: 'of b', scopes: [], user: 'b', value: madeUpValue(900), lastEight: OF_B})
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
    why: /agent-dev-b in workspace dev-b \(2222.*\) is the same user/,
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
  {
    name: 'the same name with a number',
    lead: () => {
      const other = world.others[0]!
      other.workspace.name = 'dev-a (2)'
      other.secretAt = '2026-11-01T00:00:00Z'
    },
    why: /workspace dev-a \(2\) \(2222.*\) has the same name but for its number, and a GITEA_TOKEN that may be/,
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

describe('who holds a token', () => {
  const owner = {
    agent: 'dev-a',
    user: 'agent-dev-a',
    secretKey: 'GITEA_TOKEN',
    workspace: {id: WORKSPACE, name: 'dev-a'},
  }
  const token = {id: 1, name: 'agent token', lastEight: '00000001'}
  const own = {agent: 'dev-a', user: 'agent-dev-a', workspace: 'dev-a', reference: 'exec:x', lastEight: '00000001'}

  /** Looked up among these rooms and this inventory, by name. */
  const holders = async (agents: Neighbour[], tokens = [token]) => {
    const deps = {...world.deps(store), fleet: {...world.fleet, agents: async () => agents}}
    return (await holdersOf(owner, tokens, deps)).map(({who, agent, why}) => ({who, agent, why}))
  }
  const other = (change: Partial<Neighbour>): Neighbour => {
    const usual = {agent: 'agent-dev-b', user: 'b', workspace: 'dev-b', reference: undefined, lastEight: undefined}
    return {...usual, ...change}
  }

  it('is nobody for no token, and nobody is asked', async () => {
    world.globalSecret = true
    room()
    expect(await holders([other({user: 'agent-dev-a'})], [])).toEqual([])
    expect(world.calls).toEqual([])
  })

  it.each([
    ['another place', other({reference: 'exec:y'})],
    ['another token', other({lastEight: '00000002'})],
    ['no token that could be read', other({})],
  ])('is no agent that has %s in patrol.yaml', async (_, agent) => {
    room()
    expect(await holders([agent, own])).toEqual([])
  })

  it('is nobody else for a proof of its own', async () => {
    room()
    const deployed = {agent: 'dev-a', user: 'agent-dev-a', token: 1, lastEight: '00000001', at: world.now}
    await store.ledger.apply([{kind: 'deployed', deployment: {...deployed, secretUpdatedAt: undefined}}])
    expect(await holders([own, other({})])).toEqual([])
  })

  it('is told by the same place, wherever its own agent stands in the inventory, and only while it does', async () => {
    room()
    const twin = other({reference: 'exec:x'})
    const told = {agent: 'agent-dev-b', why: expect.stringContaining('same place as dev-a')}
    expect(await holders([twin, own])).toMatchObject([told])
    expect(await holders([own, twin])).toMatchObject([told])
    expect(await holders([twin])).toEqual([])
  })

  it('is a workspace for which nobody in patrol.yaml stands, by its name alone', async () => {
    room({name: 'dev-a', id: 'w2'})
    room({name: 'dev-a', id: 'w3'})
    const why = expect.stringContaining('bears the same name')
    const [second, third] = ['w2', 'w3'].map((id) => ({who: `workspace dev-a (${id})`, agent: undefined, why}))
    expect(await holders([{...own, workspace: WORKSPACE}])).toEqual([second, third])
  })

  it('is its own agent’s new workspace, as a workspace', async () => {
    room({name: 'elsewhere', id: 'w2'})
    const why = expect.stringContaining('the workspace of dev-a in patrol.yaml now')
    expect(await holders([{...own, workspace: 'w2'}])).toEqual([
      {who: 'workspace elsewhere (w2)', agent: undefined, why},
    ])
  })

  it('is every agent without a workspace, by its name', async () => {
    const [b, c] = ['agent-dev-b', 'agent-dev-c'].map((agent) => other({agent, user: 'AGENT-dev-a', workspace: 'gone'}))
    expect((await holders([own, b!, c!])).map(({who}) => who)).toEqual(['agent-dev-b', 'agent-dev-c'])
  })

  it('of a global secret is each workspace without its own, with its agent where it has one', async () => {
    world.globalSecret = true
    room({id: 'w2', name: 'dev-b'})
    room({id: 'w3', name: 'dev-c'}, undefined, 'its own')
    room({id: 'w4', name: 'dev-d'})
    expect((await holders([own, other({})])).map(({who}) => who)).toEqual([
      'agent-dev-b in workspace dev-b (w2)',
      'workspace dev-d (w4)',
    ])
  })

  it('is not looked for in secrets where none is global', async () => {
    room()
    await holders([own])
    expect(world.calls).toEqual(['list workspaces', 'hasGlobalSecret'])
  })

  it('is no workspace whose secret the platform does not list', async () => {
    world.globalSecret = true
    room({id: 'w2'})
    const platform = {...world.platform, secretRow: async () => undefined}
    const deps = {...world.deps(store), platform, fleet: {...world.fleet, agents: async () => []}}
    expect((await holdersOf({...owner, workspace: {id: 'w1', name: 'x'}}, [token], deps)).map(({who}) => who)).toEqual(
      [],
    )
  })
})

describe('what is suggested for a holder', () => {
  const advised = async () => {
    const error: unknown = await go().catch((thrown: unknown) => thrown)
    if (!(error instanceof OpsError)) throw new Error('it was not held', {cause: error})
    return error.suggestions
  }

  it('that runs on it is a rotation of its own, and nothing that would pass it over', async () => {
    room({}, '00000001')
    neighbour({user: 'agent-dev-a'})
    room({id: 'w3', name: 'dev-c'})
    neighbour({agent: 'agent-dev-c', user: 'agent-dev-a', workspace: 'dev-c'})
    const suggestions = await advised()
    const goesOn = `patrol rotation resume ${await openId()}`
    expect(suggestions).toEqual(['patrol rotate agent-dev-b', 'patrol smoke agent-dev-c', goesOn])
  })

  it('that nobody in patrol.yaml stands for is a person’s word', async () => {
    room({name: 'dev-a'})
    const suggestions = await advised()
    expect(suggestions).toContain(`patrol rotation resume ${await openId()} --allow-unproven-holders`)
    expect(suggestions.join()).not.toMatch(/smoke|undefined/)
  })
})

describe('among several', () => {
  it('one that runs on it is not passed over for the sake of one that could not tell', async () => {
    room({}, '00000001')
    neighbour({user: 'agent-dev-a'})
    room({id: 'w3', name: 'dev-c'})
    neighbour({agent: 'agent-dev-c', user: 'agent-dev-a', workspace: 'dev-c'})
    expect(await heldBecause(go({waive: {unprovenHolders: true}}))).toMatch(/it runs on …00000001/)
  })

  it('old tokens, any one of them is enough', async () => {
    world.addToken('patrol.dev-a.20261101.earlier000', ['read:issue'])
    room({}, '00000001')
    neighbour({lastEight: '00000001'})
    const asked = {deployedLastEight: '00000001', waive: {foreignRotation: true}}
    expect(await heldBecause(go(asked))).toMatch(/it runs on …00000001/)
  })

  it('each is asked once, however many there are', async () => {
    for (let at = 1; at <= 10; at++) room({id: `x${at}`, name: 'dev-a'}, NEW)
    await go()
    expect(world.calls.filter((call) => call === 'ask')).toHaveLength(10)
  })
})

describe('what a holder says', () => {
  beforeEach(() => neighbour({lastEight: '00000001'}))

  it('counts for nothing while its secret may be newer than its process, which starts with that next', async () => {
    room({}, NEW, new Date(world.now - 1000).toISOString())
    expect(await heldBecause(go())).toMatch(/reports …00000002, but its GITEA_TOKEN may be newer than its process/)
  })

  it('counts for nothing where its process is replaced while it is asked', async () => {
    const uptimes = [100_000, 1]
    let asked = false
    room({}, NEW, new Date(world.now - 600_000).toISOString())
    const deps = world.deps(store)
    const platform = {
      ...deps.platform,
      read: async (id: string) => {
        const workspace = await deps.platform.read(id)
        return workspace.id === OTHER ? {...workspace, uptimeSeconds: uptimes[Number(asked)]!} : workspace
      },
    }
    const fleet = {
      ...deps.fleet,
      ask: async (...parameters: Parameters<typeof deps.fleet.ask>) => {
        const word = await deps.fleet.ask(...parameters)
        asked = true
        return word
      },
    }
    expect(await heldBecause(rotate(request(), {...deps, platform, fleet}))).toMatch(/may be newer than its process/)
    expect(asked).toBe(true)
  })

  it.each([
    ['its own user', OF_B],
    ['the user whose token it may hold', NEW],
  ])('counts where it is the end of a live token of %s, and it is asked once', async (_, reports) => {
    room({}, reports)
    await go()
    expect(oldLives()).toBe(false)
    expect(world.calls.filter((call) => call === 'ask')).toHaveLength(1)
  })

  it.each([
    ['the beginning of the old token', 'cccccccc'],
    ['its middle, in capitals', 'CCC00000'],
    ['one that is nobody’s', 'deadbeef'],
    ['that of somebody else’s', '00000901'],
  ])('counts for nothing where it is no end of a live one: %s', async (_, reports) => {
    world.tokens.push({id: 901, name: 'of c', scopes: [], user: 'c', value: madeUpValue(901), lastEight: '00000901'})
    room({}, reports)
    const message = await heldBecause(go())
    expect(message).toContain('it names the end of no live token of b or agent-dev-a')
    expect(message).not.toContain(reports)
    expect(world.calls.filter((call) => call === 'ask')).toHaveLength(2)
    await expect(resume({unprovenHolders: true})).resolves.toMatchObject({phase: 'completed'})
  })

  it('is that it holds the old token where other characters of it are named, whatever is waived', async () => {
    const oldValue = world.old.value
    room({}, 'cccccccc')
    const asked = go({oldValue, waive: {unprovenHolders: true}})
    expect(await heldBecause(asked)).toMatch(/it runs on …00000001/)
    expect(world.calls.filter((call) => call === 'ask')).toHaveLength(1)
  })

  it('counts the second time, for models miscount', async () => {
    room()
    const said = ['deadbeef', OF_B]
    const ask = async () => said.shift()
    await rotate(request(), {...world.deps(store), fleet: {...world.fleet, ask}})
    expect([oldLives(), said]).toEqual([false, []])
  })

  it('can be of one user alone in a workspace that nobody in patrol.yaml stands for', async () => {
    world.neighbours = []
    room({name: 'dev-a'}, OF_B)
    expect(await heldBecause(go())).toContain('it names the end of no live token of agent-dev-a')
    await expect(resume({unprovenHolders: true})).resolves.toMatchObject({phase: 'completed'})
  })

  it('of its own user’s token counts for nothing where there is no such user', async () => {
    room({}, OF_B)
    const list = async (user: string) =>
      user === 'b' ? Promise.reject(new OpsError('GITEA_USER_UNKNOWN', 'There is no b.')) : world.tokenAdmin.list(user)
    const tokens = {...world.tokenAdmin, list}
    expect(await heldBecause(rotate(request(), {...world.deps(store), tokens}))).toContain('no live token of b or')
  })

  it('holds a late revocation by itself too', async () => {
    room({}, 'cccccccc')
    await go({overlapMs: 3_600_000})
    world.advance(2 * 3_600_000)
    const {held, revoked} = await finishDue(world.deps(store))
    expect([held, revoked]).toMatchObject([[{code: 'REVOCATION_HELD'}], []])
    expect(oldLives()).toBe(true)
  })

  it('against itself counts all the same', async () => {
    room({}, '00000001', new Date(world.now - 1000).toISOString())
    expect(await heldBecause(go())).toMatch(/it runs on …00000001/)
  })

  it('is not heard where its secret can not be looked at', async () => {
    room({}, NEW)
    const platform = {
      ...world.platform,
      secretRow: (id: string, key: string) =>
        id === OTHER
          ? Promise.reject(new OpsError('PLATFORM_UNAVAILABLE', 'not now.'))
          : world.platform.secretRow(id, key),
    }
    expect(await heldBecause(rotate(request(), {...world.deps(store), platform}))).toMatch(
      /could not be asked: not now/,
    )
  })
})

describe('a list of workspaces', () => {
  /** A rotation for which the platform's list, from the second time on, is this one. */
  const goOn = (later: Workspace[]) => {
    let lists = 0
    const list = async () => (++lists === 1 ? world.platform.list() : later)
    return rotate(request(), {...world.deps(store), platform: {...world.platform, list}})
  }

  it('without the own workspace is not believed while that is there, for it hides the others too', async () => {
    room({name: 'dev-a'}, '00000001')
    await expect(goOn([])).rejects.toMatchObject({
      code: 'PLATFORM_UNEXPECTED',
      category: 'incomplete',
      suggestions: expect.arrayContaining(['patrol doctor']),
    })
    expect(oldLives()).toBe(true)
  })

  it('with it is', async () => {
    await goOn([world.workspace])
    expect(oldLives()).toBe(false)
  })
})

describe('how old the process of a holder is', () => {
  const reading = async (thrown: Error, waive = {}) => {
    const deps = world.deps(store)
    const read = async (id: string) => (id === OTHER ? Promise.reject(thrown) : deps.platform.read(id))
    return rotate(request({waive}), {...deps, platform: {...deps.platform, read}})
  }
  const away = new OpsError('PLATFORM_UNAVAILABLE', 'The platform is away.')
  beforeEach(() => neighbour({lastEight: '00000001'}))

  it('is not known where that can not be read', async () => {
    room({}, NEW, THEN)
    expect(await heldBecause(reading(away))).toMatch(/reports …00000002, but its GITEA_TOKEN may be newer/)
  })

  it('is of no matter where it runs on the old token, whatever is waived', async () => {
    room({}, '00000001', THEN)
    expect(await heldBecause(reading(away, {unprovenHolders: true}))).toMatch(/it runs on …00000001/)
  })

  it.each([
    [new OpsError('INTERRUPTED', 'Stopped.'), {code: 'INTERRUPTED'}],
    [new TypeError('a bug'), {message: expect.stringContaining('a bug')}],
  ])('is looked for until %s', async (thrown, expected) => {
    room({}, NEW, THEN)
    await expect(reading(thrown)).rejects.toMatchObject(expected)
    expect(oldLives()).toBe(true)
  })
})

describe('asking a holder', () => {
  const asking = (thrown: Error) => {
    const ask = async () => Promise.reject(thrown)
    return rotate(request(), {...world.deps(store), fleet: {...world.fleet, ask}})
  }
  beforeEach(() => {
    room()
    neighbour({lastEight: '00000001'})
  })

  it.each([
    [new OpsError('INTERRUPTED', 'Stopped.'), {code: 'INTERRUPTED'}],
    [new TypeError('a bug'), {message: expect.stringContaining('a bug')}],
  ])('is broken off by %s', async (thrown, expected) => {
    await expect(asking(thrown)).rejects.toMatchObject(expected)
    expect(oldLives()).toBe(true)
  })
})

describe('who is asked', () => {
  beforeEach(() => neighbour({lastEight: '00000001'}))

  it('is asked once, however many tokens are revoked', async () => {
    room({}, OF_B)
    world.addToken('patrol.dev-a.20261101.earlier000', ['read:issue'])
    await go({deployedLastEight: '00000001', waive: {foreignRotation: true}})
    expect(world.tokens.map(({lastEight}) => lastEight)).toEqual([OF_B, world.process.lastEight])
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

describe('a workspace that the agent was moved away from', () => {
  const deployed = {agent: 'dev-a', user: 'agent-dev-a', token: 1, lastEight: '00000001', at: 0}
  const proven = (where: {workspace?: string; secretUpdatedAt?: string} = {workspace: OTHER}) =>
    store.ledger.apply([{kind: 'deployed', deployment: {secretUpdatedAt: undefined, ...deployed, ...where}}])

  it('is a holder of the token that the agent was proven on there, whatever is proven here since', async () => {
    room({}, '00000001')
    await proven()
    const why = /workspace dev-b \(2222.*\) is where dev-a was last proven on …00000001; it runs on …00000001/
    expect(await heldBecause(go())).toMatch(why)
    expect(await heldBecause(resume({unprovenHolders: true}))).toMatch(why)
  })

  it('stands in the plan, which takes its token for nobody else’s', async () => {
    room()
    await proven()
    const {holders, deployed: guess, superseded} = await planRotation(request(), world.deps(store))
    expect(holders).toMatchObject([{agent: undefined, workspace: {id: OTHER}}])
    expect([guess, superseded]).toMatchObject([null, [{id: 1}]])
    const known = await planRotation(request({deployedLastEight: '00000001'}), world.deps(store))
    expect(known.deployed).toMatchObject({id: 1})
  })

  it('is another agent’s by now, who is asked', async () => {
    room({}, NEW)
    neighbour()
    await proven()
    const {holders} = await planRotation(request(), world.deps(store))
    expect(holders).toMatchObject([{agent: 'agent-dev-b', workspace: {id: OTHER}}])
    await go()
    expect(oldLives()).toBe(false)
  })

  it('is none once it is gone, and none where it is the one that the agent works in', async () => {
    await proven()
    await proven({workspace: WORKSPACE})
    expect((await planRotation(request(), world.deps(store))).holders).toEqual([])
    await go()
    expect(oldLives()).toBe(false)
  })

  describe('holds the token that it says it runs on', () => {
    /** Asked of a rotation whose old tokens are 1 and 2. */
    const heldWith = async (how: {secretAt?: string; provenAt?: string; says?: string; external?: boolean} = {}) => {
      const {secretAt = THEN, provenAt = THEN, says = '00000001', external = false} = how
      room({...(external && {runtime: 'external'})}, says, secretAt)
      await proven({workspace: OTHER, secretUpdatedAt: provenAt})
      world.addToken('earlier', ['read:issue'])
      const error = await go({supersede: [1, 2]}).catch((thrown: unknown) => thrown)
      if (!(error instanceof OpsError)) throw new Error('it was not held', {cause: error})
      return {error, live: ['00000001', '00000002'].filter((lastEight) => world.alive(lastEight))}
    }

    it('alone, where its secret was proven to hold the same: the others go', async () => {
      const {error, live} = await heldWith()
      expect(error.message).toMatch(
        /^The old token …00000001 of dev-a is not revoked, .*\n.*it runs on …00000001\n.* 1 old left to revoke/,
      )
      expect([error.code, live]).toEqual(['REVOCATION_HELD', ['00000001']])
      expect(error.suggestions).toEqual([
        expect.stringMatching(
          /^give workspace dev-b \(2222.*\) an agent with a user of its own in patrol.yaml and rotate that, or delete/,
        ),
        `patrol rotation resume ${await openId()}`,
      ])
      world.others = []
      await expect(resume()).resolves.toMatchObject({phase: 'completed'})
      expect(world.alive('00000001')).toBe(false)
    })

    it('and tells of a process outside the platform that no deletion of its workspace stops', async () => {
      const {error} = await heldWith({external: true})
      expect(error.suggestions).toContainEqual(
        expect.stringMatching(/rotate that, or stop its process where it runs if nobody needs it$/),
      )
    })

    it.each([
      ['whose secret was written since', {secretAt: LATER}],
      ['that runs elsewhere, whatever its secret holds', {external: true}],
      ['that was proven on another of them than it says', {says: '00000002'}],
      ['that does not say', {says: 'none'}],
    ])('and all others, of a workspace %s', async (_, how) => {
      const {error, live} = await heldWith(how)
      expect([error.code, live]).toEqual(['REVOCATION_HELD', ['00000001', '00000002']])
      expect(error.message).toMatch(/^The old token of dev-a is not revoked/)
    })
  })

  it('is one too where the list lacks it', async () => {
    room({}, '00000001')
    await proven()
    const deps = world.deps(store)
    const list = async () => (await world.platform.list()).filter(({id}) => id !== OTHER)
    const holders = await planRotation(request(), {...deps, platform: {...deps.platform, list}})
    expect(holders.holders).toMatchObject([{workspace: {id: OTHER}}])
  })

  it('is known by its secret, where the proof is from before rooms were kept', async () => {
    room({id: '33333333-3333-4333-8333-333333333333', name: 'dev-c'}, NEW, LATER)
    room({}, '00000001', THEN)
    await proven({secretUpdatedAt: THEN})
    expect(await heldBecause(go())).toMatch(
      /workspace dev-b .* is where dev-a was last proven on …00000001; it runs on/,
    )
  })

  it('is not looked for by a secret that nobody saw, nor by what another agent’s was', async () => {
    room({}, '00000001', THEN)
    await proven({})
    await store.ledger.apply([{kind: 'deployed', deployment: {...deployed, agent: 'team-b', secretUpdatedAt: THEN}}])
    const {holders} = await planRotation(request(), world.deps(store))
    expect(holders).toMatchObject([{who: 'agent team-b', workspace: undefined}])
  })
})

describe('an agent on another platform of the same Gitea', () => {
  const gitea = 'https://git.example.org'
  /** Both in one state file; the other's agent is proven on the old token. */
  const elsewhere = async (agent: string, workspace: string, placement?: Placement): Promise<void> => {
    const state = await openState(':memory:')
    store = await state.at({gitea, platform: 'https://agents.example.org'})
    const staging = await state.at({gitea, platform: 'https://staging.example.org'})
    const proof = {agent, workspace, user: 'agent-dev-a', token: 1, lastEight: '00000001', secretUpdatedAt: THEN, at: 0}
    await staging.ledger.apply([{kind: 'deployed', deployment: proof}])
    if (placement) await staging.ledger.apply([{kind: 'placed', placement}])
  }

  it('or of a copy of it, whose address is named with the way on', async () => {
    const state = await openState(':memory:')
    store = await state.at({gitea, platform: 'https://agents.example.org'})
    const copy = await state.at({gitea: 'https://copy.example.org', platform: 'https://staging.example.org'})
    const deployment = {agent: 'dev-a', workspace: 'w9', user: 'agent-dev-a', token: 1, lastEight: '00000001', at: 0}
    await copy.ledger.apply([{kind: 'deployed', deployment: {...deployment, secretUpdatedAt: THEN}}])
    expect(await heldBecause(go())).toContain(
      'agent dev-a of https://staging.example.org was last proven on …00000001 on the server at https://copy.example.org, which is this one or a copy of it (if that is an earlier address of this server, name it under "formerly" in patrol.yaml); ',
    )
    await expect(resume()).rejects.toMatchObject({
      suggestions: [expect.stringMatching(/ --allow-unproven-holders$/), expect.anything()],
    })
    await expect(resume({unprovenHolders: true})).resolves.toMatchObject({phase: 'completed'})
  })

  it('is named with the way on as well where only the address of Gitea is another', async () => {
    room({}, '00000001')
    const state = await openState(':memory:')
    store = await state.at({gitea, platform: 'https://agents.example.org'})
    const copy = await state.at({gitea: 'https://copy.example.org', platform: 'https://agents.example.org'})
    const proof = {agent: 'dev-a', workspace: OTHER, user: 'agent-dev-a', token: 1, lastEight: '00000001', at: 0}
    await copy.ledger.apply([{kind: 'deployed', deployment: {...proof, secretUpdatedAt: THEN}}])
    expect(await heldBecause(go())).toContain(
      'is where dev-a was last proven on …00000001 on the server at https://copy.example.org, which is this one or a copy of it (if that is an earlier address of this server, name it under "formerly" in patrol.yaml); ',
    )
  })

  it.each([
    ['of the same name', 'dev-a', 'w9'],
    ['of the same name, in what has the id of its own workspace', 'dev-a', WORKSPACE],
    ['of the name of another one of ours, who reports another token', 'agent-dev-b', OTHER],
  ])('%s is a holder that cannot be asked', async (_, agent, workspace) => {
    room({}, NEW)
    neighbour()
    await elsewhere(agent, workspace)
    const why = `agent ${agent} of https://staging.example.org was last proven on …00000001 (if that is an earlier address of this server, name it under "formerly" in patrol.yaml); patrol.yaml does not have it`
    expect(await heldBecause(go({deployedLastEight: '00000001'}))).toContain(why)
    expect(world.calls).not.toContain('ask')
    await expect(resume({unprovenHolders: true})).resolves.toMatchObject({phase: 'completed'})
  })

  it.each([
    ['w9', 'workspace there (w9) of https://staging.example.org was made with it for dev-b (if'],
    [
      undefined,
      'workspace there of https://staging.example.org may be the workspace that was to be made with it for dev-b (if',
    ],
  ])('is one too where the token was only sent: %s', async (id, told) => {
    const state = await openState(':memory:')
    store = await state.at({gitea, platform: 'https://agents.example.org'})
    const staging = await state.at({gitea, platform: 'https://staging.example.org'})
    const sent = {
      user: 'b',
      secretKey: 'GITEA_TOKEN',
      token: {id: 1, lastEight: '00000001'},
      rotation: undefined,
      at: 0,
    }
    const placement = {...sent, agent: 'dev-b', workspace: {id, name: 'there'}, how: 'created' as const}
    await staging.ledger.apply([{kind: 'placed', placement}])
    expect(await heldBecause(go())).toContain(told)
    expect(world.calls).not.toContain('ask')
    await expect(resume({unprovenHolders: true})).resolves.toMatchObject({phase: 'completed'})
  })

  it.each([
    ['another workspace of it', 'https://staging.example.org', 'w8', 2],
    ['a workspace of the same id on a third', 'https://third.example.org', 'w9', 2],
    ['two others', 'https://third.example.org', 'w8', 3],
    ['the workspace of that proof', 'https://staging.example.org', 'w9', 1],
  ])('is told besides a proof there where the token was sent to %s', async (_, platform, id, many) => {
    const state = await openState(':memory:')
    store = await state.at({gitea, platform: 'https://agents.example.org'})
    const proof = {agent: 'dev-z', workspace: 'w9', user: 'z', token: 1, lastEight: '00000001', at: 0}
    const staging = await state.at({gitea, platform: 'https://staging.example.org'})
    await staging.ledger.apply([{kind: 'deployed', deployment: {...proof, secretUpdatedAt: THEN}}])
    const sent = {agent: 'dev-z', user: 'z', secretKey: 'GITEA_TOKEN', rotation: 'r', at: 0, how: 'pushed' as const}
    const placement = {...sent, workspace: {id, name: 'dev-b'}, token: {id: 1, lastEight: '00000001'}}
    const {ledger} = await state.at({gitea, platform})
    await ledger.apply([{kind: 'placed', placement}])
    if (many > 2) await ledger.apply([{kind: 'placed', placement: {...placement, workspace: {id: 'w7', name: 'x'}}}])
    neighbour({user: 'c'})
    const {holders} = await planRotation(request(), world.deps(store))
    expect(holders.map(({agent}) => agent)).toEqual(Array.from({length: many}, () => undefined))
  })

  it.each([
    ['of its own agent is told: that was moved', 'dev-a', 1],
    ['of a stranger is told by his proof', 'dev-z', 1],
  ])('without a platform, the workspace of a proof %s', async (_, agent, many) => {
    const deployment = {
      agent,
      workspace: 'w9',
      user: 'z',
      token: 1,
      lastEight: '00000001',
      secretUpdatedAt: THEN,
      at: 0,
    }
    const sent = {agent, user: 'z', secretKey: 'GITEA_TOKEN', rotation: 'r', at: 0, how: 'pushed' as const}
    const placement = {...sent, workspace: {id: 'w9', name: 'there'}, token: {id: 1, lastEight: '00000001'}}
    await store.ledger.apply([
      {kind: 'deployed', deployment},
      {kind: 'placed', placement},
    ])
    const owner = {agent: 'dev-a', user: 'agent-dev-a', secretKey: 'GITEA_TOKEN', workspace: undefined}
    const tokens = [{id: 1, name: 'x', lastEight: '00000001'}]
    const holders = await holdersOf(owner, tokens, {...world.deps(store), platform: undefined})
    expect(holders).toHaveLength(many)
    expect(holders[0]!.who).toBe(agent === 'dev-a' ? 'workspace there (w9)' : 'agent dev-z')
  })

  it('stands in the plan, once', async () => {
    const placement = {
      agent: 'dev-a',
      user: 'agent-dev-a',
      workspace: {id: 'w9', name: 'there'},
      secretKey: 'GITEA_TOKEN',
      token: {id: 1, lastEight: '00000001'},
      how: 'pushed' as const,
      rotation: 'rot9',
      at: 0,
    }
    await elsewhere('dev-a', 'w9', placement)
    const {holders} = await planRotation(request(), world.deps(store))
    expect(holders).toHaveLength(1)
  })

  it('stands in the plan', async () => {
    await elsewhere('dev-a', 'w9')
    const {holders} = await planRotation(request(), world.deps(store))
    expect(holders).toMatchObject([
      {agent: undefined, workspace: undefined, who: 'agent dev-a of https://staging.example.org'},
    ])
  })
})

describe('a workspace to which the token was sent under another name', () => {
  const STORES = `store another token of agent-dev-a as FORGE_TOKEN of workspace dev-b (${OTHER}) in the canvas, and restart the workspace`
  const STARTS = `have the operator of workspace dev-b (${OTHER}) start its process with another token of agent-dev-a in FORGE_TOKEN`
  it.each<[string, () => void, Partial<Workspace>, string]>([
    ['of the same user', () => neighbour({user: 'agent-dev-a'}), {}, STORES],
    ['that nobody else leads to', () => {}, {}, STORES],
    ['that runs elsewhere', () => {}, {runtime: 'external'}, STARTS],
  ])('is asked about that as well: one %s', async (_, lead, there, what) => {
    room(there, '00000001')
    lead()
    const of = {agent: 'dev-a', user: 'agent-dev-a', rotation: 'r', at: 0, how: 'pushed' as const}
    const placement = {...of, workspace: {id: OTHER, name: 'dev-b'}, token: {id: 1, lastEight: '00000001'}}
    await store.ledger.apply([{kind: 'placed', placement: {...placement, secretKey: 'FORGE_TOKEN'}}])
    const deps = world.deps(store)
    const ask: typeof deps.fleet.ask = async (_room, {secretKey}) => (secretKey === 'FORGE_TOKEN' ? '00000001' : OF_B)
    const held = heldBecause(rotate(request(), {...deps, fleet: {...deps.fleet, ask}}))
    expect(await held).toMatch(
      /workspace dev-b \(2222.*\) is where rotation r sent it, as FORGE_TOKEN; it runs on …00000001/,
    )
    // No rotation of its agent writes that secret.
    const again = resumeRotation(await openId(), {...deps, fleet: {...deps.fleet, ask}})
    const advice: unknown = await again.catch((error: unknown) =>
      error instanceof OpsError ? error.suggestions : error,
    )
    expect(advice).toContain(what)
    expect(advice).not.toContain('patrol rotate agent-dev-b')
    expect(String(advice)).not.toContain('give workspace')
  })

  it('is not told what to do about that while nobody knows whether it has it', async () => {
    room({status: 'paused'})
    const of = {agent: 'dev-a', user: 'agent-dev-a', rotation: undefined, at: 0, how: 'found' as const}
    const placement = {...of, workspace: {id: OTHER, name: 'dev-b'}, token: {id: 1, lastEight: '00000001'}}
    await store.ledger.apply([{kind: 'placed', placement: {...placement, secretKey: 'FORGE_TOKEN'}}])
    expect(await heldBecause(go())).toContain(
      'is where it may have been in use when the onboarding of dev-a was given up, as FORGE_TOKEN; it is paused',
    )
    await expect(resume()).rejects.toMatchObject({
      suggestions: [
        expect.stringMatching(/--allow-unproven-holders$/),
        expect.stringMatching(/^patrol rotation resume/),
      ],
    })
  })
})

describe('a workspace in which an agent was proven under another name', () => {
  it('is asked about ours, where it was another token that was sent there under that', async () => {
    room({}, '00000001')
    const proof = {agent: 'dev-z', workspace: OTHER, user: 'agent-dev-a', token: 1, lastEight: '00000001', at: 0}
    const of = {agent: 'dev-z', user: 'agent-dev-a', rotation: undefined, at: 0, how: 'heard' as const}
    const placement = {...of, workspace: {id: OTHER, name: 'dev-b'}, secretKey: 'FORGE_TOKEN'}
    world.addToken('second', ['read:issue'])
    await store.ledger.apply([
      {kind: 'deployed', deployment: {...proof, secretUpdatedAt: undefined}},
      {kind: 'placed', placement: {...placement, token: {id: 2, lastEight: '00000002'}}},
    ])
    const owner = {agent: 'dev-a', user: 'agent-dev-a', secretKey: 'GITEA_TOKEN', workspace: world.workspace}
    const found = await holdersOf(owner, world.tokens, world.deps(store))
    expect(found.map(({workspace, secretKey}) => [workspace?.id, secretKey])).toEqual([
      [OTHER, undefined],
      [OTHER, 'FORGE_TOKEN'],
    ])
  })

  it('is asked about that name, and not about ours, which says nothing of the token', async () => {
    room({}, '00000001')
    const proof = {agent: 'dev-z', workspace: OTHER, user: 'agent-dev-a', token: 1, lastEight: '00000001', at: 0}
    const of = {agent: 'dev-z', user: 'agent-dev-a', rotation: undefined, at: 0, how: 'heard' as const}
    const placement = {...of, workspace: {id: OTHER, name: 'dev-b'}, token: {id: 1, lastEight: '00000001'}}
    await store.ledger.apply([
      {kind: 'deployed', deployment: {...proof, secretUpdatedAt: undefined}},
      {kind: 'placed', placement: {...placement, secretKey: 'FORGE_TOKEN'}},
    ])
    const asked: string[] = []
    const deps = world.deps(store)
    const ask: typeof deps.fleet.ask = async (_room, {secretKey}) => (asked.push(secretKey), '00000001')
    expect(await heldBecause(rotate(request(), {...deps, fleet: {...deps.fleet, ask}}))).toContain(
      'is where dev-z reported it, as FORGE_TOKEN; it runs on …00000001',
    )
    expect(new Set(asked)).toEqual(new Set(['FORGE_TOKEN']))
  })
})

describe('what a holder says that it runs on', () => {
  it('is kept: whoever revokes that later has to ask there', async () => {
    world.addToken('by hand', ['read:issue'])
    const t7 = world.tokens.at(-1)!
    room({}, t7.lastEight, LATER)
    const of = {
      agent: 'dev-a',
      user: 'agent-dev-a',
      secretKey: 'GITEA_TOKEN',
      rotation: 'r',
      at: 0,
      how: 'pushed' as const,
    }
    const placement = {...of, workspace: {id: OTHER, name: 'dev-b'}, token: {id: 1, lastEight: '00000001'}}
    await store.ledger.apply([{kind: 'placed', placement}])
    await go({deployedLastEight: '00000001'}).catch(() => {})
    expect(await store.ledger.placesOf([t7])).toMatchObject([
      {how: 'heard', workspace: {id: OTHER, name: 'dev-b'}, secretKey: 'GITEA_TOKEN', token: {id: t7.id}},
    ])
    const owner = {agent: 'dev-a', user: 'agent-dev-a', secretKey: 'GITEA_TOKEN', workspace: world.workspace}
    const holders = await holdersOf(owner, [t7], world.deps(store))
    expect(holders).toMatchObject([{workspace: {id: OTHER}, why: 'is where dev-b reported it'}])
  })
})

describe('what a holder says, where that can’t be noted', () => {
  it.each([
    ['another token', OF_B, 'unproven', `it reports …${OF_B}, which could not be noted: Somebody else writes.`],
    ['one that is to go', '00000001', 'held', 'it runs on …00000001'],
  ])('holds the token all the same: %s', async (_, says, kind, line) => {
    room({}, says)
    neighbour({lastEight: '00000001'})
    const {ledger, ...deps} = world.deps(store)
    const apply = () => Promise.reject(new OpsError('STORE_BUSY', 'Somebody else writes.'))
    const owner = {agent: 'dev-a', user: 'agent-dev-a', secretKey: 'GITEA_TOKEN', workspace: world.workspace}
    const errand = {repo: 'acme/core', label: 'approved'}
    const within = {...deps, ledger: {...ledger, apply}}
    expect(await lookAtHolders(owner, [{id: 1, name: 'n', lastEight: '00000001'}], errand, within)).toMatchObject([
      {kind, line: expect.stringContaining(line)},
    ])
  })
})

describe('a workspace that was to be made with the token', () => {
  const sent = (id: string | undefined, name: string) => {
    const of = {agent: 'dev-a', user: 'agent-dev-a', secretKey: 'GITEA_TOKEN', rotation: undefined, at: 0}
    const token = {id: 1, lastEight: '00000001'}
    const placement = {...of, token, workspace: {id, name}, how: 'created' as const}
    return store.ledger.apply([{kind: 'placed', placement}])
  }

  it('holds it after an onboarding was given up and its agent was moved away', async () => {
    room({name: 'first'}, '00000001')
    await sent(OTHER, 'first')
    expect(await heldBecause(go())).toContain(
      `workspace first (${OTHER}) was made with it for dev-a; it runs on …00000001`,
    )
  })

  it.each(['first', 'first (2)'])('is looked for by its name where nobody saw it: %s', async (name) => {
    room({name}, '00000001')
    await sent(undefined, 'first')
    expect(await heldBecause(go())).toContain(
      `workspace ${name} (${OTHER}) may be the workspace that was to be made with it for dev-a; it runs on …00000001`,
    )
  })

  it('is none of another name, and not its own', async () => {
    room({name: 'second'}, '00000001')
    await sent(undefined, 'first')
    await sent(undefined, world.workspace.name)
    await expect(go()).resolves.toMatchObject({phase: 'completed'})
  })
})

describe('an agent of another patrol.yaml', () => {
  const deployed = {agent: 'team-b', user: 'agent-dev-a', token: 1, lastEight: '00000001', at: 0}
  const proven = () => store.ledger.apply([{kind: 'deployed', deployment: {...deployed, secretUpdatedAt: undefined}}])

  it('that the ledger saw proven on the old token holds it, and nobody is asked', async () => {
    await proven()
    const why = /agent team-b was last proven on …00000001; patrol.yaml does not have it, so it was not asked/
    expect(await heldBecause(go())).toMatch(why)
    const [goesOn, passesOver] = [await openId(), `${await openId()} --allow-unproven-holders`]
    await expect(resume()).rejects.toMatchObject({
      suggestions: [`patrol rotation resume ${passesOver}`, `patrol rotation resume ${goesOn}`],
    })
    expect(world.calls).not.toContain('ask')
    await expect(resume({unprovenHolders: true})).resolves.toMatchObject({phase: 'completed'})
  })

  it('is none of ours, nor one that was proven on another token', async () => {
    await store.ledger.apply([
      {kind: 'deployed', deployment: {...deployed, agent: 'dev-a', secretUpdatedAt: undefined}},
      {kind: 'deployed', deployment: {...deployed, token: 2, lastEight: NEW, secretUpdatedAt: undefined}},
    ])
    await go()
    expect(oldLives()).toBe(false)
  })

  it('holds a token that bears its name, also where no ledger of ours knows of it', async () => {
    world.addToken('patrol.team-b.20261101.theirs0000', ['read:issue'])
    const error = await heldBecause(go({supersede: 'all', deployedLastEight: '00000001'}))
    expect(error).toMatch(
      /agent team-b is whom patrol.team-b.20261101.theirs0000 was minted for, by that name; patrol.yaml/,
    )
  })

  it('holds it once, whatever tells of it', async () => {
    world.tokens[0]!.name = 'patrol.team-b.20261101.theirs0000'
    await proven()
    expect((await heldBecause(go({supersede: [1]}))).match(/team-b is|team-b was/g)).toHaveLength(1)
  })

  it('is asked where it stands in this one as well, under whatever name that has', async () => {
    world.tokens[0]!.name = 'patrol.agent-dev-b.20261101.theirs0000'
    room({}, '00000001')
    neighbour()
    expect(await heldBecause(go({supersede: [1]}))).toMatch(
      /agent-dev-b in workspace dev-b .* is whom patrol.agent-dev-b.20261101.theirs0000 .*; it runs on …00000001/,
    )
  })
})

describe('a proof of the ledger', () => {
  const proven = async (secretUpdatedAt: string): Promise<void> => {
    const deployment = {agent: 'agent-dev-b', user: 'b', token: 9, lastEight: NEW, at: world.now, secretUpdatedAt}
    await store.ledger.apply([{kind: 'deployed', deployment}])
    neighbour({lastEight: '00000001'})
  }

  it('spares the question while the secret is as it was then, whatever was proven in another workspace since', async () => {
    room({}, undefined, THEN)
    await proven(THEN)
    const later = {agent: 'agent-dev-b', workspace: 'w9', user: 'b', token: 8, lastEight: '00000008', at: world.now}
    await store.ledger.apply([{kind: 'deployed', deployment: {...later, secretUpdatedAt: LATER}}])
    await go()
    expect(oldLives()).toBe(false)
    expect(world.calls).not.toContain('ask')
  })

  it.each([
    ['whose secret is gone', undefined, false],
    ['whose secret is the global one by now', GLOBAL_SINCE, true],
  ])('is worth nothing of a workspace %s', async (_, secretUpdatedAt, isGlobal) => {
    world.globalSecret = isGlobal
    room({})
    await proven(secretUpdatedAt ?? THEN)
    expect(await heldBecause(go())).toMatch(/asked and did not say/)
  })

  it('on the old token does not spare the question either, for it may have moved on', async () => {
    room({}, NEW, THEN)
    const deployment = {
      agent: 'agent-dev-b',
      user: 'b',
      token: 1,
      lastEight: '00000001',
      at: 0,
      secretUpdatedAt: THEN,
    }
    await store.ledger.apply([{kind: 'deployed', deployment}])
    neighbour({})
    await go()
    expect(oldLives()).toBe(false)
  })

  it('is not there for everybody: who has none is asked', async () => {
    room({}, NEW, THEN)
    neighbour({lastEight: '00000001'})
    await go()
    expect(oldLives()).toBe(false)
  })

  it('is not made good by an agent that says it has none where it was told to look', async () => {
    room({}, 'none', LATER)
    await proven(THEN)
    expect(await heldBecause(go())).toMatch(/it says that it has no token in GITEA_TOKEN/)
  })

  it('is worth nothing once somebody has written the secret', async () => {
    room({}, undefined, LATER)
    await proven(THEN)
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

it.each([
  ['dev-a (2)', undefined, 0],
  ['dev-a (12)', '2026-11-01T00:00:00Z', 1],
  ['dev (2)-a', '2026-11-01T00:00:00Z', 0],
  ['dev-a (2) old', '2026-11-01T00:00:00Z', 0],
  ['dev-a2', '2026-11-01T00:00:00Z', 0],
])('of "%s", whose secret was written %s, %i may hold it', async (name, secretAt, count) => {
  room()
  Object.assign(world.others[0]!, {secretAt})
  world.others[0]!.workspace.name = name
  expect((await planRotation(request(), world.deps(store))).holders).toHaveLength(count)
})

it('nobody is asked where there is no repository to ask about', async () => {
  room({name: 'dev-a'}, 'ffffffff')
  const {agent, user, secretKey} = request()
  const owner = {agent, user, secretKey, workspace: world.workspace}
  const [seen] = await lookAtHolders(owner, [world.old], {repo: undefined, label: 'approved'}, world.deps(store))
  expect(seen).toMatchObject({
    kind: 'unproven',
    line: expect.stringMatching(/; patrol\.yaml names no repository to ask it about$/),
  })
  expect(world.calls).not.toContain('ask')
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
    // `config check` reads the file alone, and finds it sound.
    const advice = ['give each a workspace of its own in patrol.yaml', 'patrol audit dev-a agent-dev-b']
    const refused = {code: 'GUARD_SHARED_WORKSPACE', category: 'refused', suggestions: advice}
    await expect(go()).rejects.toMatchObject(refused)
    await expect(pushSecret(pushOf(world), world.deps(store))).rejects.toMatchObject(refused)
    const restart = {workspace: WORKSPACE, agent: 'dev-a'}
    await expect(planRestart(restart, world.deps(store))).rejects.toMatchObject(refused)
    expect([world.calls.includes('mint'), world.puts]).toEqual([false, 0])
  },
)

import {beforeEach, describe, expect, it} from 'vitest'
import {abortRotation, planRotation, rotate, type RotationDeps} from '../../../src/rotation/index.ts'
import {OpsError} from '../../../src/errors.ts'
import {replay} from '../../../src/rotation/machine.ts'
import {holdersOf} from '../../../src/rotation/holders.ts'
import {abandonedTokens, keptBoth} from '../../../src/rotation/kept.ts'
import type {Store} from '../../../src/store/index.ts'
import {request, storeInMemory, USER, World, WORKSPACE} from '../../support/world.ts'

const [ELSEWHERE, BESIDE] = ['w2', 'w3']

let world: World
let store: Store
beforeEach(async () => {
  world = new World()
  store = await storeInMemory()
})

/** Stored and started, but the agent did not answer for its proof, and a person kept both sides. */
async function keepBoth(deps: RotationDeps = world.deps(store)): Promise<void> {
  world.agentDeaf = true
  await expect(rotate(request(), deps)).rejects.toMatchObject({category: 'incomplete'})
  world.advance(100_000)
  const [open] = await store.journal.list({open: true})
  await abortRotation(open!.id, deps, {keep: 'both'})
  world.agentDeaf = false
}

/** The agent is given another workspace, and the process in the one that it had goes on. */
function move(): string {
  const ran = world.process.lastEight
  world.others = [{workspace: world.workspace, secretAt: world.secret!.updatedAt}]
  world.workspace = {...world.workspace, id: ELSEWHERE, name: 'another room'}
  world.secret = undefined
  world.process = {...world.process, lastEight: 'nothing!'}
  world.neighbours = [{agent: 'dev-a', user: USER, workspace: ELSEWHERE, reference: undefined, lastEight: undefined}]
  return ran
}

describe('the workspace to which a rotation sent a token, or where it was to replace it', () => {
  it('holds what it left: its process lives after the agent was moved away', async () => {
    await keepBoth()
    const ran = move()
    const moved = request({workspace: ELSEWHERE})
    const {holders} = await planRotation(moved, world.deps(store))
    expect(holders.map(({workspace, why}) => [workspace?.id, why])).toEqual([
      [WORKSPACE, expect.stringMatching(/^is where rotation \S+ sent it$/)],
    ])
    expect(holders[0]).not.toHaveProperty('secretKey')
    const deps = world.deps(store)
    const fleet = {...deps.fleet, ask: async (room: string) => (room === WORKSPACE ? ran : undefined)}
    await expect(rotate(moved, {...deps, fleet})).rejects.toMatchObject({
      code: 'REVOCATION_HELD',
      message: expect.stringContaining(`sent it; it runs on …${ran}`),
    })
    expect(world.alive(ran)).toBe(true)
  })

  it('holds it also after one of those was deleted by hand', async () => {
    await keepBoth()
    move()
    world.tokens.shift()
    const {holders} = await planRotation(request({workspace: ELSEWHERE}), world.deps(store))
    expect(holders.map(({workspace}) => workspace?.id)).toEqual([WORKSPACE])
  })

  it('holds it for another agent of the same user, while that rotation is open or was ended for the new one', async () => {
    world.agentDeaf = true
    await expect(rotate(request(), world.deps(store))).rejects.toMatchObject({category: 'incomplete'})
    world.agentDeaf = false
    const [open] = await store.journal.list({open: true})
    const ran = move()
    const tokens = world.tokens.map(({id, name, lastEight}) => ({id, name, lastEight}))
    const twin = {agent: 'dev-b', user: USER, secretKey: 'GITEA_TOKEN', workspace: world.workspace}
    const places = async () => (await holdersOf(twin, tokens, world.deps(store))).map(({workspace}) => workspace?.id)
    expect(await places()).toContain(WORKSPACE)
    const deps = world.deps(store)
    world.advance(100_000)
    const fleet = {...deps.fleet, ask: async () => ran}
    await abortRotation(open!.id, {...deps, fleet}, {keep: 'both'})
    expect(await places()).toContain(WORKSPACE)
  })

  it('is not said to be none where the store can not be read', async () => {
    await keepBoth()
    const {ledger, ...deps} = world.deps(store)
    const placesOf = () => Promise.reject(new OpsError('STORE_BUSY', 'Somebody else writes.'))
    const owner = {agent: 'dev-b', user: USER, secretKey: 'GITEA_TOKEN', workspace: world.workspace}
    const found = holdersOf(owner, world.tokens, {...deps, ledger: {...ledger, placesOf}})
    await expect(found).rejects.toMatchObject({code: 'STORE_BUSY'})
  })

  it.each(['found', 'pushed'] as const)('holds it whatever its user is called by now: %s', async (how) => {
    await keepBoth()
    move()
    const kept = how === 'found' ? world.tokens[0]! : world.tokens[1]!
    const {id, name, lastEight} = kept
    const owner = {agent: 'dev-b', user: 'renamed', secretKey: 'GITEA_TOKEN', workspace: world.workspace}
    const holders = await holdersOf(owner, [{id, name, lastEight}], world.deps(store))
    expect(holders.find(({workspace}) => workspace?.id === WORKSPACE)).toMatchObject({
      why: expect.stringMatching(how === 'found' ? /may have been in use when rotation \S+ began$/ : /sent it$/),
    })
  })

  it('is named where there is no platform to ask it by, but not the one that the agent has', async () => {
    await keepBoth()
    const own = {agent: 'dev-a', user: USER, reference: undefined, lastEight: undefined}
    const owner = {agent: 'dev-a', user: USER, secretKey: 'GITEA_TOKEN', workspace: undefined}
    const found = async (workspace: string) => {
      world.neighbours = [{...own, workspace}]
      return holdersOf(owner, world.tokens, {...world.deps(store), platform: undefined})
    }
    expect(await found(ELSEWHERE)).toEqual([
      {
        who: `workspace ${world.workspace.name} (${WORKSPACE})`,
        agent: undefined,
        workspace: undefined,
        why: expect.stringMatching(/^is where rotation \S+ sent it$/),
      },
    ])
    expect(await found(WORKSPACE)).toEqual([])
  })

  it('is named by its agent where no platform can be asked and patrol.yaml gives it another, once', async () => {
    await keepBoth()
    const {id, name} = world.workspace
    const known = {reference: undefined, lastEight: undefined}
    world.neighbours = [
      {...known, agent: 'dev-a', user: USER, workspace: ELSEWHERE},
      {...known, agent: 'dev-c', user: 'c', workspace: name},
    ]
    const deps = {...world.deps(store), platform: undefined}
    const twin = {agent: 'dev-b', user: 'b', secretKey: 'OTHER', workspace: undefined}
    const tokens = world.tokens.map(({id: token, lastEight}) => ({id: token, name: 'x', lastEight}))
    const told = {who: `dev-c in workspace ${name} (${id})`, agent: 'dev-c', workspace: undefined}
    const sent = {...told, secretKey: 'GITEA_TOKEN', why: expect.stringMatching(/sent it, as GITEA_TOKEN$/)}
    expect(await holdersOf(twin, tokens, deps)).toEqual([sent])
    world.neighbours[1]!.user = 'b'
    expect(await holdersOf(twin, tokens, deps)).toMatchObject([{agent: 'dev-c', why: 'is the same user, b'}])
  })

  it('is none where it is gone', async () => {
    await keepBoth()
    move()
    world.others = []
    expect((await planRotation(request({workspace: ELSEWHERE}), world.deps(store))).holders).toEqual([])
  })

  it('holds it although it is gone where its process runs outside the platform', async () => {
    world.workspace.runtime = 'external'
    await keepBoth()
    move()
    world.workspace.runtime = 'claude-code'
    const {name} = world.others[0]!.workspace
    world.others = []
    const {holders} = await planRotation(request({workspace: ELSEWHERE}), world.deps(store))
    expect(holders).toMatchObject([{who: `workspace ${name} (${WORKSPACE})`, workspace: {status: 'outside'}}])
    await expect(rotate(request({workspace: ELSEWHERE}), world.deps(store))).rejects.toMatchObject({
      code: 'REVOCATION_HELD',
      message: expect.stringContaining('; its process ran outside the platform, and cannot be asked there'),
      suggestions: [
        expect.stringMatching(/--allow-unproven-holders$/),
        expect.stringMatching(/^patrol rotation resume \w+$/),
      ],
    })
  })

  it('holds it where the platform runs that workspace itself by now', async () => {
    world.workspace.runtime = 'external'
    await keepBoth()
    // While it runs elsewhere it is asked as the agent that it is.
    expect((await planRotation(request(), world.deps(store))).holders).toEqual([])
    world.workspace.runtime = 'claude-code'
    const {holders} = await planRotation(request(), world.deps(store))
    expect(holders).toMatchObject([{workspace: {id: WORKSPACE, status: 'outside'}}])
    move()
    const beside = (await planRotation(request({workspace: ELSEWHERE}), world.deps(store))).holders
    expect(beside.map(({workspace}) => [workspace?.id, workspace?.status])).toEqual([
      [WORKSPACE, 'online'],
      [WORKSPACE, 'outside'],
    ])
  })

  it('holds one that was regenerated since, and says so', async () => {
    await keepBoth()
    const ran = move()
    const token = world.tokens.find(({lastEight}) => lastEight === ran)!
    token.lastEight = 'anew0000'
    const {holders} = await planRotation(request({workspace: ELSEWHERE}), world.deps(store))
    expect(holders).toMatchObject([
      {workspace: {id: WORKSPACE}, why: expect.stringMatching(new RegExp(`sent it, when it was …${ran}$`))},
    ])
  })

  it('holds it, gone and made anew under its name, for its agent that was moved away', async () => {
    await keepBoth()
    const {name} = world.workspace
    move()
    const remade = {...world.workspace, id: BESIDE, name}
    const holders = async (secretAt: string | undefined) => {
      world.others = [{workspace: remade, secretAt}]
      return (await planRotation(request({workspace: ELSEWHERE}), world.deps(store))).holders
    }
    expect(await holders('2026-03-09T00:00:00.000Z')).toMatchObject([
      {
        workspace: {id: BESIDE},
        why: expect.stringMatching(/^bears the name .* gone, .*; that one is where rotation \S+ sent it$/),
      },
    ])
    expect(await holders(undefined)).toEqual([])
    world.others = [{workspace: remade, secretAt: '2026-03-09T00:00:00.000Z'}]
    const nowhere = {agent: 'dev-b', user: 'b', secretKey: 'GITEA_TOKEN', workspace: undefined}
    const tokens = world.tokens.map(({id, lastEight}) => ({id, name: 'x', lastEight}))
    expect((await holdersOf(nowhere, tokens, world.deps(store))).map(({workspace}) => workspace?.id)).toContain(BESIDE)
  })

  it('is none once a rotation replaced it', async () => {
    await keepBoth()
    await rotate(request(), world.deps(store))
    move()
    const {superseded, holders} = await planRotation(request({workspace: ELSEWHERE}), world.deps(store))
    expect(superseded).toHaveLength(1)
    expect(holders.map(({why}) => why)).toEqual([expect.stringMatching(/was last proven on/)])
  })

  it('nor for tokens of which it left none', async () => {
    await keepBoth()
    move()
    world.tokens.splice(1)
    world.tokens[0]!.id = 77
    expect((await planRotation(request({workspace: ELSEWHERE}), world.deps(store))).holders).toEqual([])
  })
})

it('which token an agent names to an abort is kept, for whoever revokes that later', async () => {
  const {id, lastEight} = world.addToken('by hand', ['read:issue'])
  world.agentDeaf = true
  const deaf = rotate(request({deployedLastEight: world.old.lastEight}), world.deps(store))
  await expect(deaf).rejects.toMatchObject({category: 'incomplete'})
  world.agentDeaf = false
  world.process = {...world.process, lastEight}
  world.advance(100_000)
  const [open] = await store.journal.list({open: true})
  await abortRotation(open!.id, world.deps(store), {keep: 'both'})
  expect(await store.ledger.placesOf([{id, lastEight}])).toMatchObject([
    {how: 'heard', agent: 'dev-a', workspace: {id: WORKSPACE}, secretKey: 'GITEA_TOKEN', token: {id}},
  ])
})

describe('what earlier rotations tell', () => {
  it('is what the latest left that kept both, past one that never began, until one replaced it', async () => {
    expect(await keptBoth('dev-a', store.journal)).toEqual([])
    await keepBoth()
    const [kept] = await store.journal.list()
    const begun = {...kept!, id: 'begun', phase: 'planned', closed: false}
    const journal = {...store.journal, list: async () => [begun, kept!]}
    expect((await keptBoth('dev-a', journal)).map(({id}) => id)).toEqual([1, 2])
    await rotate(request(), world.deps(store))
    expect(await keptBoth('dev-a', store.journal)).toEqual([])
  })

  it('is what one left that was ended after a later one had completed, and the next replaces it at once', async () => {
    await rotate(request({overlapMs: 86_400_000}), world.deps(store))
    const second = await rotate(request(), world.deps(store))
    const [first] = await store.journal.list({open: true})
    const over = await abortRotation(first!.id, world.deps(store), {keep: 'both'})
    expect(over.dueAt).toBeUndefined()
    expect((await store.journal.list()).map(({dueAt}) => dueAt)).toEqual([undefined, undefined])
    expect((await keptBoth('dev-a', store.journal)).map(({id}) => id)).toEqual([world.old.id])
    const {id: old} = world.old
    expect((await abandonedTokens(store.journal)).map(({id}) => id)).toEqual([old])
    const third = await rotate(request(), world.deps(store))
    expect(third).toMatchObject({phase: 'completed', superseded: [{id: old}, {id: second.candidate!.id}]})
    expect(world.tokens.map(({id}) => id)).toEqual([third.candidate!.id])
    expect(await abandonedTokens(store.journal)).toEqual([])
  })

  it('is nothing that a rotation which goes on is to revoke', async () => {
    await keepBoth()
    await rotate(request({overlapMs: 86_400_000}), world.deps(store))
    expect(await keptBoth('dev-a', store.journal)).toEqual([])
  })

  it('is where each of these tokens was sent, or was to be replaced', async () => {
    await keepBoth()
    const [old, fresh] = world.tokens
    const places = await store.ledger.placesOf([old!, fresh!, {id: 999, lastEight: 'nothing!'}])
    expect(places.map(({token, how, workspace}) => [token.id, how, workspace.id])).toEqual([
      [fresh!.id, 'pushed', WORKSPACE],
      [old!.id, 'found', WORKSPACE],
    ])
  })

  it('is where one was found deployed, though it was not to be replaced', async () => {
    const {lastEight} = world.old
    const {id} = world.addToken('laptop', ['read:issue'])
    world.agentDeaf = true
    const other = request({supersede: [id], deployedLastEight: lastEight})
    await expect(rotate(other, world.deps(store))).rejects.toMatchObject({category: 'incomplete'})
    const [open] = await store.journal.list({open: true})
    const {deployed} = replay(await store.journal.read(open!.id))!
    expect(deployed).toMatchObject({lastEight})
    expect(await store.ledger.placesOf([deployed!])).toMatchObject([{how: 'found', rotation: open!.id}])
  })

  it('holds also what a person kept as the new one', async () => {
    world.agentDeaf = true
    await expect(rotate(request(), world.deps(store))).rejects.toMatchObject({category: 'incomplete'})
    world.agentDeaf = false
    world.advance(100_000)
    const [open] = await store.journal.list({open: true})
    await expect(abortRotation(open!.id, world.deps(store), {keep: 'new'})).resolves.toMatchObject({phase: 'completed'})
    move()
    const {holders} = await planRotation(request({workspace: ELSEWHERE}), world.deps(store))
    expect(holders.map(({workspace}) => workspace?.id)).toEqual([WORKSPACE])
  })
})

it('a rotation that ended without anybody’s word leaves nothing to the next one', async () => {
  world.addToken('laptop', ['read:issue'])
  world.behaviour.putRefused = {code: 'FORBIDDEN', reason: 'not today'}
  const {lastEight} = world.old
  const all = request({supersede: 'all', deployedLastEight: lastEight})
  await expect(rotate(all, world.deps(store))).rejects.toThrow('refuses to store')
  expect(await store.journal.list()).toMatchObject([{phase: 'rolled_back'}])
  const {superseded} = await planRotation(request({deployedLastEight: lastEight}), world.deps(store))
  expect(superseded.map((token) => token.lastEight)).toEqual([lastEight])
})

describe('the name under which it stored its token', () => {
  const shared = (): RotationDeps => {
    const deps = world.deps(store)
    let pushed = ''
    const row = {key: 'GITEA_TOKEN', scope: 'global', updatedAt: '2026-01-01T00:00:00Z'} as const
    return {
      ...deps,
      platform: {
        ...deps.platform,
        hasGlobalSecret: async (key) => key === row.key,
        secretRow: async (id, key) => {
          if (id === BESIDE) return key === row.key ? row : undefined
          return key === 'GITEA_TOKEN' || pushed === key ? deps.platform.secretRow(id, key) : undefined
        },
        putSecret: async (id, key, ...rest) => {
          pushed = key
          return deps.platform.putSecret(id, key, ...rest)
        },
      },
    }
  }

  it('leads to those whom a global secret of it serves, asked about that, after another was named for the agent', async () => {
    const asked: string[] = []
    const old = world.old.lastEight
    world.others = [{workspace: {...world.workspace, id: BESIDE, name: 'reviewer'}}]
    await keepBoth(shared())
    const deps = shared()
    const fleet: RotationDeps['fleet'] = {
      ...deps.fleet,
      ask: async (_, {secretKey}) => {
        asked.push(secretKey)
        return old
      },
    }
    const renamed = request({secretKey: 'GIT_HTTP_PASSWORD'})
    const {holders} = await planRotation(renamed, deps)
    expect(holders).toMatchObject([
      {
        workspace: {id: BESIDE},
        why: 'gets its GITEA_TOKEN from the global secret, which may be the old token',
        secretKey: 'GITEA_TOKEN',
      },
    ])
    await expect(rotate(renamed, {...deps, fleet})).rejects.toMatchObject({
      code: 'REVOCATION_HELD',
      message: expect.stringContaining(`it runs on …${old}`),
    })
    expect(asked).toEqual(['GITEA_TOKEN'])
    expect(world.alive(old)).toBe(true)
  })
})

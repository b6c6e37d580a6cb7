import {describe, expect, it} from 'vitest'
import {OpsError} from '../../../src/errors.ts'
import {abortOnboarding} from '../../../src/onboarding/index.ts'
import {NAME, newcomer, NewcomerWorld} from '../../support/newcomer-world.ts'
import {madeUpValue, WORKSPACE} from '../../support/world.ts'

const last = async (world: NewcomerWorld): Promise<unknown> => (await world.journal()).at(-1)
const room = {id: WORKSPACE, name: NAME}

describe('an onboarding that is given up', () => {
  it.each(['journal user_created', 'journal joined', 'mint', 'journal minted', 'journal probed'])(
    'after "%s" leaves no token',
    async (at) => {
      using world = await NewcomerWorld.open()
      await world.broken(at, 'crash-after', newcomer())
      world.twins.push({...world.workspace, id: 'beside-1', name: 'beside'})
      world.overwrite(madeUpValue(9))
      world.calls.length = 0
      expect(await abortOnboarding(NAME, world.deps())).toMatchObject({
        agent: NAME,
        user: NAME,
        workspaces: [],
        tokens: [],
      })
      expect(world.tokens).toEqual([])
      expect(await last(world)).toMatchObject({type: 'closed'})
      // Of a token whose mint was not answered it is looked besides whether a workspace of that name may have it.
      const looks = at === 'mint' ? ['list workspaces', 'list workspaces'] : ['list workspaces']
      expect(world.calls.filter((call) => ['list workspaces', 'secretRow'].includes(call))).toEqual(looks)
      expect(world.warned).toBe('')
    },
  )

  it.each([
    ['alpha', 'claude-code'],
    [NAME, 'external'],
  ])('notes where its token may be in use by now, for whoever revokes it: %s, %s', async (name, runtime) => {
    using world = await NewcomerWorld.open()
    await world.broken('create', 'crash-after', newcomer())
    Object.assign(world.workspace, {name, runtime})
    const [token] = world.tokens
    await abortOnboarding(NAME, world.deps())
    const workspace = {id: WORKSPACE, name, external: runtime === 'external'}
    expect(await world.deps().ledger.placesOf([token!])).toContainEqual(
      expect.objectContaining({agent: NAME, workspace, secretKey: 'GITEA_TOKEN', how: 'found'}),
    )
  })

  it('names no user that it did not make', async () => {
    using world = await NewcomerWorld.open()
    world.addUser(NAME)
    await world.broken('journal user_found', 'crash-after', newcomer())
    expect(await abortOnboarding(NAME, world.deps())).toMatchObject({user: null})
  })

  it('names the user whose creation was not answered, fit or not', async () => {
    using world = await NewcomerWorld.open()
    await world.broken('createAccount', 'crash-after', newcomer())
    world.users[0]!.active = false
    expect(await abortOnboarding(NAME, world.deps())).toMatchObject({user: NAME})
  })

  it('names no user that never came', async () => {
    using world = await NewcomerWorld.open()
    await world.broken('createAccount', 'crash-before', newcomer())
    expect(await abortOnboarding(NAME, world.deps())).toMatchObject({user: null})
  })

  it.each(['create', 'journal created', 'journal online', 'journal proven'])(
    'after "%s" keeps the token that its workspace holds, and names both',
    async (at) => {
      using world = await NewcomerWorld.open()
      await world.broken(at, 'crash-after', newcomer())
      const [token] = world.tokens
      expect(await abortOnboarding(NAME, world.deps())).toMatchObject({workspaces: [room], tokens: [{id: token?.id}]})
      expect(world.tokens).toEqual([token])
      expect(world.violations).toEqual([])
    },
  )

  describe('whose create was not answered', () => {
    const MINUTE = 60_000
    const kept = (world: NewcomerWorld) => [world.tokens.length, world.violations]

    it('keeps what went out while a workspace may still come of it, and says so', async () => {
      using world = await NewcomerWorld.open()
      await world.broken('create', 'crash-before', newcomer())
      world.advance(9 * MINUTE)
      const [sent] = world.tokens
      expect(await abortOnboarding(NAME, world.deps())).toMatchObject({workspaces: [], tokens: [{id: sent!.id}]})
      expect(world.warned).toContain('Whether agent-new was created is not known, and it may still come')
      // As the only live token of its user it would be refused.
      const {id} = sent!
      expect(world.warned).toMatch(
        new RegExp(
          `another: patrol onboard agent-new; then patrol revoke agent-new --id ${id}\\. Or delete it on the server\\.`,
        ),
      )
      world.furnish(sent)
      expect(kept(world)).toEqual([1, []])
    })

    it('deletes it once none can come any more', async () => {
      using world = await NewcomerWorld.open()
      await world.broken('create', 'crash-before', newcomer())
      world.advance(10 * MINUTE)
      expect(await abortOnboarding(NAME, world.deps())).toMatchObject({workspaces: [], tokens: []})
      expect([world.tokens, world.warned]).toEqual([[], ''])
    })

    it('keeps what the last create sent, however long ago the first was', async () => {
      using world = await NewcomerWorld.open()
      await world.broken('create', 'crash-before', newcomer())
      world.advance(30 * MINUTE)
      await world.broken('create', 'crash-before', newcomer())
      await abortOnboarding(NAME, world.deps())
      expect(kept(world)).toEqual([2, []])
    })

    it.each(['renamed', `${NAME} (2)`])('keeps what a workspace that is called "%s" by now holds', async (name) => {
      using world = await NewcomerWorld.open()
      await world.broken('create', 'crash-after', newcomer())
      world.workspace.name = name
      world.advance(30 * MINUTE)
      expect(await abortOnboarding(NAME, world.deps())).toMatchObject({
        workspaces: [{id: WORKSPACE, name}],
        tokens: [{lastEight: world.secret!.lastEight}],
      })
      expect(kept(world)).toEqual([1, []])
    })

    it('keeps it although one list lacks the workspace', async () => {
      using world = await NewcomerWorld.open()
      await world.broken('create', 'crash-after', newcomer())
      world.advance(30 * MINUTE)
      const deps = world.deps()
      let asked = 0
      const list = async () => (++asked === 1 ? [] : deps.platform.list())
      expect(await abortOnboarding(NAME, {...deps, platform: {...deps.platform, list}})).toMatchObject({
        workspaces: [room],
      })
      expect(kept(world)).toEqual([1, []])
    })

    it('keeps it although a later create was answered, and its workspace is gone', async () => {
      using world = await NewcomerWorld.open()
      await world.broken('create', 'crash-before', newcomer())
      await world.broken('journal created', 'crash-after', newcomer())
      world.removeWorkspace()
      expect((await abortOnboarding(NAME, world.deps())).tokens).toHaveLength(2)
    })

    /** Another workspace, whose secret was written that much later than the create was sent. */
    const beside = async (world: NewcomerWorld, minutes: number | undefined) => {
      await world.broken('create', 'crash-before', newcomer())
      const sent = (await world.journal()).find(({type}) => type === 'create_intended')!
      const secretAt = minutes === undefined ? undefined : new Date(sent.at + minutes * MINUTE).toISOString()
      const workspace = {...world.workspace, id: 'beside-1', name: 'beside'}
      world.others.push({workspace, ...(secretAt !== undefined && {secretAt})})
      world.twins.push(workspace)
      world.advance(60 * MINUTE)
      return secretAt
    }

    it.each([
      [-20, 0],
      [-19, 1],
      [19, 1],
      [20, 0],
      [undefined, 0],
    ])('where another workspace got a secret %s minutes later names %i', async (minutes, count) => {
      using world = await NewcomerWorld.open()
      await beside(world, minutes)
      const {workspaces, tokens} = await abortOnboarding(NAME, world.deps())
      expect([workspaces.length, tokens.length]).toEqual([count, count])
      expect((await world.journal()).find(({type}) => type === 'abort_requested')).toMatchObject({
        keep: tokens.map(({id}) => id),
      })
    })

    it('names one of about then although a create came later, whose token another agent runs on', async () => {
      using world = await NewcomerWorld.open()
      const at = await beside(world, 1)
      await world.broken('create', 'crash-before', newcomer())
      const deps = world.deps()
      const mate = {agent: 'other', user: 'u', workspace: 'beside-1', reference: undefined, lastEight: undefined}
      const [first] = world.tokens
      const on = {token: first!.id, lastEight: first!.lastEight, secretUpdatedAt: at, at: 1}
      await world.store.ledger.apply([{kind: 'deployed', deployment: {agent: 'other', user: 'u', ...on}}])
      const {workspaces, tokens} = await abortOnboarding(NAME, {
        ...deps,
        fleet: {...deps.fleet, agents: async () => [mate]},
      })
      expect([workspaces.map(({id}) => id), tokens.length, world.warned]).toEqual([['beside-1'], 2, ''])
    })

    it.each([
      ['other', 'then', '90000009', 0],
      ['other', 'then', 'ours', 1],
      ['other', 'later', '90000009', 1],
      [NAME, 'then', '90000009', 1],
    ])(
      'and where it is that of %s, proven by the secret of %s on %s, names %i',
      async (agent, when, lastEight, count) => {
        using world = await NewcomerWorld.open()
        const at = await beside(world, 1)
        const deps = world.deps()
        const mate = {agent, user: 'u', workspace: 'beside-1', reference: undefined, lastEight: undefined}
        const on = {token: 9, lastEight: lastEight === 'ours' ? world.tokens[0]!.lastEight : lastEight}
        const deployment = {agent, user: 'u', ...on, secretUpdatedAt: when === 'then' ? at : when, at: 1}
        await world.store.ledger.apply([{kind: 'deployed', deployment}])
        const fleet = {...deps.fleet, agents: async () => [mate]}
        expect((await abortOnboarding(NAME, {...deps, fleet})).workspaces).toHaveLength(count)
      },
    )
  })

  it('keeps none that never went out, although a workspace of the name is there', async () => {
    using world = await NewcomerWorld.open()
    await world.broken('journal minted', 'crash-after', newcomer())
    world.furnish()
    expect(await abortOnboarding(NAME, world.deps())).toMatchObject({workspaces: [room], tokens: []})
    expect(world.tokens).toEqual([])
  })

  it.each<[string, (world: NewcomerWorld) => unknown, number]>([
    ['that bears another name by now is named all the same', (world) => (world.workspace.name = 'renamed'), 1],
    ['that was removed is not', (world) => world.removeWorkspace(), 0],
    [
      'that was marked as removed and renamed is not',
      ({workspace}) => Object.assign(workspace, {name: 'renamed', status: 'removed'}),
      0,
    ],
  ])('and whose workspace %s', async (_, change, count) => {
    using world = await NewcomerWorld.open()
    await world.broken('journal created', 'crash-after', newcomer())
    change(world)
    const {workspaces, tokens} = await abortOnboarding(NAME, world.deps())
    expect(workspaces).toEqual(count === 1 ? [{...room, name: 'renamed'}] : [])
    expect(tokens).toHaveLength(count)
  })

  it('with its own workspace and another of the name names both, once', async () => {
    using world = await NewcomerWorld.open()
    await world.broken('journal created', 'crash-after', newcomer())
    world.twins.push({...world.workspace, id: 'twin-0001'})
    const {workspaces} = await abortOnboarding(NAME, world.deps())
    expect(workspaces.map(({id}) => id)).toEqual([WORKSPACE, 'twin-0001'])
  })

  it('whose own workspace bears another name by now, beside another of the name, names both', async () => {
    using world = await NewcomerWorld.open()
    await world.broken('journal created', 'crash-after', newcomer())
    world.twins.push({...world.workspace, id: 'twin-0001'})
    world.workspace.name = 'renamed'
    const {workspaces} = await abortOnboarding(NAME, world.deps())
    expect(workspaces).toEqual([
      {...room, name: 'renamed'},
      {id: 'twin-0001', name: NAME},
    ])
  })

  it('whose own workspace was renamed and got another secret since, names it', async () => {
    using world = await NewcomerWorld.open()
    await world.broken('journal created', 'crash-after', newcomer())
    world.advance(3_600_000)
    world.workspace.name = 'renamed'
    world.overwrite(world.addToken('by hand', []).value)
    world.calls.length = 0
    expect((await abortOnboarding(NAME, world.deps())).workspaces).toEqual([{...room, name: 'renamed'}])
    expect(world.calls.filter((call) => call === 'list workspaces')).toHaveLength(1)
  })

  it('whose own workspace no list has, though it is there, names it', async () => {
    using world = await NewcomerWorld.open()
    await world.broken('journal created', 'crash-after', newcomer())
    const deps = world.deps()
    const list = async () => [{...world.workspace, id: 'beside-1', name: 'beside'}]
    const secretRow = async () => undefined
    const platform = {...deps.platform, list, secretRow}
    expect(await abortOnboarding(NAME, {...deps, platform})).toMatchObject({workspaces: [room], tokens: [{id: 2}]})
  })

  it('keeps the token of a create that was lost, where its workspace came late, and deletes the one after it', async () => {
    using world = await NewcomerWorld.open()
    await world.broken('create', 'crash-before', newcomer())
    await world.broken('journal minted', 'crash-after', newcomer())
    const [sent, unused] = world.tokens
    world.furnish(sent)
    expect(await abortOnboarding(NAME, world.deps())).toMatchObject({workspaces: [room], tokens: [{id: sent!.id}]})
    expect(unused).toBeDefined()
    expect(await world.journal()).toContainEqual(expect.objectContaining({type: 'abort_requested', keep: [sent!.id]}))
    expect(world.tokens).toEqual([sent])
    expect(world.violations).toEqual([])
  })

  it('deletes a token that was used, for its value was ours', async () => {
    using world = await NewcomerWorld.open()
    await world.broken('journal minted', 'crash-after', newcomer())
    Object.assign(world.tokens[0]!, {createdAt: '2026-11-22T03:00:00Z', lastUsedAt: '2026-11-22T03:00:09Z'})
    await abortOnboarding(NAME, world.deps())
    expect(world.tokens).toEqual([])
  })

  it('ends the deletion that was under way', async () => {
    using world = await NewcomerWorld.open()
    await world.broken('journal minted', 'crash-after', newcomer())
    await world.broken('journal discard_intended', 'crash-after', newcomer())
    await abortOnboarding(NAME, world.deps())
    expect(world.tokens).toEqual([])
    expect((await world.journal()).filter(({type}) => type === 'discard_intended')).toHaveLength(2)
  })

  it('once, and was stopped at that, is ended by the next time', async () => {
    using world = await NewcomerWorld.open()
    await world.broken('journal minted', 'crash-after', newcomer())
    world.strike('journal abort_requested', 'crash-after')
    await expect(abortOnboarding(NAME, world.deps())).rejects.toThrow('killed')
    world.revive()
    await abortOnboarding(NAME, world.deps())
    expect((await world.journal()).filter(({type}) => type === 'abort_requested')).toHaveLength(1)
    expect(world.tokens).toEqual([])
  })

  it("revokes the workspace's own token that was not kept", async () => {
    using world = await NewcomerWorld.open()
    world.keeps = true
    world.inline = false
    await world.broken('keep', 'crash-before', newcomer())
    await abortOnboarding(NAME, world.deps())
    expect(world.leftAccess).toEqual([])
  })

  it('waits for its own rotation to be ended', async () => {
    using world = await NewcomerWorld.open()
    world.addUser(NAME)
    world.furnish()
    world.newTokensFail = true
    await expect(world.run(newcomer())).rejects.toBeInstanceOf(OpsError)
    const [rotation] = await world.store.journal.list({agent: NAME})
    await expect(abortOnboarding(NAME, world.deps())).rejects.toMatchObject({
      code: 'ROTATION_OPEN',
      suggestions: [`patrol rotation resume ${rotation?.id}`, 'patrol onboard agent-new'],
    })
  })

  it('has to be there', async () => {
    using world = await NewcomerWorld.open()
    await expect(abortOnboarding(NAME, world.deps())).rejects.toMatchObject({
      code: 'ONBOARDING_UNKNOWN',
      message: 'No onboarding of agent-new is unfinished. Nothing was changed.',
      suggestions: ['patrol onboard --list'],
    })
  })

  it('has not ended yet', async () => {
    using world = await NewcomerWorld.open()
    await world.run(newcomer())
    await expect(abortOnboarding(NAME, world.deps())).rejects.toMatchObject({code: 'ONBOARDING_UNKNOWN'})
  })

  it('and can not be ended just now tells what is left', async () => {
    using world = await NewcomerWorld.open()
    await world.broken('journal minted', 'crash-after', newcomer())
    const deps = world.deps()
    const away = async (): Promise<never> => {
      throw new OpsError('GITEA_UNREACHABLE', 'Gitea is away.')
    }
    await expect(abortOnboarding(NAME, {...deps, tokens: {...deps.tokens, list: away}})).rejects.toMatchObject({
      code: 'GITEA_UNREACHABLE',
      message: expect.stringMatching(
        /^Gitea is away\. .*it was given up\. Minted here and still to be deleted: …00000002\.$/,
      ),
    })
  })
})

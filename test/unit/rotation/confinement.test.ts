import {beforeEach, describe, expect, it} from 'vitest'
import {OpsError} from '../../../src/errors.ts'
import {confinementOf, reachesToKeep, type ConfinementRequest} from '../../../src/rotation/confinement.ts'
import {mintToken, planMint, planRotation, replay, rotate, type RotationRequest} from '../../../src/rotation/index.ts'
import type {Store} from '../../../src/store/index.ts'
import type {RepositoryReach, ToldReach} from '../../../src/scopes/repositories.ts'
import type {Scope} from '../../../src/scopes/vocabulary.ts'
import {mintOf, request, storeInMemory, USER, World} from '../../support/world.ts'

let world: World
let store: Store
beforeEach(async () => {
  world = new World()
  store = await storeInMemory()
  world.confines = true
})

/** What the old token reaches, as the list tells it. */
const before = (reach: ToldReach): void => void (world.old.repositories = reach)
const plan = (changes: Partial<RotationRequest> = {}) => planRotation(request(changes), world.deps(store))
const minting = async (changes: Partial<RotationRequest> = {}) => {
  const {calls, warnings, repositories} = await plan(changes)
  return {repositories, said: calls.find(({act}) => act === 'mint')?.changes, warnings}
}
const reachAfter = async (changes: Partial<RotationRequest> = {}) => {
  await rotate(request(changes), world.deps(store))
  return world.tokens[0]?.repositories
}

describe('a rotation never widens', () => {
  it('keeps what the old token was confined to, where the profile says nothing', async () => {
    before(['molecule/core', 'molecule/docs'])
    expect(await minting()).toEqual({
      repositories: ['molecule/core', 'molecule/docs'],
      said: expect.stringMatching(/with read:issue, read:repository, confined to molecule\/core, molecule\/docs$/),
      warnings: [],
    })
    expect(await reachAfter()).toEqual(['molecule/core', 'molecule/docs'])
  })

  it('stops before the mint where the scopes of the profile forbid that', async () => {
    before(['molecule/core'])
    const scopes = ['read:issue', 'read:repository', 'read:user'] as const
    await expect(plan({scopes})).rejects.toMatchObject({
      code: 'CONFINEMENT_LOST',
      category: 'refused',
      message:
        'The token to be replaced is confined to molecule/core, and the new one would not be: profile engineer asks for read:user, which no confined token can have. Nothing was changed.',
      suggestions: [
        'take read:user out of profile engineer in patrol.yaml',
        'or say "repositories: all", or which ones, in profile engineer',
      ],
    })
    expect(world.calls).not.toContain('mint')
  })

  describe('where the profile names repositories beside scopes that no confined token can have', () => {
    const scopes = ['read:issue', 'read:repository', 'read:user', 'public-only'] as const
    const asked = {profile: 'engineer', scopes, repositories: ['molecule/core']} as const

    it('stops before the mint, and says which, and the way out', async () => {
      const refusal = {
        code: 'CONFINEMENT_REFUSED',
        category: 'refused',
        message:
          'Profile engineer names repositories, and asks for read:user, public-only, which this server gives to no token that is confined to any. Nothing was changed.',
        suggestions: [
          'take read:user, public-only out of profile engineer in patrol.yaml',
          'or say "repositories: all" in profile engineer',
        ],
      }
      before('all')
      await expect(plan(asked)).rejects.toMatchObject(refusal)
      await expect(planMint({...mintOf(), ...asked}, world.deps(store))).rejects.toMatchObject(refusal)
      expect(world.calls).not.toContain('mint')
    })

    it('leaves it to a server of which nobody knows', async () => {
      world.confines = undefined
      const {warnings} = await planMint({...mintOf(), ...asked}, world.deps(store))
      expect(warnings).toEqual([expect.stringMatching(/^Whether this server can confine a token .* is not known/)])
    })

    it('mints where the server confines none, and says that', async () => {
      world.confines = false
      delete world.old.repositories
      expect((await minting(asked)).warnings).toEqual([expect.stringMatching(/^This server can't confine a token/)])
      expect(await reachAfter(asked)).toBe(undefined)
    })
  })

  it('stops where every repository of the old token is gone', async () => {
    before([])
    await expect(plan()).rejects.toMatchObject({
      code: 'CONFINEMENT_LOST',
      message: expect.stringMatching(/^The token to be replaced is confined, and .* none of its repositories is there/),
      suggestions: ['or say "repositories: all", or which ones, in profile engineer'],
    })
  })

  it('stops where the server tells its repositories in a way that nobody knows', async () => {
    before('unknown')
    await expect(plan()).rejects.toMatchObject({
      code: 'CONFINEMENT_LOST',
      message:
        'The token to be replaced is perhaps confined to some repositories, and the new one would not be: the server tells them in a form that patrol does not know. Nothing was changed.',
      suggestions: ['or say "repositories: all", or which ones, in profile engineer'],
    })
    expect(world.calls).not.toContain('mint')
  })

  it.each<[RepositoryReach, RegExp, string]>([
    [['molecule/core'], /, confined to molecule\/core$/, ''],
    ['all', /, in every repository of its user$/, 'The new token is not confined, as profile engineer says'],
  ])('goes on there where the profile says %j', async (repositories, said, warned) => {
    before('unknown')
    expect(await minting({repositories})).toMatchObject({said: expect.stringMatching(said)})
    expect((await minting({repositories})).warnings.join('\n')).toContain(warned)
  })

  it('widens where the profile says so, and the plan shows what it adds', async () => {
    before(['molecule/core'])
    const repositories = ['molecule/core', 'molecule/docs']
    expect(await minting({repositories})).toEqual({
      repositories,
      said: expect.stringContaining('confined to molecule/core, molecule/docs (before: molecule/core)'),
      warnings: [
        'The new token reaches molecule/docs too, as profile engineer says; the one that it replaces does not.',
      ],
    })
    expect(await reachAfter({repositories})).toEqual(repositories)
  })

  it('lifts a confinement only by word, and the plan shows it', async () => {
    before(['molecule/core'])
    expect(await minting({repositories: 'all'})).toEqual({
      repositories: undefined,
      said: expect.stringContaining('in every repository of its user (before: molecule/core)'),
      warnings: [expect.stringContaining('The new token is not confined, as profile engineer says')],
    })
    expect(await reachAfter({repositories: 'all'})).toBe('all')
  })

  it('goes by the token that the agent runs on, else by those that are confined', async () => {
    before(['molecule/core'])
    world.addToken('patrol.dev-a.20261121.aaaaaaaaaa', ['read:issue', 'read:repository']).repositories = 'all'
    const known = {deployedLastEight: world.old.lastEight}
    expect((await minting({...known, waive: {foreignRotation: true}})).repositories).toEqual(['molecule/core'])
    const both = {supersede: 'all', waive: {foreignRotation: true}} as const
    expect((await minting(both)).repositories).toEqual(['molecule/core'])
  })

  it('where nobody knows which of several it runs on, keeps what they reach together', async () => {
    before(['molecule/core'])
    world.addToken('patrol.dev-a.20261121.aaaaaaaaaa', ['read:issue']).repositories = ['molecule/docs']
    world.addToken('of somebody', ['read:issue']).repositories = ['molecule/site']
    const unknown = {supersede: [1, 2], waive: {foreignRotation: true}}
    expect((await minting(unknown)).repositories).toEqual(['molecule/core', 'molecule/docs'])
  })
})

describe('a token whose repositories were all deleted, which its server lists as one that is not confined', () => {
  const gone = () => before('all')

  it('is not widened where patrol itself confined it', async () => {
    before(['molecule/core'])
    await rotate(request(), world.deps(store))
    world.tokens[0]!.repositories = 'all'
    const again = request({deployedLastEight: world.tokens[0]!.lastEight})
    await expect(planRotation(again, world.deps(store))).rejects.toMatchObject({
      code: 'CONFINEMENT_LOST',
      message: expect.stringContaining('none of its repositories is there any more'),
      suggestions: ['or say "repositories: all", or which ones, in profile engineer'],
    })
    const told = await planRotation({...again, repositories: 'all'}, world.deps(store))
    expect(told.warnings).toEqual([])
  })

  it('is no question where patrol minted it unconfined', async () => {
    gone()
    await rotate(request(), world.deps(store))
    const again = request({deployedLastEight: world.tokens[0]!.lastEight})
    expect((await planRotation(again, world.deps(store))).warnings).toEqual([])
  })

  it('may be any other that nothing clears, and that is said', async () => {
    gone()
    world.old.scopes = ['read:repository']
    expect((await minting()).warnings).toEqual([
      'The list names no repositories for agent token (…00000001). So it does of a token whose repositories were all deleted, and then the new one reaches more: say "repositories: all", or which ones, in profile engineer.',
    ])
    expect((await minting({repositories: 'all'})).warnings).toEqual([])
    world.old.scopes = ['read:repository', 'read:user']
    expect((await minting()).warnings).toEqual([])
    world.old.scopes = ['read:repository']
    delete world.old.repositories
    expect((await minting()).warnings).toEqual([])
  })
})

describe('where nobody knows which of several the agent runs on, and they reach different repositories', () => {
  const READ_BACK = {supersede: 'all', onProofFailure: 'rollback'} as const
  const beside = (reach: RepositoryReach) =>
    Object.assign(world.addToken('left over', ['read:issue', 'read:repository']), {repositories: reach})

  it.each<[string, RepositoryReach, RepositoryReach, 'first' | 'second', RepositoryReach]>([
    ['the confined one beside an open one', ['molecule/core'], 'all', 'first', ['molecule/core']],
    ['one of two lists', ['molecule/core', 'molecule/docs'], ['molecule/core'], 'second', ['molecule/core']],
    ['the open one', ['molecule/core'], 'all', 'second', 'all'],
  ])('the new one gets what the value that is read back tells: %s', async (_, first, second, runsOn, reach) => {
    before(first)
    const other = beside(second)
    if (runsOn === 'second') {
      world.overwrite(other.value)
      world.process.lastEight = other.lastEight
    }
    const {warnings} = await minting(READ_BACK)
    expect(warnings.join('\n')).toMatch(
      /^The tokens that it may run on do not reach the same repositories: the new one is confined to .*, unless the value that is read back tells: then it reaches what that one does\.$/m,
    )
    await rotate(request(READ_BACK), world.deps(store))
    expect(world.tokens).toMatchObject([{repositories: reach}])
  })

  it('the new one is confined as the confined ones are, where nothing can be read back', async () => {
    before(['molecule/core'])
    beside('all')
    world.behaviour.valuesRefused = new OpsError('PLATFORM_UNREACHABLE', 'No values today.')
    await rotate(request(READ_BACK), world.deps(store))
    expect(world.tokens).toMatchObject([{repositories: ['molecule/core']}])
  })

  it('what the profile names stays, whatever is read back', async () => {
    before(['molecule/core'])
    beside('all')
    await rotate(request({...READ_BACK, repositories: ['molecule/core']}), world.deps(store))
    const [summary] = await store.journal.list()
    const events = await store.journal.read(summary!.id)
    expect(events.map(({type}) => type)).toContain('old_value_read')
    expect(world.tokens).toMatchObject([{repositories: ['molecule/core']}])
    expect(replay(events)?.terms.repositories).toEqual(['molecule/core'])
  })

  it('the terms name no repositories where the one that it turns out to be reaches them all', async () => {
    before(['molecule/core'])
    const other = beside('all')
    world.overwrite(other.value)
    world.process.lastEight = other.lastEight
    await rotate(request(READ_BACK), world.deps(store))
    const [summary] = await store.journal.list()
    expect(replay(await store.journal.read(summary!.id))?.terms.repositories).toBeUndefined()
  })

  it('says nothing of it where the profile decides, or where they reach the same', async () => {
    before(['molecule/core'])
    const other = beside('all')
    const said = async (changes: Partial<RotationRequest> = {}) =>
      (await minting({...READ_BACK, ...changes})).warnings.filter((text) => text.startsWith('The tokens that it'))
    expect(await said({repositories: ['molecule/core']})).toEqual([])
    other.repositories = ['Molecule/Core']
    expect(await said()).toEqual([])
  })
})

describe('an agent of whose tokens none is replaced', () => {
  /** What it runs on, confined like this by a rotation or by nobody knows whom, is deleted past patrol. */
  const deleted = async (by: 'rotation' | 'nobody', reach: RepositoryReach) => {
    before(reach)
    if (by === 'rotation') await rotate(request(), world.deps(store))
    else await store.ledger.apply([{kind: 'deployed', deployment: {...deployedOn(1), lastEight: '00000001'}}])
    world.tokens.splice(0)
  }
  const deployedOn = (token: number) => ({agent: 'dev-a', user: USER, token, secretUpdatedAt: undefined, at: 0})
  const NOT_KNOWN =
    'What dev-a ran on is not listed any more, and what that was confined to is not known; the new token is not confined: say "repositories: all", or which ones, in profile engineer.'
  const aboutReach = ({warnings}: {warnings: string[]}) =>
    warnings.filter((text) => !/^Which token|stays: by its name/.test(text))

  it('gets again what a rotation confined the token to that somebody deleted', async () => {
    await deleted('rotation', ['molecule/core'])
    const planned = await minting()
    expect([planned.repositories, aboutReach(planned)]).toEqual([['molecule/core'], []])
    expect(await reachAfter()).toEqual(['molecule/core'])
  })

  it('gets it although patrol.yaml still has a value from before, and although an earlier one is left', async () => {
    const oldValue = world.old.value
    await deleted('rotation', ['molecule/core'])
    world.addToken('patrol.dev-a.20261121.aaaaaaaaaa', ['read:issue']).repositories = 'all'
    const {repositories} = await minting({oldValue, waive: {foreignRotation: true}})
    expect(repositories).toEqual(['molecule/core'])
  })

  it('loses it by word alone, which the plan shows', async () => {
    await deleted('rotation', ['molecule/core'])
    const {said, warnings} = await minting({repositories: 'all'})
    expect(said).toContain('(before: molecule/core)')
    expect(warnings).toContainEqual(expect.stringContaining('The new token is not confined, as profile engineer says'))
  })

  it('is not confined where it was not', async () => {
    await deleted('rotation', 'all')
    world.addToken('of somebody', ['read:issue']).repositories = ['molecule/site']
    const planned = await minting({supersede: []})
    expect([planned.repositories, aboutReach(planned)]).toEqual([undefined, []])
  })

  it.each<[string, ToldReach, string[]]>([
    ['as the others of its user are, where one is', ['molecule/site'], []],
    ['not, where none is, and that is said', 'all', [NOT_KNOWN]],
  ])('is confined %s', async (_, reach, said) => {
    await deleted('nobody', ['molecule/core'])
    world.addToken('of somebody', ['read:issue', 'read:user']).repositories = reach
    world.addToken('patrol.dev-b.20261121.aaaaaaaaaa', ['read:issue']).repositories = ['molecule/b']
    const planned = await minting({supersede: []})
    expect(planned.repositories).toEqual(reach === 'all' ? undefined : reach)
    expect(aboutReach(planned).filter((text) => !text.includes('where the work is found'))).toEqual(said)
  })

  it('is told that nobody knows, unless the profile says or the server confines none', async () => {
    await deleted('nobody', ['molecule/core'])
    expect(aboutReach(await minting())).toEqual([NOT_KNOWN])
    expect(aboutReach(await minting({repositories: 'all'}))).toEqual([])
    world.confines = false
    expect(aboutReach(await minting())).toEqual([])
    world.confines = undefined
    expect(aboutReach(await minting())).toEqual([NOT_KNOWN])
  })

  it.each<[string, Scope, id: number, string[]]>([
    ['it could not have been confined', 'read:user', 1, []],
    ['it could have been', 'read:issue', 1, [NOT_KNOWN]],
    ['another one could not', 'read:user', 5, [NOT_KNOWN]],
  ])('is told so by the scopes that it is known to have had: %s', async (_, scope, id, said) => {
    await deleted('nobody', ['molecule/core'])
    const token = {id, name: 'agent token', lastEight: `0000000${id}`}
    await store.ledger.apply([{kind: 'minted', user: USER, token, scopes: [scope], at: 0}])
    expect(aboutReach(await minting())).toEqual(said)
  })

  it('may run on any that is listed, of which each is told once that it may have been confined', async () => {
    before('all')
    world.old.scopes = ['read:issue']
    for (const name of ['one', 'two']) world.addToken(name, ['read:issue']).repositories = 'all'
    const {warnings} = await minting({supersede: [1, 2]})
    expect(warnings.map((text) => /^The list names no repositories for (.*?) \(/.exec(text)?.[1])).toEqual([
      'agent token',
      'one',
      'two',
      undefined,
    ])
    expect(warnings.at(-1)).toContain('Which token dev-a runs on')
  })

  it('is told so too where nothing at all is known of what its secret holds, and not where there is none', async () => {
    world.tokens.splice(0)
    expect(aboutReach(await minting())).toEqual([NOT_KNOWN])
    world.secret = undefined
    expect(aboutReach(await minting())).toEqual([])
  })

  it('keeps to a confined one that is not among several named, where it may run on that', async () => {
    before(['molecule/core'])
    const others = ['one', 'two'].map((name) => {
      const token = world.addToken(name, ['read:issue', 'read:user'])
      token.repositories = 'all'
      return token.id
    })
    expect((await minting({supersede: others})).repositories).toEqual(['molecule/core'])
    const lifted = minting({supersede: others, scopes: ['read:issue', 'read:user']})
    await expect(lifted).rejects.toMatchObject({code: 'CONFINEMENT_LOST'})
    const writing = minting({supersede: others, scopes: ['write:issue'], repo: 'molecule/docs'})
    await expect(writing).rejects.toMatchObject({code: 'WORK_OUT_OF_REACH'})
  })
})

describe('a profile that names repositories', () => {
  const repositories = ['molecule/core']

  it('narrows a token that was not confined', async () => {
    before('all')
    expect((await minting({repositories})).said).toContain('confined to molecule/core (before: every repository)')
    expect(await reachAfter({repositories})).toEqual(repositories)
  })

  it.each<[string, (w: World) => void, unknown]>([
    ['where the server confined it', () => {}, repositories],
    ['not where the server ignored the list', (w) => (w.confines = false), 'all'],
    ['nor where nobody understands what it tells', (w) => (w.listsStrangely = true), 'unknown'],
  ])('is what the probe of the new token is told, which it can’t read of itself: %s', async (_, set, tells) => {
    set(world)
    const {prober, ...deps} = world.deps(store)
    const told: unknown[] = []
    const probe: typeof prober.probe = async (value, options) => {
      told.push(await options?.reachOf?.())
      return prober.probe(value, options)
    }
    await rotate(request({repositories}), {...deps, prober: {...prober, probe}})
    expect(told).toEqual([tells])
  })

  it('is told of a repository that it forgot: the one where the work is', async () => {
    before('all')
    expect((await minting({repositories: ['molecule/docs']})).warnings).toEqual([
      expect.stringMatching(
        /^molecule\/core, where the work is found, is none of the repositories of profile engineer/,
      ),
    ])
  })

  it('is no reason to stop on a server that cannot confine, and it is said once', async () => {
    world.confines = false
    const {warnings} = await minting({repositories})
    expect(warnings).toEqual([expect.stringMatching(/^This server can't confine a token to repositories/)])
    const result = await rotate(request({repositories}), world.deps(store))
    expect(result.phase).toBe('completed')
    expect(result.warnings.filter((text) => text.includes("can't confine"))).toHaveLength(1)
    expect(world.warned).toBe('')
  })

  it('goes by the list of tokens, where any of them tells, rather than by the version', async () => {
    before('all')
    world.addToken('one whose reach is told in a way that nobody knows', [])
    world.confines = undefined
    expect((await minting({repositories, deployedLastEight: world.old.lastEight})).warnings).toEqual([])
  })

  it('says after the mint where the server tells what it stored in a form that nobody knows', async () => {
    before('all')
    world.listsStrangely = true
    await rotate(request({repositories}), world.deps(store))
    expect(world.warned).toMatch(
      /^Whether the new token is confined to the repositories of profile engineer is not known/,
    )
  })

  it('is said after the mint where nobody could tell before', async () => {
    world.confines = undefined
    world.tokens.length = 0
    world.secret = undefined
    world.process.lastEight = ''
    expect((await minting({repositories})).warnings.join('\n')).toContain('is not known (Forgejo 15 and newer can)')
    await rotate(request({repositories}), world.deps(store))
    expect(world.warned).toMatch(/^This server can't confine a token/)
  })
})

describe('a mint by hand', () => {
  const order = {...mintOf(), repositories: ['molecule/core']}

  it('confines as the profile says, and tells what the server lists', async () => {
    const {calls, warnings} = await planMint(order, world.deps(store))
    expect([calls.at(-1)?.changes, warnings]).toEqual([expect.stringMatching(/, confined to molecule\/core$/), []])
    const minted = await mintToken(order, world.deps(store), async () => {})
    expect(minted).toMatchObject({repositories: ['molecule/core'], warnings: []})
  })

  it('for every repository is an ordinary one: nothing is asked of a server that can not confine', async () => {
    world.confines = false
    const minted = await mintToken({...order, repositories: 'all'}, world.deps(store), async () => {})
    expect(minted.warnings).toEqual([])
  })

  it('says where the server ignored it', async () => {
    world.confines = false
    const minted = await mintToken(order, world.deps(store), async () => {})
    expect(minted).toMatchObject({
      repositories: undefined,
      warnings: [expect.stringMatching(/^This server can't confine a token/)],
    })
  })
})

describe('where the agent finds its work', () => {
  const CORE = 'molecule/core'
  const writes = {scopes: ['read:issue', 'write:repository'], repositories: ['molecule/docs']} as const
  const refused = {
    code: 'WORK_OUT_OF_REACH',
    exit: 6,
    suggestions: [`name ${CORE} under "repositories" of profile engineer in patrol.yaml`],
  }

  it.each<[string, ToldReach]>([
    ['reached everything', 'all'],
    ['was confined to it', [CORE, 'molecule/site']],
    ['reached nobody knows what', 'unknown'],
  ])('is not taken from one that writes there, where the old token %s', async (_, reach) => {
    before(reach)
    await expect(plan(writes)).rejects.toMatchObject(refused)
  })

  it('stays out of reach where it was before', async () => {
    before(['molecule/docs'])
    expect((await minting(writes)).repositories).toEqual(['molecule/docs'])
    expect((await minting({scopes: writes.scopes})).warnings).toEqual([
      expect.stringContaining('is none of the repositories that it keeps'),
    ])
  })

  it('may be left out for one that only reads, and is told', async () => {
    before('all')
    const {repositories, warnings} = await minting({repositories: ['molecule/docs']})
    expect(repositories).toEqual(['molecule/docs'])
    expect(warnings).toEqual([expect.stringContaining(`${CORE}, where the work is found, is none of the repositories`)])
  })

  const wanted = (asked: Partial<ConfinementRequest>, can = true) =>
    confinementOf({profile: 'engineer', ...writes, ...asked}, [], [], {confines: async () => can})

  it.each<[string, Partial<ConfinementRequest>]>([
    ['a new agent that writes contents', {repo: CORE}],
    ['one that writes issues', {repo: CORE, scopes: ['write:issue']}],
  ])('is not left out for %s', async (_, asked) => {
    await expect(wanted(asked)).rejects.toMatchObject(refused)
  })

  it.each<[string, Partial<ConfinementRequest>, confines: boolean]>([
    ['is reached by its own name in any capitals', {repo: 'Molecule/Docs'}, true],
    ['does not matter to a mint by hand', {}, true],
    ['is no question on a server that confines nothing', {repo: CORE}, false],
  ])('%s', async (_, asked, can) => {
    expect((await wanted(asked, can)).repositories).toEqual(['molecule/docs'])
  })

  it('is told to be perhaps more than before, where nobody knows what that was', async () => {
    before('unknown')
    const {warnings} = await minting({repositories: [CORE]})
    expect(warnings).toEqual([
      expect.stringContaining('whether that is more than the one that it replaces is not known'),
    ])
  })
})

it('goes by the token that the agent is known to run on, whatever the others of its user are confined to', async () => {
  before('all')
  world.addToken('of somebody', ['read:issue']).repositories = ['molecule/site']
  const known = {deployedLastEight: world.old.lastEight, supersede: 'deployed'} as const
  expect((await minting(known)).repositories).toBeUndefined()
})

describe('what each of several tokens is confined to', () => {
  const rows = (...reaches: (ToldReach | undefined)[]) =>
    reaches.map((repositories, at) => ({
      id: at + 1,
      name: `t${at}`,
      lastEight: '00000000',
      scopes: [],
      ...(repositories !== undefined && {repositories}),
    }))
  const kept = (...reaches: (ToldReach | undefined)[]) => {
    const map = reachesToKeep({}, rows(...reaches))
    return map && [...map]
  }

  it('is no question where all are alike, or the profile says', () => {
    expect(kept(['a/a', 'a/b'], ['A/b', 'a/a'])).toBeUndefined()
    expect(kept('all', undefined)).toBeUndefined()
    expect(kept('unknown', 'unknown')).toBeUndefined()
    expect(kept()).toBeUndefined()
    expect(reachesToKeep({repositories: ['a/c']}, rows(['a/a'], 'all'))).toBeUndefined()
  })

  it('is kept one by one, but for what nobody can keep', () => {
    expect(kept(['a/a'], undefined)).toEqual([
      [1, ['a/a']],
      [2, 'all'],
    ])
    expect(kept(['a/a'], ['a/a', 'a/b'])).toEqual([
      [1, ['a/a']],
      [2, ['a/a', 'a/b']],
    ])
    expect(kept(['a/a'], 'unknown')).toEqual([[1, ['a/a']]])
    expect(kept('unknown', undefined)).toEqual([[2, 'all']])
    expect(kept([], ['a/a'])).toEqual([[2, ['a/a']]])
  })
})

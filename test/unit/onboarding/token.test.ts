import {describe, expect, it} from 'vitest'
import {OpsError} from '../../../src/errors.ts'
import type {OnboardingDeps} from '../../../src/onboarding/index.ts'
import type {ProbeReport, RepoAccess} from '../../../src/probe/types.ts'
import type {RepositoryReach} from '../../../src/scopes/repositories.ts'
import type {Scope} from '../../../src/scopes/vocabulary.ts'
import {NAME, newcomer, NewcomerWorld} from '../../support/newcomer-world.ts'
import {evidence, reportOf} from '../../support/probe-report.ts'

const SCOPES: Scope[] = ['read:issue', 'read:repository']
const last = async (world: NewcomerWorld): Promise<unknown> => (await world.journal()).at(-1)

/** Gitea answers this to the mint, which came to pass or not. */
const minting =
  (code: ConstructorParameters<typeof OpsError>[0], happens: boolean) =>
  ({tokens}: OnboardingDeps): Partial<OnboardingDeps> => ({
    tokens: {
      ...tokens,
      mint: async (...order) => {
        if (happens) await tokens.mint(...order)
        throw new OpsError(code, 'Gitea says no.')
      },
    },
  })

describe('a mint', () => {
  it.each(['ADMIN_REJECTED', 'GITEA_USER_UNKNOWN'] as const)('that is refused with %s minted nothing', async (code) => {
    using world = await NewcomerWorld.open()
    world.addUser(NAME)
    const refused = minting(code, false)
    let lists = 0
    await expect(
      world.run(newcomer(), (deps) => {
        const {tokens} = {...deps, ...refused(deps)}
        return {tokens: {...tokens, list: async (user) => (lists++, tokens.list(user))}}
      }),
    ).rejects.toMatchObject({code})
    expect(await last(world)).toMatchObject({type: 'mint_refused', code})
    // The plan's, and the look.
    expect(lists).toBe(2)
  })

  it.each(['GITEA_UNREACHABLE', 'ADMIN_REJECTED'] as const)(
    'that ends in %s is looked for, and what came of it goes',
    async (code) => {
      using world = await NewcomerWorld.open()
      await expect(world.run(newcomer(), minting(code, true))).rejects.toMatchObject({code})
      expect((await world.journal()).map(({type}) => type).slice(-3)).toEqual([
        'mint_settled',
        'discard_intended',
        'discarded',
      ])
      expect(world.tokens).toEqual([])
    },
  )

  it('that ends in an error and is not listed is no mint', async () => {
    using world = await NewcomerWorld.open()
    await expect(world.run(newcomer(), minting('GITEA_UNREACHABLE', false))).rejects.toBeInstanceOf(OpsError)
    expect(await last(world)).toMatchObject({type: 'mint_refused', code: 'GITEA_UNREACHABLE'})
  })

  it.each(['lost-before', 'lost-after'] as const)(
    'whose answer was %s is made again under the next name',
    async (kind) => {
      using world = await NewcomerWorld.open()
      world.strike('mint', kind)
      expect(await world.run(newcomer())).toMatchObject({outcome: 'onboarded'})
      const [open] = await world.store.onboardings.list()
      expect(world.tokens.map(({name}) => name)).toEqual([`patrol.agent-new.20261122.${open?.id}-2`])
    },
  )

  it('that is answered never is given up after three', async () => {
    using world = await NewcomerWorld.open()
    await expect(world.run(newcomer(), minting('WRITE_IN_DOUBT', true))).rejects.toMatchObject({
      code: 'ONBOARDING_IN_DOUBT',
      message: expect.stringContaining('"mint"'),
    })
    expect(world.writes.filter((name) => name === 'mint')).toHaveLength(3)
    expect(world.tokens).toEqual([])
  })

  it.each([
    ['WRITE_IN_DOUBT', 0],
    ['GITEA_UNREACHABLE', 1],
  ] as const)(
    'that came to pass long after its %s is found in the end, and another run’s is left alone (runs that fail: %i)',
    async (code, failing) => {
      using world = await NewcomerWorld.open()
      let name = ''
      const late = ({tokens}: OnboardingDeps): Partial<OnboardingDeps> => ({
        tokens: {
          ...tokens,
          mint: async (user, wanted, scopes) => {
            if (name !== '') return tokens.mint(user, wanted, scopes)
            name = wanted
            throw new OpsError(code, 'No answer.')
          },
        },
      })
      world.after('create', () => {
        world.addToken(name, SCOPES, NAME)
        world.addToken('patrol.agent-new.20261122.rival00001', SCOPES, NAME)
      })
      for (let run = 0; run < failing; run++) {
        await expect(world.run(newcomer(), late)).rejects.toMatchObject({code})
      }
      expect(await world.run(newcomer(), late)).toMatchObject({outcome: 'onboarded'})
      expect(world.tokens.map((token) => token.name)).not.toContain(name)
      expect(world.tokens.map((token) => token.name)).toContain('patrol.agent-new.20261122.rival00001')
    },
  )
})

describe('a mint with repositories', () => {
  const confined = newcomer({repositories: ['acme/core']})
  const unconfined = /^This server can't confine a token to repositories/

  it.each<[string, boolean | undefined, 'plan' | 'run' | 'none']>([
    ['by a server that confines says nothing of that', true, 'none'],
    ['by a server that can not confine is said by the plan', false, 'plan'],
    ['by a server of which nobody knows is said once it is seen', undefined, 'run'],
  ])('%s', async (_, confines, by) => {
    using world = await NewcomerWorld.open()
    world.addUser(NAME)
    world.confines = confines
    const {warnings} = await world.run(confined)
    const told = world.progress.flatMap((item) => (item.kind === 'warning' ? [item.message] : []))
    expect(warnings.filter((text) => unconfined.test(text))).toHaveLength(by === 'plan' ? 1 : 0)
    expect(told.filter((text) => unconfined.test(text))).toHaveLength(by === 'run' ? 1 : 0)
  })
})

describe('what a new token reaches', () => {
  it.each<[string, RepositoryReach, confines: boolean, asked: unknown, told: unknown]>([
    ['as the server lists it', ['acme/core'], true, ['acme/core'], ['acme/core']],
    ['everything where the server lists nothing', ['acme/core'], false, ['acme/core'], 'all'],
    ['everything where the profile says so, which names none in the mint', 'all', true, undefined, 'all'],
  ])('is what its probe is told: %s', async (_, repositories, confines, asked, told) => {
    using world = await NewcomerWorld.open()
    world.addUser(NAME)
    world.confines = confines
    const seen: unknown[] = []
    await world.run(newcomer({repositories}), ({tokens, prober}) => ({
      tokens: {
        ...tokens,
        mint: async (user, name, scopes, wanted) => {
          seen.push(wanted)
          return tokens.mint(user, name, scopes, wanted)
        },
      },
      prober: {
        ...prober,
        probe: async (value, about) => {
          seen.push(await about?.reachOf?.())
          return prober.probe(value, about)
        },
      },
    }))
    expect(seen.slice(0, 2)).toEqual([asked, told])
  })
})

describe('a new token', () => {
  const probed = (report: ProbeReport): Partial<OnboardingDeps> => ({
    prober: {probe: async () => report, liveness: async () => report.liveness},
  })
  const outcome = (issues: RepoAccess['issues']['outcome']): RepoAccess => ({
    repo: 'acme/core',
    issues: {outcome: issues, evidence},
    pulls: {outcome: 'ok', evidence},
  })
  const blocked = (reason: string) => reportOf(SCOPES, {liveness: {state: 'blocked', evidence: {...evidence, reason}}})

  it.each<[string, ProbeReport, object, object]>([
    [
      'lacks a scope',
      reportOf(['read:repository']),
      {code: 'CANDIDATE_REJECTED', message: expect.stringContaining('lacks read:issue')},
      {missing: ['read:issue'], unknown: []},
    ],
    [
      'has a scope that nobody could judge',
      reportOf(['read:repository'], {}, ['read:issue']),
      {code: 'CANDIDATE_UNPROVEN'},
      {missing: [], unknown: ['read:issue']},
    ],
    [
      'may not read the issues',
      reportOf(SCOPES, {repo: outcome('role')}),
      {
        code: 'MEMBERSHIP_MISSING',
        message: expect.stringContaining('may not read the issues of acme/core'),
        suggestions: [
          expect.stringContaining('or name acme/core under "repos" of profile engineer in patrol.yaml'),
          'see that acme/core has its issues switched on',
          'patrol onboard agent-new',
        ],
      },
      {missing: [], unknown: []},
    ],
    [
      'is blocked until the password is changed',
      blocked('must change its password'),
      {
        code: 'CANDIDATE_REJECTED',
        message: expect.stringContaining(
          'does not let agent-new in with the new token …00000002, nor with any other: must change',
        ),
        suggestions: [
          'mend the account of agent-new in the web interface: Site Administration, User Accounts',
          'or on the server, by its own command line: admin user must-change-password --unset agent-new',
          'patrol onboard agent-new',
        ],
      },
      {missing: [], unknown: []},
    ],
    [
      'is blocked by something else',
      blocked('it is not allowed to'),
      {
        suggestions: [
          'mend the account of agent-new in the web interface: Site Administration, User Accounts',
          'patrol onboard agent-new',
        ],
      },
      {missing: [], unknown: []},
    ],
  ])('that %s never gets a workspace, and is deleted', async (_, report, error, fact) => {
    using world = await NewcomerWorld.open()
    await expect(world.run(newcomer(), probed(report))).rejects.toMatchObject(error)
    expect(await world.journal()).toContainEqual(expect.objectContaining({type: 'candidate_rejected', ...fact}))
    expect(world.writes).not.toContain('create')
    expect(world.tokens).toEqual([])
  })

  it('that never gets a workspace is not taken for deleted while Gitea takes it and lists it not', async () => {
    using world = await NewcomerWorld.open()
    const blind = ({tokens}: OnboardingDeps): Partial<OnboardingDeps> => ({
      ...probed(reportOf(['read:repository'])),
      tokens: {...tokens, list: async () => []},
    })
    await expect(world.run(newcomer(), blind)).rejects.toMatchObject({
      exit: 7,
      message: expect.stringContaining('still to be deleted: …00000002'),
    })
    expect(world.tokens).toHaveLength(1)
  })

  it.each(['scope', 'ok'] as const)('whose look at the issues tells "%s" is judged by its scopes', async (issues) => {
    using world = await NewcomerWorld.open()
    expect(await world.run(newcomer(), probed(reportOf(SCOPES, {repo: outcome(issues)})))).toMatchObject({
      outcome: 'onboarded',
    })
  })
})

describe('a token that serves nobody', () => {
  it('is not deleted while Gitea lists no token that the agent could run on', async () => {
    using world = await NewcomerWorld.open()
    await world.broken('create', 'crash-before', newcomer())
    await world.broken('journal proven', 'crash-after', newcomer())
    const [unused, serving] = world.tokens
    const partly = ({tokens}: OnboardingDeps): Partial<OnboardingDeps> => ({
      tokens: {...tokens, list: async (user) => (await tokens.list(user)).filter(({id}) => id !== serving?.id)},
    })
    await expect(world.run(newcomer(), partly)).rejects.toMatchObject({code: 'TOKENS_DOUBTED'})
    expect(world.tokens).toEqual([unused, serving])
    expect(await world.run(newcomer())).toMatchObject({outcome: 'onboarded'})
    expect(world.tokens).toEqual([serving])
  })

  it('and was given another value by somebody is left to them to the end', async () => {
    using world = await NewcomerWorld.open()
    await world.broken('journal minted', 'crash-after', newcomer())
    const made = world.regenerate(world.tokens[0]!.id)
    await expect(world.run(newcomer())).rejects.toMatchObject({code: 'TOKEN_CHANGED'})
    world.strike('mint', 'lost-before')
    expect(await world.run(newcomer())).toMatchObject({outcome: 'onboarded'})
    expect(world.alive(made.lastEight)).toBe(true)
  })

  it.each(['mint', 'late'] as const)('but was used, although nobody got its value, is left (%s)', async (how) => {
    using world = await NewcomerWorld.open()
    let used = ''
    const late = ({tokens}: OnboardingDeps): Partial<OnboardingDeps> => ({
      tokens: {
        ...tokens,
        mint: async (user, name, scopes) => {
          if (used !== '') return tokens.mint(user, name, scopes)
          used = name
          const make = () =>
            Object.assign(world.addToken(name, SCOPES, NAME), {
              createdAt: '2026-11-22T03:00:00Z',
              lastUsedAt: '2026-11-22T03:00:09Z',
            })
          if (how === 'mint') make()
          else world.after('create', make)
          throw new OpsError('WRITE_IN_DOUBT', 'No answer.')
        },
      },
    })
    const error: unknown = await world.run(newcomer(), late).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({code: 'TOKEN_CHANGED', message: expect.stringContaining('was used since')})
    expect(await world.run(newcomer(), late)).toMatchObject({outcome: 'onboarded'})
    expect(world.tokens.map(({name}) => name)).toContain(used)
  })

  it('is deleted before the proof whatever an earlier agent of the name ran on', async () => {
    using world = await NewcomerWorld.open()
    const deployment = {agent: NAME, user: NAME, token: 77, lastEight: '00000077', secretUpdatedAt: undefined, at: 1}
    await world.store.ledger.apply([{kind: 'deployed', deployment}])
    await world.broken('journal minted', 'crash-after', newcomer())
    expect(await world.run(newcomer())).toMatchObject({outcome: 'onboarded'})
    expect(world.tokens).toHaveLength(1)
  })
})

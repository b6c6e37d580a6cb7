import {afterEach, describe, expect, test} from 'vitest'
import {Chance} from '../../../src/simulator/fleet/chance.ts'
import {startFleet} from '../../../src/simulator/fleet.ts'
import type {FleetOptions, FleetSandbox, TruthFinding} from '../../../src/simulator/fleet.ts'
import {listen, text} from '../../../src/simulator/wire.ts'

const RULES = [
  'scope-missing',
  'scope-excess',
  'scope-dangerous',
  'user-is-admin',
  'token-dead',
  'token-blocked',
  'role-gap',
  'public-only',
  'token-too-old',
  'token-unused',
  'superseded-alive',
  'token-orphan',
  'several-live-tokens',
  'deployed-unknown',
  'token-shared',
  'secret-older-than-token',
  'workspace-missing',
  'workspace-failed',
  'workspace-offline',
  'user-without-workspace',
  'workspace-without-user',
  'empty-scope',
]

/** Those of tokens that are confined to repositories. */
const REACH_RULES = ['repository-missing', 'repository-excess', 'could-be-confined']

const open: FleetSandbox[] = []
afterEach(async () => {
  await Promise.all(open.splice(0).map((fleet) => fleet.close()))
})

async function start(options: FleetOptions): Promise<FleetSandbox> {
  const fleet = await startFleet(options)
  open.push(fleet)
  return fleet
}

const rulesOf = (findings: readonly TruthFinding[]): string[] => [...new Set(findings.map(({rule}) => rule))].toSorted()

describe('a generated fleet', () => {
  test.each([1, 2, 3])('violates every rule, whatever the seed (%i)', async (seed) => {
    const {truth} = await start({agents: 120, seed, gitea: '1.25.4'})
    expect(rulesOf(truth.both.findings)).toEqual(RULES.toSorted())
  })

  test.each([1, 2, 3])('violates those about repositories too where they confine tokens (%i)', async (seed) => {
    const {truth} = await start({agents: 120, seed, gitea: 'forgejo-15'})
    // Nothing tells when its tokens were used.
    const applied = [...RULES, ...REACH_RULES].filter((rule) => rule !== 'token-unused')
    expect(rulesOf(truth.both.findings)).toEqual(applied.toSorted())
  })

  test('is the same for the same seed, and another for another', async () => {
    const [first, again, other] = [
      await start({agents: 60, seed: 5}),
      await start({agents: 60, seed: 5}),
      await start({agents: 60, seed: 6}),
    ]
    expect(again.truth).toEqual(first.truth)
    expect(again.members.map(({name, held}) => [name, held])).toEqual(first.members.map(({name, held}) => [name, held]))
    expect(other.truth).not.toEqual(first.truth)
  })

  test('is sound for the most part', async () => {
    const {members, truth} = await start({agents: 1000})
    const names = new Set(members.map(({name}) => name))
    const violating = new Set(truth.both.findings.map(({agent}) => agent)).intersection(names)
    expect(violating.size).toBeGreaterThan(300)
    expect(violating.size).toBeLessThan(500)
    const twice = truth.both.findings.filter(({agent, rule}, index, all) =>
      all.some((other, at) => at !== index && other.agent === agent && other.rule !== rule),
    )
    expect(twice.length).toBeGreaterThan(0)
  })

  test('knows what each source can tell', async () => {
    const {truth} = await start({agents: 120, gitea: '1.25.4'})
    const [listing, probing] = [rulesOf(truth.listing.findings), rulesOf(truth.probing.findings)]
    expect(RULES.filter((rule) => !listing.includes(rule))).toEqual(['role-gap'])
    expect(RULES.filter((rule) => !probing.includes(rule))).toEqual([
      'token-unused',
      'superseded-alive',
      'token-orphan',
      'several-live-tokens',
      'user-without-workspace',
    ])
  })

  test('knows that only a listing tells what a token is confined to', async () => {
    const {truth} = await start({agents: 120, gitea: 'forgejo-15'})
    const told = (source: 'listing' | 'probing') =>
      REACH_RULES.filter((rule) => rulesOf(truth[source].findings).includes(rule))
    expect([told('listing'), told('probing')]).toEqual([REACH_RULES, []])
  })

  test('knows that ages are told by listings from Gitea 1.24 on', async () => {
    const [old, recent] = [await start({agents: 120}), await start({agents: 120, gitea: '1.24.7'})]
    const aged = ({truth}: FleetSandbox) => truth.listing.findings.filter(({rule}) => rule === 'token-unused').length
    expect(aged(old)).toBe(0)
    expect(aged(recent)).toBeGreaterThan(0)
  })

  test('has its servers in the state that its members tell', async () => {
    const {gitea, platform, members} = await start({agents: 120})
    for (const {user, tokens, platform: seeded, workspaceId, held} of members) {
      expect(gitea.tokens(user).map(({name}) => name)).toEqual(tokens.map(({name}) => name))
      expect(platform.secrets(workspaceId)).toEqual(seeded ? {GITEA_TOKEN: held} : {})
    }
  })

  test.each([
    ['forgejo-15', true],
    ['forgejo-11', false],
    ['1.27.0', false],
  ] as const)('on %s has tokens that are confined: %s', async (version, confines) => {
    const {gitea, members} = await start({agents: 120, gitea: version})
    const meant = members.flatMap(({user, tokens}) =>
      tokens.map(({name, repositories}) => ({user, name, repositories: repositories?.toSorted()})),
    )
    const held = new Set(members.map(({user}) => user))
    const stored = [...held].flatMap((user) =>
      gitea.tokens(user).map(({name, repositories}) => ({user, name, repositories: repositories?.toSorted()})),
    )
    expect(meant.filter(({repositories}) => repositories).length).toBeGreaterThan(5)
    expect(stored).toEqual(confines ? meant : meant.map((token) => ({...token, repositories: undefined})))
  })

  test('is refused without agents', async () => {
    await expect(startFleet({agents: 0})).rejects.toThrow('at least one agent')
  })
})

describe('chance', () => {
  test('spreads evenly', () => {
    const chance = new Chance(1)
    const counts = Array.from({length: 10}, () => 0)
    for (let index = 0; index < 10_000; index++) counts[chance.below(10)]! += 1
    for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150)
  })
})

describe('a fault that breaks a share of the requests', () => {
  test('breaks about as many as it says, and the same ones again', async () => {
    const server = await listen({answer: () => text(200, 'ok'), reset() {}})
    try {
      const round = async (): Promise<number[]> => {
        const remove = server.fail({kind: 'status', status: 503, share: {of: 0.2, seed: 3}})
        const statuses: number[] = []
        for (let index = 0; index < 200; index++) statuses.push((await fetch(server.url)).status)
        remove()
        return statuses
      }
      const first = await round()
      const broken = first.filter((status) => status === 503).length
      expect(broken).toBeGreaterThan(20)
      expect(broken).toBeLessThan(65)
      expect(await round()).toEqual(first)
    } finally {
      await server.close()
    }
  })
})

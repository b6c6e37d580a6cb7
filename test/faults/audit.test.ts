import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {audit, choose, collect, RULES} from '../../src/fleet/index.ts'
import type {AuditReport} from '../../src/fleet/index.ts'
import {expand} from '../../src/scopes/sets.ts'
import {isScope} from '../../src/scopes/vocabulary.ts'
import {NEEDS} from '../../src/simulator/fleet/member.ts'
import type {Member} from '../../src/simulator/fleet/member.ts'
import type {LoggedRequest} from '../../src/simulator/types.ts'
import {differences, linesOf, parade, truthLine} from '../support/fleet.ts'
import type {Parade, Source} from '../support/fleet.ts'
import {mayPass} from '../support/strikes.ts'

const AGENTS = 2000
const SEED = 20_261_122
const SENTINEL = '~scope-probe~'
const VERSIONS = ['1.22.6', '1.25.4', '1.27.0', 'forgejo-15'] as const
const SOURCES: readonly Source[] = ['listing', 'probing', 'both']
const NOTHING = {wrong: [], absent: []}

async function run({inventory, open}: Parade, source: Source): Promise<AuditReport> {
  const {ports, close} = open(source)
  try {
    return await collect(audit(choose(inventory), ports, {concurrency: 32}))
  } finally {
    await close()
  }
}

/** What a write would change: tokens, secrets and processes of every member. */
function stateOf({fleet}: Parade): unknown {
  return fleet.members.map(({user, workspaceId, unheardOf}) => ({
    tokens: (unheardOf ? [] : fleet.gitea.tokens(user)).map(({id, name, scopes}) => ({id, name, scopes})),
    secrets: fleet.platform.secrets(workspaceId),
    restarts: fleet.platform.restarts(workspaceId),
  }))
}

const reads = ({method}: LoggedRequest): boolean => method === 'GET' || method === 'HEAD'

describe.each(VERSIONS)('a fleet of 2,000 agents on %s', (gitea) => {
  let stage: Parade
  beforeAll(async () => {
    stage = await parade({agents: AGENTS, seed: SEED, gitea})
  })
  afterAll(() => stage.end())

  test.each(SOURCES)('gets the findings of the truth, no more and no less, by %s', async (source) => {
    const {gitea: server, platform, truth} = stage.fleet
    server.reset()
    platform.reset()
    const before = stateOf(stage)

    const report = await run(stage, source)

    expect(differences(linesOf(report), truth[source].findings.map(truthLine))).toEqual(NOTHING)
    expect(report.agents).toHaveLength(AGENTS)
    expect(silent(report, truth.all.findings.map(truthLine), gitea)).toEqual([])
    expect(stateOf(stage)).toEqual(before)
    expect(platform.requests.filter((request) => !reads(request))).toEqual([])
    // The ladder's write probes are aimed at an owner that cannot exist, so that no handler can run.
    const unsafe = server.requests.filter((request) => !reads(request))
    expect(unsafe.filter(({path, status}) => !path.includes(SENTINEL) || status < 400)).toEqual([])
    const climbs = source !== 'listing' && minorOf(gitea) <= 22
    expect(unsafe.length > 0).toBe(climbs)
  })
})

describe.each(VERSIONS)('a fleet of 200 agents that are asked, on %s', (gitea) => {
  let stage: Parade
  beforeAll(async () => {
    stage = await parade({agents: 200, seed: SEED, gitea})
  })
  afterAll(() => stage.end())

  test('gets the findings of the truth, no more and no less', async () => {
    const report = await run(stage, 'asking')
    expect(differences(linesOf(report), stage.fleet.truth.asking.findings.map(truthLine))).toEqual(NOTHING)
    const mute = stage.fleet.members.filter(({platform}) => platform?.agent?.kind === 'mute').map(({name}) => name)
    const unsaid = report.agents.filter(({unjudged}) => unjudged.some(({reason}) => /was asked/.test(reason)))
    expect(mute.length).toBeGreaterThan(0)
    expect(unsaid.map(({agent}) => agent)).toEqual(mute)
    expect(report.agents.filter(({deployedFrom}) => deployedFrom === 'agent').length).toBeGreaterThan(100)
  })
})

describe.each(VERSIONS)('a fleet on servers that fail, %s', (version) => {
  let stage: Parade
  beforeAll(async () => {
    stage = await parade({agents: 300, seed: SEED, gitea: version})
  })
  afterAll(() => stage.end())

  test.each(SOURCES)('is judged right or not at all, and never passes, by %s', async (source) => {
    const {gitea, platform, truth, members} = stage.fleet
    for (const server of [gitea, platform]) {
      server.reset()
      const share = {of: 0.0125, seed: SEED}
      mayPass('they are drawn by chance, and by some sources a server is asked a few times only', () => {
        server.fail({kind: 'reset-before', share})
        server.fail({kind: 'status', status: 429, share: {...share, seed: SEED + 1}})
        server.fail({kind: 'status', status: 503, share: {...share, seed: SEED + 2}})
        server.fail({kind: 'html', share: {...share, seed: SEED + 3}})
      })
    }

    const report = await run(stage, source)

    const {wrong, absent} = differences(linesOf(report), truth[source].findings.map(truthLine))
    // What one finding says in short stands scope by scope where not everything about a token could be seen.
    expect(wrong.filter((line) => !isSoOf(members, line))).toEqual([])
    const unjudged = [...report.unjudged, ...report.agents.flatMap((agent) => agent.unjudged)]
    const known = new Set(members.map(({name}) => name))
    const emptied = new Set(
      report.agents
        .filter(({findings}) => findings.some((each) => each.rule === 'empty-scope'))
        .map(({agent}) => agent),
    )
    const excused = (line: string): boolean => {
      const [agent = '', rule = ''] = line.split(' ')
      const inShort = rule.startsWith('scope-') && emptied.has(agent)
      return (
        inShort || unjudged.some((gap) => (gap.agent === agent || !known.has(agent)) && [rule, '*'].includes(gap.rule))
      )
    }
    expect(absent.filter((line) => !excused(line))).toEqual([])
    expect(report.summary.exit).toBe(5)
    expect(report.summary.unknown).toBeGreaterThan(0)
    expect(report.summary.unknown).toBeLessThan(members.length / 2)
    expect(report.summary.unknown).toBe(report.agents.filter(({state}) => state === 'unknown').length)
    expect(report.agents.filter(({state, unjudged: gaps}) => state !== 'unknown' && gaps.length > 0)).toEqual([])
  })
})

/** Rules that are not applied although their sources are there, and where; docs/rules.md says so of each. */
const NOT_APPLIED: {rule: string; where: (by: {sources: readonly string[]; minor: number}) => boolean}[] = [
  // Nothing but a listing from 1.24 on tells times of tokens that the ledger does not know.
  ...['token-unused', 'secret-older-than-token'].map((rule) => ({
    rule,
    where: ({sources, minor}: {sources: readonly string[]; minor: number}) =>
      !sources.includes('listing') || minor < 24,
  })),
  // Only a probe shows whose password has expired.
  {rule: 'token-blocked', where: ({sources}) => !sources.includes('probe')},
  // Only a listing shows that there is no such user.
  {rule: 'workspace-without-user', where: ({sources}) => !sources.includes('listing')},
]

/** Of Gitea's release, or of the one whose list of tokens Forgejo's is like. */
const minorOf = (version: string): number => Number(version.split('.')[1] ?? 22)

/** What is the matter, and was neither found nor called unknown by a rule that was applied. */
function silent({agents, unclaimed, unjudged, sources}: AuditReport, real: string[], version: string): string[] {
  const told = new Set(linesOf({agents, unclaimed}))
  const byName = new Map(agents.map((each) => [each.agent, each]))
  const minor = minorOf(version)
  return real.filter((line) => {
    const [agent = '', id = ''] = line.split(' ')
    const rule = RULES.find((each) => each.id === id)!
    const applied = rule.needs.some((needed) => needed.every((source) => sources.includes(source)))
    const exempt = NOT_APPLIED.some((each) => each.rule === id && each.where({sources, minor}))
    const audited = byName.get(agent)
    const open = [...(audited?.unjudged ?? []), ...unjudged].some((gap) => [id, '*'].includes(gap.rule))
    // A token without any scope that shows is one finding in the place of many.
    const inShort = /^scope-/.test(id) && audited?.findings.some((finding) => finding.rule === 'empty-scope')
    return applied && !exempt && !told.has(line) && !open && !inShort
  })
}

/** Whether the token that the agent holds lacks, or has beyond its profile, the scope that the line names. */
function isSoOf(members: readonly Member[], line: string): boolean {
  const [name, rule, scope = ''] = line.split(' ')
  const member = members.find((each) => each.name === name)
  const [token] = member?.tokens ?? []
  // Where nothing but a ladder of requests told: nothing that anything asks for.
  if (token && rule === 'empty-scope') return token.scopes.every((each) => each.endsWith(':misc'))
  if (!member || !token || !isScope(scope)) return false
  const held = expand(token.scopes.filter(isScope))
  const needed = expand([...NEEDS[member.profile]])
  if (rule === 'scope-missing') return needed.has(scope) && !held.has(scope)
  return (rule === 'scope-excess' || rule === 'scope-dangerous') && held.has(scope) && !needed.has(scope)
}

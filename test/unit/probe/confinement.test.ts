import {describe, expect, test} from 'vitest'
import {health} from '../../../src/probe/health.ts'
import {judge} from '../../../src/probe/judgement.ts'
import type {ProbePort, ProbeReply} from '../../../src/probe/ports.ts'
import {probe, type ProbeOptions} from '../../../src/probe/probe.ts'
import {PROBES} from '../../../src/probe/table.ts'
import type {RepositoryReach, ToldReach} from '../../../src/scopes/repositories.ts'
import {expand} from '../../../src/scopes/sets.ts'
import type {Scope} from '../../../src/scopes/vocabulary.ts'
import {Secret} from '../../../src/secret.ts'
import {reportOf} from '../../support/probe-report.ts'

const VALUE = new Secret(`${'a'.repeat(32)}00000001`)
const json = (status: number, body: unknown): ProbeReply => ({
  status,
  contentType: 'application/json',
  body,
  requests: 1,
})
const own = (status: number, message: string) => json(status, {message, url: 'https://git.example.org/api/swagger'})
const ABSENT: ProbeReply = {status: 404, contentType: 'text/plain', body: undefined, requests: 1}
/** What forgejo 15.0.3 answers of a private repository outside a token's list, as of one that is not there. */
const LOST = own(404, "The target couldn't be found.")
const FORGEJO = '15.0.3+gitea-1.22.0'

/** A server with plain denials (gitea up to 1.22, every forgejo), and a token with these scopes. */
function server(version: string | undefined, scopes: readonly Scope[], more: Record<string, ProbeReply> = {}) {
  const asked: string[] = []
  const held = expand(scopes)
  const gates = Object.entries(PROBES).flatMap(([category, {read, write}]) =>
    (['read', 'write'] as const).map((level) => {
      const {method, path} = level === 'read' ? read : write
      const scope = `${level}:${category}`
      const refusal = own(403, `token does not have at least one of required scope(s): [${scope}]`)
      return [`${method} ${path}`, [...held].some((each) => each === scope) ? own(404, 'not there') : refusal] as const
    }),
  )
  const told = version === undefined ? own(404, 'hidden') : json(200, {version})
  const answers: Record<string, ProbeReply> = {...Object.fromEntries(gates), 'GET /version': told, ...more}
  const port: ProbePort = {
    url: 'https://git.example.org',
    async ask({method, path}) {
      asked.push(`${method} ${path}`)
      return answers[`${method} ${path.split('?')[0]}`] ?? answers[`${method} ${path}`] ?? ABSENT
    },
  }
  return {port, asked}
}

const NARROW: Scope[] = ['read:issue', 'write:repository']
const found = async (version: string | undefined, scopes: Scope[], options: ProbeOptions = {}, more = {}) => {
  const {port, asked} = server(version, scopes, more)
  const report = await probe(port, VALUE, options)
  return {report, confinement: report.confinement, asked}
}
const listed = (reach: ToldReach | undefined) => ({reachOf: async () => reach})

describe('what a token reaches', () => {
  test.each<[string, string | undefined, Scope[], ToldReach | undefined, ToldReach, string]>([
    ['a scope that none can have', FORGEJO, ['read:issue', 'read:user'], ['o/r'], 'all', 'it has read:user, which no'],
    ['a Forgejo before 15', '11.0.15+gitea-1.22.0', NARROW, ['o/r'], 'all', 'Forgejo 11.0.15 confines no token'],
    ['a Gitea', '1.22.6', NARROW, ['o/r'], 'all', 'Gitea 1.22.6 confines no token'],
    ["its row's list", FORGEJO, NARROW, ['o/r'], ['o/r'], "as the administrator's list"],
    ["its row, that it isn't confined", FORGEJO, NARROW, 'all', 'all', "as the administrator's list"],
    ['nothing, without a row', FORGEJO, NARROW, undefined, 'unknown', "only an administrator's list tells"],
    ['a row in an unknown form', FORGEJO, NARROW, 'unknown', 'unknown', 'in a form that patrol does not know'],
    ['nothing, on a server to come', '17.1.0+gitea-1.22.0', NARROW, undefined, 'unknown', 'Forgejo 15 and newer'],
    ['nothing, on a fork', '9.1-acme', NARROW, undefined, 'unknown', 'Forgejo 15 and newer'],
    ['nothing, where the version is hidden', undefined, NARROW, undefined, 'unknown', 'Forgejo 15 and newer'],
    ['the lack of any scope', FORGEJO, [], ['o/r'], 'all', 'it has no scope of issue or repository to be confined'],
  ])('is told by %s', async (_, version, scopes, row, reach, reason) => {
    const {confinement} = await found(version, scopes, listed(row))
    expect(confinement).toMatchObject({reach, reason: expect.stringContaining(reason)})
  })

  test('is not for certain everything where a row names no repository, for they may be deleted', async () => {
    const doubtOf = async (scopes: Scope[], row: ToldReach) => (await found(FORGEJO, scopes, listed(row))).confinement
    expect(await doubtOf(NARROW, 'all')).toMatchObject({doubt: 'all that the token was confined to are deleted'})
    expect(await doubtOf(NARROW, ['o/r'])).not.toHaveProperty('doubt')
    expect(await doubtOf(['read:issue', 'read:user'], 'all')).not.toHaveProperty('doubt')
  })

  test('is not told by a server that is busy', async () => {
    const busy = {status: 503, contentType: 'text/plain', body: undefined, requests: 1}
    const gates = Object.values(PROBES).flatMap(({read, write}) => [read, write])
    const more = Object.fromEntries(gates.map(({method, path}) => [`${method} ${path.split('?')[0]}`, busy]))
    expect((await found(FORGEJO, NARROW, {}, more)).confinement.reach).toBe('unknown')
    // What is known of its version already is not unlearnt from whatever answers in its place.
    expect((await found('9.9.9-gateway', NARROW, {version: FORGEJO}, more)).report.version).toBe(FORGEJO)
    expect((await found('9.9.9-gateway', NARROW, {}, more)).report.version).toBe('9.9.9-gateway')
  })

  test('is not told by the lack of one scope, where nobody knows of the other', async () => {
    const busy = {status: 503, contentType: 'text/plain', body: undefined, requests: 1}
    const gates = Object.entries(PROBES).flatMap(([category, {read, write}]) =>
      category === 'issue' ? [] : [read, write],
    )
    const more = Object.fromEntries(gates.map(({method, path}) => [`${method} ${path.split('?')[0]}`, busy]))
    const {confinement} = await found(FORGEJO, [], listed(['o/r']), more)
    expect(confinement).toEqual({reach: 'unknown', reason: 'its scopes are not known either'})
  })

  test.each([null, 'fifteen', {}, {version: 15}, {release: FORGEJO}])(
    'is not told by a server that answers %j instead of its version',
    async (body) => {
      const {confinement, report} = await found(FORGEJO, NARROW, {}, {'GET /version': json(200, body)})
      expect([confinement.reach, report.version]).toEqual(['unknown', undefined])
    },
  )

  test('is not told by what only Gitea did so far, of a server that calls itself a newer Forgejo', async () => {
    const denial = 'token does not have at least one of required scope(s), required=[read:user], token scope=read:issue'
    const telling = {'GET /user': own(403, denial)}
    expect((await found(FORGEJO, NARROW, {version: FORGEJO}, telling)).confinement.reach).toBe('unknown')
  })

  test('costs one request more, and none where the version is known', async () => {
    const {asked, report} = await found(FORGEJO, NARROW)
    expect(asked.filter((line) => line === 'GET /version')).toHaveLength(1)
    expect(report.version).toBe(FORGEJO)
    expect((await found(FORGEJO, NARROW, {version: FORGEJO})).asked).not.toContain('GET /version')
  })

  test('is not asked of a Gitea that tells scopes by itself (1.23, 1.27)', async () => {
    const denial = 'token does not have at least one of required scope(s), required=[read:user], token scope=read:issue'
    const {confinement, asked} = await found('1.23.8', NARROW, {}, {'GET /user': own(403, denial)})
    expect([confinement.reach, asked]).toEqual(['all', ['GET /token', 'GET /user']])
    const told = await found('1.27.0', NARROW, {}, {'GET /token': json(200, {scopes: ['read:issue']})})
    expect([told.confinement.reach, told.asked]).toEqual(['all', ['GET /token']])
  })
})

describe('a repository', () => {
  const access = async (reach: RepositoryReach | undefined, pulls: ProbeReply = LOST, version = FORGEJO) => {
    const lists = {'GET /repos/o/s/issues': LOST, 'GET /repos/o/s/pulls': pulls}
    return (await found(version, NARROW, {repo: 'o/s', ...listed(reach)}, lists)).report
  }

  test('outside the confinement is not the fault of the user', async () => {
    const {repo} = await access(['o/r', 'o/t'])
    expect(repo?.issues).toMatchObject({
      outcome: 'confinement',
      evidence: {reason: 'the token is confined to o/r, o/t, and o/s is not among them'},
    })
  })

  test('within it is', async () => {
    expect((await access(['O/S'])).repo?.issues.outcome).toBe('role')
    expect((await access(undefined, LOST, '1.22.6')).repo?.issues.outcome).toBe('role')
  })

  test('is shut, and nobody knows by what, where nothing tells the confinement', async () => {
    expect((await access(undefined)).repo?.issues).toMatchObject({
      outcome: 'shut',
      evidence: {reason: expect.stringMatching(/or its user may not see it; or the token is confined to others$/)},
    })
  })

  test('is shut, and nobody knows by what, where all that the token was confined to may be deleted', async () => {
    expect((await access('all')).repo?.issues).toMatchObject({
      outcome: 'shut',
      evidence: {reason: expect.stringMatching(/may not see it; or all that the token was confined to are deleted$/)},
    })
    expect((await access('all', json(200, []))).repo?.pulls).toMatchObject({evidence: {reason: /be listed$/}})
  })

  test('that it reaches is listed, and nothing more is said', async () => {
    expect((await access(['o/s'], json(200, []))).repo?.pulls).toMatchObject({
      outcome: 'ok',
      evidence: {reason: 'pull requests can be listed'},
    })
  })

  test('that is public can be read all the same, and no more', async () => {
    expect((await access(['o/r'], json(200, []))).repo?.pulls).toMatchObject({
      outcome: 'ok',
      evidence: {
        reason:
          'pull requests can be listed, for it is public, and nothing written: the token is confined to o/r, and o/s is not among them',
      },
    })
  })

  test('in a health check whose answer is no Gitea’s costs no look for the version', async () => {
    const {port, asked} = server(FORGEJO, NARROW, {'GET /repos/o/s/pulls': json(200, [])})
    expect(await health(port, VALUE, 'o/s')).toMatchObject({requests: 2, access: {issues: {outcome: 'unknown'}}})
    expect(asked).not.toContain('GET /version')
  })

  test('in a health check is a gap, with both causes where the server can confine', async () => {
    const lists = {'GET /repos/o/s/issues': LOST, 'GET /repos/o/s/pulls': json(200, [])}
    const checked = (version: string) => health(server(version, NARROW, lists).port, VALUE, 'o/s')
    expect(await checked(FORGEJO)).toMatchObject({state: 'gap', requests: 3, access: {issues: {outcome: 'shut'}}})
    expect(await checked('1.22.6')).toMatchObject({state: 'gap', requests: 3, access: {issues: {outcome: 'role'}}})
  })
})

describe('held against a profile', () => {
  const judged = (
    reach: RepositoryReach | 'unknown',
    repositories: RepositoryReach | undefined,
    more: Parameters<typeof reportOf>[1] = {},
  ) => {
    const report = reportOf(NARROW, {confinement: {reach, reason: 'made up'}, version: FORGEJO, ...more})
    const {findings, exit, next} = judge(report, {name: 'docs', scopes: NARROW, repositories}, 'scribe')
    return {findings: findings.map(({rule, severity, message}) => `${severity} ${rule}: ${message}`), exit, next}
  }

  test('a repository too few is an error, one too many a warning', () => {
    expect(judged(['o/r', 'o/t'], ['o/r', 'o/s'])).toEqual({
      findings: [
        'error repository-missing: the token is confined to o/r, o/t, and docs needs o/s',
        'warning repository-excess: the token reaches o/t, which docs does not need',
      ],
      exit: 3,
      next: ['patrol rotate scribe'],
    })
  })

  test('a token that could be confined and is not is a warning, on servers that can', () => {
    expect(judged('all', ['o/r'])).toMatchObject({
      findings: [
        expect.stringMatching(/^warning could-be-confined: the token reaches every repository of its user; docs/),
      ],
      exit: 0,
    })
    for (const version of ['11.0.15+gitea-1.22.0', '1.27.0', undefined])
      expect(judged('all', ['o/r'], {version}).findings).toEqual([])
  })

  test('where all that it was confined to may be deleted, it is not claimed to reach everything', () => {
    const confinement = {reach: 'all' as const, reason: 'made up', doubt: 'all of them are gone'}
    expect(judged('all', ['o/r'], {confinement}).findings).toEqual([
      'warning could-be-confined: the token reaches every repository of its user, unless all of them are gone; docs names o/r, and this server can confine it',
    ])
  })

  test('what nobody knows is no pass, where the profile names repositories', () => {
    expect(judged('unknown', ['o/r'])).toMatchObject({findings: [], exit: 5})
    expect(judged('unknown', undefined)).toMatchObject({findings: [], exit: 0})
  })

  test('a token of which everything may be reached is no finding, where the profile names none', () => {
    expect(judged('all', undefined).findings).toEqual([])
    expect(judged('all', 'all').findings).toEqual([])
  })

  test('a dead token is dead, whatever it reached', () => {
    const evidence = {method: 'GET', path: '/x', status: 401, dialect: 'none' as const, reason: 'not accepted'}
    expect(judged(['o/r'], ['o/s'], {liveness: {state: 'dead', evidence}}).findings).toEqual([
      'error token-dead: the token is dead: the server does not accept it',
    ])
  })

  test('is told of the agent, where it is known whose token it is', () => {
    const report = reportOf(NARROW, {confinement: {reach: ['o/r'], reason: 'made up'}, version: FORGEJO})
    const agents = (agent: string | undefined) =>
      judge(report, {name: 'docs', scopes: NARROW, repositories: ['o/s']}, agent).findings.map((each) => each.agent)
    expect(agents('scribe')).toEqual(['scribe', 'scribe'])
    expect(agents(undefined)).toEqual([null, null])
  })

  test('a confinement that no profile asks for is no finding by itself', () => {
    const evidence = {method: 'GET', path: '/x', status: 200, dialect: 'none' as const, reason: 'it can be listed'}
    const ok = {outcome: 'ok' as const, evidence}
    expect(judged(['o/r'], undefined)).toMatchObject({findings: [], exit: 0})
    expect(judged(['o/r'], undefined, {repo: {repo: 'O/r', issues: ok, pulls: ok}}).findings).toEqual([])
    // Where the agent finds its work it can read what is public, and write nothing.
    const mute = judged(['o/r'], undefined, {repo: {repo: 'o/s', issues: ok, pulls: ok}})
    expect(mute.findings).toEqual([expect.stringContaining('name o/s under "repositories" of profile docs')])
  })

  test('is too narrow where the profile wants every repository', () => {
    const findings = [
      'error repository-missing: the token is confined to o/r, and docs wants every repository of its user',
    ]
    expect(judged(['o/r'], 'all')).toEqual({findings, exit: 3, next: ['patrol rotate scribe']})
    expect(judged('all', 'all')).toMatchObject({findings: [], exit: 0})
  })

  test('the repository of the agent is told by the list that does not find it', () => {
    const about = (status: number, reason: string) => ({
      method: 'GET',
      path: '/x',
      status,
      dialect: 'none' as const,
      reason,
    })
    const issues = {outcome: 'ok' as const, evidence: about(200, 'it can be listed')}
    const pulls = {outcome: 'confinement' as const, evidence: about(404, 'o/s is not among them')}
    expect(judged(['o/r'], undefined, {repo: {repo: 'o/s', issues, pulls}}).findings).toEqual([
      expect.stringContaining('repository-missing: o/s is not among them; name o/s'),
    ])
  })

  test('the repository of the agent outside it is an error, and it is said what to write first', () => {
    const evidence = {method: 'GET', path: '/x', status: 404, dialect: 'none' as const, reason: 'o/s is not among them'}
    const shut = {outcome: 'confinement' as const, evidence}
    expect(judged(['o/r'], undefined, {repo: {repo: 'o/s', issues: shut, pulls: shut}})).toEqual({
      findings: [
        'error repository-missing: o/s is not among them; name o/s under "repositories" of profile docs in patrol.yaml, then rotate',
      ],
      exit: 3,
      next: [],
    })
  })

  test('the repository that was asked about is told once where the profile names it too, however it is spelt', () => {
    const evidence = {method: 'GET', path: '/x', status: 404, dialect: 'none' as const, reason: 'o/s is not among them'}
    const shut = {outcome: 'confinement' as const, evidence}
    for (const repo of ['o/s', 'O/S']) {
      expect(judged(['o/r'], ['o/r', 'o/s'], {repo: {repo, issues: shut, pulls: shut}}).findings).toEqual([
        'error repository-missing: the token is confined to o/r, and docs needs o/s',
      ])
    }
  })

  test('what is shut for one of two reasons is told with both', () => {
    const evidence = {method: 'GET', path: '/x', status: 404, dialect: 'none' as const, reason: 'lost'}
    const shut = {outcome: 'shut' as const, evidence}
    const ok = {outcome: 'ok' as const, evidence}
    expect(judged('unknown', undefined, {repo: {repo: 'o/s', issues: shut, pulls: ok}})).toEqual({
      findings: [
        "error role-missing: the token's user may not read the issues of o/s, or the token is confined to other repositories; only an administrator's list tells which",
      ],
      exit: 3,
      next: ['patrol audit scribe'],
    })
    const doubt = {reach: 'all' as const, reason: 'made up', doubt: 'all of them are gone'}
    expect(judged('all', undefined, {confinement: doubt, repo: {repo: 'o/s', issues: shut, pulls: ok}})).toEqual({
      findings: [
        "error role-missing: the token's user may not read the issues of o/s, or all of them are gone; see that the user has access on the server, and where it has, rotate",
      ],
      exit: 3,
      next: ['patrol probe scribe'],
    })
    const report = reportOf(NARROW, {repo: {repo: 'o/s', issues: shut, pulls: ok}})
    expect(judge(report, {name: 'docs', scopes: NARROW}, undefined)).toMatchObject({findings: [{fix: null}], next: []})
  })
})

import {describe, expect, test} from 'vitest'
import {repoPath} from '../../../src/probe/access.ts'
import {health} from '../../../src/probe/health.ts'
import {evidenceOf, TokenKnowledge} from '../../../src/probe/knowledge.ts'
import {ProbeLine} from '../../../src/probe/line.ts'
import type {ProbePort, ProbeRequest, ProbeReply} from '../../../src/probe/ports.ts'
import {liveness, probe} from '../../../src/probe/probe.ts'
import {askRoute, harmlessRequest} from '../../../src/probe/route.ts'
import {NO_ID, PROBES, SENTINEL} from '../../../src/probe/table.ts'
import type {ProbeReport} from '../../../src/probe/types.ts'
import type {Scope} from '../../../src/scopes/vocabulary.ts'
import {Secret} from '../../../src/secret.ts'
import {evidence} from '../../support/probe-report.ts'

const VALUE = new Secret(`${'a'.repeat(32)}00000001`)
const URL = 'https://git.example.org/api/swagger'
const json = (status: number, body: unknown): ProbeReply => ({
  status,
  contentType: 'application/json',
  body,
  requests: 1,
})
const own = (status: number, message: string) => json(status, {message, url: URL})
const text = (status: number): ProbeReply => ({status, contentType: 'text/plain', body: undefined, requests: 1})
const ABSENT = text(404)
const BUSY = text(503)
const NONE: ProbeReply = {status: 0, contentType: '', body: undefined, failure: 'a reset', requests: 1}
const PAST = own(404, 'user redirect does not exist')
const LACKS = 'token does not have at least one of required scope(s)'
const lacks = (scope: string) => own(403, `${LACKS}: [${scope}]`)
const BLOCKED = json(403, {message: 'This account is not activated.'})
const REJECTED = own(401, 'invalid username, password or token')
const GATEWAY = json(401, {message: 'Unauthorized'})
const PUBLIC = own(403, 'token scope is limited to public repos')
const VERSION = json(200, {version: '1.22.6'})

/** A server that answers by the longest beginning of `METHOD /path` it knows, and else that there is no such route. */
function gitea(answers: Record<string, ProbeReply>): ProbePort & {asked: ProbeRequest[]; lines: string[]} {
  const asked: ProbeRequest[] = []
  const lines: string[] = []
  return {
    url: 'https://git.example.org',
    asked,
    lines,
    async ask(request) {
      asked.push(request)
      const line = `${request.method} ${request.path}`
      lines.push(line)
      const known = Object.keys(answers).filter((start) => line.startsWith(start))
      return answers[known.toSorted((one, other) => other.length - one.length)[0] ?? ''] ?? ABSENT
    },
  }
}

/** Up to 1.22: each gate refuses by the name of its scope, but for those of `more`. */
function old(more: Record<string, ProbeReply> = {}) {
  const gates = Object.entries(PROBES).flatMap(([category, {read, write}]) =>
    category === 'activitypub'
      ? []
      : ([
          [`${write.method} ${write.path}`, lacks(`write:${category}`)],
          [`${read.method} ${read.path}`, lacks(`read:${category}`)],
        ] as const),
  )
  return gitea({...Object.fromEntries(gates), ...more})
}
const verdict = (report: ProbeReport, scope: Scope) => report.scopes.find((one) => one.scope === scope)

describe('whether a token lives', () => {
  test.each<[string, ProbeReply, string, string]>([
    ['the version', VERSION, 'alive', 'allowed'],
    ['a 401 of Gitea', REJECTED, 'dead', 'the credential is not accepted'],
    ['a state of its account', BLOCKED, 'blocked', 'This account is not activated.'],
    [
      'a 401 of a gateway',
      GATEWAY,
      'unknown',
      `a 401 that is not the server's own: a gateway before it ("Unauthorized")`,
    ],
    ['JSON without a version', json(200, {}), 'unknown', "an answer (200) that is not the API's"],
    ['an empty version', json(200, {version: ''}), 'unknown', "an answer (200) that is not the API's"],
    ['a version that is no text', json(200, {version: 7}), 'unknown', "an answer (200) that is not the API's"],
    ['null', json(200, null), 'unknown', "an answer (200) that is not the API's"],
    ['an error with a version', json(503, {version: '1.22.6'}), 'unknown', 'the server answered 503'],
    ['no answer', NONE, 'unknown', 'a reset'],
  ])('%s', async (_, reply, state, reason) => {
    expect(await liveness(gitea({'GET /version': reply}), VALUE)).toMatchObject({state, evidence: {reason}})
  })
})

describe('whether a token lives, where something hides the version', () => {
  const user = json(200, {login: 'bob', id: 1})
  test.each<[string, ProbeReply, string]>([
    ['its user', user, 'alive'],
    ['a scope that it lacks', lacks('read:user'), 'alive'],
    ['a 401 of Gitea', REJECTED, 'dead'],
    ['a state of its account', BLOCKED, 'blocked'],
    ['the gateway again', GATEWAY, 'unknown'],
    ['something else', json(200, {hello: 'world'}), 'unknown'],
  ])('is told by %s', async (_, reply, state) => {
    for (const hiding of [GATEWAY, ABSENT, json(200, {}), {...json(302, undefined), contentType: ''}]) {
      expect(await liveness(gitea({'GET /version': hiding, 'GET /user': reply}), VALUE)).toMatchObject({state})
    }
  })

  test('is not asked again where the version tells it', async () => {
    for (const told of [json(200, {version: '1.22.6'}), REJECTED]) {
      const port = gitea({'GET /version': told})
      await liveness(port, VALUE)
      expect(port.lines).toEqual(['GET /version'])
    }
  })

  test('is not asked again of a server in trouble', async () => {
    for (const trouble of [json(503, {}), json(429, {}), NONE]) {
      const port = gitea({'GET /version': trouble})
      await liveness(port, VALUE)
      expect(port.lines).toEqual(['GET /version'])
    }
  })
})

describe('what is asked', () => {
  test('of an old server, for a token without any scope: writes, then reads, each once', async () => {
    const port = old()
    const report = await probe(port, VALUE)
    const names = ['admin', 'repository', 'issue', 'organization', 'notification', 'package'] as const
    const of = (level: 'read' | 'write') =>
      names.map((name) => `${PROBES[name][level].method} ${PROBES[name][level].path}`)
    const federation = `GET ${PROBES.activitypub.read.path}`
    expect(port.lines).toEqual(['GET /token', 'GET /user', ...of('write'), ...of('read'), federation])
    expect(verdict(report, 'read:package')).toMatchObject({
      verdict: 'missing',
      evidence: {path: `/api/v1${PROBES.package.read.path}`},
    })
    expect(verdict(report, 'write:package')).toMatchObject({verdict: 'missing', evidence: {method: 'DELETE'}})
    expect(verdict(report, 'write:activitypub')).toMatchObject({
      verdict: 'not_applicable',
      evidence: {reason: 'federation is off'},
    })
    expect(verdict(report, 'public-only')?.evidence.reason).toBe(
      'this server shows it only on a private repository that the user can see',
    )
  })

  test('all writes go together once it is known that denials do not list', async () => {
    let [now, most] = [0, 0]
    const port = old()
    await probe(
      {
        url: port.url,
        async ask(request, value) {
          if (request.method !== 'GET') most = Math.max(most, ++now)
          const reply = await port.ask(request, value)
          await Promise.resolve()
          if (request.method !== 'GET') now--
          return reply
        },
      },
      VALUE,
    )
    expect(most).toBe(6)
  })

  test('one write goes ahead alone while it is not known, for its denial may list all', async () => {
    const listed = own(403, `${LACKS}, required=[write:admin], token scope=read:user`)
    const port = gitea({
      'GET /user?': ABSENT,
      'GET /users/bob/tokens': BUSY,
      'GET /user': json(200, {login: 'bob', id: 2}),
      'DELETE /admin': listed,
    })
    expect((await probe(port, VALUE)).granted).toEqual(['read:user'])
    expect(port.lines).toEqual(['GET /token', 'GET /user', 'GET /users/bob/tokens?limit=50', port.lines[3]])
  })

  test('whether federation may be written is asked last, while fifteen requests were not made', async () => {
    const federation = {'GET /activitypub': PAST, 'POST /activitypub': lacks('write:activitypub')}
    const bare = old(federation)
    const without = await probe(bare, VALUE)
    expect(bare.lines).toHaveLength(15)
    expect(verdict(without, 'write:activitypub')).toMatchObject({
      verdict: 'unknown',
      evidence: {reason: 'not probed: the limit of requests was reached'},
    })
    const one = old({...federation, [`PUT ${PROBES.notification.write.path}`]: PAST})
    expect(verdict(await probe(one, VALUE), 'write:activitypub')?.verdict).toBe('missing')
    expect(one.lines).toHaveLength(15)
  })

  test('an account that hides is probed for administration once', async () => {
    const user = {
      'GET /users/bob/tokens': PUBLIC,
      'GET /user': json(200, {login: 'bob', id: 2, visibility: 'private', is_admin: true}),
    }
    const port = old(user)
    const report = await probe(port, VALUE, {admin: true})
    expect(port.lines.filter((line) => line.includes('/admin/users'))).toHaveLength(1)
    expect(port.lines.filter((line) => line === 'GET /user')).toHaveLength(1)
    expect(report.identity).toEqual({login: 'bob', id: 2, isAdmin: true})
    expect(verdict(report, 'public-only')?.verdict).toBe('granted')
  })

  test('nor is it where that showed the right of one', async () => {
    const user = {
      'GET /users/bob/tokens': BUSY,
      'GET /user': json(200, {login: 'bob', id: 2, visibility: 'private'}),
      'DELETE /admin/users': own(403, 'user should be the site admin'),
    }
    const port = gitea(user)
    expect((await probe(port, VALUE)).granted).toEqual(['write:admin', 'read:user'])
    expect(port.lines.filter((line) => line.includes('/admin/users'))).toHaveLength(1)
  })

  test('a dead token is asked for nothing more, whatever is wanted', async () => {
    const port = gitea({'GET ': REJECTED})
    expect(await probe(port, VALUE, {repo: 'o/r', admin: true})).toMatchObject({
      liveness: {state: 'dead'},
      repo: undefined,
    })
    expect(port.lines).toEqual(['GET /token', 'GET /version'])
  })

  test('the user of a token that tells its scopes is asked for only where that is wanted', async () => {
    const told = {'GET /token': json(200, {scopes: ['read:user'], user: {login: 'bob', id: 2}})}
    const port = gitea(told)
    await probe(port, VALUE)
    expect(port.lines).toEqual(['GET /token'])
    const untold = gitea({'GET /user': own(403, `${LACKS}, required=[read:user], token scope=read:issue`)})
    expect((await probe(untold, VALUE, {admin: true})).identity).toBeUndefined()
  })
})

describe('what is believed', () => {
  const told = (body: object, user: ProbeReply = ABSENT, status = 200) =>
    probe(gitea({'GET /token': json(status, body), 'GET /user': user, 'GET /version': VERSION}), VALUE, {admin: true})
  const bob = {login: 'bob', id: 2}

  test.each<[string, object, Scope[]]>([
    ['null', {scopes: null}, []],
    ['some', {scopes: ['read:user', 'read:issue']}, ['read:issue', 'read:user']],
    ['what is no text is left out', {scopes: [7, null, 'read:user']}, ['read:user']],
  ])('scopes that the server tells: %s', async (_, body, granted) => {
    expect(await told(body)).toMatchObject({granted, dialect: 'self', identity: undefined})
  })

  test('none in an answer that is no 200', async () => {
    expect(await told({scopes: ['all'], message: 'x', url: URL}, BUSY, 404)).toMatchObject({
      granted: [],
      dialect: 'none',
    })
  })

  test.each<[string, ProbeReply, object]>([
    ['told', json(200, {...bob, is_admin: true}), {...bob, isAdmin: true}],
    [
      'an id that is no number',
      json(200, {login: 'bob', id: '2', is_admin: false}),
      {login: 'bob', id: 0, isAdmin: false},
    ],
    ['not told', json(200, bob), bob],
    ['no login', json(200, {is_admin: true}), bob],
    ['no 200', json(404, {...bob, is_admin: true, message: 'x', url: URL}), bob],
  ])('an administrator where the server told so: %s', async (_, user, identity) => {
    expect((await told({scopes: ['read:user'], user: bob}, user)).identity).toEqual(identity)
  })

  test.each<[string, ProbeReply, string]>([
    ['a 200 without a login', json(200, {}), 'unknown'],
    ['a login in what is no 200', json(404, {login: 'bob', message: 'x', url: URL}), 'granted'],
  ])('no user in %s', async (_, user, said) => {
    const port = old({'GET /user': user, 'GET /version': VERSION})
    const report = await probe(port, VALUE)
    expect([report.identity, verdict(report, 'read:user')?.verdict]).toEqual([undefined, said])
    expect(port.lines.filter((line) => line.includes('/users/') && line.includes('tokens'))).toEqual([])
  })

  test.each<[string, ProbeReply, Scope[]]>([
    [
      'its own row among others',
      json(200, [
        {token_last_eight: 'ffffffff', scopes: ['all']},
        {token_last_eight: '00000001', scopes: ['read:issue', 'read:user']},
      ]),
      ['read:issue', 'read:user'],
    ],
    ['no list', json(200, {token_last_eight: '00000001', scopes: ['all']}), ['read:user']],
    ['a list in what is no 200', json(404, [{token_last_eight: '00000001', scopes: ['all']}]), ['read:user']],
    ['no row of it', json(200, [{token_last_eight: 'ffffffff', scopes: ['all']}]), ['read:user']],
  ])('of the list of its user: %s', async (_, list, granted) => {
    const port = old({'GET /users/bob/tokens': list, 'GET /user': json(200, bob)})
    expect((await probe(port, VALUE)).granted).toEqual(granted)
  })

  test('a category that is absent or busy is unknown, with that reason, and so is federation that is busy', async () => {
    const {write} = PROBES.package
    const report = await probe(
      old({
        [`${write.method} ${write.path}`]: ABSENT,
        [`GET ${PROBES.package.read.path}`]: BUSY,
        'GET /activitypub': BUSY,
      }),
      VALUE,
    )
    expect(verdict(report, 'write:package')).toMatchObject({
      verdict: 'unknown',
      evidence: {reason: 'no such route in this server'},
    })
    expect(verdict(report, 'read:package')).toMatchObject({
      verdict: 'unknown',
      evidence: {reason: 'the server answered 503'},
    })
    expect(verdict(report, 'read:activitypub')?.verdict).toBe('unknown')
  })

  test('a gate that shows the token limited to public things shows just that', async () => {
    const report = await probe(old({[`GET ${PROBES.repository.read.path}`]: PUBLIC}), VALUE)
    expect(report.granted).toEqual(['public-only', 'read:repository'])
  })

  test('lists of a repository that can be read show no such limit', async () => {
    const lists = {'GET /repos/o/r/issues': json(200, []), 'GET /repos/o/r/pulls': PAST}
    const report = await probe(old({...lists, 'DELETE /packages': PAST}), VALUE, {repo: 'o/r'})
    expect(report.repo).toMatchObject({issues: {outcome: 'ok'}, pulls: {outcome: 'role'}})
    expect(verdict(report, 'public-only')?.verdict).toBe('unknown')
  })

  test('what is decided stays', () => {
    const known = new TokenKnowledge()
    known.learn('issue', 'write', {kind: 'passed', publicOnly: false, reason: 'x'}, evidence)
    known.learn('issue', 'read', {kind: 'denied', required: ['read:issue'], granted: undefined, reason: 'x'}, evidence)
    expect(known.grantedScopes()).toEqual(['write:issue'])
  })

  test('an answer that denies nothing speaks no dialect', () => {
    const of = (reading: Parameters<typeof evidenceOf>[2]) => evidenceOf(PROBES.user.read, PAST, reading).dialect
    expect(of({kind: 'passed', publicOnly: false, reason: 'x'})).toBe('none')
    expect(of({kind: 'denied', required: [], granted: undefined, reason: 'x'})).toBe('plain')
    expect(of({kind: 'denied', required: [], granted: [], reason: 'x'})).toBe('lists-granted')
  })

  const written = (reply: ProbeReply) => new ProbeLine(gitea({'DELETE ': reply}), VALUE).ask(PROBES.issue.write)

  test.each([200, 299])('a write of the ladder that is answered %i had an effect', async (status) => {
    await expect(written(json(status, {}))).rejects.toMatchObject({code: 'PROBE_HAD_EFFECT'})
  })

  test.each([json(300, {}), NONE])('one that is answered with $status had none', async (reply) => {
    expect((await written(reply)).reading.kind).toBe('unclear')
  })
})

describe('health: whether an agent can find its work', () => {
  const ok = json(200, [])
  const of = (issues: ProbeReply, pulls: ProbeReply, version: ProbeReply = ABSENT) => {
    const port = gitea({'GET /repos/o/r/issues': issues, 'GET /repos/o/r/pulls': pulls, 'GET /version': version})
    return health(port, VALUE, 'o/r').then((found) => ({...found, port}))
  }

  test.each<[string, ProbeReply, ProbeReply, ProbeReply, string, number]>([
    ['both can be listed', ok, ok, ABSENT, 'ok', 2],
    ['the scope of one is missing', lacks('read:issue'), ok, ABSENT, 'gap', 2],
    ['the role for the other, by a server that confines no token', ok, PAST, VERSION, 'gap', 3],
    ['one gave no usable answer', ok, BUSY, ABSENT, 'unknown', 2],
    ['neither did', BUSY, BUSY, ABSENT, 'unknown', 2],
    ['both are rejected', REJECTED, REJECTED, REJECTED, 'dead', 3],
    ['one is rejected, and the other gave no answer', BUSY, REJECTED, REJECTED, 'dead', 3],
    ['a rejection that the version does not confirm', REJECTED, REJECTED, VERSION, 'unknown', 3],
    ['one is rejected while the other lives', REJECTED, ok, ABSENT, 'unknown', 2],
    ['the account is blocked', BLOCKED, BLOCKED, ABSENT, 'blocked', 2],
  ])('%s', async (_, issues, pulls, version, state, requests) => {
    const found = await of(issues, pulls, version)
    expect([found.state, found.requests]).toEqual([state, requests])
    expect(found).toMatchObject({giteaUrl: 'https://git.example.org', lastEight: '00000001'})
  })

  test('says what the lists answered where nothing tells of life', async () => {
    expect((await of(BUSY, BUSY)).liveness).toMatchObject({
      state: 'unknown',
      evidence: {reason: 'the server answered 503'},
    })
  })

  test('follows a repository that has moved', async () => {
    expect((await of(ok, ok)).port.asked).toEqual([
      expect.objectContaining({follow: true}),
      expect.objectContaining({follow: true}),
    ])
  })

  test.each<[string, ProbeReply, string, string]>([
    ['a list', ok, 'ok', 'can be listed'],
    ['no list', json(200, {}), 'unknown', 'allowed'],
    ['a list in what is no 200', json(404, []), 'unknown', "a 404 that is not in the API's form"],
    ['not there', PAST, 'role', 'the repository does not exist, has issues switched off, or its user may not see it'],
    ['404 of a proxy', json(404, {message: 'no'}), 'unknown', 'an unexpected 404'],
    ['422', own(422, 'x'), 'unknown', 'past the scope gate (422)'],
    ['no right', own(403, 'user should have a permission'), 'role', 'the user of the token may not read issues there'],
    ['a right in another status', own(422, 'user should have a permission'), 'unknown', 'past the scope gate (422)'],
    [
      'a right, says a proxy',
      json(403, {message: 'user should be x'}),
      'unknown',
      'a 403 that is not about scopes: "user should be x"',
    ],
    ['another refusal', own(403, 'x'), 'unknown', 'a 403 that is not about scopes: "x"'],
    ['null', json(403, null), 'unknown', "a 403 that is not in the API's form"],
    ['public things only', PUBLIC, 'scope', 'public-only: "token scope is limited to public repos"'],
    ['no scope', lacks('read:issue'), 'scope', 'the token lacks read:issue'],
  ])('of issues: %s', async (_, reply, outcome, reason) => {
    const {access} = await of(reply, ok, VERSION)
    expect(access.issues).toMatchObject({outcome, evidence: {reason: expect.stringContaining(reason)}})
  })

  test('of pull requests it is said that they need a branch', async () => {
    expect((await of(ok, PAST, VERSION)).access.pulls.evidence.reason).toBe(
      'the repository does not exist, has pull requests switched off, is empty or a mirror, or its user may not see it',
    )
  })

  test.each(['acme/.github', 'acme/tool.', 'a.c.m.e/x..y'])('%s may be a repository', (repo) => {
    expect(repoPath(repo)).toBe(`/repos/${repo}`)
  })
})

describe('asking about a route', () => {
  const claim = {
    method: 'GET',
    path: '/repos/{owner}/{repo}/issues',
    gates: [['read:issue']],
    condition: undefined,
  } as const
  const token = (...scopes: string[]) => ({'GET /token': json(200, {scopes, user: {login: 'bob', id: 1}})})
  const two = {...claim, gates: [['read:issue'], ['read:repository']]} as const

  test('a dead token is told from the answer', async () => {
    const answer = await askRoute(gitea({'GET ': REJECTED}), VALUE, claim)
    expect(answer).toMatchObject({
      outcome: 'unknown',
      requests: 2,
      reason: 'the token is dead: the credential is not accepted',
    })
  })

  test('counts the requests that found the scopes', async () => {
    expect(await askRoute(gitea({...token('read:issue'), 'GET /repos': PAST}), VALUE, claim)).toMatchObject({
      outcome: 'agrees',
      requests: 2,
    })
  })

  test('a pass proves nothing against the claim while the scope it names is open', async () => {
    const port = old({
      [`GET ${PROBES.issue.read.path}`]: BUSY,
      [`${PROBES.issue.write.method} ${PROBES.issue.write.path}`]: BUSY,
      [`GET ${PROBES.package.read.path}`]: PAST,
    })
    const asked = {...claim, path: '/packages/{owner}', gates: [['read:issue', 'read:repository']] as const}
    expect(await askRoute(port, VALUE, asked)).toMatchObject({
      outcome: 'unknown',
      reason: 'it let the token pass, but not all of the scopes of the token could be found out',
    })
  })

  test('what is not implemented proves nothing', async () => {
    expect(await askRoute(gitea({...token('all'), 'GET /repos': text(501)}), VALUE, claim)).toMatchObject({
      outcome: 'unknown',
    })
  })

  test.each<[string, readonly (readonly Scope[])[], string, string]>([
    ['one gate of two', two.gates, 'read:repository', 'agrees'],
    ['half of a gate', [['read:issue', 'read:repository']], 'read:repository', 'disagrees'],
    ['more than a gate', [['read:issue']], 'read:issue read:repository', 'disagrees'],
    ['another gate of the same size', [['read:issue', 'read:user']], 'read:issue read:repository', 'disagrees'],
  ])('a refusal that names %s', async (_, gates, scopes, outcome) => {
    const refusal = own(403, `${LACKS}, required=[${scopes}], token scope=read:misc`)
    expect(
      await askRoute(gitea({...token('read:misc'), 'GET /repos': refusal}), VALUE, {...claim, gates}),
    ).toMatchObject({outcome})
  })

  test('numbers stand where ids do, and only there', () => {
    const path = '/x/{comment_id}/{id}/{identifier}/{grid}/{run-index}'
    expect(harmlessRequest({method: 'GET', path})?.path).toBe(`/x/${NO_ID}/${NO_ID}/${SENTINEL}/${SENTINEL}/${NO_ID}`)
  })
})

import type {ServerResponse} from 'node:http'
import * as fc from 'fast-check'
import {describe, expect, onTestFinished, test} from 'vitest'
import {Gitea} from '../../../src/gitea/client.ts'
import {Http} from '../../../src/http.ts'
import {ProbeLine} from '../../../src/probe/line.ts'
import type {ProbePort, ProbeReply} from '../../../src/probe/ports.ts'
import {probe} from '../../../src/probe/probe.ts'
import type {ProbeReport} from '../../../src/probe/types.ts'
import {normalise} from '../../../src/scopes/sets.ts'
import {SCOPES, type Scope} from '../../../src/scopes/vocabulary.ts'
import {Secret} from '../../../src/secret.ts'
import {startAnswerer, type Answerer} from '../../support/answerer.ts'
import {json} from '../../support/loopback.ts'

const VALUE = `${'a'.repeat(32)}00000001`

interface Probed {
  report: ProbeReport
  asked: string[]
}

async function probed(
  {admin = false, ...answerer}: Partial<Answerer> & {admin?: boolean},
  value = VALUE,
  repo?: string,
): Promise<Probed> {
  await using server = await startAnswerer({speaks: 'plain', value: VALUE, scopes: [], ...answerer})
  const http = new Http({baseUrl: server.url, userAgent: 'patrol-test', retry: {attempts: 1, maxWaitMs: 0}})
  onTestFinished(() => http.close())
  const report = await new Gitea({http}).probe(new Secret(value), {...(repo !== undefined && {repo}), admin})
  await http.close()
  return {report, asked: server.got.map(({method, path}) => `${method} ${path.replace('/api/v1', '')}`)}
}

const anyScopes = fc.array(fc.constantFrom(...SCOPES), {maxLength: 14}).map(normalise)
const verdict = (report: ProbeReport, scope: Scope) => report.scopes.find((one) => one.scope === scope)?.verdict

describe('the cheapest way, chosen by the answers', () => {
  test('one request where the server tells the scopes of a token itself', async () => {
    const {report, asked} = await probed({speaks: 'self', scopes: ['read:issue', 'write:misc']})
    expect(asked).toEqual(['GET /token'])
    expect(report).toMatchObject({
      granted: ['write:misc', 'read:issue'],
      dialect: 'self',
      requests: 1,
      identity: {login: 'bob', id: 2},
      liveness: {state: 'alive'},
    })
  })

  test('one more where somebody wants to know whether its user is an administrator, and it may ask', async () => {
    const told = await probed({speaks: 'self', scopes: ['read:user'], admin: true})
    expect(told.asked).toEqual(['GET /token', 'GET /user'])
    expect(told.report.identity).toEqual({login: 'bob', id: 2, isAdmin: false})
    const untold = await probed({speaks: 'self', scopes: ['read:issue'], admin: true})
    expect(untold.asked).toEqual(['GET /token'])
    expect(untold.report.identity?.isAdmin).toBeUndefined()
  })

  test('two requests where the first denial lists them', async () => {
    const {report, asked} = await probed({speaks: 'lists', scopes: ['public-only', 'read:issue']})
    expect(asked).toEqual(['GET /token', 'GET /user'])
    expect(report).toMatchObject({granted: ['public-only', 'read:issue'], dialect: 'lists-granted', requests: 2})
    expect(report.identity).toBeUndefined()
  })

  test.each(['plain', 'lists'] as const)(
    'three requests, none of them a write, where the user list tells (%s)',
    async (speaks) => {
      const {report, asked} = await probed({speaks, scopes: ['public-only', 'all']})
      expect(asked).toEqual(['GET /token', 'GET /user', 'GET /users/bob/tokens?limit=50'])
      expect(report).toMatchObject({
        granted: ['public-only', 'all'],
        dialect: 'self',
        requests: 3,
        identity: {login: 'bob'},
      })
    },
  )

  test('the ladder only where nothing else tells: write first, read where write is missing', async () => {
    const {report, asked} = await probed({scopes: ['read:issue', 'write:repository']})
    expect(asked.slice(0, 2)).toEqual(['GET /token', 'GET /user'])
    expect(asked).not.toContain('GET /repos/~scope-probe~/~scope-probe~')
    expect(asked).toContain('GET /repos/~scope-probe~/~scope-probe~/issues')
    expect(report).toMatchObject({granted: ['read:issue', 'write:repository'], dialect: 'plain'})
    expect(verdict(report, 'write:issue')).toBe('missing')
    expect(verdict(report, 'read:misc')).toBe('not_applicable')
    expect(verdict(report, 'read:activitypub')).toBe('not_applicable')
    expect(verdict(report, 'public-only')).toBe('unknown')
  })

  test('a token list in which it cannot be told apart is not believed', async () => {
    const twin = [
      {token_last_eight: '00000001', scopes: ['all']},
      {token_last_eight: '00000001', scopes: ['read:user']},
    ]
    const {report} = await probed({scopes: ['read:user', 'write:issue'], list: twin})
    expect(report.granted).toEqual(['write:issue', 'read:user'])
    expect(report.dialect).toBe('plain')
  })

  test('a hidden account that lists nothing to a public-only token still costs three on a server that lists', async () => {
    const {report} = await probed({speaks: 'lists', scopes: ['public-only', 'read:user'], visibility: 'private'})
    expect(report).toMatchObject({granted: ['public-only', 'read:user'], requests: 3})
  })

  test('and on one that does not list, public-only is learnt from the refusal', async () => {
    const {report} = await probed({scopes: ['public-only', 'read:user', 'write:issue'], visibility: 'private'})
    expect(report.granted).toEqual(['public-only', 'write:issue', 'read:user'])
  })
})

describe('for any set of scopes', () => {
  const runs = {numRuns: 60}

  test('1.27: exact in one request', () =>
    fc.assert(
      fc.asyncProperty(anyScopes, async (scopes) => {
        const {report} = await probed({speaks: 'self', scopes})
        expect([report.granted, report.requests]).toEqual([scopes, 1])
      }),
      runs,
    ))

  test('1.23 to 1.26: exact within three requests', () =>
    fc.assert(
      fc.asyncProperty(anyScopes, fc.boolean(), async (scopes, federation) => {
        const {report, asked} = await probed({speaks: 'lists', scopes, federation})
        expect(report.granted).toEqual(scopes)
        expect(report.requests).toBe(asked.length)
        expect(asked.length).toBeLessThanOrEqual(3)
      }),
      runs,
    ))

  test('1.20 to 1.22: exact but for what no request can show, within fifteen, and one for the version', () =>
    fc.assert(
      fc.asyncProperty(anyScopes, fc.boolean(), async (scopes, federation) => {
        const {report, asked} = await probed({scopes, federation})
        expect(report.requests).toBe(asked.length)
        expect(asked.filter((each) => each !== 'GET /version').length).toBeLessThanOrEqual(15)
        expect(asked.length).toBeLessThanOrEqual(16)
        const open = new Set(
          report.scopes.filter((one) => !['granted', 'missing'].includes(one.verdict)).map((one) => one.scope),
        )
        const hidden = federation
          ? ['public-only', 'read:misc', 'write:misc', 'write:activitypub']
          : ['public-only', 'read:misc', 'write:misc', 'read:activitypub', 'write:activitypub']
        expect([...open].filter((scope) => !hidden.includes(scope))).toEqual([])
        expect(report.granted).toEqual(
          normalise(
            report.scopes.filter((one) => holds(scopes, one.scope) && !open.has(one.scope)).map((one) => one.scope),
          ),
        )
      }),
      runs,
    ))
})

describe('life', () => {
  test('dead only by the 401 of GET /version, and then nothing else is asked', async () => {
    const {report, asked} = await probed({scopes: ['all']}, `${'b'.repeat(32)}00000002`)
    expect(asked).toEqual(['GET /token', 'GET /version'])
    expect(report.liveness).toMatchObject({
      state: 'dead',
      evidence: {method: 'GET', path: '/api/v1/version', status: 401},
    })
    expect(new Set(report.scopes.map((one) => one.verdict))).toEqual(new Set(['unknown']))
    expect(report.granted).toEqual([])
  })

  test('a gateway that answers 401 to everything says nothing about the token', async () => {
    const {report} = await probed({
      first: (_request, response) => (json(response, 401, {message: 'No API key found in request'}), true),
    })
    expect(report.liveness.state).toBe('unknown')
    expect(report.liveness.evidence.reason).toContain("not the server's own")
    expect(new Set(report.scopes.map((one) => one.verdict))).toEqual(new Set(['unknown']))
  })

  test('a 401 that /version does not confirm is no death', async () => {
    const {report} = await probed({
      speaks: 'lists',
      scopes: ['read:issue'],
      first: (request, response) =>
        request.url === '/api/v1/token' &&
        (json(response, 401, {message: 'invalid', url: 'http://git/api/swagger'}), true),
    })
    expect(report).toMatchObject({liveness: {state: 'alive'}, granted: ['read:issue']})
  })

  test('an account state blocks, at the first answer', async () => {
    const {report, asked} = await probed({
      first: (_request, response) => (
        json(response, 403, {message: 'You must change your password. Change it at: http://git//x'}),
        true
      ),
    })
    expect(report.liveness).toMatchObject({state: 'blocked', evidence: {reason: 'You must change your password.'}})
    expect(asked).toEqual(['GET /token'])
  })

  test('a proxy that removes the credential leaves everything unknown, though /version answers', async () => {
    const {report, asked} = await probed({
      first: (request, response) => {
        if (request.url === '/api/v1/version') json(response, 200, {version: '1.22.6'})
        else if (request.url === '/api/v1/user')
          json(response, 401, {message: 'token is required', url: 'http://git/api/swagger'})
        else return false
        return true
      },
    })
    expect(report).toMatchObject({liveness: {state: 'unknown'}, version: '1.22.6', granted: []})
    expect(report.liveness.evidence.reason).toContain('no credential')
    expect(asked).toEqual(['GET /token', 'GET /user', 'GET /version'])
  })

  test.each<[string, Answerer['first']]>([
    ['HTML', (_request, response) => (response.writeHead(200, {'content-type': 'text/html'}).end('<html>'), true)],
    ['HTML 404', (_request, response) => (response.writeHead(404, {'content-type': 'text/html'}).end('<html>'), true)],
    ['a redirect', (_request, response) => (response.writeHead(302, {location: '/login'}).end(), true)],
    ['429', (_request, response) => (response.writeHead(429).end(), true)],
    ['502', (_request, response) => (response.writeHead(502).end(), true)],
    ['a 403 of its own', (_request, response) => (json(response, 403, {error: 'no'}), true)],
    [
      'text 404 everywhere',
      (_request, response) => (response.writeHead(404, {'content-type': 'text/plain'}).end('404'), true),
    ],
    ['a reset', (request) => (request.socket.destroy(), true)],
  ])('%s from everything: unknown with a reason, never dead, granted or missing', async (_, first) => {
    const {report, asked} = await probed({first})
    expect(report.liveness.state).toBe('unknown')
    expect(report.liveness.evidence.reason).not.toBe('')
    expect(new Set(report.scopes.map((one) => one.verdict))).toEqual(new Set(['unknown']))
    expect(asked.length).toBeLessThanOrEqual(3)
  })

  test('a corrupt stored scope: alive, nothing known', async () => {
    const message = 'checking scope failed: invalid access token scope: x'
    const {report, asked} = await probed({
      first: (request, response) =>
        request.url !== '/api/v1/token' && (json(response, 403, {message, url: 'http://git/api/swagger'}), true),
    })
    expect(asked).toEqual(['GET /token', 'GET /user'])
    expect(report.liveness.state).toBe('alive')
    expect(report.granted).toEqual([])
    expect(report.scopes.find(({scope}) => scope === 'read:issue')).toMatchObject({
      verdict: 'unknown',
      evidence: {reason: expect.stringContaining('cannot read the scope')},
    })
  })

  test('so it is where the server tells the scopes itself, for what it cannot read opens nothing', async () => {
    const message = 'checking scope failed: invalid access token scope: read:moon'
    const {report, asked} = await probed({
      speaks: 'self',
      scopes: ['read:issue', 'read:moon', 'write:user'],
      first: (request, response) =>
        request.url !== '/api/v1/token' && (json(response, 403, {message, url: 'http://git/api/swagger'}), true),
    })
    expect(asked).toEqual(['GET /token', 'GET /user'])
    expect([report.liveness.state, report.granted, verdict(report, 'read:issue')]).toEqual(['alive', [], 'unknown'])
  })

  test('a name of a fork’s own beside those that we know, where its gates let the token pass', async () => {
    const {report, asked} = await probed({speaks: 'self', scopes: ['read:issue', 'read:moon', 'read:user']})
    expect(asked).toEqual(['GET /token', 'GET /user'])
    expect(report).toMatchObject({granted: ['read:issue', 'read:user'], identity: {login: 'bob'}, dialect: 'self'})
    const closed = await probed({speaks: 'self', scopes: ['read:issue', 'read:moon']})
    expect(closed.report).toMatchObject({granted: ['read:issue'], liveness: {state: 'alive'}})
  })

  test('one category in trouble is unknown, the others are known', async () => {
    const {report} = await probed({
      scopes: ['write:issue'],
      first: (request, response) => (request.url ?? '').includes('/packages/') && (response.writeHead(503).end(), true),
    })
    expect([verdict(report, 'read:package'), verdict(report, 'write:package')]).toEqual(['unknown', 'unknown'])
    expect(report.granted).toEqual(['write:issue'])
  })
})

describe('harmlessness', () => {
  test('an unsafe probe that is answered with success ends the probing', async () => {
    const run = probed({
      first: (request, response) => request.method === 'DELETE' && (response.writeHead(204).end(), true),
    })
    await expect(run).rejects.toMatchObject({code: 'PROBE_HAD_EFFECT', category: 'refused'})
  })

  test('a web page in place of an unsafe probe is no success of Gitea: those scopes are unknown', async () => {
    const page = (response: ServerResponse) =>
      response.writeHead(200, {'content-type': 'text/html'}).end('<html></html>')
    const {report} = await probed({
      scopes: ['write:issue'],
      first: (request, response) => request.method === 'DELETE' && (page(response), true),
    })
    expect(verdict(report, 'write:issue')).toBe('unknown')
    expect(verdict(report, 'read:issue')).toBe('granted')
  })

  test.each([
    {method: 'DELETE', path: '/repos/bob/tool', auth: 'token'},
    {method: 'PUT', path: '/notifications', auth: 'token'},
    {method: 'POST', path: '/users/bob/tokens', auth: 'basic'},
    {method: 'DELETE', path: '/user/following/~scope-probe~', auth: 'basic'},
  ] as const)('$method $path by $auth never leaves', async (request) => {
    let sent = 0
    const port: ProbePort = {
      url: 'http://git',
      ask: () => (sent++, Promise.resolve<ProbeReply>({status: 404, contentType: '', body: undefined, requests: 1})),
    }
    await expect(new ProbeLine(port, new Secret(VALUE)).ask(request)).rejects.toMatchObject({
      code: 'PROBE_UNSAFE',
      category: 'bug',
    })
    expect(sent).toBe(0)
  })

  test('every write of the ladder names the owner that cannot exist, or the greatest id', async () => {
    const {asked} = await probed({federation: true, scopes: ['read:activitypub', 'write:issue']})
    const writes = asked.filter((line) => !line.startsWith('GET '))
    expect(writes.length).toBeGreaterThan(5)
    for (const line of writes) expect(line).toMatch(/~scope-probe~|9223372036854775807/)
  })
})

describe('one repository', () => {
  const lists =
    (issues: Answerer['first'], pulls: Answerer['first']): Answerer['first'] =>
    (request, response) => {
      if ((request.url ?? '').includes('/repos/acme/tool/issues')) return issues?.(request, response) ?? false
      if ((request.url ?? '').includes('/repos/acme/tool/pulls')) return pulls?.(request, response) ?? false
      return false
    }
  const ok: Answerer['first'] = (_request, response) => (json(response, 200, []), true)
  const says =
    (status: number, message: string): Answerer['first'] =>
    (_request, response) => (json(response, status, {message, url: 'http://git/api/swagger'}), true)

  test('two more requests tell scope from role', async () => {
    const {report, asked} = await probed(
      {speaks: 'lists', scopes: ['read:repository'], first: lists(undefined, ok)},
      VALUE,
      'acme/tool',
    )
    expect(asked).toHaveLength(4)
    expect(report.repo).toMatchObject({repo: 'acme/tool', issues: {outcome: 'scope'}, pulls: {outcome: 'ok'}})
  })

  test.each<[string, Answerer['first'], string]>([
    ['not visible', says(404, "The target couldn't be found."), 'role'],
    [
      'code unit unreadable',
      says(403, 'user should have specific read permission or be a repo admin or a site admin'),
      'role',
    ],
    ['public-only', says(403, 'token scope is limited to public repos'), 'scope'],
    [
      'HTML',
      (_request, response) => (response.writeHead(403, {'content-type': 'text/html'}).end('<html>'), true),
      'unknown',
    ],
    ['busy', (_request, response) => (response.writeHead(503).end(), true), 'unknown'],
  ])('%s', async (_, pulls, outcome) => {
    const {report} = await probed(
      {speaks: 'self', scopes: ['read:repository', 'read:issue'], first: lists(ok, pulls)},
      VALUE,
      'acme/tool',
    )
    expect(report.repo).toMatchObject({issues: {outcome: 'ok'}, pulls: {outcome}})
  })

  test('shows public-only, which older servers show nowhere else', async () => {
    const {report} = await probed(
      {scopes: ['write:issue'], first: lists(says(403, 'token scope is limited to public issues'), ok)},
      VALUE,
      'acme/tool',
    )
    expect(verdict(report, 'public-only')).toBe('granted')
  })

  test.each(['tool', 'acme/tool/x', 'acme/..', '../x', 'a b/c', ''])('refuses %j', async (repo) => {
    await expect(probed({speaks: 'self', scopes: []}, VALUE, repo)).rejects.toMatchObject({code: 'REPO_INVALID'})
  })
})

test('interrupted, it says so', async () => {
  const port: ProbePort = {url: 'http://git', ask: () => Promise.reject(new Error('interrupted'))}
  await expect(probe(port, new Secret(VALUE))).rejects.toThrow('interrupted')
})

function holds(scopes: readonly Scope[], scope: Scope): boolean {
  if (scope === 'public-only') return scopes.includes(scope)
  return scopes.some((held) => held === 'all' || held === scope || held === scope.replace('read:', 'write:'))
}

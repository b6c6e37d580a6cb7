import * as fc from 'fast-check'
import {describe, expect, test} from 'vitest'
import {
  apiPath,
  catalogue,
  CATALOGUE_VERSIONS,
  CATALOGUES,
  catalogueVersion,
  type CallMatch,
} from '../../../src/scopes/catalogue.ts'
import {HOLE} from '../../../src/syntax/types.ts'

const latest = await catalogue('1.27')
const main = await catalogue('1.22')
const first = await catalogue('1.20')

/** A match in one line. */
function said(match: CallMatch): string {
  if (match.kind === 'route') return `${match.route.path} ${match.route.scopes.join('+')}`.trim()
  if (match.kind === 'several') return 'several'
  return match.kind === 'method' ? `405 ${match.allowed.join()}` : '404'
}

describe('what a call needs', () => {
  test.each([
    ['GET', '/repos/o/r/issues', [['read:issue']]],
    ['POST', '/repos/o/r/issues/7/comments', [['write:issue']]],
    ['GET', '/repos/o/r/labels', [['read:issue']]],
    ['PATCH', '/repos/o/r/milestones/2', [['write:issue']]],
    ['POST', '/repos/o/r/issues/7/reactions', [['write:issue']]],
    ['GET', '/repos/issues/search', [['read:issue']]],
    ['GET', '/repos/o/r/pulls', [['read:repository']]],
    ['POST', '/repos/o/r/pulls/7/reviews', [['write:repository']]],
    ['POST', '/repos/o/r/statuses/abc', [['write:repository']]],
    ['GET', '/repos/o/r/times', [['read:repository']]],
    ['GET', '/repos/o/r/assignees', [['read:repository']]],
    ['GET', '/repos/o/r/notifications', [['read:notification']]],
    ['GET', '/topics/search', [['read:repository']]],
    ['GET', '/teams/3', [['read:organization']]],
    ['POST', '/orgs', [['write:organization']]],
    ['GET', '/orgs', []],
    ['GET', '/version', []],
    ['POST', '/markdown', []],
    ['GET', '/user/repos', [['read:user'], ['read:repository']]],
    ['PUT', '/user/starred/o/r', [['write:user'], ['write:repository']]],
    ['GET', '/users/bob/repos', [['read:user'], ['read:repository']]],
    ['GET', '/user/orgs', [['read:user', 'read:organization']]],
    ['POST', '/org/acme/repos', [['write:organization', 'write:repository']]],
    ['POST', '/orgs/acme/repos', [['write:organization']]],
    ['POST', '/users/bob/tokens', [['write:user']]],
    ['DELETE', '/admin/users/bob', [['write:admin']]],
  ])('%s %s', (method, path, gates) => {
    expect(main.match(method, path)).toMatchObject({kind: 'route', route: {gates, scopes: [...new Set(gates.flat())]}})
  })

  test('two gates of one version may become one of another only by another route', () => {
    expect(said(latest.match('DELETE', '/orgs/acme/repos'))).toBe(
      '/orgs/{org}/repos write:organization+write:repository',
    )
    expect(said(main.match('DELETE', '/orgs/acme/repos'))).toBe('405 GET,POST')
  })

  test('no version knows a project scope, which only a fork has', async () => {
    for (const version of CATALOGUE_VERSIONS) {
      const {routes} = await catalogue(version)
      expect(routes.filter(({path}) => path.includes('project'))).toEqual([])
      expect(routes.flatMap(({scopes}) => scopes.filter((scope) => scope.includes('project')))).toEqual([])
    }
  })

  test('a route that hangs on a setting says on which', () => {
    expect(first.match('GET', '/nodeinfo')).toMatchObject({route: {condition: expect.stringContaining('[federation]')}})
    expect(first.match('GET', '/swagger')).toMatchObject({
      route: {condition: expect.stringContaining('ENABLE_SWAGGER')},
    })
    expect(first.match('GET', '/version')).toMatchObject({route: {condition: undefined}})
  })
})

describe('differences between versions', () => {
  test.each([
    ['GET', '/token', '404', '/token'],
    ['DELETE', '/token', '404', '/token'],
    ['HEAD', '/version', '405 GET', '/version'],
    ['HEAD', '/repos/o/r/issues', '405 GET,POST', '/repos/{owner}/{repo}/issues read:issue'],
    ['POST', '/repos/o/r/pulls/1/comments', '405 GET', '405 GET'],
    ['GET', '/activitypub/anything/at/all', '404', '/activitypub/* read:activitypub'],
    ['POST', '/repos/o/r/commits/abc/status', '405 GET', '404'],
  ])('%s %s', (method, path, before, after) => {
    expect(said(main.match(method, path))).toBe(before)
    expect(said(latest.match(method, path))).toBe(after)
  })

  test('comments of a pull request are 404 on 1.20 and 1.21, then 405', async () => {
    const answers = await Promise.all(
      CATALOGUES.gitea.map(async (version) =>
        said((await catalogue(version)).match('POST', '/repos/o/r/pulls/1/comments')),
      ),
    )
    expect(answers).toEqual(['404', '404', '405 GET', '405 GET', '405 GET', '405 GET', '405 GET', '405 GET'])
  })
})

describe('Forgejo', () => {
  /** What 7, 11, 13 and 15 say, in this order. */
  const everywhere = async (method: string, path: string) =>
    Promise.all(CATALOGUES.forgejo.map(async (version) => said((await catalogue(version)).match(method, path))))

  test.each([
    ['GET', '/repos/o/r/flags', ['', '', '', ''].map(() => '/repos/{owner}/{repo}/flags read:repository+read:admin')],
    ['GET', '/user/quota', ['404', ...['', '', ''].map(() => '/user/quota read:user')]],
    [
      'GET',
      '/repos/o/r/sync_fork',
      ['404', '404', ...['', ''].map(() => '/repos/{owner}/{repo}/sync_fork read:repository')],
    ],
    ['GET', '/user/blocks', ['404', '404', '404', '404']],
    ['GET', '/token', ['404', '404', '404', '404']],
    ['HEAD', '/version', ['405 GET', '405 GET', '405 GET', '405 GET']],
  ])('%s %s', async (method, path, answers) => {
    expect(await everywhere(method, path)).toEqual(answers)
  })

  test('15 deletes a repository by the scope of its owner, the others by that of the repository', async () => {
    const deleting = async (version: 'forgejo-13' | 'forgejo-15') => {
      return (await catalogue(version)).match('DELETE', '/repos/o/r')
    }
    expect(await deleting('forgejo-13')).toMatchObject({route: {either: false, gates: [['write:repository']]}})
    expect(await deleting('forgejo-15')).toMatchObject({
      route: {either: true, gates: [['write:organization'], ['write:user']], wants: ['repo-owner']},
    })
  })

  test('from 11 on only a password mints and deletes tokens, and lists ask for none', async () => {
    const wants = async (version: 'forgejo-7' | 'forgejo-11', method: string, path: string) => {
      const match = (await catalogue(version)).match(method, path)
      return match.kind === 'route' ? match.route.wants : undefined
    }
    expect(await wants('forgejo-7', 'POST', '/users/o/tokens')).toEqual(['password'])
    expect(await wants('forgejo-11', 'POST', '/users/o/tokens')).toEqual(['password-only'])
    expect(await wants('forgejo-11', 'DELETE', '/users/o/tokens/1')).toEqual(['password-only'])
    expect(await wants('forgejo-11', 'GET', '/users/o/tokens')).toEqual([])
  })

  test('what hangs on quotas, flags, stars and forks says so', async () => {
    const forgejo = await catalogue('forgejo-15')
    for (const [path, setting] of [
      ['/user/quota', '[quota] ENABLED'],
      ['/repos/o/r/flags', 'ENABLE_FLAGS'],
      ['/repos/o/r/stargazers', 'DISABLE_STARS'],
      ['/repos/o/r/forks', 'DISABLE_FORKS'],
    ] as const) {
      expect(forgejo.match('GET', path)).toMatchObject({route: {condition: expect.stringContaining(setting)}})
    }
  })
})

describe('paths as chi reads them', () => {
  test.each([
    ['GET', '/repos/issues/search', '/repos/issues/search read:issue'],
    ['GET', '/repos/issues/other', '/repos/{owner}/{repo} read:repository'],
    ['POST', '/repos/issues/search', '405 DELETE,GET,PATCH'],
    ['GET', '/repos/o/r/issues/comments', '/repos/{owner}/{repo}/issues/comments read:issue'],
    ['DELETE', '/repos/o/r/issues/comments', '/repos/{owner}/{repo}/issues/{index} write:issue'],
    ['GET', '/repos/o/r/pulls/7.diff', '/repos/{owner}/{repo}/pulls/{index}.{diffType:diff|patch} read:repository'],
    ['GET', '/repos/o/r/pulls/7.2.patch', '/repos/{owner}/{repo}/pulls/{index}.{diffType:diff|patch} read:repository'],
    ['GET', '/repos/o/r/pulls/7.txt', '/repos/{owner}/{repo}/pulls/{index} read:repository'],
    ['GET', '/repos/o/r/contents/a/b/c.txt', '/repos/{owner}/{repo}/contents/* read:repository'],
    ['GET', '/repos/o/r/raw', '404'],
    ['GET', '/repos/o%2Fr/issues', '/repos/{owner}/{repo} read:repository'],
    ['GET', '/%72epos/o/r', '404'],
    ['GET', '/Repos/o/r', '404'],
    ['GET', '/', '404'],
    ['get', '/version', '/version'],
    ['GET', '/repos/o/r/issues/7/comments/8/9', '404'],
  ])('%s %s', (method, path, expected) => {
    expect(said(main.match(method, path))).toBe(expected)
  })

  test.each([
    ['https://git.example.org/api/v1/repos/o/r?limit=1#top', '/repos/o/r'],
    ['https://git.example.org/gitea/api/v1/repos/o/r/', '/repos/o/r'],
    ['/api/v1/repos//o///r//', '/repos/o/r'],
    ['//api//v1/user', '/user'],
    ['localhost:3000/api/v1/user', '/user'],
    ['https://git.example.org/api/v1', '/'],
    ['/gitea/api/v1/repos/o/r/contents/api/v1/x', '/repos/o/r/contents/api/v1/x'],
    [`${HOLE}/api/v1/repos/${HOLE}/issues?state=${HOLE}`, `/repos/${HOLE}/issues`],
    ['https://git.example.org/o/r/issues', undefined],
    ['/api/v10/user', undefined],
    ['/api/packages/o/npm/x', undefined],
    ['', undefined],
  ])('the API path of %s', (url, path) => {
    expect(apiPath(url)).toBe(path)
  })
})

describe('holes', () => {
  const at = (path: string): string => path.replaceAll('*', HOLE)

  test.each([
    ['GET', '/repos/*/*/issues', '/repos/{owner}/{repo}/issues read:issue'],
    ['GET', '/repos/*/issues', '/repos/{owner}/{repo}/issues read:issue'],
    ['GET', '/repos/*', '/repos/{owner}/{repo} read:repository'],
    ['POST', '/repos/*/issues/*/comments', '/repos/{owner}/{repo}/issues/{index}/comments write:issue'],
    ['GET', '/repos/o/r/issues*', '/repos/{owner}/{repo}/issues read:issue'],
    ['GET', '/repos/issues/search*', '/repos/issues/search read:issue'],
    ['GET', '/repos/o/r/pulls/*.diff', '/repos/{owner}/{repo}/pulls/{index}.{diffType:diff|patch} read:repository'],
    ['PUT', '/repos/acme/*/contents/*', '/repos/{owner}/{repo}/contents/* write:repository'],
    ['GET', '/users/*', '/users/{username} read:user'],
    ['GET', '/users/*-bot/orgs', '/users/{username}/orgs read:user+read:organization'],
    ['GET', '/repos/o/r/*', 'several'],
    ['GET', '/repos/*/*/*', 'several'],
    ['GET', '/*', 'several'],
    ['*', '/repos/o/r/issues', 'several'],
    ['DELETE', '/repos/*/issues/*/nothing', '404'],
    ['DELETE', '/repos/*/*/issues', '405 GET,POST'],
  ])('%s %s', (method, path, expected) => {
    expect(said(main.match(at(method), at(path)))).toBe(expected)
  })
})

describe('the nearest routes', () => {
  test.each([
    [
      'POST',
      '/repos/o/r/pulls/1/comments',
      ['/repos/{owner}/{repo}/issues/{index}/comments', '/repos/{owner}/{repo}/pulls/{index}/reviews'],
    ],
    ['GET', '/repos/o/r/isues', ['/repos/{owner}/{repo}/issues']],
    ['GET', '/repo/o/r/issues', ['/repos/{owner}/{repo}/issues']],
    ['GET', '/o/r/issues', ['/repos/{owner}/{repo}/issues']],
    ['POST', '/repos/o/r/merge_requests', ['/repos/{owner}/{repo}/pulls']],
    ['GET', '/repos/o/r/pull/3', ['/repos/{owner}/{repo}/pulls/{index}']],
    ['GET', '/user/org', ['/user/orgs']],
    ['GET', '/organizations/acme/members', ['/orgs/{org}/members']],
  ])('%s %s', (method, path, expected) => {
    for (const known of [first, main, latest]) {
      const match = known.match(method, path)
      expect.assert(match.kind === 'none' || match.kind === 'method')
      const near = match.nearest.filter((route) => route.method === method).map((route) => route.path)
      expect(near.slice(0, expected.length)).toEqual(expected)
      expect(match.nearest.length).toBeLessThanOrEqual(3)
    }
  })

  test('are none for what looks like nothing of Gitea', () => {
    const wild = ['/xyzzy', '/v2/charges/ch_1/refund/all', '/']
    expect(wild.map((path) => main.match('GET', path))).toEqual(wild.map(() => ({kind: 'none', nearest: []})))
  })
})

test.each([
  ['1.22.6', '1.22'],
  ['v1.23', '1.23'],
  ['1.24.0+dev-12-gabcdef', '1.24'],
  ['1.26.1', '1.26'],
  ['1.31.0', '1.27'],
  ['1.2', undefined],
  ['7.0.8+gitea-1.21.11', 'forgejo-7'],
  ['8.0.2+gitea-1.22.0', 'forgejo-7'],
  ['11.0.15+gitea-1.22.0', 'forgejo-11'],
  ['14.0.5+gitea-1.22.0', 'forgejo-13'],
  ['15.0.3+gitea-1.22.0', 'forgejo-15'],
  ['99.0.0+gitea-1.22.0', 'forgejo-15'],
  ['6.0.0+gitea-1.20.0', undefined],
  ['15.0.3', undefined],
  ['1.19.4', undefined],
  ['main', undefined],
  ['', undefined],
])('a server that calls itself %s has the catalogue of %s', (server, version) => {
  expect(catalogueVersion(server)).toBe(version)
})

describe('bad input', () => {
  const segment = fc.oneof(
    fc.string(),
    fc.constantFrom(
      'repos',
      'issues',
      'user',
      'constructor',
      '__proto__',
      HOLE,
      `${HOLE}x${HOLE}`,
      '..',
      '%2F',
      '*',
      '{id}',
    ),
  )
  const path = fc.array(segment, {maxLength: 12}).map((segments) => `/${segments.join('/')}`)

  test('every path has an answer', () => {
    fc.assert(
      fc.property(fc.constantFrom('GET', 'POST', 'BREW', HOLE, ''), path, (method, typed) => {
        const match = latest.match(method, typed)
        expect(['route', 'several', 'method', 'none']).toContain(match.kind)
        if (match.kind === 'method' || match.kind === 'none') void match.nearest
      }),
    )
  })

  test.each(['/__proto__', '/constructor', '/repos/a/b/toString'])('%s is an unknown route like any other', (typed) => {
    const match = latest.match('GET', typed)
    expect(match.kind === 'none' && match.nearest.every((route) => route.path.startsWith('/'))).toBe(true)
  })

  test('what has no holes fits the route that it is sent to', () => {
    fc.assert(
      fc.property(fc.nat(latest.routes.length - 1), fc.stringMatching(/^[a-z0-9~]{1,8}$/), (at, name) => {
        const {method, path: template} = latest.routes[at]!
        const typed = template
          .replaceAll(/\{[\w-]+(?::(\w+)[^}]*)?\}/g, (_, rule?: string) => rule ?? `${name}0`)
          .replace('*', name)
        const match = latest.match(method, typed)
        expect(match.kind).toBe('route')
        // Another route may be more specific, but it takes the same method.
        expect(match).toMatchObject({route: {method}})
      }),
    )
  })

  test.each([
    `/repos/${'x'.repeat(200_000)}`,
    `/${'a/'.repeat(50_000)}`,
    `/repos/${HOLE.repeat(5000)}/${`${HOLE}a`.repeat(5000)}`,
    `/${`${HOLE}/`.repeat(500)}`,
  ])('enormous paths are answered as well', (typed) => {
    const match = main.match('GET', typed)
    expect(match.kind === 'none' ? match.nearest : []).toEqual([])
  })
})

test('what a rule of a path decides may be known only when the script runs', async () => {
  const known = await catalogue('1.25')
  for (const path of [
    `/repos/a/b/pulls/${HOLE}.${HOLE}`,
    `/repos/a/b/pulls/${HOLE}.diff`,
    `/repos/a/b/pulls/7.${HOLE}`,
  ])
    expect(known.match('GET', path)).toMatchObject({
      route: {path: '/repos/{owner}/{repo}/pulls/{index}.{diffType:diff|patch}'},
    })
  expect(known.match('GET', `/repos/a/b/pulls/${HOLE}`)).toMatchObject({
    route: {path: '/repos/{owner}/{repo}/pulls/{index}'},
  })
})

import {describe, expect, test} from 'vitest'
import {PROFILES} from '../../../src/scopes/profiles.ts'
import {explainCall, filled, standings} from '../../../src/scopes/explain.ts'
import {belongings} from '../../../src/scopes/explain-words.ts'
import type {Scope} from '../../../src/scopes/vocabulary.ts'

describe('a call explained', () => {
  test('puts versions that agree together', async () => {
    const {versions, here} = await explainCall('GET', '/repos/o/r/issues', '1.22')
    expect(versions).toHaveLength(1)
    expect(here).toMatchObject({from: '1.20', to: '1.27', outcome: 'route', scopes: ['read:issue']})
  })

  test('tells from when on a route is there', async () => {
    const {versions, here} = await explainCall('GET', '/token', '1.27')
    expect(versions.map(({from, to, outcome}) => [from, to, outcome])).toEqual([
      ['1.20', '1.26', 404],
      ['1.27', '1.27', 'route'],
    ])
    expect(here).toBe(versions[1])
  })

  test('goes by the forge of the version asked for', async () => {
    const forgejo = await explainCall('GET', '/user/quota', 'forgejo-15')
    expect(forgejo.versions.map(({from, to, outcome}) => [from, to, outcome])).toEqual([
      ['forgejo-7', 'forgejo-7', 404],
      ['forgejo-11', 'forgejo-15', 'route'],
    ])
    const gitea = await explainCall('GET', '/user/quota', '1.27')
    expect(gitea.versions.map(({from, to, outcome}) => [from, to, outcome])).toEqual([['1.20', '1.27', 404]])
    expect(gitea.elsewhere.map(({from, to}) => [from, to])).toEqual([['forgejo-11', 'forgejo-15']])
  })

  test('says what a Forgejo asks for besides', async () => {
    const deleting = await explainCall('DELETE', '/repos/o/r', 'forgejo-15')
    expect(deleting.here).toMatchObject({either: true, scopes: ['write:organization', 'write:user']})
    expect(deleting.why.join(' ')).toContain('It goes by who owns the repository')
    expect(deleting.then.join(' ')).toContain('confined to repositories')
    const hooks = await explainCall('GET', '/repos/o/r/hooks', 'forgejo-15')
    const transfer = await explainCall('POST', '/repos/o/r/transfer', 'forgejo-15')
    for (const {then} of [hooks, transfer]) expect(then.join(' ')).toMatch(/confined to .* is refused .*public-only/)
    expect((await explainCall('GET', '/repos/o/r/hooks', 'forgejo-13')).then.join(' ')).not.toContain('confined')
    expect((await explainCall('GET', '/repos/o/r/pulls', 'forgejo-15')).then.join(' ')).toContain('reaches these')
    const minting = await explainCall('POST', '/users/o/tokens', 'forgejo-11')
    expect(minting.then.join(' ')).toContain('auth method not allowed')
    expect((await explainCall('GET', '/repos/o/r', 'forgejo-11')).then.join(' ')).not.toContain('confined')
  })

  test('names the route as the version asked for spells it', async () => {
    const on = async (version: '1.22' | '1.26') => explainCall('GET', '/activitypub/user-id/1', version)
    expect([(await on('1.22')).route, (await on('1.26')).route]).toEqual([
      '/activitypub/user-id/{user-id}',
      '/activitypub/*',
    ])
    expect((await on('1.26')).why.join(' ')).toContain('answered 501')
    expect((await on('1.22')).why.join(' ')).not.toContain('501')
  })

  test('tells 404 from 405 and names what was meant', async () => {
    const {versions, nearest} = await explainCall('POST', '/repos/acme/core/pulls/7/comments', '1.22')
    expect(versions.map(({from, to, outcome}) => [from, to, outcome])).toEqual([
      ['1.20', '1.21', 404],
      ['1.22', '1.27', 405],
    ])
    expect(nearest.slice(0, 2)).toEqual([
      {
        method: 'POST',
        path: '/repos/acme/core/issues/7/comments',
        route: '/repos/{owner}/{repo}/issues/{index}/comments',
        scopes: ['write:issue'],
      },
      {
        method: 'POST',
        path: '/repos/acme/core/pulls/7/reviews',
        route: '/repos/{owner}/{repo}/pulls/{index}/reviews',
        scopes: ['write:repository'],
      },
    ])
  })

  test.each([
    ['POST', '/repos/o/r/issues/1/comments', /Comments, also those on pull requests, belong to "issue"/],
    ['GET', '/repos/o/r/labels', /Labels belong to "issue"/],
    ['GET', '/repos/o/r/milestones', /Milestones belong to "issue"/],
    ['POST', '/repos/o/r/issues/1/reactions', /Reactions belong to "issue"/],
    ['GET', '/repos/o/r/issues/1/labels', /Labels belong to "issue"/],
    ['GET', '/repos/o/r/pulls', /Pull requests belong to "repository"/],
    ['POST', '/repos/o/r/pulls/1/reviews', /Reviews belong to "repository"/],
    ['GET', '/repos/o/r/pulls/1/comments', /by its base and head branch/],
    ['POST', '/repos/o/r/statuses/abc', /statuses belong to "repository"/],
    ['GET', '/repos/o/r/hooks', /hooks of a repository belong to "repository"/],
    ['GET', '/repos/o/r/times', /Times of a whole repository belong to "repository"/],
    ['GET', '/repos/o/r/notifications', /belongs to "notification"/],
    ['GET', '/teams/1', /Teams belong to "organization"/],
    ['GET', '/orgs', /asks for no scope at all/],
    ['POST', '/org/o/repos', /One gate wants both/],
    ['GET', '/users/o/repos', /Two gates/],
    ['GET', '/user/orgs', /one gate wants both/],
    ['GET', '/packages/o', /belongs to "package"/],
    ['POST', '/markdown', /No scope gate/],
  ])('%s %s says why', async (method, path, why) => {
    expect((await explainCall(method, path, '1.22')).why.join(' ')).toMatch(why)
  })

  test('a POST that only reads needs the write level all the same', async () => {
    const {here, why} = await explainCall('POST', '/repos/o/r/file-contents', '1.25')
    expect(here.scopes).toEqual(['write:repository'])
    expect(why.join(' ')).toMatch(/the server goes by the method/)
  })

  test('HEAD is a GET on 1.27 only', async () => {
    const {here, why, versions} = await explainCall('HEAD', '/repos/o/r/issues', '1.27')
    expect(here).toMatchObject({from: '1.27', outcome: 'route', scopes: ['read:issue']})
    expect(versions[0]).toMatchObject({from: '1.20', to: '1.26', outcome: 405, allowed: ['GET', 'POST']})
    expect(why.join(' ')).toMatch(/HEAD is answered as GET/)
  })

  test.each([
    ['GET', '/admin/users', /site administrator/],
    ['POST', '/users/o/tokens', /Basic/],
    ['PATCH', '/orgs/o', /own the organisation/],
    ['PUT', '/repos/o/r/contents/x', /write to the repository/],
    ['PUT', '/repos/o/r/collaborators/x', /administer the repository/],
    ['GET', '/repos/o/r/hooks/git', /Git hooks/],
    ['GET', '/teams/1', /in the team/],
    ['POST', '/markdown', /any token/],
    ['GET', '/repos/o/r/issues', /see the repository/],
  ])('%s %s says what decides next', async (method, path, then) => {
    expect((await explainCall(method, path, '1.22')).then.join(' ')).toMatch(then)
  })
})

test.each([
  [
    '/repos/{owner}/{repo}/issues/{index}/comments',
    '/repos/acme/core/pulls/7/comments',
    '/repos/acme/core/issues/7/comments',
  ],
  ['/repos/{owner}/{repo}/issues', '/repo/acme/core/isues', '/repos/acme/core/issues'],
  ['/orgs/{org}/members', '/organizations/acme/members', '/orgs/acme/members'],
  ['/repos/{owner}/{repo}/contents/*', '/repos/acme/core/content/a', '/repos/acme/core/contents/*'],
  ['/repos/{owner}/{repo}/issues/{index}', '/repos/acme/core/isue', '/repos/acme/core/issues/{index}'],
])('%s filled from %s', (template, typed, expected) => {
  expect(filled(template, typed)).toBe(expected)
})

describe('who can', () => {
  const agents = new Map<string, {profile: string; scopes: readonly Scope[]}>([
    ['dev', {profile: 'engineer', scopes: PROFILES.engineer.scopes}],
    ['rev', {profile: 'reviewer', scopes: PROFILES.reviewer.scopes}],
  ])

  test('every agent by its profile, where there are agents', () => {
    expect(standings(['write:issue'], new Map(Object.entries(PROFILES)), agents)).toEqual([
      {agent: 'dev', profile: 'engineer', can: false, missing: ['write:issue']},
      {agent: 'rev', profile: 'reviewer', can: true, missing: []},
    ])
  })

  test('the profiles, where there are none; write brings read', () => {
    expect(standings(['read:issue', 'read:repository'], new Map(Object.entries(PROFILES)), new Map())).toEqual([
      {agent: null, profile: 'engineer', can: true, missing: []},
      {agent: null, profile: 'reviewer', can: true, missing: []},
    ])
  })

  test.each<[has: Scope, can: boolean, missing: Scope[]]>([
    ['write:organization', true, ['write:user']],
    ['write:user', true, ['write:organization']],
    ['write:repository', false, ['write:organization', 'write:user']],
  ])('with %s, where one of two scopes is enough', (has, can, missing) => {
    const profiles = new Map([['keeper', {scopes: [has]}]])
    const wanted: Scope[] = ['write:organization', 'write:user']
    expect(standings(wanted, profiles, new Map(), true)).toEqual([{agent: null, profile: 'keeper', can, missing}])
    expect(standings(wanted, profiles, new Map())[0]!.can).toBe(false)
  })
})

test('a refusal says what its scopes are for', () => {
  expect(belongings(['read:issue', 'write:repository'])).toEqual([
    expect.stringMatching(/^read:issue is for GET on issues.*pull requests.*labels/),
    expect.stringMatching(/^write:repository is for POST, PUT, PATCH and DELETE on repositories.*pull requests/),
  ])
})

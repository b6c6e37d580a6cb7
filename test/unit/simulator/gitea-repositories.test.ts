import {afterEach, describe, expect, test} from 'vitest'
import type {GiteaRepo, GiteaSeed, GiteaVersion} from '../../../src/simulator/types.ts'
import {ADMIN, PASSWORD, VERSIONS, ask, byBasic, byToken, seedWith, start, stopAll, value} from './ask.ts'
import type {Got} from './ask.ts'

afterEach(stopAll)

const MIRA = byToken(value(1))
const NOT_FOUND = "The target couldn't be found."
const core: GiteaRepo = {
  owner: 'root',
  name: 'core',
  labels: ['approved', 'urgent'],
  collaborators: [{login: 'mira', permission: 'read'}],
  issues: [
    {title: 'one', labels: ['approved']},
    {title: 'two', labels: ['approved', 'urgent']},
    {title: 'three', pull: true, labels: ['approved']},
    {title: 'four', state: 'closed', labels: ['approved']},
    {title: 'five', labels: ['from-the-org']},
    {title: 'six', pull: true, state: 'closed', locked: true},
  ],
}

const seed = (repo: Partial<GiteaRepo> = {}, scopes = ['all']): GiteaSeed =>
  seedWith(scopes, {repos: [{...core, ...repo}]})

async function get(path: string, repo: Partial<GiteaRepo> = {}, version: GiteaVersion = '1.22.6'): Promise<Got> {
  return ask(await start(seed(repo), version), 'GET', `/repos/root/core${path}`, {headers: MIRA})
}

const numbers = (got: Got): unknown[] => got.rows.map((item) => item['number'])

describe('issue list', () => {
  test.each([
    ['', [5, 3, 2, 1]],
    ['?type=issues', [5, 2, 1]],
    ['?type=pulls', [3]],
    ['?type=nonsense', [5, 3, 2, 1]],
    ['?state=closed', [6, 4]],
    ['?state=nonsense&type=issues', [5, 2, 1]],
    ['?state=all&limit=2&page=2', [4, 3]],
    ['?labels=approved&type=issues', [2, 1]],
    ['?labels=approved,urgent', [2]],
    ['?labels=Approved&type=issues', [5, 2, 1]],
    ['?labels=from-the-org&type=issues', [5, 2, 1]],
    ['?labels=unknown,urgent', [2]],
    ['?created_by=mira', []],
    ['?q=TWO', [2]],
  ])('%s', async (query, expected) => {
    expect(numbers(await get(`/issues${query}`))).toEqual(expected)
  })

  test('marks pull requests, counts past the page and links the pages', async () => {
    const gitea = await start(seed())
    const got = await ask(gitea, 'GET', '/repos/root/core/issues?limit=2', {headers: MIRA})
    expect(got.json).toMatchObject([
      {number: 5, pull_request: null},
      {number: 3, pull_request: {merged: false}},
    ])
    expect(got.headers.get('x-total-count')).toBe('4')
    const page = `${gitea.url}/api/v1/repos/root/core/issues?limit=2&page=2`
    expect(got.headers.get('link')).toBe(`<${page}>; rel="next",<${page}>; rel="last"`)
  })

  test('unknown people are 404, bad times 422', async () => {
    expect((await get('/issues?assigned_by=nobody')).status).toBe(404)
    expect((await get('/issues?since=yesterday')).status).toBe(422)
  })

  test('ids are global, numbers are per repository', async () => {
    const gitea = await start(seedWith(['all'], {repos: [{...core, name: 'first'}, core]}))
    const got = await ask(gitea, 'GET', '/repos/root/core/issues?q=one', {headers: MIRA})
    expect(got.json).toMatchObject([{id: 7, number: 1}])
  })
})

describe('pull list', () => {
  test.each([
    ['', [6, 3]],
    ['?state=all', [6, 3]],
    ['?state=open', [3]],
    ['?state=closed', [6]],
    ['?labels=1', [3]],
  ])('%s', async (query, expected) => {
    expect(numbers(await get(`/pulls${query}`))).toEqual(expected)
  })

  test('a label name instead of an id is a 500', async () => {
    expect((await get('/pulls?labels=approved')).status).toBe(500)
  })
})

// [issues, issues?type=issues, issues?type=pulls, pulls]
test.each<[string, Partial<GiteaRepo>, (number | number[])[]]>([
  ['both units off', {hasIssues: false, hasPulls: false}, [404, 404, 404, 404]],
  ['issues off', {hasIssues: false}, [[3], 404, [3], [6, 3]]],
  ['pulls off', {hasPulls: false}, [[5, 2, 1], [5, 2, 1], 404, 404]],
  ['empty', {empty: true}, [[5, 3, 2, 1], [5, 2, 1], [3], 404]],
  ['mirror', {mirror: true}, [[5, 3, 2, 1], [5, 2, 1], [3], 404]],
  ['code off', {hasCode: false}, [[5, 3, 2, 1], [5, 2, 1], [3], 403]],
  ['archived', {archived: true}, [[5, 3, 2, 1], [5, 2, 1], [3], [6, 3]]],
])('repository with %s', async (_, repo, expected) => {
  const outcomes = await Promise.all(
    ['/issues', '/issues?type=issues', '/issues?type=pulls', '/pulls'].map(async (path) => {
      const got = await get(path, repo)
      return got.status === 200 ? numbers(got) : got.status
    }),
  )
  expect(outcomes).toEqual(expected)
})

describe('looking up a repository', () => {
  const said = async (
    path: string,
    version: GiteaVersion = '1.22.6',
    repo: Partial<GiteaRepo> = {},
  ): Promise<unknown> => {
    const gitea = await start(seed(repo), version)
    const got = await ask(gitea, 'GET', `/repos/${path}`, {headers: MIRA})
    return JSON.parse(JSON.stringify(got.json).replaceAll(gitea.url, 'ROOT')) as unknown
  }

  test('unknown owners are named up to 1.26, and nothing has errors from 1.27 on', async () => {
    const url = 'ROOT/api/swagger'
    const error = 'user redirect does not exist [name: ~scope-probe~]'
    const probe = '~scope-probe~/~scope-probe~'
    expect(await said(probe)).toEqual({errors: [error], message: 'GetUserByName', url})
    expect(await said(probe, '1.26.4')).toEqual({errors: [error], message: 'GetUserByName', url})
    expect(await said(probe, '1.27.0')).toEqual({message: 'not found', url})
  })

  test('unknown and invisible repositories look the same', async () => {
    const generic = {errors: null, message: NOT_FOUND, url: 'ROOT/api/swagger'}
    expect(await said('root/none')).toEqual(generic)
    expect(await said('root/core', '1.22.6', {private: true, collaborators: []})).toEqual(generic)
    expect(await said('root/none', '1.25.4')).toEqual({...generic, message: 'not found'})
  })

  test('old names redirect, relative and with the query', async () => {
    const users = [{login: 'newname', formerly: ['oldname']}]
    const repos = [{owner: 'newname', name: 'fresh', formerly: ['stale']}]
    for (const version of VERSIONS) {
      const gitea = await start(seedWith(['all'], {users, repos, settings: {subPath: '/g'}}), version)
      const moved = async (method: string, path: string): Promise<[number, string | null]> => {
        const got = await ask(gitea, method, path, {headers: MIRA})
        return [got.status, got.headers.get('location')]
      }
      const status = ['1.23.8', '1.24.7', '1.25.4', '1.26.4', '1.27.0'].includes(version) ? 301 : 307
      expect(await moved('GET', '/repos/newname/stale/issues?state=all')).toEqual([
        status,
        '/g/api/v1/repos/newname/fresh/issues?state=all',
      ])
      expect(await moved('GET', '/repos/oldname/fresh')).toEqual([307, '/g/api/v1/repos/newname/fresh'])
      expect(await moved('DELETE', '/user/following/oldname')).toEqual([307, '/g/api/v1/user/following/newname'])
    }
  })
})

test('permissions of one repository are those of whoever asks', async () => {
  const seen = async (headers: Record<string, string>): Promise<unknown> => {
    const got = await ask(await start(seed()), 'GET', '/repos/root/core', {headers})
    return got.fields['permissions']
  }
  expect(await seen(MIRA)).toEqual({admin: false, push: false, pull: true})
  expect(await seen(ADMIN)).toEqual({admin: true, push: true, pull: true})
})

describe('public-only tokens', () => {
  const said = async (version: GiteaVersion, asked: string, repo: Partial<GiteaRepo>): Promise<unknown> => {
    const gitea = await start(seed(repo, ['all', 'public-only']), version)
    const got = await ask(gitea, 'GET', asked, {headers: MIRA})
    return got.message ?? got.status
  }
  const path = '/repos/root/core'

  test('are held back from private repositories, each release in its own way', async () => {
    expect(await said('1.22.6', path, {private: true})).toBe('token scope is limited to public repos')
    expect(await said('1.22.6', `${path}/issues`, {private: true})).toBe('token scope is limited to public issues')
    expect(await said('1.22.6', `${path}/notifications`, {private: true})).toBe(
      'token scope is limited to public notifications',
    )
    expect(await said('1.22.6', path, {})).toBe(200)
    expect(await said('1.20.6', path, {private: true})).toBe(200)
    expect(await said('1.20.6', `${path}/collaborators/mira`, {private: true})).toBe(
      'token scope is limited to public repos',
    )
    expect(await said('1.27.0', path, {private: true})).toBe('not found')
  })

  test('1.27 keeps them out of notifications', async () => {
    const refusal = 'this endpoint is not available for public-only tokens'
    expect(await said('1.27.0', '/notifications/new', {})).toBe(refusal)
    expect(await said('1.25.4', '/notifications/new', {})).toBe(200)
  })
})

describe('writing', () => {
  const post = async (
    path: string,
    body: unknown,
    repo: Partial<GiteaRepo> = {},
    version: GiteaVersion = '1.22.6',
  ): Promise<Got> => ask(await start(seed(repo), version), 'POST', `/repos/root/core${path}`, {headers: MIRA, body})

  test('comments: 201, unknown issue 500 without a message, locked 403, empty 422', async () => {
    expect((await post('/issues/3/comments', {body: 'hello'})).json).toMatchObject({
      body: 'hello',
      user: {login: 'Mira'},
    })
    expect(await post('/issues/99/comments', {body: 'hello'})).toMatchObject({status: 500, message: ''})
    expect(await post('/issues/6/comments', {body: 'x'})).toMatchObject({
      status: 403,
      message: 'You cannot comment on a locked issue.',
    })
    expect(await post('/issues/1/comments', {})).toMatchObject({status: 422, message: '[Body]: Required'})
  })

  test('an archived repository refuses before the body is read, each release in its own words', async () => {
    const said = async (version: GiteaVersion): Promise<unknown> => {
      const {status, message} = await post('/issues/1/comments', {}, {archived: true}, version)
      return [status, message]
    }
    expect(await said('1.21.11')).toEqual([404, NOT_FOUND])
    expect(await said('1.22.6')).toEqual([423, '<Repository 1:root/core> is archived'])
    expect(await said('1.24.7')).toEqual([423, '<Repository 1:root/core> is archived'])
    expect(await said('1.25.4')).toEqual([423, 'root/core is archived'])
    expect(await said('1.27.0')).toEqual([423, 'repo is archived'])
  })

  test('issues: 201 with the next number; labels of readers are dropped', async () => {
    const got = await post('/issues', {title: 'seven', labels: [1]})
    expect([got.status, got.json]).toEqual([201, expect.objectContaining({number: 7, title: 'seven', labels: []})])
  })

  test('reviews answer 200, unknown pull requests 404, empty comments 422', async () => {
    expect(await post('/pulls/3/reviews', {event: 'COMMENT', body: 'fine'})).toMatchObject({status: 200})
    expect(await post('/pulls/1/reviews', {event: 'COMMENT', body: 'fine'})).toMatchObject({
      status: 404,
      message: 'GetPullRequestByIndex',
    })
    expect(await post('/pulls/3/reviews', {event: 'COMMENT'})).toMatchObject({status: 422})
    expect([(await get('/pulls/3/reviews')).status, (await get('/pulls/1/reviews')).status]).toEqual([200, 404])
  })
})

describe('onboarding', () => {
  const body = {username: 'newbie', email: 'newbie@example.invalid', password: PASSWORD}

  test('new users must change their password unless told otherwise', async () => {
    const gitea = await start(seedWith([]))
    const create = (more: object): Promise<Got> =>
      ask(gitea, 'POST', '/admin/users', {headers: ADMIN, body: {...body, ...more}})
    expect((await create({})).status).toBe(201)
    const login = byBasic('newbie', PASSWORD)
    expect((await ask(gitea, 'GET', '/user', {headers: login})).status).toBe(403)
    const patch = {login_name: '', source_id: 0, must_change_password: false}
    expect((await ask(gitea, 'PATCH', '/admin/users/newbie', {headers: ADMIN, body: patch})).message).toBe(
      '[LoginName]: Required',
    )
    const named = {...patch, login_name: 'newbie'}
    expect((await ask(gitea, 'PATCH', '/admin/users/newbie', {headers: ADMIN, body: named})).status).toBe(200)
    expect((await ask(gitea, 'GET', '/user', {headers: login})).status).toBe(200)
    expect((await create({})).message).toBe('user already exists [name: newbie]')
    expect((await create({username: 'other'})).message).toBe('e-mail already in use [email: newbie@example.invalid]')
    expect((await create({username: 'third', password: 'short'})).message).toBe('PasswordIsRequired')
    expect((await create({username: 'a b'})).message).toBe('[Username]: invalid username')
    expect((await create({username: 'admin', email: 'a@example.invalid'})).message).toBe(
      'name is reserved [name: admin]',
    )
  })

  test('tokens go with their user; owners of repositories stay unless purged', async () => {
    const gitea = await start(seedWith([], {repos: [{owner: 'mira', name: 'own'}]}))
    const remove = (name: string): Promise<Got> => ask(gitea, 'DELETE', `/admin/users/${name}`, {headers: ADMIN})
    expect((await remove('root')).message).toBe('you cannot delete yourself')
    expect((await remove('mira')).message).toBe('user still has ownership of repositories [uid: 2]')
    expect((await remove('mira?purge=true')).status).toBe(204)
    expect(gitea.isLive(value(1))).toBe(false)
  })

  test('administration needs the scope first and then the right', async () => {
    const said = async (scopes: string[]): Promise<string | undefined> =>
      (await ask(await start(seedWith(scopes)), 'POST', '/admin/users', {headers: MIRA, body})).message
    expect(await said([])).toMatch(/\[write:admin\]$/)
    expect(await said(['write:admin'])).toBe('user should be the site admin')
  })

  test('collaborators are added, found and removed', async () => {
    const gitea = await start(seed({collaborators: [], private: true}))
    const path = '/repos/root/core/collaborators/mira'
    const status = async (method: string, permission?: object): Promise<number> =>
      (await ask(gitea, method, path, {headers: ADMIN, ...(permission && {body: permission})})).status
    expect(await status('GET')).toBe(404)
    expect(await status('PUT')).toBe(422)
    expect(await status('PUT', {permission: 'read'})).toBe(204)
    expect(await status('GET')).toBe(204)
    expect((await ask(gitea, 'GET', '/repos/root/core', {headers: MIRA})).status).toBe(200)
    expect(await status('DELETE')).toBe(204)
    expect((await ask(gitea, 'GET', '/repos/root/core', {headers: MIRA})).status).toBe(404)
    const unknown = await ask(gitea, 'PUT', '/repos/root/core/collaborators/nobody', {headers: ADMIN, body: {}})
    expect([unknown.status, unknown.message]).toEqual([422, 'user does not exist [uid: 0, name: nobody]'])
  })

  test('team members of an organisation see its private repositories', async () => {
    const gitea = await start(
      seedWith(['all'], {orgs: [{name: 'acme', owners: ['root']}], repos: [{owner: 'acme', name: 'x', private: true}]}),
    )
    expect((await ask(gitea, 'GET', '/repos/acme/x', {headers: MIRA})).status).toBe(404)
    expect((await ask(gitea, 'GET', '/orgs/acme/teams', {headers: MIRA})).message).toBe(
      'Must be an organization member',
    )
    const teams = await ask(gitea, 'GET', '/orgs/acme/teams', {headers: ADMIN})
    expect(teams.json).toMatchObject([{id: 1, name: 'Owners'}])
    expect((await ask(gitea, 'PUT', '/teams/1/members/mira', {headers: ADMIN})).status).toBe(204)
    expect((await ask(gitea, 'GET', '/repos/acme/x', {headers: MIRA})).status).toBe(200)
  })
})

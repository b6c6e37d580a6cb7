import {afterEach, describe, expect, test} from 'vitest'
import {HANDLERS} from '../../../src/simulator/gitea/handlers/index.ts'
import {parseStage} from '../../../src/simulator/gitea/index.ts'
import {Router, loadRoutes} from '../../../src/simulator/gitea/router.ts'
import {STAGES} from '../../../src/simulator/gitea/stages.ts'
import {FORGEJO_VERSIONS} from '../../../src/simulator/types.ts'
import {ADMIN, VERSIONS, ask, byToken, seedWith, start, stopAll, value} from './ask.ts'

afterEach(stopAll)

describe.each([...VERSIONS, ...FORGEJO_VERSIONS])('the routes of %s', (version) => {
  test('name no middleware that the simulator does not know', async () => {
    const unknown = new Set<string>()
    for (const {stages} of await loadRoutes(version)) {
      const end = stages.findIndex((stage) => HANDLERS[parseStage(stage).name]) + 1 || stages.length
      for (const stage of stages.slice(0, end - 1)) if (!STAGES[parseStage(stage).name]) unknown.add(stage)
    }
    expect([...unknown]).toEqual([])
  })

  test('end in a handler, never in a middleware', async () => {
    const open = (await loadRoutes(version)).filter(
      ({stages}) => !stages.some((stage) => !STAGES[parseStage(stage).name]),
    )
    expect(open.map(({method, pattern}) => `${method} ${pattern}`)).toEqual([])
  })

  test('have nothing of the fork', async () => {
    const all = JSON.stringify(await loadRoutes(version))
    expect(all).not.toMatch(/orgproject|project-config|Scopes\(Project\)/)
  })

  test('all answer an administrator, with a 2xx only where a handler is simulated', async () => {
    const gitea = await start(
      seedWith([], {
        orgs: [{name: 'org'}],
        repos: [{owner: 'root', name: 'repo'}],
        settings: {federation: true, quota: true, flags: true},
      }),
      version,
    )
    const wrong: string[] = []
    for (const {method, pattern, stages} of await loadRoutes(version)) {
      const path = pattern
        .replace('{reponame}', 'repo')
        .replace('{org}', 'org')
        .replace('{username}', stages.includes('repoAssignment()') ? 'root' : 'Mira')
        .replace('{teamid}', '1')
        .replace('/*/<', '/<')
        .replace(/\{\w+:(\w+)[^}]*\}/, '$1')
        .replace(/\{[^}]*\}|<[^>]*>|\*/g, '1')
      const got = await ask(gitea, method === 'ANY' ? 'PUT' : method, path, {headers: ADMIN})
      const handler = stages.map((stage) => parseStage(stage).name).find((name) => !STAGES[name]) ?? ''
      // A handler that refuses a method says so in words; the router does not.
      const odd =
        (got.status === 405 && got.text === '') ||
        got.text.includes('simulator fault') ||
        got.text.startsWith('404 page')
      const success = got.status < 300 && !HANDLERS[handler]
      if (odd || success) wrong.push(`${method} ${path}: ${got.status} ${got.text}`)
      // Deleting the fixtures would turn later routes into plain 404s.
      gitea.reset()
    }
    expect(wrong).toEqual([])
  })
})

test('literal segments win over parameters, and a dead end is tried again as a parameter', async () => {
  const router = new Router(await loadRoutes('1.22.6'))
  const pattern = (method: string, path: string): string => {
    const found = router.match(method, path)
    return found.kind === 'route' ? found.route.pattern : found.kind
  }
  expect(pattern('GET', '/users/search')).toBe('/users/search')
  expect(pattern('GET', '/users/search/tokens')).toBe('/users/{username}/tokens')
  expect(pattern('GET', '/repos/o/r/pulls/7.diff')).toBe(
    '/repos/{username}/{reponame}/pulls/{index}.{diffType:diff|patch}',
  )
  expect(pattern('GET', '/repos/o/r/pulls/7.zip')).toBe('/repos/{username}/{reponame}/pulls/{index}')
  expect(pattern('GET', '/repos/o/r/contents/a/b/c')).toBe('/repos/{username}/{reponame}/contents/*')
  expect(pattern('GET', '/repos/o/r/pulls/7/comments')).toBe('/repos/{username}/{reponame}/pulls/{base}/*')
  expect(pattern('POST', '/repos/o/r/pulls/7/comments')).toBe('wrong method')
  expect(pattern('GET', '/nothing/here')).toBe('unknown')
})

test('what follows a star narrows it', async () => {
  const router = new Router(await loadRoutes('1.25.4'))
  const pattern = (path: string): string | undefined => {
    const found = router.match('GET', `/repos/o/r/commits/${path}`)
    return found.kind === 'route' ? found.route.pattern.split('/commits/')[1] : undefined
  }
  expect(pattern('abc/pull')).toBe('*/<sha>/pull')
  expect(pattern('feature/x/status')).toBe('*/<ref:*>/status')
  expect(pattern('feature/x/statuses')).toBe('*/<ref:*>/statuses')
  expect(pattern('feature/x/pull')).toBeUndefined()
})

test('path values are percent-decoded after the split', async () => {
  const router = new Router(await loadRoutes('1.22.6'))
  expect(router.match('GET', '/repos/a%2Fb/c%20d')).toMatchObject({params: {username: 'a/b', reponame: 'c d'}})
})

test('an unknown path is a text 404, a known path with another method an empty 405', async () => {
  const gitea = await start(seedWith([]))
  const unknown = await ask(gitea, 'GET', '/token')
  expect([unknown.status, unknown.text, unknown.type]).toEqual([
    404,
    '404 page not found\n',
    'text/plain; charset=utf-8',
  ])
  const other = await ask(gitea, 'DELETE', '/version')
  expect([other.status, other.text, other.headers.get('allow')]).toEqual([405, '', 'GET'])
  expect((await ask(gitea, 'HEAD', '/version')).status).toBe(405)
  expect((await ask(await start(seedWith([]), '1.27.0'), 'HEAD', '/version')).status).toBe(200)
})

test('POST pulls/N/comments does not exist: 405 from 1.22 on, 404 before', async () => {
  const path = '/repos/root/repo/pulls/1/comments'
  const seed = seedWith([], {repos: [{owner: 'root', name: 'repo'}]})
  const statuses = await Promise.all(
    VERSIONS.map(async (version) => (await ask(await start(seed, version), 'POST', path, {headers: ADMIN})).status),
  )
  expect(statuses).toEqual([404, 404, 405, 405, 405, 405, 405, 405])
})

test('repeated and trailing slashes do not matter', async () => {
  const gitea = await start(seedWith([]))
  expect((await ask(gitea, 'GET', '//version/')).status).toBe(200)
})

test('a sub-path prefixes every path and every url', async () => {
  const gitea = await start(seedWith(['read:user'], {settings: {subPath: '/gitea'}}))
  expect(gitea.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/gitea$/)
  const got = await ask(gitea, 'GET', '/repos/a/b', {headers: byToken(value(1))})
  expect(got.json).toMatchObject({url: `${gitea.url}/api/swagger`})
  const outside = async (accept: string): Promise<unknown> => {
    const {status, headers} = await fetch(`${gitea.url.replace('/gitea', '')}/api/v1/version`, {headers: {accept}})
    return [status, headers.get('content-type')]
  }
  expect(await outside('text/html')).toEqual([404, 'text/html; charset=utf-8'])
  expect(await outside('application/json')).toEqual([404, 'text/plain; charset=utf-8'])
})

test('activitypub exists only with federation; 1.27 has a bare 501 there', async () => {
  const probe = '/activitypub/user-id/9223372036854775807'
  const headers = byToken(value(1))
  expect((await ask(await start(seedWith(['all'])), 'GET', probe, {headers})).text).toBe('404 page not found\n')
  const federated = seedWith(['all'], {settings: {federation: true}})
  expect((await ask(await start(federated), 'GET', probe, {headers})).message).toBe(
    'user does not exist [uid: 9223372036854775807, name: ]',
  )
  const newest = await ask(await start(federated, '1.27.0'), 'POST', `${probe}/inbox`, {headers})
  expect([newest.status, newest.json]).toEqual([501, undefined])
})

test('a panic is an HTML page: anonymous notifications on 1.20', async () => {
  const got = await ask(await start(seedWith([]), '1.20.6'), 'GET', '/notifications/new')
  expect([got.status, got.type]).toEqual([500, 'text/html; charset=utf-8'])
  expect((await ask(await start(seedWith([]), '1.21.11'), 'GET', '/notifications/new')).status).toBe(401)
})

test('reset goes back to the seed', async () => {
  const gitea = await start(seedWith(['all']))
  await ask(gitea, 'DELETE', '/users/mira/tokens/1', {headers: ADMIN})
  expect(gitea.isLive(value(1))).toBe(false)
  gitea.reset()
  expect(gitea.isLive(value(1))).toBe(true)
})

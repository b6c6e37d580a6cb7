import {readFileSync} from 'node:fs'
import {describe, expect, test} from 'vitest'
import {harmlessRequest, askRoute, type RouteClaim} from '../../../src/probe/route.ts'
import type {ProbePort, ProbeRequest, ProbeReply} from '../../../src/probe/ports.ts'
import {SENTINEL} from '../../../src/probe/table.ts'
import {catalogue, CATALOGUE_VERSIONS} from '../../../src/scopes/catalogue.ts'
import {Secret} from '../../../src/secret.ts'
import {GITEA_VERSIONS} from '../../../src/simulator/types.ts'

const value = new Secret('a'.repeat(32) + '00000001')

describe('the request that shows a gate', () => {
  test.each(GITEA_VERSIONS)(
    'of %s: every write ends at a look-up of the sentinel, before body and handler',
    (version) => {
      const file = new URL(`../../../src/simulator/gitea/routes/${version}.json`, import.meta.url)
      const rows: [string, string, string, string, string][] = JSON.parse(readFileSync(file, 'utf8'))
      const writes = rows.flatMap(([methods, path, , , stages]) => {
        const method = methods.split(',')[0]!
        const named = path.replace('/repos/{username}/{reponame}', '/repos/{owner}/{repo}')
        const request = harmlessRequest({method, path: named})
        return request && request.method !== 'GET' ? [{request, stages: stages.split(' > ')}] : []
      })
      expect(writes.length).toBeGreaterThan(100)
      for (const {request, stages} of writes) {
        const stop = stages.findIndex((stage) => /Assignment|UserIDAssignment/.test(stage))
        const body = stages.findIndex((stage) => stage.startsWith('bind('))
        expect({...request, stop}).not.toMatchObject({stop: -1})
        expect(stop).toBeLessThan(body < 0 ? stages.length - 1 : body)
        expect(request.path).toMatch(/~scope-probe~|9223372036854775807/)
      }
    },
  )

  test.each([
    ['POST', '/user/repos'],
    ['DELETE', '/user/avatar'],
    ['PUT', '/notifications'],
    ['POST', '/admin/users'],
    ['DELETE', '/teams/{teamid}'],
    ['POST', '/repos/migrate'],
    ['POST', '/orgs'],
    ['DELETE', '/token'],
    ['GET', '/admin/runners/registration-token'],
    ['GET', '/user/actions/runners/registration-token'],
    ['HEAD', '/repos/{owner}/{repo}/archive/*'],
  ])('does not exist for %s %s', (method, path) => {
    expect(harmlessRequest({method, path})).toBeUndefined()
  })

  test('fills names, numbers and rules with what can not exist', () => {
    const path = '/repos/{owner}/{repo}/{ball_type:tarball|zipball|bundle}/*'
    const S = SENTINEL
    expect(harmlessRequest({method: 'GET', path})?.path).toBe(`/repos/${S}/${S}/tarball/${S}`)
    expect(harmlessRequest({method: 'PATCH', path: '/repos/{owner}/{repo}/issues/{index}'})).toEqual({
      method: 'PATCH',
      path: `/repos/${S}/${S}/issues/9223372036854775807`,
      auth: 'token',
    })
    expect(harmlessRequest({method: 'GET', path: '/user/repos'})?.path).toBe('/user/repos?limit=1&page=1')
  })

  test('exists for most routes of every version', async () => {
    for (const version of CATALOGUE_VERSIONS) {
      const {routes} = await catalogue(version)
      const share = routes.filter((route) => harmlessRequest(route)).length / routes.length
      expect({version, share: share > 0.8}).toEqual({version, share: true})
    }
  })
})

describe('asking a server about a route', () => {
  const claim: RouteClaim = {
    method: 'GET',
    path: '/repos/{owner}/{repo}/issues',
    gates: [['read:issue']],
    condition: undefined,
  }

  test('agrees where the refusal names the gate', async () => {
    const answer = await askRoute(server(['read:user'], denial('read:issue')), value, claim)
    expect(answer).toMatchObject({outcome: 'agrees', evidence: {status: 403}})
    expect(answer.reason).toContain('read:issue')
  })

  test('disagrees where the refusal names another scope', async () => {
    const answer = await askRoute(server(['read:user'], denial('read:repository')), value, claim)
    expect(answer).toMatchObject({outcome: 'disagrees'})
    expect(answer.reason).toContain('the server asks for read:repository, the catalogue for read:issue')
  })

  test('agrees where a token with the scope passes, and disagrees where one without passes', async () => {
    expect(await askRoute(server(['read:issue'], past()), value, claim)).toMatchObject({outcome: 'agrees'})
    expect(await askRoute(server(['read:user'], past()), value, claim)).toMatchObject({outcome: 'disagrees'})
  })

  test('disagrees where the server has no such route, unless a setting may be off', async () => {
    const none = {...past(), contentType: 'text/plain', body: undefined}
    expect(await askRoute(server(['all'], none), value, claim)).toMatchObject({outcome: 'disagrees'})
    expect(await askRoute(server(['all'], {...none, status: 405}), value, claim)).toMatchObject({outcome: 'disagrees'})
    const conditional = {...claim, condition: 'only where it is on'}
    expect(await askRoute(server(['all'], none), value, conditional)).toMatchObject({outcome: 'unknown'})
  })

  test('is unknown behind the look-up in front of a second gate', async () => {
    const two: RouteClaim = {...claim, path: '/users/{username}/repos', gates: [['read:user'], ['read:repository']]}
    expect(await askRoute(server(['read:user'], past()), value, two)).toMatchObject({outcome: 'unknown'})
  })

  test('is unknown behind the look-up in front of the one gate that stands there', async () => {
    const either: RouteClaim = {...claim, gates: [['read:issue'], ['read:repository']], either: true}
    expect(await askRoute(server(['read:user'], past()), value, either)).toMatchObject({
      outcome: 'unknown',
      reason: 'the look-up in front of the gate ended it',
    })
  })

  test.each([
    [{status: 502, contentType: 'text/html', body: undefined, requests: 1}],
    [{status: 0, contentType: '', body: undefined, failure: 'timeout', requests: 1}],
    [{status: 403, contentType: 'text/html', body: undefined, requests: 1}],
    [{status: 302, contentType: 'text/html', body: undefined, requests: 1}],
  ])('is unknown where no answer of Gitea came: %o', async (reply) => {
    expect(await askRoute(server(['all'], reply), value, claim)).toMatchObject({outcome: 'unknown'})
  })

  test('sends nothing where no harmless request exists', async () => {
    const port = server(['all'], past())
    const write: RouteClaim = {...claim, method: 'POST', path: '/user/repos', gates: [['write:user']]}
    expect(await askRoute(port, value, write)).toMatchObject({outcome: 'unknown', evidence: undefined, requests: 0})
    expect(port.asked).toEqual([])
  })

  test('stops with PROBE_HAD_EFFECT where a write that must fail succeeds', async () => {
    const write: RouteClaim = {...claim, method: 'DELETE', path: '/repos/{owner}/{repo}', gates: [['write:repository']]}
    const done = {status: 204, contentType: 'application/json', body: undefined, requests: 1}
    await expect(askRoute(server(['all'], done), value, write)).rejects.toMatchObject({code: 'PROBE_HAD_EFFECT'})
  })
})

/** A server that tells the token's scopes itself and gives one answer to the rest. */
function server(scopes: string[], reply: ProbeReply): ProbePort & {asked: ProbeRequest[]} {
  const asked: ProbeRequest[] = []
  return {
    url: 'http://127.0.0.1:1',
    asked,
    async ask(request) {
      asked.push(request)
      if (request.path !== '/token') return reply
      const body = {scopes, user: {login: 'agent-dev-a', id: 1}}
      return {status: 200, contentType: 'application/json', body, requests: 1}
    },
  }
}

const past = (): ProbeReply => ({
  status: 404,
  contentType: 'application/json',
  body: {message: 'not found', url: 'http://127.0.0.1:1/api/swagger'},
  requests: 1,
})

function denial(scope: string): ProbeReply {
  const message = `token does not have at least one of required scope(s), required=[${scope}], token scope=read:user`
  return {...past(), status: 403, body: {message, url: 'http://127.0.0.1:1/api/swagger'}}
}

import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {Gitea} from '../../src/gitea/client.ts'
import {Http} from '../../src/http.ts'
import {harmlessRequest} from '../../src/probe/route.ts'
import {catalogue, CATALOGUE_VERSIONS, type Catalogue} from '../../src/scopes/catalogue.ts'
import type {Route} from '../../src/scopes/route.ts'
import {explainCall} from '../../src/scopes/explain.ts'
import {isScope, type Scope} from '../../src/scopes/vocabulary.ts'
import {Secret} from '../../src/secret.ts'
import {inParallel, messageOf, type Reply} from './gitea/ask.ts'
import {allBut} from './gitea/dialect.ts'
import {NOBODY, PASSWORD} from './gitea/fixture.ts'
import {existing, routesOf} from './gitea/routes.ts'
import {targets, type Server} from './gitea/target.ts'

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']
const WRITES = ['POST', 'PUT', 'PATCH', 'DELETE']

/** What `explain` says about one path that the server is asked for. */
interface Asked {
  method: string
  path: string
  route: Route
}

// A real server is asked thousands of requests by one test; each of them has a limit of its own.
describe.each(targets)('the catalogue and $label', {timeout: 0}, (target) => {
  const version = CATALOGUE_VERSIONS.findLast((each) => target.version.startsWith(each))
  expect.assert(version !== undefined)
  const rows = routesOf(target.version).filter(({condition}) => target.has(condition))
  let server: Server
  let known: Catalogue
  let asked: Asked[]

  beforeAll(async () => {
    known = await catalogue(version)
    server = await target.open(target.dialect.isForgejo ? 'repos' : undefined)
    asked = rows.flatMap(({method, path}) => {
      const match = known.match(method, path)
      return match.kind === 'route' ? [{method, path, route: match.route}] : []
    })
  })
  afterAll(() => server?.close())

  test('the catalogue has every route of the table, and no other', () => {
    expect(asked).toHaveLength(rows.length)
    const inTable = routesOf(target.version).map(({method, pattern}) => `${method} ${shapeOf(pattern)}`)
    const methodsOfAny = known.routes.filter(({path, method}) => path === '/activitypub/*' && method !== 'GET')
    const listed = known.routes
      .filter((route) => !methodsOfAny.includes(route))
      .map(({method, path}) => `${method} ${shapeOf(path)}`)
    expect(listed.toSorted()).toEqual(inTable.toSorted())
  })

  test('explain names for every route the gates of the table', async () => {
    const wrong: string[] = []
    for (const {method, path, pattern, gates, level} of rows) {
      const {here} = await explainCall(method, path, version)
      const table = gates.map((gate) => gate.map((category) => `${level}:${category}`))
      if (here.outcome !== 'route' || JSON.stringify(here.gates) !== JSON.stringify(table)) {
        wrong.push(`${method} ${pattern}: explain says ${JSON.stringify(here)}, the table ${JSON.stringify(table)}`)
      }
    }
    expect(wrong).toEqual([])
  })

  test('a token without one needed scope is refused, and the refusal names it', async () => {
    const denials = asked.flatMap(({route, ...call}) =>
      (route.either ? [] : route.gates).flatMap((gate, at) =>
        gate.map((scope) => ({...call, gate, scope, later: at > 0})),
      ),
    )
    expect(denials.length).toBeGreaterThan(340)
    const wrong = await inParallel(denials, async ({method, path, gate, scope, later}) => {
      const [level = '', category = ''] = scope.split(':')
      const {alice, bob} = server.who
      // Behind a first gate there may be a look-up, which has to find somebody for the second gate to be asked.
      const where = later ? existing(path, server.who) : path
      const token = await server.token(later ? alice : bob, ...allBut([category], level === 'write'))
      const reply = await server.api(method, where, {token})
      if (reply.status === 403 && (method === 'HEAD' || sameSet(requiredBy(reply), gate))) return []
      return [`${method} ${where} without ${scope}: ${reply.status} ${reply.text.slice(0, 120)}`]
    })
    expect(wrong.flat()).toEqual([])
  })

  test('a token with just the needed scopes passes the gates', async () => {
    // On a real server only what can have no effect.
    const passing = asked.filter(
      ({method, path, route}) =>
        `${method} ${path}` !== 'DELETE /token' &&
        (target.kind === 'simulator' || harmlessRequest(route) !== undefined || !WRITES.includes(method)) &&
        !(target.kind === 'real' && /registration-token$/.test(path) && !path.includes(NOBODY)),
    )
    expect(passing.length).toBeGreaterThan(300)
    const wrong = await inParallel(passing, async ({method, path, route}) => {
      const held: readonly Scope[] = route.scopes.length > 0 ? route.scopes : ['read:misc']
      const token = await server.token(server.who.bob, ...held)
      const reply = await server.api(method, path, {token})
      const stopped = /required scope/.test(messageOf(reply)) || [405, 500].includes(reply.status)
      const unsigned = route.wants.includes('signature')
      return stopped && !unsigned
        ? [`${method} ${path} with ${held.join()}: ${reply.status} ${reply.text.slice(0, 120)}`]
        : []
    })
    expect(wrong.flat()).toEqual([])
  })

  test('what the catalogue calls 404 or 405 is answered so', async () => {
    const paths = [...new Set([...rows.map(({path}) => path), ...rows.map(({path}) => `${path}/no-such-part`)])]
    const absent = paths.flatMap((path) =>
      METHODS.flatMap((method) => {
        const {kind} = known.match(method, path)
        // What answers for a group of paths is simulated as a 405.
        const grouped = target.kind === 'simulator' && /\/commits\//.test(path)
        return (kind === 'method' || kind === 'none') && !grouped ? [{method, path, kind}] : []
      }),
    )
    expect(absent.length).toBeGreaterThan(700)
    const token = await server.token(server.who.bob, 'all')
    const wrong = await inParallel(absent, async ({method, path, kind}) => {
      const reply = await server.api(method, path, {token})
      const expected = kind === 'method' ? 405 : 404
      return reply.status === expected
        ? []
        : [`${method} ${path}: ${kind}, but ${reply.status} ${reply.text.slice(0, 80)}`]
    })
    expect(wrong.flat()).toEqual([])
  })

  test('--live contradicts the catalogue nowhere, and changes nothing', async () => {
    const {bob} = server.who
    const http = new Http({baseUrl: server.root, userAgent: 'patrol-test'})
    const gitea = new Gitea({http})
    const tokens = [await server.token(bob, 'all'), await server.token(bob, 'read:user', 'write:issue')]
    const before = await list(server, bob)
    const claims = known.routes.filter(({condition}) => condition === undefined)
    const answers = await inParallel(
      tokens.flatMap((token) => claims.map((claim) => ({token, claim}))),
      async ({token, claim}) => {
        const {outcome, reason} = await gitea.askRoute(new Secret(token), claim)
        return {outcome, what: `${claim.method} ${claim.path}: ${reason}`}
      },
    )
    await http.close()
    expect(answers.filter(({outcome}) => outcome === 'disagrees').map(({what}) => what)).toEqual([])
    expect(answers.filter(({outcome}) => outcome === 'agrees').length / answers.length).toBeGreaterThan(0.65)
    expect(await list(server, bob)).toEqual(before)
  })

  test('paths are read as the server reads them', async () => {
    const token = await server.token(server.who.bob, 'read:misc')
    const spellings = [
      `/repos/${NOBODY}/${NOBODY}/issues/`,
      `//repos//${NOBODY}/${NOBODY}///issues`,
      `/repos/${NOBODY}%2F${NOBODY}/${NOBODY}/issues`,
      `/%72epos/${NOBODY}/${NOBODY}/issues`,
      `/Repos/${NOBODY}/${NOBODY}/issues`,
      `/repos/${NOBODY}/${NOBODY}/contents/a/b/c`,
      `/repos/${NOBODY}/${NOBODY}/contents/`,
      `/repos/${NOBODY}/${NOBODY}/raw`,
      `/repos/${NOBODY}/${NOBODY}/pulls/1.2.diff`,
      `/repos/${NOBODY}/${NOBODY}/pulls/1.x`,
      `/repos/${NOBODY}/${NOBODY}/rar/x`,
      `/repos/issues/search/`,
    ]
    const wrong = await inParallel(spellings, async (path) => {
      const reply = await server.api('GET', path, {token})
      const below = path.replaceAll(/\/{2,}/g, '/').replace(/\/$/, '')
      const match = known.match('GET', below)
      const needed = match.kind === 'route' ? match.route.gates[0] : undefined
      const agrees = needed ? sameSet(requiredBy(reply), needed) : reply.status === 404
      return agrees
        ? []
        : [`${path}: ${match.kind} ${needed?.join() ?? ''}, but ${reply.status} ${reply.text.slice(0, 90)}`]
    })
    expect(wrong.flat()).toEqual([])
  })
})

/** What a user owns that a request of ours might have changed. */
async function list(server: Server, login: string): Promise<unknown[]> {
  const basic = [login, PASSWORD] as const
  const paths = ['/user/repos', '/user/keys', '/user/emails', '/user/following', '/user/subscriptions', '/user/orgs']
  const replies = await inParallel(paths, (path) => server.api('GET', path, {basic}))
  const tokens = await server.api('GET', `/users/${login}/tokens`, {basic})
  return [...replies.map(({json}) => json), Array.isArray(tokens.json) ? tokens.json.length : tokens.status]
}

/** A pattern without the names of its parameters. */
function shapeOf(pattern: string): string {
  return pattern.replace('/*/<', '/<').replaceAll(/\{[^}]*\}|<[^>]*>/g, '{}')
}

/** The scopes that a refusal names. */
function requiredBy(reply: Reply): Scope[] {
  const [, names = ''] = /required scope\(s\)(?:: |, required=)\[([^\]]*)\]/.exec(messageOf(reply)) ?? []
  return names.split(' ').filter(isScope)
}

function sameSet(some: readonly Scope[], others: readonly Scope[]): boolean {
  return some.length === others.length && some.every((scope) => others.includes(scope))
}

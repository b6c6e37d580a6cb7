import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {inParallel, messageOf, type Reply} from './ask.ts'
import {allBut} from './dialect.ts'
import {NOBODY} from './fixture.ts'
import {existing, routesOf, type Route} from './routes.ts'
import {targets, type Server} from './target.ts'

/** A gated route asked with a token that lacks what one of its gates wants. */
interface Denial {
  route: Route
  name: string
  /** What the refusing gate wants, in the order in which it says so. */
  required: string[]
  held: string[]
  /** Whether an earlier gate, and perhaps a look-up after it, comes first: then the owner has to exist. */
  later: boolean
}

describe.each(targets)('the scope gates of $label', (target) => {
  // Where a repository is looked up before its gate, repositories.test.ts has the case.
  const routes = routesOf(target.version).filter(({condition, either}) => target.has(condition) && !either)
  const gated = routes.filter(({gates}) => gates.length > 0)
  // DELETE /token would end the token that the other requests are made with; credentials.test.ts has it.
  const open = routes.filter(
    ({gates, method, pattern}) => gates.length === 0 && `${method} ${pattern}` !== 'DELETE /token',
  )
  const denials = gated.flatMap(denialsOf)
  const answers = new Map<object, Reply>()
  const answered = (asked: object) => {
    const reply = answers.get(asked)
    expect.assert(reply !== undefined, 'the request was not sent')
    return reply
  }
  let server: Server

  beforeAll(async () => {
    server = await target.open(target.dialect.isForgejo ? 'repos' : undefined)
    const {alice, bob} = server.who
    const send = async (asked: object, method: string, path: string, held: string[], login = bob) => {
      const token = await server.token(login, ...held)
      answers.set(asked, await server.api(method, path, {token}))
    }
    await inParallel(denials, (denial) => {
      const {method, path} = denial.route
      if (!denial.later) return send(denial, method, path, denial.held)
      return send(denial, method, existing(path, server.who), denial.held, alice)
    })
    await inParallel(gated, (route) => send(route, route.method, route.path, neededBy(route)))
    await inParallel(open, (route) => send(route, route.method, route.path, ['read:misc']))
  })
  afterAll(() => server?.close())

  test('there are gated and ungated routes in the table', () => {
    expect(gated.length).toBeGreaterThan(340)
    expect(open.length).toBeGreaterThan(15)
  })

  test.each(denials)('$route.method $route.pattern refuses a token with everything but $name', (denial) => {
    const reply = answered(denial)
    const message = server.dialect.scopeGap(denial.required, denial.held)
    const text = `${JSON.stringify({message, url: `${server.root}/api/swagger`})}\n`
    expect([reply.status, reply.text]).toEqual([403, denial.route.method === 'HEAD' ? '' : text])
    expect(reply.headers['content-type']).toBe('application/json;charset=utf-8')
  })

  test.each(gated)('$method $pattern lets a token pass that has just what it wants', (route) => {
    const reply = answered(route)
    expect(messageOf(reply)).not.toMatch(/required scope|token scope is limited/)
    expect([401, 405, 500]).not.toContain(reply.status)
  })

  test.each(open)('$method $pattern asks for no scope', (route) => {
    const reply = answered(route)
    expect(messageOf(reply)).not.toMatch(/required scope/)
    expect([401, 403, 405, 500]).not.toContain(reply.status)
  })

  test('a user is looked up between the two gates of their repositories', async () => {
    const {alice, bob} = server.who
    const asked = async (login: string, ...held: string[]) =>
      server.api('GET', `/users/${login}/repos`, {token: await server.token(bob, ...held)})
    const refused = (required: string, held: string) => [403, server.dialect.scopeGap([required], [held])]
    const told = (reply: Reply) => [reply.status, messageOf(reply)]
    expect(told(await asked(NOBODY, 'read:repository'))).toEqual(refused('read:user', 'read:repository'))
    expect(told(await asked(NOBODY, 'read:user'))).toEqual([404, `user redirect does not exist [name: ${NOBODY}]`])
    expect(told(await asked(alice, 'read:user'))).toEqual(refused('read:repository', 'read:user'))
  })
})

function denialsOf(route: Route): Denial[] {
  return route.gates.flatMap((gate, at) => {
    const required = gate.map((category) => `${route.level}:${category}`)
    return gate.map((category) => ({
      route,
      name: `${route.level}:${category}`,
      required,
      held: allBut([category], route.level === 'write'),
      later: at > 0,
    }))
  })
}

const neededBy = ({gates, level}: Route) => gates.flat().map((category) => `${level}:${category}`)

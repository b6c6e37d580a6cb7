import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {inParallel, messageOf} from './ask.ts'
import {allBut} from './dialect.ts'
import {NOBODY} from './fixture.ts'
import {targets, type Server} from './target.ts'

const HUGE = '9223372036854775807'

interface Probe {
  scope: string
  method: string
  path: string
  /** What a server says to a token that has the scope: the status and, where one is expected, the very body. */
  passes: (server: Server) => {status: number; text?: string}
}

const body = (json: object) => `${JSON.stringify(json)}\n`
const noRedirect = `user redirect does not exist [name: ${NOBODY}]`

/** The 404 of an owner or organisation that repositories are looked up by. */
function missing(server: Server, message: string) {
  return {status: 404, text: body(server.dialect.missing(server.root, {as: message, error: noRedirect}))}
}
const ok = () => ({status: 200})
const noRepo = (server: Server) => missing(server, 'GetUserByName')
const noOrg = (server: Server) => missing(server, 'GetOrgByName')
const noUser = ({root}: Server) => ({status: 404, text: body({message: noRedirect, url: `${root}/api/swagger`})})
const noActor = ({dialect, root}: Server) =>
  dialect.since(26)
    ? {status: 501, text: expect.stringMatching(/^Not implemented\s*$/)}
    : {status: 404, text: body({message: dialect.noUser(HUGE), url: `${root}/api/swagger`})}

const probe = (scope: string, request: string, passes: Probe['passes']): Probe => {
  const [method = '', path = ''] = request.split(' ')
  return {scope, method, path, passes}
}

const PROBES: Probe[] = [
  probe('read:user', 'GET /user', ok),
  probe('write:user', `DELETE /user/following/${NOBODY}`, noUser),
  probe('read:repository', `GET /repos/${NOBODY}/${NOBODY}`, noRepo),
  probe('read:repository', `GET /topics/search?q=${NOBODY}&page=1&limit=1`, ok),
  probe('write:repository', `DELETE /repos/${NOBODY}/${NOBODY}/subscription`, noRepo),
  probe('read:issue', `GET /repos/${NOBODY}/${NOBODY}/issues`, noRepo),
  probe('write:issue', `DELETE /repos/${NOBODY}/${NOBODY}/issues/1/subscriptions/${NOBODY}`, noRepo),
  probe('read:organization', `GET /orgs/${NOBODY}`, noOrg),
  probe('write:organization', `DELETE /orgs/${NOBODY}/public_members/${NOBODY}`, noOrg),
  probe('read:notification', `GET /repos/${NOBODY}/${NOBODY}/notifications`, noRepo),
  probe('read:notification', 'GET /notifications/new', ok),
  probe('write:notification', `PUT /repos/${NOBODY}/${NOBODY}/notifications`, noRepo),
  probe('read:package', `GET /packages/${NOBODY}`, noUser),
  probe('write:package', `DELETE /packages/${NOBODY}/generic/${NOBODY}/0`, noUser),
  probe('read:admin', 'GET /admin/cron?page=1&limit=1', ok),
  probe('write:admin', `DELETE /admin/users/${NOBODY}/keys/${HUGE}`, noUser),
  probe('read:activitypub', `GET /activitypub/user-id/${HUGE}`, noActor),
  probe('write:activitypub', `POST /activitypub/user-id/${HUGE}/inbox`, noActor),
]

describe.each(targets)('probes on $label', (target) => {
  const probes = PROBES.filter(({scope}) => !scope.endsWith(':activitypub') || target.federation)
  let server: Server
  beforeAll(async () => {
    server = await target.open()
  })
  afterAll(() => server?.close())

  describe.each(probes)('$method $path', ({scope, method, path, passes}) => {
    const [, category = ''] = scope.split(':')
    const write = scope.startsWith('write:')
    const asAdmin = (...scopes: string[]) => server.token(server.who.chief, ...scopes)

    test(`passes with just ${scope}`, async () => {
      expect(await server.api(method, path, {token: await asAdmin(scope)})).toMatchObject(passes(server))
    })

    test('passes with all', async () => {
      expect(await server.api(method, path, {token: await asAdmin('all')})).toMatchObject(passes(server))
    })

    test(`is refused without ${scope}`, async () => {
      const held = allBut([category], write)
      const reply = await server.api(method, path, {token: await asAdmin(...held)})
      expect(reply.status).toBe(403)
      const message = server.dialect.scopeGap([scope], held)
      expect(reply.json).toEqual({message, url: `${server.root}/api/swagger`})
    })

    test.runIf(!write)(`passes with write:${category}, which includes it`, async () => {
      expect(await server.api(method, path, {token: await asAdmin(`write:${category}`)})).toMatchObject(passes(server))
    })

    test('passes as Bearer', async () => {
      expect(await server.api(method, path, {bearer: await asAdmin(scope)})).toMatchObject(passes(server))
    })

    test('passes as the password of Basic', async () => {
      expect(await server.api(method, path, {basic: ['whoever', await asAdmin(scope)]})).toMatchObject(passes(server))
    })

    test('is gated as the password of Basic', async () => {
      const held = allBut([category], write)
      const reply = await server.api(method, path, {basic: ['whoever', await asAdmin(...held)]})
      expect(messageOf(reply)).toBe(server.dialect.scopeGap([scope], held))
    })

    test('is not gated for a password', async () => {
      const reply = await server.api(method, path, {basic: [server.who.chief, 'not-a-real-password']})
      expect(reply).toMatchObject(passes(server))
    })
  })

  test.each(['GET /admin/cron?page=1&limit=1', `DELETE /admin/users/${NOBODY}/keys/${HUGE}`])(
    '%s tells a user with the scope that they are no admin',
    async (request) => {
      const [method = '', path = ''] = request.split(' ')
      const reply = await server.api(method, path, {token: await server.token(server.who.bob, 'write:admin')})
      expect(reply.status).toBe(403)
      expect(reply.json).toEqual({message: 'user should be the site admin', url: `${server.root}/api/swagger`})
    },
  )

  test.runIf(target.kind === 'real' && !target.federation)('activitypub is not there without federation', async () => {
    const reply = await server.api('GET', `/activitypub/user-id/${HUGE}`, {
      token: await server.token(server.who.bob, 'read:misc'),
    })
    expect(reply.status).toBe(404)
    expect(reply.headers['content-type']).toMatch(/^text\/plain/)
  })

  // A simulator keeps none of what these lists show.
  test.runIf(target.kind === 'real')('the whole ladder changes nothing that the user sees', async () => {
    const {chief} = server.who
    const token = await server.token(chief, 'all')
    const seen = async () => {
      const replies = await inParallel(['/user/following', '/user/subscriptions', '/user/orgs'], (path) =>
        server.api('GET', path, {token}),
      )
      return replies.map(({status, text}) => ({status, text}))
    }
    const before = await seen()
    await inParallel(probes, ({method, path}) => server.api(method, path, {token}))
    expect(before.map(({status}) => status)).toEqual([200, 200, 200])
    expect(await seen()).toEqual(before)
  })
})

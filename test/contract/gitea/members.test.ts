import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {messageOf, type Asking} from './ask.ts'
import {askAs, loginsOf, newcomer, noUser, permissionOf} from './people.ts'
import {targets, type Server} from './target.ts'

describe.each(targets)('members on $label', (target) => {
  const {since} = target.dialect
  let server: Server
  const refusal = (message: string) => ({message, url: `${server.root}/api/swagger`})
  const generic = () => server.dialect.missing(server.root)
  const as = (login: string, method: string, path: string, asking: Asking = {}) =>
    askAs(server, login, method, path, asking)
  const asAlice = (method: string, path: string, json?: unknown) => as(server.who.alice, method, path, {json})
  const seen = async (login: string, path: string) => (await as(login, 'GET', path)).status
  const secret = () => `/repos/${server.who.alice}/secret`

  beforeAll(async () => {
    server = await target.open('repos')
  })
  afterAll(() => server?.close())

  describe('collaborators', () => {
    test('are let in, listed, told apart and shown out', async () => {
      const login = await newcomer(server)
      const at = `${secret()}/collaborators/${login}`
      expect(await seen(login, secret())).toBe(404)
      expect((await asAlice('GET', at)).status).toBe(404)
      const put = await asAlice('PUT', at, {permission: 'read'})
      expect([put.status, put.text]).toEqual([204, ''])
      expect((await asAlice('GET', at)).status).toBe(204)
      const listed = await asAlice('GET', `${secret()}/collaborators`)
      expect(loginsOf(listed)).toContain(login)
      expect(listed.headers['x-total-count']).toBe(String(loginsOf(listed).length))
      for (const path of ['', '/issues', '/pulls']) expect(await seen(login, secret() + path)).toBe(200)
      expect((await asAlice('DELETE', at)).status).toBe(204)
      expect((await asAlice('DELETE', at)).status).toBe(204)
      expect(await seen(login, secret())).toBe(404)
    })

    test.each([
      {permission: 'read', admin: false, push: false},
      {permission: 'write', admin: false, push: true},
      {permission: 'admin', admin: true, push: true},
    ])('with $permission may do that', async ({permission, admin, push}) => {
      const login = await newcomer(server)
      const at = `${secret()}/collaborators/${login}`
      expect((await asAlice('PUT', at, {permission})).status).toBe(204)
      expect((await as(login, 'GET', secret())).json).toMatchObject({permissions: {admin, push, pull: true}})
      const told = await asAlice('GET', `${at}/permission`)
      expect(told.json).toMatchObject({permission, role_name: permission, user: {login}})
      expect((await as(login, 'PUT', `${secret()}/collaborators/${server.who.bare}`, {json: {}})).status).toBe(
        admin ? 204 : 403,
      )
    })

    test('write where no permission is named', async () => {
      const login = await newcomer(server)
      const at = `${secret()}/collaborators/${login}`
      expect((await asAlice('PUT', at, {})).status).toBe(204)
      expect(permissionOf(await asAlice('GET', `${at}/permission`))).toBe('write')
    })

    test('who are there already stay as they are without a named permission, from 1.23 on they write', async () => {
      const login = await newcomer(server)
      const at = `${secret()}/collaborators/${login}`
      await asAlice('PUT', at, {permission: 'read'})
      expect((await asAlice('PUT', at, {})).status).toBe(204)
      expect(permissionOf(await asAlice('GET', `${at}/permission`))).toBe(since(23) ? 'write' : 'read')
    })

    test.each(['rubbish', 'owner', 'none'])(
      'with the permission %s become writers or stay as they are; from 1.23 on it is refused',
      async (wrong) => {
        const login = await newcomer(server)
        const at = `${secret()}/collaborators/${login}`
        expect((await asAlice('PUT', at, {permission: wrong})).status).toBe(since(23) ? 500 : 204)
        expect((await asAlice('GET', at)).status).toBe(since(23) ? 404 : 204)
        expect(permissionOf(await asAlice('GET', `${at}/permission`))).toBe(since(23) ? 'none' : 'write')
        await asAlice('PUT', at, {permission: 'read'})
        expect((await asAlice('PUT', at, {permission: wrong})).status).toBe(since(23) ? 500 : 204)
        expect(permissionOf(await asAlice('GET', `${at}/permission`))).toBe('read')
      },
    )

    test('want a body with a content type', async () => {
      const reply = await asAlice('PUT', `${secret()}/collaborators/${server.who.bob}`)
      expect([reply.status, reply.json]).toEqual([422, refusal('[]: Empty Content-Type')])
    })

    test('who do not exist are refused, not overlooked', async () => {
      const name = `${server.who.bob}-unknown`
      const at = `${secret()}/collaborators/${name}`
      for (const method of ['GET', 'PUT', 'DELETE']) {
        const reply = await asAlice(method, at, method === 'PUT' ? {permission: 'read'} : undefined)
        expect([method, reply.status, reply.json]).toEqual([method, 422, refusal(noUser(server, name))])
      }
      const told = await asAlice('GET', `${at}/permission`)
      expect([told.status, told.json]).toEqual([404, refusal(noUser(server, name))])
    })

    test('whose account is inactive end in a 500 that says nothing', async () => {
      const reply = await asAlice('PUT', `${secret()}/collaborators/${server.who.inactive}`, {permission: 'read'})
      expect([reply.status, reply.json]).toEqual([500, refusal('')])
    })

    test('are named by those who administer the repository', async () => {
      const login = await newcomer(server)
      await asAlice('PUT', `${secret()}/collaborators/${login}`, {permission: 'write'})
      for (const method of ['PUT', 'DELETE']) {
        const json = method === 'PUT' ? {permission: 'read'} : undefined
        const reply = await as(login, method, `${secret()}/collaborators/${login}`, {json})
        const words = 'user should be an owner or a collaborator with admin write of a repository'
        expect([reply.status, reply.json]).toEqual([403, refusal(words)])
      }
      const chief = await as(server.who.chief, 'PUT', `${secret()}/collaborators/${login}`, {
        json: {permission: 'read'},
      })
      expect(chief.status).toBe(204)
    })

    test('of a repository that they do not see are not found', async () => {
      const login = await newcomer(server)
      const reply = await as(login, 'GET', `${secret()}/collaborators`)
      expect([reply.status, reply.json]).toEqual([404, generic()])
    })

    test('need write:repository, and the gate is asked first', async () => {
      const token = await server.token(server.who.alice, 'read:repository')
      const json = {permission: 'read'}
      const path = `${secret()}/collaborators/${server.who.bob}-unknown`
      const reply = await server.api('PUT', path, {token, json})
      const wanted = server.dialect.scopeGap(['write:repository'], ['read:repository'])
      expect([reply.status, reply.json]).toEqual([403, refusal(wanted)])
      expect((await server.api('GET', `${secret()}/collaborators`, {token})).status).toBe(200)
    })

    test('can be named in an archive', async () => {
      const login = await newcomer(server)
      const at = `/repos/${server.who.alice}/attic/collaborators/${login}`
      expect((await asAlice('PUT', at, {permission: 'read'})).status).toBe(204)
    })

    test('learn their own permission from 1.24 on; before, only under the login name of their account', async () => {
      const login = await newcomer(server)
      const at = `${secret()}/collaborators/${login}`
      await asAlice('PUT', at, {permission: 'read'})
      const own = await as(login, 'GET', `${at}/permission`)
      expect(own.status).toBe(since(24) || server.dialect.isForgejo ? 200 : 403)
      const change = {login_name: login, source_id: 0}
      expect((await as(server.who.chief, 'PATCH', `/admin/users/${login}`, {json: change})).status).toBe(200)
      expect(permissionOf(await as(login, 'GET', `${at}/permission`))).toBe('read')
      const others = await as(login, 'GET', `${secret()}/collaborators/${server.who.alice}/permission`)
      expect([others.status, messageOf(others)]).toEqual([
        403,
        'Only admins can query all permissions, repo admins can query all repo permissions, collaborators can query only their own',
      ])
    })
  })
})

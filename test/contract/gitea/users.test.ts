import {randomBytes} from 'node:crypto'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {messageOf} from './ask.ts'
import {PASSWORD} from './fixture.ts'
import {idOf, tokenOf} from './shapes.ts'
import {targets, type Server} from './target.ts'

describe.each(targets)('users on $label', (target) => {
  const {since} = target.dialect
  let server: Server
  const refusal = (message: string) => ({message, url: `${server.root}/api/swagger`})
  const fresh = () => `${server.who.bob}-${randomBytes(4).toString('hex')}`
  const bodyFor = (login: string) => ({username: login, email: `${login}@contract.invalid`, password: PASSWORD})
  const asChief = async (method: string, path: string, json?: unknown) =>
    server.api(method, path, {token: await server.token(server.who.chief, 'all'), json})
  const create = (json: unknown) => asChief('POST', '/admin/users', json)
  /** Minted by the administrator's password, for the new user. */
  const tokenFor = async (login: string) => {
    const json = {name: 'patrol.test', scopes: ['read:user']}
    const sudo = since(21) ? {} : {headers: {sudo: login}}
    const basic = [server.who.chief, PASSWORD] as const
    return tokenOf(await server.api('POST', `/users/${login}/tokens`, {basic, json, ...sudo})).sha1
  }

  beforeAll(async () => {
    server = await target.open()
  })
  afterAll(() => server?.close())

  test('are found by their id, organisations are not', async () => {
    const search = async (id: number) => (await asChief('GET', `/users/search?uid=${id}`)).json
    const person = idOf(await asChief('GET', `/users/${server.who.bob}`))
    expect(await search(person)).toMatchObject({ok: true, data: [{id: person, login: server.who.bob}]})
    const org = idOf(await asChief('GET', `/orgs/${server.who.club}`))
    expect(await search(org)).toEqual({ok: true, data: []})
  })

  describe('that are made by an administrator', () => {
    test('are there at once, as asked for', async () => {
      const login = fresh()
      const more = {must_change_password: false, restricted: true, visibility: 'limited', full_name: 'Made for a test'}
      const made = await create({...bodyFor(login), ...more, send_notify: false})
      expect(made.status).toBe(201)
      const shown = {login, restricted: true, visibility: 'limited', full_name: 'Made for a test', active: true}
      expect(made.json).toMatchObject({...shown, is_admin: false, prohibit_login: false, username: login})
      expect((await asChief('GET', `/users/${login}`)).json).toMatchObject(shown)
    })

    test('are shown to strangers with their id and the time when they were made, as to the administrator', async () => {
      const login = fresh()
      const made = await create(bodyFor(login))
      const shown = await server.api('GET', `/users/${login}`)
      expect(shown.status).toBe(200)
      const {id, created}: {id: number; created: string} = JSON.parse(JSON.stringify(made.json))
      expect(shown.json).toMatchObject({id, login, created})
      expect(Number.isNaN(Date.parse(created))).toBe(false)
    })

    test('must change their password unless told otherwise, and until then no token of theirs works', async () => {
      const login = fresh()
      expect((await create(bodyFor(login))).status).toBe(201)
      const token = await tokenFor(login)
      for (const path of ['/version', '/user']) {
        const reply = await server.api('GET', path, {token})
        expect([reply.status, reply.json]).toEqual([
          403,
          {message: `You must change your password. Change it at: ${server.root}//user/change_password`},
        ])
      }
      const change = {login_name: login, source_id: 0, must_change_password: false}
      expect((await asChief('PATCH', `/admin/users/${login}`, change)).status).toBe(200)
      expect((await server.api('GET', '/user', {token})).json).toMatchObject({login})
    })

    test('use tokens at once with must_change_password false', async () => {
      const login = fresh()
      await create({...bodyFor(login), must_change_password: false})
      expect((await server.api('GET', '/user', {token: await tokenFor(login)})).status).toBe(200)
    })

    test('are found whatever the case of their name', async () => {
      const login = fresh()
      await create(bodyFor(login))
      const shouted = login.toUpperCase()
      expect((await asChief('GET', `/users/${shouted}`)).json).toMatchObject({login})
      const again = await create({...bodyFor(shouted), email: `${fresh()}@contract.invalid`})
      expect([again.status, messageOf(again)]).toEqual([422, `user already exists [name: ${shouted}]`])
    })
  })

  describe('that cannot be made', () => {
    test('twice: the name is taken, and so is the address', async () => {
      const login = fresh()
      await create(bodyFor(login))
      const name = await create({...bodyFor(login), email: `${fresh()}@contract.invalid`})
      expect([name.status, name.json]).toEqual([422, refusal(`user already exists [name: ${login}]`)])
      const mail = await create({...bodyFor(fresh()), email: `${login}@contract.invalid`})
      expect([mail.status, mail.json]).toEqual([
        422,
        refusal(`e-mail already in use [email: ${login}@contract.invalid]`),
      ])
    })

    test('under the name of an organisation', async () => {
      const {club} = server.who
      expect(messageOf(await create(bodyFor(club)))).toBe(`user already exists [name: ${club}]`)
    })

    test.each([
      {why: 'a space', change: {username: 'no good'}, status: 422, message: '[Username]: invalid username'},
      {why: 'two dashes', change: {username: 'no--good'}, status: 422, message: '[Username]: invalid username'},
      {why: 'a dot at the end', change: {username: 'no-good.'}, status: 422, message: '[Username]: invalid username'},
      {why: 'no name', change: {username: ''}, status: 422, message: '[Username]: Required'},
      {why: '41 characters', change: {username: 'n'.repeat(41)}, status: 422, message: '[Username]: MaxSize'},
      {
        why: 'a reserved name',
        change: {username: 'api'},
        status: 422,
        message: 'name is reserved [name: api]',
      },
      {
        why: 'a reserved ending',
        change: {username: 'no-good.keys'},
        status: 422,
        message: 'name pattern is not allowed [pattern: *.keys]',
      },
      {why: 'no address', change: {email: ''}, status: 422, message: '[Email]: Required'},
      {
        why: 'an address that is none',
        change: {email: 'nonsense'},
        status: 422,
        message: target.dialect.noAddress('nonsense'),
      },
      {why: 'an unknown visibility', change: {visibility: 'hidden'}, status: 422, message: '[Visibility]: In'},
      {
        why: 'an unknown source',
        change: {source_id: 987, login_name: 'x'},
        status: 422,
        message: 'login source does not exist [id: 987]',
      },
    ])('with $why', async ({change, status, message}) => {
      const reply = await create({...bodyFor(fresh()), ...change})
      expect([reply.status, reply.json]).toEqual([status, refusal(message)])
    })

    test('under the name admin, up to 1.22 and on Forgejo, for it is reserved there', async () => {
      const reply = await create({...bodyFor(fresh()), username: 'admin'})
      expect(messageOf(reply) === 'name is reserved [name: admin]').toBe(!target.dialect.since(23))
    })

    test('without a password', async () => {
      const {password: _, ...json} = bodyFor(fresh())
      const reply = await create(json)
      expect([reply.status, messageOf(reply)]).toEqual(
        since(21) ? [400, 'PasswordIsRequired'] : [422, '[Password]: Required'],
      )
    })

    test('with a short password, which 1.20 lets pass', async () => {
      const reply = await create({...bodyFor(fresh()), password: 'short'})
      expect([reply.status, messageOf(reply)]).toEqual(since(21) ? [400, 'PasswordIsRequired'] : [201, ''])
    })

    test('by somebody who is no site admin, or without write:admin', async () => {
      const json = bodyFor(fresh())
      const ordinary = await server.api('POST', '/admin/users', {
        token: await server.token(server.who.bob, 'all'),
        json,
      })
      expect([ordinary.status, ordinary.json]).toEqual([403, refusal('user should be the site admin')])
      const token = await server.token(server.who.chief, 'read:admin')
      const narrow = await server.api('POST', '/admin/users', {token, json})
      expect(messageOf(narrow)).toBe(server.dialect.scopeGap(['write:admin'], ['read:admin']))
    })
  })

  describe('that are there', () => {
    test('tell an administrator of their state, and others nothing', async () => {
      const {inactive, prohibited, bob} = server.who
      expect((await asChief('GET', `/users/${inactive}`)).json).toMatchObject({active: false})
      expect((await asChief('GET', `/users/${prohibited}`)).json).toMatchObject({active: true, prohibit_login: true})
      const token = await server.token(bob, 'read:user')
      expect((await server.api('GET', `/users/${prohibited}`, {token})).json).toMatchObject({
        active: false,
        prohibit_login: false,
      })
    })

    test('are not found where they are private and somebody else asks', async () => {
      const {carol, bob} = server.who
      expect((await asChief('GET', `/users/${carol}`)).json).toMatchObject({login: carol, visibility: 'private'})
      expect((await server.api('GET', `/users/${carol}`, {token: await server.token(bob, 'all')})).status).toBe(404)
    })

    test('are changed only with their login name, or without on Forgejo', async () => {
      const reply = await asChief('PATCH', `/admin/users/${server.who.bare}`, {must_change_password: false})
      expect([reply.status, messageOf(reply)]).toEqual(
        server.dialect.isForgejo ? [200, ''] : [422, '[LoginName]: Required'],
      )
    })

    test('are deleted, with their tokens', async () => {
      const login = fresh()
      await create({...bodyFor(login), must_change_password: false})
      const token = await tokenFor(login)
      expect((await server.api('GET', '/version', {token})).status).toBe(200)
      expect((await asChief('DELETE', `/admin/users/${login}`)).status).toBe(204)
      expect((await server.api('GET', '/version', {token})).status).toBe(401)
      expect((await asChief('GET', `/users/${login}`)).status).toBe(404)
      expect((await asChief('DELETE', `/admin/users/${login}`)).status).toBe(404)
    })
  })
})

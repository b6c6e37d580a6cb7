import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {z} from 'zod'
import {messageOf, type Asking, type Reply} from './ask.ts'
import {askAs, loginsOf, newcomer, noUser, permissionOf} from './people.ts'
import {targets, type Server} from './target.ts'

const team = z.object({
  id: z.number(),
  name: z.string(),
  permission: z.string(),
  includes_all_repositories: z.boolean(),
  units: z.array(z.string()).nullable(),
  units_map: z.record(z.string(), z.string()),
})
const teamsOf = (reply: Reply) => z.array(team).parse(reply.json)
const foundOf = (reply: Reply) => z.object({ok: z.literal(true), data: z.array(team).nullable()}).parse(reply.json).data

describe.each(targets)('teams on $label', (target) => {
  const {since} = target.dialect
  let server: Server
  const refusal = (message: string) => ({message, url: `${server.root}/api/swagger`})
  const generic = () => server.dialect.missing(server.root)
  const as = (login: string, method: string, path: string, asking: Asking = {}) =>
    askAs(server, login, method, path, asking)
  const asAlice = (method: string, path: string, json?: unknown) => as(server.who.alice, method, path, {json})
  const seen = async (login: string, path: string) => (await as(login, 'GET', path)).status
  const secret = () => `/repos/${server.who.alice}/secret`
  let ids: Map<string, number>
  const teamPath = (name: string) => `/teams/${ids.get(name)}`
  const vault = () => `/repos/${server.who.club}/vault`
  const ALL = target.dialect.teamOrder('devs', 'Owners', 'readers', 'Stewards')

  beforeAll(async () => {
    server = await target.open('repos')
    const listed = teamsOf(await asAlice('GET', `/orgs/${server.who.club}/teams`))
    ids = new Map(listed.map(({id, name}) => [name, id]))
  })
  afterAll(() => server?.close())

  describe('restricted users', () => {
    test('read public repositories from 1.25 on, private ones as collaborators', async () => {
      const login = await newcomer(server, {restricted: true})
      expect(await seen(login, `/repos/${server.who.alice}/open/issues`)).toBe(since(25) ? 200 : 404)
      await asAlice('PUT', `${secret()}/collaborators/${login}`, {permission: 'read'})
      expect(await seen(login, `${secret()}/issues`)).toBe(200)
    })

    test('reach what their team reaches', async () => {
      const login = await newcomer(server, {restricted: true, visibility: 'private'})
      expect((await asAlice('PUT', `${teamPath('devs')}/members/${login}`)).status).toBe(204)
      expect(await seen(login, `${vault()}/issues`)).toBe(200)
    })
  })

  describe('teams', () => {
    test('are listed by name, whoever is in the organisation', async () => {
      const {club, alice} = server.who
      const reply = await asAlice('GET', `/orgs/${club}/teams?page=1&limit=50`)
      expect(teamsOf(reply).map(({name}) => name)).toEqual(ALL)
      expect(reply.headers['x-total-count']).toBe('4')
      const second = await as(alice, 'GET', `/orgs/${club}/teams?page=2&limit=3`)
      expect(teamsOf(second).map(({name}) => name)).toEqual(['Stewards'])
    })

    test('tell what they may do: below admin in units_map only, from 1.24 on', async () => {
      const {club} = server.who
      const listed = new Map(teamsOf(await asAlice('GET', `/orgs/${club}/teams`)).map((each) => [each.name, each]))
      expect(listed.get('devs')).toMatchObject({
        permission: since(24) ? 'none' : 'write',
        includes_all_repositories: false,
        units_map: {'repo.code': 'write', 'repo.issues': 'write', 'repo.pulls': 'write'},
      })
      expect(listed.get('readers')).toMatchObject({
        permission: since(24) ? 'none' : 'read',
        includes_all_repositories: true,
        units_map: {'repo.code': 'read', 'repo.pulls': 'read'},
      })
      expect(listed.get('Stewards')).toMatchObject({permission: 'admin', units_map: {'repo.issues': 'admin'}})
      expect(listed.get('Owners')).toMatchObject({permission: 'owner', units_map: {'repo.issues': 'owner'}})
      const single = await asAlice('GET', teamPath('devs'))
      expect(single.json).toMatchObject({name: 'devs', organization: {name: club, username: club}})
    })

    test('are not shown to strangers', async () => {
      const login = await newcomer(server)
      const {club} = server.who
      for (const path of [`/orgs/${club}/teams`, `/orgs/${club}/teams/search?q=devs`]) {
        const reply = await as(login, 'GET', path)
        expect([reply.status, reply.json]).toEqual([403, refusal('Must be an organization member')])
      }
      const single = await as(login, 'GET', teamPath('devs'))
      expect([single.status, single.json]).toEqual([404, generic()])
      const anonymous = await server.api('GET', `/orgs/${club}/teams`)
      expect([anonymous.status, messageOf(anonymous)]).toEqual([401, 'token is required'])
    })

    test('of no organisation are not found', async () => {
      const {bob} = server.who
      for (const name of [`${bob}-unknown`, bob]) {
        const reply = await asAlice('GET', `/orgs/${name}/teams`)
        expect([reply.status, reply.json]).toEqual([
          404,
          server.dialect.missing(server.root, {
            as: 'GetOrgByName',
            error: `user redirect does not exist [name: ${name}]`,
          }),
        ])
      }
      for (const id of ['99999999', 'devs']) {
        const reply = await asAlice('GET', `/teams/${id}`)
        expect([reply.status, reply.json]).toEqual([404, generic()])
      }
    })

    test('are searched by a part of their name: all by a site admin, from 1.27 on by owners; by members only their own, and their owners’', async () => {
      const {club, chief} = server.who
      const login = await newcomer(server)
      await asAlice('PUT', `${teamPath('devs')}/members/${login}`)
      const search = async (who: string, q: string) => {
        const reply = await as(who, 'GET', `/orgs/${club}/teams/search?q=${q}&page=1&limit=50`)
        return foundOf(reply)?.map(({name}) => name) ?? null
      }
      expect(await search(chief, 'DEV')).toEqual(['devs'])
      expect(await search(chief, '')).toEqual(ALL)
      expect(await search(login, 'e')).toEqual(since(27) ? ['Owners', 'devs'] : ['devs'])
      expect(await search(server.who.alice, 'Own')).toEqual(['Owners'])
      expect(await search(server.who.alice, 'devs')).toEqual(since(27) ? ['devs'] : since(21) ? [] : null)
      const listed = teamsOf(await as(login, 'GET', `/orgs/${club}/teams`)).map(({name}) => name)
      expect(listed).toEqual(since(27) ? ['Owners', 'devs'] : ALL)
    })

    test('need read:organization', async () => {
      const token = await server.token(server.who.alice, 'read:repository')
      const reply = await server.api('GET', `/orgs/${server.who.club}/teams`, {token})
      expect(messageOf(reply)).toBe(server.dialect.scopeGap(['read:organization'], ['read:repository']))
    })
  })

  describe('members of a team', () => {
    test('are added, twice if need be, see what it reaches, and lose it when they leave', async () => {
      const login = await newcomer(server)
      const at = `${teamPath('devs')}/members/${login}`
      expect([await seen(login, vault()), await seen(login, teamPath('devs'))]).toEqual([404, 404])
      expect((await asAlice('GET', at)).status).toBe(404)
      for (const status of [204, 204]) expect((await asAlice('PUT', at)).status).toBe(status)
      expect((await asAlice('GET', at)).json).toMatchObject({login})
      expect(loginsOf(await asAlice('GET', `${teamPath('devs')}/members`))).toContain(login)
      for (const path of ['', '/issues', '/pulls']) expect(await seen(login, vault() + path)).toBe(200)
      expect(await seen(login, `/repos/${server.who.club}/cellar`)).toBe(404)
      expect(await seen(login, teamPath('devs'))).toBe(200)
      expect(messageOf(await as(login, 'GET', teamPath('readers')))).toBe('Must be a team member')
      expect(await seen(login, teamPath('Owners'))).toBe(since(27) ? 200 : 403)
      for (const status of [204, 204]) expect((await asAlice('DELETE', at)).status).toBe(status)
      expect([await seen(login, vault()), await seen(login, teamPath('devs'))]).toEqual([404, 404])
    })

    test('write or only read, as the team may', async () => {
      const [writer, reader, steward] = await Promise.all([newcomer(server), newcomer(server), newcomer(server)])
      await asAlice('PUT', `${teamPath('devs')}/members/${writer}`)
      await asAlice('PUT', `${teamPath('readers')}/members/${reader}`)
      await asAlice('PUT', `${teamPath('Stewards')}/members/${steward}`)
      const rights = async (login: string) => (await as(login, 'GET', vault())).json
      expect(await rights(writer)).toMatchObject({permissions: {admin: false, push: true, pull: true}})
      expect(await rights(reader)).toMatchObject({permissions: {admin: false, push: false, pull: true}})
      expect(await rights(steward)).toMatchObject({permissions: {admin: true, push: true, pull: true}})
      const told = async (login: string) =>
        permissionOf(await asAlice('GET', `${vault()}/collaborators/${login}/permission`))
      expect(await told(writer)).toBe(since(24) ? 'none' : 'write')
      expect(await told(reader)).toBe(since(24) ? 'none' : 'read')
      expect(await told(steward)).toBe('owner')
    })

    test('see no issues where the team has no issues unit, though the scope is there', async () => {
      const login = await newcomer(server)
      await asAlice('PUT', `${teamPath('readers')}/members/${login}`)
      expect(await seen(login, `${vault()}/pulls`)).toBe(200)
      expect(await seen(login, `${vault()}/issues?type=issues`)).toBe(404)
    })

    test('are named by owners of the organisation', async () => {
      const [login, other] = await Promise.all([newcomer(server), newcomer(server)])
      await asAlice('PUT', `${teamPath('devs')}/members/${login}`)
      const reply = await as(login, 'PUT', `${teamPath('devs')}/members/${other}`)
      expect([reply.status, reply.json]).toEqual(
        since(27) ? [403, refusal('Must be an organization owner')] : [404, generic()],
      )
      expect((await as(server.who.chief, 'PUT', `${teamPath('devs')}/members/${other}`)).status).toBe(204)
    })

    test('who do not exist are not found', async () => {
      const name = `${server.who.bob}-unknown`
      for (const method of ['PUT', 'DELETE']) {
        const reply = await asAlice(method, `${teamPath('devs')}/members/${name}`)
        expect([reply.status, reply.json]).toEqual([
          404,
          server.dialect.missing(server.root, {as: 'GetUserByName', error: noUser(server, name)}),
        ])
      }
    })

    test('may be inactive', async () => {
      const at = `${teamPath('devs')}/members/${server.who.inactive}`
      expect((await asAlice('PUT', at)).status).toBe(204)
    })

    test('need write:organization', async () => {
      const token = await server.token(server.who.alice, 'read:organization')
      const reply = await server.api('PUT', `${teamPath('devs')}/members/${server.who.bob}`, {token})
      expect(messageOf(reply)).toBe(server.dialect.scopeGap(['write:organization'], ['read:organization']))
    })

    test('never lose their last owner', async () => {
      const reply = await asAlice('DELETE', `${teamPath('Owners')}/members/${server.who.alice}`)
      expect(reply.status).toBe(500)
      expect(loginsOf(await asAlice('GET', `${teamPath('Owners')}/members`))).toEqual([server.who.alice])
    })
  })

  describe('repositories of a team', () => {
    test('are added and taken away, as often as one likes', async () => {
      const {club} = server.who
      const login = await newcomer(server)
      const at = `${teamPath('Stewards')}/repos/${club}/cellar`
      await asAlice('PUT', `${teamPath('Stewards')}/members/${login}`)
      expect([(await asAlice('GET', at)).status, await seen(login, `/repos/${club}/cellar`)]).toEqual([404, 404])
      for (const status of [204, 204]) expect((await asAlice('PUT', at)).status).toBe(status)
      expect([(await asAlice('GET', at)).status, await seen(login, `/repos/${club}/cellar`)]).toEqual([200, 200])
      expect((await asAlice('GET', `${teamPath('Stewards')}/repos`)).headers['x-total-count']).toBe('2')
      for (const status of [204, 204]) expect((await asAlice('DELETE', at)).status).toBe(status)
      expect(await seen(login, `/repos/${club}/cellar`)).toBe(404)
    })

    test('that the organisation does not have are not found', async () => {
      for (const path of [`${server.who.club}/unknown`, `${server.who.alice}/secret`]) {
        const reply = await asAlice('PUT', `${teamPath('devs')}/repos/${path}`)
        expect([reply.status, reply.json]).toEqual([404, generic()])
      }
    })

    test('are given by those who administer them', async () => {
      const login = await newcomer(server)
      await asAlice('PUT', `${teamPath('devs')}/members/${login}`)
      const reply = await as(login, 'PUT', `${teamPath('devs')}/repos/${server.who.club}/cellar`)
      const words = since(27) ? 'user is nor repo admin nor owner' : 'Must have admin-level access to the repository'
      expect([reply.status, reply.json]).toEqual([403, refusal(words)])
    })

    test('know their teams', async () => {
      const at = `/repos/${server.who.club}/house/teams`
      expect(teamsOf(await asAlice('GET', at)).map(({name}) => name)).toEqual(['Owners', 'readers'])
      expect((await asAlice('PUT', `${at}/devs`)).status).toBe(204)
      expect((await asAlice('PUT', `${at}/Stewards`)).status).toBe(204)
      const all = ['Owners', 'Stewards', 'devs', 'readers']
      expect(teamsOf(await asAlice('GET', at)).map(({name}) => name)).toEqual(all)
      expect((await asAlice('DELETE', `${at}/Stewards`)).status).toBe(204)
      const again = await asAlice('PUT', `${at}/devs`)
      expect([again.status, messageOf(again)]).toEqual([422, "team 'devs' is already added to repo"])
      expect((await asAlice('GET', `${at}/devs`)).status).toBe(200)
      expect((await asAlice('DELETE', `${at}/devs`)).status).toBe(204)
      expect(messageOf(await asAlice('DELETE', `${at}/devs`))).toBe("team 'devs' was not added to repo")
      const unknown = await asAlice('PUT', `${at}/unknown`)
      expect([unknown.status, messageOf(unknown)]).toEqual([
        404,
        expect.stringMatching(/^team does not exist \[org_id \d+, team_id 0, name: unknown\]$/),
      ])
    })

    test('of a person have no teams', async () => {
      const reply = await asAlice('GET', `${secret()}/teams`)
      expect([reply.status, messageOf(reply)]).toEqual([405, 'repo is not owned by an organization'])
    })
  })
})

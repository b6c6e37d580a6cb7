import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {z} from 'zod'
import {messageOf} from './ask.ts'
import {NOBODY, PASSWORD} from './fixture.ts'
import {tokenOf, tokensOf} from './shapes.ts'
import {targets, type Server} from './target.ts'

describe.each(targets)('tokens that are confined to repositories on $label', (target) => {
  const {confinesTokens} = target.dialect
  let server: Server
  let counter = 0
  const refusal = (message: string) => ({message, url: `${server.root}/api/swagger`})
  const named = (...names: string[]) => names.map((name) => ({owner: server.who.alice, name}))
  const post = (scopes: readonly string[], repositories: unknown, login = server.who.alice) =>
    server.api('POST', `/users/${login}/tokens`, {
      basic: [login, PASSWORD],
      json: {name: `confined-${++counter}`, scopes, repositories},
    })
  const minted = async (scopes: readonly string[], ...names: string[]) => tokenOf(await post(scopes, named(...names)))
  const list = async () => {
    const {alice} = server.who
    return tokensOf(await server.api('GET', `/users/${alice}/tokens?page=1&limit=50`, {basic: [alice, PASSWORD]}))
  }
  const namesOf = ({repositories}: {repositories?: {full_name: string}[] | null | undefined}) =>
    repositories?.map(({full_name: name}) => name.split('/')[1]) ?? repositories

  beforeAll(async () => {
    if (confinesTokens) server = await target.open('repos')
  })
  afterAll(() => server?.close())

  describe.runIf(confinesTokens)('are minted', () => {
    test('with what is named, in any case, and listed with it', async () => {
      const reply = await post(
        ['read:issue'],
        [{owner: server.who.alice.toUpperCase(), name: 'SECRET'}, ...named('open')],
      )
      expect(reply.status).toBe(201)
      const token = tokenOf(reply)
      expect(namesOf(token)).toEqual(['secret', 'open'])
      const [first] = token.repositories ?? []
      const {alice} = server.who
      expect(first).toMatchObject({name: 'secret', owner: alice, full_name: `${alice}/secret`})
      const row = (await list()).find(({id}) => id === token.id)
      expect(namesOf(row ?? {})?.toSorted()).toEqual(['open', 'secret'])
    })

    test.each([undefined, null])('not with %s, which is every repository', async (repositories) => {
      const token = tokenOf(await post(['read:repository'], repositories))
      expect(token.repositories).toBeNull()
      const {alice} = server.who
      expect((await server.api('GET', `/repos/${alice}/secret`, {token: token.sha1})).status).toBe(200)
      expect((await list()).find(({id}) => id === token.id)?.repositories).toBeNull()
    })

    const rule = 'Access tokens with specified repositories'
    const scopes = 'the read:issue, write:issue, read:repository, and write:repository scopes.'
    test.each([
      ['no repository', ['read:issue'], [], `${rule} must have at least one repository.`],
      [
        'public-only',
        ['public-only', 'read:issue'],
        ['open'],
        `${rule} cannot be combined with the public-only scope.`,
      ],
      ['read:user', ['read:issue', 'read:user'], ['open'], `${rule} can only be used with ${scopes}`],
      ['all', ['all'], ['open'], `${rule} can only be used with ${scopes}`],
    ] as const)('never with %s', async (_, held, names, message) => {
      const before = await list()
      const reply = await post(held, named(...names))
      expect([reply.status, reply.json]).toEqual([400, refusal(message)])
      expect(await list()).toHaveLength(before.length)
    })

    test('for no repository that is not there, or hidden', async () => {
      const {alice, bob} = server.who
      const gone = await post(['read:issue'], named('gone'))
      expect([gone.status, messageOf(gone)]).toEqual([400, `repository ${alice}/gone does not exist`])
      const nobody = await post(['read:issue'], [{owner: NOBODY, name: 'x'}])
      expect([nobody.status, messageOf(nobody)]).toEqual([400, `repository ${NOBODY}/x does not exist`])
      const hidden = await post(['read:issue'], named('secret'), bob)
      expect([hidden.status, messageOf(hidden)]).toEqual([400, `repository ${alice}/secret does not exist`])
    })
  })

  describe.runIf(confinesTokens)('reach', () => {
    const issues = (repo: string) => `/repos/${server.who.alice}/${repo}/issues`
    const labels = (repo: string) => `/repos/${server.who.alice}/${repo}/labels`
    const label = {name: 'from-a-test', color: '#00aabb'}

    test('all of their repositories', async () => {
      const {sha1: token} = await minted(['write:issue'], 'secret')
      expect((await server.api('GET', issues('secret'), {token})).status).toBe(200)
      expect((await server.api('POST', issues('secret'), {token, json: {title: 'from a test'}})).status).toBe(201)
    })

    test('other public ones to read, and not to write', async () => {
      const {sha1: token} = await minted(['write:issue'], 'secret')
      expect((await server.api('GET', issues('open'), {token})).status).toBe(200)
      const reply = await server.api('POST', labels('open'), {token, json: label})
      expect([reply.status, reply.json]).toEqual([403, refusal('user should have a permission to write to a repo')])
    })

    test('no other private one: it is as if it were not there', async () => {
      const {sha1: token} = await minted(['write:issue', 'write:repository'], 'open')
      for (const path of [issues('secret'), `/repos/${server.who.alice}/secret`]) {
        const reply = await server.api('GET', path, {token})
        expect([reply.status, reply.json]).toEqual([404, server.dialect.missing(server.root)])
      }
    })

    test('what they reach tells the rights of the token, not of the user', async () => {
      const {sha1: token} = await minted(['read:repository'], 'secret')
      const rights = async (repo: string) => {
        const reply = await server.api('GET', `/repos/${server.who.alice}/${repo}`, {token})
        return z.object({permissions: z.unknown()}).parse(reply.json).permissions
      }
      expect(await rights('secret')).toEqual({admin: true, push: true, pull: true})
      expect(await rights('open')).toEqual({admin: false, push: false, pull: true})
    })

    test('nothing that wants an administrator of the repository, although its owner asks, nor does a public-only one', async () => {
      const {alice} = server.who
      const {sha1: confined} = await minted(['write:issue', 'write:repository'], 'open', 'secret')
      const tokens = [confined, await server.token(alice, 'write:issue', 'write:repository', 'public-only')]
      const calls = [
        ['PATCH', ''],
        ['GET', '/hooks'],
        ['PUT', '/topics'],
        ['DELETE', '/issues/1'],
        ['POST', '/transfer'],
      ] as const
      const answers = async (token: string) =>
        Promise.all(
          calls.map(async ([method, path]) => {
            const {status, json} = await server.api(method, `/repos/${alice}/open${path}`, {token, json: {}})
            return [status, json]
          }),
        )
      const refused = [403, refusal('user should be an owner or a collaborator with admin write of a repository')]
      for (const token of tokens) expect(await answers(token)).toEqual(calls.map(() => refused))
      const asAlice = {basic: [alice, PASSWORD] as const}
      expect((await server.api('GET', `/repos/${alice}/open/hooks`, asAlice)).status).not.toBe(403)
      const variables = await server.api('GET', `/repos/${alice}/secret/actions/variables`, {token: confined})
      expect(variables.status).not.toBe(403)
    })

    test('nothing more for an administrator', async () => {
      const {alice, chief} = server.who
      const {sha1: token} = tokenOf(await post(['read:repository'], named('open'), chief))
      expect((await server.api('GET', `/repos/${alice}/secret`, {token})).status).toBe(404)
      const sudo = await server.api('GET', `/repos/${alice}/open`, {token, headers: {sudo: alice}})
      expect([sudo.status, sudo.json]).toEqual([403, {message: 'Only administrators allowed to sudo.'}])
    })

    test('their gates like any other', async () => {
      const {sha1: token} = await minted(['read:issue'], 'secret')
      const reply = await server.api('GET', '/user', {token})
      expect([reply.status, reply.json]).toEqual([403, refusal(server.dialect.scopeGap(['read:user'], []))])
    })
  })

  describe.runIf(confinesTokens)('deleting a repository', () => {
    test.each([
      ['of a user asks for write:user', 'alice', 'open', 'write:user'],
      ['of an organisation asks for write:organization', 'club', 'house', 'write:organization'],
    ] as const)('%s', async (_, owner, repo, wanted) => {
      const {who} = server
      const path = `/repos/${who[owner]}/${repo}`
      const reply = await server.api('DELETE', path, {token: await server.token(who.alice, 'write:repository')})
      expect([reply.status, reply.json]).toEqual([403, refusal(server.dialect.scopeGap([wanted], []))])
      const passed = await server.api('DELETE', path, {token: await server.token(who.bob, wanted)})
      expect([passed.status, passed.json]).toEqual([403, refusal('user should be the owner of the repo')])
    })

    test('is not found where there is none, before any scope is asked for', async () => {
      const token = await server.token(server.who.bob, 'read:misc')
      const reply = await server.api('DELETE', `/repos/${NOBODY}/${NOBODY}`, {token})
      expect(reply.status).toBe(404)
    })
  })
})

import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {messageOf} from './ask.ts'
import {HOARD, NOBODY, PASSWORD} from './fixture.ts'
import {tokenOf, tokensOf, type Token} from './shapes.ts'
import {targets, type Server} from './target.ts'

const NOT_YOURS = 'doer should be the site admin or be same as the contextUser'

describe.each(targets)('the tokens of a user on $label', (target) => {
  const {tokensByToken, tokensOfPathUser, wantsBasic} = target.dialect
  let server: Server
  let counter = 0
  const tokensAt = (user: string) => `/users/${user}/tokens`
  const refusal = (message: string) => ({message, url: `${server.root}/api/swagger`})
  const noToken = () => ({...server.dialect.missing(server.root), message: server.dialect.noToken})
  const mint = async (user: string, name = `token-${++counter}`) => {
    const json = {name, scopes: ['read:user', 'read:issue']}
    return tokenOf(await server.api('POST', tokensAt(user), {basic: [user, PASSWORD], json}))
  }
  const list = async (user: string, query = '?page=1&limit=50') =>
    await server.api('GET', tokensAt(user) + query, {basic: [user, PASSWORD]})
  const has = async (user: string, id: number) => {
    const rows = tokensOf(await list(user))
    return rows.some((row) => row.id === id)
  }
  const remove = (user: string, path: string | number) =>
    server.api('DELETE', `${tokensAt(user)}/${path}`, {basic: [user, PASSWORD]})

  beforeAll(async () => {
    server = await target.open()
  })
  afterAll(() => server?.close())

  describe('pages', () => {
    test.each([
      {query: '?page=1&limit=50', rows: 50},
      {query: '?page=2&limit=50', rows: HOARD - 50},
      {query: '?page=3&limit=50', rows: 0},
      {query: '?page=1&limit=10', rows: 10},
      {query: '?page=6&limit=10', rows: 3},
      {query: '?page=1', rows: 30},
      {query: '?page=2', rows: HOARD - 30},
      {query: '?page=1&limit=0', rows: 30},
      {query: '?page=1&limit=-4', rows: 30},
      {query: '?page=1&limit=many', rows: 30},
      {query: '?page=1&limit=51', rows: 50},
      {query: '?page=1&limit=1000000', rows: 50},
    ])('$query has $rows rows', async ({query, rows}) => {
      const reply = await list(server.who.hoarder, query)
      expect(reply.status).toBe(200)
      expect(reply.json).toHaveLength(rows)
      expect(reply.headers['x-total-count']).toBe(String(HOARD))
      expect(reply.headers['link']).toBeUndefined()
    })

    test.each([
      {query: '', newRows: 30},
      {query: '?limit=5', newRows: 5},
      {query: '?page=0&limit=5', newRows: 5},
      {query: '?page=-1&limit=5', newRows: 5, ignoredSince22: true},
      {query: '?page=first&limit=5', newRows: 5},
    ])(
      'without a page (as in "$query") everything is listed, before 1.26',
      async ({query, newRows, ignoredSince22}) => {
        const reply = await list(server.who.hoarder, query)
        const cut = server.dialect.pagesAlways || (ignoredSince22 === true && !server.dialect.since(22))
        expect(reply.json).toHaveLength(cut ? newRows : HOARD)
        expect(reply.headers['x-total-count']).toBe(String(HOARD))
      },
    )

    test('pages neither overlap nor leave anything out', async () => {
      const pages = await Promise.all(
        [1, 2, 3, 4, 5, 6].map((page) => list(server.who.hoarder, `?page=${page}&limit=10`)),
      )
      const ids = pages.flatMap((page) => tokensOf(page).map(({id}) => id))
      expect(new Set(ids).size).toBe(HOARD)
    })

    test('the list of a user without tokens is empty, not null', async () => {
      const reply = await list(server.who.bare)
      expect(reply.text.trim()).toBe('[]')
      expect(reply.headers['x-total-count']).toBe('0')
    })
  })

  describe('rows', () => {
    test('never show the value', async () => {
      const {bob} = server.who
      const {sha1} = await mint(bob)
      const reply = await list(bob)
      expect(tokensOf(reply).every((row) => row.sha1 === '')).toBe(true)
      expect(reply.text).not.toContain(sha1)
      expect(reply.text).toContain(sha1.slice(-8))
    })

    test.runIf(target.dialect.tellsTimes)('tell when a token was made, which at first is its last use', async () => {
      const {bob} = server.who
      const {id} = await mint(bob)
      const row = tokensOf(await list(bob)).find((found) => found.id === id)
      expect(row?.last_used_at).toBe(row?.created_at)
      expect(Math.abs(Date.parse(row?.created_at ?? '') - Date.now())).toBeLessThan(60_000)
    })

    test.runIf(!target.dialect.tellsTimes)('tell no times', async () => {
      const {bob} = server.who
      await mint(bob)
      expect(Object.keys(tokensOf(await list(bob))[0] ?? {})).toHaveLength(server.dialect.confinesTokens ? 6 : 5)
    })

    test('are in order of making, newest first', async () => {
      const rows = tokensOf(await list(server.who.dave))
      expect(rows.map(({name}) => name)).toEqual(['newer', 'older'])
    })
  })

  describe('who may see them', () => {
    test('the user, with a PAT that reads users as the password', async () => {
      const {bob} = server.who
      const reply = await server.api('GET', tokensAt(bob), {basic: [bob, await server.token(bob, 'read:user')]})
      expect(reply.status).toBe(200)
    })

    test('not with a PAT that does not', async () => {
      const {bob} = server.who
      const reply = await server.api('GET', tokensAt(bob), {basic: [bob, await server.token(bob, 'read:issue')]})
      expect([reply.status, reply.json]).toEqual([403, refusal(server.dialect.scopeGap(['read:user'], ['read:issue']))])
    })

    test.runIf(tokensByToken)('not with a PAT in the header', async () => {
      const {bob} = server.who
      const reply = await server.api('GET', tokensAt(bob), {token: await server.token(bob, 'all')})
      expect([reply.status, reply.json]).toEqual([401, refusal('auth required')])
    })

    test.runIf(!tokensByToken)('the user with a PAT in the header as well, where only a password mints', async () => {
      const {bob} = server.who
      const {id} = await mint(bob)
      const reply = await server.api('GET', `${tokensAt(bob)}?page=1&limit=50`, {
        token: await server.token(bob, 'read:user'),
      })
      expect(tokensOf(reply).some((row) => row.id === id)).toBe(true)
    })

    test('an admin, with a password', async () => {
      const {bob, chief} = server.who
      const {id} = await mint(bob)
      const sudo = tokensOfPathUser ? {} : {headers: {sudo: bob}}
      const reply = await server.api('GET', `${tokensAt(bob)}?page=1&limit=50`, {basic: [chief, PASSWORD], ...sudo})
      expect(tokensOf(reply).some((row) => row.id === id)).toBe(true)
    })

    test('no other user', async () => {
      const {alice, bob} = server.who
      const {sha1} = await mint(alice)
      const reply = await server.api('GET', tokensAt(alice), {basic: [bob, PASSWORD]})
      expect([reply.status, messageOf(reply)]).toEqual(tokensOfPathUser ? [403, NOT_YOURS] : [200, ''])
      expect(reply.text).not.toContain(sha1.slice(-8))
    })

    test('nobody without a credential', async () => {
      const reply = await server.api('GET', tokensAt(server.who.bob))
      expect([reply.status, reply.json]).toEqual(
        tokensOfPathUser ? [403, refusal(NOT_YOURS)] : [401, refusal('auth required')],
      )
    })

    test('of a renamed user, the answer is a relative redirect with the query', async () => {
      const {chief, dave, formerDave} = server.who
      const reply = await server.api('GET', `${tokensAt(formerDave)}?page=1&limit=5`, {basic: [chief, PASSWORD]})
      expect(reply.status).toBe(307)
      expect(reply.headers['location']).toBe(`/api/v1/users/${dave}/tokens?page=1&limit=5`)
    })
  })

  describe('deleting', () => {
    test('by id, once', async () => {
      const {bob} = server.who
      const {id, sha1} = await mint(bob)
      const reply = await remove(bob, id)
      expect([reply.status, reply.text]).toEqual([204, ''])
      expect((await server.api('GET', '/version', {token: sha1})).status).toBe(401)
      const again = await remove(bob, id)
      expect(again.status).toBe(404)
      expect(again.json).toEqual(noToken())
    })

    test.each([
      ['a leading zero, which means octal', (id: number) => `0${id.toString(8)}`],
      ['hexadecimal', (id: number) => `0x${id.toString(16)}`],
      ['upper-case hexadecimal', (id: number) => `0X${id.toString(16).toUpperCase()}`],
      ['binary', (id: number) => `0b${id.toString(2)}`],
      ['octal', (id: number) => `0o${id.toString(8)}`],
      ['an underscore', (id: number) => `0x_${id.toString(16)}`],
      ['a plus', (id: number) => `+${id}`],
      ['an escaped plus', (id: number) => `%2B${id}`],
    ])('an id written with %s is an id', async (_, written) => {
      const {bob} = server.who
      const {id} = await mint(bob)
      expect((await remove(bob, written(id))).status).toBe(204)
      expect(await has(bob, id)).toBe(false)
    })

    test.each([
      ['patrol.agent.20260801.k3', 'patrol.agent.20260801.k3'],
      ['08', '08'],
      ['12ab', '12ab'],
      ['1e3', '1e3'],
      ['0xZZ', '0xZZ'],
      ['1__0', '1__0'],
      [' 7', '%207'],
      ['a b', 'a%20b'],
      ['a/b', 'a%2Fb'],
      ['0', '0'],
      ['ключ', encodeURIComponent('ключ')],
    ])('the token named %j goes by its name', async (name, path) => {
      const {bob} = server.who
      const {id} = await mint(bob, name)
      expect((await remove(bob, path)).status).toBe(204)
      expect(await has(bob, id)).toBe(false)
    })

    test.each(['87654321', '0x7FFFFF', '-5', '99999999999999999999', '8_765_432'])(
      'the token named %j cannot go by its name, for that is an id',
      async (name) => {
        const {bob} = server.who
        const {id} = await mint(bob, name)
        const reply = await remove(bob, name)
        expect([reply.status, reply.json]).toEqual([404, noToken()])
        expect(await has(bob, id)).toBe(true)
        expect((await remove(bob, id)).status).toBe(204)
      },
    )

    test.each(['no-such-name', 'NO-SUCH-NAME', '0'])('%j, which nobody is called, is not found', async (name) => {
      const reply = await remove(server.who.bob, name)
      expect([reply.status, reply.json]).toEqual([404, server.dialect.missing(server.root)])
    })

    test('names are told apart by case', async () => {
      const {bob} = server.who
      const {id} = await mint(bob, 'mixed-Case')
      expect((await remove(bob, 'mixed-case')).status).toBe(404)
      expect(await has(bob, id)).toBe(true)
    })

    test('the id of another user is not found', async () => {
      const {alice, bob} = server.who
      const {id} = await mint(alice)
      expect((await remove(bob, id)).status).toBe(404)
      expect(await has(alice, id)).toBe(true)
    })

    test('an admin deletes for the user in the path', async () => {
      const {bob, chief} = server.who
      const {id} = await mint(bob)
      const sudo = tokensOfPathUser ? {} : {headers: {sudo: bob}}
      const reply = await server.api('DELETE', `${tokensAt(bob)}/${id}`, {basic: [chief, PASSWORD], ...sudo})
      expect(reply.status).toBe(204)
      expect(await has(bob, id)).toBe(false)
    })

    test('another user does not', async () => {
      const {alice, bob} = server.who
      const {id} = await mint(alice)
      const reply = await server.api('DELETE', `${tokensAt(alice)}/${id}`, {basic: [bob, PASSWORD]})
      expect(reply.status).toBe(tokensOfPathUser ? 403 : 404)
      expect(await has(alice, id)).toBe(true)
    })

    test('not with a PAT in the header', async () => {
      const {bob} = server.who
      const {id} = await mint(bob)
      const reply = await server.api('DELETE', `${tokensAt(bob)}/${id}`, {token: await server.token(bob, 'all')})
      expect([reply.status, reply.json]).toEqual([401, refusal(wantsBasic)])
      expect(await has(bob, id)).toBe(true)
    })

    test.runIf(!tokensByToken)('not with a PAT as Basic where only a password mints', async () => {
      const {bob} = server.who
      const {id} = await mint(bob)
      const reply = await server.api('DELETE', `${tokensAt(bob)}/${id}`, {basic: [bob, await server.token(bob, 'all')]})
      expect([reply.status, reply.json]).toEqual([401, refusal('auth method not allowed')])
      expect(await has(bob, id)).toBe(true)
    })

    test('not with a PAT that lacks write:user', async () => {
      const {bob} = server.who
      const {id} = await mint(bob)
      const pat = await server.token(bob, 'read:user')
      const reply = await server.api('DELETE', `${tokensAt(bob)}/${id}`, {basic: [bob, pat]})
      expect([reply.status, reply.json]).toEqual([403, refusal(server.dialect.scopeGap(['write:user'], ['read:user']))])
      expect(await has(bob, id)).toBe(true)
    })

    test.runIf(tokensByToken)('the very PAT that asks', async () => {
      const {bob} = server.who
      const json = {name: 'suicidal', scopes: ['write:user']}
      const minted = tokenOf(await server.api('POST', tokensAt(bob), {basic: [bob, PASSWORD], json}))
      const reply = await server.api('DELETE', `${tokensAt(bob)}/${minted.id}`, {basic: [bob, minted.sha1]})
      expect(reply.status).toBe(204)
      const after = await server.api('GET', '/version', {token: minted.sha1})
      expect([after.status, after.json]).toEqual([401, refusal(server.dialect.deadToken(minted.sha1))])
    })

    test('for nobody is not found', async () => {
      const reply = await server.api('DELETE', `${tokensAt(NOBODY)}/1`, {basic: [server.who.chief, PASSWORD]})
      expect([reply.status, reply.json]).toEqual([404, refusal(`user redirect does not exist [name: ${NOBODY}]`)])
    })

    test('for a renamed user is a redirect that deletes nothing', async () => {
      const {chief, dave, formerDave} = server.who
      const {id} = await mint(dave)
      const reply = await server.api('DELETE', `${tokensAt(formerDave)}/${id}`, {basic: [chief, PASSWORD]})
      expect(reply.status).toBe(307)
      expect(reply.headers['location']).toBe(`/api/v1/users/${dave}/tokens/${id}`)
      expect(await has(dave, id)).toBe(true)
    })

    test('an id is not used again', async () => {
      const {bob} = server.who
      const gone = await mint(bob)
      await remove(bob, gone.id)
      expect((await mint(bob)).id).toBeGreaterThan(gone.id)
    })
  })

  describe.runIf(target.dialect.tellsTimes)('last use', () => {
    const uses = [
      {what: 'an answer', path: '/user', how: 'token', status: 200},
      {what: 'a refusal by the gate', path: '/admin/cron', how: 'token', status: 403},
      {what: 'something not found', path: `/users/${NOBODY}`, how: 'token', status: 404},
      {what: 'a route without scope', path: '/version', how: 'bearer', status: 200},
      {what: 'Basic with it', path: '/user', how: 'basic', status: 200},
    ] as const
    const tokens = new Map<string, Token>()
    const lastUsed = async (what: string) => {
      const rows = tokensOf(await list(server.who.carol))
      return Date.parse(rows.find(({name}) => name === what)?.last_used_at ?? '')
    }
    /** When each was made, which counts as its first use: under load they are not all of one second. */
    const before = new Map<string, number>()

    beforeAll(async () => {
      for (const {what} of [...uses, {what: 'nothing'}, {what: 'no route'}]) {
        tokens.set(what, await mint(server.who.carol, what))
        before.set(what, await lastUsed(what))
      }
      await new Promise((resolve) => setTimeout(resolve, 1050))
    })

    // No release that we have leaves the row as it is for 30 s, as what comes after 1.27.2 does.
    test.each(uses)('$what counts, a second after the last one', async ({what, path, how, status}) => {
      const value = tokens.get(what)?.sha1 ?? ''
      const asking = how === 'basic' ? {basic: [server.who.carol, value] as const} : {[how]: value}
      expect((await server.api('GET', path, asking)).status).toBe(status)
      expect(await lastUsed(what)).toBeGreaterThan(before.get(what) ?? NaN)
    })

    test(`a path that is no route ${target.dialect.routesFirst ? 'does not count' : 'counts'}`, async () => {
      const {sha1} = tokens.get('no route') ?? {sha1: ''}
      expect((await server.api('GET', '/no/such/route', {token: sha1})).status).toBe(404)
      expect((await lastUsed('no route')) > before.get('no route')!).toBe(!target.dialect.routesFirst)
    })

    test('listing with the password does not count', async () => {
      expect(await lastUsed('nothing')).toBe(before.get('nothing'))
    })
  })
})

import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {targets, type Server} from './target.ts'

describe.each(targets)('the registry of packages on $label', (target) => {
  let server: Server
  beforeAll(async () => {
    server = await target.open('repos')
  })
  afterAll(() => server?.close())

  /** What a token with these scopes gets at a package of alice that does not exist: status, body, challenge. */
  const asked = async (method: string, ...scopes: string[]) =>
    answered(method, await server.token(server.who.alice, ...scopes))
  const answered = async (method: string, token: string | undefined, owner = server.who.alice) => {
    const path = `/api/packages/${owner}/generic/none/1/none.bin`
    const reply = await server.web(method, path, {
      ...(token !== undefined && {token}),
      ...(method === 'PUT' && {raw: 'x'}),
    })
    const {status, text, headers} = reply
    return {status, text: text.trim(), challenge: headers['www-authenticate']}
  }
  const refused = {status: 401, text: 'reqPackageAccess', challenge: 'Basic realm="Gitea Package API"'}
  const absent = {status: 404, text: 'package does not exist', challenge: undefined}

  test('answers 401, not 403, to a token without the scope, which is alive', async () => {
    expect(await asked('GET', 'read:issue')).toEqual(refused)
    expect(await asked('PUT', 'read:package')).toEqual(refused)
  })

  test('goes by the category of packages alone', async () => {
    expect(await asked('GET', 'read:package')).toEqual(absent)
    expect(await asked('GET', 'write:package')).toEqual(absent)
  })

  test('lets anybody read what is public, and nobody else write', async () => {
    expect(await answered('GET', undefined)).toEqual(absent)
    expect(await answered('PUT', undefined)).toEqual(refused)
    const bobs = await server.token(server.who.bob, 'write:package')
    expect(await answered('PUT', bobs)).toEqual(refused)
  })

  test('tells a dead token from one without the scope: it names no challenge', async () => {
    const {status, challenge, text} = await answered('GET', 'dead'.repeat(10))
    expect([status, challenge]).toEqual([401, undefined])
    expect(text).not.toBe('reqPackageAccess')
  })
})

import {describe, expect, test} from 'vitest'
import {redact, Secret} from '../../../src/secret.ts'
import {bench, ID, OTHER, reset, TOKEN, type Reply} from './server.ts'

const PATH = `/workspaces/${ID}/tokens`
const MINTED = 'made-up-workspace-token-not-a-real-one-0001'
const own = new Secret(MINTED)
const VALUE = `${'d'.repeat(32)}00000007`
const minted: Reply = {status: 201, json: {auth_token: MINTED, workspace_id: ID, message: 'shown once'}}

describe('a workspace token', () => {
  test('is minted without a body, and known by its first eight characters', async () => {
    await using at = await bench([minted])
    const {prefix, value} = await at.client.mintWorkspaceToken(ID.toUpperCase())
    expect([prefix, value.equals(own)]).toEqual(['made-up-', true])
    expect(at.got).toMatchObject([{method: 'POST', path: PATH, body: ''}])
  })

  test.each<[Reply, string]>([
    [{status: 202, json: {status: 'pending_approval', approval_id: 'a1'}}, 'WRITE_IN_DOUBT'],
    [{status: 400, json: {error: 'invalid workspace id'}}, 'PLATFORM_UNEXPECTED'],
    [{status: 401, json: {error: 'invalid workspace auth token'}}, 'PLATFORM_TOKEN_REJECTED'],
    [{status: 403, json: {error: "org token not authorized for this workspace's org"}}, 'PLATFORM_UNEXPECTED'],
    [{status: 429, json: {error: 'maximum 50 active tokens per workspace'}}, 'PLATFORM_UNEXPECTED'],
    [{status: 500, json: {error: 'failed to create token'}}, 'PLATFORM_UNAVAILABLE'],
    [{status: 500, json: {error: 'something else'}}, 'WRITE_IN_DOUBT'],
    [{status: 201, json: {workspace_id: ID}}, 'WRITE_IN_DOUBT'],
    [{status: 502, text: 'bad gateway'}, 'WRITE_IN_DOUBT'],
    [reset, 'WRITE_IN_DOUBT'],
  ])('answered %j is none, or in doubt: %s', async (reply, code) => {
    await using at = await bench([reply])
    await expect(at.client.mintWorkspaceToken(ID)).rejects.toMatchObject({code})
  })

  test('is listed by row and prefix, with room for all that there can be', async () => {
    const row = {id: 'row-1', prefix: 'made-up-', created_at: '2026-11-22T12:00:00Z', last_used_at: null}
    await using at = await bench([{json: {tokens: [row], count: 1}}])
    expect(await at.client.workspaceTokens(ID)).toEqual([{id: 'row-1', prefix: 'made-up-', used: false}])
    expect(at.got[0]?.path).toBe(`${PATH}?limit=200`)
  })

  test.each<[Reply, string]>([
    [{json: {status: 'revoked'}}, 'revoked'],
    [{status: 404, json: {error: 'token not found or already revoked'}}, 'absent'],
  ])('is revoked by its row; %j means %s', async (reply, outcome) => {
    await using at = await bench([reply])
    expect(await at.client.revokeWorkspaceToken(ID, 'row/1')).toBe(outcome)
    expect(at.got).toMatchObject([{method: 'DELETE', path: `${PATH}/row%2F1`}])
  })

  test('is not called revoked on a server error', async () => {
    await using at = await bench([{status: 500, json: {error: 'failed to revoke token'}}])
    await expect(at.client.revokeWorkspaceToken(ID, 'row-1')).rejects.toMatchObject({code: 'PLATFORM_UNAVAILABLE'})
  })

  test('is listed and revoked after Ctrl-C, with an end of its own, and not without', async () => {
    const stop = new AbortController()
    stop.abort()
    const replies = {[PATH]: {json: {tokens: []}}, [`${PATH}/row-1`]: {json: {status: 'revoked'}}}
    await using at = await bench(replies, {signal: stop.signal})
    const end = {signal: AbortSignal.timeout(5_000)}
    expect(await at.client.workspaceTokens(ID, end)).toEqual([])
    expect(await at.client.revokeWorkspaceToken(ID, 'row-1', end)).toBe('revoked')
    await expect(at.client.workspaceTokens(ID)).rejects.toMatchObject({code: 'INTERRUPTED'})
    expect(at.got).toHaveLength(2)
  })
})

describe('the value of a secret', () => {
  const values = (json: object): Reply => ({json})

  test('is asked for as the workspace itself, and only the wanted one is given out', async () => {
    await using at = await bench([values({OTHER_KEY: 'x', GITEA_TOKEN: VALUE})])
    const value = await at.client.secretValue(ID, 'GITEA_TOKEN', own)
    expect(value?.equals(new Secret(VALUE))).toBe(true)
    expect(at.got).toMatchObject([{method: 'GET', path: `/workspaces/${ID}/secrets/values`}])
    expect(at.got[0]?.headers.authorization).toBe(`Bearer ${MINTED}`)
    expect(at.got[0]?.headers.authorization).not.toContain(TOKEN)
  })

  test('comes with others, which the redactor knows from then on', async () => {
    const other = 'made-up-vendor-key-4711-0815'
    const phrase = 'three made up words'
    await using at = await bench([values({VENDOR_KEY: other, PHRASE: phrase, GITEA_TOKEN: VALUE})])
    expect(redact(`${other} ${phrase}`)).toContain(other)
    await at.client.secretValue(ID, 'GITEA_TOKEN', own)
    expect(redact(`<${other}> <${phrase}> <${VALUE}>`)).toBe('<[secret]> <[secret]> <[secret]>')
  })

  test.each([
    'made-up-horse-battery!',
    'MadeUpHorseBattery',
    'madeupxhorsexbatteryxstaple',
    'MADEUPXHORSEXBATTERYXSTAPLE',
  ])('comes with %s, which is no word, path or name', async (other) => {
    await using at = await bench([values({OTHER: other, GITEA_TOKEN: VALUE})])
    await at.client.secretValue(ID, 'GITEA_TOKEN', own)
    expect(redact(other)).toBe('[secret]')
  })

  test.each([
    'http://127.0.0.1:3999',
    'https://git-42.example.org/gitea',
    'agent-dev-a7',
    OTHER,
    'molecule-ai/molecule',
    '/configs/Workspace_ONE/agent.yaml',
  ])('leaves %s readable, which is stored there and no secret', async (plain) => {
    await using at = await bench([values({PLAIN: plain, GITEA_TOKEN: VALUE})])
    await at.client.secretValue(ID, 'GITEA_TOKEN', own)
    expect(redact(plain)).toBe(plain)
  })

  test('hides an address that carries a password', async () => {
    const address = 'https://bot:not-a-real-password-1@git.example.org'
    await using at = await bench([values({REMOTE: address, GITEA_TOKEN: VALUE})])
    await at.client.secretValue(ID, 'GITEA_TOKEN', own)
    expect(redact(address)).toBe('[secret]')
  })

  test.each([{}, {GITEA_TOKEN: ''}, {GITEA_TOKEN: 7}, {gitea_token: VALUE}])('in %j is undefined', async (json) => {
    await using at = await bench([values(json)])
    expect(await at.client.secretValue(ID, 'GITEA_TOKEN', own)).toBeUndefined()
  })

  test.each<[Reply, string]>([
    [{status: 401, json: {error: 'invalid workspace auth token'}}, 'PLATFORM_TOKEN_REJECTED'],
    [{status: 403, json: {error: 'no'}}, 'PLATFORM_UNEXPECTED'],
    [{status: 500, json: {error: 'auth check failed'}}, 'PLATFORM_UNAVAILABLE'],
    [{status: 202, json: {GITEA_TOKEN: VALUE}}, 'PLATFORM_UNEXPECTED'],
  ])('answered %j is an error that tells no value', async (reply, code) => {
    await using at = await bench([reply])
    const error: unknown = await at.client.secretValue(ID, 'GITEA_TOKEN', own).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({code})
    expect(String(error)).not.toContain(VALUE)
  })
})

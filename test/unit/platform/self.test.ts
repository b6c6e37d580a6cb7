import {describe, expect, test} from 'vitest'
import {Secret} from '../../../src/secret.ts'
import {bench, html, ID, ORG, TOKEN, type Reply} from './server.ts'

const FRESH = 'not-a-real-platform-token-0002'
const STATE = {workspace_id: ID, status: 'online', paused: false, deleted: false}
const rejected: Reply = {status: 401, json: {error: 'invalid workspace auth token'}}

/** A workspace that speaks for itself; `tokens` are what it finds when it looks again. */
function self(...tokens: (string | undefined)[]) {
  const looked: Secret[] = []
  return {
    looked,
    id: ID,
    async renewed(last: Secret) {
      looked.push(last)
      const next = tokens.shift()
      return next === undefined ? undefined : new Secret(next)
    },
  }
}

const bearers = (got: readonly {headers: {authorization?: string | undefined}}[]) =>
  got.map(({headers}) => headers.authorization?.replace('Bearer ', ''))

describe('a workspace that speaks for itself', () => {
  test('says who it is and where it thinks it is', async () => {
    await using at = await bench([{json: STATE}], {self: self(), orgId: ORG})
    expect(await at.client.ownState(ID)).toEqual({status: 'online', paused: false})
    expect(at.got[0]?.headers).toMatchObject({origin: at.url, 'x-workspace-id': ID, 'x-molecule-org-id': ORG})
  })

  test('does not say so when it writes a secret, for then nobody would restart it', async () => {
    await using at = await bench([{json: {status: 'saved', key: 'K'}}], {self: self()})
    await at.client.putSecret(ID, 'K', new Secret('e'.repeat(40)))
    expect(at.got[0]).toMatchObject({method: 'POST', path: `/workspaces/${ID}/secrets`})
    expect(at.got[0]?.headers).not.toHaveProperty('x-workspace-id')
  })

  test('is the only one to say so', async () => {
    await using at = await bench([{json: STATE}])
    await at.client.ownState(ID)
    expect(at.got[0]?.headers).not.toHaveProperty('x-workspace-id')
  })

  test('goes on with the token that another process has put in place', async () => {
    const own = self(FRESH)
    await using at = await bench([rejected, {json: STATE}], {self: own})
    expect(await at.client.ownState(ID)).toMatchObject({status: 'online'})
    expect([bearers(at.got), at.pauses]).toEqual([[TOKEN, FRESH], []])
    expect(own.looked.map((token) => token.equals(new Secret(TOKEN)))).toEqual([true])
  })

  test('keeps that token from then on', async () => {
    await using at = await bench([rejected, {json: STATE}], {self: self(FRESH)})
    await at.client.ownState(ID)
    await at.client.ownState(ID)
    expect(bearers(at.got)).toEqual([TOKEN, FRESH, FRESH])
  })

  test('sends a write again with it, for the guard stands before every handler', async () => {
    await using at = await bench([rejected, {json: {status: 'saved', key: 'K'}}], {self: self(FRESH)})
    expect(await at.client.putSecret(ID, 'K', new Secret('e'.repeat(40)))).toMatchObject({kind: 'saved'})
    expect(bearers(at.got)).toEqual([TOKEN, FRESH])
  })

  test('looks again once: a second new token is not taken', async () => {
    await using at = await bench([rejected], {self: self(FRESH, 'not-a-real-platform-token-0003')})
    await expect(at.client.ownState(ID)).rejects.toMatchObject({code: 'PLATFORM_TOKEN_REJECTED', category: 'auth'})
    expect(bearers(at.got)).toEqual([TOKEN, FRESH, FRESH])
  })

  test('is rejected after a second try where nothing new is found', async () => {
    await using at = await bench([rejected], {self: self()})
    await expect(at.client.ownState(ID)).rejects.toMatchObject({code: 'PLATFORM_TOKEN_REJECTED'})
    expect([bearers(at.got), at.pauses]).toEqual([[TOKEN, TOKEN], [2000]])
  })

  test('does not use it for a token that it was given for one call', async () => {
    const own = self(FRESH)
    await using at = await bench([rejected], {self: own})
    await expect(at.client.secretValue(ID, 'K', new Secret('not-a-real-platform-token-0009'))).rejects.toMatchObject({
      code: 'PLATFORM_TOKEN_REJECTED',
    })
    expect([own.looked, at.got[0]?.headers]).toEqual([[], expect.not.objectContaining({'x-workspace-id': ID})])
  })
})

test.each<[Reply, string]>([
  [{status: 404, json: {workspace_id: ID, deleted: true, status: 'removed'}}, 'WORKSPACE_NOT_FOUND'],
  [{status: 404, json: {error: 'x'}}, 'PLATFORM_UNEXPECTED'],
  [{json: {paused: false}}, 'PLATFORM_UNEXPECTED'],
  [{status: 500, json: {error: 'auth check failed'}}, 'PLATFORM_UNAVAILABLE'],
  [html, 'PLATFORM_NOT_JSON'],
])('a state answered %j is none: %s', async (reply, code) => {
  await using at = await bench([reply], {self: self()})
  await expect(at.client.ownState(ID)).rejects.toMatchObject({code})
})

import {describe, expect, test} from 'vitest'
import {APRIL, bodyOf, ID, JUNE, start, VARIANTS} from './target.ts'

const TOKENS = `/workspaces/${ID.agent}/tokens`

interface Minted {
  auth_token: string
  workspace_id: string
}

interface Listed {
  tokens: {id: string; prefix: string; created_at: string; last_used_at: string | null}[]
  count: number
}

describe.each(VARIANTS)('$name: workspace tokens', (variant) => {
  test('are shown once, work at once, and are known by their first eight characters', async () => {
    await using at = await start(variant)
    const told = await at.ask('POST', TOKENS)
    expect(told).toMatchObject({status: 201, json: {workspace_id: ID.agent, message: expect.any(String)}})
    const {auth_token: token} = bodyOf<Minted>(told)
    const mine = {as: {authorization: `Bearer ${token}`}}
    expect((await at.ask('GET', `/workspaces/${ID.agent}/state`, mine)).status).toBe(200)
    const {tokens, count} = await at.get<Listed>(TOKENS)
    expect(count).toBe(tokens.length)
    expect(tokens.map((row) => row.prefix)).toContain(token.slice(0, 8))
    expect(JSON.stringify(tokens)).not.toContain(token)
  })

  test('are revoked by the id of their row, once, and then rejected', async () => {
    await using at = await start(variant)
    const {auth_token: token} = bodyOf<Minted>(await at.ask('POST', TOKENS))
    const row = (await at.get<Listed>(TOKENS)).tokens.find((listed) => listed.prefix === token.slice(0, 8))
    const path = `${TOKENS}/${row?.id}`
    expect(await at.ask('DELETE', path)).toMatchObject({status: 200, json: {status: 'revoked'}})
    expect(await at.ask('DELETE', path)).toMatchObject({
      status: 404,
      json: {error: 'token not found or already revoked'},
    })
    const told = await at.ask('GET', `/workspaces/${ID.agent}/secrets`, {as: {authorization: `Bearer ${token}`}})
    expect(told).toMatchObject({status: 401, json: {error: 'invalid workspace auth token'}})
  })

  test('number fifty at most', async () => {
    await using at = await start(variant)
    const have = (await at.get<Listed>(TOKENS)).count
    for (let count = have; count < 50; count += 1) expect((await at.ask('POST', TOKENS)).status).toBe(201)
    const told = await at.ask('POST', TOKENS)
    expect(told).toMatchObject({status: 429, json: {error: 'maximum 50 active tokens per workspace'}})
    expect(told.headers).not.toHaveProperty('retry-after')
  })

  test('of a workspace that does not exist cannot be made', async () => {
    await using at = await start(variant)
    expect(await at.ask('POST', `/workspaces/${ID.unknown}/tokens`)).toMatchObject({
      status: 500,
      json: {error: 'failed to create token'},
    })
  })
})

describe('the admin’s own way to mint', () => {
  const path = `/admin/workspaces/${ID.agent}/tokens`

  test('june: exists', async () => {
    await using at = await start(JUNE)
    expect(await at.ask('POST', path)).toMatchObject({status: 201, json: {workspace_id: ID.agent}})
    expect(await at.ask('POST', path, {as: 'own'})).toMatchObject({
      status: 401,
      json: {error: 'invalid admin auth token'},
    })
    expect(await at.ask('POST', `/admin/workspaces/${ID.unknown}/tokens`)).toMatchObject({
      status: 404,
      json: {error: 'workspace not found'},
    })
  })

  test('april: is no route', async () => {
    await using at = await start(APRIL)
    expect((await at.ask('POST', path)).json).toBeUndefined()
  })
})

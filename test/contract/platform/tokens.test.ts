import {describe, expect, test} from 'vitest'
import {APRIL, bodyOf, from, start, UNKNOWN, VARIANTS, type Target} from './target.ts'

const tokensOf = ({id}: Target) => `/workspaces/${id.agent}/tokens`

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
    const told = await at.ask('POST', tokensOf(at))
    expect(told).toMatchObject({status: 201, json: {workspace_id: at.id.agent, message: expect.any(String)}})
    const {auth_token: token} = bodyOf<Minted>(told)
    const mine = {as: {authorization: `Bearer ${token}`}}
    expect((await at.ask('GET', `/workspaces/${at.id.agent}/state`, mine)).status).toBe(200)
    const {tokens, count} = await at.get<Listed>(tokensOf(at))
    expect(count).toBe(tokens.length)
    expect(tokens.map((row) => row.prefix)).toContain(token.slice(0, 8))
    expect(JSON.stringify(tokens)).not.toContain(token)
  })

  test('are revoked by the id of their row, once, and then rejected', async () => {
    await using at = await start(variant)
    const {auth_token: token} = bodyOf<Minted>(await at.ask('POST', tokensOf(at)))
    const row = (await at.get<Listed>(tokensOf(at))).tokens.find((listed) => listed.prefix === token.slice(0, 8))
    const path = `${tokensOf(at)}/${row?.id}`
    expect(await at.ask('DELETE', path)).toMatchObject({status: 200, json: {status: 'revoked'}})
    expect(await at.ask('DELETE', path)).toMatchObject({
      status: 404,
      json: {error: 'token not found or already revoked'},
    })
    const told = await at.ask('GET', `/workspaces/${at.id.agent}/secrets`, {as: {authorization: `Bearer ${token}`}})
    expect(told).toMatchObject({status: 401, json: {error: 'invalid workspace auth token'}})
  })

  test('number fifty at most', async () => {
    await using at = await start(variant)
    const have = (await at.get<Listed>(tokensOf(at))).count
    for (let count = have; count < 50; count += 1) expect((await at.ask('POST', tokensOf(at))).status).toBe(201)
    const told = await at.ask('POST', tokensOf(at))
    expect(told).toMatchObject({status: 429, json: {error: 'maximum 50 active tokens per workspace'}})
    expect(told.headers).not.toHaveProperty('retry-after')
  })

  test('of a workspace that does not exist cannot be made', async () => {
    await using at = await start(variant)
    expect(await at.ask('POST', `/workspaces/${UNKNOWN}/tokens`)).toMatchObject({
      status: 500,
      json: {error: 'failed to create token'},
    })
  })
})

describe('the admin’s own way to mint', () => {
  const pathOf = ({id}: Target) => `/admin/workspaces/${id.agent}/tokens`

  test.each(from('june02'))('$name: exists', async (variant) => {
    await using at = await start(variant)
    expect(await at.ask('POST', pathOf(at))).toMatchObject({status: 201, json: {workspace_id: at.id.agent}})
    expect(await at.ask('POST', pathOf(at), {as: 'own'})).toMatchObject({
      status: 401,
      json: {error: 'invalid admin auth token'},
    })
    expect(await at.ask('POST', `/admin/workspaces/${UNKNOWN}/tokens`)).toMatchObject({
      status: 404,
      json: {error: 'workspace not found'},
    })
  })

  test('april: is no route', async () => {
    await using at = await start(APRIL)
    expect((await at.ask('POST', pathOf(at))).json).toBeUndefined()
  })
})

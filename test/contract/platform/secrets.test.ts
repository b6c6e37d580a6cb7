import {describe, expect, test} from 'vitest'
import {from, olderThan, NEW_VALUE, OLD_VALUE, pause, start, UNKNOWN, VARIANTS, type Target} from './target.ts'

const secretsOf = ({id}: Target) => `/workspaces/${id.agent}/secrets`
const write = {key: 'GITEA_TOKEN', value: NEW_VALUE}

type Row = {key: string; has_value: boolean; scope: string; created_at: string; updated_at: string}

async function row(at: Target, key: string): Promise<Row | undefined> {
  return (await at.get<Row[]>(secretsOf(at))).find((candidate) => candidate.key === key)
}

describe.each(VARIANTS)('$name: writing a secret', (variant) => {
  test.each(['POST', 'PUT'])('by %s answers saved with the key, and has stored it', async (method) => {
    await using at = await start(variant)
    const told = await at.ask(method, secretsOf(at), {as: 'org', json: write})
    expect(told).toMatchObject({status: 200, json: {status: 'saved', key: 'GITEA_TOKEN'}})
    expect(await at.secrets(at.id.agent)).toMatchObject({GITEA_TOKEN: NEW_VALUE})
  })

  test('shows in the row’s updated_at, and only there', async () => {
    await using at = await start(variant)
    const before = await row(at, 'GITEA_TOKEN')
    await pause(5)
    await at.ask('POST', secretsOf(at), {as: 'org', json: write})
    const after = await row(at, 'GITEA_TOKEN')
    expect(before).toMatchObject({has_value: true, scope: 'workspace'})
    expect(after?.created_at).toBe(before?.created_at)
    expect(Date.parse(after?.updated_at ?? '')).toBeGreaterThan(Date.parse(before?.updated_at ?? ''))
    expect(after).not.toHaveProperty('value')
  })

  test.each([
    ['the body of the old runbook', JSON.stringify({GITEA_TOKEN: NEW_VALUE})],
    ['no value', JSON.stringify({key: 'GITEA_TOKEN'})],
    ['an empty value', JSON.stringify({key: 'GITEA_TOKEN', value: ''})],
    ['an empty key', JSON.stringify({key: '', value: 'x'})],
    ['a number as value', JSON.stringify({key: 'GITEA_TOKEN', value: 7})],
    ['broken JSON', '{"key":'],
    ['nothing', ''],
  ])('with %s is a 400 that stores nothing and restarts nothing', async (_what, raw) => {
    await using at = await start(variant)
    const told = await at.ask('POST', secretsOf(at), {raw})
    expect(told).toMatchObject({status: 400, json: {error: 'invalid request body'}})
    await pause(100)
    expect((await at.secrets(at.id.agent))['GITEA_TOKEN']).toBe(OLD_VALUE)
    expect(await at.restarts(at.id.agent)).toBe(0)
  })

  test('ignores further fields', async () => {
    await using at = await start(variant)
    expect((await at.ask('POST', secretsOf(at), {as: 'org', json: {...write, scope: 'global'}})).status).toBe(200)
  })

  test('wants the id in lower case', async () => {
    await using at = await start(variant)
    const upper = `/workspaces/${at.id.hibernated.toUpperCase()}/secrets`
    expect(await at.ask('GET', upper)).toMatchObject({status: 400, json: {error: 'invalid workspace ID'}})
    expect(await at.ask('POST', upper, {json: write})).toMatchObject({
      status: 400,
      json: {error: 'invalid workspace ID'},
    })
  })

  test('of a workspace that does not exist is a 500 for a foreign key', async () => {
    await using at = await start(variant)
    const told = await at.ask('POST', `/workspaces/${UNKNOWN}/secrets`, {as: 'org', json: write})
    expect(told).toMatchObject({status: 500, json: {error: 'failed to save secret'}})
  })
})

describe.each(VARIANTS)('$name: reading and deleting secrets', (variant) => {
  test('the workspace’s rows come first, then globals it does not override, each by key', async () => {
    await using at = await start(variant)
    await at.ask('POST', secretsOf(at), {as: 'org', json: {key: 'SHARED', value: 'mine'}})
    await at.ask('POST', secretsOf(at), {as: 'org', json: {key: 'AAA', value: 'first'}})
    const rows = await at.get<Row[]>(secretsOf(at))
    expect(rows.map(({key, scope}) => `${scope} ${key}`)).toEqual([
      'workspace AAA',
      'workspace GITEA_TOKEN',
      'workspace MODEL',
      'workspace SHARED',
      'global GITEA_URL',
    ])
    for (const {updated_at} of rows) expect(updated_at).toMatch(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+/)
  })

  test('the values come merged to the workspace itself', async () => {
    await using at = await start(variant)
    expect(await at.get(`${secretsOf(at)}/values`, {as: 'own'})).toEqual({
      GITEA_TOKEN: OLD_VALUE,
      MODEL: expect.any(String),
      SHARED: 'global',
      GITEA_URL: 'x',
    })
  })

  test('deleting answers with the key, and 404 the second time', async () => {
    await using at = await start(variant)
    expect(await at.ask('DELETE', `${secretsOf(at)}/GITEA_TOKEN`)).toMatchObject({
      status: 200,
      json: {status: 'deleted', key: 'GITEA_TOKEN'},
    })
    expect(await at.ask('DELETE', `${secretsOf(at)}/GITEA_TOKEN`)).toMatchObject({
      status: 404,
      json: {error: 'secret not found'},
    })
    expect(await row(at, 'GITEA_TOKEN')).toBeUndefined()
  })
})

describe.each(from('aug14'))('$name: the concierge', (variant) => {
  const pathOf = ({id}: Target) => `/workspaces/${id.concierge}/secrets`

  test('is not written to by the admin token, which is told why and waits for nobody', async () => {
    await using at = await start(variant)
    const told = await at.ask('POST', pathOf(at), {json: write})
    expect(told.status).toBe(403)
    expect(told.json).toEqual({
      error: expect.any(String),
      workspace_id: at.id.concierge,
      key: 'GITEA_TOKEN',
      code: 'CONCIERGE_SELF_WRITE_BLOCKED',
    })
    expect(await at.get('/approvals/pending')).toEqual([])
    expect(await at.secrets(at.id.concierge)).not.toHaveProperty('GITEA_TOKEN')
  })

  test.each(['org', 'concierge'] as const)('is written to by the %s token', async (as) => {
    await using at = await start(variant)
    expect((await at.ask('POST', pathOf(at), {as, json: write})).status).toBe(200)
  })

  test('is what an id that does not exist might be', async () => {
    await using at = await start(variant)
    const told = await at.ask('POST', `/workspaces/${UNKNOWN}/secrets`, {json: write})
    expect(told).toMatchObject({status: 403, json: {code: 'CONCIERGE_SELF_WRITE_BLOCKED'}})
  })

  test('comes behind a wrong body', async () => {
    await using at = await start(variant)
    expect((await at.ask('POST', pathOf(at), {json: {GITEA_TOKEN: NEW_VALUE}})).status).toBe(400)
  })

  test('loses a secret to the admin token without a word', async () => {
    await using at = await start(variant)
    await at.ask('POST', pathOf(at), {as: 'org', json: write})
    expect(await at.ask('DELETE', `${pathOf(at)}/GITEA_TOKEN`)).toMatchObject({status: 200, json: {status: 'deleted'}})
  })
})

describe.each(olderThan('aug14'))('$name: the concierge', (variant) => {
  test('is a workspace like any other', async () => {
    await using at = await start(variant)
    expect(await at.ask('POST', `/workspaces/${at.id.concierge}/secrets`, {json: write})).toMatchObject({
      status: 200,
      json: {status: 'saved'},
    })
    const unknown = await at.ask('POST', `/workspaces/${UNKNOWN}/secrets`, {json: write})
    expect(unknown).toMatchObject({status: 500, json: {error: 'failed to save secret'}})
  })
})

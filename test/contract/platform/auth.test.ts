import {describe, expect, test} from 'vitest'
import {start, UNKNOWN, VARIANTS, type As} from './target.ts'

const ANYTHING: unknown = expect.anything()
const MISSING = {error: 'missing workspace auth token'}
const INVALID = {error: 'invalid workspace auth token'}

describe.each(VARIANTS)('$name: a workspace’s own routes', (variant) => {
  test.each<[As, number, unknown]>([
    ['admin', 200, ANYTHING],
    ['org', 200, ANYTHING],
    ['own', 200, ANYTHING],
    ['other', 401, INVALID],
    ['stranger', 401, INVALID],
    ['nobody', 401, MISSING],
  ])('are open to %s: %i', async (as, status, body) => {
    await using at = await start(variant)
    for (const sub of ['secrets', 'tokens', 'approvals', 'activity']) {
      const told = await at.ask('GET', `/workspaces/${at.id.agent}/${sub}`, {as})
      expect([sub, told.status]).toEqual([sub, status])
      expect(told.json).toEqual(body)
    }
  })

  test('do not check that the workspace exists', async () => {
    await using at = await start(variant)
    const told = await at.ask('GET', `/workspaces/${UNKNOWN}/secrets`)
    expect(told.status).toBe(200)
    expect(told.json).toMatchObject([
      {key: 'GITEA_URL', scope: 'global'},
      {key: 'SHARED', scope: 'global'},
    ])
  })
})

describe.each(VARIANTS)('$name: the admin’s routes', (variant) => {
  test.each<[As, number, unknown]>([
    ['admin', 200, ANYTHING],
    ['org', 200, ANYTHING],
    ['own', 401, {error: 'invalid admin auth token'}],
    ['stranger', 401, {error: 'invalid admin auth token'}],
    ['nobody', 401, {error: 'admin auth required'}],
  ])('are open to %s: %i', async (as, status, body) => {
    await using at = await start(variant)
    for (const path of ['/workspaces', `/events/${at.id.agent}`, '/approvals/pending']) {
      const told = await at.ask('GET', path, {as})
      expect([path, told.status]).toEqual([path, status])
      expect(told.json).toEqual(body)
    }
  })
})

describe.each(VARIANTS)('$name: plaintext and state', (variant) => {
  test.each<[As, number, unknown]>([
    ['own', 200, ANYTHING],
    ['admin', 401, INVALID],
    ['org', 401, INVALID],
    ['other', 401, INVALID],
    ['nobody', 401, MISSING],
  ])('want the workspace’s own token: %s gets %i', async (as, status, body) => {
    await using at = await start(variant)
    const told = await at.ask('GET', `/workspaces/${at.id.agent}/secrets/values`, {as})
    expect(told.status).toBe(status)
    expect(told.json).toEqual(body)
  })

  test('state is told to the workspace itself only', async () => {
    await using at = await start(variant)
    const own = await at.ask('GET', `/workspaces/${at.id.agent}/state`, {as: 'own'})
    expect(own).toMatchObject({
      status: 200,
      json: {workspace_id: at.id.agent, status: 'online', paused: false, deleted: false},
    })
    expect(await at.ask('GET', `/workspaces/${at.id.agent}/state`)).toMatchObject({status: 401, json: INVALID})
  })

  test('one workspace can be read by anybody', async () => {
    await using at = await start(variant)
    expect((await at.ask('GET', `/workspaces/${at.id.agent}`, {as: 'nobody'})).status).toBe(200)
  })
})

import {describe, expect, test} from 'vitest'
import {from, olderThan, since, start, UNKNOWN, VARIANTS, type As, type Target} from './target.ts'

const ALWAYS = [
  'id',
  'name',
  'role',
  'tier',
  'status',
  'url',
  'parent_id',
  'active_tasks',
  'max_concurrent_tasks',
  'last_error_rate',
  'uptime_seconds',
  'runtime',
  'x',
  'y',
  'collapsed',
  'agent_card',
]
/** What a workspace on its own tells besides. */
const ADDED = {
  april: [],
  june02: ['compute'],
  june13: ['compute'],
  june28: ['compute', 'loaded_mcp_tools', 'wedged'],
  aug14: ['compute', 'loaded_mcp_tools', 'mcp_surface', 'wedged'],
}
const TIME: unknown = expect.stringMatching(/^20\d\d-/)
const LIST_ONLY = ['last_sample_error', 'current_task', 'workspace_dir', 'monthly_spend', 'budget_limit']

describe.each(VARIANTS)('$name: workspaces', (variant) => {
  test('are listed in a bare array, without removed ones', async () => {
    await using at = await start(variant)
    const rows = await at.get<Record<string, unknown>[]>('/workspaces')
    expect(rows.map((row) => row['id'])).toEqual(expect.arrayContaining([at.id.agent, at.id.paused, at.id.external]))
    expect(rows.map((row) => row['id'])).not.toContain(at.id.removed)
  })

  test('have these fields in the list, and fewer on their own', async () => {
    await using at = await start(variant)
    const rows = await at.get<Record<string, unknown>[]>('/workspaces')
    const listed = rows.find((row) => row['id'] === at.id.agent) ?? {}
    const single = await at.get(`/workspaces/${at.id.agent}`)
    expect(Object.keys(listed)).toEqual(expect.arrayContaining([...ALWAYS, ...LIST_ONLY]))
    expect(Object.keys(single)).toEqual(expect.arrayContaining([...ALWAYS, 'last_outbound_at']))
    expect(Object.keys(single).filter((key) => LIST_ONLY.includes(key))).toEqual(
      since('aug14', variant) ? ['last_sample_error'] : [],
    )
    const more = ['compute', 'loaded_mcp_tools', 'mcp_surface', 'wedged'].filter((key) => key in single)
    expect(more).toEqual(ADDED[variant.release])
    expect(single).toMatchObject({
      id: at.id.agent,
      name: 'agent-dev-a',
      status: 'online',
      parent_id: null,
      active_tasks: 0,
    })
    expect(single['uptime_seconds']).toBeGreaterThanOrEqual(3600)
  })

  test('tell their kind and last heartbeat on newer servers only', async () => {
    await using at = await start(variant)
    const listed = (await at.get<Record<string, unknown>[]>('/workspaces')).find((row) => row['id'] === at.id.concierge)
    const single = await at.get(`/workspaces/${at.id.concierge}`)
    const ordinary = await at.get(`/workspaces/${at.id.agent}`)
    const june = since('june13', variant)
    expect(listed?.['kind']).toBe(june ? 'platform' : undefined)
    expect(single['kind']).toBe(june ? 'platform' : undefined)
    expect(ordinary['kind']).toBe(june ? 'workspace' : undefined)
    expect(ordinary['last_heartbeat_at']).toEqual(since('june28', variant) ? TIME : undefined)
    for (const key of ['last_heartbeat_at', 'created_at', 'updated_at']) expect(listed).not.toHaveProperty(key)
  })

  test('that do not exist are 404, and ids that are none 400', async () => {
    await using at = await start(variant)
    expect(await at.ask('GET', `/workspaces/${UNKNOWN}`)).toMatchObject({
      status: 404,
      json: {error: 'workspace not found'},
    })
    expect(await at.ask('GET', '/workspaces/agent-dev-a')).toMatchObject({
      status: 400,
      json: {error: 'invalid workspace ID'},
    })
  })

  test('that were removed are still there, on newer servers behind a 410', async () => {
    await using at = await start(variant)
    const told = await at.ask('GET', `/workspaces/${at.id.removed}`)
    expect(told).toMatchObject(
      !since('june02', variant)
        ? {status: 200, json: {status: 'removed'}}
        : {status: 410, json: {error: 'workspace removed', id: at.id.removed}},
    )
    expect(await at.get(`/workspaces/${at.id.removed}?include_removed=true`)).toMatchObject({status: 'removed'})
  })

  test('every answer tells the server’s time', async () => {
    await using at = await start(variant)
    const before = Date.now()
    const {headers} = await at.ask('GET', `/workspaces/${at.id.agent}`)
    const told = Date.parse(String(headers['date']))
    // In whole seconds, and Node renews what it sends once a second.
    expect(told).toBeGreaterThan(before - 3000)
    expect(told).toBeLessThan(Date.now() + 1000)
  })

  test('pause and resume, children included', async () => {
    await using at = await start(variant)
    expect(await at.ask('POST', `/workspaces/${at.id.agent}/pause`)).toMatchObject({
      status: 200,
      json: {status: 'paused', paused_count: 1},
    })
    expect(await at.ask('POST', `/workspaces/${at.id.agent}/pause`)).toMatchObject({
      status: 404,
      json: {error: 'workspace not found or already paused'},
    })
    expect(await at.ask('POST', `/workspaces/${at.id.agent}/resume`)).toMatchObject({
      status: 200,
      json: {status: 'provisioning'},
    })
    // Hosted machines of April may not register while anybody holds a token.
    if (variant.name === 'april saas') return
    await at.until(at.id.agent, 'online')
    expect(await at.ask('POST', `/workspaces/${at.id.agent}/resume`)).toMatchObject({
      status: 404,
      json: {error: 'workspace not found or not paused'},
    })
  })
})

const remove = (at: Target, headers: Record<string, string> = {}, as: As = 'org') =>
  at.ask('DELETE', `/workspaces/${at.id.agent}?confirm=true`, {as, headers})
const NAMED = {'x-confirm-name': 'agent-dev-a'}
const REMOVED = {status: 200, json: {status: 'removed', cascade_deleted: 0}}

describe.each(olderThan('june02'))('$name: deleting a workspace', (variant) => {
  test('wants nothing', async () => {
    await using at = await start(variant)
    expect(await remove(at)).toMatchObject(REMOVED)
  })
})

describe.each(from('june02'))('$name: deleting a workspace', (variant) => {
  test('wants its name in a header', async () => {
    await using at = await start(variant)
    expect(await remove(at)).toMatchObject({
      status: 400,
      json: {
        error: 'destructive_action_requires_confirmation',
        hint: 'Re-send the same request with header X-Confirm-Name: agent-dev-a',
        workspace_name: 'agent-dev-a',
        active_tasks: 0,
        child_count: 0,
      },
    })
    expect(await remove(at, {'x-confirm-name': 'reviewer'})).toMatchObject({status: 400})
    expect(await at.get(`/workspaces/${at.id.agent}`)).toMatchObject({status: 'online'})
    expect(await remove(at, NAMED)).toMatchObject(REMOVED)
  })
})

describe.each(VARIANTS)('$name: deleting a workspace', (variant) => {
  test('waits for nobody where the admin token asks for it', async () => {
    await using at = await start(variant)
    expect(await remove(at, NAMED, 'admin')).toMatchObject(REMOVED)
  })

  test('twice is the same as once, and a 410 on newer servers', async () => {
    await using at = await start(variant)
    await remove(at, NAMED)
    expect(await remove(at, NAMED)).toMatchObject(since('june02', variant) ? {status: 410} : REMOVED)
  })
})

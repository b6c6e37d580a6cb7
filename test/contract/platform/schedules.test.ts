import {describe, expect, test} from 'vitest'
import {bodyOf, from, olderThan, start, UNKNOWN, until, type Talker, type Target} from './target.ts'

const schedulesOf = ({id}: Target) => `/workspaces/${id.talker}/schedules`
const activity = ({id}: Target) => `/workspaces/${id.talker}/activity`

function talker(more: Partial<Talker> = {}): Talker {
  return {name: 'talker', agent: {kind: 'mute'}, ...more}
}

interface ActivityRow {
  activity_type: string
  request_body?: unknown
  response_body?: unknown
}

describe.each(olderThan('aug14'))('$name: schedules', (variant) => {
  const minute = {name: 'patrol-smoke-n1', cron_expr: '* * * * *', prompt: 'hello'}
  interface Created {
    id: string
  }

  test('are created, listed, changed and deleted by id', async () => {
    await using at = await start(variant, {}, talker())
    // Once a year, so that it does not run meanwhile, however slow the machine.
    const yearly = {...minute, cron_expr: '0 0 1 1 *'}
    const told = await at.ask('POST', schedulesOf(at), {json: yearly})
    expect(told).toMatchObject({status: 201, json: {status: 'created', next_run_at: expect.any(String)}})
    const path = `${schedulesOf(at)}/${bodyOf<Created>(told).id}`
    expect(await at.get(schedulesOf(at))).toMatchObject([
      {...yearly, workspace_id: at.id.talker, timezone: 'UTC', enabled: true, run_count: 0},
    ])
    expect(await at.ask('PATCH', path, {json: {enabled: false}})).toMatchObject({
      status: 200,
      json: {status: 'updated'},
    })
    expect(await at.get(schedulesOf(at))).toMatchObject([{enabled: false}])
    expect(await at.ask('DELETE', path)).toMatchObject({status: 200, json: {status: 'deleted'}})
    expect(await at.ask('DELETE', path)).toMatchObject({status: 404, json: {error: 'schedule not found'}})
    expect(await at.get(schedulesOf(at))).toEqual([])
  })

  test.each([
    [{cron_expr: '* * * * *'}, 'cron_expr and prompt are required'],
    [{prompt: 'hello'}, 'cron_expr and prompt are required'],
    [{...minute, cron_expr: 'every minute'}, 'invalid request body'],
    [{...minute, timezone: 'Mars/Olympus'}, 'invalid timezone: Mars/Olympus'],
  ])('are refused when %j', async (json, error) => {
    await using at = await start(variant, {}, talker())
    expect(await at.ask('POST', schedulesOf(at), {json})).toMatchObject({status: 400, json: {error}})
    expect(await at.get(schedulesOf(at))).toEqual([])
  })

  test('run by themselves: a count, a history row, and the agent’s reply in the activity', async () => {
    await using at = await start(variant, {}, talker())
    await at.ask('POST', schedulesOf(at), {json: {...minute, prompt: 'say n0nce77'}})
    const [row] = await until(
      () => at.get<{id: string; run_count: number}[]>(schedulesOf(at)),
      (rows) => rows.some((one) => one.run_count > 0),
    )
    expect(row).toMatchObject({last_status: 'ok', last_run_at: expect.any(String)})
    // It is written after the count.
    const history = await until(
      () => at.get<object[]>(`${schedulesOf(at)}/${row?.id}/history`),
      (rows) => rows.length > 0,
    )
    expect(history[0]).toMatchObject({timestamp: expect.any(String), status: 'ok'})
    const asked = await until(
      () => at.get<ActivityRow[]>(activity(at)),
      (rows) => rows.some((one) => JSON.stringify(one.request_body ?? '').includes('n0nce77') && one.response_body),
    )
    expect(asked.map((one) => one.activity_type)).toContain('cron_run')
  })

  test('are not run by their run route, whatever it says', async () => {
    await using at = await start(variant, {}, talker())
    const {id} = bodyOf<Created>(await at.ask('POST', schedulesOf(at), {json: {...minute, cron_expr: '0 0 1 1 *'}}))
    expect(await at.ask('POST', `${schedulesOf(at)}/${id}/run`)).toMatchObject({
      status: 200,
      json: {status: 'fired', workspace_id: at.id.talker, prompt: 'hello'},
    })
    expect(await at.get(`${schedulesOf(at)}/${id}/history`)).toEqual([])
    expect(await at.get(schedulesOf(at))).toMatchObject([{run_count: 0}])
    expect(await at.ask('POST', `${schedulesOf(at)}/${UNKNOWN}/run`)).toMatchObject({
      status: 404,
      json: {error: 'schedule not found'},
    })
  })
})

describe.each(from('aug14'))('$name: schedules', (variant) => {
  // Once a year, so that it does not run meanwhile, however slow the machine.
  const yearly = {name: 'patrol-smoke-n1', cron_expr: '0 0 1 1 *', prompt: 'say n0nce77'}
  const named = (at: Target) => `${schedulesOf(at)}/patrol-smoke-n1`

  test('live in the runtime, which has none before the first was created', async () => {
    await using at = await start(variant, {}, talker())
    expect(await at.ask('GET', schedulesOf(at))).toMatchObject({status: 404, json: {error: 'schedule backend error'}})
    expect((await at.ask('POST', schedulesOf(at), {json: yearly})).status).toBe(201)
    expect(await at.get(schedulesOf(at))).toHaveLength(1)
  })

  test('have their name for an id, and count no runs', async () => {
    await using at = await start(variant, {}, talker())
    const told = await at.ask('POST', schedulesOf(at), {json: yearly})
    expect(told).toMatchObject({
      status: 201,
      json: {id: 'patrol-smoke-n1', status: 'created', next_run_at: expect.any(String)},
    })
    const fired = await at.ask('POST', `${named(at)}/run`)
    expect(fired).toMatchObject({status: 200, json: {status: 'fired', fired_by: 'daemon', workspace_id: at.id.talker}})
    expect(fired.json).not.toHaveProperty('prompt')
    const history = await until(
      () => at.get<object[]>(`${named(at)}/history`),
      (rows) => rows.length > 0,
    )
    expect(history).toMatchObject([{status: 'ok', duration_ms: null, request: {schedule_id: 'patrol-smoke-n1'}}])
    expect(await at.get(schedulesOf(at))).toMatchObject([
      {...yearly, id: 'patrol-smoke-n1', workspace_id: at.id.talker, run_count: 0, last_run_at: null, last_status: ''},
    ])
  })

  test('run by the workspace’s own daemon, and the agent’s answer is in the activity', async () => {
    await using at = await start(variant, {}, talker())
    await at.ask('POST', schedulesOf(at), {json: yearly})
    await at.ask('POST', `${named(at)}/run`)
    const asked = await until(
      () => at.get<ActivityRow[]>(activity(at)),
      (rows) => rows.some((one) => JSON.stringify(one.request_body ?? '').includes('n0nce77') && one.response_body),
    )
    expect(asked.map((one) => one.activity_type)).not.toContain('cron_run')
  })

  test('are created once, however often the same is sent; another of its name is refused', async () => {
    await using at = await start(variant, {}, talker())
    const create = (json: object) => at.ask('POST', schedulesOf(at), {json})
    expect((await create(yearly)).status).toBe(201)
    expect(await create(yearly)).toMatchObject({status: 201, json: {id: 'patrol-smoke-n1'}})
    expect(await create({...yearly, prompt: 'other'})).toMatchObject({
      status: 400,
      json: {error: expect.stringContaining('already exists')},
    })
    expect(await at.get(schedulesOf(at))).toHaveLength(1)
  })

  test('are changed and deleted by their name', async () => {
    await using at = await start(variant, {}, talker())
    await at.ask('POST', schedulesOf(at), {json: yearly})
    expect(await at.ask('PATCH', named(at), {json: {enabled: false}})).toMatchObject({
      status: 200,
      json: {status: 'updated'},
    })
    expect(await at.get(schedulesOf(at))).toMatchObject([{enabled: false}])
    expect(await at.ask('DELETE', named(at))).toMatchObject({status: 200, json: {status: 'deleted'}})
    expect((await at.ask('DELETE', named(at))).status).toBe(404)
    expect(await at.get(schedulesOf(at))).toEqual([])
  })

  test.each([
    [{cron_expr: '* * * * *'}, 'cron_expr and prompt are required'],
    [{...yearly, cron_expr: 'every minute'}, 'invalid cron expression "every minute"'],
    [{...yearly, timezone: 'Mars/Olympus'}, 'invalid timezone "Mars/Olympus"'],
  ])('are refused when %j', async (json, error) => {
    await using at = await start(variant, {}, talker())
    expect(await at.ask('POST', schedulesOf(at), {json})).toMatchObject({
      status: 400,
      json: {error: expect.stringContaining(error)},
    })
  })

  test('of a workspace that is not there are a 404', async () => {
    await using at = await start(variant)
    expect(await at.ask('GET', `/workspaces/${UNKNOWN}/schedules`)).toMatchObject({
      status: 404,
      json: {error: 'workspace not found'},
    })
  })

  test('are a 503 while the runtime registers anew', async () => {
    await using at = await start(variant, {}, talker({schedules: 'later'}))
    expect(await at.ask('POST', schedulesOf(at), {json: yearly})).toMatchObject({
      status: 503,
      json: {error: expect.stringMatching(/^workspace re-registering/), retry_after_seconds: 30},
    })
    expect((await at.ask('POST', schedulesOf(at), {json: yearly})).status).toBe(201)
  })

  test('are a 503 while their daemon does not start', async () => {
    await using at = await start(variant, {}, talker({schedules: 'never'}))
    expect(await at.ask('POST', schedulesOf(at), {json: yearly})).toMatchObject({
      status: 503,
      json: {error: 'scheduler starting, retry'},
    })
  })
})

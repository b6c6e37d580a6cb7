import {describe, expect, test} from 'vitest'
import {
  APRIL,
  NEW_VALUE,
  OLD_VALUE,
  pause,
  start,
  UNKNOWN,
  until,
  VARIANTS,
  type Asked,
  type Part,
  type Target,
} from './target.ts'

const TEXT: unknown = expect.any(String)
const write = {key: 'GITEA_TOKEN', value: NEW_VALUE}
const secrets = (id: string) => `/workspaces/${id}/secrets`
const restart = (id: string) => `/workspaces/${id}/restart`

interface Event {
  event_type: string
  workspace_id: string
  payload: Record<string, unknown>
  created_at: string
}

const events = (at: Target, id: string) => at.get<Event[]>(`/events/${id}`)

async function settled(at: Target, id: string, generation: number): Promise<void> {
  await until(
    async () => (await at.process(id))?.generation,
    (seen) => seen === generation,
  )
  await at.until(id, 'online')
}

describe.each(VARIANTS)('$name: a restart', (variant) => {
  test('is accepted, goes through provisioning, and ends in a new process with the stored secrets', async () => {
    await using at = await start(variant, {debounceMs: 0, provisionMs: 1_500})
    await at.ask('POST', secrets(at.id.agent), {as: 'own', json: write})
    // Where that set a restart going, it is over first.
    await settled(at, at.id.agent, 1 + (await at.restarts(at.id.agent)))
    const before = (await at.process(at.id.agent))?.generation ?? 0
    const told = await at.ask('POST', restart(at.id.agent))
    expect(told).toMatchObject({
      status: 200,
      json: {status: 'provisioning', config_dir: 'existing-volume', reset_session: false},
    })
    expect(await at.get(`/workspaces/${at.id.agent}`)).toMatchObject({status: 'provisioning'})
    await settled(at, at.id.agent, before + 1)
    expect((await at.process(at.id.agent))?.env).toMatchObject({GITEA_TOKEN: NEW_VALUE, SHARED: 'global'})
  })

  test('shows in the events: provisioning, then online from a registration', async () => {
    await using at = await start(variant)
    await at.ask('POST', restart(at.id.agent))
    await settled(at, at.id.agent, 2)
    const seen = await events(at, at.id.agent)
    const provisioning = seen.findIndex((event) => event.event_type === 'WORKSPACE_PROVISIONING')
    const online = seen.findIndex(
      (event) => event.event_type === 'WORKSPACE_ONLINE' && event.payload['recovered_from'] === undefined,
    )
    expect(online).toBeGreaterThanOrEqual(0)
    expect(online).toBeLessThan(provisioning)
    expect(seen[online]).toMatchObject({workspace_id: at.id.agent, payload: {url: expect.any(String)}})
    expect(seen[provisioning]).toMatchObject({payload: {name: 'agent-dev-a'}})
    expect(seen.map((event) => event.created_at)).toEqual(
      seen
        .map((event) => event.created_at)
        .toSorted()
        .toReversed(),
    )
  })

  test('does not reset the uptime before the new process beats', async () => {
    await using at = await start(variant, {provisionMs: 1_500})
    await at.ask('POST', restart(at.id.agent))
    const during = await at.get(`/workspaces/${at.id.agent}`)
    expect(during['status']).toBe('provisioning')
    expect(during['uptime_seconds']).toBeGreaterThanOrEqual(3600)
    const after = await until(
      () => at.get(`/workspaces/${at.id.agent}`),
      (row) => row['status'] === 'online' && Number(row['uptime_seconds']) < 3600,
    )
    expect(after['uptime_seconds']).toBeLessThan(60)
  })

  test('of a pretender ends online by a heartbeat of the old process', async () => {
    await using at = await start(variant)
    await at.ask('POST', restart(at.id.pretender))
    const seen = await until(
      () => events(at, at.id.pretender),
      (list) => list.some((event) => event.event_type === 'WORKSPACE_ONLINE'),
    )
    const online = seen.find((event) => event.event_type === 'WORKSPACE_ONLINE')
    expect(online?.payload).toMatchObject({recovered_from: 'provisioning'})
    const row = await at.until(at.id.pretender, 'online')
    expect(row['uptime_seconds']).toBeGreaterThanOrEqual(3600)
  })

  test('that goes wrong ends failed, with the reason in the list only', async () => {
    await using at = await start(variant)
    await at.ask('POST', restart(at.id.failing))
    await at.until(at.id.failing, 'failed')
    const rows = await at.get<Record<string, unknown>[]>('/workspaces')
    expect(rows.find((row) => row['id'] === at.id.failing)).toMatchObject({last_sample_error: 'image not found'})
    const types = (await events(at, at.id.failing)).map((event) => event.event_type)
    expect(types).toContain('WORKSPACE_PROVISION_FAILED')
  })

  test('is refused while a parent is paused', async () => {
    await using at = await start(variant)
    const told = await at.ask('POST', restart(at.id.child))
    expect(told).toMatchObject({
      status: 409,
      json: {error: 'parent workspace "team" is paused — resume it first'},
    })
    expect(await at.restarts(at.id.child)).toBe(0)
  })

  test('of nobody is 404, of an id that is none 500', async () => {
    await using at = await start(variant)
    expect(await at.ask('POST', restart(UNKNOWN))).toMatchObject({status: 404, json: {error: 'workspace not found'}})
    expect(await at.ask('POST', '/workspaces/nonsense/restart')).toMatchObject({
      status: 500,
      json: {error: 'lookup failed'},
    })
  })

  test('wakes a paused and a hibernated workspace', async () => {
    await using at = await start(variant)
    for (const id of [at.id.paused, at.id.hibernated]) {
      expect((await at.ask('POST', restart(id))).status).toBe(200)
      await at.until(id, 'online')
    }
  })

  test('with broken JSON is ignored by older servers and refused by newer ones', async () => {
    await using at = await start(variant)
    const told = await at.ask('POST', restart(at.id.agent), {raw: '{"reset":'})
    expect(told).toMatchObject(
      variant.release === 'april' ? {status: 200} : {status: 400, json: {error: 'invalid JSON body'}},
    )
  })

  test('of an external agent is a noop on newer servers', async () => {
    await using at = await start(variant)
    const told = await at.ask('POST', restart(at.id.external))
    expect(told).toMatchObject({
      status: 200,
      json:
        variant.release === 'june' ? {status: 'noop', runtime: 'external', message: TEXT} : {status: 'provisioning'},
    })
    expect(await at.restarts(at.id.external)).toBe(variant.release === 'june' ? 0 : 1)
  })

  test('ends the workspace’s tokens under Docker before tokens had kinds, and nowhere else', async () => {
    await using at = await start(variant)
    await at.ask('POST', restart(at.id.agent))
    await settled(at, at.id.agent, 2)
    const told = await at.ask('GET', secrets(at.id.agent), {as: 'own'})
    expect(told.status).toBe(variant.release === 'april' && variant.mode === 'docker' ? 401 : 200)
  })
})

describe.each(VARIANTS)('$name: a restart after a write', (variant) => {
  const automatic = !(variant.release === 'april' && variant.mode === 'saas')

  test(`${automatic ? 'happens' : 'never happens'} by itself`, async () => {
    await using at = await start(variant)
    await at.ask('POST', secrets(at.id.agent), {json: write})
    await (automatic ? settled(at, at.id.agent, 2) : pause(300))
    expect(await at.restarts(at.id.agent)).toBe(automatic ? 1 : 0)
    expect((await at.process(at.id.agent))?.env['GITEA_TOKEN']).toBe(automatic ? NEW_VALUE : OLD_VALUE)
    expect(await at.get(`/workspaces/${at.id.agent}`)).toMatchObject({status: 'online'})
  })

  test(`${automatic ? 'happens' : 'never happens'} by itself after a deletion`, async () => {
    await using at = await start(variant)
    await at.ask('DELETE', `${secrets(at.id.agent)}/GITEA_TOKEN`)
    await (automatic ? settled(at, at.id.agent, 2) : pause(300))
    expect(await at.restarts(at.id.agent)).toBe(automatic ? 1 : 0)
  })

  test.each(['paused', 'hibernated', 'external', 'child'] as const)('leaves the %s one alone', async (which) => {
    await using at = await start(variant)
    expect((await at.ask('POST', secrets(at.id[which]), {json: write})).status).toBe(200)
    await pause(300)
    expect(await at.restarts(at.id[which])).toBe(0)
  })
})

describe.each(VARIANTS.filter(({release}) => release === 'june'))('$name: the restart gate', (variant) => {
  test.each<[string, Part, (self: string) => Asked]>([
    ['the workspace writes itself', 'agent', () => ({as: 'own'})],
    ['the caller names the workspace as itself', 'agent', (self) => ({as: 'org', headers: {'x-workspace-id': self}})],
    ['the target is the concierge', 'concierge', () => ({as: 'org'})],
  ])('holds the restart back when %s', async (_when, part, askedBy) => {
    await using at = await start(variant)
    const id = at.id[part]
    const asked = askedBy(id)
    expect((await at.ask('POST', secrets(id), {...asked, json: write})).status).toBe(200)
    await pause(300)
    expect(await at.restarts(id)).toBe(0)
  })

  test('drops restarts soon after the last one, until somebody restarts by hand', async () => {
    await using at = await start(variant)
    await at.ask('POST', secrets(at.id.agent), {json: write})
    await settled(at, at.id.agent, 2)
    await at.ask('POST', secrets(at.id.agent), {json: {...write, value: 'd'.repeat(40)}})
    await pause(300)
    expect(await at.restarts(at.id.agent)).toBe(1)
    expect((await at.process(at.id.agent))?.env['GITEA_TOKEN']).toBe(NEW_VALUE)
    expect((await at.ask('POST', restart(at.id.agent))).status).toBe(200)
    await settled(at, at.id.agent, 3)
    expect((await at.process(at.id.agent))?.env['GITEA_TOKEN']).toBe('d'.repeat(40))
  })

  test('lets them happen again after that time', async () => {
    await using at = await start(variant, {debounceMs: 200})
    await at.ask('POST', secrets(at.id.agent), {json: write})
    await settled(at, at.id.agent, 2)
    await pause(250)
    await at.ask('POST', secrets(at.id.agent), {json: {...write, value: 'd'.repeat(40)}})
    await settled(at, at.id.agent, 3)
    expect((await at.process(at.id.agent))?.env['GITEA_TOKEN']).toBe('d'.repeat(40))
  })

  test('makes a restart by hand wait for a running one, and then really happen', async () => {
    await using at = await start(variant)
    await at.ask('POST', secrets(at.id.agent), {json: write})
    expect((await at.ask('POST', restart(at.id.agent))).status).toBe(200)
    await settled(at, at.id.agent, 3)
    expect(await at.restarts(at.id.agent)).toBe(2)
  })
})

describe('two restarts at once', () => {
  test('april docker: collide, and the workspace fails', async () => {
    await using at = await start(APRIL, {provisionMs: 3_000})
    await at.ask('POST', secrets(at.id.agent), {json: write})
    await at.ask('POST', restart(at.id.agent))
    expect(await at.until(at.id.agent, 'failed')).toMatchObject({status: 'failed'})
  })
})

import {describe, expect, test} from 'vitest'
import {
  APRIL,
  from,
  NEW_VALUE,
  olderThan,
  pause,
  since,
  start,
  UNKNOWN,
  until,
  VARIANTS,
  type Asked,
  type Part,
  type Target,
} from './target.ts'

const TEXT: unknown = expect.any(String)
// A key that reaches the process on every server.
const write = {key: 'GIT_HTTP_PASSWORD', value: NEW_VALUE}
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

/** Hosted machines of April: the new one may not register while anybody holds a token. */
const NEVER_BACK = ['april saas']

/** What the row says right after the answer to a restart: the old process may beat once more before it is gone. */
const DURING = ['provisioning', 'online']

/** What a failed start leaves in the row. */
function reasonOf({mode}: {mode: string}): string {
  return mode === 'docker' ? 'workspace start failed' : 'provisioning failed'
}

describe.each(VARIANTS.filter(({name}) => NEVER_BACK.includes(name)))('$name: a restart', (variant) => {
  test('brings a machine that may not register while a token lives; the row says online by the old one', async () => {
    await using at = await start(variant)
    await at.ask('POST', restart(at.id.agent))
    await until(
      async () => (await at.process(at.id.agent))?.generation,
      (seen) => seen === 2,
    )
    const row = await at.until(at.id.agent, 'online')
    expect(row['uptime_seconds']).toBeGreaterThanOrEqual(3600)
    const online = (await events(at, at.id.agent)).filter((event) => event.event_type === 'WORKSPACE_ONLINE')
    expect(online.map((event) => event.payload['url'])).toEqual([undefined])
    // A name that is looked up: others are refused for that.
    const json = {id: at.id.agent, url: 'http://localhost:9', agent_card: {name: 'agent-dev-a'}}
    expect(await at.ask('POST', '/registry/register', {as: 'nobody', json})).toMatchObject({status: 401})
  })
})

describe.each(VARIANTS)('$name: a restart', (variant) => {
  test('is accepted, goes through provisioning, and ends in a new process with the stored secrets', async () => {
    await using at = await start(variant, {provisionMs: 1_500})
    await at.ask('POST', secrets(at.id.agent), {as: 'own', json: write})
    // Where that set a restart going, it is over first.
    const before = variant.name === 'april saas' || since('june13', variant) ? 1 : 2
    await settled(at, at.id.agent, before)
    const told = await at.ask('POST', restart(at.id.agent))
    expect(told).toMatchObject({
      status: 200,
      json: {status: 'provisioning', config_dir: 'existing-volume', reset_session: false},
    })
    expect(DURING).toContain((await at.get(`/workspaces/${at.id.agent}`))['status'])
    await settled(at, at.id.agent, before + 1)
    expect((await at.process(at.id.agent))?.env).toMatchObject({GIT_HTTP_PASSWORD: NEW_VALUE, SHARED: 'global'})
  })

  test('shows in the events: provisioning, then online from a registration', async () => {
    await using at = await start(variant)
    await at.ask('POST', restart(at.id.agent))
    await settled(at, at.id.agent, 2)
    if (NEVER_BACK.includes(variant.name)) return
    const isRegistered = ({event_type: type, payload}: Event) =>
      type === 'WORKSPACE_ONLINE' && payload['recovered_from'] === undefined
    // The row may be online by the old process before the new one registers.
    const seen = await until(
      () => events(at, at.id.agent),
      (all) => all.some(isRegistered),
    )
    const provisioning = seen.findIndex((event) => event.event_type === 'WORKSPACE_PROVISIONING')
    const online = seen.findIndex(isRegistered)
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
    const row = await at.get(`/workspaces/${at.id.agent}`)
    expect(DURING).toContain(row['status'])
    expect(row['uptime_seconds']).toBeGreaterThanOrEqual(3600)
    if (NEVER_BACK.includes(variant.name)) return
    const after = await until(
      () => at.get(`/workspaces/${at.id.agent}`),
      (now) => now['status'] === 'online' && Number(now['uptime_seconds']) < 3600,
    )
    expect(after['uptime_seconds']).toBeLessThan(60)
  })

  test('that goes wrong ends failed, with the reason in the list', async () => {
    await using at = await start(variant)
    await at.ask('POST', restart(at.id.failing))
    await at.until(at.id.failing, 'failed')
    const rows = await at.get<Record<string, unknown>[]>('/workspaces')
    const told = {last_sample_error: reasonOf(variant)}
    expect(rows.find((row) => row['id'] === at.id.failing)).toMatchObject(told)
    // Only the newest tell it elsewhere too.
    const single = await at.get(`/workspaces/${at.id.failing}`)
    expect(single['last_sample_error']).toBe(since('aug14', variant) ? told.last_sample_error : undefined)
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
      !since('june02', variant) ? {status: 200} : {status: 400, json: {error: 'invalid JSON body'}},
    )
  })

  test('of an external agent is a noop on newer servers', async () => {
    await using at = await start(variant)
    const told = await at.ask('POST', restart(at.id.external))
    expect(told).toMatchObject({
      status: 200,
      json: since('june02', variant) ? {status: 'noop', runtime: 'external', message: TEXT} : {status: 'provisioning'},
    })
    await until(
      () => at.restarts(at.id.external),
      (times) => times === (since('june02', variant) ? 0 : 1),
    )
  })

  test('ends the workspace’s tokens before tokens had kinds, save on hosted machines of April', async () => {
    await using at = await start(variant)
    await at.ask('POST', restart(at.id.agent))
    await settled(at, at.id.agent, 2)
    const told = await at.ask('GET', secrets(at.id.agent), {as: 'own'})
    expect(told.status).toBe(since('june13', variant) || variant.name === 'april saas' ? 200 : 401)
  })
})

/** Restarts the workspace and waits for an event of this type. */
async function restarted(at: Target, id: string, type: string): Promise<void> {
  await at.ask('POST', restart(id))
  await until(
    () => events(at, id),
    (list) => list.some((event) => event.event_type === type),
  )
}

/** Why workspaces came online that nobody registered. */
const recoveries = async (at: Target, id: string) =>
  (await events(at, id))
    .filter(({event_type: type}) => type === 'WORKSPACE_ONLINE')
    .map(({payload}) => payload['recovered_from'])

describe.each(olderThan('june13'))('$name: a restart', (variant) => {
  test('of a pretender ends online by a heartbeat of the old process', async () => {
    await using at = await start(variant)
    await restarted(at, at.id.pretender, 'WORKSPACE_ONLINE')
    expect(await recoveries(at, at.id.pretender)).toContain('provisioning')
    const row = await at.until(at.id.pretender, 'online')
    expect(row['uptime_seconds']).toBeGreaterThanOrEqual(3600)
  })

  test('that goes wrong while the old process could not be stopped ends failed', async () => {
    await using at = await start(variant)
    await restarted(at, at.id.stubborn, 'WORKSPACE_PROVISION_FAILED')
    await pause(200)
    expect(await at.get(`/workspaces/${at.id.stubborn}`)).toMatchObject({status: 'failed'})
  })
})

describe.each(from('june13'))('$name: a restart', (variant) => {
  test('of a pretender is online with its old process, and nothing is said of it', async () => {
    await using at = await start(variant)
    await at.ask('POST', restart(at.id.pretender))
    const row = await at.until(at.id.pretender, 'online')
    expect(row['uptime_seconds']).toBeGreaterThanOrEqual(3600)
    expect(await recoveries(at, at.id.pretender)).toEqual([])
  })

  test('that goes wrong while the old process could not be stopped is online again by that one', async () => {
    await using at = await start(variant)
    await restarted(at, at.id.stubborn, 'WORKSPACE_PROVISION_FAILED')
    // The event of the failure may be there before the row has failed.
    const told = await until(
      () => recoveries(at, at.id.stubborn),
      (seen) => seen.length > 0,
    )
    expect(told).toEqual(['failed'])
    const row = await at.until(at.id.stubborn, 'online')
    expect(row['uptime_seconds']).toBeGreaterThanOrEqual(3600)
  })
})

describe.each(VARIANTS)('$name: a restart after a write', (variant) => {
  const automatic = !(!since('june02', variant) && variant.mode === 'saas')

  test(`${automatic ? 'happens' : 'never happens'} by itself`, async () => {
    await using at = await start(variant)
    await at.ask('POST', secrets(at.id.agent), {as: 'org', json: write})
    await (automatic ? settled(at, at.id.agent, 2) : pause(300))
    expect(await at.restarts(at.id.agent)).toBe(automatic ? 1 : 0)
    expect((await at.process(at.id.agent))?.env['GIT_HTTP_PASSWORD']).toBe(automatic ? NEW_VALUE : undefined)
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
    expect((await at.ask('POST', secrets(at.id[which]), {as: 'org', json: write})).status).toBe(200)
    await pause(300)
    expect(await at.restarts(at.id[which])).toBe(0)
  })
})

describe.each(from('june02'))('$name: the restart gate', (variant) => {
  const spares = since('june13', variant)

  test.each<[string, Part, (self: string) => Asked]>([
    ['the workspace writes itself', 'agent', () => ({as: 'own'})],
    ['the caller names the workspace as itself', 'agent', (self) => ({as: 'org', headers: {'x-workspace-id': self}})],
    ['the target is the concierge', 'concierge', () => ({as: 'org'})],
  ])(`${spares ? 'holds the restart back' : 'lets the restart happen'} when %s`, async (_when, part, askedBy) => {
    await using at = await start(variant)
    const id = at.id[part]
    const asked = askedBy(id)
    expect((await at.ask('POST', secrets(id), {...asked, json: write})).status).toBe(200)
    await pause(300)
    expect(await at.restarts(id)).toBe(spares ? 0 : 1)
  })

  test('drops restarts soon after the last one, until somebody restarts by hand', async () => {
    await using at = await start(variant)
    await at.ask('POST', secrets(at.id.agent), {as: 'org', json: write})
    await settled(at, at.id.agent, 2)
    await at.ask('POST', secrets(at.id.agent), {as: 'org', json: {...write, value: 'd'.repeat(40)}})
    await pause(300)
    expect(await at.restarts(at.id.agent)).toBe(1)
    expect((await at.process(at.id.agent))?.env['GIT_HTTP_PASSWORD']).toBe(NEW_VALUE)
    expect((await at.ask('POST', restart(at.id.agent))).status).toBe(200)
    await settled(at, at.id.agent, 3)
    expect((await at.process(at.id.agent))?.env['GIT_HTTP_PASSWORD']).toBe('d'.repeat(40))
  })

  test('lets them happen again after that time', async () => {
    await using at = await start(variant, {debounceMs: 200})
    await at.ask('POST', secrets(at.id.agent), {as: 'org', json: write})
    await settled(at, at.id.agent, 2)
    await pause(250)
    await at.ask('POST', secrets(at.id.agent), {as: 'org', json: {...write, value: 'd'.repeat(40)}})
    await settled(at, at.id.agent, 3)
    expect((await at.process(at.id.agent))?.env['GIT_HTTP_PASSWORD']).toBe('d'.repeat(40))
  })

  test('makes a restart by hand wait for a running one, and then really happen', async () => {
    await using at = await start(variant)
    await at.ask('POST', secrets(at.id.agent), {as: 'org', json: write})
    expect((await at.ask('POST', restart(at.id.agent))).status).toBe(200)
    await settled(at, at.id.agent, 3)
    expect(await at.restarts(at.id.agent)).toBe(2)
  })
})

describe('two restarts at once', () => {
  test('april docker: collide, and the workspace fails', async () => {
    await using at = await start(APRIL, {provisionMs: 3_000})
    // Whether the second finds the container of the first is up to chance, save on the simulator.
    expect(at.simulator.options.release).toBe('april')
    await at.ask('POST', secrets(at.id.agent), {as: 'org', json: write})
    await at.ask('POST', restart(at.id.agent))
    expect(await at.until(at.id.agent, 'failed')).toMatchObject({status: 'failed'})
  })
})

import {afterEach, describe, expect, it} from 'vitest'
import {ID, ORG, OTHER, open, pass, statusOf, stopClock, until} from './platform-desk.ts'
import type {Desk} from './platform-desk.ts'

stopClock()

let desk: Desk
afterEach(() => desk.close())

const restart = () => desk.call(`POST /workspaces/${ID}/restart`)
const write = (value = 'new', headers: Record<string, string> = {}) =>
  desk.call(`POST /workspaces/${ID}/secrets`, {key: 'GITEA_TOKEN', value}, headers)
const generation = () => desk.platform.process(ID)?.generation
const eventTypes = async () =>
  (await desk.call(`GET /events/${ID}`)).body.map(({event_type: type}: {event_type: string}) => type)
const settled = (id = ID) => until(async () => (await statusOf(desk, id)) === 'online')

describe('a restart', () => {
  it('goes through provisioning to a new process, whose first heartbeat resets the uptime', async () => {
    desk = await open([{uptimeSeconds: 5000, secrets: {GITEA_TOKEN: 'old'}}], {provisionMs: 500})
    expect((await restart()).body).toEqual({
      status: 'provisioning',
      config_dir: 'existing-volume',
      reset_session: false,
    })
    const during = (await desk.call(`GET /workspaces/${ID}`)).body
    expect([during.status, during.url]).toEqual(['provisioning', ''])
    expect(during.uptime_seconds).toBeGreaterThanOrEqual(5000)
    await settled()
    expect(generation()).toBe(2)
    await until(async () => (await desk.call(`GET /workspaces/${ID}`)).body.uptime_seconds < 5)
    expect(await eventTypes()).toEqual(['WORKSPACE_ONLINE', 'WORKSPACE_PROVISIONING'])
  })

  it('hands over the secrets as they were when it began', async () => {
    desk = await open([{secrets: {GITEA_TOKEN: 'old'}}], {release: 'april', mode: 'saas'})
    await write('first')
    expect(desk.platform.process(ID)?.env).toEqual({GITEA_TOKEN: 'old'})
    await restart()
    await write('second')
    await until(() => generation() === 2)
    expect(desk.platform.process(ID)?.env).toEqual({GITEA_TOKEN: 'first'})
    expect(desk.platform.secrets(ID)).toEqual({GITEA_TOKEN: 'second'})
  })

  it('that only pretends comes back by a heartbeat of the old process, of which nothing is said', async () => {
    desk = await open([{uptimeSeconds: 5000, restart: 'pretend'}])
    await restart()
    expect(await statusOf(desk)).toBe('provisioning')
    await settled()
    expect(generation()).toBe(1)
    expect((await desk.call(`GET /workspaces/${ID}`)).body.uptime_seconds).toBeGreaterThanOrEqual(5000)
    const [newest] = (await desk.call(`GET /events/${ID}`)).body
    expect(newest.event_type).toBe('WORKSPACE_PROVISIONING')
  })

  it('that fails leaves its reason in the list', async () => {
    desk = await open([{restart: 'fails', restartError: 'decrypt failed'}])
    await restart()
    await until(async () => (await statusOf(desk)) === 'failed')
    expect((await desk.call('GET /workspaces')).body[0].last_sample_error).toBe('decrypt failed')
    await pass(60)
    expect(await statusOf(desk)).toBe('failed')
  })

  it('that gets stuck stays provisioning', async () => {
    desk = await open([{restart: 'stuck'}])
    await restart()
    await pass(250)
    expect(await statusOf(desk)).toBe('provisioning')
  })

  it('is aborted in June while GITEA_TOKEN is a global secret', async () => {
    desk = await open([{}], {}, {globalSecrets: {GITEA_TOKEN: 'global'}})
    await restart()
    await until(async () => (await statusOf(desk)) === 'failed')
    expect((await desk.call('GET /workspaces')).body[0].last_sample_error).toContain('RFC#523')
  })

  it('of an external one is a noop in June', async () => {
    desk = await open([{runtime: 'external'}])
    expect((await restart()).body).toMatchObject({status: 'noop', runtime: 'external'})
    expect(desk.platform.restarts(ID)).toBe(0)
  })

  it('below a paused parent is refused', async () => {
    desk = await open([{parentId: OTHER}, {status: 'paused', name: 'boss'}])
    const reply = await restart()
    expect([reply.status, reply.body.error]).toEqual([409, 'parent workspace "boss" is paused — resume it first'])
  })

  it('asked for twice runs twice in June, one after the other', async () => {
    desk = await open()
    await restart()
    await restart()
    expect(desk.platform.restarts(ID)).toBe(1)
    await until(() => generation() === 3)
    expect(desk.platform.restarts(ID)).toBe(2)
  })

  it('of April in Docker revokes every workspace token and issues one; June spares those of people', async () => {
    for (const [release, dies] of [
      ['april', true],
      ['aug14', false],
    ] as const) {
      desk = await open([{tokens: ['not-a-real-workspace-token']}], {release, mode: 'docker'})
      await restart()
      await settled()
      const own = {authorization: 'Bearer not-a-real-workspace-token'}
      expect((await desk.call(`GET /workspaces/${ID}/state`, undefined, own)).status).toBe(dies ? 401 : 200)
      expect((await desk.call(`GET /workspaces/${ID}/tokens`)).body.count).toBe(dies ? 1 : 2)
      if (release === 'april') await desk.close()
    }
  })
})

describe('the restart that follows a secret write', () => {
  it('happens in April with Docker, and collides with one asked for meanwhile', async () => {
    desk = await open([{}], {release: 'april', mode: 'docker'})
    await write()
    expect(await statusOf(desk)).toBe('provisioning')
    await restart()
    expect(await statusOf(desk)).toBe('failed')
    expect((await desk.call('GET /workspaces')).body[0].last_sample_error).toContain('container name')
    await pass(200)
    expect(generation()).toBeUndefined()
  })

  it('waits in April for a provisioning to end before it restarts again', async () => {
    desk = await open([{}], {release: 'april', mode: 'docker'})
    await restart()
    await write('later')
    await until(() => generation() === 3)
    expect(desk.platform.process(ID)?.env).toEqual({GITEA_TOKEN: 'later'})
  })

  it('never happens in April as SaaS', async () => {
    desk = await open([{}], {release: 'april', mode: 'saas'})
    await write()
    await pass(60)
    expect(desk.platform.restarts(ID)).toBe(0)
  })

  it('is dropped in June within the debounce, and comes again after it', async () => {
    desk = await open([{}], {debounceMs: 300, provisionMs: 30})
    await write('one')
    await until(() => generation() === 2)
    await write('two')
    expect(desk.platform.restarts(ID)).toBe(1)
    await pass(310)
    await write('three')
    await until(() => generation() === 3)
    expect(desk.platform.process(ID)?.env).toEqual({GITEA_TOKEN: 'three'})
  })

  it('is coalesced in June into one more cycle when a restart is under way', async () => {
    desk = await open()
    await restart()
    await write('one')
    await write('two')
    await until(() => generation() === 3)
    await pass(60)
    expect(desk.platform.restarts(ID)).toBe(2)
    expect(desk.platform.process(ID)?.env).toEqual({GITEA_TOKEN: 'two'})
  })

  it('is suppressed in June for the workspace itself and for the concierge', async () => {
    const own = 'not-a-real-workspace-token'
    desk = await open([{tokens: [own]}, {kind: 'platform'}])
    expect((await write('a', {authorization: `Bearer ${own}`})).status).toBe(200)
    expect((await write('b', {'x-workspace-id': ID})).status).toBe(200)
    const body = {key: 'K', value: 'v'}
    const org = {authorization: `Bearer ${ORG}`}
    expect((await desk.call(`POST /workspaces/${OTHER}/secrets`, body, org)).status).toBe(200)
    await pass(20)
    expect([desk.platform.restarts(ID), desk.platform.restarts(OTHER)]).toEqual([0, 0])
  })
})

describe('a workspace', () => {
  it('that is paused gets its new secret when it is resumed', async () => {
    desk = await open([{status: 'paused', secrets: {GITEA_TOKEN: 'old'}}])
    await write('new')
    await pass(60)
    expect([await statusOf(desk), generation()]).toEqual(['paused', undefined])
    expect((await desk.call(`POST /workspaces/${ID}/resume`)).body).toEqual({
      status: 'provisioning',
      resumed_count: 1,
    })
    await settled()
    expect(desk.platform.process(ID)?.env).toEqual({GITEA_TOKEN: 'new'})
  })

  it('whose token was revoked under it falls silent and goes offline', async () => {
    desk = await open([{tokens: ['not-a-real-workspace-token']}], {release: 'april', heartbeatMs: 15})
    const {tokens} = (await desk.call(`GET /workspaces/${ID}/tokens`)).body
    await desk.call(`DELETE /workspaces/${ID}/tokens/${tokens[0].id}`)
    await until(async () => (await statusOf(desk)) !== 'online')
    expect(await statusOf(desk)).toBe('offline')
  })

  it('that is created comes online with the secrets it was given and, in June, a token that lives', async () => {
    desk = await open()
    const made = await desk.call('POST /workspaces', {name: 'fresh', model: 'sonnet', secrets: {GITEA_TOKEN: 'given'}})
    expect([made.status, made.body.status]).toEqual([201, 'provisioning'])
    await settled(made.body.id)
    expect(desk.platform.process(made.body.id)?.env).toEqual({GITEA_TOKEN: 'given', MODEL: 'sonnet'})
    const own = {authorization: `Bearer ${made.body.auth_token}`}
    expect((await desk.call(`GET /workspaces/${made.body.id}/state`, undefined, own)).status).toBe(200)
  })

  it('cannot register in April as SaaS when somebody minted its first token before it did', async () => {
    desk = await open([{}], {release: 'april', mode: 'saas'})
    const {body} = await desk.call('POST /workspaces', {name: 'fresh'})
    expect((await desk.call(`POST /workspaces/${body.id}/tokens`)).status).toBe(201)
    await pass(250)
    expect(await statusOf(desk, body.id)).toBe('provisioning')
  })

  it('that is deleted is gone: 410 in June, a row in April', async () => {
    desk = await open()
    const by = {authorization: `Bearer ${ORG}`, 'x-confirm-name': 'agent-0'}
    await desk.call(`DELETE /workspaces/${ID}?confirm=true`, undefined, by)
    expect((await desk.call(`GET /workspaces/${ID}`)).status).toBe(410)
    expect((await desk.call('GET /workspaces')).body).toEqual([])
    await desk.close()
    desk = await open([{status: 'removed'}], {release: 'april'})
    expect(await statusOf(desk)).toBe('removed')
  })

  it('shows kind and heartbeat time in late June only', async () => {
    desk = await open([{kind: 'platform'}], {release: 'june28'})
    const june = (await desk.call(`GET /workspaces/${ID}`)).body
    expect(june.kind).toBe('platform')
    expect(Date.parse(june.last_heartbeat_at)).toBeGreaterThan(0)
    await desk.close()
    desk = await open([{kind: 'platform'}], {release: 'april'})
    const april = (await desk.call(`GET /workspaces/${ID}`)).body
    expect('kind' in april || 'last_heartbeat_at' in april).toBe(false)
  })

  it('is as the seed says after a reset', async () => {
    desk = await open([{secrets: {GITEA_TOKEN: 'old'}}])
    await write('new')
    desk.platform.reset()
    await pass(60)
    expect(desk.platform.process(ID)).toMatchObject({generation: 1, env: {GITEA_TOKEN: 'old'}})
    expect([desk.platform.restarts(ID), desk.platform.requests.length]).toEqual([0, 0])
  })
})

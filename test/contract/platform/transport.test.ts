import {describe, expect, test} from 'vitest'
import {APRIL, from, olderThan, NEWEST, ORG, since, start, VARIANTS, type Asked} from './target.ts'

const BUILD: unknown = expect.objectContaining({git_sha: expect.any(String)})
// May's builds tell the name alone; which organisation it is came with the later ones of June.
const NAMED: unknown = {
  name: expect.any(String),
  org_id: ORG,
  platform_managed_available: expect.any(Boolean),
  slug: expect.any(String),
}
const org = (id: string) => ({'x-molecule-org-id': id})

describe.each(VARIANTS)('$name: the tenant guard', (variant) => {
  test('turns away requests that name no organisation', async () => {
    await using at = await start(variant, {orgId: ORG})
    const told = await at.ask('GET', '/workspaces')
    const named = {
      error: 'missing tenant routing header',
      code: 'TENANT_ORG_HEADER_REQUIRED',
      required_header: 'X-Molecule-Org-Id',
    }
    expect(told).toMatchObject(
      !since('june02', variant) ? {status: 404, text: '', json: undefined} : {status: 400, json: named},
    )
  })

  test('turns away another organisation with an empty 404', async () => {
    await using at = await start(variant, {orgId: ORG})
    expect(await at.ask('GET', '/workspaces', {headers: org(at.id.agent)})).toMatchObject({status: 404, text: ''})
  })

  test('comes before authentication', async () => {
    await using at = await start(variant, {orgId: ORG})
    const told = await at.ask('GET', '/workspaces', {as: 'stranger', headers: org(at.id.agent)})
    expect(told.status).toBe(404)
  })

  test('lets the right organisation through, also when named by the router', async () => {
    await using at = await start(variant, {orgId: ORG})
    expect((await at.ask('GET', '/workspaces', {headers: org(ORG)})).status).toBe(200)
    const routed = {'fly-replay-src': `instance=1;region=x;state=${ORG}`}
    expect((await at.ask('GET', '/workspaces', {headers: routed})).status).toBe(200)
  })

  test('exempts health and heartbeats', async () => {
    await using at = await start(variant, {orgId: ORG})
    expect(await at.ask('GET', '/health', {as: 'nobody'})).toMatchObject({status: 200, json: {status: 'ok'}})
    expect((await at.ask('POST', '/registry/heartbeat', {as: 'nobody', json: {}})).status).not.toBe(404)
  })
})

describe.each(VARIANTS)('$name: Origin', (variant) => {
  test('of a tenant image’s own opens its guard, and once opened all doors', async () => {
    await using at = await start(variant, {orgId: ORG, canvas: true})
    const headers = {origin: at.url}
    const trusting = !since('june02', variant)
    const anonymous = await at.ask('GET', `/workspaces/${at.id.agent}/secrets`, {as: 'nobody', headers})
    expect(anonymous.status).toBe(trusting ? 200 : 401)
    // It still opens the tenant guard: a wrong organisation is not noticed.
    const wrongOrg = await at.ask('GET', '/workspaces', {headers: {...headers, ...org(at.id.agent)}})
    expect(wrongOrg.status).toBe(200)
    expect((await at.ask('GET', '/workspaces', {headers})).status).toBe(200)
  })

  test('equal to the server’s own is fine', async () => {
    await using at = await start(variant)
    expect((await at.ask('GET', '/workspaces', {headers: {origin: at.url}})).status).toBe(200)
  })

  test('of elsewhere is an empty 403', async () => {
    await using at = await start(variant)
    const told = await at.ask('GET', '/workspaces', {headers: {origin: 'https://elsewhere.example.test'}})
    expect(told).toMatchObject({status: 403, text: ''})
  })

  test('missing is fine without an edge, and the web app’s page behind one', async () => {
    await using plain = await start(variant)
    expect((await plain.ask('GET', '/workspaces')).json).toBeInstanceOf(Array)
    await using edge = await start(variant, {waf: true})
    for (const path of [`/workspaces/${edge.id.agent}`, `/workspaces/${edge.id.agent}/secrets`]) {
      expect((await edge.ask('GET', path)).json).toBeUndefined()
      expect((await edge.ask('GET', path, {headers: {origin: edge.url}})).status).toBe(200)
    }
  })
})

describe.each(VARIANTS)('$name: routes', (variant) => {
  test('that do not exist are the web app’s with 200, or a text 404', async () => {
    await using canvas = await start(variant, {canvas: true})
    const page = await canvas.ask('GET', '/does-not-exist')
    expect(page.status).toBe(200)
    expect(page.headers['content-type']).toMatch(/^text\/html/)
    await using bare = await start(variant)
    const told = await bare.ask('GET', '/does-not-exist')
    expect(told).toMatchObject({status: 404, json: undefined})
    expect(told.text.trim()).toBe('404 page not found')
  })

  test('with a slash at their end are redirected', async () => {
    await using at = await start(variant)
    const get = await at.ask('GET', '/workspaces/')
    expect(get.status).toBe(301)
    expect(String(get.headers['location'])).toMatch(/\/workspaces$/)
    const post = await at.ask('POST', `/workspaces/${at.id.agent}/secrets/`, {json: {key: 'K', value: 'v'}})
    expect(post.status).toBe(307)
  })

  test('tell the build and the organisation on newer servers only', async () => {
    await using at = await start(variant, {orgId: ORG})
    const told = await at.ask('GET', '/buildinfo', {as: 'nobody'})
    const named = await at.ask('GET', '/org/identity', {as: 'nobody', headers: org(ORG)})
    expect(told.json).toEqual(since('june02', variant) ? BUILD : undefined)
    expect(named.json).toEqual(since('june13', variant) ? NAMED : undefined)
  })
})

describe.each([APRIL, NEWEST])('$name: the rate limit', (variant) => {
  test('is told in every answer: limit, what remains, seconds to the next window', async () => {
    await using at = await start(variant, {rateLimit: 600})
    const first = (await at.ask('GET', '/health', {as: 'nobody'})).headers
    const second = (await at.ask('GET', '/does-not-exist', {as: 'nobody'})).headers
    expect(first['x-ratelimit-limit']).toBe('600')
    expect(Number(second['x-ratelimit-remaining'])).toBe(Number(first['x-ratelimit-remaining']) - 1)
    expect(Number(first['x-ratelimit-reset'])).toBeLessThanOrEqual(60)
  })

  test('ends in 429 that says how long to wait, whatever is asked for', async () => {
    await using at = await start(variant, {rateLimit: 2})
    await at.ask('GET', '/workspaces')
    await at.ask('GET', '/health')
    const told = await at.ask('GET', `/workspaces/${at.id.agent}/secrets`)
    expect(told.status).toBe(429)
    expect(told.json).toEqual({error: 'rate limit exceeded', retry_after: expect.any(Number)})
    expect(Number(told.headers['retry-after'])).toBeGreaterThanOrEqual(0)
    expect(Number(told.headers['retry-after'])).toBeLessThanOrEqual(60)
    expect(told.headers['x-ratelimit-remaining']).toBe('0')
  })

  test('keeps a write that it turns away from happening', async () => {
    await using at = await start(variant, {rateLimit: 1})
    await at.ask('GET', '/health', {as: 'own'})
    const told = await at.ask('POST', `/workspaces/${at.id.agent}/secrets`, {as: 'own', json: {key: 'K', value: 'v'}})
    expect(told.status).toBe(429)
    expect(await at.secrets(at.id.agent)).not.toHaveProperty('K')
  })
})

describe.each(olderThan('june02'))('$name: the rate limit', (variant) => {
  test('counts whoever comes from one address', async () => {
    await using at = await start(variant, {rateLimit: 2})
    await at.ask('GET', '/health', {as: 'nobody'})
    await at.ask('GET', '/health', {as: 'own'})
    expect((await at.ask('GET', '/health')).status).toBe(429)
  })
})

describe.each(from('june02'))('$name: the rate limit', (variant) => {
  test('counts an organisation, else a bearer, else an address', async () => {
    await using at = await start(variant, {rateLimit: 1, orgId: ORG})
    const left = async (asked: Asked) =>
      Number((await at.ask('GET', '/health', asked)).headers['x-ratelimit-remaining'])
    expect([await left({as: 'nobody'}), await left({as: 'own'}), await left({as: 'admin', headers: org(ORG)})]).toEqual(
      [0, 0, 0],
    )
    expect((await at.ask('GET', '/health', {as: 'own'})).status).toBe(429)
    expect((await at.ask('GET', '/health', {as: 'other', headers: org(ORG)})).status).toBe(429)
    expect((await at.ask('GET', '/health', {as: 'nobody'})).status).toBe(429)
    expect((await at.ask('GET', '/health', {as: 'other'})).status).toBe(200)
  })
})

describe.each(from('june13'))('$name: the rate limit', (variant) => {
  test('is none in development, and its header says just that', async () => {
    await using at = await start(variant, {rateLimit: 'unlimited'})
    const {status, headers} = await at.ask('GET', '/workspaces')
    const told = ['limit', 'remaining', 'reset'].map((what) => headers[`x-ratelimit-${what}`])
    expect([status, ...told]).toEqual([200, 'unlimited', undefined, undefined])
  })
})

describe.each([APRIL, NEWEST])('$name: the bearer', (variant) => {
  test.each([
    ['Bearer ADMIN', 200],
    ['Bearer    ADMIN', 200],
    ['bearer ADMIN', 401],
    ['BEARER ADMIN', 401],
    ['token ADMIN', 401],
    ['ADMIN', 401],
    ['Bearer ADMIN and more', 401],
  ])('%s is answered %i', async (form, status) => {
    await using at = await start(variant)
    const authorization = form.replace('ADMIN', at.bearers.admin)
    expect((await at.ask('GET', '/workspaces', {as: {authorization}})).status).toBe(status)
  })

  test('in another case counts as none', async () => {
    await using at = await start(variant)
    const told = await at.ask('GET', '/workspaces', {as: {authorization: `bearer ${at.bearers.admin}`}})
    expect(told.json).toEqual({error: 'admin auth required'})
  })
})

import {afterEach, describe, expect, it} from 'vitest'
import {ADMIN, ID, ORG, OTHER, open} from './platform-desk.ts'
import type {Desk} from './platform-desk.ts'

const TENANT = '99999999-9999-4999-8999-999999999999'
const TOKEN = 'not-a-real-workspace-token'
let desk: Desk
afterEach(() => desk.close())

const bearer = (value: string) => ({authorization: value && `Bearer ${value}`})

describe('what every answer passes through', () => {
  it('names the rate limit on every answer and refuses when the bucket is empty', async () => {
    desk = await open([{}], {rateLimit: 2})
    const first = await desk.call('GET /health')
    expect(first.headers.get('x-ratelimit-limit')).toBe('2')
    expect(first.headers.get('x-ratelimit-remaining')).toBe('1')
    await desk.call('GET /nowhere')
    const third = await desk.call('GET /health')
    expect(third.status).toBe(429)
    expect(third.body).toEqual({error: 'rate limit exceeded', retry_after: Number(third.headers.get('retry-after'))})
  })

  it('says nothing in April and names the header in June when the tenant is missing', async () => {
    desk = await open([{}], {release: 'april', orgId: TENANT})
    const april = await desk.call('GET /workspaces')
    expect([april.status, april.text]).toEqual([404, ''])
    expect((await desk.call('GET /health')).status).toBe(200)
    await desk.close()
    desk = await open([{}], {orgId: TENANT})
    const june = await desk.call('GET /workspaces')
    expect([june.status, june.body.code]).toEqual([400, 'TENANT_ORG_HEADER_REQUIRED'])
    const wrong = await desk.call('GET /workspaces', undefined, {'x-molecule-org-id': OTHER})
    expect([wrong.status, wrong.text]).toEqual([404, ''])
    expect((await desk.call('GET /workspaces', undefined, {'x-molecule-org-id': TENANT})).status).toBe(200)
    expect((await desk.call('GET /buildinfo')).status).toBe(200)
  })

  it('lets a same-origin request without a bearer through on an April tenant image only', async () => {
    for (const [release, status] of [
      ['april', 200],
      ['aug14', 401],
    ] as const) {
      desk = await open([{}], {release, canvas: true, orgId: TENANT})
      const tenant = release === 'aug14' ? TENANT : OTHER
      const headers = {authorization: '', origin: desk.platform.url, 'x-molecule-org-id': tenant}
      expect((await desk.call(`GET /workspaces/${ID}/secrets`, undefined, headers)).status).toBe(status)
      if (release === 'april') await desk.close()
    }
  })

  it('shows the web app to requests below /workspaces/ without Origin behind the WAF', async () => {
    desk = await open([{}], {waf: true})
    const bare = await desk.call(`GET /workspaces/${ID}/secrets`)
    expect([bare.status, bare.headers.get('content-type')]).toEqual([404, 'text/html; charset=utf-8'])
    const withOrigin = await desk.call(`GET /workspaces/${ID}/secrets`, undefined, {origin: desk.platform.url})
    expect(withOrigin.status).toBe(200)
    expect((await desk.call('GET /workspaces')).status).toBe(200)
  })

  it('refuses a foreign Origin with an empty 403', async () => {
    desk = await open()
    const reply = await desk.call('GET /health', undefined, {origin: 'https://elsewhere.example'})
    expect([reply.status, reply.text]).toEqual([403, ''])
  })

  it('answers unregistered paths with plain text, or with the web app and a 200', async () => {
    desk = await open([{}], {release: 'april'})
    const plain = await desk.call('GET /buildinfo')
    expect([plain.status, plain.text]).toEqual([404, '404 page not found'])
    await desk.close()
    desk = await open([{}], {release: 'april', canvas: true})
    const page = await desk.call('GET /buildinfo')
    expect([page.status, page.text.slice(0, 15)]).toEqual([200, '<!DOCTYPE html>'])
  })

  it('redirects a slash too many, keeping the query', async () => {
    desk = await open()
    const get = await desk.call(`GET /workspaces/${ID}/?a=1`)
    expect([get.status, get.headers.get('location')]).toEqual([301, `/workspaces/${ID}?a=1`])
    expect((await desk.call(`POST /workspaces/${ID}/restart/`)).status).toBe(307)
    expect(desk.platform.restarts(ID)).toBe(0)
  })
})

describe('who may do what', () => {
  it('takes admin, org and own workspace tokens on workspace routes, whether or not the workspace exists', async () => {
    desk = await open([{tokens: [TOKEN]}, {}])
    const path = `GET /workspaces/${ID}/secrets`
    for (const token of [ADMIN, ORG, TOKEN]) expect((await desk.call(path, undefined, bearer(token))).status).toBe(200)
    expect((await desk.call(path, undefined, bearer(''))).body).toEqual({error: 'missing workspace auth token'})
    const foreign = await desk.call(`GET /workspaces/${OTHER}/secrets`, undefined, bearer(TOKEN))
    expect([foreign.status, foreign.body.error]).toEqual([401, 'invalid workspace auth token'])
    const unknown = await desk.call('GET /workspaces/33333333-3333-4333-8333-333333333333/secrets')
    expect([unknown.status, unknown.body]).toEqual([200, []])
    const lower = await desk.call(path, undefined, {authorization: `bearer ${ADMIN}`})
    expect(lower.body).toEqual({error: 'missing workspace auth token'})
  })

  it('keeps workspace tokens from admin routes', async () => {
    desk = await open([{tokens: [TOKEN]}])
    for (const token of [ADMIN, ORG]) {
      expect((await desk.call('GET /workspaces', undefined, bearer(token))).status).toBe(200)
    }
    const path = 'GET /workspaces'
    expect((await desk.call(path, undefined, bearer(''))).body).toEqual({error: 'admin auth required'})
    expect((await desk.call(path, undefined, bearer(TOKEN))).body).toEqual({error: 'invalid admin auth token'})
  })

  it('gives secret values and state only to a token of that workspace, once it has one', async () => {
    desk = await open([{tokens: [TOKEN], secrets: {K: 'v'}}, {secrets: {K: 'w'}}])
    for (const path of ['secrets/values', 'state']) {
      const admin = await desk.call(`GET /workspaces/${ID}/${path}`)
      expect([admin.status, admin.body.error]).toEqual([401, 'invalid workspace auth token'])
      expect((await desk.call(`GET /workspaces/${ID}/${path}`, undefined, bearer(TOKEN))).status).toBe(200)
    }
    expect((await desk.call(`GET /workspaces/${OTHER}/secrets/values`)).body).toEqual({K: 'w'})
  })

  it('logs whom a credential belongs to and never the credential', async () => {
    desk = await open([{tokens: [TOKEN]}])
    await desk.call(`GET /workspaces/${ID}/secrets`, undefined, bearer(TOKEN))
    expect(desk.platform.requests.map(({user}) => user)).toEqual([`workspace:${ID}`])
    expect(JSON.stringify(desk.platform.requests)).not.toContain(TOKEN)
  })

  it('mints workspace tokens by the admin path in June only, and revokes by row id', async () => {
    desk = await open([{}], {release: 'april'})
    expect((await desk.call(`POST /admin/workspaces/${ID}/tokens`)).status).toBe(404)
    await desk.close()
    desk = await open()
    const minted = await desk.call(`POST /admin/workspaces/${ID}/tokens`)
    expect([minted.status, minted.body.workspace_id]).toEqual([201, ID])
    const own = bearer(minted.body.auth_token)
    const {tokens} = (await desk.call(`GET /workspaces/${ID}/tokens`, undefined, own)).body
    const row = tokens.find(({prefix}: {prefix: string}) => minted.body.auth_token.startsWith(prefix))
    expect((await desk.call(`DELETE /workspaces/${ID}/tokens/${row.id}`)).body).toEqual({status: 'revoked'})
    expect((await desk.call(`GET /workspaces/${ID}/tokens`, undefined, own)).status).toBe(401)
    expect((await desk.call(`DELETE /workspaces/${ID}/tokens/${row.id}`)).status).toBe(404)
  })
})

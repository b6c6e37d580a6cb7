import {afterEach, describe, expect, it, vi} from 'vitest'
import {ADMIN, ID, ORG, OTHER, open} from './platform-desk.ts'
import type {Desk} from './platform-desk.ts'

const UNKNOWN = '33333333-3333-4333-8333-333333333333'
let desk: Desk
afterEach(() => desk.close())

const write = (value = 'new', {id = ID, key = 'GITEA_TOKEN', token = ADMIN} = {}) =>
  desk.call(`POST /workspaces/${id}/secrets`, {key, value}, {authorization: `Bearer ${token}`})
const pendingId = async () => (await write()).body.approval_id

describe('writing a secret', () => {
  it('is seen in the list by a later updated_at, never by its value', async () => {
    desk = await open([{secrets: {GITEA_TOKEN: 'old'}}])
    const [before] = (await desk.call(`GET /workspaces/${ID}/secrets`)).body
    expect((await write('brand-new')).body).toEqual({status: 'saved', key: 'GITEA_TOKEN'})
    const after = await desk.call(`GET /workspaces/${ID}/secrets`)
    const [row] = after.body
    expect(row).toMatchObject({key: 'GITEA_TOKEN', has_value: true, scope: 'workspace', created_at: before.created_at})
    expect(row.updated_at > before.updated_at).toBe(true)
    expect(after.text).not.toContain('brand-new')
  })

  it('refuses the body of the old runbook, empty values and upper-case ids', async () => {
    desk = await open()
    const path = `POST /workspaces/${ID}/secrets`
    for (const body of [{GITEA_TOKEN: 'x'}, {key: 'K', value: ''}, '{broken']) {
      const reply = await desk.call(path, body)
      expect([reply.status, reply.body]).toEqual([400, {error: 'invalid request body'}])
    }
    const upper = await desk.call('GET /workspaces/AAAAAAAA-1111-4111-8111-111111111111/secrets')
    expect(upper.body).toEqual({error: 'invalid workspace ID'})
    expect(desk.platform.secrets(ID)).toEqual({})
  })

  it('to a workspace that does not exist is a 500, and for the admin token in August a 403', async () => {
    desk = await open([{}], {release: 'aug14'})
    expect((await write('x', {id: UNKNOWN})).body.code).toBe('CONCIERGE_SELF_WRITE_BLOCKED')
    expect((await write('x', {id: UNKNOWN, token: ORG})).body).toEqual({error: 'failed to save secret'})
    await desk.close()
    desk = await open([{}], {release: 'june28'})
    expect((await write('x', {id: UNKNOWN})).body).toEqual({error: 'failed to save secret'})
  })

  it('to the concierge is refused to the admin token in August, and to nobody else', async () => {
    desk = await open([{kind: 'platform'}], {release: 'aug14'})
    const reply = await write()
    expect([reply.status, reply.body.code]).toEqual([403, 'CONCIERGE_SELF_WRITE_BLOCKED'])
    expect((await write('x', {token: ORG})).status).toBe(200)
    await desk.close()
    desk = await open([{kind: 'platform'}], {release: 'june28'})
    expect((await write()).status).toBe(200)
  })

  it('lists globals that are not overridden after the own ones', async () => {
    desk = await open([{secrets: {B: '1'}}], {}, {globalSecrets: {A: '2', B: '3'}})
    const rows = (await desk.call(`GET /workspaces/${ID}/secrets`)).body
    expect(rows.map(({key, scope}: {key: string; scope: string}) => `${key} ${scope}`)).toEqual([
      'B workspace',
      'A global',
    ])
  })

  it('has an opposite', async () => {
    desk = await open([{secrets: {K: 'v'}}])
    const path = `DELETE /workspaces/${ID}/secrets/K`
    expect((await desk.call(path)).body).toEqual({status: 'deleted', key: 'K'})
    expect((await desk.call(path)).status).toBe(404)
  })
})

describe('an approval', () => {
  it('is asked for by the admin token only, and stores nothing while it waits', async () => {
    desk = await open([{secrets: {GITEA_TOKEN: 'old'}}], {release: 'aug14'})
    const first = await write()
    expect(first.status).toBe(202)
    expect(first.body).toMatchObject({
      status: 'pending_approval',
      action: 'secret_write',
      reason: 'write secret GITEA_TOKEN',
    })
    expect((await write()).body.approval_id).toBe(first.body.approval_id)
    expect(desk.platform.pending()).toEqual([{id: first.body.approval_id, workspaceId: ID, key: 'GITEA_TOKEN'}])
    expect(desk.platform.secrets(ID)).toEqual({GITEA_TOKEN: 'old'})
    expect((await write('by-org', {token: ORG})).status).toBe(200)
  })

  it('lets exactly one write of that key through, whatever the value', async () => {
    desk = await open([{}], {release: 'aug14'})
    desk.platform.decide(await pendingId(), 'approved')
    expect((await write('x', {key: 'OTHER_KEY'})).status).toBe(202)
    expect((await write('another-value')).body).toEqual({status: 'saved', key: 'GITEA_TOKEN'})
    expect(desk.platform.secrets(ID)).toEqual({GITEA_TOKEN: 'another-value'})
    expect((await write('third')).status).toBe(202)
  })

  it('that was denied is not remembered: the next write asks anew', async () => {
    desk = await open([{}], {release: 'aug14'})
    const id = await pendingId()
    const decided = await desk.call(`POST /workspaces/${ID}/approvals/${id}/decide`, {decision: 'denied'})
    expect(decided.body).toEqual({status: 'denied', approval_id: id})
    const [row] = (await desk.call(`GET /workspaces/${ID}/approvals`)).body
    expect([row.id, row.status]).toEqual([id, 'denied'])
    expect(await pendingId()).not.toBe(id)
  })

  it('given to one workspace lets nothing through to another', async () => {
    desk = await open([{}, {}], {release: 'aug14'})
    desk.platform.decide(await pendingId(), 'approved')
    expect((await write('x', {id: OTHER})).status).toBe(202)
    expect((await write()).status).toBe(200)
  })

  it('can be demanded of org tokens, for one workspace alone', async () => {
    desk = await open([{approval: true}, {}], {release: 'aug14'})
    expect((await write('x', {token: ORG})).status).toBe(202)
    expect((await write('x', {id: OTHER, token: ORG})).status).toBe(200)
  })

  it('is withdrawn once, by its own workspace', async () => {
    desk = await open([{}, {}], {release: 'aug14'})
    const id = await pendingId()
    const withdraw = (workspace: string) => desk.call(`POST /workspaces/${workspace}/approvals/${id}/withdraw`)
    expect((await withdraw(OTHER)).body).toEqual({error: 'not the requester'})
    expect((await withdraw(ID)).body).toEqual({status: 'withdrawn', approval_id: id})
    expect((await withdraw(ID)).status).toBe(409)
  })

  it('older than ten minutes is denied in April by looking at the pending ones, in June it waits', async () => {
    for (const [release, status] of [
      ['april', 'denied'],
      ['aug14', 'pending'],
    ] as const) {
      desk = await open([{}], {release})
      const {body} = await desk.call(`POST /workspaces/${ID}/approvals`, {action: 'deploy'})
      vi.useFakeTimers({toFake: ['Date'], now: Date.now() + 601_000})
      await desk.call('GET /approvals/pending')
      vi.useRealTimers()
      const [row] = (await desk.call(`GET /workspaces/${ID}/approvals`)).body
      expect([row.id, row.status]).toEqual([body.approval_id, status])
      if (release === 'april') await desk.close()
    }
  })
})

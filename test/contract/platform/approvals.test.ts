import {afterEach, describe, expect, test, vi} from 'vitest'
import {
  from,
  olderThan,
  bodyOf,
  NEW_VALUE,
  NEWEST,
  OLD_VALUE,
  pause,
  since,
  start,
  UNKNOWN,
  VARIANTS,
  type Target,
  type Told,
} from './target.ts'

const secretsOf = ({id}: Target) => `/workspaces/${id.agent}/secrets`
const approvalsOf = ({id}: Target) => `/workspaces/${id.agent}/approvals`
/** The newest, hosted, or whichever deployment of it is given: both have the gate. */
const GATED = from('aug14').at(-1) ?? NEWEST
const gated = () => start(GATED)

function write(
  at: Target,
  key = 'GITEA_TOKEN',
  value = NEW_VALUE,
  as: 'admin' | 'org' | 'own' = 'admin',
): Promise<Told> {
  return at.ask('POST', secretsOf(at), {as, json: {key, value}})
}

async function pendingId(at: Target, key?: string): Promise<string> {
  const told = await write(at, key)
  if (told.status !== 202) throw new Error(`not pending: ${told.status} ${told.text}`)
  return idOf(told)
}

function idOf(told: Told): string {
  return bodyOf<{approval_id: string}>(told).approval_id
}

function decide(at: Target, id: string, body: object, workspace: string = at.id.agent): Promise<Told> {
  return at.ask('POST', `/workspaces/${workspace}/approvals/${id}/decide`, {json: body})
}

describe('aug14: a write that waits for a person', () => {
  test('is a 202 that stores and restarts nothing', async () => {
    await using at = await gated()
    const told = await write(at)
    expect(told.status).toBe(202)
    expect(told.json).toEqual({
      status: 'pending_approval',
      approval_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
      action: expect.any(String),
      reason: 'write secret GITEA_TOKEN',
    })
    await pause(100)
    expect((await at.secrets(at.id.agent))['GITEA_TOKEN']).toBe(OLD_VALUE)
    expect(await at.restarts(at.id.agent)).toBe(0)
  })

  test('keeps its id when sent again, whatever the value; another key gets another', async () => {
    await using at = await gated()
    const first = await pendingId(at)
    expect(idOf(await write(at, 'GITEA_TOKEN', 'c'.repeat(40)))).toBe(first)
    expect(await pendingId(at, 'OTHER_KEY')).not.toBe(first)
  })

  test('is stored by the same request after approval, once', async () => {
    await using at = await gated()
    const id = await pendingId(at)
    expect(await decide(at, id, {decision: 'approved', decided_by: 'a person'})).toMatchObject({
      status: 200,
      json: {status: 'approved', approval_id: id},
    })
    expect((await at.secrets(at.id.agent))['GITEA_TOKEN']).toBe(OLD_VALUE)
    expect(await write(at)).toMatchObject({status: 200, json: {status: 'saved'}})
    expect((await at.secrets(at.id.agent))['GITEA_TOKEN']).toBe(NEW_VALUE)
    const again = await write(at)
    expect(again.status).toBe(202)
    expect(idOf(again)).not.toBe(id)
  })

  test('that was denied is forgotten: the next request asks anew', async () => {
    await using at = await gated()
    const id = await pendingId(at)
    await decide(at, id, {decision: 'denied'})
    expect(await pendingId(at)).not.toBe(id)
  })

  test.each(['org', 'own'] as const)('does not exist for the %s token', async (as) => {
    await using at = await gated()
    expect((await write(at, 'GITEA_TOKEN', NEW_VALUE, as)).status).toBe(200)
  })

  test('also exists for the org token, where the server is told so', async () => {
    await using at = await start(GATED, {approvals: true})
    expect((await write(at, 'GITEA_TOKEN', NEW_VALUE, 'org')).status).toBe(202)
  })

  test('exists for the admin token also where the server is told otherwise', async () => {
    await using at = await start(GATED, {approvals: false})
    expect((await write(at)).status).toBe(202)
    expect((await at.secrets(at.id.agent))['GITEA_TOKEN']).toBe(OLD_VALUE)
  })

  test.each(olderThan('aug14'))('does not exist before July: $name', async (variant) => {
    await using at = await start(variant)
    expect(await write(at)).toMatchObject({status: 200, json: {status: 'saved'}})
    expect(await at.get('/approvals/pending')).toEqual([])
  })

  test('is shown to the workspace and to the admin', async () => {
    await using at = await gated()
    const id = await pendingId(at)
    expect(await at.get(approvalsOf(at), {as: 'own'})).toMatchObject([
      {id, task_id: null, action: expect.any(String), status: 'pending', decided_by: null, decided_at: null},
    ])
    expect(await at.get('/approvals/pending')).toMatchObject([
      {id, workspace_id: at.id.agent, workspace_name: 'agent-dev-a', status: 'pending', created_at: expect.any(String)},
    ])
    await decide(at, id, {decision: 'denied'})
    expect(await at.get(approvalsOf(at))).toMatchObject([{id, status: 'denied'}])
    expect(await at.get('/approvals/pending')).toEqual([])
  })
})

describe.each(VARIANTS)('$name: deciding', (variant) => {
  async function requested(at: Target): Promise<string> {
    const told = await at.ask('POST', approvalsOf(at), {as: 'own', json: {action: 'deploy', reason: 'please'}})
    expect(told).toMatchObject({status: 201, json: {status: 'pending', approval_id: expect.any(String)}})
    return idOf(told)
  }

  test('takes a decision once', async () => {
    await using at = await start(variant)
    const id = await requested(at)
    expect((await decide(at, id, {decision: 'denied'})).json).toEqual({status: 'denied', approval_id: id})
    expect(await decide(at, id, {decision: 'approved'})).toMatchObject({
      status: 404,
      json: {error: 'approval not found or already decided'},
    })
    expect(await at.get<object[]>(approvalsOf(at))).toMatchObject([
      {id, action: 'deploy', reason: 'please', status: 'denied', decided_at: expect.any(String)},
    ])
  })

  test.each([
    [{approved: true}, 'invalid request body'],
    [{decision: 'maybe'}, "decision must be 'approved' or 'denied'"],
  ])('refuses %j', async (body, error) => {
    await using at = await start(variant)
    expect(await decide(at, await requested(at), body)).toMatchObject({status: 400, json: {error}})
  })

  test('wants an action to ask for', async () => {
    await using at = await start(variant)
    expect(await at.ask('POST', approvalsOf(at), {json: {}})).toMatchObject({
      status: 400,
      json: {error: 'invalid request body'},
    })
  })

  describe('after eleven minutes', () => {
    afterEach(() => {
      vi.useRealTimers()
    })

    const expires = !since('june28', variant)

    test(`a request ${expires ? 'expires by reading the global list' : 'still waits'}`, async () => {
      await using at = await start(variant)
      const id = await requested(at)
      // Its clock is the simulator's.
      expect(at.simulator.options.release).toBe(variant.release)
      vi.useFakeTimers({toFake: ['Date'], now: Date.now() + 11 * 60_000})
      expect(await at.get(approvalsOf(at))).toMatchObject([{id, status: 'pending'}])
      const listed = await at.get<{id: string}[]>('/approvals/pending')
      expect(listed.map((row) => row.id)).toEqual(expires ? [] : [id])
      expect(await at.get(approvalsOf(at))).toMatchObject([
        expires ? {id, status: 'denied', decided_by: 'auto-expired'} : {id, status: 'pending', decided_by: null},
      ])
    })
  })
})

describe('withdrawing', () => {
  const withdraw = (at: Target, id: string, workspace: string = at.id.agent) =>
    at.ask('POST', `/workspaces/${workspace}/approvals/${id}/withdraw`)

  test('aug14: is for the requester, once', async () => {
    await using at = await gated()
    const id = await pendingId(at)
    expect(await withdraw(at, id, at.id.other)).toMatchObject({status: 403, json: {error: 'not the requester'}})
    expect(await withdraw(at, UNKNOWN)).toMatchObject({status: 404, json: {error: 'approval not found'}})
    expect(await withdraw(at, id)).toMatchObject({status: 200, json: {status: 'withdrawn', approval_id: id}})
    expect(await withdraw(at, id)).toMatchObject({
      status: 409,
      json: {error: 'approval not pending (already decided or withdrawn)'},
    })
    expect(await at.get(approvalsOf(at))).toMatchObject([{id, status: 'withdrawn'}])
  })

  test.each(olderThan('june28'))('$name: has no such route', async (variant) => {
    await using at = await start(variant)
    expect((await withdraw(at, UNKNOWN)).json).toBeUndefined()
  })
})

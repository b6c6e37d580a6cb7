import {describe, expect, test} from 'vitest'
import {Secret} from '../../../src/secret.ts'
import {bench, ID, row, type Reply} from './server.ts'

const VALUE = 'b'.repeat(32) + '00000001'
const value = new Secret(VALUE)
const guard = {
  status: 403,
  json: {error: 'concierge', workspace_id: ID, key: 'K', code: 'CONCIERGE_SELF_WRITE_BLOCKED'},
}
const missing = {status: 404, json: {error: 'workspace not found'}}

/** The write's answer on its path, and the workspace on its own. */
function writing(reply: Reply, workspace: Reply = {json: row()}): Record<string, Reply> {
  return {[`/workspaces/${ID}/secrets`]: reply, [`/workspaces/${ID}`]: workspace}
}

describe('storing a secret', () => {
  test('sends key and value, by their names', async () => {
    await using at = await bench([{json: {status: 'saved', key: 'GITEA_TOKEN'}}])
    expect(await at.client.putSecret(ID.toUpperCase(), 'GITEA_TOKEN', value)).toEqual({kind: 'saved'})
    expect(at.got).toMatchObject([{method: 'POST', path: `/workspaces/${ID}/secrets`}])
    expect(at.got[0]?.headers['content-type']).toBe('application/json')
    expect(JSON.parse(at.got[0]?.body ?? '')).toEqual({key: 'GITEA_TOKEN', value: VALUE})
  })

  test('that waits for a person is pending with its approval', async () => {
    const json = {status: 'pending_approval', approval_id: 'a1', action: 'secret_write', reason: 'write secret K'}
    await using at = await bench([{status: 202, json}])
    expect(await at.client.putSecret(ID, 'K', value)).toEqual({
      kind: 'pending',
      approvalId: 'a1',
      reason: 'write secret K',
    })
  })

  test('of the concierge is refused with the platform’s code', async () => {
    await using at = await bench(writing(guard))
    expect(await at.client.putSecret(ID, 'K', value)).toEqual({
      kind: 'refused',
      code: 'CONCIERGE_SELF_WRITE_BLOCKED',
      reason: 'concierge',
    })
  })

  test.each<[string, Reply]>([
    ['the guard that cannot look up the kind', guard],
    ['a foreign key that does not hold', {status: 500, json: {error: 'failed to save secret'}}],
  ])('in a workspace that does not exist is recognised behind %s', async (_what, reply) => {
    await using at = await bench(writing(reply, missing))
    await expect(at.client.putSecret(ID, 'K', value)).rejects.toMatchObject({code: 'WORKSPACE_NOT_FOUND'})
  })

  test.each<[Reply, string, number]>([
    [{status: 500, json: {error: 'failed to save secret'}}, 'SECRET_NOT_SAVED', 5],
    [{status: 500, json: {error: 'failed to encrypt secret'}}, 'SECRET_NOT_SAVED', 5],
    [{status: 500, json: {error: 'approval gate failed'}}, 'SECRET_NOT_SAVED', 5],
    [{status: 500, json: {error: 'something else'}}, 'WRITE_IN_DOUBT', 7],
    [{status: 502, json: {error: 'bad gateway'}}, 'WRITE_IN_DOUBT', 7],
    [{status: 200, json: {status: 'ok'}}, 'WRITE_IN_DOUBT', 7],
    [{status: 201, json: {status: 'saved', key: 'K'}}, 'WRITE_IN_DOUBT', 7],
    [{status: 202, json: {status: 'queued'}}, 'WRITE_IN_DOUBT', 7],
    [{status: 400, json: {error: 'invalid request body'}}, 'PLATFORM_UNEXPECTED', 5],
    [{status: 403, json: {error: "org token not authorized for this workspace's org"}}, 'PLATFORM_TOKEN_REJECTED', 4],
  ])('answered %j counts as not stored: %s', async (reply, code, exit) => {
    await using at = await bench(writing(reply))
    await expect(at.client.putSecret(ID, 'K', value)).rejects.toMatchObject({code, exit})
    expect(at.got.filter((got) => got.method === 'POST')).toHaveLength(1)
  })

  test('under a vendor’s key is refused', async () => {
    const error = 'direct vendor key writes are blocked for platform-managed workspaces; use the settings'
    await using at = await bench([{status: 400, json: {error, key: 'HF_TOKEN', workspace_id: ID}}])
    expect(await at.client.putSecret(ID, 'HF_TOKEN', value)).toMatchObject({
      kind: 'refused',
      code: 'VENDOR_KEY_BLOCKED',
    })
  })

  test.each(['', '1KEY', 'MY-KEY', 'MY KEY', 'KEY=', 'KEY\n'])('under the name %j is not sent', async (key) => {
    await using at = await bench([{json: {status: 'saved', key}}])
    await expect(at.client.putSecret(ID, key, value)).rejects.toMatchObject({code: 'SECRET_KEY_INVALID', exit: 2})
    expect(at.got).toEqual([])
  })

  test.each(['', 'two\nlines', 'two\rlines', 'nul\0'])('of the value %j is not sent', async (text) => {
    await using at = await bench([{json: {status: 'saved', key: 'K'}}])
    const error = await at.client.putSecret(ID, 'K', new Secret(text)).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({code: 'SECRET_VALUE_INVALID', exit: 2})
    expect(at.got).toEqual([])
  })
})

describe('the listed row of a secret', () => {
  const listed = (key: string, scope: string, updated: string) => ({
    key,
    has_value: true,
    scope,
    created_at: '2026-11-01T00:00:00.1Z',
    updated_at: updated,
  })

  test('is the workspace’s own, to the microsecond', async () => {
    await using at = await bench([
      {
        json: [
          listed('OTHER', 'workspace', 'x'),
          listed('K', 'global', 'y'),
          listed('K', 'workspace', '2026-11-22T11:00:00.123456Z'),
        ],
      },
    ])
    expect(await at.client.secretRow(ID, 'K')).toEqual({
      key: 'K',
      scope: 'workspace',
      updatedAt: '2026-11-22T11:00:00.123456Z',
    })
  })

  test('is looked for again where the list is empty', async () => {
    await using at = await bench([{json: []}, {json: [listed('K', 'workspace', 'x')]}])
    expect(await at.client.secretRow(ID, 'K')).toMatchObject({updatedAt: 'x'})
  })

  test('is the global one where the workspace has none, and nothing where there is neither', async () => {
    await using at = await bench([{json: [listed('K', 'global', 'y')]}])
    expect(await at.client.secretRow(ID, 'K')).toMatchObject({scope: 'global'})
    expect(await at.client.secretRow(ID, 'k')).toBeUndefined()
  })

  test('a global one is told by its key alone', async () => {
    await using at = await bench({'/settings/secrets': {json: [{key: 'K', has_value: true, scope: 'global'}]}})
    expect([await at.client.hasGlobalSecret('K'), await at.client.hasGlobalSecret('k')]).toEqual([true, false])
  })

  test('a global one is looked for again where the list is empty', async () => {
    await using at = await bench([{json: []}, {json: [{key: 'K', has_value: true, scope: 'global'}]}])
    expect(await at.client.hasGlobalSecret('K')).toBe(true)
  })

  test.each<[string, Reply]>([
    ['a page', {text: '<html>', headers: {'content-type': 'text/html'}}],
    ['something else', {json: {secrets: []}}],
  ])('whether there is a global one is not guessed from %s', async (_what, reply) => {
    await using at = await bench({'/settings/secrets': reply})
    await expect(at.client.hasGlobalSecret('K')).rejects.toMatchObject({category: 'unavailable'})
  })
})

describe('an approval', () => {
  test.each([
    ['pending', 'pending'],
    ['approved', 'approved'],
    ['denied', 'denied'],
    ['withdrawn', 'withdrawn'],
    ['escalated', 'pending'],
    ['something new', 'unknown'],
  ])('listed as %s is %s', async (status, expected) => {
    await using at = await bench([
      {
        json: [
          {id: 'a0', status: 'denied'},
          {id: 'a1', action: 'secret_write', status},
        ],
      },
    ])
    expect(await at.client.approval(ID, 'a1')).toBe(expected)
    expect(at.got.map((got) => got.path)).toEqual([`/workspaces/${ID}/approvals`])
  })

  test('that is not listed is unknown, and the global list is left alone', async () => {
    await using at = await bench([{json: []}])
    expect(await at.client.approval(ID, 'a1')).toBe('unknown')
    expect(at.got).toHaveLength(1)
  })
})

describe('withdrawing an approval', () => {
  test.each<[Reply, string]>([
    [{json: {status: 'withdrawn', approval_id: 'a/1'}}, 'withdrawn'],
    [{status: 409, json: {error: 'approval not pending (already decided or withdrawn)'}}, 'decided'],
    [{status: 404, json: {error: 'approval not found'}}, 'absent'],
  ])('answered by %j', async (reply, expected) => {
    await using at = await bench([reply])
    expect(await at.client.withdrawApproval(ID, 'a/1')).toBe(expected)
    expect(at.got).toMatchObject([{method: 'POST', path: `/workspaces/${ID}/approvals/a%2F1/withdraw`}])
  })

  test.each<[Reply, string]>([
    [{status: 403, json: {error: 'not the requester'}}, 'PLATFORM_UNEXPECTED'],
    [{status: 500, json: {error: 'failed to withdraw'}}, 'PLATFORM_UNAVAILABLE'],
    [{status: 404, text: '<html>canvas</html>', headers: {'content-type': 'text/html'}}, 'WRITE_IN_DOUBT'],
    [{status: 200, text: '<html>canvas</html>', headers: {'content-type': 'text/html'}}, 'WRITE_IN_DOUBT'],
    [{status: 409, json: {error: 'conflict'}}, 'WRITE_IN_DOUBT'],
  ])('answered by %j is told: %s', async (reply, code) => {
    await using at = await bench([reply])
    await expect(at.client.withdrawApproval(ID, 'a1')).rejects.toMatchObject({code})
    expect(at.got).toHaveLength(1)
  })
})

import {describe, expect, test} from 'vitest'
import {askBySchedule} from '../../../src/smoke/cron.ts'
import {bench, ID, reset, type Reply} from './server.ts'

const question = {messageId: 'm-1', text: 'hello', timeoutMs: 5000}
const said = (...texts: string[]) => ({parts: texts.map((text) => ({kind: 'text', text}))})

describe('asking an agent', () => {
  test('sends the message under our id, without a caller', async () => {
    await using at = await bench([{json: {jsonrpc: '2.0', id: 'm-1', result: said('hi')}}])
    expect(await at.client.askAgent(ID, question)).toEqual({kind: 'replied', text: 'hi'})
    expect(at.got).toMatchObject([{method: 'POST', path: `/workspaces/${ID}/a2a`}])
    expect(at.got[0]?.headers).not.toHaveProperty('x-workspace-id')
    expect(JSON.parse(at.got[0]?.body ?? '')).toMatchObject({
      jsonrpc: '2.0',
      method: 'message/send',
      params: {message: {role: 'user', messageId: 'm-1', parts: [{kind: 'text', text: 'hello'}]}},
    })
  })

  test.each<[Reply, object]>([
    [{json: {jsonrpc: '2.0', error: {code: -32603, message: 'boom'}}}, {kind: 'rpc-error', code: -32603}],
    [{json: {jsonrpc: '2.0'}}, {kind: 'unreadable', why: 'it holds neither a result nor an error'}],
    [
      {text: '{"jsonrpc":"2.0","result":{"parts":[{"kind":"text","te', headers: {'content-type': 'application/json'}},
      {kind: 'unreadable', why: 'it holds neither a result nor an error'},
    ],
    [
      {status: 202, json: {queued: true, queue_id: 'q1', queue_depth: 2, message: 'busy'}},
      {kind: 'queued', queueId: 'q1'},
    ],
    [
      {status: 402, json: {error: 'workspace budget limit exceeded'}},
      {kind: 'refused', status: 402, why: 'workspace budget limit exceeded'},
    ],
    [
      {status: 404, json: {error: 'workspace not found'}},
      {kind: 'refused', status: 404, why: 'workspace not found'},
    ],
    [
      {status: 404, json: {error: 'no such method'}},
      {kind: 'agent-error', status: 404},
    ],
    [{status: 502, json: {error: 'failed to reach workspace agent'}}, {kind: 'unreachable'}],
    [
      {status: 502, json: {error: 'workspace URL is not publicly routable'}},
      {kind: 'refused', status: 502, why: 'workspace URL is not publicly routable'},
    ],
    [
      {status: 502, json: {error: 'failed to read agent response', delivery_confirmed: true}},
      {kind: 'lost', delivered: true},
    ],
    [
      {status: 502, json: {error: 'failed to read agent response', delivery_confirmed: false}},
      {kind: 'lost', delivered: false},
    ],
    [
      {status: 503, json: {error: 'workspace has no URL', status: 'provisioning'}},
      {kind: 'not-ready', status: 'provisioning'},
    ],
    [
      {status: 503, json: {error: 'waking', waking: true, retry_after: 15}, headers: {'retry-after': '15'}},
      {kind: 'not-ready', status: 'hibernated', retryAfterMs: 15_000},
    ],
    [{status: 503, json: {error: 'unreachable', restarting: true}}, {kind: 'restarting'}],
    [
      {status: 503, json: {error: 'busy', busy: true, retry_after: 30}},
      {kind: 'busy', retryAfterMs: 30_000},
    ],
    [{status: 500, json: {error: 'lookup failed'}}, {kind: 'unreachable'}],
    [
      {status: 500, json: {error: 'Internal Server Error'}},
      {kind: 'agent-error', status: 500},
    ],
    [
      {status: 401, json: {error: 'Unauthorized'}},
      {kind: 'agent-error', status: 401},
    ],
    [
      {status: 429, json: {error: 'slow down'}},
      {kind: 'agent-error', status: 429},
    ],
    [reset, {kind: 'lost', delivered: false}],
    [
      {status: 504, headers: {'content-type': 'text/html'}, text: '<html></html>'},
      {kind: 'lost', delivered: false},
    ],
  ])('takes %j for what it is, and sends the message once', async (reply, outcome) => {
    await using at = await bench([reply])
    expect(await at.client.askAgent(ID, question)).toMatchObject(outcome)
    expect(at.got).toHaveLength(1)
  })

  test('has lost the answer when the agent is too slow', async () => {
    await using at = await bench([() => {}])
    expect(await at.client.askAgent(ID, {...question, timeoutMs: 100})).toEqual({kind: 'lost', delivered: false})
  })

  test('is no use with a credential that the platform rejects', async () => {
    await using at = await bench([{status: 401, json: {error: 'invalid caller auth token'}}])
    await expect(at.client.askAgent(ID, question)).rejects.toMatchObject({code: 'PLATFORM_TOKEN_REJECTED'})
  })
})

describe('finding a reply', () => {
  const activity = (messageId: string, fields: object) => ({
    id: 'x',
    activity_type: 'a2a_receive',
    status: 'ok',
    request_body: {params: {message: {messageId, parts: [{kind: 'text', text: `about ${messageId}`}]}}},
    ...fields,
  })
  const answered = {response_body: {result: said('here')}}

  test.each([
    [[activity('m-2', answered), activity('m-1', answered)], {kind: 'replied', text: 'here'}],
    [[activity('m-2', answered)], {kind: 'none'}],
    [[activity('m-1', {})], {kind: 'none'}],
    [[activity('m-1', {response_body: {error: {code: 5}}})], {kind: 'rpc-error', code: 5}],
    [[activity('m-1', {status: 'error', error_detail: 'down'})], {kind: 'failed'}],
    [[activity('m-1', {status: 'error'}), activity('m-1', answered)], {kind: 'replied', text: 'here'}],
    [[{activity_type: 'cron_run', status: 'ok'}], {kind: 'none'}],
  ])('of our message in %j', async (json, found) => {
    await using at = await bench([{json}])
    expect(await at.client.findReply(ID, {messageId: 'm-1'})).toEqual(found)
  })

  test('to a scheduled prompt goes by the nonce in it', async () => {
    await using at = await bench([{json: [activity('cron-1', {}), activity('nonce77', answered)]}])
    expect(await at.client.findReply(ID, {nonce: 'nonce77'})).toEqual({kind: 'replied', text: 'here'})
    expect(await at.client.findReply(ID, {nonce: 'nonce78'})).toEqual({kind: 'none'})
  })
})

describe('schedules', () => {
  test('are created by cron expression and prompt, enabled', async () => {
    await using at = await bench([{status: 201, json: {id: 's1', status: 'created', next_run_at: null}}])
    expect(await at.client.createSchedule(ID, {name: 'n', cron: '* * * * *', prompt: 'p'})).toBe('s1')
    expect(JSON.parse(at.got[0]?.body ?? '')).toMatchObject({
      name: 'n',
      cron_expr: '* * * * *',
      prompt: 'p',
      enabled: true,
    })
  })

  test('that are refused are not made', async () => {
    await using at = await bench([{status: 400, json: {error: 'cron_expr and prompt are required'}}])
    await expect(at.client.createSchedule(ID, {name: 'n', cron: '', prompt: ''})).rejects.toMatchObject({
      code: 'PLATFORM_UNEXPECTED',
    })
  })

  test('are listed with what became of them', async () => {
    await using at = await bench([{json: [{id: 's1', name: 'n', run_count: 2, last_status: 'ok', prompt: 'p'}]}])
    expect(await at.client.schedules(ID)).toEqual([{id: 's1', name: 'n', runCount: 2, lastStatus: 'ok'}])
  })

  test.each<[Reply, string]>([
    [{json: {status: 'deleted'}}, 'deleted'],
    [{status: 404, json: {error: 'schedule not found'}}, 'absent'],
  ])('are deleted by id: %j', async (reply, outcome) => {
    await using at = await bench([reply])
    expect(await at.client.deleteSchedule(ID, 's1')).toBe(outcome)
    expect(at.got).toMatchObject([{method: 'DELETE', path: `/workspaces/${ID}/schedules/s1`}])
  })

  test('are deleted after Ctrl-C too, by a smoke test that it ended', async () => {
    const stop = new AbortController()
    const made = {status: 201, json: {id: 's1', status: 'created', next_run_at: null}}
    await using at = await bench(
      {
        [`/workspaces/${ID}/schedules`]: made,
        [`/workspaces/${ID}/activity`]: () => stop.abort(),
        [`/workspaces/${ID}/schedules/s1`]: {json: {status: 'deleted'}},
      },
      {signal: stop.signal},
    )
    const ports = {agent: at.client, clock: {now: Date.now, sleep: async () => {}}, newId: () => 'm-1'}
    const asked = askBySchedule(ports, ID, {nonce: 'n0nce', text: 'p'}, Date.now() + 60_000)
    await expect(asked).rejects.toMatchObject({code: 'INTERRUPTED'})
    expect(at.got.at(-1)).toMatchObject({method: 'DELETE', path: `/workspaces/${ID}/schedules/s1`})
  })
})

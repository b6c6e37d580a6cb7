import {describe, expect, test} from 'vitest'
import {askBySchedule} from '../../../src/smoke/cron.ts'
import {bench, ID, reset, TOKEN, type Reply} from './server.ts'

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
      {kind: 'queued', queueId: 'q1', why: 'the platform has queued the question until it has time'},
    ],
    [
      {status: 202, json: {queued: true, queue_id: null}},
      {kind: 'queued', queueId: undefined},
    ],
    [{status: 202, json: {queued: false}}, {kind: 'unreadable'}],
    [{status: 202, json: {accepted: true}}, {kind: 'unreadable'}],
    [
      {json: {status: 'queued', delivery_mode: 'poll', method: 'message/send'}},
      {kind: 'queued', queueId: undefined, why: 'the platform keeps the question until it comes to fetch it'},
    ],
    [
      {json: {status: 'queued', delivery_mode: 'push-async', method: 'message/send'}},
      {kind: 'queued', queueId: undefined, why: 'it works on the question for longer than the platform waits'},
    ],
    [{json: {status: 'queued', queued: true, queue_id: 'q2'}}, {kind: 'queued', queueId: 'q2'}],
    [{json: {status: 'queued', queue_id: 'a'.repeat(200)}}, {kind: 'queued', queueId: 'a'.repeat(200)}],
    [{json: {status: 'queued', queue_id: '0f6a-B_2.3:4'}}, {kind: 'queued', queueId: '0f6a-B_2.3:4'}],
    // What is no plain word is no id: only the activity is looked at.
    ...['', '..', '.a', 'a/../b', 'q?1', 'a b', '\ud800', 'a\n', 'a'.repeat(201), 7].map((id): [Reply, object] => [
      {json: {status: 'queued', queued: true, queue_id: id}},
      {kind: 'queued', queueId: undefined},
    ]),
    [{json: {status: 'queued', result: said('here')}}, {kind: 'replied', text: 'here'}],
    [{json: {status: 'done'}}, {kind: 'unreadable'}],
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
    [
      {status: 503, json: {error: 'busy', busy: true}},
      {kind: 'busy', retryAfterMs: 30_000},
    ],
    [
      {status: 503, json: {error: 'agent starting'}},
      {kind: 'busy', retryAfterMs: 30_000},
    ],
    [
      {status: 503, json: {error: 'agent starting'}, headers: {'retry-after': '7'}},
      {kind: 'busy', retryAfterMs: 7000},
    ],
    [
      {status: 504, json: {error: 'timeout'}},
      {kind: 'lost', delivered: false},
    ],
    [
      {status: 502, json: {error: 'something else'}},
      {kind: 'agent-error', status: 502},
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
      {status: 401, json: {error: 'bad auth token'}},
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
  const activity = (nonce: string, fields: object) => ({
    id: 'x',
    activity_type: 'a2a_receive',
    status: 'ok',
    request_body: {params: {message: {messageId: 'm', parts: [{kind: 'text', text: `Nonce: ${nonce}`}]}}},
    ...fields,
  })
  const answered = {response_body: {result: said('here')}}
  const notice = (result: string) => ({
    activity_type: 'a2a_receive',
    method: 'notify',
    status: 'ok',
    response_body: {result},
  })

  test.each([
    [[activity('n2', answered), activity('n1', answered)], {kind: 'replied', text: 'here'}],
    [[activity('n2', answered)], {kind: 'none'}],
    [[activity('n1', {})], {kind: 'none'}],
    [[activity('n1', {response_body: null})], {kind: 'none'}],
    [[activity('n1', {response_body: {status: 'queued', delivery_mode: 'poll'}})], {kind: 'none'}],
    [[activity('n1', {response_body: {error: {code: 5}}})], {kind: 'rpc-error', code: 5}],
    [[activity('n1', {response_body: {error: {code: 5}}}), activity('n1', answered)], {kind: 'replied', text: 'here'}],
    [
      [activity('n1', {response_body: {result: said('late')}}), activity('n1', answered)],
      {kind: 'replied', text: 'late\nhere'},
    ],
    [[activity('n1', {status: 'error', error_detail: 'down'})], {kind: 'failed'}],
    [[activity('n1', {status: 'error'}), activity('n1', answered)], {kind: 'replied', text: 'here'}],
    [[activity('n2', {status: 'error'})], {kind: 'none'}],
    [[activity('n1', {}), notice('line n1')], {kind: 'replied', text: 'line n1', meanwhile: true}],
    [[{...notice('line n1'), request_body: null}], {kind: 'replied', text: 'line n1', meanwhile: true}],
    [[notice('on it, n1'), activity('n1', answered)], {kind: 'replied', text: 'on it, n1\nhere'}],
    [[notice('on it, n1'), activity('n1', {status: 'error'})], {kind: 'replied', text: 'on it, n1', meanwhile: true}],
    [[notice('line n2')], {kind: 'none'}],
    [[activity('n2', {response_body: {result: said('n1')}})], {kind: 'none'}],
    [[{activity_type: 'cron_run', status: 'ok'}], {kind: 'none'}],
  ])('to our question in %j', async (json, found) => {
    await using at = await bench([{json}])
    expect(await at.client.findReply(ID, 'n1')).toEqual(found)
  })

  test.each<[Reply]>([[{status: 404, json: {error: 'no'}}], [{json: {rows: []}}]])(
    'is no use with %j',
    async (reply) => {
      await using at = await bench([reply])
      await expect(at.client.findReply(ID, 'n1')).rejects.toMatchObject({category: 'unavailable'})
    },
  )
})

describe('a question in the queue', () => {
  const row = (status: string, more: object = {}) => ({json: {queue_id: 'q1', workspace_id: ID, status, ...more}})

  test.each<[Reply, object]>([
    [row('queued'), {kind: 'waiting'}],
    [row('dispatched'), {kind: 'waiting'}],
    [row('something new'), {kind: 'waiting'}],
    [{status: 404, json: {error: 'queue item not found', retryable: true}}, {kind: 'waiting'}],
    [row('completed', {response_body: {result: said('here')}}), {kind: 'replied', text: 'here'}],
    [row('completed', {response_body: {error: {code: 5}}}), {kind: 'rpc-error', code: 5}],
    [row('completed'), {kind: 'over', why: 'it left the queue without an answer'}],
    [
      row('completed', {response_body: {error: 'workspace busy'}}),
      {kind: 'over', why: 'it left the queue without an answer'},
    ],
    [row('queued', {response_body: {result: said('not yet')}}), {kind: 'waiting'}],
    ...['failed', 'dropped', 'expired'].map((status): [Reply, object] => [
      row(status),
      {kind: 'over', why: `the platform's queue gave it up (${status})`},
    ]),
  ])('that answers %j is %j', async (reply, state) => {
    await using at = await bench([reply])
    expect(await at.client.queueState(ID, 'q/1')).toEqual(state)
    expect(at.got).toMatchObject([{method: 'GET', path: `/workspaces/${ID}/a2a/queue/q%2F1`}])
    expect(at.got[0]?.headers).toMatchObject({'x-workspace-id': ID, authorization: `Bearer ${TOKEN}`})
  })

  test.each<[Reply]>([
    [{status: 401, json: {error: 'caller identity required'}}],
    [{status: 403, json: {error: 'access denied'}}],
    [{status: 404, json: {error: 'no'}}],
    [{status: 404, text: '404 page not found', headers: {'content-type': 'text/plain'}}],
    [{text: '<html></html>', headers: {'content-type': 'text/html'}}],
    [{status: 201, json: {status: 'queued'}}],
    [{json: []}],
  ])('is not known by %j', async (reply) => {
    await using at = await bench([reply])
    await expect(at.client.queueState(ID, 'q1')).rejects.toMatchObject({category: 'unavailable'})
  })
})

describe('an agent that nests without end', () => {
  const deep = '['.repeat(20_000) + ']'.repeat(20_000)
  const sent = (text: string): Reply => ({text, headers: {'content-type': 'application/json'}})

  test('is heard as any other', async () => {
    await using at = await bench([sent(`{"result":{"parts":[{"kind":"text","text":"hi"}],"metadata":${deep}}}`)])
    expect(await at.client.askAgent(ID, question)).toEqual({kind: 'replied', text: 'hi'})
  })

  test('is unreadable where that is all it says', async () => {
    await using at = await bench([sent(deep)])
    expect(await at.client.askAgent(ID, question)).toMatchObject({kind: 'unreadable'})
    await expect(at.client.queueState(ID, 'q1')).rejects.toMatchObject({category: 'unavailable'})
  })

  test('stands in nobody’s way in the activity', async () => {
    const ours = {activity_type: 'a2a_receive', request_body: {text: 'n1'}, response_body: {result: said('here')}}
    const rows = [`{"activity_type":"a2a_receive","request_body":${deep}}`, JSON.stringify(ours)]
    await using at = await bench([sent(`[${rows.join()}]`)])
    expect(await at.client.findReply(ID, 'n1')).toEqual({kind: 'replied', text: 'here'})
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
    const row = {id: 's1', name: 'n', run_count: 2, last_status: 'ok', prompt: 'p'}
    const json = [{...row, created_at: '2026-06-13T00:00:01Z'}, row, {...row, created_at: '0001-01-01T00:00:00Z'}]
    // Their clock, not ours, which may be far off.
    await using at = await bench([{json, headers: {date: 'Sat, 13 Jun 2026 00:20:01 GMT'}}])
    const read = {id: 's1', name: 'n', runCount: 2, lastStatus: 'ok'}
    expect(await at.client.schedules(ID)).toEqual([
      {...read, ageMs: 20 * 60_000},
      {...read, ageMs: undefined},
      {...read, ageMs: undefined},
    ])
  })

  test('of which nobody counts the runs say so: their ids are their names', async () => {
    await using at = await bench([{json: [{id: 'n', name: 'n', run_count: 0, last_status: ''}]}])
    expect(await at.client.schedules(ID)).toMatchObject([{id: 'n', name: 'n', runCount: undefined}])
  })

  test('are none where the runtime serves none', async () => {
    await using at = await bench([{status: 404, json: {error: 'schedule backend error'}}])
    expect(await at.client.schedules(ID)).toEqual([])
  })

  test.each<[Reply, string]>([
    [{status: 503, json: {error: 'scheduler starting, retry'}}, 'WRITE_IN_DOUBT'],
    [{status: 503, json: {error: 'workspace re-registering — please retry in 30 seconds'}}, 'PLATFORM_UNAVAILABLE'],
    [{status: 503, json: {error: 'workspace url not registered yet'}}, 'PLATFORM_UNAVAILABLE'],
  ])('that the runtime does not take on are not made, or in doubt: %j', async (reply, code) => {
    await using at = await bench([reply])
    const made = at.client.createSchedule(ID, {name: 'n', cron: '* * * * *', prompt: 'p'})
    await expect(made).rejects.toMatchObject({code})
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
    const replies = [made, () => stop.abort(), {json: {status: 'deleted'}}, {json: []}]
    await using at = await bench(replies, {signal: stop.signal})
    const ports = {agent: at.client, clock: {now: Date.now, sleep: async () => {}}, newId: () => 'm-1'}
    const end = Date.now() + 60_000
    const asked = askBySchedule(ports, ID, {nonce: 'n0nce', text: 'p'}, {deadline: end, latest: end})
    await expect(asked).rejects.toMatchObject({code: 'INTERRUPTED'})
    expect(at.got.map(({method, path}) => `${method} ${path.split('?')[0]}`)).toEqual([
      `POST /workspaces/${ID}/schedules`,
      `GET /workspaces/${ID}/activity`,
      `DELETE /workspaces/${ID}/schedules/s1`,
      `GET /workspaces/${ID}/schedules`,
    ])
  })
})

import {describe, expect, test} from 'vitest'
import type {AgentBehaviour} from '../../../src/simulator/types.ts'
import {
  APRIL,
  bodyOf,
  emptyGitea,
  from,
  olderThan,
  since,
  start,
  UNKNOWN,
  until,
  VARIANTS,
  type Asked,
  type Talker,
  type Target,
  type Variant,
} from './target.ts'

const a2a = ({id}: Target) => `/workspaces/${id.talker}/a2a`
const activity = ({id}: Target) => `/workspaces/${id.talker}/activity`

function talker(agent: AgentBehaviour['kind'] | AgentBehaviour, more: Partial<Talker> = {}): Talker {
  const behaviour = typeof agent === 'string' ? {kind: agent} : agent
  return {name: 'talker', agent: behaviour, secrets: {GITEA_TOKEN: 'c'.repeat(32) + '0000beef'}, ...more}
}

function message(messageId: string, text = 'hello'): object {
  return {
    jsonrpc: '2.0',
    id: 'r1',
    method: 'message/send',
    params: {message: {role: 'user', messageId, parts: [{kind: 'text', text}]}},
  }
}

function prompt(gitea: string, nonce: string): string {
  return [
    `Nonce: ${nonce}`,
    'Secret: GITEA_TOKEN',
    `GET ${gitea}/api/v1/repos/o/r/issues?state=open&type=issues&labels=approved&limit=50`,
    `GET ${gitea}/api/v1/repos/o/r/pulls?state=open&limit=1`,
  ].join('\n')
}

/** The queue is asked about as the workspace itself. */
const self = (id: string) => ({headers: {'x-workspace-id': id}})

/** What a new workspace needs, on newer servers. */
const NEW = {runtime: 'claude-code', model: 'anthropic/claude-sonnet-4-6'}

const TEXT: unknown = expect.any(String)
const AWAY = {
  queued: {status: 202, json: {queued: true, queue_id: TEXT}},
  unreachable: {status: 502, json: {error: 'failed to reach workspace agent'}},
  nowhere: {status: 503, json: {error: 'workspace has no URL', status: 'provisioning'}},
}

/** Where the row may say online right after the answer to a restart. */
const LINGERING = VARIANTS.filter(({name}) => ['june28 docker', 'aug14 saas'].includes(name))

interface Spoken {
  result?: {parts?: Part[]; artifacts?: {parts: Part[]}[]}
}

interface Task {
  status: {state: string; message: {parts: Part[]}}
  artifacts: {parts: Part[]}[]
  history: object[]
}

interface Answered {
  result: Partial<Task> & {parts?: Part[]}
}

function textOf(body: Spoken | undefined): string {
  const parts = [...(body?.result?.parts ?? []), ...(body?.result?.artifacts ?? []).flatMap((one) => one.parts)]
  return parts
    .filter((part) => part.kind === 'text')
    .map((part) => part.text)
    .join('\n')
}

interface Part {
  kind: string
  text: string
}

interface QueueRow {
  status: string
  response_body?: Spoken
}

interface ActivityRow {
  activity_type: string
  workspace_id: string
  status: string
  request_body?: {params?: {message?: {messageId?: string}}}
  response_body?: Spoken
}

function rowsOf(at: Target, messageId: string): Promise<ActivityRow[]> {
  return at
    .get<ActivityRow[]>(activity(at))
    .then((rows) => rows.filter((row) => row.request_body?.params?.message?.messageId === messageId))
}

describe.each(VARIANTS)('$name: asking an agent', (variant) => {
  test('gives its JSON-RPC reply', async () => {
    await using gitea = await emptyGitea()
    await using at = await start(variant, {giteaUrl: gitea.url}, talker('honest'))
    const told = await at.ask('POST', a2a(at), {json: message('m-1', prompt(gitea.url, 'n1'))})
    expect(told).toMatchObject({status: 200, json: {jsonrpc: '2.0'}})
    expect(textOf(bodyOf(told))).toContain('patrol-smoke n1 issues=200 pulls=200 approved=none token=0000beef')
  })

  test('gives a task of LangGraph-type agents: the whole text in its status, pieces of words in its artifacts', async () => {
    await using gitea = await emptyGitea()
    await using at = await start(variant, {giteaUrl: gitea.url}, talker({kind: 'honest', shape: 'task'}))
    const {result} = bodyOf<{result: Task}>(
      await at.ask('POST', a2a(at), {json: message('m-t', prompt(gitea.url, 'n2'))}),
    )
    const whole = textOf({result: result.status.message})
    expect(result).toMatchObject({kind: 'task', status: {state: 'completed', message: {parts: [{kind: 'text'}]}}})
    expect(whole).toContain('patrol-smoke n2 issues=200 pulls=200 approved=none token=0000beef')
    const [pieces = []] = result.artifacts.map(({parts}) => parts.map(({text}) => text))
    expect(pieces.length).toBeGreaterThan(5)
    expect(pieces.join('')).toBe(whole)
    expect(JSON.stringify(result.history)).toContain('Nonce: n2')
  })

  test.each([
    ['pieces', ({result}: Answered) => result.parts!.map(({text}) => text).join('')],
    ['artifacts', ({result}: Answered) => result.artifacts!.flatMap(({parts}) => parts.map(({text}) => text)).join('')],
    ['twice', ({result}: Answered) => textOf({result: result.status!.message})],
    ['echo', ({result}: Answered) => textOf({result})],
  ] as const)('gives the text in the shape of %s', async (shape, textIn) => {
    await using gitea = await emptyGitea()
    await using at = await start(variant, {giteaUrl: gitea.url}, talker({kind: 'honest', shape}))
    const told = await at.ask('POST', a2a(at), {json: message('m-s', prompt(gitea.url, 'n3'))})
    expect(textIn(bodyOf<Answered>(told))).toContain(
      'patrol-smoke n3 issues=200 pulls=200 approved=none token=0000beef',
    )
  })

  test('gives a task that is only begun', async () => {
    await using at = await start(variant, {}, talker({kind: 'honest', shape: 'begun'}))
    const told = bodyOf<Answered>(await at.ask('POST', a2a(at), {json: message('m-b')}))
    expect(told.result).toMatchObject({kind: 'task', status: {state: 'working'}})
    expect(told.result.status).not.toHaveProperty('message')
  })

  test('shows in the activity by the message’s id, a moment later', async () => {
    await using at = await start(variant, {}, talker('mute'))
    await at.ask('POST', a2a(at), {json: message('m-2')})
    const [row] = await until(
      () => rowsOf(at, 'm-2'),
      (rows) => rows.length > 0,
    )
    expect(row).toMatchObject({activity_type: 'a2a_receive', workspace_id: at.id.talker, status: 'ok'})
  })

  test('can fail inside a 200', async () => {
    await using at = await start(variant, {}, talker('error'))
    const told = await at.ask('POST', a2a(at), {json: message('m-3')})
    expect(told).toMatchObject({status: 200, json: {error: {code: expect.any(Number)}}})
  })

  test('that is busy is queued, and the activity shows the answer on the newest servers only', async () => {
    await using gitea = await emptyGitea()
    await using at = await start(variant, {giteaUrl: gitea.url}, talker({kind: 'honest', delivery: 'busy'}))
    const asked = (id: string) => at.ask('POST', a2a(at), {json: message(id, prompt(gitea.url, 'n4'))})
    const told = await asked('m-4')
    expect(told).toMatchObject({
      status: 202,
      json: {queued: true, queue_id: expect.any(String), queue_depth: 1},
    })
    if (since('june02', variant)) {
      const path = `${a2a(at)}/queue/${bodyOf<{queue_id: string}>(told).queue_id}`
      await until(
        () => at.get<QueueRow>(path, self(at.id.talker)),
        ({status}) => status === 'completed',
      )
    }
    // It has time as soon as it answers another.
    const later = await until(
      () => asked('m-4b'),
      ({status}) => status === 200,
    )
    expect(textOf(bodyOf(later))).toContain('patrol-smoke n4 ')
    // Newest first: that of its having been queued, and that of its receipt.
    const said: unknown = expect.stringContaining('patrol-smoke n4 ')
    const rows = since('june13', variant) ? [undefined, undefined] : [undefined]
    const expected = since('aug14', variant) ? [undefined, said] : rows
    const seen = await until(
      async () => (await rowsOf(at, 'm-4')).map(({status, response_body: body}) => [status, body && textOf(body)]),
      (all) => !since('aug14', variant) || all.some(([, text]) => text !== undefined),
    )
    expect(seen).toEqual(expected.map((text) => [since('june02', variant) ? 'ok' : 'error', text]))
  })

  test('keeps the same message in the activity once where it does so from its receipt on', async () => {
    await using at = await start(variant, {}, talker('mute'))
    for (const _ of [1, 2]) await at.ask('POST', a2a(at), {json: message('m-4')})
    const times = since('june13', variant) ? 1 : 2
    const rows = await until(
      () => rowsOf(at, 'm-4'),
      (all) => all.filter(({response_body: body}) => body !== undefined).length === times,
    )
    expect(rows).toHaveLength(times)
  })

  test('that is busy keeps a message once, by its id', async () => {
    await using at = await start(variant, {}, talker({kind: 'honest', delivery: 'endless'}))
    const asked = async (id: string) =>
      bodyOf<{queue_id: string}>(await at.ask('POST', a2a(at), {json: message(id)})).queue_id
    const first = await asked('m-q')
    expect(first).toEqual(expect.any(String))
    expect(await asked('m-q')).toBe(first)
    expect(await asked('m-r')).not.toBe(first)
  })

  test('that cannot be reached is a 502, and on the newest servers is called restarting', async () => {
    await using at = await start(variant, {}, talker('unreachable'))
    const restarting = {busy: true, retry_after: 30, error: 'workspace agent restarting — retry after a short backoff'}
    expect(await at.ask('POST', a2a(at), {json: message('m-5')})).toMatchObject(
      since('aug14', variant) ? {status: 503, headers: {'retry-after': '30'}, json: restarting} : AWAY.unreachable,
    )
  })

  test('that does not exist is a 404', async () => {
    await using at = await start(variant)
    expect(await at.ask('POST', `/workspaces/${UNKNOWN}/a2a`, {json: message('m-6')})).toMatchObject({
      status: 404,
      json: {error: 'workspace not found'},
    })
  })

  const away = since('aug14', variant) ? 'queued' : variant.name === 'april docker' ? 'unreachable' : 'nowhere'

  test(`that is being provisioned is ${away}`, async () => {
    await using at = await start(variant, {provisionMs: 3_000}, talker('honest'))
    const {id} = bodyOf<{id: string}>(await at.ask('POST', '/workspaces', {json: {name: 'new', ...NEW}}))
    // Where a container starts first, there is no address for a moment.
    const told = await until(
      () => at.ask('POST', `/workspaces/${id}/a2a`, {json: message('m-7')}),
      ({status}) => status !== 503 || away === 'nowhere',
    )
    expect(told).toMatchObject(AWAY[away])
  })

  test('that hibernates is told to be waking', async () => {
    await using at = await start(variant)
    const told = await at.ask('POST', `/workspaces/${at.id.hibernated}/a2a`, {json: message('m-8')})
    expect(told).toMatchObject({status: 503, json: {waking: true, retry_after: 15}})
    expect(told.headers['retry-after']).toBe('15')
  })

  test('with broken JSON is a 400', async () => {
    await using at = await start(variant, {}, talker('honest'))
    const error = since('aug14', variant) ? 'invalid A2A body' : 'invalid JSON'
    expect(await at.ask('POST', a2a(at), {raw: '{"jsonrpc":'})).toMatchObject({status: 400, json: {error}})
  })

  test.each(['nobody', 'stranger'] as const)('wants a credential on the newest servers only: %s', async (as) => {
    await using at = await start(variant, {}, talker('mute'))
    const told = await at.ask('POST', a2a(at), {as, json: message('m-9')})
    const error = as === 'nobody' ? 'missing caller auth token' : 'invalid caller auth token'
    expect(told).toMatchObject(since('aug14', variant) ? {status: 401, json: {error}} : {status: 200})
  })

  test('in another’s name wants that one’s token, and never the system’s', async () => {
    await using at = await start(variant, {}, talker('mute'))
    const named = (name: string, authorization: string) =>
      at.ask('POST', a2a(at), {as: {authorization}, json: message('m-10'), headers: {'x-workspace-id': name}})
    expect(await named(at.id.agent, 'Bearer not-a-real-token')).toMatchObject({
      status: 401,
      json: {error: 'invalid caller auth token'},
    })
    expect(await named('system:patrol', `Bearer ${at.bearers.own}`)).toMatchObject({
      status: 403,
      json: {error: 'invalid caller ID'},
    })
  })

  test('the activity is filtered by a source that exists', async () => {
    await using at = await start(variant, {}, talker('mute'))
    expect(await at.ask('GET', `${activity(at)}?source=nobody`)).toMatchObject({
      status: 400,
      json: {error: "source must be 'canvas' or 'agent'"},
    })
    await at.ask('POST', a2a(at), {json: message('m-11')})
    await until(
      () => rowsOf(at, 'm-11'),
      (rows) => rows.length > 0,
    )
    expect(await at.get<unknown[]>(`${activity(at)}?source=canvas&type=a2a_receive`)).toHaveLength(1)
    expect(await at.get(`${activity(at)}?source=agent&type=a2a_receive`)).toEqual([])
  })
})

/** What is answered to a message whose answer is longer than the platform lets through. */
async function hugely(variant: Variant): Promise<{status: number; type: string | null; text: string}> {
  await using at = await start(variant, {}, talker({kind: 'honest', shape: 'huge'}))
  const told = await fetch(at.url + a2a(at), {
    method: 'POST',
    headers: {...at.headers, authorization: `Bearer ${at.bearers.admin}`, 'content-type': 'application/json'},
    body: JSON.stringify(message('m-h')),
  })
  return {status: told.status, type: told.headers.get('content-type'), text: await told.text()}
}

test.each(olderThan('june13'))('$name: what is longer than 10 MiB comes cut off, and called JSON', async (variant) => {
  const {status, type, text} = await hugely(variant)
  expect([status, type]).toEqual([200, 'application/json'])
  expect(text).toHaveLength(10 * 1024 * 1024)
  expect(() => JSON.parse(text)).toThrow(SyntaxError)
})

test.each(from('june13'))('$name: what is longer than 64 MiB is refused', async (variant) => {
  const {status, text} = await hugely(variant)
  const error = 'response body exceeds 67108864 byte limit: A2A body exceeds size limit'
  const json = {error, delivery_confirmed: true, max_bytes: 67_108_864, truncated: true}
  expect([status, JSON.parse(text)]).toEqual([502, json])
})

describe.each(from('june02'))('$name: an agent', (variant) => {
  test('that fetches its messages answers by a notice, which names no message', async () => {
    await using gitea = await emptyGitea()
    await using at = await start(variant, {giteaUrl: gitea.url}, talker({kind: 'honest', delivery: 'polls'}))
    expect(await at.ask('POST', a2a(at), {json: message('m-p', prompt(gitea.url, 'n5'))})).toMatchObject({
      status: 200,
      json: {status: 'queued', delivery_mode: 'poll', method: 'message/send'},
    })
    const rows = await until(
      () => at.get<Record<string, unknown>[]>(activity(at)),
      (all) => all.some(({method}) => method === 'notify'),
    )
    const notice = rows.find(({method}) => method === 'notify')
    expect(notice).toMatchObject({activity_type: 'a2a_receive', status: 'ok', source_id: null})
    expect(notice).toMatchObject({response_body: {result: expect.stringContaining('patrol-smoke n5 ')}})
    expect(notice).not.toHaveProperty('request_body')
    expect((await rowsOf(at, 'm-p')).map(({response_body: body}) => body)).toEqual([undefined])
  })
})

describe.each(from('june28'))('$name: an agent', (variant) => {
  test('whose turn takes longer than the platform waits is answered in the activity', async () => {
    await using at = await start(variant, {}, talker({kind: 'mute', delivery: 'slow'}))
    expect(await at.ask('POST', a2a(at), {json: message('m-l')})).toMatchObject({
      status: 200,
      json: {status: 'queued', delivery_mode: 'push-async', method: 'message/send'},
    })
    // The row is there from the receipt on.
    const rows = await until(
      () => rowsOf(at, 'm-l'),
      (all) => all.some(({response_body: body}) => body !== undefined),
    )
    expect(rows).toHaveLength(1)
    expect(textOf(rows[0]?.response_body)).not.toBe('')
  })
})

describe.each(from('aug14'))('$name: an agent', (variant) => {
  test('that was being provisioned answers in the queue', async () => {
    await using at = await start(variant, {provisionMs: 1_000}, talker('honest'))
    const {id} = bodyOf<{id: string}>(await at.ask('POST', '/workspaces', {json: {name: 'new', ...NEW}}))
    const told = await at.ask('POST', `/workspaces/${id}/a2a`, {json: message('m-8')})
    const row = await until(
      () => at.get<QueueRow>(`/workspaces/${id}/a2a/queue/${bodyOf<{queue_id: string}>(told).queue_id}`, self(id)),
      ({status}) => status === 'completed',
    )
    expect(textOf(row.response_body)).not.toBe('')
  })

  test('whose first turn after its start is not over is queued by a 200', async () => {
    await using at = await start(variant, {}, talker({kind: 'mute', delivery: 'boots'}))
    const told = await at.ask('POST', a2a(at), {json: message('m-f')})
    expect(told.status).toBe(200)
    expect(told.json).toEqual({
      status: 'queued',
      method: 'message/send',
      queued: true,
      queue_id: expect.any(String),
      queue_depth: 1,
    })
    await until(
      () => at.ask('POST', a2a(at), {json: message('m-f2')}),
      ({json}) => typeof json === 'object' && json !== null && 'result' in json,
    )
  })

  test('whose connection broke is called busy, for half a minute', async () => {
    await using at = await start(variant, {}, talker({kind: 'mute', delivery: 'dropped'}))
    const told = await at.ask('POST', a2a(at), {json: message('m-d')})
    expect(told).toMatchObject({
      status: 503,
      headers: {'retry-after': '30'},
      json: {busy: true, retry_after: 30, error: expect.stringMatching(/^workspace agent restarting/)},
    })
    expect(await at.ask('POST', a2a(at), {json: message('m-d')})).toMatchObject({status: 200})
  })
})

describe.each(LINGERING)('$name: an agent', (variant) => {
  test('whose row says online by its old process has no address', async () => {
    await using at = await start(variant, {provisionMs: 3_000}, talker('honest'))
    // Whether that one beats in time is up to chance, save on the simulator.
    expect(at.simulator.options.release).toBe(variant.release)
    await at.ask('POST', `/workspaces/${at.id.talker}/restart`)
    const told = await at.ask('POST', a2a(at), {json: message('m-7')})
    expect(told).toMatchObject({status: 503, json: {error: 'workspace has no URL', status: 'online'}})
  })
})

describe.each(VARIANTS.filter(({name}) => name === 'june28 saas'))('$name: an agent', (variant) => {
  test('whose old process brings its row back to online has no address', async () => {
    await using at = await start(variant)
    const ask = () => at.ask('POST', `/workspaces/${at.id.pretender}/a2a`, {json: message('m-7')})
    expect((await ask()).status).toBe(200)
    await at.ask('POST', `/workspaces/${at.id.pretender}/restart`)
    await at.until(at.id.pretender, 'online')
    expect(await ask()).toMatchObject({status: 503, json: {error: 'workspace has no URL', status: 'online'}})
  })
})

describe.each(from('june02'))('$name: the queue', (variant) => {
  const queuedBy = async (at: Target, text?: string) =>
    bodyOf<{queue_id: string}>(await at.ask('POST', a2a(at), {json: message('m-w', text)})).queue_id

  test('is shown to the workspace itself: to whom names it, in August to whom has its bearer, or to the admin', async () => {
    await using at = await start(variant, {}, talker({kind: 'honest', delivery: 'endless'}))
    const id = await queuedBy(at)
    const {headers} = self(at.id.talker)
    const look = (asked: Asked, path = id) => at.ask('GET', `${a2a(at)}/queue/${path}`, asked)
    const shown = {status: 200, json: {queue_id: id, workspace_id: at.id.talker, status: 'queued', attempts: 0}}
    const lost = {
      status: 404,
      json: {error: 'queue item not found', ...(since('june13', variant) && {retryable: true})},
    }
    expect(await look({headers})).toMatchObject(shown)
    expect(await look({headers}, UNKNOWN)).toMatchObject(lost)
    const {headers: another} = self(at.id.other)
    const newest = since('aug14', variant)
    const denied = since('june13', variant) ? {status: 403, json: {error: 'access denied'}} : lost
    expect(await look({as: 'other', headers: another})).toMatchObject(denied)
    expect(await look({headers: another})).toMatchObject(newest ? shown : denied)
    const unnamed = since('june13', variant) ? {status: 401, json: {error: 'caller identity required'}} : lost
    const unproven = {status: 401, json: {error: 'missing caller auth token'}}
    expect(await look({as: 'org'})).toMatchObject(newest ? shown : unnamed)
    expect(await look({as: 'nobody'})).toMatchObject(newest ? unproven : unnamed)
    expect(await look({as: 'nobody', headers})).toMatchObject(newest ? unproven : shown)
  })

  const kept = since('aug14', variant) ? (['busy', 'boots'] as const) : (['busy'] as const)
  const answers = since('june13', variant)
  test.each(kept)(`has ${answers ? 'the' : 'no'} answer of an agent that is or was %s`, async (delivery) => {
    await using gitea = await emptyGitea()
    await using at = await start(variant, {giteaUrl: gitea.url}, talker({kind: 'honest', delivery}))
    const path = `${a2a(at)}/queue/${await queuedBy(at, prompt(gitea.url, 'n6'))}`
    const row = await until(
      () => at.get<QueueRow>(path, self(at.id.talker)),
      ({status}) => status === 'completed',
    )
    const told = row.response_body && textOf(row.response_body)
    const said: unknown = expect.stringContaining('patrol-smoke n6 ')
    expect(told).toEqual(answers ? said : undefined)
  })
})

test('april shows no queue', async () => {
  await using at = await start(APRIL, {}, talker({kind: 'honest', delivery: 'endless'}))
  const told = await at.ask('GET', `${a2a(at)}/queue/${UNKNOWN}`, {headers: {'x-workspace-id': at.id.talker}})
  expect(told).toMatchObject({status: 404, json: undefined})
})

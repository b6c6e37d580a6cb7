import {createServer} from 'node:http'
import {afterEach, describe, expect, it} from 'vitest'
import {ID, open, pass, statusOf, stopClock, until} from './platform-desk.ts'
import type {AgentBehaviour} from '../../../src/simulator/types.ts'
import type {Desk} from './platform-desk.ts'

const GOOD = `${'a'.repeat(32)}00000001`
const GAP = `${'b'.repeat(32)}00000002`
const ISSUES = [
  {number: 9, labels: [{name: 'approved'}]},
  {number: 3, labels: [{name: 'approved'}, {name: 'bug'}]},
  {number: 5, labels: [{name: 'bug'}]},
]
stopClock()

const closers: (() => Promise<unknown>)[] = []
afterEach(async () => {
  for (const close of closers.splice(0)) await close()
})

/** A Gitea of two routes: the GAP token may not list issues. */
async function tinyGitea(): Promise<{url: string; tokens: string[]}> {
  const tokens: string[] = []
  const server = createServer((request, response) => {
    const token = request.headers.authorization?.replace('token ', '') ?? ''
    tokens.push(token)
    const denied = token === GAP && request.url?.includes('/issues')
    response.writeHead(denied ? 403 : 200, {'content-type': 'application/json'})
    response.end(JSON.stringify(denied ? {message: 'no'} : ISSUES))
  })
  const {promise, resolve} = Promise.withResolvers<void>()
  server.listen(0, '127.0.0.1', resolve)
  await promise
  closers.push(async () => server.close())
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the tiny Gitea has no port')
  return {url: `http://127.0.0.1:${address.port}`, tokens}
}

async function start(
  as: AgentBehaviour['kind'] | AgentBehaviour,
  token = GOOD,
  gitea?: {url: string; tokens: string[]},
) {
  const server = gitea ?? (await tinyGitea())
  const desk = await open([{agent: typeof as === 'string' ? {kind: as} : as, secrets: {GITEA_TOKEN: token}}], {
    giteaUrl: server.url,
    debounceMs: 0,
  })
  closers.push(() => desk.close())
  return {desk, gitea: server}
}

function prompt(gitea: string): string {
  return [
    'Please check your access.',
    'Nonce: n0nce1',
    `GET ${gitea}/api/v1/repos/acme/core/issues?state=open&type=issues&labels=approved&limit=50`,
    `GET ${gitea}/api/v1/repos/acme/core/pulls?state=open&limit=1`,
    'Secret: GITEA_TOKEN',
  ].join('\n')
}

function send(desk: Desk, text: string, messageId = 'm1') {
  const message = {role: 'user', messageId, parts: [{kind: 'text', text}]}
  const body = {jsonrpc: '2.0', id: '1', method: 'message/send', params: {message}}
  return desk.call(`POST /workspaces/${ID}/a2a`, body)
}

async function ask(desk: Desk, gitea: string): Promise<string> {
  const reply = await send(desk, prompt(gitea))
  expect(reply.status).toBe(200)
  return reply.body.result.parts[0].text
}

const lineOf = (text: string) => text.split('\n').find((line) => line.startsWith('patrol-smoke'))

describe('an agent asked over A2A', () => {
  it('makes both requests with its own token and reports only issues that carry the label', async () => {
    const {desk, gitea} = await start('honest')
    const text = await ask(desk, gitea.url)
    expect(lineOf(text)).toBe('patrol-smoke n0nce1 issues=200 pulls=200 approved=3,9 token=00000001')
    expect(text.split('\n').length).toBeGreaterThan(2)
    expect(gitea.tokens).toEqual([GOOD, GOOD])
  })

  it('shows the incident: issues 403, pulls 200, nothing approved', async () => {
    const {desk, gitea} = await start('honest', GAP)
    expect(lineOf(await ask(desk, gitea.url))).toBe(
      'patrol-smoke n0nce1 issues=403 pulls=200 approved=none token=00000002',
    )
  })

  it('uses a pushed token only after the restart', async () => {
    const {desk, gitea} = await start('honest', GAP)
    await desk.call(`POST /workspaces/${ID}/pause`)
    await desk.call(`POST /workspaces/${ID}/secrets`, {key: 'GITEA_TOKEN', value: GOOD})
    await desk.call(`POST /workspaces/${ID}/resume`)
    await until(async () => (await statusOf(desk)) === 'online')
    expect(lineOf(await ask(desk, gitea.url))).toContain('token=00000001')
  })

  it('that clings to its first token still has it after the restart', async () => {
    const {desk, gitea} = await start('old-token', GAP)
    await desk.call(`POST /workspaces/${ID}/secrets`, {key: 'GITEA_TOKEN', value: GOOD})
    await until(() => desk.platform.process(ID)?.generation === 2)
    expect(desk.platform.process(ID)?.env.GITEA_TOKEN).toBe(GOOD)
    expect(lineOf(await ask(desk, gitea.url))).toContain('issues=403')
  })

  it('that lies reports success without a single request', async () => {
    const {desk, gitea} = await start('liar', GAP)
    expect(lineOf(await ask(desk, gitea.url))).toMatch(/issues=200 pulls=200 approved=\d+,\d+ token=00000002$/)
    expect(gitea.tokens).toEqual([])
  })

  it('misbehaves as told: no line, another nonce, the token in full, a JSON-RPC error', async () => {
    const gitea = await tinyGitea()
    const mute = await start('mute', GOOD, gitea)
    expect(lineOf(await ask(mute.desk, gitea.url))).toBeUndefined()
    const forgetful = await start('forgetful', GOOD, gitea)
    expect(lineOf(await ask(forgetful.desk, gitea.url))).toMatch(/^patrol-smoke (?!n0nce1 )\S+ issues=200/)
    const leaky = await start('leaky', GOOD, gitea)
    expect(await ask(leaky.desk, gitea.url)).toContain(GOOD)
    const broken = await start('error', GOOD, gitea)
    const reply = await send(broken.desk, prompt(gitea.url))
    expect([reply.status, typeof reply.body.error.message]).toEqual([200, 'string'])
  })

  it('that is busy takes the message and leaves its answer in the queue, not in the activity list', async () => {
    const {desk, gitea} = await start({kind: 'honest', delivery: 'busy'})
    const reply = await send(desk, prompt(gitea.url), 'm-busy')
    expect([reply.status, reply.body.queued]).toEqual([202, true])
    const row = await until(async () => {
      const path = `GET /workspaces/${ID}/a2a/queue/${reply.body.queue_id}`
      const {body} = await desk.call(path, undefined, {'x-workspace-id': ID})
      return body.status === 'completed' ? body : undefined
    })
    expect(lineOf(row.response_body.result.parts[0].text)).toContain('approved=3,9')
    const {body} = await desk.call(`GET /workspaces/${ID}/activity?type=a2a_receive`)
    expect(body).toMatchObject([{request_body: {params: {message: {messageId: 'm-busy'}}}}, {}])
    expect(JSON.stringify(body)).not.toContain('response_body')
  })

  it('cannot be reached while it has no address, or at all', async () => {
    const {desk} = await start('unreachable')
    expect((await send(desk, 'hello')).body).toEqual({error: 'failed to reach workspace agent'})
    await desk.call(`POST /workspaces/${ID}/restart`)
    const early = await send(desk, 'hello')
    expect([early.status, early.body]).toEqual([503, {error: 'workspace has no URL', status: 'provisioning'}])
    expect((await desk.call(`POST /workspaces/${ID.replace('1', '9')}/a2a`, {})).body).toEqual({
      error: 'workspace not found',
    })
  })

  it('sends its token to no server but its own Gitea', async () => {
    const {desk} = await start('honest')
    const stranger = await tinyGitea()
    for (const url of [stranger.url, 'http://gitea.example']) {
      expect(lineOf(await ask(desk, url))).toBe('patrol-smoke n0nce1 issues=0 pulls=0 approved=none token=00000001')
    }
    expect(stranger.tokens).toEqual([])
  })

  it('needs a bearer from its caller in June, none in April', async () => {
    const body = {params: {message: {parts: [{kind: 'text', text: 'hello'}]}}}
    const statusFor = async (release: 'april' | 'aug14', authorization: string) => {
      const desk = await open([{}], {release})
      closers.push(() => desk.close())
      return desk.call(`POST /workspaces/${ID}/a2a`, body, {authorization})
    }
    expect((await statusFor('april', '')).status).toBe(200)
    expect((await statusFor('aug14', '')).body).toEqual({error: 'missing caller auth token'})
    expect((await statusFor('aug14', 'Bearer wrong')).body).toEqual({error: 'invalid caller auth token'})
  })
})

describe('a schedule', () => {
  it('fires by its cron, is counted, and is in the history', async () => {
    const {desk, gitea} = await start('honest')
    const path = `/workspaces/${ID}/schedules`
    const made = await desk.call(`POST ${path}`, {name: 'tick', cron_expr: '* * * * *', prompt: prompt(gitea.url)})
    expect([made.status, made.body.status]).toEqual([201, 'created'])
    await until(async () => (await desk.call(`GET ${path}`)).body[0].run_count >= 1)
    const history = (await desk.call(`GET ${path}/${made.body.id}/history`)).body
    expect(history[0].status).toBe('ok')
    expect(gitea.tokens).toContain(GOOD)
    expect((await desk.call(`DELETE ${path}/${made.body.id}`)).body).toEqual({status: 'deleted'})
    expect((await desk.call(`GET ${path}`)).body).toEqual([])
  })

  it('asked to run says it fired and fires nothing', async () => {
    const {desk, gitea} = await start('honest')
    const path = `/workspaces/${ID}/schedules`
    const {body} = await desk.call(`POST ${path}`, {cron_expr: '0 0 1 1 *', prompt: prompt(gitea.url)})
    const run = await desk.call(`POST ${path}/${body.id}/run`)
    expect(run.body).toMatchObject({status: 'fired', workspace_id: ID})
    await pass(30)
    expect(gitea.tokens).toEqual([])
    expect((await desk.call(`GET ${path}/${body.id}/history`)).body).toEqual([])
  })

  it('ends with a reset and with a close', async () => {
    for (const end of ['reset', 'close'] as const) {
      const {desk, gitea} = await start('honest')
      const body = {cron_expr: '* * * * *', prompt: prompt(gitea.url)}
      await desk.call(`POST /workspaces/${ID}/schedules`, body)
      await until(() => gitea.tokens.length > 0)
      await desk.platform[end]()
      await pass(30)
      const before = gitea.tokens.length
      await pass(200)
      expect(gitea.tokens.length).toBe(before)
    }
  })

  it('wants five cron fields and a timezone that exists', async () => {
    const {desk} = await start('honest')
    const post = (body: object) => desk.call(`POST /workspaces/${ID}/schedules`, body)
    expect((await post({cron_expr: '* * * *', prompt: 'x'})).body).toEqual({error: 'invalid request body'})
    expect((await post({cron_expr: '61 * * * *', prompt: 'x'})).status).toBe(400)
    expect((await post({prompt: 'x'})).body).toEqual({error: 'cron_expr and prompt are required'})
    const zone = await post({cron_expr: '* * * * *', prompt: 'x', timezone: 'Mars/Base'})
    expect(zone.body).toEqual({error: 'invalid timezone: Mars/Base'})
  })
})

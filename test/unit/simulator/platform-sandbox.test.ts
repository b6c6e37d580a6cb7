import {afterEach, describe, expect, it} from 'vitest'
import {startSandbox} from '../../../src/simulator/sandbox.ts'
import type {Sandbox, SandboxAgent} from '../../../src/simulator/sandbox.ts'

let sandbox: Sandbox
afterEach(() => sandbox.close())

const REPO = '/api/v1/repos/acme/core'
const ISSUES = `${REPO}/issues?state=open&type=issues&labels=approved&limit=50`
const PULLS = `${REPO}/pulls?state=open&limit=1`

function agent(name: string): SandboxAgent {
  const found = sandbox.agents.find((candidate) => candidate.name === name)
  if (!found) throw new Error(`no ${name}`)
  return found
}

function gitea(path: string, token: string) {
  return fetch(sandbox.gitea.url + path, {headers: {authorization: `token ${token}`}})
}

async function platform(line: string, body?: object) {
  const [method = 'GET', path = '/'] = line.split(' ')
  const headers = {
    authorization: `Bearer ${sandbox.platformToken}`,
    origin: sandbox.platform.url,
    'x-molecule-org-id': sandbox.orgId,
  }
  const payload = body && {body: JSON.stringify(body)}
  return fetch(sandbox.platform.url + path, {method, headers, ...payload})
}

describe('the sandbox', () => {
  it('shows the incident, in Gitea and from inside the agents', async () => {
    sandbox = await startSandbox()
    for (const [name, status, approved] of [
      ['agent-dev-a', 403, 'none'],
      ['agent-dev-b', 403, 'none'],
      ['agent-reviewer', 200, '1,3,7,9'],
    ] as const) {
      const {tokenValue, workspaceId} = agent(name)
      expect((await gitea(ISSUES, tokenValue)).status).toBe(status)
      expect((await gitea(PULLS, tokenValue)).status).toBe(200)
      const text = `Nonce: n1\nGET ${sandbox.gitea.url}${ISSUES}\nGET ${sandbox.gitea.url}${PULLS}\nSecret: GITEA_TOKEN`
      const params = {message: {role: 'user', parts: [{kind: 'text', text}]}}
      const reply = await platform(`POST /workspaces/${workspaceId}/a2a`, {method: 'message/send', params})
      const line = `patrol-smoke n1 issues=${status} pulls=200 approved=${approved} token=${tokenValue.slice(-8)}`
      expect(await reply.text()).toContain(line)
    }
  })

  it('has an agent of every kind that needs other treatment', async () => {
    sandbox = await startSandbox()
    const rows = await (await platform('GET /workspaces')).json()
    expect(rows).toContainEqual(expect.objectContaining({name: 'concierge', kind: 'platform'}))
    expect(rows).toContainEqual(expect.objectContaining({name: 'agent-external', runtime: 'external'}))
    expect(rows).toContainEqual(expect.objectContaining({name: 'agent-paused', status: 'paused'}))
    expect(sandbox.gitea.isLive(agent('agent-dead').tokenValue)).toBe(false)
    expect(sandbox.gitea.tokens('agent-dead')).toEqual([])
    expect(sandbox.gitea.tokens('agent-wide')[0]?.scopes).toEqual(['all'])
    expect(sandbox.gitea.tokens('agent-dev-a').map(({name}) => name)).toEqual(['agent-dev-a-2026-03'])
    const body = {key: 'GITEA_TOKEN', value: 'x'}
    const write = async (name: string) =>
      (await platform(`POST /workspaces/${agent(name).workspaceId}/secrets`, body)).status
    expect([await write('agent-pending'), await write('agent-dev-a'), await write('concierge')]).toEqual([
      202, 200, 200,
    ])
  })

  it('lets its administrator mint', async () => {
    sandbox = await startSandbox()
    const {user, password} = sandbox.admin
    const response = await fetch(`${sandbox.gitea.url}/api/v1/users/agent-dev-a/tokens`, {
      method: 'POST',
      headers: {
        authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({name: 'second', scopes: ['read:issue']}),
    })
    expect(response.status).toBe(201)
  })

  it('makes up other credentials at each start, and as SaaS wants the tenant named', async () => {
    sandbox = await startSandbox({mode: 'saas'})
    const {platformToken, admin} = sandbox
    expect((await platform('GET /workspaces')).status).toBe(200)
    expect((await fetch(`${sandbox.platform.url}/workspaces`)).status).toBe(400)
    await sandbox.close()
    sandbox = await startSandbox()
    expect(sandbox.platformToken === platformToken || sandbox.admin.password === admin.password).toBe(false)
  })
})

describe('new agents of the sandbox', () => {
  it('are names, of which neither server has heard', async () => {
    sandbox = await startSandbox({newAgents: 2})
    expect(sandbox.newAgents).toEqual(['agent-new', 'agent-new-2'])
    const {user, password} = sandbox.admin
    const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
    const found = await fetch(`${sandbox.gitea.url}/api/v1/users/agent-new`, {headers: {authorization}})
    expect(found.status).toBe(404)
    expect(await (await platform('GET /workspaces')).text()).not.toContain('agent-new')
    const teams = await fetch(`${sandbox.gitea.url}/api/v1/orgs/acme/teams`, {headers: {authorization}})
    expect(await teams.json()).toContainEqual(expect.objectContaining({name: 'agents'}))
  })

  it('are none unless asked for', async () => {
    sandbox = await startSandbox()
    expect(sandbox.newAgents).toEqual([])
  })
})

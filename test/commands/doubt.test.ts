import {readFile, writeFile} from 'node:fs/promises'
import {describe, expect, test} from 'vitest'
import {join} from 'node:path'
import Mint from '../../src/commands/mint.ts'
import Onboard from '../../src/commands/onboard.ts'
import Push from '../../src/commands/push.ts'
import Restart from '../../src/commands/restart.ts'
import Revoke from '../../src/commands/revoke.ts'
import Rotate from '../../src/commands/rotate.ts'
import Resume from '../../src/commands/rotation/resume.ts'
import type {FaultRule, LoggedRequest} from '../../src/simulator/types.ts'
import {stage, type Stage} from './harness.ts'

type Strange = Pick<FaultRule, 'status' | 'headers' | 'body'>

const page = (status: number): Strange => ({status, headers: {'content-type': 'text/html'}, body: '<html>no</html>'})
const gateway = (status: number, message: string): Strange => ({
  status,
  headers: {'content-type': 'application/json'},
  body: JSON.stringify({message}),
})

/** Answers that are neither a success nor a refusal of the server's own. */
const STRANGE: [string, Strange][] = [
  ['a page that says 200', page(200)],
  ['a page that says 404', page(404)],
  ['204', {status: 204}],
  ['a redirect to a login', {status: 302, headers: {location: '/user/login'}}],
  ['a redirect that comes back', {status: 307, headers: {location: '/login?next=/api/v1/users/agent-dev-a/tokens'}}],
  ["a gateway's 401", gateway(401, 'No API key found in request')],
  ["a gateway's 404", gateway(404, 'no Route matched with those values')],
  ["a gateway's 429", gateway(429, 'API rate limit exceeded')],
]

/** The agent's secret, its process and Gitea agree, and nobody else of patrol's making is left. */
function settled(at: Stage, agent: string): string[] {
  const {gitea, platform} = at.sandbox
  const stored = at.token(agent)
  const running = platform.process(at.id(agent))?.env['GITEA_TOKEN'] ?? ''
  const ours = gitea.tokens(agent).filter(({name}) => name.startsWith('patrol.'))
  return [
    ...(gitea.isLive(stored) ? [] : ['the secret holds a dead token']),
    ...(gitea.isLive(running) ? [] : ['the agent runs on a dead token']),
    ...(ours.length === 1 ? [] : [`${ours.length} tokens of patrol's are alive`]),
  ]
}

/** A write, and whose it is. */
type Write = {at: 'gitea' | 'platform'; method: string; path: RegExp}

/** Breaks the first answer that matches, after its effect; says how many there were. */
function answerStrangely(stand: Stage, {at, method, path}: Write, strange: Strange): () => number {
  const server = stand.sandbox[at]
  server.fail({method, path, nth: 1, kind: 'answer-after', ...strange})
  const hit = (seen: LoggedRequest): boolean =>
    seen.method === method && path.test(seen.path) && (seen.acted ?? 500) < 300 && seen.status === strange.status
  return () => server.requests.filter(hit).length
}

const ROTATION: [string, Write][] = [
  ['the mint', {at: 'gitea', method: 'POST', path: /\/users\/agent-dev-a\/tokens$/}],
  ['the push', {at: 'platform', method: 'POST', path: /\/secrets$/}],
  ['the restart', {at: 'platform', method: 'POST', path: /\/restart$/}],
  ['the revocation', {at: 'gitea', method: 'DELETE', path: /\/users\/agent-dev-a\/tokens\/\d+$/}],
]

describe.each(ROTATION)('a rotation whose answer to %s is', (what, rule) => {
  test.each(STRANGE)('%s, which took effect all the same, ends on one live token', async (_, strange) => {
    // Hosted, April: nothing restarts by itself there.
    await using at = await stage({mode: 'saas', release: 'april'})
    const struck = answerStrangely(at, rule, strange)
    const {exit} = await at.patrol(Rotate, 'agent-dev-a --yes --allow-unknown-kind')
    expect([0, 7]).toContain(exit)
    expect(exit === 7 ? (await at.patrol(Resume, '')).exit : exit).toBe(0)
    expect([what, struck(), settled(at, 'agent-dev-a')]).toEqual([what, 1, []])
  })
})

const ONBOARDING: [string, Write][] = [
  ['the user', {at: 'gitea', method: 'POST', path: /\/admin\/users$/}],
  ['the membership', {at: 'gitea', method: 'PUT', path: /\/collaborators\/agent-new$/}],
  ['the mint', {at: 'gitea', method: 'POST', path: /\/users\/agent-new\/tokens$/}],
  ['the workspace', {at: 'platform', method: 'POST', path: /\/workspaces$/}],
]

describe.each(ONBOARDING)('an onboarding whose answer to %s is', (what, rule) => {
  test.each(STRANGE)('%s, which took effect all the same, makes one of everything', async (_, strange) => {
    await using at = await stage({newAgents: 1})
    const struck = answerStrangely(at, rule, strange)
    const {exit} = await at.patrol(Onboard, 'agent-new --yes')
    expect([0, 7]).toContain(exit)
    expect(exit === 7 ? (await at.patrol(Onboard, 'agent-new --yes')).exit : exit).toBe(0)
    const made = at.sandbox.platform.requests.filter(
      ({method, path, acted}) => `${method} ${path} ${acted}` === 'POST /workspaces 201',
    )
    expect([what, struck(), at.sandbox.gitea.tokens('agent-new').length, made.length]).toEqual([what, 1, 1, 1])
  })
})

describe.each(STRANGE)('by hand, answered by %s,', (_, strange) => {
  test('a push that took effect is seen by its row, and sent once', async () => {
    await using at = await stage()
    const struck = answerStrangely(at, {at: 'platform', method: 'POST', path: /\/secrets$/}, strange)
    expect((await at.patrol(Push, 'agent-reviewer --yes')).exit).toBe(0)
    const sent = at.sandbox.platform.requests.filter(({method, path}) => method === 'POST' && path.endsWith('/secrets'))
    expect([struck(), sent.length]).toEqual([1, 1])
  })

  test('a mint that took effect is in doubt, not refused', async () => {
    await using at = await stage()
    answerStrangely(at, {at: 'gitea', method: 'POST', path: /\/users\/agent-dev-a\/tokens$/}, strange)
    const {exit, document} = await at.patrol(Mint, [
      'agent-dev-a',
      '--output-file',
      join(at.dir, 'x'),
      '--yes',
      '--json',
    ])
    expect([exit, document.error?.code]).toEqual([7, 'WRITE_IN_DOUBT'])
  })
})

test('a restart that was insisted on, and is in doubt, is to be insisted on again', async () => {
  await using at = await stage()
  const text = await readFile(at.home.config, 'utf8')
  await writeFile(at.home.config, text.replace('restart-deadline: 1m', 'restart-deadline: 1s'))
  const path = /\/workspaces\/[^/]+\/restart$/
  at.sandbox.platform.fail({method: 'POST', path, kind: 'answer', ...page(200)})
  const {exit, document} = await at.patrol(Restart, 'agent-reviewer --again --yes --json')
  expect([exit, document.error?.code]).toEqual([7, 'RESTART_IN_DOUBT'])
  expect(document.error?.suggestions).toEqual(['patrol restart agent-reviewer --again'])
})

test('a revocation by hand that a page answers every time is typed again, for no rotation stands behind it', async () => {
  await using at = await stage()
  const [{id} = {id: 0}] = at.sandbox.gitea.tokens('agent-reviewer')
  expect((await at.patrol(Rotate, 'agent-reviewer --yes --overlap 24h')).exit).toBe(0)
  const stop = at.sandbox.gitea.fail({method: 'DELETE', path: /\/tokens\/\d+$/, kind: 'answer', ...page(403)})
  const line = `agent-reviewer --id ${id} --confirm agent-reviewer`
  const {exit, document} = await at.patrol(Revoke, `${line} --json`)
  expect([exit, document.error?.code]).toEqual([7, 'WRITE_IN_DOUBT'])
  expect(document.error?.suggestions).toEqual([`patrol revoke agent-reviewer --id ${id}`])
  expect(at.sandbox.gitea.tokens('agent-reviewer')).toHaveLength(2)
  stop()
  expect((await at.patrol(Revoke, line)).exit).toBe(0)
  expect(at.sandbox.gitea.tokens('agent-reviewer')).toHaveLength(1)
})

test.each([1, 2, 3])('an empty list of tokens (the %ith) hides no old token from a rotation', async (nth) => {
  await using at = await stage()
  at.sandbox.gitea.fail({
    method: 'GET',
    path: /\/users\/agent-dev-a\/tokens\?page=/,
    nth,
    kind: 'answer',
    headers: {'content-type': 'application/json'},
    body: '[]',
  })
  expect((await at.patrol(Rotate, 'agent-dev-a --yes')).exit).toBe(0)
  expect([settled(at, 'agent-dev-a'), at.sandbox.gitea.tokens('agent-dev-a').length]).toEqual([[], 1])
})

/** Answers one list of a user's tokens, the nth, by a bare `[]`, and the second reading of that as well. */
function emptied(at: Stage, user: string, nth: number): void {
  for (const turn of [nth, nth + 1]) {
    at.sandbox.gitea.fail({
      method: 'GET',
      path: new RegExp(`/users/${user}/tokens\\?page=`),
      nth: turn,
      kind: 'answer',
      headers: {'content-type': 'application/json'},
      body: '[]',
    })
  }
}

test('a list that is empty twice shows no token revoked by hand', async () => {
  await using at = await stage()
  const [{id} = {id: 0}] = at.sandbox.gitea.tokens('agent-reviewer')
  expect((await at.patrol(Rotate, 'agent-reviewer --yes --overlap 24h')).exit).toBe(0)
  emptied(at, 'agent-reviewer', 2)
  const {exit, stdout} = await at.patrol(Revoke, `agent-reviewer --id ${id} --confirm agent-reviewer`)
  expect([exit, stdout]).toEqual([5, expect.not.stringContaining('revoked')])
  expect(at.sandbox.gitea.tokens('agent-reviewer')).toHaveLength(2)
})

test('nor a new token deleted whose push was refused', async () => {
  await using at = await stage()
  const body = '{"error":"invalid request body"}'
  const answer = {status: 400, headers: {'content-type': 'application/json'}, body}
  at.sandbox.platform.fail({method: 'POST', path: /\/secrets$/, nth: 1, kind: 'answer', ...answer})
  emptied(at, 'agent-dev-a', 5)
  const {exit, stderr} = await at.patrol(Rotate, 'agent-dev-a --yes')
  expect([exit, stderr]).toEqual([7, expect.not.stringContaining('The new token is deleted')])
  await at.patrol(Resume, '')
  expect(at.sandbox.gitea.tokens('agent-dev-a')).toHaveLength(1)
})

test('a push that is answered by a page every time keeps the token that it may store', async () => {
  await using at = await stage()
  const stop = at.sandbox.platform.fail({method: 'POST', path: /\/secrets$/, kind: 'answer', ...page(403)})
  const {exit, stderr} = await at.patrol(Rotate, 'agent-dev-a --yes')
  expect([exit, at.sandbox.gitea.tokens('agent-dev-a').length]).toEqual([7, 2])
  expect(stderr).toContain('a web page (HTTP 403)')
  stop()
  expect((await at.patrol(Resume, '')).exit).toBe(0)
  expect(settled(at, 'agent-dev-a')).toEqual([])
})

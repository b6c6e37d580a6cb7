import {readFileSync} from 'node:fs'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {describe, expect, test} from 'vitest'
import type {AgentBehaviour} from '../../src/simulator/types.ts'
import {openDesk, type Desk, type Ended} from '../support/binary.ts'
import {documentOf} from '../support/envelope.ts'
import {smallSandbox, type Differences} from '../support/small-sandbox.ts'

const AGENT = 'agent-dev-a'
/** Restarts nothing by itself, and tells no kind. */
const APRIL = {release: 'april', mode: 'saas'} as const

const deskWith = (differs: Differences): Promise<Desk> => openDesk(smallSandbox(differs))

/** Only the swarm-pull path failed, in this way. */
function failsAs(ended: Ended, reason: string): string {
  const {findings} = documentOf(ended)
  expect(findings).toEqual([expect.objectContaining({path: 'swarm-pull', reason})])
  expect(ended.exit).toBe(3)
  return findings![0]!.message
}

/** The token that the agent had at the start is as alive as it was, and nobody asked to delete it. */
function expectNothingRevoked({sandbox}: Desk): void {
  const {gitea, agents} = sandbox
  const {user, tokenValue} = agents[0]!
  expect(gitea.isLive(tokenValue)).toBe(true)
  const old = gitea.tokens(user).find(({lastEight}) => tokenValue.endsWith(lastEight))
  const deleted = gitea.requests.filter(({method}) => method === 'DELETE').map(({path}) => path)
  expect(deleted).not.toContain(`/api/v1/users/${user}/tokens/${old!.id}`)
}

/** Mints by hand and stores the value on the platform; restarting is left to others. */
async function mintAndPush(desk: Desk): Promise<string> {
  const file = join(desk.dir, 'new.token')
  expect(await desk.patrol(['mint', AGENT, '--output-file', file, '--yes'])).toMatchObject({exit: 0})
  const line = ['push', AGENT, '--token-file', file, '--yes', '--allow-unknown-kind']
  expect(await desk.patrol(line)).toMatchObject({exit: 0})
  return file
}

/** What somebody does past patrol. */
async function askPlatform({sandbox}: Desk, path: string, body?: object): Promise<void> {
  const {platform, platformToken, agents} = sandbox
  const answer = await fetch(`${platform.url}/workspaces/${agents[0]!.workspaceId}${path}`, {
    method: 'POST',
    headers: {authorization: `Bearer ${platformToken}`, 'content-type': 'application/json'},
    ...(body && {body: JSON.stringify(body)}),
  })
  expect(answer.status).toBe(200)
}

describe.concurrent('an agent proves itself among more approved issues than a page holds', () => {
  test.each([
    ["Gitea's usual page", {moreWork: 49}],
    ['a smaller page', {moreWork: 29, settings: {maxResponseItems: 30}}],
  ])('%s', async (_, differs) => {
    await using desk = await deskWith(differs)
    expect(await desk.patrol(['smoke', AGENT])).toMatchObject({exit: 0})
  })
})

describe.concurrent('smoke tells apart the ways to run on an old token, and nothing is revoked', () => {
  test('a push without a restart', async () => {
    await using desk = await deskWith({platform: APRIL})
    const file = await mintAndPush(desk)
    const smoke = await desk.patrol(['smoke', AGENT, '--token-file', file, '--json'])
    expect(failsAs(smoke, 'not-restarted')).toMatch(/older than the stored secret: .* not restarted after the push/)
    expectNothingRevoked(desk)
  })

  test('a secret that somebody changed on the platform, with the process still the old one', async () => {
    await using desk = await deskWith({platform: APRIL})
    const file = join(desk.dir, 'new.token')
    await desk.patrol(['mint', AGENT, '--output-file', file, '--yes'])
    await askPlatform(desk, '/secrets', {key: 'GITEA_TOKEN', value: readFileSync(file, 'utf8').trim()})
    // No --token-file: patrol.yaml's reference follows what the platform stores.
    const {exit, stdout} = await desk.patrol(['smoke', AGENT])
    expect(stdout).toMatch(/✗ failed +swarm-pull .*not restarted after the push/)
    expect(stdout).toContain(`patrol restart ${AGENT}`)
    expect(exit).toBe(3)
    expectNothingRevoked(desk)
  })

  test('a new process that was handed its environment before the push', async () => {
    await using desk = await deskWith({platform: {...APRIL, provisionMs: 1500}})
    const file = join(desk.dir, 'new.token')
    await desk.patrol(['mint', AGENT, '--output-file', file, '--yes'])
    await askPlatform(desk, '/restart')
    await askPlatform(desk, '/secrets', {key: 'GITEA_TOKEN', value: readFileSync(file, 'utf8').trim()})
    const {platform, agents} = desk.sandbox
    const running = () => platform.process(agents[0]!.workspaceId)
    while (running()?.generation !== 2) await sleep(20)
    expect(running()?.env['GITEA_TOKEN']).toBe(agents[0]!.tokenValue)
    const smoke = await desk.patrol(['smoke', AGENT, '--token-file', file, '--json'])
    expect(failsAs(smoke, 'stale-process')).toMatch(/began before the secret was stored, so it still got the old value/)
    expectNothingRevoked(desk)
  })

  test('a restart that only looks like one', async () => {
    await using desk = await deskWith({workspace: {restart: 'pretend'}, platform: APRIL})
    const file = await mintAndPush(desk)
    desk.configure((text) => text.replace('restart-deadline: 1m', 'restart-deadline: 2s'))
    const restart = await desk.patrol(['restart', AGENT, '--yes', '--allow-unknown-kind', '--json'])
    expect(documentOf(restart).error).toMatchObject({
      code: 'RESTART_STALE',
      message: expect.stringContaining('only looked'),
    })
    expect(restart.exit).toBe(7)
    const smoke = await desk.patrol(['smoke', AGENT, '--token-file', file, '--json'])
    expect(failsAs(smoke, 'stale-process')).toMatch(/restart only looked like one/)
    expectNothingRevoked(desk)
  })

  test('an agent that answers from an old token in a new process', async () => {
    await using desk = await deskWith({workspace: {agent: {kind: 'old-token'}}})
    const file = await mintAndPush(desk)
    expect(await desk.patrol(['restart', AGENT, '--yes'])).toMatchObject({exit: 0})
    const smoke = await desk.patrol(['smoke', AGENT, '--token-file', file, '--json'])
    expect(failsAs(smoke, 'old-token')).toMatch(/reads another source than the secret GITEA_TOKEN/)
    expectNothingRevoked(desk)
  })
})

/** What an agent does that fails any token, and how smoke calls it. */
const FAILING: readonly [AgentBehaviour, string, RegExp][] = [
  [{kind: 'liar'}, 'wrong-issues', /the agent lists 2 open \(#9001, #9002\).* the API 2 open \(#1, #4\)/],
  [{kind: 'leaky'}, 'token-leaked', /full value of a token .* known to others/],
]

/** What it does that says nothing of its token, and how smoke calls that. */
const SILENT: readonly [AgentBehaviour, string, RegExp][] = [
  [{kind: 'forgetful'}, 'wrong-nonce', /not with this nonce/],
  [{kind: 'mute'}, 'no-answer', /without the one line/],
  [{kind: 'mute', shape: 'task'}, 'no-answer', /without the one line/],
  [{kind: 'error'}, 'rpc-error', /JSON-RPC error -32603/],
  [{kind: 'honest', shape: 'differing'}, 'no-answer', /two answers that differ/],
  [{kind: 'honest', shape: 'huge'}, 'no-answer', /can't be read/],
]

describe.concurrent.each(FAILING)('an agent that is %j', (agent, reason, said) => {
  test(`fails smoke as ${reason}`, async () => {
    await using desk = await deskWith({workspace: {agent}})
    const smoke = await desk.patrol(['smoke', AGENT, '--json'])
    expect(failsAs(smoke, reason)).toMatch(said)
    const people = await desk.patrol(['smoke', AGENT])
    expect(people.stdout).toMatch(said)
    expect(people.exit).toBe(3)
    expectNothingRevoked(desk)
  })

  test.each(['keep', 'rollback'])(
    'fails rotate, which stops with both tokens alive, though told to %s: another token would do no better',
    async (policy) => {
      await using desk = await deskWith({workspace: {agent}, platform: {debounceMs: 0}})
      const ended = await desk.patrol(['rotate', AGENT, '--yes', '--on-proof-failure', policy, '--json'])
      const {error} = documentOf(ended)
      expect([ended.exit, error?.code]).toEqual([7, 'PROOF_FAILED'])
      expect(error?.message).toMatch(said)
      expect(error?.message).toMatch(/has the new token stored; nothing was revoked/)
      expect(error?.suggestions.join('\n')).toMatch(/patrol rotation resume \w+\npatrol rotation abort \w+/)
      expect(desk.sandbox.gitea.tokens(AGENT)).toHaveLength(2)
      expectNothingRevoked(desk)
    },
  )
})

describe.concurrent.each(SILENT)('an agent that is %j', (agent, reason, said) => {
  test(`proves nothing to smoke: ${reason}`, async () => {
    await using desk = await deskWith({workspace: {agent}})
    const ended = await desk.patrol(['smoke', AGENT, '--json'])
    const {result, findings} = documentOf(ended)
    expect([ended.exit, findings]).toEqual([5, []])
    expect(result).toMatchObject({
      passed: false,
      paths: [{}, {}, {outcome: 'unknown', reason, message: expect.stringMatching(said)}],
    })
    expectNothingRevoked(desk)
  })

  test('stops rotate with both tokens alive, though told to roll back', async () => {
    await using desk = await deskWith({workspace: {agent}, platform: {debounceMs: 0}})
    const {gitea, platform, agents} = desk.sandbox
    const ended = await desk.patrol(['rotate', AGENT, '--yes', '--on-proof-failure', 'rollback', '--json'])
    const {error} = documentOf(ended)
    expect([ended.exit, error?.code]).toEqual([7, 'PROOF_MISSING'])
    expect(error?.message).toMatch(said)
    expect(error?.message).toMatch(/has the new token stored; nothing was revoked/)
    expect(error?.suggestions.join('\n')).toMatch(/patrol rotation resume \w+\npatrol rotation abort \w+/)
    const stored = platform.secrets(agents[0]!.workspaceId)['GITEA_TOKEN']!
    expect(gitea.tokens(AGENT).map(({lastEight}) => stored.endsWith(lastEight))).toEqual([false, true])
    expectNothingRevoked(desk)
  })
})

describe.concurrent('an agent whose answer comes in another shape, or later, is rotated to the end', () => {
  test.each<[AgentBehaviour, waits: RegExp]>([
    [{kind: 'honest', shape: 'task'}, /Smoke test/],
    [{kind: 'honest', shape: 'artifacts'}, /Smoke test/],
    [{kind: 'honest', delivery: 'busy'}, /the platform has queued the question until it has time/],
    [{kind: 'honest', delivery: 'slow'}, /it works on the question for longer than the platform waits/],
    [{kind: 'honest', delivery: 'boots', shape: 'task'}, /the platform has queued the question until it has time/],
  ])('%j', async (agent, waits) => {
    await using desk = await deskWith({workspace: {agent}, platform: {debounceMs: 0}})
    const ended = await desk.patrol(['rotate', AGENT, '--yes'])
    expect(ended).toMatchObject({exit: 0, stderr: expect.stringMatching(waits)})
    expect(desk.sandbox.gitea.tokens(AGENT)).toHaveLength(1)
  })

  test('an external one that fetches its messages', async () => {
    const agent = {kind: 'honest', delivery: 'polls'} as const
    await using desk = await deskWith({workspace: {agent, runtime: 'external'}})
    const ended = await desk.patrol(['smoke', AGENT])
    expect(ended).toMatchObject({exit: 0})
    expect(ended.stderr).toContain('the platform keeps the question until it comes to fetch it')
  })
})

describe.concurrent('rotate', () => {
  test('where the platform keeps GITEA_TOKEN from the agent says which secret to use, with both tokens alive', async () => {
    await using desk = await deskWith({platform: {mode: 'docker', debounceMs: 0}, secretKey: 'GITEA_TOKEN'})
    const ended = await desk.patrol(['rotate', AGENT, '--yes', '--on-proof-failure', 'rollback', '--json'])
    const {error, warnings} = documentOf(ended)
    expect([ended.exit, error?.code]).toEqual([7, 'PROOF_FAILED'])
    expect(error?.message).toMatch(/has no token in GITEA_TOKEN: .*hand over GIT_HTTP_PASSWORD.*nothing was revoked/s)
    expect(JSON.stringify([error, warnings])).toContain('`secret: GIT_HTTP_PASSWORD` in patrol.yaml')
    expect(desk.sandbox.gitea.tokens(AGENT)).toHaveLength(2)
    expectNothingRevoked(desk)
  })

  test.each([
    ['rotate', ['rotation abort ID --keep both', 'rotate AGENT']],
    ['onboard', ['rotation abort ID --keep both', 'onboarding abort AGENT', 'onboard AGENT']],
  ])('what %s says then, typed line by line, never takes from the agent what it works with', async (command, lines) => {
    await using desk = await deskWith({platform: {mode: 'docker', debounceMs: 0}})
    desk.configure((text) => text.replace('secret: GIT_HTTP_PASSWORD\n', ''))
    const {gitea, platform, agents} = desk.sandbox
    const works = () => gitea.isLive(platform.process(agents[0]!.workspaceId)!.env['GIT_HTTP_PASSWORD']!)
    const {error} = documentOf(await desk.patrol([command, AGENT, '--yes', '--json']))
    expect(error?.code).toBe('PROOF_FAILED')
    expect(error?.message).toContain('et `secret: GIT_HTTP_PASSWORD` in patrol.yaml')
    const {suggestions: advised} = error!
    const spelt = advised.map((line) => line.replace(/abort \w{10}\b/, 'abort ID').replaceAll(AGENT, 'AGENT'))
    expect(spelt).toEqual(lines.map((line) => `patrol ${line}`))
    desk.configure((text) => `${text}\nsecret: GIT_HTTP_PASSWORD\n`)
    // An onboarding leaves an agent that works as it is; what both sides were goes with the rotation that the abort names.
    for (const line of [...advised, ...(command === 'onboard' ? [`patrol rotate ${AGENT}`] : [])]) {
      const ended = await desk.patrol([...line.split(' ').slice(1), '--yes'])
      expect([line, ended.exit, works()]).toEqual([line, 0, true])
    }
    const runsOn = platform.process(agents[0]!.workspaceId)!.env['GIT_HTTP_PASSWORD']!
    expect(gitea.tokens(AGENT).map(({lastEight}) => lastEight)).toEqual([runsOn.slice(-8)])
  })

  test.each([
    ['keep', 'PROOF_FAILED', 2],
    ['rollback', 'ROLLED_BACK', 1],
  ])('of an agent with an old token of its own ends, told to %s, with %s', async (policy, code, tokens) => {
    await using desk = await deskWith({workspace: {agent: {kind: 'old-token'}}, platform: {debounceMs: 0}})
    const {gitea, platform, agents} = desk.sandbox
    const ended = await desk.patrol(['rotate', AGENT, '--yes', '--on-proof-failure', policy, '--json'])
    expect(documentOf(ended).error?.code).toBe(code)
    expect(ended.exit).toBe(7)
    expectNothingRevoked(desk)
    expect(gitea.tokens(AGENT)).toHaveLength(tokens)
    const stored = platform.secrets(agents[0]!.workspaceId)['GITEA_TOKEN']!
    expect(gitea.isLive(stored)).toBe(true)
    expect(stored === agents[0]!.tokenValue).toBe(policy === 'rollback')
  })

  test('of a workspace that only pretends to restart stops before the proof, and can go on', async () => {
    await using desk = await deskWith({workspace: {restart: 'pretend'}})
    desk.configure((text) => text.replace('restart-deadline: 1m', 'restart-deadline: 2s'))
    const ended = await desk.patrol(['rotate', AGENT, '--yes', '--json'])
    const {error} = documentOf(ended)
    expect(error?.code).toBe('RESTART_STALE')
    expect(error?.message).toMatch(/restart only looked like one.*nothing was revoked/is)
    expect(error?.suggestions.join('\n')).toMatch(/patrol rotation resume \w{10}/)
    expect(ended.exit).toBe(7)
    expectNothingRevoked(desk)
    const again = await desk.patrol(['rotation', 'resume', '--json'])
    expect(documentOf(again).error?.code).toBe('RESTART_STALE')
    expect(again.exit).toBe(7)
    expectNothingRevoked(desk)
  })
})

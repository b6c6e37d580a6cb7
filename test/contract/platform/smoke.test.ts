import {describe, expect, test} from 'vitest'
import {Http} from '../../../src/http.ts'
import {PlatformClient} from '../../../src/platform/client.ts'
import {Secret} from '../../../src/secret.ts'
import type {AgentBehaviour, PlatformWorkspace} from '../../../src/simulator/types.ts'
import {smoke} from '../../../src/smoke/smoke.ts'
import type {SmokeReport, SwarmVia} from '../../../src/smoke/types.ts'
import {given} from './given.ts'
import {
  APRIL,
  from,
  emptyGitea,
  NEWEST,
  NEW_VALUE,
  OLD_VALUE,
  pause,
  since,
  start,
  until,
  VARIANTS,
  type Talker,
  type Target,
  type Variant,
} from './target.ts'

interface Story {
  agent: AgentBehaviour['kind'] | AgentBehaviour
  restart?: PlatformWorkspace['restart']
  /** Whether anybody restarts by hand after the push. */
  byHand?: boolean
  via?: SwarmVia
  timeoutMs?: number
  secretKey?: string
  schedules?: PlatformWorkspace['schedules']
}

/** Pushes the new token to the simulated platform, restarts as told, and asks the agent: client, smoke test and agent together. */
async function play(
  variant: Variant,
  {
    agent,
    restart,
    byHand = true,
    via = 'a2a',
    timeoutMs = 1_800_000,
    schedules,
    secretKey = 'GIT_HTTP_PASSWORD',
  }: Story,
): Promise<SmokeReport> {
  await using gitea = await emptyGitea()
  const talker: Talker = {
    name: 'talker',
    uptimeSeconds: 3600,
    secrets: {[secretKey]: OLD_VALUE},
    agent: typeof agent === 'string' ? {kind: agent} : agent,
    restart: restart ?? 'normal',
    ...(schedules && {schedules}),
  }
  await using at = await start(variant, {giteaUrl: gitea.url}, talker)
  const http = new Http({baseUrl: at.url, userAgent: 'patrol-test'})
  // A pause lasts 50 ms at most, and as long as it says by this clock. The clock of a given server can't be bent.
  const longest = given ? Infinity : 50
  let ahead = 0
  const clock = {
    now: () => Date.now() + ahead,
    sleep: async (ms: number) => {
      await pause(Math.min(ms, longest))
      ahead += Math.max(0, ms - longest)
    },
  }
  const client = new PlatformClient({http, token: new Secret(at.bearers.org), orgId: at.org || undefined, clock})
  await client.putSecret(at.id.talker, secretKey, new Secret(NEW_VALUE))
  const byItself = since('june02', variant) || variant.mode === 'docker'
  if (!byItself && byHand) await client.restart(at.id.talker)
  if (byItself || byHand) await provisioned(at, restart === 'pretend' ? 1 : 2)
  await at.until(at.id.talker, 'online')
  await pause(150)
  try {
    return await smoke(
      {
        agent: 'talker',
        workspaceId: at.id.talker,
        giteaUrl: gitea.url,
        repo: 'o/r',
        label: 'approved',
        secretKey,
        via,
        expectLastEight: NEW_VALUE.slice(-8),
        superseded: [OLD_VALUE.slice(-8)],
        timeoutMs,
      },
      {
        lists: {
          issues: async () => ({kind: 'listed', items: []}),
          pulls: async () => ({kind: 'listed', items: []}),
          label: async () => 'exists',
        },
        agent: client,
        clues: client,
        work: async () => ({labelExists: true, issues: []}),
        clock,
        newId: () => crypto.randomUUID(),
        newNonce: () => crypto.randomUUID().replaceAll('-', ''),
      },
    )
  } finally {
    await http.close()
  }
}

/** Waits for a restart, after which a process of this generation or a later one runs. */
async function provisioned(at: Target, generation: number): Promise<void> {
  await until(
    () => at.witness(at.id.talker),
    ({restarts, process}) => restarts > 0 && (process?.generation ?? 0) >= generation,
  )
}

describe.each(VARIANTS)('$name: patrol and a simulated agent', (variant) => {
  test.each<[string, Story, string, string | undefined]>([
    ['an honest agent after a restart', {agent: 'honest'}, 'passed', undefined],
    ['a busy one', {agent: {kind: 'honest', delivery: 'busy'}}, 'passed', undefined],
    ['one that keeps its first token', {agent: 'old-token'}, 'failed', 'old-token'],
    ['a mute one', {agent: 'mute'}, 'unknown', 'no-answer'],
    ['one that answers another question', {agent: 'forgetful'}, 'unknown', 'wrong-nonce'],
    ['one that prints the token', {agent: 'leaky'}, 'failed', 'token-leaked'],
    ['one that answers with an error', {agent: 'error'}, 'unknown', 'rpc-error'],
  ])('%s', async (_who, story, outcome, reason) => {
    const report = await play(variant, story)
    expect(report.paths[2]).toMatchObject({path: 'swarm-pull', outcome})
    expect(report.paths[2]?.reason).toBe(reason)
    expect(JSON.stringify(report)).not.toContain(NEW_VALUE)
  })

  test('a restart that only looked like one, which newer hosted servers know no address of', async () => {
    const reached = variant.mode === 'docker' || !since('june28', variant)
    const patience = reached ? {} : {timeoutMs: 20_000}
    const report = await play(variant, {agent: 'honest', restart: 'pretend', ...patience})
    const unasked = {outcome: 'unknown', reason: since('aug14', variant) ? 'no-answer' : 'unreachable'}
    expect(report.paths[2]).toMatchObject(reached ? {outcome: 'failed', reason: 'stale-process'} : unasked)
  })

  test('one that cannot be reached; the newest servers say that it is busy', async () => {
    const report = await play(variant, {agent: 'unreachable', timeoutMs: 20_000})
    const reason = since('aug14', variant) ? 'no-answer' : 'unreachable'
    expect(report.paths[2]).toMatchObject({path: 'swarm-pull', outcome: 'unknown', reason})
  })

  test('a liar is caught', async () => {
    const report = await play(variant, {agent: 'liar'})
    expect(report.paths[2]?.outcome).toBe('failed')
    expect(report.passed).toBe(false)
  })
})

describe('patrol and agents that answer in shapes of their own', () => {
  test.each(['pieces', 'task', 'artifacts', 'twice', 'echo'] as const)(
    'an honest one in the shape of %s',
    async (shape) => {
      expect(await play(NEWEST, {agent: {kind: 'honest', shape}})).toMatchObject({passed: true})
    },
  )

  test.each([
    ['begun', 'unknown', 'no-answer', 'gave no answer in time: it has begun a task'],
    ['differing', 'unknown', 'no-answer', 'two answers that differ'],
    ['huge', 'unknown', 'no-answer', "can't be read"],
  ] as const)('one that answers in the shape of %s proves nothing', async (shape, outcome, reason, said) => {
    // Nobody waits longer for what can't be read, however long it takes to come.
    const patience = shape === 'huge' ? {} : {timeoutMs: 20_000}
    const report = await play(NEWEST, {agent: {kind: 'honest', shape}, ...patience})
    expect(report.paths[2]).toMatchObject({outcome, reason, message: expect.stringContaining(said)})
    expect([report.passed, report.reportedLastEight]).toEqual([false, undefined])
  })

  test('one with an old token is caught in another shape too', async () => {
    const report = await play(NEWEST, {agent: {kind: 'old-token', shape: 'task'}})
    expect(report.paths[2]).toMatchObject({outcome: 'failed', reason: 'old-token'})
  })
})

describe('patrol and agents that answer later', () => {
  const SLOWLY = ['polls', 'slow', 'boots', 'dropped'] as const

  // On releases that do not know such a way the same agent is asked straight.
  test.each(VARIANTS.flatMap((variant) => SLOWLY.map((delivery) => ({delivery, variant, name: variant.name}))))(
    '$delivery: proven, $name',
    async ({delivery, variant}) => {
      expect(await play(variant, {agent: {kind: 'honest', delivery}})).toMatchObject({passed: true})
    },
  )

  test.each(SLOWLY)('%s: caught with an old token', async (delivery) => {
    const report = await play(NEWEST, {agent: {kind: 'old-token', delivery}})
    expect(report.paths[2]).toMatchObject({outcome: 'failed', reason: 'old-token'})
  })

  test.each([APRIL, NEWEST])('never, $name: unknown', async (variant) => {
    const report = await play(variant, {agent: {kind: 'honest', delivery: 'endless'}, timeoutMs: 60_000})
    expect(report.paths[2]).toMatchObject({outcome: 'unknown', reason: 'no-answer'})
    expect([report.passed, report.reportedLastEight]).toEqual([false, undefined])
  })
})

describe('patrol and a server that keeps GITEA_TOKEN from its workspaces', () => {
  const KEEPS = from('june02').filter(({name}) => !/^(june13|june28|aug14) saas$/.test(name))

  test.each(KEEPS)('$name: hears that there is none, and names the secret that arrives', async (variant) => {
    const report = await play(variant, {agent: 'honest', secretKey: 'GITEA_TOKEN'})
    expect(report.paths[2]).toMatchObject({outcome: 'failed', reason: 'no-token'})
    expect(report.paths[2]?.suggestions?.[0]).toContain('`secret: GIT_HTTP_PASSWORD`')
    expect([report.passed, report.reportedLastEight]).toEqual([false, undefined])
  })

  test.each(VARIANTS.filter((variant) => !KEEPS.includes(variant)))('$name: is none', async (variant) => {
    expect(await play(variant, {agent: 'honest', secretKey: 'GITEA_TOKEN'})).toMatchObject({passed: true})
  })
})

describe('asking by schedule', () => {
  test.each(VARIANTS)('$name: works as asking directly does', async (variant) => {
    const report = await play(variant, {agent: 'honest', via: 'schedule'})
    expect(report).toMatchObject({passed: true, warnings: []})
  })
})

describe.each(from('aug14'))('$name: asking by schedule', (variant) => {
  test('of an agent that says nothing useful does not claim that the schedule ran', async () => {
    const report = await play(variant, {agent: 'error', via: 'schedule', timeoutMs: 20_000})
    expect(report.paths[2]).toMatchObject({path: 'swarm-pull', outcome: 'unknown'})
    expect(report.warnings).toEqual([])
  })

  test('whose daemon does not start leaves nothing, and says nothing of a schedule that was left', async () => {
    const report = await play(variant, {agent: 'honest', via: 'schedule', schedules: 'never', timeoutMs: 20_000})
    expect(report.paths[2]).toMatchObject({outcome: 'unknown', reason: 'unreachable'})
    expect(report.paths[2]?.message).toContain('the schedule could not be created')
    expect(report.warnings).toEqual([])
  })

  test('of a runtime that registers anew is unknown, and nothing is left', async () => {
    const report = await play(variant, {agent: 'honest', via: 'schedule', schedules: 'later'})
    expect(report.paths[2]).toMatchObject({outcome: 'unknown', message: expect.stringContaining('HTTP 503')})
    expect(report.warnings).toEqual([])
  })
})

describe('a push that nobody followed by a restart', () => {
  test('is told from other old tokens', async () => {
    const report = await play({release: 'april', mode: 'saas', name: 'april saas'}, {agent: 'honest', byHand: false})
    expect(report.paths[2]).toMatchObject({outcome: 'failed', reason: 'not-restarted'})
    expect(report.reportedLastEight).toBe(OLD_VALUE.slice(-8))
  })
})

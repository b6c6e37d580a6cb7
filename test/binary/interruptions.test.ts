import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {DatabaseSync} from 'node:sqlite'
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import type {FaultRule} from '../../src/simulator/types.ts'
import {BIN, openDesk, type Desk} from '../support/binary.ts'
import {documentOf} from '../support/envelope.ts'
import {bringHome, expectReplaced} from '../support/homecoming.ts'
import {reached} from '../support/reached.ts'
import {smallSandbox, type Differences} from '../support/small-sandbox.ts'

const AGENT = 'agent-dev-a'

/** A moment at which somebody presses Ctrl-C: while this request is under way. */
interface Moment {
  during: string
  server: 'gitea' | 'platform'
  rule: FaultRule & {path: RegExp}
  /** Whether something is left to resume. */
  resumes: boolean
  differs?: Differences
  flags?: readonly string[]
}

const MOMENTS: readonly Moment[] = [
  {
    during: 'the reading before the plan',
    server: 'platform',
    rule: {method: 'GET', path: /\/workspaces\//, kind: 'hang'},
    resumes: false,
  },
  {
    during: 'a mint that never arrives',
    server: 'gitea',
    rule: {method: 'POST', path: /\/tokens$/, kind: 'hang'},
    resumes: true,
  },
  {
    during: 'a mint whose answer is on its way',
    server: 'gitea',
    rule: {method: 'POST', path: /\/tokens$/, kind: 'hold'},
    resumes: true,
  },
  {
    during: 'the probe of the new token',
    server: 'gitea',
    rule: {method: 'GET', path: /\/api\/v1\/user$/, kind: 'hang'},
    resumes: true,
  },
  {
    during: 'a push whose answer is on its way',
    server: 'platform',
    rule: {method: 'POST', path: /\/secrets$/, kind: 'hold'},
    resumes: true,
  },
  {
    during: 'the wait for an approval',
    server: 'platform',
    rule: {method: 'GET', path: /\/approvals$/, kind: 'hold', nth: 2},
    resumes: true,
    differs: {workspace: {approval: true}},
  },
  {
    during: 'a restart whose answer is on its way',
    server: 'platform',
    rule: {method: 'POST', path: /\/restart$/, kind: 'hold'},
    resumes: true,
    differs: {platform: {release: 'april', mode: 'saas'}},
    flags: ['--allow-unknown-kind'],
  },
  {
    during: 'the wait for a new process',
    server: 'platform',
    rule: {method: 'GET', path: /\/events\//, kind: 'hold', nth: 3},
    resumes: true,
    differs: {platform: {provisionMs: 1500}},
  },
  {
    during: 'the question to the agent',
    server: 'platform',
    rule: {method: 'POST', path: /\/a2a$/, kind: 'hang'},
    resumes: true,
  },
  {
    during: 'the deletion of the old token',
    server: 'gitea',
    rule: {method: 'DELETE', path: /\/tokens\/\d+$/, kind: 'hold'},
    resumes: true,
  },
]

/** What was done so far, or what shows which token serves. */
const STATE = /Nothing was changed|nothing was revoked|was proven on the (?:new token|old one)/i

const signals = [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const

/** Starts a rotation, and waits until the struck request is under way. */
async function rotateInto(desk: Desk, {server, rule, flags = []}: Moment, more: readonly string[]) {
  const {nth = 1} = rule
  const struck = desk.sandbox[server]
  const mend = struck.fail({...rule, nth})
  const run = desk.start(['rotate', AGENT, '--yes', ...flags, ...more])
  await reached(struck, {...rule, nth}, run)
  return {...run, mend}
}

/** Does something while people approve whatever waits for them. */
async function approving({sandbox: {platform}}: Desk, work: () => Promise<unknown>): Promise<void> {
  const timer = setInterval(() => {
    for (const {id} of platform.pending()) platform.decide(id, 'approved')
  }, 50)
  try {
    await work()
  } finally {
    clearInterval(timer)
  }
}

describe.concurrent.each(signals)('%s', (signal, code) => {
  test.each(MOMENTS.map((moment) => [moment.during, moment] as const))(
    'during %s stops soundly, says what to type, and the rest can be brought home',
    async (_, moment) => {
      await using desk = await openDesk(smallSandbox(moment.differs))
      desk.configure((text) => text.replace('restart-deadline: 1m', 'restart-deadline: 3s'))
      const {gitea, platform, agents} = desk.sandbox
      const {workspaceId} = agents[0]!
      const scripted = signal === 'SIGTERM'
      const {child, ended, mend} = await rotateInto(desk, moment, scripted ? ['--json'] : [])
      child.kill(signal)
      const {exit, stdout, stderr} = await ended
      mend()

      expect({exit, stderr: stderr.slice(0, 2000)}).toMatchObject({exit: code})
      const {error} = scripted ? documentOf({exit, stdout}) : {}
      const said = error ? [error.message, ...error.suggestions].join('\n') : stderr
      expect(said).toMatch(/[Ii]nterrupted|[Ss]topped|Ctrl-C|SIGTERM/)
      expect(said).toMatch(STATE)
      expect(/patrol rotation resume \w{10}/.test(said)).toBe(moment.resumes)
      expect(said).not.toMatch(/\n\s+at |undefined|did not foresee/)

      const running = platform.process(workspaceId)?.env ?? platform.secrets(workspaceId)
      expect(gitea.isLive(running['GITEA_TOKEN']!)).toBe(true)
      await approving(desk, () => bringHome(desk, AGENT))
      expectReplaced(desk, AGENT)
    },
  )
})

describe.concurrent('two runs', () => {
  test('at once: the second is refused and changes nothing, the first comes to its end', async () => {
    await using desk = await openDesk(smallSandbox({workspace: {approval: true}}))
    const {gitea, platform} = desk.sandbox
    const first = desk.start(['rotate', AGENT, '--yes', '--json'])
    await expect.poll(() => platform.pending()).toHaveLength(1)
    const before = [gitea.tokens(AGENT).map(({id}) => id), platform.pending()]
    for (const line of [
      ['rotate', AGENT, '--yes'],
      ['rotation', 'resume', AGENT],
      ['rotation', 'abort', AGENT, '--yes'],
    ]) {
      const second = await desk.patrol([...line, '--json'])
      const {error} = documentOf(second)
      expect({line, code: error?.code}).toEqual({line, code: 'LEASE_HELD'})
      expect(error?.message).toMatch(/agent-dev-a.*[Nn]othing was changed/s)
      expect(error?.suggestions.join()).toContain('patrol rotation')
      expect(second.exit).toBe(6)
    }
    expect([gitea.tokens(AGENT).map(({id}) => id), platform.pending()]).toEqual(before)
    await approving(desk, async () => expect(await first.ended).toMatchObject({exit: 0}))
    expectReplaced(desk, AGENT)
  })

  test('of which the first lost its lease by sleeping: it stops before it acts, the second completes', async () => {
    await using desk = await openDesk(smallSandbox({workspace: {approval: true}}))
    const {platform} = desk.sandbox
    const first = desk.start(['rotate', AGENT, '--yes', '--json'])
    await expect.poll(() => platform.pending()).toHaveLength(1)
    const store = new DatabaseSync(join(desk.env['PATROL_STATE_DIR']!, 'patrol.db'))
    store.exec('pragma busy_timeout = 5000; update leases set expires_at = 1')
    const second = desk.start(['rotation', 'resume', AGENT, '--json'])
    const fence = () => Number(store.prepare('select max(fence) as fence from leases').get()!['fence'])
    await expect.poll(fence).toBe(2)
    store.close()
    await approving(desk, () => Promise.all([first.ended, second.ended]))

    const stopped = await first.ended
    const {error} = documentOf(stopped)
    expect(error).toMatchObject({code: 'LEASE_LOST', message: expect.stringMatching(/agent-dev-a ran out and another/)})
    expect(error?.suggestions.join()).toContain('patrol rotation')
    expect(stopped.exit).toBe(7)
    expect(await second.ended).toMatchObject({exit: 0})
    expectReplaced(desk, AGENT)
  })
})

describe.concurrent.each([...signals, ['SIGHUP', 129]] as const)(
  '%s while an agent is asked by schedule',
  (signal, code) => {
    /** Its answer is not found meanwhile, however slow the machine is. */
    const looking = {method: 'GET', path: /\/activity/, kind: 'hang'} as const

    test('deletes the schedule before it ends', async () => {
      await using desk = await openDesk(smallSandbox())
      const {platform, platformToken, agents} = desk.sandbox
      const schedules = `${platform.url}/workspaces/${agents[0]!.workspaceId}/schedules`
      const left = async () => (await fetch(schedules, {headers: {authorization: `Bearer ${platformToken}`}})).json()
      // The answer to the deletion takes its time, as on a platform that is far away.
      const deletion = {method: 'DELETE', path: /\/schedules\//, kind: 'hold'} as const
      const answer = platform.fail(deletion)
      platform.fail(looking)
      const run = desk.start(['smoke', AGENT, '--swarm-via', 'schedule'])
      await reached(platform, looking, run)
      expect(await left()).toHaveLength(1)
      run.child.kill(signal)
      await reached(platform, deletion, run)
      answer()
      const {exit, stderr} = await run.ended
      expect(await left()).toEqual([])
      expect({exit, stderr}).toMatchObject({
        exit: code,
        stderr: expect.stringMatching(/Nothing of its schedule patrol-smoke-\w+ is left/),
      })
      expect(stderr).not.toContain('Nothing was changed')
    })

    test('says what is left where, beside why it ended, if the schedule cannot be deleted', async () => {
      await using desk = await openDesk(smallSandbox())
      const {platform, agents} = desk.sandbox
      platform.fail({method: 'DELETE', path: /\/schedules\//, kind: 'status', status: 500})
      platform.fail(looking)
      const run = desk.start(['smoke', AGENT, '--swarm-via', 'schedule'])
      await reached(platform, looking, run)
      run.child.kill(signal)
      const {exit, stderr} = await run.ended
      expect(exit).toBe(code)
      for (const said of [/stopped|interrupted/i, /patrol-smoke-\w+/, agents[0]!.workspaceId, /DELETE .*schedules/]) {
        expect(stderr).toMatch(said)
      }
      expect(stderr).not.toContain('Nothing was changed')
    })
  },
)

test('what a smoke test left is told although it is interrupted after that', async () => {
  await using desk = await openDesk(smallSandbox())
  const {platform, gitea} = desk.sandbox
  platform.fail({method: 'DELETE', path: /\/schedules\//, kind: 'status', status: 500})
  const noting = {method: 'GET', path: /\/users\/agent-dev-a\/tokens/, nth: 2, kind: 'hang'} as const
  gitea.fail(noting)
  const run = desk.start(['smoke', AGENT, '--swarm-via', 'schedule'])
  await reached(gitea, noting, run)
  run.child.kill('SIGINT')
  const {exit, stderr} = await run.ended
  expect({exit, stderr}).toMatchObject({
    exit: 130,
    stderr: expect.stringMatching(/patrol-smoke-\w+.*DELETE .*schedules/s),
  })
})

describe.concurrent('the end of the terminal', () => {
  const mint = {method: 'POST', path: /\/tokens$/, kind: 'hold'} as const

  test('is told twice, by the shell and by the system: the run stops soundly, and leaves its lease to the next one', async () => {
    await using desk = await openDesk(smallSandbox())
    const {gitea} = desk.sandbox
    const mend = gitea.fail({...mint, nth: 1})
    const run = desk.start(['rotate', AGENT, '--yes'])
    await reached(gitea, mint, run)
    run.child.kill('SIGHUP')
    run.child.kill('SIGHUP')
    const {exit, stderr} = await run.ended
    mend()
    expect({exit, stderr}).toMatchObject({exit: 129, stderr: expect.stringMatching(/patrol rotation resume \w{10}/)})
    expect(stderr).not.toMatch(/did not foresee/)
    await bringHome(desk, AGENT)
    expectReplaced(desk, AGENT)
  })

  const node = `"${process.execPath}"`
  const older = `--import "data:text/javascript,Object.defineProperty(process,'versions',{value:{node:'20.0.0'}})"`
  const line = `"${BIN}" rotate ${AGENT} --yes`
  const ways: [string, string][] = [['under nohup', `nohup ${node} ${line}`]]
  if (process.platform === 'linux') {
    ways.push(
      ['in a script that ignores it', `trap '' HUP; ${node} ${line}; exit $?`],
      ['there, where another Node does the work', `trap '' HUP; ${node} ${older} ${line}; exit $?`],
    )
  }
  test.each(ways)('stops nothing %s', async (_, script) => {
    await using desk = await openDesk(smallSandbox())
    const {gitea} = desk.sandbox
    const mend = gitea.fail({...mint, nth: 1})
    const child = spawn('bash', ['-c', script], {cwd: desk.dir, env: desk.env, detached: true, stdio: 'ignore'})
    const ended = once(child, 'exit')
    await reached(gitea, mint, {child, ended})
    process.kill(-child.pid!, 'SIGHUP')
    mend()
    expect(await ended).toEqual([0, null])
    expectReplaced(desk, AGENT)
  })
})

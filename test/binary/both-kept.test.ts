import {describe, expect, test} from 'vitest'
import {openDesk, type Desk} from '../support/binary.ts'
import {documentOf} from '../support/envelope.ts'
import {reached} from '../support/reached.ts'
import {smallSandbox} from '../support/small-sandbox.ts'

/** The token in the environment of the agent's process, and whether Gitea takes it. */
function running({sandbox}: Desk, name: string) {
  const {platform, gitea, agents, secretKey} = sandbox
  const agent = agents.find((each) => each.name === name)!
  const value = platform.process(agent.workspaceId)!.env[secretKey]!
  return {lastEight: value.slice(-8), alive: gitea.isLive(value)}
}

/** A rotation whose process is killed once the platform has stored the new token, and before it says so. */
async function killedWhileStoring(desk: Desk, agent: string, nth: number, flags: readonly string[] = []) {
  const {platform} = desk.sandbox
  const rule = {method: 'POST', path: /\/secrets$/, nth, kind: 'hold'} as const
  const mend = platform.fail(rule)
  const run = desk.start(['rotate', agent, '--yes', '--overlap', '0s', ...flags])
  await reached(platform, rule, run)
  run.child.kill('SIGKILL')
  await run.ended
  mend()
}

/** The commands that an error offers. */
const offered = (ended: Awaited<ReturnType<Desk['patrol']>>) => documentOf(ended).error?.suggestions ?? []

/** Types each command that a refused abort offers, in its order, and holds that the agent lives on all the way. */
async function typeEach(desk: Desk, agent: string, commands: readonly string[]) {
  for (const line of commands) {
    const agreed = /^patrol (?:rotation abort|restart)/.test(line) ? ['--yes'] : []
    const ended = await desk.patrol([...line.split(' ').slice(1), ...agreed])
    expect([line, ended.exit, running(desk, agent).alive]).toEqual([line, ended.exit, true])
  }
}

describe.concurrent('an abort of one side', () => {
  const AGENT = 'agent-dev-a'

  test('is refused where it would delete an earlier new token, on which the agent says it runs', async () => {
    await using desk = await openDesk(smallSandbox({platform: {release: 'april', mode: 'saas', debounceMs: 0}}))
    const {gitea, platform} = desk.sandbox
    await killedWhileStoring(desk, AGENT, 1, ['--allow-unknown-kind'])
    await desk.patrol(['restart', AGENT, '--yes', '--allow-unknown-kind'])
    const earlier = running(desk, AGENT)
    const headers = {'content-type': 'application/json'}
    const body = JSON.stringify({error: 'provisioner not available'})
    const mend = platform.fail({method: 'POST', path: /\/restart$/, kind: 'answer', status: 503, headers, body})
    await desk.patrol(['rotation', 'resume', AGENT])
    mend()
    // The second new token is stored, and the agent is still on the first.
    expect(gitea.tokens(AGENT)).toHaveLength(3)
    expect(running(desk, AGENT)).toEqual(earlier)

    const shown = await desk.patrol(['rotation', 'abort', AGENT])
    expect(shown.stderr).toMatch(
      new RegExp(`^ {2}lost {2}patrol\\..* \\(…${earlier.lastEight}, id \\d+\\): alive;`, 'm'),
    )
    expect(shown.stderr).toContain(`${AGENT}: it reports that it runs on …${earlier.lastEight}`)
    for (const keep of ['new', 'old']) {
      const refused = await desk.patrol(['rotation', 'abort', AGENT, '--keep', keep, '--yes', '--json'])
      expect([refused.exit, documentOf(refused).error?.code]).toEqual([6, 'ABORT_REFUSED'])
      expect(documentOf(refused).error?.message).toContain(`…${earlier.lastEight}, which would be deleted.`)
      expect(offered(refused).join('\n')).toMatch(/ --keep both$/m)
      expect(offered(refused).join('\n')).not.toMatch(/ --keep (?:new|old)$/m)
    }
    const kept = await desk.patrol(['rotation', 'abort', AGENT, '--keep', 'both', '--yes'])
    expect([kept.exit, running(desk, AGENT).alive, gitea.tokens(AGENT).length]).toEqual([0, true, 3])
    for (const {name} of gitea.tokens(AGENT)) expect(kept.stdout).toMatch(new RegExp(`^ {2}kept {5}${name} `, 'm'))

    const next = await desk.patrol(['rotate', AGENT, '--dry-run', '--allow-unknown-kind'])
    for (const {id} of gitea.tokens(AGENT)) expect(next.stdout).toMatch(new RegExp(`^ {2}revoke .*/tokens/${id} `, 'm'))
  })

  test('is refused where a silent agent may run on a token that our own unsettled push stored', async () => {
    await using desk = await openDesk()
    const {gitea, platform} = desk.sandbox
    const agent = 'agent-pending'
    const approving = setInterval(() => {
      for (const {id} of platform.pending()) platform.decide(id, 'approved')
    }, 20)
    const generation = () =>
      platform.process(desk.sandbox.agents.find(({name}) => name === agent)!.workspaceId)!.generation
    const began = generation()
    try {
      await killedWhileStoring(desk, agent, 2)
    } finally {
      clearInterval(approving)
    }
    // The platform restarts it by itself, on the new token.
    await expect.poll(generation, {timeout: 20_000}).toBeGreaterThan(began)
    const parked = await desk.patrol(['rotation', 'resume', agent, '--no-wait'])
    expect(parked.exit).toBe(8)
    const [old, first, second] = gitea.tokens(agent)
    expect(running(desk, agent)).toEqual({lastEight: first!.lastEight, alive: true})
    const mend = platform.fail({path: /\/a2a$/, kind: 'status', status: 502})

    for (const keep of ['new', 'old']) {
      const refused = await desk.patrol(['rotation', 'abort', agent, '--keep', keep, '--yes', '--json'])
      expect([refused.exit, documentOf(refused).error?.code]).toEqual([6, 'ABORT_REFUSED'])
      expect(offered(refused).join('\n')).toMatch(/ --keep both$/m)
      expect(offered(refused).join('\n')).not.toMatch(/ --keep (?:new|old)$/m)
    }
    const shown = await desk.patrol(['rotation', 'abort', agent, '--json'])
    await typeEach(
      desk,
      agent,
      offered(shown).filter((line) => !line.includes(' resume ')),
    )
    // What was never sent is gone; what the secret and the process hold is not.
    expect(gitea.tokens(agent).map(({id}) => id)).toEqual([old!.id, first!.id])
    expect(second).toBeDefined()
    mend()

    const resolving = setInterval(() => {
      for (const {id} of platform.pending()) platform.decide(id, 'approved')
    }, 20)
    try {
      const next = await desk.patrol(['rotate', agent, '--yes'])
      expect([next.exit, gitea.tokens(agent).length, running(desk, agent).alive]).toEqual([0, 1, true])
    } finally {
      clearInterval(resolving)
    }
  })
})

import {describe, expect, test} from 'vitest'
import type {FaultRule} from '../../src/simulator/types.ts'
import type {SandboxOptions} from '../../src/simulator/sandbox.ts'
import {openDesk, type Desk} from '../support/binary.ts'
import {bringHome, expectReplaced} from '../support/homecoming.ts'
import {reached} from '../support/reached.ts'

/** Where `kill -9` strikes: while this request is under way, before or after the server acted on it. */
interface Strike {
  phase: string
  server: 'gitea' | 'platform'
  method: string
  path: RegExp
  nth?: number
  agent?: string
  sandbox?: SandboxOptions
  flags?: readonly string[]
}

const STRIKES: readonly Strike[] = [
  {phase: 'planned', server: 'gitea', method: 'GET', path: /\/users\/agent-dev-a\/tokens/},
  {phase: 'minting', server: 'gitea', method: 'POST', path: /\/users\/agent-dev-a\/tokens/},
  {phase: 'minted', server: 'gitea', method: 'GET', path: /\/api\/v1\/user$/},
  {phase: 'pushing', server: 'platform', method: 'POST', path: /\/secrets$/},
  {phase: 'awaiting approval', server: 'platform', method: 'GET', path: /\/approvals$/, agent: 'agent-pending'},
  {phase: 'pushed', server: 'platform', method: 'GET', path: /\/secrets$/, nth: 2},
  {
    phase: 'restarting',
    server: 'platform',
    method: 'POST',
    path: /\/restart$/,
    sandbox: {mode: 'saas', release: 'april'},
    flags: ['--allow-unknown-kind'],
  },
  {phase: 'restarted', server: 'platform', method: 'POST', path: /\/a2a$/},
  {phase: 'revoking', server: 'gitea', method: 'DELETE', path: /\/users\/agent-dev-a\/tokens\/\d+/},
]

const moments = [
  {when: 'before the server acts', kind: 'hang'},
  {when: 'after the server acted', kind: 'hold'},
] as const

const cases = STRIKES.flatMap((strike) =>
  moments.map((moment) => [`${strike.phase}, ${moment.when}`, strike, moment.kind] as const),
)

/** Starts a rotation and kills it while the struck request is under way. */
async function rotateAndKill(desk: Desk, strike: Strike, kind: 'hang' | 'hold'): Promise<void> {
  // A restart whose answer was lost is given as long to show as one that was asked for.
  desk.configure((text) => text.replace('restart-deadline: 1m', 'restart-deadline: 3s'))
  const {method, path} = strike
  const server = desk.sandbox[strike.server]
  const rule: FaultRule & {path: RegExp} = {method, path, nth: strike.nth ?? 1, kind}
  const mend = server.fail(rule)
  const run = desk.start(['rotate', strike.agent ?? 'agent-dev-a', '--yes', '--overlap', '0s', ...(strike.flags ?? [])])
  await reached(server, rule, run)
  run.child.kill('SIGKILL')
  expect((await run.ended).signal).toBe('SIGKILL')
  mend()
}

describe('kill -9, then resume: one live token, the workspace on it, no orphan', () => {
  test.concurrent.each(cases)('%s', async (_, strike, kind) => {
    await using desk = await openDesk(strike.sandbox)
    const {gitea, platform, agents} = desk.sandbox
    const agent = agents.find(({name}) => name === (strike.agent ?? 'agent-dev-a'))!

    await rotateAndKill(desk, strike, kind)
    expect(
      gitea.isLive(agent.tokenValue) || gitea.isLive(platform.process(agent.workspaceId)!.env['GITEA_TOKEN']!),
    ).toBe(true)
    const approving = setInterval(() => {
      for (const {id} of platform.pending()) platform.decide(id, 'approved')
    }, 100)
    try {
      await bringHome(desk, agent.name)
    } finally {
      clearInterval(approving)
    }
    expectReplaced(desk, agent.name)
  })
})

import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import type {FaultRule} from '../../src/simulator/types.ts'
import {openDesk, type Desk, type Ended} from '../support/binary.ts'
import {expectReplaced} from '../support/homecoming.ts'

const AGENT = 'agent-dev-a'

/** What is slow, so that the two runs meet there. */
const MEETINGS: readonly [string, ('gitea' | 'platform') | undefined, Partial<FaultRule>][] = [
  ['wherever they do', undefined, {}],
  ['at the plan', 'gitea', {method: 'GET', path: /\/users\/agent-dev-a\/tokens/}],
  ['at the mint', 'gitea', {method: 'POST', path: /\/users\/agent-dev-a\/tokens/}],
  ['at the probe', 'gitea', {method: 'GET', path: /\/api\/v1\/user$/}],
  ['at the push', 'platform', {method: 'POST', path: /\/secrets$/}],
  ['at the proof', 'platform', {method: 'POST', path: /\/a2a$/}],
  ['at the revocation', 'gitea', {method: 'DELETE', path: /\/users\/agent-dev-a\/tokens\/\d+/}],
]

const elsewhere = (desk: Desk, name: string) => ({env: {PATROL_STATE_DIR: join(desk.dir, name)}})

async function bothAtOnce(desk: Desk, line: readonly string[]): Promise<Ended[]> {
  return Promise.all(['one', 'two'].map((name) => desk.start(line, elsewhere(desk, name)).ended))
}

const said = ({exit, stderr}: Ended): string => `${exit} ${/Code: (\w+)/.exec(stderr)?.[1] ?? ''}`.trim()

describe('the binary on two machines at once', () => {
  test.each(MEETINGS)('rotates an agent once, when they meet %s', async (_, server, slow) => {
    await using desk = await openDesk()
    if (server) desk.sandbox[server].fail({...slow, nth: 1, kind: 'delay', delayMs: 700})
    const ends = await bothAtOnce(desk, ['rotate', AGENT, '--yes'])
    expect(ends.map(said).toSorted()).toEqual(['0', expect.stringMatching(/^6 (?:YIELDED|GUARD_FOREIGN_ROTATION)$/)])
    expectReplaced(desk, AGENT)
    for (const name of ['one', 'two']) {
      const left = await desk.start(['rotation', 'list', '--unfinished'], elsewhere(desk, name)).ended
      expect(left.stdout).toContain('No rotation is unfinished.')
    }
  })

  test('makes one workspace for a new agent', async () => {
    await using desk = await openDesk({newAgents: 1})
    desk.sandbox.gitea.fail({method: 'POST', path: /\/users\/agent-new\/tokens/, nth: 1, kind: 'delay', delayMs: 500})
    const ends = await bothAtOnce(desk, ['onboard', 'agent-new', '--yes'])
    expect(ends.filter(({exit}) => exit === 0)).toHaveLength(1)
    expect(ends.map(said).toSorted()[1]).toMatch(/^6 \w+$/)
    const made = desk.sandbox.platform.requests.filter(({method, path}) => method === 'POST' && path === '/workspaces')
    expect([made.length, desk.sandbox.gitea.tokens('agent-new').length]).toEqual([1, 1])
  })
})

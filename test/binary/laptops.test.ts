import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import {openDesk, type Desk, type Ended} from '../support/binary.ts'
import {expectReplaced} from '../support/homecoming.ts'

const AGENT = 'agent-dev-a'

type Place = readonly ['gitea' | 'platform', method: string, path: RegExp]

/** The request at which the two runs meet. */
const MEETINGS: readonly [string, ...Place][] = [
  ['at the start', 'gitea', 'GET', /\/version$/],
  ['at the plan', 'gitea', 'GET', /\/users\/agent-dev-a\/tokens/],
  ['at the mint', 'gitea', 'POST', /\/users\/agent-dev-a\/tokens/],
  ['at the probe', 'gitea', 'GET', /\/api\/v1\/user$/],
  ['at the push', 'platform', 'POST', /\/secrets$/],
  ['at the proof', 'platform', 'POST', /\/a2a$/],
  ['at the revocation', 'gitea', 'DELETE', /\/users\/agent-dev-a\/tokens\/\d+/],
]

const elsewhere = (desk: Desk, name: string) => ({env: {PATROL_STATE_DIR: join(desk.dir, name)}})

/**
 * Runs a line on two machines that meet: the first answer to such a request is held back until the other run has sent
 * the same one, or has ended without it.
 */
async function meeting(desk: Desk, line: readonly string[], [server, method, path]: Place): Promise<Ended[]> {
  const struck = desk.sandbox[server]
  const letGo = struck.fail({method, path, nth: 1, kind: 'hold'})
  const runs = ['one', 'two'].map((name) => desk.start(line, elsewhere(desk, name)))
  const asked = () => struck.requests.filter((each) => each.method === method && path.test(each.path)).length
  const over = () => runs.some(({child}) => child.exitCode !== null)
  await expect.poll(() => asked() >= 2 || (asked() === 1 && over())).toBe(true)
  letGo()
  return Promise.all(runs.map(({ended}) => ended))
}

const said = ({exit, stderr}: Ended): string => `${exit} ${/Code: (\w+)/.exec(stderr)?.[1] ?? ''}`.trim()

describe('the binary on two machines at once', () => {
  test.each(MEETINGS)('rotates an agent once, when they meet %s', async (_, ...place) => {
    await using desk = await openDesk()
    const ends = await meeting(desk, ['rotate', AGENT, '--yes'], place)
    expect(ends.map(said).toSorted()).toEqual(['0', expect.stringMatching(/^6 (?:YIELDED|GUARD_FOREIGN_ROTATION)$/)])
    expectReplaced(desk, AGENT)
    for (const name of ['one', 'two']) {
      const left = await desk.start(['rotation', 'list', '--unfinished'], elsewhere(desk, name)).ended
      expect(left.stdout).toContain('No rotation is unfinished.')
    }
  })

  test('makes one workspace for a new agent', async () => {
    await using desk = await openDesk({newAgents: 1})
    const mint: Place = ['gitea', 'POST', /\/users\/agent-new\/tokens/]
    const ends = await meeting(desk, ['onboard', 'agent-new', '--yes'], mint)
    expect(ends.filter(({exit}) => exit === 0)).toHaveLength(1)
    expect(ends.map(said).toSorted()[1]).toMatch(/^6 \w+$/)
    const made = desk.sandbox.platform.requests.filter(({method, path}) => method === 'POST' && path === '/workspaces')
    expect([made.length, desk.sandbox.gitea.tokens('agent-new').length]).toEqual([1, 1])
  })
})

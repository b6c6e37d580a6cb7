import {describe, expect, test} from 'vitest'
import Audit from '../../src/commands/audit.ts'
import Doctor from '../../src/commands/doctor.ts'
import Onboard from '../../src/commands/onboard.ts'
import Rotate from '../../src/commands/rotate.ts'
import {PLATFORM_RELEASES} from '../../src/simulator/types.ts'
import {stage} from './harness.ts'

const PLATFORMS = PLATFORM_RELEASES.flatMap((release) =>
  (['docker', 'saas'] as const).map((mode) => ({release, mode, name: `${release} ${mode}`})),
)
/** Where nobody can tell the concierge apart, writes want to be told so. */
const waived = (release: string) => (['april', 'june02'].includes(release) ? ' --allow-unknown-kind' : '')

describe.each(PLATFORMS)('on $name', ({release, mode}) => {
  test('a rotation is proven, and the old token is revoked', async () => {
    await using at = await stage({release, mode})
    const old = at.token('agent-dev-a')
    const {exit, stderr} = await at.patrol(Rotate, `agent-dev-a --yes${waived(release)}`)
    expect({exit, stderr}).toMatchObject({exit: 0})
    expect(at.sandbox.gitea.isLive(old)).toBe(false)
    expect(at.sandbox.gitea.tokens('agent-dev-a')).toHaveLength(1)
  })

  test('an audit and a check-up find what is there to be found, and change nothing', async () => {
    await using at = await stage({release, mode})
    expect((await at.patrol(Audit, '')).exit).toBe(3)
    expect([0, 3]).toContain((await at.patrol(Doctor, '')).exit)
    expect(at.sandbox.platform.requests.filter(({method}) => method !== 'GET')).toEqual([])
  })
})

// A machine of june02 may not register while its workspace's own token lives, which the create has made already.
describe.each(PLATFORMS.filter(({name}) => name !== 'june02 saas'))('on $name', ({release, mode}) => {
  test('a new agent is made and proven', async () => {
    await using at = await stage({release, mode, newAgents: 1})
    const {exit, stderr} = await at.patrol(Onboard, `agent-new --yes${waived(release)}`)
    expect({exit, stderr}).toMatchObject({exit: 0})
    expect(at.sandbox.gitea.tokens('agent-new')).toHaveLength(1)
  })
})

import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import Audit from '../../src/commands/audit.ts'
import Revoke from '../../src/commands/revoke.ts'
import Rotate from '../../src/commands/rotate.ts'
import RotationList from '../../src/commands/rotation/list.ts'
import RotationShow from '../../src/commands/rotation/show.ts'
import Sandbox from '../../src/commands/sandbox.ts'
import {oldStore} from '../support/old-store.ts'
import {stage, typed} from './harness.ts'
import type {Runnable} from './harness.ts'

const HUGE = '9'.repeat(30)

describe('a number that nobody can mean is refused before anything is called', () => {
  test.each<[Runnable, string]>([
    [Rotate, 'agent-dev-a --yes --overlap 99999999d'],
    [Rotate, 'agent-dev-a --yes --overlap 366d'],
    [Rotate, `agent-dev-a --yes --overlap ${HUGE}ms`],
    [Rotate, `agent-dev-a --yes --supersede ${HUGE}`],
    [Rotate, 'agent-dev-a --yes --supersede 0'],
    [Revoke, `agent-dev-a --id ${HUGE}`],
    [Audit, '--watch --interval 25h'],
    [Audit, '--unused-after 99999999d'],
    [Audit, `--rps ${HUGE}`],
    [Audit, '--update-baseline --baseline b.json --owner o --reason r --expires 99999999d'],
  ])('%o %s', async (command, line) => {
    await using at = await stage()
    const {exit, stderr} = await at.patrol(command, line)
    expect([exit, stderr]).toEqual([
      2,
      expect.stringMatching(/at most|maximum|less than|greater than|not a day|Expected/),
    ])
    expect([...at.sandbox.gitea.requests, ...at.sandbox.platform.requests]).toEqual([])
  })

  test.each([
    ['a seed of a sandbox', `--agents 1 --seed ${HUGE}`],
    ['a fleet', `--agents ${HUGE}`],
  ])('%s', async (_, line) => {
    expect((await typed(Sandbox, line)).exit).toBe(2)
  })
})

test('an overlap that an earlier patrol took, however long, stands in nobody’s way', async () => {
  await using at = await stage()
  const [old] = at.sandbox.gitea.tokens('agent-dev-a')
  const token = {id: old!.id, name: old!.name, lastEight: old!.lastEight}
  const deadline = 99_999_999_999 * 86_400_000
  const events = [{type: 'minted', token, deadline, at: 10}]
  const past = {id: 'rotold0001', agent: 'agent-dev-a', user: 'agent-dev-a', phase: 'proven', dueAt: deadline, events}
  oldStore(join(at.home.state, 'patrol.db'), 2, {
    rotations: [past],
    tokens: [{user: 'agent-dev-a', ...token, deadline}],
  })
  expect((await at.patrol(Rotate, 'agent-dev-b --yes')).exit).toBe(0)
  const listed = await at.patrol(RotationList, '')
  expect([listed.exit, listed.stdout]).toEqual([0, expect.stringMatching(/^rotold0001 .*\+275760-09-13T00:00:00Z$/m)])
  expect((await at.patrol(RotationList, '--json')).document.status).toBe(0)
  expect((await at.patrol(RotationShow, 'rotold0001 --json')).exit).not.toBe(1)
})

import {describe, expect, test} from 'vitest'
import {parseBaseline, updatedBaseline, type AcceptedBaseline} from '../../../src/fleet/index.ts'
import {audited, member, row, value, type Member} from './world.ts'

const words = {owner: 'ana', reason: 'moves next month', expires: '2026-12-31'}
const narrow = (end = '00001001') =>
  member('dev-a', 1, (m: Member) => {
    m.held = value(end)
    m.rows = [row('tool', end, {scopes: ['write:repository', 'read:user']})]
  })
const run = (members: Member[], baseline?: AcceptedBaseline) => audited({members, sources: 'listing'}, {baseline})

async function acceptedNow(expires = '2026-12-31'): Promise<AcceptedBaseline> {
  const {agents} = await run([narrow()])
  return updatedBaseline(
    undefined,
    agents.flatMap(({findings}) => findings),
    {...words, expires},
  )
}

describe('what is accepted', () => {
  test('does not count, and says who answers for it', async () => {
    const {agents, summary} = await run([narrow()], await acceptedNow())
    expect(agents[0]?.findings[0]?.accepted).toEqual({...words, expired: false})
    expect(summary).toMatchObject({accepted: 1, expired: 0, exit: 0, ok: 1, findings: {high: 0}})
  })

  test('counts on its last day as accepted, and after it again as a finding', async () => {
    expect((await run([narrow()], await acceptedNow('2026-11-22'))).summary.exit).toBe(0)
    const late = await run([narrow()], await acceptedNow('2026-11-21'))
    expect(late.summary).toMatchObject({exit: 3, expired: 1, accepted: 0, withFindings: 1})
  })

  test('covers no other scope and no other agent', async () => {
    const baseline = await acceptedNow()
    const other = member('dev-b', 2, (m) => void (m.rows[0]!.scopes = ['write:repository', 'read:user']))
    const wider = member('dev-a', 1, (m) => void (m.rows[0]!.scopes = ['read:issue', 'read:user']))
    expect((await run([other], baseline)).summary.exit).toBe(3)
    expect((await run([wider], baseline)).summary.exit).toBe(3)
  })

  test('is told by names, so that a new token with the same fault is still accepted', async () => {
    expect((await run([narrow('0000abcd')], await acceptedNow())).summary).toMatchObject({exit: 0, accepted: 1})
  })
})

describe('updating', () => {
  test('keeps what is known and adds what is new, in a fixed order', async () => {
    const before = await acceptedNow()
    const both = [narrow(), member('dev-0', 3, (m) => void (m.rows[0]!.scopes = []))]
    const {agents} = await run(both, before)
    const later = {owner: 'bo', reason: 'why not', expires: '2027-01-31'}
    const after = updatedBaseline(
      before,
      agents.flatMap(({findings}) => findings),
      later,
    )
    expect(after.accepted.map(({agent, rule, owner}) => [agent, rule, owner])).toEqual([
      ['dev-0', 'empty-scope', 'bo'],
      ['dev-a', 'scope-missing', 'ana'],
    ])
    expect(parseBaseline(JSON.stringify(after), 'b.json')).toEqual(after)
  })

  test('renews what expired', async () => {
    const before = await acceptedNow('2026-11-01')
    const {agents} = await run([narrow()], before)
    const after = updatedBaseline(
      before,
      agents.flatMap(({findings}) => findings),
      words,
    )
    expect(after.accepted).toEqual([expect.objectContaining({expires: '2026-12-31'})])
  })

  test('holds no part of a token', async () => {
    expect(JSON.stringify(await acceptedNow())).not.toContain('00001001')
  })

  test('refuses a day that is none', () => {
    expect(() => updatedBaseline(undefined, [], {...words, expires: '2026-02-30'})).toThrow(/is not a day/)
  })
})

describe('a file that is no baseline is refused', () => {
  const entry = {fingerprint: 'a'.repeat(20), rule: 'r', agent: 'a', owner: 'o', reason: 'w', expires: '2026-12-31'}
  const file = (accepted: unknown) => JSON.stringify({schema: 'patrol/baseline/1', accepted})

  test.each([
    {
      name: 'another version',
      text: '{"schema":"patrol/baseline/2","accepted":[]}',
      says: /another version \(patrol\/baseline\/2\)/,
    },
    {name: 'something else', text: '{"schema":"x"}', says: /is no baseline/},
    {name: 'damaged', text: '{"schema":"patrol/base', says: /is no baseline/},
    {name: 'no list', text: file({}), says: /no list "accepted"/},
    {name: 'no owner', text: file([{...entry, owner: ' '}]), says: /entry 1 of b.json lacks "owner"/},
    {name: 'no day', text: file([{...entry, expires: 'soon'}]), says: /is not a day/},
    {name: 'a fingerprint of something else', text: file([{...entry, fingerprint: 'abc'}]), says: /no fingerprint/},
  ])('$name', ({text, says}) => {
    expect(() => parseBaseline(text, 'b.json')).toThrow(says)
    expect(() => parseBaseline(text, 'b.json')).toThrow(
      expect.objectContaining({code: 'BASELINE_INVALID', category: 'usage'}),
    )
  })
})

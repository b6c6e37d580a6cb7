import {stripVTControlCharacters} from 'node:util'
import {describe, expect, test} from 'vitest'
import {PLAIN} from '../../../src/cli/palette.ts'
import {journalText} from '../../../src/report/journal.ts'
import {planText} from '../../../src/report/plan.ts'
import {matrix} from '../../../src/report/probe.ts'
import {rfc3339} from '../../../src/report/when.ts'
import {rotationsText, rotationText, waysOn} from '../../../src/report/rotation.ts'
import {abortText} from '../../../src/report/survey.ts'
import {table} from '../../../src/report/table.ts'
import {wrapped} from '../../../src/report/wrap.ts'
import type {RotationEvent, Survey} from '../../../src/rotation/index.ts'
import {remember} from '../../../src/secret.ts'
import {reportOf} from '../../support/probe-report.ts'

test('neither the edge of a cell nor the end of a line leaves half of a secret', () => {
  const value = 'correct horse battery staple zqxvwk'
  remember(value)
  for (let width = 12; width < 80; width++) {
    const cut = table([{title: 'WHY', cut: true}], [[`the server says ${value} and more`]], width)
    const broken = wrapped(`the server says ${value} and more`, width)
    for (const text of [cut, broken]) expect(text).not.toMatch(/correct|horse|battery|staple|zqxvwk/)
  }
})

describe('a probe for people', () => {
  test('the matrix has a word beside every mark', () => {
    const rows = matrix(reportOf(['read:issue'], {}, ['write:misc']), PLAIN).split('\n')
    expect(rows).toHaveLength(10)
    expect(rows.find((row) => row.startsWith('issue'))).toMatch(/✓ granted +✗ missing/)
    expect(rows.find((row) => row.startsWith('misc'))).toMatch(/✗ missing +\? unknown +because/)
  })
})

describe('a table', () => {
  const columns = [{title: 'name'}, {title: 'path', cut: true}, {title: 'what', cut: true}]
  const rows = [['a', '/a/rather/long/path/to/somewhere', 'something is changed by it']]

  test('off a terminal cuts nothing', () => {
    expect(table(columns, rows)).toContain('/a/rather/long/path/to/somewhere  something is changed by it')
  })

  test.each([60, 40, 31])('fits %i columns and keeps what may not be cut', (width) => {
    for (const line of table(columns, [['agent-dev-a', ...rows[0]!.slice(1)]], width).split('\n')) {
      expect(line.length).toBeLessThanOrEqual(width)
      expect(line).toMatch(/^(?:name|agent-dev-a)/)
    }
  })

  test('wide characters take two columns, and are cut as a whole', () => {
    const [, one, other] = table(
      [{title: 'why', cut: true}, {title: 'x'}],
      [
        ['漢字漢字漢字', 'y'],
        ['abc', 'y'],
      ],
      12,
    ).split('\n')
    expect([one, other]).toEqual(['漢字漢字…  y', 'abc        y'])
  })

  test('colour takes no room', () => {
    const coloured = [
      ['\u001B[31mred\u001B[39m', 'x', 'y'],
      ['longer', 'x', 'y'],
    ]
    const [, red, longer] = stripVTControlCharacters(table(columns, coloured)).split('\n')
    expect(red?.indexOf('x')).toBe(longer?.indexOf('x'))
  })
})

const WORKSPACE = '710a5b65-d534-42aa-a1f4-31d0448d7bb1'
const CALLS = [
  {act: 'mint', method: 'POST', path: '/api/v1/users/a/tokens', changes: 'a new token with read:issue'},
  {act: 'restart', method: 'POST', path: `/workspaces/${WORKSPACE}/restart`, changes: 'word '.repeat(20).trim()},
] as const

describe('a plan', () => {
  test('off a terminal stands side by side, ids whole', () => {
    expect(planText('Rotate a', {calls: CALLS}, PLAIN)).toMatch(
      new RegExp(`^ {2}restart {2}POST {2}/workspaces/${WORKSPACE}/restart {2}(?:word ?){20}$`, 'm'),
    )
  })

  test('with room for words shortens ids and breaks the words beside their call', () => {
    const lines = planText('Rotate a', {calls: CALLS}, PLAIN, 100).split('\n')
    const at = lines[1]!.indexOf('changes')
    expect(lines[3]).toMatch(/^ {2}restart {2}POST {2}\/workspaces\/710a5b65…7bb1\/restart {2}word/)
    expect(lines[4]).toMatch(new RegExp(`^ {${at}}word`))
    expect(lines.every((line) => line.length <= 100)).toBe(true)
  })

  test('without it puts the words under their call', () => {
    const lines = planText('Rotate a', {calls: CALLS}, PLAIN, 60).split('\n')
    expect(lines.slice(0, 4)).toEqual([
      'Rotate a',
      '  mint     POST /api/v1/users/a/tokens',
      '           a new token with read:issue',
      '  restart  POST /workspaces/710a5b65…7bb1/restart',
    ])
    expect(lines.every((line) => line.length <= 60)).toBe(true)
  })
})

describe('text that has to fit', () => {
  test('is broken between words, and what is longer than a line stays whole', () => {
    expect(wrapped('one two three', 8)).toBe('one two\nthree')
    expect(wrapped('see https://git.example.org/a/b now', 10, 2)).toBe('see\n  https://git.example.org/a/b\n  now')
    expect(wrapped('  path: one two', 11)).toBe('  path: one\n  two')
    expect(wrapped('one two', undefined)).toBe('one two')
  })

  test('colour takes no room', () => {
    expect(wrapped('\u001B[31mone\u001B[39m two', 7)).toBe('\u001B[31mone\u001B[39m two')
  })
})

describe('rotations', () => {
  const at = Date.UTC(2026, 10, 22, 3, 4, 5)
  const row = {
    id: 'aaaaaaaaaa',
    agent: 'dev-a',
    user: 'dev-a',
    workspace: 'dev-a',
    phase: 'restarted',
    closed: false,
    startedAt: at,
    updatedAt: at,
    dueAt: undefined,
    events: 3,
  }

  test('what has ended or is in its overlap is not gone on with', () => {
    const rows = [
      row,
      {...row, id: 'bbbbbbbbbb', phase: 'completed', closed: true},
      {...row, id: 'cccccccccc', phase: 'proven', dueAt: at + 1000},
      {...row, id: 'dddddddddd', phase: 'proven', dueAt: at - 1000},
    ]
    expect(waysOn(rows, at)).toEqual(['patrol rotation resume aaaaaaaaaa', 'patrol rotation resume dddddddddd'])
  })

  test.each([
    [{unfinished: true, next: []}, 'No rotation is unfinished.'],
    [{unfinished: true, agent: 'dev-a', next: []}, 'No rotation of dev-a is unfinished.'],
    [{unfinished: false, next: []}, 'No rotation is recorded here.'],
  ])('an empty list says what there is none of: %j', (asked, text) => {
    expect(rotationsText([], asked, PLAIN)).toBe(text)
  })

  test('on a terminal columns that tell nothing are left out, off one never', () => {
    const asked = {unfinished: false, next: []}
    expect(rotationsText([row], asked, PLAIN, 80)).toBe(
      ['rotation    agent  phase      started', 'aaaaaaaaaa  dev-a  restarted  2026-11-22T03:04:05Z'].join('\n'),
    )
    expect(rotationsText([row], asked, PLAIN).split('\n')[0]).toMatch(/workspace.*due$/)
  })

  test('every fact of a journal is a sentence', () => {
    const facts: RotationEvent[] = [
      {type: 'decided', keep: 'new', at},
      {type: 'decided', keep: 'old', at},
      {type: 'decided', keep: 'both', at},
      {type: 'mint_settled', name: 'x', token: null, at},
      {type: 'restarted', evidence: 'operator', at},
      {type: 'completed', oldValue: 'dead', at},
    ]
    expect(journalText(facts).split('\n')).toEqual([
      '  2026-11-22T03:04:05Z  ended by a person: the new token stays, the old ones go',
      '  2026-11-22T03:04:05Z  ended by a person: the old ones stay, the new token goes',
      '  2026-11-22T03:04:05Z  ended by a person: all stay that were ever sent to its agent',
      '  2026-11-22T03:04:05Z  no answer came, nothing was minted',
      '  2026-11-22T03:04:05Z  restarted, as its operator says',
      '  2026-11-22T03:04:05Z  completed; the old value answers 401',
    ])
  })

  const token = (id: number, side: 'new' | 'lost' | 'old', alive = true) => ({
    ...{id, side, alive, name: `t${id}`, lastEight: `0000000${id}`},
  })
  const standing: Survey = {
    workspace: 'there',
    secretKey: 'GITEA_TOKEN',
    secret: 'unknown',
    word: {holds: 'unknown', says: 'it was asked and did not say which token it holds'},
    isYounger: false,
    isProven: false,
    tokens: [token(1, 'old'), token(2, 'lost', false), token(3, 'new')],
    others: [],
  }

  test('an abort shows each token, the secret and what the agent says, and what goes', () => {
    expect(abortText(row, standing, 'old').split('\n')).toEqual([
      'Abort rotation aaaaaaaaaa of dev-a (restarted):',
      '  old   t1 (…00000001, id 1): alive',
      '  lost  t2 (…00000002, id 2): not listed any more; minted on the way',
      '  new   t3 (…00000003, id 3): alive',
      '  the secret of dev-a: not known: it was written since, or a write of ours may still arrive',
      '  dev-a: it was asked and did not say which token it holds',
      'With --keep old: t3 is deleted.',
    ])
    const others = ['workspace dev-a (w2) bears the same name; it runs on …00000003']
    expect(
      abortText(row, {...standing, others}, 'old')
        .split('\n')
        .at(-2),
    ).toBe(`  ${others[0]}`)
    const word = {holds: 'going', token: token(3, 'new')} as const
    const proven = {...standing, word, isProven: true, secret: 'new'} as const
    expect(abortText(row, proven, 'new').split('\n').slice(4)).toEqual([
      '  the secret of dev-a: as patrol stored it: the new token',
      '  dev-a: it reports that it runs on …00000003; before, it was proven on the new one',
      'With --keep new: t1 is deleted.',
    ])
    expect(abortText(row, standing, undefined)).not.toContain('With --keep')
    for (const line of abortText(row, standing, 'both', 60).split('\n')) expect(line.length).toBeLessThanOrEqual(60)
  })

  test('an abort that keeps both sides says what goes all the same, and what becomes of the others', () => {
    expect(abortText(row, standing, 'both').split('\n').at(-1)).toBe(
      'With --keep both: only what was never sent to dev-a is deleted; its next rotation replaces all the others.',
    )
  })

  test('an abort whose workspace is gone asks nobody, one that reached none touches nothing else', () => {
    expect(
      abortText(row, {...standing, workspace: 'gone'}, undefined)
        .split('\n')
        .at(-1),
    ).toBe('  the workspace dev-a is gone')
    expect(abortText({...row, phase: 'minted'}, undefined, undefined)).toBe(
      'Abort rotation aaaaaaaaaa of dev-a (minted): its new token is deleted; nothing else is touched.',
    )
    expect(abortText({...row, phase: 'awaiting_approval'}, undefined, undefined)).toBe(
      'Abort rotation aaaaaaaaaa of dev-a (awaiting approval): its new token is deleted, the approval that it waits for is withdrawn; nothing else is touched.',
    )
  })

  test('an abort whose decision was taken before says that, and not what it would be for one that reached nothing', () => {
    const told = (ending: 'both-kept' | 'aborted') => abortText({...row, phase: 'pushing'}, {ending}, 'both')
    const begins = 'Abort rotation aaaaaaaaaa of dev-a (pushing): its end was decided before'
    expect(told('both-kept')).toBe(`${begins} (both sides are kept); what is left of that is done.`)
    expect(told('aborted')).toBe(`${begins} (its new token goes); what is left of that is done.`)
  })

  test('one that was rolled back says what stays, one in its overlap until when', () => {
    const old = {id: 1, name: 'old', lastEight: '00000001'}
    const result = {
      id: 'aaaaaaaaaa',
      agent: 'dev-a',
      user: 'dev-a',
      workspace: {id: WORKSPACE, name: 'dev-a'},
      candidate: {id: 2, name: 'new', lastEight: '00000002'},
      reason: null,
      takenBack: false,
      dueAt: undefined,
      proof: undefined,
      warnings: [],
    }
    const gone = {id: 3, name: 'older', lastEight: '00000003', revoked: true}
    const back = rotationText({...result, phase: 'rolled_back', superseded: [old, gone]}, PLAIN)
    expect(back.split('\n')).toEqual([
      '! ended: dev-a: rotation aaaaaaaaaa is over, nothing replaced.',
      '  kept     old (…00000001, id 1)',
      '  revoked  older (…00000003, id 3)',
    ])
    const taken = rotationText({...result, phase: 'rolled_back', takenBack: true, superseded: [old]}, PLAIN)
    expect(taken.split('\n')).toEqual([
      '! ended: dev-a: rotation aaaaaaaaaa is over, taken back: its new token is deleted.',
      '  kept     old (…00000001, id 1)',
    ])
    const both = rotationText({...result, phase: 'rolled_back', reason: 'both-kept', superseded: [old, gone]}, PLAIN)
    expect(both.split('\n')).toEqual([
      '! ended: dev-a: rotation aaaaaaaaaa is over, both sides kept.',
      '  kept     old (…00000001, id 1)',
      '  revoked  older (…00000003, id 3)',
      'Its next rotation replaces all that is kept; type:',
      '  patrol rotate dev-a',
    ])
    const proven = rotationText({...result, phase: 'proven', superseded: [{...old, deadline: at}]}, PLAIN)
    expect(proven).toContain(
      '  new      new (…00000002, id 2)\n  due      old (…00000001, id 1), at 2026-11-22T03:04:05Z',
    )
    expect(proven).toContain('patrol rotation resume aaaaaaaaaa')
  })
})

test.each([
  [1_700_000_000_000, '2023-11-14T22:13:20.000Z'],
  [8.64e18, '+275760-09-13T00:00:00.000Z'],
  [Number.POSITIVE_INFINITY, '+275760-09-13T00:00:00.000Z'],
])('the time %d is written %s', (at, written) => {
  expect(rfc3339(at)).toBe(written)
})

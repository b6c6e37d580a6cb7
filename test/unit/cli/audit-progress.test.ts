import {expect, test} from 'vitest'
import {auditView} from '../../../src/cli/audit-progress.ts'

/** A stream that remembers what was written; with `columns` it says that it is a terminal. */
function paper(columns?: number) {
  const written: string[] = []
  const stream = {
    write: (text: string) => written.push(text),
    ...(columns !== undefined && {isTTY: true, columns}),
  }
  return {written, stream}
}

const progress = (done: number, agent = 'a') => ({
  phase: 'auditing' as const,
  done,
  total: 8,
  agent,
  requests: 4 * done,
})

test('off a terminal it says at each quarter how far it is, and nothing before', () => {
  const {written, stream} = paper()
  const view = auditView({json: false, stream})
  view.on({...progress(8), phase: 'preparing'})
  view.on(progress(8))
  for (let done = 1; done <= 8; done++) view.judged('a', 1)
  view.hide()
  expect(written.map((line) => /\d+\/8, \d+ findings/.exec(line)?.[0])).toEqual([
    '2/8, 2 findings',
    '4/8, 4 findings',
    '6/8, 6 findings',
    '8/8, 8 findings',
  ])
})

test('on one it is a single line that fits, in which a name can move nothing', () => {
  const {written, stream} = paper(60)
  const view = auditView({json: false, stream})
  view.on(progress(1, `evil\u001B[2J\n${'x'.repeat(100)}`))
  const line = written.join('')
  expect(line).toMatch(/^Audited 0\/8, 0 findings so far, \d+ requests\/s/)
  expect(line.length).toBeLessThan(60)
  // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
  expect(line).not.toMatch(/[\u0000-\u001f]/)
  view.hide()
  expect(written.at(-1)).toBe('\r\u001B[2K')
  view.hide()
  expect(written).toHaveLength(2)
})

test('under --json it says nothing', () => {
  const {written, stream} = paper(80)
  const view = auditView({json: true, stream})
  view.on(progress(1))
  view.judged('a', 1)
  view.hide()
  expect(written).toEqual([])
})

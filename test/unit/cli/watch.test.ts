import {expect, test} from 'vitest'
import {shortened} from '../../../src/cli/watch.ts'

const agent = (name: string): string[] => [
  `\u001B[31m✗\u001B[39m ${name}`,
  '  profile engineer',
  '    patrol rotate',
  '',
]
const SUMMARY = ['one', 'two', 'three', 'four', 'verdict']

test('of what is higher than the terminal the head and the summary stay, and it is told how much is between', () => {
  const lines = [...agent('a'), ...agent('b'), ...agent('c'), ...agent('d'), ...SUMMARY]
  const shown = shortened(lines, 14)
  expect(shown).toHaveLength(14)
  expect(shown.slice(0, 8)).toEqual(lines.slice(0, 8))
  expect(shown[8]).toBe('… 8 lines with 2 agents more; "patrol audit" shows them all')
  expect(shown.slice(9)).toEqual(SUMMARY)
})

test('an agent whose block is cut is not counted as one more', () => {
  const lines = [...agent('a'), ...agent('b'), ...SUMMARY]
  expect(shortened(lines, 8)[2]).toBe('… 6 lines with 1 agent more; "patrol audit" shows them all')
  expect(shortened(lines, 12)[6]).toBe('… 2 lines; "patrol audit" shows them all')
})

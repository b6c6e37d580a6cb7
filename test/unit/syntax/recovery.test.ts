import {expect, test} from 'vitest'
import {readShell} from '../../../src/syntax/index.ts'

const commandsIn = async (text: string) => {
  const {commands, unread} = await readShell(text)
  return {commands: commands.map(({name}) => name.text), lines: unread.map(({start}) => start.line)}
}

test.each([
  ['a bracket in a pattern', 'a\nx="${1#[}"; y="${x%]}"\nb\n'],
  ['one in an array’s', 'a\nx="${x[0]##*[}"\nb\n'],
  ['a parenthesis that is put in', 'a\nx="${x//[/(}"\nb\n'],
])('%s is read through', async (_, text) => {
  expect(await commandsIn(text)).toEqual({commands: ['a', 'b'], lines: []})
})

test('what is cut off by a bracket stays unknown', async () => {
  const {commands} = await readShell('x=[a]\necho "${x#[}"\n')
  expect(commands[0]!.words.map(({text}) => text)).not.toContain('\uFFFB')
})

test('a line that cannot be read takes no other along, and is told', async () => {
  expect(await commandsIn('a\n[ x \\< y ]\nb\nc\n')).toEqual({commands: ['a', 'b', 'c'], lines: [2]})
  expect(await commandsIn('a\nx=$((16#$y))\nb\n')).toMatchObject({lines: [2]})
})

test('what is no shell script at all is not taken apart line by line', async () => {
  const {lines} = await commandsIn('def f(x): return (x\n'.repeat(40))
  expect(lines.length).toBeGreaterThan(0)
})

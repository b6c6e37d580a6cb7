import {describe, expect, test} from 'vitest'
import {saidIn} from '../../../src/platform/replies.ts'

const parts = (...texts: string[]) => texts.map((text) => ({kind: 'text', text}))
const message = (...texts: string[]) => ({kind: 'message', role: 'agent', parts: parts(...texts)})
const task = (state: string, more: object = {}) => ({kind: 'task', id: 't', contextId: 'c', ...more, status: {state}})
const told = (state: string, text: string) => ({state, message: message(text)})

/** The lines of what was said. */
function linesOf(result: unknown): string[] {
  const said = saidIn({jsonrpc: '2.0', id: '1', result})
  return said?.kind === 'replied' ? said.text.split('\n') : [said?.kind ?? 'nothing']
}

describe('what an agent says', () => {
  test.each<[string, object | string, string]>([
    ['a message', message('a line'), 'a line'],
    ['a message in pieces of words', message('a l', 'in', 'e'), 'a line'],
    ['a message with a line of its own part', message('well:', 'a line', 'bye'), 'a line'],
    ['a task, in its status', {kind: 'task', status: told('completed', 'well:\na line')}, 'a line'],
    ['a task, in pieces of words', task('completed', {artifacts: [{parts: parts('a l', 'ine')}]}), 'a line'],
    [
      'a task, in pieces over several artifacts',
      task('completed', {artifacts: [{parts: parts('a l')}, {parts: parts('in', 'e')}]}),
      'a line',
    ],
    [
      'a task, in a whole artifact among others',
      task('completed', {artifacts: [{parts: parts('one')}, {parts: parts('a line')}]}),
      'a line',
    ],
    ['a result of artifacts without a status', {artifacts: [{parts: parts('a line')}]}, 'a line'],
    ['a notice that the activity keeps', 'well:\na line', 'a line'],
    ['a task that failed, and says why', {kind: 'task', status: told('failed', 'a line')}, 'a line'],
    ['a task that goes on, and has said it', {kind: 'task', status: told('working', 'a line')}, 'a line'],
    ['a message of A2A 1.0', {message: {role: 'ROLE_AGENT', parts: [{text: 'a l'}, {text: 'ine'}]}}, 'a line'],
    [
      'a task of A2A 1.0',
      {task: {id: 't', status: {state: 'TASK_STATE_COMPLETED'}, artifacts: [{parts: [{text: 'a line'}]}]}},
      'a line',
    ],
    ['a task of A2A 0.1', task('completed', {artifacts: [{parts: [{type: 'text', text: 'a line'}]}]}), 'a line'],
  ])('is found in %s', (_, result, line) => {
    expect(linesOf(result)).toContain(line)
  })

  test('in two shapes at once stands there once for each that differs', () => {
    const artifacts = [{parts: parts('a l', 'ine')}]
    const both = {kind: 'task', artifacts, status: told('completed', 'a line')}
    expect(linesOf(both)).toEqual(['a line', 'a l', 'ine'])
    const differing = {kind: 'task', artifacts, status: told('completed', 'another line')}
    expect(linesOf(differing)).toEqual(['another line', 'a line', 'a l', 'ine'])
  })

  test('is not looked for in the history, where the question stands', () => {
    expect(linesOf(task('completed', {history: [message('a question')]}))).toEqual([''])
  })

  test('is text: what a part of another kind holds is none', () => {
    const others = [
      {kind: 'data', text: 'no'},
      {type: 'file', text: 'no'},
      {kind: 'text', text: 5},
    ]
    expect(linesOf({parts: [...others, ...parts('yes'), null]})).toEqual(['yes'])
  })

  test.each(['submitted', 'working', 'input-required', 'TASK_STATE_WORKING'])(
    'may be said on the way, while a task is %s',
    (state) => {
      const body = {result: {kind: 'task', status: told(state, 'on it')}}
      expect(saidIn(body)).toEqual({kind: 'replied', text: 'on it', meanwhile: true})
    },
  )

  test.each<[object, object]>([
    [{result: {}}, {kind: 'replied', text: ''}],
    [{result: {parts: 'none', artifacts: {}, status: 'completed'}}, {kind: 'replied', text: ''}],
    [{result: {artifacts: [null, {parts: null}]}}, {kind: 'replied', text: ''}],
    [
      {result: message('x'), error: null},
      {kind: 'replied', text: 'x'},
    ],
    [{error: {code: -32603, message: 'boom'}}, {kind: 'rpc-error', code: -32603}],
    [
      {error: {code: 'E', message: 'boom'}, result: message('x')},
      {kind: 'rpc-error', code: undefined},
    ],
    [{result: task('submitted')}, {kind: 'begun'}],
    [{result: task('working')}, {kind: 'begun'}],
    [{result: task('input-required')}, {kind: 'begun'}],
    [{result: task('auth-required')}, {kind: 'begun'}],
    [{result: {task: task('TASK_STATE_INPUT_REQUIRED')}}, {kind: 'begun'}],
    [{result: {task: task('TASK_STATE_FAILED')}}, {kind: 'unreadable', why: 'it is a task that ended as failed'}],
    [{result: task('completed')}, {kind: 'replied', text: ''}],
    [{result: task('failed')}, {kind: 'unreadable', why: 'it is a task that ended as failed'}],
    [{result: task('canceled')}, {kind: 'unreadable', why: 'it is a task that ended as canceled'}],
    [{result: task('rejected')}, {kind: 'unreadable', why: 'it is a task that ended as rejected'}],
  ])('by %j is %j', (body, said) => {
    expect(saidIn(body)).toEqual(said)
  })

  test.each<unknown>([undefined, null, 5, 'text', [[]], {}, {result: null}, {result: 5}, {error: 'boom'}])(
    'is nothing in %j',
    (body) => {
      expect(saidIn(body)).toBeUndefined()
    },
  )

  test.each([
    [1024 * 1024, 'replied'],
    [1024 * 1024 + 1, 'unreadable'],
  ])('is looked through up to a megabyte: %i characters are %s', (length, kind) => {
    expect(saidIn({result: 'x'.repeat(length)})?.kind).toBe(kind)
  })

  test('has the size of what it says, in however many parts and shapes it says it', () => {
    const [half, whole] = ['x'.repeat(500_000), 'x'.repeat(1_000_000)]
    const both = {artifacts: [{parts: parts(half, half)}], status: told('completed', whole)}
    expect(saidIn({result: both})?.kind).toBe('replied')
    expect(saidIn({result: {parts: parts(whole, half)}})?.kind).toBe('unreadable')
  })

  test('names how long it is where it is longer', () => {
    expect(saidIn({result: 'x'.repeat(5_000_000)})).toEqual({kind: 'unreadable', why: 'it is 5 MB long'})
  })
})

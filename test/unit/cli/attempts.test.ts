import {expect, test} from 'vitest'
import {Attempts, type Shell} from '../../../src/cli/attempts.ts'
import {PLAIN} from '../../../src/cli/palette.ts'
import {OpsError} from '../../../src/errors.ts'

/** A shell that keeps what is said to people. */
function shellOf(said: string[]): Shell {
  const paper = {tint: PLAIN, width: undefined}
  return {
    json: false,
    warn: () => {},
    log: () => {},
    talk: (text) => void said.push(text),
    paper,
    aside: paper,
    agreed: async () => true,
    end: async () => {},
    server: () => undefined,
    stopped: () => false,
  }
}

test('what was changed for one of several agents is told of that one: a warning may tell of more', async () => {
  const said: string[] = []
  const attempts = new Attempts(['a', 'b', 'c'], shellOf(said))
  const refused = new OpsError('GUARD_PAUSED', 'It is paused. Nothing was changed; the old token serves.')
  const rejected = new OpsError('ADMIN_REJECTED', 'The password is wrong. Nothing else was changed.')
  for (const [agent, error] of [
    ['a', refused],
    ['b', rejected],
    ['c', rejected],
  ] as const) {
    await attempts.attempt(agent, () => Promise.reject(error))
  }
  expect(attempts.ending().incomplete).toMatchObject([
    {message: 'It is paused. Nothing was changed for a; the old token serves.'},
    {message: 'The password is wrong. Nothing else was changed for b.'},
    {message: 'Not begun: what ended b would end it as well. Nothing was begun for c.'},
  ])
  expect(said.join('\n')).toMatch(/^a: Error: It is paused\. Nothing was changed for a; .*^b: .* changed for b\.$/ms)
})

test('a failure among several is wrapped with the name that stands before it', async () => {
  const said: string[] = []
  const narrow = {tint: PLAIN, width: 40}
  const attempts = new Attempts(['an-agent-of-some-name', 'b'], {...shellOf(said), paper: narrow, aside: narrow})
  const refused = new OpsError('GUARD_PAUSED', 'Its workspace is paused, and a restart would wake it up.')
  await attempts.attempt('an-agent-of-some-name', () => Promise.reject(refused))
  const [first = '', second = ''] = said.join('\n').split('\n')
  expect(first).toMatch(/^an-agent-of-some-name: Error: Its/)
  expect(Math.max(first.length, second.length)).toBeLessThanOrEqual(40)
})

test('what several agents meet together is said once', async () => {
  const said: string[] = []
  const attempts = new Attempts(['a', 'b'], shellOf(said))
  const {promise: together, resolve} = Promise.withResolvers<void>()
  const work = async (): Promise<void> => {
    await together
    throw new OpsError('ADMIN_REJECTED', 'The password is wrong. Nothing was changed.')
  }
  const both = Promise.all(['a', 'b'].map((agent) => attempts.attempt(agent, work)))
  resolve()
  await both
  attempts.ending()
  expect(said.map((text) => text.split('\n')[0])).toEqual([
    'a: Error: The password is wrong. Nothing was changed for a.',
    'The same holds for b; nothing of theirs was begun.',
  ])
})

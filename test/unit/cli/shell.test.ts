import {describe, expect, test} from 'vitest'
import {refuseSecrets, wantsJson, withFlag} from '../../../src/cli/argv.ts'
import {failureDocument, printed, successDocument} from '../../../src/cli/envelope.ts'
import {explain, failureText} from '../../../src/cli/failure.ts'
import {colourLevel, PLAIN} from '../../../src/cli/palette.ts'
import {OpsError, unclaimed, word} from '../../../src/errors.ts'
import {nearest} from '../../../src/config/nearest.ts'
import {redact} from '../../../src/secret.ts'
import {noteCodes} from '../../support/seen-codes.ts'

const TOKEN = `${'c'.repeat(32)}00000077`
const speaker = {name: 'patrol', version: '9.9.9', command: 'probe'}

describe('a secret on the command line', () => {
  test.each([
    ['as an argument', [TOKEN]],
    ['as a flag value', ['--token-file', TOKEN]],
    ['joined to its flag', [`--token-file=${TOKEN}`]],
    ['in capitals', [TOKEN.toUpperCase()]],
    ['inside a URL', ['--gitea-url', `https://bot:${TOKEN}@git.example.org`]],
  ])('is refused %s, unsaid', (_, argv) => {
    const refusal = thrown(() => refuseSecrets(argv))
    expect(refusal).toMatchObject({code: 'SECRET_IN_ARGUMENT', exit: 2})
    expect(refusal.message.toLowerCase()).not.toContain(TOKEN)
    expect(refusal.message).toMatch(/leaked/)
    expect(redact(argv.join(' '))).not.toContain(TOKEN)
  })

  test('is not seen in a path, a UUID or a shorter word', () => {
    const uuid = '3F2504E0-4F89-41D3-9A0C-0305E82C3301'
    expect(() => refuseSecrets(['--token-file', `/run/${TOKEN}/t`, uuid, 'abcdef', '--', '-'])).not.toThrow()
  })
})

describe('a command line to repeat', () => {
  test('is quoted where a shell would take it apart', () => {
    expect(['patrol', 'push', 'a b', "it's", '~/x', '$HOME', 'a=b:c/d', '=ls'].map(word).join(' ')).toBe(
      String.raw`patrol push 'a b' 'it'\''s' '~/x' '$HOME' a=b:c/d '=ls'`,
    )
  })

  test('has the flag once', () => {
    expect(withFlag(['a', '--json'], '--yes')).toEqual(['a', '--json', '--yes'])
    expect(withFlag(['a', '--confirm', 'b', '--id', '4'], '--confirm', 'a')).toEqual([
      'a',
      '--id',
      '4',
      '--confirm',
      'a',
    ])
    expect(withFlag(['a', '--confirm=b', '--id', '4'], '--confirm', 'a')).toEqual(['a', '--id', '4', '--confirm', 'a'])
  })
})

test('--json after -- is an argument, not the flag', () => {
  expect(wantsJson(['probe', '--json'])).toBe(true)
  expect(wantsJson(['probe', '--', '--json'])).toBe(false)
})

describe('what people get to see of an error', () => {
  test('an OpsError gives its four slots and its category exit', async () => {
    const error = new OpsError('WRITE_IN_DOUBT', 'The answer was lost.', {suggestions: ['patrol x'], ref: 'docs/r.md'})
    expect(await explain(error)).toEqual({
      status: 7,
      code: 'WRITE_IN_DOUBT',
      message: 'The answer was lost.',
      suggestions: ['patrol x'],
      ref: 'docs/r.md',
    })
  })

  test('advice in words stands in the message, so that every suggestion can be typed', async () => {
    const suggestions = ['check `gitea.url`', 'or wait', 'patrol doctor', 'did you mean x?', 'ls -l /a']
    expect(await explain(new OpsError('GITEA_UNUSABLE', 'No.', {suggestions}))).toMatchObject({
      message: 'No. Check `gitea.url`, or wait. Did you mean x?',
      suggestions: ['patrol doctor', 'ls -l /a'],
    })
  })

  test('a message fits the terminal, a command is never broken', () => {
    const failure = {
      status: 5,
      code: 'X',
      message: 'word '.repeat(30).trim(),
      suggestions: ['patrol '.repeat(9)],
      ref: undefined,
    }
    const lines = failureText(failure, PLAIN, 40).split('\n')
    expect(lines.slice(0, -1).every((line) => line.length <= 40)).toBe(true)
    expect(lines.at(-1)).toBe(`  ${'patrol '.repeat(9)}`)
  })

  test('anything else is our bug, without its stack or its properties', async () => {
    const error = Object.assign(new TypeError('x is not a function'), {headers: {authorization: 'hidden-thing'}})
    const failure = await explain(error)
    expect(failure).toMatchObject({status: 1, code: 'BUG'})
    const shown = failureText(failure, PLAIN) + JSON.stringify(failureDocument(speaker, failure, []))
    noteCodes(shown)
    expect(shown).toContain('x is not a function')
    expect(shown).toContain('open an issue')
    expect(shown).not.toContain('hidden-thing')
    expect(shown).not.toMatch(/\bat .*\.ts:\d+/)
  })

  test('a file that is not to be had is named with the look at it', async () => {
    const shut = Object.assign(new Error('EACCES'), {code: 'EACCES', syscall: 'open', path: '/state/a file'})
    expect((await explain(shut)).suggestions).toEqual([
      "ls -ld '/state/a file'",
      'patrol doctor',
      'patrol rotation list',
    ])
    const missing = Object.assign(new Error('ENOENT'), {code: 'ENOENT', syscall: 'open', path: '/state/gone'})
    expect((await explain(missing)).suggestions[0]).toBe('ls -ld /state')
  })

  test('a full disk is named as what it is', async () => {
    const full = Object.assign(new Error('ENOSPC'), {code: 'ENOSPC', syscall: 'write', path: '/state/journal.db'})
    expect(await explain(full)).toMatchObject({
      code: 'FILE_UNUSABLE',
      status: 5,
      message: expect.stringMatching(/disk is full.*journal\.db/),
    })
  })

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const)('%s ends with %i and keeps the message of the error that it caused', async (stopped, status) => {
    const error = new OpsError('WRITE_IN_DOUBT', 'Stopped after the write.')
    expect(await explain(error, {stopped})).toMatchObject({status, message: 'Stopped after the write.'})
    expect(await explain(new Error('aborted'), {stopped})).toMatchObject({status, code: 'INTERRUPTED'})
  })

  test.each([
    ['You said no. Nothing was changed.', 'You said no. Nothing else was changed.'],
    ['It ended, and nothing was done.', 'It ended, and nothing else was done.'],
    ['Nothing else was changed.', 'Nothing else was changed.'],
    ['It is away. Nothing was done by this request.', 'It is away. Nothing was done by this request.'],
    ['It is odd. Nothing was changed by reading it.', 'It is odd. Nothing was changed by reading it.'],
    ['It is full. Nothing was changed on a server.', 'It is full. Nothing else was changed on a server.'],
  ])('a claim that nothing was changed is about all else, where a warning tells of that: %s', async (said, told) => {
    const error = new OpsError('DECLINED', said)
    expect(await explain(error, {beside: true})).toMatchObject({message: told})
    expect(await explain(error, {beside: false})).toMatchObject({message: said})
  })

  test.each([
    ['It may not sign in. Nothing was minted. Ask.', 'It may not sign in. Ask.'],
    ['It is full. Nothing was changed on a server.', 'It is full.'],
    ['It is away. Nothing was done by this request.', 'It is away. Nothing was done by this request.'],
    ['It was denied; nothing was stored.', 'It was denied; nothing was stored.'],
  ])('a run that has written repeats no claim about all of it: %s', (said, told) => {
    expect(unclaimed(said)).toBe(told)
  })

  test('a page is named as the installed patrol prints it, and by its address where patrol has a home', async () => {
    const failure = await explain(new OpsError('ROLLED_BACK', 'No.', {ref: 'docs/runbooks/rotation-incomplete.md'}))
    expect(failureText(failure, PLAIN)).toContain('\nRead: patrol help rotation-incomplete')
    expect(failureDocument(speaker, failure, [])).toMatchObject({error: {ref: 'rotation-incomplete'}})
    const homepage = 'https://git.example.org/acme/patrol'
    expect(failureDocument({...speaker, homepage}, failure, [])).toMatchObject({
      error: {ref: `${homepage}/docs/runbooks/rotation-incomplete.md`},
    })
  })

  test('a failed document has exactly the fields of the envelope', () => {
    const document = failureDocument(speaker, {status: 5, code: 'X', message: 'm', suggestions: [], ref: undefined}, [
      'w',
    ])
    expect(document).toEqual({
      schema: 'patrol/envelope/1',
      tool: {name: 'patrol', version: '9.9.9'},
      command: 'probe',
      status: 5,
      result: null,
      warnings: ['w'],
      error: {code: 'X', message: 'm', suggestions: [], ref: null},
    })
  })

  test('times are RFC 3339, whatever they hang on', () => {
    const at = Date.UTC(2026, 10, 22, 3, 4, 5)
    const times = {dueAt: at, token: {deadline: at}, events: [{at, count: 7}]}
    expect(JSON.parse(printed(times))).toEqual({
      dueAt: '2026-11-22T03:04:05.000Z',
      token: {deadline: '2026-11-22T03:04:05.000Z'},
      events: [{at: '2026-11-22T03:04:05.000Z', count: 7}],
    })
  })

  test('a document of success carries its exit as status, and findings only where there are any', () => {
    expect(successDocument(speaker, {result: {a: 1}}, [])).not.toHaveProperty('findings')
    expect(successDocument(speaker, {result: {a: 1}, exit: 3, findings: [{}]}, [])).toMatchObject({
      status: 3,
      findings: [{}],
    })
  })
})

describe('colour', () => {
  const terminal = {isTTY: true}
  test.each([
    ['a terminal', terminal, {TERM: 'xterm'}, 1],
    ['256 colours', terminal, {TERM: 'xterm-256color'}, 2],
    ['NO_COLOR', terminal, {TERM: 'xterm', NO_COLOR: '1'}, 0],
    ['an empty NO_COLOR', terminal, {TERM: 'xterm', NO_COLOR: ''}, 1],
    ['a dumb terminal', terminal, {TERM: 'dumb'}, 0],
    ['a pipe', {isTTY: false}, {TERM: 'xterm'}, 0],
    ['FORCE_COLOR on a pipe', {isTTY: false}, {FORCE_COLOR: '1'}, 1],
    ['FORCE_COLOR=0', terminal, {TERM: 'xterm', FORCE_COLOR: '0'}, 0],
    ['FORCE_COLOR against NO_COLOR', {isTTY: false}, {FORCE_COLOR: '3', NO_COLOR: '1'}, 3],
  ] as const)('%s', (_, stream, env, level) => {
    expect(colourLevel(stream, env)).toBe(level)
  })
})

describe('nearest', () => {
  const agents = ['agent-dev-a', 'agent-dev-b', 'reviewer', 'concierge']
  test('finds a typo, nearest first', () =>
    expect(nearest('agent-dev-s', agents)).toEqual(['agent-dev-a', 'agent-dev-b']))
  test('finds an unfinished word', () => expect(nearest('agent', agents)).toEqual(['agent-dev-a', 'agent-dev-b']))
  test('ignores case', () => expect(nearest('Reviewer', agents)).toEqual(['reviewer']))
  test('says nothing when all is far', () => expect(nearest('zzzzzz', agents)).toEqual([]))
})

function thrown(act: () => void): OpsError {
  try {
    act()
  } catch (error) {
    if (error instanceof OpsError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

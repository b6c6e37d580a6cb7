import {describe, expect, test} from 'vitest'
import {adviceOf, commandsOf, nothing, OpsError, orElse, run, say, sentencesOf} from '../../../src/errors.ts'
import {again} from '../../../src/errors/advice.ts'

describe('a command to type', () => {
  test('is quoted where a shell would take apart what is put in', () => {
    const command = run`patrol push ${"it's a"} --token-file=${'/a b'} --id ${4}`
    expect(command.text).toBe(String.raw`patrol push 'it'\''s a' '--token-file=/a b' --id 4`)
    expect(command.argv).toEqual(['patrol', 'push', "it's a", '--token-file=/a b', '--id', '4'])
  })

  test('has as many words as a list that is put in, and none of an empty one', () => {
    expect(run`patrol revoke a --worker ${['b c', 'd']} ${[]}`.text).toBe("patrol revoke a --worker 'b c' d")
  })

  test('is its text in JSON', () => {
    expect(JSON.stringify({suggestions: [run`patrol doctor`, say('or wait')]})).toBe(
      '{"suggestions":["patrol doctor","or wait"]}',
    )
  })

  test.each(['patrol smoke a', String.raw`ls -l 'it'\''s' '=a'`, "patrol probe '' --x=1"])(
    'is the same when it was written out: %s',
    (line) => {
      const {argv = []} = adviceOf(line)
      expect(run`${argv}`).toEqual(adviceOf(line))
    },
  )
})

describe('advice', () => {
  const advice = [
    say('check `gitea.url`'),
    run`patrol doctor`,
    say('or wait.'),
    again('did you mean x?'),
    run`git diff`,
  ]

  test('in words becomes sentences', () => {
    expect(sentencesOf(advice)).toBe('Check `gitea.url`, or wait. Did you mean x?')
    expect(sentencesOf([run`patrol doctor`])).toBe('')
  })

  test('to type stays as it is', () => {
    expect(commandsOf(advice)).toEqual(['patrol doctor', 'git diff'])
  })

  test('that was written out to run the command again is known as that', () => {
    const {advice: told} = new OpsError('BUG', 'No.', {suggestions: ['run the command again in a minute', 'or wait']})
    expect(told.map((each) => each.repeats)).toEqual([true, false])
  })
})

describe('an error that was written out', () => {
  test.each([
    ['It is off. Nothing was changed.', 'It is off.', [], 'untouched'],
    ['Nothing was sent.', '', [], 'untouched'],
    ['Two are. Nothing was changed.\n  a\n  b', 'Two are.', ['  a', '  b'], 'untouched'],
    ['It is off. Nothing was called.', 'It is off. Nothing was called.', [], undefined],
    ['Nothing was changed. Yet it is off.', 'Nothing was changed. Yet it is off.', [], undefined],
    ['It is\noff.', 'It is\noff.', [], undefined],
  ])('keeps its message and is taken apart: %j', (message, what, lines, leaves) => {
    const error = new OpsError('BUG', message)
    expect(error.message).toBe(message)
    expect(error).toMatchObject({what, lines, leaves})
  })

  test('is told again with what is known by now', () => {
    const suggestions = ['patrol doctor']
    const error = new OpsError('GITEA_UNUSABLE', 'It is off. Nothing was sent.\n  a', {suggestions, ref: 'docs/r.md'})
    const state = {leaves: 'both-work', says: 'Both tokens work.'} as const
    expect(error.with({category: 'incomplete', state, advice: [run`patrol rotation list`]})).toMatchObject({
      code: 'GITEA_UNUSABLE',
      exit: 7,
      message: 'It is off. Both tokens work.\n  a',
      leaves: 'both-work',
      suggestions: ['patrol rotation list'],
      ref: 'docs/r.md',
    })
    expect(error.with({state: nothing('minted'), lines: []}).message).toBe('It is off. Nothing was minted.')
    expect(error.with({state: undefined}).message).toBe('It is off.\n  a')
  })
})

describe('orElse', () => {
  const off = new OpsError('GITEA_UNUSABLE', 'off')
  const stopped = new OpsError('INTERRUPTED', 'stopped')
  const bug = new TypeError('bug')
  const code = ({code: its}: OpsError): string => its

  test('takes an error of ours, and neither an interrupt nor a bug', async () => {
    expect(await Promise.reject(off).catch(orElse(code))).toBe('GITEA_UNUSABLE')
    await expect(Promise.reject(stopped).catch(orElse(code))).rejects.toBe(stopped)
    await expect(Promise.reject(bug).catch(orElse(code))).rejects.toBe(bug)
  })

  test('takes those of a code or a category alone where they are named', async () => {
    expect(await Promise.reject(off).catch(orElse(code, 'unavailable'))).toBe('GITEA_UNUSABLE')
    expect(await Promise.reject(off).catch(orElse(code, 'BUG', 'GITEA_UNUSABLE'))).toBe('GITEA_UNUSABLE')
    expect(await Promise.reject(stopped).catch(orElse(code, 'INTERRUPTED'))).toBe('INTERRUPTED')
    await expect(Promise.reject(off).catch(orElse(code, 'auth', 'BUG'))).rejects.toBe(off)
  })
})

describe('an error made of facts', () => {
  test('is told by the catalogue: what happened, the state that it leaves, what to do next', () => {
    const facts = {clean: 'http://git.example.org', secure: 'https://git.example.org'}
    const error = new OpsError('URL_INSECURE', facts)
    expect(error).toMatchObject({
      code: 'URL_INSECURE',
      facts,
      exit: 2,
      what: '"http://git.example.org" would send credentials in the clear.',
      leaves: 'untouched',
      message: '"http://git.example.org" would send credentials in the clear. Nothing was called.',
      suggestions: ['use https://git.example.org', 'or accept it with --insecure-http'],
    })
    expect(error.with({category: 'auth'})).toMatchObject({facts, exit: 4, message: error.message})
  })

  test('has the face that its case names', () => {
    expect(new OpsError('URL_INVALID', {case: 'unreadable'}).what).toBe('The address cannot be read as a URL.')
    const meant = 'https://git.example.org'
    const {suggestions} = new OpsError('URL_INVALID', {case: 'bare', typed: 'git.example.org', meant})
    expect(suggestions).toEqual([`did you mean ${meant}`])
  })

  test('is a sentence with its facts where they stand', () => {
    const {message, suggestions} = new OpsError('LEASE_HELD', {subject: 'agent-a', holder: 'process 4', seconds: 12})
    expect(message).toBe(
      'Another run works on agent-a (process 4); its lease ends in 12 s unless renewed. Nothing was changed.',
    )
    expect(suggestions).toEqual(['patrol rotation list'])
  })

  test('gives the advice that hangs on its facts before that which does not', () => {
    const asked = {url: 'https://app.example.test', method: 'GET', path: '/workspaces?limit=1', status: 302}
    const error = new OpsError('PLATFORM_NOT_JSON', {case: 'redirect', ...asked})
    expect(error.what).toBe(
      "GET /workspaces at https://app.example.test was not answered by the platform's API: a redirect (HTTP 302), which is not followed with a credential.",
    )
    expect(error.suggestions).toEqual(['set `platform.url` in patrol.yaml to the final address', 'patrol doctor'])
  })

  test('leaves what its face says, else what its kind does', () => {
    expect(new OpsError('GITEA_USER_UNKNOWN', {case: 'mint', user: 'bob'})).toMatchObject({
      leaves: 'untouched',
      message: 'There is no user bob. Nothing was minted.',
    })
    expect(new OpsError('GITEA_USER_UNKNOWN', {case: 'list', user: 'bob'}).leaves).toBeUndefined()
    expect(new OpsError('WRITE_IN_DOUBT', {case: 'gitea', what: 'Minting', why: 'no answer came.'}).leaves).toBe(
      'in-doubt',
    )
  })

  test('has no facts but its own, nor none', () => {
    // @ts-expect-error: of another code
    expect(new OpsError('REPO_INVALID', {scope: 'a'}).code).toBe('REPO_INVALID')
    // @ts-expect-error: of another face
    expect(new OpsError('URL_INVALID', {case: 'query', host: 'a'}).code).toBe('URL_INVALID')
    // @ts-expect-error: none
    expect(() => new OpsError('REPO_INVALID')).toThrow(TypeError)
  })
})

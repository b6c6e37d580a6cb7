import {execFileSync} from 'node:child_process'
import {createWriteStream} from 'node:fs'
import {chmod, mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises'
import {homedir, tmpdir} from 'node:os'
import {join} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import {findToken, readBearer, parseReference, readSecret, readToken, spoken} from '../../../src/config.ts'
import type {SecretRef, SecretSources} from '../../../src/config.ts'
import {Secret} from '../../../src/secret.ts'

const VALUE = 'not-a-real-token-value'
let dir: string
let warnings: string[]
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'patrol-secret-'))
  warnings = []
})
afterEach(() => rm(dir, {recursive: true, force: true}))

function sources(changes: Partial<SecretSources> = {}): SecretSources {
  return {
    env: {PATH: process.env.PATH, TOKEN: VALUE},
    stdin: (async function* () {
      yield `${VALUE}\n`
    })(),
    ask: async () => new Secret(VALUE),
    warn: (text) => void warnings.push(text),
    strict: false,
    signal: new AbortController().signal,
    ...changes,
  }
}
async function file(content: string, mode = 0o600): Promise<SecretRef & {kind: 'file'}> {
  const path = join(dir, 'token')
  await writeFile(path, content)
  await chmod(path, mode)
  return {kind: 'file', path}
}
const read = (ref: SecretRef, changes?: Partial<SecretSources>) => readSecret(ref, 'the token', sources(changes))

test.each([
  ['env:NAME', {kind: 'env', name: 'NAME'}],
  ['file:/a/b', {kind: 'file', path: '/a/b'}],
  ['file:b', {kind: 'file', path: '/base/b'}],
  ['file:~/b', {kind: 'file', path: join(homedir(), 'b')}],
  ['file:~b', {kind: 'file', path: '/base/~b'}],
  ['exec:pass show x', {kind: 'exec', command: 'pass show x', origin: '/base/patrol.yaml'}],
  ['prompt:', {kind: 'prompt', label: ''}],
  ['-', {kind: 'stdin'}],
  ['env:1NAME', undefined],
  ['file:', undefined],
  ['exec: ', undefined],
  [VALUE, undefined],
  ['', undefined],
])('the reference %s is understood', (text, ref) => {
  expect(parseReference(text, '/base', '/base/patrol.yaml')).toEqual(ref)
})

test.each([
  [{kind: 'env', name: 'NAME'}, 'env:NAME'],
  [{kind: 'file', path: '/base/secrets/admin'}, 'file:secrets/admin'],
  [{kind: 'file', path: '/elsewhere/admin'}, 'file:/elsewhere/admin'],
  [{kind: 'exec', command: 'printf x', origin: undefined}, 'its exec: command'],
] as [SecretRef, string][])('%j is spoken of as %s', (ref, text) => {
  expect(spoken(ref, '/base')).toBe(text)
})

test('a file that is to be read after Ctrl-C ends the run as that does, and nothing is thrown past it', async () => {
  const reason = new DOMException('SIGINT received', 'AbortError')
  const ref = await file(VALUE)
  await expect(read(ref, {signal: AbortSignal.abort(reason)})).rejects.toBe(reason)
})

describe('a value is read', () => {
  test.each(['\n', '\r\n', ''])('from a file ending in %j', async (ending) => {
    expect((await read(await file(VALUE + ending))).equals(new Secret(VALUE))).toBe(true)
    expect(warnings).toEqual([])
  })
  test('from the environment, standard input, a question and a command', async () => {
    const refs: SecretRef[] = [
      {kind: 'env', name: 'TOKEN'},
      {kind: 'stdin'},
      {kind: 'prompt', label: ''},
      {kind: 'exec', command: 'printf %s "$TOKEN"', origin: undefined},
    ]
    for (const ref of refs) expect((await read(ref)).equals(new Secret(VALUE))).toBe(true)
  })
})

describe('a value is read to its end', () => {
  const TOKEN = '0123456789abcdef0123456789abcdef01234567'
  const ATOM = 24

  test('from a pipe that gets it in two writes', async () => {
    const path = join(dir, 'pipe')
    execFileSync('mkfifo', [path])
    const reading = readToken({kind: 'file', path}, 'the token', sources())
    const pipe = createWriteStream(path)
    pipe.write(TOKEN.slice(0, ATOM))
    // Long enough for the first part to be read alone; were it too short, the test would only see less.
    await sleep(50)
    pipe.end(`${TOKEN.slice(ATOM)}\n`)
    expect((await reading).equals(new Secret(TOKEN))).toBe(true)
  })

  test('from standard input whose chunks cut a character', async () => {
    const bytes = Buffer.from('pass-wörd')
    const stdin = (async function* () {
      for (const byte of bytes) yield Buffer.from([byte])
    })()
    expect((await read({kind: 'stdin'}, {stdin})).equals(new Secret('pass-wörd'))).toBe(true)
  })

  test('but not beyond what a secret can be', async () => {
    const endless = (async function* () {
      for (;;) yield 'x'.repeat(1024)
    })()
    await expect(read({kind: 'stdin'}, {stdin: endless})).rejects.toThrow(/far too large for a secret/)
    await expect(read({kind: 'file', path: '/dev/zero'})).rejects.toThrow(/far too large for a secret/)
  })
})

describe('a token of the platform', () => {
  const TOKEN = 'not-a-real-platform-token-0001'
  const bearer = (ref: SecretRef, changes?: Partial<SecretSources>) => readBearer(ref, 'the token', sources(changes))

  test('is read as any other secret', async () => {
    expect((await bearer(await file(`${TOKEN}\n`))).equals(new Secret(TOKEN))).toBe(true)
    await expect(bearer({kind: 'env', name: 'NOPE'})).rejects.toMatchObject({code: 'SECRET_UNREADABLE'})
  })

  test('is refused where it is wrapped, wherever it comes from, unsaid', async () => {
    const line = `TOKEN=${TOKEN}`
    const env = {PATH: process.env.PATH, LINE: line}
    const refs: [SecretRef, string][] = [
      [await file(`${line}\n`), join(dir, 'token')],
      [{kind: 'env', name: 'LINE'}, 'the environment variable LINE'],
      [{kind: 'prompt', label: ''}, 'The answer'],
    ]
    for (const [ref, where] of refs) {
      const failed = bearer(ref, {env, ask: async () => new Secret(line)})
      await expect(failed).rejects.toMatchObject({code: 'CREDENTIAL_MALFORMED', exit: 2})
      await expect(failed).rejects.toThrow(`${where} holds 36 characters of a line NAME=value`)
      await expect(failed).rejects.not.toThrow(TOKEN)
    }
  })
})

describe('the one token that lies somewhere', () => {
  const TOKEN = '0123456789abcdef0123456789abcdef01234567'
  const found = async (text: string) => findToken(await file(text), 'the token', sources())

  test.each([TOKEN, `"${TOKEN}"\n`, `export GITEA_TOKEN=${TOKEN}`, Buffer.from(TOKEN).toString('base64')])(
    'is found in %j',
    async (text) => {
      expect((await found(text))?.equals(new Secret(TOKEN))).toBe(true)
    },
  )

  test.each(['', 'correct-horse', `${TOKEN}\n${TOKEN.replace('0', 'f')}`])(
    'is none, or not one, in %j',
    async (text) => {
      expect(await found(text)).toBeUndefined()
    },
  )
})

describe('a token of Gitea', () => {
  const TOKEN = '0123456789abcdef0123456789abcdef01234567'
  const token = (ref: SecretRef, changes?: Partial<SecretSources>) => readToken(ref, 'the token', sources(changes))

  test.each(['\n', '\r\n', '', '  \n'])('is read from a file ending in %j', async (ending) => {
    expect((await token(await file(`\uFEFF${TOKEN}${ending}`))).equals(new Secret(TOKEN))).toBe(true)
  })

  test('is refused for its shape wherever it comes from, unsaid', async () => {
    const quoted = `"${TOKEN}"`
    const stdin = (async function* () {
      yield quoted
    })()
    const env = {PATH: process.env.PATH, QUOTED: quoted}
    const refs: [SecretRef, string][] = [
      [await file(`${quoted}\n`), join(dir, 'token')],
      [{kind: 'env', name: 'QUOTED'}, 'the environment variable QUOTED'],
      [{kind: 'stdin'}, 'standard input'],
      [{kind: 'exec', command: 'printf %s "$QUOTED"', origin: undefined}, 'the output of its exec: command'],
      [{kind: 'prompt', label: ''}, 'The answer'],
    ]
    for (const [ref, where] of refs) {
      const failed = token(ref, {env, stdin, ask: async () => new Secret(quoted)})
      await expect(failed).rejects.toMatchObject({code: 'TOKEN_MALFORMED', exit: 2})
      await expect(failed).rejects.toThrow(`${where} holds 42 characters with quotes around them`)
      await expect(failed).rejects.not.toThrow(TOKEN)
    }
  })

  test('is missing, not malformed, where nothing is there', async () => {
    await expect(token({kind: 'env', name: 'NOPE'})).rejects.toMatchObject({code: 'SECRET_UNREADABLE'})
  })
})

describe('a value is refused, unsaid', () => {
  test.each<[SecretRef, string]>([
    [{kind: 'env', name: 'TOKEN'}, 'the environment variable TOKEN'],
    [{kind: 'prompt', label: ''}, 'The answer'],
  ])('where it is too short to be kept out of what is printed: %j', async (ref, where) => {
    const given = (value: string) => read(ref, {env: {TOKEN: value}, ask: async () => new Secret(value)})
    const failed = given('hunter2')
    await expect(failed).rejects.toMatchObject({code: 'CREDENTIAL_MALFORMED', exit: 2})
    await expect(failed).rejects.toThrow(
      `${where} holds 7 characters; the token has to have at least 8. Nothing was called`,
    )
    await expect(failed).rejects.not.toThrow('hunter2')
    expect((await given('hunter22')).equals(new Secret('hunter22'))).toBe(true)
  })

  test.each(['null', 'undefined', 'None'])('the word %s, in place of any secret', async (word) => {
    await expect(read(await file(`${word}\n`))).rejects.toMatchObject({code: 'SECRET_UNREADABLE'})
  })
  test.each([
    ['an empty file', ''],
    ['a file of blanks', ' \n'],
    ['a file of two lines', `${VALUE}\n${VALUE}2\n`],
  ])('%s', async (_, content) => {
    const failed = read(await file(content))
    await expect(failed).rejects.toMatchObject({code: 'SECRET_UNREADABLE', exit: 4})
    await expect(failed).rejects.not.toThrow(VALUE)
  })
  test('a missing file, a directory and a variable that is not set', async () => {
    await expect(read({kind: 'file', path: join(dir, 'none')})).rejects.toThrow(
      /none does not exist; the token is read/,
    )
    await mkdir(join(dir, 'd'))
    await expect(read({kind: 'file', path: join(dir, 'd')})).rejects.toThrow(/is a directory/)
    await expect(read({kind: 'env', name: 'NOPE'})).rejects.toThrow(/NOPE is empty or not set/)
    // patrol.yaml is sound, and need not be what names the place.
    const there = 'put the value there, or name another place, in patrol.yaml or by the flag that was typed'
    await expect(read({kind: 'env', name: 'NOPE'})).rejects.toMatchObject({suggestions: [there]})
    await expect(read(await file('null\n'))).rejects.toMatchObject({suggestions: [there]})
    const nowhere = {kind: 'file', path: join(dir, 'none')} as const
    await expect(read(nowhere)).rejects.toMatchObject({suggestions: [there, `ls -ld ${dir}`]})
  })
  test('a command that fails, without what it printed', async () => {
    const failed = read({kind: 'exec', command: `echo ${VALUE}; echo ${VALUE} >&2; exit 9`, origin: undefined})
    await expect(failed).rejects.toThrow(/ended with exit code 9/)
    await expect(failed).rejects.not.toThrow(VALUE)
  })
  test('a command from a configuration that others can write is not run', async () => {
    const origin = join(dir, 'patrol.yaml')
    await writeFile(origin, '')
    await chmod(origin, 0o666)
    const ref: SecretRef = {kind: 'exec', command: `touch ${join(dir, 'ran')}; echo x`, origin}
    await expect(read(ref)).rejects.toMatchObject({code: 'SECRET_EXPOSED'})
    await expect(read({kind: 'file', path: join(dir, 'ran')})).rejects.toThrow(/does not exist/)
    await chmod(origin, 0o600)
    expect((await read({...ref, command: `echo ${VALUE}`})).equals(new Secret(VALUE))).toBe(true)
  })
  test('a file that others can read: a warning, and with --strict a refusal', async () => {
    const ref = await file(VALUE, 0o640)
    await read(ref)
    expect(warnings.join()).toMatch(/can be read by other users.*chmod 600/)
    await expect(read(ref, {strict: true})).rejects.toMatchObject({code: 'SECRET_EXPOSED', exit: 6})
  })
})

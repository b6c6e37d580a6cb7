import {
  chmod,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  readlink,
  rm,
  stat,
  symlink,
  utimes,
  writeFile,
} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import {Secret} from '../../../src/secret.ts'
import {headersFor, namesOf, WorkspaceTokens} from '../../../src/workspace-token.ts'

const ONE = 'not-a-real-workspace-token-00000001'
const TWO = 'not-a-real-workspace-token-00000002'

let dir: string
let file: string
let warnings: string[]

const open = (env: NodeJS.ProcessEnv = {}, strict = false) =>
  new WorkspaceTokens(file, {
    env,
    stdin: (async function* none() {})(),
    ask: async () => new Secret(''),
    warn: (text) => void warnings.push(text),
    strict,
    signal: new AbortController().signal,
  })
const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8)
const put = (text: string, mode = 0o600) => writeFile(file, text, {mode})
const entries = () => readdir(dir)

beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'patrol-own-token-'))
  file = join(dir, '.auth_token')
  warnings = []
})
afterEach(() => rm(dir, {recursive: true, force: true}))

describe('the token held', () => {
  test('is that of the file, before that of the environment', async () => {
    await put(ONE)
    const held = await open({MOLECULE_WORKSPACE_TOKEN: TWO}).held()
    expect(held?.token.reveal()).toBe(ONE)
    expect(held?.from).toEqual({kind: 'file', path: file})
  })

  test.each(['missing', '', '\n', ' \r\n'])('is that of the environment where the file is %j', async (text) => {
    if (text !== 'missing') await put(text)
    const held = await open({MOLECULE_WORKSPACE_TOKEN: TWO}).held()
    expect(held?.token.reveal()).toBe(TWO)
    expect(held?.from).toEqual({kind: 'env', name: 'MOLECULE_WORKSPACE_TOKEN'})
  })

  test.each(['', '  '])('is none where neither has one (%j)', async (value) => {
    const tokens = open({MOLECULE_WORKSPACE_TOKEN: value})
    expect(await tokens.held()).toBeUndefined()
    await expect(tokens.required()).rejects.toMatchObject({
      code: 'SECRET_UNREADABLE',
      category: 'auth',
      message: expect.stringContaining(file),
    })
  })

  test.each([`${ONE}\n`, `${ONE}\r\n`, ` ${ONE}\t\n`, `\n${ONE}\n\n`])(
    'loses what an editor left around it: %j',
    async (text) => {
      await put(text)
      expect((await open().held())?.token.reveal()).toBe(ONE)
    },
  )

  test('is never one of several lines', async () => {
    await put(`${ONE}\n${TWO}\n`)
    await expect(open().held()).rejects.toMatchObject({code: 'SECRET_UNREADABLE'})
  })

  test('is read through a link', async () => {
    await writeFile(join(dir, 'real'), ONE, {mode: 0o600})
    await symlink('real', file)
    expect((await open().held())?.token.reveal()).toBe(ONE)
  })

  test('is not looked for in a directory', async () => {
    await mkdir(file)
    await expect(open({MOLECULE_WORKSPACE_TOKEN: TWO}).held()).rejects.toMatchObject({
      code: 'SECRET_UNREADABLE',
      message: expect.stringContaining('is a directory'),
    })
  })

  test('that others can read is warned about, and refused when strict', async () => {
    await put(ONE)
    await chmod(file, 0o640)
    expect((await open().held())?.token.reveal()).toBe(ONE)
    expect(warnings).toEqual([expect.stringContaining(`chmod 600 ${file}`)])
    await expect(open({}, true).held()).rejects.toMatchObject({code: 'SECRET_EXPOSED', category: 'refused'})
  })
})

describe('a rejected token', () => {
  test('is renewed by what stands in its place now', async () => {
    await put(ONE)
    const tokens = open()
    const {token} = await tokens.required()
    await put(TWO)
    expect((await tokens.renewed(token))?.token.reveal()).toBe(TWO)
  })

  test('is not renewed by itself, nor by nothing', async () => {
    await put(ONE)
    const tokens = open()
    const {token} = await tokens.required()
    expect(await tokens.renewed(token)).toBeUndefined()
    await rm(file)
    expect(await tokens.renewed(token)).toBeUndefined()
  })
})

describe('saving', () => {
  test('writes the value and nothing else, for the owner alone', async () => {
    expect(await open().save(new Secret(ONE))).toBe('written')
    expect(await readFile(file, 'utf8')).toBe(ONE)
    expect([await modeOf(file), await entries()]).toEqual(['600', ['.auth_token']])
  })

  test('makes the directory for the owner alone', async () => {
    const inner = join(dir, 'home', '.molecule-workspace')
    file = join(inner, '.auth_token')
    await open().save(new Secret(ONE))
    expect([await modeOf(inner), await modeOf(join(dir, 'home'))]).toEqual(['700', '700'])
  })

  test('says so where a part of the path is no directory', async () => {
    await put(ONE)
    file = join(file, 'below', '.auth_token')
    await expect(open().save(new Secret(ONE))).rejects.toMatchObject({
      code: 'WORKSPACE_TOKEN_PLACE',
      message: expect.stringMatching(/below.\.auth_token can't be written \(ENOTDIR\)\. Nothing was saved\.$/),
    })
  })

  test('leaves a directory that is there as it is', async () => {
    await chmod(dir, 0o755)
    await open().save(new Secret(ONE))
    expect(await modeOf(dir)).toBe('755')
  })

  test('takes the place of another token, whatever its file was like', async () => {
    await put(`${ONE}\n${ONE}\n`, 0o644)
    expect(await open().save(new Secret(TWO))).toBe('replaced')
    expect([await readFile(file, 'utf8'), await modeOf(file), await entries()]).toEqual([TWO, '600', ['.auth_token']])
    expect(warnings).toEqual([])
  })

  test.each([ONE, `${ONE}\n`])('writes nothing where the same is kept already: %j', async (text) => {
    await put(text)
    await utimes(file, 1_700_000_000, 1_700_000_000)
    const {ino, mtimeMs} = await stat(file)
    expect(await open().save(new Secret(ONE))).toBe('unchanged')
    const after = await stat(file)
    expect([after.ino, after.mtimeMs, await readFile(file, 'utf8')]).toEqual([ino, mtimeMs, text])
  })

  test('closes a kept one to others without writing it again', async () => {
    await put(ONE)
    await chmod(file, 0o664)
    await utimes(file, 1_700_000_000, 1_700_000_000)
    expect(await open().save(new Secret(ONE))).toBe('unchanged')
    expect([await modeOf(file), (await stat(file)).mtimeMs]).toEqual(['600', 1_700_000_000_000])
  })

  test.each(['', ' ', 'two words', 'a\nb', 'ümlaut'])('refuses %j and keeps what is there', async (value) => {
    await put(ONE)
    await expect(open().save(new Secret(value))).rejects.toMatchObject({code: 'CREDENTIAL_MALFORMED'})
    expect(await readFile(file, 'utf8')).toBe(ONE)
  })

  test.each(['elsewhere', 'nowhere'])('neither follows nor replaces a link (to %s)', async (target) => {
    await writeFile(join(dir, 'elsewhere'), ONE)
    await symlink(target, file)
    await expect(open().save(new Secret(TWO))).rejects.toMatchObject({
      code: 'WORKSPACE_TOKEN_PLACE',
      category: 'refused',
    })
    expect([await readlink(file), await readFile(join(dir, 'elsewhere'), 'utf8')]).toEqual([target, ONE])
    expect((await entries()).toSorted()).toEqual(['.auth_token', 'elsewhere'])
  })

  test('has nothing to do where a link leads to the same token', async () => {
    await writeFile(join(dir, 'elsewhere'), ONE, {mode: 0o644})
    await symlink('elsewhere', file)
    expect(await open().save(new Secret(ONE))).toBe('unchanged')
    expect(await modeOf(join(dir, 'elsewhere'))).toBe('644')
  })

  test('leaves a directory in its way alone', async () => {
    await mkdir(file)
    await expect(open().save(new Secret(ONE))).rejects.toMatchObject({code: 'WORKSPACE_TOKEN_PLACE'})
    expect((await stat(file)).isDirectory()).toBe(true)
    expect(await entries()).toEqual(['.auth_token'])
  })

  test.skipIf(process.getuid?.() === 0)('says so where it may not write', async () => {
    await chmod(dir, 0o500)
    await expect(open().save(new Secret(ONE))).rejects.toMatchObject({code: 'EACCES'})
    await chmod(dir, 0o700)
    expect(await entries()).toEqual([])
  })
})

describe('headers', () => {
  const all = {token: new Secret(ONE), origin: 'https://acme.example', workspace: 'w-1', org: 'o-1'}

  test('for curl are one configuration line each', () => {
    expect(headersFor(all, 'curl').reveal().split('\n')).toEqual([
      `header = "Authorization: Bearer ${ONE}"`,
      'header = "Origin: https://acme.example"',
      'header = "X-Workspace-ID: w-1"',
      'header = "X-Molecule-Org-Id: o-1"',
    ])
  })

  test('that nobody named are left out', () => {
    const some = {...all, workspace: undefined, org: undefined}
    expect(headersFor(some, 'lines').reveal()).toBe(`Authorization: Bearer ${ONE}\nOrigin: https://acme.example`)
    expect(namesOf(some)).toEqual(['Authorization', 'Origin'])
  })

  test('keep a quote and a backslash inside the value for curl', () => {
    const token = new Secret(String.raw`a"b\c`.padEnd(20, 'x'))
    expect(headersFor({...all, token}, 'curl').reveal()).toContain(String.raw`Bearer a\"b\\c`)
  })
})

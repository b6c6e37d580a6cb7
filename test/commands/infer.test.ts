import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import Infer from '../../src/commands/infer.ts'
import {ROOT, stage, typed} from './harness.ts'

interface Result {
  giteaVersion: string
  note: string | null
  groups: {user: string | null; scopes: string[]; difference: {missing: string[]; excess: string[]} | null}[]
  notUnderstood: {count: number; kinds: {reason: string; text: string; examples: {file: string; line: number}[]}[]}
  unread: {file: string; reason: string}[]
}

const CORPUS = join(ROOT, 'test/corpus/infer')
const LOG = join(CORPUS, 'gitea-access.log')

let dir = ''
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'patrol-infer-'))
  await writeFile(join(dir, 'engineer.log'), log('GET /repos/a/b/issues', 'POST /repos/a/b/pulls', 'GET /user'))
  await writeFile(join(dir, 'more.log'), log('GET /user', 'POST /repos/a/b/issues/1/comments'))
  await writeFile(join(dir, 'less.log'), log('GET /user'))
})
afterAll(() => rm(dir, {recursive: true}))

function log(...calls: string[]): string {
  const lines = calls.map((call) => call.replace(' /', ' /api/v1/'))
  return lines.map((line) => `::1 - a [22/Nov/2026:05:33:22 +0000] "${line} HTTP/1.1" 200 1 "" ""\n`).join('')
}

/** From nowhere in particular: no patrol.yaml, no environment. */
const infer = (...line: string[]) => typed<Result>(Infer, line, {HOME: dir})

describe('how a run ends', () => {
  test('0 without a profile, and with one that fits exactly', async () => {
    expect((await infer(join(dir, 'less.log'))).exit).toBe(0)
    expect((await infer(join(dir, 'engineer.log'), '--profile', 'engineer')).exit).toBe(0)
  })

  test.each([
    ['more.log', {missing: ['write:issue'], missingOneOf: [], excess: ['write:repository']}],
    ['less.log', {missing: [], missingOneOf: [], excess: ['read:issue', 'write:repository']}],
  ])('3 where a profile differs from what %s needs, unless told otherwise', async (file, difference) => {
    const {exit, document} = await infer(join(dir, file), '--profile', 'engineer', '--json')
    expect(exit).toBe(3)
    expect(document.result.groups[0]?.difference).toEqual({...difference, repositories: null})
    expect(document.findings).toHaveLength(difference.missing.length + difference.excess.length)
    expect((await infer(join(dir, file), '--profile', 'engineer', '--exit-zero')).exit).toBe(0)
  })

  test('5 where an input could not be read, in spite of --exit-zero; the others are', async () => {
    const {exit, document} = await infer(join(dir, 'missing'), join(dir, 'less.log'), '--exit-zero', '--json')
    expect(exit).toBe(5)
    expect(document.result.unread).toEqual([{file: join(dir, 'missing'), reason: 'it does not exist'}])
    expect(document.result.groups[0]?.scopes).toEqual(['read:user'])
  })

  test('5 where what may be a call was not understood, and then nothing is in excess', async () => {
    const path = join(dir, 'late.sh')
    await writeFile(path, 'curl "https://g/api/v1/user"\ncurl "https://g/api/v1/$WHAT"\n')
    const {exit, stdout} = await infer(path, '--profile', 'engineer', '--exit-zero')
    expect(exit).toBe(5)
    expect(stdout).toContain('Least scopes: at least read:user; 1 call not understood')
    const {document} = await infer(path, '--profile', 'engineer', '--json')
    expect(document.result).toMatchObject({complete: false, notUnderstood: {calls: 1}})
    expect(document.result.groups[0]?.difference).toMatchObject({missing: [], excess: []})
  })

  test('5 where none could', async () => {
    const {exit, document} = await infer(join(dir, 'missing'), '--json')
    expect([exit, document.error?.code]).toEqual([5, 'INPUT_UNREADABLE'])
  })

  test.each([
    [['--profile', 'enginer'], 'PROFILE_UNKNOWN', '"enginer"'],
    [['--gitea-version', '0.9'], 'USAGE', '"0.9"'],
    [['--as', 'words'], 'USAGE', '--as'],
  ])('2 for %j, before anything is read', async (flags, code, said) => {
    const {exit, document} = await infer(join(dir, 'missing'), ...flags, '--json')
    expect([exit, document.error?.code]).toEqual([2, code])
    expect(document.error?.message).toContain(said)
  })
})

test('judges by the routes of Forgejo where it is named, and leaves what hangs on the owner to a person', async () => {
  const path = join(dir, 'forgejo.log')
  const line = (call: string) => `127.0.0.1 - dev [01/Aug/2026:10:00:00 +0000] "${call} HTTP/1.1" 200 5 "" "curl"\n`
  await writeFile(path, line('GET /api/v1/user/quota') + line('DELETE /api/v1/repos/acme/core'))
  const {document} = await infer(path, '--gitea-version', '15.0.3', '--json')
  expect(document.result).toMatchObject({giteaVersion: 'forgejo-15', note: null})
  expect(document.result.groups[0]?.scopes).toEqual(['read:user'])
  const said = await infer(path, '--forge', 'forgejo')
  expect(said.stdout).toContain('2 calls of the API in 1 file, for Forgejo 15')
  expect(said.stdout).toContain('And one of:   write:organization, write:user; by who owns the repository')
  const gitea = await infer(path, '--gitea-version', '1.27.0')
  expect(gitea.stdout).toContain('no such route in Gitea 1.27')
  // What 12 has nobody knows: it is read by the table of 11.
  await writeFile(path, line('GET /api/v1/user/something-new'))
  expect((await infer(path, '--gitea-version', '11')).stdout).toContain('no such route in Forgejo 11')
  const between = await infer(path, '--gitea-version', '12')
  expect(between.stdout).toContain('no route of Forgejo 11, the nearest release that is known')
  expect(between.stdout).not.toContain('no such route')
})

test('what to type instead is what was typed, mended', async () => {
  const suggested = async (...line: string[]) => (await infer(...line, '--json')).document.error?.suggestions
  const path = join(dir, 'less.log')
  expect(await suggested(path, '--gitea-version', '0.9')).toEqual([`patrol infer ${path} --gitea-version 1.22.6`])
  expect(await suggested(path, '--profile', 'enginer')).toEqual([`patrol infer ${path} --profile engineer`])
  expect(await suggested('-', '--gitea-version', '0.9')).toEqual(['patrol infer - --gitea-version 1.22.6'])
})

test('a planted gap is found, with the call that shows it and its place', async () => {
  const {document} = await infer(join(dir, 'more.log'), '--profile', 'engineer', '--json')
  expect(document.findings?.[0]).toMatchObject({rule: 'scope-missing', scope: 'write:issue'})
  expect(document.findings?.[0]?.message).toBe(
    `engineer lacks write:issue: POST /repos/{owner}/{repo}/issues/{index}/comments needs it (${join(dir, 'more.log')}:2)`,
  )
})

test('people get the scopes, what needs them, what was not understood, and what to do', async () => {
  const {stdout, stderr} = await infer(LOG, '--by', 'user', '--profile', 'engineer', '--exit-zero')
  expect(stderr).toBe('')
  for (const piece of [
    'agent-dev-a: 3 calls',
    'Least scopes: read:issue, read:repository',
    `POST /repos/{owner}/{repo}/issues/{index}/comments  ${LOG}:4`,
    '✗ missing  write:issue',
    'a token that is their password needs write:repository as well',
    '? Not understood: 3',
    `this is no line of a log     ${LOG}:16`,
    "patrol explain POST '/api/v1/repos/{owner}/{repo}/issues/{index}/comments'",
  ])
    expect(stdout).toContain(piece)
  expect(stdout).not.toMatch(/a{9}/)
})

test('a profile to copy has what is missing, and is one that patrol reads', async () => {
  const {stdout} = await infer(join(dir, 'more.log'), '--profile', 'engineer', '--exit-zero')
  expect(stdout).toContain(
    ['  profiles:', '    engineer:', '      scopes: [write:issue, write:repository, read:user]'].join('\n'),
  )
})

test('of one user, only that user', async () => {
  const {document} = await infer(LOG, '--user', 'agent-dev-b', '--json')
  expect(document.result.groups.map(({scopes}) => scopes)).toEqual([['write:issue', 'read:repository', 'read:user']])
})

test('a user of whom there is nothing is an error, not a user without needs', async () => {
  const {exit, document} = await infer(LOG, '--user', 'agent-dev-z', '--json')
  expect([exit, document.error?.code]).toEqual([2, 'INPUT_WITHOUT_USER'])
  expect(document.error?.message).toContain('14 requests are of others')
})

test('what is dangerous to hand out is said, and where a password does without', async () => {
  const path = join(dir, 'mint.log')
  await writeFile(path, log('POST /users/a/tokens'))
  const {stdout} = await infer(path)
  expect(stdout).toMatch(/! danger\s+write:user: /)
  expect(stdout).toContain('! password POST /users/{username}/tokens: with a password')
})

describe('the version', () => {
  test("is 1.22.6 where no server is known, and the server's where one is", async () => {
    const {document} = await infer(join(dir, 'less.log'), '--json')
    expect(document.result).toMatchObject({giteaVersion: '1.22', note: expect.stringContaining('1.22.6')})
    await using at = await stage({gitea: '1.25.4'})
    const asked = await at.patrol<Result>(Infer, [join(dir, 'less.log'), '--json'])
    expect(asked.document.result).toMatchObject({giteaVersion: '1.25', note: null})
  })

  test('is not asked for where something else is wrong', async () => {
    await using at = await stage()
    const before = at.sandbox.gitea.requests.length
    expect((await at.patrol(Infer, [join(dir, 'less.log'), '--profile', 'none'])).exit).toBe(2)
    expect((await at.patrol(Infer, [join(dir, 'missing')])).exit).toBe(5)
    expect(at.sandbox.gitea.requests).toHaveLength(before)
  })

  test('can be named, and then no server is asked', async () => {
    await using at = await stage()
    const before = at.sandbox.gitea.requests.length
    const {document} = await at.patrol<Result>(Infer, [join(dir, 'less.log'), '--gitea-version', '1.24', '--json'])
    expect(document.result.giteaVersion).toBe('1.24')
    expect(at.sandbox.gitea.requests).toHaveLength(before)
  })
})

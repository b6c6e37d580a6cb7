import {describe, expect, test} from 'vitest'
import type {InferOptions} from '../../../src/infer/index.ts'
import {CallTally} from '../../../src/infer/tally.ts'
import {inferFindings} from '../../../src/infer/judge.ts'
import {inferText} from '../../../src/report/infer.ts'
import {PLAIN} from '../../../src/report/formats/rows.ts'
import {catalogue} from '../../../src/scopes/catalogue.ts'
import type {CatalogueVersion} from '../../../src/scopes/catalogue.ts'
import type {RepositoryReach} from '../../../src/scopes/repositories.ts'
import type {Scope} from '../../../src/scopes/vocabulary.ts'
import {HOLE} from '../../../src/syntax/types.ts'
import {inferenceOf} from './inference.ts'

async function touched(calls: readonly (readonly [call: string, status?: number])[]) {
  const tally = new CallTally({catalogue: await catalogue('1.22'), by: 'none', user: undefined})
  for (const [text, status] of calls) {
    const [method = '', path = ''] = text.split(' ')
    tally.call({method, path, count: 1, source: {file: 'x', line: 1}, ...(status !== undefined && {status})})
  }
  const {repositories, unnamed} = tally.result(undefined).groups[0]!
  return {repositories, unnamed}
}

describe('the repositories that calls are about', () => {
  test('are named once, whatever their capitals, most calls first', async () => {
    const calls = ['GET /repos/o/s/pulls', 'GET /repos/O/r/issues', 'POST /repos/o/R/issues', 'GET /repos/o/r']
    expect(await touched(calls.map((call) => [call]))).toEqual({repositories: ['O/r', 'o/s'], unnamed: 0})
  })

  test('are those of routes of one repository only', async () => {
    const calls = ['GET /repos/search', 'GET /repos/issues/search', 'GET /user', 'GET /orgs/o/repos']
    expect(await touched(calls.map((call) => [call]))).toEqual({repositories: [], unnamed: 0})
  })

  test('are counted where nobody can name them before the script runs', async () => {
    const path = `GET /repos/${HOLE}/${HOLE}/issues`
    expect(await touched([[path], [`GET /repos/o/${HOLE}/issues`], ['GET /repos/o/r/issues']])).toEqual({
      repositories: ['o/r'],
      unnamed: 2,
    })
  })

  test('are none where nothing was found or nobody was let in', async () => {
    expect(
      await touched([
        ['GET /repos/o/r/issues', 404],
        ['GET /repos/o/s/issues', 401],
      ]),
    ).toEqual({
      repositories: [],
      unnamed: 0,
    })
    expect((await touched([['GET /repos/o/r/issues', 403]])).repositories).toEqual(['o/r'])
  })

  test('end at a thousand', async () => {
    const calls = Array.from({length: 1003}, (_, at) => [`GET /repos/o/r${at}/issues`] as const)
    const {repositories, unnamed} = await touched([...calls, ['GET /repos/o/r0/pulls']])
    expect([repositories.length, repositories[0], unnamed]).toEqual([1000, 'o/r0', 3])
  })

  test('are shown under the scopes', async () => {
    const text = 'curl -H "Authorization: token $T" https://g.example/api/v1/repos/acme/core/issues\n'
    const {inference} = await inferenceOf(['-'], {text, as: 'shell'})
    expect(inferText(inference, undefined, PLAIN)).toMatch(/^Least scopes: read:issue\nRepositories: acme\/core$/m)
  })
})

describe('what a token is confined to on Forgejo 15', () => {
  const log = (...calls: string[]) =>
    calls.map((call) => `::1 - a [22/Nov/2026:05:33:22 +0000] "${call} HTTP/1.1" 200 1 "" ""\n`).join('')
  const api = (call: string) => call.replace(' /', ' /api/v1/')
  const on = async (text: string, version: CatalogueVersion, profile?: InferOptions['profile']) => {
    const {inference, group} = await inferenceOf(['-'], {text, catalogue: await catalogue(version), profile})
    return {...group, exit: inference.exit, said: inferText(inference, undefined, PLAIN), inference}
  }
  const read = api('GET /repos/o/r/issues')
  const write = api('POST /repos/o/s/issues')
  const scopes: Scope[] = ['write:issue']

  test('is proposed as a profile, and by no release that confines none', async () => {
    const {confinement, said} = await on(log(read, write), 'forgejo-15')
    expect(confinement).toEqual({to: ['o/r', 'o/s']})
    expect(said).toContain('      scopes: [write:issue]\n      repositories: [o/r, o/s]')
    for (const version of ['forgejo-13', '1.27'] as const) {
      const elsewhere = await on(log(read, write), version, {name: 'p', scopes, repositories: ['o/z']})
      expect([elsewhere.confinement, elsewhere.difference?.repositories, elsewhere.exit]).toEqual([
        undefined,
        undefined,
        0,
      ])
    }
  })

  test.each([
    ['a scope that no such token has', api('GET /user'), 'they may need read:user, which no confined token can have'],
    ['a package', 'GET /api/packages/o/npm/x', 'they may need read:package, which no confined token can have'],
    ['what wants an administrator', api('GET /repos/o/r/hooks'), 'GET /repos/{owner}/{repo}/hooks is refused to'],
    ['a repository by its number', api('GET /repositories/7'), 'some of them do not tell their repository'],
  ])('is nothing where the calls ask for %s, and it is said why', async (_, call, why) => {
    const {confinement, said} = await on(log(read, call), 'forgejo-15')
    expect(confinement).toEqual({not: expect.stringContaining(why)})
    expect(said).toContain(`Confined to them no token can make these calls: ${why}`)
    expect(said).not.toContain('repositories: [')
  })

  test('has what git asks for over HTTP', async () => {
    const git = ['GET /o/cloned.git/info/refs?service=git-upload-pack', 'POST /o/pushed.wiki.git/git-receive-pack']
    expect((await on(log(read, ...git), 'forgejo-15')).confinement).toEqual({to: ['o/r', 'o/cloned', 'o/pushed']})
  })

  test('is held against the profile: what is changed, what is only read, and what is not called', async () => {
    const found = await on(log(read, write), 'forgejo-15', {name: 'p', scopes, repositories: ['o/z']})
    expect(found.difference?.repositories).toEqual({missing: ['o/s'], unlessPublic: ['o/r'], excess: ['o/z']})
    expect(found.exit).toBe(3)
    expect(
      inferFindings(found.inference).map(({rule, severity, message}) => `${severity} ${rule}: ${message}`),
    ).toEqual([
      'error repository-missing: p does not name o/s, in which calls change something',
      'warning repository-missing: p does not name o/r, which calls read: only a public one can be',
      'warning repository-excess: p names o/z, of which no call is',
    ])
    expect(found.said).toMatch(/✗ missing {2}o\/s, o\/r \(unless it is public: only read\)\n {2}! excess {3}o\/z/)
    expect(found.said).toContain('repositories: [o/z, o/s, o/r]')
  })

  test('fits, however it is spelt, or could be named; a profile that wants all is left alone', async () => {
    const against = (repositories: RepositoryReach | undefined) =>
      on(log(read, write), 'forgejo-15', {name: 'p', scopes, repositories})
    const fits = await against(['O/R', 'o/s'])
    expect([fits.exit, fits.difference?.repositories]).toEqual([0, {missing: [], unlessPublic: [], excess: []}])
    expect(fits.said).not.toContain('profiles:')
    expect((await against('all')).said).not.toMatch(/confined|profiles:/)
    const silent = await against(undefined)
    expect(silent.exit).toBe(0)
    expect(silent.said).toMatch(/✓ exactly.*\n.*could be confined to these(?:.|\n)*repositories: \[o\/r, o\/s\]/)
  })

  test('is not named beside a scope that forbids it', async () => {
    const {said} = await on(log(read, api('GET /user')), 'forgejo-15', {name: 'p', scopes, repositories: ['o/r']})
    expect(said).toContain('scopes: [write:issue, read:user]\nNo repositories are named: a token that has read:user')
  })
})

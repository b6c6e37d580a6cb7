import {describe, expect, test} from 'vitest'
import {CallTally} from '../../../src/infer/tally.ts'
import type {Actor} from '../../../src/infer/types.ts'
import {catalogue} from '../../../src/scopes/catalogue.ts'
import type {CatalogueVersion} from '../../../src/scopes/catalogue.ts'
import type {Scope} from '../../../src/scopes/vocabulary.ts'
import {PLAIN} from '../../../src/report/formats/rows.ts'
import {inferFindings} from '../../../src/infer/judge.ts'
import {inferText} from '../../../src/report/infer.ts'
import {HOLE} from '../../../src/syntax/types.ts'
import {inferenceOf} from './inference.ts'

type By = 'user' | 'token' | 'none'

async function sum(
  calls: readonly string[],
  options: {
    by?: By
    user?: string
    profile?: Scope[]
    version?: CatalogueVersion
    actor?: (index: number) => Actor
    status?: number
  } = {},
) {
  const {by = 'none', user, profile, version = '1.22', actor, status} = options
  const tally = new CallTally({catalogue: await catalogue(version), by, user})
  for (const [index, text] of calls.entries()) {
    const [method = '', path = ''] = text.split(' ')
    const source = {file: 'x.log', line: index + 1}
    tally.call({method, path, count: 1, source, ...(actor && {actor: actor(index)}), ...(status && {status})})
  }
  return {tally, ...tally.result(profile && {name: 'p', scopes: profile})}
}

describe('a call that needs one scope of several', () => {
  const CALLS = ['DELETE /repos/a/b', 'GET /repos/a/b/issues', 'DELETE /repos/a/c']
  const of = async (profile?: Scope[]) =>
    (await sum(CALLS, {version: 'forgejo-15', ...(profile && {profile})})).groups[0]!

  test('is understood, stands beside the least scopes, and none of it is guessed', async () => {
    const {notUnderstood} = await sum(CALLS, {version: 'forgejo-15'})
    expect(notUnderstood.count).toBe(0)
    const {scopes, choices, free} = await of()
    expect(scopes).toEqual(['read:issue'])
    expect(choices).toMatchObject([
      {
        scopes: ['write:organization', 'write:user'],
        routes: [{method: 'DELETE', path: '/repos/{owner}/{repo}', count: 2}],
      },
    ])
    expect(free).toEqual([])
  })

  test.each<[has: Scope[], Scope[][]]>([
    [['read:issue'], [['write:organization', 'write:user']]],
    [['read:issue', 'write:user'], []],
    [['read:issue', 'write:organization'], []],
  ])('is lacked by a profile that has none of them, and excess in none: %j', async (has, missingOneOf) => {
    expect((await of(has)).difference).toEqual({missing: [], missingOneOf, excess: []})
  })

  test('is shown to people, and a profile without any of them ends with 3', async () => {
    const text = 'curl -X DELETE https://forge.example/api/v1/repos/acme/core\n'
    const profile = {name: 'lean', scopes: [] as Scope[]}
    const {inference} = await inferenceOf(['-'], {text, as: 'shell', profile, catalogue: await catalogue('forgejo-15')})
    expect(inference.exit).toBe(3)
    const shown = inferText(inference, undefined, PLAIN)
    expect(shown).toContain('\nAnd one of:   write:organization, write:user; by who owns the repository\n')
    expect(shown).toContain('\n  ✗ one of   write:organization, write:user')
    expect(inferFindings(inference)).toEqual([
      expect.objectContaining({
        rule: 'scope-missing',
        scope: null,
        message:
          'lean lacks write:organization and write:user: DELETE /repos/{owner}/{repo} needs one of them, by who owns the repository (standard input:1)',
      }),
    ])
  })
})

describe('the least scopes', () => {
  test.each<[string, string[], string[]]>([
    ['a write takes its read in', ['GET /repos/a/b/issues', 'POST /repos/a/b/issues'], ['write:issue']],
    ['gates one after the other are needed both', ['POST /user/repos'], ['write:repository', 'write:user']],
    ['one gate can need two', ['GET /user/orgs'], ['read:organization', 'read:user']],
    ['the list of organisations is not gated', ['GET /orgs'], []],
    ['no call, no scope', [], []],
  ])('%s', async (_, calls, scopes) => {
    expect((await sum(calls)).groups[0]?.scopes).toEqual(scopes)
  })

  test('every scope is explained, by what asks for it first', async () => {
    const {groups} = await sum([
      'GET /repos/a/b/issues',
      'GET /repos/c/d/issues',
      'POST /repos/a/b/issues',
      'GET /version',
    ])
    expect(groups[0]?.needs).toMatchObject([
      {
        scope: 'write:issue',
        routes: [
          {method: 'POST', count: 1, examples: [{line: 3}]},
          {method: 'GET', path: '/repos/{owner}/{repo}/issues', count: 2, examples: [{line: 1}, {line: 2}]},
        ],
      },
    ])
    expect(groups[0]?.free).toMatchObject([{path: '/version', scopes: []}])
  })

  test('all nine writes are explained one by one', async () => {
    const calls = [
      'POST /admin/users',
      'PUT /notifications',
      'PATCH /orgs/a',
      'DELETE /packages/a/b/c/d',
      'POST /repos/a/b/issues',
      'PATCH /repos/a/b',
      'PATCH /user/settings',
      'POST /activitypub/user-id/1/inbox',
    ]
    const {groups} = await sum(calls)
    expect(groups[0]?.scopes).toHaveLength(8)
    expect(groups[0]?.needs.map(({routes}) => routes.length)).toEqual(Array.from({length: 8}, () => 1))
  })

  test('a refused call is needed as much; one without a caller is not', async () => {
    const refused = await sum(['POST /repos/a/b/issues'], {status: 403})
    expect(refused.groups[0]?.needs[0]?.routes[0]).toMatchObject({count: 1, refused: 1})
    const strange = await sum(['GET /admin/users'], {status: 401})
    expect(strange.groups[0]).toMatchObject({scopes: [], unauthenticated: 1, calls: 0})
  })

  test('versions differ', async () => {
    const call = ['POST /repos/a/b/file-contents']
    expect((await sum(call, {version: '1.22'})).notUnderstood.count).toBe(1)
    expect((await sum(call, {version: '1.25'})).groups[0]?.scopes).toEqual(['write:repository'])
  })
})

describe('what is known only at run time', () => {
  test('counts where every route that it can be needs the same', async () => {
    const {groups} = await sum([`GET /repos/${HOLE}/${HOLE}/pulls/${HOLE}`, `GET /repos/${HOLE}/issues`])
    expect(groups[0]?.scopes).toEqual(['read:issue', 'read:repository'])
  })

  test('is listed where that is not so', async () => {
    const {groups, notUnderstood} = await sum([`GET /${HOLE}`, `GET /repos/a/b/${HOLE}x`, `${HOLE} /repos/a/b/issues`])
    expect(groups[0]?.scopes ?? []).toEqual([])
    expect(notUnderstood.count).toBe(3)
    expect(notUnderstood.kinds.map(({text}) => text)).toContain('GET /…')
  })
})

describe('callers', () => {
  const people = (index: number): Actor =>
    [{user: 'alice'}, {user: 'Alice', token: '00000001'}, {user: 'bob'}, {}][index]!
  const calls = ['GET /user', 'GET /repos/a/b', 'GET /repos/a/b/issues', 'GET /admin/cron']

  test('are told apart by user, whatever the case', async () => {
    const {groups} = await sum(calls, {by: 'user', actor: people})
    expect(groups.map(({actor, scopes}) => [actor.user, scopes])).toEqual([
      ['alice', ['read:repository', 'read:user']],
      ['bob', ['read:issue']],
      [undefined, ['read:admin']],
    ])
  })

  test('are told apart by token', async () => {
    const {groups} = await sum(calls, {by: 'token', actor: people})
    expect(groups.map(({actor, calls: count}) => [actor, count])).toEqual([
      [{}, 3],
      [{token: '00000001'}, 1],
    ])
  })

  test('one can be picked out; the rest is counted', async () => {
    const {groups, tally} = await sum(calls, {user: 'ALICE', actor: people})
    expect(groups.map(({scopes}) => scopes)).toEqual([['read:repository', 'read:user']])
    expect(tally.leftOut).toBe(2)
  })

  test('beyond a thousand are summed up together', async () => {
    const many = Array.from({length: 1500}, () => 'GET /user')
    const {groups} = await sum(many, {by: 'user', actor: (index) => ({user: `user-${index}`})})
    expect(groups).toHaveLength(1001)
    expect(groups.at(-1)).toMatchObject({rest: true, calls: 500, actor: {}})
  })

  test('without a name are not held against a profile where others have one', async () => {
    const {groups} = await sum(calls, {by: 'user', actor: people, profile: ['read:issue']})
    expect(groups.map(({difference}) => difference)).toEqual([
      {missing: ['read:repository', 'read:user'], missingOneOf: [], excess: ['read:issue']},
      {missing: [], missingOneOf: [], excess: []},
      undefined,
    ])
  })
})

test('who called nothing of the API is held against no profile', async () => {
  const tally = new CallTally({catalogue: await catalogue('1.22'), by: 'user', user: undefined})
  tally.other('web', {user: 'bob'})
  expect(tally.result({name: 'p', scopes: ['read:issue']}).groups).toMatchObject([
    {actor: {user: 'bob'}, calls: 0, difference: undefined},
  ])
})

test('kinds of what is not understood do not grow without end, and all are counted', async () => {
  const {notUnderstood} = await sum(Array.from({length: 5000}, (_, index) => `GET /made/up/name-${index}x`))
  expect(notUnderstood.count).toBe(5000)
  expect(notUnderstood.kinds).toHaveLength(50)
  expect(notUnderstood.kinds[0]).toMatchObject({text: 'and others', count: 3000})
  expect(notUnderstood.more).toBe(1951)
})

describe('a profile', () => {
  const line = (request: string): string => `::1 - a [22/Nov/2026:05:33:22 +0000] "${request} HTTP/1.1" 200 1 "" ""\n`
  const issues = line('GET /api/v1/repos/a/b/issues')
  const push = line('POST /a/b.git/git-receive-pack')

  test.each<[string, string, Scope[], object, number]>([
    ['fits', issues, ['read:issue'], {missing: [], excess: []}, 0],
    ['lacks something', issues, ['read:user'], {missing: ['read:issue'], excess: ['read:user']}, 3],
    ['has more than is needed', issues, ['write:issue'], {missing: [], excess: ['write:issue']}, 3],
    [
      'has what pushing over HTTP needs',
      issues + push,
      ['read:issue', 'write:repository'],
      {missing: [], excess: []},
      0,
    ],
  ])('%s', async (_, text, scopes, difference, exit) => {
    const {inference, group} = await inferenceOf(['-'], {text, profile: {name: 'p', scopes}})
    expect(group.difference).toEqual({missingOneOf: [], ...difference})
    expect(inference.exit).toBe(exit)
  })
})

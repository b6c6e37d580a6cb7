import nock from 'nock'
import {describe, expect, onTestFinished, test} from 'vitest'
import {Gitea} from '../../../src/gitea/client.ts'
import {Http} from '../../../src/http.ts'
import {Secret} from '../../../src/secret.ts'
import {workQuery} from '../../../src/smoke/protocol.ts'
import {strictNock} from '../../support/strict-nock.ts'

const HOST = 'https://git.example.org'
const API = `${HOST}/api/v1/repos/acme/tool`
const TOKEN = new Secret(`${'a'.repeat(32)}00000001`)

strictNock()

function client(): Gitea {
  const http = new Http({baseUrl: HOST, userAgent: 'patrol-test', retry: {attempts: 1, maxWaitMs: 0}})
  onTestFinished(() => http.close())
  return new Gitea({http, admin: {kind: 'password', user: 'root', password: new Secret('not-a-real-password')}})
}

const asked = (label: string) => ({label, query: workQuery(label)})

const item = (number: number, labels: string[], pull = false) => ({
  id: 1000 + number,
  number,
  labels: labels.map((name) => ({name})),
  pull_request: pull ? {merged: false} : null,
})

const tells = (version: string) => nock(HOST).get('/api/v1/version').reply(200, {version})

test('lists open issues with the label, ascending, and checks each one itself', async () => {
  nock(API)
    .get('/labels?page=1&limit=50')
    .reply(
      200,
      [
        {id: 1, name: 'bug'},
        {id: 2, name: 'approved'},
      ],
      {'x-total-count': '2'},
    )
    .get('/issues?state=open&type=issues&labels=approved&page=1&limit=50')
    .reply(200, [item(9, ['approved']), item(7, ['bug']), item(5, ['approved', 'bug']), item(3, ['approved'], true)], {
      'x-total-count': '4',
    })
  expect(await client().work('acme/tool', asked('approved'))).toEqual({labelExists: true, issues: [5, 9]})
})

test('a label that the repository does not have is said to be missing, and the unfiltered list is not asked for', async () => {
  nock(API)
    .get('/labels?page=1&limit=50')
    .reply(200, [{id: 1, name: 'Approved'}], {'x-total-count': '1'})
  tells('1.27.0')
  expect(await client().work('acme/tool', asked('approved'))).toEqual({labelExists: false, issues: []})
})

test('two labels of one name are two rows', async () => {
  nock(API)
    .get('/labels?page=1&limit=50')
    .reply(
      200,
      [
        {id: 1, name: 'approved'},
        {id: 2, name: 'approved'},
      ],
      {'x-total-count': '2'},
    )
  expect(await client().hasLabel('acme/tool', 'approved')).toBe(true)
})

test('reads all pages of labels, and of issues the one page that an agent gets', async () => {
  nock(API)
    .get('/labels?page=1&limit=50')
    .reply(200, [{id: 1, name: 'bug'}], {'x-total-count': '2'})
    .get('/labels?page=2&limit=50')
    .reply(200, [{id: 2, name: 'approved'}], {'x-total-count': '2'})
    .get('/issues?state=open&type=issues&labels=approved&page=1&limit=50')
    .reply(200, [item(2, ['approved'])], {'x-total-count': '2'})
  expect((await client().work('acme/tool', asked('approved'))).issues).toEqual([2])
})

test('an answer that is no list of issues shows no work', async () => {
  nock(API)
    .get('/labels?page=1&limit=50')
    .reply(200, [{id: 2, name: 'approved'}], {'x-total-count': '1'})
    .get('/issues?state=open&type=issues&labels=approved&page=1&limit=50')
    .reply(200, {})
  await expect(client().work('acme/tool', asked('approved'))).rejects.toMatchObject({category: 'unavailable'})
})

test('a label with a comma is looked for in the answer, for the filter would split it', async () => {
  nock(API)
    .get('/labels?page=1&limit=50')
    .reply(200, [{id: 1, name: 'ok, go'}], {'x-total-count': '1'})
    .get('/issues?state=open&type=issues&page=1&limit=50')
    .reply(200, [item(1, ['ok, go']), item(2, ['ok'])], {'x-total-count': '2'})
  expect((await client().work('acme/tool', asked('ok, go'))).issues).toEqual([1])
})

test('reads with a given token instead, and says when that one may not', async () => {
  nock(API, {reqheaders: {authorization: `token ${'a'.repeat(32)}00000001`}})
    .get('/labels?page=1&limit=50')
    .reply(403, {
      message: 'token does not have at least one of required scope(s): [read:issue]',
      url: 'http://git/api/swagger',
    })
  await expect(client().hasLabel('acme/tool', 'approved', TOKEN)).rejects.toMatchObject({
    code: 'GITEA_UNREADABLE',
    category: 'unavailable',
  })
})

test('a repository that is not there, and one that is not written as owner/name', async () => {
  nock(API)
    .get('/labels?page=1&limit=50')
    .twice()
    .reply(404, {errors: null, message: 'not found', url: 'http://git/api/swagger'})
  await expect(client().hasLabel('acme/tool', 'approved')).rejects.toMatchObject({
    code: 'REPO_NOT_FOUND',
    message: expect.stringContaining('no repository acme/tool'),
  })
  // An agent may not see what is there.
  await expect(client().hasLabel('acme/tool', 'approved', TOKEN)).rejects.toMatchObject({code: 'GITEA_UNREADABLE'})
  await expect(client().hasLabel('acme', 'approved')).rejects.toMatchObject({code: 'REPO_INVALID'})
})

describe('a label of the organisation alone', () => {
  const own = () => nock(API).get('/labels?page=1&limit=50').reply(200, [], {'x-total-count': '0'})
  const ofOrg = (query: string) => nock(HOST).get(`/api/v1/orgs/acme/labels?${query}`)
  const rows = [200, [{id: 2, name: 'approved'}], {'x-total-count': '1'}] as const

  test.each(['1.27.0', '14.0.5+gitea-1.22.0', 'made-up'])(
    'is an unknown name on %s, and not looked for',
    async (version) => {
      own()
      tells(version)
      expect(await client().hasLabel('acme/tool', 'approved')).toBe(false)
    },
  )

  test.each([
    ['approved', true],
    ['Approved', false],
  ])('filters from Forgejo 15 on: %s', async (label, found) => {
    own()
    tells('15.0.0+gitea-1.22.0')
    ofOrg('limit=1').reply(...rows)
    ofOrg('page=1&limit=50').reply(...rows)
    expect(await client().hasLabel('acme/tool', label)).toBe(found)
  })

  test('is none where a user owns the repository', async () => {
    own()
    tells('15.0.3+gitea-1.22.0')
    ofOrg('limit=1').reply(404, {message: "The target couldn't be found.", url: 'http://git/api/swagger', errors: []})
    expect(await client().hasLabel('acme/tool', 'approved')).toBe(false)
  })
})

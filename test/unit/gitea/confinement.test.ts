import nock from 'nock'
import {describe, expect, onTestFinished, test} from 'vitest'
import {Gitea} from '../../../src/gitea/client.ts'
import {readReach} from '../../../src/gitea/shapes.ts'
import {Http} from '../../../src/http.ts'
import {Secret} from '../../../src/secret.ts'
import {strictNock} from '../../support/strict-nock.ts'

const HOST = 'https://git.example.org'
const SHA1 = `${'a'.repeat(32)}00000001`
const FORGEJO = '15.0.3+gitea-1.22.0'
const ADMIN = {kind: 'password', user: 'root', password: new Secret('not-a-real-password')} as const
/** As forgejo 15.0.3 lists one. */
const meta = (full: string, id = 1) => {
  const [owner, name] = full.split('/')
  return {id, name, owner, full_name: full}
}
const row = (more: object) => ({id: 7, name: 'x', token_last_eight: '00000001', scopes: ['read:issue'], ...more})
const confined = (...names: string[]) => ({repositories: names.map((name, at) => meta(name, at + 1))})

strictNock()

function client(): Gitea {
  const http = new Http({baseUrl: HOST, userAgent: 'patrol-test', retry: {attempts: 1, maxWaitMs: 0}})
  onTestFinished(() => http.close())
  return new Gitea({http, admin: ADMIN})
}

/** A server that takes a mint with this body, and lists this row. */
function server(body: nock.DataMatcherMap, listed: object, version = FORGEJO) {
  return nock(`${HOST}/api/v1`)
    .get('/version')
    .reply(200, {version})
    .post('/users/bob/tokens', body)
    .reply(201, {...row(listed), sha1: SHA1})
    .get('/users/bob/tokens?page=1&limit=50')
    .reply(200, [row(listed)], {'x-total-count': '1'})
}

const ASKED = {
  name: 'x',
  scopes: ['read:issue'],
  repositories: [
    {owner: 'o', name: 'r'},
    {owner: 'o', name: 's'},
  ],
}
const mint = (repositories?: string[]) => client().mint('bob', 'x', ['read:issue'], repositories)

describe('a token that is to be confined', () => {
  test('is asked for by owner and name, and told by its row', async () => {
    server(ASKED, confined('O/R', 'o/s'))
    expect(await mint(['o/r', 'o/s'])).toMatchObject({row: {id: 7, repositories: ['O/R', 'o/s']}})
  })

  test('is not, and says nothing, on servers that ignore the field', async () => {
    server(ASKED, {}, '11.0.15+gitea-1.22.0')
    const minted = await mint(['o/r', 'o/s'])
    expect(minted).toMatchObject({row: {id: 7}})
    expect('row' in minted && minted.row).not.toHaveProperty('repositories')
  })

  test.each([
    {what: 'every repository', listed: {repositories: null}, says: 'its list says every repository of its user'},
    {what: 'more', listed: confined('o/r', 'o/s', 'o/t'), says: 'its list says confined to o/r, o/s, o/t'},
    {what: 'others', listed: confined('o/r', 'o/t'), says: 'its list says confined to o/r, o/t'},
    {what: 'fewer', listed: confined('o/r'), says: 'its list says confined to o/r'},
  ])('and reaches $what is told, for the mint act to delete it again', async ({listed, says}) => {
    server(ASKED, listed)
    expect(await mint(['o/r', 'o/s'])).toMatchObject({
      unconfirmed: {id: 7},
      trouble: {code: 'MINT_MISMATCH', message: expect.stringContaining(says)},
    })
  })

  test('is refused for a repository that the administrator does not see, and it is said what to mend', async () => {
    nock(`${HOST}/api/v1`)
      .get('/version')
      .reply(200, {version: FORGEJO})
      .post('/users/bob/tokens')
      .reply(400, {message: 'repository o/s does not exist', url: `${HOST}/api/swagger`})
    await expect(mint(['o/r', 'o/s'])).rejects.toMatchObject({
      code: 'REPOSITORY_UNKNOWN',
      message: expect.stringContaining('"repository o/s does not exist". Nothing was minted.'),
    })
  })
})

test('a list in a form that nobody knows neither contradicts a mint nor is taken for none', async () => {
  server(ASKED, {repositories: [{path: 'o/r'}]})
  expect(await mint(['o/r', 'o/s'])).toMatchObject({row: {id: 7, repositories: 'unknown'}})
})

test('a token without a list is asked for as ever', async () => {
  server({name: 'x', scopes: ['read:issue']}, {repositories: null})
  expect(await mint()).toMatchObject({row: {repositories: 'all'}})
})

describe("a row's repositories", () => {
  test.each([
    [null, 'all'],
    [[meta('o/r')], ['o/r']],
    [[], []],
    [undefined, undefined],
    ['o/r', 'unknown'],
    [[{name: 'r'}], 'unknown'],
    [[meta('o/r'), {name: 's'}], 'unknown'],
  ])('%j are read as %j', (listed, reach) => {
    expect(readReach(listed)).toEqual(reach)
  })
})

import nock from 'nock'
import {expect, test} from 'vitest'
import {Gitea} from '../../../src/gitea/client.ts'
import {Http} from '../../../src/http.ts'
import {Secret} from '../../../src/secret.ts'
import {strictNock} from '../../support/strict-nock.ts'

const BASE = 'https://gitea.example.org'
const http = () => new Http({baseUrl: BASE, userAgent: 'patrol-test', retry: {attempts: 1, maxWaitMs: 0}})
const gitea = () => {
  const password = new Secret('not-a-real-password')
  return new Gitea({http: http(), admin: {kind: 'password', user: 'root', source: 'gitea.admin.password', password}})
}
const user = (id: number, more: object = {}) => ({id, login: `u${id}`, is_admin: false, active: true, ...more})

strictNock()

test('every user of the server is read, page by page', async () => {
  const pages = [[user(1, {is_admin: true}), user(2, {active: false})], [user(3, {prohibit_login: true})]]
  for (const [at, rows] of pages.entries()) {
    nock(BASE)
      .get('/api/v1/admin/users')
      .query({page: at + 1, limit: 50})
      .reply(200, rows, {'x-total-count': '3'})
  }
  expect(await gitea().users()).toEqual([
    {id: 1, login: 'u1', isAdmin: true, active: true, prohibitLogin: false},
    {id: 2, login: 'u2', isAdmin: false, active: false, prohibitLogin: false},
    {id: 3, login: 'u3', isAdmin: false, active: true, prohibitLogin: true},
  ])
})

test('also where there are more of them than most sites have', async () => {
  for (const page of [1, 2]) {
    const rows = Array.from({length: 30_000}, (_, at) => user(page * 30_000 + at))
    nock(BASE).get('/api/v1/admin/users').query({page, limit: 50}).reply(200, rows, {'x-total-count': '60000'})
  }
  expect(await gitea().users()).toHaveLength(60_000)
})

test('a list with something else in it is no answer', async () => {
  nock(BASE)
    .get('/api/v1/admin/users')
    .query(true)
    .reply(200, [user(1), {name: 'x'}], {'x-total-count': '1'})
  await expect(gitea().users()).rejects.toMatchObject({code: 'GITEA_UNUSABLE'})
})

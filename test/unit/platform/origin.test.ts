import nock from 'nock'
import {describe, expect, test} from 'vitest'
import {Http} from '../../../src/http.ts'
import {PlatformClient} from '../../../src/platform/client.ts'
import {Secret} from '../../../src/secret.ts'
import {strictNock} from '../../support/strict-nock.ts'

strictNock()

describe('the Origin header', () => {
  test.each([
    ['https://team.example.test:443/', 'https://team.example.test'],
    ['https://Team.example.test', 'https://team.example.test'],
    ['https://team.example.test:8443', 'https://team.example.test:8443'],
  ])('for %s is %s: no default port, no path, no slash', async (baseUrl, origin) => {
    const scope = nock(origin, {reqheaders: {origin}}).get('/workspaces').twice().reply(200, [])
    const http = new Http({baseUrl, userAgent: 'patrol-test'})
    expect(await new PlatformClient({http, token: new Secret('not-a-real-token')}).list()).toEqual([])
    scope.done()
    await http.close()
  })
})

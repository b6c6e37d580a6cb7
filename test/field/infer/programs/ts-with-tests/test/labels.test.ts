import nock from 'nock'
import {expect, test} from 'vitest'
import {labels} from '../src/labels.js'

test('labels are names', async () => {
  process.env.GITEA_URL = 'https://git.test.example'
  nock('https://git.test.example').get('/api/v1/repos/acme/core/labels').query(true).reply(200, [{name: 'triage'}])
  nock('https://git.test.example').delete('/api/v1/repos/acme/core').reply(204)
  await fetch('https://git.test.example/api/v1/repos/acme/core', {method: 'DELETE'})
  expect(await labels('acme/core')).toEqual(['triage'])
})

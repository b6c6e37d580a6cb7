import {mkdtempSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import {givenBy} from '../../contract/platform/given.ts'

const named = (names: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(names).map(([name, value]) => [`PATROL_CONTRACT_PLATFORM_${name}`, value]))

const URL = 'http://127.0.0.1:1/'

describe('the server that the contract suite is given', () => {
  test('is none where nothing names one, or an address alone', () => {
    expect(givenBy({})).toBeUndefined()
    expect(givenBy(named({URL, ADMIN_TOKEN_FILE: '/x', ORG_ID: 'y'}))).toBeUndefined()
  })

  test.each<[Record<string, string>, string]>([
    [{URL, RELEASE: 'june13', MODE: 'docker'}, 'PLATFORM_RELEASE needs PATROL_CONTRACT_PLATFORM_HOOK too'],
    [{URL, MODE: 'docker'}, 'PLATFORM_MODE needs PATROL_CONTRACT_PLATFORM_HOOK too'],
    [{URL, HOKO: 'http://127.0.0.1:2'}, 'PLATFORM_HOKO is not known'],
    [{URL, HOOK: 'http://127.0.0.1:2'}, 'PLATFORM_HOOK needs PATROL_CONTRACT_PLATFORM_RELEASE too'],
  ])('is refused as %j, for no case would run on it', (names, why) => {
    expect(() => givenBy(named(names))).toThrow(why)
  })

  test('is known whole', () => {
    const file = join(mkdtempSync(join(tmpdir(), 'given-')), 'token')
    writeFileSync(file, 'made-up\n')
    const names = {URL, RELEASE: 'june13', MODE: 'docker', ADMIN_TOKEN_FILE: file, HOOK: 'http://127.0.0.1:2/'}
    expect(givenBy(named(names))).toEqual({
      url: 'http://127.0.0.1:1',
      release: 'june13',
      mode: 'docker',
      adminToken: 'made-up',
      hook: 'http://127.0.0.1:2',
    })
  })
})

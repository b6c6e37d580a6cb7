import {mkdtempSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import {namedBy} from '../../contract/environment.ts'
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
    [{PLATFORM_URL: URL, PLATFORM_RELEASE: 'june13'}, 'PLATFORM_RELEASE needs PATROL_CONTRACT_PLATFORM_HOOK too'],
    [{PLATFORM_URL: URL, PLATFORM_ADMIN_TOKEN_FILE: '/x', PLATFORM_MODE: 'docker'}, 'PLATFORM_MODE needs'],
    [{PLATFORM_URL: URL, PLATFORM_HOKO: URL}, 'PLATFORM_HOKO is not known'],
    [
      {PLATFORM_URL: URL, PLATFORM_HOOK: URL, PLATFORM_RELEASE: 'june13'},
      'PLATFORM_HOOK needs PATROL_CONTRACT_PLATFORM_MODE, PATROL_CONTRACT_PLATFORM_ADMIN_TOKEN_FILE too',
    ],
    [{PLATFORM_ADMIN_TOKEN_FILE: '/x'}, 'PLATFORM_ADMIN_TOKEN_FILE needs PATROL_CONTRACT_PLATFORM_URL too'],
    [{PLATFORM_ORG_ID: 'y'}, 'PLATFORM_ORG_ID needs PATROL_CONTRACT_PLATFORM_URL too'],
    [{PLATFORM_URL: URL}, 'PLATFORM_URL needs PATROL_CONTRACT_PLATFORM_ADMIN_TOKEN_FILE too'],
    [{GITEA_ADMIN: 'root', GITEA_PASSWORD_FILE: '/x', GITEA_ADRESS: URL}, 'GITEA_ADRESS is not known'],
    [{GITEA_ADMIN: 'root', GITEA_PASSWORD_FILE: '/x'}, 'GITEA_ADMIN needs PATROL_CONTRACT_GITEA_URL too'],
    [{GITEA_PASSWORD_FILE: '/x'}, 'GITEA_PASSWORD_FILE needs PATROL_CONTRACT_GITEA_URL too'],
    [{GITEA_URL: URL}, 'GITEA_URL needs PATROL_CONTRACT_GITEA_ADMIN, PATROL_CONTRACT_GITEA_PASSWORD_FILE too'],
    [{GITEA_URL: '', GITEA_ADMIN: 'root', GITEA_PASSWORD_FILE: '/x'}, 'GITEA_URL is empty'],
    [{FORGEJO_URL: URL}, 'FORGEJO_URL is not known'],
  ])('is refused as %j, for no case would run on it', (names, why) => {
    const env = Object.fromEntries(Object.entries(names).map(([name, value]) => [`PATROL_CONTRACT_${name}`, value]))
    expect(() => namedBy(env)).toThrow(why)
    expect(() => givenBy(env)).toThrow(why)
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

import {afterEach, describe, expect, test} from 'vitest'
import {FORGEJO_VERSIONS, type GiteaSeed} from '../../../src/simulator/types.ts'
import {ADMIN, PASSWORD, ask, byBasic, byToken, seedWith, start, stopAll, value} from './ask.ts'

afterEach(stopAll)

const MIRA = byBasic('mira', PASSWORD)

/** Mira has two private repositories and an open one; the token of the seed is confined to `mira/core`. */
function confinedTo(...repositories: string[]): GiteaSeed {
  const seed = seedWith([], {
    repos: [
      {owner: 'mira', name: 'core', private: true, issues: [{title: 'in core'}]},
      {owner: 'mira', name: 'vault', private: true},
      {owner: 'mira', name: 'open'},
      {owner: 'root', name: 'hidden', private: true},
    ],
  })
  seed.users[1]!.tokens = [{name: 'agent', value: value(1), scopes: ['write:issue', 'write:repository'], repositories}]
  return seed
}

const CORE = {id: 1, name: 'core', owner: 'Mira', full_name: 'Mira/core'}

describe.each(FORGEJO_VERSIONS)('%s', (version) => {
  test('says so, to Gitea and to Forgejo alike', async () => {
    const gitea = await start(seedWith(['all']), version)
    const named = version === 'forgejo-11' ? '11.0.15+gitea-1.22.0' : '15.0.3+gitea-1.22.0'
    expect((await ask(gitea, 'GET', '/version')).json).toEqual({version: named})
    const own = await fetch(`${gitea.url}/api/forgejo/v1/version`)
    expect([own.status, await own.json()]).toEqual([200, {version: named}])
    const rejected = await fetch(`${gitea.url}/api/forgejo/v1/version`, {headers: byToken(value(9))})
    expect(rejected.status).toBe(401)
  })

  test('mints and deletes by password alone, an administrator as well', async () => {
    const gitea = await start(seedWith(['all']), version)
    const body = {name: 'fresh', scopes: ['read:user']}
    for (const headers of [byToken(value(1)), byBasic('mira', value(1))]) {
      const minted = await ask(gitea, 'POST', '/users/mira/tokens', {headers, body})
      expect([minted.status, minted.message]).toEqual([401, 'auth method not allowed'])
      const deleted = await ask(gitea, 'DELETE', '/users/mira/tokens/1', {headers})
      expect([deleted.status, deleted.message]).toEqual([401, 'auth method not allowed'])
    }
    expect((await ask(gitea, 'POST', '/users/mira/tokens', {headers: ADMIN, body})).status).toBe(201)
    expect((await ask(gitea, 'DELETE', '/users/mira/tokens/1', {headers: ADMIN})).status).toBe(204)
  })

  test('lists tokens to their owner, whatever credential they come with', async () => {
    const gitea = await start(seedWith(['read:user']), version)
    for (const headers of [byToken(value(1)), byBasic('mira', value(1)), MIRA]) {
      expect((await ask(gitea, 'GET', '/users/mira/tokens', {headers})).rows).toHaveLength(1)
    }
  })
})

describe('tokens that are confined to repositories', () => {
  test('Forgejo 11 and Gitea know of none, and ignore what a mint says of them', async () => {
    for (const version of ['forgejo-11', '1.27.0'] as const) {
      const gitea = await start(confinedTo(), version)
      const body = {name: 'fresh', scopes: ['read:user'], repositories: [{owner: 'mira', name: 'nothing'}]}
      const minted = await ask(gitea, 'POST', '/users/mira/tokens', {headers: MIRA, body})
      expect(minted.status).toBe(201)
      expect(minted.fields).not.toHaveProperty('repositories')
      expect(gitea.tokens('mira').at(-1)?.repositories).toBeUndefined()
    }
  })

  test('are minted, answered and listed with them', async () => {
    const gitea = await start(confinedTo('mira/core'), 'forgejo-15')
    const body = {
      name: 'fresh',
      scopes: ['read:issue'],
      repositories: [
        {owner: 'MIRA', name: 'Core'},
        {owner: 'mira', name: 'open'},
      ],
    }
    const minted = await ask(gitea, 'POST', '/users/mira/tokens', {headers: MIRA, body})
    const open = {id: 3, name: 'open', owner: 'Mira', full_name: 'Mira/open'}
    expect([minted.status, minted.fields['repositories']]).toEqual([201, [CORE, open]])
    const {rows} = await ask(gitea, 'GET', '/users/mira/tokens', {headers: MIRA})
    expect(rows.map(({name, repositories}) => [name, repositories])).toEqual(
      expect.arrayContaining([
        ['agent', [CORE]],
        ['fresh', [CORE, open]],
      ]),
    )
    expect(gitea.tokens('mira').map(({repositories}) => repositories)).toEqual([
      ['Mira/core'],
      ['Mira/core', 'Mira/open'],
    ])
  })

  test('one without them is as ever', async () => {
    const gitea = await start(confinedTo('mira/core'), 'forgejo-15')
    const body = {name: 'fresh', scopes: ['all'], repositories: null}
    const minted = await ask(gitea, 'POST', '/users/mira/tokens', {headers: MIRA, body})
    expect([minted.status, minted.fields['repositories']]).toEqual([201, null])
    const headers = byToken(String(minted.fields['sha1']))
    expect((await ask(gitea, 'GET', '/repos/mira/vault', {headers})).status).toBe(200)
  })

  const core = [{owner: 'mira', name: 'core'}]
  test.each([
    [
      'no repository',
      ['read:issue'],
      [],
      'Access tokens with specified repositories must have at least one repository.',
    ],
    [
      'public-only',
      ['read:issue', 'public-only'],
      core,
      'Access tokens with specified repositories cannot be combined with the public-only scope.',
    ],
    [
      'another scope',
      ['read:issue', 'read:user'],
      core,
      'Access tokens with specified repositories can only be used with the read:issue, write:issue, read:repository, and write:repository scopes.',
    ],
    ['one that is not there', ['read:issue'], [{owner: 'mira', name: 'gone'}], 'repository mira/gone does not exist'],
    ["one that is nobody's", ['read:issue'], [{owner: 'no', name: 'one'}], 'repository no/one does not exist'],
    ['one that is hidden', ['read:issue'], [{owner: 'root', name: 'hidden'}], 'repository root/hidden does not exist'],
    ['one without a name', ['read:issue'], [{owner: 'mira'}], 'repository mira/ does not exist'],
  ])('with %s are refused', async (_, scopes, repositories, message) => {
    const gitea = await start(confinedTo('mira/core'), 'forgejo-15')
    const body = {name: 'fresh', scopes, repositories}
    const minted = await ask(gitea, 'POST', '/users/mira/tokens', {headers: MIRA, body})
    expect([minted.status, minted.message]).toEqual([400, message])
    expect(gitea.tokens('mira')).toHaveLength(1)
  })

  test('do all in their repositories, read other public ones, and know of no others', async () => {
    const gitea = await start(confinedTo('mira/core'), 'forgejo-15')
    const headers = byToken(value(1))
    const body = {title: 'by the token'}
    const said = async (method: string, path: string) => {
      const {status, message} = await ask(gitea, method, path, {headers, ...(method === 'POST' && {body})})
      return [status, message]
    }
    expect(await said('GET', '/repos/mira/core/issues')).toEqual([200, undefined])
    expect(await said('POST', '/repos/mira/core/issues')).toEqual([201, undefined])
    expect(await said('GET', '/repos/mira/open/issues')).toEqual([200, undefined])
    expect(await said('POST', '/repos/mira/open/labels')).toEqual([
      403,
      'user should have a permission to write to a repo',
    ])
    for (const path of ['/repos/mira/vault', '/repos/mira/vault/issues', '/repos/root/hidden']) {
      expect(await said('GET', path)).toEqual([404, "The target couldn't be found."])
    }
    const rights = async (repo: string) =>
      (await ask(gitea, 'GET', `/repos/mira/${repo}`, {headers})).fields['permissions']
    expect(await rights('core')).toEqual({admin: true, push: true, pull: true})
    expect(await rights('open')).toEqual({admin: false, push: false, pull: true})
  })

  test('make no administrator of an administrator', async () => {
    const seed = confinedTo()
    seed.users[0]!.tokens = [
      {name: 'own', value: value(2), scopes: ['write:repository'], repositories: ['root/hidden']},
    ]
    const gitea = await start(seed, 'forgejo-15')
    const headers = byToken(value(2))
    expect((await ask(gitea, 'GET', '/repos/root/hidden', {headers})).status).toBe(200)
    expect((await ask(gitea, 'GET', '/repos/mira/vault', {headers})).status).toBe(404)
    const sudo = await ask(gitea, 'GET', '/repos/root/hidden', {headers: {...headers, sudo: 'mira'}})
    expect(sudo.status).toBe(403)
  })

  test('keep them when the row gets a new value', async () => {
    const gitea = await start(confinedTo('mira/core'), 'forgejo-15')
    const headers = byToken(gitea.regenerate('mira', 1))
    expect((await ask(gitea, 'GET', '/repos/mira/core', {headers})).status).toBe(200)
    expect((await ask(gitea, 'GET', '/repos/mira/vault', {headers})).status).toBe(404)
  })

  test('a seed that names a repository it does not have is no seed', async () => {
    await expect(start(confinedTo('mira/gone'), 'forgejo-15')).rejects.toThrow('confines a token to mira/gone')
  })
})

test('deleting a repository asks for the scope of its owner, on Forgejo 15', async () => {
  const seed = seedWith(['write:repository'], {
    orgs: [{name: 'club', owners: ['mira']}],
    repos: [
      {owner: 'mira', name: 'core'},
      {owner: 'club', name: 'house'},
    ],
  })
  const gitea = await start(seed, 'forgejo-15')
  const said = async (path: string) => (await ask(gitea, 'DELETE', path, {headers: byToken(value(1))})).message
  const gap = 'token does not have at least one of required scope(s)'
  expect(await said('/repos/mira/core')).toBe(`${gap}: [write:user]`)
  expect(await said('/repos/club/house')).toBe(`${gap}: [write:organization]`)
})

import {describe, expect, test} from 'vitest'
import {callCure} from '../../../src/probe/call-cure.ts'
import {canCall, knownByProbe, lifeVerdict, type KnownToken} from '../../../src/probe/can-i.ts'
import type {AccessOutcome, RepoAccess} from '../../../src/probe/types.ts'
import {catalogue, type CatalogueVersion} from '../../../src/scopes/catalogue.ts'
import {roles} from '../../../src/scopes/explain-words.ts'
import type {RepositoryReach} from '../../../src/scopes/repositories.ts'
import type {Scope} from '../../../src/scopes/vocabulary.ts'
import {evidence, reportOf} from '../../support/probe-report.ts'

const LISTS = '/repos/acme/core/issues'

function accessOf(issues: AccessOutcome, pulls: AccessOutcome = issues): RepoAccess {
  return {repo: 'acme/core', issues: {outcome: issues, evidence}, pulls: {outcome: pulls, evidence}}
}

function tokenOf(granted: Scope[], changes: Partial<KnownToken> = {}, unknown: Scope[] = []): KnownToken {
  return {...knownByProbe(reportOf(granted, {}, unknown)), ...changes}
}

async function judged(
  token: KnownToken,
  line: string,
  version: CatalogueVersion = '1.22',
): Promise<{answer: string; by: string; reason: string; missing: readonly string[]}> {
  const [method = '', path = ''] = line.split(' ')
  const match = (await catalogue(version)).match(method, path)
  if (match.kind !== 'route') throw new Error(`no route: ${line}`)
  const repo = path.startsWith('/repos/') ? 'acme/core' : undefined
  return canCall(token, {route: match.route, repo, then: roles(match.route, version)})
}

describe('can a token make a call', () => {
  test.each<[string, KnownToken, string, string, string]>([
    ['reads its own user', tokenOf(['read:user']), 'GET /user', 'yes', 'nothing'],
    ['writes what is its own', tokenOf(['write:user']), 'PATCH /user/settings', 'yes', 'nothing'],
    ['asks for no scope', tokenOf([]), 'GET /version', 'yes', 'nothing'],
    [
      'lists what its user was seen to read',
      tokenOf(['read:issue'], {access: accessOf('ok')}),
      `GET ${LISTS}`,
      'yes',
      'nothing',
    ],
    ['lacks the scope', tokenOf(['write:repository']), `GET ${LISTS}`, 'no', 'scope'],
    ['has the read of what it would write', tokenOf(['read:issue']), `POST ${LISTS}`, 'no', 'scope'],
    ['has a scope that nothing told', tokenOf([], {}, ['read:issue']), `GET ${LISTS}`, 'unknown', 'scope'],
    ['was looked at nowhere', tokenOf(['read:issue']), `GET ${LISTS}`, 'unknown', 'right'],
    [
      'may read, and would write',
      tokenOf(['write:issue'], {access: accessOf('ok')}),
      `POST ${LISTS}/7/comments`,
      'unknown',
      'right',
    ],
    ['may not see it', tokenOf(['read:issue'], {access: accessOf('role')}), `GET ${LISTS}`, 'no', 'right'],
    [
      'sees the other list alone, which proves nothing',
      tokenOf(['read:repository'], {access: accessOf('role', 'unknown')}),
      'GET /repos/acme/core/contents/x',
      'unknown',
      'right',
    ],
    ['names somebody', tokenOf(['read:user']), 'GET /users/bob', 'unknown', 'right'],
    ['is refused as a token', tokenOf(['all']), 'POST /users/bob/tokens', 'no', 'right'],
    ['is no administrator', tokenOf(['all'], {isAdmin: false}), 'GET /admin/users', 'no', 'right'],
    ['is an administrator', tokenOf(['all'], {isAdmin: true}), 'GET /admin/users', 'yes', 'nothing'],
    ['may be one', tokenOf(['all']), 'GET /admin/users', 'unknown', 'right'],
    ['is public-only', tokenOf(['read:issue', 'public-only']), `GET ${LISTS}`, 'unknown', 'reach'],
  ])('that %s', async (_, token, line, answer, by) => {
    expect(await judged(token, line)).toMatchObject({answer, by})
  })

  test.each<[string, RepositoryReach | 'unknown', AccessOutcome, string, string, string]>([
    ['within', ['acme/core'], 'ok', `GET ${LISTS}`, 'yes', 'nothing'],
    ['outside, to write', ['acme/other'], 'ok', `POST ${LISTS}`, 'no', 'reach'],
    ['outside, to read what is public', ['acme/other'], 'ok', `GET ${LISTS}`, 'yes', 'nothing'],
    ['outside, to read', ['acme/other'], 'confinement', `GET ${LISTS}`, 'unknown', 'reach'],
    ['within, to administer', ['acme/core'], 'ok', 'POST /repos/acme/core/hooks', 'no', 'reach'],
    ['nobody knows where', 'unknown', 'ok', `POST ${LISTS}`, 'unknown', 'reach'],
  ])('that is confined, %s', async (_, reach, outcome, line, answer, by) => {
    const token = tokenOf(['write:issue', 'write:repository'], {reach, access: accessOf(outcome)})
    expect(await judged(token, line, 'forgejo-15')).toMatchObject({answer, by})
  })

  test('goes by whose the repository is where one of two scopes is asked for', async () => {
    const held = (scope: Scope) => judged(tokenOf([scope], {reach: 'all'}), 'DELETE /repos/acme/core', 'forgejo-15')
    expect(await held('write:user')).toMatchObject({answer: 'unknown', by: 'scope', missing: []})
    expect(await held('write:issue')).toMatchObject({answer: 'no', missing: ['write:organization', 'write:user']})
  })

  test('tells why, with the scope and the right that decides', async () => {
    const may = await judged(tokenOf(['write:repository']), 'POST /repos/acme/core/hooks')
    expect(may.reason).toBe(
      'the scope allows it; the rights of its user in acme/core may still refuse: the user must administer the repository, as its owner or a collaborator with admin rights',
    )
    expect((await judged(tokenOf([]), `GET ${LISTS}`)).reason).toBe('the token …00000001 lacks read:issue')
  })

  test.each([
    ['alive', undefined],
    ['dead', 'no'],
    ['blocked', 'no'],
    ['unknown', 'unknown'],
  ] as const)('whose token is %s', (state, answer) => {
    expect(lifeVerdict(tokenOf(['all'], {life: {state, reason: 'because'}}))?.answer).toBe(answer)
  })
})

describe('what cures a no', () => {
  const agent = {name: 'a', profile: 'engineer', scopes: ['read:issue', 'write:repository'] as Scope[]}
  const lacking = (missing: Scope[]) =>
    callCure({
      agent,
      repo: 'acme/core',
      nearest: [],
      verdict: {answer: 'no', by: 'scope', reason: '', missing},
    })

  test('a rotation, where the profile has what is missing', () => {
    expect(lacking(['read:issue'])).toEqual({words: '', commands: ['patrol rotate a']})
  })

  test('the profile first, where that lacks it too', () => {
    expect(lacking(['write:issue'])).toEqual({
      words: expect.stringContaining('profiles.engineer: scopes: [write:issue, write:repository], then rotate'),
      commands: ['patrol rotate a'],
    })
  })

  test('nothing that hands out what administers the server', () => {
    expect(lacking(['read:admin'])).toEqual({words: expect.stringContaining('is for no agent'), commands: []})
  })

  test('the repository in the profile, where the token is confined to others', () => {
    const verdict = {answer: 'no', by: 'reach', reason: '', missing: []} as const
    const cure = callCure({agent: {...agent, repositories: ['acme/other']}, repo: 'acme/core', nearest: [], verdict})
    expect(cure.words).toBe('Name acme/core under "repositories" of profile engineer in patrol.yaml, then rotate.')
    const named = callCure({agent: {...agent, repositories: ['acme/core']}, repo: 'acme/core', nearest: [], verdict})
    expect(named).toEqual({words: '', commands: ['patrol rotate a']})
  })
})

import {mkdtempSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import {readConfig} from '../../../src/config/read.ts'

const BASE = 'gitea:\n  url: https://git.example.org\n  repo: acme/core\n'

function configOf(more: string) {
  const file = join(mkdtempSync(join(tmpdir(), 'patrol-config-')), 'patrol.yaml')
  writeFileSync(file, BASE + more)
  return readConfig(file).onboarding
}

describe('what onboarding makes', () => {
  test('is left to the servers where nothing is said', () => {
    expect(configOf('agents:\n  agent-new: {}\n')).toEqual({
      emailDomain: 'noreply.invalid',
      visibility: undefined,
      restricted: undefined,
      workspace: {},
      memberships: new Map(),
    })
  })

  test('is as written', () => {
    const text = `
profiles:
  writer:
    scopes: [write:repository]
    repos: [{repo: acme/core, permission: admin}, {repo: acme/handbook}]
    teams: [{org: acme, team: agents}]
  loner:
    scopes: [read:user]
    repos: []
onboarding:
  email-domain: agents.example.org
  visibility: private
  restricted: false
  workspace: {runtime: claude-code, template: engineer, tier: 2, model: opus, parent: 11111111-2222-4333-8444-555555555555}
`
    expect(configOf(text)).toEqual({
      emailDomain: 'agents.example.org',
      visibility: 'private',
      restricted: false,
      workspace: {
        runtime: 'claude-code',
        template: 'engineer',
        tier: 2,
        model: 'opus',
        parent: '11111111-2222-4333-8444-555555555555',
      },
      memberships: new Map([
        [
          'writer',
          [
            {kind: 'collaborator', repo: 'acme/core', permission: 'admin'},
            {kind: 'collaborator', repo: 'acme/handbook', permission: undefined},
            {kind: 'team', organisation: 'acme', team: 'agents'},
          ],
        ],
        ['loner', []],
      ]),
    })
  })

  test.each([
    ['onboarding: {visibility: secret}', 'has to be one of public, limited, private'],
    ['onboarding: {email-domain: "a b"}', 'has to be a domain'],
    ['onboarding: {workspace: {tier: 0}}', 'has to be a number from 1'],
    ['onboarding: {workspace: {tier: two}}', 'has to be'],
    ['onboarding: {workspace: {parent: mother}}', 'has to be a UUID'],
    ['onboarding: {workspace: {runtim: x}}', 'did you mean "runtime"?'],
    ['profiles: {p: {scopes: [read:user], repos: [{repo: core}]}}', 'has to be owner/name'],
    ['profiles: {p: {scopes: [read:user], repos: [{repo: a/b, permision: read}]}}', 'did you mean "permission"?'],
    [
      'profiles: {p: {scopes: [read:user], repos: [{repo: a/b, permission: owner}]}}',
      'has to be one of read, write, admin',
    ],
    ['profiles: {p: {scopes: [read:user], teams: [{org: acme}]}}', '"profiles.p.teams.0.team" is missing'],
    ['profiles: {p: {scopes: [read:user], teams: [{org: "", team: x}]}}', 'must not be empty'],
  ])('%s is a mistake, told with its place', (text, said) => {
    expect(() => configOf(`${text}\n`)).toThrow(
      expect.objectContaining({code: 'CONFIG_INVALID', message: expect.stringMatching(/patrol\.yaml:4:\d+: /)}),
    )
    expect(() => configOf(`${text}\n`)).toThrow(said)
  })
})

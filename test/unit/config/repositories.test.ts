import {describe, expect, test} from 'vitest'
import {configIn} from '../../../src/config/read.ts'

const file = (profile: string): string => `gitea: {url: https://git.example.org}
profiles:
  docs: ${profile}
agents:
  scribe: {profile: docs}
`
const mistakes = (profile: string): string[] =>
  configIn(file(profile), 'patrol.yaml').problems.map(({place, at, message}) => `${place.line} ${at}: ${message}`)

describe('the repositories of a profile', () => {
  test.each([
    {
      profile: "{scopes: ['read:issue'], repositories: [acme/core, acme/handbook]}",
      reach: ['acme/core', 'acme/handbook'],
    },
    {profile: "{scopes: ['read:issue', 'read:user'], repositories: all}", reach: 'all'},
    {profile: "{scopes: ['read:issue']}", reach: undefined},
  ])('$profile', ({profile, reach}) => {
    const {config, problems} = configIn(file(profile), 'patrol.yaml')
    expect(problems).toEqual([])
    expect(config?.profiles.get('docs')?.repositories).toEqual(reach)
    expect(config?.agents.get('scribe')?.repositories).toEqual(reach)
  })

  test('may have any scopes beside them, for only a server can tell whether it confines tokens at all', () => {
    expect(mistakes("{scopes: ['write:issue', 'read:user', 'public-only'], repositories: [acme/core]}")).toEqual([])
  })

  test('are none that could be taken for something else', () => {
    expect(mistakes("{scopes: ['read:issue'], repositories: []}")).toEqual([
      '3 profiles.docs.repositories: "profiles.docs.repositories" is empty, and a token confined to nothing can do ' +
        'nothing; name owner/name, or say all',
    ])
    expect(mistakes("{scopes: ['read:issue'], repositories: [acme, acme/core, Acme/Core]}")).toEqual([
      '3 profiles.docs.repositories.0: "acme" is not a repository; write owner/name',
      '3 profiles.docs.repositories.2: "Acme/Core" stands there twice',
    ])
    expect(mistakes("{scopes: ['read:issue'], repositories: acme/core}")).toEqual([
      '3 profiles.docs.repositories: "profiles.docs.repositories" has to be a list of owner/name, or all',
    ])
  })
})

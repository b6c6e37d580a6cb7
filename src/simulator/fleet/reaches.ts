import type {Flaw, ExpectedFinding} from './flaw.ts'
import {NEEDS, running} from './member.ts'
import type {Member} from './member.ts'

/** What the running token is confined to, by a profile that says something of it or nothing. */
function confined(
  name: string,
  {profile, to, repo}: {profile: Member['profile']; to?: readonly string[]; repo?: string},
  ...found: ExpectedFinding[]
): Flaw {
  return {
    name,
    sides: ['scopes', 'profile', 'repo'],
    plant(member) {
      member.profile = profile
      member.repo = repo
      Object.assign(running(member), {scopes: NEEDS[profile], repositories: to})
    },
    finds: (_, {confines}) => (confines ? found : []),
  }
}

const missing = (repository: string): ExpectedFinding => ({rule: 'repository-missing', repository})
const excess = (repository: string): ExpectedFinding => ({rule: 'repository-excess', repository})

/**
 * Tokens that reach other repositories than their profile says, or only seem to. Where a server confines none they are all
 * alike, and nothing is the matter with them.
 */
export const REACHES: readonly Flaw[] = [
  confined('reaches what its profile names', {profile: 'confined', to: ['acme/cellar', 'acme/core']}),
  confined('reaches less', {profile: 'confined', to: ['acme/core']}, missing('acme/cellar')),
  confined('reaches more', {profile: 'confined', to: ['acme/core', 'acme/cellar', 'acme/vault']}, excess('acme/vault')),
  confined(
    'reaches another one only',
    {profile: 'confined', to: ['acme/vault']},
    missing('acme/core'),
    missing('acme/cellar'),
    excess('acme/vault'),
  ),
  confined('could be confined', {profile: 'confined'}, {rule: 'could-be-confined'}),
  confined('reaches everything, as its profile wants', {profile: 'roaming'}),
  confined('is confined against its profile', {profile: 'roaming', to: ['acme/core']}, {rule: 'repository-missing'}),
  confined('is confined to where it works', {profile: 'lean', to: ['acme/core']}),
  confined('may not write where it works', {profile: 'lean', to: ['acme/cellar']}, missing('acme/core')),
  // Its user may see it, so it is no matter of rights.
  confined(
    'is shut out of where it works',
    {profile: 'lean', to: ['acme/core'], repo: 'acme/cellar'},
    missing('acme/cellar'),
  ),
]

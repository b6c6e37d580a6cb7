import {ENGINEER, lifeless, NOW, value} from '../world.ts'
import {both, confined, listing, probing, scoped, unprobed, unsure, shut, verdict} from './case.ts'
import {SCOPES} from '../../../../src/scopes/vocabulary.ts'
import type {Case} from './case.ts'

/** Whether the deployed token works, what it can do, and what its user may. */
export const ABILITIES: Record<string, Case[]> = {
  'token-dead': [
    {
      name: 'by its 401',
      change: (m) => void ((m.probe = lifeless('00001001', 'dead', 'not accepted')), (m.rows = [])),
      world: both,
      finds: ['token-dead'],
    },
    {
      name: 'its user has no token and nothing tells of another',
      change: (m) => void ((m.rows = []), (m.held = undefined)),
      world: listing,
      finds: ['token-dead'],
    },
    {
      name: 'the token it was proven on is gone',
      change(m) {
        m.held = undefined
        m.deployment = {
          agent: m.name,
          user: m.user,
          token: 7,
          lastEight: '00000007',
          secretUpdatedAt: undefined,
          at: NOW,
        }
      },
      world: listing,
      finds: ['token-dead'],
    },
    {
      name: 'a value that is not listed is not called dead by listing alone',
      change: (m) => void (m.held = value('0000dead')),
      world: listing,
      finds: ['deployed-unknown'],
      open: ['token-dead', 'scope-dangerous', 'empty-scope', 'scope-missing', 'scope-excess', 'public-only'].toSorted(),
    },
    {
      name: 'no answer to the probe and no listing',
      change: unprobed,
      world: probing,
      finds: [],
      open: [
        'token-dead',
        'token-blocked',
        'scope-dangerous',
        'empty-scope',
        'scope-missing',
        'scope-excess',
        'public-only',
        'deployed-unknown',
        'role-gap',
        'user-is-admin',
      ].toSorted(),
    },
  ],
  'token-blocked': [
    {name: 'inactive', change: (m) => void (m.account!.active = false), world: listing, finds: ['token-blocked']},
    {
      name: 'prohibited',
      change: (m) => void (m.account!.prohibitLogin = true),
      world: listing,
      finds: ['token-blocked'],
    },
    {
      name: 'only the probe shows it',
      change: (m) => void (m.probe = lifeless('00001001', 'blocked', 'You must change your password.')),
      world: both,
      finds: ['token-blocked'],
    },
    {
      name: 'the probe that would show it got no answer',
      change: unprobed,
      world: both,
      finds: [],
      open: ['role-gap', 'token-blocked'],
    },
  ],
  'user-is-admin': [
    {
      name: 'as the administrator sees it',
      change: (m) => void (m.account!.isAdmin = true),
      world: listing,
      finds: ['user-is-admin'],
    },
    {
      name: 'as the token says',
      change: (m) => void (m.probe.identity = {login: m.user, id: 1, isAdmin: true}),
      world: probing,
      finds: ['user-is-admin'],
    },
    {
      name: 'the token may read its user, and that got no answer',
      change: (m) => void (m.probe.identity = undefined),
      world: probing,
      open: ['deployed-unknown', 'user-is-admin'],
    },
    {
      name: 'a token that may not read its user',
      change: (m) => void (scoped(['read:issue', 'write:repository'])(m), (m.probe.identity = undefined)),
      world: probing,
      finds: ['scope-missing read:user'],
      open: ['user-is-admin'],
    },
    {
      name: 'a probe that does not say',
      change: (m) => void (m.probe.identity = {login: m.user, id: 1}),
      world: probing,
      open: ['user-is-admin'],
    },
    {
      name: 'the token is dead and tells nothing',
      change: (m) => void (m.probe = lifeless('00001001', 'dead', '401')),
      world: probing,
      finds: ['token-dead'],
      open: ['user-is-admin'],
    },
  ],
  'scope-dangerous': [
    {
      name: 'write:user, not called excess as well',
      change: scoped([...ENGINEER, 'write:user', 'write:package']),
      world: both,
      finds: ['scope-dangerous write:user', 'scope-excess write:package'],
    },
    {name: 'all, and nothing besides', change: scoped(['all']), world: both, finds: ['scope-dangerous all']},
    {
      name: 'all, as far as the server can show it',
      change: (m) => {
        scoped(['all'])(m)
        verdict(m, 'not_applicable', ['read:misc', 'write:misc'])
      },
      world: probing,
      finds: ['scope-dangerous all'],
    },
    {
      name: 'all or nearly all, which nobody can tell',
      change: (m) => {
        scoped(['all'])(m)
        verdict(m, 'unknown', ['write:package'])
      },
      world: probing,
      open: ['scope-dangerous', 'scope-excess'],
    },
    {
      name: 'even where the profile asks for it',
      change: (m) => (scoped([...ENGINEER, 'write:admin'])(m), void (m.scopes = [...ENGINEER, 'write:admin'])),
      world: both,
      finds: ['scope-dangerous write:admin'],
    },
  ],
  'empty-scope': [
    {name: 'by listing', change: scoped([]), world: listing, finds: ['empty-scope']},
    {name: 'by probing', change: scoped([]), world: probing, finds: ['empty-scope']},
    {name: 'some other scope', change: scoped(ENGINEER), world: both},
  ],
  'scope-missing': [
    {
      name: 'is unjudged where a name is stored that no Gitea has',
      change: (m) => void (m.rows[0]!.strange = ['read:project']),
      world: listing,
      finds: [],
      open: ['scope-dangerous', 'empty-scope', 'scope-missing', 'scope-excess', 'public-only'].toSorted(),
    },
    {
      name: 'but not where a probe tells that the server reads it',
      change: (m) => void (m.rows[0]!.strange = ['read:project']),
      world: both,
    },
    {
      name: 'nor where a probe tells that it does not',
      change(m) {
        m.rows[0]!.strange = ['read:project']
        verdict(m, 'unknown', SCOPES)
      },
      world: both,
      open: ['scope-dangerous', 'empty-scope', 'scope-missing', 'scope-excess', 'public-only'].toSorted(),
    },
    {
      name: 'in normal form, one by one',
      change: scoped(['read:repository', 'read:user']),
      world: listing,
      finds: ['scope-missing read:issue', 'scope-missing write:repository'],
    },
    {
      name: 'by probing',
      change: scoped(['write:repository', 'read:user']),
      world: probing,
      finds: ['scope-missing read:issue'],
    },
    {
      name: 'unknown where the probe could not tell',
      change(m) {
        m.probe.scopes = m.probe.scopes.map((one) => (one.scope === 'read:issue' ? {...one, verdict: 'unknown'} : one))
        m.probe.granted = ['write:repository', 'read:user']
      },
      world: probing,
      open: ['scope-missing'],
    },
  ],
  'scope-excess': [
    {
      name: 'beyond the profile',
      change: scoped([...ENGINEER, 'write:issue', 'read:package']),
      world: both,
      finds: ['scope-excess read:package', 'scope-excess write:issue'],
    },
    {
      name: 'what does not apply is no excess',
      change: (m) =>
        void (m.probe.scopes = m.probe.scopes.map((one) =>
          one.scope === 'read:activitypub' ? {...one, verdict: 'not_applicable'} : one,
        )),
      world: probing,
    },
    {
      name: 'unknown',
      change: (m) =>
        void (m.probe.scopes = m.probe.scopes.map((one) =>
          one.scope === 'write:package' ? {...one, verdict: 'unknown'} : one,
        )),
      world: probing,
      open: ['scope-excess'],
    },
  ],
  'public-only': [
    {name: 'limited', change: scoped(['public-only', ...ENGINEER]), world: both, finds: ['public-only']},
    {
      name: 'unknown',
      change: (m) =>
        void (m.probe.scopes = m.probe.scopes.map((one) =>
          one.scope === 'public-only' ? {...one, verdict: 'unknown'} : one,
        )),
      world: probing,
      open: ['public-only'],
    },
  ],
  'repository-missing': [
    {
      name: 'where all are meant',
      change: confined('all', ['org/app', 'org/docs']),
      world: listing,
      finds: ['repository-missing'],
    },
    {
      name: 'by the row, whatever its capitals',
      change: confined(['org/app', 'org/docs'], ['Org/App']),
      world: listing,
      finds: ['repository-missing'],
    },
    {name: 'all of them are there', change: confined(['org/app'], ['Org/App']), world: both},
    {name: 'the profile names none', change: confined(undefined, ['org/other', 'Org/App']), world: listing},
    {
      name: 'but the agent finds its work in another one, which is public: it can write nothing there',
      change: confined(undefined, ['org/other']),
      world: both,
      finds: ['repository-missing'],
    },
    {
      name: 'where it only reads, so that a public one does',
      change: (m) => {
        confined(undefined, ['org/other'])(m)
        const scopes = ['read:issue', 'read:repository'] as const
        m.scopes = scopes
        m.rows[0]!.scopes = [...scopes]
      },
      world: listing,
    },
    {
      name: 'but the agent finds its work in another one, as the probe found',
      change: (m) => (confined(undefined, ['org/other'])(m), shut('issues', 'confinement')(m)),
      world: both,
      finds: ['repository-missing'],
    },
    {
      name: 'which the profile names, and is told once',
      change: (m) => (confined(['org/app'], ['org/other'])(m), shut('issues', 'confinement')(m)),
      world: both,
      finds: ['repository-excess', 'repository-missing'],
    },
    {name: 'by a server that confines nothing', change: confined(['org/app'], undefined), world: listing},
    {
      name: 'is unjudged where a probe cannot tell',
      change: (m) => (confined(['org/app'], undefined)(m), unsure(m)),
      world: probing,
      open: ['could-be-confined', 'repository-excess', 'repository-missing'],
    },
    {
      name: 'and where the probe gave nothing',
      change: (m) => (confined(['org/app'], undefined)(m), unprobed(m)),
      world: probing,
      finds: [],
      open: [
        'token-dead',
        'token-blocked',
        'scope-dangerous',
        'empty-scope',
        'scope-missing',
        'scope-excess',
        'public-only',
        'deployed-unknown',
        'repository-missing',
        'repository-excess',
        'could-be-confined',
        'role-gap',
        'user-is-admin',
      ].toSorted(),
    },
    {
      name: 'and where all are meant, whatever the server can',
      change: (m) => {
        confined('all', undefined)(m)
        unsure(m)
        m.probe = {...m.probe, version: '11.0.15+gitea-1.22.0'}
      },
      world: probing,
      open: ['repository-missing'],
    },
    {name: 'is no question where the profile names none', change: unsure, world: probing},
    {
      name: 'says nothing of a dead token',
      change: (m) => (
        confined(['org/app'], ['org/other'])(m),
        void (m.probe = lifeless('00001001', 'dead', 'not accepted'))
      ),
      world: both,
      finds: ['token-dead'],
    },
  ],
  'repository-excess': [
    {
      name: 'beyond the profile',
      change: confined(['org/app'], ['org/app', 'org/docs', 'org/site']),
      world: listing,
      finds: ['repository-excess', 'repository-excess'],
    },
    {name: 'is none where all are meant', change: confined('all', 'all'), world: listing},
  ],
  'could-be-confined': [
    {
      name: 'by a server that can',
      change: confined(['org/app'], 'all'),
      world: listing,
      finds: ['could-be-confined'],
    },
    {
      name: 'by a probe, where another scope shows that it is not',
      change: (m) => {
        confined(['org/app'], undefined)(m)
        m.probe = {...m.probe, version: '15.0.3+gitea-1.22.0'}
      },
      world: probing,
      finds: ['could-be-confined'],
    },
    {name: 'is not said where the profile names none', change: confined(undefined, 'all'), world: listing},
    {name: 'nor where it wants all', change: confined('all', 'all'), world: listing},
  ],
  'role-gap': [
    {
      name: 'or a confinement, and nothing tells which',
      change: shut('issues', 'shut'),
      world: both,
      open: ['role-gap'],
    },
    {name: 'issues shut', change: shut('issues', 'role'), world: both, finds: ['role-gap']},
    {name: 'pulls shut', change: shut('pulls', 'role'), world: probing, finds: ['role-gap']},
    {
      name: 'the scope is missing instead',
      change: (m) => (scoped(['write:repository', 'read:user'])(m), shut('issues', 'scope')(m)),
      world: both,
      finds: ['scope-missing read:issue'],
    },
    {name: 'no usable answer', change: shut('issues', 'unknown'), world: both, open: ['role-gap']},
    {name: 'no repository', change: (m) => void ((m.repo = undefined), (m.probe.repo = undefined)), world: both},
  ],
}

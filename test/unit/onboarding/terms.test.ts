import {describe, expect, it} from 'vitest'
import type {OnboardingRequest} from '../../../src/onboarding/index.ts'
import {makesSame, provesSame} from '../../../src/onboarding/terms.ts'
import {newcomer} from '../../support/newcomer-world.ts'

const terms = newcomer()
const changed = (changes: Partial<OnboardingRequest>): [string, Partial<OnboardingRequest>] => [
  Object.keys(changes)[0]!,
  changes,
]

describe('what is made', () => {
  it.each([
    changed({agent: 'other'}),
    changed({user: 'other'}),
    changed({account: {...terms.account, email: 'other@noreply.invalid'}}),
    changed({account: {...terms.account, visibility: 'private'}}),
    changed({account: {...terms.account, restricted: true}}),
    changed({memberships: []}),
    changed({workspace: 'other'}),
    changed({spec: {runtime: 'claude-code'}}),
    changed({spec: {template: 'other'}}),
    changed({spec: {tier: 2}}),
    changed({spec: {model: 'other'}}),
    changed({spec: {role: 'other'}}),
    changed({spec: {parent: 'other'}}),
    changed({secretKey: 'OTHER'}),
    changed({profile: 'other'}),
    changed({scopes: []}),
    changed({repositories: ['acme/core']}),
  ])('is another thing with another %s: %o', (_, changes) => {
    expect(makesSame(terms, {...terms, ...changes})).toBe(false)
    expect(provesSame(terms, {...terms, ...changes})).toBe(true)
  })
})

describe('what is proven', () => {
  it.each([changed({repo: 'acme/other'}), changed({label: 'other'}), changed({via: 'schedule'})])(
    'is another thing with another %s',
    (_, changes) => {
      expect(provesSame(terms, {...terms, ...changes})).toBe(false)
      expect(makesSame(terms, {...terms, ...changes})).toBe(true)
    },
  )

  it('is the same for another run of the same terms, whatever is waived and waited for', () => {
    const other = {...newcomer(), waive: {siteAdmin: true}, approval: 'park' as const}
    expect([makesSame(terms, other), provesSame(terms, other)]).toEqual([true, true])
  })
})

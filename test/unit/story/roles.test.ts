import {expect, test} from 'vitest'
import {ROLES as ONBOARDING} from '../../../src/onboarding/events.ts'
import {ROLES as ROTATION} from '../../../src/rotation/events.ts'
import type {Role} from '../../../src/story/run.ts'

const intents = (roles: Readonly<Record<string, Role>>) =>
  Object.keys(roles)
    .filter((type) => roles[type] === 'intent')
    .toSorted()

test('before each of these writes the lease is renewed, and before nothing else', () => {
  expect(intents(ROTATION)).toEqual([
    'discard_intended',
    'mint_intended',
    'push_intended',
    'readback_intended',
    'restart_intended',
    'revoke_intended',
  ])
  expect(intents(ONBOARDING)).toEqual([
    'access_intended',
    'create_intended',
    'discard_intended',
    'join_intended',
    'mint_intended',
    'rotation_intended',
    'user_intended',
  ])
})

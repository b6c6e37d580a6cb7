import {expect, test} from 'vitest'
import {ROLES as ONBOARDING} from '../../../src/onboarding/events.ts'
import {ROLES as ROTATION} from '../../../src/rotation/events.ts'
import type {Role} from '../../../src/story/run.ts'

const intents = (roles: Readonly<Record<string, Role>>) => Object.keys(roles).filter((type) => roles[type] === 'intent')

test('before each of these writes the lease is renewed, and before nothing else', () => {
  expect(intents(ROTATION)).toEqual([
    'readback_intended',
    'mint_intended',
    'push_intended',
    'restart_intended',
    'discard_intended',
    'revoke_intended',
  ])
  expect(intents(ONBOARDING)).toEqual([
    'user_intended',
    'join_intended',
    'mint_intended',
    'create_intended',
    'rotation_intended',
    'discard_intended',
    'access_intended',
  ])
})

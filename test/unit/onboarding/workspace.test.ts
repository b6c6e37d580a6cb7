import {describe, expect, it} from 'vitest'
import {OpsError} from '../../../src/errors.ts'
import type {OnboardingDeps} from '../../../src/onboarding/index.ts'
import {newcomer, NewcomerWorld} from '../../support/newcomer-world.ts'

/** The journal's first entry of this type can't be written. */
export const fullAt = (type: string): ((deps: OnboardingDeps) => Partial<OnboardingDeps>) => {
  let full = true
  return ({onboardings}) => ({
    onboardings: {
      ...onboardings,
      append: async (entry) => {
        if (entry.event.type !== type || !full) return onboardings.append(entry)
        full = false
        throw new OpsError('STORE_FULL', 'The disk is full.')
      },
    },
  })
}

describe('a workspace that was created', () => {
  it('keeps its token when that can not be written down', async () => {
    using world = await NewcomerWorld.open()
    await expect(world.run(newcomer(), fullAt('created'))).rejects.toMatchObject({
      category: 'incomplete',
      message: expect.stringContaining('whether the workspace agent-new was created is not known'),
    })
    expect(world.tokens).toHaveLength(1)
    expect(await world.run(newcomer())).toMatchObject({outcome: 'onboarded'})
    expect(world.writes.filter((name) => name === 'create')).toHaveLength(1)
    expect(world.violations).toEqual([])
  })
})

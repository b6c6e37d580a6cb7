import {describe, expect, it} from 'vitest'
import {abortOnboarding} from '../../../src/onboarding/index.ts'
import {NAME, newcomer, NewcomerWorld} from '../../support/newcomer-world.ts'

/** Of a mint that this store heard nothing of, whose value a run with a copy of the store gave to a workspace. */
async function overtaken(): Promise<{world: NewcomerWorld; runsOn: string}> {
  const world = await NewcomerWorld.open()
  await world.broken('mint', 'crash-after', newcomer())
  const [token] = world.tokens
  world.advance(60_000)
  world.furnish(token)
  return {world, runsOn: token!.lastEight}
}

describe('a token that a copy of the journal put to use is no lost mint', () => {
  it('of an onboarding that goes on', async () => {
    const {world, runsOn} = await overtaken()
    using _ = world
    await world.run(newcomer()).catch(() => {})
    expect([world.alive(runsOn), world.violations]).toEqual([true, []])
  })

  it('nor of one that is given up, which says so', async () => {
    const {world, runsOn} = await overtaken()
    using _ = world
    await expect(abortOnboarding(NAME, world.deps())).rejects.toMatchObject({
      code: 'TOKEN_CHANGED',
      message: expect.stringMatching(
        /may be in use: agent-new in workspace agent-new \(\S+\) has a secret that was written/,
      ),
    })
    expect(await abortOnboarding(NAME, world.deps())).toMatchObject({tokens: []})
    expect([world.alive(runsOn), world.violations]).toEqual([true, []])
  })
})

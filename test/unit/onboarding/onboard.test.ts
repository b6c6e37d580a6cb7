import {describe, expect, it} from 'vitest'
import {newcomer, NewcomerWorld} from '../../support/newcomer-world.ts'

describe('a new agent', () => {
  it('gets a user, a membership, a token and a workspace, and is proven', async () => {
    using world = await NewcomerWorld.open()
    expect(await world.run(newcomer())).toMatchObject({outcome: 'onboarded', proof: {passed: true}})
    expect(world.writes).toEqual(['createAccount', 'addCollaborator', 'mint', 'create'])
    expect(world.violations).toEqual([])
  })
})

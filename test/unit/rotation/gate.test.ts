import {beforeEach, describe, expect, it} from 'vitest'
import {OpsError} from '../../../src/errors.ts'
import {mintToken} from '../../../src/rotation/index.ts'
import type {Minted} from '../../../src/rotation/ports.ts'
import type {Store} from '../../../src/store/index.ts'
import {request, storeInMemory, USER, World} from '../../support/world.ts'

let world: World
let store: Store
beforeEach(async () => {
  world = new World()
  store = await storeInMemory()
})

describe('a mint that can not be confirmed', () => {
  const {agent, user, profile, scopes} = request()

  function minting() {
    const deps = world.deps(store)
    const trouble = new OpsError('MINT_MISMATCH', 'It was stored without scopes.')
    const mint = async (whose: string, name: string): Promise<Minted> => {
      const {id, lastEight} = world.addToken(name, [], whose)
      return {unconfirmed: {id, name, lastEight}, trouble}
    }
    return mintToken({agent, user, profile, scopes}, {...deps, tokens: {...deps.tokens, mint}}, async () => {})
  }

  it('is deleted again, and says so', async () => {
    await expect(minting()).rejects.toMatchObject({
      code: 'MINT_MISMATCH',
      message: expect.stringContaining('was deleted again'),
    })
    expect(world.tokens.map(({name}) => name)).toEqual(['agent token'])
  })

  it('is in doubt, with its id, where it can not be deleted either', async () => {
    world.fault = [1, 2, 3, 4, 5, 6].map((at) => ({at, kind: 'lost-before'}))
    await expect(minting()).rejects.toMatchObject({
      code: 'WRITE_IN_DOUBT',
      category: 'incomplete',
      message: expect.stringContaining('id 2'),
    })
    expect(world.tokens.filter((token) => token.user === USER)).toHaveLength(2)
  })
})

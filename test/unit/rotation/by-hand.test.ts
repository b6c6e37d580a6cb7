import {beforeEach, describe, expect, it} from 'vitest'
import {mintToken} from '../../../src/rotation/index.ts'
import type {Store} from '../../../src/store/index.ts'
import {request, storeInMemory, World} from '../../support/world.ts'

const {agent, user, profile, scopes} = request()
const MINT = `patrol mint ${agent} --output-file ${agent}.token`

describe('a mint by hand whose answer was lost', () => {
  let world: World
  let store: Store
  const names = () => world.tokens.map(({name}) => name)
  const mint = () => mintToken({agent, user, profile, scopes}, world.deps(store), async () => {})

  beforeEach(async () => {
    world = new World()
    store = await storeInMemory()
  })

  it('is undone, since nobody has the value, and advises another', async () => {
    world.fault = [{at: 2, kind: 'lost-after'}]
    await expect(mint()).rejects.toMatchObject({
      exit: 7,
      message: expect.stringMatching(/patrol\.dev-a\.\S+ \(id 2\) came of it and was deleted again/),
      suggestions: [MINT],
    })
    expect(names()).toEqual(['agent token'])
  })

  it('is said to be open where Gitea lists nothing yet', async () => {
    world.fault = [{at: 2, kind: 'lost-before'}]
    await expect(mint()).rejects.toMatchObject({
      message: expect.stringMatching(/lists no token patrol\.dev-a\.\S+ of agent-dev-a so far/),
      suggestions: [`patrol revoke ${agent}`, MINT],
    })
  })

  it('names the token that could not be deleted again, and the command that does it', async () => {
    world.fault = [{at: 2, kind: 'lost-after'}, ...[4, 5, 6].map((at) => ({at, kind: 'lost-before' as const}))]
    await expect(mint()).rejects.toMatchObject({
      message: expect.stringMatching(/\(id 2\) of agent-dev-a came of it, and is left/),
      suggestions: [`patrol revoke ${agent} --id 2 --confirm ${agent}`, MINT],
    })
    expect(names()).toHaveLength(2)
  })
})

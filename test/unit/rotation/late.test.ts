import {beforeEach, describe, expect, it} from 'vitest'
import {OpsError} from '../../../src/errors.ts'
import {abortRotation, finishDue, rotate} from '../../../src/rotation/index.ts'
import {openStore, type Store} from '../../../src/store/index.ts'
import {thisProcess} from '../../../src/store/owner.ts'
import {request, storeInMemory, World} from '../../support/world.ts'

const HOUR = 3_600_000
let world: World
let store: Store
/** The number of the mint among a rotation's calls. */
let mint: number

beforeEach(async () => {
  world = new World()
  await rotate(request(), world.deps(await storeInMemory()))
  mint = world.calls.indexOf('mint') + 1
  world = new World()
  store = await storeInMemory()
})

const names = () => world.tokens.map(({name}) => name)
const due = () => finishDue(world.deps(store))

/** A rotation whose first mint gets no answer, and comes to pass when the rotation is long over. */
async function outrun(): Promise<string[]> {
  world.behaviour.lateMintMs = HOUR
  world.fault = [{at: mint, kind: 'lost-before'}]
  expect((await rotate(request(), world.deps(store))).phase).toBe('completed')
  expect(names()).toHaveLength(1)
  return names()
}

describe('a mint that comes to pass after its rotation', () => {
  it('is deleted by the next run, whatever its errand, and told', async () => {
    const serving = await outrun()
    expect(await due()).toMatchObject({late: [], wrote: false})
    world.advance(HOUR)
    expect(names()).toHaveLength(2)
    const report = await due()
    expect(report.wrote).toBe(true)
    expect(report.late).toEqual([
      expect.stringMatching(
        /^A mint for dev-a whose answer was lost had come to pass: patrol\.dev-a\.\S+ \(id \d+, …\w{8}\) was deleted, for nobody had its value\.$/,
      ),
    ])
    expect([names(), world.violations]).toEqual([serving, []])
    expect(await due()).toMatchObject({late: []})
  })

  it('does not stand in the way of the next rotation', async () => {
    await outrun()
    world.advance(5 * 60_000)
    world.addToken((await store.ledger.announced())[0]!.name, ['read:issue'])
    const {candidate} = await rotate(request(), world.deps(store))
    expect([names(), world.violations]).toEqual([[candidate?.name], []])
  })

  it('is left to whoever is at the agent', async () => {
    store = await openStore(':memory:', {owner: thisProcess(() => true)})
    await outrun()
    world.advance(HOUR)
    const lease = await store.leases.acquire('agent:dev-a', HOUR, world.now)
    expect(await due()).toMatchObject({late: []})
    await store.leases.release(lease)
    expect((await due()).late).toHaveLength(1)
  })

  it('is looked for again where its deletion did not go through', async () => {
    const serving = await outrun()
    world.advance(HOUR)
    const refuses = {...world.deps(store)}
    const remove = async () => {
      throw new OpsError('GITEA_UNREACHABLE', 'Nobody there. Nothing was changed.')
    }
    const {late, wrote} = await finishDue({...refuses, tokens: {...refuses.tokens, remove}})
    expect(wrote).toBe(false)
    expect(late).toEqual(['What came of a mint for dev-a whose answer was lost is not known yet: Nobody there.'])
    expect((await due()).late).toHaveLength(1)
    expect(names()).toEqual(serving)
  })

  it('is told by an abort too, in its result where nobody listens', async () => {
    await outrun()
    world.behaviour.approval = 'never'
    const parked = rotate(request({approval: 'park'}), world.deps(store))
    await expect(parked).rejects.toMatchObject({code: 'APPROVAL_PENDING'})
    world.advance(HOUR)
    const {on: _, ...silent} = world.deps(store)
    const {warnings} = await abortRotation((await store.journal.list({open: true}))[0]!.id, silent)
    expect(warnings).toContainEqual(expect.stringContaining('had come to pass'))
  })

  it('is not written where it is another by then, and so left', async () => {
    await outrun()
    world.advance(HOUR)
    const deps = world.deps(store)
    let looks = 0
    const list: typeof deps.tokens.list = async (user) => {
      const rows = await deps.tokens.list(user)
      return looks++ === 0 ? rows : rows.map((row) => ({...row, lastEight: '99999999'}))
    }
    const {late, wrote} = await finishDue({...deps, tokens: {...deps.tokens, list}})
    expect([wrote, late]).toEqual([false, [expect.stringContaining('It was not deleted')]])
    expect(names()).toHaveLength(2)
  })

  it('is told where the look at another one goes wrong', async () => {
    await outrun()
    world.advance(HOUR)
    const other = world.addToken('patrol.dev-a.20261122.other00000', ['read:issue'])
    const announcement = {agent: 'dev-a', user: other.user, name: other.name, at: world.now, handingOver: false}
    await store.ledger.apply([{kind: 'announced', announcement}])
    const deps = world.deps(store)
    const remove: typeof deps.tokens.remove = async (warrant) => {
      if (warrant.id === other.id) throw new OpsError('WRITE_IN_DOUBT', 'Perhaps.')
      return deps.tokens.remove(warrant)
    }
    const {late, wrote} = await finishDue({...deps, tokens: {...deps.tokens, remove}})
    expect(late).toEqual([
      expect.stringContaining('had come to pass'),
      expect.stringContaining('not known yet: Perhaps.'),
    ])
    expect(wrote).toBe(true)
  })

  it('counts as perhaps written where nobody knows whether it was deleted', async () => {
    await outrun()
    world.advance(HOUR)
    const deps = world.deps(store)
    const remove = async () => {
      throw new OpsError('WRITE_IN_DOUBT', 'Perhaps.')
    }
    const {late, wrote} = await finishDue({...deps, tokens: {...deps.tokens, remove}})
    expect([wrote, late]).toEqual(['perhaps', [expect.stringContaining('is not known yet: Perhaps.')]])
  })

  it.each([new OpsError('INTERRUPTED', 'Stopped.'), new TypeError('a bug')])(
    'ends the look for it with %s',
    async (error) => {
      await outrun()
      const deps = world.deps(store)
      const list = async () => {
        throw error
      }
      await expect(finishDue({...deps, tokens: {...deps.tokens, list}})).rejects.toBe(error)
    },
  )

  it('that is stopped after a deletion does not say that nothing was', async () => {
    await outrun()
    world.advance(HOUR)
    const deps = world.deps(store)
    const stopped = new OpsError('INTERRUPTED', 'Stopped. Nothing was changed.')
    const announced = async () => [
      ...(await deps.ledger.announced()),
      {agent: 'dev-z', user: 'dev-z', name: 'patrol.dev-z.x', at: 0, handingOver: false},
    ]
    const list: typeof deps.tokens.list = (user) =>
      user === 'dev-z' ? Promise.reject(stopped) : deps.tokens.list(user)
    const late = finishDue({...deps, ledger: {...deps.ledger, announced}, tokens: {...deps.tokens, list}})
    await expect(late).rejects.toMatchObject({code: 'INTERRUPTED', message: 'Stopped.'})
    expect(names()).toHaveLength(1)
  })

  it('is left where the journal can not be read: whoever says then that nothing was changed is right', async () => {
    await outrun()
    world.advance(HOUR)
    const deps = world.deps(store)
    const list = async () => {
      throw new OpsError('STORE_BUSY', 'Somebody else has it.')
    }
    const told: string[] = []
    const looked = finishDue({...deps, journal: {...deps.journal, list}}, undefined, (sentence) => told.push(sentence))
    await expect(looked).rejects.toMatchObject({code: 'STORE_BUSY'})
    expect([names().length, told]).toEqual([2, []])
  })

  it('is looked for once, for the next run looks again', async () => {
    await outrun()
    const before = world.calls.length
    await due()
    expect(world.calls.slice(before)).toEqual(['list'])
  })

  it('is forgotten when it can come no more', async () => {
    await outrun()
    world.advance(11 * 60_000)
    await due()
    expect(await store.ledger.announced()).toEqual([])
  })
})

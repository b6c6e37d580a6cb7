import {beforeEach, describe, expect, it} from 'vitest'
import {OpsError} from '../../../src/errors.ts'
import {
  afterDue,
  finishDue,
  resumeRotation,
  rotate,
  type ActName,
  type StoryProgress,
} from '../../../src/rotation/index.ts'
import type {Store} from '../../../src/store/index.ts'
import {request, storeInMemory, World} from '../../support/world.ts'

const DAY = 24 * 3_600_000

let world: World
let store: Store
beforeEach(async () => {
  world = new World()
  store = await storeInMemory()
})

const go = (overlapMs = 0) => rotate(request({overlapMs}), world.deps(store))
const names = () => world.tokens.map(({name}) => name)
/** The process dies at the nth request of this act. */
const dyingIn = (act: ActName, after = 0) => ({
  on: (item: StoryProgress) => {
    if (item.kind === 'act' && item.act === act && item.state === 'started') {
      world.fault = [{at: world.calls.length + 1 + after, kind: 'crash-before'}]
    }
  },
})

describe('what is due is finished by any run', () => {
  it.each([
    ['while it revoked', 'crash-before'],
    ['after it had revoked', 'crash-after'],
  ] as const)('where the last one was killed %s', async (_, kind) => {
    const whole = new World()
    await rotate(request(), whole.deps(await storeInMemory()))
    world.fault = [{at: 1 + whole.calls.indexOf('remove'), kind}]
    await go().catch(() => {})
    world.revive()
    world.fault = []
    const {revoked, held} = await finishDue(world.deps(store))
    expect([revoked.map(({token}) => token.id), held]).toEqual([[1], []])
    expect(await store.journal.list({open: true})).toEqual([])
    expect(names()).toHaveLength(1)
  })

  it('where the overlap is over, and the agent, which was proven, is not asked again', async () => {
    await rotate(request({overlapMs: 3_600_000}), world.deps(store))
    world.advance(2 * 3_600_000)
    world.agentDeaf = true
    const {revoked, held} = await finishDue(world.deps(store))
    expect([revoked.map(({token}) => token.id), held]).toEqual([[1], []])
    expect(world.calls).not.toContain('ask')
  })

  it('where only the end was not written down, and nothing is said to be revoked again', async () => {
    const whole = new World()
    await rotate(request(), whole.deps(await storeInMemory()))
    world.fault = [{at: whole.calls.lastIndexOf('journal') + 1, kind: 'crash-before'}]
    await go().catch(() => {})
    world.revive()
    world.fault = []
    expect(await finishDue(world.deps(store))).toEqual({revoked: [], held: [], late: [], wrote: false})
    expect(await store.journal.list({open: true})).toEqual([])
  })

  it('where it was gone before, which is told, and counts for no deletion', async () => {
    await go(DAY)
    world.advance(DAY)
    world.tokens.splice(0, 1)
    expect(await finishDue(world.deps(store))).toMatchObject({revoked: [{token: {id: 1}}], wrote: false})
    await go(DAY)
    world.advance(DAY)
    world.tokens.splice(0, 1)
    await go(DAY)
    expect(world.warned).toMatch(/^The old token .* of dev-a was due and was found gone \(rotation \w+\)\.$/)
  })

  it('with what came late of a mint whose answer was lost, which is told', async () => {
    const whole = new World()
    await rotate(request(), whole.deps(await storeInMemory()))
    world.behaviour.lateMintMs = DAY / 2
    world.fault = [{at: 1 + whole.calls.indexOf('mint'), kind: 'lost-before'}]
    await go(DAY)
    world.fault = []
    world.tokens.splice(0, 1)
    world.advance(DAY)
    expect(names()).toHaveLength(2)
    expect(await finishDue(world.deps(store))).toMatchObject({
      late: [expect.stringMatching(/^A mint for dev-a whose answer was lost had come to pass: patrol\..* was deleted/)],
      wrote: true,
    })
    expect(names()).toHaveLength(1)
  })

  describe('with a late mint that a rotation found at its end, when it was killed,', () => {
    beforeEach(async () => {
      const whole = new World()
      await rotate(request(), whole.deps(await storeInMemory()))
      const at = 1 + whole.calls.indexOf('mint')
      world.behaviour.lateMintMs = 9_000
      world.fault = [{at, kind: 'lost-before'}]
      await rotate(request(), world.deps(store, dyingIn('discard'))).catch(() => {})
      world.revive()
      world.fault = []
    })

    it('which is told', async () => {
      expect(names()).toHaveLength(2)
      const told: string[] = []
      const {late, revoked, held, wrote} = await finishDue(world.deps(store), undefined, (said) => told.push(said))
      expect(late).toEqual([
        expect.stringMatching(/^A mint for dev-a whose answer was lost had come to pass: patrol\..* was deleted/),
      ])
      expect([told, revoked, held, wrote]).toEqual([late, [], [], true])
      expect(names()).toHaveLength(1)
      expect(await store.journal.list({open: true})).toEqual([])
    })

    it('but no deletion of what is gone by then', async () => {
      world.tokens.pop()
      expect(await finishDue(world.deps(store))).toEqual({revoked: [], held: [], late: [], wrote: false})
      expect(await store.journal.list({open: true})).toEqual([])
    })
  })

  it('but for the rotation that the run is about', async () => {
    const {id} = await go(DAY)
    world.advance(DAY)
    expect(await finishDue(world.deps(store), id)).toEqual({revoked: [], held: [], late: [], wrote: false})
    expect(names()).toHaveLength(2)
  })

  it('nothing else that is open: what waits for its proof is left to its resume', async () => {
    world.agentDeaf = true
    await go().catch(() => {})
    world.agentDeaf = false
    world.advance(DAY)
    expect(await finishDue(world.deps(store))).toEqual({revoked: [], held: [], late: [], wrote: false})
    expect(names()).toHaveLength(2)
  })

  it('until somebody asks to stop', async () => {
    await go(DAY)
    world.advance(DAY)
    const stop = new AbortController()
    stop.abort()
    const due = finishDue(world.deps(store, {signal: stop.signal}))
    await expect(due).rejects.toMatchObject({code: 'INTERRUPTED'})
    expect(names()).toHaveLength(2)
  })
})

describe('what was due and was revoked', () => {
  const REVOKED = /^The old token agent token \(id 1, …00000001\) of dev-a was due and is revoked \(rotation \w+\)\.$/

  beforeEach(async () => {
    await go(DAY)
    world.advance(DAY)
  })

  it('is told by the next rotation, in its result where nobody listens', async () => {
    const {on: _, ...silent} = world.deps(store)
    expect((await rotate(request(), silent)).warnings).toEqual([expect.stringMatching(REVOKED)])
  })

  it('is told at once, and a guard’s no after it is no end at which nothing was changed', async () => {
    world.workspace.kind = 'platform'
    await expect(go()).rejects.toMatchObject({
      code: 'GUARD_CONCIERGE',
      exit: 7,
      message: expect.stringMatching(
        /concierge.* Tokens of earlier runs were deleted before, as is told beside this\.$/s,
      ),
      ref: 'docs/runbooks/concierge-refused.md',
    })
    await expect(go()).rejects.toMatchObject({code: 'GUARD_CONCIERGE', exit: 6})
    expect(world.warned).toMatch(REVOKED)
  })

  it('is told where something else that was due then fails', async () => {
    world.addToken('patrol.dev-a.20261101.earlier000', ['read:issue'])
    const spare = await rotate(
      request({overlapMs: 1, supersede: 'all', waive: {foreignRotation: true}}),
      world.deps(store),
    )
    expect(spare.superseded.map(({id}) => id)).toEqual([2, 3])
    world.advance(DAY)
    const deps = world.deps(store)
    const remove: typeof deps.tokens.remove = async (warrant) => {
      if (warrant.id === 3) throw new OpsError('GITEA_UNREACHABLE', 'Gitea is away.')
      return deps.tokens.remove(warrant)
    }
    const due = await finishDue({...deps, tokens: {...deps.tokens, remove}})
    expect(due).toMatchObject({revoked: [{token: {id: 2}}], held: [{code: 'GITEA_UNREACHABLE'}], wrote: true})
  })

  it.each<[string, unknown, object]>([
    ['a stop', new OpsError('INTERRUPTED', 'Stopped.'), {exit: 130, message: 'Stopped.'}],
    ['a fault of ours', new TypeError('a bug'), {message: 'a bug'}],
    ['what is pending', new OpsError('APPROVAL_PENDING', 'Waits.'), {exit: 8, message: 'Waits.'}],
    [
      'what the errand could not ask for',
      new OpsError('PLATFORM_UNREACHABLE', 'Nobody there. Nothing was changed.', {suggestions: ['patrol doctor']}),
      {exit: 7, message: expect.stringMatching(/^Nobody there\. Tokens of earlier/), suggestions: ['patrol doctor']},
    ],
    ...['revoked', 'deleted', 'sent'].map((what): [string, unknown, object] => [
      `what says that nothing was ${what}`,
      new OpsError('GUARD_SERVING_TOKEN', `It may serve dev-a. Nothing was ${what}.`),
      {exit: 7, message: expect.stringMatching(/^It may serve dev-a\. Tokens of earlier runs/)},
    ]),
  ])('leaves %s as it is, but for its claim', async (_, thrown, expected) => {
    const errand = async () => Promise.reject(thrown)
    await expect(afterDue({wrote: true}, errand)).rejects.toMatchObject(expected)
    await expect(afterDue({wrote: false}, errand)).rejects.toBe(thrown)
    expect(await afterDue({wrote: true}, async () => 'done')).toBe('done')
  })
})

describe('what was due and', () => {
  /** What a run does next whose errand is refused, where the deletion ends so. */
  const refusedAfter = async (thrown: OpsError) => {
    await go(DAY)
    world.advance(DAY)
    const deps = world.deps(store)
    const remove = async () => Promise.reject(thrown)
    world.workspace.kind = 'platform'
    const error: unknown = await rotate(request(), {...deps, tokens: {...deps.tokens, remove}}).catch((why) => why)
    expect(names()).toContain('agent token')
    return error
  }

  it.each([
    ['was refused', new OpsError('ADMIN_REJECTED', 'The password is wrong.')],
    ['never was sent', new OpsError('REVOCATION_HELD', 'It came back.')],
  ])('%s was not deleted', async (_, thrown) => {
    const error = await refusedAfter(thrown)
    expect(error).toMatchObject({code: 'GUARD_CONCIERGE', exit: 6})
    expect(error).not.toMatchObject({message: expect.stringContaining('deleted')})
    expect(world.warned).toContain(`is still due: ${thrown.message}`)
  })

  it('is another by now was not deleted', async () => {
    await go(DAY)
    world.advance(DAY)
    world.regenerate(1)
    expect(await finishDue(world.deps(store))).toMatchObject({held: [{code: 'TOKEN_CHANGED'}], wrote: false})
  })

  it('whose deletion got no answer may have been deleted', async () => {
    expect(await refusedAfter(new OpsError('WRITE_IN_DOUBT', 'No answer.'))).toMatchObject({
      code: 'GUARD_CONCIERGE',
      exit: 7,
      message: expect.stringMatching(/ Tokens of earlier runs may have been deleted before, as is told beside this\.$/),
    })
  })

  it('was deleted counts although that could not be written down', async () => {
    await go(DAY)
    world.advance(DAY)
    const {journal, ...deps} = world.deps(store)
    const append: typeof journal.append = async (entry) => {
      if (entry.event.type === 'revoked') throw new OpsError('STORE_FULL', 'The disk is full.')
      return journal.append(entry)
    }
    const due = await finishDue({...deps, journal: {...journal, append}})
    expect(due).toMatchObject({revoked: [], held: [{code: 'STORE_FULL'}], wrote: true})
    expect(names()).toHaveLength(1)
  })

  it('was revoked is told although somebody stops the run in the next one', async () => {
    await go(DAY)
    await go(DAY)
    world.advance(DAY)
    const deps = world.deps(store)
    const remove: typeof deps.tokens.remove = async (warrant) => {
      if (world.calls.includes('remove')) throw new OpsError('INTERRUPTED', 'Stopped. Nothing was sent.')
      return deps.tokens.remove(warrant)
    }
    await expect(rotate(request(), {...deps, tokens: {...deps.tokens, remove}})).rejects.toMatchObject({
      exit: 130,
      message: 'Stopped.',
    })
    expect(names()).toHaveLength(2)
    expect(world.warned).toMatch(/^The old token .* was due and is revoked \(rotation \w+\)\.$/)
  })
})

describe('what is due and can’t be finished', () => {
  it('is told without the claim that nothing was changed, of a run that goes on to change something', async () => {
    await go(DAY)
    world.advance(DAY)
    const deps = world.deps(store)
    const held = new OpsError('LEASE_HELD', 'Another run works on dev-a. Nothing was changed.')
    const leases = {...deps.leases, acquire: () => Promise.reject(held)}
    const told: string[] = []
    const due = await finishDue({...deps, leases}, undefined, (sentence) => told.push(sentence))
    expect(told).toEqual([
      expect.stringMatching(/^The old token of dev-a .* is still due: Another run works on dev-a\.$/),
    ])
    expect(due.held).toMatchObject([{code: 'LEASE_HELD', message: 'Another run works on dev-a.'}])
  })

  it('is told by the next rotation, which goes its way', async () => {
    const first = await go(DAY)
    world.advance(DAY)
    world.regenerate(1)
    expect(await go(DAY)).toMatchObject({phase: 'proven', warnings: []})
    expect(world.warned).toMatch(/^Token 1 of agent-dev-a is not the one on record any more/)
    expect(world.warned).not.toContain(first.id)
  })

  it('is told by a resume of another', async () => {
    const first = await go(DAY)
    await rotate(request(), world.deps(store, dyingIn('probe'))).catch(() => {})
    world.revive()
    world.fault = []
    world.advance(DAY)
    const deps = world.deps(store)
    let looks = 0
    const tokens = {...deps.tokens, list: async (user: string) => (looks++ < 2 ? [] : deps.tokens.list(user))}
    const id = (await store.journal.list({open: true})).find((each) => each.id !== first.id)!.id
    const {on: _, ...silent} = deps
    const {warnings} = await resumeRotation(id, {...silent, tokens})
    expect(warnings).toEqual([
      expect.stringMatching(`^The old token of dev-a \\(rotation ${first.id}\\) is still due: `),
    ])
  })
})

describe('a rotation that only revokes', () => {
  it('does so where it was killed amid the deletion and its workspace is gone since', async () => {
    await rotate(request(), world.deps(store, dyingIn('revoke'))).catch(() => {})
    world.revive()
    world.fault = []
    world.removeWorkspace()
    const [open] = await store.journal.list({open: true})
    expect(open?.phase).toBe('revoking')
    expect(await resumeRotation(open!.id, world.deps(store))).toMatchObject({phase: 'completed'})
  })

  it('does so although its workspace is gone: nobody is asked for it', async () => {
    const {id} = await go(DAY)
    world.removeWorkspace()
    world.advance(DAY)
    expect(await resumeRotation(id, world.deps(store))).toMatchObject({phase: 'completed'})
  })
})

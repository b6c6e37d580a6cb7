import {beforeEach, describe, expect, it} from 'vitest'
import {OpsError} from '../../../src/errors.ts'
import {abortRotation, resumeRotation, rotate, surveyRotation} from '../../../src/rotation/index.ts'
import type {Keep} from '../../../src/rotation/survey.ts'
import type {SmokeReport} from '../../../src/smoke/types.ts'
import type {Store} from '../../../src/store/index.ts'
import {brokenOff, callsOf} from '../../support/broken-off.ts'
import {request, storeInMemory, World} from '../../support/world.ts'

let world: World
let store: Store
beforeEach(async () => {
  world = new World()
  store = await storeInMemory()
})

const {killedAt, unproven, dyingIn, killed, open, abort, resume, alive, expectAlive} = brokenOff(() => ({world, store}))

/** A restart by hand, of which the platform tells. */
const restarted = (): void => {
  world.advance(120_000)
  world.provision()
  world.advance(20_000)
}

/** That each side alone is refused, by which nothing is deleted: why, and what is advised in its place. */
async function refusals(deps = world.deps(store)) {
  const before = alive()
  const refusal = async (keep?: Keep): Promise<OpsError> => {
    const error: unknown = await abort(keep, deps).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({code: 'ABORT_REFUSED'})
    if (!(error instanceof OpsError)) throw error
    return error
  }
  const [toNew, toOld, neither] = [await refusal('new'), await refusal('old'), await refusal()]
  expect(neither.message).toContain('Neither side alone can be kept.')
  expect([toNew.suggestions, toOld.suggestions]).toEqual([neither.suggestions, neither.suggestions])
  expect(alive()).toEqual(before)
  const id = await open()
  const advice = neither.suggestions.map((each) => each.replace(id, 'ID'))
  return {new: toNew.message, old: toOld.message, neither: neither.message, advice}
}

const sides = (toNew: RegExp, toOld: RegExp, ...more: string[]) => ({
  new: expect.stringMatching(toNew),
  old: expect.stringMatching(toOld),
  neither: expect.stringMatching(
    toNew.source === toOld.source
      ? new RegExp(`Neither side alone can be kept\\. [^:]*${toNew.source}`)
      : new RegExp(`The new: .*${toNew.source}.* The old: .*${toOld.source}`),
  ),
  advice: ['patrol rotation resume ID', 'patrol rotation abort ID --keep both', ...more],
})

const SILENT = /not known what it runs on, for it was asked and did not say/
const NOT_STORED = /does not have the new token stored/
const MAY_HOLD = /GITEA_TOKEN may hold what would be deleted, and the next start brings that/
const STORED = /has the new token stored, so its next start would be on a deleted one/

describe('an abort with one side alone', () => {
  it('deletes the other one, by the agent’s word, and no other', async () => {
    await unproven()
    const id = await open()
    await expect(abort()).rejects.toMatchObject({
      code: 'ABORT_REFUSED',
      message: expect.stringContaining('A person has to say what stays'),
      suggestions: [
        `patrol rotation resume ${id}`,
        `patrol rotation abort ${id} --keep new`,
        `patrol rotation abort ${id} --keep both`,
      ],
    })
    await expect(abort('old')).rejects.toMatchObject({
      code: 'ABORT_REFUSED',
      message: expect.stringContaining('reports that it runs on …00000002'),
    })
    expect(await abort('new')).toMatchObject({phase: 'completed', candidate: {id: 2}})
    expect(alive()).toEqual([2])
    expectAlive()
  })

  it('keeps the old ones where the agent runs on one, the secret was put back and its process is younger', async () => {
    await unproven()
    world.overwrite(world.old.value)
    restarted()
    await expect(abort()).rejects.toMatchObject({
      suggestions: expect.arrayContaining([`patrol rotation abort ${await open()} --keep old`]),
    })
    expect(await abort('old')).toMatchObject({phase: 'rolled_back'})
    expect(alive()).toEqual([1])
    expect(world.warned).toBe('')
    expectAlive()
  })

  it('keeps the old ones where the agent runs on none of the rotation’s, and the secret is gone', async () => {
    await unproven()
    world.secret = undefined
    world.process.lastEight = world.addToken('made by hand', ['read:issue']).lastEight
    expect(await abort('old')).toMatchObject({takenBack: false})
    expect(alive()).toEqual([1, 3])
    expectAlive()
  })

  it('deletes no old one while another token is stored than the new one', async () => {
    await unproven()
    world.overwrite(world.old.value)
    expect(await refusals()).toEqual(sides(NOT_STORED, /runs on …00000002, which would be deleted/))
  })

  it('is brought about by a restart where the agent says that it runs on what is not stored', async () => {
    await unproven()
    world.process.lastEight = world.old.lastEight
    expect(await refusals()).toEqual(sides(/runs on …00000001/, STORED, 'patrol restart dev-a'))
    restarted()
    expectAlive()
    await abort('new')
    expect(alive()).toEqual([2])
    expectAlive()
  })

  it('advises no restart where what is stored may be dead, for the agent works as it is', async () => {
    await unproven()
    world.process.lastEight = world.old.lastEight
    world.tokens.pop()
    expect(await refusals()).toEqual(sides(/No new token is alive/, STORED))
  })

  it('advises no restart over what somebody else stored', async () => {
    await unproven()
    world.overwrite(world.addToken('of who knows whom', []).value)
    world.process.lastEight = world.old.lastEight
    expect(await refusals()).toEqual(sides(NOT_STORED, MAY_HOLD))
  })

  it('advises no restart of an agent that runs elsewhere', async () => {
    world.workspace.runtime = 'external'
    world.behaviour.autoRestartMs = undefined
    await expect(rotate(request(), world.deps(store))).rejects.toMatchObject({code: 'EXTERNAL_RESTART'})
    expect(await refusals()).toEqual(sides(/runs on …00000001/, STORED))
  })

  it('takes no agent that runs elsewhere for gone because its workspace is', async () => {
    world.workspace.runtime = 'external'
    world.behaviour.autoRestartMs = undefined
    await expect(rotate(request(), world.deps(store))).rejects.toMatchObject({code: 'EXTERNAL_RESTART'})
    world.removeWorkspace()
    const lost = /not known what it runs on, for it runs outside the platform, which has its workspace no more/
    expect(await refusals()).toEqual(sides(lost, lost))
    expect(await surveyRotation(await open(), world.deps(store))).toMatchObject({workspace: 'lost', secret: 'unknown'})
    await expect(abort()).rejects.toMatchObject({code: 'ABORT_REFUSED'})
    expect(alive()).toEqual([1, 2])
    expect(await abort('both')).toMatchObject({reason: 'both-kept'})
    expect(alive()).toEqual([1, 2])
  })

  it('keeps nothing but the old ones where none was stored yet', async () => {
    await killedAt('probe')
    const id = await open()
    await expect(abort('new')).rejects.toMatchObject({
      code: 'ABORT_REFUSED',
      message: expect.stringMatching(NOT_STORED),
      suggestions: expect.arrayContaining([`patrol rotation abort ${id} --keep both`]),
    })
    expect(alive()).toEqual([1, 2])
    expect(await abort('both')).toMatchObject({phase: 'rolled_back'})
    expect(alive()).toEqual([1])
  })

  it('needs nobody’s word where nobody can run on any, and names the secret that holds a dead one', async () => {
    await unproven()
    world.tokens.length = 0
    world.agentDeaf = true
    await expect(abort('new')).rejects.toMatchObject({
      message: expect.stringContaining('Nobody runs on the new token'),
      suggestions: [`patrol rotation resume ${await open()}`, `patrol rotation abort ${await open()} --keep old`],
    })
    await abort()
    expect(world.warned).toContain('GITEA_TOKEN of dev-a goes on holding the deleted token')
  })

  it('keeps the new one of a silent agent that was proven on it, until its overlap is over', async () => {
    const {id} = await rotate(request({overlapMs: 3_600_000}), world.deps(store))
    world.agentDeaf = true
    expect(await abortRotation(id, world.deps(store), {keep: 'new'})).toMatchObject({phase: 'proven'})
    expect(alive()).toEqual([1, 2])
  })

  it('takes a proven one back where the agent is on the old one again, and says so', async () => {
    await rotate(request({overlapMs: 3_600_000}), world.deps(store))
    world.overwrite(world.old.value)
    restarted()
    expect(await abort('old')).toMatchObject({phase: 'rolled_back', reason: 'aborted', takenBack: true})
    expect(alive()).toEqual([1])
    expectAlive()
  })

  it.each([
    ['claude-code', {phase: 'completed', candidate: {id: 2}}, [2, 3]],
    ['external', {code: 'REVOCATION_HELD', message: expect.stringContaining('it reports …00000003')}, [1, 2, 3]],
  ] as const)(
    'is the end of an agent that runs on none of the rotation’s, unless it is %s',
    async (runtime, end, left) => {
      world.workspace.runtime = runtime
      world.behaviour.autoRestartMs = undefined
      await rotate(request(), world.deps(store, {on: dyingIn('restart')})).catch(() => {})
      world.revive()
      world.fault = []
      world.process.lastEight = world.addToken('made by hand', ['read:issue']).lastEight
      expect(await abort('new').catch((error: unknown) => error)).toMatchObject(end)
      expect(alive()).toEqual(left)
      expectAlive()
    },
  )

  it.each([
    ['deletion', 'probe', 'discard', undefined, ['discarded', 'abort_requested']],
    ['mint', 'putSecret', 'mint', 'both', ['mint_settled', 'decided']],
  ] as const)('comes after a %s that is under way', async (_, first, act, keep, settled) => {
    await killedAt(first, 'crash-before')
    await killed(resumeRotation(await open(), world.deps(store, {on: dyingIn(act)})))
    const id = await open()
    await abort(keep)
    const types = (await store.journal.read(id)).map(({type}) => type)
    const end = types.indexOf(settled[1])
    expect(types.slice(end - 1, end + 1)).toEqual(settled)
    expectAlive()
  })

  it('comes to its end although another rotation’s old token can’t be revoked, which is told', async () => {
    await rotate(request({overlapMs: 3_600_000}), world.deps(store))
    world.fault = [{at: world.calls.length + (await callsOf()).indexOf('probe') + 1, kind: 'crash-after'}]
    await rotate(request(), world.deps(store)).catch(() => {})
    world.revive()
    world.fault = []
    world.advance(2 * 3_600_000)
    const id = (await store.journal.list({open: true})).find(({phase}) => phase !== 'proven')!.id
    const deps = world.deps(store)
    const remove: typeof deps.tokens.remove = (warrant) =>
      warrant.id === 1
        ? Promise.reject(new OpsError('GITEA_UNREACHABLE', 'Gitea is away.'))
        : deps.tokens.remove(warrant)
    await abortRotation(id, {...deps, tokens: {...deps.tokens, remove}})
    expect(world.warned).toMatch(/^The old token of dev-a .* is still due: Gitea is away/)
  })
})

describe('a working agent keeps its token', () => {
  /** What it says in place of what it runs on. */
  const saying = (lastEight: string | undefined, reason: 'no-token' | 'wrong-token') => {
    const path = {path: 'swarm-pull', outcome: 'failed', reason, message: 'so it says'} as const
    const says: SmokeReport = {
      agent: 'dev-a',
      repo: 'acme/core',
      passed: false,
      reportedLastEight: lastEight,
      paths: [path],
    }
    return {...world.deps(store), smoke: {prove: async () => says}}
  }

  it.each(['restartPretends', 'restartNoop'] as const)(
    'that is an earlier new one, though the last one is stored (%s): a restart opens the way',
    async (how) => {
      await killedAt('putSecret')
      world.advance(60_000)
      Object.assign(world.behaviour, {autoRestartMs: undefined, [how]: true})
      await resume().catch(() => {})
      expect([world.process.lastEight, world.secret?.lastEight]).toEqual(['00000002', '00000003'])
      expect(await refusals()).toEqual(sides(/runs on …00000002/, /runs on …00000002/, 'patrol restart dev-a'))
      world.behaviour[how] = false
      restarted()
      await abort('new')
      expect(alive()).toEqual([3])
      expectAlive()
    },
  )

  it.each([2_000, undefined])(
    'and silent, with an earlier new one that nobody saw arrive (restart after %s ms)',
    async (auto) => {
      world.behaviour.autoRestartMs = auto
      await killedAt('putSecret')
      world.advance(60_000)
      world.behaviour.approval = 'never'
      await expect(resume()).rejects.toMatchObject({exit: 8})
      if (auto === undefined) restarted()
      world.advance(300_000)
      world.agentDeaf = true
      expect(world.process.lastEight).toBe('00000002')
      expect(await refusals()).toEqual(sides(NOT_STORED, SILENT))
    },
  )

  it('and silent, with an earlier new one, where the next one could not be probed', async () => {
    await killedAt('putSecret')
    world.advance(60_000)
    const deps = world.deps(store)
    const probe = async () => Promise.reject(new OpsError('GITEA_UNREACHABLE', 'away.'))
    await resume({...deps, prober: {...deps.prober, probe}}).catch(() => {})
    world.advance(120_000)
    world.agentDeaf = true
    expect(await refusals()).toEqual(sides(NOT_STORED, SILENT))
  })

  it.each(['online', 'offline', 'degraded'])('and is cut off from the platform, %s, however long', async (status) => {
    await unproven()
    world.agentDeaf = true
    // Its heartbeats arrive no more, so its uptime stands still.
    world.process.generation = 99
    world.workspace.status = status
    expect(await refusals()).toEqual(sides(SILENT, SILENT))
    world.overwrite(world.old.value)
    for (const minutes of [0, 10, 24 * 60]) {
      world.advance(minutes * 60_000)
      expect(await refusals()).toEqual(sides(NOT_STORED, SILENT))
    }
  })

  it('which says that it has none, runs elsewhere, and had the old one pushed back as was advised', async () => {
    world.workspace.runtime = 'external'
    world.behaviour.autoRestartMs = undefined
    await rotate(request(), world.deps(store)).catch(() => {})
    world.process.lastEight = '00000002'
    await resume(saying(undefined, 'no-token')).catch(() => {})
    world.overwrite(world.old.value)
    const none = /not known what it runs on, for it says that it has no token in GITEA_TOKEN/
    expect(await refusals(saying(undefined, 'no-token'))).toEqual(sides(NOT_STORED, none))
  })

  it.each([true, false])(
    'which says that it has none, whether or not a platform may withhold it (%s)',
    async (withholds) => {
      world.withholds = withholds
      const none = /not known what it runs on, for it says that it has no token in GITEA_TOKEN/
      await rotate(request(), saying(undefined, 'no-token')).catch(() => {})
      world.advance(300_000)
      expect(await refusals(saying(undefined, 'no-token'))).toEqual(sides(none, none))
      world.agentDeaf = true
      expect(await refusals()).toEqual(sides(SILENT, SILENT))
    },
  )

  it('which says that it has none, and no old one is alive', async () => {
    world.withholds = true
    await rotate(request(), saying(undefined, 'no-token')).catch(() => {})
    world.tokens.shift()
    expect(await refusals(saying(undefined, 'no-token'))).toEqual(
      sides(/no token in GITEA_TOKEN/, /No old token is alive/),
    )
  })

  it('which says that it has none once its secret is deleted, however slow the clock of the laptop is', async () => {
    world.agentDeaf = true
    const slow = (deps = world.deps(store)) => ({...deps, clock: {...deps.clock, now: () => world.now - 15 * 60_000}})
    await rotate(request(), slow()).catch(() => {})
    world.advance(60_000)
    world.secret = undefined
    const none = /for it says that it has no token/
    expect(await refusals(slow(saying(undefined, 'no-token')))).toEqual(sides(NOT_STORED, none))
  })

  it('which it reads from elsewhere, and names what is no live token', async () => {
    await rotate(request(), saying('cccccccc', 'wrong-token')).catch(() => {})
    world.process.lastEight = '00000001'
    const nothing = /names the end of no live token of agent-dev-a/
    expect(await refusals(saying('cccccccc', 'wrong-token'))).toEqual(sides(nothing, nothing))
  })

  it('where it names a dead one of the rotation’s, for that is no word either', async () => {
    await killedAt('putSecret')
    world.advance(60_000)
    world.agentDeaf = true
    await resume().catch(() => {})
    world.agentDeaf = false
    world.tokens.splice(1, 1)
    expect(await refusals(saying('00000002', 'wrong-token'))).toEqual(
      sides(/runs on …00000002, which is not alive/, /runs on …00000002, which is not alive/, 'patrol restart dev-a'),
    )
  })

  it('while a push that was cut off may still arrive, however young its process is', async () => {
    world.secret!.updatedAt = new Date(world.process.startedAt - 3_600_000).toISOString()
    await killedAt('putSecret', 'crash-before')
    expect(await refusals()).toEqual(sides(NOT_STORED, MAY_HOLD))
    world.overwrite(world.tokens[1]!.value)
    world.advance(60_000)
    expect(await refusals()).toEqual(sides(NOT_STORED, MAY_HOLD))
  })
})

describe('an abort is never without a way', () => {
  it('of a push that never landed and was denied then: the old ones are kept once nothing arrives any more', async () => {
    await killedAt('putSecret', 'crash-before')
    world.behaviour.approval = 'denied'
    await expect(resumeRotation(await open(), world.deps(store))).rejects.toMatchObject({code: 'APPROVAL_DENIED'})
    world.advance(60_000)
    await abort('old')
    expect(alive()).toEqual([1])
    expectAlive()
  })

  it('deletes what an aborted rotation superseded on its way, and says so of none of them that it stays', async () => {
    await killedAt('putSecret')
    world.agentDeaf = true
    await resume().catch(() => {})
    world.overwrite(world.old.value)
    restarted()
    world.agentDeaf = false
    const {superseded} = await abort('old')
    expect(superseded.map(({id}) => id)).toEqual([1])
    expect(alive()).toEqual([1])
    expectAlive()
  })
})

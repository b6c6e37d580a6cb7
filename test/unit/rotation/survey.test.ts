import {beforeEach, describe, expect, it} from 'vitest'
import {OpsError} from '../../../src/errors.ts'
import {abortRotation, resumeRotation, rotate, surveyRotation, type StoryProgress} from '../../../src/rotation/index.ts'
import {
  dyingIn as dying,
  isDeserted,
  objection,
  unseenIn,
  type Keep,
  type Survey,
} from '../../../src/rotation/survey.ts'
import type {TokenRow} from '../../../src/rotation/ports.ts'
import type {SmokeReport} from '../../../src/smoke/types.ts'
import type {Store} from '../../../src/store/index.ts'
import {brokenOff} from '../../support/broken-off.ts'
import {Crash, request, storeInMemory, THEN, World} from '../../support/world.ts'

const old = {id: 1, name: 'agent token', lastEight: '00000001', side: 'old' as const, alive: true}
const lost = {id: 2, name: 'patrol.dev-a.20261122.x-1', lastEight: '00000002', side: 'lost' as const, alive: true}
const fresh = {id: 3, name: 'patrol.dev-a.20261122.x-2', lastEight: '00000003', side: 'new' as const, alive: true}
const other = {id: 9, name: 'made by hand', lastEight: '00000009', scopes: []}

const runsOn = (token: typeof old | typeof lost | typeof fresh): Survey['word'] => ({holds: 'going', token})
const SILENT: Survey['word'] = {holds: 'unknown', says: 'it was asked and did not say which token it holds'}
const onAnother: Survey['word'] = {holds: 'another', token: other}

function standing(change: Partial<Survey> = {}): Survey {
  return {
    workspace: 'there',
    secretKey: 'GITEA_TOKEN',
    secret: 'new',
    word: SILENT,
    isYounger: false,
    isProven: false,
    tokens: [old, lost, fresh],
    others: [],
    ...change,
  }
}

describe('somebody else who may run on a new one', () => {
  const others = ['dev-b in workspace dev-b (w2) bears the same name; it is paused and was not asked']

  it('is nobody whose secret, of his own or a global one, is older than that', async () => {
    const world = new World()
    const store = await storeInMemory()
    world.newTokensFail = true
    await rotate(request(), world.deps(store)).catch(() => {})
    const [open] = await store.journal.list({open: true})
    world.globalSecret = true
    const workspace = {...world.workspace, status: 'failed'}
    world.others.push({workspace: {...workspace, id: 'w2', name: 'helper'}})
    world.others.push({workspace: {...workspace, id: 'w3', name: 'dev-a (2)'}, secretAt: THEN})
    expect(await surveyRotation(open!.id, world.deps(store))).toMatchObject({others: []})
    world.others.push({
      workspace: {...workspace, id: 'w4', name: 'dev-a (3)'},
      secretAt: new Date(world.now).toISOString(),
    })
    expect(await surveyRotation(open!.id, world.deps(store))).toMatchObject({
      others: [
        expect.stringMatching(
          /^workspace dev-a \(3\) \(w4\) has .* a GITEA_TOKEN that may be that token; it is failed/,
        ),
      ],
    })
  })

  it('is no dead one where its row has another value by now', () => {
    const renewed = {id: 3, name: fresh.name, lastEight: '90000003', scopes: []}
    const gone = [old, lost, {...fresh, alive: false}]
    const says = standing({word: {holds: 'another', token: renewed}, tokens: gone, isYounger: true, secret: 'unknown'})
    expect(objection(says, 'old', 'dev-a')).toBeUndefined()
  })

  it('keeps it from going, whatever the agent says, and has no say about the old ones', () => {
    const says = standing({word: runsOn(old), secret: 'old', isYounger: true, others})
    expect(objection(standing({...says, others: []}), 'old', 'dev-a')).toBeUndefined()
    expect(objection(says, 'old', 'dev-a')).toBe(`Somebody may run on what would be deleted: ${others[0]}.`)
    expect(objection(standing({word: runsOn(fresh), others}), 'new', 'dev-a')).toBeUndefined()
    expect(objection(says, 'both', 'dev-a')).toBeUndefined()
  })

  it('leaves no workspace that is gone deserted, unless all the tokens are dead', () => {
    const gone = standing({workspace: 'gone', word: {holds: 'unknown', says: 'its workspace is gone'}, others})
    expect(isDeserted(gone)).toBe(false)
    expect(isDeserted({...gone, others: []})).toBe(true)
    expect(isDeserted({...gone, tokens: gone.tokens.map((token) => ({...token, alive: false}))})).toBe(true)
    expect(objection(gone, 'both', 'dev-a')).toBeUndefined()
    expect(objection(gone, 'old', 'dev-a')).toContain(others[0])
    expect(objection(gone, 'new', 'dev-a')).toBe('Of dev-a it is not known what it runs on, for its workspace is gone.')
  })
})

describe('what speaks against keeping one side alone', () => {
  const dead = {alive: false}
  const without = (gone: {id: number}) =>
    [old, lost, fresh].map((each) => (each.id === gone.id ? {...each, ...dead} : each))
  const silent = /not known what it runs on, for it was asked and did not say/
  const notStored = /does not have the new token stored/
  const isStored = /has the new token stored, so its next start would be on a deleted one/
  const mayBe = /GITEA_TOKEN may hold what would be deleted, and the next start brings that/
  it.each<[string, Partial<Survey>, new_: RegExp | undefined, old_: RegExp | undefined]>([
    ['the new one is stored, and it is silent', {}, silent, silent],
    [
      'the new one is stored, and it runs on that',
      {word: runsOn(fresh)},
      undefined,
      /runs on …00000003, which would be/,
    ],
    [
      'the new one is stored, and it runs on an old one',
      {word: runsOn(old)},
      /runs on …00000001, which would be/,
      isStored,
    ],
    [
      'the new one is stored, and it runs on an earlier new one',
      {word: runsOn(lost)},
      /runs on …00000002, which would/,
      /…00000002/,
    ],
    ['the new one is stored, and it runs on none of them', {word: onAnother}, undefined, isStored],
    ['an old one is stored, and it is silent', {secret: 'old'}, notStored, silent],
    ['an old one is stored, and it runs on that', {secret: 'old', word: runsOn(old)}, notStored, undefined],
    ['an old one is stored, and it runs on none of them', {secret: 'old', word: onAnother}, notStored, undefined],
    [
      'an old one is stored, and it runs on the new one',
      {secret: 'old', word: runsOn(fresh)},
      notStored,
      /runs on …00000003/,
    ],
    [
      'an old one is stored, and it runs on an earlier new one',
      {secret: 'old', word: runsOn(lost)},
      notStored,
      /…00000002/,
    ],
    ['nothing is stored, and it is silent', {secret: 'absent'}, notStored, silent],
    ['nothing is stored, and it runs on an old one', {secret: 'absent', word: runsOn(old)}, notStored, undefined],
    ['nobody knows what is stored', {secret: 'unknown', word: runsOn(old)}, notStored, mayBe],
    ['nobody knows that, nor is it said by a young process', {secret: 'unknown', isYounger: true}, notStored, silent],
    [
      'its young process tells what is stored',
      {secret: 'unknown', isYounger: true, word: runsOn(old)},
      notStored,
      undefined,
    ],
    [
      'its young process tells that as well',
      {secret: 'unknown', isYounger: true, word: onAnother},
      notStored,
      undefined,
    ],
    ['it was proven on the new one', {isProven: true}, undefined, silent],
    [
      'it was proven on that, and runs on an old one',
      {isProven: true, word: runsOn(old)},
      /…00000001, which would/,
      isStored,
    ],
    ['no old one is alive', {tokens: without(old), word: runsOn(fresh)}, undefined, /No old token is alive/],
    ['no old one is alive, and it is silent', {tokens: without(old)}, silent, /No old token is alive/],
    ['the new one is dead', {tokens: without(fresh), word: runsOn(old)}, /No new token is alive/, isStored],
    [
      'it names a dead old one',
      {
        tokens: [old, {...old, id: 4, lastEight: '00000004', ...dead}, fresh],
        secret: 'old',
        word: runsOn({...old, id: 4, lastEight: '00000004'}),
      },
      notStored,
      /runs on …00000004, which is not alive/,
    ],
    [
      'it names a dead earlier new one',
      {tokens: without(lost), word: runsOn(lost)},
      /runs on …00000002, which is not alive/,
      /…00000002, which is not alive/,
    ],
    ['all are dead', {tokens: [old, fresh].map((each) => ({...each, ...dead}))}, /Nobody runs/, undefined],
    ['the workspace is gone', {workspace: 'gone', secret: 'unknown'}, /Nobody runs/, undefined],
  ])('where %s', (where, change, againstNew, againstOld) => {
    const isDesert = where === 'all are dead' || where === 'the workspace is gone'
    for (const [keep, against] of [
      ['new', againstNew],
      ['old', againstOld],
      ['both', isDesert ? /^Nobody runs on the new token\.$/ : undefined],
    ] as const) {
      expect(objection(standing(change), keep, 'dev-a') ?? '').toMatch(against ?? /^$/)
    }
  })

  it('is nothing of an agent’s where nobody can run on any of them', () => {
    expect(isDeserted(standing())).toBe(false)
    expect(isDeserted(standing({tokens: [old, {...fresh, ...dead}]}))).toBe(false)
    expect(isDeserted(standing({workspace: 'gone'}))).toBe(true)
    expect(isDeserted(standing({tokens: [{...old, ...dead}]}))).toBe(true)
  })

  it('leaves those unseen that count as dead, unless there is no workspace in which somebody could run on them', () => {
    const tokens = [old, {...fresh, ...dead}]
    expect(unseenIn(standing({tokens}))).toEqual([3])
    expect(unseenIn(standing({tokens, workspace: 'gone'}))).toEqual([])
  })

  it('is for the live tokens that go with it: with the new one all but that, with the old ones all that were minted', () => {
    const going = (keep: Keep, tokens?: Survey['tokens']) => dying(standing(tokens && {tokens}), keep).map(({id}) => id)
    expect([going('new'), going('old'), going('both')]).toEqual([[1, 2], [2, 3], []])
    expect([going('new', without(lost)), going('old', without(lost))]).toEqual([[1], [3]])
  })
})

describe('how a rotation stands', () => {
  let world: World
  let store: Store
  beforeEach(async () => {
    world = new World()
    store = await storeInMemory()
  })

  const {killedAt: brokenAt, unproven, dyingIn, open, abort} = brokenOff(() => ({world, store}))
  const survey = async () => {
    const stands = await surveyRotation(await open(), world.deps(store))
    if (stands && 'ending' in stands) throw new Error('its end was decided before')
    return stands
  }
  const word = (id: number) => ({holds: 'going', token: {id}})
  it('before anything was sent is nobody’s decision', async () => {
    await brokenAt('probe')
    expect(await survey()).toBeUndefined()
  })

  it('at its end, or while it is being ended, is nobody’s decision either', async () => {
    const {id} = await rotate(request(), world.deps(store))
    expect(await surveyRotation(id, world.deps(store))).toBeUndefined()
    world.behaviour.putRefused = {code: 'FORBIDDEN', reason: 'not today'}
    await rotate(request(), world.deps(store, {on: dyingIn('discard')})).catch(() => {})
    world.revive()
    world.behaviour.putRefused = undefined
    expect(await surveyRotation(await open(), world.deps(store))).toEqual({ending: 'push-refused'})
    expect(world.calls.filter((call) => call === 'smoke')).toHaveLength(1)
  })

  it('after the push is the new token, with what the agent says and which are alive', async () => {
    await unproven()
    const tokens = [
      {id: 1, name: 'agent token', lastEight: '00000001', side: 'old', alive: true},
      {id: 2, name: world.tokens[1]!.name, lastEight: '00000002', side: 'new', alive: true},
    ]
    expect(await survey()).toEqual({
      workspace: 'there',
      secretKey: 'GITEA_TOKEN',
      secret: 'new',
      word: {holds: 'going', token: tokens[1]},
      isYounger: true,
      isProven: false,
      tokens,
      others: [],
    })
  })

  describe('with a push that was cut off', () => {
    it('is not known while that may arrive, whatever the row says and however young the process is', async () => {
      world.behaviour.autoRestartMs = undefined
      await brokenAt('putSecret', 'crash-before')
      world.secret!.updatedAt = new Date(world.process.startedAt - 3_600_000).toISOString()
      expect(await survey()).toMatchObject({secret: 'unknown', isYounger: false, word: word(1)})
    })

    it('is as it was where the row still is, once nothing arrives any more', async () => {
      await brokenAt('putSecret', 'crash-before')
      world.advance(59_000)
      expect(await survey()).toMatchObject({secret: 'unknown', word: word(1)})
      world.advance(1_000)
      expect(await survey()).toMatchObject({secret: 'old', word: word(1)})
    })

    it('is not known where the row was written since, however long ago', async () => {
      await brokenAt('putSecret')
      world.advance(120_000)
      expect(await survey()).toMatchObject({secret: 'unknown', isYounger: true, word: word(2)})
    })

    it('is not known either while a resume waits for the approval of another token', async () => {
      await brokenAt('putSecret', 'crash-before')
      world.behaviour.approval = 'never'
      await resumeRotation(await open(), world.deps(store), {approval: 'park'}).catch(() => {})
      expect((await store.journal.list({open: true}))[0]).toMatchObject({phase: 'awaiting_approval'})
      expect(await survey()).toMatchObject({secret: 'unknown'})
      world.advance(60_000)
      expect(await survey()).toMatchObject({secret: 'old'})
    })

    it('is absent where it was, once nothing arrives any more', async () => {
      world.secret = undefined
      await brokenAt('putSecret', 'crash-before')
      expect(await survey()).toMatchObject({secret: 'unknown'})
      world.advance(60_000)
      expect(await survey()).toMatchObject({secret: 'absent', isYounger: false})
    })
  })

  it('after somebody else’s write is not known', async () => {
    await unproven()
    world.overwrite(world.old.value)
    expect(await survey()).toMatchObject({secret: 'unknown', isYounger: false})
  })

  it.each<[string, () => unknown, 'unknown' | 'absent']>([
    ['writes it', () => world.overwrite(world.old.value), 'unknown'],
    ['deletes it', () => (world.secret = undefined), 'absent'],
  ])('is told by no process where somebody %s while the agent is asked', async (_, act, secret) => {
    await unproven()
    const deps = world.deps(store)
    const prove: typeof deps.smoke.prove = async (...of) => {
      const report = await deps.smoke.prove(...of)
      act()
      return report
    }
    const stands = await surveyRotation(await open(), {...deps, smoke: {prove}})
    expect(stands).toMatchObject({secret, isYounger: false, word: word(2)})
  })

  it('is told by no process that began while the old one was asked', async () => {
    world.behaviour.autoRestartMs = undefined
    await rotate(request(), world.deps(store, {on: dyingIn('restart')})).catch(() => {})
    world.revive()
    world.fault = []
    const deps = world.deps(store)
    const prove: typeof deps.smoke.prove = async (...of) => {
      const report = await deps.smoke.prove(...of)
      world.provision()
      world.advance(10_000)
      return report
    }
    const stands = await surveyRotation(await open(), {...deps, smoke: {prove}})
    expect(stands).toMatchObject({secret: 'new', isYounger: false, word: word(1)})
  })

  it('with another token that ends like a dead one counts that as dead all the same', async () => {
    await unproven()
    world.tokens.pop()
    Object.assign(world.addToken('of who knows whom', []), {lastEight: '00000002'})
    world.agentDeaf = true
    expect((await survey())?.tokens.map(({alive}) => alive)).toEqual([true, false])
  })

  it('with a token that has another value by now counts that as dead', async () => {
    await unproven()
    world.regenerate(1)
    expect((await survey())?.tokens.map(({alive}) => alive)).toEqual([false, true])
  })

  it.each([
    ['', ['read:issue', 'read:repository']],
    [', if only at its issues,', ['read:issue']],
  ] as const)('by a list that lacks the token with which the agent works%s is not told', async (_, scopes) => {
    await unproven()
    world.tokens[1]!.scopes = [...scopes]
    const deps = world.deps(store)
    const empty = {...deps, tokens: {...deps.tokens, list: async () => []}}
    await expect(abort(undefined, empty)).rejects.toMatchObject({
      code: 'TOKENS_DOUBTED',
      message: expect.stringContaining('lacks …00000002, with which dev-a works'),
      suggestions: ['patrol doctor', `patrol rotation resume ${await open()}`],
    })
    expect(world.tokens.map(({id}) => id)).toEqual([1, 2])
  })

  describe('by lists without any of its tokens, while the agent says nothing,', () => {
    /** As of a cache, or of a user whom the server does not know for a moment; `times`: how often. */
    const lying = (says: () => Promise<TokenRow[]>, times: number) => {
      const deps = world.deps(store)
      let asked = 0
      const list: typeof deps.tokens.list = async (user) => (++asked <= times ? says() : deps.tokens.list(user))
      return {...deps, tokens: {...deps.tokens, list}}
    }
    const unknown = async () => Promise.reject(new OpsError('GITEA_USER_UNKNOWN', 'There is no such user.'))
    const others = async () => [{id: 9, name: 'laptop', scopes: [], lastEight: '00000009'}]

    it.each([
      ['an unknown user', unknown],
      ['others', others],
    ])('as with %s, is not ended: the token that shows is left, and the way is forward', async (_, says) => {
      await unproven()
      world.agentDeaf = true
      const id = await open()
      await expect(abort(undefined, lying(says, 1))).rejects.toMatchObject({
        code: 'REVOCATION_HELD',
        exit: 7,
        message: expect.stringMatching(/id 2\) .*is listed, but it was not when that was decided, so nobody was asked/),
        suggestions: [`patrol rotation resume ${id}`],
      })
      expect(world.tokens.map((token) => token.id)).toEqual([1, 2])
      world.agentDeaf = false
      expect(await resumeRotation(id, world.deps(store))).toMatchObject({phase: 'completed', candidate: {id: 3}})
      expect([world.tokens.map((token) => token.id), world.violations]).toEqual([[3], []])
    })

    it('is ended where they stay away', async () => {
      await unproven()
      world.agentDeaf = true
      world.tokens.length = 0
      expect(await abort()).toMatchObject({phase: 'rolled_back'})
    })

    it('is not held up where the workspace is gone, in which nobody runs', async () => {
      await unproven()
      world.removeWorkspace()
      expect(await abort(undefined, lying(others, 1))).toMatchObject({phase: 'rolled_back'})
      expect(world.tokens.map((token) => token.id)).toEqual([1])
    })

    it('stopped before the deletion, is not ended by a resume either', async () => {
      await unproven()
      world.agentDeaf = true
      const id = await open()
      await abort(undefined, {...lying(others, 1), on: dyingIn('discard')}).catch(() => {})
      world.revive()
      world.fault = []
      await expect(resumeRotation(id, world.deps(store))).rejects.toMatchObject({code: 'REVOCATION_HELD'})
      expect(world.tokens.map((token) => token.id)).toEqual([1, 2])
    })
  })

  it('with a dead token that the agent still holds, and can not work with, is told', async () => {
    await unproven()
    world.tokens.pop()
    expect(await survey()).toMatchObject({word: word(2), tokens: [{alive: true}, {alive: false}]})
  })

  it('without a workspace has nobody to ask', async () => {
    await unproven()
    world.removeWorkspace()
    const asked = world.calls.filter((call) => call === 'smoke').length
    const unasked = {word: {holds: 'unknown', says: 'its workspace is gone'}, isYounger: false, isProven: false}
    expect(await survey()).toMatchObject({workspace: 'gone', secretKey: 'GITEA_TOKEN', secret: 'unknown', ...unasked})
    expect(world.calls.filter((call) => call === 'smoke')).toHaveLength(asked)
  })

  it('is not told by a platform that knows no such workspace and lists it all the same', async () => {
    await unproven()
    const deps = world.deps(store)
    const read = async () => Promise.reject(new OpsError('WORKSPACE_NOT_FOUND', 'no such workspace.'))
    await expect(abort(undefined, {...deps, platform: {...deps.platform, read}})).rejects.toMatchObject({
      code: 'PLATFORM_UNEXPECTED',
      message: expect.stringContaining('and lists it'),
    })
    expect(world.tokens.map(({id}) => id)).toEqual([1, 2])
  })

  it('after a resume counts a token that was lost on the way as lost, and once', async () => {
    await brokenAt('putSecret')
    world.agentDeaf = true
    await resumeRotation(await open(), world.deps(store)).catch(() => {})
    expect((await survey())?.tokens.map(({id, side}) => `${id} ${side}`)).toEqual(['1 old', '2 lost', '3 new'])
  })

  it.each([
    [new OpsError('PLATFORM_UNREACHABLE', 'nobody there.'), undefined],
    [new OpsError('INTERRUPTED', 'Stopped.'), 'INTERRUPTED'],
  ])('of an agent that can not be asked leaves its word open, not a stop: %s', async (trouble, code) => {
    await unproven()
    const deps = {...world.deps(store), smoke: {prove: async () => Promise.reject(trouble)}}
    const asked = surveyRotation(await open(), deps)
    const told = await asked.catch((error: unknown) => error)
    expect(told).toMatchObject(code ? {code} : {secret: 'new', word: SILENT})
  })

  it('back at the old token, which waits for its proof, is the old one', async () => {
    world.newTokensFail = true
    const on = (progress: StoryProgress) => {
      if (progress.kind === 'phase' && progress.phase === 'rolling_back') world.agentDeaf = true
    }
    const ask = request({onProofFailure: 'rollback', oldValue: world.old.value})
    await rotate(ask, world.deps(store, {on})).catch(() => {})
    world.agentDeaf = false
    expect(await survey()).toMatchObject({secret: 'old', word: word(1)})
  })

  /** A rotation whose proof fails, and which dies at this call on its way back. */
  const dyingBack = async (dies: (progress: StoryProgress) => boolean) => {
    world.newTokensFail = true
    const on = (progress: StoryProgress) => {
      if (dies(progress)) world.fault = [{at: world.calls.length + 2, kind: 'crash-before'}]
    }
    const ask = request({onProofFailure: 'rollback', oldValue: world.old.value})
    await rotate(ask, world.deps(store, {on})).catch(() => {})
    world.revive()
    world.fault = []
    return survey()
  }

  it('on the way back, before the old value was sent, is the new one still', async () => {
    const stands = await dyingBack((progress) => progress.kind === 'phase' && progress.phase === 'rolling_back')
    expect(stands).toMatchObject({secret: 'new', word: word(2)})
  })

  it('on the way back, amid the push, is not known', async () => {
    let pushes = 0
    const stands = await dyingBack(
      (progress) =>
        progress.kind === 'act' && progress.act === 'push' && progress.state === 'started' && ++pushes === 2,
    )
    expect(stands).toMatchObject({secret: 'unknown'})
  })

  it('on the way back, with a push that was cut off, is not known for good', async () => {
    world.newTokensFail = true
    const deps = world.deps(store)
    const putSecret: typeof deps.platform.putSecret = async (...of) => {
      if (world.puts === 0) return deps.platform.putSecret(...of)
      world.dead = true
      throw new Crash('killed')
    }
    const ask = request({onProofFailure: 'rollback', oldValue: world.old.value})
    await rotate(ask, {...deps, platform: {...deps.platform, putSecret}}).catch(() => {})
    world.revive()
    expect(world.secret).toMatchObject({lastEight: '00000002'})
    world.advance(60_000)
    expect(await survey()).toMatchObject({secret: 'unknown', word: word(2)})
  })

  it('on the way back, while its approval is awaited, is the new one still', async () => {
    world.newTokensFail = true
    const on = (progress: StoryProgress) => {
      if (progress.kind === 'phase' && progress.phase === 'rolling_back') world.behaviour.approval = 'never'
    }
    const ask = request({onProofFailure: 'rollback', oldValue: world.old.value, approval: 'park'})
    await rotate(ask, world.deps(store, {on})).catch(() => {})
    expect(await survey()).toMatchObject({secret: 'new', word: word(2)})
  })

  it('without the secret, which somebody deleted, is absent', async () => {
    await unproven()
    world.secret = undefined
    expect(await survey()).toMatchObject({secret: 'absent', isYounger: false})
  })

  it('with a secret that is the platform’s for all is absent as well', async () => {
    await unproven()
    world.secret = undefined
    world.globalSecret = true
    expect(await survey()).toMatchObject({secret: 'absent'})
  })

  it('without a candidate, whose value is lost, asks the agent all the same', async () => {
    await brokenAt('putSecret')
    const deps = world.deps(store)
    const mint = async () => Promise.reject(new OpsError('ADMIN_REJECTED', 'No.'))
    await resumeRotation(await open(), {...deps, tokens: {...deps.tokens, mint}}).catch(() => {})
    world.advance(60_000)
    expect(await survey()).toMatchObject({
      secret: 'unknown',
      word: word(2),
      tokens: [{side: 'old'}, {id: 2, side: 'lost'}],
    })
  })

  it('with a token that was lost and is stored is not known once another one is to follow', async () => {
    await unproven()
    world.tokens.pop()
    await expect(resumeRotation(await open(), world.deps(store))).rejects.toMatchObject({code: 'CANDIDATE_GONE'})
    world.advance(60_000)
    expect((await store.journal.list({open: true}))[0]).toMatchObject({phase: 'pushing'})
    expect(await survey()).toMatchObject({secret: 'unknown'})
  })

  describe('of an agent that', () => {
    it('names another live token is its word, of which it is told', async () => {
      await unproven()
      world.process.lastEight = world.addToken('made by hand', ['read:issue']).lastEight
      expect(await survey()).toMatchObject({word: {holds: 'another', token: {id: 3, name: 'made by hand'}}})
    })

    it('names what is no live token has no word, and is asked once more', async () => {
      await unproven()
      world.process.lastEight = 'deadbeef'
      const asked = world.calls.filter((call) => call === 'smoke').length
      expect(await survey()).toMatchObject({
        word: {holds: 'unknown', says: 'it names the end of no live token of agent-dev-a'},
      })
      expect(world.calls.filter((call) => call === 'smoke')).toHaveLength(asked + 2)
    })

    it('works, and does not say with what, has no word, though one of its tokens is dead', async () => {
      await unproven()
      world.tokens.shift()
      const issues = {path: 'issues', outcome: 'passed', message: 'ok'} as const
      const said = {agent: 'dev-a', repo: 'acme/core', passed: false, reportedLastEight: undefined, paths: [issues]}
      const deps = {...world.deps(store), smoke: {prove: async (): Promise<SmokeReport> => said}}
      expect(await surveyRotation(await open(), deps)).toMatchObject({word: SILENT, tokens: [{alive: false}, {}]})
    })

    it('says that it has no token has no word, whatever else it says', async () => {
      await unproven()
      const nothing = {path: 'swarm-pull', outcome: 'failed', reason: 'no-token', message: 'none'} as const
      const issues = {path: 'issues', outcome: 'unknown', reason: 'no-answer', message: 'nobody knows'} as const
      const said = {agent: 'dev-a', repo: 'acme/core', passed: false, reportedLastEight: '00000002'}
      const prove = async (): Promise<SmokeReport> => ({...said, paths: [issues, nothing]})
      expect(await surveyRotation(await open(), {...world.deps(store), smoke: {prove}})).toMatchObject({
        word: {holds: 'unknown', says: 'it says that it has no token in GITEA_TOKEN'},
      })
    })

    it('was proven on the new one is so until a person decides or somebody writes the secret', async () => {
      const {id} = await rotate(request({overlapMs: 3_600_000}), world.deps(store))
      world.agentDeaf = true
      const stands = () => surveyRotation(id, world.deps(store))
      expect(await stands()).toMatchObject({isProven: true, secret: 'new', word: SILENT})
      world.overwrite(world.old.value)
      expect(await stands()).toMatchObject({isProven: false, secret: 'unknown'})
    })

    it('was proven on it is so amid the deletion of the old ones', async () => {
      await brokenAt('remove', 'crash-before')
      world.agentDeaf = true
      expect((await store.journal.list({open: true}))[0]).toMatchObject({phase: 'revoking'})
      expect(await survey()).toMatchObject({isProven: true, secret: 'new'})
    })

    it('serves by a person’s word was not proven', async () => {
      world.agentDeaf = true
      await rotate(request({overlapMs: 3_600_000}), world.deps(store)).catch(() => {})
      world.agentDeaf = false
      const id = await open()
      expect(await abortRotation(id, world.deps(store), {keep: 'new'})).toMatchObject({phase: 'proven'})
      expect(await surveyRotation(id, world.deps(store))).toMatchObject({isProven: false, secret: 'new'})
    })
  })
})

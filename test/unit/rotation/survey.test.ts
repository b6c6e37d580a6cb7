import {beforeEach, describe, expect, it} from 'vitest'
import {OpsError} from '../../../src/errors.ts'
import {
  abortRotation,
  resumeRotation,
  rotate,
  surveyRotation,
  type ActName,
  type Progress,
} from '../../../src/rotation/index.ts'
import {isDeserted, objection, unseenIn, type Keep, type Survey} from '../../../src/rotation/survey.ts'
import type {TokenRow} from '../../../src/rotation/ports.ts'
import type {SmokeReport} from '../../../src/smoke/types.ts'
import type {Store} from '../../../src/store/index.ts'
import {request, storeInMemory, World, type FaultKind} from '../../support/world.ts'

const old = {id: 1, name: 'agent token', lastEight: '00000001', side: 'old' as const, alive: true}
const fresh = {id: 2, name: 'patrol.dev-a.20261122.x', lastEight: '00000002', side: 'new' as const, alive: true}

function standing(change: Partial<Survey> = {}): Survey {
  const usual = {
    secretKey: 'GITEA_TOKEN',
    secret: 'new',
    reported: undefined,
    missed: undefined,
    began: 'surely',
  } as const
  return {workspace: 'there', ...usual, tokens: [old, fresh], ...change}
}

describe('what speaks against keeping tokens', () => {
  const dead = {alive: false}
  it.each<[string, Survey, new_: RegExp | undefined, old_: RegExp | undefined]>([
    ['the new one is stored', standing(), undefined, /has the new token stored/],
    [
      'the new one is stored and reported',
      standing({reported: '00000002'}),
      undefined,
      /reports that it runs on …00000002/,
    ],
    [
      'the new one is stored, the old one reported',
      standing({reported: '00000001'}),
      /runs on …00000001/,
      /new token stored/,
    ],
    ['the old one is stored', standing({secret: 'old'}), /does not have the new token stored/, undefined],
    [
      'the old one is stored and reported',
      standing({secret: 'old', reported: '00000001'}),
      /runs on …00000001/,
      undefined,
    ],
    ['another one is stored', standing({secret: 'other'}), /does not have the new token stored/, undefined],
    ['nobody knows what is stored', standing({secret: 'unknown'}), /is not known/, /is not known/],
    ['the old one is dead', standing({tokens: [{...old, ...dead}, fresh]}), undefined, /No old token is alive/],
    [
      'the new one is dead',
      standing({tokens: [old, {...fresh, ...dead}]}),
      /No new token is alive/,
      /new token stored/,
    ],
    [
      'a dead old one is reported',
      standing({reported: '00000001', tokens: [{...old, ...dead}, fresh]}),
      undefined,
      /No old token is alive/,
    ],
    ['all are dead', standing({tokens: [old, fresh].map((each) => ({...each, ...dead}))}), /Nobody runs/, undefined],
    ['the workspace is gone', standing({workspace: 'gone', secret: 'unknown'}), /Nobody runs/, undefined],
    [
      'the agent says of its new process that it has no token there',
      standing({reported: null, missed: 'surely'}),
      /says that it has no token in GITEA_TOKEN, so the new one has not reached it/,
      undefined,
    ],
    [
      'it says so, and no old token is known',
      standing({reported: null, missed: 'surely', tokens: [fresh]}),
      /has not reached it/,
      undefined,
    ],
    [
      'it says so of a process that may be older',
      standing({reported: null, missed: 'perhaps'}),
      /nothing shows that the new one has reached it/,
      /new token stored/,
    ],
    [
      'it says so, and the secret is another’s',
      standing({reported: null, missed: 'perhaps', secret: 'other'}),
      /nothing shows that the new one has reached it/,
      undefined,
    ],
    ['the process may be older than the secret', standing({began: 'perhaps'}), /restart it first\.$/, /then\.$/],
    [
      'the process may be older than the old one in the secret',
      standing({began: 'perhaps', secret: 'old'}),
      /does not have/,
      /restart it first\.$/,
    ],
    [
      'the process may be older than what somebody else stored',
      standing({began: 'perhaps', secret: 'other'}),
      /does not have/,
      /restart it first\.$/,
    ],
    [
      'the process may be older than the deletion of the secret',
      standing({began: 'perhaps', secret: 'absent'}),
      /does not have/,
      /push one that works, and restart it once more\.$/,
    ],
    [
      'the agent runs elsewhere, a person answers for it',
      standing({began: 'elsewhere', secret: 'other'}),
      /does not have/,
      undefined,
    ],
  ])('where %s', (_, stands, againstNew, againstOld) => {
    for (const [keep, against] of [
      ['new', againstNew],
      ['old', againstOld],
    ] as const) {
      const said = objection(stands, keep, 'dev-a')
      expect(said ?? '').toMatch(against ?? /^$/)
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
    expect(unseenIn(standing({tokens}))).toEqual([2])
    expect(unseenIn(standing({tokens, workspace: 'gone'}))).toEqual([])
  })
})

describe('how a rotation stands', () => {
  let world: World
  let store: Store
  beforeEach(async () => {
    world = new World()
    store = await storeInMemory()
  })

  /** The calls of a rotation in which nothing breaks. */
  async function callsOf(): Promise<string[]> {
    const whole = new World()
    await rotate(request(), whole.deps(await storeInMemory()))
    return whole.calls
  }

  /** A rotation that is broken off at the first call of this kind. */
  async function brokenAt(call: string, kind: FaultKind = 'crash-after') {
    const calls = await callsOf()
    expect(calls).toContain(call)
    world.fault = [{at: 1 + calls.indexOf(call), kind}]
    await rotate(request(), world.deps(store)).catch(() => {})
    world.revive()
    world.fault = []
  }
  const open = async (): Promise<string> => (await store.journal.list({open: true}))[0]!.id
  const survey = async () => surveyRotation(await open(), world.deps(store))
  const abort = async (keep?: Keep, deps = world.deps(store)) => abortRotation(await open(), deps, {keep})
  /** The process dies at the first request of this act. */
  const dyingIn = (act: ActName) => (item: Progress) => {
    if (item.kind === 'act' && item.act === act && item.state === 'started') {
      world.fault = [{at: world.calls.length + 1, kind: 'crash-before'}]
    }
  }
  const unproven = async () => {
    world.agentDeaf = true
    await rotate(request(), world.deps(store)).catch(() => {})
    world.agentDeaf = false
  }

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
    expect(await survey()).toBeUndefined()
    expect(world.calls.filter((call) => call === 'smoke')).toHaveLength(1)
  })

  it('amid the push is not known, whatever the row says', async () => {
    await brokenAt('putSecret')
    expect(await survey()).toMatchObject({secret: 'unknown', reported: '00000001'})
  })

  it('after the push is the new token, with what the agent says and which are alive', async () => {
    await unproven()
    expect(await survey()).toEqual({
      workspace: 'there',
      secretKey: 'GITEA_TOKEN',
      began: 'surely',
      secret: 'new',
      reported: '00000002',
      missed: undefined,
      tokens: [
        {id: 1, name: 'agent token', lastEight: '00000001', side: 'old', alive: true},
        {id: 2, name: world.tokens[1]!.name, lastEight: '00000002', side: 'new', alive: true},
      ],
    })
  })

  it('after somebody else’s write is another', async () => {
    await unproven()
    world.overwrite(world.old.value)
    expect(await survey()).toMatchObject({secret: 'other'})
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
    expect(await survey()).toMatchObject({reported: '00000002', tokens: [{alive: true}, {alive: false}]})
  })

  it('without a workspace has nobody to ask', async () => {
    await unproven()
    world.removeWorkspace()
    const asked = world.calls.filter((call) => call === 'smoke').length
    expect(await survey()).toMatchObject({workspace: 'gone', secret: 'unknown', reported: undefined})
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

  it('after a resume counts a token that was lost on the way as new, and once', async () => {
    await brokenAt('putSecret')
    world.agentDeaf = true
    await resumeRotation(await open(), world.deps(store)).catch(() => {})
    expect((await survey())?.tokens.map(({id, side}) => `${id} ${side}`)).toEqual(['1 old', '2 new', '3 new'])
  })

  it.each([
    [new OpsError('PLATFORM_UNREACHABLE', 'nobody there.'), undefined],
    [new OpsError('INTERRUPTED', 'Stopped.'), 'INTERRUPTED'],
  ])('of an agent that can not be asked leaves its word open, not a stop: %s', async (trouble, code) => {
    await unproven()
    const deps = {...world.deps(store), smoke: {prove: async () => Promise.reject(trouble)}}
    const asked = surveyRotation(await open(), deps)
    const told = await asked.catch((error: unknown) => error)
    expect(told).toMatchObject(code ? {code} : {secret: 'new', reported: undefined})
  })

  it('back at the old token, which waits for its proof, is the old one', async () => {
    world.newTokensFail = true
    const on = (progress: Progress) => {
      if (progress.kind === 'phase' && progress.phase === 'rolling_back') world.agentDeaf = true
    }
    const ask = request({onProofFailure: 'rollback', oldValue: world.old.value})
    await rotate(ask, world.deps(store, {on})).catch(() => {})
    world.agentDeaf = false
    expect(await survey()).toMatchObject({secret: 'old', reported: '00000001'})
  })

  /** A rotation whose proof fails, and which dies at this call on its way back. */
  const dyingBack = async (dies: (progress: Progress) => boolean) => {
    world.newTokensFail = true
    const on = (progress: Progress) => {
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
    expect(stands).toMatchObject({secret: 'new', reported: '00000002'})
  })

  it('on the way back, amid the push, is not known', async () => {
    let pushes = 0
    const stands = await dyingBack(
      (progress) =>
        progress.kind === 'act' && progress.act === 'push' && progress.state === 'started' && ++pushes === 2,
    )
    expect(stands).toMatchObject({secret: 'unknown'})
  })

  it('without the secret, which somebody deleted, is another', async () => {
    await unproven()
    world.secret = undefined
    expect(await survey()).toMatchObject({secret: 'absent'})
  })

  it.each([
    ['the push', 'new'],
    ['the push on the way back', 'old'],
  ] as const)('after %s, of a silent agent, keeps what it may have been started with', async (_, keep) => {
    world.behaviour.autoRestartMs = undefined
    world.newTokensFail = keep === 'old'
    const rollback = {oldValue: world.old.value, onProofFailure: 'rollback'} as const
    const step = keep === 'old' ? 2 : 1
    let restarts = 0
    const dying = (item: Progress) => {
      if (item.kind === 'act' && item.act === 'restart' && item.state === 'started' && ++restarts === step) {
        world.fault = [{at: world.calls.length + 1, kind: 'crash-before'}]
      }
    }
    await rotate(request(keep === 'old' ? rollback : {}), world.deps(store, {on: dying})).catch(() => {})
    world.revive()
    world.fault = []
    world.agentDeaf = true
    expect(await survey()).toMatchObject({secret: keep, began: 'perhaps'})
    await expect(abort(keep)).rejects.toMatchObject({
      message: expect.stringContaining('may be older than what its secret holds'),
      suggestions: [`patrol rotation resume ${await open()}`, 'patrol restart dev-a'],
    })
    world.advance(120_000)
    world.provision()
    world.advance(60_000)
    await abort(keep)
    expect(world.violations).toEqual([])
  })

  it('of an agent that reports another live token counts, whatever its process', async () => {
    await unproven()
    world.overwrite(world.old.value)
    world.process.lastEight = world.addToken('made by hand', ['read:issue']).lastEight
    await abort('old')
    expect(world.tokens.map(({id}) => id)).toEqual([1, 3])
    expect(world.violations).toEqual([])
  })

  it('of an agent that reports what is no live token does not', async () => {
    await unproven()
    world.overwrite(world.old.value)
    world.process.lastEight = 'deadbeef'
    await expect(abort('old')).rejects.toMatchObject({suggestions: expect.arrayContaining(['patrol restart dev-a'])})
    expect(world.tokens.map(({id}) => id)).toEqual([1, 2])
  })

  it('of a silent agent that runs elsewhere is left to a person', async () => {
    world.workspace.runtime = 'external'
    await rotate(request(), world.deps(store)).catch(() => {})
    world.overwrite(world.old.value)
    world.agentDeaf = true
    expect(await survey()).toMatchObject({secret: 'other', began: 'elsewhere'})
    await abort('old')
    expect(world.tokens.map(({id}) => id)).toEqual([1])
  })

  it('without a candidate, whose value is lost, asks the agent all the same', async () => {
    await brokenAt('putSecret')
    const deps = world.deps(store)
    const mint = async () => Promise.reject(new OpsError('ADMIN_REJECTED', 'No.'))
    await resumeRotation(await open(), {...deps, tokens: {...deps.tokens, mint}}).catch(() => {})
    expect(await survey()).toMatchObject({reported: '00000001'})
  })

  it('is settled by a person: each decision deletes the other side, and what contradicts it is refused', async () => {
    await unproven()
    await expect(abort()).rejects.toMatchObject({
      code: 'ABORT_REFUSED',
      suggestions: [`patrol rotation resume ${await open()}`, `patrol rotation abort ${await open()} --keep new`],
    })
    await expect(abort('old')).rejects.toMatchObject({
      code: 'ABORT_REFUSED',
      message: expect.stringContaining('reports that it runs on …00000002'),
    })
    await abort('new')
    expect(world.tokens.map(({id}) => id)).toEqual([2])
    expect(world.violations).toEqual([])
  })

  it('is nothing to keep new tokens by where no workspace has one', async () => {
    await brokenAt('probe')
    await expect(abort('new')).rejects.toMatchObject({
      code: 'ABORT_REFUSED',
      message: expect.stringContaining('dev-a reports that it runs on …00000001, which would be deleted'),
    })
    expect(world.tokens).toHaveLength(2)
  })

  it('needs no push where the agent says that it runs on the old one, only a restart', async () => {
    await unproven()
    world.process.lastEight = world.old.lastEight
    expect(await survey()).toMatchObject({secret: 'new', reported: '00000001'})
    await expect(abort()).rejects.toMatchObject({
      suggestions: [`patrol rotation resume ${await open()}`, 'patrol restart dev-a'],
    })
  })

  it('is helped by neither push nor restart where a silent agent began on what somebody else stored', async () => {
    await unproven()
    world.overwrite(world.old.value)
    world.advance(120_000)
    world.provision()
    world.advance(60_000)
    world.agentDeaf = true
    world.tokens.shift()
    expect(await survey()).toMatchObject({secret: 'other', reported: undefined, began: 'surely'})
    await expect(abort()).rejects.toMatchObject({suggestions: [`patrol rotation resume ${await open()}`]})
  })

  it('is brought together by a restart where the agent runs on what is not stored, and says so', async () => {
    await brokenAt('putSecret')
    const resume = `patrol rotation resume ${await open()}`
    await expect(abort()).rejects.toMatchObject({suggestions: [resume, 'patrol restart dev-a']})
    world.agentDeaf = true
    await expect(abort()).rejects.toMatchObject({suggestions: [resume]})
  })

  it.each([
    ['deletion', 'probe', 'discard', undefined, ['discarded', 'abort_requested']],
    ['mint', 'putSecret', 'mint', 'old', ['mint_settled', 'decided']],
  ] as const)('is ended after a %s that is under way is settled', async (_, first, act, keep, settled) => {
    await brokenAt(first, 'crash-before')
    await resumeRotation(await open(), world.deps(store, {on: dyingIn(act)})).catch(() => {})
    world.revive()
    world.fault = []
    const id = await open()
    await abort(keep)
    const types = (await store.journal.read(id)).map(({type}) => type)
    const end = types.indexOf(settled[1])
    expect(types.slice(end - 1, end + 1)).toEqual(settled)
    expect(world.tokens.map(({name}) => name)).toEqual(['agent token'])
    expect(world.violations).toEqual([])
  })

  it('is ended although another rotation’s old token can’t be revoked, which is told', async () => {
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

  describe('where the agent says that it has no token', () => {
    const nothing: SmokeReport = {
      agent: 'dev-a',
      repo: 'acme/core',
      passed: false,
      reportedLastEight: undefined,
      paths: [
        {path: 'issues', outcome: 'unknown', reason: 'no-answer', message: 'nobody knows'},
        {path: 'swarm-pull', outcome: 'failed', reason: 'no-token', message: 'it has no token in GITEA_TOKEN'},
      ],
    }
    const without = () => ({...world.deps(store), smoke: {prove: async () => nothing}})
    /** By hand, and long enough ago for its uptime to show it. */
    const restarted = () => {
      world.advance(120_000)
      world.provision()
      world.advance(120_000)
    }
    const stands = async (deps = world.deps(store)) => surveyRotation(await open(), deps)

    it('neither of the tokens is the one that would go on serving: only the new one may go, and the secret is told of', async () => {
      world.withholds = true
      await expect(rotate(request(), without())).rejects.toMatchObject({code: 'PROOF_FAILED'})
      world.process.lastEight = '00000001'
      expect(await stands(without())).toMatchObject({secret: 'new', reported: null, missed: 'surely'})
      await expect(abort('new', without())).rejects.toMatchObject({
        code: 'ABORT_REFUSED',
        message: expect.stringContaining('so the new one has not reached it'),
        suggestions: [`patrol rotation resume ${await open()}`, `patrol rotation abort ${await open()} --keep old`],
      })
      expect(world.tokens.map(({id}) => id)).toEqual([1, 2])
      await abort('old', without())
      expect(world.tokens.map(({id}) => id)).toEqual([1])
      expect(world.warned).toContain('GITEA_TOKEN of dev-a goes on holding the deleted token')
      expect(await store.journal.list({open: true})).toEqual([])
      expect(world.violations).toEqual(['remove: the secret holds ...00000002, which is gone'])
      const {phase} = await rotate(request(), world.deps(store))
      expect(phase).toBe('completed')
    })

    it('and is silent then, nothing is kept by a person’s word', async () => {
      await rotate(request(), without()).catch(() => {})
      world.agentDeaf = true
      expect(await stands()).toMatchObject({reported: undefined, missed: 'perhaps'})
      await expect(abort('new')).rejects.toMatchObject({code: 'ABORT_REFUSED'})
      await expect(abort('old')).rejects.toMatchObject({message: expect.stringContaining('delete that secret, first')})
      world.overwrite(world.old.value)
      await expect(abort('old')).rejects.toMatchObject({
        message: expect.stringContaining('may be older than what its secret holds'),
        suggestions: [`patrol rotation resume ${await open()}`, 'patrol restart dev-a'],
      })
      expect(world.tokens.map(({id}) => id)).toEqual([1, 2])
      restarted()
      await abort('old')
      expect(world.tokens.map(({id}) => id)).toEqual([1])
      expect(world.warned).not.toContain('goes on holding')
      expect(world.violations).toEqual([])
    })

    it('and is silent then, is told of each way why it is not open, and what opens one', async () => {
      await rotate(request(), without()).catch(() => {})
      world.agentDeaf = true
      await expect(abort()).rejects.toMatchObject({
        message: expect.stringMatching(
          /The new: .*has reached it\. The old: .*push the old one, or delete that secret/,
        ),
        suggestions: [`patrol rotation resume ${await open()}`, 'patrol push dev-a', 'patrol restart dev-a'],
      })
    })

    it.each<[string, () => void]>([
      ['no platform keeps that name from it', () => {}],
      [
        'somebody used the new one since',
        () => {
          world.withholds = true
          Object.assign(world.tokens[1]!, {lastUsedAt: new Date(world.now + 60_000).toISOString()})
        },
      ],
      [
        'it runs elsewhere',
        () => {
          world.withholds = true
        },
      ],
    ])('and works with the new one all the same, as %s, that stays', async (why, set) => {
      if (why === 'it runs elsewhere') world.workspace.runtime = 'external'
      else world.agentDeaf = true
      await expect(rotate(request(), world.deps(store))).rejects.toMatchObject({category: 'incomplete'})
      set()
      world.process.lastEight = '00000002'
      await resumeRotation(await open(), without()).catch(() => {})
      expect(await stands(without())).toMatchObject({secret: 'new', reported: null, missed: 'perhaps'})
      await expect(abort('old', without())).rejects.toMatchObject({
        code: 'ABORT_REFUSED',
        message: expect.stringContaining('push the old one, or delete that secret, first'),
      })
      expect(world.tokens.map(({id}) => id)).toEqual([1, 2])
      expect(world.violations).toEqual([])
    })

    it('under a name that no platform keeps from it, nothing is concluded from that', async () => {
      world.withholds = true
      await rotate(request({secretKey: 'GIT_HTTP_PASSWORD'}), without()).catch(() => {})
      expect(await stands(without())).toMatchObject({reported: null, missed: 'perhaps'})
    })

    it('once its secret is deleted, only a process newer than the last act is believed', async () => {
      await rotate(request(), without()).catch(() => {})
      world.secret = undefined
      await expect(abort('old', without())).rejects.toMatchObject({
        message: expect.stringContaining('it keeps what it was started with; restart it first'),
      })
      restarted()
      world.agentDeaf = true
      await expect(abort('old')).rejects.toMatchObject({
        suggestions: [`patrol rotation resume ${await open()}`, 'patrol push dev-a', 'patrol restart dev-a'],
      })
      await abort('old', without())
      expect(world.tokens.map(({id}) => id)).toEqual([1])
      expect(world.violations).toEqual([])
    })

    it('and runs on the new one then, it is kept', async () => {
      await rotate(request(), without()).catch(() => {})
      expect(await stands()).toMatchObject({reported: '00000002', missed: undefined})
      await abort('new')
      expect(world.tokens.map(({id}) => id)).toEqual([2])
      expect(world.warned).not.toContain('goes on holding')
    })

    it('before a restart, the new one may still reach it', async () => {
      world.behaviour.autoRestartMs = undefined
      await rotate(request(), world.deps(store, {on: dyingIn('restart')})).catch(() => {})
      world.revive()
      world.fault = []
      expect(await stands(without())).toMatchObject({secret: 'new', reported: null, missed: 'perhaps'})
      await expect(abort('old', without())).rejects.toMatchObject({code: 'ABORT_REFUSED'})
      expect(world.tokens).toHaveLength(2)
    })

    it.each([
      ['amid the push', 0, 'pushing'],
      ['after the push', 3, 'pushed'],
    ])('%s, the new one may still reach it', async (_, later, phase) => {
      const calls = await callsOf()
      world.fault = [{at: 1 + calls.indexOf('putSecret') + later, kind: 'crash-before'}]
      await rotate(request(), world.deps(store)).catch(() => {})
      world.revive()
      world.fault = []
      expect((await store.journal.list({open: true}))[0]).toMatchObject({phase})
      expect(await stands(without())).toMatchObject({reported: null, missed: 'perhaps'})
    })

    it('and somebody else stored another one since, that may still reach it', async () => {
      await rotate(request(), without()).catch(() => {})
      world.overwrite(world.old.value)
      expect(await stands(without())).toMatchObject({secret: 'other', missed: 'perhaps'})
    })

    it('amid the deletion of the old ones, its proof was heard before', async () => {
      await brokenAt('remove', 'crash-before')
      expect((await store.journal.list({open: true}))[0]).toMatchObject({phase: 'revoking'})
      expect(await stands(without())).toMatchObject({reported: null, missed: undefined})
    })

    it('after its proof on the new one, that was heard before', async () => {
      await rotate(request({overlapMs: 3_600_000}), world.deps(store))
      const {id} = (await store.journal.list({}))[0]!
      expect(await surveyRotation(id, without())).toMatchObject({reported: null, missed: undefined})
    })
  })
})

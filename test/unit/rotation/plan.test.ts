import {beforeEach, describe, expect, it} from 'vitest'
import {OpsError} from '../../../src/errors.ts'
import {finishDue, planRotation, resumeRotation, rotate, type RotationRequest} from '../../../src/rotation/index.ts'
import {isDue} from '../../../src/rotation/rotate.ts'
import {Secret} from '../../../src/secret.ts'
import type {Store} from '../../../src/store/index.ts'
import type {Deployment} from '../../../src/story/ports.ts'
import {madeUpValue, request, storeInMemory, USER, World, WORKSPACE} from '../../support/world.ts'

const HOUR = 3_600_000
let world: World
let store: Store
beforeEach(async () => {
  world = new World()
  store = await storeInMemory()
})

const plan = (changes: Partial<RotationRequest> = {}) => planRotation(request(changes), world.deps(store))
const proven = async (token: number, change: Partial<Deployment> = {}) => {
  const lastEight = `0000000${token}`
  const deployment = {agent: 'dev-a', user: USER, token, lastEight, secretUpdatedAt: undefined, at: 0, ...change}
  await store.ledger.apply([{kind: 'deployed', deployment}])
}

describe('which token the agent runs on', () => {
  beforeEach(() => void world.addToken('second', ['read:issue']))

  it('is told by the value first, then by who asks, then by the last proof', async () => {
    const second = world.tokens[1]!
    await proven(1)
    expect((await plan()).deployed?.id).toBe(1)
    expect((await plan({deployedLastEight: second.lastEight})).deployed?.id).toBe(2)
    const both = {oldValue: world.old.value, deployedLastEight: second.lastEight}
    expect((await plan(both)).deployed?.id).toBe(1)
  })

  it('is told by its value where its last proof says the same, and that is no stale one', async () => {
    const {candidate} = await rotate(
      request({deployedLastEight: world.old.lastEight, overlapMs: HOUR}),
      world.deps(store),
    )
    const {value} = world.tokens.find(({id}) => id === candidate?.id)!
    expect(await plan({oldValue: value})).toMatchObject({deployed: candidate, canRollBack: true, warnings: []})
  })

  it('is told by its last proof where the value that is given is dead', async () => {
    world.tokens.pop()
    const {candidate} = await rotate(request(), world.deps(store))
    const {deployed, warnings} = await plan({oldValue: madeUpValue(1)})
    expect(deployed).toEqual(candidate)
    expect(warnings).toContainEqual(expect.stringContaining('is dead already. It is left aside.'))
  })

  it('is told by the value that is given where the one of its last proof is gone', async () => {
    await rotate(request({deployedLastEight: world.old.lastEight}), world.deps(store))
    world.tokens.splice(1)
    expect(await plan({oldValue: world.tokens[0]!.value})).toMatchObject({
      deployed: {name: 'second'},
      canRollBack: true,
      warnings: [],
    })
  })

  it.each([{lastEight: '00000009'}, {token: 9}])('is not told by a proof as another user (%j)', async (other) => {
    await proven(1, {user: 'b', ...other})
    await expect(plan()).rejects.toMatchObject({code: 'SUPERSEDED_AMBIGUOUS'})
  })

  it('is told by a proof on a token that is still its, whatever its user was called then', async () => {
    await proven(1, {user: 'b'})
    expect(await plan()).toMatchObject({deployed: {id: 1}})
  })

  it.each([
    ['claude-code', /^The reference of the old token is stale: …00000002 is not what dev-a runs on/],
    [
      'external',
      /^The reference of the old token may be stale: …00000002 is not what dev-a was last proven on \(…00000001\), and what it was started with since is not known/,
    ],
  ])(
    'is said to be another than the value where its proof holds, of a process elsewhere with that doubt: %s',
    async (runtime, said) => {
      world.workspace.runtime = runtime
      await proven(1, {workspace: WORKSPACE, secretUpdatedAt: world.secret!.updatedAt})
      const {deployed, warnings} = await plan({oldValue: world.tokens[1]!.value})
      expect([deployed?.id, warnings]).toEqual([1, expect.arrayContaining([expect.stringMatching(said)])])
    },
  )

  it('is not told by a value that is dead, too short for a token as it may be', async () => {
    await expect(plan({oldValue: new Secret('short')})).rejects.toMatchObject({code: 'SUPERSEDED_AMBIGUOUS'})
    const {deployed, superseded} = await plan({oldValue: madeUpValue(99)})
    expect([deployed, superseded]).toEqual([null, []])
  })
})

describe('a plan', () => {
  it('is there for a user of whom Gitea tells no kind', async () => {
    const deps = world.deps(store)
    const tokens = {...deps.tokens, account: async () => undefined}
    await expect(planRotation(request(), {...deps, tokens})).resolves.toMatchObject({user: USER})
  })

  it('can roll back with the value of the deployed token, and only where patrol restarts the agent', async () => {
    expect((await plan()).canRollBack).toBe(false)
    expect((await plan({oldValue: world.old.value})).canRollBack).toBe(true)
    const second = world.addToken('second', ['read:issue'])
    expect((await plan({oldValue: second.value, supersede: [1]})).canRollBack).toBe(true)
    world.workspace.runtime = 'external'
    expect((await plan({oldValue: world.old.value})).canRollBack).toBe(false)
  })

  it('of an external agent says who restarts it; of another says nothing of that', async () => {
    const restart = async () => {
      const {calls, warnings} = await plan()
      return [calls.find(({act}) => act === 'restart')?.method, warnings.join()]
    }
    expect(await restart()).toEqual(['POST', ''])
    world.workspace.runtime = 'external'
    expect(await restart()).toEqual(['-', expect.stringContaining('its operator has to restart it')])
  })

  it('warns where nobody knows what the agent runs on', async () => {
    expect((await plan()).warnings).toEqual([])
    world.tokens.length = 0
    expect((await plan()).warnings).toEqual([
      expect.stringMatching(/is not known, so a failed proof can't be rolled back\./),
    ])
  })

  it('of an agent that was moved takes the only token for its own unless that is what it ran on before', async () => {
    await proven(99, {workspace: 'w9'})
    expect((await plan()).deployed?.id).toBe(1)
    await proven(1, {workspace: 'w9', at: 1})
    expect((await plan()).deployed).toBeNull()
  })

  it.each([
    [0, 'stops working, after the proof'],
    [24 * HOUR, 'stops working, 24 h after the proof'],
    [90 * 60_000, 'stops working, 90 min after the proof'],
  ])('with an overlap of %i ms says when the old token ends', async (overlapMs, says) => {
    expect((await plan({overlapMs})).calls.at(-1)?.changes).toContain(says)
  })

  it.each([
    ['a2a', 'is asked which work it finds'],
    ['none', 'the agent is not asked'],
  ] as const)('with a proof by %s', async (via, says) => {
    expect((await plan({via})).calls.find(({act}) => act === 'smoke')?.changes).toContain(says)
  })

  it('takes a value too short for a token for none, also where Gitea lists one without its end', async () => {
    world.tokens[0]!.lastEight = ''
    await expect(plan({oldValue: new Secret('short')})).rejects.toMatchObject({code: 'OLD_TOKEN_FOREIGN'})
  })

  it('refuses an old value of somebody else, and says what to look at', async () => {
    const {value} = world.addToken('other', [], 'somebody-else')
    await expect(plan({oldValue: value})).rejects.toMatchObject({
      code: 'OLD_TOKEN_FOREIGN',
      suggestions: [
        'take "token:" of dev-a out of patrol.yaml and rotate it again, so that it gets a token of its own',
        `or have that refer to a token of ${USER}, or set the right "user" for dev-a`,
        'patrol probe dev-a',
      ],
    })
  })
})

describe('a revocation that is due', () => {
  it.each([
    ['revoking', undefined, true],
    ['revoking', 9, true],
    ['proven', undefined, true],
    ['proven', 5, true],
    ['proven', 4, true],
    ['proven', 6, false],
    ['pushed', 4, false],
    ['planned', undefined, false],
  ])('is one of a rotation in %s until %s: %s', (phase, dueAt, due) => {
    const summary = {
      id: 'r',
      agent: 'a',
      user: 'u',
      workspace: 'w',
      closed: false,
      startedAt: 0,
      updatedAt: 0,
      events: 1,
    }
    expect(isDue({...summary, phase, dueAt}, 5)).toBe(due)
  })

  it('is reported once, with those tokens alone that went now', async () => {
    world.addToken('patrol.dev-a.20261101.earlier000', ['read:issue'])
    await store.ledger.apply([
      {kind: 'superseded', user: USER, token: world.tokens[1]!, deadline: world.now + HOUR, at: world.now},
    ])
    await rotate(request({deployedLastEight: '00000001', overlapMs: 4 * HOUR}), world.deps(store))
    const ids = async () => (await finishDue(world.deps(store))).revoked.map(({token}) => token.id)
    expect(await ids()).toEqual([])
    world.advance(2 * HOUR)
    expect(await ids()).toEqual([2])
    world.advance(4 * HOUR)
    expect(await ids()).toEqual([1])
    expect(await ids()).toEqual([])
  })

  const due = async () => {
    await rotate(request({overlapMs: HOUR}), world.deps(store))
    world.advance(2 * HOUR)
  }
  const unlisted = (error: Error) => {
    const deps = world.deps(store)
    const list = async () => {
      throw error
    }
    return {...deps, tokens: {...deps.tokens, list}}
  }

  it('stays due where Gitea can not be asked, and is broken off by Ctrl-C', async () => {
    await due()
    expect(await finishDue(unlisted(new OpsError('GITEA_UNREACHABLE', 'Nobody there.')))).toMatchObject({
      revoked: [],
      held: [{code: 'GITEA_UNREACHABLE', agent: 'dev-a'}],
    })
    await expect(finishDue(unlisted(new OpsError('INTERRUPTED', 'Stopped.')))).rejects.toMatchObject({
      code: 'INTERRUPTED',
    })
    expect((await finishDue(world.deps(store))).revoked).toHaveLength(1)
  })

  it('is warned about by whichever run comes next, which goes on', async () => {
    await due()
    world.overwrite(world.old.value)
    await rotate(request({deployedLastEight: '00000001'}), world.deps(store))
    expect(world.warned).toContain('The old token of dev-a (rotation ')
  })

  it('of the very rotation that is resumed is its own errand, and no warning', async () => {
    await due()
    const [open] = await store.journal.list({open: true})
    const result = await resumeRotation(open!.id, world.deps(store))
    expect(result).toMatchObject({phase: 'completed', warnings: []})
  })
})

describe('the result of a rotation', () => {
  it('has the warnings of its plan', async () => {
    world.labels = []
    const {warnings} = await rotate(request(), world.deps(store))
    expect(warnings).toEqual([expect.stringContaining('has no label')])
  })
})

describe('a resume', () => {
  const broken = async (call: string, ask: Partial<RotationRequest> = {}) => {
    const whole = new World()
    await rotate(request(ask), whole.deps(await storeInMemory()))
    world.fault = [{at: 1 + whole.calls.indexOf(call), kind: 'crash-after'}]
    await rotate(request(ask), world.deps(store)).catch(() => {})
    world.revive()
    world.fault = []
    return (await store.journal.list({open: true}))[0]!.id
  }

  it('is guarded before the push as the plan was, with what the rotation waived and what it waives itself', async () => {
    const id = await broken('mint')
    world.workspace.activeTasks = 1
    await expect(resumeRotation(id, world.deps(store))).rejects.toMatchObject({code: 'GUARD_ACTIVE_TASKS'})
    const waive = {activeTasks: true}
    await expect(resumeRotation(id, world.deps(store), {waive})).resolves.toMatchObject({phase: 'completed'})
  })

  it('keeps what the rotation waived: a flag that is not given takes nothing back', async () => {
    world.workspace.kind = undefined
    const whole = new World()
    whole.workspace.kind = undefined
    const asked = request({waive: {unknownKind: true}})
    await rotate(asked, whole.deps(await storeInMemory()))
    world.fault = [{at: 1 + whole.calls.indexOf('mint'), kind: 'crash-after'}]
    await rotate(asked, world.deps(store)).catch(() => {})
    world.revive()
    const [open] = await store.journal.list({open: true})
    const waive = {unknownKind: false}
    await expect(resumeRotation(open!.id, world.deps(store), {waive})).resolves.toMatchObject({phase: 'completed'})
  })

  it('of a rotation whose workspace is gone says so, before anything is minted for it', async () => {
    const id = await broken('probe')
    world.removeWorkspace()
    const minted = world.tokens.length
    await expect(resumeRotation(id, world.deps(store))).rejects.toMatchObject({code: 'WORKSPACE_NOT_FOUND'})
    expect(world.tokens).toHaveLength(minted)
  })

  it('reads the old value back where the rotation had not, and only where nobody gives it', async () => {
    const ask = {onProofFailure: 'rollback' as const}
    const given = await broken('mintWorkspaceToken', ask)
    const before = world.calls.filter((call) => call === 'secretValue').length
    await resumeRotation(given, world.deps(store), {oldValue: world.old.value})
    expect(world.calls.filter((call) => call === 'secretValue').length).toBe(before)
  })

  it('sees the old value dead at the end where it is given again', async () => {
    const id = await broken('putSecret')
    await resumeRotation(id, world.deps(store), {oldValue: madeUpValue(1)})
    expect((await store.journal.read(id)).at(-1)).toMatchObject({type: 'completed', oldValue: 'dead'})
  })

  it('does not take another value for the old one', async () => {
    const id = await broken('putSecret')
    await resumeRotation(id, world.deps(store), {oldValue: madeUpValue(77)})
    expect((await store.journal.read(id)).at(-1)).toMatchObject({type: 'completed', oldValue: 'not-at-hand'})
  })

  it('of none there is says where to look', async () => {
    await expect(resumeRotation('nothing123', world.deps(store))).rejects.toMatchObject({
      code: 'ROTATION_UNKNOWN',
      suggestions: ['patrol rotation list'],
    })
  })
})

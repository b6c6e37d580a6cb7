import {beforeEach, describe, expect, it} from 'vitest'
import {OpsError} from '../../../src/errors.ts'
import {
  abortRotation,
  finishDue,
  pushSecret,
  restartWorkspace,
  resumeRotation,
  rotate,
  type StoryProgress,
  type RotationDeps,
  type RotationRequest,
} from '../../../src/rotation/index.ts'
import type {Store} from '../../../src/store/index.ts'
import {openStore} from '../../../src/store/index.ts'
import {reportOf} from '../../support/probe-report.ts'
import {pushOf, request, storeInMemory, World} from '../../support/world.ts'

const DAY = 24 * 3_600_000

let world: World
let store: Store
beforeEach(async () => {
  world = new World()
  store = await storeInMemory()
})

async function fails(work: Promise<unknown>): Promise<OpsError> {
  try {
    await work
  } catch (error) {
    if (error instanceof OpsError) return error
    throw error
  }
  throw new Error('expected an OpsError')
}

const go = (ask: Partial<RotationRequest> = {}) => rotate(request(ask), world.deps(store))
const openId = async (): Promise<string> => (await store.journal.list({open: true}))[0]!.id
const names = (): string[] => world.tokens.map(({name}) => name)

describe('a rotation', () => {
  it('mints, pushes, restarts once, proves, revokes, and tells each act', async () => {
    const result = await go({oldValue: world.old.value})
    expect(result).toMatchObject({phase: 'completed', superseded: [{id: 1, revoked: true}], proof: {passed: true}})
    expect(names()).toEqual([result.candidate?.name])
    expect([world.puts, world.restarts]).toEqual([1, 0])
    const told = world.progress.flatMap((item) => (item.kind === 'act' && item.state === 'done' ? [item.act] : []))
    expect(told).toEqual(['mint', 'probe', 'push', 'smoke', 'revoke'])
  })

  it('asks for a restart where the platform does not restart by itself', async () => {
    world.behaviour.autoRestartMs = undefined
    await go()
    expect(world.restarts).toBe(1)
  })

  it('asks for none where the platform’s own is over before anybody looks', async () => {
    Object.assign(world.behaviour, {autoRestartMs: 1, bootMs: 1})
    expect(await go()).toMatchObject({phase: 'completed'})
    expect(world.restarts).toBe(0)
  })

  it('waits for an automatic restart that takes its time instead of doubling it', async () => {
    world.behaviour.autoRestartMs = 13_000
    await go()
    expect(world.restarts).toBe(0)
  })

  it('deletes a candidate that lacks a scope of its profile, before any push', async () => {
    world.forgetful = ['read:issue']
    const error = await fails(go())
    expect(error).toMatchObject({code: 'CANDIDATE_REJECTED', category: 'refused'})
    expect(error.message).toMatch(/lacks read:issue .*The new token is deleted; nothing was revoked/)
    expect([names(), world.puts]).toEqual([['agent token'], 0])
  })

  it('says why its user is shut out, what an administrator types, and not that the old token serves', async () => {
    const reason = 'You must change your password.'
    const evidence = {method: 'GET', path: '/version', status: 403, dialect: 'none' as const, reason}
    const shut = reportOf([], {liveness: {state: 'blocked', evidence}})
    const prober = {...world.prober, probe: async () => shut}
    const error = await fails(rotate(request(), world.deps(store, {prober})))
    expect(error).toMatchObject({
      code: 'CANDIDATE_REJECTED',
      category: 'refused',
      message: `The server does not let agent-dev-a in with the new token …00000002, nor with any other: ${reason} The new token is deleted; nothing was revoked.`,
      suggestions: [
        'mend the account of agent-dev-a in the web interface: Site Administration, User Accounts',
        'or on the server, by its own command line: admin user must-change-password --unset agent-dev-a',
      ],
    })
    expect([names(), world.puts]).toEqual([['agent token'], 0])
  })

  it('deletes the candidate when the platform refuses the push', async () => {
    world.behaviour.putRefused = {code: 'CONCIERGE_SELF_WRITE_BLOCKED', reason: 'no'}
    expect(await fails(go())).toMatchObject({
      code: 'PUSH_REFUSED',
      category: 'refused',
      ref: 'docs/runbooks/concierge-refused.md',
    })
    expect(names()).toEqual(['agent token'])
  })

  it('deletes a token whose mint came to pass long after its answer was lost', async () => {
    const at = 1 + (await rotateCalls()).indexOf('mint')
    world.behaviour.lateMintMs = 9_000
    world.fault = [{at, kind: 'lost-before'}]
    await go()
    expect(names()).toHaveLength(1)
    expect(names()[0]).toMatch(/-2$/)
  })

  it('deletes one that comes to pass while the rotation ends without a new token, too', async () => {
    const at = 1 + (await rotateCalls()).indexOf('mint')
    world.behaviour.lateMintMs = 9_000
    world.behaviour.putRefused = {code: 'FORBIDDEN', reason: 'not today'}
    world.fault = [{at, kind: 'lost-before'}]
    const on = (item: StoryProgress): void => {
      if (item.kind === 'act' && item.act === 'push' && item.state === 'started') world.advance(9_000)
    }
    expect(await fails(rotate(request(), world.deps(store, {on})))).toMatchObject({code: 'PUSH_REFUSED', exit: 6})
    expect(names()).toEqual(['agent token'])
  })

  it('asks only a token that it revoked whether it is dead: the one that the agent ran on may stay', async () => {
    const second = world.addToken('second', ['read:issue'])
    const result = await go({oldValue: second.value, supersede: [1]})
    expect([result.phase, names()]).toEqual(['completed', ['second', result.candidate?.name]])
  })

  async function rotateCalls(): Promise<string[]> {
    const other = new World()
    await rotate(request(), other.deps(await storeInMemory()))
    return other.calls
  }
})

describe('approvals', () => {
  it('park the rotation at once where asked to, and a resume mints afresh after the approval', async () => {
    world.behaviour.approval = 'approved'
    const error = await fails(go({approval: 'park'}))
    expect(error).toMatchObject({code: 'APPROVAL_PENDING', category: 'pending'})
    expect(error.suggestions).toContain(`patrol rotation resume ${await openId()}`)
    world.advance(60_000)
    const result = await resumeRotation(await openId(), world.deps(store))
    expect(result.phase).toBe('completed')
    expect(names()).toEqual([result.candidate?.name])
  })

  it('that are denied end the rotation with the candidate deleted', async () => {
    world.behaviour.approval = 'denied'
    expect(await fails(go())).toMatchObject({code: 'APPROVAL_DENIED', category: 'refused'})
    expect(names()).toEqual(['agent token'])
    expect(await store.journal.list({open: true})).toEqual([])
  })

  it('that nobody decides can be aborted', async () => {
    world.behaviour.approval = 'never'
    await fails(go())
    await expect(abortRotation(await openId(), world.deps(store))).resolves.toMatchObject({phase: 'rolled_back'})
    expect(names()).toEqual(['agent token'])
    expect([world.approvalState, world.warned]).toEqual(['withdrawn', ''])
    expect(world.calls.slice(world.calls.indexOf('withdrawApproval'))).not.toContain('approval')
  })

  describe('and is aborted', () => {
    const GIVEN =
      "Approval approval-1 of the secret write to dev-a was given meanwhile, and nothing takes that back: it lets the next write of GITEA_TOKEN through, whoever's that is."
    const left = (why: string): string =>
      `Approval approval-1 of the secret write to dev-a stays in the canvas${why}; deny it there. Approved, it lets the next write of GITEA_TOKEN through, whoever's that is.`
    const aborted = async (change: Partial<RotationDeps['platform']> = {}) => {
      const deps = world.deps(store)
      await expect(
        abortRotation(await openId(), {...deps, platform: {...deps.platform, ...change}}),
      ).resolves.toMatchObject({phase: 'rolled_back'})
      expect(names()).toEqual(['agent token'])
      return world.warned
    }
    const page = async () => {
      throw new OpsError('WRITE_IN_DOUBT', 'A page was answered. Nothing was changed.')
    }
    beforeEach(async () => {
      world.behaviour.approval = 'never'
      await fails(go())
    })

    it.each(['denied', 'withdrawn', 'none'] as const)('after it was %s says nothing of it', async (state) => {
      world.approvalState = state
      expect(await aborted()).toBe('')
    })

    it('after a person gave it warns of that', async () => {
      world.approvalState = 'approved'
      expect(await aborted()).toBe(GIVEN)
    })

    it('where it can not be withdrawn says why, and who can', async () => {
      expect(await aborted({withdrawApproval: page})).toBe(left(' (A page was answered.)'))
    })

    it('where its withdrawal was answered by nothing looks what came of it', async () => {
      const lost = async () => {
        world.approvalState = 'withdrawn'
        return page()
      }
      expect(await aborted({withdrawApproval: lost})).toBe('')
    })

    it('where nothing tells of it says that it may be there', async () => {
      expect(await aborted({withdrawApproval: async () => 'decided', approval: page})).toBe(left(''))
    })

    it('is ended by nothing but a stop', async () => {
      const stop = async () => {
        throw new OpsError('INTERRUPTED', 'stopped')
      }
      const deps = world.deps(store)
      const platform = {...deps.platform, withdrawApproval: stop}
      await expect(abortRotation(await openId(), {...deps, platform})).rejects.toMatchObject({code: 'INTERRUPTED'})
      expect(names()).toHaveLength(2)
    })
  })

  it('of the way back can be aborted as well, which withdraws that one, not the one that was given on the way there', async () => {
    world.newTokensFail = true
    world.behaviour.approval = 'approved'
    const on: RotationDeps['on'] = (item) => {
      if (item.kind === 'phase' && item.phase === 'rolling_back') world.behaviour.approval = 'never'
    }
    const ask = request({onProofFailure: 'rollback', oldValue: world.old.value})
    expect(await fails(rotate(ask, world.deps(store, {on})))).toMatchObject({code: 'APPROVAL_PENDING'})
    const deps = world.deps(store)
    const taken: string[] = []
    const withdrawApproval: RotationDeps['platform']['withdrawApproval'] = (id, approval) => {
      taken.push(approval)
      return deps.platform.withdrawApproval(id, approval)
    }
    await abortRotation(await openId(), {...deps, platform: {...deps.platform, withdrawApproval}}, {keep: 'new'})
    expect(taken).toEqual(['approval-2'])
    expect([world.approvalState, world.warned]).toEqual(['withdrawn', expect.not.stringContaining('Approval')])
  })

  it('are not spoken of by an abort that comes before one was asked for', async () => {
    const stop = new AbortController()
    const on: RotationDeps['on'] = (item) => {
      if (item.kind === 'phase' && item.phase === 'minted') stop.abort()
    }
    const begun = rotate(request(), world.deps(store, {on, signal: stop.signal}))
    await expect(begun).rejects.toMatchObject({code: 'INTERRUPTED'})
    await abortRotation(await openId(), world.deps(store))
    expect(world.warned).toBe('')
    expect(world.calls).not.toContain('withdrawApproval')
  })
})

describe('a restart that is none', () => {
  it('(a process from before that only looks online) is told apart, and nothing is revoked', async () => {
    world.behaviour.restartPretends = true
    const error = await fails(go())
    expect(error).toMatchObject({code: 'RESTART_STALE', category: 'incomplete'})
    expect(error.message).toMatch(/heartbeat of the process from before.*nothing was revoked/)
    expect(names()).toHaveLength(2)
  })

  it('(the same without events) is told by its uptime', async () => {
    Object.assign(world.behaviour, {restartPretends: true, eventsReadable: false})
    const error = await fails(go())
    expect(error.code).toBe('RESTART_STALE')
    expect(error.message).toContain('counts its uptime from before')
    expect(names()).toHaveLength(2)
  })

  it('(a noop) is told, and nothing is revoked', async () => {
    Object.assign(world.behaviour, {autoRestartMs: undefined, restartNoop: true})
    expect(await fails(go())).toMatchObject({code: 'RESTART_NOOP', category: 'incomplete'})
    expect(names()).toHaveLength(2)
  })

  it('(failed for an operator-scope key) ends at once with the remedy', async () => {
    world.behaviour.restartFails = 'provision aborted: env var "GITEA_TOKEN" is operator-scope (RFC#523)'
    const began = world.now
    const error = await fails(go())
    expect(error.code).toBe('RESTART_FAILED')
    expect(error.message).toMatch(/operator-scope.*delete the secret/s)
    expect(error.suggestions.join()).not.toContain('patrol restart')
    expect(world.now - began).toBeLessThan(60_000)
  })

  it('(failed since the platform waited no longer) is given until the deadline, since such a start may still come', async () => {
    Object.assign(world.behaviour, {restartFails: 'bootstrap slow', gaveUp: 'bootstrap_watcher'})
    const began = world.now
    const error = await fails(go())
    expect(error.message).toContain('bootstrap slow')
    expect(world.now - began).toBeGreaterThan(14 * 60_000)
  })

  it('(failed for another reason) is told when it has stood for a minute', async () => {
    world.behaviour.restartFails = 'image not found'
    const began = world.now
    const error = await fails(go())
    expect(error.code).toBe('RESTART_FAILED')
    expect(world.now - began).toBeGreaterThan(60_000)
    expect(world.now - began).toBeLessThan(2 * 60_000)
    // A resume only waits again.
    expect(error.suggestions).toEqual([
      'patrol restart dev-a',
      expect.stringMatching(/resume/),
      expect.stringMatching(/abort/),
    ])
  })

  it('after a mend by the operator goes on to the end without another push', async () => {
    world.behaviour.restartPretends = true
    await fails(go())
    world.behaviour.restartPretends = false
    world.provision()
    const result = await resumeRotation(await openId(), world.deps(store))
    expect([result.phase, world.puts]).toEqual(['completed', 1])
  })
})

describe('a proof', () => {
  it('that fails keeps both tokens and names the resume where nothing can be rolled back', async () => {
    world.newTokensFail = true
    const error = await fails(go())
    expect(error).toMatchObject({code: 'PROOF_FAILED', category: 'incomplete'})
    expect(error.suggestions).toContain(`patrol rotation resume ${await openId()}`)
    expect(names()).toHaveLength(2)
    world.newTokensFail = false
    await expect(resumeRotation(await openId(), world.deps(store))).resolves.toMatchObject({phase: 'completed'})
  })

  it('that nobody gave (the agent is deaf) rolls nothing back, though it could', async () => {
    world.agentDeaf = true
    const error = await fails(go({oldValue: world.old.value, onProofFailure: 'rollback'}))
    expect(error).toMatchObject({code: 'PROOF_MISSING', category: 'incomplete'})
    expect([names().length, world.puts]).toEqual([2, 1])
  })

  it('by --swarm-via none is no proof', async () => {
    expect(await fails(go({via: 'none'}))).toMatchObject({code: 'PROOF_MISSING'})
    expect(names()).toHaveLength(2)
  })

  it('does not count when somebody wrote the secret meanwhile; the resume pushes another', async () => {
    world.agentDeaf = true
    await fails(go())
    world.overwrite(world.old.value)
    world.agentDeaf = false
    const id = await openId()
    expect(await fails(resumeRotation(id, world.deps(store)))).toMatchObject({code: 'SECRET_OVERWRITTEN'})
    const result = await resumeRotation(id, world.deps(store))
    expect(result.phase).toBe('completed')
    expect([names(), world.secret?.lastEight]).toEqual([[result.candidate?.name], result.candidate?.lastEight])
    expect(world.violations).toEqual([])
  })
})

describe('a restart that does not come', () => {
  it.each([
    [20_000, '20 s'],
    [15 * 60_000, '15 min'],
  ])('is given up after %i ms, said as %s', async (restartTimeoutMs, said) => {
    world.behaviour.bootMs = 3_600_000
    const deps = {...world.deps(store), timing: {restartTimeoutMs}}
    const error = await fails(rotate(request(), deps))
    expect(error).toMatchObject({code: 'RESTART_TIMEOUT', message: expect.stringContaining(`online in ${said};`)})
    const id = await openId()
    expect(error.suggestions).toEqual([`patrol rotation resume ${id}`, `patrol rotation abort ${id}`])
  })

  it('and left the workspace offline is asked for again', async () => {
    world.behaviour.bootMs = 3_600_000
    world.later(60_000, () => (world.workspace.status = 'offline'))
    const error = await fails(go())
    expect(error).toMatchObject({code: 'RESTART_TIMEOUT', message: expect.stringContaining('it is offline')})
    expect(error.suggestions[0]).toBe('patrol restart dev-a')
  })
})

describe('an external agent', () => {
  it('gets the secret, is restarted by its operator, and proves itself on resume', async () => {
    world.workspace.runtime = 'external'
    world.behaviour.autoRestartMs = undefined
    const error = await fails(go())
    expect(error).toMatchObject({
      code: 'EXTERNAL_RESTART',
      category: 'incomplete',
      message: expect.stringContaining('dev-a is external: restart dev-a where it runs, then resume.'),
    })
    expect(world.restarts).toBe(0)
    expect(world.calls).not.toContain('smoke')
    const early = await fails(resumeRotation(await openId(), world.deps(store)))
    expect(early).toMatchObject({
      code: 'EXTERNAL_RESTART',
      message: expect.stringContaining('not restarted yet'),
      suggestions: [`patrol rotation resume ${await openId()}`],
      ref: 'docs/runbooks/restart-stuck.md',
    })
    world.process = {...world.process, lastEight: world.secret!.lastEight}
    await expect(resumeRotation(await openId(), world.deps(store))).resolves.toMatchObject({phase: 'completed'})
    expect(names()).toHaveLength(1)
  })
})

describe('the overlap', () => {
  it('ends in proven, and any later run finishes what is due, exactly once', async () => {
    const phases = new Map<string, number>()
    const deps = world.deps(store, {on: (item) => item.kind === 'phase' && phases.set(item.phase, world.now)})
    const result = await rotate(request({overlapMs: DAY}), deps)
    expect(result).toMatchObject({phase: 'proven', dueAt: phases.get('proven')! + DAY})
    expect(names()).toHaveLength(2)
    world.advance(DAY - 60_000)
    expect(await finishDue(world.deps(store))).toEqual({revoked: [], held: [], late: [], wrote: false})
    world.advance(60_000)
    const due = await finishDue(world.deps(store))
    expect(due.revoked).toMatchObject([{agent: 'dev-a', token: {id: 1}}])
    expect(await finishDue(world.deps(store))).toEqual({revoked: [], held: [], late: [], wrote: false})
    expect(names()).toHaveLength(1)
  })

  it('holds the revocation when the secret was written since the proof', async () => {
    await go({overlapMs: DAY})
    world.advance(3_600_000)
    world.overwrite(world.old.value)
    world.advance(DAY)
    const {revoked, held} = await finishDue(world.deps(store))
    expect(revoked).toEqual([])
    expect(held).toMatchObject([{code: 'REVOCATION_HELD'}])
    expect([world.alive(world.old.lastEight), world.violations]).toEqual([true, []])
  })

  it('is not made longer by a second rotation, and both sets go when due', async () => {
    const first = await go({overlapMs: DAY})
    world.advance(DAY / 2)
    const second = await go({overlapMs: DAY})
    expect(second.superseded.map(({id}) => id)).toEqual([first.candidate?.id])
    world.advance(DAY / 2)
    const due = await finishDue(world.deps(store))
    expect(due).toMatchObject({revoked: [{rotation: first.id, token: {id: 1}}], held: []})
    world.advance(DAY / 2)
    expect((await finishDue(world.deps(store))).revoked).toMatchObject([{rotation: second.id}])
    expect(names()).toEqual([second.candidate?.name])
  })

  it('of one rotation that can’t be read does not stand in the way of another’s', async () => {
    const first = await go({overlapMs: DAY})
    const second = await go({overlapMs: DAY})
    world.advance(2 * DAY)
    const deps = world.deps(store)
    const read = async (id: string) => {
      if (id === second.id) throw new RangeError('Invalid time value')
      return store.journal.read(id)
    }
    const {revoked, held} = await finishDue({...deps, journal: {...deps.journal, read}})
    expect(revoked).toMatchObject([{rotation: first.id, token: {id: 1}}])
    expect(held).toMatchObject([{rotation: second.id, code: 'BUG', message: expect.stringContaining('Invalid time')}])
  })

  it('revokes although the workspace was removed meanwhile', async () => {
    await go({overlapMs: DAY})
    world.workspace.status = 'removed'
    world.secret = undefined
    world.process.lastEight = ''
    world.advance(DAY)
    expect((await finishDue(world.deps(store))).revoked).toHaveLength(1)
  })
})

describe('one run at a time', () => {
  it('refuses a second rotation of an agent whose first is unfinished', async () => {
    world.agentDeaf = true
    await fails(go())
    const error = await fails(go())
    expect(error).toMatchObject({code: 'ROTATION_OPEN', category: 'refused'})
    const id = await openId()
    expect(error.suggestions).toEqual([`patrol rotation resume ${id}`, `patrol rotation abort ${id}`])
  })

  it('refuses while another living process holds the lease', async () => {
    const strict = await openStore(':memory:')
    await strict.leases.acquire('agent:dev-a', 60_000, world.now)
    expect(await fails(rotate(request(), world.deps(strict)))).toMatchObject({code: 'LEASE_HELD', category: 'refused'})
    expect(names()).toHaveLength(1)
  })

  it('stops before its next write once the lease was taken over', async () => {
    const strict = await openStore(':memory:')
    const deps = world.deps(strict)
    const probe = deps.prober.probe.bind(deps.prober)
    const error = await fails(
      rotate(request(), {
        ...deps,
        prober: {
          ...deps.prober,
          probe: async (value) => {
            await strict.leases.acquire('agent:dev-a', 60_000, world.now + DAY)
            return probe(value)
          },
        },
      }),
    )
    expect(error).toMatchObject({code: 'LEASE_LOST', category: 'incomplete'})
    expect(world.puts).toBe(0)
  })
})

describe('Ctrl-C', () => {
  it('stops between acts with exit 130, the state and the resume command', async () => {
    const stop = new AbortController()
    const deps = world.deps(store, {
      signal: stop.signal,
      on: (item) => {
        if (item.kind === 'phase' && item.phase === 'pushed') stop.abort()
      },
    })
    const error = await fails(rotate(request(), deps))
    expect(error).toMatchObject({code: 'INTERRUPTED', exit: 130})
    expect(error.message).toContain('has the new token stored')
    expect(error.suggestions).toEqual([`patrol rotation resume ${await openId()}`])
    await expect(resumeRotation(await openId(), world.deps(store))).resolves.toMatchObject({phase: 'completed'})
    expect(world.violations).toEqual([])
  })

  it('before the first write leaves nothing to resume', async () => {
    const stop = new AbortController()
    stop.abort()
    expect(await fails(rotate(request(), world.deps(store, {signal: stop.signal})))).toMatchObject({exit: 130})
    expect([names(), await store.journal.list({open: true})]).toEqual([['agent token'], []])
  })
})

describe('resume and abort', () => {
  it('know which rotations there are', async () => {
    expect(await fails(resumeRotation('nope', world.deps(store)))).toMatchObject({code: 'ROTATION_UNKNOWN', exit: 2})
  })

  it('do nothing to a completed rotation', async () => {
    const {id} = await go()
    const calls = world.calls.length
    await expect(resumeRotation(id, world.deps(store))).resolves.toMatchObject({phase: 'completed'})
    await expect(abortRotation(id, world.deps(store))).resolves.toMatchObject({phase: 'completed'})
    expect(world.calls).toHaveLength(calls)
  })

  it('abort refuses once the workspace has the token', async () => {
    world.agentDeaf = true
    await fails(go())
    expect(await fails(abortRotation(await openId(), world.deps(store)))).toMatchObject({
      code: 'ABORT_REFUSED',
      exit: 6,
    })
    expect(names()).toHaveLength(2)
  })
})

describe('acts by hand', () => {
  it('push believes the row, and settles a lost answer by it without writing twice', async () => {
    world.fault = [{at: 1 + (await callsOfPush()).indexOf('putSecret'), kind: 'lost-after'}]
    const {updatedAt} = await pushSecret(pushOf(world), world.deps(store))
    expect([updatedAt, world.puts]).toEqual([world.secret?.updatedAt, 1])
  })

  it('push writes once more when nothing was stored', async () => {
    world.fault = [{at: 1 + (await callsOfPush()).indexOf('putSecret'), kind: 'lost-before'}]
    await pushSecret(pushOf(world), world.deps(store))
    expect(world.puts).toBe(1)
  })

  async function callsOfPush(): Promise<string[]> {
    const other = new World()
    await pushSecret(pushOf(other), other.deps(store))
    return other.calls
  }

  it('restart after a push follows the automatic one', async () => {
    const {baseline} = await pushSecret(pushOf(world), world.deps(store))
    await expect(
      restartWorkspace({agent: 'dev-a', workspace: 'dev-a', since: baseline}, world.deps(store)),
    ).resolves.toMatchObject({
      cause: 'automatic',
      evidence: 'events',
    })
    expect(world.restarts).toBe(0)
  })

  async function restartLost(kind: 'lost-before' | 'lost-after') {
    const other = new World()
    await restartWorkspace({agent: 'dev-a', workspace: 'dev-a'}, other.deps(store))
    world.fault = [{at: 1 + other.calls.indexOf('restart'), kind}]
    return restartWorkspace({agent: 'dev-a', workspace: 'dev-a'}, world.deps(store))
  }

  it('restart with a lost answer follows the restart that came of it', async () => {
    await expect(restartLost('lost-after')).resolves.toMatchObject({cause: 'requested'})
    expect(world.restarts).toBe(1)
  })

  it('restart with a lost answer is not repeated when none came of it', async () => {
    expect(await fails(restartLost('lost-before'))).toMatchObject({code: 'RESTART_IN_DOUBT'})
    expect(world.restarts).toBe(0)
  })
})

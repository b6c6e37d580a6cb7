import {beforeEach, describe, expect, test} from 'vitest'
import {OpsError} from '../../../src/errors.ts'
import {
  abortRotation,
  planRotation,
  pushSecret,
  replay,
  resumeRotation,
  rotate,
  surveyRotation,
  type RotationDeps,
} from '../../../src/rotation/index.ts'
import {proofOf} from '../../../src/rotation/asking.ts'
import type {SecretRow, SmokeTarget} from '../../../src/rotation/ports.ts'
import type {PathResult, SmokeReason, SmokeReport} from '../../../src/smoke/types.ts'
import type {Store} from '../../../src/store/index.ts'
import {pushOf, request, storeInMemory, World} from '../../support/world.ts'
import {withheld} from '../../../src/smoke/withheld.ts'

let world: World
let store: Store
beforeEach(async () => {
  world = new World()
  store = await storeInMemory()
})

/** The world in which the proof comes out with something else in its report. */
function proving(change: (report: SmokeReport) => Partial<SmokeReport>): RotationDeps {
  const deps = world.deps(store)
  const prove: RotationDeps['smoke']['prove'] = async (target) => {
    const report = await deps.smoke.prove(target)
    return {...report, ...change(report)}
  }
  return {...deps, smoke: {prove}}
}

/** The world whose platform lists the secret's row in another way. */
function listing(change: (row: SecretRow) => SecretRow, when: () => boolean = () => true): RotationDeps {
  const deps = world.deps(store)
  const secretRow: RotationDeps['platform']['secretRow'] = async (...of) => {
    const row = await deps.platform.secretRow(...of)
    return row && when() ? change(row) : row
  }
  return {...deps, platform: {...deps.platform, secretRow}}
}

const asGlobal = (row: SecretRow): SecretRow => ({...row, scope: 'global'})

/** Nothing that any agent could run on is gone. */
function expectNothingRevoked(): void {
  expect(world.alive(world.old.lastEight)).toBe(true)
  expect(world.calls).not.toContain('remove')
  expect(world.violations).toEqual([])
}

describe('a rotation is proven only', () => {
  test.each<[string, (report: SmokeReport) => Partial<SmokeReport>, string]>([
    [
      'where all paths passed, whatever the agent reports',
      ({paths}) => ({passed: false, paths: paths.map((path, at) => (at === 0 ? {...path, outcome: 'failed'} : path))}),
      'PROOF_FAILED',
    ],
    ['where no path is unknown', () => ({passed: false}), 'PROOF_MISSING'],
    [
      "where the agent reports the new token's last eight, whatever passed",
      () => ({reportedLastEight: '00000001'}),
      'PROOF_MISSING',
    ],
    ['where the agent reports any', () => ({reportedLastEight: undefined}), 'PROOF_MISSING'],
  ])('%s', async (_, change, code) => {
    await expect(rotate(request(), proving(change))).rejects.toMatchObject({code, exit: 7})
    expectNothingRevoked()
  })

  test('while the secret is as we left it', async () => {
    const later = (row: SecretRow) => ({...row, updatedAt: new Date(Date.parse(row.updatedAt) + 1).toISOString()})
    const deps = listing(later, () => world.process.generation > 1)
    await expect(rotate(request(), deps)).rejects.toMatchObject({code: 'SECRET_OVERWRITTEN', exit: 7})
    expectNothingRevoked()
  })

  test("while that secret is the workspace's own: a global one of the same key is another", async () => {
    const deps = listing(asGlobal, () => world.process.generation > 1)
    await expect(rotate(request(), deps)).rejects.toMatchObject({code: 'SECRET_OVERWRITTEN', exit: 7})
    expectNothingRevoked()
  })
})

test('the agent is asked for the new token, and told which others it must not name', async () => {
  const deps = world.deps(store)
  const targets: SmokeTarget[] = []
  const prove: RotationDeps['smoke']['prove'] = (target, options) => {
    targets.push(target)
    return deps.smoke.prove(target, options)
  }
  world.addToken('patrol.dev-a.20261101.earlier001', ['read:issue'])
  const ask = request({oldValue: world.old.value, waive: {foreignRotation: true}})
  await rotate(ask, {...deps, smoke: {prove}})
  expect(targets).toMatchObject([{agent: 'dev-a', repo: 'molecule/core', expectLastEight: '00000003'}])
  expect(targets[0]?.superseded.toSorted()).toEqual(['00000001', '00000002'])
  // By what is at hand, and what is listed, a model that miscounts is told from one with another token.
  expect(targets[0]?.oldValues).toEqual([world.old.value])
  expect(targets[0]?.others?.toSorted()).toEqual(['00000001', '00000002', '00000003'])
})

test.each<[SmokeReason | undefined, string]>([
  ['old-token', 'EXTERNAL_RESTART'],
  ['stale-process', 'EXTERNAL_RESTART'],
  ['not-restarted', 'EXTERNAL_RESTART'],
  ['scope-gap', 'PROOF_FAILED'],
  [undefined, 'PROOF_FAILED'],
])('an external agent that fails for %s ends a resume with %s', async (reason, code) => {
  world.workspace.runtime = 'external'
  await expect(rotate(request(), world.deps(store))).rejects.toMatchObject({code: 'EXTERNAL_RESTART'})
  const {id} = (await store.journal.list({open: true}))[0]!
  const failing = proving(({paths}) => ({
    passed: false,
    paths: paths.map((path) => ({...path, outcome: 'failed', reason})),
  }))
  await expect(resumeRotation(id, failing)).rejects.toMatchObject({code, exit: 7})
  expectNothingRevoked()
})

describe('a proof that takes long', () => {
  /** The agent answers after a quarter of an hour, and is looked for every minute. */
  const slow = (deps: RotationDeps): RotationDeps => ({
    ...deps,
    smoke: {
      async prove(target, options) {
        for (let minute = 1; minute <= 15; minute += 1) {
          await options?.onWait?.(minute < 5 ? 'it is queued' : 'it works on it')
          world.advance(60_000)
        }
        return deps.smoke.prove(target, options)
      },
    },
  })

  test('says what it waits for, once for each thing', async () => {
    await rotate(request(), slow(world.deps(store)))
    const waits = world.progress.flatMap((each) =>
      each.kind === 'waiting' && each.act === 'smoke' ? [each.detail] : [],
    )
    expect(waits).toEqual(['it is queued', 'it works on it'])
  })

  test('says so of no rotation where it belongs to none, and needs no listener', async () => {
    const {workspace, secretKey, via, ...rest} = request()
    const target = {...rest, via, secretKey, workspaceId: workspace, expectLastEight: '00000001', superseded: []}
    const deps = slow(world.deps(store))
    await proofOf(deps, {...target, token: undefined})
    expect(world.progress).toContainEqual(
      expect.objectContaining({kind: 'waiting', act: 'smoke', detail: 'it is queued', story: undefined}),
    )
    const heard = world.progress.length
    expect(await proofOf({clock: deps.clock, smoke: deps.smoke}, {...target, token: undefined})).toMatchObject({
      reportedLastEight: '00000001',
    })
    expect(world.progress).toHaveLength(heard)
  })

  test('keeps the lease, so that no other run comes in between', async () => {
    const deps = slow(world.deps(store))
    const renewed: number[] = []
    const renew: RotationDeps['leases']['renew'] = async (lease, ttl, now) => {
      expect(now).toBeLessThan(lease.expiresAt)
      renewed.push(now)
      return store.leases.renew(lease, ttl, now)
    }
    await rotate(request(), {...deps, leases: {...deps.leases, renew}})
    expect(renewed.length).toBeGreaterThan(2)
  })

  test('ends where the lease is lost', async () => {
    const deps = slow(world.deps(store))
    const lost = new OpsError('LEASE_LOST', 'Another run is at it.')
    let asked = false
    const renew: RotationDeps['leases']['renew'] = (lease, ttl, now) =>
      asked ? Promise.reject(lost) : store.leases.renew(lease, ttl, now)
    const prove: RotationDeps['smoke']['prove'] = (...of) => {
      asked = true
      return deps.smoke.prove(...of)
    }
    await expect(rotate(request(), {...deps, smoke: {prove}, leases: {...deps.leases, renew}})).rejects.toMatchObject({
      code: 'LEASE_LOST',
    })
    expectNothingRevoked()
  })
})

describe("a global secret of the same key is not the workspace's own", () => {
  test('so that it does not confirm a push, of a rotation or by hand', async () => {
    await expect(rotate(request(), listing(asGlobal))).rejects.toMatchObject({code: 'PUSH_UNCONFIRMED', exit: 7})
    expectNothingRevoked()
    await expect(pushSecret(pushOf(world), listing(asGlobal))).rejects.toMatchObject({code: 'PUSH_UNCONFIRMED'})
  })

  test('so that its time is not taken for that of an earlier write', async () => {
    let pushes = 0
    const deps = listing((row) =>
      pushes === 0 ? {...row, scope: 'global', updatedAt: '2026-11-22T03:00:09.000Z'} : row,
    )
    const putSecret: RotationDeps['platform']['putSecret'] = async (...of) => {
      pushes++
      return deps.platform.putSecret(...of)
    }
    await pushSecret(pushOf(world), {...deps, platform: {...deps.platform, putSecret}})
    expect(pushes).toBe(1)
  })
})

describe('a push', () => {
  test('waits for a workspace that is being provisioned, whose process may miss a secret stored now', async () => {
    world.workspace.status = 'provisioning'
    world.later(20_000, () => (world.workspace.status = 'online'))
    const began = world.now
    await pushSecret(pushOf(world), world.deps(store))
    expect(world.now - began).toBeGreaterThanOrEqual(20_000)
  })
})

describe('a failed proof is rolled back only', () => {
  const failing = () => {
    world.newTokensFail = true
  }

  test('where the old value is at hand and alive', async () => {
    failing()
    const ask = request({onProofFailure: 'rollback', oldValue: world.old.value})
    await expect(rotate(ask, world.deps(store))).rejects.toMatchObject({code: 'ROLLED_BACK'})
    expect(world.secret?.lastEight).toBe(world.old.lastEight)
  })

  test('with an approval of its own for each of the two pushes', async () => {
    failing()
    world.behaviour.approval = 'approved'
    const ask = request({onProofFailure: 'rollback', oldValue: world.old.value})
    await expect(rotate(ask, world.deps(store))).rejects.toMatchObject({code: 'ROLLED_BACK'})
    expect(world.approvalCount).toBe(2)
    expect([world.secret?.lastEight, world.process.lastEight]).toEqual([world.old.lastEight, world.old.lastEight])
  })

  test('with a restart that is asked for again after a lost one, and one for the way back', async () => {
    failing()
    world.behaviour.autoRestartMs = undefined
    const deps = world.deps(store)
    let restarts = 0
    const restart: RotationDeps['platform']['restart'] = async (id) => {
      if (++restarts === 1) throw new OpsError('WRITE_IN_DOUBT', 'The answer was lost.')
      return deps.platform.restart(id)
    }
    const ask = request({onProofFailure: 'rollback', oldValue: world.old.value})
    const ended = rotate(ask, {...deps, platform: {...deps.platform, restart}})
    await expect(ended).rejects.toMatchObject({code: 'ROLLED_BACK'})
    expect([restarts, world.process.lastEight]).toEqual([3, world.old.lastEight])
  })

  test('where nobody has stored another value meanwhile, which stays', async () => {
    failing()
    const other = world.addToken('by hand', ['read:issue', 'read:repository'])
    const on: RotationDeps['on'] = (progress) => {
      if (progress.kind === 'phase' && progress.phase === 'rolling_back') world.overwrite(other.value)
    }
    const ask = request({onProofFailure: 'rollback', oldValue: world.old.value, deployedLastEight: '00000001'})
    const failed = rotate(ask, world.deps(store, {on}))
    await expect(failed).rejects.toMatchObject({code: 'SECRET_OVERWRITTEN', exit: 7})
    expect([world.secret?.lastEight, world.puts]).toEqual([other.lastEight, 1])
    expectNothingRevoked()
  })

  test('where the agent then reports the old token back; until it does the new one stays', async () => {
    failing()
    const ask = request({onProofFailure: 'rollback', oldValue: world.old.value})
    const deps = proving(() => ({reportedLastEight: '0000dead'}))
    await expect(rotate(ask, deps)).rejects.toMatchObject({code: 'PROOF_MISSING', exit: 7})
    expect(world.tokens).toHaveLength(2)
    expectNothingRevoked()
  })

  test.each(['dead', 'blocked'] as const)('not where the old value is %s', async (state) => {
    failing()
    const deps = world.deps(store)
    const liveness: RotationDeps['prober']['liveness'] = async (value) => ({
      ...(await deps.prober.liveness(value)),
      state,
    })
    const ask = request({onProofFailure: 'rollback', oldValue: world.old.value})
    const failed = rotate(ask, {...deps, prober: {...deps.prober, liveness}})
    await expect(failed).rejects.toMatchObject({code: 'PROOF_FAILED', exit: 7})
    expect([world.puts, world.tokens.length]).toEqual([1, 2])
  })

  test('and the lease is kept as long as the workspace comes to rest', async () => {
    failing()
    const on: RotationDeps['on'] = (progress) => {
      if (progress.kind !== 'phase' || progress.phase !== 'rolling_back') return
      world.workspace.status = 'provisioning'
      world.later(12 * 60_000, () => (world.workspace.status = 'online'))
    }
    const renew: RotationDeps['leases']['renew'] = async (lease, ttl, now) => {
      expect(now).toBeLessThan(lease.expiresAt)
      return store.leases.renew(lease, ttl, now)
    }
    const deps = world.deps(store, {on})
    const ask = request({onProofFailure: 'rollback', oldValue: world.old.value})
    const failed = rotate(ask, {...deps, leases: {...deps.leases, renew}})
    await expect(failed).rejects.toMatchObject({code: 'ROLLED_BACK'})
  })

  test('not where the old token dies while the workspace comes to rest', async () => {
    failing()
    const on: RotationDeps['on'] = (progress) => {
      if (progress.kind !== 'phase' || progress.phase !== 'rolling_back') return
      world.workspace.status = 'provisioning'
      // By its value alone: Gitea's list may be older.
      world.later(5_000, () => (died = true))
      world.later(60_000, () => (world.workspace.status = 'online'))
    }
    let died = false
    const deps = world.deps(store, {on})
    const liveness: RotationDeps['prober']['liveness'] = async (value) => ({
      ...(await deps.prober.liveness(value)),
      ...(died && {state: 'dead' as const}),
    })
    const ask = request({onProofFailure: 'rollback', oldValue: world.old.value})
    const failed = rotate(ask, {...deps, prober: {...deps.prober, liveness}})
    await expect(failed).rejects.toMatchObject({code: 'PROOF_FAILED', exit: 7})
    expect([world.puts, world.tokens.length]).toEqual([1, 2])
  })

  test.each<[string, () => Parameters<typeof request>[0]]>([
    ['where that is asked for', () => ({onProofFailure: 'keep', oldValue: world.old.value})],
    [
      'not where the workspace runs elsewhere',
      () => {
        world.workspace.runtime = 'external'
        return {onProofFailure: 'rollback', oldValue: world.old.value}
      },
    ],
  ])('%s', async (_, ask) => {
    failing()
    const before = world.puts
    const error = await rotate(request(ask()), world.deps(store)).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({exit: 7})
    expect(world.puts).toBe(before + 1)
    expectNothingRevoked()
  })
})

describe('only a contradiction is rolled back', () => {
  const ask = () => request({onProofFailure: 'rollback', oldValue: world.old.value})
  const proof = (path: Partial<PathResult>, heard?: string): RotationDeps =>
    proving(() => ({
      passed: false,
      reportedLastEight: heard,
      paths: [{path: 'swarm-pull', outcome: 'failed', message: 'so it is', ...path}],
    }))

  test.each<[SmokeReason, PathResult['outcome'], string]>([
    ['no-answer', 'unknown', 'PROOF_MISSING'],
    ['wrong-nonce', 'unknown', 'PROOF_MISSING'],
    ['rpc-error', 'unknown', 'PROOF_MISSING'],
    ['agent-error', 'unknown', 'PROOF_MISSING'],
    ['refused', 'unknown', 'PROOF_MISSING'],
    ['unreachable', 'unknown', 'PROOF_MISSING'],
    ['no-reading', 'unknown', 'PROOF_MISSING'],
    ['wrong-status', 'unknown', 'PROOF_MISSING'],
    ['no-token', 'failed', 'PROOF_FAILED'],
    ['role', 'failed', 'PROOF_FAILED'],
    ['token-leaked', 'failed', 'PROOF_FAILED'],
    ['wrong-issues', 'failed', 'PROOF_FAILED'],
    ['wrong-status', 'failed', 'PROOF_FAILED'],
    ['miscounted', 'failed', 'PROOF_FAILED'],
    ['label-unknown', 'failed', 'PROOF_FAILED'],
  ])('%s (%s) stops with %s, both tokens alive, and names the next step', async (reason, outcome, code) => {
    const error = await rotate(ask(), proof({reason, outcome})).catch((thrown: unknown) => thrown)
    const {id} = (await store.journal.list({open: true}))[0]!
    const said = outcome === 'unknown' ? 'It is not proven that dev-a works with the new token' : 'dev-a does not work'
    expect(error).toMatchObject({code, exit: 7, message: expect.stringContaining('nothing was revoked')})
    expect(error).toMatchObject({message: expect.stringContaining(said)})
    expect(error).toMatchObject({
      suggestions: expect.arrayContaining([`patrol rotation resume ${id}`, `patrol rotation abort ${id}`]),
    })
    expect([world.puts, world.tokens.length, world.restarts]).toEqual([1, 2, 0])
    expect(replay(await store.journal.read(id))).toMatchObject({phase: 'restarted'})
    expectNothingRevoked()
  })

  test.each(['wrong-status', 'miscounted'] as const)(
    'what the value itself had cleared (%s) does not condemn the token once that is gone',
    async (reason) => {
      await expect(rotate(ask(), proof({reason}))).rejects.toMatchObject({code: 'PROOF_FAILED'})
      const {id} = (await store.journal.list({open: true}))[0]!
      const said = proof({reason: reason === 'miscounted' ? 'wrong-token' : 'scope-gap'})
      for (const _ of ['once', 'and again']) {
        const resumed = resumeRotation(id, said, {oldValue: world.old.value})
        await expect(resumed).rejects.toMatchObject({code: 'PROOF_FAILED', exit: 7})
      }
      const failures = (await store.journal.read(id)).flatMap((fact) =>
        fact.type === 'proof_failed' ? fact.reasons : [],
      )
      const cleared = ['wrong-status', 'miscounted'].map((each) => failures.includes(`swarm-pull: ${each}`))
      expect(cleared).toEqual([reason === 'wrong-status', reason === 'miscounted'])
      expect(world.tokens).toHaveLength(2)
      expectNothingRevoked()
    },
  )

  test.each([true, false])(
    'a secret that never arrives leads to a rotation anew, for this one ends with that secret (withheld: %s)',
    async (withholds) => {
      const {remedy} = withheld('GITEA_TOKEN')
      world.withholds = withholds
      const failing = proof({reason: 'no-token', suggestions: [remedy, 'patrol smoke dev-a']})
      const error = await rotate(ask(), failing).catch((thrown: unknown) => thrown)
      const {id} = (await store.journal.list({open: true}))[0]!
      expect(error).toMatchObject({
        code: 'PROOF_FAILED',
        message: expect.stringContaining('What is begun ends with GITEA_TOKEN: for another secret abort it'),
        suggestions: [remedy, `patrol rotation abort ${id} --keep both`, 'patrol rotate dev-a'],
      })
      expect(await abortRotation(id, world.deps(store), {keep: 'both'})).toMatchObject({phase: 'rolled_back'})
      expectNothingRevoked()
      const again = request({secretKey: 'GIT_HTTP_PASSWORD'})
      expect(await rotate(again, world.deps(store))).toMatchObject({phase: 'completed', candidate: {id: 3}})
      expect(world.tokens.map((token) => token.id)).toEqual([3])
    },
  )

  test('of an agent that runs elsewhere, which no command of ours restarts, none is suggested', async () => {
    world.workspace.runtime = 'external'
    const {remedy} = withheld('GITEA_TOKEN')
    await expect(rotate(ask(), world.deps(store))).rejects.toMatchObject({code: 'EXTERNAL_RESTART'})
    const {id} = (await store.journal.list({open: true}))[0]!
    await expect(resumeRotation(id, proof({reason: 'no-token', suggestions: [remedy]}))).rejects.toMatchObject({
      code: 'PROOF_FAILED',
      suggestions: [remedy, `patrol rotation abort ${id} --keep both`, 'patrol rotate dev-a'],
    })
  })

  test.each<[SmokeReason]>([
    ['scope-gap'],
    ['token-dead'],
    ['not-restarted'],
    ['stale-process'],
    ['old-token'],
    ['wrong-token'],
  ])('%s is one', async (reason) => {
    const deps = proof({reason})
    let first = true
    const prove: RotationDeps['smoke']['prove'] = (...of) => {
      const asked = first ? deps.smoke.prove(...of) : world.smoke.prove(...of)
      first = false
      return asked
    }
    await expect(rotate(ask(), {...deps, smoke: {prove}})).rejects.toMatchObject({code: 'ROLLED_BACK'})
    expect(world.tokens.map(({lastEight}) => lastEight)).toEqual([world.old.lastEight])
  })
})

describe('a rollback whose old token cannot be proven', () => {
  async function stuck(): Promise<string> {
    world.newTokensFail = true
    const deps = world.deps(store, {
      on: (item) => {
        if (item.kind === 'phase' && item.phase === 'rolling_back') world.agentDeaf = true
      },
    })
    const ask = request({onProofFailure: 'rollback', oldValue: world.old.value})
    await expect(rotate(ask, deps)).rejects.toMatchObject({code: 'PROOF_MISSING', exit: 7})
    const {id} = (await store.journal.list({open: true}))[0]!
    return id
  }

  test('names the way out, whatever is tried', async () => {
    const id = await stuck()
    const out = {suggestions: expect.arrayContaining([`patrol rotation abort ${id}`])}
    await expect(resumeRotation(id, world.deps(store))).rejects.toMatchObject({code: 'PROOF_MISSING', ...out})
    await expect(planRotation(request(), world.deps(store))).rejects.toMatchObject({code: 'ROTATION_OPEN', ...out})
    expectNothingRevoked()
  })

  test("ends by a person's word, who sees how each token stands", async () => {
    const id = await stuck()
    expect(await surveyRotation(id, world.deps(store))).toMatchObject({
      secret: 'old',
      word: {holds: 'unknown'},
      tokens: [
        {lastEight: world.old.lastEight, side: 'old', alive: true},
        {side: 'new', alive: true},
      ],
    })
    await expect(abortRotation(id, world.deps(store), {keep: 'old'})).rejects.toMatchObject({
      code: 'ABORT_REFUSED',
      suggestions: [`patrol rotation resume ${id}`, `patrol rotation abort ${id} --keep both`],
    })
    expect(world.tokens).toHaveLength(2)
    world.agentDeaf = false
    await expect(abortRotation(id, world.deps(store))).rejects.toMatchObject({
      suggestions: [
        `patrol rotation resume ${id}`,
        `patrol rotation abort ${id} --keep old`,
        `patrol rotation abort ${id} --keep both`,
      ],
    })
    await abortRotation(id, world.deps(store), {keep: 'old'})
    expect(world.tokens.map(({lastEight}) => lastEight)).toEqual([world.old.lastEight])
    expect(await store.journal.list({open: true})).toEqual([])
    expect(world.violations).toEqual([])
  })

  test('is not ended by deleting what the agent says that it runs on', async () => {
    const id = await stuck()
    world.agentDeaf = false
    world.process.lastEight = world.tokens[1]!.lastEight
    await expect(abortRotation(id, world.deps(store), {keep: 'old'})).rejects.toMatchObject({
      code: 'ABORT_REFUSED',
      message: expect.stringContaining('runs on …00000002, which would be deleted'),
      suggestions: [`patrol rotation resume ${id}`, `patrol rotation abort ${id} --keep both`],
    })
    expect(world.tokens).toHaveLength(2)
  })

  test("blames the new token's flaw on it, not the old one's", async () => {
    const reports: Partial<PathResult>[] = [
      {path: 'pulls', reason: 'scope-gap'},
      {path: 'issues', reason: 'scope-gap'},
    ]
    const deps = proving((report) => {
      const flaw = reports.shift()
      if (!flaw) return report
      return {
        passed: false,
        reportedLastEight: undefined,
        paths: [{path: 'issues', outcome: 'failed', message: '', ...flaw}],
      }
    })
    const ask = request({onProofFailure: 'rollback', oldValue: world.old.value})
    await expect(rotate(ask, deps)).rejects.toMatchObject({code: 'PROOF_MISSING'})
    const {id} = (await store.journal.list({open: true}))[0]!
    await expect(resumeRotation(id, deps)).rejects.toMatchObject({
      code: 'ROLLED_BACK',
      message: expect.stringMatching(/with the new token \(pulls: scope-gap\)/),
    })
  })
})

test('an agent is asked with the reach of the token that it is to have, as the server lists it', async () => {
  const deps = world.deps(store)
  const reach: unknown[] = []
  const prove: RotationDeps['smoke']['prove'] = async (target) => {
    reach.push(target.confinedTo)
    return deps.smoke.prove(target)
  }
  const list: RotationDeps['tokens']['list'] = async (user) =>
    (await deps.tokens.list(user)).map((row) => (row.id === 2 ? {...row, repositories: ['acme/core']} : row))
  await rotate(request(), {...deps, smoke: {prove}, tokens: {...deps.tokens, list}})
  expect(reach).toEqual([['acme/core']])
})

import {tokenName} from '../../../src/rotation/names.ts'
import {beforeEach, describe, expect, it} from 'vitest'
import {OpsError} from '../../../src/errors.ts'
import type {RotationFact} from '../../../src/rotation/events.ts'
import {replay, resumeRotation, rotate} from '../../../src/rotation/index.ts'
import {attempt, findLate, lateOrphans, takeBack, unfitness} from '../../../src/rotation/mint.ts'
import type {TokenAdmin} from '../../../src/rotation/ports.ts'
import {claim, isLost, leftToRevoke, outbid} from '../../../src/rotation/rivals.ts'
import {openRun, type RotationRun} from '../../../src/rotation/run.ts'
import type {ProbeReport} from '../../../src/probe/types.ts'
import {SCOPES, type Scope} from '../../../src/scopes/vocabulary.ts'
import type {Store} from '../../../src/store/index.ts'
import {baseline, old, planned} from '../../support/journals.ts'
import {request, storeInMemory, USER, World} from '../../support/world.ts'

const evidence = {method: 'GET', path: '/version', status: 200, dialect: 'none' as const, reason: 'made up'}
type Verdict = ProbeReport['scopes'][number]['verdict']

let world: World
let store: Store
beforeEach(async () => {
  world = new World()
  store = await storeInMemory()
})

describe('a probed token', () => {
  const judged = (
    wanted: Scope[],
    verdicts: {[scope in Scope]?: Verdict},
    {
      state = 'alive',
      granted = [],
      repo,
    }: {state?: ProbeReport['liveness']['state']; granted?: Scope[]; repo?: ProbeReport['repo']} = {},
  ) => {
    const scopes = SCOPES.flatMap((scope) => {
      const verdict = verdicts[scope]
      return verdict ? [{scope, verdict, evidence}] : []
    })
    const of = {giteaUrl: '', version: undefined, dialect: 'plain' as const, identity: undefined}
    const report: ProbeReport = {
      ...of,
      repo,
      liveness: {state, evidence},
      scopes,
      granted,
      confinement: {reach: 'all', reason: 'made up'},
      lastEight: '00000002',
      requests: 1,
    }
    const unfit = unfitness(report, {lastEight: '00000002'}, {user: 'dev-a', scopes: wanted, profile: 'engineer'})
    return unfit && {...unfit, code: unfit.error.code, says: unfit.error.message, advice: unfit.error.suggestions}
  }

  it.each<[string, Scope[], {[scope in Scope]?: Verdict}, Scope[]]>([
    ['all its scopes', ['read:issue', 'read:user'], {'read:issue': 'granted', 'read:user': 'granted'}, []],
    ['a scope that is listed, whatever was found', ['read:issue'], {'read:issue': 'missing'}, ['read:issue']],
    ['a scope that no route asks for', ['read:misc'], {'read:misc': 'not_applicable'}, []],
    ['every scope there is, which is all', ['all'], {'read:issue': 'granted', 'public-only': 'missing'}, []],
    ['all, as it is listed', ['all'], {'read:issue': 'unknown'}, ['all']],
    ['more than it needs', ['read:issue'], {'read:issue': 'granted', 'read:user': 'missing'}, []],
  ])('will do with %s', (_, wanted, verdicts, granted) => {
    expect(judged(wanted, verdicts, {granted})).toBeUndefined()
  })

  it.each(['issues', 'pulls'] as const)(
    'will not do where its confinement shuts it out from the %s of its work',
    (part) => {
      const open = {outcome: 'ok' as const, evidence}
      const shut = {outcome: 'confinement' as const, evidence: {...evidence, reason: 'only o/other'}}
      const repo = {repo: 'o/work', issues: open, pulls: open}
      const granted = {'read:issue': 'granted' as const}
      expect(judged(['read:issue'], granted, {repo})).toBeUndefined()
      expect(judged(['read:issue'], granted, {repo: {...repo, [part]: shut}})).toMatchObject({
        code: 'CANDIDATE_REJECTED',
        says: 'The new token …00000002 does not reach where the work is found: only o/other.',
        advice: ['name o/work under "repositories" of profile engineer in patrol.yaml'],
      })
    },
  )

  it('will not do without one of its scopes', () => {
    const verdicts = {'read:issue': 'granted', 'read:user': 'missing'} as const
    const wanted: Scope[] = ['read:issue', 'read:user']
    expect(judged(wanted, verdicts)).toMatchObject({code: 'CANDIDATE_REJECTED', missing: ['read:user'], unknown: []})
    expect(judged(wanted, verdicts)?.says).toContain('lacks read:user of profile engineer')
    expect(judged(['all'], verdicts)).toMatchObject({code: 'CANDIDATE_REJECTED', missing: ['all']})
  })

  it('will not do where it is dead', () => {
    const unfit = judged(['read:issue'], {'read:issue': 'unknown'}, {state: 'dead'})
    expect(unfit).toMatchObject({code: 'CANDIDATE_REJECTED', says: expect.stringContaining('is dead.')})
  })

  it('will not do where its user is shut out, and none other of that user does either', () => {
    expect(judged(['read:issue'], {'read:issue': 'missing'}, {state: 'blocked'})).toMatchObject({
      code: 'CANDIDATE_REJECTED',
      says: 'The server does not let dev-a in with the new token …00000002, nor with any other: made up',
      advice: ['mend the account of dev-a in the web interface: Site Administration, User Accounts'],
      missing: ['read:issue'],
    })
  })

  it.each<[string, Scope[], {[scope in Scope]?: Verdict}, ProbeReport['liveness']['state'], string]>([
    ['of one of its scopes', ['read:issue'], {'read:issue': 'unknown'}, 'alive', 'read:issue is unknown'],
    ['of one of all', ['all'], {'read:issue': 'granted', 'read:user': 'unknown'}, 'alive', 'all is unknown'],
    ['of a scope that was not looked at', ['read:issue'], {'read:user': 'granted'}, 'alive', 'read:issue is unknown'],
    ['of its life', ['read:issue'], {'read:issue': 'granted'}, 'unknown', 'whether it works at all is unknown'],
  ])('is not proven where nobody can tell %s', (_, wanted, verdicts, state, says) => {
    const unfit = judged(wanted, verdicts, {state})
    expect(unfit).toMatchObject({code: 'CANDIDATE_UNPROVEN', says: expect.stringContaining(says)})
    expect(unfit?.advice).toEqual(['patrol doctor'])
  })
})

describe('a mint', () => {
  const owner = {agent: 'dev-a', user: USER}
  const refusing = (error: Error, mints = false) => {
    const deps = world.deps(store)
    const mint: TokenAdmin['mint'] = async (user, name, scopes) => {
      if (mints) world.addToken(name, [...scopes], user)
      throw error
    }
    return {...deps, tokens: {...deps.tokens, mint}}
  }
  const journalled = async () => {
    const [summary] = await store.journal.list()
    return (await store.journal.read(summary!.id)).map(({type}) => type)
  }
  const lists = () => world.calls.filter((call) => call === 'list').length

  it.each([
    ['ADMIN_REJECTED', 'auth'],
    ['CONFIG_INVALID', 'usage'],
  ] as const)('that is refused with %s minted nothing where the list shows nothing', async (code, category) => {
    await expect(rotate(request(), refusing(new OpsError(code, 'No.')))).rejects.toMatchObject({code, category})
    expect(await journalled()).toEqual(['planned', 'mint_intended', 'mint_refused', 'closed'])
    // The plan's, and the look.
    expect(lists()).toBe(2)
  })

  it.each([
    ['ADMIN_REJECTED', 'mint_refused'],
    ['GITEA_UNUSABLE', 'mint_intended'],
  ] as const)('whose look is refused with %s ends in %s', async (code, event) => {
    const {tokens, ...deps} = refusing(new OpsError('ADMIN_REJECTED', 'No.'))
    let looks = 0
    const list: TokenAdmin['list'] = async (user) => {
      if (++looks > 1) throw new OpsError(code, 'Nor this.')
      return tokens.list(user)
    }
    await rotate(request(), {...deps, tokens: {...tokens, list}}).catch(() => {})
    expect((await journalled()).filter((type) => type !== 'closed').at(-1)).toBe(event)
  })

  it('that ended with any other error is settled by the list: there is none', async () => {
    const error = new OpsError('GITEA_UNUSABLE', 'A web page.')
    await expect(rotate(request(), refusing(error))).rejects.toMatchObject({code: 'GITEA_UNUSABLE'})
    expect(await journalled()).toEqual(['planned', 'mint_intended', 'mint_refused', 'closed'])
  })

  it.each([
    ['by a web page', 'GITEA_UNUSABLE'],
    ['the second time that a proxy sent it', 'ADMIN_REJECTED'],
    ['so too', 'CONFIG_INVALID'],
  ] as const)('that was refused %s, with %s, is settled by the list: there is one, which goes', async (_, code) => {
    await expect(rotate(request(), refusing(new OpsError(code, 'No.'), true))).rejects.toMatchObject({code, exit: 7})
    expect(await journalled()).toContain('mint_settled')
    const [open] = await store.journal.list({open: true})
    await resumeRotation(open!.id, world.deps(store))
    expect(world.tokens.map(({name}) => name)).toEqual([expect.stringMatching(/-2$/)])
    expect(await journalled()).toContain('discarded')
  })

  it('whose answer was lost goes before the next one, as soon as the list shows it', async () => {
    const whole = new World()
    await rotate(request(), whole.deps(await storeInMemory()))
    world.fault = [{at: 1 + whole.calls.indexOf('mint'), kind: 'lost-after'}]
    await rotate(request(), world.deps(store))
    const told = await journalled()
    expect(told.indexOf('discarded')).toBeLessThan(told.lastIndexOf('mint_intended'))
    expect(told.indexOf('discarded')).toBeGreaterThan(0)
  })

  it('for a user of whom Gitea tells no kind is Gitea’s to refuse', async () => {
    const deps = world.deps(store)
    const tokens = {...deps.tokens, account: async () => undefined}
    expect(await attempt({tokens}, owner, 'x', {scopes: ['read:issue']})).toMatchObject({token: {name: 'x'}})
  })

  it('that meets a bug is no refusal', async () => {
    const bug = new TypeError('made up')
    const tokens = {...world.deps(store).tokens, account: () => Promise.reject(bug)}
    await expect(attempt({tokens}, owner, 'x', {scopes: ['read:issue']})).rejects.toBe(bug)
  })

  it('is looked for twice where its answer was lost', async () => {
    const deps = world.deps(store)
    const name = 'patrol.dev-a.20261122.x'
    const looking = () => findLate(deps, USER, name, 2_000)
    expect(await looking()).toBeUndefined()
    expect(lists()).toBe(2)
    world.later(1_000, () => world.addToken(name, []))
    expect(await looking()).toEqual({id: 2, name, lastEight: '00000002'})
    const before = [lists(), world.now] as const
    expect(await looking()).toMatchObject({id: 2})
    expect([lists() - before[0], world.now - before[1] < 1_000]).toEqual([1, true])
  })
})

describe('a token that nobody can use', () => {
  const owner = {agent: 'dev-a', user: USER}
  const trouble = new OpsError('FILE_UNUSABLE', 'The disk is full.')
  const taking = (error?: Error) => {
    const fresh = world.addToken('fresh', [])
    const deps = world.deps(store)
    const remove = async () => {
      throw error
    }
    return takeBack(error ? {...deps, tokens: {...deps.tokens, remove}} : deps, owner, fresh, trouble)
  }

  it('is taken back, and the trouble stays what it was', async () => {
    expect(await taking()).toMatchObject({
      code: 'FILE_UNUSABLE',
      message: expect.stringMatching(/full\..*deleted again/),
    })
    expect(world.tokens).toHaveLength(1)
  })

  it('is in doubt where it can not be, with the command that does it', async () => {
    expect(await taking(new OpsError('GITEA_UNUSABLE', 'A web page. Nothing was sent.'))).toMatchObject({
      code: 'WRITE_IN_DOUBT',
      message: expect.stringMatching(/disk is full.*id 2.*A web page\.$/),
      suggestions: ['patrol revoke dev-a --id 2 --confirm dev-a'],
    })
  })

  it('is no reason to hide a fault of ours', async () => {
    await expect(taking(new TypeError('a bug'))).rejects.toThrow('a bug')
  })
})

describe('among other machines’ tokens', () => {
  const mine = (n: number) => ({
    id: n,
    name: `patrol.dev-a.20261122.${planned.terms.rotation}`,
    lastEight: `0000000${n}`,
  })
  const theirs = (n: number) => ({id: n, name: 'patrol.dev-a.20261122.elsewhere1', lastEight: `0000000${n}`})
  const minted: RotationFact[] = [
    {type: 'mint_intended', name: mine(10).name},
    {type: 'minted', token: mine(10)},
    {type: 'probed', granted: []},
  ]
  const pushing: RotationFact = {type: 'push_intended', token: 10, updatedAt: null, baseline}
  const proven: RotationFact[] = [
    ...minted,
    pushing,
    {type: 'pushed', updatedAt: 't'},
    {type: 'restart_observed'},
    {type: 'restarted', evidence: 'events'},
    {type: 'proven', lastEight: mine(10).lastEight},
  ]

  /** A run on a rotation that got this far, and what Gitea lists to it; `told` is what it records. */
  function running(facts: RotationFact[], rows: {id: number; name: string; lastEight: string}[] | undefined) {
    const deps = world.deps(store)
    const list = async () => {
      if (!rows) throw new OpsError('GITEA_USER_UNKNOWN', 'Gitea has no such user.')
      return rows.map((row) => ({...row, scopes: []}))
    }
    const rotation = replay([planned, ...facts].map((fact) => ({...fact, at: 0})))!
    const lease = {name: 'agent:dev-a', owner: 'x', fence: 1, expiresAt: 0}
    const told: RotationFact[] = []
    const record: RotationRun['record'] = async (fact) => void told.push(fact)
    return {run: {...openRun({...deps, tokens: {...deps.tokens, list}}, lease, rotation), record}, told}
  }

  it('a late one of ours is an orphan; one that is known, or another rotation’s, is none', async () => {
    const named = (id: number, mint: number) => ({
      id,
      name: tokenName('dev-a', planned.terms.rotation, 0, mint),
      lastEight: `0000000${id}`,
    })
    const {run} = running(minted, [old, named(10, 1), named(11, 1), theirs(12), named(13, 2)])
    expect(await lateOrphans(run)).toEqual([named(11, 1)])
    const again = {...run, state: {...run.state, mints: 2}}
    expect(await lateOrphans(again)).toEqual([named(11, 1), named(13, 2)])
    expect(await lateOrphans(running(minted, undefined).run)).toEqual([])
  })

  it('the old token is lost only where a list shows others', async () => {
    const lost = (rows: Parameters<typeof running>[1]) => isLost(running(proven, rows).run, old)
    expect(await lost([mine(10)])).toBe(true)
    expect(await lost([{...old, lastEight: '90000001'}, mine(10)])).toBe(true)
    expect(await lost([old, mine(10)])).toBe(false)
    expect(await lost([])).toBe(false)
    expect(await lost(undefined)).toBe(false)
  })

  it('an earlier one is given way to, unless a live token of ours may be stored', async () => {
    const {run, told} = running(minted, [theirs(9), mine(10)])
    await expect(claim(run, mine(10))).rejects.toMatchObject({
      code: 'YIELDED',
      // It may be one of this machine's own, from before its servers moved.
      message: `Another run gave dev-a a token meanwhile, and was first: it minted ${theirs(9).name} (id 9). This run gave way.`,
    })
    expect(told).toEqual([{type: 'yielded', to: theirs(9)}])
    const sent = running([...minted, pushing], [theirs(9), mine(10)])
    await claim(sent.run, mine(10))
    expect(sent.told).toEqual([])
  })

  it('a later one gives way to us, before the proof', async () => {
    const {run, told} = running(proven.slice(0, -1), [mine(10), theirs(12)])
    await claim(run, mine(10))
    expect(told).toEqual([])
    await outbid(run)
    expect(told).toEqual([{type: 'outbid', tokens: [theirs(12)]}])
    const alone = running(proven.slice(0, -1), [old, mine(10)])
    await outbid(alone.run)
    expect(alone.told).toEqual([])
  })

  it('a candidate that is not listed as it was is not pushed', async () => {
    const pushes = (rows: Parameters<typeof running>[1]) => claim(running(minted, rows).run, mine(10))
    await expect(pushes([mine(10)])).resolves.toBeUndefined()
    await expect(pushes([old])).rejects.toMatchObject({code: 'CANDIDATE_GONE'})
    await expect(pushes([{...mine(10), lastEight: '90000010'}])).rejects.toMatchObject({code: 'CANDIDATE_GONE'})
    await expect(claim(running(minted, [old]).run)).resolves.toBeUndefined()
  })

  describe('before a revocation', () => {
    const later = {agent: 'dev-a', user: USER, token: 20, lastEight: '00000020', secretUpdatedAt: 't', at: 0}
    const row = {id: 20, name: 'by hand', lastEight: '00000020'}
    const left = async (rows: Parameters<typeof running>[1], deployment?: Partial<typeof later>) => {
      if (deployment) await store.ledger.apply([{kind: 'deployed', deployment: {...later, ...deployment}}])
      const {run, told} = running(proven, rows)
      return [await leftToRevoke(run), ...told.map(({type}) => type)]
    }

    it('our own token is there: what is left of the old ones goes', async () => {
      expect(await left([old, mine(10)])).toEqual(['some'])
      expect(await left([mine(10)])).toEqual(['gone'])
      expect(await left(undefined)).toEqual(['gone'])
    })

    it('our own is gone: a later proof decides', async () => {
      expect(await left([old, row], {})).toEqual(['some'])
      expect(await left([row])).toEqual(['gone'])
    })

    it('our own is gone, and so are the old ones: another rotation overtook us', async () => {
      expect(await left([theirs(9)])).toEqual(['overtaken', 'overtaken'])
    })

    it.each([
      ['none', undefined],
      ['one as another user', {user: 'b'}],
      ['one on another token', {token: 21}],
      ['one on another value of it', {lastEight: '90000020'}],
    ])('our own is gone, and with %s of a proof nothing is revoked', async (_, deployment) => {
      await expect(left([old, row], deployment)).rejects.toMatchObject({
        code: 'REVOCATION_HELD',
        suggestions: ['patrol rotate dev-a'],
      })
    })
  })
})

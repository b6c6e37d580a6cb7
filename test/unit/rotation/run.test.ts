import {describe as group, expect, it} from 'vitest'
import {OpsError} from '../../../src/errors.ts'
import type {RotationFact} from '../../../src/rotation/events.ts'
import {advance} from '../../../src/rotation/machine.ts'
import type {StoryProgress} from '../../../src/rotation/index.ts'
import {ROTATION, describe, inDoubt, openRun, telling} from '../../../src/rotation/run.ts'
import {leavingOf, warn} from '../../../src/story/run.ts'
import {pause} from '../../../src/story/polling.ts'
import {
  BACK,
  CANDIDATE,
  earlier,
  fresh,
  HOUR,
  MINTED,
  MINTING,
  old,
  ORPHAN,
  planned,
  PROVEN,
  PUSHED,
  PUSHING,
  REFUSED,
  RESTARTED,
  REVOKED,
  rival,
  rotationOf,
  timed,
} from '../../support/journals.ts'
import {START, storeInMemory, World} from '../../support/world.ts'

const TAKEN_BACK: RotationFact[] = [
  {type: 'decided', keep: 'old'},
  {type: 'discard_intended', token: 10},
  {type: 'discarded', token: 10},
  {type: 'closed'},
]
const at = 2 * HOUR
const token = CANDIDATE
const {name} = token

group('what the ledger learns', () => {
  /** From the last of these facts. */
  const learnt = (...facts: RotationFact[]) => {
    const last = timed(facts.at(-1)!)
    return ROTATION.learns(advance(rotationOf(...facts.slice(0, -1)), last), last)
  }
  const {agent, user, scopes, rotation} = planned.terms
  const minted = (of: typeof token) => [{kind: 'minted', user, token: of, scopes, rotation, at}]
  const superseded = [
    {kind: 'superseded', user, token: expect.objectContaining(old), deadline: 26 * HOUR, at},
    {kind: 'superseded', user, token: expect.objectContaining(earlier), deadline: 5 * HOUR, at},
  ]
  const deployed = (of: typeof token, secretUpdatedAt: string) => ({
    kind: 'deployed',
    deployment: {
      agent,
      workspace: planned.terms.workspace.id,
      user,
      token: of.id,
      lastEight: of.lastEight,
      secretUpdatedAt,
      at,
    },
  })

  const {id, name: room} = planned.terms.workspace
  const {secretKey} = planned.terms
  const placed = (of: typeof token, how: 'found' | 'pushed') => ({
    kind: 'placed',
    placement: {
      agent,
      user,
      workspace: {id, name: room, external: false},
      secretKey,
      token: {id: of.id, lastEight: of.lastEight},
      how,
      rotation,
      at,
    },
  })

  it('from the intent to push back what was not to be replaced', () => {
    const begun = {...timed(planned), superseded: [earlier], deployed: old}
    const way = BACK.slice(0, BACK.findLastIndex(({type}) => type === 'push_intended') + 1).map(timed)
    const last = way.at(-1)!
    const back = [begun, ...way].reduce<ReturnType<typeof advance> | undefined>(advance, undefined)
    expect(ROTATION.learns(back!, last)).toEqual([placed(old, 'pushed')])
  })

  it('from its beginning: what may be in use there, to be replaced or not', () => {
    const begun = {...timed(planned), superseded: [earlier], deployed: old}
    expect(ROTATION.learns(advance(undefined, begun), begun)).toEqual(
      [earlier, old].map((each) => ({
        ...placed(each, 'found'),
        placement: {...placed(each, 'found').placement, at: begun.at},
      })),
    )
  })

  it.each<[string, RotationFact[], unknown[]]>([
    ['a mint', MINTED.slice(0, 2), minted(token)],
    ['a mint that came of a lost answer', [...MINTING, {type: 'mint_settled', name, token}], minted(token)],
    [
      'a mint that did not, so far',
      [...MINTING, {type: 'mint_settled', name, token: null}],
      [{kind: 'announced', announcement: {agent, user, name, at, handingOver: false}}],
    ],
    [
      'a late orphan',
      [...MINTING, {type: 'mint_settled', name, token: null}, {type: 'abort_requested'}, ORPHAN],
      [...minted(ORPHAN.token), {kind: 'settled', user, name: ORPHAN.token.name}],
    ],
    [
      'a discarded candidate',
      [
        ...MINTED,
        {type: 'value_lost', token: 10},
        {type: 'discard_intended', token: 10},
        {type: 'discarded', token: 10},
      ],
      [{kind: 'revoked', user, token: 10, at}],
    ],
    ['a proof', PROVEN, [...superseded, deployed(token, 'stored')]],
    ['a person’s word for the new token', [...RESTARTED, {type: 'decided', keep: 'new'}], superseded],
    ['a person’s word for the old one', [...RESTARTED, {type: 'decided', keep: 'old'}], []],
    ['a rollback', [...BACK, {type: 'rollback_proven', lastEight: old.lastEight}], [deployed(old, 'back')]],
    ['a revocation', [...PROVEN, ...REVOKED.slice(0, 2)], [{kind: 'revoked', user, token: old.id, at: 30 * HOUR}]],
    ['the intent to push', PUSHING, [placed(token, 'pushed')]],
    [
      'the intent to push the old one back',
      BACK.slice(0, BACK.findLastIndex(({type}) => type === 'push_intended') + 1),
      [placed(old, 'pushed')],
    ],
    ['an intent of anything else', MINTING, []],
    ['tokens of others that give way', [...RESTARTED, {type: 'outbid', tokens: [token]}], [placed(token, 'found')]],
  ])('from %s', (_, facts, changes) => {
    expect(learnt(...facts)).toEqual(changes)
  })
})

group('how a rotation stands, for people', () => {
  it.each<[string, RotationFact[], RegExp]>([
    ['planned', [], /^Nothing was changed\.$/],
    [
      'reading back',
      [{type: 'readback_intended', known: []}],
      /^A workspace token of ours may be left in dev-a; nothing was revoked\.$/,
    ],
    [
      'read back',
      [
        {type: 'readback_intended', known: []},
        {type: 'readback_settled', left: []},
      ],
      /^Nothing reached the workspace; nothing was revoked\.$/,
    ],
    [
      'after a lost mint',
      [...MINTING, {type: 'mint_settled', name, token: null}],
      /^A new token may still come of a mint whose answer was lost; nothing was revoked\.$/,
    ],
    [
      'with a new token that would not do',
      [...MINTED.slice(0, 2), {type: 'candidate_rejected', missing: [], unknown: []}],
      /^Nothing reached the workspace; nothing was revoked\.$/,
    ],
    [
      'with one that would not do, after a lost mint',
      [
        ...MINTING,
        {type: 'mint_settled', name, token: null},
        {type: 'mint_intended', name: fresh(11).name},
        {type: 'mint_refused', code: 'USER_UNFIT'},
      ],
      /^A new token may still come of a mint whose answer was lost; nothing was revoked\.$/,
    ],
    ['minting', MINTING, /^Nothing reached the workspace; nothing was revoked\.$/],
    ['minted', MINTED, /^Nothing reached the workspace; nothing was revoked\.$/],
    ['waiting for an approval', [...PUSHING, pending()], /^Nothing reached the workspace; nothing was revoked\.$/],
    [
      'minting again after a push',
      [...RESTARTED, {type: 'push_overwritten'}, {type: 'mint_intended', name: fresh(11).name}],
      /^Workspace dev-a may hold an earlier new token; nothing was revoked\.$/,
    ],
    ['pushing', PUSHING, /^Workspace dev-a may have the new token; nothing was revoked\.$/],
    [
      'where the old token died on the way back',
      [...BACK, {type: 'rollback_lost'}],
      /^Workspace dev-a may have an earlier new token; nothing was revoked\.$/,
    ],
    ['pushed', PUSHED, /^Workspace dev-a has the new token stored; nothing was revoked\.$/],
    ['restarted', RESTARTED, /^Workspace dev-a has the new token stored; nothing was revoked\.$/],
    ['rolling back', BACK, /^The old token is being put back into dev-a; nothing was revoked\.$/],
    ['proven', PROVEN, /^dev-a was proven on the new token …\S+; 2 old left to revoke\.$/],
    ['revoking', [...PROVEN, ...REVOKED.slice(0, 3)], /; 1 old left to revoke\.$/],
    ['decided', [...RESTARTED, {type: 'decided', keep: 'new'}], /^By a person's word dev-a runs on the new token/],
    [
      'completed',
      [...PROVEN, ...REVOKED, {type: 'completed', oldValue: 'dead'}],
      /^dev-a was proven on the new token …\S+; the old ones are gone\.$/,
    ],
    ['overtaken', [...PROVEN, {type: 'overtaken', by: rival}], /gave dev-a the token patrol\S+ \(id 90\)/],
    [
      'given way',
      [
        ...MINTED,
        {type: 'yielded', to: rival},
        {type: 'discard_intended', token: 10},
        {type: 'discarded', token: 10},
        {type: 'closed'},
      ],
      /^No new token of this rotation is left; nothing reached the workspace dev-a\.$/,
    ],
    ['refused', REFUSED, /^No new token was minted; nothing was revoked\.$/],
    [
      'rejected',
      [
        ...MINTED.slice(0, 2),
        {type: 'candidate_rejected', missing: [], unknown: []},
        {type: 'discard_intended', token: 10},
        {type: 'discarded', token: 10},
        {type: 'closed'},
      ],
      /^The new token is deleted; nothing was revoked\.$/,
    ],
    [
      'refused, after a lost mint',
      [
        ...MINTING,
        {type: 'mint_settled', name, token: null},
        {type: 'mint_intended', name: fresh(11).name},
        {type: 'mint_refused', code: 'USER_UNFIT'},
        {type: 'closed'},
      ],
      /^No new token of this rotation is left; nothing was revoked\.$/,
    ],
    [
      'rolled back',
      [
        ...BACK,
        {type: 'rollback_proven', lastEight: old.lastEight},
        {type: 'discard_intended', token: 10},
        {type: 'discarded', token: 10},
        {type: 'closed'},
      ],
      /^The new token is deleted; dev-a was proven on the old one\.$/,
    ],
    [
      'taken back by a person after a revocation',
      [...PROVEN, ...REVOKED.slice(0, 2), ...TAKEN_BACK],
      /^dev-a was proven on the new token, which is deleted by now; 1 old revoked\.$/,
    ],
    [
      'taken back amid a revocation',
      [...PROVEN, REVOKED[0]!, ...TAKEN_BACK],
      /^dev-a was proven on the new token, which is deleted by now; nothing was revoked\.$/,
    ],
    [
      'taken back after a person’s word for it',
      [...RESTARTED, {type: 'decided', keep: 'new'}, ...TAKEN_BACK],
      /^By a person's word dev-a ran on the new token, which is deleted by now; nothing was revoked\.$/,
    ],
    [
      'ended by a person before any proof',
      [...RESTARTED, ...TAKEN_BACK],
      /^The new token is deleted; nothing was revoked\.$/,
    ],
    ['never begun', [{type: 'abort_requested'}, {type: 'closed'}], /^No new token was minted; nothing was revoked\.$/],
  ])('%s', (_, facts, says) => {
    expect(describe(rotationOf(...facts))).toMatch(says)
  })

  function pending(): RotationFact {
    return {type: 'push_pending', approval: 'a', reason: ''}
  }
})

group('an error that ends a run', () => {
  const ended = (facts: RotationFact[], error: OpsError, found: RotationFact[] = []) => {
    const left = leavingOf(ROTATION, {state: rotationOf(...facts), found: rotationOf(...found)}, error)
    if (!(left instanceof OpsError)) throw new Error('no OpsError', {cause: left})
    return left
  }
  const id = planned.terms.rotation
  const [resume, abort] = [`patrol rotation resume ${id}`, `patrol rotation abort ${id}`]
  const trouble = new OpsError('PLATFORM_UNREACHABLE', 'Nobody there.', {suggestions: ['patrol doctor']})

  it('keeps its kind before anything was sent, and where the run undid all that it had begun itself', () => {
    expect(ended([], trouble)).toMatchObject({category: 'unavailable', suggestions: ['patrol doctor', resume]})
    expect(ended(REFUSED, trouble)).toMatchObject({category: 'unavailable', suggestions: ['patrol doctor']})
    expect(ended(PUSHED, trouble)).toMatchObject({category: 'incomplete', suggestions: ['patrol doctor', resume]})
    expect(ended(REFUSED, trouble, MINTED)).toMatchObject({category: 'incomplete', suggestions: ['patrol doctor']})
  })

  it.each([
    ['INTERRUPTED', 'interrupted'],
    ['APPROVAL_PENDING', 'pending'],
  ] as const)('stays %s wherever it came', (code, category) => {
    expect(ended(PUSHED, new OpsError(code, 'So far.'))).toMatchObject({category})
  })

  it('names the way out where no resume may mend it, but not once only revocations are left', () => {
    const gone = new OpsError('WORKSPACE_NOT_FOUND', 'No such workspace.')
    expect(ended(PUSHED, gone).suggestions).toEqual([resume, abort])
    expect(ended(PROVEN, gone).suggestions).toEqual([resume])
    expect(ended([...PROVEN, ...REVOKED.slice(0, 1)], gone).suggestions).toEqual([resume])
    expect(ended(PUSHED, trouble).suggestions).not.toContain(abort)
  })

  it('says the state once, and never that nothing was changed where something was', () => {
    const claiming = new OpsError('PLATFORM_UNREACHABLE', 'Nobody there. Nothing was changed.')
    expect(ended([], claiming).message.match(/Nothing was changed/g)).toHaveLength(1)
    expect(ended(PUSHED, claiming).message).not.toContain('Nothing was changed')
    expect(ended(PUSHED, claiming).message).toContain('has the new token stored')
    expect(ended(PUSHED, new OpsError('PROOF_FAILED', 'It fails:\n  issues: 403')).message).toMatch(/403\nWorkspace/)
  })

  it('sends nobody back to the command that an open rotation refuses', () => {
    const again = new OpsError('PLATFORM_UNREACHABLE', 'x', {suggestions: ['run the command again', 'patrol doctor']})
    expect(ended(PUSHED, again).suggestions).toEqual(['patrol doctor', resume])
    expect(ended(REFUSED, again).suggestions).toEqual(['run the command again', 'patrol doctor'])
  })

  it('is left as it is where it is a fault of ours', () => {
    const bug = new TypeError('a bug')
    expect(leavingOf(ROTATION, {state: rotationOf(), found: rotationOf()}, bug)).toBe(bug)
  })
})

group('a run', () => {
  const lease = {name: 'agent:dev-a', owner: 'x', fence: 1, expiresAt: 0}

  it('tells its warnings at once where somebody listens, else in its result', async () => {
    const heard: StoryProgress[] = []
    const deps = new World().deps(await storeInMemory())
    const listening = openRun({...deps, on: (progress) => void heard.push(progress)}, lease, rotationOf())
    warn(listening, 'Mind the gap.')
    expect([heard, listening.warnings]).toEqual([
      [{kind: 'warning', story: planned.terms.rotation, message: 'Mind the gap.', at: START}],
      [],
    ])
    const {on: _, ...quiet} = deps
    const alone = openRun(quiet, lease, rotationOf())
    warn(alone, 'Mind the gap.')
    expect(alone.warnings).toEqual(['Mind the gap.'])
  })

  it('tells an act before and after it; of one that failed only that it began', async () => {
    const heard: StoryProgress[] = []
    const deps = {clock: new World().clock, on: (progress: StoryProgress) => void heard.push(progress)}
    expect(await telling(deps, 'push', 'x', async () => 7)).toBe(7)
    await telling(deps, 'push', 'y', async () => Promise.reject(new Error('no'))).catch(() => {})
    const states = heard.map((item) => (item.kind === 'act' ? [item.state, item.detail, item.story] : []))
    expect(states).toEqual([
      ['started', 'x', undefined],
      ['done', 'x', undefined],
      ['started', 'y', undefined],
    ])
    expect(await telling({clock: deps.clock}, 'push', 'x', async () => 7)).toBe(7)
  })

  it('does not begin a pause once it is to stop, and ends one as a stop', async () => {
    const world = new World()
    await expect(pause({clock: world.clock, signal: AbortSignal.abort()}, 1_000)).rejects.toMatchObject({
      code: 'INTERRUPTED',
    })
    expect(world.now).toBe(START)
    const stop = new AbortController()
    world.later(500, () => stop.abort())
    await expect(pause({clock: world.clock, signal: stop.signal}, 1_000)).rejects.toMatchObject({code: 'INTERRUPTED'})
    const broken = {...world.clock, sleep: async () => Promise.reject(new TypeError('a bug'))}
    await expect(pause({clock: broken}, 1_000)).rejects.toThrow('a bug')
  })

  it('is in doubt about a write only after an answer that is none', () => {
    expect(inDoubt(new OpsError('WRITE_IN_DOUBT', 'x'))).toBe(true)
    expect([new OpsError('PUSH_REFUSED', 'x'), new Error('x'), undefined].filter(inDoubt)).toEqual([])
  })
})

import {describe, expect, it} from 'vitest'
import type {RotationFact, RotationEvent} from '../../../src/rotation/events.ts'
import {advance, replay} from '../../../src/rotation/machine.ts'
import {
  canAbort,
  dueAt,
  isClosed,
  isExposed,
  isForgettable,
  isKnown,
  nextAct,
  supersededById,
  toRevoke,
  writesInDoubt,
  type Rotation,
} from '../../../src/rotation/state.ts'
import {
  attempt,
  BACK,
  baseline,
  CANDIDATE,
  conceivable,
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

const PENDING: RotationFact[] = [...PUSHING, {type: 'push_pending', approval: 'a', reason: ''}]
const SENT_AND_LOST: RotationFact[] = [...PUSHING, {type: 'value_lost', token: 10}]
const RESTARTING: RotationFact[] = [...PUSHED, {type: 'restart_intended'}]
const ACCEPTED: RotationFact[] = [...RESTARTING, {type: 'restart_accepted', serverTime: 1}]
const UNWANTED: RotationFact[] = [...MINTED, {type: 'value_lost', token: 10}]
const DISCARDING: RotationFact[] = [...UNWANTED, {type: 'discard_intended', token: 10}]
const READING: RotationFact[] = [{type: 'readback_intended', known: []}]
const LOST: RotationFact[] = [...MINTING, {type: 'mint_settled', name: CANDIDATE.name, token: null}]
/** The way back, fact by fact. */
const backTo = (count: number): RotationFact[] => [
  ...RESTARTED,
  ...BACK.slice(RESTARTED.length, RESTARTED.length + count),
]
const DONE: RotationFact[] = [...PROVEN, ...REVOKED, {type: 'completed', oldValue: 'dead'}]
const OVERTAKEN: RotationFact[] = [...PROVEN, {type: 'overtaken', by: rival}]

/** Another candidate, up to its push. */
const minting = (id: number): RotationFact[] => [
  {type: 'mint_intended', name: fresh(id).name},
  {type: 'minted', token: fresh(id)},
  {type: 'probed', granted: []},
  {type: 'push_intended', token: id, updatedAt: null, baseline},
]

interface Standing {
  name: string
  facts: RotationFact[]
  next: object
  /** What holds of it; all else does not. */
  is?: ('closed' | 'forgettable' | 'exposed' | 'abortable')[]
  doubts?: string[]
}

const STANDINGS: Standing[] = [
  {name: 'planned', facts: [], next: {act: 'mint'}, is: ['forgettable', 'abortable']},
  {name: 'reading the old value', facts: READING, next: {act: 'mint'}, is: ['abortable']},
  {
    name: 'minting',
    facts: MINTING,
    next: {act: 'settle_mint', name: CANDIDATE.name},
    is: ['abortable'],
    doubts: ['mint'],
  },
  {name: 'after a lost mint', facts: LOST, next: {act: 'mint'}, is: ['abortable']},
  {name: 'minted', facts: MINTED.slice(0, 2), next: {act: 'probe', candidate: CANDIDATE}, is: ['abortable']},
  {name: 'probed', facts: MINTED, next: {act: 'push', token: CANDIDATE}, is: ['abortable']},
  {name: 'with an unwanted candidate', facts: UNWANTED, next: {act: 'discard', token: CANDIDATE}, is: ['abortable']},
  {
    name: 'discarding',
    facts: DISCARDING,
    next: {act: 'discard', token: CANDIDATE},
    is: ['abortable'],
    doubts: ['discard'],
  },
  {
    name: 'discarding while a person decides',
    facts: [...PENDING, {type: 'value_lost', token: 10}, {type: 'discard_intended', token: 10}],
    next: {act: 'discard', token: CANDIDATE},
    is: ['abortable'],
    doubts: ['discard'],
  },
  {
    name: 'pushing',
    facts: PUSHING,
    next: {act: 'settle_push', push: {updatedAt: null, again: false}},
    is: ['exposed'],
    doubts: ['push'],
  },
  {name: 'with a lost candidate', facts: SENT_AND_LOST, next: {act: 'mint'}, is: ['exposed']},
  {name: 'waiting for a person', facts: PENDING, next: {act: 'await_approval', approval: 'a'}, is: ['abortable']},
  {name: 'pushed', facts: PUSHED, next: {act: 'restart'}, is: ['exposed']},
  {name: 'restarting', facts: RESTARTING, next: {act: 'settle_restart'}, is: ['exposed'], doubts: ['restart']},
  {name: 'restarting for sure', facts: ACCEPTED, next: {act: 'await_process'}, is: ['exposed']},
  {name: 'restarted', facts: RESTARTED, next: {act: 'prove', candidate: CANDIDATE}, is: ['exposed']},
  {name: 'in its overlap', facts: PROVEN, next: {act: 'wait', until: 5 * HOUR}, is: ['exposed']},
  {
    name: 'revoking',
    facts: [...PROVEN, ...REVOKED.slice(0, 1)],
    next: {act: 'revoke', token: expect.objectContaining({id: old.id})},
    is: ['exposed'],
    doubts: ['revoke'],
  },
  {name: 'with nothing left to revoke', facts: [...PROVEN, ...REVOKED], next: {act: 'finish'}, is: ['exposed']},
  {name: 'going back', facts: backTo(2), next: {act: 'push', token: old}, is: ['exposed']},
  {
    name: 'pushing back',
    facts: backTo(3),
    next: {act: 'settle_push', push: {updatedAt: 'stored', again: false}},
    is: ['exposed'],
    doubts: ['push'],
  },
  {
    name: 'waiting for a person on the way back',
    facts: [...backTo(3), {type: 'push_pending', approval: 'a', reason: ''}],
    next: {act: 'await_approval', approval: 'a'},
    is: ['exposed'],
  },
  {name: 'pushed back', facts: backTo(4), next: {act: 'restart'}, is: ['exposed']},
  {
    name: 'restarting on the way back',
    facts: [...backTo(4), {type: 'restart_intended'}],
    next: {act: 'settle_restart'},
    is: ['exposed'],
    doubts: ['restart'],
  },
  {name: 'restarting for sure on the way back', facts: backTo(5), next: {act: 'await_process'}, is: ['exposed']},
  {name: 'restarted on the way back', facts: BACK, next: {act: 'prove_rollback', token: old}, is: ['exposed']},
  {name: 'refused', facts: REFUSED.slice(0, -1), next: {act: 'close'}, is: ['abortable']},
  {name: 'rolled back', facts: REFUSED, next: {act: 'none'}, is: ['closed']},
  {name: 'completed', facts: DONE, next: {act: 'none'}, is: ['closed', 'exposed']},
  {name: 'overtaken', facts: OVERTAKEN, next: {act: 'none'}, is: ['closed', 'exposed']},
]

describe.each(STANDINGS)('a rotation that is $name', ({facts, next, is = [], doubts = []}) => {
  it('goes on with its next act', () => {
    expect(nextAct(rotationOf(...facts), 2 * HOUR)).toEqual(next)
  })

  it('is just so far', () => {
    const rotation = rotationOf(...facts)
    const holds = {
      closed: isClosed(rotation),
      forgettable: isForgettable(rotation),
      exposed: isExposed(rotation),
      abortable: canAbort(rotation),
    }
    expect(Object.entries(holds).flatMap(([what, holdsTrue]) => (holdsTrue ? [what] : []))).toEqual(
      ['closed', 'forgettable', 'exposed', 'abortable'].filter((what) => is.some((each) => each === what)),
    )
    expect(writesInDoubt(rotation)).toEqual(doubts)
  })
})

/** Every fact that may follow, by its type. */
function followers(rotation: Rotation): string[] {
  const facts = conceivable(rotation).filter((fact) => attempt(rotation, {...fact, at: 30 * HOUR}) !== undefined)
  return [...new Set(facts.map(({type}) => type))]
}

describe('what may follow', () => {
  it.each(STANDINGS.filter(({is}) => is?.includes('closed')))('a rotation that is $name: nothing', ({facts}) => {
    expect(followers(rotationOf(...facts))).toEqual([])
  })

  it.each(STANDINGS.filter(({doubts}) => doubts))(
    'a rotation that is $name: no other write begins',
    ({facts, doubts}) => {
      const begun = followers(rotationOf(...facts)).filter((type) => type.endsWith('_intended'))
      const own = {mint: [], push: [], restart: [], discard: ['discard_intended'], revoke: ['revoke_intended']}
      const allowed = doubts!.flatMap((doubt) =>
        Object.entries(own).flatMap(([what, types]) => (what === doubt ? types : [])),
      )
      expect(begun.filter((type) => !allowed.includes(type) && type !== 'readback_intended')).toEqual([])
    },
  )

  /** A fact, and the standings that it may follow. */
  const ONLY: [RotationFact['type'], string[]][] = [
    ['readback_intended', ['planned', 'after a lost mint', 'with an unwanted candidate']],
    ['mint_intended', ['planned', 'reading the old value', 'after a lost mint', 'with a lost candidate']],
    ['minted', ['minting']],
    ['value_lost', ['minted', 'probed', 'pushing', 'waiting for a person']],
    ['push_intended', ['probed', 'going back']],
    ['push_refused', ['pushing', 'pushing back']],
    ['push_forestalled', ['probed']],
    ['restart_observed', ['pushed', 'pushed back']],
    ['restart_intended', ['pushed', 'pushed back']],
    ['restarted', ['pushed', 'restarting for sure', 'pushed back', 'restarting for sure on the way back']],
    ['outbid', ['restarted']],
    ['discard_intended', ['with an unwanted candidate', 'discarding', 'discarding while a person decides']],
    ['revoke_intended', ['in its overlap', 'revoking']],
    ['token_left', ['discarding', 'discarding while a person decides', 'revoking']],
    ['orphan_found', ['in its overlap', 'with nothing left to revoke', 'refused']],
    [
      'abort_requested',
      [
        'planned',
        'reading the old value',
        'minting',
        'after a lost mint',
        'minted',
        'probed',
        'with an unwanted candidate',
        'waiting for a person',
        'refused',
      ],
    ],
    [
      'yielded',
      [
        'planned',
        'reading the old value',
        'after a lost mint',
        'minted',
        'probed',
        'with an unwanted candidate',
        'with a lost candidate',
        'waiting for a person',
      ],
    ],
    ['mint_refused', ['minting']],
    ['mint_settled', ['minting']],
    ['probed', ['minted', 'probed']],
    ['candidate_rejected', ['minted']],
    ['push_pending', ['pushing', 'pushing back']],
    ['push_absent', ['pushing', 'pushing back']],
    ['pushed', ['pushing', 'pushing back']],
    ['approval_decided', ['waiting for a person', 'waiting for a person on the way back']],
    ['restart_accepted', ['restarting', 'restarting on the way back']],
    ['restart_refused', ['restarting', 'restarting on the way back']],
    ['restart_settled', ['restarting', 'restarting on the way back']],
    ['proven', ['restarted']],
    ['candidate_lost', ['restarted']],
    ['push_overwritten', ['restarted']],
    ['rollback_started', ['restarted']],
    ['rollback_dropped', ['going back', 'waiting for a person on the way back']],
    ['rollback_proven', ['restarted on the way back']],
    ['proof_failed', ['restarted', 'restarted on the way back']],
    [
      'rollback_lost',
      [
        'going back',
        'pushing back',
        'waiting for a person on the way back',
        'pushed back',
        'restarting on the way back',
        'restarting for sure on the way back',
        'restarted on the way back',
      ],
    ],
    ['revoked', ['revoking']],
    ['revoke_held', ['revoking']],
    ['completed', ['with nothing left to revoke']],
    ['closed', ['refused']],
    ['discarded', ['discarding', 'discarding while a person decides']],
    ['readback_minted', ['reading the old value']],
    ['readback_settled', ['reading the old value']],
  ]

  it.each(ONLY)('%s comes only where it can', (type, names) => {
    const where = STANDINGS.filter(({facts}) => followers(rotationOf(...facts)).includes(type)).map(({name}) => name)
    expect(where).toEqual(names)
  })

  it('a person’s word for the new token comes only where it is stored, as far as anybody knows', () => {
    const decided = {type: 'decided', keep: 'new', at: 3 * HOUR} as const
    const where = STANDINGS.filter(({facts}) => attempt(rotationOf(...facts), decided)).map(({name}) => name)
    expect(where).toEqual([
      'pushed',
      'restarting',
      'restarting for sure',
      'restarted',
      'in its overlap',
      'revoking',
      'with nothing left to revoke',
      'going back',
      'waiting for a person on the way back',
    ])
  })

  it.each(['old', 'both'] as const)(
    'a person’s word for %s comes at any time but amid a mint, a deletion or an end',
    (keep) => {
      const decided = {type: 'decided', keep, at: 3 * HOUR} as const
      const never = STANDINGS.filter(({facts}) => !attempt(rotationOf(...facts), decided)).map(({name}) => name)
      expect(never).toEqual([
        'minting',
        'discarding',
        'discarding while a person decides',
        'refused',
        'rolled back',
        'completed',
        'overtaken',
      ])
    },
  )

  it('no end is written down while something of it is left to do, and only one deletion is under way', () => {
    const ending: RotationFact[] = [...MINTED, {type: 'abort_requested'}]
    const deleting: RotationFact[] = [...ending, ORPHAN, {type: 'discard_intended', token: 10}]
    for (const facts of [[...MINTING, {type: 'abort_requested'} as const], ending, deleting]) {
      expect(attempt(rotationOf(...facts), {type: 'closed', at: 3 * HOUR})).toBeUndefined()
    }
    const intend = (token: number) => ({type: 'discard_intended', token, at: 3 * HOUR}) as const
    expect(attempt(rotationOf(...deleting), intend(ORPHAN.token.id))).toBeUndefined()
    expect(attempt(rotationOf(...deleting), intend(10))).toBeDefined()
    expect(attempt(rotationOf(...ending), intend(old.id))).toBeUndefined()
    const late = rotationOf(...MINTING, {type: 'abort_requested'}, ORPHAN)
    expect(attempt(late, intend(ORPHAN.token.id))).toBeUndefined()
  })

  it('one revocation is under way at a time, none before a late token of ours is deleted, and no end before both', () => {
    const then = (...facts: RotationFact[]) => attempt(rotationOf(...facts.slice(0, -1)), timed(facts.at(-1)!))
    const [first, revoked, second] = [REVOKED[0]!, REVOKED[1]!, REVOKED[2]!]
    expect(then(...PROVEN, first, second)).toBeUndefined()
    expect(then(...PROVEN, second, revoked)).toBeUndefined()
    expect(then(...PROVEN, ORPHAN, first)).toBeUndefined()
    expect(then(...PROVEN, ORPHAN, {type: 'overtaken', by: rival})).toBeUndefined()
    expect(then(...PROVEN, ...REVOKED, ORPHAN, {type: 'completed', oldValue: 'dead'})).toBeUndefined()
  })

  it('only the token that the agent ran on before is put back, where that is known', () => {
    const back = (to: typeof old) => ({type: 'rollback_started', token: to, at: 3 * HOUR}) as const
    expect(attempt(rotationOf(...RESTARTED), back(earlier))).toBeUndefined()
    const unknown = replay([{...planned, deployed: null}, ...RESTARTED].map(timed))!
    expect(attempt(unknown, back(old))).toBeUndefined()
  })

  it('a journal that makes no sense is told as that, with the command that shows it', () => {
    const told = (work: () => unknown): unknown => {
      try {
        return work()
      } catch (error) {
        return error
      }
    }
    const ref = 'docs/runbooks/rotation-incomplete.md'
    expect(told(() => rotationOf(...PUSHED, {type: 'closed'}))).toMatchObject({
      code: 'JOURNAL_UNREADABLE',
      message: expect.stringContaining('rotation rot0000001 makes no sense: closed cannot follow in phase pushed.'),
      suggestions: ['patrol rotation show rot0000001 --json'],
      ref,
    })
    expect(told(() => advance(undefined, timed(MINTING[0]!)))).toMatchObject({
      code: 'JOURNAL_UNREADABLE',
      message: expect.stringContaining('it begins with mint_intended'),
      suggestions: ['patrol rotation list'],
      ref,
    })
  })

  it.each([
    ['is one of ours already', [...PROVEN], CANDIDATE],
    [
      'comes up amid a deletion',
      [...MINTED, {type: 'abort_requested'}, {type: 'discard_intended', token: 10}],
      ORPHAN.token,
    ],
  ] as [string, RotationFact[], typeof CANDIDATE][])('no token is found that %s', (_, facts, token) => {
    expect(attempt(rotationOf(...facts), {type: 'orphan_found', token, at: 3 * HOUR})).toBeUndefined()
  })

  it.each(STANDINGS.filter(({name}) => name.startsWith('waiting')))(
    'a rotation that is $name: no decision about another approval',
    ({facts}) => {
      const other: RotationFact = {type: 'approval_decided', approval: 'another', decision: 'approved'}
      expect(attempt(rotationOf(...facts), {...other, at: 3 * HOUR})).toBeUndefined()
    },
  )

  it('is counted and timed, and begins with the plan alone', () => {
    const begun = rotationOf()
    expect([begun.phase, begun.events, begun.startedAt]).toEqual(['planned', 1, 2 * HOUR])
    const next = advance(begun, {...MINTING[0]!, at: 3 * HOUR})
    expect([next.events, next.startedAt, next.updatedAt]).toEqual([2, 2 * HOUR, 3 * HOUR])
    expect(() => advance(begun, {...planned, at: 3 * HOUR})).toThrow(/planned twice/)
    expect(() => advance(undefined, {...MINTING[0]!, at: 3 * HOUR})).toThrow(/JOURNAL|makes no sense/)
    expect(replay([])).toBeUndefined()
    expect([begun.minted, begun.discard, begun.left, begun.sent, begun.failures]).toEqual([[], [], [], [], []])
    expect([begun.mints, begun.doubted, begun.byWord]).toEqual([0, false, false])
  })
})

describe('what a fact changes', () => {
  const {name} = CANDIDATE

  it('a mint that came of a lost answer is deleted, under its own name only, and a late one is looked for', () => {
    const settled = rotationOf(...MINTING, {type: 'mint_settled', name, token: CANDIDATE})
    expect(settled).toMatchObject({phase: 'planned', minted: [CANDIDATE], discard: [CANDIDATE], doubted: true})
    const other: RotationFact = {type: 'mint_settled', name: 'another', token: null}
    expect(attempt(rotationOf(...MINTING), {...other, at: 0})).toBeUndefined()
    expect(attempt(rotationOf(...MINTING), {type: 'mint_intended', name, at: 0})).toBeUndefined()
    expect(rotationOf(...LOST)).toMatchObject({phase: 'planned', minted: [], discard: [], doubted: true})
  })

  it('nothing is minted or pushed while a token waits for its deletion', () => {
    for (const facts of [UNWANTED, DISCARDING, REFUSED.slice(0, -1)]) {
      expect(followers(rotationOf(...facts))).not.toContain('mint_intended')
      expect(followers(rotationOf(...facts))).not.toContain('push_intended')
    }
    expect(followers(rotationOf(...DISCARDING))).not.toContain('value_lost')
  })

  it('only the candidate is pushed on the way there, only the old token on the way back', () => {
    const push = (token: number): RotationEvent => ({type: 'push_intended', token, updatedAt: null, baseline, at: 0})
    expect(attempt(rotationOf(...MINTED), push(old.id))).toBeUndefined()
    expect(attempt(rotationOf(...MINTED), push(CANDIDATE.id))).toMatchObject({sent: [CANDIDATE.id]})
    expect(attempt(rotationOf(...backTo(2)), push(CANDIDATE.id))).toBeUndefined()
  })

  it('a push that is known to have stored nothing leaves no token at the workspace', () => {
    const absent = rotationOf(...PUSHING, {type: 'push_absent'})
    expect([nextAct(absent, 0), absent.minted]).toEqual([{act: 'push', token: CANDIDATE}, [CANDIDATE]])
    const refused = rotationOf(...PUSHING, {type: 'push_refused', code: 'X'})
    expect(refused).toMatchObject({sent: [], discard: [CANDIDATE], closing: 'push-refused'})
  })

  it('a push of a second candidate that is refused says nothing of the first, which may be stored', () => {
    const second = rotationOf(...SENT_AND_LOST, ...minting(11), {type: 'push_refused', code: 'X'})
    expect(second).toMatchObject({phase: 'pushing', sent: [10], discard: [fresh(11)], closing: undefined})
  })

  it('a token that a decision took for dead and that is listed makes the way forward again: another replaces both', () => {
    const ended = (unseen?: number[]) =>
      rotationOf(
        ...RESTARTED,
        {type: 'decided', keep: 'old', ...(unseen && {unseen})},
        {type: 'discard_intended', token: 10},
      )
    const revived = (token: number) => ({type: 'revived', token, at: 3 * HOUR}) as const
    const next = attempt(ended([10]), revived(10))!
    expect(next).toMatchObject({phase: 'pushing', discard: [], discarding: undefined, unseen: [], closing: undefined})
    expect(next.superseded.map(({id}) => id)).toEqual([old.id, earlier.id, 10])
    expect(nextAct(next, 0)).toEqual({act: 'mint'})
    for (const rotation of [ended(), ended([]), ended([old.id])]) expect(attempt(rotation, revived(10))).toBeUndefined()
    expect(attempt(ended([10, old.id]), revived(old.id))).toBeUndefined()
  })

  it('a lost candidate that was sent is ours until it is revoked', () => {
    const proven: RotationFact[] = [
      ...SENT_AND_LOST,
      ...minting(11),
      {type: 'pushed', updatedAt: 'stored'},
      {type: 'restart_observed'},
      {type: 'restarted', evidence: 'events'},
      {type: 'proven', lastEight: fresh(11).lastEight},
    ]
    expect(rotationOf(...proven).minted).toEqual([CANDIDATE, fresh(11)])
    const revoked: RotationFact[] = [
      {type: 'revoke_intended', token: 10},
      {type: 'revoked', token: 10},
    ]
    expect(rotationOf(...proven, ...revoked).minted).toEqual([fresh(11)])
  })

  it('a denial ends a rotation whose candidate is gone already', () => {
    const gone: RotationFact[] = [
      {type: 'value_lost', token: 10},
      {type: 'discard_intended', token: 10},
      {type: 'discarded', token: 10},
    ]
    const denied = rotationOf(...PENDING, ...gone, {type: 'approval_decided', approval: 'a', decision: 'denied'})
    expect(denied).toMatchObject({phase: 'planned', discard: [], closing: 'denied'})
  })

  it('a mint that comes to pass after an abort was asked for is deleted', () => {
    const late = rotationOf(...MINTING, {type: 'abort_requested'}, {type: 'minted', token: CANDIDATE})
    expect(late).toMatchObject({minted: [CANDIDATE], discard: [CANDIDATE], closing: 'aborted'})
  })

  it('a value that is lost while a person decides costs that token, and no decision', () => {
    const lost: RotationFact = {type: 'value_lost', token: 10}
    const waiting = rotationOf(...PENDING, lost)
    expect(waiting).toMatchObject({phase: 'awaiting_approval', candidate: undefined, discard: [CANDIDATE]})
    const twice: RotationFact[] = [{type: 'push_absent'}, ...PUSHING.slice(-1), ...PENDING.slice(-1), lost]
    const stored = rotationOf(...PUSHING, ...twice)
    expect(stored).toMatchObject({phase: 'pushing', discard: []})
    expect(stored.superseded.map(({id}) => id)).toContain(CANDIDATE.id)
  })

  it.each([
    ['there', RESTARTING],
    ['back', [...backTo(4), {type: 'restart_intended'}]],
  ] as [string, RotationFact[]][])(
    'what is learnt of a restart on the way %s says whether to ask for one again',
    (_, facts) => {
      const next = (fact: RotationFact) => nextAct(rotationOf(...facts, fact), 0).act
      expect(next({type: 'restart_settled', happened: true})).toBe('await_process')
      expect(next({type: 'restart_settled', happened: false})).toBe('restart')
      expect(next({type: 'restart_refused', code: 'X'})).toBe('restart')
      const accepted: RotationFact = {type: 'restart_accepted', serverTime: 7}
      expect(next(accepted)).toBe('await_process')
      expect(rotationOf(...facts, accepted).baseline).toEqual({...baseline, serverTime: 7})
    },
  )

  it.each(['push_absent', 'push_refused'] as const)('%s on the way back is tried again', (type) => {
    const fact: RotationFact = type === 'push_refused' ? {type, code: 'X'} : {type}
    expect(nextAct(rotationOf(...backTo(3), fact), 0)).toEqual({act: 'push', token: old})
  })

  it('the way back ends with the old token’s own proof, and with ours deleted', () => {
    const proof: RotationFact = {type: 'rollback_proven', lastEight: CANDIDATE.lastEight}
    expect(attempt(rotationOf(...BACK), {...proof, at: 0})).toBeUndefined()
    const proven = rotationOf(...BACK, {...proof, lastEight: old.lastEight})
    expect(proven).toMatchObject({discard: [CANDIDATE], closing: 'proof-failed'})
  })

  it('a token that is another one by now is left alone, and the rest goes on', () => {
    const left = (token: number): RotationFact => ({
      type: 'token_left',
      token,
      seen: {...old, id: token, lastEight: '9'},
    })
    const deleting: RotationFact[] = [
      ...MINTED,
      {type: 'abort_requested'},
      ORPHAN,
      {type: 'discard_intended', token: 10},
    ]
    const rest = [ORPHAN.token]
    const one = rotationOf(...deleting, left(10))
    expect(one).toMatchObject({discarding: undefined, discard: rest, minted: rest, left: [{token: CANDIDATE}]})
    expect(attempt(rotationOf(...deleting), timed(left(ORPHAN.token.id)))).toBeUndefined()

    const revoking: RotationFact[] = [...PROVEN, {type: 'revoke_intended', token: earlier.id}]
    const {id, name: called, lastEight} = earlier
    const other = rotationOf(...revoking, left(id))
    expect(other).toMatchObject({phase: 'proven', minted: [CANDIDATE], left: [{token: {id, name: called, lastEight}}]})
    expect(attempt(rotationOf(...revoking), timed(left(old.id)))).toBeUndefined()
  })

  it.each(['denied', 'withdrawn'] as const)(
    'a decision: approved pushes, %s deletes the candidate and ends',
    (decision) => {
      const decided = (how: 'approved' | typeof decision) =>
        rotationOf(...PENDING, {type: 'approval_decided', approval: 'a', decision: how})
      expect(nextAct(decided('approved'), 0)).toEqual({act: 'push', token: CANDIDATE})
      expect(decided(decision)).toMatchObject({discard: [CANDIDATE], closing: 'denied'})
    },
  )
})

describe('revocations', () => {
  const proven = () => rotationOf(...PROVEN)

  it.each([
    [5 * HOUR - 1, {act: 'wait', until: 5 * HOUR}],
    [5 * HOUR, {act: 'revoke', token: expect.objectContaining({id: earlier.id})}],
    [26 * HOUR, {act: 'revoke', token: expect.objectContaining({id: old.id})}],
  ])('at %i ms', (now, next) => {
    expect(nextAct(proven(), now)).toEqual(next)
  })

  it('leave out what is revoked, and what was left alone', () => {
    expect([toRevoke(proven()).map(({id}) => id), dueAt(proven())]).toEqual([[1, 2], 5 * HOUR])
    const one = rotationOf(...PROVEN, {type: 'revoke_intended', token: 2}, {type: 'revoked', token: 2})
    expect([toRevoke(one).map(({id}) => id), dueAt(one)]).toEqual([[1], 26 * HOUR])
    const seen = {...old, lastEight: '90000001'}
    const left = rotationOf(...PROVEN, {type: 'revoke_intended', token: 1}, {type: 'token_left', token: 1, seen})
    expect([toRevoke(left).map(({id}) => id), dueAt(left)]).toEqual([[2], 5 * HOUR])
    expect(dueAt(rotationOf(...PROVEN, ...REVOKED))).toBeUndefined()
    // Before the proof only what an earlier rotation replaced has its time.
    expect(dueAt(rotationOf())).toBe(5 * HOUR)
  })

  it('wait only one by one: that of which the deletion is under way', () => {
    const underWay = rotationOf(...PROVEN, {type: 'revoke_intended', token: 1})
    const held = (token: number) => attempt(underWay, {type: 'revoke_held', token, at: 30 * HOUR})
    expect([held(2), held(1)?.phase]).toEqual([undefined, 'proven'])
  })

  it('know no token that is not superseded', () => {
    expect(supersededById(proven(), old.id).id).toBe(old.id)
    expect(() => supersededById(proven(), 10)).toThrow(/token 10 is not in the superseded set/)
  })
})

it('an approval of the way back is given only where it was', () => {
  const decided = (decision: 'approved' | 'denied') =>
    rotationOf(
      ...backTo(3),
      {type: 'push_pending', approval: 'a', reason: ''},
      {type: 'approval_decided', approval: 'a', decision},
    ).approved
  expect([decided('approved'), decided('denied')]).toEqual(['a', undefined])
})

it('an earlier push of a candidate that is lost leaves the workspace in doubt until another is pushed', () => {
  const again = rotationOf(...PUSHING, {type: 'value_lost', token: 10})
  expect([nextAct(again, 0), isExposed(again), writesInDoubt(again)]).toEqual([{act: 'mint'}, true, []])
  expect(nextAct(rotationOf(...PUSHING, {type: 'value_lost', token: 10}, ...minting(11)), 0)).toMatchObject({
    act: 'settle_push',
  })
})

it('what was left of a token is known of that one alone', () => {
  const rotation = {...rotationOf(), minted: [], superseded: [], left: [{token: old, seen: old}]}
  expect([isKnown(rotation, old.id), isKnown(rotation, old.id + 1)]).toEqual([true, false])
})

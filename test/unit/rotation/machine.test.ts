import * as fc from 'fast-check'
import {describe, expect, it} from 'vitest'
import type {Fact, RotationEvent, Terms, TokenRef} from '../../../src/rotation/events.ts'
import {advance, replay} from '../../../src/rotation/machine.ts'
import {canAbort, isClosed, nextAct, writesInDoubt, type Rotation} from '../../../src/rotation/state.ts'

const HOUR = 3_600_000
const terms: Terms = {
  rotation: 'rot0000001',
  agent: 'dev-a',
  user: 'agent-dev-a',
  workspace: {id: 'w', name: 'dev-a', external: false},
  secretKey: 'GITEA_TOKEN',
  profile: 'engineer',
  scopes: ['read:issue'],
  repo: 'o/r',
  label: 'approved',
  via: 'a2a',
  overlapMs: 24 * HOUR,
  onProofFailure: 'keep',
  approval: 'wait',
  waive: {},
}
const old: TokenRef = {id: 1, name: 'agent token', lastEight: '00000001'}
const earlier = {id: 2, name: 'patrol.dev-a.20261101.aaa', lastEight: '00000002', deadline: 5 * HOUR}
const baseline = {status: 'online', uptimeSeconds: 900, serverTime: 0, lastEvent: null}
const planned: Fact = {type: 'planned', terms, superseded: [old, earlier], deployed: old}
const rival: TokenRef = {id: 90, name: 'patrol.dev-a.20261122.elsewhere1', lastEight: '00000090'}
const fresh = (id: number): TokenRef => ({
  id,
  name: `patrol.dev-a.20261122.rot0000001-${id}`,
  lastEight: `0000000${id}`,
})

/** Every fact that could be tried in a state, legal or not. */
function conceivable(rotation: Rotation): Fact[] {
  const next = fresh(10 + rotation.mints)
  const ids = [...rotation.minted, ...rotation.superseded].map(({id}) => id)
  const candidate = 'candidate' in rotation ? rotation.candidate : undefined
  const name = rotation.phase === 'minting' ? rotation.name : next.name
  return [
    {type: 'readback_intended', known: ['row-1']},
    {type: 'readback_minted', prefix: 'abcdefgh'},
    ...[old, earlier].map((token): Fact => ({type: 'old_value_read', token})),
    {type: 'readback_settled', left: []},
    {type: 'mint_intended', name: next.name},
    {type: 'minted', token: next},
    {type: 'mint_refused', code: 'X'},
    {type: 'mint_settled', name, token: next},
    {type: 'mint_settled', name, token: null},
    {type: 'probed', granted: []},
    {type: 'candidate_rejected', missing: [], unknown: []},
    ...ids.map((token): Fact => ({type: 'value_lost', token})),
    ...[...ids, old.id].map((token): Fact => ({type: 'push_intended', token, updatedAt: null, baseline})),
    {type: 'pushed', updatedAt: `t${rotation.events}`},
    {type: 'push_pending', approval: 'a', reason: ''},
    {type: 'push_refused', code: 'X'},
    {type: 'push_absent'},
    {type: 'push_overwritten'},
    {type: 'candidate_lost', seen: null},
    {type: 'approval_decided', approval: 'a', decision: 'approved'},
    {type: 'approval_decided', approval: 'a', decision: 'denied'},
    {type: 'restart_observed'},
    {type: 'restart_intended'},
    {type: 'restart_accepted', serverTime: 1},
    {type: 'restart_refused', code: 'X'},
    {type: 'restart_settled', happened: true},
    {type: 'restart_settled', happened: false},
    {type: 'restarted', evidence: 'events'},
    {type: 'proof_failed', reasons: ['x']},
    {type: 'proven', lastEight: candidate?.lastEight ?? 'none'},
    {type: 'rollback_started', token: old},
    {type: 'rollback_dropped'},
    {type: 'rollback_proven', lastEight: old.lastEight},
    ...ids.flatMap((token): Fact[] => [
      {type: 'discard_intended', token},
      {type: 'discarded', token},
      {type: 'revoke_intended', token},
      {type: 'revoked', token},
      {type: 'token_left', token, seen: {...old, id: token, lastEight: '99999999'}},
    ]),
    {type: 'orphan_found', token: fresh(80)},
    {type: 'abort_requested'},
    {type: 'decided', keep: 'old'},
    {type: 'decided', keep: 'new'},
    {type: 'rollback_lost'},
    {type: 'yielded', to: rival},
    {type: 'outbid', tokens: [rival]},
    {type: 'overtaken', by: rival},
    {type: 'closed'},
    {type: 'completed', oldValue: 'dead'},
  ]
}

function attempt(rotation: Rotation, event: RotationEvent): Rotation | undefined {
  try {
    return advance(rotation, event)
  } catch {
    return undefined
  }
}

/** Facts that lead to the end, most wanted first: without them random journals would rarely get beyond a push. */
const ONWARD: Fact['type'][] = [
  'discarded',
  'revoked',
  'minted',
  'probed',
  'pushed',
  'restart_accepted',
  'restarted',
  'approval_decided',
  'restart_observed',
  'rollback_proven',
  'proven',
  'discard_intended',
  'push_intended',
  'mint_intended',
  'revoke_intended',
  'completed',
  'closed',
]

function onward({event}: {event: RotationEvent}): number {
  const rank = ONWARD.indexOf(event.type)
  return rank === -1 ? ONWARD.length : rank
}

/** A random journal: at each step one of the facts that may follow (mostly onward), some hours later. */
const journals = fc
  .array(fc.record({pick: fc.noBias(fc.nat()), hours: fc.integer({min: 0, max: 40})}), {maxLength: 60, size: 'max'})
  .map((picks) => {
    const events: RotationEvent[] = [{...planned, at: 0}]
    let rotation = replay(events)!
    let at = 0
    for (const {pick, hours} of picks) {
      at += hours * HOUR
      const legal = conceivable(rotation).flatMap((fact) => {
        const event = {...fact, at}
        const next = attempt(rotation, event)
        return next ? [{event, next}] : []
      })
      const sorted = pick % 4 > 0 ? legal.toSorted((a, b) => onward(a) - onward(b)).slice(0, 1) : legal
      const chosen = sorted[Math.floor(pick / 4) % Math.max(sorted.length, 1)]
      if (!chosen) break
      events.push(chosen.event)
      rotation = chosen.next
    }
    return events
  })

/** A person said that the old token is the one that survives. */
const isForOld = (fact: Fact): boolean => fact.type === 'decided' && fact.keep === 'old'

/** The rotation after each event: what a crash there leaves behind. */
function prefixes(events: RotationEvent[]): Rotation[] {
  let rotation: Rotation | undefined
  return events.map((event) => (rotation = advance(rotation, event)))
}

/** What a run would journal when everything goes well. */
function good(rotation: Rotation, at: number): Fact[] {
  const act = nextAct(rotation, at)
  const next = fresh(100 + rotation.mints)
  switch (act.act) {
    case 'mint':
      return [
        {type: 'mint_intended', name: next.name},
        {type: 'minted', token: next},
      ]
    case 'settle_mint':
      return [{type: 'mint_settled', name: act.name, token: null}]
    case 'probe':
      return [{type: 'probed', granted: []}]
    case 'push':
      return [
        {type: 'push_intended', token: act.token.id, updatedAt: null, baseline},
        {type: 'pushed', updatedAt: 'good'},
      ]
    case 'settle_push':
      return [{type: 'pushed', updatedAt: 'good'}]
    case 'await_approval':
      return [{type: 'approval_decided', approval: act.approval, decision: 'approved'}]
    case 'restart':
      return [{type: 'restart_observed'}]
    case 'settle_restart':
      return [{type: 'restart_settled', happened: true}]
    case 'await_process':
      return [{type: 'restarted', evidence: 'events'}]
    case 'prove':
      return [{type: 'proven', lastEight: act.candidate.lastEight}]
    case 'prove_rollback':
      return [{type: 'rollback_proven', lastEight: act.token.lastEight}]
    case 'discard':
      return [
        {type: 'discard_intended', token: act.token},
        {type: 'discarded', token: act.token},
      ]
    case 'revoke':
      return [
        {type: 'revoke_intended', token: act.token.id},
        {type: 'revoked', token: act.token.id},
      ]
    case 'finish':
      return [{type: 'completed', oldValue: 'not-at-hand'}]
    case 'close':
      return [{type: 'closed'}]
    default:
      return []
  }
}

describe('the laws of a rotation', () => {
  it('every prefix of every journal can be resumed to an end', () => {
    fc.assert(
      fc.property(journals, (events) => {
        for (const prefix of prefixes(events)) {
          let rotation = prefix
          let at = rotation.updatedAt
          const holding = ['minted', 'pushing', 'awaiting_approval'].includes(rotation.phase) && !rotation.closing
          if (holding && 'candidate' in rotation && rotation.candidate) {
            rotation = advance(rotation, {type: 'value_lost', token: rotation.candidate.id, at})
          }
          for (let step = 0; step < 60 && !isClosed(rotation); step++) {
            const act = nextAct(rotation, at)
            if (act.act === 'wait') at = act.until
            for (const fact of good(rotation, at)) rotation = advance(rotation, {...fact, at})
          }
          expect(isClosed(rotation), `stuck in ${rotation.phase}`).toBe(true)
        }
      }),
      {numRuns: 100},
    )
  })

  it('nothing is revoked before the proof or a person’s word, and only tokens of the superseded set whose overlap is over', () => {
    fc.assert(
      fc.property(journals, (events) => {
        const early = events.filter((event, index) => {
          if (event.type !== 'revoke_intended') return false
          const before = events.slice(0, index)
          const token = replay(before)?.superseded.find(({id}) => id === event.token)
          const settled = before.some(({type}) => type === 'proven' || type === 'decided')
          return !settled || (token?.deadline ?? Infinity) > event.at
        })
        expect(early).toEqual([])
      }),
      {numRuns: 150},
    )
  })

  it('at most one write is in doubt at a time', () => {
    fc.assert(
      fc.property(journals, (events) => {
        for (const rotation of prefixes(events)) expect(writesInDoubt(rotation).length).toBeLessThanOrEqual(1)
      }),
      {numRuns: 150},
    )
  })

  it('a deadline, once set, never moves to later', () => {
    fc.assert(
      fc.property(journals, (events) => {
        const fixed = new Map<number, number>()
        const extended: number[] = []
        for (const {id, deadline} of prefixes(events).flatMap(({superseded}) => superseded)) {
          const before = fixed.get(id)
          if (before !== undefined && (deadline ?? Infinity) > before) extended.push(id)
          if (deadline !== undefined) fixed.set(id, deadline)
        }
        expect(extended).toEqual([])
      }),
      {numRuns: 150},
    )
  })

  it('only tokens that this rotation minted are discarded, and never one that the workspace may need', () => {
    fc.assert(
      fc.property(journals, (events) => {
        const wrong = events.filter((event, index) => {
          if (event.type !== 'discard_intended') return false
          const before = events.slice(0, index)
          const rotation = replay(before)
          const rolledBack = before.some((fact) => fact.type === 'rollback_proven' || isForOld(fact))
          const minted = rotation?.minted.some(({id}) => id === event.token)
          return !minted || (!rolledBack && rotation?.sent.includes(event.token))
        })
        expect(wrong).toEqual([])
      }),
      {numRuns: 150},
    )
  })

  it('the old value is read back only while nothing was sent, and never changes what is known to be deployed', () => {
    fc.assert(
      fc.property(journals, (events) => {
        for (const rotation of prefixes(events)) {
          const at = rotation.updatedAt
          const early = rotation.phase === 'planned' && rotation.sent.length === 0 && rotation.storedAt === undefined
          const reads = attempt(rotation, {type: 'readback_intended', known: [], at})
          const learns = attempt(rotation, {type: 'old_value_read', token: old, at})
          expect(early || (reads ?? learns) === undefined, `in ${rotation.phase}`).toBe(true)
          expect(attempt(rotation, {type: 'old_value_read', token: earlier, at})).toBeUndefined()
        }
      }),
      {numRuns: 150},
    )
  })

  it('abort is possible only while nothing was sent', () => {
    fc.assert(
      fc.property(journals, (events) => {
        const wrong = prefixes(events).filter((r) => canAbort(r) && (r.sent.length > 0 || r.storedAt !== undefined))
        expect(wrong).toEqual([])
      }),
      {numRuns: 100},
    )
  })

  it('reaches every phase in these random journals', () => {
    const seen = new Set<string>()
    for (const events of fc.sample(journals, {numRuns: 500, seed: 8}))
      for (const {phase} of prefixes(events)) seen.add(phase)
    const expected = [
      'planned',
      'minting',
      'minted',
      'pushing',
      'awaiting_approval',
      'pushed',
      'restarting',
      'restarted',
    ]
    expect([...seen].toSorted()).toEqual(
      [...expected, 'proven', 'revoking', 'completed', 'rolling_back', 'rolled_back', 'overtaken'].toSorted(),
    )
  })
})

describe('advance', () => {
  const upTo = (...facts: Fact[]): Rotation => replay([planned, ...facts].map((fact) => ({...fact, at: 0})))!
  const token = fresh(10)
  const pushing: Fact[] = [
    {type: 'mint_intended', name: token.name},
    {type: 'minted', token},
    {type: 'probed', granted: []},
    {type: 'push_intended', token: 10, updatedAt: null, baseline},
  ]

  it('learns from the value read back what is deployed, if that was unknown and is replaced', () => {
    const unknown: Fact = {...planned, deployed: null}
    const known = replay([unknown, {type: 'old_value_read', token: earlier} as const].map((fact) => ({...fact, at: 0})))
    expect(known?.deployed?.id).toBe(earlier.id)
    const start = replay([{...unknown, at: 0}])!
    expect(() => advance(start, {type: 'old_value_read', token: fresh(80), at: 0})).toThrow('cannot follow')
  })

  it('keeps the workspace token of a read-back in mind until it is revoked, however far the rotation is', () => {
    const open: Fact[] = [
      {type: 'readback_intended', known: ['row-1']},
      {type: 'readback_minted', prefix: 'abcdefgh'},
    ]
    const later = upTo(...open, ...pushing)
    expect([later.phase, later.readback]).toEqual(['pushing', {known: ['row-1'], prefix: 'abcdefgh'}])
    expect(advance(later, {type: 'readback_settled', left: [], at: 0}).readback).toBeUndefined()
    expect(() => upTo(...open, ...open)).toThrow('cannot follow')
    expect(() => upTo(...open, ...open.slice(1))).toThrow('cannot follow')
  })

  it('supersedes a lost candidate that was sent, and deletes one that was not', () => {
    const sent = upTo(...pushing, {type: 'value_lost', token: 10})
    expect(sent.superseded.map(({id}) => id)).toEqual([1, 2, 10])
    expect(sent.discard).toEqual([])
    const unsent = upTo(...pushing.slice(0, 3), {type: 'value_lost', token: 10})
    expect(unsent.superseded.map(({id}) => id)).toEqual([1, 2])
    expect(unsent.discard).toEqual([token])
  })

  it('supersedes a candidate whose second push was refused, for the first may still land', () => {
    const again: Fact[] = [{type: 'push_absent'}, pushing[3]!, {type: 'push_refused', code: 'X'}]
    const rotation = upTo(...pushing, ...again)
    expect([rotation.discard, rotation.superseded.map(({id}) => id)]).toEqual([[], [1, 2, 10]])
    expect(rotation.closing).toBeUndefined()
    const once = upTo(...pushing, {type: 'push_refused', code: 'X'})
    expect([once.discard, once.closing]).toEqual([[token], 'push-refused'])
  })

  it('gives way only while no write is in doubt, and deletes a candidate that was never sent', () => {
    const yielded = upTo(...pushing.slice(0, 3), {type: 'yielded', to: rival})
    expect([yielded.discard, yielded.closing, yielded.rival]).toEqual([[token], 'yielded', rival])
    expect(() => upTo(...pushing, {type: 'yielded', to: rival})).toThrow('cannot follow')
    expect(() => upTo(pushing[0]!, {type: 'yielded', to: rival})).toThrow('cannot follow')
  })

  it('replaces what rivals leave behind as well, each once', () => {
    const restarted: Fact[] = [
      ...pushing,
      {type: 'pushed', updatedAt: 't'},
      {type: 'restart_observed'},
      {type: 'restarted', evidence: 'events'},
      {type: 'outbid', tokens: [rival]},
    ]
    expect(upTo(...restarted, {type: 'outbid', tokens: [rival]}).superseded.map(({id}) => id)).toEqual([1, 2, 90])
  })

  it('refuses to push a candidate that was not probed', () => {
    expect(() => upTo(pushing[0]!, pushing[1]!, pushing[3]!)).toThrow(/push_intended cannot follow in phase minted/)
  })

  it('keeps the deadline that an earlier rotation fixed and sets the others from the proof', () => {
    const rotation = replay(
      [
        planned,
        ...pushing,
        {type: 'pushed', updatedAt: 't'} as const,
        {type: 'restart_observed'} as const,
        {type: 'restarted', evidence: 'events'} as const,
        {type: 'proven', lastEight: token.lastEight} as const,
      ].map((fact) => ({...fact, at: 2 * HOUR})),
    )
    expect(rotation?.superseded.map(({deadline}) => deadline)).toEqual([26 * HOUR, 5 * HOUR])
  })

  it('refuses a proof by another token than the candidate', () => {
    const facts: Fact[] = [...pushing, {type: 'pushed', updatedAt: 't'}, {type: 'restart_observed'}]
    const restarted: Fact = {type: 'restarted', evidence: 'uptime'}
    expect(() => upTo(...facts, restarted, {type: 'proven', lastEight: old.lastEight})).toThrow(/JOURNAL|cannot follow/)
  })
})

import * as fc from 'fast-check'
import {describe, expect, it} from 'vitest'
import type {RotationFact} from '../../../src/rotation/events.ts'
import {advance, replay} from '../../../src/rotation/machine.ts'
import {canAbort, isClosed, nextAct, writesInDoubt, type Rotation} from '../../../src/rotation/state.ts'
import {attempt, earlier, baseline, fresh, journals, old, prefixes} from '../../support/journals.ts'

/** A run over mutants, which would make these again for each of them, wants fewer, and always the same ones. */
const RUNS = {numRuns: fc.readConfigureGlobal()?.numRuns ?? 150}

/** A person said that the new token is the one that survives. */
const isForNew = (fact: RotationFact): boolean => fact.type === 'decided' && fact.keep === 'new'
/** A person said that the old token is the one that survives. */
const isForOld = (fact: RotationFact): boolean => fact.type === 'decided' && fact.keep === 'old'

/** What a run would journal when everything goes well. */
function good(rotation: Rotation, at: number): RotationFact[] {
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
        {type: 'discard_intended', token: act.token.id},
        {type: 'discarded', token: act.token.id},
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
      RUNS,
    )
  })

  it('nothing is revoked before the proof or a person’s word, and only tokens of the superseded set whose overlap is over', () => {
    fc.assert(
      fc.property(journals, (events) => {
        const early = events.filter((event, index) => {
          if (event.type !== 'revoke_intended') return false
          const before = events.slice(0, index)
          const token = replay(before)?.superseded.find(({id}) => id === event.token)
          const settled = before.some((fact) => fact.type === 'proven' || isForNew(fact))
          return !settled || (token?.deadline ?? Infinity) > event.at
        })
        expect(early).toEqual([])
      }),
      RUNS,
    )
  })

  it('at most one write is in doubt at a time', () => {
    fc.assert(
      fc.property(journals, (events) => {
        for (const rotation of prefixes(events)) expect(writesInDoubt(rotation).length).toBeLessThanOrEqual(1)
      }),
      RUNS,
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
      RUNS,
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
      RUNS,
    )
  })

  it('where both sides are kept nothing that was sent is deleted any more, nor anything revoked', () => {
    fc.assert(
      fc.property(journals, (events) => {
        const at = events.findIndex((fact) => fact.type === 'decided' && fact.keep === 'both')
        if (at === -1) return
        const sent = replay(events.slice(0, at))?.sent ?? []
        const wrong = events
          .slice(at)
          .filter(
            (fact) =>
              fact.type === 'revoke_intended' || (fact.type === 'discard_intended' && sent.includes(fact.token)),
          )
        expect(wrong).toEqual([])
      }),
      RUNS,
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
      RUNS,
    )
  })

  it('abort is possible only while nothing was sent', () => {
    fc.assert(
      fc.property(journals, (events) => {
        const wrong = prefixes(events).filter((r) => canAbort(r) && (r.sent.length > 0 || r.storedAt !== undefined))
        expect(wrong).toEqual([])
      }),
      RUNS,
    )
  })
})

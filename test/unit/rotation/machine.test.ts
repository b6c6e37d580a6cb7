import {describe, expect, it} from 'vitest'
import type {RotationFact} from '../../../src/rotation/events.ts'
import {advance, replay} from '../../../src/rotation/machine.ts'
import {nextAct, type Rotation} from '../../../src/rotation/state.ts'
import {baseline, earlier, fresh, HOUR, old, planned, rival} from '../../support/journals.ts'

describe('advance', () => {
  const upTo = (...facts: RotationFact[]): Rotation => replay([planned, ...facts].map((fact) => ({...fact, at: 0})))!
  const token = fresh(10)
  const pushing: RotationFact[] = [
    {type: 'mint_intended', name: token.name},
    {type: 'minted', token},
    {type: 'probed', granted: []},
    {type: 'push_intended', token: 10, updatedAt: null, baseline},
  ]

  it('learns from the value read back what is deployed, if that was unknown and is replaced', () => {
    const unknown: RotationFact = {...planned, deployed: null}
    const known = replay([unknown, {type: 'old_value_read', token: earlier} as const].map((fact) => ({...fact, at: 0})))
    expect(known?.deployed?.id).toBe(earlier.id)
    const start = replay([{...unknown, at: 0}])!
    expect(() => advance(start, {type: 'old_value_read', token: fresh(80), at: 0})).toThrow('cannot follow')
  })

  it('keeps the workspace token of a read-back in mind until it is revoked, however far the rotation is', () => {
    const open: RotationFact[] = [
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
    const again: RotationFact[] = [{type: 'push_absent'}, pushing[3]!, {type: 'push_refused', code: 'X'}]
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
    const restarted: RotationFact[] = [
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
    const facts: RotationFact[] = [...pushing, {type: 'pushed', updatedAt: 't'}, {type: 'restart_observed'}]
    const restarted: RotationFact = {type: 'restarted', evidence: 'uptime'}
    expect(() => upTo(...facts, restarted, {type: 'proven', lastEight: old.lastEight})).toThrow(/JOURNAL|cannot follow/)
  })

  describe('where a person keeps both', () => {
    const both: RotationFact = {type: 'decided', keep: 'both', unseen: []}
    const next = fresh(11)
    const second: RotationFact[] = [
      {type: 'value_lost', token: 10},
      {type: 'mint_intended', name: next.name},
      {type: 'minted', token: next},
    ]
    const deletion: RotationFact[] = [
      {type: 'discard_intended', token: 11},
      {type: 'discarded', token: 11},
    ]

    it('only what was never sent goes, wherever that stands, and it ends without a replacement', () => {
      const ended = upTo(...pushing, ...second, both)
      expect(ended).toMatchObject({closing: 'both-kept', discard: [next], sent: [10]})
      expect(nextAct(ended, 0)).toEqual({act: 'discard', token: next})
      expect(() => upTo(...pushing, ...second, both, {type: 'closed'})).toThrow('cannot follow')
      expect(() => upTo(...pushing, ...second, both, {type: 'discard_intended', token: 10})).toThrow('cannot follow')
      const closed = upTo(...pushing, ...second, both, ...deletion, {type: 'closed'})
      expect(closed).toMatchObject({phase: 'rolled_back', reason: 'both-kept', minted: [token]})
      expect(closed.superseded.map(({id}) => id)).toEqual([1, 2, 10])
    })

    it('nothing goes of what was sent, be it in doubt, stored, proven or on its way to be revoked', () => {
      const stored: RotationFact[] = [...pushing, {type: 'pushed', updatedAt: 't'}, {type: 'restart_observed'}]
      const restarted: RotationFact[] = [...stored, {type: 'restarted', evidence: 'events'}]
      const proven: RotationFact[] = [...restarted, {type: 'proven', lastEight: token.lastEight}]
      const back: RotationFact[] = [...restarted, {type: 'rollback_started', token: old}]
      for (const facts of [pushing, stored, restarted, proven, back]) {
        const ended = upTo(...facts, both)
        expect([ended.discard, ended.closing, nextAct(ended, 0)]).toEqual([[], 'both-kept', {act: 'close'}])
        expect(upTo(...facts, both, {type: 'closed'}).phase).toBe('rolled_back')
      }
    })

    it('what was not listed is asked about should it show again, but not what was never sent', () => {
      expect(upTo(...pushing, ...second, {...both, unseen: [10, 11]}).unseen).toEqual([10])
      expect(upTo(...pushing, {...both, unseen: [10]}).unseen).toEqual([10])
      expect(upTo(...pushing, {type: 'decided', keep: 'both'}).unseen).toEqual([])
    })

    it('what was about to be deleted before still goes, and a second word changes nothing', () => {
      const unwanted: RotationFact[] = [...pushing, ...second, {type: 'candidate_rejected', missing: [], unknown: []}]
      expect(upTo(...unwanted, both).discard).toEqual([next])
      for (const keep of ['new', 'old', 'both'] as const) {
        expect(() => upTo(...pushing, both, {type: 'decided', keep})).toThrow('cannot follow')
      }
      expect(() => upTo(...pushing, both, {type: 'mint_intended', name: next.name})).toThrow('cannot follow')
    })
  })

  it('forgets a token that is deleted, also where another one was to supersede it', () => {
    const facts: RotationFact[] = [
      ...pushing,
      {type: 'value_lost', token: 10},
      {type: 'decided', keep: 'old', unseen: []},
      {type: 'discard_intended', token: 10},
    ]
    expect(upTo(...facts).superseded.map(({id}) => id)).toEqual([1, 2, 10])
    const deleted = upTo(...facts, {type: 'discarded', token: 10})
    expect([deleted.superseded.map(({id}) => id), deleted.minted]).toEqual([[1, 2], []])
  })
})

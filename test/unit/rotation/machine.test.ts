import {describe, expect, it} from 'vitest'
import type {Fact} from '../../../src/rotation/events.ts'
import {advance, replay} from '../../../src/rotation/machine.ts'
import type {Rotation} from '../../../src/rotation/state.ts'
import {baseline, earlier, fresh, HOUR, old, planned, rival} from '../../support/journals.ts'

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

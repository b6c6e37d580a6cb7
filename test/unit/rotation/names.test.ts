import {describe, expect, test} from 'vitest'
import {
  agentIn,
  handName,
  isByHand,
  isRehearsal,
  mintedElsewhere,
  mintedFor,
  rehearsalName,
  tokenName,
} from '../../../src/rotation/names.ts'

const AT = Date.parse('2026-12-02T03:00:00Z')

describe('the name of a token', () => {
  test('tells its rotation, whichever mint of it that was and however it ends', () => {
    expect(mintedFor('dev-a', tokenName('dev-a', 'ab1', AT, 2))).toEqual({day: '20261202', rotation: 'ab1'})
    expect(mintedFor('dev-a', tokenName('dev-a', 'xhand', AT, 2))?.rotation).toBe('xhand')
  })

  test('tells what was minted by hand, whose id may be a number', () => {
    const {rotation} = mintedFor('dev-a', handName('dev-a', '12', AT)) ?? {}
    expect(rotation).toBe('hand-12')
    expect(isByHand(rotation ?? '')).toBe(true)
  })

  test('tells a rehearsal, which is one by hand to whoever knows no rehearsals', () => {
    const name = rehearsalName('dev.a', '12', AT)
    const {rotation} = mintedFor('dev.a', name) ?? {}
    expect(rotation).toBe('hand-rehearsal-12')
    expect(isByHand(rotation ?? '')).toBe(true)
    expect(
      [name, handName('dev.a', '12', AT), tokenName('dev.a', '12', AT, 1), 'agent token'].map(isRehearsal),
    ).toEqual([true, false, false, false])
  })

  test('of a rehearsal shows nobody who may run on it elsewhere', () => {
    const row = (name: string) => ({id: 1, name, scopes: [], lastEight: '00000001'})
    expect(mintedElsewhere('dev-a', [row(handName('dev-a', '12', AT))], [])).toHaveLength(1)
    expect(mintedElsewhere('dev-a', [row(rehearsalName('dev-a', '12', AT))], [])).toEqual([])
  })

  test('is ours from its first letter on', () => {
    expect(agentIn('patrol.dev-a.20261202.ab1')).toBe('dev-a')
    expect(agentIn('my.patrol.dev-a.20261202.ab1')).toBeUndefined()
  })
})

import {describe, expect, test} from 'vitest'
import {agentIn, handName, isByHand, mintedFor, tokenName} from '../../../src/rotation/names.ts'

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

  test('is ours from its first letter on', () => {
    expect(agentIn('patrol.dev-a.20261202.ab1')).toBe('dev-a')
    expect(agentIn('my.patrol.dev-a.20261202.ab1')).toBeUndefined()
  })
})

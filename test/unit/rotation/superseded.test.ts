import {describe, expect, it} from 'vitest'
import {mintedFor, tokenName} from '../../../src/rotation/names.ts'
import type {TokenRow} from '../../../src/rotation/ports.ts'
import {chooseSuperseded} from '../../../src/rotation/superseded.ts'

const row = (id: number, name: string): TokenRow => ({id, name, scopes: [], lastEight: `0000000${id}`})
const manual = row(1, 'agent token')
const laptop = row(2, 'laptop')
const ours = row(3, 'patrol.dev-a.20261101.abc')
const others = row(4, 'patrol.dev-a2.20261101.abc')
const ask = {agent: 'dev-a', user: 'agent-dev-a'}
const ids = (choice: {superseded: {id: number}[]}): number[] =>
  choice.superseded.map(({id}) => id).toSorted((a, b) => a - b)

describe('the superseded set', () => {
  it('is the deployed token and earlier ones of this agent, never a stranger', () => {
    const choice = chooseSuperseded({...ask, supersede: 'deployed'}, [manual, laptop, ours, others], '00000001', [])
    expect(ids(choice)).toEqual([1, 3])
    expect(choice.deployed?.id).toBe(1)
  })

  it('leaves out one of ours that was given another value since, unless it is named', () => {
    const unset = {mintedAt: 0, supersededAt: undefined, deadline: undefined, revokedAt: undefined, rotation: undefined}
    const known = [{...ours, ...unset, user: ask.user, lastEight: '99999999'}]
    const rows = [manual, ours]
    expect(ids(chooseSuperseded({...ask, supersede: 'deployed'}, rows, '00000001', known))).toEqual([1])
    expect(ids(chooseSuperseded({...ask, supersede: [3]}, rows, '00000001', known))).toEqual([3])
  })

  it('is the only token when nothing tells which one is deployed', () => {
    expect(ids(chooseSuperseded({...ask, supersede: 'deployed'}, [manual], undefined, []))).toEqual([1])
  })

  it('is empty for a user without tokens', () => {
    expect(chooseSuperseded({...ask, supersede: 'deployed'}, [], undefined, [])).toEqual({
      superseded: [],
      deployed: null,
    })
  })

  it('is refused with a list and the flag when several could be the deployed one', () => {
    expect(() => chooseSuperseded({...ask, supersede: 'deployed'}, [manual, laptop], undefined, [])).toThrow(
      expect.objectContaining({
        code: 'SUPERSEDED_AMBIGUOUS',
        message: expect.stringMatching(/1 {2}agent token.*\n.*2 {2}laptop/),
        suggestions: expect.arrayContaining(['patrol rotate dev-a --supersede 1']),
      }),
    )
  })

  it('is refused when two tokens share the deployed last eight', () => {
    const twin = {...laptop, lastEight: manual.lastEight}
    expect(() => chooseSuperseded({...ask, supersede: 'deployed'}, [manual, twin], '00000001', [])).toThrow(
      expect.objectContaining({code: 'SUPERSEDED_AMBIGUOUS'}),
    )
  })

  it('leaves strangers alone when the known deployed token is no longer listed', () => {
    expect(ids(chooseSuperseded({...ask, supersede: 'deployed'}, [laptop, ours], '99999999', []))).toEqual([3])
  })

  it('takes named ids in place of the deployed one, and knows an id that is not there', () => {
    const rows = [manual, laptop, ours]
    expect(ids(chooseSuperseded({...ask, supersede: [2]}, rows, undefined, []))).toEqual([2, 3])
    expect(() => chooseSuperseded({...ask, supersede: [9]}, rows, undefined, [])).toThrow(
      expect.objectContaining({code: 'SUPERSEDED_UNKNOWN'}),
    )
  })

  it('is every token only where all was asked for', () => {
    expect(ids(chooseSuperseded({...ask, supersede: 'all'}, [manual, laptop, others], '00000001', []))).toEqual([
      1, 2, 4,
    ])
  })

  it('keeps a deadline that the ledger has', () => {
    const known = {
      ...ours,
      user: 'u',
      rotation: 'abc',
      mintedAt: 1,
      supersededAt: 2,
      deadline: 77,
      revokedAt: undefined,
    }
    const {superseded} = chooseSuperseded({...ask, supersede: 'deployed'}, [ours], '00000003', [known])
    expect(superseded).toEqual([{id: 3, name: ours.name, lastEight: '00000003', deadline: 77}])
  })
})

describe('token names', () => {
  it.each(['dev-a', 'a.b', 'ä gent', 'x'.repeat(90), '007', ''])('of agent %j are safe and read back', (agent) => {
    const name = tokenName(agent, 'k3j2h1g4f5', Date.UTC(2026, 10, 22), 2)
    expect(name).toMatch(/^[A-Za-z][A-Za-z0-9._-]{0,99}$/)
    expect(mintedFor(agent, name)).toEqual({day: '20261122', rotation: 'k3j2h1g4f5'})
  })

  it('of two agents never mix, though their cleaned names are equal', () => {
    expect(mintedFor('a.b', tokenName('a-b', 'r', 0, 1))).toBeUndefined()
    expect(mintedFor('a', tokenName('a.b', 'r', 0, 1))).toBeUndefined()
  })
})

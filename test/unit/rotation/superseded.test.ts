import {describe, expect, it} from 'vitest'
import {handName, isByHand, mintedElsewhere, mintedFor, rehearsalName, tokenName} from '../../../src/rotation/names.ts'
import type {TokenRow} from '../../../src/rotation/ports.ts'
import {rotate} from '../../../src/rotation/index.ts'
import {replay} from '../../../src/rotation/machine.ts'
import {chooseSuperseded, leftBy} from '../../../src/rotation/superseded.ts'
import {request, storeInMemory, World} from '../../support/world.ts'

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

  it('is the only token when nothing tells which one is deployed', () => {
    expect(ids(chooseSuperseded({...ask, supersede: 'deployed'}, [manual], undefined, []))).toEqual([1])
  })

  it('is never one that was minted for another agent, be it the only one', () => {
    const nothing = {superseded: [], deployed: null}
    expect(chooseSuperseded({...ask, supersede: 'deployed'}, [others], undefined, [])).toEqual(nothing)
    expect(chooseSuperseded({...ask, supersede: 'deployed'}, [others, {...others, id: 5}], undefined, [])).toEqual(
      nothing,
    )
    expect(() => chooseSuperseded({...ask, supersede: 'deployed'}, [others, manual], undefined, [])).toThrow(
      expect.objectContaining({code: 'SUPERSEDED_AMBIGUOUS'}),
    )
    expect(chooseSuperseded({...ask, supersede: 'all'}, [others], undefined, [])).toMatchObject({deployed: null})
  })

  it('is never what a rehearsal left, unless that is named', () => {
    const left = row(5, rehearsalName('dev-a', '1', 0))
    const of = (supersede: 'deployed' | number[], ...rows: TokenRow[]) =>
      chooseSuperseded({...ask, supersede}, [...rows, left], undefined, [])
    expect(of('deployed')).toEqual({superseded: [], deployed: null})
    expect([of('deployed', manual), of('deployed', ours)]).toMatchObject([{deployed: {id: 1}}, {deployed: {id: 3}}])
    expect([ids(of('deployed', manual)), ids(of('deployed', ours)), ids(of([5], ours))]).toEqual([[1], [3], [3, 5]])
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

  describe('after a rotation that was ended with both sides kept', () => {
    it('is what that was to replace and what it had minted, each once, and nothing that was not listed then', async () => {
      const store = await storeInMemory()
      const world = new World()
      world.agentDeaf = true
      await rotate(request(), world.deps(store)).catch(() => {})
      const [summary] = await store.journal.list()
      const {superseded, minted, unseen} = replay(await store.journal.read(summary!.id))!
      const left = (changes: Partial<Parameters<typeof leftBy>[0]> = {}) =>
        leftBy({superseded, minted, unseen, ...changes}).map((token) => token.id)
      expect(left()).toEqual([1, 2])
      expect(left({superseded: [...superseded, ...minted]})).toEqual([1, 2])
      expect(left({unseen: [1]})).toEqual([2])
      const revoked = superseded.map((token) => ({...token, revoked: true}))
      expect(left({unseen: [1], superseded: revoked})).toEqual([1, 2])
    })

    const rows = [manual, laptop, ours]
    const choose = (left: TokenRow[], lastEight?: string) =>
      chooseSuperseded({...ask, supersede: 'deployed'}, rows, lastEight, [], left)

    it('is what that left, where nothing tells the deployed one', () => {
      expect(ids(choose([manual]))).toEqual([1, 3])
      expect(choose([manual]).deployed).toBeNull()
      expect(ids(chooseSuperseded({...ask, supersede: 'deployed'}, [manual, laptop], undefined, [], [manual]))).toEqual(
        [1],
      )
    })

    it('is that besides the deployed one, be that listed or not', () => {
      expect(ids(choose([manual], laptop.lastEight))).toEqual([1, 2, 3])
      expect(choose([manual], laptop.lastEight).deployed?.id).toBe(2)
      expect(ids(choose([manual], '99999999'))).toEqual([1, 3])
    })

    it('is nothing of what is gone or another one by now', () => {
      for (const change of [{lastEight: '90000001'}, {name: 'another'}, {id: 9}]) {
        expect(() => choose([{...manual, ...change}])).toThrow(expect.objectContaining({code: 'SUPERSEDED_AMBIGUOUS'}))
      }
    })
  })

  it('takes named ids in place of the deployed one, and knows an id that is not there', () => {
    const rows = [manual, laptop, ours]
    expect(ids(chooseSuperseded({...ask, supersede: [2]}, rows, undefined, []))).toEqual([2, 3])
    expect(() => chooseSuperseded({...ask, supersede: [9]}, rows, undefined, [])).toThrow(
      expect.objectContaining({
        code: 'SUPERSEDED_UNKNOWN',
        message: expect.stringContaining('no token with the id 9'),
        suggestions: [expect.stringContaining('leave --supersede out')],
      }),
    )
  })

  it('is every token only where all was asked for', () => {
    expect(ids(chooseSuperseded({...ask, supersede: 'all'}, [manual, laptop, others], '00000001', []))).toEqual([
      1, 2, 4,
    ])
  })

  it.each<[string, Parameters<typeof chooseSuperseded>[0]['supersede'], TokenRow[], string | undefined, number | null]>(
    [
      ['the only token, where all are replaced', 'all', [manual], undefined, 1],
      ['nobody knows which, where all of several are replaced', 'all', [manual, laptop], undefined, null],
      ['the one of the known last eight, where all are replaced', 'all', [manual, laptop], '00000002', 2],
      ['the one that was named', [2], [manual, laptop], undefined, 2],
      ['nobody knows which, where two were named', [1, 2], [manual, laptop], undefined, null],
      ['the one of the known last eight, whichever was named', [2], [manual, laptop], '00000001', 1],
      ['the only one of patrol’s names', 'deployed', [ours], undefined, 3],
      ['nobody knows which of several of patrol’s names', 'deployed', [ours, {...ours, id: 5}], undefined, null],
      ['the only token, of whatever name', 'deployed', [laptop], undefined, 2],
    ],
  )('has as the deployed token %s', (_, supersede, rows, lastEight, deployed) => {
    expect(chooseSuperseded({...ask, supersede}, rows, lastEight, []).deployed?.id ?? null).toBe(deployed)
  })

  it('suggests at most three tokens to choose from, and to ask the agent, though all are listed', () => {
    const rows = [manual, laptop, others, row(5, 'phone')]
    expect(() => chooseSuperseded({...ask, supersede: 'deployed'}, rows, undefined, [])).toThrow(
      expect.objectContaining({
        message: expect.stringMatching(/4 tokens of agent-dev-a .*\n.*agent token.*\n.*laptop.*\n.*\n.*5 {2}phone/),
        suggestions: [
          'patrol rotate dev-a --supersede 1',
          'patrol rotate dev-a --supersede 2',
          'patrol rotate dev-a --supersede 4',
          'patrol smoke dev-a',
        ],
      }),
    )
  })

  it('takes no deadline from another token, nor from an earlier value of the same one', () => {
    const known = {
      ...ours,
      user: 'u',
      rotation: 'abc',
      mintedAt: 1,
      supersededAt: 2,
      deadline: 77,
      revokedAt: undefined,
    }
    const entries = [
      {...known, id: 9},
      {...known, lastEight: '99999999'},
    ]
    const {superseded} = chooseSuperseded({...ask, supersede: 'deployed'}, [ours], '00000003', entries)
    expect(superseded).toEqual([{id: 3, name: ours.name, lastEight: '00000003'}])
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

  it.each(['k3j2h1g4f5', '0123456789'])('of a mint by hand say so (%s), and are no longer than others', (id) => {
    const name = handName('x'.repeat(90), id, Date.UTC(2026, 10, 22))
    expect(name).toMatch(/^[A-Za-z][A-Za-z0-9._-]{0,99}$/)
    expect(mintedFor('x'.repeat(90), name)).toEqual({day: '20261122', rotation: `hand-${id}`})
    expect([isByHand(`hand-${id}`), isByHand(id)]).toEqual([true, false])
  })

  it('of two agents never mix, though their cleaned names are equal', () => {
    expect(mintedFor('a.b', tokenName('a-b', 'r', 0, 1))).toBeUndefined()
    expect(mintedFor('a', tokenName('a.b', 'r', 0, 1))).toBeUndefined()
  })

  it.each([
    'laptop',
    'token.dev-a.20261101.abc',
    'patrol.dev-a.120261101.abc',
    'patrol.dev-a.202611011.abc',
    'patrol.dev-a.20261101',
    'patrol.dev-a.20261101.',
    'patrol.dev-a.20261101.abc.def',
  ])('like %s are not patrol’s', (name) => {
    expect(mintedFor('dev-a', name)).toBeUndefined()
  })

  it('lead back to their rotation, the tenth mint’s as well, and only by a number at the end', () => {
    expect(mintedFor('dev-a', tokenName('dev-a', 'k3j2h1g4f5', 0, 12))?.rotation).toBe('k3j2h1g4f5')
    expect(mintedFor('dev-a', 'patrol.dev-a.20261101.abc-2x')?.rotation).toBe('abc-2x')
  })

  it('betray that they were minted elsewhere where they are not on record', () => {
    expect(mintedElsewhere('dev-a', [ours], [])).toEqual([ours])
    expect(mintedElsewhere('dev-a', [ours], [ours])).toEqual([])
    // A restored server gives ids again.
    expect(mintedElsewhere('dev-a', [ours], [{...ours, name: 'patrol.dev-a.20260101.before'}])).toEqual([ours])
  })
})

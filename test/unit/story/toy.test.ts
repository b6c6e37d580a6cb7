import {mkdtemp, rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {DatabaseSync} from 'node:sqlite'
import {afterEach, beforeEach, describe, expect, it} from 'vitest'
import {OpsError, run} from '../../../src/errors.ts'
import {openStore, type Store} from '../../../src/store/index.ts'
import {journalOn} from '../../../src/store/journal.ts'
import {columnsOf, type RecordKind} from '../../../src/store/record.ts'
import type {Leases, StoryJournal} from '../../../src/story/ports.ts'
import {World} from '../../support/world.ts'
import {walk, type Houses, type ToyFact} from './toy.ts'

const ROUNDS: RecordKind = {
  name: 'round',
  index: 'rounds',
  events: 'round_events',
  key: 'round',
  columns: columnsOf,
  fixed: ['id', 'agent', 'user', 'workspace', 'started_at'],
  look: () => run`patrol doctor`,
  ref: 'docs/runbooks/rotation-incomplete.md',
}
const TABLES = `
  create table rounds (id text primary key, site integer not null, agent text not null, user text not null,
    workspace text not null, phase text not null, closed integer not null, started_at integer not null,
    updated_at integer not null, events integer not null) strict;
  create table round_events (round text not null references rounds (id), seq integer not null, at integer not null,
    type text not null, json text not null, primary key (round, seq)) strict;`

const terms = {round: 'r1', agent: 'dev-a', user: 'dev-a', letters: ['one', 'two']}
const inDoubt = new OpsError('WRITE_IN_DOUBT', 'No answer came.')

let directory: string
let file: string
let store: Store
let raw: DatabaseSync
let rounds: StoryJournal<ToyFact>
/** What arrived, in order. */
let arrived: string[]

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'patrol-toy-'))
  file = join(directory, 'state', 'patrol.db')
  store = await openStore(file)
  raw = new DatabaseSync(file)
  raw.exec(TABLES)
  const view = {db: raw, file}
  rounds = journalOn({...view, site: 1, place: JSON.stringify(['', ''])}, {...view, sites: [1]}, ROUNDS)
  arrived = []
})
afterEach(async () => {
  raw.close()
  store.close()
  await rm(directory, {recursive: true})
})

const houses: Houses = {
  bring: async (letter) => void arrived.push(letter),
  has: async (letter) => arrived.includes(letter),
}
const depsOf = (over: {houses?: Partial<Houses>; rounds?: StoryJournal<ToyFact>} = {}) => ({
  clock: new World().clock,
  leases: store.leases,
  rounds: over.rounds ?? rounds,
  houses: {...houses, ...over.houses},
})
const typesOf = async () => (await rounds.read('r1')).map(({type}) => type)

/** A process that dies at its fact of this number, before it is written or just after. */
const dying = (at: number, when: 'before' | 'after'): StoryJournal<ToyFact> => ({
  ...rounds,
  async append(entry) {
    if (when === 'after' || entry.seq !== at) await rounds.append(entry)
    if (entry.seq === at) throw new Error('killed')
  },
})

describe('a third story', () => {
  const whole = ['planned', 'delivery_intended', 'delivered', 'delivery_intended', 'delivered', 'completed']

  it('runs to its end, and is not run again', async () => {
    expect(await walk(terms, depsOf())).toMatchObject({phase: 'completed', delivered: ['one', 'two']})
    expect(await walk(terms, depsOf())).toMatchObject({phase: 'completed', events: 6})
    expect([await typesOf(), arrived]).toEqual([whole, ['one', 'two']])
    expect(await rounds.list()).toMatchObject([{id: 'r1', phase: 'completed', closed: true, events: 6}])
  })

  it.each(whole.flatMap((type, at) => [[type, at, 'before'] as const, [type, at, 'after'] as const]))(
    'killed at its %s, number %i, %s it is written, goes on and does everything once',
    async (_, at, when) => {
      await expect(walk(terms, depsOf({rounds: dying(at, when)}))).rejects.toThrow('killed')
      expect(await walk(terms, depsOf())).toMatchObject({phase: 'completed'})
      expect(arrived).toEqual(['one', 'two'])
    },
  )

  it('settles an answer that was lost by looking, whether or not the write came to pass', async () => {
    const bring = async (letter: string) => {
      if (letter === 'one' || (await typesOf()).includes('delivery_settled')) arrived.push(letter)
      throw inDoubt
    }
    await walk(terms, depsOf({houses: {bring}}))
    expect([arrived, (await typesOf()).slice(1, 3)]).toEqual([
      ['one', 'two'],
      ['delivery_intended', 'delivery_settled'],
    ])
  })

  it('leaves what never arrives to a later run, and says how it stands', async () => {
    const bring = async (letter: string) => {
      if (letter === 'one') arrived.push(letter)
      throw inDoubt
    }
    await expect(walk(terms, depsOf({houses: {bring}}))).rejects.toMatchObject({
      category: 'incomplete',
      message: 'A letter was brought twice, and did not arrive. 1 of 2 letters are delivered.',
      suggestions: ['patrol doctor'],
    })
    expect(await walk(terms, depsOf())).toMatchObject({delivered: ['one', 'two']})
  })

  it('writes nothing more once another run has its lease: an intent renews it', async () => {
    const taken = new OpsError('LEASE_LOST', 'Another run took over.')
    let renewals = 0
    const renew: Leases['renew'] = async (...of) => {
      renewals++
      return store.leases.renew(...of)
    }
    const leases = {...store.leases, renew}
    await walk({...terms, round: 'r0'}, {...depsOf(), leases})
    expect(renewals).toBe(2)
    arrived = []
    const lost = {...store.leases, renew: () => Promise.reject(taken)}
    await expect(walk(terms, {...depsOf(), leases: lost})).rejects.toMatchObject({code: 'LEASE_LOST'})
    expect([await typesOf(), arrived]).toEqual([['planned'], []])
  })

  it('whose journal holds a fact that cannot follow is not gone on with', async () => {
    await walk(terms, depsOf())
    raw.exec(`insert into round_events values ('r1', 6, 1, 'completed', '{"type":"delivered","letter":"x","at":1}')`)
    await expect(walk(terms, depsOf())).rejects.toMatchObject({
      code: 'JOURNAL_UNREADABLE',
      message: expect.stringContaining('round r1 makes no sense: delivered cannot follow in phase completed'),
    })
  })
})

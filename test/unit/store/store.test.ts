import {chmod, mkdir, mkdtemp, readFile, readdir, stat, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {DatabaseSync} from 'node:sqlite'
import {beforeEach, describe, expect, it, vi} from 'vitest'
import type {RotationFact} from '../../../src/rotation/events.ts'
import {pushSecret, resumeRotation, rotate} from '../../../src/rotation/index.ts'
import {withoutWarning} from '../../../src/store/connection.ts'
import {explain} from '../../../src/store/faults.ts'
import {openStore} from '../../../src/store/index.ts'
import {thisProcess} from '../../../src/store/owner.ts'
import type {Lease, LedgerChange, Placement, StoryEntry} from '../../../src/story/ports.ts'
import {madeUpValue, request, World, pushOf} from '../../support/world.ts'

let file: string
beforeEach(async () => {
  file = join(await mkdtemp(join(tmpdir(), 'patrol-store-')), 'state', 'patrol.db')
})

function entry(lease: Lease, seq: number, changes: Partial<StoryEntry<RotationFact>> = {}): StoryEntry<RotationFact> {
  return {
    id: 'rot1',
    seq,
    event: {type: 'mint_intended', name: `n${seq}`, at: 10 + seq},
    summary: {
      id: 'rot1',
      agent: 'dev-a',
      user: 'u',
      workspace: 'w',
      phase: 'minting',
      closed: false,
      startedAt: 10,
      updatedAt: 10 + seq,
      dueAt: undefined,
      events: seq + 1,
    },
    ledger: [],
    lease,
    ...changes,
  }
}

describe('the file', () => {
  it('and its directory can be read by their owner only', async () => {
    const store = await openStore(file)
    await store.leases.acquire('agent:x', 1_000, 0)
    const mode = async (path: string): Promise<number> => (await stat(path)).mode & 0o777
    expect(await mode(join(file, '..'))).toBe(0o700)
    for (const name of await readdir(join(file, '..'))) expect(await mode(join(file, '..', name))).toBe(0o600)
    store.close()
  })

  it('keeps what was written over a close', async () => {
    const one = await openStore(file)
    const lease = await one.leases.acquire('agent:dev-a', 1_000, 0)
    await one.journal.append(entry(lease, 0))
    one.close()
    const two = await openStore(file)
    expect(await two.journal.read('rot1')).toEqual([{type: 'mint_intended', name: 'n0', at: 10}])
    two.close()
  })

  it('from a newer patrol is refused and left as it is', async () => {
    ;(await openStore(file)).close()
    const raw = new DatabaseSync(file)
    raw.exec('pragma user_version = 99')
    raw.close()
    await expect(openStore(file)).rejects.toMatchObject({code: 'STORE_TOO_NEW', message: expect.stringContaining('99')})
  })

  it('that is no database is refused and left as it is', async () => {
    await mkdir(join(file, '..'))
    await writeFile(file, 'this is somebody’s diary, not a database\n'.repeat(40))
    await expect(openStore(file)).rejects.toMatchObject({code: 'STORE_CORRUPT', category: 'unavailable'})
    expect(await readFile(file, 'utf8')).toContain('diary')
  })

  it('in a place that cannot be written is told', async () => {
    await writeFile(join(file, '..', '..', 'blocked'), '')
    await expect(openStore(join(file, '..', '..', 'blocked', 'patrol.db'))).rejects.toMatchObject({
      code: 'STORE_UNWRITABLE',
      exit: 5,
    })
  })

  it('that becomes read-only under us is told at the next write', async () => {
    const store = await openStore(file)
    store.close()
    const raw = new DatabaseSync(file, {readOnly: true})
    const {leasesOn} = await import('../../../src/store/leases.ts')
    const leases = leasesOn(raw, file, 'p', thisProcess())
    await expect(leases.acquire('agent:x', 1, 0)).rejects.toMatchObject({code: 'STORE_UNWRITABLE'})
    raw.close()
  })

  it('on a full disk is told, and the half-written event is not there', async () => {
    const store = await openStore(file)
    const lease = await store.leases.acquire('agent:dev-a', 1_000, 0)
    await store.journal.append(entry(lease, 0))
    store.close()
    const raw = new DatabaseSync(file)
    raw.exec(`pragma max_page_count = ${Number(raw.prepare('pragma page_count').get()?.['page_count'])}`)
    const {journalOn, ROTATIONS} = await import('../../../src/store/journal.ts')
    const {site, place} = {site: 1, place: JSON.stringify(['', ''])}
    const journal = journalOn({db: raw, file, site, place}, {db: raw, file, sites: [site]}, ROTATIONS)
    const big = {type: 'mint_intended' as const, name: 'x'.repeat(100_000), at: 11}
    await expect(journal.append(entry(lease, 1, {event: big}))).rejects.toMatchObject({code: 'STORE_FULL'})
    expect(await journal.read('rot1')).toHaveLength(1)
    raw.close()
  })

  it('holds no value of any token, old or new, in any of its files', async () => {
    const store = await openStore(file)
    const world = new World()
    world.agentDeaf = true
    const ask = request({oldValue: world.old.value, onProofFailure: 'rollback', overlapMs: 1_000})
    const deps = world.deps(store)
    await expect(rotate(ask, deps)).rejects.toMatchObject({code: 'PROOF_MISSING'})
    world.agentDeaf = false
    const [open] = await store.journal.list()
    await resumeRotation(open!.id, deps)
    await pushSecret(pushOf(world, {key: 'K', value: madeUpValue(2), approval: 'park'}), deps)
    const everything = Buffer.concat(
      await Promise.all((await readdir(join(file, '..'))).map((name) => readFile(join(file, '..', name)))),
    )
    expect(everything.includes('00000002')).toBe(true)
    for (const id of [1, 2]) expect(everything.includes(madeUpValue(id).reveal())).toBe(false)
    expect(everything.includes('cccccccc')).toBe(false)
    store.close()
  })
})

describe('the journal', () => {
  it('takes each number once: of two runs on one rotation the second stops', async () => {
    const store = await openStore(file)
    const lease = await store.leases.acquire('agent:dev-a', 1_000, 0)
    await store.journal.append(entry(lease, 0))
    await store.journal.append(entry(lease, 1))
    await expect(store.journal.append(entry(lease, 1))).rejects.toMatchObject({code: 'JOURNAL_CONFLICT'})
    await expect(store.journal.append(entry(lease, 5))).rejects.toMatchObject({code: 'JOURNAL_CONFLICT'})
    expect(await store.journal.read('rot1')).toHaveLength(2)
    store.close()
  })

  it('can only grow', async () => {
    const store = await openStore(file)
    await store.journal.append(entry(await store.leases.acquire('agent:dev-a', 1_000, 0), 0))
    store.close()
    const raw = new DatabaseSync(file)
    expect(() => raw.exec('delete from events')).toThrow(/append-only/)
    expect(() => raw.exec(`update events set json = '{}'`)).toThrow(/append-only/)
    raw.close()
  })

  it('lists the newest first, by agent, and the open ones', async () => {
    const store = await openStore(file)
    const lease = await store.leases.acquire('agent:dev-a', 1_000, 0)
    for (const [id, agent, startedAt, closed] of [
      ['a', 'dev-a', 1, true],
      ['b', 'dev-b', 2, false],
      ['c', 'dev-a', 3, false],
    ] as const) {
      const base = entry(lease, 0)
      await store.journal.append({
        ...base,
        id,
        summary: {...base.summary, id, agent, startedAt, closed, dueAt: 7},
      })
    }
    const ids = async (filter?: object): Promise<string[]> => (await store.journal.list(filter)).map(({id}) => id)
    expect(await ids()).toEqual(['c', 'b', 'a'])
    expect(await ids({agent: 'dev-a'})).toEqual(['c', 'a'])
    expect(await ids({open: true, limit: 1})).toEqual(['c'])
    expect(await store.journal.list({agent: 'dev-b'})).toMatchObject([{closed: false, dueAt: 7, startedAt: 2}])
    store.close()
  })

  it.each([
    ['no JSON', 'not json'],
    ['no event', '[]'],
    ['an event of no time', '{"type": "minted", "at": 1e300}'],
  ])('names the one rotation that can’t be read (%s), and tells every other', async (_, json) => {
    const store = await openStore(file)
    const lease = await store.leases.acquire('agent:dev-a', 1_000, 0)
    await store.journal.append(entry(lease, 0))
    const other = entry(lease, 0)
    await store.journal.append({...other, id: 'rot2', summary: {...other.summary, id: 'rot2'}})
    store.close()
    const raw = new DatabaseSync(file)
    raw.exec('drop trigger events_stay')
    raw.prepare(`update events set json = ? where rotation = 'rot1'`).run(json)
    raw.close()
    const again = await openStore(file)
    await expect(again.journal.read('rot1')).rejects.toMatchObject({
      code: 'JOURNAL_UNREADABLE',
      message: expect.stringContaining('Event 0 of rotation rot1'),
      suggestions: ['patrol rotation show rot1'],
    })
    expect(await again.journal.list()).toHaveLength(2)
    expect(await again.journal.read('rot2')).toHaveLength(1)
    again.close()
  })

  it('is read whatever number an earlier patrol wrote: an overlap of thousands of years ends with the calendar', async () => {
    const store = await openStore(file)
    const lease = await store.leases.acquire('agent:dev-a', 1_000, 0)
    const base = entry(lease, 0)
    await store.journal.append(base)
    await store.journal.append({
      ...base,
      id: 'rot2',
      summary: {...base.summary, id: 'rot2', dueAt: 99_999_999_999 * 86_400_000},
      ledger: [
        {
          kind: 'superseded',
          user: 'u',
          token: {id: 4, name: 'n', lastEight: '00000004'},
          deadline: 99_999_999_999 * 86_400_000,
          at: 10,
        },
      ],
    })
    expect((await store.journal.list()).map(({id, dueAt}) => [id, dueAt])).toEqual([
      ['rot1', undefined],
      ['rot2', 8_640_000_000_000_000],
    ])
    expect(await store.ledger.tokens('u')).toMatchObject([{id: 4, deadline: 8_640_000_000_000_000}])
    store.close()
  })

  it('and the ledger change together or not at all', async () => {
    const store = await openStore(file)
    const lease = await store.leases.acquire('agent:dev-a', 1_000, 0)
    const token = {id: 4, name: 'n', lastEight: '00000004'}
    const ledger = [{kind: 'minted' as const, user: 'u', token, scopes: [], rotation: 'rot1', at: 5}]
    await expect(store.journal.append(entry(lease, 3, {ledger}))).rejects.toMatchObject({code: 'JOURNAL_CONFLICT'})
    expect(await store.ledger.tokens('u')).toEqual([])
    await store.journal.append(entry(lease, 0, {ledger}))
    expect(await store.ledger.tokens('u')).toMatchObject([{id: 4, mintedAt: 5, rotation: 'rot1'}])
    store.close()
  })
})

describe('the ledger', () => {
  it('never makes an overlap longer, and keeps the first time of everything', async () => {
    const store = await openStore(file)
    const token = {id: 4, name: 'n', lastEight: '00000004'}
    await store.ledger.apply([
      {kind: 'superseded', user: 'u', token, deadline: 100, at: 10},
      {kind: 'superseded', user: 'u', token, deadline: 900, at: 20},
      {kind: 'revoked', user: 'u', token: 4, at: 30},
      {kind: 'revoked', user: 'u', token: 4, at: 40},
    ])
    expect(await store.ledger.tokens('u')).toMatchObject([{supersededAt: 10, deadline: 100, revokedAt: 30}])
    store.close()
  })

  it('finds a user’s tokens without reading those of all others', async () => {
    const store = await openStore(file)
    const prepared = vi.spyOn(DatabaseSync.prototype, 'prepare')
    await store.ledger.tokens('u')
    const statements = prepared.mock.calls.map(([sql]) => sql)
    prepared.mockRestore()
    store.close()
    const raw = new DatabaseSync(file)
    const plans = statements.flatMap((sql) => raw.prepare(`explain query plan ${sql}`).all())
    raw.close()
    expect(plans.map(({detail}) => detail)).toEqual([
      expect.stringMatching(/^SEARCH tokens .*\(site=\? AND user=\?\)$/),
    ])
  })

  it('finds who was proven on a token without reading all other proofs', async () => {
    const store = await openStore(file)
    const prepared = vi.spyOn(DatabaseSync.prototype, 'prepare')
    await store.ledger.provenOn([{id: 1, lastEight: '00000001'}])
    const [[statement] = []] = prepared.mock.calls
    prepared.mockRestore()
    store.close()
    const raw = new DatabaseSync(file)
    const plan = raw
      .prepare(`explain query plan ${statement}`)
      .all()
      .map(({detail}) => detail)
    raw.close()
    expect(plan).toContainEqual(expect.stringMatching(/^SEARCH d USING INDEX deployments_by_token \(token=\?\)$/))
  })

  it('knows the last deployment of an agent', async () => {
    const store = await openStore(file)
    const first = {agent: 'a', user: 'u', token: 1, lastEight: '00000001', secretUpdatedAt: undefined, at: 1}
    const second = {...first, token: 2, lastEight: '00000002', secretUpdatedAt: 't', at: 2}
    await store.ledger.apply([first, second].map((deployment) => ({kind: 'deployed' as const, deployment})))
    expect(await store.ledger.deployed('a')).toEqual(second)
    expect(await store.ledger.deployed('b')).toBeUndefined()
    expect(
      await store.ledger.provenOn([
        {id: 2, lastEight: '00000002'},
        {id: 3, lastEight: '00000003'},
      ]),
    ).toMatchObject([second])
    expect(await store.ledger.provenOn([{id: 1, lastEight: '00000001'}])).toEqual([])
    store.close()
  })

  it('knows it of each of its workspaces, the latest proof whatever the clock said', async () => {
    const store = await openStore(file)
    const one = {agent: 'a', user: 'u', token: 1, lastEight: '00000001', secretUpdatedAt: undefined, at: 9}
    const first = {...one, workspace: 'x'}
    const second = {...one, workspace: 'y', token: 2, lastEight: '00000002', at: 5}
    for (const deployment of [one, first, second]) await store.ledger.apply([{kind: 'deployed', deployment}])
    expect(await store.ledger.deployed('a')).toEqual(second)
    expect(await store.ledger.deployed('a', 'x')).toEqual(first)
    expect(await store.ledger.deployed('a', 'z')).toMatchObject({workspace: undefined, token: 1})
    expect(
      await store.ledger.provenOn([first, second].map(({token, lastEight}) => ({id: token, lastEight}))),
    ).toMatchObject([{workspace: undefined}, first, second])
    // One that was regenerated since bears the same id.
    expect(await store.ledger.provenOn([{id: 1, lastEight: '00000009'}])).toMatchObject([{token: 1}, first])
    expect(await store.ledger.provenOn([{id: 3, lastEight: '00000001'}])).toEqual([])
    store.close()
  })
})

describe('the proof of an agent that patrol.yaml calls otherwise by now', () => {
  const one = {agent: 'a', user: 'u', workspace: 'x', token: 1, lastEight: '00000001', secretUpdatedAt: 't', at: 1}

  it('is found by its workspace and user, and is that of nobody else', async () => {
    const store = await openStore(file)
    await store.ledger.apply([{kind: 'deployed', deployment: one}])
    expect(await store.ledger.deployed('b', 'x', 'U')).toEqual(one)
    expect(await store.ledger.deployed('b', 'x', 'v')).toBeUndefined()
    expect(await store.ledger.deployed('b', 'y', 'u')).toBeUndefined()
    expect(await store.ledger.deployed('b')).toBeUndefined()
    store.close()
  })

  it('gives way to a later one of the name of now', async () => {
    const store = await openStore(file)
    const later = {...one, agent: 'b', token: 2, lastEight: '00000002'}
    for (const deployment of [one, later]) await store.ledger.apply([{kind: 'deployed', deployment}])
    expect(await store.ledger.deployed('b', 'x', 'u')).toEqual(later)
    expect(await store.ledger.deployed('a', 'x', 'u')).toEqual(later)
    expect(await store.ledger.deployed('a', 'x')).toEqual(one)
    store.close()
  })
})

describe('an id that a restored server gives again', () => {
  it('is the new token’s, with nothing of the one that had it before', async () => {
    const {ledger} = await openStore(file)
    const [first, second] = ['patrol.a.20260101.one', 'patrol.a.20260201.two'].map((name) => ({
      id: 9,
      name,
      lastEight: '00000009',
    }))
    await ledger.apply([
      {kind: 'minted', user: 'u', token: first!, scopes: [], at: 1},
      {kind: 'superseded', user: 'u', token: first!, deadline: 5, at: 2},
      {kind: 'revoked', user: 'u', token: 9, at: 3},
      {kind: 'minted', user: 'u', token: second!, scopes: [], at: 4},
    ])
    expect(await ledger.tokens('u')).toMatchObject([
      {id: 9, name: second!.name, mintedAt: 4, deadline: undefined, revokedAt: undefined},
    ])
    await ledger.apply([{kind: 'superseded', user: 'u', token: first!, deadline: 8, at: 6}])
    expect(await ledger.tokens('u')).toMatchObject([{name: first!.name, mintedAt: undefined, deadline: 8}])
  })
})

describe('where a token may be in use', () => {
  const place = (change: Partial<Placement> = {}): LedgerChange => {
    const token = {id: 1, lastEight: '00000001'}
    const of = {agent: 'a', user: 'U', workspace: {id: 'w', name: 'room'}, secretKey: 'GITEA_TOKEN', token}
    return {kind: 'placed', placement: {...of, how: 'found', rotation: 'r1', at: 1, ...change}}
  }
  const first = {id: 1, lastEight: '00000001'}

  it('is kept of each workspace and each secret, where it was sent before where it was found', async () => {
    const {ledger} = await openStore(file)
    await ledger.apply([
      place(),
      place({secretKey: 'OTHER'}),
      place({workspace: {id: 'w2', name: 'room'}, how: 'pushed'}),
      place({workspace: {id: undefined, name: 'room'}, how: 'created', rotation: undefined}),
      place({token: {id: undefined, lastEight: '00000001'}, how: 'by-hand', rotation: undefined, at: 2}),
      place({token: {id: 2, lastEight: '00000001'}}),
      place({token: {id: 1, lastEight: '00000002'}}),
    ])
    const told = await ledger.placesOf([first])
    expect(
      told.map(({workspace: {id}, secretKey, how, rotation, token}) => [id, secretKey, how, rotation, token.id]),
    ).toEqual([
      ['w', 'GITEA_TOKEN', 'by-hand', undefined, undefined],
      [undefined, 'GITEA_TOKEN', 'created', undefined, 1],
      ['w2', 'GITEA_TOKEN', 'pushed', 'r1', 1],
      ['w', 'GITEA_TOKEN', 'found', 'r1', 1],
      ['w', 'OTHER', 'found', 'r1', 1],
      ['w', 'GITEA_TOKEN', 'found', 'r1', 1],
    ])
    expect(told[0]).toMatchObject({agent: 'a', user: 'u', workspace: {name: 'room'}, at: 2, elsewhere: undefined})
  })

  it('knows of a process outside the platform, whoever else wrote of that workspace', async () => {
    const {ledger} = await openStore(file)
    await ledger.apply([place({workspace: {id: 'w', name: 'room', external: true}}), place()])
    expect(await ledger.placesOf([first])).toMatchObject([{workspace: {id: 'w', external: true}}])
    // However little that says else.
    await ledger.apply([place({token: {id: 3, lastEight: '00000003'}, how: 'pushed'})])
    await ledger.apply([
      place({token: {id: 3, lastEight: '00000003'}, how: 'heard', workspace: {id: 'w', name: 'room', external: true}}),
    ])
    expect(await ledger.placesOf([{id: 3, lastEight: '00000003'}])).toMatchObject([
      {how: 'pushed', workspace: {external: true}},
    ])
    await ledger.apply([place({token: {id: 2, lastEight: '00000002'}})])
    expect(await ledger.placesOf([{id: 2, lastEight: '00000002'}])).toMatchObject([{workspace: {external: false}}])
  })

  it('is told by the latest that sent it there, which no later find hides', async () => {
    const {ledger} = await openStore(file)
    const told = async () => (await ledger.placesOf([first])).map(({how, rotation, agent}) => [how, rotation, agent])
    await ledger.apply([place(), place({rotation: 'r2', agent: 'b'})])
    expect(await told()).toEqual([['found', 'r2', 'b']])
    await ledger.apply([place({how: 'heard', rotation: undefined}), place({rotation: 'r4'})])
    expect(await told()).toEqual([['heard', undefined, 'a']])
    await ledger.apply([place({how: 'pushed', rotation: 'r3'}), place({rotation: 'r4'}), place({how: 'heard'})])
    expect(await told()).toEqual([['pushed', 'r3', 'a']])
    await ledger.apply([place({how: 'pushed', rotation: 'r5'})])
    expect(await told()).toEqual([['pushed', 'r5', 'a']])
  })

  it.each([
    ['once it was seen', {}, 1],
    ['but for another agent', {agent: 'b'}, 2],
    ['but with another secret', {secretKey: 'OTHER'}, 2],
    ['but with another token', {token: {id: 2, lastEight: '00000001'}}, 2],
    ['but where it was found otherwise', {how: 'pushed' as const}, 2],
  ])('is none under the mere name of a workspace %s', async (_, change, many) => {
    const {ledger} = await openStore(file)
    const created = {how: 'created' as const, rotation: undefined}
    await ledger.apply([place({...created, workspace: {id: undefined, name: 'room'}}), place({...created, ...change})])
    const second = {id: 2, lastEight: '00000001'}
    expect(await ledger.placesOf([first, second])).toHaveLength(many)
  })

  it('is found without reading that of all others', async () => {
    const store = await openStore(file)
    const prepared = vi.spyOn(DatabaseSync.prototype, 'prepare')
    await store.ledger.placesOf([first])
    const [[statement] = []] = prepared.mock.calls
    prepared.mockRestore()
    store.close()
    const raw = new DatabaseSync(file)
    const plan = raw.prepare(`explain query plan ${statement}`).all()
    raw.close()
    expect(plan.map(({detail}) => detail)).toContainEqual(
      expect.stringMatching(/^SEARCH p USING .*INDEX .* \(last_eight=\? AND token=\?\)$/),
    )
    expect(plan.map(({detail}) => detail)).toContainEqual(
      expect.stringMatching(/^SEARCH p USING INDEX placements_by_token \(token=\?\)$/),
    )
  })
})

describe('leases', () => {
  it('are held by one, named in the refusal, until released', async () => {
    const [one, two] = [await openStore(file), await openStore(file)]
    const lease = await one.leases.acquire('agent:dev-a', 60_000, 0)
    await expect(two.leases.acquire('agent:dev-a', 60_000, 1)).rejects.toMatchObject({
      code: 'LEASE_HELD',
      message: expect.stringContaining(`process ${process.pid}`),
    })
    await one.leases.release(lease)
    const next = await two.leases.acquire('agent:dev-a', 60_000, 2)
    expect(next.fence).toBe(lease.fence + 1)
    one.close()
    two.close()
  })

  it('that expired can be taken; the former holder notices at its next write', async () => {
    const [one, two] = [await openStore(file), await openStore(file)]
    const lease = await one.leases.acquire('agent:dev-a', 1_000, 0)
    await expect(one.leases.renew(lease, 1_000, 5_000)).resolves.toMatchObject({expiresAt: 6_000})
    await two.leases.acquire('agent:dev-a', 1_000, 6_001)
    await expect(one.leases.renew(lease, 1_000, 6_002)).rejects.toMatchObject({code: 'LEASE_LOST'})
    await expect(one.journal.append(entry(lease, 0))).rejects.toMatchObject({code: 'LEASE_LOST'})
    expect(await one.journal.list()).toEqual([])
    one.close()
    two.close()
  })

  it('of a process that is gone are free at once; of another machine they are not', async () => {
    const gone = thisProcess(() => false)
    expect(gone.isGone(thisProcess().id)).toBe(true)
    expect(gone.isGone('elsewhere|pid:[1]|1|x')).toBe(false)
    expect(thisProcess().isGone(thisProcess().id)).toBe(false)
  })

  it('released by a former holder stay with the present one', async () => {
    const [one, two] = [await openStore(file), await openStore(file)]
    const lease = await one.leases.acquire('agent:dev-a', 1_000, 0)
    const taken = await two.leases.acquire('agent:dev-a', 1_000, 2_000)
    await one.leases.release(lease)
    await expect(two.leases.renew(taken, 1_000, 2_001)).resolves.toBeTruthy()
    one.close()
    two.close()
  })
})

describe('warnings', () => {
  it('about the experimental SQLite of Node 22 are kept from the screen, others are not', async () => {
    const seen: unknown[] = []
    const spy = vi.spyOn(process, 'emitWarning').mockImplementation((warning: unknown) => void seen.push(warning))
    await withoutWarning(async () => {
      process.emitWarning('SQLite is an experimental feature and might change', 'ExperimentalWarning')
      process.emitWarning('something else', 'ExperimentalWarning')
      process.emitWarning('SQLite is old', {type: 'DeprecationWarning'})
    })
    process.emitWarning('SQLite is an experimental feature and might change', 'ExperimentalWarning')
    spy.mockRestore()
    expect(seen).toEqual(['something else', 'SQLite is old', 'SQLite is an experimental feature and might change'])
  })

  it('leaves errors that are not the store’s as they are', () => {
    const bug = new TypeError('x')
    expect(explain(bug, 'f')).toBe(bug)
    expect(explain(Object.assign(new Error('x'), {code: 'ENOSPC'}), 'f')).toMatchObject({code: 'STORE_FULL'})
  })
})

it('a file that others could read is narrowed at the next open', async () => {
  ;(await openStore(file)).close()
  await chmod(file, 0o644)
  ;(await openStore(file)).close()
  expect((await stat(file)).mode & 0o777).toBe(0o600)
})

it('the ledger knows listed tokens of a user whatever he was called, by id, name and end', async () => {
  const {ledger} = await openStore(':memory:')
  const token = {id: 7, name: 'patrol.dev-a.20261122.rot1', lastEight: '00000007'}
  await ledger.apply([{kind: 'minted', user: 'agent-dev-a', token, scopes: [], at: 5}])
  expect(await ledger.tokens('dev-a')).toEqual([])
  expect(await ledger.tokens('dev-a', [token])).toMatchObject([{id: 7, user: 'agent-dev-a', mintedAt: 5}])
  expect(await ledger.tokens('Agent-dev-a', [token])).toHaveLength(1)
  const others = [
    {...token, id: 8},
    {...token, name: 'x'},
    {...token, lastEight: '00000008'},
  ]
  expect(await ledger.tokens('dev-a', others)).toEqual([])
})

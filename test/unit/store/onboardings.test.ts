import {mkdtemp} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {DatabaseSync} from 'node:sqlite'
import {beforeEach, describe, expect, it} from 'vitest'
import type {OnboardingFact} from '../../../src/onboarding/events.ts'
import {openState, openStore} from '../../../src/store/index.ts'
import type {Lease, StoryEntry} from '../../../src/story/ports.ts'
import {oldStore} from '../../support/old-store.ts'

let file: string
beforeEach(async () => {
  file = join(await mkdtemp(join(tmpdir(), 'patrol-store-')), 'state', 'patrol.db')
})

function entry(
  lease: Lease,
  seq: number,
  changes: Partial<StoryEntry<OnboardingFact>> = {},
): StoryEntry<OnboardingFact> {
  return {
    id: 'onb1',
    seq,
    event: {type: 'user_intended', login: `u${seq}`, at: 10 + seq},
    summary: {
      id: 'onb1',
      agent: 'agent-new',
      user: 'u',
      workspace: 'w',
      phase: 'creating_user',
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

const token = {id: 7, name: 'patrol.agent-new.20261122.onb1', lastEight: '00000007'}

describe('a file from before onboardings', () => {
  it('is brought up to date and keeps what it holds', async () => {
    const event = {type: 'mint_intended' as const, name: 'n0', at: 10}
    oldStore(file, 1, {
      rotations: [{id: 'rot1', agent: 'dev-a', user: 'u', phase: 'minting', events: [event]}],
      tokens: [{user: 'u', ...token}],
    })

    const state = await openState(file)
    expect(await state.recorded('everywhere').journal.read('rot1')).toEqual([event])
    const after = await state.at({gitea: 'https://git.example.org'})
    after.adopt('u', [token])
    expect(await after.ledger.tokens('u')).toMatchObject([{id: 7}])
    await after.onboardings.append(entry(await after.leases.acquire('agent:agent-new', 1_000, 0), 0))
    expect(await after.onboardings.list({open: true})).toMatchObject([{id: 'onb1', agent: 'agent-new'}])
    state.close()
  })

  it('is brought up to date once, although several ask at the same time', async () => {
    oldStore(file, 1)
    const stores = await Promise.all([openStore(file), openStore(file), openStore(file)])
    expect(await stores[2].onboardings.list()).toEqual([])
    for (const store of stores) store.close()
  })
})

describe('the record of onboardings', () => {
  it('is kept in order, with the index and the ledger in step', async () => {
    const store = await openStore(file)
    const lease = await store.leases.acquire('agent:agent-new', 1_000, 0)
    await store.onboardings.append(entry(lease, 0))
    const summary = {...entry(lease, 1).summary, user: 'other', phase: 'minted'}
    const ledger = [{kind: 'minted' as const, user: 'u', token, scopes: [], at: 1}]
    await store.onboardings.append(entry(lease, 1, {summary, ledger}))
    expect((await store.onboardings.read('onb1')).map(({at}) => at)).toEqual([10, 11])
    expect(await store.onboardings.list({agent: 'agent-new'})).toEqual([summary])
    expect(await store.ledger.tokens('u')).toMatchObject([{id: 7}])
    store.close()
  })

  it('takes no event twice and none out of turn, and then the ledger learns nothing', async () => {
    const store = await openStore(file)
    const lease = await store.leases.acquire('agent:agent-new', 1_000, 0)
    await store.onboardings.append(entry(lease, 0))
    const ledger = [{kind: 'minted' as const, user: 'u', token, scopes: [], at: 1}]
    for (const seq of [0, 2]) {
      await expect(store.onboardings.append(entry(lease, seq, {ledger}))).rejects.toMatchObject({
        code: 'JOURNAL_CONFLICT',
        message: expect.stringContaining('onboarding onb1'),
      })
    }
    expect(await store.ledger.tokens('u')).toEqual([])
    store.close()
  })

  it('takes nothing from a run whose lease another one has', async () => {
    const store = await openStore(file)
    const lease = await store.leases.acquire('agent:agent-new', 1, 0)
    await store.leases.acquire('agent:agent-new', 1_000, 50)
    await expect(store.onboardings.append(entry(lease, 0))).rejects.toMatchObject({code: 'LEASE_LOST'})
    expect(await store.onboardings.read('onb1')).toEqual([])
    store.close()
  })

  it('cannot be rewritten', async () => {
    const store = await openStore(file)
    await store.onboardings.append(entry(await store.leases.acquire('agent:agent-new', 1_000, 0), 0))
    store.close()
    const raw = new DatabaseSync(file)
    expect(() => raw.exec("update onboarding_events set type = 'x'")).toThrow(/append-only/)
    expect(() => raw.exec('delete from onboarding_events')).toThrow(/append-only/)
    raw.close()
  })
})

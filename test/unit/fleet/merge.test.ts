import {describe, expect, test} from 'vitest'
import {
  audit,
  choose,
  collect,
  merge,
  type AuditEvent,
  type AuditOptions,
  type AuditReport,
  type Blob,
} from '../../../src/fleet/index.ts'
import {inShard} from '../../../src/fleet/shard.ts'
import {ago, found, inventory, member, portsOf, row, type Member, type World} from './world.ts'

const HEADER = {schema: 'patrol/audit-blob/1', tool: {name: 'patrol', version: '0.0.0'}}
const COUNT = 4

function blob(name: string, lines: readonly unknown[]): Blob {
  return {
    name,
    async *lines() {
      for (const line of lines) yield typeof line === 'string' ? line : JSON.stringify(line)
    },
  }
}

async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const item of items) list.push(item)
  return list
}

async function eventsOf(world: World, options: AuditOptions): Promise<AuditEvent[]> {
  return all(audit(choose(inventory(world.members)), portsOf(world), options))
}

async function shard(world: World, index: number, options: AuditOptions = {}): Promise<Blob> {
  return blob(`shard-${index}`, [HEADER, ...(await eventsOf(world, {...options, shard: {index, count: COUNT}}))])
}

const shards = (world: World, options?: AuditOptions): Promise<Blob[]> =>
  Promise.all(Array.from({length: COUNT}, (_, at) => shard(world, at + 1, options)))

/** A fleet with every sort of finding, two agents of different shards on one token among them. */
function fleet(): World {
  const members = Array.from({length: 24}, (_, at) => member(`dev-${at}`, at))
  const of = (index: number): Member[] => members.filter(({name}) => inShard(name, {index, count: COUNT}))
  const [lender, borrower] = [of(1)[0]!, of(2)[0]!]
  borrower.held = lender.held
  borrower.probe = lender.probe
  lender.rows[0]!.lastUsedAt = ago(40)
  of(3)[0]!.rows[0]!.scopes = []
  of(4)[0]!.workspaceRow!.status = 'dreaming'
  return {
    members,
    users: ['old-1', 'old-2', 'old-3'].map((login) => ({login, isAdmin: false, active: true, prohibitLogin: false})),
    others: Object.fromEntries(
      ['old-1', 'old-3'].map((login, at) => [login, [row('patrol.old.20260101.abc', `0000aaa${at}`)]]),
    ),
    workspaces: ['x', 'y'].map((id) => ({
      id,
      name: `adrift-${id}`,
      status: 'online',
      kind: undefined,
      lastSampleError: undefined,
    })),
    rotations: members.slice(0, 5).map(({name}, at) => ({
      id: `r${at}`,
      agent: name,
      user: '',
      workspace: '',
      phase: 'completed',
      closed: true,
      startedAt: at % 2,
      updatedAt: 5,
      dueAt: undefined,
      events: 9,
    })),
  }
}

/** As JSON, but for how often somebody asked: every shard asks for itself for the lists that all need. */
function text({summary, ...report}: AuditReport): string {
  return JSON.stringify({...report, runs: [], summary: {...summary, requests: 0}})
}

describe('merging', () => {
  test('makes of all shards the very audit that one run would be', async () => {
    const whole = await collect(audit(choose(inventory(fleet().members)), portsOf(fleet())))
    const merged = await collect(merge((await shards(fleet())).toReversed()))
    expect(text(merged)).toBe(text(whole))
    expect(whole.agents.flatMap(found).filter((rule) => rule === 'token-shared')).toHaveLength(2)
    expect(whole.unclaimed.map(({rule}) => rule)).toEqual([
      'user-without-workspace',
      'user-without-workspace',
      'workspace-without-user',
      'workspace-without-user',
    ])
    expect(merged.summary.exit).toBe(5)
    const requests = merged.runs.map((run) => run.requests)
    expect(merged.runs.map(({shard: one}) => one?.index)).toEqual([1, 2, 3, 4])
    expect(merged.summary.requests).toBe(requests.reduce((sum, count) => sum + count, 0))
  })

  test('finds a token that only the merge can see shared', async () => {
    const blobs = await shards(fleet())
    const alone = await collect(
      merge([blob('one', [HEADER, ...(await eventsOf(fleet(), {shard: {index: 1, count: COUNT}}))])]),
    )
    expect(alone.agents.flatMap(found)).not.toContain('token-shared')
    expect((await collect(merge(blobs))).agents.flatMap(found)).toContain('token-shared')
  })

  test('leaves the agents of a missing shard unknown', async () => {
    const [first, second, , fourth] = await shards(fleet())
    const {agents, unjudged, summary} = await collect(merge([first!, second!, fourth!]))
    expect(unjudged).toContainEqual({agent: '', rule: '*', reason: 'shard 3/4 is missing: its agents were not judged'})
    expect(summary.agents).toBe(24)
    expect(summary.unknown).toBeGreaterThanOrEqual(24 - agents.length)
    expect(summary.exit).toBe(5)
  })

  test('takes what a shard that was stopped had told', async () => {
    const blobs = await shards(fleet())
    const lines = await all(blobs[0]!.lines())
    const cut = blob('cut', [...lines.slice(0, 3), lines[3]!.slice(0, 40)])
    const {unjudged, summary} = await collect(merge([cut, ...blobs.slice(1)]))
    expect(unjudged.map(({reason}) => reason)).toContainEqual(expect.stringContaining('shard 1/4 ended early'))
    expect(summary.exit).toBe(5)
  })

  test('keeps the rejected credential of one shard as exit 4', async () => {
    const lines = await eventsOf(fleet(), {shard: {index: 1, count: COUNT}})
    for (const line of lines) if (line.kind === 'tail') line.tail.summary.exit = 4
    expect((await collect(merge([blob('one', [HEADER, ...lines])]))).summary.exit).toBe(4)
  })
})

describe('blobs are refused', () => {
  const first = (blobs: Blob[]) => merge(blobs).next()
  const error = (code: string, says: RegExp) => ({code, category: 'usage', message: expect.stringMatching(says)})

  test('of different inventories', async () => {
    const other = fleet()
    other.members[3]!.scopes = ['read:user']
    await expect(first([await shard(fleet(), 1), await shard(other, 2)])).rejects.toMatchObject(
      error('BLOB_MISMATCH', /different inventories/),
    )
  })

  test('of different --fail-on', async () => {
    await expect(first([await shard(fleet(), 1), await shard(fleet(), 2, {failOn: 'high'})])).rejects.toMatchObject(
      error('BLOB_MISMATCH', /--fail-on/),
    )
  })

  test('that looked at different sources', async () => {
    const one = await shard(fleet(), 1)
    await expect(first([one, await shard({...fleet(), sources: 'listing'}, 2)])).rejects.toMatchObject(
      error('BLOB_MISMATCH', /different sources/),
    )
  })

  test('of one shard twice', async () => {
    const one = await shard(fleet(), 1)
    await expect(first([one, {...one, name: 'twin'}])).rejects.toMatchObject(error('BLOB_MISMATCH', /twin holds dev-/))
  })

  test('of one shard twice, even where it has no agents', async () => {
    const lines = (await eventsOf(fleet(), {shard: {index: 1, count: COUNT}})).filter(({kind}) => kind !== 'agent')
    const twice = ['one', 'twin'].map((name) => blob(name, [HEADER, ...lines]))
    await expect(first(twice)).rejects.toMatchObject(error('BLOB_MISMATCH', /twin and one are the same shard 1\/4/))
  })

  test('when there is none', async () => {
    await expect(first([])).rejects.toMatchObject(error('BLOB_MISMATCH', /no blob/))
  })

  test.each([
    {name: 'empty', lines: [], says: /is empty/},
    {name: 'of another version', lines: [{schema: 'patrol/audit-blob/2'}], says: /another version/},
    {name: 'something else', lines: ['<html>'], says: /is no blob/},
    {name: 'without an audit', lines: [HEADER], says: /holds no audit/},
    {
      name: 'damaged in the middle',
      lines: [HEADER, '{"kind":', {kind: 'tail', tail: {summary: {}}}],
      says: /is damaged/,
    },
  ])('$name', async ({lines, says}) => {
    await expect(first([blob('b', lines)])).rejects.toMatchObject(error('BLOB_INVALID', says))
  })
})

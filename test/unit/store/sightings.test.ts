import {mkdtemp, readdir, stat, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {sightingsIn, type Sighting} from '../../../src/store/sightings.ts'

async function directory(): Promise<string> {
  return join(await mkdtemp(join(tmpdir(), 'patrol-sightings-')), 'state')
}

function sighting(agent: string, at: number, scopes: string[] = ['read:issue']): Sighting {
  return {agent, lastEight: '00000001', scopes, by: 'audit', at}
}

test('the last sighting of each agent is kept, privately, and no store is made for it', async () => {
  const state = await directory()
  const book = sightingsIn(state, 'https://g')
  expect(await book.all()).toEqual([])
  await book.keep([sighting('a', 1000), sighting('b', 1000)])
  await book.keep([{...sighting('a', 3000, ['write:issue']), by: 'probe'}])
  expect(await sightingsIn(state, 'https://g').all()).toEqual([
    {...sighting('a', 3000, ['write:issue']), by: 'probe'},
    sighting('b', 1000),
  ])
  const dead = {...sighting('b', 4000, []), dead: true as const}
  await book.keep([dead])
  expect((await book.all())[1]).toEqual(dead)
  expect(await readdir(state)).toEqual(['seen.json'])
  expect((await stat(join(state, 'seen.json'))).mode & 0o777).toBe(0o600)
})

test('it belongs to one server', async () => {
  const state = await directory()
  await sightingsIn(state, 'https://g').keep([sighting('a', 1000)])
  await sightingsIn(state, 'https://h').keep([sighting('a', 2000)])
  expect(await sightingsIn(state, 'https://g').all()).toEqual([sighting('a', 1000)])
  expect(await sightingsIn(state, 'https://other').all()).toEqual([])
})

test.each([
  '',
  'no JSON',
  'null',
  '[1]',
  '{"https://g": 3}',
  '{"https://g": [{"agent": "a"}, null, 4]}',
  '{"https://g": [{"agent": "a", "lastEight": "", "scopes": [], "dead": 1, "by": "audit", "at": 1}]}',
])('what is not ours is nothing: %s', async (text) => {
  const state = await directory()
  await sightingsIn(state, 'https://x').keep([sighting('a', 1)])
  await writeFile(join(state, 'seen.json'), text)
  expect(await sightingsIn(state, 'https://g').all()).toEqual([])
  await sightingsIn(state, 'https://g').keep([sighting('a', 2)])
  expect(await sightingsIn(state, 'https://g').all()).toEqual([sighting('a', 2)])
})

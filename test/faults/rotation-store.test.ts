import {spawn} from 'node:child_process'
import {once} from 'node:events'
import {mkdtemp} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {DatabaseSync} from 'node:sqlite'
import {describe, expect, it} from 'vitest'
import {openStore} from '../../src/store/index.ts'

const WRITER = join(import.meta.dirname, '..', 'support', 'store-writer.ts')

async function freshFile(): Promise<string> {
  return join(await mkdtemp(join(tmpdir(), 'patrol-store-')), 'patrol.db')
}

function writer(file: string, errand: 'write' | 'race' | 'contend') {
  const child = spawn(process.execPath, [WRITER, file, errand], {stdio: ['ignore', 'pipe', 'inherit']})
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (output += chunk))
  return {child, lines: () => output.split('\n').slice(0, -1), closed: once(child, 'close')}
}

describe('a process killed in mid-write', () => {
  it('loses nothing that was said to be durable, leaves a sound file, and its lease is free at once', async () => {
    const file = await freshFile()
    let durable = -1
    for (const events of [3, 17, 40]) {
      const {child, lines, closed} = writer(file, 'write')
      while (lines().length < events) await new Promise((resolve) => setTimeout(resolve, 2))
      child.kill('SIGKILL')
      await closed
      durable = Number(lines().at(-1))
      const store = await openStore(file)
      const journal = await store.journal.read('rot1')
      expect(journal.length).toBeGreaterThanOrEqual(durable + 1)
      expect(journal.map(({at}) => at)).toEqual(journal.map((_, index) => index))
      expect(await store.ledger.tokens('u')).toHaveLength(journal.length)
      expect((await store.journal.list())[0]?.events).toBe(journal.length)
      const lease = await store.leases.acquire('agent:dev-a', 1_000, Date.now())
      await store.leases.release(lease)
      store.close()
      const raw = new DatabaseSync(file)
      expect(raw.prepare('pragma integrity_check').get()).toEqual({integrity_check: 'ok'})
      raw.close()
    }
    expect(durable).toBeGreaterThan(50)
  })
})

describe('two processes', () => {
  it('racing for one lease on a new file: one wins, the other is told', async () => {
    const file = await freshFile()
    const racers = [writer(file, 'race'), writer(file, 'race')]
    await Promise.all(racers.map(({closed}) => closed))
    expect(racers.flatMap(({lines}) => lines()).toSorted()).toEqual(['LEASE_HELD', 'won 1'])
  })

  it('writing at once wait for each other instead of failing', async () => {
    const file = await freshFile()
    const writers = [writer(file, 'contend'), writer(file, 'contend')]
    await Promise.all(writers.map(({closed}) => closed))
    expect(writers.flatMap(({lines}) => lines())).toEqual(['done', 'done'])
  })
})

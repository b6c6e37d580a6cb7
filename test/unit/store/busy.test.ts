import {mkdtempSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {DatabaseSync} from 'node:sqlite'
import {expect, onTestFinished, test} from 'vitest'
import {openStore} from '../../../src/store/index.ts'

test('a state file that another process keeps locked is said to be busy, and nothing is recorded', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'patrol-busy-'))
  onTestFinished(() => rmSync(directory, {recursive: true, force: true}))
  const path = join(directory, 'patrol.db')
  const store = await openStore(path)
  onTestFinished(() => store.close())
  const other = new DatabaseSync(path)
  onTestFinished(() => other.close())
  other.exec('begin exclusive')
  await expect(store.leases.acquire('agent:dev-a', 60_000, 0)).rejects.toMatchObject({
    code: 'STORE_BUSY',
    exit: 5,
    message: expect.stringContaining('nothing was recorded'),
  })
  other.exec('rollback')
  expect(await store.leases.acquire('agent:dev-a', 60_000, 0)).toMatchObject({})
})

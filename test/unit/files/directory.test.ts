import {mkdtemp, rm, stat, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, expect, test} from 'vitest'
import {makePrivateDirectory} from '../../../src/files.ts'

let dir = ''
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'patrol-directory-'))
})
afterEach(() => rm(dir, {recursive: true}))

test('a directory and those above it are made for their owner alone', async () => {
  expect(await makePrivateDirectory(join(dir, 'a', 'b', 'c'))).toBe(true)
  for (const made of ['a', 'a/b', 'a/b/c']) expect((await stat(join(dir, made))).mode & 0o777).toBe(0o700)
})

test('one that is there is left as it is', async () => {
  expect(await makePrivateDirectory(join(dir, 'a'))).toBe(true)
  expect(await makePrivateDirectory(join(dir, 'a'))).toBe(false)
})

test('several makers of one directory agree on one', async () => {
  const made = await Promise.all(Array.from({length: 8}, () => makePrivateDirectory(join(dir, 'x', 'y'))))
  expect(made.filter(Boolean)).toHaveLength(1)
})

test('a file in the way is an error', async () => {
  await writeFile(join(dir, 'file'), '')
  await expect(makePrivateDirectory(join(dir, 'file'))).rejects.toMatchObject({code: 'EEXIST'})
  await expect(makePrivateDirectory(join(dir, 'file', 'a'))).rejects.toMatchObject({code: 'ENOTDIR'})
})

test.runIf(process.platform === 'linux')(
  'a place that takes no directory is an error, not an endless try',
  async () => {
    await expect(makePrivateDirectory('/proc/patrol/state')).rejects.toMatchObject({code: 'ENOENT'})
  },
)

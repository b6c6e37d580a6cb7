import {mkdir, mkdtemp, rm, stat, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, expect, test} from 'vitest'
import {makePrivateDirectory, refuseUnwritable} from '../../../src/files.ts'

let dir = ''
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'patrol-directory-'))
})
afterEach(() => rm(dir, {recursive: true}))

test('a directory and those above it are made for their owner alone', async () => {
  await makePrivateDirectory(join(dir, 'a', 'b', 'c'))
  for (const made of ['a', 'a/b', 'a/b/c']) expect((await stat(join(dir, made))).mode & 0o777).toBe(0o700)
})

test('one that is there is left as it is, however many make it', async () => {
  await mkdir(join(dir, 'x'), {mode: 0o755})
  await Promise.all(Array.from({length: 8}, () => makePrivateDirectory(join(dir, 'x', 'y'))))
  await makePrivateDirectory(join(dir, 'x'))
  expect((await stat(join(dir, 'x'))).mode & 0o777).toBe(0o755)
  expect((await stat(join(dir, 'x/y'))).mode & 0o777).toBe(0o700)
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

test('where a new file has no place, its missing directory is named, and no draft that nobody knows of', async () => {
  const missing = join(dir, 'missing')
  await expect(refuseUnwritable(join(missing, 'a.token'))).rejects.toMatchObject({code: 'ENOENT', path: missing})
  const long = join(dir, 'x'.repeat(300))
  await expect(refuseUnwritable(long)).rejects.toMatchObject({code: 'ENAMETOOLONG', path: long})
})

import {chmod, lstat, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, expect, test} from 'vitest'
import {rewrite} from '../../../src/files.ts'

let dir = ''
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'patrol-rewrite-'))
})
afterEach(() => rm(dir, {recursive: true}))
const at = (name: string) => join(dir, name)

test.each([0o644, 0o755, 0o600, 0o640])('a file of mode %o keeps it', async (mode) => {
  await writeFile(at('a.sh'), 'old')
  await chmod(at('a.sh'), mode)
  await rewrite(at('a.sh'), 'old', 'new')
  expect(await readFile(at('a.sh'), 'utf8')).toBe('new')
  expect((await stat(at('a.sh'))).mode & 0o777).toBe(mode)
  expect(await readdir(dir)).toEqual(['a.sh'])
})

test('a link stays a link, to the new text', async () => {
  await writeFile(at('a.sh'), 'old')
  await symlink('a.sh', at('link'))
  await rewrite(at('link'), 'old', 'new')
  expect((await lstat(at('link'))).isSymbolicLink()).toBe(true)
  expect(await readFile(at('a.sh'), 'utf8')).toBe('new')
})

test('what somebody else changed meanwhile is left as it is, and no draft stays', async () => {
  await writeFile(at('a.sh'), 'of somebody else')
  await expect(rewrite(at('a.sh'), 'old', 'new')).rejects.toMatchObject({code: 'FILE_CHANGED', exit: 6})
  expect(await readFile(at('a.sh'), 'utf8')).toBe('of somebody else')
  expect(await readdir(dir)).toEqual(['a.sh'])
})

// Root may write to any file.
test.skipIf(process.getuid?.() === 0)('a file that may not be written is not replaced either', async () => {
  await writeFile(at('a.sh'), 'old')
  await chmod(at('a.sh'), 0o444)
  await expect(rewrite(at('a.sh'), 'old', 'new')).rejects.toMatchObject({code: 'EACCES'})
  expect(await readFile(at('a.sh'), 'utf8')).toBe('old')
})

import {spawnSync} from 'node:child_process'
import {mkdir, mkdtemp, readdir, rm, stat, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join, resolve} from 'node:path'
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
  await expect(refuseUnwritable(join(missing, 'a.token'))).rejects.toMatchObject({
    code: 'FILE_UNUSABLE',
    exit: 2,
    message: `There is no directory ${missing}. Nothing was changed.`,
    suggestions: [`mkdir -p ${missing}`],
  })
  await writeFile(join(dir, 'file'), '')
  await expect(refuseUnwritable(join(dir, 'file', 'a.token'))).rejects.toMatchObject({
    code: 'FILE_UNUSABLE',
    exit: 2,
    message: `${join(dir, 'file')} is no directory. Nothing was changed.`,
    suggestions: [`ls -ld ${join(dir, 'file')}`],
  })
  const long = join(dir, 'x'.repeat(300))
  await expect(refuseUnwritable(long)).rejects.toMatchObject({code: 'ENAMETOOLONG', path: long})
})

test('where a new file can be made, nothing is left of finding that out', async () => {
  await refuseUnwritable(join(dir, 'a.token'))
  expect(await readdir(dir)).toEqual([])
})

/** A file system that knows no links, as vfat, for as long as the command runs. */
const LINKLESS = ['-rmi', 'bash', '-c', 'mount -t mqueue none /mnt && exec "$@"', 'bash'] as const
const mayMount = spawnSync('unshare', [...LINKLESS, 'true'], {stdio: 'ignore'}).status === 0

test.skipIf(!mayMount)('a file system without links is found out before there is a value, and leaves nothing', () => {
  const script = `
    import {refuseUnwritable} from ${JSON.stringify(resolve(import.meta.dirname, '../../../src/files.ts'))}
    import {readdirSync} from 'node:fs'
    const error = await refuseUnwritable('/mnt/a.token').catch((error) => error)
    console.log(JSON.stringify([error?.code, error?.message, readdirSync('/mnt')]))`
  const {stdout} = spawnSync('unshare', [...LINKLESS, process.execPath, '--input-type=module', '-e', script], {
    encoding: 'utf8',
  })
  expect(JSON.parse(stdout)).toEqual([
    'FILE_UNUSABLE',
    'The file system of /mnt takes no links (EPERM), and without one a file that comes meanwhile might be replaced. Nothing was changed.',
    [],
  ])
})

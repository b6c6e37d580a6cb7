import {mkdir, mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterEach, beforeEach, expect, test} from 'vitest'
import {configsDirectory} from '../../../src/config/places.ts'
import {ownTokenFile, workspacePlatform} from '../../../src/config.ts'

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'patrol-own-place-'))
})
afterEach(() => rm(dir, {recursive: true, force: true}))

test.each(['/nowhere/at/all', 'relative', '/configs/'])('CONFIGS_DIR is taken as it stands: %s', (given) => {
  expect(configsDirectory({env: {CONFIGS_DIR: given, HOME: dir}}, dir)).toBe(given)
})

test('without it, the shared directory where it can be written to', async () => {
  const shared = join(dir, 'configs')
  await mkdir(shared)
  expect(configsDirectory({env: {HOME: dir}}, shared)).toBe(shared)
})

test('an empty CONFIGS_DIR says nothing', () => {
  expect(configsDirectory({env: {CONFIGS_DIR: '', HOME: dir}}, dir)).toBe(dir)
})

test('else a directory below the home', async () => {
  const home = {env: {HOME: '/home/agent'}}
  await writeFile(join(dir, 'file'), '', {mode: 0o755})
  for (const shared of [join(dir, 'missing'), join(dir, 'file')]) {
    expect(configsDirectory(home, shared)).toBe('/home/agent/.molecule-workspace')
  }
})

test('the token lies in it, beside what else the runtime keeps', () => {
  expect(ownTokenFile({env: {CONFIGS_DIR: dir}, cwd: '/'})).toBe(join(dir, '.auth_token'))
})

test('the platform is named by the environment, or not at all', () => {
  expect(workspacePlatform({env: {PLATFORM_URL: 'https://a.example', MOLECULE_ORG_ID: ''}, cwd: '/'})).toEqual({
    url: 'https://a.example',
    org: undefined,
  })
})

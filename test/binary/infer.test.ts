import {spawn, spawnSync} from 'node:child_process'
import {once} from 'node:events'
import {join, resolve} from 'node:path'
import {setTimeout as sleep} from 'node:timers/promises'
import {gzipSync} from 'node:zlib'
import {expect, test} from 'vitest'

const ROOT = resolve(import.meta.dirname, '../..')
const BIN = join(ROOT, 'bin/run.js')
const ENV = {PATH: '/usr/bin:/bin', HOME: '/nonexistent', NO_COLOR: '1'}
const LINE = '::1 - alice [22/Nov/2026:05:33:22 +0000] "GET /api/v1/user HTTP/1.1" 200 1 "" ""\n'

test.each([
  ['without an argument', [], LINE],
  ['as -', ['-'], LINE],
  ['packed', ['-'], gzipSync(LINE)],
])('a pipe is read %s', (_, args, input) => {
  const ended = spawnSync(process.execPath, [BIN, 'infer', ...args], {input, env: ENV, encoding: 'utf8'})
  expect({status: ended.status, stderr: ended.stderr}).toEqual({status: 0, stderr: ''})
  expect(ended.stdout).toContain('Least scopes: read:user')
})

test('a pipe with nothing in it is an error', () => {
  const ended = spawnSync(process.execPath, [BIN, 'infer'], {input: '', env: ENV, encoding: 'utf8'})
  expect(ended.status).toBe(5)
  expect(ended.stderr).toContain('INPUT_UNREADABLE')
})

test('Ctrl-C ends a run that waits for more, with 130', async () => {
  const child = spawn(process.execPath, [BIN, 'infer', '-'], {env: ENV, stdio: 'pipe'})
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (output += chunk.toString()))
  child.stdin.on('error', () => {})
  const ended = once(child, 'exit')
  // A pipe takes no more than its reader has read: once all of this is gone, the run is under way.
  for (let sent = 0; sent < 64; sent++) {
    if (!child.stdin.write(LINE.repeat(1000))) await once(child.stdin, 'drain')
  }
  await sleep(50)
  child.kill('SIGINT')
  expect((await ended)[0]).toBe(130)
  expect(output).not.toContain('Least scopes')
  expect(output).toContain('Nothing was changed')
  expect(output).not.toContain('rotation')
})

test('the corpus as a whole says what it needs, code and all', () => {
  const {status, stdout} = spawnSync(process.execPath, [BIN, 'infer', 'test/corpus/infer', '--json'], {
    cwd: ROOT,
    env: ENV,
    encoding: 'utf8',
  })
  // Some of it is meant to be beyond all reading.
  expect(status).toBe(5)
  const {result}: {result: {groups: {scopes: string[]}[]}} = JSON.parse(stdout)
  expect(result.groups[0]?.scopes).toEqual([
    'read:admin',
    'read:notification',
    'write:organization',
    'read:package',
    'write:issue',
    'write:repository',
    'write:user',
  ])
})

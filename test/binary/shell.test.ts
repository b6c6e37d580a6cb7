import {spawnSync} from 'node:child_process'
import {resolve} from 'node:path'
import {expect, test} from 'vitest'

const BIN = resolve(import.meta.dirname, '../../bin/run.js')

test('a reader that goes away is no error', () => {
  const line = `set -o pipefail; "${process.execPath}" "${BIN}" --help | head -1`
  const {status, stdout, stderr} = spawnSync('bash', ['-c', line], {encoding: 'utf8'})
  expect({status, stderr}).toEqual({status: 0, stderr: ''})
  expect(stdout.split('\n')).toHaveLength(2)
})

test('the version is one line', () => {
  const {status, stdout} = spawnSync(process.execPath, [BIN, '--version'], {encoding: 'utf8'})
  expect(status).toBe(0)
  expect(stdout).toMatch(/^patrol \d+\.\d+\.\d+\n$/)
})

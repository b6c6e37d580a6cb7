import {spawnSync} from 'node:child_process'
import {resolve} from 'node:path'
import {describe, expect, test} from 'vitest'
import {openDesk} from '../support/binary.ts'

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

describe('standard input', () => {
  test('gives a probe its token, without any configuration', async () => {
    await using desk = await openDesk()
    const [agent] = desk.sandbox.agents
    const line = ['probe', '--gitea-url', desk.sandbox.gitea.url, '--token-file', '-', '--json']
    const {exit, stdout} = await desk.patrol(line, {input: `${agent!.tokenValue}\n`, env: {PATROL_CONFIG: ''}})
    expect(exit).toBe(3)
    expect(JSON.parse(stdout)).toMatchObject({
      result: {identity: {login: agent!.name}, profile: {missing: ['read:issue']}},
    })
  })
})

import {readFile, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import Audit from '../../src/commands/audit.ts'
import Mint from '../../src/commands/mint.ts'
import Rotate from '../../src/commands/rotate.ts'
import {smallSandbox} from '../support/small-sandbox.ts'
import {stage, type Stage} from './harness.ts'

const SEED = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'

/** An administrator with one-time codes, which this release takes more than once: no test waits for one. */
async function withCodes(): Promise<Stage> {
  const at = await stage(smallSandbox({version: '1.22.6', admin: {totp: SEED}}))
  await writeFile(join(at.dir, 'secrets/totp'), `${SEED}\n`, {mode: 0o600})
  const password = 'password: file:secrets/admin-password\n'
  const config = await readFile(at.home.config, 'utf8')
  expect(config).toContain(password)
  await writeFile(at.home.config, config.replace(password, `${password}    totp: file:secrets/totp\n`))
  return at
}

/** What was asked as the administrator: where each code is taken once, as many codes, half a minute each. */
const asked = ({sandbox}: Stage): string[] =>
  sandbox.gitea.requests
    .filter(({auth, user}) => auth === 'basic' && user === 'root')
    .map(({method, path}) => `${method} ${path}`)

describe('as many codes as a run costs where each is taken once (ADR 0005)', () => {
  test.each([
    ['a rotation', Rotate, 'agent-dev-a --yes', 14],
    ['a mint', Mint, 'agent-dev-a --yes --output-file FILE', 4],
    ['an audit of one agent', Audit, 'agent-dev-a', 4],
  ] as const)('%s', async (_, command, line, most) => {
    await using at = await withCodes()
    const {exit, stderr} = await at.patrol(command, line.replace('FILE', join(at.dir, 'new.token')))
    expect({exit, stderr}).toMatchObject({exit: 0})
    expect(asked(at).length).toBeLessThanOrEqual(most)
    expect(asked(at)).not.toEqual([])
  })
})

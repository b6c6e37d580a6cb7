import {readFile, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import Mint from '../../src/commands/mint.ts'
import Rotate from '../../src/commands/rotate.ts'
import {smallSandbox, type Differences} from '../support/small-sandbox.ts'
import {stage, type Runnable, type Stage} from './harness.ts'

const SEED = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'
/** Each code is taken once; from 1.27 on a token hands out nothing that it lacks. */
const ONCE = ['1.26.4', '1.27.0'] as const

async function withCodes(differs: Differences): Promise<Stage> {
  const at = await stage(smallSandbox({admin: {totp: SEED}, ...differs}))
  await writeFile(join(at.dir, 'secrets/totp'), `${SEED}\n`, {mode: 0o600})
  const password = 'password: file:secrets/admin-password\n'
  const config = await readFile(at.home.config, 'utf8')
  expect(config).toContain(password)
  await writeFile(at.home.config, config.replace(password, `${password}    totp: file:secrets/totp\n`))
  return at
}

const asRoot = ({sandbox}: Stage) =>
  sandbox.gitea.requests.filter(({auth, user}) => auth === 'basic' && user === 'root')

/** What was asked as the administrator. */
const asked = (at: Stage): string[] => asRoot(at).map(({method, path}) => `${method} ${path}`)

/** What was asked with a code: half a minute each where each is taken once. */
const coded = (at: Stage): string[] =>
  asRoot(at)
    .filter(({otp}) => otp)
    .map(({method, path}) => `${method} ${path}`)

const MINT = 'POST /api/v1/users/root/tokens'
const passes = ({sandbox}: Stage): string[] => sandbox.gitea.tokens('root').map(({name}) => name)

describe.each(ONCE)('a run that may write on %s', (version) => {
  test.each<[string, Runnable, string]>([
    ['a rotation', Rotate, 'agent-dev-a --yes'],
    ['a mint', Mint, 'agent-dev-a --yes --output-file FILE'],
  ])('%s costs one code', async (_, command, line) => {
    await using at = await withCodes({version, private: true})
    const {exit, stderr} = await at.patrol(command, line.replace('FILE', join(at.dir, 'new.token')))
    expect({exit, stderr}).toMatchObject({exit: 0})
    expect(coded(at)).toEqual([MINT])
    expect(passes(at)).toEqual([])
    expect(asked(at).at(-1)).toMatch(/^DELETE \/api\/v1\/users\/root\/tokens\/\d+$/)
    expect(stderr).toMatch(
      /One one-time code of root does for this whole run: with it patrol minted itself patrol-run\./,
    )
  })
})

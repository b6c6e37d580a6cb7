import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import type {FaultRule} from '../../src/simulator/types.ts'
import {openDesk, type Desk} from '../support/binary.ts'
import {reached} from '../support/reached.ts'
import {smallSandbox, type Differences} from '../support/small-sandbox.ts'

const SEED = 'GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ'

/** An administrator whose one-time codes are taken once each: a second run within half a minute waits for its own. */
async function withCodes(more: Differences = {}): Promise<Desk> {
  const desk = await openDesk(smallSandbox({version: '1.26.4', admin: {totp: SEED}, ...more}))
  writeFileSync(join(desk.dir, 'secrets/totp'), `${SEED}\n`, {mode: 0o600})
  const password = 'password: file:secrets/admin-password\n'
  desk.configure((text) => text.replace(password, `${password}    totp: file:secrets/totp\n`))
  return desk
}

const passes = ({sandbox}: Desk): string[] => sandbox.gitea.tokens('root').map(({name}) => name)
const mint = (file: string) => ['mint', 'agent-dev-a', '--yes', '--output-file', file]

type Strike = FaultRule & {path: RegExp}
const OWN = /\/users\/root\/tokens(?:\?.*)?$/
const STRIKES: readonly [string, Strike, number][] = [
  ['before its mint', {method: 'POST', path: OWN, kind: 'hang'}, 0],
  ['after its mint', {method: 'POST', path: OWN, kind: 'hold'}, 1],
  ['at the first list by it', {method: 'GET', path: OWN, kind: 'hold'}, 1],
  ['at the list before its deletion', {method: 'GET', path: OWN, nth: 2, kind: 'hold'}, 1],
  ['before its deletion', {method: 'DELETE', path: /\/users\/root\/tokens\/\d+$/, kind: 'hang'}, 1],
  ['after its deletion', {method: 'DELETE', path: /\/users\/root\/tokens\/\d+$/, kind: 'hold'}, 0],
]

describe('kill -9 around the pass of a run: the next one deletes what is left', () => {
  test.concurrent.each(STRIKES)('%s', async (_, strike, left) => {
    await using desk = await withCodes()
    const {gitea} = desk.sandbox
    const mend = gitea.fail({nth: 1, ...strike})
    const run = desk.start(mint('new.token'))
    await reached(gitea, strike, run)
    run.child.kill('SIGKILL')
    expect((await run.ended).signal).toBe('SIGKILL')
    mend()
    expect(passes(desk)).toHaveLength(left)

    const {exit, stdout} = await desk.patrol(['rotation', 'resume'])

    expect([exit, passes(desk)]).toEqual([0, []])
    expect(stdout).toContain('No rotation is unfinished')
  })
})

describe('a request to stop', () => {
  const used = {method: 'GET', path: /\/users\/agent-dev-a\/tokens/, kind: 'hold'} as const
  test.concurrent.each([
    ['SIGINT', 130, 'while the pass is minted', {method: 'POST', path: OWN, kind: 'hold'}],
    ['SIGINT', 130, 'while it is used', used],
    ['SIGHUP', 129, 'while it is used', used],
  ] as const)('%s (%i) %s: it is deleted all the same', async (signal, code, _, strike) => {
    await using desk = await withCodes()
    const {gitea} = desk.sandbox
    const mend = gitea.fail({nth: 1, ...strike})
    const run = desk.start(mint('new.token'))
    await reached(gitea, strike, run)
    expect(passes(desk)).toHaveLength(1)
    run.child.kill(signal)
    if (strike.method === 'POST') mend()
    const {exit} = await run.ended
    mend()
    expect([exit, passes(desk)]).toEqual([code, []])
  })
})

test('two runs at once have a pass each, and neither deletes that of the other', async () => {
  await using desk = await withCodes({workspace: {approval: true}})
  desk.configure((text) => `${text}  agent-new:\n    profile: engineer\n`)
  const {platform} = desk.sandbox
  const first = desk.start(['rotate', 'agent-dev-a', '--yes'])
  await reached(platform, {method: 'GET', path: /\/approvals$/, kind: 'hang'}, first)
  const [own] = passes(desk)

  const second = await desk.patrol(['onboard', 'agent-new', '--yes', '--no-wait'])

  expect(second.stderr).toMatch(/minted itself patrol-run\./)
  expect([own, passes(desk)]).toEqual([expect.stringMatching(/^patrol-run\./), [own]])
  for (const {id} of platform.pending()) platform.decide(id, 'approved')
  const {exit, stderr} = await first.ended
  expect({exit, stderr}).toMatchObject({exit: 0})
  expect(passes(desk)).toEqual([])
})

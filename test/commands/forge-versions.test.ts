import {describe, expect, test} from 'vitest'
import Audit from '../../src/commands/audit.ts'
import Doctor from '../../src/commands/doctor.ts'
import Explain from '../../src/commands/explain.ts'
import Mint from '../../src/commands/mint.ts'
import Probe from '../../src/commands/probe.ts'
import Rotate from '../../src/commands/rotate.ts'
import {smallSandbox} from '../support/small-sandbox.ts'
import {stage, type Stage} from './harness.ts'

const JSON_TYPE = {'content-type': 'application/json;charset=utf-8'}

/** What a server can call itself besides what it is, and how patrol may name it. */
const WORDS = [
  {what: 'a fork', version: '9.1-acme', named: 'a server that calls itself "9.1-acme"'},
  {what: 'a release to come', version: '2.0.0', named: 'a server that calls itself "2.0.0"'},
  {what: 'a Gitea to come', version: '1.99.0', named: 'Gitea 1.99.0'},
  {what: 'a Forgejo to come', version: '17.0.0+gitea-1.22.0', named: 'Forgejo 17.0.0'},
  {what: 'nothing', version: '', named: 'does not tell its version'},
  {what: 'no text', version: null, named: 'does not tell its version'},
  {what: 'a control sequence', version: '\u001b[2J1.22.6', named: 'a server that calls itself'},
] as const

async function calling(version: string | null, real: '1.22.6' | 'forgejo-15'): Promise<Stage> {
  const at = await stage(smallSandbox({version: real}))
  const answer = {kind: 'answer' as const, status: 200, headers: JSON_TYPE}
  at.sandbox.gitea.fail({path: /\/version$/, ...answer, body: JSON.stringify({version})})
  return at
}

describe.each(['1.22.6', 'forgejo-15'] as const)('a %s', (real) => {
  test.each(WORDS)('that calls itself $what is named so, and everything works', async ({version, named}) => {
    await using at = await calling(version, real)
    const doctor = await at.patrol(Doctor, '')
    expect([doctor.exit, doctor.stdout]).toEqual([0, expect.stringContaining(named)])
    const probe = await at.patrol(Probe, 'agent-dev-a --json')
    expect([probe.exit, probe.document.result]).toEqual([
      0,
      expect.objectContaining({granted: expect.arrayContaining(['read:issue'])}),
    ])
    const audit = await at.patrol(Audit, '')
    expect([audit.exit, audit.stdout]).toEqual([0, expect.stringContaining('No findings.')])
    const minted = await at.patrol(Mint, `agent-dev-a --output-file ${at.dir}/new.token --yes`)
    expect([minted.exit, at.sandbox.gitea.tokens('agent-dev-a').length]).toEqual([0, 2])
    const explained = await at.patrol(Explain, 'GET /repos/acme/core/issues')
    expect([explained.exit, explained.stdout]).toEqual([0, expect.stringContaining('read:issue')])
    for (const {stdout, stderr} of [doctor, probe, audit, minted, explained])
      expect(stdout + stderr).not.toContain('\u001b[2J')
  })
})

const ENDLESS = ['', '1.22.6+', '15.0.3+gitea-']

test.each(ENDLESS)('a version that begins with "%s" and does not end is cut in JSON too', async (begun) => {
  await using at = await calling(begun + 'x'.repeat(200_000), 'forgejo-15')
  const short = expect.stringMatching(/^[\w.+-]{60,130}…$/)
  const audit = await at.patrol<{gitea: object}>(Audit, '--json')
  expect(audit.document.result.gitea).toMatchObject({version: short})
  const probe = await at.patrol(Probe, 'agent-dev-a --json')
  expect(probe.document.result).toMatchObject({version: short})
})

const HIDING = [
  ['404 page', {status: 404, headers: {'content-type': 'text/html'}, body: '<html>no</html>'}],
  ['404 text', {status: 404, headers: {'content-type': 'text/plain'}, body: '404 page not found'}],
  ['401', {status: 401, headers: JSON_TYPE, body: '{"error":"login"}'}],
  ['redirect', {status: 302, headers: {location: 'https://sso.example.test/login'}, body: ''}],
] as const

const HIDDEN = (['1.22.6', 'forgejo-15'] as const).flatMap((real) => HIDING.map((hiding) => [real, ...hiding] as const))

test.each(HIDDEN)("a %s whose version a gateway's %s hides is worked with", async (real, _, hidden) => {
  await using at = await stage(smallSandbox({version: real}))
  at.sandbox.gitea.fail({path: /\/api\/(forgejo\/)?v1\/version$/, kind: 'answer', ...hidden})
  const doctor = await at.patrol(Doctor, '')
  expect([doctor.exit, doctor.stdout]).toEqual([0, expect.stringContaining('does not tell its version to strangers')])
  expect((await at.patrol(Audit, '')).exit).toBe(0)
  expect((await at.patrol(Mint, `agent-dev-a --output-file ${at.dir}/new.token --yes`)).exit).toBe(0)
  const rotated = await at.patrol(Rotate, 'agent-dev-a --yes')
  expect([rotated.exit, rotated.stderr]).toEqual([0, expect.stringContaining('Revoke')])
})

test.each(['1.22.6', 'forgejo-15'] as const)(
  'a %s that tells strangers nothing is known to its administrator',
  async (real) => {
    await using at = await stage(smallSandbox({version: real, settings: {requireSignin: true}}))
    const {document, exit} = await at.patrol<{gitea: object}>(Audit, '--json')
    const forge = real === '1.22.6' ? {name: 'gitea', version: '1.22.6'} : {name: 'forgejo', version: '15.0.3'}
    expect([exit, document.result.gitea]).toEqual([0, expect.objectContaining({forge})])
    expect((await at.patrol(Doctor, '')).stdout).toContain('does not tell its version to strangers')
    expect((await at.patrol(Rotate, 'agent-dev-a --yes')).exit).toBe(0)
  },
)

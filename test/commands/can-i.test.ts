import {readFile, writeFile} from 'node:fs/promises'
import {describe, expect, test} from 'vitest'
import {parseDocument} from 'yaml'
import CanI from '../../src/commands/can-i.ts'
import {serve} from '../support/loopback.ts'
import {stage, writes, type Stage} from './harness.ts'

interface Answer {
  agent: string
  method: string
  path: string
  route: string | null
  answer: string
  decidedBy: string
  missing: string[]
  token: {lastEight: string; by: string} | null
  next: string[]
}

const ISSUES = '/repos/acme/core/issues'

async function edit({home}: Stage, change: (config: ReturnType<typeof parseDocument>) => void): Promise<void> {
  const config = parseDocument(await readFile(home.config, 'utf8'))
  change(config)
  await writeFile(home.config, config.toString())
}

describe('can-i', () => {
  test.each(['1.22.6', '1.27.0', 'forgejo-15'] as const)('answers in one line on %s', async (gitea) => {
    await using at = await stage({gitea})
    const no = await at.patrol(CanI, `agent-dev-a GET ${ISSUES}`)
    expect([no.exit, no.stderr]).toEqual([3, ''])
    expect(no.stdout).toBe(
      `no: agent-dev-a cannot GET ${ISSUES}: the token …${at.token('agent-dev-a').slice(-8)} lacks read:issue. Type: patrol rotate agent-dev-a\n`,
    )
    const yes = await at.patrol(CanI, `agent-reviewer GET ${ISSUES}`)
    expect([yes.exit, yes.stderr]).toEqual([0, ''])
    expect(yes.stdout).toMatch(/^yes: agent-reviewer can GET \S+: the token …\w{8} has read:issue\.\n$/)
    const open = await at.patrol(CanI, 'agent-reviewer PUT /repos/acme/core/topics')
    expect(open.exit).toBe(5)
    expect(open.stdout).toMatch(
      /^unknown: .*the scope allows it; the rights of its user in acme\/core may still refuse/,
    )
    expect(writes(at.sandbox.gitea).filter((line) => !line.includes('~scope-probe~'))).toEqual([])
  })

  test('takes a method in any case, and a path in every form', async () => {
    await using at = await stage()
    const forms = [
      `get ${ISSUES}`,
      `GET /api/v1${ISSUES}?state=open&page=2`,
      `Get ${at.sandbox.gitea.url}/api/v1${ISSUES}#top`,
      `GET repos/acme/core/issues/`,
    ]
    for (const form of forms) {
      // oxlint-disable-next-line no-await-in-loop -- commands run one by one in this process
      const {exit, document} = await at.patrol<Answer>(CanI, `agent-reviewer ${form} --json`)
      expect([exit, document.result]).toEqual([0, expect.objectContaining({method: 'GET', path: ISSUES})])
    }
  })

  test('gives scripts the verdict, the scopes and what to type', async () => {
    await using at = await stage()
    const {exit, document} = await at.patrol<Answer>(CanI, `agent-dev-b GET ${ISSUES} --json`)
    expect([exit, document.status]).toEqual([3, 3])
    expect(document.result).toMatchObject({
      agent: 'agent-dev-b',
      route: '/repos/{owner}/{repo}/issues',
      answer: 'no',
      decidedBy: 'scope',
      missing: ['read:issue'],
      token: {lastEight: at.token('agent-dev-b').slice(-8), by: 'probe'},
      next: ['patrol rotate agent-dev-b'],
    })
  })

  test('a dead token can do nothing', async () => {
    await using at = await stage()
    const {exit, stdout} = await at.patrol(CanI, 'agent-dead GET /version')
    expect(exit).toBe(3)
    expect(stdout).toMatch(/^no: agent-dead cannot .* is dead: .* Type: patrol rotate agent-dead\n$/)
  })

  test('does not know a call that the server has not, and names the nearest', async () => {
    await using at = await stage()
    const {exit, stdout} = await at.patrol(CanI, 'agent-reviewer GET /repos/acme/core/isues')
    expect(exit).toBe(5)
    expect(stdout).toMatch(
      /^unknown: .*Gitea 1\.22\.6 has no such call .* answers 404\. Type: patrol can-i agent-reviewer GET \/repos\/acme\/core\/issues\n$/,
    )
    expect((await at.patrol(CanI, 'agent-reviewer DELETE /user')).stdout).toContain('it answers 405; there is GET')
  })

  test.each([
    [['agent-reviewer', 'FETCH', '/user'], 'is no call of the API'],
    [['agent-reviewer', 'GET', ''], 'is no call of the API'],
    [['agent-reviewer', 'GET', 'https://git.example.org/api/v1/user'], 'the server that patrol.yaml names'],
    [['agent-reviewr', 'GET', '/user'], 'agent-reviewer'],
  ])('refuses %j, and asks nobody', async (argv, said) => {
    await using at = await stage()
    const {exit, stderr, stdout} = await at.patrol(CanI, argv)
    expect([exit, stdout]).toEqual([2, ''])
    expect(stderr).toContain(said)
    expect(at.sandbox.gitea.requests).toEqual([])
  })

  test('takes a page of the web interface for what it is', async () => {
    await using at = await stage()
    const {exit, stderr} = await at.patrol(CanI, `agent-reviewer GET ${at.sandbox.gitea.url}/acme/core/issues`)
    expect([exit, stderr]).toEqual([2, expect.stringContaining('a page of the web interface')])
  })
})

describe('can-i without the value', () => {
  test("goes by the administrator's listing, and says so", async () => {
    await using at = await stage()
    await edit(at, (config) => void config.deleteIn(['agents', 'agent-dev-a', 'token']))
    const {exit, stdout, stderr} = await at.patrol(CanI, `agent-dev-a GET ${ISSUES}`)
    expect(exit).toBe(3)
    expect(stdout).toContain('lacks read:issue (by the listing). Type: patrol rotate agent-dev-a')
    expect(stderr).toContain("this goes by the administrator's listing")
  })

  test('takes a value that cannot be read for none', async () => {
    await using at = await stage()
    await edit(at, (config) => config.setIn(['agents', 'agent-reviewer', 'token'], 'file:secrets/nowhere'))
    const {exit, stdout, stderr} = await at.patrol(CanI, 'agent-reviewer GET /user')
    expect([exit, stdout]).toEqual([0, expect.stringContaining('has read:user (by the listing).')])
    expect(stderr).toContain('nowhere')
  })

  test('says that nothing tells, without an administrator', async () => {
    await using at = await stage()
    await edit(at, (config) => {
      config.deleteIn(['agents', 'agent-dev-a', 'token'])
      config.deleteIn(['gitea', 'admin'])
    })
    const {exit, stdout} = await at.patrol(CanI, `agent-dev-a GET ${ISSUES}`)
    expect(exit).toBe(5)
    expect(stdout).toMatch(/^unknown: .*its entry has no "token", and no administrator is at hand.* Type: patrol /)
  })

  test('an agent that has no user yet can do nothing', async () => {
    await using at = await stage({newAgents: 1})
    const {exit, stdout} = await at.patrol(CanI, 'agent-new GET /user')
    expect([exit, stdout]).toEqual([
      3,
      'no: agent-new cannot GET /user: there is no user agent-new. Type: patrol onboard agent-new\n',
    ])
  })
})

describe('can-i of a server that does not answer as one', () => {
  test.each([
    ['another program', 'text/html', '<html></html>'],
    ['one of another kind', 'application/json', '{"version":"0.9.0-other","login":"agent-reviewer","id":7}'],
  ])('%s is not known', async (_, type, body) => {
    await using at = await stage()
    await using other = await serve((request, response) => {
      const told = /\/api\/v1\/(?:version|user)$/.test(request.url ?? '')
      response.writeHead(told ? 200 : 404, {'content-type': told ? type : 'text/plain'}).end(told ? body : '404')
    })
    await edit(at, (config) => config.setIn(['gitea', 'url'], other.url))
    const {exit, stdout} = await at.patrol(CanI, `agent-reviewer GET ${ISSUES}`)
    expect([exit, stdout]).toEqual([5, expect.stringMatching(/^unknown: agent-reviewer, /)])
    expect(stdout).toContain(type === 'text/html' ? 'nothing tells whether the token' : 'calls itself 0.9.0-other')
  })
})

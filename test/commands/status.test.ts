import {readFile, readdir, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import {parseDocument} from 'yaml'
import Audit from '../../src/commands/audit.ts'
import Probe from '../../src/commands/probe.ts'
import Rotate from '../../src/commands/rotate.ts'
import Status from '../../src/commands/status.ts'
import {serve} from '../support/loopback.ts'
import {stage, writes, type Stage} from './harness.ts'

interface Result {
  servers: {kind: string; state: string; version: string | null; ms: number | null; why: string | null}[]
  fleet: {agents: number; dead: number; missing: number; unseen: number; audited: {at: string} | null}
  worst: {agent: string; state: string; missing: string[]}[]
  recordsRead: boolean
  open: {kind: string; agent: string; next: string}[]
  approvals: {agent: string; approval: string}[]
  revocations: {agent: string; dueAt: string; isOver: boolean}[]
  next: string[]
}

async function giteaAt({home}: Stage, url: string): Promise<void> {
  const config = parseDocument(await readFile(home.config, 'utf8'))
  config.setIn(['gitea', 'url'], url)
  await writeFile(home.config, config.toString())
}

describe('status', () => {
  test.each(['1.22.6', 'forgejo-15'] as const)('of a fresh set-up on %s, which it leaves untouched', async (gitea) => {
    await using at = await stage({gitea})
    const {exit, stdout, stderr} = await at.patrol(Status, '')
    expect([exit, stderr]).toEqual([0, ''])
    expect(stdout).toMatch(/^Servers\n {2}✓ up {4}(?:Gitea|Forgejo) .*\d+ ms\n {2}✓ up {4}platform .*\d+ ms\n/)
    expect(stdout).toContain('never audited: patrol audit')
    expect(stdout).toMatch(/\? not seen yet/)
    expect(stdout).toMatch(/Type next:\n {2}patrol audit\n$/)
    expect(await readdir(at.home.state).catch(() => [])).toEqual([])
    expect(at.sandbox.gitea.requests.map(({method}) => method)).not.toContain('POST')
    expect(at.sandbox.gitea.requests.length + at.sandbox.platform.requests.length).toBeLessThanOrEqual(5)
  })

  test('tells who lacks what, what is unfinished, who is waited for and what is due', async () => {
    await using at = await stage()
    await at.patrol(Audit, '--exit-zero')
    await at.patrol(Rotate, 'agent-dev-a --yes --overlap 24h')
    await at.patrol(Rotate, 'agent-pending --yes --no-wait')
    await at.patrol(Rotate, 'agent-external --yes')
    const before = writes(at.sandbox.gitea).length
    const {exit, document} = await at.patrol<Result>(Status, '--json')
    const {result} = document
    expect(exit).toBe(0)
    expect(writes(at.sandbox.gitea)).toHaveLength(before)
    expect(result.fleet).toMatchObject({dead: 1, audited: {at: expect.stringMatching(/Z$/)}})
    expect(result.worst[0]).toMatchObject({agent: 'agent-dead', state: 'dead'})
    expect(result.worst).toContainEqual(expect.objectContaining({agent: 'agent-dev-b', missing: ['read:issue']}))
    expect(result.worst.map(({agent}) => agent)).not.toContain('agent-dev-a')
    expect(result.open).toEqual([expect.objectContaining({kind: 'rotation', agent: 'agent-external'})])
    expect(result.approvals).toEqual([
      expect.objectContaining({agent: 'agent-pending', approval: expect.stringMatching(/./)}),
    ])
    expect(result.revocations).toEqual([
      expect.objectContaining({agent: 'agent-dev-a', isOver: false, dueAt: expect.stringMatching(/Z$/)}),
    ])
    expect(result.next).toEqual([result.open[0]!.next])
    const {stdout} = await at.patrol(Status, '')
    expect(stdout).toMatch(
      /Waiting for a person\n {2}agent-pending {2}approval .*\n {4}decide it in the canvas of http/,
    )
    expect(stdout).toMatch(/Old tokens to be revoked\n {2}agent-dev-a {2}due in 23 h/)
  })

  test('sends nobody to a cure that is refused: of a paused agent it says to audit it', async () => {
    await using at = await stage()
    await at.patrol(Probe, 'agent-paused --exit-zero')
    const {document} = await at.patrol<Result>(Status, '--json')
    expect(document.result.next).toEqual(['patrol audit agent-paused'])
  })

  test('a probe alone is no audit', async () => {
    await using at = await stage()
    await at.patrol(Probe, 'agent-dev-a --exit-zero')
    const {document} = await at.patrol<Result>(Status, '--json')
    expect(document.result.fleet).toMatchObject({missing: 1, audited: null})
    expect(document.result.next).toEqual(['patrol audit agent-dev-a'])
  })
})

describe('status without a network', () => {
  test('shows what the machine knows, and which server is away', async () => {
    await using at = await stage()
    await at.patrol(Audit, '--exit-zero')
    await at.patrol(Rotate, 'agent-external --yes')
    at.sandbox.gitea.fail({kind: 'reset-before'})
    const {exit, stdout, document} = await at.patrol<Result>(Status, '--json')
    expect([exit, stdout === '']).toEqual([5, false])
    const [gitea, platform] = document.result.servers
    expect(gitea).toMatchObject({kind: 'gitea', state: 'down', ms: null, why: expect.stringMatching(/./)})
    expect(platform).toMatchObject({kind: 'platform', state: 'up'})
    expect(document.result.open).toEqual([expect.objectContaining({agent: 'agent-external'})])
    expect(document.result.next).toEqual(['patrol doctor'])
  })

  test('waits four seconds for a server that keeps silent', async () => {
    await using at = await stage()
    await using silent = await serve(() => {})
    await giteaAt(at, silent.url)
    const began = Date.now()
    const {exit, stdout} = await at.patrol(Status, '')
    expect(exit).toBe(5)
    expect(stdout).toMatch(/✗ down {2}git server .*: no answer within 4 s/)
    expect(Date.now() - began).toBeLessThan(14_000)
  })

  test('takes another program for what it is', async () => {
    await using at = await stage()
    await using other = await serve((_request, response) => {
      response.writeHead(200, {'content-type': 'text/html'}).end('<html></html>')
    })
    await giteaAt(at, other.url)
    const {exit, stdout} = await at.patrol(Status, '')
    expect([exit, stdout]).toEqual([5, expect.stringContaining('✗ down  git server')])
  })

  test('says that it cannot read the records, and shows all else', async () => {
    await using at = await stage()
    await at.patrol(Audit, '--exit-zero')
    await writeFile(join(at.home.state, 'patrol.db'), 'no database at all, whatever its name says '.repeat(40))
    const {exit, stdout, document} = await at.patrol<Result>(Status, '--json')
    expect([exit, stdout === '', document.result.recordsRead]).toEqual([5, false, false])
    expect(document.result.fleet.dead).toBe(1)
    expect((await at.patrol(Status, '')).stdout).toContain('? unknown  what is open on this machine: ')
  })
})

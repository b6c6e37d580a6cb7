import {readFile, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import Audit from '../../src/commands/audit.ts'
import Mint from '../../src/commands/mint.ts'
import Onboard from '../../src/commands/onboard.ts'
import Restart from '../../src/commands/restart.ts'
import Revoke from '../../src/commands/revoke.ts'
import Rotate from '../../src/commands/rotate.ts'
import RotationAbort from '../../src/commands/rotation/abort.ts'
import RotationList from '../../src/commands/rotation/list.ts'
import RotationResume from '../../src/commands/rotation/resume.ts'
import RotationShow from '../../src/commands/rotation/show.ts'
import type {StorySummary} from '../../src/story/ports.ts'
import type {SandboxOptions} from '../../src/simulator/sandbox.ts'
import {oldStore} from '../support/old-store.ts'
import {stage, writes} from './harness.ts'
import type {Runnable, Stage} from './harness.ts'

const PRODUCTION = {since: '2025-01-01T00:00:00Z', newAgents: 1}
const STAGING = {since: '2026-02-02T00:00:00Z', newAgents: 1}

/** Another pair of servers, with the same ids in them, and the same state directory. */
async function beside(first: Stage, options: SandboxOptions = STAGING): Promise<Stage> {
  const other = await stage(options)
  Object.assign(other.env, {PATROL_STATE_DIR: first.home.state})
  return other
}

const tokensOf = ({sandbox}: Stage, user: string) => sandbox.gitea.tokens(user).map(({id, name}) => ({id, name}))
const deletions = ({sandbox}: Stage): string[] => writes(sandbox.gitea).filter((line) => line.startsWith('DELETE'))

/** Leaves a revocation of agent-dev-a's old token due at once, and a rotation of agent-pending before its approval. */
async function leaveWork(at: Stage): Promise<{due: string; open: string}> {
  expect((await at.patrol(Rotate, 'agent-pending --yes --no-wait')).exit).toBe(8)
  const mend = at.sandbox.gitea.fail({method: 'DELETE', kind: 'status', status: 500})
  expect((await at.patrol(Rotate, 'agent-dev-a --yes')).exit).toBe(7)
  mend()
  const {rotations} = (await at.patrol<{rotations: StorySummary[]}>(RotationList, '--json')).document.result
  const idOf = (name: string) => rotations.find(({agent}) => agent === name)!.id
  expect(rotations).toHaveLength(2)
  return {due: idOf('agent-dev-a'), open: idOf('agent-pending')}
}

describe('two servers and one state directory', () => {
  const acts: [string, Runnable, string, number | readonly number[]][] = [
    ['rotate', Rotate, 'agent-dev-b --yes', 0],
    ['rotate, of the agent that is open elsewhere', Rotate, 'agent-pending --yes --no-wait', 8],
    ['mint', Mint, 'agent-dev-b --yes --output-file DIR/new.token', 0],
    ['restart', Restart, 'agent-dev-b --yes', 0],
    // Whether the gate lets a token go that nobody vouches for is not the point here.
    ['revoke', Revoke, 'agent-reviewer --id ID --confirm agent-reviewer', [0, 6]],
    ['onboard', Onboard, 'agent-new --yes', 0],
    ['resume', RotationResume, 'DUE', 2],
    ['resume by name', RotationResume, 'agent-dev-a', 2],
    ['abort', RotationAbort, 'OPEN --yes', 2],
    ['abort by name', RotationAbort, 'agent-pending --yes', 2],
  ]
  test.each(acts)('%s on one never reaches the other', async (_, command, line, exit) => {
    await using production = await stage(PRODUCTION)
    await using staging = await beside(production)
    const {due, open} = await leaveWork(staging)
    const before = ['agent-dev-a', 'agent-pending'].map((user) => tokensOf(production, user))
    const ended = await production.patrol(
      command,
      line
        .replace('DUE', due)
        .replace('OPEN', open)
        .replace('DIR', production.dir)
        .replace('ID', String(tokensOf(production, 'agent-reviewer')[0]!.id))
        .split(' '),
    )
    expect([exit].flat()).toContain(ended.exit)
    expect(deletions(production).filter((path) => /agent-dev-a|agent-pending/.test(path))).toEqual([])
    expect(tokensOf(production, 'agent-dev-a')).toEqual(before[0])
    expect(tokensOf(production, 'agent-pending')).toEqual(expect.arrayContaining(before[1]!))
    expect(/was made on other servers|has no rotation of/.test(ended.stderr)).toBe(exit === 2)
  })

  test('each finishes its own', async () => {
    await using production = await stage(PRODUCTION)
    await using staging = await beside(production)
    const old = staging.token('agent-dev-a')
    const {due} = await leaveWork(staging)
    expect((await staging.patrol(RotationResume, due)).exit).toBe(0)
    expect(staging.sandbox.gitea.isLive(old)).toBe(false)
  })

  test('the list is that of the configured servers, and says what else there is', async () => {
    await using production = await stage(PRODUCTION)
    await using staging = await beside(production)
    const {due, open} = await leaveWork(staging)
    const mine = await production.patrol(RotationList, '')
    expect(mine.stdout).toContain('No rotation is recorded here.')
    expect(mine.stdout).toContain(
      `2 of ${staging.sandbox.gitea.url} with ${staging.sandbox.platform.url}, 2 of them unfinished`,
    )
    expect(mine.stdout).toContain(open)
    expect([...production.sandbox.gitea.requests, ...production.sandbox.platform.requests]).toEqual([])
    expect((await production.patrol(RotationShow, due)).stdout).toContain(`Rotation ${due} of agent-dev-a`)
    expect((await staging.patrol(RotationList, '')).stdout).not.toContain('Recorded for other servers')
  })
})

describe('one address', () => {
  /** Two servers, one after the other, at the same addresses. */
  async function portsOf(at: Stage): Promise<SandboxOptions> {
    const port = (url: string) => Number(new URL(url).port)
    const ports = {gitea: port(at.sandbox.gitea.url), platform: port(at.sandbox.platform.url)}
    await at.sandbox.close()
    return {...STAGING, ports}
  }

  test('another server behind it is told apart, warned about and left alone', async () => {
    await using first = await stage(PRODUCTION)
    const {due} = await leaveWork(first)
    await using second = await beside(first, await portsOf(first))
    const before = tokensOf(second, 'agent-dev-a')
    const {exit, stderr} = await second.patrol(Rotate, 'agent-dev-b --yes')
    expect(exit).toBe(0)
    expect(stderr).toContain('Warning: 2 unfinished records were made on another server behind the same address')
    expect(tokensOf(second, 'agent-dev-a')).toEqual(before)
    expect((await second.patrol(RotationResume, due)).exit).toBe(2)
    expect((await second.patrol(RotationList, '')).stdout).toContain(due)
  })
})

test('another administrator in patrol.yaml is no other server', async () => {
  await using at = await stage(PRODUCTION)
  const {due} = await leaveWork(at)
  const {url} = at.sandbox.gitea
  const asRoot = async (method: string, path: string, body: object) => {
    const authorization = `Basic ${Buffer.from(`root:${at.sandbox.admin.password}`).toString('base64')}`
    const headers = {authorization, 'content-type': 'application/json'}
    const answer = await fetch(`${url}/api/v1${path}`, {method, headers, body: JSON.stringify(body)})
    expect(answer.ok).toBe(true)
  }
  const ada = {username: 'ada', email: 'ada@sandbox.invalid', password: at.sandbox.admin.password}
  await asRoot('POST', '/admin/users', {...ada, must_change_password: false})
  await asRoot('PATCH', '/admin/users/ada', {login_name: 'ada', source_id: 0, admin: true})
  await writeFile(at.home.config, (await readFile(at.home.config, 'utf8')).replace('user: root', 'user: ada'))
  const {exit, stderr} = await at.patrol(RotationResume, due)
  expect([exit, stderr]).toEqual([0, expect.not.stringContaining('Warning')])
})

test('an audit of a server that does not answer is still an audit, without what was recorded', async () => {
  await using at = await stage(PRODUCTION)
  await at.patrol(RotationList, '')
  await at.sandbox.gitea.close()
  const {exit, document} = await at.patrol<{agents: unknown[]}>(Audit, 'agent-dev-a --json')
  expect([exit, document.error]).toEqual([5, undefined])
  expect(document.warnings).toEqual([expect.stringMatching(/^What was recorded is left out: .*nothing answers there/)])
})

describe('a server at another address', () => {
  /** The same Gitea and platform by another name for loopback. */
  async function moved(at: Stage, formerly: boolean): Promise<void> {
    const {gitea, platform} = at.sandbox
    const elsewhere = (url: string) => url.replace('127.0.0.1', 'localhost')
    const key = (url: string) => (formerly ? `\n  formerly: [${url}]` : '')
    const text = (await readFile(at.home.config, 'utf8'))
      .replace(`url: ${gitea.url}`, `url: ${elsewhere(gitea.url)}${key(gitea.url)}`)
      .replace(`url: ${platform.url}`, `url: ${elsewhere(platform.url)}${key(platform.url)}`)
    await writeFile(at.home.config, text)
  }

  test('is not taken for the same: what waits at the old one is left, and the way is told', async () => {
    await using at = await stage(PRODUCTION)
    const old = at.token('agent-dev-a')
    const {due} = await leaveWork(at)
    await moved(at, false)
    const {exit, stderr} = await at.patrol(Rotate, 'agent-dev-b --yes')
    expect(exit).toBe(0)
    expect(stderr).toMatch(
      /2 unfinished records were made at http:\/\/127\.0\.0\.1:\d+ with .*"formerly" in patrol\.yaml/,
    )
    expect(at.sandbox.gitea.isLive(old)).toBe(true)
    expect((await at.patrol(RotationResume, due)).exit).toBe(2)
  })

  test('takes over what waits there once its former address is named', async () => {
    await using at = await stage(PRODUCTION)
    const {open} = await leaveWork(at)
    await moved(at, true)
    const [waiting] = at.sandbox.platform.pending()
    at.sandbox.platform.decide(waiting!.id, 'approved')
    const {exit, stderr} = await at.patrol(RotationResume, open)
    expect([exit, stderr]).toEqual([0, expect.not.stringMatching(/Warning: (?!The old token .* was due)/)])
    expect((await at.patrol(RotationList, '')).stdout).not.toContain('Recorded for other servers')
  })
})

describe('a state file from before servers were kept apart', () => {
  const past = (at: Stage, id: number, lastEight: string) => {
    const [old] = at.sandbox.gitea.tokens('agent-dev-a')
    const token = {id, name: old!.name, lastEight}
    const terms = {rotation: 'rotold0001', agent: 'agent-dev-a', user: 'agent-dev-a'}
    const events = [{type: 'planned', terms, superseded: [token], deployed: token, at: 10}]
    return {id: 'rotold0001', agent: 'agent-dev-a', user: 'agent-dev-a', phase: 'planned', dueAt: 20, events}
  }

  test('is taken over where this server lists the token', async () => {
    await using at = await stage(PRODUCTION)
    const [old] = at.sandbox.gitea.tokens('agent-dev-a')
    oldStore(join(at.home.state, 'patrol.db'), 2, {rotations: [past(at, old!.id, old!.lastEight)]})
    expect((await at.patrol(RotationAbort, 'nothing --yes')).stderr).toContain('no rotation of "nothing"')
    const shown = await at.patrol(RotationShow, 'nothing')
    expect([shown.exit, shown.stderr]).toEqual([2, expect.stringMatching(/no rotation of "nothing"\.\n/)])
    expect((await at.patrol(RotationList, '')).stdout).toMatch(/^rotold0001 +agent-dev-a/m)
    const looked = at.sandbox.gitea.requests.length
    await at.patrol(RotationAbort, 'nothing --yes')
    expect(at.sandbox.gitea.requests.slice(looked).map(({path}) => path)).toEqual(['/api/v1/users/root'])
  })

  test('is left, and named, where it does not', async () => {
    await using at = await stage(PRODUCTION)
    const [old] = at.sandbox.gitea.tokens('agent-dev-a')
    oldStore(join(at.home.state, 'patrol.db'), 2, {rotations: [past(at, old!.id, 'ffffffff')]})
    const {stderr, exit} = await at.patrol(Rotate, 'agent-dev-b --yes')
    expect([exit, stderr]).toEqual([0, expect.stringContaining('before patrol kept servers apart')])
    expect((await at.patrol(RotationResume, 'rotold0001')).stderr).toContain('was made on other servers')
    expect((await at.patrol(RotationList, '')).stdout).toContain('rotations rotold0001')
  })
})

import {readFile, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import {parseDocument} from 'yaml'
import Audit from '../../src/commands/audit.ts'
import Onboard from '../../src/commands/onboard.ts'
import OnboardingAbort from '../../src/commands/onboarding/abort.ts'
import Mint from '../../src/commands/mint.ts'
import Push from '../../src/commands/push.ts'
import Revoke from '../../src/commands/revoke.ts'
import Restart from '../../src/commands/restart.ts'
import Rotate from '../../src/commands/rotate.ts'
import RotationAbort from '../../src/commands/rotation/abort.ts'
import Smoke from '../../src/commands/smoke.ts'
import {createRoom, deleteRoom} from '../support/operator.ts'
import {stage, type Stage} from './harness.ts'

/** Changes patrol.yaml as a person would. */
async function edit({home}: Stage, change: (config: ReturnType<typeof parseDocument>) => void): Promise<void> {
  const config = parseDocument(await readFile(home.config, 'utf8'))
  change(config)
  await writeFile(home.config, config.toString())
}

/** The agent is in the workspace of the reviewer, whom patrol.yaml names no more. */
async function moveToReviewer(at: Stage, agent: string): Promise<void> {
  await edit(at, (config) => {
    config.setIn(['agents', agent], {workspace: config.getIn(['agents', 'agent-reviewer', 'workspace'])})
    config.deleteIn(['agents', 'agent-reviewer'])
  })
}

test('the workspace that an onboarding made holds its token after that was given up and its agent moved', async () => {
  await using at = await stage()
  const config = await readFile(at.home.config, 'utf8')
  await writeFile(at.home.config, `${config}  agent-new: {}\n`)
  const mend = at.sandbox.platform.fail({path: /\/a2a$/, kind: 'status', status: 502})
  expect((await at.patrol(Onboard, 'agent-new --yes')).exit).toBe(7)
  expect((await at.patrol(OnboardingAbort, 'agent-new --yes')).exit).toBe(0)
  mend()
  const [token] = at.sandbox.gitea.tokens('agent-new')
  await moveToReviewer(at, 'agent-new')

  const planned = await at.patrol(Rotate, 'agent-new --dry-run')
  expect(planned.stdout).toMatch(/workspace agent-new \([-0-9a-f]{36}\) was made with it for agent-new/)
  const held = await at.patrol(Rotate, 'agent-new --overlap 0s --yes')
  expect(held.exit).toBe(7)
  expect(held.stderr).toContain(`was made with it for agent-new; it runs on …${token!.lastEight}`)
  expect(held.stderr).toContain('REVOCATION_HELD')
  expect(at.sandbox.gitea.tokens('agent-new').map(({id}) => id)).toContain(token!.id)
})

test('the workspace to which a token was pushed by hand holds it', async () => {
  await using at = await stage()
  const {gitea} = at.sandbox
  const agent = 'agent-dev-a'
  const value = at.token(agent)
  const {id} = gitea.tokens(agent).find(({lastEight}) => value.endsWith(lastEight))!
  expect((await at.patrol(Push, `${agent} --allow-broken-agent --yes`)).exit).toBe(0)
  const file = join(at.dir, 'another.token')
  expect((await at.patrol(Mint, `${agent} --output-file ${file} --yes`)).exit).toBe(0)
  await moveToReviewer(at, agent)
  const refused = await at.patrol(Revoke, `${agent} --id ${id} --dry-run`)
  expect(refused.exit).toBe(6)
  expect(refused.stderr).toMatch(/workspace agent-dev-a \([-0-9a-f]{36}\) is where it was sent by hand for agent-dev-a/)
})

test.each([
  ['in a smoke test that failed', Smoke, ''],
  ['to an audit', Audit, '--source listing --ask-agents'],
] as const)('the workspace in which an agent named a token holds it: %s', async (_, command, flags) => {
  await using at = await stage()
  const agent = 'agent-dev-a'
  await enter(at, agent, at.id(agent))
  expect((await at.patrol(command, `${agent} ${flags}`)).exit).toBe(3)
  const [token] = at.sandbox.gitea.tokens(agent)
  const file = join(at.dir, 'another.token')
  expect((await at.patrol(Mint, `${agent} --output-file ${file} --yes`)).exit).toBe(0)
  await moveToReviewer(at, agent)
  const refused = await at.patrol(Revoke, `${agent} --id ${token!.id} --dry-run`)
  expect(refused.exit).toBe(6)
  const there = /workspace agent-dev-a \([-0-9a-f]{36}\)(?: of \S+)? is where agent-dev-a reported it/
  expect(refused.stderr).toMatch(there)
  // By what is on record alone.
  await edit(at, (config) => void config.delete('platform'))
  const recorded = await at.patrol(Revoke, `${agent} --id ${token!.id} --dry-run`)
  expect(recorded.stderr).toMatch(there)
  expect(recorded.stderr).not.toContain(`workspace ${at.id(agent)}`)
})

test('what an agent named to an audit is held where its token has another value by now', async () => {
  await using at = await stage()
  const agent = 'agent-dev-a'
  await enter(at, agent, at.id(agent))
  expect((await at.patrol(Audit, `${agent} --source listing --ask-agents`)).exit).toBe(3)
  const {id} = at.sandbox.gitea.tokens(agent)[0]!
  const file = join(at.dir, 'another.token')
  expect((await at.patrol(Mint, `${agent} --output-file ${file} --yes`)).exit).toBe(0)
  at.sandbox.gitea.regenerate(agent, id)
  await moveToReviewer(at, agent)
  const refused = await at.patrol(Revoke, `${agent} --id ${id} --dry-run`)
  expect(refused.exit).toBe(6)
  expect(refused.stderr).toMatch(/workspace agent-dev-a \([-0-9a-f]{36}\)(?: of \S+)? is where agent-dev-a reported it/)
})

/** Its entry leads to this workspace: an id, or a name. */
async function enter(at: Stage, agent: string, workspace: string): Promise<void> {
  await edit(at, (config) => config.setIn(['agents', agent, 'workspace'], workspace))
}

/** As the runbook advises where a server keeps the name of today from its processes. */
async function renameSecret(at: Stage): Promise<void> {
  await edit(at, (config) => config.set('secret', 'GIT_HTTP_PASSWORD'))
}

test('a process outside the platform goes on when its workspace is deleted', async () => {
  await using at = await stage()
  const agent = 'agent-external'
  expect((await at.patrol(Rotate, `${agent} --yes`)).exit).toBe(7)
  await deleteRoom(at.sandbox, at.id(agent), agent)
  const live = at.sandbox.gitea.tokens(agent).map(({id}) => id)

  const alone = await at.patrol(RotationAbort, `${agent} --yes`)
  expect(alone.exit).toBe(6)
  expect(alone.stderr).toContain('is gone, and its process ran outside the platform')
  expect((await at.patrol(RotationAbort, `${agent} --keep both --yes`)).exit).toBe(0)
  await moveToReviewer(at, agent)
  const held = await at.patrol(Rotate, `${agent} --overlap 0s --yes`)
  expect(held.exit).toBe(7)
  expect(held.stderr).toMatch(/workspace agent-external \([-0-9a-f]{36}\) .*; its process ran outside the platform/)
  expect(at.sandbox.gitea.tokens(agent).map(({id}) => id)).toEqual(expect.arrayContaining(live))
})

test('and also when its workspace is made anew under its name, which patrol.yaml has', async () => {
  await using at = await stage()
  const agent = 'agent-external'
  await enter(at, agent, agent)
  expect((await at.patrol(Rotate, `${agent} --yes`)).exit).toBe(7)
  const old = at.id(agent)
  await deleteRoom(at.sandbox, old, agent)
  expect((await at.patrol(RotationAbort, `${agent} --keep both --yes`)).exit).toBe(0)
  const sent = at.sandbox.gitea.tokens(agent).at(-1)!
  const file = join(at.dir, 'another.token')
  expect((await at.patrol(Mint, `${agent} --output-file ${file} --yes`)).exit).toBe(0)
  await createRoom(at.sandbox, agent, {[at.sandbox.secretKey]: (await readFile(file, 'utf8')).trim()})
  expect((await at.patrol(Smoke, `${agent} --token-file ${file}`)).exit).toBe(0)

  const refused = await at.patrol(Revoke, `${agent} --id ${sent.id} --dry-run`)
  expect(refused.exit).toBe(6)
  expect(refused.stderr).toMatch(new RegExp(`workspace ${agent} \\(${old}\\) .*; its process ran outside the platform`))
  expect(refused.stderr).not.toContain('patrol smoke')
})

describe('the end of a rotation whose workspace is gone', () => {
  const agent = 'agent-dev-a'
  /** Stored and started, but never proven, for the agent did not answer. */
  const unproven = async (at: Stage): Promise<string> => {
    const mend = at.sandbox.platform.fail({path: /\/a2a$/, kind: 'status', status: 502})
    expect((await at.patrol(Rotate, `${agent} --yes`)).exit).toBe(7)
    mend()
    return at.token(agent)
  }
  const alive = (at: Stage, value: string): boolean =>
    at.sandbox.gitea.tokens(agent).some(({lastEight}) => value.endsWith(lastEight))

  test.each(['is made anew under its name', 'was left for another one before'])(
    'leaves the new token to who runs on it: it %s',
    async (how) => {
      await using at = await stage()
      const value = await unproven(at)
      const room = at.id(agent)
      const other = how.startsWith('is') ? agent : 'agent-dev-a-next'
      const made = await createRoom(at.sandbox, other, {[at.sandbox.secretKey]: value})
      await enter(at, agent, made)
      await deleteRoom(at.sandbox, room, agent)
      const refused = await at.patrol(RotationAbort, `${agent} --yes`)
      expect(refused.exit).toBe(6)
      expect(refused.stderr).toMatch(
        /Somebody may run on what would be deleted: workspace \S+ \([-0-9a-f]+\) is the workspace of agent-dev-a in/,
      )
      expect(refused.stderr).toContain('--keep both')
      expect(alive(at, value)).toBe(true)
      expect((await at.patrol(RotationAbort, `${agent} --keep both --yes`)).exit).toBe(0)
      expect(alive(at, value)).toBe(true)
      expect((await at.patrol(Rotate, `${agent} --yes`)).exit).toBe(0)
      expect(alive(at, value)).toBe(false)
    },
  )
})

test('a secret under the name of once goes on holding what is deleted, and that is told', async () => {
  await using at = await stage()
  const agent = 'agent-dev-a'
  expect((await at.patrol(Rotate, `${agent} --yes`)).exit).toBe(0)
  const [token] = at.sandbox.gitea.tokens(agent)
  await renameSecret(at)
  const left = `GITEA_TOKEN of agent-dev-a may hold …${token!.lastEight}, which goes`
  const renamed = await at.patrol(Rotate, `${agent} --overlap 1h --yes`)
  expect(renamed.exit).toBe(0)
  expect(renamed.stderr).toContain(left)
})

test('and so it is of a token that is revoked by hand', async () => {
  await using at = await stage()
  const agent = 'agent-dev-a'
  const value = at.token(agent)
  const {id, lastEight} = at.sandbox.gitea.tokens(agent).find((each) => value.endsWith(each.lastEight))!
  expect((await at.patrol(Push, `${agent} --allow-broken-agent --yes`)).exit).toBe(0)
  await renameSecret(at)
  const file = join(at.dir, 'another.token')
  expect((await at.patrol(Mint, `${agent} --output-file ${file} --yes`)).exit).toBe(0)
  expect((await at.patrol(Push, `${agent} --token-file ${file} --yes`)).exit).toBe(0)
  expect((await at.patrol(Restart, `${agent} --yes`)).exit).toBe(0)
  const revoked = await at.patrol(Revoke, `${agent} --id ${id} --agent-may-stop --dry-run`)
  expect(revoked.exit).toBe(0)
  expect(revoked.stderr).toContain(`GITEA_TOKEN of agent-dev-a may hold …${lastEight}, which goes`)
})

test('an agent that patrol.yaml calls otherwise by now is the one that its workspace and user tell', async () => {
  await using at = await stage()
  const agent = 'agent-reviewer'
  const old = at.token(agent).slice(-8)
  expect((await at.patrol(Rotate, `${agent} --yes --overlap 24h`)).exit).toBe(0)
  const runs = () => at.sandbox.platform.process(at.id(agent))!.env[at.sandbox.secretKey]!.slice(-8)
  const before = runs()
  await edit(at, (config) => {
    config.setIn(['agents', 'reviewer'], config.getIn(['agents', agent]))
    config.setIn(['agents', 'reviewer', 'user'], agent)
    config.deleteIn(['agents', agent])
  })

  const works = await at.patrol(Smoke, 'reviewer')
  expect([works.exit, works.stdout]).toEqual([0, expect.stringContaining(`runs on …${before}`)])
  expect((await at.patrol(Audit, 'reviewer')).exit).toBe(0)
  const done = await at.patrol(Rotate, 'reviewer --overlap 0s --yes')
  expect([done.exit, done.stdout]).toEqual([
    0,
    expect.stringMatching(RegExp(`revoked +patrol\\.${agent}\\..*…${before}`)),
  ])
  expect(at.sandbox.gitea.tokens(agent).map(({lastEight}) => lastEight)).toEqual([old, runs()])
  expect((await at.patrol(Audit, 'reviewer --ask-agents')).exit).toBe(0)
})

import {execFileSync} from 'node:child_process'
import {existsSync} from 'node:fs'
import {readFile, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import {parseDocument} from 'yaml'
import Onboard from '../../src/commands/onboard.ts'
import Probe from '../../src/commands/probe.ts'
import Revoke from '../../src/commands/revoke.ts'
import Rotate from '../../src/commands/rotate.ts'
import RotationAbort from '../../src/commands/rotation/abort.ts'
import RotationList from '../../src/commands/rotation/list.ts'
import RotationResume from '../../src/commands/rotation/resume.ts'
import RotationShow from '../../src/commands/rotation/show.ts'
import Smoke from '../../src/commands/smoke.ts'
import {asOperator, deleteRoom} from '../support/operator.ts'
import {timePasses} from '../support/time-passes.ts'
import {stage, writes} from './harness.ts'
import type {Stage} from './harness.ts'

interface Rotated {
  rotations: {id: string; agent: string; phase: string; dueAt: string}[]
}

const scopesOf = (at: Stage, user: string) => at.sandbox.gitea.tokens(user).map(({scopes}) => scopes)

async function approve({sandbox}: Stage): Promise<void> {
  const [waiting] = sandbox.platform.pending()
  sandbox.platform.decide(waiting!.id, 'approved')
}

describe('rotate', () => {
  test('replaces the token from end to end', async () => {
    await using at = await stage()
    const old = at.token('agent-dev-a')
    const {exit, stdout, stderr} = await at.patrol(Rotate, 'agent-dev-a --yes')
    expect(stdout).toMatch(
      /✓ done: agent-dev-a: rotation \w{10} is completed\.\n {2}server .*, Gitea 1\.22\.6\n {2}new .*\n {2}revoked {2}agent-dev-a-2026-03/,
    )
    expect(exit).toBe(0)
    expect(stderr).toMatch(/- Mint: .*\n- Probe.*\n- Push: (?:.*\n)+- Smoke test: .*\n- Revoke: /)
    expect(at.sandbox.gitea.isLive(old)).toBe(false)
    expect(scopesOf(at, 'agent-dev-a')).toEqual([
      expect.arrayContaining(['read:issue', 'write:repository', 'read:user']),
    ])
    expect(at.sandbox.platform.process(at.id('agent-dev-a'))?.env['GITEA_TOKEN']).toBe(at.token('agent-dev-a'))
    await at.home.follow()
    expect((await at.patrol(Probe, 'agent-dev-a')).exit).toBe(0)
    expect((await at.patrol(Smoke, 'agent-dev-a')).exit).toBe(0)
  })

  test('refuses, before any write, to work towards a proof in a repository that is not there', async () => {
    await using at = await stage()
    const text = await readFile(at.home.config, 'utf8')
    await writeFile(at.home.config, text.replace('acme/core', 'acme/nope'))
    const {exit, stderr} = await at.patrol(Rotate, 'agent-dev-a --yes')
    expect(stderr).toMatch(
      /no repository acme\/nope.*Nothing was changed\..*right name into patrol\.yaml.*\nCode: REPO_NOT_FOUND/s,
    )
    expect(exit).toBe(6)
    expect([...writes(at.sandbox.gitea), ...writes(at.sandbox.platform)]).toEqual([])
  })

  test.each(['--dry-run', ''])('changes nothing with "%s" and no terminal', async (flags) => {
    await using at = await stage()
    const {exit, stdout, stderr} = await at.patrol(Rotate, `agent-dev-a ${flags}`)
    const refused = flags === ''
    expect(exit).toBe(refused ? 6 : 0)
    const plan = /DELETE +\/api\/v1\/users\/agent-dev-a\/tokens\/\d+ +agent-dev-a-2026-03/
    expect(refused ? stderr : stdout).toMatch(plan)
    expect(stderr).toMatch(refused ? /no terminal to ask at.*\nCode: CONFIRMATION_NEEDED\n(?:.*\n)*.*--yes/ : /^$/)
    expect([...writes(at.sandbox.gitea), ...writes(at.sandbox.platform)]).toEqual([])
    expect((await at.patrol(RotationList, '')).stdout).toContain('No rotation is recorded here.')
  })

  test('keeps the old token for the overlap, and resume is not needed before its end', async () => {
    await using at = await stage()
    const old = at.token('agent-dev-a')
    const {exit, document} = await at.patrol<Rotated>(Rotate, 'agent-dev-a --yes --overlap 24h --json')
    expect(exit).toBe(0)
    const [rotation] = document.result.rotations
    expect(rotation?.phase).toBe('proven')
    expect(rotation?.dueAt).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/)
    expect(Date.parse(rotation!.dueAt)).toBeGreaterThan(Date.now() + 23 * 3_600_000)
    expect(at.sandbox.gitea.isLive(old)).toBe(true)
    expect((await at.patrol(RotationResume, 'agent-dev-a')).stdout).toMatch(/is proven/)
    expect(at.sandbox.gitea.isLive(old)).toBe(true)
  })

  test('takes several agents one after another, and the worst exit wins', async () => {
    await using at = await stage()
    const {exit, document} = await at.patrol<Rotated>(
      Rotate,
      'concierge agent-dev-a agent-paused agent-dev-b --yes --json',
    )
    expect(exit).toBe(6)
    expect(document.incomplete).toEqual([
      expect.objectContaining({agent: 'concierge', code: 'GUARD_CONCIERGE', exit: 6}),
      expect.objectContaining({agent: 'agent-paused', code: 'GUARD_PAUSED', exit: 6}),
    ])
    expect(document.result.rotations).toEqual([
      expect.objectContaining({agent: 'agent-dev-a', phase: 'completed'}),
      expect.objectContaining({agent: 'agent-dev-b', phase: 'completed'}),
    ])
  })

  test.each([
    ['an unknown agent', 'agent-dev-x --yes', 'AGENT_UNKNOWN', 2],
    ['the concierge', 'concierge --yes', 'GUARD_CONCIERGE', 6],
    ['a paused workspace', 'agent-paused --yes', 'GUARD_PAUSED', 6],
  ])('refuses %s before any write', async (_, line, code, exit) => {
    await using at = await stage()
    const ended = await at.patrol(Rotate, `${line} --json`)
    expect(ended.document.error?.code).toBe(code)
    expect(ended.exit).toBe(exit)
    expect([...writes(at.sandbox.gitea), ...writes(at.sandbox.platform)]).toEqual([])
  })

  test('refuses an unknown kind on an old platform until it is waived', async () => {
    await using at = await stage({release: 'april'})
    expect((await at.patrol(Rotate, 'agent-dev-a --yes --json')).document.error?.code).toBe('GUARD_UNKNOWN_KIND')
    expect((await at.patrol(Rotate, 'agent-dev-a --yes --allow-unknown-kind')).exit).toBe(0)
  })

  test('says that a wrong administrator password is ours, and that nothing changed', async () => {
    await using at = await stage()
    await writeFile(join(at.dir, 'secrets/admin-password'), 'not-a-real-password\n', {mode: 0o600})
    const {exit, document} = await at.patrol(Rotate, 'agent-dev-a --yes --json')
    expect(document.error).toMatchObject({
      code: 'ADMIN_REJECTED',
      message: expect.stringContaining('gitea.admin.password (file:secrets/admin-password)'),
      suggestions: ['patrol doctor'],
      ref: 'admin-credential-rejected',
    })
    expect(exit).toBe(4)
  })
})

test.each([
  [Rotate, 'admin-password', 'ADMIN_REJECTED', 1],
  [Onboard, 'admin-password', 'ADMIN_REJECTED', 1],
  // A 401 of the platform is asked again, for it can come of a store that is away.
  [Rotate, 'platform-token', 'PLATFORM_TOKEN_REJECTED', 2],
] as const)('%o of several: a rejected %s is tried for one and said once', async (command, file, code, tries) => {
  await using at = await stage()
  await writeFile(join(at.dir, 'secrets', file), 'not-a-real-secret\n', {mode: 0o600})
  const agents = ['agent-dev-a', 'agent-dev-b', 'agent-reviewer']
  const {exit, stderr} = await at.patrol(command, [...agents, '--yes'])
  expect(exit).toBe(4)
  expect(stderr.split(`Code: ${code}`)).toHaveLength(2)
  expect(stderr).toMatch(
    /patrol doctor\nThe same holds for agent-dev-b, agent-reviewer; nothing of theirs was begun\.\nServer: http:\S+?(?:, Gitea 1\.22\.6)?\.\n$/,
  )
  const asked = [...at.sandbox.gitea.requests, ...at.sandbox.platform.requests]
  expect(asked.filter(({status}) => status === 401)).toHaveLength(tries)
  const {document} = await at.patrol(command, [...agents, '--yes', '--json'])
  expect(document.incomplete).toEqual(agents.map((agent) => expect.objectContaining({agent, code, exit: 4})))
  expect(document.incomplete![1]).toMatchObject({message: expect.stringMatching(/^Not begun: .*agent-dev-a/)})
})

describe('what rotate tells people', () => {
  test('a note of the plan is told once', async () => {
    await using at = await stage()
    const {exit, stderr} = await at.patrol(Rotate, 'agent-dead --yes')
    expect(stderr.match(/is dead already/g)).toHaveLength(1)
    expect(exit).toBe(0)
  })

  test('the act that is not ours is not called stopped', async () => {
    await using at = await stage()
    const {exit, stderr} = await at.patrol(Rotate, 'agent-external --yes')
    expect(exit).toBe(7)
    expect(stderr).toMatch(
      /- Push: .*\nError: .*\nCode: EXTERNAL_RESTART\nServer: .*\nRead: patrol help restart-stuck\n/,
    )
    expect(stderr).not.toMatch(/stopped|failed/)

    const early = await at.patrol(RotationResume, 'agent-external')
    expect(early.stderr).toMatch(
      /stopped: Smoke test.*\nError: agent-external still works with a token from before the push/,
    )
    expect(early.stderr).not.toContain('patrol restart')
  })

  test('the concierge: mint for it, and where its secret goes', async () => {
    await using at = await stage()
    const {document} = await at.patrol(Rotate, 'concierge --yes --json')
    expect(document.error).toMatchObject({
      message: expect.stringContaining('in the canvas, in its Secrets tab'),
      suggestions: ['patrol mint concierge --output-file concierge.token'],
    })
  })

  test('a paused workspace has its runbook', async () => {
    await using at = await stage()
    const {document} = await at.patrol(Rotate, 'agent-paused --yes --json')
    expect(document.error).toMatchObject({ref: 'restart-stuck', suggestions: []})
    expect(document.error?.message).toContain('Resume it in the canvas first.')
  })
})

test('a refused push to an agent whose token is dead: what was done is said, and of no token that it works', async () => {
  await using at = await stage()
  const headers = {'content-type': 'application/json'}
  const body = '{"error":"invalid request body"}'
  at.sandbox.platform.fail({method: 'POST', path: /secrets/, kind: 'answer', status: 400, headers, body})
  const {exit, stderr} = await at.patrol(Rotate, 'agent-dead --yes')
  expect(stderr).toContain('The new token is deleted; nothing was revoked.')
  expect(stderr).not.toMatch(/serves|works?[,.;]/)
  expect(exit).toBe(5)
})

describe('a rotation that waits for an approval', () => {
  test('parks with exit 8, is listed, shown, and resumed by the agent’s name', async () => {
    await using at = await stage()
    const parked = await at.patrol(Rotate, 'agent-pending --yes --no-wait --json')
    expect(parked.document.error).toMatchObject({code: 'APPROVAL_PENDING', ref: 'approval-pending'})
    expect(parked.exit).toBe(8)
    const listed = await at.patrol<Rotated>(RotationList, '--unfinished --json')
    const [row] = listed.document.result.rotations
    expect(listed.document.result).toMatchObject({
      rotations: [{startedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT/)}],
      next: [`patrol rotation resume ${row?.id}`],
    })
    expect(row?.phase).toBe('awaiting_approval')
    const shown = await at.patrol(RotationShow, 'agent-pending')
    expect(shown.stdout).toContain('Nothing reached the workspace; nothing was revoked.')
    expect(shown.stdout).toMatch(
      /^ {2}[\d-]+T[\d:]+Z {2}a person has to approve \(write secret GITEA_TOKEN\): approval /m,
    )
    expect(shown.stdout).not.toMatch(/[a-z]_[a-z]/)
    expect(shown.stdout).toContain(`Type next:\n  patrol rotation resume ${row!.id}`)

    expect((await at.patrol(RotationResume, 'agent-pending --no-wait')).exit).toBe(8)
    await approve(at)
    const resumed = await at.patrol(RotationResume, 'agent-pending')
    expect(resumed.stdout).toMatch(/is completed/)
    expect(resumed.exit).toBe(0)
    expect(scopesOf(at, 'agent-pending')).toHaveLength(1)
    expect((await at.patrol(RotationShow, [row!.id])).stdout).toContain('completed')
    // Whatever has become of its token since, nobody has looked.
    const after = await at.patrol(RotationResume, [row!.id])
    expect(after.stderr).toContain(
      `Rotation ${row!.id} of agent-pending came to its end before: there is nothing to resume.`,
    )
    const {exit, stderr} = await at.patrol(RotationAbort, [row!.id, '--yes'])
    expect([exit, stderr]).toEqual([6, expect.stringContaining('there is nothing to abort. Nothing was changed.')])
    expect(after.stdout + after.stderr + stderr).not.toMatch(/serves|runs on/)
  })

  test('is said to wait, not to have failed', async () => {
    await using at = await stage()
    const {stderr} = await at.patrol(Rotate, 'agent-pending --yes --no-wait')
    expect(stderr).toMatch(
      / {2}nobody has decided yet\n {2}waits: Wait for approval: .*\nWaits: A person has to approve/,
    )
    expect(stderr).not.toMatch(/failed|stopped|Error/)
  })

  test('can be given up, which deletes the new token and leaves the old', async () => {
    await using at = await stage()
    await at.patrol(Rotate, 'agent-pending --yes --no-wait')
    expect((await at.patrol(RotationAbort, 'agent-pending --json')).document.error?.code).toBe('CONFIRMATION_NEEDED')
    expect(scopesOf(at, 'agent-pending')).toHaveLength(2)
    const {exit, stdout, stderr} = await at.patrol(RotationAbort, '--yes')
    expect(stderr).toContain(
      'its new token is deleted, the approval that it waits for is withdrawn; nothing else is touched.',
    )
    expect(stderr).not.toContain('Warning')
    expect(stdout).toMatch(/is over, nothing replaced\./)
    expect(exit).toBe(0)
    expect(writes(at.sandbox.platform).at(-1)).toMatch(/^POST \/workspaces\/.*\/approvals\/.*\/withdraw$/)
    expect(at.sandbox.gitea.tokens('agent-pending').map(({name}) => name)).toEqual(['agent-pending-2026-03'])
    expect(stdout).toMatch(/^ {2}kept {5}agent-pending-2026-03 \(…\w{8}, id \d+\)$/m)
    expect((await at.patrol(RotationList, '--unfinished')).stdout).toBe('No rotation is unfinished.\n')

    const again = await at.patrol(RotationAbort, 'agent-pending')
    expect(again.stderr).toContain('there is nothing to abort')
    expect(again.exit).toBe(0)
    await at.patrol(Rotate, 'agent-dev-a --yes')
    const completed = await at.patrol(RotationAbort, 'agent-dev-a --yes --json')
    expect(completed.document.error).toMatchObject({
      code: 'ABORT_REFUSED',
      message: expect.stringContaining('there is nothing to abort'),
    })
    expect(completed.exit).toBe(6)
  })

  test('behind the push shows every token before a person decides, and refuses what would stop the agent', async () => {
    await using at = await stage()
    await at.patrol(Rotate, 'agent-external --yes')
    for (const keep of ['', ' --keep old', ' --keep new']) {
      const {exit, stderr} = await at.patrol(RotationAbort, `agent-external --yes${keep}`)
      expect(exit).toBe(6)
      expect(stderr).toMatch(/^ {2}old {3}.* \(….{8}, id \d+\): alive\n {2}new {3}patrol\..*: alive$/m)
      expect(stderr).toContain('the secret of agent-external: as patrol stored it: the new token')
      expect(stderr).toMatch(/Code: ABORT_REFUSED/)
      expect(stderr).not.toContain('stopped')
      expect(stderr).toMatch(
        /^Try this:\n {2}patrol rotation resume \w{10}\n {2}patrol rotation abort \w{10} --keep both$/m,
      )
      expect(stderr).not.toMatch(/--keep (?:new|old)$/m)
    }
    expect(at.sandbox.gitea.tokens('agent-external')).toHaveLength(2)
  })

  test('behind the push ends with both sides kept, each named, and the next rotation replaces them', async () => {
    await using at = await stage()
    await at.patrol(Rotate, 'agent-external --yes')
    const before = at.sandbox.gitea.tokens('agent-external')
    const {exit, document} = await at.patrol(RotationAbort, 'agent-external --keep both --yes --json')
    expect([exit, document.result]).toMatchObject([
      0,
      {
        phase: 'rolled_back',
        reason: 'both-kept',
        candidate: null,
        superseded: before.map(({id, name}) => ({id, name})),
      },
    ])
    expect(at.sandbox.gitea.tokens('agent-external')).toHaveLength(before.length)
    const shown = await at.patrol(RotationShow, 'agent-external')
    expect(shown.stdout).toContain('ended by a person: all stay that were ever sent to its agent')
    const listed = await at.patrol(RotationList, '')
    expect(shown.stdout + listed.stdout).toMatch(/phase +not replaced[^]*not replaced/)
    expect(shown.stdout + listed.stdout).not.toContain('rolled back')
    const again = await at.patrol(RotationAbort, 'agent-external --keep both --yes')
    expect(again).toMatchObject({exit: 0, stderr: expect.stringContaining('there is nothing to abort')})
    const plan = await at.patrol(Rotate, 'agent-external --dry-run')
    expect(plan.exit).toBe(0)
    for (const {name} of before) expect(plan.stdout).toContain(name)
  })

  test('behind the push says to people what is kept, and what to type then', async () => {
    await using at = await stage()
    await at.patrol(Rotate, 'agent-external --yes')
    const names = at.sandbox.gitea.tokens('agent-external').map(({name}) => name)
    const {exit, stdout, stderr} = await at.patrol(RotationAbort, 'agent-external --keep both --yes')
    expect(exit).toBe(0)
    expect(stderr).toContain('With --keep both: only what was never sent to agent-external is deleted')
    expect(stderr).not.toContain('stopped')
    const kept = [...stdout.matchAll(/^ {2}kept {5}(\S+) \(…\w{8}, id \d+\)$/gm)].map(([, name]) => name)
    expect(kept).toEqual(names)
    expect(stdout).toMatch(/is over, both sides kept\.$/m)
    expect(stdout.trimEnd().split('\n').at(-1)).toBe('  patrol rotate agent-external')
  })

  test('needs no decision once the workspace is gone: the new token goes, the old is left', async () => {
    await using at = await stage()
    const agent = 'agent-dev-a'
    const before = at.sandbox.gitea.tokens(agent)
    const mend = at.sandbox.platform.fail({path: /\/a2a$/, kind: 'status', status: 502})
    expect((await at.patrol(Rotate, `${agent} --yes`)).exit).toBe(7)
    mend()
    await deleteRoom(at.sandbox, at.id(agent), agent)
    const resumed = await at.patrol(RotationResume, `${agent} --json`)
    expect(resumed.document.error?.suggestions.join()).toMatch(/patrol rotation abort \w{10}/)
    for (const keep of ['new', 'both']) {
      const {document} = await at.patrol(RotationAbort, `${agent} --keep ${keep} --yes --json`)
      expect(document.error).toMatchObject({
        code: 'ABORT_REFUSED',
        message: expect.stringContaining('Nobody runs on the'),
      })
      expect(document.error?.suggestions.at(-1)).toMatch(/ --keep old$/)
    }
    const {exit, stdout, stderr} = await at.patrol(RotationAbort, `${agent} --yes`)
    expect([exit, stderr]).toEqual([0, expect.stringContaining('the workspace agent-dev-a is gone')])
    expect(stdout).toMatch(/is over, nothing replaced\./)
    expect(at.sandbox.gitea.tokens(agent)).toEqual(before)
  })

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s ends the wait with %i, and the rotation can be resumed', async (signal, code) => {
    await using at = await stage()
    const running = at.patrol(Rotate, 'agent-pending --yes --json')
    await expect.poll(() => at.sandbox.platform.pending().length).toBe(1)
    process.emit(signal, signal)
    const {exit, document} = await running
    expect(exit).toBe(code)
    expect(document.error?.suggestions.join()).toMatch(/patrol rotation resume \w{10}/)
    await approve(at)
    expect((await at.patrol(RotationResume, '')).exit).toBe(0)
  })
})

describe('an agent that runs on the token of another one', () => {
  /** agent-dev-b gets the token of agent-dev-a, in its entry of patrol.yaml and in its workspace. */
  async function entangled(): Promise<Stage> {
    const at = await stage()
    const {platform} = at.sandbox
    await setEntry(at, 'file:secrets/agent-dev-b', 'file:secrets/agent-dev-a')
    const generation = platform.process(at.id('agent-dev-b'))!.generation
    await fetch(`${platform.url}/workspaces/${at.id('agent-dev-b')}/secrets`, {
      method: 'POST',
      headers: {...asOperator(at.sandbox), 'content-type': 'application/json'},
      body: JSON.stringify({key: 'GITEA_TOKEN', value: at.token('agent-dev-a')}),
    })
    await expect.poll(() => platform.process(at.id('agent-dev-b'))!.generation).not.toBe(generation)
    return at
  }

  async function setEntry({home}: Stage, from: string, to: string): Promise<void> {
    const text = await readFile(home.config, 'utf8')
    expect(text).toContain(from)
    await writeFile(home.config, text.replace(from, to))
  }

  test('stands in the plan', async () => {
    await using at = await entangled()
    const {exit, stdout} = await at.patrol(Rotate, 'agent-dev-a --dry-run')
    expect(exit).toBe(0)
    expect(stdout).toMatch(
      /! note +agent-dev-b in workspace agent-dev-b .* has its token in the same place|has …\w{8} as/,
    )
  })

  test('stands in the plan where another agent has it with quotes around it', async () => {
    await using at = await stage()
    await writeFile(join(at.dir, 'secrets/agent-dev-b'), `"${at.token('agent-dev-a')}"\n`, {mode: 0o600})
    const {stdout} = await at.patrol(Rotate, 'agent-dev-a --dry-run')
    expect(stdout).toMatch(/! note +agent-dev-b in workspace agent-dev-b .*has …\w{8} as/)
  })

  test('is looked for without running a command, asking anybody or waiting for a pipe', async () => {
    await using at = await stage()
    execFileSync('mkfifo', [join(at.dir, 'pipe')])
    await setEntry(at, 'file:secrets/agent-dev-b', `exec:touch ${join(at.dir, 'ran')}`)
    await setEntry(at, 'file:secrets/agent-wide', 'file:pipe')
    await setEntry(at, 'file:secrets/agent-reviewer', "'prompt:'")
    expect(await at.patrol(Rotate, 'agent-dev-a --dry-run')).toMatchObject({exit: 0, stderr: ''})
    expect(existsSync(join(at.dir, 'ran'))).toBe(false)
  })

  test.each(['', ' --dry-run', ' --agent-may-stop'])('keeps it from a revocation by hand%s', async (flags) => {
    await using at = await entangled()
    const [{id} = {id: 0}] = at.sandbox.gitea.tokens('agent-dev-a')
    expect((await at.patrol(Rotate, 'agent-dev-a --yes --overlap 24h')).exit).toBe(0)
    const {exit, stderr} = await at.patrol(Revoke, `agent-dev-a --id ${id} --confirm agent-dev-a${flags}`)
    expect([exit, stderr]).toEqual([6, expect.stringMatching(/agent-dev-b in workspace .* it runs on …/)])
    expect(at.sandbox.gitea.tokens('agent-dev-a')).toHaveLength(2)
  })

  test('keeps its token until it has one of its own, and then the rotation ends', async () => {
    await using at = await entangled()
    const old = at.token('agent-dev-a')
    const held = await at.patrol(Rotate, 'agent-dev-a --yes')
    expect(held).toMatchObject({exit: 7, stderr: expect.stringMatching(/agent-dev-b in workspace .* it runs on …/)})
    expect(held.stderr).toMatch(/Code: REVOCATION_HELD\n(?:.*\n)*.*patrol rotate agent-dev-b/)
    expect(at.sandbox.gitea.isLive(old)).toBe(true)

    await setEntry(at, '    token: file:secrets/agent-dev-a\n  agent-dev-b:', '  agent-dev-b:')
    await setEntry(at, '    token: file:secrets/agent-dev-a\n', '')
    expect(await at.patrol(Rotate, 'agent-dev-b --yes')).toMatchObject({exit: 0})
    expect(await at.patrol(RotationResume, 'agent-dev-a')).toMatchObject({
      exit: 0,
      stdout: expect.stringMatching(/completed/),
    })
    expect(at.sandbox.gitea.isLive(old)).toBe(false)
  })
})

test('a cron job may type "rotation resume" whether or not anything is unfinished', async () => {
  await using at = await stage()
  const idle = await at.patrol(RotationResume, '')
  expect([idle.exit, idle.stdout]).toEqual([0, 'No rotation is unfinished: there is nothing to resume.\n'])
  const {exit, document} = await at.patrol<{id: null}>(RotationResume, '--json')
  expect([exit, document.result]).toEqual([0, {id: null, gitea: {url: at.sandbox.gitea.url}}])
})

test('rotation commands say so when there is nothing to go on with', async () => {
  await using at = await stage()
  for (const [command, line] of [
    [RotationResume, 'nobody'],
    [RotationAbort, '--yes'],
    [RotationShow, 'nobody'],
  ] as const) {
    const {exit, document} = await at.patrol(command, `${line} --json`)
    expect(document.error?.code).toBe('ROTATION_UNKNOWN')
    expect(exit).toBe(2)
  }
})

/** A proven rotation whose overlap is over, of a user that was renamed to `dev-a` meanwhile. */
async function renamedMeanwhile(at: Stage): Promise<string> {
  const agent = 'agent-dev-a'
  expect((await at.patrol(Rotate, `${agent} --overlap 1s --yes`)).exit).toBe(0)
  at.sandbox.gitea.rename(agent, 'dev-a')
  timePasses(join(at.home.state, 'patrol.db'), 60_000)
  return agent
}

test('a due revocation of a user who has another name by now has a way out', async () => {
  await using at = await stage()
  const agent = await renamedMeanwhile(at)
  const stuck = await at.patrol(RotationResume, `${agent} --json`)
  expect(stuck.exit).toBe(7)
  expect(stuck.document.error?.message).toContain('Put dev-a into patrol.yaml')
  const ways = stuck.document.error?.suggestions ?? []
  expect(ways).toEqual([
    expect.stringMatching(/^patrol rotation resume \w{10}$/),
    expect.stringMatching(/^patrol rotation abort \w{10} --keep both$/),
  ])
  expect((await at.patrol(RotationAbort, `${ways[1]!.slice('patrol rotation abort '.length)} --yes`)).exit).toBe(0)
  expect((await at.patrol(RotationList, '--unfinished')).stdout).toContain('No rotation is unfinished')
})

test('a rotation of a user who has another name by now goes on once patrol.yaml has that', async () => {
  await using at = await stage()
  const agent = await renamedMeanwhile(at)
  const config = parseDocument(await readFile(at.home.config, 'utf8'))
  config.setIn(['agents', agent, 'user'], 'dev-a')
  await writeFile(at.home.config, config.toString())
  const names = () => at.sandbox.gitea.tokens('dev-a').map(({name}) => name)
  expect([names().length, (await at.patrol(RotationResume, agent)).exit, names().length]).toEqual([2, 0, 1])
  const [served] = names()
  expect((await at.patrol(Rotate, `${agent} --yes`)).exit).toBe(0)
  expect([names().length, names().includes(served!)]).toEqual([1, false])
})

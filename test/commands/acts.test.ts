import {readFile, stat, symlink, unlink, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {DatabaseSync} from 'node:sqlite'
import {describe, expect, test} from 'vitest'
import Mint from '../../src/commands/mint.ts'
import Push from '../../src/commands/push.ts'
import Restart from '../../src/commands/restart.ts'
import Revoke from '../../src/commands/revoke.ts'
import Rotate from '../../src/commands/rotate.ts'
import Smoke from '../../src/commands/smoke.ts'
import {Context} from '../../src/context.ts'
import {smokeTarget} from '../../src/context/subjects.ts'
import type {SmokeReport} from '../../src/smoke/types.ts'
import {timePasses} from '../support/time-passes.ts'
import {stage, typed as typedIn, writes} from './harness.ts'
import type {Stage} from './harness.ts'

/** A token of agent-reviewer on which nothing runs; gives its id. */
async function spare(at: Stage): Promise<string> {
  await at.patrol(Mint, ['agent-reviewer', '--output-file', join(at.dir, 'spare.token'), '--yes'])
  return String(at.sandbox.gitea.tokens('agent-reviewer').at(-1)!.id)
}

describe('the single acts, in the order of a rotation', () => {
  test('replace a token by hand, each naming the next', async () => {
    // A platform that never restarts by itself, or on a slow machine there is nothing left to do for `restart`.
    await using at = await stage({release: 'april', mode: 'saas'})
    const file = join(at.dir, 'new.token')
    const old = at.token('agent-dev-a')

    const minted = await at.patrol(Mint, ['agent-dev-a', '--output-file', file, '--yes'])
    expect(minted.stdout).toContain(`patrol push agent-dev-a --token-file ${file}`)
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    const value = (await readFile(file, 'utf8')).trim()
    expect(at.sandbox.gitea.isLive(value)).toBe(true)

    const pushed = await at.patrol(Push, ['agent-dev-a', '--token-file', file, '--allow-unknown-kind', '--yes'])
    // Nobody has looked what its process runs on: many platforms restart it by themselves.
    expect(pushed.stdout).toMatch(/ at \S+\. Its process has it from its next start on\.\n/)
    expect(pushed.stdout).toContain('patrol restart agent-dev-a')
    expect(at.token('agent-dev-a')).toBe(value)

    const restarted = await at.patrol(Restart, 'agent-dev-a --allow-unknown-kind --yes')
    expect(restarted.stdout).toMatch(/✓ restarted .*(?:events|uptime) proves? a new process/)

    expect((await at.patrol(Smoke, ['agent-dev-a', '--token-file', file])).exit).toBe(0)

    const id = String(at.sandbox.gitea.tokens('agent-dev-a').find(({lastEight}) => old.endsWith(lastEight))?.id)
    const revoked = await at.patrol(Revoke, ['agent-dev-a', '--id', id, '--confirm', 'agent-dev-a'])
    expect(revoked.stdout).toContain('its value answers 401')
    expect(at.sandbox.gitea.isLive(old)).toBe(false)
  })

  test.each([
    [Mint, 'agent-dev-a --output-file FILE'],
    [Push, 'agent-reviewer'],
    [Restart, 'agent-dev-a'],
    [Revoke, 'agent-reviewer --id ID'],
  ] as const)('%o writes nothing without a yes, and nothing in a dry run', async (command, line) => {
    await using at = await stage()
    const id = line.includes('ID') ? await spare(at) : ''
    // A question to the agent is sent by POST, and changes nothing.
    const written = () =>
      [...writes(at.sandbox.gitea), ...writes(at.sandbox.platform)].filter((write) => !write.endsWith('/a2a'))
    const before = written()
    const typed = line.replace('FILE', join(at.dir, 'new.token')).replace('ID', id)
    const refused = await at.patrol(command, `${typed} --json`)
    expect(refused.document.error?.code).toBe('CONFIRMATION_NEEDED')
    expect(refused.exit).toBe(6)
    const planned = await at.patrol(command, `${typed} --dry-run --json`)
    expect(planned.exit).toBe(0)
    expect(planned.document.result).toMatchObject({calls: [{method: expect.stringMatching(/POST|DELETE/)}]})
    expect(written()).toEqual(before)
  })
})

describe('restart', () => {
  test.each([
    ['concierge', 'GUARD_CONCIERGE', {}],
    ['agent-external', 'GUARD_EXTERNAL', {}],
    ['agent-paused', 'GUARD_PAUSED', {}],
    ['agent-reviewer', 'GUARD_UNKNOWN_KIND', {release: 'april'}],
  ] as const)('refuses %s before it asks anybody, in a dry run as well', async (agent, code, world) => {
    await using at = await stage(world)
    const endings = []
    for (const how of ['--dry-run', '--yes', '']) {
      const {exit, document, stderr} = await at.patrol(Restart, `${agent} ${how} --again --json`)
      endings.push({exit, code: document.error?.code, stderr})
    }
    expect(endings).toEqual(Array.from({length: 3}, () => ({exit: 6, code, stderr: ''})))
    expect(writes(at.sandbox.platform)).toEqual([])
  })

  test('does not take a secret that no process has read for one that was', async () => {
    await using at = await stage({mode: 'saas', release: 'april'})
    const waived = 'agent-reviewer --allow-unknown-kind'
    await at.patrol(Restart, `${waived} --yes --again`)
    await at.patrol(Push, `${waived} --yes`)
    expect((await at.patrol(Restart, `${waived} --dry-run`)).stdout).toMatch(/POST +.*\/restart/)
  })

  test('leaves alone what was restarted since its secret was written, until it is insisted on', async () => {
    await using at = await stage()
    await at.patrol(Push, 'agent-reviewer --yes')
    const provisioned = () => at.sandbox.platform.requests.filter(({path}) => path.endsWith('/restart')).length
    const dry = async () => (await at.patrol(Restart, 'agent-reviewer --dry-run')).stdout
    await expect.poll(dry).toContain('it was left alone')

    const left = await at.patrol(Restart, 'agent-reviewer')
    expect(left.stdout).toMatch(
      /✓ restarted agent-reviewer already since its secret was last written.*it was left alone/,
    )
    expect(left.stdout).toContain('patrol restart agent-reviewer --again')
    expect(left.exit).toBe(0)
    expect(provisioned()).toBe(0)

    expect((await at.patrol(Restart, 'agent-reviewer --again --yes')).stdout).toMatch(
      /✓ restarted agent-reviewer \(requested\)/,
    )
    expect(provisioned()).toBe(1)
  })
})

describe('every run that writes', () => {
  test.each([
    [Push, 'agent-reviewer --yes'],
    [Restart, 'agent-reviewer --yes'],
    [Mint, 'agent-reviewer --yes --output-file FILE'],
    [Revoke, 'agent-reviewer --id ID --confirm agent-reviewer'],
  ] as const)('finishes revocations that are due and says so (%o)', async (command, line) => {
    await using at = await stage()
    const old = at.token('agent-dev-a')
    const typed = line.replace('ID', line.includes('ID') ? await spare(at) : '')
    const errand = () => at.patrol(command, typed.replace('FILE', join(at.dir, 'new.token')))
    await at.patrol(Rotate, 'agent-dev-a --yes --overlap 24h')
    expect(at.sandbox.gitea.isLive(old)).toBe(true)
    timePasses(join(at.home.state, 'patrol.db'), 25 * 3_600_000)
    await at.patrol(command, `${typed.replace('FILE', join(at.dir, 'x.token'))} --dry-run`)
    await at.patrol(Smoke, 'agent-reviewer')
    expect(at.sandbox.gitea.isLive(old)).toBe(true)
    const told = /The old token .* \(id \d+, …\w{8}\) of agent-dev-a was due and is revoked \(rotation \w+\)\./
    const {exit, stderr} = await errand()
    expect([exit, stderr]).toEqual([0, expect.stringMatching(told)])
    expect(at.sandbox.gitea.isLive(old)).toBe(false)
  })
})

test('of what is due where another run is at it, nobody says that nothing was changed, for the errand changes something', async () => {
  await using at = await stage()
  await at.patrol(Rotate, 'agent-dev-a --yes --overlap 24h')
  const file = join(at.home.state, 'patrol.db')
  timePasses(file, 25 * 3_600_000)
  const db = new DatabaseSync(file)
  db.prepare("update leases set owner = 'elsewhere:1:x', expires_at = ? where name like '%agent-dev-a'").run(
    Date.now() + 3_600_000,
  )
  db.close()
  const {exit, stderr} = await at.patrol(Mint, ['agent-reviewer', '--output-file', join(at.dir, 'x.token'), '--yes'])
  expect(stderr).toMatch(
    /Warning: The old token of agent-dev-a .* is still due: Another run works on agent-dev-a .*renewed\.\n/,
  )
  expect(exit).toBe(0)
})

test('a run whose errand fails after it revoked what was due has changed something', async () => {
  await using at = await stage()
  await at.patrol(Rotate, 'agent-dev-a --yes --overlap 24h')
  timePasses(join(at.home.state, 'patrol.db'), 25 * 3_600_000)
  const {platform} = at.sandbox
  const stop = platform.fail({
    method: 'POST',
    path: /\/secrets$/,
    kind: 'answer',
    status: 401,
    body: '{"error":"invalid admin auth token"}',
    headers: {'content-type': 'application/json'},
  })
  const push = () => at.patrol(Push, 'agent-reviewer --yes --json')
  const {exit, document} = await push()
  expect([exit, document.warnings]).toEqual([7, [expect.stringMatching(/of agent-dev-a was due and is revoked/)]])
  expect(document.error).toMatchObject({
    code: 'PLATFORM_TOKEN_REJECTED',
    message: expect.stringMatching(/Tokens of earlier runs were deleted before/),
  })
  expect((await push()).exit).toBe(4)
  stop()
})

describe('mint', () => {
  test('names the way of the concierge, whose secret patrol may not store', async () => {
    await using at = await stage()
    const file = join(at.dir, 'concierge.token')
    const {stdout} = await at.patrol(Mint, ['concierge', '--output-file', file, '--yes'])
    expect(stdout).toMatch(
      /in the canvas, open its Secrets tab, paste the content of .*concierge\.token as GITEA_TOKEN/,
    )
    expect(stdout).toContain(`patrol smoke concierge --token-file ${file}`)
    expect(stdout).not.toContain('patrol push')
  })

  test.each([
    ['no place for the value', '--yes', 'USAGE', 2],
    ['a terminal that is none', '--yes --print-token', 'USAGE', 2],
    ['a directory that is not there', '--yes --output-file DIR/none/x', 'FILE_UNUSABLE', 2],
    ['a file that is there', '--yes --output-file DIR/patrol.yaml', 'FILE_EXISTS', 6],
    ['a link into nowhere', '--yes --output-file DIR/dangling', 'FILE_EXISTS', 6],
  ])('mints nothing for %s', async (_, line, code, exit) => {
    await using at = await stage()
    await symlink(join(at.dir, 'nowhere'), join(at.dir, 'dangling'))
    const ended = await at.patrol(Mint, `agent-dev-a --json ${line.replace('DIR', at.dir)}`)
    expect(ended.document.error?.code).toBe(code)
    expect(ended.exit).toBe(exit)
    expect(writes(at.sandbox.gitea)).toEqual([])
  })
})

describe('push', () => {
  test('to an external workspace leaves the restart to its operator', async () => {
    await using at = await stage()
    const file = join(at.dir, 'new.token')
    await at.patrol(Mint, ['agent-external', '--output-file', file, '--yes'])
    const {stdout} = await at.patrol(Push, ['agent-external', '--token-file', file, '--yes'])
    expect(stdout).toContain('its operator restarts it')
    expect(stdout).not.toContain('patrol restart')
  })

  test('says exit 8 where a person has to approve, and stores nothing', async () => {
    await using at = await stage()
    const before = at.token('agent-pending')
    const ended = await at.patrol(Push, 'agent-pending --yes --no-wait --allow-broken-agent --json')
    expect(ended.document.error?.code).toBe('APPROVAL_PENDING')
    expect(ended.exit).toBe(8)
    expect(at.token('agent-pending')).toBe(before)
  })

  test.each([
    ['a dead token', undefined, 'PUSH_UNFIT', 6],
    ['no word from Gitea', 502, 'PUSH_UNPROVEN', 5],
  ] as const)(
    'stores nothing for %s, in a dry run as well, unless that is insisted on',
    async (_, status, code, exit) => {
      await using at = await stage()
      const file = join(at.dir, 'a.token')
      await writeFile(file, status ? at.token('agent-reviewer') : 'dead'.repeat(10), {mode: 0o600})
      if (status) at.sandbox.gitea.fail({kind: 'status', status})
      const push = ['agent-reviewer', '--token-file', file]
      for (const how of ['--yes', '--dry-run']) {
        const ended = await at.patrol(Push, [...push, how, '--json'])
        expect([ended.exit, ended.document.error?.code]).toEqual([exit, code])
      }
      expect(writes(at.sandbox.platform)).toEqual([])
      const insisted = await at.patrol(Push, [...push, '--yes', '--allow-broken-agent'])
      expect(insisted).toMatchObject({exit: 0, stdout: expect.stringContaining('✓ stored')})
      expect(insisted.stdout).not.toContain('patrol restart')
    },
  )

  test("does not touch the administrator's password, which it does not need", async () => {
    await using at = await stage()
    await unlink(join(at.dir, 'secrets/admin-password'))
    for (const how of ['--dry-run', '--yes']) {
      const {exit, stdout} = await at.patrol(Push, ['agent-reviewer', how])
      expect([exit, stdout]).toEqual([0, expect.stringMatching(/server:? .*, Gitea 1\.22\.6/i)])
    }
  })

  test.each([
    ['', 'SECRET_UNREADABLE', 4, 'is empty'],
    ['two\nlines\n', 'TOKEN_MALFORMED', 2, 'on several lines'],
  ])('refuses a token file that holds %j', async (content, code, ends, said) => {
    await using at = await stage()
    const file = join(at.dir, 'bad.token')
    await writeFile(file, content, {mode: 0o600})
    const {exit, document} = await at.patrol(Push, ['agent-dev-a', '--token-file', file, '--yes', '--json'])
    expect(document.error).toMatchObject({code, message: expect.stringContaining(said)})
    expect(exit).toBe(ends)
    expect(writes(at.sandbox.platform)).toEqual([])
  })
})

describe('smoke', () => {
  test('of an agent that somebody gave a newer token, on another machine, offers to take nothing back', async () => {
    await using at = await stage()
    const agent = 'agent-reviewer'
    const file = join(at.dir, 'newer.token')
    expect((await at.patrol(Mint, `${agent} --output-file ${file} --yes`)).exit).toBe(0)
    expect((await at.patrol(Push, `${agent} --token-file ${file} --yes`)).exit).toBe(0)
    await at.patrol(Restart, `${agent} --yes`)
    const elsewhere = {...at.env, PATROL_STATE_DIR: join(at.dir, 'elsewhere')}
    const {exit, stdout} = await typedIn(Smoke, agent, elsewhere)
    expect(exit).toBe(3)
    expect(stdout).toMatch(/which was minted after the expected …\w{8}: somebody gave it a token since/)
    expect(stdout).not.toMatch(/old token|patrol push/)
    expect(stdout).toContain(`patrol audit ${agent}`)
  })

  test('of an agent whose token was replaced from another machine says that the expected one is gone, and no more', async () => {
    await using at = await stage()
    const agent = 'agent-reviewer'
    const elsewhere = {...at.env, PATROL_STATE_DIR: join(at.dir, 'elsewhere')}
    expect((await at.patrol(Rotate, `${agent} --yes`)).exit).toBe(0)
    const {exit, stdout} = await typedIn(Smoke, agent, elsewhere)
    expect(exit).toBe(3)
    const works = new RegExp(`works with …${at.token(agent).slice(-8)}, and the expected …\\w{8} is not among its`)
    expect(stdout).toMatch(works)
    expect(stdout).not.toMatch(/old token|another source|patrol push/)
    expect(stdout).toContain(`patrol audit ${agent} --ask-agents`)
  })

  test('of an agent whose old token was stored again since its proof says so, and what replaces it', async () => {
    await using at = await stage()
    const agent = 'agent-reviewer'
    const file = join(at.dir, 'old.token')
    await writeFile(file, at.token(agent), {mode: 0o600})
    expect((await at.patrol(Rotate, `${agent} --overlap 24h --yes`)).exit).toBe(0)
    const proven = join(at.dir, 'proven.token')
    await writeFile(proven, at.token(agent), {mode: 0o600})
    expect((await at.patrol(Push, `${agent} --token-file ${file} --yes`)).exit).toBe(0)
    await at.patrol(Restart, `${agent} --yes`)
    const {exit, stdout} = await at.patrol(Smoke, `${agent} --token-file ${proven}`)
    expect(exit).toBe(3)
    expect(stdout).toMatch(/its secret GITEA_TOKEN was written since it was proven on …\w{8}/)
    expect(stdout).not.toContain('another source')
    expect(stdout).toMatch(/Type next:\n {2}patrol rotate agent-reviewer\n/)
    expect((await at.patrol(Rotate, `${agent} --yes`)).exit).toBe(0)
  })

  test('shows the incident path by path', async () => {
    await using at = await stage()
    const {exit, document} = await at.patrol<SmokeReport>(Smoke, 'agent-dev-a --json')
    expect(document.result.paths).toEqual([
      expect.objectContaining({path: 'issues', outcome: 'failed', reason: 'scope-gap'}),
      expect.objectContaining({path: 'pulls', outcome: 'passed'}),
      expect.objectContaining({path: 'swarm-pull', outcome: 'failed'}),
    ])
    expect(exit).toBe(3)
  })

  test('never calls an agent proven that was not asked', async () => {
    await using at = await stage()
    const {exit, stdout} = await at.patrol(Smoke, 'agent-reviewer --swarm-via none')
    expect(stdout).toMatch(/! not proven +swarm-pull/)
    expect(exit).toBe(5)
  })

  test('tells a push without a restart', async () => {
    await using at = await stage({mode: 'saas', release: 'april'})
    const file = join(at.dir, 'new.token')
    await at.patrol(Mint, ['agent-reviewer', '--output-file', file, '--yes'])
    await at.patrol(Push, ['agent-reviewer', '--token-file', file, '--yes', '--allow-unknown-kind'])
    const {exit, document} = await at.patrol(Smoke, ['agent-reviewer', '--token-file', file, '--json'])
    expect(document.findings).toEqual([expect.objectContaining({path: 'swarm-pull', reason: 'not-restarted'})])
    expect(exit).toBe(3)
  })

  test('knows an agent that names other characters of the old token by its value, while patrol.yaml refers to that', async () => {
    await using at = await stage()
    const {config, state: stateDir} = at.home
    const old = at.token('agent-reviewer')
    expect((await at.patrol(Rotate, 'agent-reviewer --yes --json')).exit).toBe(0)
    const edges = {config, stateDir, giteaUrl: undefined, insecureHttp: false, strict: false, version: 'TEST'}
    const {signal} = new AbortController()
    await using context = await Context.open({
      ...edges,
      signal,
      ask: () => Promise.reject(new Error('nobody to ask')),
      warn: () => {},
    })
    const {token, oldValues, expectLastEight} = await smokeTarget(context, 'agent-reviewer', 'a2a', undefined)
    expect(expectLastEight).toBe(at.token('agent-reviewer').slice(-8))
    expect([token, oldValues?.map((value) => value.holds(old.slice(0, 8)))]).toEqual([undefined, [true]])
  })
})

describe('revoke', () => {
  test('leaves a healthy agent its only token on a fresh machine, whatever is typed; a dry run says the same', async () => {
    await using at = await stage()
    const [only] = at.sandbox.gitea.tokens('agent-reviewer')
    const line = `agent-reviewer --id ${only!.id} --confirm agent-reviewer --json`
    const endings = []
    for (const more of ['', ' --dry-run', ' --agent-may-stop', ' --agent-may-stop --dry-run']) {
      const {exit, document} = await at.patrol(Revoke, line + more)
      endings.push({exit, error: document.error})
    }
    expect(endings[0]).toMatchObject({
      exit: 6,
      error: {code: 'GUARD_SERVING_TOKEN', message: expect.stringContaining('the only live token of agent-reviewer')},
    })
    expect(endings.slice(1)).toEqual([endings[0], endings[0], endings[0]])
    expect(writes(at.sandbox.gitea)).toEqual([])
  })

  test('names no flag that only the rotation has which is to replace an only token', async () => {
    await using at = await stage({release: 'april'})
    const [only] = at.sandbox.gitea.tokens('agent-reviewer')
    const {exit, document} = await at.patrol(Revoke, `agent-reviewer --id ${only!.id} --confirm agent-reviewer --json`)
    expect([exit, document.error?.suggestions]).toEqual([6, ['patrol rotate agent-reviewer']])
  })

  test('asks the agent on a fresh machine, and leaves it what it says that it runs on', async () => {
    await using at = await stage()
    const [old] = at.sandbox.gitea.tokens('agent-reviewer')
    const id = await spare(at)
    const refused = await at.patrol(
      Revoke,
      `agent-reviewer --id ${old!.id} --confirm agent-reviewer --agent-may-stop --json`,
    )
    expect(refused.exit).toBe(6)
    expect(refused.document.error?.message).toMatch(/agent-reviewer says that it works with it; patrol.yaml names it/)
    expect((await at.patrol(Revoke, `agent-reviewer --id ${id} --confirm agent-reviewer`)).exit).toBe(0)
    expect(at.sandbox.gitea.tokens('agent-reviewer')).toEqual([expect.objectContaining({id: old!.id})])
  })

  test('says that there is no token at all instead of a list without any', async () => {
    await using at = await stage()
    const {admin, gitea} = at.sandbox
    const authorization = `Basic ${Buffer.from(`${admin.user}:${admin.password}`).toString('base64')}`
    for (const {id} of gitea.tokens('agent-reviewer')) {
      const path = `/api/v1/users/agent-reviewer/tokens/${id}`
      await fetch(gitea.url + path, {method: 'DELETE', headers: {authorization}})
    }
    const {exit, stderr} = await at.patrol(Revoke, 'agent-reviewer --id 99 --confirm agent-reviewer')
    expect(exit).toBe(2)
    expect(stderr).toContain(
      'agent-reviewer has no token with id 99. Nothing was revoked. There is no token of agent-reviewer at all.',
    )
  })

  test('need not ask an agent that a smoke test proved while its secret stays as it was', async () => {
    await using at = await stage()
    const id = await spare(at)
    expect((await at.patrol(Smoke, 'agent-reviewer')).exit).toBe(0)
    const questions = () => at.sandbox.platform.requests.filter(({path}) => path.endsWith('/a2a')).length
    const asked = questions()
    expect((await at.patrol(Revoke, `agent-reviewer --id ${id} --dry-run`)).exit).toBe(0)
    expect(questions()).toBe(asked)
  })

  test('works without a platform only for an operator who answers for the agent, and says what it did not check', async () => {
    await using at = await stage()
    const id = await spare(at)
    const config = await readFile(at.home.config, 'utf8')
    await writeFile(at.home.config, config.replace(/^platform:\n(?: .*\n)+/m, ''))
    const line = `agent-reviewer --id ${id} --confirm agent-reviewer --json`
    const refused = await at.patrol(Revoke, line)
    expect(refused.exit).toBe(6)
    expect(refused.document.error).toMatchObject({
      message: expect.stringMatching(/what agent-reviewer runs on is not known: .*platform/),
      suggestions: ['patrol rotate agent-reviewer', `patrol revoke agent-reviewer --id ${id} --agent-may-stop`],
    })
    const revoked = await at.patrol<{unchecked: string[]}>(Revoke, `${line} --agent-may-stop`)
    expect(revoked.exit).toBe(0)
    expect(revoked.document.warnings).toContainEqual(
      expect.stringMatching(/^Not ruled out: what agent-reviewer runs on/),
    )
    expect(revoked.document.result?.unchecked.length).toBeGreaterThan(0)
  })

  test('names the credential of ours that keeps the agent from being asked, and no flag that answers for the agent', async () => {
    await using at = await stage()
    const id = await spare(at)
    const [only] = at.sandbox.gitea.tokens('agent-dev-a')
    const line = `agent-reviewer --id ${id} --confirm agent-reviewer --json`
    const ended = async (typed: string) => {
      const {exit, document} = await at.patrol(Revoke, typed)
      return {exit, ...document.error}
    }
    const file = join(at.dir, 'secrets/platform-token')
    await writeFile(file, 'not-the-token-of-this-platform\n')
    for (const more of ['', ' --dry-run']) {
      expect(await ended(line + more)).toMatchObject({
        exit: 4,
        code: 'PLATFORM_TOKEN_REJECTED',
        message: expect.stringMatching(/ Nothing was revoked\. Check the reference under `platform.token`/),
        suggestions: ['patrol doctor'],
      })
    }
    // Which no answer of an agent changes.
    const last = await ended(`agent-dev-a --id ${only!.id} --confirm agent-dev-a --json`)
    expect(last).toMatchObject({exit: 6, code: 'GUARD_SERVING_TOKEN'})
    await unlink(file)
    expect(await ended(line)).toMatchObject({exit: 4, code: 'SECRET_UNREADABLE'})
    // Whoever answers for the agent needs no platform.
    expect(await ended(`${line} --agent-may-stop`)).toEqual({exit: 0})
  })

  test('lists what there is when no id is given', async () => {
    await using at = await stage()
    const {exit, document} = await at.patrol(Revoke, 'agent-wide --json')
    expect(document.error).toMatchObject({
      code: 'USAGE',
      message: expect.stringMatching(/\d+ {2}agent-wide-2026-03 \(…\w{8}\): all/),
    })
    expect(exit).toBe(2)
  })

  test('wants the right name', async () => {
    await using at = await stage()
    const id = await spare(at)
    const {exit, document} = await at.patrol(Revoke, `agent-reviewer --id ${id} --confirm agent-dev-a --json`)
    expect(document.error?.code).toBe('CONFIRMATION_NEEDED')
    expect(exit).toBe(6)
    expect(writes(at.sandbox.gitea).filter((line) => line.startsWith('DELETE'))).toEqual([])
  })
})

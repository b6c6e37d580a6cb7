import {readFile, stat, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import Onboard from '../../src/commands/onboard.ts'
import OnboardingAbort from '../../src/commands/onboarding/abort.ts'
import Rotate from '../../src/commands/rotate.ts'
import type {Onboarded} from '../../src/cli/onboard-all.ts'
import {timePasses} from '../support/time-passes.ts'
import {stage, writes, type Stage} from './harness.ts'

/** Agents that nobody has ever seen, next to the sandbox's own. */
async function enlist(at: Stage, entries: Record<string, string>, more = ''): Promise<void> {
  const text = await readFile(at.home.config, 'utf8')
  const lines = Object.entries(entries).map(([name, entry]) => `  ${name}: ${entry}`)
  // What a test says of onboarding stands instead of the sandbox's.
  const kept = more.includes('onboarding:') ? text.replace(/^onboarding:\n(?: .*\n)+/m, '') : text
  await writeFile(at.home.config, `${kept}${lines.join('\n')}\n${more}`)
}

/** What both servers were told to change, in order; asking the agent changes nothing. */
function changes(at: Stage): string[] {
  const {gitea, platform} = at.sandbox
  const told = [...writes(gitea), ...writes(platform)]
  return told.filter((call) => !/a2a$|scope-probe/.test(call)).map((call) => call.replaceAll(/[0-9a-f-]{36}/g, 'ID'))
}

const names = (count: number): string[] => Array.from({length: count}, (_, index) => `agent-new-${index}`)
const FROM_NOTHING = [
  'POST /api/v1/admin/users',
  'PUT /api/v1/repos/acme/core/collaborators/agent-new',
  'POST /api/v1/users/agent-new/tokens',
  'POST /workspaces',
]

describe('an agent from nothing', () => {
  test('is made by four writes, proves itself, and a second time there is nothing to do', async () => {
    await using at = await stage()
    await enlist(at, {'agent-new': '{}'})
    const first = await at.patrol(Onboard, 'agent-new --yes')
    expect(first).toMatchObject({exit: 0})
    expect(first.stdout).toMatch(/✓ done: agent-new is onboarded[\s\S]*issues passed, pulls passed, swarm-pull passed/)
    expect(changes(at)).toEqual(FROM_NOTHING)

    const again = await at.patrol(Onboard, 'agent-new')
    expect(again).toMatchObject({exit: 0})
    expect(again.stdout).toMatch(/works already; nothing was to be done[\s\S]*swarm-pull passed/)
    expect(changes(at)).toEqual(FROM_NOTHING)
  })

  test('is shown call by call, and a dry run makes none of them', async () => {
    await using at = await stage()
    const onboarding =
      'onboarding:\n  email-domain: agents.example\n  visibility: limited\n  restricted: true\n  workspace: {tier: 2}\n'
    await enlist(at, {'agent-new': '{}'}, onboarding)
    const {exit, stdout} = await at.patrol(Onboard, 'agent-new --dry-run')
    expect(exit).toBe(0)
    for (const call of FROM_NOTHING) expect(stdout).toMatch(new RegExp(call.replace(' ', ' +')))
    expect(stdout).toContain('agent-new@agents.example, visibility limited, restricted')
    expect(stdout).toContain('a new workspace agent-new with GITEA_TOKEN in it, tier 2')
    expect(stdout).toContain('nothing was changed')
    expect(changes(at)).toEqual([])
  })

  test.each([
    ['june02', '{}', true],
    ['june02', '{model: sonnet}', false],
    ['april', '{}', false],
  ] as const)(
    'says before any write, on a platform of %s and with %s, whether its workspace lacks a model',
    async (release, spec, said) => {
      await using at = await stage({release})
      await enlist(at, {'agent-new': '{}'}, `onboarding:\n  workspace: ${spec}\n`)
      const {exit, stdout, stderr} = await at.patrol(Onboard, 'agent-new --dry-run --allow-unknown-kind')
      expect([exit, changes(at)]).toEqual([0, []])
      expect(/no model for new workspaces\. Set "onboarding\.workspace\.model"/.test(stdout + stderr)).toBe(said)
    },
  )

  test('is made on the hosted platform too', async () => {
    await using at = await stage({mode: 'saas', gitea: '1.27.0'})
    await enlist(at, {'agent-new': '{}'})
    const {exit, stderr} = await at.patrol(Onboard, 'agent-new --yes')
    expect({exit, stderr}).toMatchObject({exit: 0})
    expect(changes(at)).toEqual(FROM_NOTHING)
  })

  test('is not made without a yes', async () => {
    await using at = await stage()
    await enlist(at, {'agent-new': '{}'})
    const {exit, stderr} = await at.patrol(Onboard, 'agent-new')
    expect(exit).toBe(6)
    expect(stderr).toContain('CONFIRMATION_NEEDED')
    expect(changes(at)).toEqual([])
  })

  test('tells all of it under --json', async () => {
    await using at = await stage()
    await enlist(at, {'agent-new': '{}'})
    const {document} = await at.patrol<Onboarded>(Onboard, 'agent-new --yes --json')
    expect(document.result.plans).toMatchObject([{agent: 'agent-new', workspace: {id: null}, changes: true}])
    const [plan] = document.result.plans
    expect(plan?.calls.map(({act}) => act)).toEqual(['account', 'join', 'mint', 'probe', 'create', 'online', 'smoke'])
    expect(document.result.onboardings).toMatchObject([
      {outcome: 'onboarded', user: 'agent-new', proof: {passed: true}, workspaceToken: {state: 'good', place: null}},
    ])
  })

  test('joins what its profile says, but for what everybody may anyway', async () => {
    await using at = await stage()
    const profiles =
      'profiles:\n  reader:\n    scopes: [read:issue, read:repository, read:user]\n    repos: [{repo: acme/core}]\n    teams: [{org: acme, team: owners}]\n'
    await enlist(at, {'agent-new': '{profile: reader}'}, profiles)
    const {exit, stderr} = await at.patrol(Onboard, 'agent-new --yes')
    expect({exit, stderr}).toMatchObject({exit: 0})
    expect(changes(at).filter((call) => call.startsWith('PUT'))).toEqual([
      expect.stringMatching(/^PUT \/api\/v1\/teams\/\d+\/members\/agent-new$/),
    ])
  })

  test('keeps the token of its workspace where that is asked for, for its owner only', async () => {
    await using at = await stage()
    await enlist(at, {'agent-new': '{}'})
    const line = `agent-new --yes --workspace-token-dir ${join(at.dir, 'kept')}`
    expect(await at.patrol(Onboard, line)).toMatchObject({exit: 0})
    const file = join(at.dir, 'kept', 'agent-new', '.auth_token')
    const text = await readFile(file, 'utf8')
    expect(text).toMatch(/^\S{16,}$/)
    expect((await stat(file)).mode & 0o777).toBe(0o600)
    const before = changes(at)
    const again = await at.patrol(Onboard, line)
    expect(again.stdout).toContain('nothing was to be done')
    expect(again.stdout + again.stderr).not.toContain(text)
    expect(await readFile(file, 'utf8')).toBe(text)
    expect(changes(at)).toEqual(before)
  })

  test('gets another token of its workspace where the first one was not kept', async () => {
    await using at = await stage({release: 'april'})
    await enlist(at, {'agent-new': '{}'})
    expect(await at.patrol(Onboard, 'agent-new --yes')).toMatchObject({exit: 0})
    const kept = await at.patrol(Onboard, `agent-new --yes --workspace-token-dir ${join(at.dir, 'kept')}`)
    expect(kept).toMatchObject({exit: 0})
    expect(kept.stdout).toContain('.auth_token')
    const minted = changes(at).filter((call) => call.endsWith('/tokens') && !call.includes('/users/'))
    expect(minted).toEqual(['POST /workspaces/ID/tokens'])
  })
})

describe('an agent that is there already', () => {
  test('is left as it is where it works, whoever minted its token', async () => {
    await using at = await stage()
    const {exit, stdout} = await at.patrol(Onboard, 'agent-reviewer')
    expect(exit).toBe(0)
    expect(stdout).toMatch(/works already; nothing was to be done[\s\S]*agent-reviewer-2026-03/)
    expect(changes(at)).toEqual([])
  })

  test('is told of where its token has more than its profile', async () => {
    await using at = await stage()
    const {exit, document} = await at.patrol<Onboarded>(Onboard, 'agent-wide --json')
    expect(exit).toBe(0)
    expect(document.result.onboardings[0]?.warnings.join()).toMatch(
      /more than profile engineer.*patrol rotate agent-wide/,
    )
    expect(changes(at)).toEqual([])
  })

  test('gets a token where it does not work, and nobody else loses one', async () => {
    await using at = await stage()
    const before = at.token('agent-dev-a')
    const {exit, stdout, stderr} = await at.patrol(Onboard, 'agent-dev-a --yes')
    expect({exit, stderr}).toMatchObject({exit: 0})
    expect(stdout).toContain('agent-dev-a is onboarded')
    expect(stderr).toMatch(/agent-dev-a-2026-03 \(id \d+\) of agent-dev-a still works.*patrol revoke agent-dev-a --id/)
    expect(at.sandbox.gitea.isLive(before)).toBe(true)
    expect(at.token('agent-dev-a')).not.toBe(before)
    expect(changes(at).slice(0, 2)).toEqual(['POST /api/v1/users/agent-dev-a/tokens', 'POST /workspaces/ID/secrets'])
  })

  test('waits for a person where the platform asks one, and goes on after the yes', async () => {
    await using at = await stage()
    const parked = await at.patrol(Onboard, 'agent-pending --yes --no-wait')
    expect(parked).toMatchObject({exit: 8})
    expect(parked.stderr).toContain('patrol onboard agent-pending')
    for (const {id} of at.sandbox.platform.pending()) at.sandbox.platform.decide(id, 'approved')
    const home = await at.patrol(Onboard, 'agent-pending --yes')
    expect(home).toMatchObject({exit: 0})
    expect(home.stdout).toContain('swarm-pull passed')
  })

  test('that runs elsewhere is restarted by its operator, and then gone on with', async () => {
    await using at = await stage()
    const stopped = await at.patrol(Onboard, 'agent-external --yes')
    expect(stopped.exit).toBe(7)
    expect(stopped.stderr).toMatch(/EXTERNAL_RESTART[\s\S]*patrol onboard agent-external/)
    expect(changes(at).some((call) => call.endsWith('/restart'))).toBe(false)
    const still = await at.patrol(Onboard, 'agent-external --yes')
    expect(still.exit).toBe(7)
    expect(changes(at).filter((call) => call.endsWith('/secrets'))).toHaveLength(1)
  })

  test.each([
    ['concierge', 0, 'works already'],
    ['agent-paused', 6, 'GUARD_PAUSED'],
  ])('%s: exit %i, %s', async (name, exit, said) => {
    await using at = await stage()
    const ended = await at.patrol(Onboard, `${name} --yes`)
    expect(ended).toMatchObject({exit: exit})
    expect(ended.stdout + ended.stderr).toContain(said)
    expect(changes(at)).toEqual([])
  })

  test('is refused where its user cannot be an agent', async () => {
    await using at = await stage()
    await enlist(at, {'agent-acme': '{user: acme}', 'agent-root': '{user: root}'})
    const one = await at.patrol(Onboard, 'agent-acme --yes')
    expect(one.exit).toBe(6)
    expect(one.stderr).toMatch(/acme is there, but no user for agent-acme: it is an organisation[\s\S]*USER_UNFIT/)
    const other = await at.patrol(Onboard, 'agent-root --yes')
    expect(other.exit).toBe(6)
    expect(other.stderr).toContain('GUARD_OWN_CREDENTIAL')
    expect(changes(at)).toEqual([])
  })
})

describe('half-way', () => {
  test('a refused workspace leaves no token, says what is there, and the same command goes on', async () => {
    await using at = await stage()
    await enlist(at, {'agent-new': '{}'})
    const limit = {
      status: 409,
      headers: {'content-type': 'application/json'},
      body: '{"error":"workspace limit reached"}',
    }
    const mend = at.sandbox.platform.fail({method: 'POST', path: /^\/workspaces$/, kind: 'answer', ...limit})
    const stopped = await at.patrol(Onboard, 'agent-new --yes')
    expect(stopped.exit).toBe(7)
    expect(stopped.stderr).toMatch(
      /The user agent-new was created and has 1 of 1 memberships[\s\S]*WORKSPACE_REFUSED[\s\S]*patrol onboard agent-new/,
    )
    expect(at.sandbox.gitea.tokens('agent-new')).toEqual([])
    const listed = await at.patrol(Onboard, '--list')
    expect((await at.patrol(Onboard, 'agent-dev-a --list')).stdout).toContain('No onboarding is unfinished')
    expect(listed.stdout).toMatch(/agent-new .*joining[\s\S]*patrol onboard agent-new/)

    mend()
    const home = await at.patrol(Onboard, 'agent-new --yes')
    expect(home).toMatchObject({exit: 0})
    expect(at.sandbox.gitea.tokens('agent-new')).toHaveLength(1)
    expect((await at.patrol(Onboard, '--list')).stdout).toContain('No onboarding is unfinished')
  })

  test('a refused workspace has what was foretold in its document, for that one shows no plan', async () => {
    await using at = await stage({release: 'june13'})
    await enlist(at, {'agent-new': '{}'}, 'onboarding:\n  workspace: {}\n')
    const error = 'model is required and has no platform-side default. Name one.'
    at.sandbox.platform.fail({
      method: 'POST',
      path: /^\/workspaces$/,
      kind: 'answer',
      status: 422,
      headers: {'content-type': 'application/json'},
      body: JSON.stringify({code: 'MODEL_REQUIRED', error}),
    })
    const {exit, stdout} = await at.patrol(Onboard, 'agent-new --yes --json')
    const {warnings, error: told} = JSON.parse(stdout)
    expect([exit, told.code]).toEqual([7, 'WORKSPACE_REFUSED'])
    expect(warnings).toEqual([expect.stringContaining('names no model for new workspaces')])
    expect(told.message).toContain(
      '"agent-new": model is required and has no platform-side default. Name one. None was',
    )
  })

  test('a template that is looked for when the row is there leaves a workspace, and that is said', async () => {
    await using at = await stage()
    const spec = '{template: ../gone, runtime: claude-code, model: opus}'
    await enlist(at, {'agent-new': '{}'}, `onboarding:\n  workspace: ${spec}\n`)
    const stopped = await at.patrol(Onboard, 'agent-new --yes --json')
    expect(stopped.exit).toBe(7)
    expect(stopped.document.error).toMatchObject({
      code: 'ONLINE_FAILED',
      message: expect.stringContaining('agent-new went to failed: path escapes root'),
    })
    expect(at.sandbox.gitea.tokens('agent-new')).toHaveLength(1)
  })

  test('a lost answer to the create is settled by looking', async () => {
    await using at = await stage()
    await enlist(at, {'agent-new': '{}'})
    at.sandbox.platform.fail({method: 'POST', path: /^\/workspaces$/, nth: 1, kind: 'reset-after'})
    const {exit, stderr} = await at.patrol(Onboard, 'agent-new --yes')
    expect({exit, stderr}).toMatchObject({exit: 0})
    expect(changes(at)).toEqual(FROM_NOTHING)
  })

  test('a rotation waits until the onboarding has come to its end', async () => {
    await using at = await stage()
    await enlist(at, {'agent-new': '{}'})
    const mend = at.sandbox.platform.fail({path: /\/secrets$/, kind: 'status', status: 418})
    expect(await at.patrol(Onboard, 'agent-new --yes')).toMatchObject({exit: 7})
    mend()
    const refused = await at.patrol(Rotate, 'agent-new --yes')
    expect(refused.exit).toBe(6)
    expect(refused.stderr).toMatch(/ONBOARDING_OPEN[\s\S]*patrol onboard agent-new\s+patrol onboarding abort agent-new/)
    expect(await at.patrol(Onboard, 'agent-new --yes')).toMatchObject({exit: 0})
    expect(await at.patrol(Rotate, 'agent-new --yes')).toMatchObject({exit: 0})
    const after = await at.patrol(Onboard, 'agent-new')
    expect(after.stdout).toContain('nothing was to be done')
  })
})

describe('an onboarding that changes something', () => {
  test('revokes what is due from rotations, as every writing command does; one without changes does not', async () => {
    await using at = await stage()
    await enlist(at, {'agent-new': '{}'})
    const old = at.token('agent-dev-a')
    expect(await at.patrol(Rotate, 'agent-dev-a --overlap 24h --yes')).toMatchObject({exit: 0})
    expect(at.sandbox.gitea.isLive(old)).toBe(true)
    timePasses(join(at.home.state, 'patrol.db'), 25 * 3_600_000)
    expect(await at.patrol(Onboard, 'agent-reviewer')).toMatchObject({exit: 0})
    expect(at.sandbox.gitea.isLive(old)).toBe(true)
    expect(await at.patrol(Onboard, 'agent-new --yes')).toMatchObject({exit: 0})
    expect(at.sandbox.gitea.isLive(old)).toBe(false)
  })
})

describe('many', () => {
  test('from a file, several at a time', async () => {
    await using at = await stage()
    await enlist(at, Object.fromEntries(names(5).map((name) => [name, '{}'])))
    const file = join(at.dir, 'new-agents')
    await writeFile(file, '# the first ones\nagent-new-0, agent-new-1\n\nagent-new-2 # and\nagent-new-3\nagent-new-0\n')
    const {exit, stderr, document} = await at.patrol<Onboarded>(
      Onboard,
      `agent-new-4 --from ${file} --concurrency 3 --yes --json`,
    )
    expect({exit, stderr}).toMatchObject({exit: 0})
    expect(document.result.plans.map(({agent}) => agent)).toEqual(['agent-new-4', ...names(4)])
    expect(document.result.onboardings.map(({agent}) => agent).toSorted()).toEqual(names(5))
    expect(document.result.onboardings.every(({proof}) => proof?.passed)).toBe(true)
  })

  test('one that cannot be does not stop the others, and the worst exit wins', async () => {
    await using at = await stage()
    await enlist(at, {'agent-new': '{}', 'agent-acme': '{user: acme}'})
    const {exit, stdout, stderr} = await at.patrol(Onboard, 'agent-acme agent-new agent-reviewer --yes')
    expect(exit).toBe(6)
    expect(stderr).toMatch(/agent-acme: Error:[\s\S]*USER_UNFIT/)
    expect(stdout).toContain('agent-new is onboarded')
    expect(stdout).toContain('agent-reviewer works already')
  })

  test.each([
    ['names nobody', '# nobody\n', 'names no agent', 2],
    [
      'names strangers',
      'agent-dev-a\nagent-devv\nagent-nope\n',
      /:2: agent-devv\n.*:3: agent-nope\nAdd them under[\s\S]*AGENT_UNKNOWN/,
      2,
    ],
    ['is no text', 'agent-dev-a\0', 'no text file', 2],
  ])('a file that %s is refused before anything is called', async (_, text, said, code) => {
    await using at = await stage()
    const file = join(at.dir, 'list')
    await writeFile(file, text)
    const {exit, stderr} = await at.patrol(Onboard, `--from ${file} --yes`)
    expect(exit).toBe(code)
    expect(stderr).toMatch(said)
    expect(at.sandbox.gitea.requests).toEqual([])
  })

  test('nobody named is a mistake, and so is a file that is not there', async () => {
    await using at = await stage()
    expect(await at.patrol(Onboard, '--yes')).toMatchObject({exit: 2})
    const missing = await at.patrol(Onboard, `--from ${join(at.dir, 'nowhere')} --yes`)
    expect(missing.exit).toBe(5)
    expect(missing.stderr).toContain('FILE_UNUSABLE')
  })
})

test('an unfinished onboarding of an agent that patrol.yaml names no longer can be ended', async () => {
  await using at = await stage()
  const inventory = await readFile(at.home.config, 'utf8')
  await enlist(at, {'agent-new': '{}'})
  const mend = at.sandbox.gitea.fail({method: 'GET', path: /^\/api\/v1\/user$/, kind: 'html'})
  expect((await at.patrol(Onboard, 'agent-new --yes')).exit).toBe(7)
  mend()
  await writeFile(at.home.config, inventory)
  expect((await at.patrol(Onboard, '--list')).stdout).toContain('patrol onboarding abort agent-new')
  expect((await at.patrol(OnboardingAbort, 'agent-new')).exit).toBe(6)
  const {exit, stdout} = await at.patrol(OnboardingAbort, 'agent-new --yes')
  expect([exit, stdout]).toEqual([
    0,
    expect.stringMatching(/is given up\.\nServer: http:.*, Gitea 1\.22\.6\.\nIt leaves.*\n {2}user {6}agent-new\n/),
  ])
  expect(at.sandbox.gitea.tokens('agent-new')).toEqual([])
  expect((await at.patrol(Onboard, '--list')).stdout).toBe('No onboarding is unfinished.\n')
  expect((await at.patrol(OnboardingAbort, 'agent-new --yes --json')).document.error?.code).toBe('ONBOARDING_UNKNOWN')
})

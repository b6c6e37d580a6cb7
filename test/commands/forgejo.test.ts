import {readFile, writeFile} from 'node:fs/promises'
import {describe, expect, test} from 'vitest'
import Audit from '../../src/commands/audit.ts'
import Doctor from '../../src/commands/doctor.ts'
import Healthcheck from '../../src/commands/healthcheck.ts'
import Mint from '../../src/commands/mint.ts'
import Onboard from '../../src/commands/onboard.ts'
import Probe from '../../src/commands/probe.ts'
import Push from '../../src/commands/push.ts'
import Revoke from '../../src/commands/revoke.ts'
import Rotate from '../../src/commands/rotate.ts'
import Smoke from '../../src/commands/smoke.ts'
import {smallSandbox, type Differences} from '../support/small-sandbox.ts'
import {stage, writes, type Stage} from './harness.ts'

const NARROW = ['read:issue', 'write:repository']
const BESIDE = {
  owner: 'acme',
  name: 'handbook',
  private: true,
  collaborators: [{login: 'agent-dev-a', permission: 'write' as const}],
}

/** One agent, whose profile has only what a confined token may have. */
async function desk(version: Differences['version'], profile: string, differs: Differences = {}): Promise<Stage> {
  const usual: Differences = {scopes: NARROW, private: true, repos: [BESIDE]}
  const at = await stage(smallSandbox({version, ...usual, ...differs}))
  await rewrite(
    at,
    (text) => `${text}\nprofiles:\n  engineer: {scopes: ['read:issue', 'write:repository']${profile}}\n`,
  )
  return at
}

async function rewrite({home}: Stage, change: (text: string) => string): Promise<void> {
  await writeFile(home.config, change(await readFile(home.config, 'utf8')))
}

const reaches = ({sandbox}: Stage) => sandbox.gitea.tokens('agent-dev-a').map(({repositories}) => repositories)
const AT_CORE = {repositories: ['acme/core']}

describe('Forgejo 15: a rotation', () => {
  test('keeps what the old token was confined to, and proves the agent on it', async () => {
    await using at = await desk('forgejo-15', '', AT_CORE)
    const {exit, stderr} = await at.patrol(Rotate, 'agent-dev-a --yes')
    expect(stderr).toContain('with read:issue, write:repository, confined to acme/core')
    expect([exit, reaches(at)]).toEqual([0, [['acme/core']]])
  })

  test('narrows to what the profile names, and widens only where it names more', async () => {
    await using at = await desk('forgejo-15', ', repositories: [acme/core]')
    expect((await at.patrol(Rotate, 'agent-dev-a --yes')).exit).toBe(0)
    expect(reaches(at)).toEqual([['acme/core']])
    await rewrite(at, (text) => text.replace('[acme/core]', '[acme/core, Acme/Handbook]'))
    await at.home.follow()
    const {exit, stderr} = await at.patrol(Rotate, 'agent-dev-a --yes')
    expect(stderr).toContain('The new token reaches Acme/Handbook too, as profile engineer says')
    expect([exit, reaches(at)]).toEqual([0, [['acme/core', 'acme/handbook']]])
  })

  test('that would widen is refused before anything is written', async () => {
    await using at = await desk('forgejo-15', '', AT_CORE)
    await rewrite(at, (text) => text.replace("['read:issue', ", "['read:user', 'read:issue', "))
    const {exit, stderr} = await at.patrol(Rotate, 'agent-dev-a --yes')
    expect([exit, writes(at.sandbox.gitea)]).toEqual([6, []])
    expect(stderr).toMatch(
      /The token to be replaced is confined to acme\/core, .*read:user.*\n(?:.*\n)*Code: CONFINEMENT_LOST/,
    )
  })

  test('to a repository that is not there is refused, and leaves nothing', async () => {
    await using at = await desk('forgejo-15', ', repositories: [acme/core, acme/cores]')
    const {exit, stderr} = await at.patrol(Rotate, 'agent-dev-a --yes')
    expect(exit).toBe(2)
    expect(stderr).toContain('"repository acme/cores does not exist"')
    expect(reaches(at)).toEqual([undefined])
  })

  test.each([true, false])(
    'that leaves out where the agent finds its work writes nothing, whether that can be read (private: %j)',
    async (isPrivate) => {
      await using at = await desk('forgejo-15', ', repositories: [acme/handbook]', {private: isPrivate})
      const old = at.token('agent-dev-a')
      for (const flags of ['--dry-run', '--yes']) {
        const {exit, stderr} = await at.patrol(Rotate, `agent-dev-a ${flags}`)
        expect(stderr).toContain('The new token would be confined to acme/handbook. acme/core, where the work is found')
        expect(stderr).toMatch(
          /Name acme\/core under "repositories" of profile engineer in patrol.yaml.\nCode: WORK_OUT_OF_REACH/,
        )
        expect([exit, writes(at.sandbox.gitea), writes(at.sandbox.platform)]).toEqual([6, [], []])
      }
      expect([reaches(at), at.sandbox.gitea.isLive(old)]).toEqual([[undefined], true])
    },
  )

  test('of an agent that only reads ends before the push where it would not even do that, and the new token goes', async () => {
    await using at = await desk('forgejo-15', '', {scopes: ['read:issue', 'read:repository']})
    await rewrite(at, (text) =>
      text.replace(
        "['read:issue', 'write:repository']",
        "['read:issue', 'read:repository'], repositories: [acme/handbook]",
      ),
    )
    const old = at.token('agent-dev-a')
    const {exit, stderr} = await at.patrol(Rotate, 'agent-dev-a --yes')
    expect(stderr).toContain('acme/core, where the work is found, is none of the repositories of profile engineer')
    expect(stderr).toContain('the token is confined to acme/handbook, and acme/core is not among them')
    expect(stderr).toContain('Code: CANDIDATE_REJECTED')
    expect([exit, reaches(at), at.sandbox.gitea.isLive(old)]).toEqual([6, [undefined], true])
    expect(writes(at.sandbox.platform)).toEqual([])
  })

  test('keeps what the old token was confined to, although the work lies outside: it takes nothing away', async () => {
    await using at = await desk('forgejo-15', '', {private: false, repositories: ['acme/handbook']})
    const {exit, stderr} = await at.patrol(Rotate, 'agent-dev-a --yes')
    expect(stderr).toContain('acme/core, where the work is found, is none of the repositories that it keeps')
    expect([exit, reaches(at)]).toEqual([0, [['acme/handbook']]])
    await at.home.follow()
    const looked = await at.patrol(Audit, '--json')
    expect(looked.document.findings).toMatchObject([{rule: 'repository-missing'}])
    const probed = await at.patrol(Probe, 'agent-dev-a')
    expect([probed.exit, probed.stdout]).toEqual([3, expect.stringContaining('and nothing written')])
  })
})

describe.each(['forgejo-11', '1.27.0'] as const)('%s, which confines no token', (version) => {
  test('is told once, and the rotation goes on', async () => {
    await using at = await desk(version, ', repositories: [acme/core]')
    const {exit, stderr} = await at.patrol(Rotate, 'agent-dev-a --yes')
    expect([exit, reaches(at)]).toEqual([0, [undefined]])
    expect(stderr.match(/This server can't confine a token/g)).toHaveLength(1)
  })

  test('nor does the audit find anything', async () => {
    await using at = await desk(version, ', repositories: [acme/core]')
    const {document} = await at.patrol<{agents: {findings: unknown[]}[]}>(Audit, '--json')
    expect(JSON.stringify(document)).not.toMatch(/confined|repository-/)
  })
})

describe('Forgejo 15: an onboarding', () => {
  const newcomer = async (repositories: string): Promise<Stage> => {
    const at = await stage({gitea: 'forgejo-15', newAgents: 1})
    const profile = `\nprofiles:\n  engineer: {scopes: ['read:issue', 'write:repository'], repositories: ${repositories}}\n`
    await rewrite(at, (text) => `${text}${profile}`)
    return at
  }

  test('gives a new agent a token that is confined as its profile says', async () => {
    await using at = await newcomer('[acme/core]')
    const {exit, stderr} = await at.patrol(Onboard, 'agent-new --yes')
    expect(stderr).toContain('with read:issue, write:repository, confined to acme/core')
    expect([exit, at.sandbox.gitea.tokens('agent-new').map(({repositories}) => repositories)]).toEqual([
      0,
      [['acme/core']],
    ])
    const again = await at.patrol(Onboard, 'agent-new --yes')
    expect(again.stdout).toContain('works already; nothing was to be done')
  })

  test('to a repository that is not there makes no workspace, and leaves no token', async () => {
    await using at = await newcomer('[acme/core, acme/cores]')
    const {stderr} = await at.patrol(Onboard, 'agent-new --yes')
    expect(stderr).toContain('"repository acme/cores does not exist"')
    expect([at.sandbox.gitea.tokens('agent-new'), writes(at.sandbox.platform)]).toEqual([[], []])
  })
})

describe('Forgejo 15: looking', () => {
  test('probe shows the confinement by the administrator, and says that it is unknown without', async () => {
    await using at = await desk('forgejo-15', '', AT_CORE)
    const {stdout, exit} = await at.patrol(Probe, 'agent-dev-a')
    expect(stdout).toMatch(/^Forgejo http\S+ \(15\.0\.3\)\n(?:.*\n)*Reach {3}! confined to acme\/core\n/)
    expect(exit).toBe(0)
    const {document} = await at.patrol(Probe, 'agent-dev-a --json')
    expect(document.result).toMatchObject({
      version: '15.0.3+gitea-1.22.0',
      forge: {name: 'forgejo', version: '15.0.3'},
      confinement: {reach: ['acme/core']},
      repo: {issues: {outcome: 'ok'}},
    })
    await rewrite(at, (text) => text.replace(/^ {2}admin:(?:\n {4}.*)+\n/m, ''))
    const alone = await at.patrol(Probe, 'agent-dev-a')
    expect(alone.stdout).toMatch(/Reach {3}\? unknown, a token that has nothing but scopes of issue and/)
  })

  test('of another repository tells the confinement from the role', async () => {
    await using at = await desk('forgejo-15', '', AT_CORE)
    const {stdout, exit} = await at.patrol(Probe, 'agent-dev-a --repo acme/handbook')
    expect(exit).toBe(3)
    expect(stdout).toMatch(/issues {9}✗ 404, the token is confined to other repositories/)
    expect(stdout).toMatch(
      /✗ missing {2}the token is confined to acme\/core, and acme\/handbook is not among them; name/,
    )
    expect(stdout).not.toContain('✓ complete')
    const health = await at.patrol(
      Healthcheck,
      `--gitea-url ${at.sandbox.gitea.url} --repo acme/handbook --token-file ${at.dir}/secrets/agent-dev-a`,
    )
    expect(health.stdout).toMatch(/gap .*issues shut \(404\)/)
  })

  test('audit finds what is missing, too much, and not confined', async () => {
    await using at = await desk('forgejo-15', ', repositories: [acme/core]', {repositories: ['acme/handbook']})
    const rules = async () => {
      const {document} = await at.patrol(Audit, '--json')
      return document.findings
    }
    const shown = "as the administrator's list of agent-dev-a shows: confined to acme/handbook"
    expect(await rules()).toMatchObject([
      {rule: 'repository-missing', evidence: {reason: shown}},
      {rule: 'repository-excess', evidence: {reason: shown}},
    ])
    const {stdout} = await at.patrol(Audit, '')
    expect(stdout).toMatch(/alive · confined to acme\/handbook/)
  })

  test('audit says what could be confined', async () => {
    await using at = await desk('forgejo-15', ', repositories: [acme/core]')
    const {stdout, exit} = await at.patrol(Audit, '')
    expect(stdout).toMatch(/low +could-be-confined +its token reaches every repository of agent-dev-a/)
    expect(exit).toBe(3)
  })

  test('nobody blames rights for a token whose repositories may all be deleted', async () => {
    await using at = await desk('forgejo-15', '', {repositories: []})
    const {document, exit} = await at.patrol(Audit, '--json')
    const gap = {rule: 'role-gap', message: expect.stringMatching(/or all that the token was confined to are deleted$/)}
    expect([exit, document.findings, document.incomplete]).toEqual([5, [], [expect.objectContaining(gap)]])
    const probed = await at.patrol(Probe, 'agent-dev-a')
    expect(probed.exit).toBe(3)
    expect(probed.stdout).toContain(
      "issues         ✗ 404, the token's user may not, or all that the token was confined to are deleted",
    )
  })

  test.each(['', ', repositories: all', ', repositories: [acme/core]'])(
    'probe without an administrator calls a token complete no sooner than audit does (profile%s)',
    async (profile) => {
      await using at = await desk('forgejo-15', profile, AT_CORE)
      await rewrite(at, (text) => text.replace(/ {2}admin:\n {4}user: root\n {4}password: .*\n/, ''))
      const probed = await at.patrol(Probe, 'agent-dev-a')
      expect([probed.exit, (await at.patrol(Audit, '')).exit]).toEqual([5, 5])
      expect(probed.stdout).toMatch(/\? unknown {2}which repositories the token reaches/)
      expect(probed.stdout).not.toContain('✓ complete')
    },
  )

  test('smoke names the confinement', async () => {
    await using at = await desk('forgejo-15', '', {repositories: ['acme/handbook']})
    const {stdout, exit} = await at.patrol(Smoke, 'agent-dev-a')
    expect(exit).toBe(3)
    expect(stdout).toContain('the token is confined to acme/handbook, and acme/core is not among them (HTTP 404)')
  })
})

describe.each([
  ['forgejo-15', 'Forgejo 15.0.3', {name: 'forgejo', version: '15.0.3'}],
  ['1.27.0', 'Gitea 1.27.0', {name: 'gitea', version: '1.27.0'}],
] as const)('%s is named', (version, named, forge) => {
  const others = version === 'forgejo-15' ? /\bGitea\b/ : /\bForgejo\b/

  test.each([
    ['rotate', Rotate, 'agent-dev-a'],
    ['mint', Mint, 'agent-dev-a --output-file DIR/new.token'],
    ['push', Push, 'agent-dev-a'],
    ['onboard', Onboard, 'agent-dev-a'],
    ['revoke', Revoke, 'agent-dev-a --id ID'],
  ] as const)('in the plan and the result of %s, for people and for programs', async (name, command, line) => {
    await using at = await desk(version, '')
    const {id} = at.sandbox.gitea.tokens('agent-dev-a')[0]!
    if (name === 'revoke') await at.patrol(Rotate, 'agent-dev-a --overlap 24h --yes')
    const typed = line.replace('DIR', at.dir).replace('ID', String(id))
    const run = async (flags: string) => {
      const ended = await at.patrol<{gitea: object}>(command, `${typed} ${flags}`)
      expect([ended.exit, ended.stdout + ended.stderr]).toEqual([0, expect.not.stringMatching(others)])
      return ended
    }
    const {url} = at.sandbox.gitea
    expect((await run('--dry-run')).stdout).toContain(`\nServer: ${url}, ${named}.\n`)
    expect((await run('--dry-run --json')).document.result.gitea).toMatchObject({url, forge})
    expect((await run(name === 'revoke' ? '--confirm agent-dev-a' : '--yes')).stdout).toContain(`${url}, ${named}`)
  })
})

describe.each(['forgejo-11', 'forgejo-15'] as const)('%s wants a password for minting', (version) => {
  const byToken = async () => {
    const value = 'd'.repeat(40)
    const admin = {tokens: [{name: 'patrol', value, scopes: ['all']}]}
    const at = await desk(version, '', {admin})
    await writeFile(`${at.dir}/admin-token`, `${value}\n`, {mode: 0o600})
    await rewrite(at, (text) => text.replace(/^ {4}password: .*$/m, `    token: file:${at.dir}/admin-token`))
    return at
  }

  test('and doctor says so', async () => {
    await using at = await byToken()
    const {stdout, exit} = await at.patrol(Doctor, '')
    const named = version === 'forgejo-11' ? 'Forgejo 11.0.15' : 'Forgejo 15.0.3'
    expect(stdout).toContain(`is ${named}: scopes are found`)
    expect(stdout).toContain(`${named} mints and deletes tokens with a password only; the token of root can do neither`)
    expect(exit).toBe(3)
  })

  test('and mint and rotate, before anything is sent', async () => {
    await using at = await byToken()
    for (const [command, line] of [
      [Mint, `agent-dev-a --output-file ${at.dir}/new.token --yes`],
      [Rotate, 'agent-dev-a --yes'],
    ] as const) {
      const {stderr, exit} = await at.patrol(command, line)
      expect([exit, writes(at.sandbox.gitea)]).toEqual([4, []])
      expect(stderr).toMatch(
        /mints and deletes tokens with a password only \(Forgejo since 11\.0\.4\), so gitea\.admin\.token/,
      )
    }
  })
})

import {execFileSync} from 'node:child_process'
import {globSync, mkdirSync, mkdtempSync, readFileSync, rmSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {basename, dirname, join, resolve} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {openDesk} from '../support/binary.ts'
import type {Desk} from '../support/binary.ts'
import {Runner, workflowOf, type Installation} from '../support/ci-runner.ts'
import {smallSandbox} from '../support/small-sandbox.ts'

const ROOT = resolve(import.meta.dirname, '../..')
const WORKFLOWS = globSync('docs/ci/*/*.yml', {cwd: ROOT}).toSorted()

/** What a host takes notice of. Gitea: docs "Compared to GitHub Actions", 1.20 to 1.25. */
const HOSTS: Record<string, {top: string[]; job: string[]; required: string[]; on: string[]; uses: string[]}> = {
  gitea: {
    top: ['name', 'on', 'jobs'],
    job: ['runs-on', 'needs', 'if', 'strategy', 'env', 'steps'],
    required: [],
    on: ['schedule', 'pull_request'],
    uses: [
      'actions/checkout@v4',
      'actions/setup-node@v4',
      'actions/upload-artifact@v3',
      'actions/download-artifact@v3',
    ],
  },
  github: {
    top: ['name', 'on', 'permissions', 'concurrency', 'jobs'],
    job: ['runs-on', 'needs', 'if', 'strategy', 'env', 'steps', 'timeout-minutes'],
    required: ['timeout-minutes'],
    on: ['schedule', 'pull_request', 'workflow_dispatch'],
    uses: [
      'actions/checkout@v4',
      'actions/setup-node@v4',
      'actions/upload-artifact@v4',
      'actions/download-artifact@v4',
      'github/codeql-action/upload-sarif@v3',
    ],
  },
}
const STEP = ['name', 'if', 'uses', 'run', 'with', 'env']

describe.each(WORKFLOWS)('%s is what its host understands', (path) => {
  const host = HOSTS[basename(dirname(path))]!
  const workflow = workflowOf(join(ROOT, path))
  const jobs = Object.values(workflow.jobs)
  const steps = jobs.flatMap((job) => job.steps)

  test('keys and triggers that it knows', () => {
    expect(host.top).toEqual(expect.arrayContaining(Object.keys(workflow)))
    expect(host.on).toEqual(expect.arrayContaining(Object.keys(workflow.on)))
    for (const job of jobs) {
      expect(host.job).toEqual(expect.arrayContaining(Object.keys(job)))
      expect(Object.keys(job)).toEqual(expect.arrayContaining(host.required))
      expect(job['runs-on']).toBe('ubuntu-latest')
      expect([undefined, ...Object.keys(workflow.jobs)]).toContain(job.needs)
    }
    for (const {cron} of workflow.on.schedule ?? []) expect(cron.split(' ')).toHaveLength(5)
  })

  test('steps that either use or run, with actions that it has and the one condition that it can judge', () => {
    for (const step of steps) {
      expect(STEP).toEqual(expect.arrayContaining(Object.keys(step)))
      expect([step.uses, step.run].filter((each) => each !== undefined)).toHaveLength(1)
      expect([undefined, ...host.uses]).toContain(step.uses)
    }
    for (const {if: condition} of [...jobs, ...steps]) expect([undefined, 'always()']).toContain(condition)
  })

  test('no expression in a command, and secrets by names that it allows', () => {
    for (const {run} of steps) expect(run ?? '').not.toContain('${{')
    const named = [...readFileSync(join(ROOT, path), 'utf8').matchAll(/\$\{\{ (\w+)\.(\w+) \}\}/g)]
    const allowed = /^(?:secrets\.(?!GITEA_|GITHUB_)|vars\.|matrix\.)\w+$/
    for (const [, context = '', name = ''] of named) expect(`${context}.${name}`).toMatch(allowed)
  })

  test('what keeps a run within bounds: the host where it does, else the command', () => {
    const calls = steps.flatMap(({run}) => (run?.includes('patrol ') ? [run.trim()] : []))
    const bound = path.includes('gitea') ? /^timeout (?:--kill-after=1m )?\d+m patrol / : /^patrol /
    for (const run of calls) expect(run).toMatch(bound)
    const uploads = steps.some(({uses}) => uses?.includes('upload-sarif'))
    const least = {contents: 'read', ...(uploads && {'security-events': 'write'})}
    expect(workflow.permissions).toEqual(path.includes('gitea') ? undefined : least)
  })
})

describe('every command runs as it stands', () => {
  const home = mkdtempSync(join(tmpdir(), 'patrol-ci-'))
  const installation: Installation = {tarball: '', prefix: join(home, 'npm'), done: new Set()}
  beforeAll(() => {
    const npm = join(dirname(process.execPath), '../../.bin/npm')
    const [bin = 'npm'] = globSync(npm).concat('npm')
    const packed = execFileSync(bin, ['pack', '--json', '--pack-destination', home], {cwd: ROOT, encoding: 'utf8'})
    installation.tarball = join(home, JSON.parse(packed)[0].filename)
  })
  afterAll(() => rmSync(home, {recursive: true, force: true}))

  /** The sandbox's inventory as a repository would hold it: secrets by name, no agent's token. */
  function inventoryOf(desk: Desk): string {
    return readFileSync(join(desk.dir, 'patrol.yaml'), 'utf8')
      .replace('file:secrets/admin-password', 'env:AUDIT_GITEA_PASSWORD')
      .replace('file:secrets/platform-token', 'env:AUDIT_PLATFORM_TOKEN')
      .replaceAll(/\n {4}token: file:.*/g, '')
  }

  function runnerFor(desk: Desk, name: string): Runner {
    const place = join(home, name)
    mkdirSync(place)
    return new Runner(desk, installation, place)
  }

  test.each(['gitea', 'github'])('%s: the matrix comes to what the nightly audit comes to', async (host) => {
    await using desk = await openDesk()
    const inventory = inventoryOf(desk)
    const nightly = runnerFor(desk, `${host}-nightly`)
    const whole = await nightly.run(workflowOf(`${ROOT}/docs/ci/${host}/nightly-audit.yml`), inventory)
    expect({exits: whole.exits, said: nightly.said}).toMatchObject({exits: [3]})
    const audit = JSON.parse(whole.kept('audit.json'))
    expect(audit.result.summary).toMatchObject({agents: 9, unknown: 0})
    expect(whole.kept('audit.html')).toContain('agent-dev-a')
    expect(nightly.summary).toBe(whole.kept('audit.md'))

    const matrix = runnerFor(desk, `${host}-matrix`)
    const merged = await matrix.run(workflowOf(`${ROOT}/docs/ci/${host}/matrix-audit.yml`), inventory)
    expect(merged.exits).toEqual([0, 0, 0, 0, 3])
    const {result, findings} = JSON.parse(merged.kept('audit.json'))
    expect(result.agents.map(({agent}: {agent: string}) => agent)).toEqual(
      audit.result.agents.map(({agent}: {agent: string}) => agent),
    )
    expect(findings.map(({fingerprint}: {fingerprint: string}) => fingerprint)).toEqual(
      audit.findings.map(({fingerprint}: {fingerprint: string}) => fingerprint),
    )
  })

  /** What the page says to put into patrol.yaml, with these servers in the place of its examples. */
  function pageOf({sandbox}: Desk): string {
    const page = readFileSync(join(ROOT, 'docs/ci/README.md'), 'utf8')
    const [, yaml = ''] = /```yaml\n(gitea:\n[\s\S]*?)```/.exec(page) ?? []
    return yaml
      .replace('https://git.example.org', sandbox.gitea.url)
      .replace('https://agents.example.org', sandbox.platform.url)
  }

  test.each([
    ['gitea', '1.22.6'],
    ['github', '1.25.4'],
  ] as const)(
    '%s: with the patrol.yaml of the page, a healthy fleet is green every night (Gitea %s)',
    async (host, version) => {
      await using desk = await openDesk(smallSandbox({version}))
      const runner = runnerFor(desk, `${host}-healthy`)
      for (const [name, exits] of [
        ['check-inventory', [0]],
        ['nightly-audit', [0]],
        ['matrix-audit', [0, 0, 0, 0, 0]],
      ] as const) {
        const ran = await runner.run(workflowOf(`${ROOT}/docs/ci/${host}/${name}.yml`), pageOf(desk))
        expect({name, exits: ran.exits, said: runner.said}).toMatchObject({exits})
      }
    },
  )

  test.each(['gitea', 'github'])('%s: the check lets a sound inventory pass, and a broken one not', async (host) => {
    await using desk = await openDesk()
    const runner = runnerFor(desk, `${host}-check`)
    const workflow = workflowOf(`${ROOT}/docs/ci/${host}/check-inventory.yml`)
    expect((await runner.run(workflow, inventoryOf(desk))).exits).toEqual([0])
    expect(
      (await runner.run(workflow, inventoryOf(desk).replace('profile: engineer', 'profile: enginer'))).exits,
    ).toEqual([2])
    expect(desk.sandbox.gitea.requests).toEqual([])
  })

  test.each(['gitea', 'github'])(
    '%s: the linter lets sound files pass, and shows what is wrong in others',
    async (host) => {
      await using desk = await openDesk()
      const runner = runnerFor(desk, `${host}-lint`)
      const workflow = workflowOf(`${ROOT}/docs/ci/${host}/lint.yml`)
      const script = 'gitea admin user generate-access-token --username bot --scopes read:issues\n'
      const faulty = await runner.run(workflow, inventoryOf(desk), {'ops/mint.sh': script})
      expect({exits: faulty.exits, said: runner.said}).toMatchObject({exits: [3]})
      const page = host === 'github' ? runner.summary : String(faulty.artifacts.get('lint')!.get('lint.html'))
      expect(page).toContain('scope-unknown')
      expect(runner.said).toContain(host === 'github' ? '::error file=ops/mint.sh,line=1,col=' : '✗ ops/mint.sh')
      const sound = await runner.run(workflow, inventoryOf(desk), {
        'ops/mint.sh': script.replace('issues', 'issue'),
        // A low finding, such as almost every script has.
        'ops/look.sh': 'curl -f -H "Authorization: token $TOKEN" https://git.example.org/api/v1/version\n',
      })
      expect({exits: sound.exits, said: runner.said}).toMatchObject({exits: [0]})
      expect(desk.sandbox.gitea.requests).toEqual([])
    },
  )
})

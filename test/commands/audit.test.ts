import {readFile, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import Audit from '../../src/commands/audit.ts'
import Mint from '../../src/commands/mint.ts'
import Push from '../../src/commands/push.ts'
import ReportMerge from '../../src/commands/report/merge.ts'
import Revoke from '../../src/commands/revoke.ts'
import Rotate from '../../src/commands/rotate.ts'
import {RULES} from '../../src/fleet/index.ts'
import {FORMAT_NAMES} from '../../src/report/formats/index.ts'
import {stage, writes} from './harness.ts'
import type {Stage} from './harness.ts'

interface Audited {
  summary: {agents: number; ok: number; unknown: number; findings: Record<string, number>; exit: number}
  agents: {agent: string; state: string; deployedFrom: string | null}[]
  sources: string[]
}

/** What the sandbox's fleet is known to have wrong (docs/sandbox.md). */
const KNOWN = [
  ['agent-dead', 'token-dead'],
  ['agent-dev-a', 'scope-missing'],
  ['agent-dev-b', 'scope-missing'],
  ['agent-external', 'scope-missing'],
  ['agent-paused', 'scope-missing'],
  ['agent-pending', 'scope-missing'],
  ['agent-wide', 'scope-dangerous'],
]

const found = (findings: Record<string, unknown>[] = []): string[][] =>
  findings.map(({agent, rule}) => [String(agent), String(rule)]).toSorted((a, b) => a.join().localeCompare(b.join()))

const asked = ({sandbox}: Stage): number => sandbox.gitea.requests.length + sandbox.platform.requests.length

describe('audit of the whole fleet', () => {
  test.each([[[]], [['--source', 'listing']], [['--source', 'probe']], [['--source', 'both', '--ask-agents']]])(
    'finds exactly what is wrong, and writes nothing %j',
    async (flags) => {
      await using at = await stage()
      const {exit, document} = await at.patrol<Audited>(Audit, ['--json', ...flags])
      // A value whose last eight nobody lists may be someone else's: only a probe can call it dead.
      const listed = flags.includes('listing')
      const known = KNOWN.filter(([, rule]) => !listed || rule !== 'token-dead')
      const others = found(document.findings).filter(([agent]) => !listed || agent !== 'agent-dead')
      expect(others).toEqual(known)
      expect(document.result.summary.agents).toBe(9)
      // And nothing but a listing tells whether the user of a dead token is an administrator.
      expect(exit).toBe(flags.length === 2 ? 5 : 3)
      const acts = [...writes(at.sandbox.gitea), ...writes(at.sandbox.platform)]
      expect(acts.filter((act) => !act.includes('~scope-probe~') && !act.endsWith('/a2a'))).toEqual([])
    },
  )

  test('--ask-agents asks them, and without it nobody is asked', async () => {
    await using at = await stage()
    const questions = () => writes(at.sandbox.platform).filter((act) => act.endsWith('/a2a')).length
    await at.patrol(Audit, '--exit-zero')
    expect(questions()).toBe(0)
    const {document} = await at.patrol<Audited>(Audit, '--exit-zero --ask-agents --json')
    expect(document.result.sources).toContain('agents')
    expect(questions()).toBeGreaterThan(0)
  })

  test('--ask-agents offers no revocation of a token that is pushed and that no process has yet', async () => {
    await using at = await stage({release: 'april', mode: 'saas'})
    const file = join(at.dir, 'new.token')
    await at.patrol(Mint, ['agent-dev-a', '--output-file', file, '--yes'])
    await at.patrol(Push, ['agent-dev-a', '--token-file', file, '--allow-unknown-kind', '--yes'])
    const minted = at.sandbox.gitea.tokens('agent-dev-a').at(-1)!
    const {document} = await at.patrol<Audited>(Audit, 'agent-dev-a --source listing --exit-zero --ask-agents --json')
    expect(document.findings?.find(({rule}) => rule === 'token-orphan')).toMatchObject({
      message: `the token "${minted.name}" (…${minted.lastEight}) is named as patrol names them, but whether its agent runs on it is not sure`,
      fix: 'patrol rotate agent-dev-a',
    })
    const {exit} = await at.patrol(Revoke, `agent-dev-a --id ${minted.id} --confirm agent-dev-a`)
    expect(exit).toBe(6)
  })

  test('can be of some agents only: by name, by glob, by profile', async () => {
    await using at = await stage()
    const agents = async (line: string) => {
      const {document} = await at.patrol<Audited>(Audit, `${line} --json`)
      return document.result.agents.map(({agent}) => agent)
    }
    expect(await agents('agent-wide')).toEqual(['agent-wide'])
    expect(await agents('agent-dev-* concierge')).toEqual(['agent-dev-a', 'agent-dev-b', 'concierge'])
    const text = await readFile(at.home.config, 'utf8')
    await writeFile(at.home.config, text.replace('profile: engineer', 'profile: reviewer'))
    expect(await agents('--profile reviewer')).toEqual(['agent-dev-a'])
  })

  test('judges by --fail-on, and not at all with --exit-zero', async () => {
    await using at = await stage()
    expect((await at.patrol(Audit, 'agent-dev-a')).exit).toBe(3)
    expect((await at.patrol(Audit, 'agent-dev-a --fail-on high')).exit).toBe(3)
    expect((await at.patrol(Audit, 'agent-dev-a --fail-on critical')).exit).toBe(0)
    const {exit, document} = await at.patrol(Audit, 'agent-dev-a --exit-zero --json')
    expect(exit).toBe(0)
    expect(document.findings).toHaveLength(1)
  })

  test('what could not be judged exits 5, whatever --exit-zero says', async () => {
    await using at = await stage()
    at.sandbox.gitea.fail({kind: 'html', path: /agent-reviewer/})
    const {exit, document} = await at.patrol<Audited>(
      Audit,
      'agent-reviewer agent-dev-a --exit-zero --source listing --json',
    )
    expect(document.result.agents.map(({state}) => state)).toEqual(['findings', 'unknown'])
    expect(document.incomplete).toContainEqual(expect.objectContaining({agent: 'agent-reviewer', exit: 5}))
    expect(exit).toBe(5)
  })

  test('a rejected administrator exits 4', async () => {
    await using at = await stage()
    await writeFile(join(at.dir, 'secrets/admin-password'), 'not-a-real-password\n', {mode: 0o600})
    expect((await at.patrol(Audit, '--source listing --json')).exit).toBe(4)
  })

  test('tells on stderr how far it is, in few lines, and nothing under --json', async () => {
    await using at = await stage()
    const {stderr, stdout} = await at.patrol(Audit, '')
    const lines = stderr.trimEnd().split('\n')
    expect(lines.length).toBeLessThanOrEqual(4)
    expect(lines.at(-1)).toMatch(/^Audited 9\/9, 7 findings so far, \d+ requests\/s$/)
    expect(stdout).not.toContain('Audited')
    expect((await at.patrol(Audit, '--json')).stderr).toBe('')
  })

  test('--rps keeps to so many requests a second', async () => {
    await using at = await stage()
    await at.patrol(Audit, 'agent-reviewer --source probe --rps 10')
    const times = at.sandbox.gitea.requests.map((request) => request.at)
    expect(times.length).toBeGreaterThan(2)
    expect(Math.max(...times) - Math.min(...times)).toBeGreaterThan((times.length - 1) * 100 * 0.8)
  })
})

describe('reports', () => {
  test('every format in one run: the exit is the same, and JSON files say what --json says', async () => {
    await using at = await stage()
    const reports = FORMAT_NAMES.flatMap((name) => ['--report', `${name}=${join(at.dir, `out.${name}`)}`])
    const {exit, stdout} = await at.patrol(Audit, reports)
    expect(exit).toBe(3)
    expect(stdout).toContain('9 agents: 2 ok, 7 judged with findings')
    const document = JSON.parse(await readFile(join(at.dir, 'out.json'), 'utf8'))
    expect(document.status).toBe(3)
    expect(found(document.findings)).toEqual(KNOWN)
    for (const name of FORMAT_NAMES)
      expect(await readFile(join(at.dir, `out.${name}`), 'utf8')).toContain('agent-dev-a')
  })

  test.each(FORMAT_NAMES)('%s on standard output takes the place of the table', async (name) => {
    await using at = await stage()
    const {exit, stdout} = await at.patrol(Audit, `agent-dev-a --report ${name}`)
    expect(exit).toBe(3)
    expect(stdout).toContain('agent-dev-a')
    expect(/^✗ agent-dev-a$/m.test(stdout)).toBe(name === 'table')
  })

  test('Markdown is added to the page of a CI job as well, once, after what is there', async () => {
    await using at = await stage()
    const page = join(at.dir, 'summary.md')
    await writeFile(page, '# before\n')
    at.env.GITHUB_STEP_SUMMARY = page
    await at.patrol(Audit, `agent-dev-a --report json=${join(at.dir, 'a.json')}`)
    expect(await readFile(page, 'utf8')).toBe('# before\n')
    const file = join(at.dir, 'a.md')
    await at.patrol(Audit, `agent-dev-a --report markdown=${file} --report markdown`)
    expect(await readFile(page, 'utf8')).toBe(`# before\n${await readFile(file, 'utf8')}`)
  })

  test('an audit that breaks off leaves the report of the one before', async () => {
    await using at = await stage()
    const file = join(at.dir, 'a.json')
    await writeFile(file, 'from before')
    await writeFile(
      at.home.config,
      (await readFile(at.home.config, 'utf8')).replaceAll(/token: file:.*/g, 'token: env:GONE'),
    )
    await writeFile(join(at.home.state, 'patrol.db'), 'no store')
    expect((await at.patrol(Audit, `--report json=${file}`)).exit).not.toBe(0)
    expect(await readFile(file, 'utf8')).toBe('from before')
  })
})

describe('rules', () => {
  test('--list-rules shows the whole table without configuration, and asks nobody', async () => {
    await using at = await stage()
    const {exit, stdout} = await at.patrol(Audit, '--list-rules')
    for (const {id, severity} of RULES) expect(stdout).toMatch(new RegExp(`^${id} +${severity} `, 'm'))
    const {document} = await at.patrol<{rules: {id: string; fix: string | null; note: string | null}[]}>(
      Audit,
      '--list-rules --json',
    )
    expect(document.result.rules.map(({id}) => id)).toEqual(RULES.map(({id}) => id))
    for (const {fix, note} of document.result.rules) expect(fix ?? `patrol ${note}`).toMatch(/^patrol /)
    expect(exit).toBe(0)
    expect(asked(at)).toBe(0)
  })
})

test('a wrong password of the administrator is said once, with a line for each agent that is left open', async () => {
  await using at = await stage()
  await writeFile(join(at.dir, 'secrets/admin-password'), 'no-such-password')
  const {exit, stdout} = await at.patrol(Audit, '')
  expect(exit).toBe(4)
  expect(stdout.match(/the password is wrong/g)).toHaveLength(1)
  expect(stdout.match(/for the whole fleet/g)).toHaveLength(9)
})

test('what mends several agents is one command', async () => {
  await using at = await stage()
  const {stdout} = await at.patrol(Audit, '')
  expect(stdout).toMatch(/^ {4}patrol rotate agent-dev-a agent-dev-b agent-wide agent-pending agent-dead$/m)
  const page = (await at.patrol(Audit, '--report markdown')).stdout
  expect(page).toMatch(/^\| several at once \|\n.*\n\| `patrol rotate agent-dev-a agent-dev-b .*` \|$/m)
})

describe('the baseline', () => {
  const words = ['--owner', 'ops', '--reason', 'until the migration', '--expires', '30d']

  test('accepts what is found, and then only what is new counts', async () => {
    await using at = await stage()
    const file = join(at.dir, 'baseline.json')
    const updated = await at.patrol(Audit, ['agent-dev-a', '--baseline', file, '--update-baseline', ...words])
    expect(updated).toMatchObject({
      exit: 0,
      stdout: expect.stringMatching(/^~ Findings at low or above \(exit 0, as asked\)\.$/m),
      stderr: expect.stringMatching(
        /^Wrote .*baseline\.json: all findings of this run are accepted in it, \d+ in all\.$/m,
      ),
    })
    expect(await readFile(file, 'utf8')).not.toContain(at.token('agent-dev-a').slice(-8))
    expect((await at.patrol(Audit, ['agent-dev-a', '--baseline', file])).exit).toBe(0)
    const {exit, document} = await at.patrol<Audited>(Audit, [
      'agent-dev-a',
      'agent-wide',
      '--baseline',
      file,
      '--json',
    ])
    expect(exit).toBe(3)
    expect(document.result.summary.findings).toMatchObject({critical: 1, high: 0})
    expect(document.findings?.find(({agent}) => agent === 'agent-dev-a')).toMatchObject({
      accepted: {owner: 'ops', reason: 'until the migration', expired: false},
    })
  })

  test('that was written is told to programs too', async () => {
    await using at = await stage()
    const file = join(at.dir, 'baseline.json')
    const line = ['agent-dev-a', '--baseline', file, '--update-baseline', ...words, '--json']
    const {document} = await at.patrol<Audited & {baseline: object}>(Audit, line)
    const {accepted}: {accepted: unknown[]} = JSON.parse(await readFile(file, 'utf8'))
    expect(accepted.length).toBeGreaterThan(0)
    expect(document.result.baseline).toEqual({file, accepted: accepted.length})
  })

  test('an acceptance that ran out counts again', async () => {
    await using at = await stage()
    const file = join(at.dir, 'baseline.json')
    await at.patrol(Audit, ['agent-dev-a', '--baseline', file, '--update-baseline', ...words])
    await writeFile(file, (await readFile(file, 'utf8')).replace(/\d{4}-\d\d-\d\d/, '2020-01-31'))
    const {exit, document} = await at.patrol<Audited>(Audit, ['agent-dev-a', '--baseline', file, '--json'])
    expect(exit).toBe(3)
    expect(document.result.summary).toMatchObject({expired: 1})
  })
})

describe('shards', () => {
  test('merged, they are the whole audit, whose exit the merge has', async () => {
    await using at = await stage()
    const whole = await at.patrol<Audited>(Audit, '--json')
    const blobs = [1, 2, 3].map((index) => join(at.dir, `${index}.blob`))
    for (const [index, blob] of blobs.entries()) {
      const {exit} = await at.patrol(Audit, `--exit-zero --shard ${index + 1}/3 --report blob=${blob}`)
      expect(exit).toBe(0)
    }
    const before = asked(at)
    const {exit, document} = await at.patrol<Audited>(ReportMerge, [...blobs, '--json'])
    expect(exit).toBe(3)
    expect(asked(at)).toBe(before)
    expect(found(document.findings)).toEqual(KNOWN)
    expect(document.result.agents).toEqual(whole.document.result.agents)
    expect(document.findings).toEqual(whole.document.findings)
    expect((await at.patrol(ReportMerge, [...blobs, '--exit-zero'])).exit).toBe(0)
  })
})

test('an agent whose user was renamed is told to be that, and none of its tokens dead', async () => {
  await using at = await stage()
  at.sandbox.gitea.rename('agent-dev-b', 'dev-b')
  const {exit, stdout} = await at.patrol(Audit, 'agent-dev-b')
  expect(exit).toBe(5)
  expect(stdout).toContain('The user agent-dev-b is called dev-b now.')
  expect(stdout).not.toMatch(/\bdead\b|no user|patrol onboard/)
})

test('nor is it told of the whole fleet that the tokens of a renamed user are nobody’s', async () => {
  await using at = await stage()
  expect((await at.patrol(Rotate, 'agent-dev-b --yes')).exit).toBe(0)
  at.sandbox.gitea.rename('agent-dev-b', 'dev-b')
  const {stdout} = await at.patrol(Audit, '--source listing')
  expect(stdout).toContain('The user agent-dev-b is called dev-b now.')
  expect(stdout).not.toMatch(/no agent claims the user dev-b|delete its tokens/)
})

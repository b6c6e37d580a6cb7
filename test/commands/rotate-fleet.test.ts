import {readFile, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import Audit from '../../src/commands/audit.ts'
import Rotate from '../../src/commands/rotate.ts'
import {going, stage, writes} from './harness.ts'
import type {Stage} from './harness.ts'

interface Rotated {
  plans: {agent: string}[]
  rotations: {agent: string; phase: string}[]
}

/** Who is planned, and who is not. */
async function meant(at: Stage, line: string) {
  const {document, exit} = await at.patrol<Rotated>(Rotate, `${line} --dry-run --json`)
  return {
    exit,
    error: document.error?.code,
    planned: document.result?.plans.map(({agent}) => agent),
    left: document.incomplete?.map(({agent, code}) => `${agent} ${code}`),
  }
}

/** What an audit of the fleet writes, in a file. */
async function audited(at: Stage, format: 'json' | 'ndjson', more = ''): Promise<string> {
  const file = join(at.dir, `audit.${format}`)
  await at.patrol(Audit, `--exit-zero --report ${format}=${file} ${more}`)
  return file
}

describe('whom rotate means', () => {
  test('names and globs in the order of typing, each once', async () => {
    await using at = await stage()
    expect(await meant(at, 'agent-reviewer agent-dev-* agent-dev-a')).toMatchObject({
      exit: 0,
      planned: ['agent-reviewer', 'agent-dev-a', 'agent-dev-b'],
    })
  })

  test('a profile, alone and within a glob', async () => {
    await using at = await stage()
    const text = await readFile(at.home.config, 'utf8')
    await writeFile(at.home.config, text.replace(/(agent-reviewer:\n(?: {4}.*\n)*? {4}profile:) \w+/, '$1 reviewer'))
    expect(await meant(at, '--profile reviewer')).toMatchObject({exit: 0, planned: ['agent-reviewer']})
    expect(await meant(at, 'agent-dev-* --profile reviewer')).toMatchObject({exit: 2, error: 'AGENT_UNKNOWN'})
    expect((await at.patrol(Rotate, 'agent-dev-* --profile reviewer')).stderr).toMatch(
      /None of the agents named has the profile "reviewer"/,
    )
  })

  test('--all is everybody, and who must not be rotated is left out by name', async () => {
    await using at = await stage()
    const {exit, planned, left} = await meant(at, '--all')
    expect(exit).toBe(6)
    expect(planned).toEqual(expect.arrayContaining(['agent-dev-a', 'agent-external']))
    expect(left).toEqual(expect.arrayContaining(['concierge GUARD_CONCIERGE', 'agent-paused GUARD_PAUSED']))
  })

  test.each([
    ['', 'USAGE'],
    ['agent-dev-a --all', 'USAGE'],
    ['no-such-*', 'AGENT_UNKNOWN'],
    ['agent-deva', 'AGENT_UNKNOWN'],
    ['--profile nobody', 'PROFILE_UNKNOWN'],
    ['agent-dev-a --max-failures 0', 'USAGE'],
    ['agent-dev-a --max-failures 101%', 'USAGE'],
    ['agent-dev-a --rule scope-missing', 'USAGE'],
  ])('"%s" is refused before anybody is called', async (line, code) => {
    await using at = await stage()
    const ended = await at.patrol(Rotate, `${line} --json`)
    expect(ended.document.error?.code).toBe(code)
    expect(ended.exit).toBe(2)
    expect(at.sandbox.gitea.requests).toEqual([])
  })
})

describe('the plan for several agents', () => {
  test('is a row each, with what it comes to; every call with --verbose', async () => {
    await using at = await stage()
    const {stdout} = await at.patrol(Rotate, 'agent-dev-a agent-wide agent-external --dry-run --overlap 24h')
    expect(stdout).toMatch(/^ {2}agent-dev-a +\+ read:issue +nothing +1 +yes$/m)
    expect(stdout).toMatch(/^ {2}agent-wide +nothing +- all +1 +yes$/m)
    expect(stdout).toMatch(/^ {2}agent-external +\+ read:issue +nothing +1 +by its operator$/m)
    expect(stdout).toContain(
      "3 new tokens; 2 restarts, 1 more by the operators of external agents; 3 old tokens revoked, each 1d after its agent's proof.",
    )
    expect(stdout).toMatch(/^! note {3}agent-external: agent-external is external/m)
    expect(stdout).not.toContain('DELETE')
    const whole = (await at.patrol(Rotate, 'agent-dev-a agent-wide --dry-run --verbose')).stdout
    expect(whole).toMatch(/Rotate agent-dev-a\n(?:.*\n)+.*DELETE .*\n(?:.*\n)+Rotate 2 agents/)
  })
})

describe('rotate --from-audit', () => {
  test.each(['json', 'ndjson'] as const)('takes whom the audit (%s) wants rotated, of a rule', async (format) => {
    await using at = await stage()
    const file = await audited(at, format)
    const all = await meant(at, `--from-audit ${file}`)
    expect(all.planned).toEqual([
      'agent-dev-a',
      'agent-dev-b',
      'agent-wide',
      'agent-pending',
      'agent-external',
      'agent-dead',
    ])
    const narrow = await meant(at, `agent-dev-* agent-wide --from-audit ${file} --rule scope-missing`)
    expect(narrow).toMatchObject({exit: 0, planned: ['agent-dev-a', 'agent-dev-b']})
    expect(writes(at.sandbox.gitea)).toEqual([])
  })

  test('rotates them, and with the same audit again leaves whom that cured', async () => {
    await using at = await stage()
    const file = await audited(at, 'json')
    const line = `agent-dev-* --from-audit ${file} --rule scope-missing --yes`
    const {exit, stdout} = await at.patrol(Rotate, line)
    expect([exit, stdout.match(/is completed/g)?.length]).toEqual([0, 2])
    const before = writes(at.sandbox.gitea).length
    const {document, exit: again} = await at.patrol<Rotated>(Rotate, `${line} --json`)
    expect(again).toBe(6)
    expect(document.incomplete).toEqual([
      expect.objectContaining({
        agent: 'agent-dev-a',
        code: 'AUDIT_OUTDATED',
        suggestions: ['patrol audit agent-dev-a'],
      }),
      expect.objectContaining({agent: 'agent-dev-b', code: 'AUDIT_OUTDATED'}),
    ])
    expect(writes(at.sandbox.gitea)).toHaveLength(before)
  })

  test('is content where nobody is to be rotated', async () => {
    await using at = await stage()
    const file = await audited(at, 'json', 'agent-reviewer')
    const {exit, stdout} = await at.patrol(Rotate, `--from-audit ${file} --yes`)
    expect([exit, stdout]).toEqual([0, 'There is nobody to rotate.\n'])
  })

  test('does not take whom the audit could not judge for well: it names them, and ends with 5', async () => {
    await using at = await stage()
    const file = await audited(at, 'json', 'agent-reviewer')
    const open = '{"agent":"agent-reviewer","rule":"scope-missing","code":"AUDIT_UNJUDGED"}'
    await writeFile(file, (await readFile(file, 'utf8')).replace('"incomplete": []', `"incomplete": [${open}]`))
    const {exit, stderr} = await at.patrol(Rotate, `--from-audit ${file} --yes`)
    expect(stderr).toMatch(/agent-reviewer: that audit could not judge everything; not rotated\./)
    expect(exit).toBe(5)
  })

  test.each<[string, (whole: string) => string, string, RegExp]>([
    [
      'cut',
      (whole) => whole.split('\n').slice(0, 3).join('\n'),
      'AUDIT_UNUSABLE',
      /its last line, the summary, is missing/,
    ],
    [
      'of another server',
      (whole) => whole.replaceAll(/127\.0\.0\.1:\d+/g, 'git.example.org'),
      'AUDIT_UNUSABLE',
      /is an audit of http:\/\/git\.example\.org/,
    ],
    ['no audit', () => '{"schema":"patrol/baseline/1"}', 'AUDIT_UNUSABLE', /it is patrol\/baseline\/1/],
    ['empty', () => '', 'AUDIT_UNUSABLE', /no JSON or NDJSON of an audit/],
  ])('refuses a file that is %s before anybody is called', async (_, spoilt, code, words) => {
    await using at = await stage()
    const file = await audited(at, 'ndjson')
    await writeFile(file, spoilt(await readFile(file, 'utf8')))
    const asked = at.sandbox.gitea.requests.length
    const {exit, stderr} = await at.patrol(Rotate, `--from-audit ${file} --yes`)
    expect(stderr).toMatch(words)
    expect([exit, stderr.includes(code)]).toEqual([2, true])
    expect(at.sandbox.gitea.requests).toHaveLength(asked)
  })

  test('a rule that there is not is a mistake', async () => {
    await using at = await stage()
    const file = await audited(at, 'json')
    const {exit, stderr} = await at.patrol(Rotate, `--from-audit ${file} --rule scope-mising`)
    expect([exit, /There is no rule "scope-mising"/.test(stderr)]).toEqual([2, true])
  })
})

test('an agent of several that waits for an approval is parked, and holds up no other', async () => {
  await using at = await stage()
  const {exit, document} = await at.patrol<Rotated>(Rotate, 'agent-pending agent-dev-a --yes --json --max-failures 1')
  expect(exit).toBe(8)
  expect(document.incomplete).toEqual([expect.objectContaining({agent: 'agent-pending', code: 'APPROVAL_PENDING'})])
  expect(document.result?.rotations).toEqual([expect.objectContaining({agent: 'agent-dev-a', phase: 'completed'})])
})

test('Ctrl-C amid several says for whom nothing was begun', async () => {
  await using at = await stage()
  const run = await going(Rotate, 'agent-dev-a agent-dev-b agent-reviewer agent-wide --yes', at.env)
  expect(run.printed()).toMatch(/agent-dev-a: rotation \w{10} is completed/)
  const {exit, stderr} = await run.stop()
  expect(stderr).toMatch(/^Nothing was begun for agent-reviewer, agent-wide\.$/m)
  expect(exit).toBe(130)
})

describe('rotate --max-failures', () => {
  test('begins nothing more once so many have failed, and says who is left and what goes on', async () => {
    await using at = await stage()
    at.sandbox.gitea.fail({method: 'POST', path: /agent-dev-a\/tokens/, kind: 'status', status: 503})
    const {document, exit} = await at.patrol<Rotated>(
      Rotate,
      'agent-dev-a agent-dev-b agent-reviewer --yes --max-failures 1 --json',
    )
    expect(exit).toBe(7)
    expect(document.result?.rotations).toEqual([])
    const left = {code: 'BUDGET_SPENT', exit: 7, suggestions: ['patrol rotate agent-dev-b agent-reviewer']}
    expect(document.incomplete?.slice(1)).toEqual([
      expect.objectContaining({agent: 'agent-dev-b', ...left}),
      expect.objectContaining({agent: 'agent-reviewer', ...left}),
    ])
    expect(writes(at.sandbox.gitea).filter((line) => !line.includes('agent-dev-a'))).toEqual([])
  })

  test('counts in percent of those planned, at least one; without it all are tried', async () => {
    await using at = await stage()
    at.sandbox.gitea.fail({method: 'POST', path: /agent-dev-a\/tokens/, kind: 'status', status: 503})
    const line = 'agent-dev-a agent-dev-b agent-reviewer --yes --json'
    const half = await at.patrol<Rotated>(Rotate, `${line} --max-failures 67%`)
    expect(half.document.result?.rotations.map(({agent}) => agent)).toEqual(['agent-dev-b', 'agent-reviewer'])
  })
})

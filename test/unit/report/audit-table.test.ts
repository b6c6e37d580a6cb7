import {describe, expect, test} from 'vitest'
import type {AuditReport} from '../../../src/fleet/types.ts'
import type {Tint} from '../../../src/report/tint.ts'
import {columnsOf, indented, padTo} from '../../../src/report/wrap.ts'
import {cleanReport, hostileReport, render, richReport, RULE_TEXTS} from '../../support/audit-report.ts'

/** Two agents and an unclaimed user, enough for every kind of line. */
function small(): AuditReport {
  const report = richReport()
  const [, dozer, planner] = report.agents
  planner!.workspaceStatus = 'online'
  return {
    ...report,
    agents: [report.agents[0]!, dozer!, planner!],
    unjudged: [],
    summary: {
      ...report.summary,
      agents: 3,
      ok: 1,
      withFindings: 1,
      unknown: 1,
      findings: {critical: 1, high: 0, medium: 0, low: 1},
      accepted: 1,
      expired: 0,
    },
  }
}

describe('the audit for people', () => {
  test('at 80 columns messages are wrapped under themselves', async () => {
    expect(await render('table', small(), {width: 80})).toBe(
      `? dozer
  profile engineer · user bot-dozer · workspace dozer · token unknown of unknown
  state
  ? unknown   what depends on it       Gitea answered 502 to GET
                                       /users/bot-dozer/tokens

✗ planner
  profile engineer · user bot-planner · workspace planner online · token
  …00000002 dead
  ✗ critical  token-dead               Gitea answers 401 to the deployed token
  ~ accepted  token-too-old            the token is 120 days old, the profile
                                       allows 90 (accepted by ops until
                                       2027-01-31: moves in January)
    patrol rotate planner

✗ claimed by no agent
  ! low       user-without-workspace   bot-ghost: Gitea user bot-ghost belongs
                                       to no agent
    patrol rotate bot-ghost

Server: https://git.example, Gitea 1.25.4.
Looked at: listing, probe, ledger.
Not applied for want of sources: workspace-failed.
3 agents: 1 ok, 1 judged with findings, 1 not fully judged.
2 findings: 1 critical, 0 high, 0 medium, 1 low.
1 more accepted in the baseline.
41 requests; nothing was changed.
? Not everything could be judged, so this is no pass (exit 5).
`,
    )
  })

  test('at 140 columns each has a line', async () => {
    expect(await render('table', small(), {width: 140})).toBe(
      `? dozer
  profile engineer · user bot-dozer · workspace dozer · token unknown of unknown state
  ? unknown   what depends on it       Gitea answered 502 to GET /users/bot-dozer/tokens

✗ planner
  profile engineer · user bot-planner · workspace planner online · token …00000002 dead
  ✗ critical  token-dead               Gitea answers 401 to the deployed token
  ~ accepted  token-too-old            the token is 120 days old, the profile allows 90 (accepted by ops until 2027-01-31: moves in January)
    patrol rotate planner

✗ claimed by no agent
  ! low       user-without-workspace   bot-ghost: Gitea user bot-ghost belongs to no agent
    patrol rotate bot-ghost

Server: https://git.example, Gitea 1.25.4.
Looked at: listing, probe, ledger.
Not applied for want of sources: workspace-failed.
3 agents: 1 ok, 1 judged with findings, 1 not fully judged.
2 findings: 1 critical, 0 high, 0 medium, 1 low.
1 more accepted in the baseline.
41 requests; nothing was changed.
? Not everything could be judged, so this is no pass (exit 5).
`,
    )
  })

  test('a clean fleet is its summary', async () => {
    const rules = RULE_TEXTS.filter(({id}) => id !== 'workspace-failed')
    expect(await render('table', cleanReport(), {width: 80, rules})).toBe(
      `Server: https://git.example, Gitea 1.25.4.
Looked at: listing, probe, ledger.
1 agent: 1 ok, 0 judged with findings, 0 not fully judged.
No findings.
41 requests; nothing was changed.
✓ Passed: nothing at low or above.
`,
    )
  })

  test.each([
    [3, 'high', '✗ Findings at high or above (exit 3).'],
    [4, 'low', '✗ A credential of ours was rejected, so this is no pass (exit 4).'],
    [0, 'critical', '✓ Passed: nothing at critical or above.'],
  ] as const)('exit %i with --fail-on %s ends in its sentence', async (exit, failOn, sentence) => {
    const report = {...cleanReport(), failOn}
    report.summary.exit = exit
    expect((await render('table', report)).trimEnd().split('\n').at(-1)).toBe(sentence)
  })

  test('on a narrow terminal the message stands below its rule', async () => {
    const lines = (await render('table', small(), {width: 50})).split('\n')
    const at = lines.indexOf('  ✗ critical  token-dead')
    expect(lines[at + 1]).toBe('      Gitea answers 401 to the deployed token')
  })

  test.each([50, 80, 140])('nothing but commands is wider than %i columns, whatever the names', async (width) => {
    for (const name of ['漢字'.repeat(60), '🦊 '.repeat(60), 'x'.repeat(300), 'a b '.repeat(50)]) {
      const lines = (await render('table', hostileReport(name), {width})).split('\n')
      const wide = lines.filter((line) => columnsOf(line) > width && !line.startsWith('    patrol rotate'))
      expect(wide).toEqual([])
    }
  })

  test('off a terminal nothing is broken', async () => {
    const text = await render('table', hostileReport('word '.repeat(200)))
    expect(text.split('\n').filter((line) => line.startsWith('  ✗ critical'))[0]!.length).toBeGreaterThan(1000)
  })

  test('each command stands once per agent and none for what is accepted', async () => {
    const text = await render('table', richReport())
    expect(text.match(/patrol rotate scribe/g)).toHaveLength(1)
    expect(text).not.toContain('patrol rotate quiet')
  })

  test('colour never carries what the words do not', async () => {
    const shout = (text: string) => `\u001b[31m${text}\u001b[39m`
    const tint: Tint = {good: shout, bad: shout, warn: shout, dim: shout, strong: shout, command: shout}
    const coloured = await render('table', richReport(), {width: 80, tint})
    expect(coloured).toContain('\u001b[31m')
    expect(coloured.replaceAll('\u001b[31m', '').replaceAll('\u001b[39m', '')).toBe(
      await render('table', richReport(), {width: 80}),
    )
  })
})

describe('columns', () => {
  test.each([
    ['abc', 3],
    ['漢字', 4],
    ['🦊', 2],
    ['👩‍💻', 2],
    ['e\u0301', 1],
    ['\u001b[31mab\u001b[39m', 2],
    ['…', 1],
  ])('%j takes %i', (text, columns) => {
    expect(columnsOf(text)).toBe(columns)
    expect(columnsOf(padTo(text, 10))).toBe(10)
  })

  test('breaks at spaces, and long words between characters', () => {
    expect(indented('', 'one two three', 24)).toEqual(['one two three'])
    expect(indented('  ', 'the first line is full, three', 26)).toEqual(['  the first line is full,', '  three'])
    expect(indented('', `${'a'.repeat(24)}${'b'.repeat(24)}c d`, 24)).toEqual(['a'.repeat(24), 'b'.repeat(24), 'c d'])
    expect(indented('', '漢'.repeat(14), 25)).toEqual(['漢'.repeat(12), '漢漢'])
    expect(indented(' ', '', 24)).toEqual([' '])
  })

  test('where only the head may be in sight, the gravest come first, then what is unknown', async () => {
    const report = richReport()
    const said = report.agents.filter(({findings, unjudged}) => findings.length + unjudged.length > 0)
    const order = async (worstFirst: boolean): Promise<string[]> =>
      [...(await render('table', report, {worstFirst})).matchAll(/^[✗?~] (\S+)$/gm)].map(([, name = '']) => name)
    const gravest = (name: string): number => {
      const {findings} = said.find(({agent}) => agent === name)!
      const counting = findings.filter(({accepted}) => !accepted || accepted.expired)
      return Math.min(4, ...counting.map(({severity}) => ['critical', 'high', 'medium', 'low'].indexOf(severity)))
    }
    const [plain, sorted] = [await order(false), await order(true)]
    expect(plain).toEqual(said.map(({agent}) => agent))
    expect(sorted.toSorted()).toEqual(plain.toSorted())
    expect(sorted.map(gravest)).toEqual(plain.map(gravest).toSorted((a, b) => a - b))
    expect(sorted).not.toEqual(plain)
  })
})

import {describe, expect, test} from 'vitest'
import {CATALOGUE, EXIT} from '../../../src/errors.ts'
import type {Severity} from '../../../src/fleet/types.ts'
import {visible} from '../../../src/visible.ts'
import {LINT_FORMAT_NAMES} from '../../../src/report/formats/index.ts'
import type {LintFormatName} from '../../../src/report/formats/index.ts'
import {
  envelopeComplaints,
  junitComplaints,
  lintComplaints,
  lintLineComplaints,
  openMetricsComplaints,
  prometheus,
  renderedMarkdown,
  sarifComplaints,
} from '../../support/documents.ts'
import {linesOf, rowsOf} from '../../support/gist.ts'
import {DECEPTIVE, HOSTILE_TEXTS} from '../../support/hostile-texts.ts'
import {cleanLint, fingerprintOf, hostileLint, renderLint, richLint} from '../../support/lint-report.ts'

/** What every format has to agree on; a format says nothing of what it does not carry. */
interface Gist {
  open: string[]
  suppressed: string[]
  severities: Record<Severity, number>
  unread: number
}

const TRUTH: Gist = {
  open: [
    fingerprintOf('scope-unknown', 3),
    fingerprintOf('write-unchecked', 9),
    fingerprintOf('write-unchecked', 9),
    fingerprintOf('secret-in-file', 40),
    fingerprintOf('status-hidden', 41),
  ].toSorted(),
  suppressed: [fingerprintOf('status-hidden', 5)],
  severities: {critical: 1, high: 1, medium: 2, low: 1},
  unread: 2,
}
const NOTHING: Gist = {open: [], suppressed: [], severities: {critical: 0, high: 0, medium: 0, low: 0}, unread: 0}

interface Finding {
  severity: Severity
  fingerprint: string
  suppressed: {reason: string} | null
}
interface Sarif {
  runs: {
    tool: {driver: {rules: {id: string; help: {text: string}}[]}}
    invocations: {exitCode: number; executionSuccessful: boolean; toolExecutionNotifications: object[]}[]
    results: {
      ruleId: string
      ruleIndex: number
      message: {text: string}
      locations: {physicalLocation: object}[]
      partialFingerprints: Record<string, string>
      suppressions: {kind: string; justification: string}[]
      fixes?: {artifactChanges: {replacements: object[]}[]}[]
      properties: {severity: Severity}
    }[]
  }[]
}

/** What a report says, read back from its text by another hand than the one that wrote it. */
const READERS: Record<LintFormatName, (text: string) => Partial<Gist>> = {
  json(text) {
    const {findings, incomplete}: {findings: Finding[]; incomplete: object[]} = JSON.parse(text)
    return {...ofFindings(findings), unread: incomplete.length}
  },
  ndjson(text) {
    const lines = linesOf<{findings?: Finding[]; incomplete?: object[]}>(text)
    return {
      ...ofFindings(lines.flatMap(({findings = []}) => findings)),
      unread: lines.flatMap(({incomplete = []}) => incomplete).length,
    }
  },
  csv(text) {
    const rows = rowsOf(text)
    const open = rows.filter(({status}) => status === 'open')
    return {
      open: open.map(({fingerprint = ''}) => fingerprint).toSorted(),
      suppressed: rows.filter(({status}) => status === 'suppressed').map(({fingerprint = ''}) => fingerprint),
      severities: tally(open.map(({severity}) => severity)),
      unread: rows.filter(({status}) => status === 'unknown').length,
    }
  },
  sarif(text) {
    const {results, invocations} = runOf(text)
    const open = results.filter(({suppressions}) => suppressions.length === 0)
    const names = (some: typeof results) => some.map((each) => each.partialFingerprints['patrolFinding/v1']!)
    return {
      open: names(open).toSorted(),
      suppressed: names(results.filter((each) => !open.includes(each))),
      severities: tally(open.map(({properties}) => properties.severity)),
      unread: invocations[0]!.toolExecutionNotifications.length,
    }
  },
  junit(text) {
    const failures = [...text.matchAll(/<failure type="(\w+)"[^>]*>([^<]*)</g)]
    return {
      open: failures.flatMap(([, , body = '']) => fingerprintsIn(body)).toSorted(),
      suppressed: [...text.matchAll(/<skipped>([^<]*)</g)].flatMap(([, body = '']) => fingerprintsIn(body)),
      severities: tally(failures.map(([, severity]) => severity)),
      unread: [...text.matchAll(/<error /g)].length,
    }
  },
  markdown(text) {
    const rows = [...text.matchAll(/^\| (\S) (\w+) \|.*$/gm)]
    const open = rows.filter(([, mark]) => mark === '✗' || mark === '!')
    return {
      open: open.flatMap(([row]) => fingerprintsIn(row)).toSorted(),
      suppressed: rows.filter(([, mark]) => mark === '~').flatMap(([row]) => fingerprintsIn(row)),
      severities: tally(open.map(([, , severity]) => severity)),
      unread: rows.filter(([, mark]) => mark === '?').length,
    }
  },
  github(text) {
    const commands = [...text.matchAll(/^::(error|warning|notice) .*$/gm)].map(([line]) => line)
    const unread = commands.filter((line) => line.includes('Could not be read'))
    const open = commands.filter((line) => !unread.includes(line))
    return {
      open: open.flatMap(fingerprintsIn).toSorted(),
      severities: tally(open.map((line) => /\[(critical|high|medium|low)\]/.exec(line)![1])),
      unread: unread.length,
    }
  },
  openmetrics(text) {
    const families = new Map(prometheus(text).map((family) => [family.name, family.metrics]))
    const bySeverity = (name: string) =>
      tally(
        (families.get(name) ?? []).flatMap(({labels, value}) =>
          Array<string | undefined>(Number(value)).fill(labels?.severity),
        ),
      )
    expect(bySeverity('patrol_lint_finding')).toEqual(bySeverity('patrol_lint_findings'))
    const [unread] = families.get('patrol_lint_unread')!
    return {severities: bySeverity('patrol_lint_finding'), unread: Number(unread!.value)}
  },
  table(text) {
    const rows = [...text.matchAll(/^ {2}[\d: ]{6,} {2}(\S) (\w+)/gm)]
    return {
      severities: tally(rows.filter(([, mark]) => mark === '✗' || mark === '!').map(([, , severity]) => severity)),
      unread: rows.filter(([, mark]) => mark === '?').length,
    }
  },
  html(text) {
    const items = [...text.matchAll(/<li class="found (\w+)">(.*)$/gm)]
    const open = items.filter(([, kind = '']) => kind in NOTHING.severities)
    return {
      open: open.flatMap(([item]) => fingerprintsIn(item)).toSorted(),
      suppressed: items.filter(([, kind]) => kind === 'suppressed').flatMap(([item]) => fingerprintsIn(item)),
      severities: tally(open.map(([, kind]) => kind)),
      unread: items.filter(([, kind]) => kind === 'unread').length,
    }
  },
}

/** What each format carries of the gist; of the rest it says nothing at all. */
const CARRIED: Record<LintFormatName, readonly (keyof Gist)[]> = {
  json: ['open', 'suppressed', 'severities', 'unread'],
  ndjson: ['open', 'suppressed', 'severities', 'unread'],
  csv: ['open', 'suppressed', 'severities', 'unread'],
  sarif: ['open', 'suppressed', 'severities', 'unread'],
  junit: ['open', 'suppressed', 'severities', 'unread'],
  markdown: ['open', 'suppressed', 'severities', 'unread'],
  github: ['open', 'severities', 'unread'],
  openmetrics: ['severities', 'unread'],
  table: ['severities', 'unread'],
  html: ['open', 'suppressed', 'severities', 'unread'],
}

/** What a report in one format has to say, no less and no more. */
function truthOf(name: LintFormatName, gist: Gist = TRUTH): Partial<Gist> {
  return Object.fromEntries(CARRIED[name].map((part) => [part, gist[part]]))
}

describe('one lint run in every format', () => {
  test.each(LINT_FORMAT_NAMES)('%s tells the same findings, suppressions and unread parts', async (name) => {
    expect(READERS[name](await renderLint(name, richLint()))).toEqual(truthOf(name))
  })

  test.each(LINT_FORMAT_NAMES)('%s of clean files tells no finding', async (name) => {
    expect(READERS[name](await renderLint(name, cleanLint()))).toEqual(truthOf(name, NOTHING))
  })
})

describe('json', () => {
  test('fits its published schema and the envelope of every command', async () => {
    for (const report of [richLint(), cleanLint()]) {
      const document: unknown = JSON.parse(await renderLint('json', report, {warnings: () => ['one warning']}))
      expect(lintComplaints(document)).toEqual([])
      expect(envelopeComplaints(document)).toEqual([])
      expect(document).toMatchObject({command: 'lint', warnings: ['one warning'], status: report.summary.exit})
      expect(document).toMatchObject({result: {summary: report.summary}})
    }
  })

  test('the status is the exit, in spite of findings too', async () => {
    const {status}: {status: number} = JSON.parse(await renderLint('json', richLint(), {exit: () => 0}))
    expect(status).toBe(0)
  })

  test('what could not be read bears a code of the catalogue and the exit of an unknown', async () => {
    const {incomplete}: {incomplete: {code: string; exit: number}[]} = JSON.parse(await renderLint('json', richLint()))
    expect(incomplete).toHaveLength(2)
    for (const {code, exit} of incomplete) {
      expect(CATALOGUE).toHaveProperty(code)
      expect(exit).toBe(EXIT.unavailable)
    }
  })

  test('the schema refuses what no lint may say', async () => {
    const document: {findings: Record<string, unknown>[]} = JSON.parse(await renderLint('json', richLint()))
    document.findings[0]!.value = 'a'.repeat(32) + '00000001'
    expect(lintComplaints(document)).toHaveLength(1)
  })

  test('ndjson has a line for each file in order, then the summary, each fitting the schema', async () => {
    const lines = linesOf<{kind: string; file?: string}>(await renderLint('ndjson', richLint()))
    expect(lines.flatMap(lintLineComplaints)).toEqual([])
    expect(lines.map(({file}) => file)).toEqual([...richLint().files.map(({file}) => file), undefined])
    expect(lines.at(-1)).toMatchObject({kind: 'summary', summary: {files: 5, exit: 5}})
  })
})

describe('sarif', () => {
  const sarif = async (report = richLint(), root = '/srv/repo') => {
    const text = await renderLint('sarif', report, {root})
    expect(sarifComplaints(JSON.parse(text))).toEqual([])
    return runOf(text)
  }

  test('points at the very stretch, with a path of the checkout', async () => {
    const {results} = await sarif()
    expect(results[0]!.locations).toEqual([
      {
        physicalLocation: {
          artifactLocation: {uri: 'ops/scripts/mint.sh', uriBaseId: '%SRCROOT%'},
          region: {startLine: 3, startColumn: 12, endLine: 3, endColumn: 22},
        },
      },
    ])
  })

  test('a file outside of the checkout is named in full', async () => {
    const {results} = await sarif(richLint(), '/srv/other')
    expect(JSON.stringify(results[0]!.locations)).toContain('"uri":"file:///srv/repo/ops/scripts/mint.sh"')
  })

  test('carries the replacement where --fix has one, by lines where they are known', async () => {
    const {results} = await sarif()
    const replacements = results.map(({fixes}) => fixes?.[0]!.artifactChanges[0]!.replacements[0])
    expect(replacements.filter((each) => each !== undefined)).toEqual([
      {
        deletedRegion: {startLine: 3, startColumn: 12, endLine: 3, endColumn: 22, charOffset: 312, charLength: 10},
        insertedContent: {text: 'write:repository'},
      },
      {deletedRegion: {charOffset: 905, charLength: 0}, insertedContent: {text: ' --fail-with-body'}},
    ])
  })

  test('suppresses in the source, with the reason', async () => {
    const {results} = await sarif()
    expect(results.flatMap(({suppressions}) => suppressions)).toEqual([
      {kind: 'inSource', status: 'accepted', justification: 'the next line checks'},
    ])
  })

  test('two findings of one fingerprint stay two alerts', async () => {
    const {results} = await sarif()
    const hashes = results.map((each) => each.partialFingerprints['primaryLocationLineHash'])
    expect(new Set(hashes).size).toBe(results.length)
    expect(hashes).toContain(`${fingerprintOf('write-unchecked', 9)}:2`)
  })

  test('carries all rules with help, and points at them by place', async () => {
    const {tool, results} = await sarif()
    expect(tool.driver.rules).toHaveLength(5)
    for (const {help} of tool.driver.rules) expect(help.text).toMatch(/^Why .* matters\. Read: patrol help [\w-]+$/)
    for (const {ruleId, ruleIndex} of results) expect(tool.driver.rules[ruleIndex]!.id).toBe(ruleId)
  })

  test('says that a run with unread parts was no success', async () => {
    expect((await sarif()).invocations[0]).toMatchObject({exitCode: 5, executionSuccessful: false})
    expect((await sarif(cleanLint())).invocations[0]).toMatchObject({exitCode: 0, executionSuccessful: true})
  })
})

describe('junit', () => {
  test('fits the schema of Jenkins', async () => {
    for (const report of [richLint(), cleanLint()]) {
      expect(await junitComplaints(await renderLint('junit', report))).toEqual([])
    }
  })

  test('a file that was read in part only has an error besides its failures', async () => {
    const report = richLint()
    report.files[2]!.unread = report.files[3]!.unread
    const text = await renderLint('junit', report)
    expect(text).toContain('<testsuite name="docs/runbook.md" tests="3" failures="2" errors="1" skipped="0">')
  })

  test('has a suite per file; a clean one is a case that passes', async () => {
    const suites = [...(await renderLint('junit', richLint())).matchAll(/<testsuite (.*)>/g)].map(([, all]) => all)
    expect(suites).toEqual([
      'name="clean.sh" tests="1" failures="0" errors="0" skipped="0"',
      'name="scripts/mint.sh" tests="3" failures="2" errors="0" skipped="1"',
      'name="docs/runbook.md" tests="2" failures="2" errors="0" skipped="0"',
      'name="broken.tf" tests="1" failures="0" errors="1" skipped="0"',
      'name="mended.sh" tests="1" failures="0" errors="0" skipped="0"',
    ])
  })
})

describe('github', () => {
  test('annotates the place of the finding in the checkout', async () => {
    expect(await renderLint('github', richLint())).toContain(
      '::warning file=ops/scripts/mint.sh,line=9,col=1,title=write-unchecked::curl exits 0 on 400 and 500 [medium] ' +
        `Fix: curl --fail-with-body (patrol help write-unchecked, ${fingerprintOf('write-unchecked', 9)})\n`,
    )
  })

  test('names the file in words where the checkout has it not', async () => {
    const text = await renderLint('github', richLint(), {root: '/srv/other'})
    expect(text).toContain('::error title=scope-unknown::scripts/mint.sh: There is no scope')
  })
})

describe('table', () => {
  test('groups by file and puts under each finding what to write instead', async () => {
    const text = await renderLint('table', richLint())
    expect(text).toContain(
      [
        '✗ scripts/mint.sh',
        '  3:12    ✗ high      scope-unknown              There is no scope "write:pull"',
        '          fix: write:repository (--fix does it)',
      ].join('\n'),
    )
    expect(text).not.toContain('clean.sh')
    expect(text.trimEnd().split('\n').at(-1)).toBe('? Not everything could be judged, so this is no pass (exit 5).')
  })

  test('clean files end in one line of praise', async () => {
    expect(await renderLint('table', cleanLint())).toBe('1 file: no findings.\n✓ Passed: nothing at low or above.\n')
  })

  test.each([40, 60, 80, 120])('fits a terminal of %d columns', async (width) => {
    const report = richLint()
    report.files[1]!.findings[0]!.message = 'word '.repeat(60).trim()
    report.files[1]!.findings[0]!.fix = 'patrol mint AGENT '.repeat(12).trim()
    for (const line of (await renderLint('table', report, {width})).split('\n'))
      expect(line.length).toBeLessThanOrEqual(width)
  })

  test('colours go with words, never alone', async () => {
    const loud = (text: string) => `<${text}>`
    const tint = {good: loud, bad: loud, warn: loud, dim: loud, strong: loud, command: loud}
    const coloured = await renderLint('table', richLint(), {tint})
    expect(coloured).toContain('<✗ high    >')
    expect(coloured.replaceAll(/[<>]/g, '')).toBe(await renderLint('table', richLint()))
  })
})

const TEXTS = {...HOSTILE_TEXTS, 'a path that climbs': '../../etc/passwd'}

describe.each(Object.entries(TEXTS))('%s in every name', (_, text) => {
  test.each(LINT_FORMAT_NAMES)('%s tells the same as ever', async (name) => {
    const document = await renderLint(name, hostileLint(text), name === 'table' ? {width: 80} : {})
    expect(document.replaceAll('\r\n', '\n')).not.toMatch(DECEPTIVE)
    expect(document).not.toMatch(/##\[|##vso\[/)
    expect(READERS[name](document)).toEqual(truthOf(name))
  })

  test.each(LINT_FORMAT_NAMES.filter((name) => name !== 'github'))('no line of %s is a command', async (name) => {
    expect(await renderLint(name, hostileLint(text))).not.toMatch(/^\s*::/m)
  })

  test('schemas and parsers still take it', async () => {
    const report = hostileLint(text)
    const document: {findings: {file: string}[]} = JSON.parse(await renderLint('json', report))
    expect(lintComplaints(document)).toEqual([])
    expect(document.findings[0]!.file).toBe(text)
    expect(sarifComplaints(JSON.parse(await renderLint('sarif', report)))).toEqual([])
    expect(await junitComplaints(await renderLint('junit', report))).toEqual([])
    expect(openMetricsComplaints(await renderLint('openmetrics', report))).toEqual([])
    for (const {message} of runOf(await renderLint('sarif', report)).results)
      expect(message.text).not.toMatch(/(?<!\\)\]\(/)
  })

  test('no cell of CSV is a formula, and none is split', async () => {
    const rows = rowsOf(await renderLint('csv', hostileLint(text)))
    expect(rows).toHaveLength(10)
    for (const cell of rows.flatMap((row) => Object.values(row))) expect(cell).not.toMatch(/^[=+\-@＝＋－＠\t\r]/)
    expect(rows[1]!.file!.replace(/^'(?=[=+\-@＝＋－＠])/, '')).toBe(visible(text))
  })

  test('Markdown makes no tag, link, heading or cell of it', async () => {
    const page = renderedMarkdown(await renderLint('markdown', hostileLint(text)))
    expect(page).not.toMatch(/<(?:a|img|script|b|em|strong(?!>Not)|s|ul|ol|pre|blockquote|hr)\b/)
    expect(page.match(/<h[1-6]>/g)).toHaveLength(5)
    for (const [, rows = ''] of page.matchAll(/<table>([\s\S]*?)<\/table>/g)) {
      const widths = [...rows.matchAll(/<tr>([\s\S]*?)<\/tr>/g)].map(([, row = '']) => row.match(/<t[dh]>/g)!.length)
      expect(new Set(widths).size).toBe(1)
    }
  })

  test('annotations stay one command each', async () => {
    const lines = (await renderLint('github', hostileLint(text))).trimEnd().split('\n')
    expect(lines).toHaveLength(8)
    for (const line of lines.slice(0, -1)) expect(line).toMatch(/^::(?:error|warning|notice) [^:]*title=[\w-]+::/)
    expect(lines.at(-1)).toMatch(/^5 files: 5 findings/)
  })

  test('HTML keeps it text', async () => {
    const page = await renderLint('html', hostileLint(text))
    expect(page).not.toMatch(/<img|<script|onerror=alert\(1\)>/)
  })
})

function runOf(text: string): Sarif['runs'][number] {
  const log: Sarif = JSON.parse(text)
  return log.runs[0]!
}

function ofFindings(findings: readonly Finding[]) {
  const open = findings.filter(({suppressed}) => suppressed === null)
  return {
    open: open.map(({fingerprint}) => fingerprint).toSorted(),
    suppressed: findings.filter((each) => !open.includes(each)).map(({fingerprint}) => fingerprint),
    severities: tally(open.map(({severity}) => severity)),
  }
}

function tally(severities: readonly (string | undefined)[]): Record<Severity, number> {
  const count = (wanted: Severity) => severities.filter((each) => each === wanted).length
  return {critical: count('critical'), high: count('high'), medium: count('medium'), low: count('low')}
}

function fingerprintsIn(text: string): string[] {
  return [...text.matchAll(/\ba{17}\d{3}\b/g)].map(([fingerprint]) => fingerprint)
}

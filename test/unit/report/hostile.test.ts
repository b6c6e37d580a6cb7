import {describe, expect, test} from 'vitest'
import {FORMAT_NAMES} from '../../../src/report/formats/index.ts'
import {visible} from '../../../src/visible.ts'
import {hostileReport, render} from '../../support/audit-report.ts'
import {
  auditComplaints,
  junitComplaints,
  lineComplaints,
  openMetricsComplaints,
  prometheus,
  renderedMarkdown,
  sarifComplaints,
} from '../../support/documents.ts'
import {gistOf, linesOf, rowsOf, truthOf} from '../../support/gist.ts'
import {DECEPTIVE, HOSTILE_TEXTS} from '../../support/hostile-texts.ts'

const CASES = Object.entries(HOSTILE_TEXTS)
const READABLE = FORMAT_NAMES.filter((name) => name !== 'html')

describe.each(CASES)('%s in every name', (_, text) => {
  test.each(READABLE)('%s tells the same as ever', async (name) => {
    const document = await render(name, hostileReport(text), {width: name === 'table' ? 80 : 0})
    expect(document.replaceAll('\r\n', '\n')).not.toMatch(DECEPTIVE)
    expect(document).not.toMatch(/##\[|##vso\[/)
    expect(gistOf(name, document)).toEqual(truthOf(name))
  })

  test.each(READABLE.filter((name) => name !== 'github'))('no line of %s is a command to a CI runner', async (name) => {
    expect(await render(name, hostileReport(text))).not.toMatch(/^\s*::/m)
  })

  test('JSON gives the very text back, and fits its schema', async () => {
    const document: {findings: {agent: string}[]} = JSON.parse(await render('json', hostileReport(text)))
    expect(auditComplaints(document)).toEqual([])
    expect(new Set(document.findings.map(({agent}) => agent))).toEqual(new Set([text]))
    for (const line of linesOf(await render('ndjson', hostileReport(text)))) {
      expect(lineComplaints(line)).toEqual([])
    }
  })

  test('SARIF fits its schema and makes no link of it', async () => {
    const log: {
      runs: {results: {message: {text: string}}[]}[]
    } = JSON.parse(await render('sarif', hostileReport(text)))
    expect(sarifComplaints(log)).toEqual([])
    for (const {message} of log.runs[0]!.results) expect(message.text).not.toMatch(/(?<!\\)\]\(/)
  })

  test('JUnit fits its schema', async () => {
    expect(await junitComplaints(await render('junit', hostileReport(text)))).toEqual([])
  })

  test('OpenMetrics keeps its format and its series', async () => {
    const document = await render('openmetrics', hostileReport(text))
    expect(openMetricsComplaints(document)).toEqual([])
    const agents = prometheus(document).find(({name}) => name === 'patrol_agent_ok')!.metrics
    expect(agents.map(({labels}) => labels!.agent)).toEqual(
      [0, 1, 2, 3, 4, 5, ''].map((index) => visible(`${index}${text}`)),
    )
  })

  test('no cell of CSV is a formula, and none is split', async () => {
    const rows = rowsOf(await render('csv', hostileReport(text)))
    expect(rows).toHaveLength(13)
    for (const cell of rows.flatMap((row) => Object.values(row))) expect(cell).not.toMatch(/^[=+\-@＝＋－＠\t\r]/)
    expect(rows[10]!.agent!.replace(/^'(?=[=+\-@＝＋－＠])/, '')).toBe(visible(text))
  })

  test('Markdown makes no tag, link, heading or cell of it', async () => {
    const page = renderedMarkdown(await render('markdown', hostileReport(text)))
    expect(page).not.toMatch(/<(?:a|img|script|b|em|strong(?!>Not)|s|ul|ol|pre|blockquote|hr)\b/)
    expect(page.match(/<h[1-6]>/g)).toHaveLength(9)
    for (const [, rows = ''] of page.matchAll(/<table>([\s\S]*?)<\/table>/g)) {
      const widths = [...rows.matchAll(/<tr>([\s\S]*?)<\/tr>/g)].map(([, row = '']) => row.match(/<t[dh]>/g)!.length)
      expect(new Set(widths).size).toBe(1)
    }
  })

  test('annotations stay one command each, with the name in its title', async () => {
    const lines = (await render('github', hostileReport(text))).trimEnd().split('\n')
    const commands = lines.slice(0, -1).map((line) => /^::(?:error|warning|notice) ([^:]*)::/.exec(line))
    expect(commands).toHaveLength(10)
    for (const command of commands) {
      const properties = command![1]!.split(',').map((pair) => pair.split('=')[0])
      expect(properties).toEqual(['file', 'line', 'col', 'title'])
    }
    const title = /title=(.*)$/.exec(commands[7]![1]!)![1]!
    expect(title.replaceAll('%3A', ':').replaceAll('%2C', ',').replaceAll('%25', '%')).toBe(
      `token-orphan: ${visible(text)}`,
    )
    expect(lines.at(-1)).toMatch(/^7 agents: /)
  })
})

describe('what is written out', () => {
  test.each([
    ['plain words, 漢字 and 🦊 stay', 'plain words, 漢字 and 🦊 stay'],
    ['a\nb\rc\td', String.raw`a\nb\rc\td`],
    ['\u001b[31m', String.raw`\u001b[31m`],
    ['\u202eabc', String.raw`\u202eabc`],
    ['\ud800', String.raw`\ud800`],
    [String.raw`it'\''s`, String.raw`it'\''s`],
    [String.raw`a\nb`, String.raw`a\\nb`],
    ['a\\\nb', String.raw`a\\\nb`],
    ['\u{e0041}', String.raw`\udb40\udc41`],
  ])('%j', (text, shown) => {
    expect(visible(text)).toBe(shown)
  })
})

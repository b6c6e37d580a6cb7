import {describe, expect, test} from 'vitest'
import {FORMAT_NAMES} from '../../../src/report/formats/index.ts'
import {visible} from '../../../src/report/formats/visible.ts'
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
import {gistOf, linesOf, rowsOf, TRUTH} from '../../support/gist.ts'

/** Names, reasons and logins that somebody chose with care. */
const TEXTS = {
  'control characters': '\u001b[2J\u001b]0;owned\u0007\u0000\u009b31m\b\u007f',
  'line breaks': 'one\r\ntwo\u2028three\u0085four\n\n# five',
  'a workflow command': '::error file=x.ts,line=1::owned',
  'a workflow command on a line of its own': 'x\n::set-output name=a::b\n::add-mask::c',
  'a bare workflow command': '::error::owned',
  'an escaped workflow command': '100%0A::error::owned %3A%2C%25',
  'an old workflow command': 'name ##[command]owned ##vso[task.setvariable variable=a]b',
  'an end of CDATA and a script': ']]><script>alert(1)</script><![CDATA[&lt;&amp;',
  'an image with a handler': '"\'><img src=x onerror=alert(1)>',
  'a formula': `=HYPERLINK("http://evil.example";"x"),@SUM(1)`,
  'another formula': "-2+3+cmd|' /C calc'!A0",
  'a formula in full width': '＝1+1',
  Markdown: '[x](http://evil.example) ![y](http://evil.example/p.png) `a|b` **c** | d | <b>',
  'Markdown fences': '```` ~~~ `` | `',
  'an end of a code span': '` [x](http://evil.example) <img src=x> **b** `',
  'bare addresses': 'https://evil.example www.evil.example @everyone a@evil.example',
  'turned writing': 'abc\u202egnp.exe\u2066x\u2069\u200f\u061c',
  'what cannot be seen': 'a\u200bb\ufeffc\u00add\u{e0041}',
  'halves of characters': 'a\ud800b\udc00\ufffe\uffff',
  'emoji and wide writing': '🦊👩‍💻漢字かな👍🏽 é',
  'backslashes and quotes': String.raw`C:\new\u0041 "x" \\ 'y' \ `,
  'much of it': '長'.repeat(400),
  'SARIF placeholders': '{0} [link](1) %SRCROOT% # EOF',
} as const
const CASES = Object.entries(TEXTS)
const READABLE = FORMAT_NAMES.filter((name) => name !== 'html')

/** What may stand in a document as it is: no control but the line's end, nothing that turns or hides. */
const DECEPTIVE =
  // oxlint-disable-next-line no-control-regex -- control characters are what it looks for
  /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff\u{e0041}]|\p{Surrogate}/u

describe.each(CASES)('%s in every name', (_, text) => {
  test.each(READABLE)('%s tells the same as ever', async (name) => {
    const document = await render(name, hostileReport(text), {width: name === 'table' ? 80 : 0})
    expect(document.replaceAll('\r\n', '\n')).not.toMatch(DECEPTIVE)
    expect(document).not.toMatch(/##\[|##vso\[/)
    const gist = gistOf(name, document)
    expect({...TRUTH, ...gist}).toEqual(TRUTH)
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
    expect(page.match(/<h[1-6]>/g)).toHaveLength(8)
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

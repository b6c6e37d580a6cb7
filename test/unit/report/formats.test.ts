import {execFileSync} from 'node:child_process'
import {readFileSync} from 'node:fs'
import {join, resolve} from 'node:path'
import {describe, expect, test} from 'vitest'
import {ENVELOPE_SCHEMA} from '../../../src/cli/envelope.ts'
import {CATALOGUE, EXIT} from '../../../src/errors.ts'
import type {AuditReport} from '../../../src/fleet/types.ts'
import {FORMAT_NAMES, formats} from '../../../src/report/formats/index.ts'
import {cleanReport, eventsOf, hostileReport, render, richReport} from '../../support/audit-report.ts'
import {
  auditComplaints,
  envelopeComplaints,
  junitComplaints,
  lineComplaints,
  openMetricsComplaints,
  prometheus,
  sarifComplaints,
} from '../../support/documents.ts'
import {gistOf, linesOf, rowsOf, TRUTH, truthOf} from '../../support/gist.ts'
import type {Sarif} from '../../support/gist.ts'

const READABLE = FORMAT_NAMES.filter((name) => name !== 'html')

describe('one audit in every format', () => {
  test.each(READABLE)('%s tells the same findings, acceptances and unknowns', async (name) => {
    expect(gistOf(name, await render(name, richReport()))).toEqual(truthOf(name))
  })

  test('html shows each finding once, and each unknown', async () => {
    const page = await render('html', richReport())
    for (const each of [...TRUTH.counting, ...TRUTH.accepted])
      expect([each, page.split(each).length]).toEqual([each, 2])
    for (const each of ['Gitea answered 502', 'no answer to GET', 'page 3 of the users']) expect(page).toContain(each)
  })

  test.each(READABLE)('%s of a clean fleet tells no finding', async (name) => {
    const nothing = {counting: [], accepted: [], severities: {critical: 0, high: 0, medium: 0, low: 0}, unknown: 0}
    expect(gistOf(name, await render(name, cleanReport()))).toEqual(truthOf(name, nothing))
  })

  test.each(['ndjson', 'csv', 'github', 'blob', 'table'] as const)('%s hands an agent out at once', async (name) => {
    const {agents, ...rest} = richReport()
    const writer = (await formats[name]()).audit(rest, {tool: {name: 'patrol', version: '1'}, root: '/', rules: []})
    expect(writer.agent(agents[5]!)).toContain('scribe')
    expect(writer.end(rest)).not.toContain('scribe')
  })
})

test('whatever scripts read names the repository that a finding is about', async () => {
  const report = richReport()
  report.agents[5]!.findings[0]!.subject = {repository: 'acme/core'}
  const document = JSON.parse(await render('json', report))
  const printed = document.findings.find(({agent}: {agent: string}) => agent === 'scribe')
  const scribe = linesOf<{findings: {subject: unknown}[]}>(await render('ndjson', report))[5]
  const log: Sarif = JSON.parse(await render('sarif', report))
  const [result] = log.runs[0]!.results.filter(({ruleId}) => ruleId === 'scope-missing')
  expect(auditComplaints(document)).toEqual([])
  expect(printed.subject).toMatchObject({repository: 'acme/core', scope: null})
  expect(scribe?.findings[0]?.subject).toEqual(printed.subject)
  expect(result?.properties).toMatchObject({repository: 'acme/core'})
  expect(rowsOf(await render('csv', report))[7]).toMatchObject({rule: 'scope-missing', repository: 'acme/core'})
})

describe('json', () => {
  test('fits its published schema and the envelope of every command', async () => {
    for (const report of [richReport(), cleanReport()]) {
      const document: unknown = JSON.parse(await render('json', report, {warnings: () => ['one warning']}))
      expect(auditComplaints(document)).toEqual([])
      expect(envelopeComplaints(document)).toEqual([])
      expect(document).toMatchObject({schema: ENVELOPE_SCHEMA, command: 'audit', warnings: ['one warning']})
      const {requests, ...summary} = report.summary
      expect(document).toMatchObject({status: summary.exit, result: {summary, runs: [{shard: null, requests}]}})
    }
  })

  test('the schema refuses what no audit may say', async () => {
    const document: {findings: Record<string, unknown>[]} = JSON.parse(await render('json', richReport()))
    document.findings[0]!.token = 'a'.repeat(32) + '00000001'
    expect(auditComplaints(document)).toHaveLength(1)
  })

  test('what could not be judged bears a code of the catalogue and the exit of an unknown', async () => {
    const {incomplete}: {incomplete: Record<string, unknown>[]} = JSON.parse(await render('json', richReport()))
    expect(incomplete).toHaveLength(3)
    for (const {code, exit} of incomplete) {
      expect(CATALOGUE).toHaveProperty(String(code))
      expect(exit).toBe(EXIT.unavailable)
    }
    expect(incomplete[2]).not.toHaveProperty('agent')
  })
})

describe('ndjson', () => {
  test('every line fits the schema: one per agent in order, then the summary', async () => {
    const lines = linesOf<{kind: string; agent?: string}>(await render('ndjson', richReport()))
    for (const line of lines) expect(lineComplaints(line)).toEqual([])
    expect(lines.map(({kind}) => kind)).toEqual([...Array<string>(7).fill('agent'), 'summary'])
    expect(lines[2]).toMatchObject({agent: 'planner', liveness: 'dead'})
    expect(lines.at(-1)).toMatchObject({summary: {agents: 7, exit: 5}, incomplete: [{rule: 'user-without-workspace'}]})
  })
})

describe('blob', () => {
  test('is a header and the events just as they came', async () => {
    const [header, ...events] = linesOf(await render('blob', richReport()))
    expect(header).toEqual({schema: 'patrol/audit-blob/1', tool: {name: 'patrol', version: '9.9.9'}})
    expect(events).toEqual(JSON.parse(JSON.stringify([...eventsOf(richReport())])))
  })
})

describe('csv', () => {
  test('has a row for each finding, each unknown and each agent without either', async () => {
    const rows = rowsOf(await render('csv', richReport()))
    expect(rows.map(({status, agent, rule}) => `${status} ${agent} ${rule}`)).toEqual([
      'ok atlas ',
      'unknown dozer *',
      'accepted planner token-too-old',
      'open planner token-dead',
      'accepted quiet token-unused',
      'open relay token-unused',
      'unknown relay role-gap',
      'open scribe scope-missing',
      'open scribe scope-missing',
      'expired scribe scope-excess',
      'open zephyr token-orphan',
      'open bot-ghost user-without-workspace',
      'unknown  user-without-workspace',
    ])
    expect(rows[7]).toMatchObject({user: 'bot-scribe', scope: 'read:issue', file: 'fleet/patrol.yaml', line: '15'})
    expect(rows[10]).toMatchObject({token: '…0000000f'})
  })

  test('ends its records with CR LF', async () => {
    const text = await render('csv', richReport())
    expect(text.split('\r\n')).toHaveLength(15)
    expect(text.replaceAll('\r\n', '')).not.toMatch(/[\r\n]/)
  })
})

describe('sarif', () => {
  const sarif = async (report: AuditReport, root?: string) => {
    const log: Sarif = JSON.parse(await render('sarif', report, root === undefined ? {} : {root}))
    expect(sarifComplaints(log)).toEqual([])
    return log.runs[0]!
  }

  test('fits the schema of SARIF 2.1.0', async () => {
    await sarif(richReport())
    await sarif(cleanReport())
    expect(sarifComplaints({version: '2.1.0', runs: [{results: []}]})).toHaveLength(1)
  })

  test('anchors a result on the line of its agent, relative to the repository', async () => {
    const {results} = await sarif(richReport())
    const missing = results.filter(({ruleId}) => ruleId === 'scope-missing')
    expect(missing.map(({locations}) => locations[0]!.physicalLocation)).toEqual(
      Array.from({length: 2}, () => ({
        artifactLocation: {uri: 'fleet/patrol.yaml', uriBaseId: '%SRCROOT%'},
        region: {startLine: 15, startColumn: 3},
      })),
    )
    expect(new Set(missing.map((each) => each.partialFingerprints.primaryLocationLineHash)).size).toBe(2)
  })

  test('an inventory given by its absolute path is made relative; one outside is named in full', async () => {
    const report = richReport()
    report.agents[2]!.findings[1]!.anchor!.file = '/srv/repo/fleet of two/patrol.yaml'
    report.agents[5]!.findings[0]!.anchor!.file = '/etc/patrol.yaml'
    const {results} = await sarif(report)
    const uris = results.map(({locations}) => locations[0]!.physicalLocation.artifactLocation)
    expect(uris).toContainEqual({uri: 'fleet%20of%20two/patrol.yaml', uriBaseId: '%SRCROOT%'})
    expect(uris).toContainEqual({uri: 'file:///etc/patrol.yaml'})
  })

  test('carries the rules, says which were not applied, and points at them by place', async () => {
    const run = await sarif(richReport())
    const {rules} = run.tool.driver
    expect(rules).toHaveLength(9)
    for (const {ruleId, ruleIndex} of run.results) expect(rules[ruleIndex]!.id).toBe(ruleId)
    expect(run.invocations[0]!.ruleConfigurationOverrides).toEqual([
      {descriptor: {id: 'workspace-failed', index: 7}, configuration: {enabled: false}},
    ])
  })

  test('maps severities to levels', async () => {
    const {results} = await sarif(richReport())
    const levels = new Set(results.map(({properties, level}) => `${properties.severity} ${level}`))
    expect([...levels].toSorted()).toEqual(['critical error', 'high error', 'low note', 'medium warning'])
  })

  test('suppresses what is accepted, and rejects an acceptance that ran out', async () => {
    const {results} = await sarif(richReport())
    const said = results.map(({ruleId, suppressions}) => [ruleId, ...suppressions.map(({status}) => status)].join(' '))
    expect(said.toSorted()).toEqual([
      'scope-excess rejected',
      'scope-missing',
      'scope-missing',
      'token-dead',
      'token-orphan',
      'token-too-old accepted',
      'token-unused',
      'token-unused accepted',
      'user-without-workspace',
    ])
  })

  test('says that a run with unknowns was no success', async () => {
    const [invocation] = (await sarif(richReport())).invocations
    expect(invocation).toMatchObject({exitCode: 5, executionSuccessful: false})
    expect(invocation!.toolExecutionNotifications[1]).toMatchObject({
      associatedRule: {id: 'role-gap', index: 3},
      message: {text: 'Could not be judged for relay: no answer to GET /repos/acme/shop/issues'},
    })
  })

  test('keeps shards apart', async () => {
    const run = await sarif({...richReport(), shard: {index: 2, count: 8}})
    expect(run.automationDetails.id).toBe('patrol-audit/shard-2-of-8/')
  })
})

describe('junit', () => {
  test('fits the schema of Jenkins', async () => {
    for (const report of [richReport(), cleanReport()]) {
      expect(await junitComplaints(await render('junit', report))).toEqual([])
    }
    expect(await junitComplaints('<testsuites><testcase/></testsuites>')).not.toEqual([])
  })

  test('counts cases: unknown is an error, a finding a failure, accepted or not applied skipped', async () => {
    const text = await render('junit', richReport())
    const suites = [
      ...text.matchAll(/<testsuite name="([^"]+)" tests="(\d+)" failures="(\d+)" errors="(\d+)" skipped="(\d+)"/g),
    ]
    expect(suites.map(([, ...values]) => values.join(' '))).toEqual([
      'atlas 9 0 0 1',
      'dozer 9 0 8 1',
      'planner 9 1 0 2',
      'quiet 9 0 0 2',
      'relay 9 1 1 1',
      'scribe 9 2 0 1',
      'zephyr 9 1 0 1',
      'claimed by no agent 2 1 1 0',
    ])
    expect(text).toContain('<testsuites name="patrol audit" tests="65" failures="6" errors="10">')
  })

  test('passes no rule of an agent about whom nothing is known', async () => {
    const dozer = /<testsuite name="dozer"[\s\S]*?<\/testsuite>/.exec(await render('junit', richReport()))![0]
    expect(dozer).not.toMatch(/<testcase [^>]*\/>/)
    const bare = await render('junit', {...richReport(), agents: [richReport().agents[1]!]}, {rules: []})
    expect(bare).toMatch(/<testsuite name="dozer" tests="\d+" failures="0" errors="[1-9]/)
  })
})

describe('github', () => {
  test('annotates the line of the agent', async () => {
    const text = await render('github', richReport())
    expect(text).toContain(
      '::error file=fleet/patrol.yaml,line=15,col=3,title=scope-missing%3A scribe::the token lacks read:issue [high] ' +
        'Fix: patrol rotate scribe (patrol help scope-missing, aaaaaaaaaaaaaaaaaa51)\n',
    )
    expect(text).toMatch(
      /^::warning file=fleet\/patrol\.yaml,line=11,col=3,title=unknown%3A dozer::Could not judge what/m,
    )
    expect(text).toMatch(/^::notice .*token-unused/m)
  })

  test('ends in the summary, without any name', async () => {
    const last = (await render('github', richReport())).trimEnd().split('\n').at(-1)
    expect(last).toMatch(/^7 agents: 2 ok, 3 judged with findings, 2 not fully judged\. 7 findings: 1 critical, 3 high/)
  })
})

describe('openmetrics', () => {
  test('keeps the format, as far as its extras over the text format go', async () => {
    expect(openMetricsComplaints(await render('openmetrics', richReport()))).toEqual([])
    expect(openMetricsComplaints(await render('openmetrics', cleanReport()))).toEqual([])
    expect(openMetricsComplaints('# TYPE a gauge\na 1\na 2\n')).toHaveLength(2)
  })

  // The reference parser is Python's: PATROL_OPENMETRICS_PYTHON names a python that has prometheus-client.
  const python = process.env.PATROL_OPENMETRICS_PYTHON
  test.skipIf(!python)('is read by the reference parser', async () => {
    const code =
      'import sys; from prometheus_client.openmetrics.parser import text_string_to_metric_families as read; ' +
      'print(len(list(read(sys.stdin.read()))))'
    for (const report of [richReport(), cleanReport(), hostileReport('"a\\"b\\n\n\u202e{},# EOF\n🦊')]) {
      const input = await render('openmetrics', report)
      expect(Number(execFileSync(python!, ['-c', code], {input, encoding: 'utf8'}))).toBe(14)
    }
  })

  test('tells of each agent whether its token works, and nothing where that is unknown', async () => {
    const families = new Map(
      prometheus(await render('openmetrics', richReport())).map((each) => [each.name, each.metrics]),
    )
    const alive = families.get('patrol_agent_token_alive')!
    expect(alive.map(({labels, value}) => `${labels!.agent} ${value}`)).toEqual([
      'atlas 1',
      'planner 0',
      'quiet 1',
      'relay 1',
      'scribe 1',
      'zephyr 1',
    ])
    expect(families.get('patrol_audit_finished_seconds')).toEqual([{value: '1795316408.5'}])
  })

  test('adds up what an agent and an unclaimed user of its name have in common', async () => {
    const report = richReport()
    report.unclaimed = [{...report.unclaimed[0]!, agent: 'relay', rule: 'token-unused'}]
    const text = await render('openmetrics', report)
    expect(openMetricsComplaints(text)).toEqual([])
    expect(text).toContain('patrol_finding{agent="relay",rule="token-unused",severity="low"} 2\n')
  })

  test('labels carry names only', async () => {
    const text = await render('openmetrics', richReport())
    const labels = new Set([...text.matchAll(/[{,](\w+)="/g)].map(([, name = '']) => name))
    expect([...labels].toSorted()).toEqual(['agent', 'forge', 'rule', 'severity', 'state', 'version'])
    for (const audit of richReport().agents)
      for (const {lastEight} of audit.tokens) expect(text).not.toContain(lastEight)
  })
})

test.each([
  ['table', '15.0.3+gitea-1.22.0', 'Server: https://git.example, Forgejo 15.0.3.'],
  ['table', undefined, 'Server: https://git.example, a server that does not tell its version.'],
  ['markdown', '15.0.3+gitea-1.22.0', 'Forgejo 15.0.3'],
  ['github', '15.0.3+gitea-1.22.0', 'Passed: nothing at low or above. Server: https://git.example, Forgejo 15.0.3.\n'],
  ['csv', '15.0.3+gitea-1.22.0', ',https://git.example,"Forgejo 15.0.3"\r\n'],
  ['csv', undefined, ',"a server that does not tell its version"\r\n'],
  ['sarif', '15.0.3+gitea-1.22.0', '"name": "forgejo"'],
  ['junit', '15.0.3+gitea-1.22.0', '<property name="forge" value="Forgejo 15.0.3"/>'],
  ['openmetrics', '15.0.3+gitea-1.22.0', 'patrol_server{forge="forgejo",version="15.0.3"} 1'],
  ['openmetrics', '9.1-"acme"\n', 'patrol_server{forge="unknown",version="9.1-\\"acme\\""} 1'],
] as const)('%s names the server that calls itself %s', async (name, version, said) => {
  const report = cleanReport()
  expect(await render(name, {...report, gitea: {...report.gitea, version}})).toContain(said)
})

describe('markdown', () => {
  test('stays below what a step summary may hold, and says what it left out', async () => {
    const report = richReport()
    report.agents = Array.from({length: 3000}, () => report.agents[5]!)
    const text = await render('markdown', report)
    expect(Buffer.byteLength(text)).toBeLessThan(1024 * 1024)
    const shown = text.match(/^### scribe$/gm)!.length
    expect(
      text.trimEnd().endsWith(`…and ${3001 - shown} sections more: too long for one page, see the JSON report.`),
    ).toBe(true)
  })
})

test('the sources of a vendored schema keep their licence', () => {
  const xsd = readFileSync(join(resolve(import.meta.dirname, '../../support/schemas'), 'jenkins-junit.xsd'), 'utf8')
  expect(xsd).toContain('Permission is hereby granted, free of charge')
})

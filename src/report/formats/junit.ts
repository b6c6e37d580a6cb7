import type {AgentAudit, AuditReport, Severity} from '../../fleet/types.ts'
import {forgeOf} from '../../forge.ts'
import type {LintedFile} from '../../lint/types.ts'
import {auditedFindings, countingFindings, cureText, lintedFindings, sentenceOf, worstFirst} from './findings.ts'
import type {ReportedFinding} from './findings.ts'
import {collecting} from './format.ts'
import type {ReportFormat} from './format.ts'
import {applies, placeOf} from './words.ts'
import {attributes, text} from './xml.ts'

const NOT_APPLIED = 'Not applied: the audit had not the sources that this rule needs.'

/**
 * JUnit XML as Jenkins' schema has it. What could not be judged is an error, a finding that counts a failure; what was
 * accepted, suppressed or not applied is skipped. Of an audit a suite per agent and a case per rule; of a lint a suite
 * per file and a case per rule that found something in it, or one that passes.
 */
export const junit: ReportFormat = {
  audit: collecting((report, {rules}) => {
    const ids = new Set([
      ...rules.map(({id}) => id),
      ...report.agents.flatMap(({findings, unjudged}) => [...findings, ...unjudged].map(({rule}) => rule)),
    ])
    if (ids.size > 1) ids.delete('*')
    const left = new Set(rules.filter((rule) => !applies(rule, report.sources)).map(({id}) => id))
    const rest = restOf(report)
    const server = {server: report.gitea.url, forge: forgeOf(report.gitea.version).named}
    return junitDocument('patrol audit', [
      ...report.agents.map((audit) => ({
        name: audit.agent,
        cases: agentCases(audit, [...ids], left),
        timestamp: report.startedAt,
        properties: {user: audit.user, workspace: audit.workspace, profile: audit.profile, ...server},
      })),
      ...(rest.length > 0
        ? [{name: 'claimed by no agent', cases: rest, timestamp: report.startedAt, properties: server}]
        : []),
    ])
  }),
  lint: ({files}) =>
    junitDocument(
      'patrol lint',
      files.map((linted) => ({name: linted.file, cases: fileCases(linted)})),
    ),
}

function agentCases(
  {agent, findings, unjudged}: AgentAudit,
  rules: readonly string[],
  left: ReadonlySet<string>,
): Case[] {
  const audited = worstFirst(auditedFindings(findings))
  return rules.map((rule) => {
    const found = audited.filter((finding) => finding.rule === rule)
    // A rule that found something was judged, even where all the rest was not.
    const all = found.length === 0 && !left.has(rule)
    const open = unjudged.filter((each) => each.rule === rule || (each.rule === '*' && all)).map(({reason}) => reason)
    return caseOf(rule, agent, found, open, left.has(rule) ? NOT_APPLIED : undefined)
  })
}

/** Findings of users and workspaces that no agent claims, and what could not be judged about no agent. */
function restOf({unclaimed, unjudged}: AuditReport): Case[] {
  return [
    ...auditedFindings(unclaimed).map((finding) => caseOf(finding.rule, finding.agent, [finding], [])),
    ...unjudged.map(({rule, agent, reason}) => caseOf(rule, agent || 'fleet', [], [reason])),
  ]
}

function fileCases(linted: LintedFile): Case[] {
  const {file, unread} = linted
  // What is let pass has no details to name its place in.
  const all = lintedFindings(linted).map((each) =>
    each.standing === 'open' ? each : {...each, message: `${placeOf(each.at)}: ${each.message}`},
  )
  const cases = [...Map.groupBy(all, ({rule}) => rule)].map(([rule, found]) => caseOf(rule, file, found, []))
  const errors = unread.map(({reason, at}) => (at ? `${placeOf(at)}: ${reason}` : reason))
  return cases.length > 0 && errors.length === 0 ? cases : [...cases, caseOf('readable', file, [], errors)]
}

function caseOf(
  name: string,
  classname: string,
  found: readonly ReportedFinding[],
  errors: readonly string[],
  left?: string,
): Case {
  const failures = countingFindings(found)
  return {
    name,
    classname,
    errors,
    failures: failures.map((each) => ({severity: each.severity, message: each.message, details: detailsOf(each)})),
    quiet: found
      .filter((each) => !failures.includes(each))
      .map((each) => `${sentenceOf(each)} Fingerprint: ${each.fingerprint}`),
    left,
  }
}

function detailsOf(finding: ReportedFinding): string[] {
  const {place, ref, fingerprint, because} = finding
  const ended = because ? [because] : []
  const read = [`Read: patrol help ${ref}`, `Fingerprint: ${fingerprint}`]
  return [...(place === undefined ? [] : [place]), cureText(finding), ...read, ...ended]
}

/** One test case: what it failed on, what could not be told, and what was let pass. It passes without any of these. */
interface Case {
  name: string
  classname: string
  /** Why it could not be judged. */
  errors: readonly string[]
  failures: readonly {severity: Severity; message: string; details: readonly string[]}[]
  /** What somebody accepted, in sentences. */
  quiet: readonly string[]
  /** Why it was not applied, where it was not. */
  left?: string | undefined
}

/** A suite of cases. */
interface Suite {
  name: string
  cases: readonly Case[]
  timestamp?: string
  properties?: Readonly<Record<string, string>>
}

function junitDocument(name: string, suites: readonly Suite[]): string {
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attributes({name, ...tally(suites.flatMap(({cases}) => cases))})}>`,
    ...suites.flatMap(suite),
    '</testsuites>',
  ]
  return `${lines.join('\n')}\n`
}

function suite({name, cases, timestamp, properties}: Suite): string[] {
  const skipped = cases.filter(skips).length
  const head = {name, ...tally(cases), skipped, ...(timestamp !== undefined && {timestamp})}
  return [
    `  <testsuite${attributes(head)}>`,
    ...(properties ? propertyLines(properties) : []),
    ...cases.flatMap(testcase),
    '  </testsuite>',
  ]
}

function propertyLines(properties: Readonly<Record<string, string>>): string[] {
  const each = Object.entries(properties).map(([name, value]) => `      <property${attributes({name, value})}/>`)
  return ['    <properties>', ...each, '    </properties>']
}

function testcase(each: Case): string[] {
  const {name, classname, errors, failures, quiet, left} = each
  const body = [
    ...(skips(each) ? [`      <skipped>${text(quiet.length > 0 ? quiet : [left!])}</skipped>`] : []),
    ...errors.map((message) => `      <error${attributes({type: 'unknown', message})}/>`),
    ...failures.map(
      ({severity, message, details}) =>
        `      <failure${attributes({type: severity, message})}>${text(details)}</failure>`,
    ),
    ...(quiet.length > 0 && failures.length + errors.length > 0
      ? [`      <system-out>${text(quiet)}</system-out>`]
      : []),
  ]
  const open = `    <testcase${attributes({name, classname})}`
  return body.length === 0 ? [`${open}/>`] : [`${open}>`, ...body, '    </testcase>']
}

function tally(cases: readonly Case[]): Record<'tests' | 'failures' | 'errors', number> {
  return {
    tests: cases.length,
    failures: cases.filter(({failures}) => failures.length > 0).length,
    errors: cases.filter(({errors}) => errors.length > 0).length,
  }
}

function skips({errors, failures, quiet, left}: Case): boolean {
  return errors.length + failures.length === 0 && (quiet.length > 0 || left !== undefined)
}

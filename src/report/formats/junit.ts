import type {AgentAudit, AuditReport, Finding, Unjudged} from '../../fleet/types.ts'
import {collecting} from './collect.ts'
import type {Format} from './format.ts'
import {acceptanceOf, applies, standing, worstFirst} from './words.ts'
import {visible} from './visible.ts'

const NOT_APPLIED = 'Not applied: the audit had not the sources that this rule needs.'

interface Case {
  name: string
  classname: string
  findings: readonly Finding[]
  unjudged: readonly Unjudged[]
  /** The sources at hand did not let the rule be applied. */
  left: boolean
}

/**
 * JUnit XML as Jenkins' schema has it: a suite per agent and a case per rule. What could not be judged is an error, a
 * finding a failure, an accepted one or a rule not applied skipped; only what was judged and found kept passes.
 */
export const format: Format = collecting('junit', (report, {rules}) => {
  const ids = new Set([
    ...rules.map(({id}) => id),
    ...report.agents.flatMap(({findings, unjudged}) => [...findings, ...unjudged].map(({rule}) => rule)),
  ])
  if (ids.size > 1) ids.delete('*')
  const left = new Set(rules.filter((rule) => !applies(rule, report.sources)).map(({id}) => id))
  const suites = report.agents.map((audit) => ({name: audit.agent, audit, cases: casesOf(audit, [...ids], left)}))
  const rest = restOf(report)
  const all = [...suites, ...(rest.length > 0 ? [{name: 'claimed by no agent', audit: undefined, cases: rest}] : [])]
  const lines = [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites${attributes({name: 'patrol audit', ...tally(all.flatMap(({cases}) => cases))})}>`,
    ...all.flatMap(({name, audit, cases}) => [
      `  <testsuite${attributes({name, ...tally(cases), skipped: skipped(cases), timestamp: report.startedAt})}>`,
      ...(audit ? properties(audit) : []),
      ...cases.flatMap(testcase),
      '  </testsuite>',
    ]),
    '</testsuites>',
  ]
  return `${lines.join('\n')}\n`
})

function casesOf({agent, findings, unjudged}: AgentAudit, rules: readonly string[], left: ReadonlySet<string>): Case[] {
  return rules.map((rule) => {
    const found = worstFirst(findings.filter((finding) => finding.rule === rule))
    // A rule that found something was judged, even where all the rest was not.
    const all = found.length === 0 && !left.has(rule)
    const open = unjudged.filter((each) => each.rule === rule || (each.rule === '*' && all))
    return {name: rule, classname: agent, findings: found, unjudged: open, left: left.has(rule)}
  })
}

/** Findings of users and workspaces that no agent claims, and what could not be judged about no agent. */
function restOf({unclaimed, unjudged}: AuditReport): Case[] {
  return [
    ...unclaimed.map((finding) => ({
      name: finding.rule,
      classname: finding.agent,
      findings: [finding],
      unjudged: [],
      left: false,
    })),
    ...unjudged.map((each) => ({
      name: each.rule,
      classname: each.agent || 'fleet',
      findings: [],
      unjudged: [each],
      left: false,
    })),
  ]
}

function testcase(each: Case): string[] {
  const {name, classname, findings, unjudged} = each
  const failures = findings.filter((finding) => standing(finding) !== 'accepted')
  const accepted = findings.filter((finding) => standing(finding) === 'accepted')
  const body = [
    ...(skips(each)
      ? [`      <skipped>${text(accepted.length > 0 ? accepted.map(sentence) : [NOT_APPLIED])}</skipped>`]
      : []),
    ...unjudged.map(({reason}) => `      <error${attributes({type: 'unknown', message: reason})}/>`),
    ...failures.map(
      (finding) =>
        `      <failure${attributes({type: finding.severity, message: finding.message})}>${text(details(finding))}</failure>`,
    ),
    ...(accepted.length > 0 && failures.length + unjudged.length > 0
      ? [`      <system-out>${text(accepted.map(sentence))}</system-out>`]
      : []),
  ]
  const open = `    <testcase${attributes({name, classname})}`
  return body.length === 0 ? [`${open}/>`] : [`${open}>`, ...body, '    </testcase>']
}

function details(finding: Finding): string[] {
  const {anchor, fix, ref, fingerprint} = finding
  const place = anchor ? [`${anchor.file}:${anchor.line}`] : []
  const ended = finding.accepted ? [acceptanceOf(finding)] : []
  return [...place, `Fix: ${fix}`, `See: ${ref}`, `Fingerprint: ${fingerprint}`, ...ended]
}

function sentence(finding: Finding): string {
  return `${finding.message} (${acceptanceOf(finding)}) Fingerprint: ${finding.fingerprint}`
}

function properties({user, workspace, profile}: AgentAudit): string[] {
  const each = Object.entries({user, workspace, profile}).map(
    ([name, value]) => `      <property${attributes({name, value})}/>`,
  )
  return ['    <properties>', ...each, '    </properties>']
}

function tally(cases: readonly Case[]): Record<'tests' | 'failures' | 'errors', number> {
  return {
    tests: cases.length,
    failures: cases.filter(({findings}) => findings.some((finding) => standing(finding) !== 'accepted')).length,
    errors: cases.filter(({unjudged}) => unjudged.length > 0).length,
  }
}

function skipped(cases: readonly Case[]): number {
  return cases.filter(skips).length
}

function skips({findings, unjudged, left}: Case): boolean {
  const quiet = findings.length > 0 ? findings.every((each) => standing(each) === 'accepted') : left
  return quiet && unjudged.length === 0
}

function attributes(values: Readonly<Record<string, string | number>>): string {
  return Object.entries(values)
    .map(([name, value]) => ` ${name}="${escaped(visible(String(value)))}"`)
    .join('')
}

function text(lines: readonly string[]): string {
  return lines.map((line) => escaped(visible(line))).join('\n')
}

function escaped(value: string): string {
  return value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

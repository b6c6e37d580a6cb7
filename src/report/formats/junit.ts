import type {AgentAudit, AuditReport, Unjudged} from '../../fleet/types.ts'
import {forgeOf} from '../../forge.ts'
import {collecting} from './format.ts'
import type {Format} from './format.ts'
import {junitDocument} from './junit-suites.ts'
import type {Case} from './junit-suites.ts'
import {auditedFindings, countingFindings, cureText, worstFirst} from './findings.ts'
import type {AuditedFinding} from './findings.ts'
import {applies} from './words.ts'

const NOT_APPLIED = 'Not applied: the audit had not the sources that this rule needs.'

/**
 * A suite per agent and a case per rule; an accepted finding and a rule not applied are skipped, and only what was
 * judged and found kept passes.
 */
export const junit: Pick<Format, 'audit'> = {
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
        cases: casesOf(audit, [...ids], left),
        timestamp: report.startedAt,
        properties: {user: audit.user, workspace: audit.workspace, profile: audit.profile, ...server},
      })),
      ...(rest.length > 0
        ? [{name: 'claimed by no agent', cases: rest, timestamp: report.startedAt, properties: server}]
        : []),
    ])
  }),
}

function casesOf({agent, findings, unjudged}: AgentAudit, rules: readonly string[], left: ReadonlySet<string>): Case[] {
  return rules.map((rule) => {
    const found = worstFirst(auditedFindings(findings.filter((finding) => finding.rule === rule)))
    // A rule that found something was judged, even where all the rest was not.
    const all = found.length === 0 && !left.has(rule)
    const open = unjudged.filter((each) => each.rule === rule || (each.rule === '*' && all))
    return caseOf(rule, agent, found, open, left.has(rule) ? NOT_APPLIED : undefined)
  })
}

/** Findings of users and workspaces that no agent claims, and what could not be judged about no agent. */
function restOf({unclaimed, unjudged}: AuditReport): Case[] {
  return [
    ...unclaimed.map((finding) => caseOf(finding.rule, finding.agent, auditedFindings([finding]), [])),
    ...unjudged.map((each) => caseOf(each.rule, each.agent || 'fleet', [], [each])),
  ]
}

function caseOf(
  name: string,
  classname: string,
  findings: readonly AuditedFinding[],
  unjudged: readonly Unjudged[],
  left?: string,
): Case {
  const failures = countingFindings(findings)
  return {
    name,
    classname,
    errors: unjudged.map(({reason}) => reason),
    failures: failures.map((each) => ({severity: each.severity, message: each.message, details: details(each)})),
    quiet: findings.filter((each) => !failures.includes(each)).map(sentence),
    left,
  }
}

function details(finding: AuditedFinding): string[] {
  const {anchor, ref, fingerprint} = finding
  const place = anchor ? [`${anchor.file}:${anchor.line}`] : []
  const ended = finding.because ? [finding.because] : []
  return [...place, cureText(finding), `Read: patrol help ${ref}`, `Fingerprint: ${fingerprint}`, ...ended]
}

function sentence(finding: AuditedFinding): string {
  return `${finding.message} (${finding.because}) Fingerprint: ${finding.fingerprint}`
}

import {relative, resolve} from 'node:path'
import {SEVERITIES} from '../../fleet/types.ts'
import type {AgentAudit, Severity, Summary, Unjudged} from '../../fleet/types.ts'
import type {LintFinding, LintReport} from '../../lint/types.ts'
import {reachText} from '../../scopes/repositories.ts'
import type {LintContext, RuleText} from './format.ts'

/** The rule that was not judged, in words. */
export function ruleOf({rule}: Pick<Unjudged, 'rule'>): string {
  return rule === '*' ? 'what depends on it' : rule
}

/** What was not judged, a line for each reason. */
export function openOf(unjudged: readonly Unjudged[]): {rules: string; reason: string}[] {
  return [...Map.groupBy(unjudged, ({reason}) => reason)].map(([reason, open]) => {
    const rules = [...new Set(open.map(ruleOf))]
    return {rules: rules.length === 1 ? rules[0]! : `${rules.length} rules`, reason}
  })
}

/** The deployed token as people name it; never more of it than Gitea itself lists. */
export function deployedToken(audit: AgentAudit): string {
  const token = audit.tokens.find(({deployed}) => deployed)
  return token ? `…${token.lastEight}` : 'unknown'
}

/** What the deployed token is confined to, where it is. */
export function confinedTo({tokens}: AgentAudit): string[] {
  const reach = tokens.find(({deployed}) => deployed)?.repositories
  return reach === undefined || reach === 'all' ? [] : [reachText(reach)]
}

/** What an audit comes to, in plain sentences without any name: the same words in every format for people. */
export function summaryLines(summary: Summary): string[] {
  const {agents, ok, withFindings, unknown, findings, accepted, expired, requests} = summary
  const open = countedIn(summary)
  const lines = [
    `${count(agents, 'agent')}: ${ok} ok, ${withFindings} judged with findings, ${unknown} not fully judged.`,
    open === 0
      ? 'No findings.'
      : `${count(open, 'finding')}: ${SEVERITIES.map((severity) => `${findings[severity]} ${severity}`).join(', ')}.`,
  ]
  if (accepted > 0) lines.push(`${accepted} more accepted in the baseline.`)
  if (expired > 0)
    lines.push(`${count(expired, 'acceptance')} ran out and ${expired === 1 ? 'counts' : 'count'} again.`)
  lines.push(`${count(requests, 'request')}; nothing was changed.`)
  return lines
}

/** Whether the sources at hand let a rule be applied at all. */
export function applies({needs}: RuleText, sources: readonly string[]): boolean {
  return needs === undefined || needs.some((set) => set.every((source) => sources.includes(source)))
}

/** What was looked at, and which rules that left out: a rule that was not applied has not passed. */
export function sourceLines(sources: readonly string[], rules: readonly RuleText[]): string[] {
  const out = rules.filter((rule) => !applies(rule, sources)).map(({id}) => id)
  const lines = [`Looked at: ${sources.join(', ')}.`]
  if (out.length > 0) lines.push(`Not applied for want of sources: ${out.join(', ')}.`)
  return lines
}

/** Why a run that judges exits as it does; `ends` is what it exits with where findings are let pass, as asked. */
export function verdictLine(
  {exit}: Pick<Summary, 'exit'>,
  failOn: Severity,
  ends: (judged: number) => number = (judged) => judged,
): string {
  if (exit === 0) return `Passed: nothing at ${failOn} or above.`
  if (exit === 3)
    return `Findings at ${failOn} or above (exit ${ends(exit)}${ends(exit) === exit ? '' : ', as asked'}).`
  if (exit === 4) return 'A credential of ours was rejected, so this is no pass (exit 4).'
  if (exit === 5) return 'Not everything could be judged, so this is no pass (exit 5).'
  return `Ended with exit ${exit}.`
}

/** How a run that judges ended, in a sign. */
export function signOf({exit}: Pick<Summary, 'exit'>): string {
  return exit === 0 ? '✓' : exit === 5 ? '?' : '✗'
}

/** `1 agent`, `2 agents`. */
export function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`
}

/**
 * The inventory's path as a reader of the report finds it: relative to `root`, with slashes. Undefined when the file
 * lies outside, where no relative path would mean anything elsewhere.
 */
export function pathWithin(root: string, file: string): string | undefined {
  const path = relative(root, resolve(root, file)).replaceAll('\\', '/')
  return path === '' || path === '..' || path.startsWith('../') || /^([A-Za-z]:)?\//.test(path) ? undefined : path
}

/** `12:3`, as compilers and editors write a place; nothing for a file as a whole. */
export function placeOf(at: LintFinding['at'] | undefined): string {
  return at ? `${at.start.line}:${at.start.column}` : ''
}

/** The file's whole path. */
export function wholePath(file: string, {from}: Pick<LintContext, 'from'>): string {
  return resolve(from, file)
}

/** The file as a checkout of it names it; undefined outside. */
export function inCheckout(file: string, context: Pick<LintContext, 'from' | 'root'>): string | undefined {
  return pathWithin(context.root, wholePath(file, context))
}

/** What a run comes to, in plain sentences without any name: the same words in every format for people. */
export function lintLines({files, passed, summary}: LintReport): string[] {
  const {findings, suppressed, fixed, unread} = summary
  const found = countedIn(summary)
  const fixable = files.flatMap((file) => file.findings).filter(({edit}) => edit).length
  return [
    found === 0
      ? `${count(summary.files, 'file')}: no findings.`
      : `${count(summary.files, 'file')}: ${count(found, 'finding')}, ${SEVERITIES.map((severity) => `${findings[severity]} ${severity}`).join(', ')}.`,
    ...(fixable > 0 ? [`${fixable} of them can be mended by --fix.`] : []),
    ...(fixed > 0 ? [`${fixed} mended by --fix.`] : []),
    ...(suppressed > 0 ? [`${suppressed} more suppressed, each with a reason.`] : []),
    ...(unread > 0 ? [`${count(unread, 'part')} could not be read.`] : []),
    ...(summary.passed > 0 ? [`${summary.passed} passed over: ${passedLine(passed)}.`] : []),
  ]
}

/** The kinds that are told by their number; the rest is summed up. */
const MOST_KINDS = 6

/** `3 .py, 1 .png (in no language that is linted); 1 node_modules (never looked into)`. */
function passedLine(passed: LintReport['passed']): string {
  const shown = Map.groupBy(passed.slice(0, MOST_KINDS), ({reason}) => reason)
  const rest = passed.slice(MOST_KINDS).reduce((sum, {files}) => sum + files.length, 0)
  const groups = [...shown].map(
    ([reason, kinds]) => `${kinds.map(({kind, files}) => `${files.length} ${kind}`).join(', ')} (${reason})`,
  )
  return [...groups, ...(rest > 0 ? [`${rest} of other kinds`] : [])].join('; ')
}

/** Why the run exits as it does; where it passes, whatever was found is too mild to fail it. */
export function lintVerdict({failOn, summary}: LintReport): string {
  if (summary.files === 0) return 'Nothing was read, so this is no pass (exit 5).'
  const verdict = verdictLine(summary, failOn)
  const mild = countedIn(summary)
  if (summary.exit !== 0 || mild === 0) return verdict
  return `${verdict.slice(0, -1)}; ${count(mild, 'milder finding')} ${mild === 1 ? 'does' : 'do'} not fail it.`
}

/** How many findings count, of whatever severity. */
export function countedIn({findings}: Pick<Summary, 'findings'>): number {
  return SEVERITIES.reduce((sum, severity) => sum + findings[severity], 0)
}

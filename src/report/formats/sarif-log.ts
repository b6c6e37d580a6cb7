import {resolve} from 'node:path'
import {pathToFileURL} from 'node:url'
import type {Severity} from '../../fleet/types.ts'
import type {FormatContext, RuleText} from './format.ts'
import {pathWithin} from './words.ts'
import {visible, visibleJson} from '../../visible.ts'

const BASE = '%SRCROOT%'

/** A severity as SARIF knows it. */
export const SARIF_LEVEL: Readonly<Record<Severity, 'error' | 'warning' | 'note'>> = {
  critical: 'error',
  high: 'error',
  medium: 'warning',
  low: 'note',
}
/** What GitHub's code scanning sorts by; the middle of each of its bands. */
const SCORE: Readonly<Record<Severity, string>> = {critical: '9.5', high: '8.0', medium: '5.5', low: '2.0'}

/** What a run of SARIF holds besides what is the same in all of ours. */
export interface SarifRun {
  tool: FormatContext['tool']
  rules: readonly RuleText[]
  /** Keeps the results of one run from replacing those of another in a viewer. */
  id: string
  /** What paths are relative to, in words. */
  base: string
  invocation: object
  results: readonly object[]
}

/** A SARIF 2.1.0 log of one run. */
export function sarifLog({tool, rules, id, base, invocation, results}: SarifRun): string {
  const log = {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {driver: {name: tool.name, version: tool.version, rules: rules.map(descriptor)}},
        automationDetails: {id},
        columnKind: 'utf16CodeUnits',
        originalUriBaseIds: {[BASE]: {description: {text: base}}},
        invocations: [invocation],
        results,
      },
    ],
  }
  return `${visibleJson(log, 2)}\n`
}

/** The table of rules, with a bare entry for a rule that a finding names and the table lacks. */
export function rulesNamed(
  table: readonly RuleText[],
  findings: readonly {rule: string; severity: Severity; ref: string}[],
): RuleText[] {
  const known = new Map(table.map((rule) => [rule.id, rule]))
  for (const {rule, severity, ref} of findings) {
    if (!known.has(rule)) known.set(rule, {id: rule, severity, title: rule, explains: rule, ref})
  }
  return [...known.values()]
}

function descriptor({id, severity, title, explains, ref}: RuleText): object {
  return {
    id,
    shortDescription: {text: title},
    fullDescription: {text: explains},
    help: {text: `${explains} Read: patrol help ${ref}`},
    defaultConfiguration: {level: SARIF_LEVEL[severity]},
    properties: {severity, 'security-severity': SCORE[severity], tags: ['security', 'token']},
  }
}

/** A file as SARIF names it: relative to the checkout, or whole where it lies outside. */
export function artifact(file: string, root: string): object {
  // Half a surrogate pair cannot stand in an address.
  const whole = file.toWellFormed()
  const path = pathWithin(root, whole)
  return path === undefined
    ? {uri: pathToFileURL(resolve(root, whole)).href}
    : {uri: path.split('/').map(encodeURIComponent).join('/'), uriBaseId: BASE}
}

/**
 * GitHub tells alerts apart by the first name only, and would else hash the line, which several findings may share.
 * `nth` counts those of one fingerprint.
 */
export function fingerprints(fingerprint: string, nth = 1): object {
  return {primaryLocationLineHash: `${fingerprint}:${nth}`, 'patrolFinding/v1': fingerprint}
}

/** Plain text by SARIF 3.11: a name such as `[x](http://y)` must not become a link. */
export function plain(text: string): string {
  const clean = visible(text)
  return clean.includes('](') ? clean.replaceAll(/[[\]]/g, String.raw`\$&`) : clean
}

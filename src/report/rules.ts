import type {Rule} from '../fleet/rules.ts'
import {table} from './table.ts'

/** One rule as `audit --list-rules --json` shows it. */
export type RuleView = Pick<Rule, 'id' | 'severity' | 'title' | 'explains' | 'needs' | 'ref'> & {
  fix: string | null
  note: string | null
}

/** What stands for the names in a rule's fix. */
const PLACEHOLDERS = {agent: 'AGENT', user: 'USER', workspace: 'WORKSPACE', repo: 'OWNER/NAME'}

/** A rule without its code. */
export function ruleView({id, severity, title, explains, needs, ref, fix}: Rule): RuleView {
  const token = {id: undefined, name: undefined}
  const {command = null, note = null} = fix({...PLACEHOLDERS, token})
  return {id, severity, title, explains, needs, ref, fix: command, note}
}

/** What a list of rules shows of each. */
type Listed = Pick<Rule, 'severity' | 'title'> & {id: string}

/** All rules for people, one line each. */
export function rulesText(rules: readonly Listed[], width?: number): string {
  const rows = rules.map(({id, severity, title}) => [id, severity, title])
  return table([{title: 'RULE'}, {title: 'SEVERITY'}, {title: 'FOUND', cut: true}], rows, width)
}

/** docs/rules.md: what every rule means, what it needs, and what mends it. */
export function rulesPage(rules: readonly Rule[]): string {
  return [
    '# Rules of the audit',
    'What `patrol audit` looks for; `patrol audit --list-rules` shows the same table. Ids are permanent. `--fail-on SEVERITY` names the mildest severity that makes it exit 3. A rule whose sources are not at hand is not applied, and the report says so; where a source is there but gives no usable answer, the agent is unknown and the exit is 5.',
    rulesIndex(rules),
    ...rules.map(rulePart),
    '',
  ]
    .join('\n\n')
    .replace(/\n+$/, '\n')
}

/** The table at the head of a page of rules. */
export function rulesIndex(rules: readonly Listed[]): string {
  const rows = rules.map(({id, severity, title}) => `| [\`${id}\`](#${id}) | ${severity} | ${title} |`)
  return `| rule | severity | found |\n|---|---|---|\n${rows.join('\n')}`
}

function rulePart(rule: Rule): string {
  const {id, title, severity, explains, needs, ref, fix, note} = ruleView(rule)
  const sources = needs.map((set) => set.join(' and ')).join(', or ')
  const more = ref === id ? [] : [`More: [${ref}](runbooks/${ref}.md)`]
  return [
    `## ${id}`,
    `**${title}** (${severity}). ${explains}`,
    `Needs: ${sources}.`,
    ...(fix === null ? [] : [`\`\`\`console\n${fix}\n\`\`\``]),
    ...(note === null ? [] : [`${fix === null ? 'By hand' : 'Besides'}: ${note}.`]),
    ...more,
  ].join('\n\n')
}

import type {Rule} from '../src/fleet/rules.ts'
import type {LintRule} from '../src/lint/rules.ts'
import {ruleView} from '../src/report/rules.ts'

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

/** docs/lint-rules.md: what every rule means, and whether `--fix` mends it. */
export function lintRulesPage(rules: readonly LintRule[]): string {
  return `${[
    '# Rules of the linter',
    'What `patrol lint` looks for in scripts, `.env` files, workflows, Terraform, workspace templates, runbooks and `patrol.yaml`; `patrol lint --list-rules` shows the same table. Ids are permanent. `--fail-on SEVERITY` names the mildest severity that makes it exit 3 (medium, unless told otherwise: low findings are only shown); what could not be read makes it exit 5.',
    'A comment suppresses a rule on its own line and the next one, and has to say why: `# patrol-lint: ignore RULE -- reason`, in the comment syntax of the file (`#`, `//`, `<!-- -->`). `patrol-lint: ignore-file RULE -- reason` does so for the whole file.',
    rulesIndex(rules),
    ...rules.map(lintRulePart),
  ].join('\n\n')}\n`
}

function lintRulePart({id, title, severity, explains, safeFix}: LintRule): string {
  const mends = safeFix ? ['Mended by `--fix` where that is safe.'] : []
  return [`## ${id}`, `**${title}** (${severity}). ${explains}`, ...mends].join('\n\n')
}

/** The table at the head of a page of rules. */
function rulesIndex(rules: readonly (Pick<Rule, 'severity' | 'title'> & {id: string})[]): string {
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

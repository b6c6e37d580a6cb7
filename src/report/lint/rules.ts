import type {LintRule} from '../../lint/rules.ts'
import {rulesIndex} from '../rules.ts'

/** docs/lint-rules.md: what every rule means, and whether `--fix` mends it. */
export function lintRulesPage(rules: readonly LintRule[]): string {
  return `${[
    '# Rules of the linter',
    'What `patrol lint` looks for in scripts, `.env` files, workflows, Terraform, workspace templates, runbooks and `patrol.yaml`; `patrol lint --list-rules` shows the same table. Ids are permanent. `--fail-on SEVERITY` names the mildest severity that makes it exit 3 (medium, unless told otherwise: low findings are only shown); what could not be read makes it exit 5.',
    'A comment suppresses a rule on its own line and the next one, and has to say why: `# patrol-lint: ignore RULE -- reason`, in the comment syntax of the file (`#`, `//`, `<!-- -->`). `patrol-lint: ignore-file RULE -- reason` does so for the whole file.',
    rulesIndex(rules),
    ...rules.map(part),
  ].join('\n\n')}\n`
}

function part({id, title, severity, explains, safeFix}: LintRule): string {
  const mends = safeFix ? ['Mended by `--fix` where that is safe.'] : []
  return [`## ${id}`, `**${title}** (${severity}). ${explains}`, ...mends].join('\n\n')
}

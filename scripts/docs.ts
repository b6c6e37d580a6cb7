/**
 * Writes the pages that come from code: `docs/errors.md`, `docs/rules.md`, `docs/lint-rules.md`,
 * `docs/commands/*.md`, `docs/patrol.schema.json`.
 * With `--check` it writes nothing and ends with 1 if a page is not current.
 */
import {existsSync, globSync, mkdirSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {dirname, join, resolve} from 'node:path'
import {CATALOGUE, EXIT} from '../src/errors.ts'
import {RULES} from '../src/fleet/rules.ts'
import {LINT_RULES} from '../src/lint/rules.ts'
import {jsonSchema} from '../src/config/schema.ts'
import {lintRulesPage, rulesPage} from './rules-page.ts'

interface Flag {
  name: string
  char?: string
  description?: string
  summary?: string
  type: 'boolean' | 'option'
  multiple?: boolean
  options?: string[]
  default?: string | number | boolean
  hidden?: boolean
  helpValue?: string
}
interface Arg {
  name: string
  description?: string
  required?: boolean
}
interface Command {
  id: string
  summary?: string
  description?: string
  examples?: (string | {description?: string; command: string})[]
  args: Record<string, Arg>
  flags: Record<string, Flag>
  strict?: boolean
}

const root = resolve(import.meta.dirname, '..')
const manifest: {commands: Record<string, Command>} = JSON.parse(
  readFileSync(join(root, 'oclif.manifest.json'), 'utf8'),
)

function filled(text: string, id: string): string {
  const name = id.replaceAll(':', ' ')
  return text
    .replaceAll('<%= config.bin %> <%= command.id %>', `patrol ${name}`)
    .replaceAll('<%= config.bin %>', 'patrol')
    .replaceAll('<%= command.id %>', name)
}

function usage(command: Command): string {
  const args = Object.values(command.args).map((arg) => {
    const shown = command.strict === false ? `${arg.name}...` : arg.name
    return arg.required ? shown : `[${shown}]`
  })
  return ['patrol', command.id.replaceAll(':', ' '), ...args, '[flags]'].join(' ')
}

function flagRow(flag: Flag): string {
  const value = flag.type === 'option' ? ` ${flag.helpValue ?? flag.options?.join('\\|') ?? 'VALUE'}` : ''
  const extras = [
    flag.multiple && 'repeatable',
    flag.default !== undefined && flag.default !== false && `default \`${String(flag.default)}\``,
  ]
  const note = extras.filter(Boolean).join(', ')
  const short = flag.char ? `\`-${flag.char}\`, ` : ''
  return `| ${short}\`--${flag.name}${value}\` | ${(flag.summary ?? flag.description ?? '').replaceAll('|', '\\|')}${note ? ` (${note})` : ''} |`
}

function commandPage(command: Command): string {
  const flags = Object.values(command.flags).filter((flag) => !flag.hidden)
  const args = Object.values(command.args)
  const examples = (command.examples ?? []).map((example) =>
    typeof example === 'string'
      ? filled(example, command.id)
      : `${example.description ? `# ${example.description}\n` : ''}${filled(example.command, command.id)}`,
  )
  return (
    [
      `# patrol ${command.id.replaceAll(':', ' ')}`,
      filled(command.summary ?? '', command.id),
      `\`\`\`\n${usage(command)}\n\`\`\``,
      filled(command.description ?? '', command.id),
      ...(args.length > 0
        ? ['| argument | |\n|---|---|\n' + args.map((a) => `| \`${a.name}\` | ${a.description ?? ''} |`).join('\n')]
        : []),
      ...(flags.length > 0 ? ['| flag | |\n|---|---|\n' + flags.map(flagRow).join('\n')] : []),
      ...(examples.length > 0 ? ['## Examples', `\`\`\`sh\n${examples.join('\n\n')}\n\`\`\``] : []),
    ].join('\n\n') + '\n'
  )
}

function commandIndex(commands: readonly Command[]): string {
  const rows = commands.map(
    (c) =>
      `| [\`patrol ${c.id.replaceAll(':', ' ')}\`](${c.id.replaceAll(':', '-')}.md) | ${filled(c.summary ?? '', c.id)} |`,
  )
  return `# Commands\n\n| command | |\n|---|---|\n${rows.join('\n')}\n`
}

function errorsPage(): string {
  const rows = Object.entries(CATALOGUE)
    .toSorted(([a], [b]) => a.localeCompare(b))
    .map(
      ([code, {category, meaning}]) =>
        `| <a id="${code.toLowerCase()}"></a>\`${code}\` | ${EXIT[category]} ${category} | ${meaning} |`,
    )
  return (
    [
      '# Errors',
      'Every error has a permanent code, an exit code (see [exit-codes.md](exit-codes.md)), a message that says what happened and the state it leaves, and commands to type next. With `--json` the same fields stand under `error`. The exit given here is the usual one; a read that fails after a write was sent ends with 7 (incomplete) instead.',
      `| code | exit | means |\n|---|---|---|\n${rows.join('\n')}`,
    ].join('\n\n') + '\n'
  )
}

const commands = Object.values(manifest.commands).toSorted((a, b) => a.id.localeCompare(b.id))
const pages = new Map<string, string>([
  ['docs/errors.md', errorsPage()],
  ['docs/rules.md', rulesPage(RULES)],
  ['docs/lint-rules.md', lintRulesPage(LINT_RULES)],
  ['docs/patrol.schema.json', `${JSON.stringify(jsonSchema(), null, 2)}\n`],
  ['docs/commands/README.md', commandIndex(commands)],
  ...commands.map((command) => [`docs/commands/${command.id.replaceAll(':', '-')}.md`, commandPage(command)] as const),
])

const stale = [...pages].filter(
  ([path, text]) => !existsSync(join(root, path)) || readFileSync(join(root, path), 'utf8') !== text,
)
const orphans = globSync('docs/commands/*.md', {cwd: root}).filter((path) => !pages.has(path.replaceAll('\\', '/')))

if (process.argv.includes('--check')) {
  const wrong = [...stale.map(([path]) => path), ...orphans]
  if (wrong.length > 0) {
    console.error(`not current: ${wrong.join(', ')}. Type: npm run docs`)
    process.exitCode = 1
  }
} else {
  for (const [path, text] of stale) {
    mkdirSync(dirname(join(root, path)), {recursive: true})
    writeFileSync(join(root, path), text)
  }
  for (const path of orphans) rmSync(join(root, path))
}

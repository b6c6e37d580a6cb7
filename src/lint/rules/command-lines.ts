import TEA from './tea-flags.json' with {type: 'json'}

/** A command of a program: its subcommands, or the flags that it takes. */
export interface KnownCommand {
  readonly path: string
  readonly subcommands: ReadonlyMap<string, KnownCommand>
  /** With a `=` behind those that are known to take a value; undefined where nobody should judge by them. */
  readonly flags: readonly string[] | undefined
}

/**
 * What the command lines of Gitea 1.20 to 1.27 and Forgejo 7 to 15 take together, so that what is missing here is in none of
 * them. A line is a command, with its aliases behind `|`, and its flags; `…` for flags of no interest.
 */
const LINES = `
gitea admin user create --name --username --password --email --admin --random-password --random-password-length --must-change-password --access-token --access-token-name --access-token-scopes --restricted --fullname --user-type
gitea admin user list --admin
gitea admin user change-password --username -u --password -p --must-change-password
gitea admin user delete --username -u --email -e --id --purge
gitea admin user generate-access-token --username -u --token-name -t --raw --scopes
gitea admin user must-change-password --all -A --exclude -e --unset
gitea admin user change-type --username -u --user-type
gitea admin user disable-2fa|reset-mfa …
gitea admin repo-sync-releases …
gitea admin sendmail --title --content --force -f
gitea admin team list …
gitea admin regenerate hooks|keys …
gitea admin auth list|delete|add-oauth|update-oauth|add-ldap|update-ldap|add-ldap-simple|update-ldap-simple|add-smtp|update-smtp|add-pam|update-pam …
`

/**
 * The same of tea, of its releases 0.9.2, 0.10.1 and 0.11.1 and its sources of 2025-12-05 and 2026-05-10, the newest that could be
 * read: `scripts/tea-flags.ts` makes the table. Then what its library adds, and what others may have.
 */
const TEA_LINES = `
${Object.entries(TEA.commands)
  .map(([command, flags]) => `tea ${command} ${flags}`)
  .join('\n')}
tea completion|docs|run|wiki|packages|package …
`

/** All programs by name. */
export const PROGRAMS: ReadonlyMap<string, KnownCommand> = programs(
  LINES + LINES.replaceAll(/^gitea/gm, 'forgejo') + TEA_LINES,
)

interface GrowingCommand extends KnownCommand {
  subcommands: Map<string, GrowingCommand>
  flags: string[] | undefined
}

function programs(lines: string): ReadonlyMap<string, KnownCommand> {
  const root: GrowingCommand = {path: '', subcommands: new Map(), flags: undefined}
  for (const line of lines.split('\n').filter((each) => each !== '')) {
    const words = line.split(' ').filter((word) => word !== '')
    const flags = words.filter((word) => /^[-…]/.test(word))
    let commands = [root]
    for (const word of words.slice(0, words.length - flags.length))
      commands = commands.flatMap((command) => word.split('|').map((name) => subcommand(command, name)))
    if (!flags.includes('…')) for (const command of commands) command.flags = flags
  }
  return root.subcommands
}

function subcommand({path, subcommands}: GrowingCommand, name: string): GrowingCommand {
  const known = subcommands.get(name) ?? {path: `${path} ${name}`.trim(), subcommands: new Map(), flags: undefined}
  subcommands.set(name, known)
  return known
}

/** A command of a program: its subcommands, or the flags that it takes. */
export interface KnownCommand {
  readonly path: string
  readonly subcommands: ReadonlyMap<string, KnownCommand>
  /** Undefined where they are not known, or nobody should judge by them. */
  readonly flags: readonly string[] | undefined
}

/**
 * What the command lines of Gitea 1.20 to 1.27, Forgejo 7 to 15 and tea 0.9 to 0.12 take together, so that what is missing
 * here is in none of them. A line is a command, with its aliases behind `|`, and its flags; `…` for flags of no interest.
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
tea login|logins list|ls|edit|e|delete|rm|default|helper|oauth-refresh …
tea login|logins add --name -n --url -u --token -t --user --password --pwd --otp --scopes --ssh-key -s --insecure -i --ssh-agent-principal -c --ssh-agent-key -a --no-version-check --nv --helper -j --oauth -o --client-id --redirect-url
tea logout|shellcompletion|autocomplete|whoami|man|docs|help|h|api|clone|C|open|o|comment|c|run|ssh-keys|ssh-key …
tea issues|issue|i|pulls|pull|pr|labels|label|milestones|milestone|ms|releases|release|r|times|time|t …
tea organizations|organization|org|repos|repo|branches|branch|b|actions|action|webhooks|webhook|hooks|hook|wiki|packages|package …
tea notifications|notification|n|ls|admin|a …
`

/** All programs by name. */
export const PROGRAMS: ReadonlyMap<string, KnownCommand> = programs(LINES + LINES.replaceAll(/^gitea/gm, 'forgejo'))

interface GrowingCommand extends KnownCommand {
  subcommands: Map<string, GrowingCommand>
  flags: string[] | undefined
}

function programs(lines: string): ReadonlyMap<string, KnownCommand> {
  const root: GrowingCommand = {path: '', subcommands: new Map(), flags: undefined}
  for (const line of lines.split('\n').filter((each) => each !== '')) {
    const words = line.split(' ').filter((word) => word !== '…')
    const flags = words.filter((word) => word.startsWith('-'))
    let commands = [root]
    for (const word of words.slice(0, words.length - flags.length))
      commands = commands.flatMap((command) => word.split('|').map((name) => subcommand(command, name)))
    if (flags.length > 0) for (const command of commands) command.flags = flags
  }
  return root.subcommands
}

function subcommand({path, subcommands}: GrowingCommand, name: string): GrowingCommand {
  const known = subcommands.get(name) ?? {path: `${path} ${name}`.trim(), subcommands: new Map(), flags: undefined}
  subcommands.set(name, known)
  return known
}

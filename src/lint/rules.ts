import type {Severity} from '../fleet/types.ts'

/** One rule: what it means and how grave it is. */
export interface LintRule {
  id: LintRuleId
  severity: Severity
  /** A few words, as in a heading. */
  title: string
  /** What it means, why it matters, and when it is not applied. */
  explains: string
  /** What `patrol help` prints of it: the rule's own part of the page of rules. */
  ref: LintRuleId
  /** Whether `--fix` mends it where the fault is of the plain kind. */
  safeFix: boolean
}

/** Each rule's id, severity, title and explanation; gravest first. */
const TABLE = [
  [
    'secret-in-argv',
    'critical',
    'A secret’s value in a command line',
    'A literal token or password stands among a command’s arguments: whoever reads the file has it, and while the command runs so has everyone who can list processes. Consider it leaked and replace it. Values that are plainly made up (`<token>`, `aaaa…`) do not count.',
  ],
  [
    'secret-in-file',
    'critical',
    'A secret’s value in the file',
    'A literal token or password is assigned to a name, key or header that holds one. 40 hex digits count only where a token is meant, so commit ids are left alone. Tokens and keys of other services that show by their shape (AWS, GitHub, GitLab, npm, Slack, private keys, a database’s URL with its password and others, by the rules of secretlint) count wherever they stand, also behind base64. Consider it leaked: it stays in the history after the line is gone.',
  ],
  [
    'scope-unknown',
    'high',
    'A scope that does not exist',
    'Minting with it is answered with 400 and nothing is created. Pull requests belong to `repository`, all comments to `issue`. `--fix` puts the real name where there is exactly one.',
    'mends',
  ],
  [
    'scopes-none',
    'high',
    'A token without scopes',
    '`gitea admin user generate-access-token` without `--scopes` makes a token that may do nothing up to Gitea 1.23.6 and one that may do everything from 1.23.7 on. The API refuses an empty list from 1.22.3 on and makes a useless token before; Terraform’s `gitea_token` goes through the API.',
  ],
  [
    'scope-missing',
    'high',
    'A scope that the profile needs is not asked for',
    'Applied where a profile is chosen with `--profile`, or declared in the file by a comment `patrol-lint: profile NAME`. The agent would get 403 on every call that needs the scope.',
  ],
  [
    'scope-dangerous',
    'high',
    'A scope that no agent should have',
    '`write:admin` administers the server, `write:user` can mint a token with every scope before Gitea 1.27, `all` includes both.',
  ],
  [
    'secret-body-wrong',
    'high',
    'A secrets body without key and value',
    'The platform binds `{"key": …, "value": …}`. Anything else is answered with 400 and nothing is stored; the old value stays, and a restart afterwards brings it back. `--fix` rewrites a body of one plain pair.',
    'mends',
  ],
  [
    'global-secret-forbidden',
    'high',
    'A git token as a global secret',
    'A global secret reaches every workspace of the tenant. With GITEA_TOKEN, GITHUB_TOKEN or their like among them the platform aborts provisioning: no workspace starts again.',
  ],
  [
    'route-unknown',
    'high',
    'A call to a route that the server does not have',
    'Checked against the route table of the chosen version of Gitea or Forgejo. A path that exists with other methods is answered with 405, any other path with 404.',
  ],
  [
    'inventory-invalid',
    'medium',
    'A mistake in patrol.yaml',
    'The same checks as `patrol config check`, at their place in the file.',
  ],
  [
    'mint-not-possible',
    'medium',
    'A way to mint that does not work',
    'The web pages generate tokens for the person who is signed in, for nobody else, site admins included. `/users/{user}/tokens` wants a Basic credential; a token in the header is answered with 401. Forgejo from 11 on lists tokens to any credential, and only a password mints and deletes them. `gitea admin user generate-access-token` knows `--username`, `--token-name`, `--scopes` and `--raw`; with any other flag it makes none.',
  ],
  [
    'command-unknown',
    'medium',
    'A subcommand or flag that does not exist',
    'No release of Gitea 1.20 to 1.27, Forgejo 7 to 15 or tea has it: the command ends with “flag provided but not defined”, or prints its help, and nothing happens. Of tea that means 0.9.2, 0.10.1, 0.11.1 and the sources of 2026-05-10; a command that none of them has is judged only by itself and below `tea login`.',
  ],
  [
    'write-unchecked',
    'medium',
    'A write whose answer nobody looks at',
    '`curl` exits 0 on 400 and 500, and the script goes on as if the write had happened. Not applied where the status is asked for with `-w`, nor where the answer, or what is taken from it, is tested before it is used: `[ -z … ]`, `case`, `grep`, `jq -e`, through a variable, a file or a function. `--fix` adds `--fail-with-body` (curl 7.76 and newer, 2021) only where nothing reads the answer and an error always is one: not where a second run finds things there, or gone, already.',
    'mends',
  ],
  [
    'liveness-needs-scope',
    'medium',
    'A liveness check that needs a scope',
    '`GET /user` needs `read:user`: a live token without it gets 403 and looks dead. `GET /version` with the token needs no scope and is 401 for a dead one. Not applied to a password, which has no scopes. `--fix` puts it in where a credential is sent and only the status is looked at.',
    'mends',
  ],
  [
    'denial-overread',
    'medium',
    'A 403 taken for a missing scope',
    'The account’s state, the user’s rights, a public-only token, a proxy: they all answer 403. Only the message tells which, so a check that keeps the status and throws the body away, or prose that equates the two, sends people after the wrong remedy.',
  ],
  [
    'label-filter-unverified',
    'medium',
    'An issue list whose filter may vanish',
    'The server drops label names that the repository does not have, and before Forgejo 15 those of its organisation, and then lists everything; without `type=issues` pull requests are in the list.',
  ],
  [
    'smoke-proves-nothing',
    'medium',
    'A proof that passes on nothing',
    "`jq '.[0].…'` prints `null` and exits 0 for an empty list, and so it may for an error’s answer. `jq -e` fails on both.",
  ],
  [
    'tick-not-triggerable',
    'medium',
    'A tick that nobody can trigger',
    'The platform has no call that fires an agent’s idle loop, and `…/schedules/{id}/run` only hands back the prompt. What a person can do is send the agent a message and read what it answers.',
  ],
  [
    'admin-token-write',
    'medium',
    'A secret written with the admin token',
    'Newer servers of the platform (built since July 2026) answer such a write with 202 (a person has to approve, nothing is stored), and many with 403 for the concierge. Only 200 with `"status":"saved"` means stored.',
  ],
  [
    'platform-header-missing',
    'medium',
    'A platform call without its headers',
    'Without `Origin` the hosted edge answers calls below `/workspaces/` with the web application, without `X-Molecule-Org-Id` the tenant guard answers 404 or 400. Applied to hosts of the hosted platform only.',
  ],
  [
    'secret-file-unfed',
    'medium',
    'A secrets file that the secrets API does not write',
    'Nothing that the platform’s secrets API does changes `secrets.d/…`: secrets reach an agent as environment variables when its workspace is provisioned, and GITEA_TOKEN may be filtered out on the way. What the file holds is another delivery’s matter, so it proves nothing about a push.',
  ],
  [
    'restart-blind',
    'medium',
    'A restart right behind a secret write',
    'Some releases restart the workspace by themselves after a secret write, some drop an explicit restart that follows within a minute, and two at once can break the workspace. Look first whether one is under way.',
  ],
  [
    'restart-unproven',
    'medium',
    'A restart that nobody proves',
    'The answer to a restart says only that it was accepted (or `noop`), and the old process may still report `online`. Proof is a process younger than the restart. Applied where nothing behind it reads the workspace’s state.',
  ],
  [
    'workspace-token-assumed',
    'medium',
    'A workspace token that may be absent or revoked',
    'The create answer need not hold `auth_token`; provisioning may revoke it, and minting before the first registration can lock the machine out. `…/external/rotate` serves external runtimes only and revokes every token first.',
  ],
  [
    'scope-purpose-incomplete',
    'medium',
    'Half of what a scope is for',
    'A plain comment on a pull request is an issue comment and needs `write:issue`. Instructions that give `write:issue` to those who comment on issues only leave reviewers with 403.',
  ],
  [
    'suppression-without-reason',
    'medium',
    'A suppression without a reason',
    'Write `patrol-lint: ignore RULE -- why`. Without a reason nothing is suppressed.',
  ],
  [
    'scope-excess',
    'low',
    'A scope that the profile does not need',
    'Applied as scope-missing is. What an agent does not need, a thief of its token would have for nothing.',
  ],
  [
    'scope-redundant',
    'low',
    'A scope that another one includes',
    '`write:C` includes `read:C`, and only the write is stored. A list with both reads as if they were two rights.',
  ],
  [
    'status-hidden',
    'low',
    'A read whose status is hidden',
    '`curl -s … | jq` shows an error’s answer as `null` and exits 0: a 403 looks like an empty list. `--fail-with-body` tells them apart.',
  ],
  [
    'secret-visible-in-ps',
    'low',
    'A secret among a command’s arguments',
    'The shell fills the variable in before it starts the command, so the value stands in the process list while it runs. Give `curl` the header by file or standard input. Reported once per script.',
  ],
  [
    'list-first-page',
    'low',
    'A list that is taken for whole after one page',
    '50 is the most that a server gives per page unless its administrator raised it. A list read with a limit of 50 or more and no page misses what stands behind it.',
  ],
  [
    'source-lines-inexact',
    'low',
    'Lines of Gitea’s source that are not quite these',
    'Line numbers hold for one version only. Those that a text gives for Gitea 1.22.6 are compared with where the groups really stand.',
  ],
  [
    'suppression-unused',
    'low',
    'A suppression that suppresses nothing',
    'The fault is gone, or the rule’s name is wrong. Take the comment out, or it will hide the next one.',
  ],
] as const satisfies readonly (readonly [id: string, Severity, title: string, explains: string, 'mends'?])[]

/** A rule's stable id. */
export type LintRuleId = (typeof TABLE)[number][0]

/** All rules, gravest first. The docs and every report's list of rules are made from it. */
export const LINT_RULES: readonly LintRule[] = TABLE.map(([id, severity, title, explains, safeFix]) => ({
  id,
  severity,
  title,
  explains,
  ref: id,
  safeFix: safeFix === 'mends',
}))

const BY_ID: ReadonlyMap<string, LintRule> = new Map(LINT_RULES.map((rule) => [rule.id, rule]))

/** The rule of an id, or undefined for a name that is none. */
export function lintRule(id: string): LintRule | undefined {
  return BY_ID.get(id)
}

import {findOut, onboard, push, restart, revoke, rotate, smoke, named, visibleName, withoutDangers} from './fixes.ts'
import type {Fix, FixContext} from './fixes.ts'
import type {AuditSource, Severity} from './types.ts'

/** Every rule's stable id, in the order in which an agent's findings stand. */
export type RuleId =
  | 'token-dead'
  | 'token-blocked'
  | 'token-shared'
  | 'user-is-admin'
  | 'user-is-organisation'
  | 'scope-dangerous'
  | 'empty-scope'
  | 'scope-missing'
  | 'scope-excess'
  | 'public-only'
  | 'repository-missing'
  | 'repository-excess'
  | 'could-be-confined'
  | 'role-gap'
  | 'superseded-alive'
  | 'token-orphan'
  | 'several-live-tokens'
  | 'deployed-unknown'
  | 'secret-older-than-token'
  | 'token-too-old'
  | 'token-unused'
  | 'workspace-missing'
  | 'workspace-failed'
  | 'workspace-offline'
  | 'user-without-workspace'
  | 'workspace-without-user'

/** One rule: what it means, how grave it is, and what mends it. */
export interface Rule {
  id: RuleId
  severity: Severity
  /** A few words, as in a heading. */
  title: string
  /** What it means, why it matters, and when it is not applied. */
  explains: string
  /**
   * Sources that it needs: all of one of these sets. Where none is complete the rule is not applied; where a source is
   * there but gives no answer, the agent is `unknown`.
   */
  needs: readonly (readonly AuditSource[])[]
  /** What `patrol help` prints of it: a runbook, or the rule's own part of the page of rules. */
  ref: string
  /** What mends it. */
  fix: (context: FixContext) => Fix
}

const LIVE: Rule['needs'] = [['listing'], ['probe']]

/** All rules, in the order in which an agent's findings stand. `audit --list-rules` and docs/rules.md are this table. */
export const RULES: readonly Rule[] = [
  {
    id: 'token-dead',
    severity: 'critical',
    title: 'The agent has no working token',
    explains:
      'The server answers 401 to the deployed token; or the token that the agent was last proven on is no longer listed; or its ' +
      'user has no token at all (or does not exist) and nothing tells of another. The agent can do nothing. By listing ' +
      'alone, a known value whose last eight are not among the tokens of its user is not called dead (it may be someone ' +
      "else's): that is deployed-unknown, and token-dead stays unjudged. A dead token's scopes are not judged.",
    needs: LIVE,
    ref: 'token-dead',
    fix: rotate,
  },
  {
    id: 'token-blocked',
    severity: 'high',
    title: 'The account may not use its token',
    explains:
      'The token is known, but its account is inactive, prohibited from signing in, or has to change its password (only a ' +
      'probe shows the last). What only a probe of the token could show is then not judged.',
    needs: LIVE,
    ref: 'token-blocked',
    fix: ({user = ''}) =>
      byHand(`let ${visibleName(user)} sign in again: web interface, Site Administration, Accounts`),
  },
  {
    id: 'token-shared',
    severity: 'critical',
    title: 'Two agents run on one token',
    explains:
      'The deployed tokens of two agents are the same: neither can be rotated or revoked without the other, and the audit ' +
      'trail cannot tell them apart. Told by value where references give it, else by last eight. Every agent concerned gets ' +
      'it, and the one whose user does not own the token also deployed-unknown: that one is rotated after its "token:" was taken ' +
      'out of patrol.yaml. Not applied where nothing tells the token.',
    needs: [['probe'], ['ledger'], ['agents'], ['listing']],
    ref: 'token-shared',
    fix: rotate,
  },
  {
    id: 'user-is-admin',
    severity: 'critical',
    title: 'The agent is a site administrator',
    explains:
      "With a token of such a user a wrong scope reaches the whole server. Seen in the administrator's view of the user; a " +
      'probe alone shows it with read:user, and without that it stays unjudged.',
    needs: LIVE,
    ref: 'user-is-admin',
    fix: ({user = ''}) => byHand(`take the rights of an administrator from ${visibleName(user)} on the server`),
  },
  {
    id: 'user-is-organisation',
    severity: 'critical',
    title: 'The user is an organisation',
    explains:
      'The server mints for an organisation as it does for a user, and such a token has the rights of an owner on everything that ' +
      'the organisation has. Seen by an administrator; patrol itself mints for people only.',
    needs: [['listing']],
    ref: 'user-is-organisation',
    fix: ({agent}) => ({
      command: `patrol onboard ${named(agent)}`,
      note: 'after giving the agent a user of its own in patrol.yaml; then delete the tokens of the organisation on the server',
    }),
  },
  {
    id: 'scope-dangerous',
    severity: 'critical',
    title: 'A scope that no agent should have',
    explains:
      'write:admin, write:user (it can mint itself every scope up to Gitea 1.26 and Forgejo 11.0.3) or all, whether the profile asks for it or ' +
      'not. Named once: a dangerous scope is not also an excess one, and beside "all" nothing is.',
    needs: LIVE,
    ref: 'token-scope-gap',
    fix: (context) => rotate({...context, hurdles: withoutDangers(context.hurdles)}),
  },
  {
    id: 'empty-scope',
    severity: 'high',
    title: 'A token without any scope',
    explains:
      'The deployed token has no scope at all, and nearly every call is refused. Its missing scopes are not listed one by one. ' +
      'By a probe alone up to Gitea 1.22: none that anything on the server asks for, for read:misc cannot be seen there.',
    needs: LIVE,
    ref: 'token-scope-gap',
    fix: rotate,
  },
  {
    id: 'scope-missing',
    severity: 'high',
    title: 'A scope of the profile is missing',
    explains:
      'The deployed token lacks what the profile of its agent needs, one finding for each scope in normal form (write:issue ' +
      'stands for both levels). Without read:issue the agent finds no approved work while its pull requests go on.',
    needs: LIVE,
    ref: 'token-scope-gap',
    fix: rotate,
  },
  {
    id: 'scope-excess',
    severity: 'medium',
    title: 'A scope beyond the profile',
    explains:
      'The deployed token can do more than the profile of its agent needs, one finding for each scope in normal form.',
    needs: LIVE,
    ref: 'token-scope-gap',
    fix: rotate,
  },
  {
    id: 'public-only',
    severity: 'medium',
    title: 'A token for public repositories only',
    explains: 'The deployed token is limited to public things, so private repositories stay shut whatever its scopes.',
    needs: LIVE,
    ref: 'token-scope-gap',
    fix: rotate,
  },
  {
    id: 'repository-missing',
    severity: 'high',
    title: 'A repository of the profile is out of reach',
    explains:
      'The deployed token is confined to repositories (Forgejo 15 and newer), and one that its profile names is none of them, ' +
      'or the profile says `repositories: all`; or a probe did not find the repository of the agent for that reason. Its scopes help nothing there. Read from the ' +
      "administrator's listing; a probe alone can only tell that a token is not confined, by a scope that no confined one " +
      'may have or by the server, and where it does not, it stays unjudged. Never found on Gitea and older Forgejo.',
    needs: LIVE,
    ref: 'repository-missing',
    fix: rotate,
  },
  {
    id: 'repository-excess',
    severity: 'medium',
    title: 'A repository beyond the profile',
    explains:
      'The deployed token is confined to repositories, and one of them is none of those that its profile names. Not applied ' +
      'where the profile names none. Known as repository-missing is.',
    needs: LIVE,
    ref: 'repository-excess',
    fix: rotate,
  },
  {
    id: 'could-be-confined',
    severity: 'low',
    title: 'A token that could be confined',
    explains:
      'The profile names repositories, the server can confine tokens to them (Forgejo 15 and newer, told by its rows or its ' +
      'version), and the deployed token reaches every repository of its user all the same: most likely it was minted before. ' +
      'A row of a token whose repositories were all deleted looks the same.',
    needs: LIVE,
    ref: 'could-be-confined',
    fix: rotate,
  },
  {
    id: 'role-gap',
    severity: 'high',
    title: 'The user may not read the repository',
    explains:
      'The token has the scope, but its user cannot list issues or pull requests in the repository of the agent: a matter of ' +
      'teams and units, not of the token. Judged by a probe with a configured repository, so not for agents without a token ' +
      'reference; where the scope is missing, or the token is public-only, that finding stands alone. Unjudged where the token ' +
      'may be confined away from it (Forgejo 15 and newer), or all that it was confined to may be deleted. Where the ' +
      'administrator sees no such repository either, that is said instead.',
    needs: [['probe']],
    ref: 'token-scope-gap',
    fix: ({user = '', repo = '', gone = false}) =>
      byHand(
        gone
          ? 'put the right name of the repository into patrol.yaml, as "repo" of the agent or of "gitea"'
          : `let ${visibleName(user)} read issues and code of ${visibleName(repo)}: a team or a collaborator on the server`,
      ),
  },
  {
    id: 'superseded-alive',
    severity: 'high',
    title: 'A replaced token outlived its overlap',
    explains:
      'The ledger says that this token was replaced and that its overlap is over, and it is still listed. It is neither an ' +
      'orphan nor one of several live tokens as well.',
    needs: [['listing', 'ledger']],
    ref: 'rotation-incomplete',
    fix: revoke,
  },
  {
    id: 'token-orphan',
    severity: 'high',
    title: "A token of ours in nobody's hands",
    explains:
      'A live token of the user named as patrol names them (patrol.<agent>.<day>.<id>) that is neither deployed, nor replaced ' +
      'and within its overlap, nor minted by an unfinished rotation. Unjudged while the deployed token is unknown. Where there ' +
      'is no record of it on this machine, or an agent elsewhere was last proven on it, that is said: it may be in use there.',
    needs: [['listing']],
    ref: 'rotation-incomplete',
    fix: revoke,
  },
  {
    id: 'several-live-tokens',
    severity: 'medium',
    title: 'Several live tokens',
    explains:
      'The user has more than one live token, not counting replaced ones, those of an unfinished rotation, and orphans. One ' +
      'finding for each agent.',
    needs: [['listing']],
    ref: 'several-live-tokens',
    fix: revoke,
  },
  {
    id: 'deployed-unknown',
    severity: 'medium',
    title: 'Nobody knows which token is deployed',
    explains:
      'Neither reference, agent nor ledger tells which of several tokens the agent runs on; or what they tell is a token that its user ' +
      "does not have. A user's only token is taken for the deployed one, and that is no finding; of several none is.",
    needs: LIVE,
    ref: 'deployed-unknown',
    fix: (context) => (context.way === 'find-out' ? findOut(context) : rotate(context)),
  },
  {
    id: 'secret-older-than-token',
    severity: 'medium',
    title: 'The secret is older than its token',
    explains:
      'The workspace secret was last written more than a minute before the deployed token was made, so the workspace cannot ' +
      'hold that token. Judged where both times are known: created by the listing (Gitea 1.24 and newer) or the ledger.',
    needs: [
      ['listing', 'platform'],
      ['ledger', 'platform'],
    ],
    ref: 'secret-older-than-token',
    fix: push,
  },
  {
    id: 'token-too-old',
    severity: 'medium',
    title: 'Older than its profile allows',
    explains:
      'The deployed token is older than the max-age of its profile. The age is from the listing (Gitea 1.24 and newer, no ' +
      'Forgejo up to 15) or from the ledger; where neither knows it, it stays unjudged until patrol has rotated it, which puts ' +
      'the age on record. Without max-age the rule is not applied.',
    needs: [['listing'], ['ledger']],
    ref: 'token-too-old',
    fix: rotate,
  },
  {
    id: 'token-unused',
    severity: 'low',
    title: 'Not used for a long time',
    explains:
      'The deployed token was not used for 30 days (or as set). Gitea tells last-used from 1.24 on; below that, and ' +
      'by Forgejo up to 15, the rule is not applied. A probe counts as use, so where every audit probes, this shows only tokens that are not probed.',
    needs: [['listing']],
    ref: 'token-unused',
    fix: smoke,
  },
  {
    id: 'workspace-missing',
    severity: 'high',
    title: 'The workspace does not exist',
    explains: 'The platform lists no workspace of this id or name, or it was removed. Its user and token live on.',
    needs: [['platform']],
    ref: 'workspace-missing',
    fix: (context) => orElse(onboard(context), 'give it the right workspace in patrol.yaml'),
  },
  {
    id: 'workspace-failed',
    severity: 'high',
    title: 'The workspace failed',
    explains: 'The platform could not start the workspace, or its machine broke: status failed.',
    needs: [['platform']],
    ref: 'restart-stuck',
    fix: restart,
  },
  {
    id: 'workspace-offline',
    severity: 'medium',
    title: 'The workspace is offline',
    explains:
      'No sign of life from the workspace: status offline or awaiting_agent. Paused and hibernated ones are asleep by ' +
      'choice; provisioning and degraded ones are up or coming up.',
    needs: [['platform']],
    ref: 'restart-stuck',
    fix: restart,
  },
  {
    id: 'user-without-workspace',
    severity: 'low',
    title: 'A user with our tokens that nobody claims',
    explains:
      'A user holds live tokens named patrol.*, but no agent of the inventory names this user: most likely its agent ' +
      'was taken out and its access left behind. One finding for each user. Looked for when the whole inventory is audited, ' +
      'with an administrator who may read /admin/users.',
    needs: [['listing']],
    ref: 'user-without-workspace',
    fix: ({user = '', held}) => {
      const once = held === undefined ? '' : ' once nobody runs on them'
      return byHand(`put ${visibleName(user)} into patrol.yaml, or delete its tokens on the server${once}`)
    },
  },
  {
    id: 'workspace-without-user',
    severity: 'low',
    title: 'A workspace that no audited user serves',
    explains:
      'A workspace of the platform that no agent of the inventory claims (the concierge, kind=platform, aside), so that ' +
      "nobody looks after its token; or an agent's workspace whose user does not exist. The first is looked for when " +
      'the whole inventory is audited.',
    needs: [['platform']],
    ref: 'workspace-without-user',
    fix: (context) =>
      context.unclaimed === true
        ? byHand(`put the workspace ${visibleName(context.workspace ?? '')} into patrol.yaml as an agent`)
        : orElse(
            onboard(context),
            `put the right login in the place of ${visibleName(context.user ?? '')} in patrol.yaml`,
          ),
  },
]

const ORDER = new Map(RULES.map((rule, at) => [rule.id as string, {rule, at}]))

/** What mends it, or what else does. */
function orElse({command, note}: Fix, other: string): Fix {
  return {command, note: note === undefined ? `or ${other}` : `${note}; or ${other}`}
}

/** What no command does. */
function byHand(note: string): Fix {
  return {command: undefined, note}
}

/** A rule by its id. */
export function ruleOf(id: RuleId): Rule {
  return ORDER.get(id)!.rule
}

/** Where a rule stands in the table; unknown ids come last. */
export function ruleRank(id: string): number {
  return ORDER.get(id)?.at ?? RULES.length
}

import type {FactsTold, ErrorKind} from './kind.ts'
import {CALLS} from './kinds/calls.ts'
import {CLI} from './kinds/cli.ts'
import {CONFIG} from './kinds/config.ts'
import {FILES} from './kinds/files.ts'
import {FLEET} from './kinds/fleet.ts'
import {GENERAL} from './kinds/general.ts'
import {GITEA} from './kinds/gitea.ts'
import {HTTP} from './kinds/http.ts'
import {PLATFORM} from './kinds/platform.ts'
import {PROBE} from './kinds/probe.ts'
import {RECORDS} from './kinds/records.ts'
import {SECRETS} from './kinds/secrets.ts'
import {SMOKE} from './kinds/smoke.ts'
import {STORE} from './kinds/store.ts'

/**
 * Every error code patrol can print. Codes are permanent: scripts match on them.
 * `npm run docs` writes docs/errors.md from this table.
 */
export const CATALOGUE = {
  ...CALLS,
  ...CLI,
  ...CONFIG,
  ...FILES,
  ...FLEET,
  ...GENERAL,
  ...GITEA,
  ...HTTP,
  ...PLATFORM,
  ...PROBE,
  ...RECORDS,
  ...SECRETS,
  ...SMOKE,
  ...STORE,
  CONFIG_INVALID: {category: 'usage', meaning: 'patrol.yaml has mistakes; each is named with its line and column.'},
  AUDIT_UNJUDGED: {category: 'unavailable', meaning: 'A rule of an audit could not be judged; it has not passed.'},
  LINT_UNREAD: {category: 'unavailable', meaning: 'A part of a file to lint could not be read; it has not passed.'},
  WORK_OUT_OF_REACH: {
    category: 'refused',
    meaning:
      'The new token would be confined to repositories without the one in which the agent finds its work. Nothing was changed.',
  },
  CONFINEMENT_LOST: {
    category: 'refused',
    meaning:
      'The new token would reach more than the one it replaces, which is confined to repositories. Nothing was changed.',
  },
  CONFINEMENT_REFUSED: {
    category: 'refused',
    meaning:
      'The profile names repositories beside scopes that this server gives to no token that is confined to any. Nothing was changed.',
  },
  GUARD_CONCIERGE: {category: 'refused', meaning: 'The target is the concierge (kind=platform). Nothing was changed.'},
  GUARD_UNKNOWN_KIND: {
    category: 'refused',
    meaning: 'The platform tells no kind, so the target might be the concierge.',
  },
  GUARD_OWN_WORKSPACE: {category: 'refused', meaning: 'The target is the workspace that patrol runs in.'},
  GUARD_SHARED_WORKSPACE: {
    category: 'refused',
    meaning: 'Two agents of patrol.yaml lead to one workspace, the one by its id and the other by its name.',
  },
  GUARD_OWN_CREDENTIAL: {category: 'refused', meaning: 'The target is the user whose admin credential patrol uses.'},
  GUARD_EXTERNAL: {category: 'refused', meaning: 'The workspace is external: the platform must not restart it.'},
  GUARD_PAUSED: {category: 'refused', meaning: 'The workspace is paused; a restart would wake it.'},
  GUARD_HIBERNATED: {category: 'refused', meaning: 'The workspace is hibernated; a restart would wake it.'},
  GUARD_REMOVED: {category: 'refused', meaning: 'The workspace was removed and never comes online again.'},
  GUARD_ANCESTOR_PAUSED: {category: 'refused', meaning: 'A parent of the workspace is paused, so it cannot restart.'},
  GUARD_ACTIVE_TASKS: {category: 'refused', meaning: 'The agent has tasks in flight, which a restart destroys.'},
  GUARD_DANGEROUS_SCOPES: {category: 'refused', meaning: 'The profile asks for scopes that an agent should not hold.'},
  GUARD_FOREIGN_ROTATION: {
    category: 'refused',
    meaning: 'A token is named for the agent, of which there is no record here.',
  },
  GUARD_SERVING_TOKEN: {
    category: 'refused',
    meaning: 'An agent runs on the token that was to be revoked, or may; all that speaks for it is named.',
  },
  ONBOARDING_UNKNOWN: {category: 'usage', meaning: 'No onboarding of this agent is unfinished. Nothing was changed.'},
  YIELDED: {
    category: 'refused',
    meaning:
      'Another run, of this machine or another, gave this agent a token and was first; this one gave way and deleted its own.',
  },
  STATE_OUTDATED: {
    category: 'refused',
    meaning:
      'A copy of this state (a backup, another machine) went on with this run and minted what this one was about to.',
  },
  CANDIDATE_GONE: {category: 'incomplete', meaning: 'Somebody deleted the new token before it was proven.'},
  ROTATION_OPEN: {category: 'refused', meaning: 'An earlier rotation of this agent is unfinished; resume or abort it.'},
  SUPERSEDED_AMBIGUOUS: {category: 'refused', meaning: 'Several tokens could be the deployed one; name it.'},
  SUPERSEDED_UNKNOWN: {category: 'usage', meaning: 'A token named as superseded is not among the tokens of the user.'},
  OLD_TOKEN_FOREIGN: {category: 'refused', meaning: 'The old value works, but is no token of this user.'},
  MINT_IN_DOUBT: {category: 'incomplete', meaning: 'No answer to mints told what came of them, again and again.'},
  CANDIDATE_REJECTED: {
    category: 'refused',
    meaning:
      'The new token lacks scopes of its profile or the repository in which the work is found, or its user is shut out; it was deleted.',
  },
  CANDIDATE_UNPROVEN: {category: 'unavailable', meaning: 'Not all scopes of the new token could be judged.'},
  PUSH_UNFIT: {
    category: 'refused',
    meaning: 'The token to be stored is dead, blocked, of another user, or short of its profile. Nothing was stored.',
  },
  PUSH_UNPROVEN: {
    category: 'unavailable',
    meaning: 'Nothing shows whether the agent could work with the token to be stored. Nothing was stored.',
  },
  PUSH_REFUSED: {category: 'refused', meaning: 'The platform refused to store the secret.'},
  PUSH_UNCONFIRMED: {
    category: 'incomplete',
    meaning: 'Whether a push took effect is not known: its row does not show it, or shows it too late.',
  },
  SECRET_OVERWRITTEN: {
    category: 'incomplete',
    meaning: 'Somebody wrote the secret after our push, or between our plan and it.',
  },
  APPROVAL_PENDING: {category: 'pending', meaning: 'A person has to approve the secret write; resume afterwards.'},
  APPROVAL_DENIED: {category: 'refused', meaning: 'A person denied or withdrew the approval.'},
  RESTART_NOOP: {category: 'incomplete', meaning: 'The platform answered the restart with a noop.'},
  RESTART_REFUSED: {category: 'incomplete', meaning: 'The platform refused the restart.'},
  RESTART_IN_DOUBT: {category: 'incomplete', meaning: 'No answer to restarts told what came of them, and none shows.'},
  RESTART_STALE: {category: 'incomplete', meaning: 'The workspace is online, but with the process from before.'},
  RESTART_FAILED: {category: 'incomplete', meaning: 'The workspace went to failed instead of coming online.'},
  RESTART_TIMEOUT: {category: 'incomplete', meaning: 'No new process came online in time.'},
  EXTERNAL_RESTART: {category: 'incomplete', meaning: 'An external agent has the secret; its operator restarts it.'},
  PROOF_FAILED: {category: 'incomplete', meaning: 'The agent did not prove that it works with the new token.'},
  PROOF_MISSING: {category: 'incomplete', meaning: 'The proof from inside the agent could not be had.'},
  ROLLED_BACK: {
    category: 'incomplete',
    meaning: 'The rotation ended without a new token: the one that it had minted, if any, is deleted.',
  },
  TOKEN_CHANGED: {
    category: 'incomplete',
    meaning: 'A token has another name or value by now than the record says; it was left alone.',
  },
  TOKENS_DOUBTED: {
    category: 'incomplete',
    meaning: "The server's list lacks a token that works, or that the agent runs on, so nothing is concluded from it.",
  },
  OLD_TOKEN_DEAD: {
    category: 'incomplete',
    meaning: 'The old token died while it was being put back; nothing was deleted, and a resume mints another.',
  },
  REVOCATION_HELD: {
    category: 'incomplete',
    meaning: 'The secret was written since the proof, or somebody may run on the old token; so it is not revoked.',
  },
  OLD_TOKEN_ALIVE: {category: 'incomplete', meaning: 'A superseded token still works after its deletion.'},
  USER_UNFIT: {
    category: 'refused',
    meaning: 'The account of an agent is no usable one: blocked, a site administrator, an organisation.',
  },
  MEMBERSHIP_MISSING: {
    category: 'incomplete',
    meaning: 'A membership was granted, and the server does not show it, or it does not reach the repository.',
  },
  ONBOARDING_IN_DOUBT: {
    category: 'incomplete',
    meaning: 'No answer to writes of an onboarding told what came of them, again and again.',
  },
  ONLINE_FAILED: {category: 'incomplete', meaning: 'The new workspace went to failed instead of coming online.'},
  ONLINE_TIMEOUT: {category: 'incomplete', meaning: 'The new workspace did not come online in time.'},
  WORKSPACE_TOKEN_UNUSABLE: {
    category: 'incomplete',
    meaning: 'The workspace works, but no usable token of its own could be had or kept.',
  },
  WORKSPACE_TOKEN_LEFT: {
    category: 'incomplete',
    meaning: 'The workspace token that read the old value back could not be revoked yet; a resume tries again.',
  },
} as const satisfies Record<string, ErrorKind>

/** A permanent, printable error code. */
export type Code = keyof typeof CATALOGUE

/** What has to be known to make an error of this code, as the arguments that follow the code. */
export type FactsOf<C extends Code> = C extends Code
  ? (typeof CATALOGUE)[C] extends {says: infer Says}
    ? FactsTold<Says>
    : never
  : never

import type {RotationFact, RotationEvent, TokenRef} from '../rotation/index.ts'
import {time} from './rotation.ts'
import {wrapped} from './wrap.ts'

type Sentences = {[type in RotationFact['type']]: (fact: Extract<RotationFact, {type: type}>) => string}

const KEPT = {
  new: 'the new token stays, the old ones go',
  old: 'the old ones stay, the new token goes',
  both: 'all stay that were ever sent to its agent',
} as const

/** Each fact of a journal as a sentence. A write appears twice: what was about to be sent, and what became of it. */
const SENTENCES: Sentences = {
  planned: ({terms, superseded}) =>
    `planned for profile ${terms.profile}; replaces ${superseded.length === 0 ? 'no token' : superseded.map(named).join(', ')}`,
  readback_intended: () => 'about to make a workspace token, to read the old value with',
  readback_minted: ({prefix}) => `made the workspace token ${prefix}…`,
  old_value_read: ({token}) => `read the old value: the agent runs on ${named(token)}`,
  readback_settled: ({left}) =>
    left.length === 0
      ? 'the workspace token is gone again'
      : `workspace tokens that may be ours are left: ${left.join(', ')}`,
  mint_intended: ({name}) => `about to mint ${name}`,
  minted: ({token}) => `minted ${named(token)}`,
  mint_refused: ({code}) => `the mint was refused (${code})`,
  mint_settled: ({token}) =>
    token ? `no answer came, but ${named(token)} was minted; its value is lost` : 'no answer came, nothing was minted',
  probed: ({granted}) => `probed: the new token has ${granted.join(', ')}`,
  candidate_rejected: ({missing, unknown}) =>
    `rejected: the new token lacks ${missing.join(', ') || 'nothing'}; not known: ${unknown.join(', ') || 'nothing'}`,
  value_lost: ({token}) => `the value of token ${token} is gone with the run that held it`,
  push_intended: ({token}) => `about to store token ${token} in the workspace`,
  pushed: () => 'the workspace secret is stored',
  push_pending: ({approval, reason}) => `a person has to approve (${reason}): approval ${approval}`,
  push_refused: ({code}) => `the platform refused to store it (${code})`,
  push_forestalled: () => 'not stored: somebody wrote the secret since this was planned',
  push_absent: () => 'no answer came, and nothing was stored',
  approval_decided: ({approval, decision}) => `approval ${approval} was ${decision}`,
  restart_observed: () => 'the platform restarts the workspace by itself',
  restart_intended: () => 'about to ask for a restart',
  restart_accepted: () => 'the platform accepted the restart',
  restart_refused: ({code}) => `the platform refused the restart (${code})`,
  restart_settled: ({happened}) => `no answer came, and ${happened ? 'a restart began' : 'none began'}`,
  restarted: ({evidence}) =>
    evidence === 'operator'
      ? 'restarted, as its operator says'
      : `a new process is online, as its ${evidence === 'events' ? 'events show' : 'uptime shows'}`,
  proof_failed: ({reasons}) => `not proven: ${reasons.join('; ')}`,
  push_overwritten: () => 'somebody else wrote the secret since',
  candidate_lost: ({seen}) =>
    seen ? `the new token is another one by now: ${named(seen)}` : 'the new token is not listed any more',
  proven: ({lastEight}) => `proven from inside the agent: it works with …${lastEight}`,
  rollback_started: ({token}) => `the way back begins: ${named(token)} is to serve again`,
  rollback_dropped: () => 'the way back is given up: the old value is gone',
  rollback_proven: ({lastEight}) => `the agent works with …${lastEight} again`,
  discard_intended: ({token}) => `about to delete token ${token}`,
  discarded: ({token}) => `deleted token ${token}`,
  orphan_found: ({token}) => `${named(token)} turned up, minted late`,
  revoke_intended: ({token}) => `about to revoke token ${token}`,
  revoked: ({token}) => `revoked token ${token}`,
  revoke_held: ({token}) => `token ${token} waits: somebody may run on it`,
  token_left: ({token, seen}) => `left token ${token} alone: it is another one by now, ${named(seen)}`,
  abort_requested: () => 'to be given up',
  revived: ({token}) => `token ${token}, which was not listed when that was decided, is: another one is needed`,
  decided: ({keep}) => `ended by a person: ${KEPT[keep]}`,
  rollback_lost: () => 'the way back is lost: the old token is dead',
  yielded: ({to}) => `gives way to the rotation that minted ${named(to)} first`,
  outbid: ({tokens}) => `replaces ${tokens.map(named).join(', ')} too, minted later by rotations that give way`,
  overtaken: ({by}) => `overtaken: another rotation put ${named(by)} in place of its token, which is gone`,
  closed: () => 'ended',
  completed: ({oldValue}) =>
    `completed; ${oldValue === 'dead' ? 'the old value answers 401' : 'the old value was not at hand to try'}`,
}

/** A rotation's journal for people, oldest first. */
export function journalText(events: readonly RotationEvent[], width?: number): string {
  return events.map((event) => wrapped(`  ${time(event.at)}  ${sentence(event)}`, width, 24)).join('\n')
}

function sentence<T extends RotationFact['type']>(event: Extract<RotationFact, {type: T}>): string {
  return (SENTENCES[event.type] as (fact: typeof event) => string)(event)
}

function named({name, lastEight, id}: TokenRef): string {
  return `${name} (…${lastEight}, id ${id})`
}

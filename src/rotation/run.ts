import {OpsError, unclaimed, type Code} from '../errors.ts'
import type {ToldReach} from '../scopes/repositories.ts'
import type {Secret} from '../secret.ts'
import type {SmokeReport} from '../smoke/types.ts'
import type {ActName, Clock, Lease, LedgerChange} from '../story/ports.ts'
import {placed} from '../story/placements.ts'
import {mintingChanges} from '../story/minting.ts'
import {beginStory, openStory, tell, type StoryEnd, type Story, type StoryRun} from '../story/run.ts'
import type {TokenRef} from '../story/tokens.ts'
import {ROLES, type RotationFact, type RotationEvent, type Waivers} from './events.ts'
import {advance, replay} from './machine.ts'
import type {ActDeps, RotationDeps} from './request.ts'
import {dueAt, idOf, isClosed, isExposed, toRevoke, type Rotation} from './state.ts'

/** Writes a fact before or after an act. Outside a rotation facts are dropped. */
export type Record = (fact: RotationFact) => Promise<void>

/** Superseded tokens that have to stay, and why. */
export interface Hold {
  tokens: readonly number[]
  why: OpsError
}

/** What a rotation is to the engine of stories. */
export const ROTATION: Story<Rotation, RotationFact, RotationDeps> = {
  advance,
  replay,
  idOf,
  facts: ROLES,
  called: idOf,
  journal: ({journal}) => journal,
  indexed: (rotation) => ({
    workspace: rotation.terms.workspace.name,
    closed: isClosed(rotation),
    dueAt: dueAt(rotation),
  }),
  learns: ledgerChanges,
  leaves,
}

/** One run on one rotation: besides, the values this process still holds, and what it has seen. */
export interface RotationRun extends StoryRun<Rotation, RotationFact, RotationDeps> {
  /** Values by token id; they die with the process. */
  readonly values: Map<number, Secret>
  /** What a minted token is confined to, by its id, as the server listed it. */
  readonly reaches: Map<number, ToldReach>
  proof: SmokeReport | undefined
  /** The agent named the new token when it was asked in this run. */
  heard: boolean
  /** That our workspace token may be left was said in this run. */
  tokenFeared: boolean
  /** None of the old tokens was listed, so nobody was asked whether they run on one. */
  unasked: boolean
  /** Ids of what this run deleted, and did not just find gone. */
  readonly deleted: Set<number>
  /** What this run found to hold old tokens, whichever of them it comes to. */
  hold: Hold | undefined
  /** Set by a resume: the operator of an external agent says that it was restarted. */
  restartedByOperator: boolean
  /** Overrides the terms' way of waiting for an approval. */
  approval: 'wait' | 'park' | undefined
  /** The terms' guards that are waived, and those that this run waives. */
  waive: Waivers
}

/** A run over a rotation that is already journalled up to `rotation.events`. */
export function openRun(deps: RotationDeps, lease: Lease, rotation: Rotation): RotationRun {
  return Object.assign(openStory(ROTATION, deps, lease, rotation), {
    values: new Map(),
    reaches: new Map(),
    proof: undefined,
    heard: false,
    tokenFeared: false,
    unasked: false,
    deleted: new Set<number>(),
    hold: undefined,
    restartedByOperator: false,
    approval: undefined,
    waive: rotation.terms.waive,
  })
}

/** Journals the first event of a new rotation and opens the run on it. */
export async function beginRun(
  deps: RotationDeps,
  lease: Lease,
  planned: RotationFact & {type: 'planned'},
): Promise<RotationRun> {
  return Object.assign(openRun(deps, lease, await beginStory(ROTATION, deps, lease, planned)), {begun: true})
}

/** What the ledger learns from one event; written in the same transaction. */
function ledgerChanges(next: Rotation, event: RotationEvent): LedgerChange[] {
  const {terms: there} = next
  const {user, agent} = there
  const workspace = there.workspace.id
  const {at} = event
  switch (event.type) {
    case 'planned':
      return [...event.superseded, ...(event.deployed ? [event.deployed] : [])].map((token) =>
        placed(there, token, 'found', at),
      )
    case 'outbid':
      return event.tokens.map((token) => placed(there, token, 'found', at))
    case 'push_intended': {
      const known = [next.deployed, ...next.minted, ...next.superseded]
      const sent = known.flatMap((each) => (each?.id === event.token ? [each] : []))
      return sent.slice(0, 1).map((token) => placed(there, token, 'pushed', at))
    }
    case 'minted':
    case 'orphan_found':
    case 'mint_settled':
    case 'discarded':
      return mintingChanges(there, event)
    case 'revoked':
      return [{kind: 'revoked', user, token: event.token, at}]
    case 'decided':
      return next.phase === 'proven' ? supersededNow(next, at) : []
    case 'proven': {
      if (next.phase !== 'proven') return []
      const {id, lastEight} = next.candidate
      const secretUpdatedAt = next.storedAt
      return [
        ...supersededNow(next, at),
        {kind: 'deployed', deployment: {agent, workspace, user, token: id, lastEight, secretUpdatedAt, at}},
      ]
    }
    case 'rollback_proven': {
      if (next.phase !== 'rolling_back') return []
      const {id, lastEight} = next.target
      const secretUpdatedAt = next.storedAt
      return [{kind: 'deployed', deployment: {agent, workspace, user, token: id, lastEight, secretUpdatedAt, at}}]
    }
    default:
      return []
  }
}

function supersededNow({superseded, terms: {user}}: Rotation, at: number): LedgerChange[] {
  return superseded.map((token) => ({kind: 'superseded', user, token, deadline: token.deadline ?? at, at}))
}

/** Tells the listener that an act begins, does it, and tells that it is done. */
export async function telling<T>(
  deps: Pick<ActDeps, 'on'> & {clock: Pick<Clock, 'now'>; rotation?: Rotation},
  act: ActName,
  detail: string,
  work: () => Promise<T>,
): Promise<T> {
  return tell({deps, called: deps.rotation?.terms.rotation}, act, detail, work)
}

/** Why an act by hand, behind which stands no journal, ended once its write was sent. */
export function endedBy(error: OpsError): string {
  return error.category === 'interrupted' ? 'Stopped on request.' : unclaimed(error.message)
}

/** Whether the write may have happened although it threw. */
export function inDoubt(error: unknown): error is OpsError {
  return error instanceof OpsError && error.category === 'incomplete'
}

/**
 * The state in which a rotation stands, in one sentence for people: what was done, by the journal. Never whether a token
 * works: nobody has looked, and it may have died since. A test holds all of `src` to that.
 */
export function describe(rotation: Rotation): string {
  const {terms} = rotation
  const place = `Workspace ${terms.workspace.name}`
  const old = kept(rotation)
  const remains = rotation.left.length > 0 ? leftText(rotation) : undefined
  switch (rotation.phase) {
    case 'planned':
      if (rotation.readback) return `A workspace token of ours may be left in ${terms.workspace.name}; ${old}.`
      if (rotation.doubted) return `A new token may still come of a mint whose answer was lost; ${old}.`
      return isUntouched(rotation) ? 'Nothing was changed.' : `Nothing reached the workspace; ${old}.`
    case 'minting':
    case 'minted':
    case 'awaiting_approval':
      return isExposed(rotation)
        ? `${place} may hold an earlier new token; ${old}.`
        : `Nothing reached the workspace; ${old}.`
    case 'pushing':
      return `${place} may have ${rotation.candidate ? 'the' : 'an earlier'} new token; ${old}.`
    case 'pushed':
    case 'restarting':
    case 'restarted':
      return `${place} has the new token stored; ${old}.`
    case 'rolling_back':
      return `The old token is being put back into ${terms.workspace.name}; ${old}.`
    case 'proven':
    case 'revoking': {
      const left = toRevoke(rotation).length
      return `${served(rotation)} …${rotation.candidate.lastEight}; ${left} old left to revoke.`
    }
    case 'completed': {
      const but = remains === undefined ? '' : `, but ${remains}`
      return `${served(rotation)} …${rotation.candidate.lastEight}; the old ones are gone${but}.`
    }
    case 'overtaken': {
      const but = remains === undefined ? '' : `, but ${remains}`
      return `Another rotation gave ${terms.agent} the token ${spell(rotation.rival)}; every token of this one is gone${but}.`
    }
    default: {
      const {reason} = rotation
      const {agent, workspace} = terms
      if (reason === 'both-kept') {
        return `Every token on which ${agent} may run is left as it was; its next rotation replaces them.`
      }
      if (reason === 'yielded' || reason === 'push-forestalled') {
        return remains === undefined
          ? `No new token of this rotation is left; nothing reached the workspace ${workspace.name}.`
          : `${capital(remains)}; this run stored nothing in the workspace ${workspace.name}.`
      }
      if (reason === 'proof-failed') {
        return remains === undefined
          ? `The new token is deleted; ${agent} was proven on the old one.`
          : `${capital(remains)}; ${agent} was proven on the old one in workspace ${workspace.name}.`
      }
      if (rotation.takenBack)
        return `${servedOnce(rotation)}, which is ${remains === undefined ? 'deleted by now' : 'left as it is'}; ${old}.`
      if (remains !== undefined) return `${capital(remains)}; ${old}.`
      if (rotation.doubted) return `No new token of this rotation is left; ${old}.`
      const isMinted = rotation.mints > 0 && reason !== 'mint-refused'
      return `${isMinted ? 'The new token is deleted' : 'No new token was minted'}; ${old}.`
    }
  }
}

/** What was done with the old tokens of a rotation that did not replace them. */
function kept({superseded}: Rotation): string {
  const revoked = superseded.filter((token) => token.revoked).length
  return revoked === 0 ? 'nothing was revoked' : `${revoked} old revoked`
}

/** What was to be deleted and was left alone, as the end of a sentence. */
function leftText({left}: Rotation): string {
  const names = left.map(({token}) => spell(token)).join(' and ')
  return left.length > 1 ? `tokens ${names} are left as they are` : `token ${names} is left as it is`
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1)
}

function served({terms: {agent}, byWord}: Rotation): string {
  return byWord ? `By a person's word ${agent} runs on the new token` : `${agent} was proven on the new token`
}

function servedOnce({terms: {agent}, byWord}: Rotation): string {
  return byWord ? `By a person's word ${agent} ran on the new token` : `${agent} was proven on the new token`
}

function spell(token: TokenRef | undefined): string {
  return token ? `${token.name} (id ${token.id})` : 'another machine'
}

/** What no resume mends where it lasts: a person may have to end the rotation. */
const MAY_LAST: ReadonlySet<Code> = new Set([
  'WORKSPACE_NOT_FOUND',
  'GUARD_REMOVED',
  'GITEA_USER_UNKNOWN',
  'TOKENS_DOUBTED',
  'PROOF_MISSING',
  'PROOF_FAILED',
  'RESTART_FAILED',
  'RESTART_TIMEOUT',
  'RESTART_STALE',
  'RESTART_REFUSED',
])

/** Only revocations are left. */
function isDue({phase}: Rotation): boolean {
  return phase === 'proven' || phase === 'revoking'
}

/**
 * Before the first write an error keeps its kind, and so it does when the run undid everything that it had begun itself;
 * else it is incomplete.
 */
function leaves({state: rotation, found}: Pick<RotationRun, 'state' | 'found'>, error: OpsError): StoryEnd {
  const {rotation: id} = rotation.terms
  const mayLast = MAY_LAST.has(error.code) && (!isDue(rotation) || error.code === 'TOKENS_DOUBTED')
  const wayOut = mayLast ? [`patrol rotation abort ${id}`] : []
  // Of a user whom patrol.yaml has no agent of any more, nothing can be asked under either name.
  if (error.code === 'GITEA_USER_RENAMED') wayOut.push(`patrol rotation abort ${id} --keep both`)
  // What says how to end it is not mended by a resume, which would say the same again.
  const ends = error.suggestions.some((suggestion) => suggestion.startsWith(`patrol rotation abort ${id} `))
  const goesOn =
    error.code === 'STATE_OUTDATED' ? [`patrol rotation abort ${id}`] : [`patrol rotation resume ${id}`, ...wayOut]
  const wayOn = isClosed(rotation) || ends ? [] : goesOn
  // Once a rotation is open the command that began it is refused, so nobody is sent back to it.
  const others = error.advice.flatMap(({text, repeats}) => (wayOn.length > 0 && repeats ? [] : text))
  const undone = isUntouched(rotation) || (isClosed(rotation) && isUntouched(found))
  // Whoever went on with another copy may have done more than is on record here.
  const by = error.code === 'STATE_OUTDATED' ? 'By what this copy has on record: ' : ''
  return {
    state: by + describe(rotation),
    wrote: !isUntouched(rotation),
    category: undone ? error.category : 'incomplete',
    suggestions: [...others, ...wayOn],
    ref: 'docs/runbooks/rotation-incomplete.md',
  }
}

/** No write of this rotation was sent yet, reading the old value back included. */
function isUntouched({events}: Rotation): boolean {
  return events === 1
}

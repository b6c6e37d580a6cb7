import {OpsError} from '../errors.ts'
import type {SmokeReport} from '../smoke/types.ts'
import {mayBeWithheld} from '../smoke/withheld.ts'
import {ref, type TokenRef} from '../story/tokens.ts'
import type {Terms} from './events.ts'
import {usedSince} from './gate.ts'
import type {SecretRow, TokenRow} from './ports.ts'
import {askAgent} from './proof.ts'
import {own} from './push.ts'
import {tokensOf} from './rivals.ts'
import type {Run} from './run.ts'
import {isGone} from './guards.ts'
import type {Rotation} from './state.ts'
import {beganSince} from './worker.ts'

/** Which tokens are to survive a rotation that a person ends. */
export type Keep = 'new' | 'old'

/** How everything stands that a person has to know before a rotation is ended by hand. */
export interface Survey {
  /** `gone`: nothing runs in it any more, so nothing runs on any of the tokens. */
  workspace: 'there' | 'gone'
  /** The name under which tokens are stored for it. */
  secretKey: string
  /** What the secret holds as far as anybody can tell: what we stored last, or what somebody else stored since. */
  secret: Keep | 'other' | 'absent' | 'unknown'
  /** Last eight of the token that the agent reports; null where it says that it has none, undefined where it does not say. */
  reported: string | null | undefined
  /**
   * Whether the agent lacks the new token, though it is stored: `surely` where its process, newer than the push, has none
   * there, the platform may keep that name from it, and nobody used the token since the last proof; else `perhaps`, for what
   * starts an agent may take the token and clear the variable. A proof tells better.
   */
  missed: 'surely' | 'perhaps' | undefined
  /**
   * Whether its process is from after the last write of its secret, or it reports a live token. `elsewhere`: the platform
   * starts no process of it, so nothing shows that.
   */
  began: 'surely' | 'perhaps' | 'elsewhere'
  tokens: (TokenRef & {side: Keep; alive: boolean})[]
}

/**
 * Asks Gitea for the tokens, the platform for the secret's row and the agent for its token; changes nothing. Throws
 * `TOKENS_DOUBTED` for a list that lacks the very token with which the agent works.
 */
export async function survey(run: Run): Promise<Survey> {
  const {rotation, deps} = run
  const {terms, minted, superseded} = rotation
  const rows = await tokensOf(deps, terms.user)
  const listed = new Map(rows.map((row) => [row.id, row.lastEight]))
  const news = new Set(minted.map(({id}) => id))
  const all = [...superseded.filter(({id, revoked}) => !news.has(id) && !revoked), ...minted].map(ref)
  const tokens = all.map((token) => {
    const side: Keep = news.has(token.id) ? 'new' : 'old'
    return {...token, side, alive: listed.get(token.id) === token.lastEight}
  })
  const {secretKey} = terms
  if (await isGone(deps, terms.workspace.id)) {
    const unasked = {reported: undefined, missed: undefined, began: 'surely'} as const
    return {workspace: 'gone', secretKey, secret: 'unknown', ...unasked, tokens}
  }
  const row = own(await deps.platform.secretRow(terms.workspace.id, secretKey))
  const secret = row?.updatedAt === rotation.storedAt ? holds(rotation) : row ? 'other' : 'absent'
  const candidate = 'candidate' in rotation ? rotation.candidate : undefined
  const expected = candidate ?? all[0]
  const report = expected && (await reportOf(run, expected, rows))
  const none = report?.paths.some(({reason}) => reason === 'no-token') === true
  const heard = report?.reportedLastEight
  const reported = none ? null : heard
  const works = report?.paths.some(({outcome}) => outcome === 'passed')
  if (works && tokens.some(({lastEight, alive}) => lastEight === heard && !alive)) throw doubted(terms, heard)
  const seen = {reported, secret: inFlight(rotation) ? 'unknown' : secret, rows, row} as const
  const [lacks, began] = [await missed(run, seen), await youth(run, seen)]
  return {workspace: 'there', secretKey, secret: seen.secret, reported, missed: lacks, began, tokens}
}

interface Seen extends Pick<Survey, 'reported' | 'secret'> {
  /** The user's tokens. */
  rows: readonly TokenRow[]
  /** The secret's. */
  row: SecretRow | undefined
}

async function missed({deps, rotation}: Run, {reported, secret, rows}: Seen): Promise<Survey['missed']> {
  const {phase, byWord, failures, terms, minted, updatedAt} = rotation
  const proven = (phase === 'proven' || phase === 'revoking') && !byWord
  const saidBefore = reported === undefined && failures.includes('swarm-pull: no-token')
  if (proven || (reported !== null && !saidBefore)) return undefined
  if (reported !== null || secret !== 'new' || !isRestarted(rotation) || terms.workspace.external) return 'perhaps'
  if (!mayBeWithheld(terms.secretKey) || !(await deps.platform.mayWithhold())) return 'perhaps'
  const used = rows.some((row) => minted.some(({id}) => id === row.id) && usedSince(row, updatedAt))
  return used ? 'perhaps' : 'surely'
}

async function youth({deps, rotation}: Run, {reported, secret, rows, row}: Seen): Promise<Survey['began']> {
  const {secretKey, workspace} = rotation.terms
  if (rows.some(({lastEight}) => lastEight === reported)) return 'surely'
  if (workspace.external) return 'elsewhere'
  if ((secret === 'new' || secret === 'old') && isRestarted(rotation)) return 'surely'
  // Nothing dates a deletion: only the word of a process that is newer than all that this rotation did speaks for it.
  const lastAct = {key: secretKey, scope: 'workspace', updatedAt: new Date(rotation.updatedAt).toISOString()} as const
  const written = row ?? (reported === null ? lastAct : undefined)
  if (!written) return 'perhaps'
  return (await beganSince(await deps.platform.read(workspace.id), written, deps)) ? 'surely' : 'perhaps'
}

/** The process is newer than our last push, by our own record. */
function isRestarted(rotation: Rotation): boolean {
  if (rotation.phase === 'rolling_back') return rotation.step.at === 'restarted'
  return rotation.phase === 'restarted' || rotation.phase === 'proven' || rotation.phase === 'revoking'
}

function doubted({user, agent, rotation}: Terms, lastEight: string | undefined): OpsError {
  return new OpsError(
    'TOKENS_DOUBTED',
    `The list of the tokens of ${user} lacks …${lastEight}, with which ${agent} works: the list is not whole. Nothing was deleted.`,
    {
      suggestions: ['patrol doctor', `patrol rotation resume ${rotation}`],
      ref: 'docs/runbooks/rotation-incomplete.md',
    },
  )
}

async function reportOf(run: Run, token: TokenRef, rows: readonly TokenRow[]): Promise<SmokeReport | undefined> {
  try {
    return await askAgent(run, token, rows)
  } catch (error) {
    if (!(error instanceof OpsError) || error.category === 'interrupted') throw error
    return undefined
  }
}

/** A token was sent, and nobody has looked yet whether it is stored. */
function inFlight(rotation: Rotation): boolean {
  return rotation.phase === 'pushing' || (rotation.phase === 'rolling_back' && rotation.step.at === 'pushing')
}

/** What our last push stored. Before the next one, that is a token whose value is lost. */
function holds(rotation: Rotation): Survey['secret'] {
  if (rotation.phase === 'rolling_back') return ['push', 'awaiting_approval'].includes(rotation.step.at) ? 'new' : 'old'
  const stored = ['pushed', 'restarting', 'restarted', 'proven', 'revoking'].includes(rotation.phase)
  return stored ? 'new' : 'unknown'
}

/** Nobody can run on any of the tokens: there is no workspace, or none of them is alive. */
export function isDeserted({workspace, tokens}: Survey): boolean {
  return workspace === 'gone' || tokens.every(({alive}) => !alive)
}

/** Ids of tokens that count as dead: nobody was asked whether somebody runs on them, if there is somebody who could. */
export function unseenIn({workspace, tokens}: Survey): number[] {
  return workspace === 'gone' ? [] : tokens.flatMap(({id, alive}) => (alive ? [] : id))
}

/** Why these tokens must not be the ones that survive, in a sentence; undefined where a person may decide so. */
export function objection(standing: Survey, keep: Keep, agent: string): string | undefined {
  const {secretKey, secret, reported, missed: lacks, began, tokens} = standing
  if (isDeserted(standing)) return keep === 'new' ? 'Nobody runs on the new token.' : undefined
  // What the platform keeps from it, it does not work with.
  if (keep === 'old' && lacks === 'surely') return undefined
  const other = keep === 'new' ? 'old' : 'new'
  const dying = tokens.find(({side, alive, lastEight}) => side === other && alive && lastEight === reported)
  if (!tokens.some(({side, alive}) => side === keep && alive)) return `No ${keep} token is alive.`
  if (dying) return `${agent} reports that it runs on …${dying.lastEight}, which would be deleted.`
  if (secret === 'unknown') return 'Whether the workspace has the new token stored is not known; a resume finds out.'
  if (lacks === 'surely') {
    return `${agent} says that it has no token in ${secretKey}, so the new one has not reached it, and what would be deleted may be what it works with.`
  }
  if (keep === 'new' && lacks === 'perhaps') {
    return `${agent} said that it has no token in ${secretKey}, and nothing shows that the new one has reached it.`
  }
  if (keep === 'new' && secret !== 'new') return 'The workspace does not have the new token stored.'
  if (keep === 'old' && secret === 'new') {
    return `The workspace has the new token stored, so its next start would be on a deleted one; push the old one, or delete that secret, first, and restart ${agent} then.`
  }
  if (began !== 'perhaps') return undefined
  if (secret !== 'absent') {
    return `The process of ${agent} may be older than what its secret holds, and on what would be deleted; restart it first.`
  }
  return `The process of ${agent} may still be on what would be deleted, for it keeps what it was started with; restart it first. Where it is silent then, push one that works, and restart it once more.`
}

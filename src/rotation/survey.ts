import {OpsError} from '../errors.ts'
import {NO_TOKEN} from '../smoke/protocol.ts'
import type {SmokeReport} from '../smoke/types.ts'
import {ref, type TokenRef} from '../story/tokens.ts'
import type {RotationTerms} from './events.ts'
import type {SecretRow, TokenRow} from './ports.ts'
import {askAgent} from './proof.ts'
import {own} from './push.ts'
import {tokensOf} from './rivals.ts'
import type {RotationRun} from './run.ts'
import {lookAtHolders} from './hold.ts'
import {isGone} from './guards.ts'
import type {Rotation} from './state.ts'
import {wordOf, type TokenWord} from './word.ts'
import {beganSince} from './worker.ts'

/** What survives a rotation that a person ends: one side's tokens, or all on which its agent may run. */
export type Keep = 'new' | 'old' | 'both'

/** A token of a rotation: what it was to end on, what it minted before that, or what it replaces. */
export interface SurveyedToken extends TokenRef {
  side: 'new' | 'lost' | 'old'
  /** Gitea lists it. */
  alive: boolean
}

/** How everything stands that a person has to know before a rotation is ended by hand. */
export interface Survey {
  /** `gone`: nothing runs in it any more, so nothing runs on any of the tokens; `lost`: gone, yet its process runs outside the platform. */
  workspace: 'there' | 'gone' | 'lost'
  /** The name under which tokens are stored for it. */
  secretKey: string
  /**
   * What the secret holds as far as is on record: the new token, what it held when the rotation was planned or a rollback put
   * back, or nothing. `unknown`: it was written since, or a push of ours may still arrive.
   */
  secret: 'new' | 'old' | 'absent' | 'unknown'
  /** What the agent says, asked now. */
  word: TokenWord
  /** Its process is surely younger than the secret, which so holds what the agent says. */
  isYounger: boolean
  /** The agent was proven on the new token, and its secret is as it was then. */
  isProven: boolean
  tokens: SurveyedToken[]
  /** Who besides the process in its workspace may run on one of the new tokens, asked now; a line each. */
  others: string[]
}

/** After this long without an answer nothing arrives of a push. */
export const ARRIVED_MS = 60_000

/**
 * Asks Gitea for the tokens, the platform for the secret's row, and the agent for its token, and whoever else may run on a new
 * one; changes nothing. Throws `TOKENS_DOUBTED` for a list that lacks the very token with which the agent works.
 */
export async function survey(run: RotationRun): Promise<Survey> {
  const {state: rotation, deps} = run
  const {terms, minted, superseded} = rotation
  const {workspace, secretKey} = terms
  const rows = await tokensOf(deps, terms.user)
  const candidate = 'candidate' in rotation ? rotation.candidate : undefined
  const mintedHere = new Set(minted.map(({id}) => id))
  const all = [...superseded.filter(({id, revoked}) => !mintedHere.has(id) && !revoked), ...minted].map(ref)
  const tokens = all.map((token): SurveyedToken => {
    const side = token.id === candidate?.id ? 'new' : mintedHere.has(token.id) ? 'lost' : 'old'
    return {...token, side, alive: rows.some(({id, lastEight}) => id === token.id && lastEight === token.lastEight)}
  })
  const news = tokens.filter(({side, alive}) => side !== 'old' && alive)
  const sighted = await lookAtHolders({...terms, since: rotation.startedAt}, news, terms, deps)
  const others = sighted.flatMap(({kind, line}) => (kind === 'elsewhere' ? [] : [line]))
  if (await isGone(deps, workspace.id)) {
    const says = workspace.external
      ? 'it runs outside the platform, which has its workspace no more'
      : 'its workspace is gone'
    const word = {holds: 'unknown', says} as const
    const place = workspace.external ? 'lost' : 'gone'
    return {workspace: place, secretKey, secret: 'unknown', word, isYounger: false, isProven: false, tokens, others}
  }
  const stored = async () => own(await deps.platform.secretRow(workspace.id, secretKey))
  const before = await stored()
  // What is asked below may be answered by a process that is no more once it is.
  const began = before !== undefined && (await beganSince(await deps.platform.read(workspace.id), before, deps))
  let report: SmokeReport | undefined
  const word = await wordOf({
    ask: async () => heardIn((report = await reportOf(run, candidate ?? all[0], rows))),
    secretKey,
    going: tokens,
    listed: async (heard) => rows.find(({lastEight}) => lastEight === heard),
    whose: terms.user,
  })
  const works = report?.paths.some(({outcome}) => outcome === 'passed')
  const named = word.holds === 'unknown' ? undefined : word.token
  if (works && named && tokens.some(({id, alive}) => id === named.id && !alive)) throw doubted(terms, named)
  const row = await stored()
  const arrives = mayArrive(rotation, deps.clock.now())
  const secret = arrives ? 'unknown' : holds(rotation, row)
  const isYounger = began && !arrives && row?.updatedAt === before?.updatedAt
  const isProven =
    (rotation.phase === 'proven' || rotation.phase === 'revoking') && !rotation.byWord && secret === 'new'
  return {workspace: 'there', secretKey, secret, word, isYounger, isProven, tokens, others}
}

function holds(rotation: Rotation, row: SecretRow | undefined): Survey['secret'] {
  if (!row) return 'absent'
  if (row.updatedAt === rotation.storedAt) return storedBy(rotation)
  return row.updatedAt === rotation.plannedOn ? 'old' : 'unknown'
}

/** A new token was sent a moment ago, nobody has looked since whether it is stored, and it may be yet. */
function mayArrive(rotation: Rotation, now: number): boolean {
  const isSettled = rotation.phase === 'rolling_back' || isStored(rotation)
  return !isSettled && now - rotation.updatedAt < ARRIVED_MS
}

/** What our last push stored. Before the next one, that is a token whose value is lost. */
function storedBy(rotation: Rotation): Survey['secret'] {
  if (rotation.phase !== 'rolling_back') return isStored(rotation) ? 'new' : 'unknown'
  const {at} = rotation.step
  if (at === 'pushing') return 'unknown'
  return at === 'push' || at === 'awaiting_approval' ? 'new' : 'old'
}

function isStored({phase}: Rotation): boolean {
  return ['pushed', 'restarting', 'restarted', 'proven', 'revoking'].includes(phase)
}

async function reportOf(
  run: RotationRun,
  token: TokenRef | undefined,
  rows: readonly TokenRow[],
): Promise<SmokeReport | undefined> {
  try {
    return token && (await askAgent(run, token, rows, 'ask'))
  } catch (error) {
    if (!(error instanceof OpsError) || error.category === 'interrupted') throw error
    return undefined
  }
}

function heardIn(report: SmokeReport | undefined): string | undefined {
  return report?.paths.some(({reason}) => reason === 'no-token') ? NO_TOKEN : report?.reportedLastEight
}

function doubted({user, agent, rotation}: RotationTerms, {lastEight}: TokenRef): OpsError {
  return new OpsError(
    'TOKENS_DOUBTED',
    `The list of the tokens of ${user} lacks …${lastEight}, with which ${agent} works: the list is not whole. Nothing was deleted.`,
    {
      suggestions: ['patrol doctor', `patrol rotation resume ${rotation}`],
      ref: 'docs/runbooks/rotation-incomplete.md',
    },
  )
}

/** Nobody can run on any of the tokens: there is no workspace and nobody else who may, or none of them is alive. */
export function isDeserted({workspace, tokens, others}: Survey): boolean {
  return (workspace === 'gone' && others.length === 0) || tokens.every(({alive}) => !alive)
}

/** Ids of tokens that count as dead: nobody was asked whether somebody runs on them, if there is somebody who could. */
export function unseenIn({workspace, tokens}: Survey): number[] {
  return workspace === 'gone' ? [] : tokens.flatMap(({id, alive}) => (alive ? [] : id))
}

/** The live tokens that go where this side is kept. */
export function dyingIn({tokens}: Survey, keep: Keep): SurveyedToken[] {
  return keep === 'both' ? [] : tokens.filter(({side, alive}) => alive && side !== keep)
}

/**
 * Why these tokens must not be the only ones that survive, in a sentence; undefined where they may. One rule, that of every
 * deletion: a token goes where its agent, asked now, names another live one and its next start brings none that goes; or was
 * proven on the new one. For all else there is `both`, but where nobody can run on the new one, which would be left for good.
 */
export function objection(standing: Survey, keep: Keep, agent: string): string | undefined {
  const {workspace, secretKey, secret, word, tokens, others} = standing
  if (isDeserted(standing)) return keep === 'old' ? undefined : 'Nobody runs on the new token.'
  if (keep === 'both') return undefined
  const dying = dyingIn(standing, keep)
  if (!tokens.some(({side, alive}) => side === keep && alive)) return `No ${keep} token is alive.`
  if (keep === 'new' && secret !== 'new' && workspace === 'there') {
    return 'The workspace does not have the new token stored.'
  }
  if (word.holds !== 'unknown' && dying.some(({id}) => id === word.token.id)) {
    return `${agent} reports that it runs on …${word.token.lastEight}, which would be deleted.`
  }
  if (keep === 'old' && others.length > 0) return `Somebody may run on what would be deleted: ${others.join('; ')}.`
  if (standing.isProven && keep === 'new') return undefined
  if (word.holds === 'unknown') return `Of ${agent} it is not known what it runs on, for ${word.says}.`
  const {id: named, lastEight} = word.token
  if (tokens.some(({id, lastEight: end, alive}) => id === named && end === lastEight && !alive)) {
    return `${agent} reports that it runs on …${lastEight}, which is not alive.`
  }
  if (keep === 'old' && secret === 'new') {
    return 'The workspace has the new token stored, so its next start would be on a deleted one.'
  }
  if (secret === 'unknown' && !standing.isYounger) {
    return `${secretKey} may hold what would be deleted, and the next start brings that.`
  }
  return undefined
}

import {OpsError} from '../errors.ts'
import type {SmokeReport} from '../smoke/types.ts'
import type {Terms, TokenRef} from './events.ts'
import {askAgent} from './proof.ts'
import {own} from './push.ts'
import {tokensOf} from './rivals.ts'
import type {Run} from './run.ts'
import {isGone} from './guards.ts'
import {ref} from './superseded.ts'
import type {Rotation} from './state.ts'

/** Which tokens are to survive a rotation that a person ends. */
export type Keep = 'new' | 'old'

/** How everything stands that a person has to know before a rotation is ended by hand. */
export interface Survey {
  /** `gone`: nothing runs in it any more, so nothing runs on any of the tokens. */
  workspace: 'there' | 'gone'
  /** What the secret holds as far as anybody can tell: what we stored last, or what somebody else stored since. */
  secret: Keep | 'other' | 'unknown'
  /** Last eight of the token that the agent reports; undefined where it does not say. */
  reported: string | undefined
  tokens: (TokenRef & {side: Keep; alive: boolean})[]
}

/**
 * Asks Gitea for the tokens, the platform for the secret's row and the agent for its token; changes nothing. Throws
 * `TOKENS_DOUBTED` for a list that lacks the very token with which the agent works.
 */
export async function survey(run: Run): Promise<Survey> {
  const {rotation, deps} = run
  const {terms, minted, superseded} = rotation
  const listed = new Map((await tokensOf(deps, terms.user)).map((row) => [row.id, row.lastEight]))
  const news = new Set(minted.map(({id}) => id))
  const all = [...superseded.filter(({id, revoked}) => !news.has(id) && !revoked), ...minted].map(ref)
  const tokens = all.map((token) => {
    const side: Keep = news.has(token.id) ? 'new' : 'old'
    return {...token, side, alive: listed.get(token.id) === token.lastEight}
  })
  if (await isGone(deps, terms.workspace.id)) return {workspace: 'gone', secret: 'unknown', reported: undefined, tokens}
  const row = own(await deps.platform.secretRow(terms.workspace.id, terms.secretKey))
  const secret = row?.updatedAt === rotation.storedAt ? holds(rotation) : 'other'
  const candidate = 'candidate' in rotation ? rotation.candidate : undefined
  const expected = candidate ?? all[0]
  const report = expected && (await reportOf(run, expected))
  const reported = report?.reportedLastEight
  const works = report?.paths.some(({outcome}) => outcome === 'passed')
  if (works && tokens.some(({lastEight, alive}) => lastEight === reported && !alive)) throw doubted(terms, reported)
  return {workspace: 'there', secret: inFlight(rotation) ? 'unknown' : secret, reported, tokens}
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

async function reportOf(run: Run, token: TokenRef): Promise<SmokeReport | undefined> {
  try {
    return await askAgent(run, token)
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
  const {secret, reported, tokens} = standing
  if (isDeserted(standing)) return keep === 'new' ? 'Nobody runs on the new token.' : undefined
  const other = keep === 'new' ? 'old' : 'new'
  const dying = tokens.find(({side, alive, lastEight}) => side === other && alive && lastEight === reported)
  if (!tokens.some(({side, alive}) => side === keep && alive)) return `No ${keep} token is alive.`
  if (dying) return `${agent} reports that it runs on …${dying.lastEight}, which would be deleted.`
  if (secret === 'unknown') return 'Whether the workspace has the new token stored is not known; a resume finds out.'
  if (keep === 'new' && secret !== 'new') return 'The workspace does not have the new token stored.'
  if (keep === 'old' && secret === 'new') {
    return 'The workspace has the new token stored, so its next start would be on a deleted one; push the old one first.'
  }
  return undefined
}

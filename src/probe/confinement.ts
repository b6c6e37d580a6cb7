import {forgeOf, reaches, versionIn} from '../forge.ts'
import {unconfinable, UNREADABLE_REACH, type ToldReach} from '../scopes/repositories.ts'
import {expand} from '../scopes/sets.ts'
import type {TokenKnowledge} from './knowledge.ts'
import type {ProbeLine} from './line.ts'
import {VERSION} from './table.ts'
import type {ProbedConfinement} from './types.ts'

/** Such a row looks like that of a token that is not confined (forgejo 15.0.3). */
const EMPTIED = 'all that the token was confined to are deleted'

const UNTOLD = 'a token that has nothing but scopes of issue and repository may be confined to some repositories'

/**
 * Which repositories a live token reaches. Any scope that no confined token may have settles it, and so does a server that
 * confines none; else only the token's row tells (`reachOf`), which it can't read itself (forgejo 15: the list of one's own
 * tokens wants read:user). Costs a `GET /version` where nothing has told yet which server it is.
 */
export async function confinementOf(
  line: ProbeLine,
  known: TokenKnowledge,
  reachOf: (() => Promise<ToldReach | undefined>) | undefined,
): Promise<ProbedConfinement> {
  const granted = expand(known.grantedScopes())
  const [other] = unconfinable(granted)
  if (other !== undefined) return {reach: 'all', reason: `it has ${other}, which no confined token can have`}
  if (granted.size === 0) {
    const none = known.decided('read:issue') && known.decided('read:repository')
    if (none) return {reach: 'all', reason: 'it has no scope of issue or repository to be confined'}
    return {reach: 'unknown', reason: 'its scopes are not known either'}
  }
  const server = await confiningNone(line, known)
  if (server !== undefined) return {reach: 'all', reason: `${server} confines no token`}
  const told = await reachOf?.()
  if (told === 'unknown') return {reach: told, reason: UNREADABLE_REACH}
  if (told !== undefined) {
    const reason = "as the administrator's list of its user's tokens shows"
    return {reach: told, reason, ...(told === 'all' && {doubt: EMPTIED})}
  }
  return {reach: 'unknown', reason: `${UNTOLD} (Forgejo 15 and newer), and only an administrator's list tells`}
}

/** The server in words, where none of its tokens can be confined; asks for its version where nothing else has told. */
export async function confiningNone(line: ProbeLine, known: TokenKnowledge): Promise<string | undefined> {
  // Only Gitea does so (forgejo 7 to 15 has the plain denial, and no `GET /token`).
  if (known.version === undefined && known.tellsScopes) return 'a Gitea that tells scopes'
  known.version ??= versionIn((await line.ask(VERSION)).reply.body)
  const forge = forgeOf(known.version)
  return forge.name === 'unknown' || reaches(forge, 'forgejo', '15.0') ? undefined : forge.named
}

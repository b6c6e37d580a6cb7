import {OpsError, orElse} from '../errors.ts'
import {placed} from '../story/placements.ts'
import {warn} from '../story/run.ts'
import {sameLogin} from './names.ts'
import type {RotationTerms} from './events.ts'
import {isExternal, isGone, placeOf} from './guards.ts'
import {tokensOfUser} from './gate.ts'
import {
  abreast,
  brief,
  holdersOf,
  named,
  OUTSIDE,
  outsiderIn,
  type HolderRoom,
  type TokenHolder,
  type HolderDeps,
  type TokensOwner,
} from './holders.ts'
import type {Platform, SecretRow, TokenRow} from './ports.ts'
import {type Hold, type RotationRun} from './run.ts'
import {toRevoke} from './state.ts'
import {wordOf, type Going} from './word.ts'
import {beganSince} from './worker.ts'

const REF = 'docs/runbooks/rotation-incomplete.md'
/** States in which an agent answers; asking another one might wake it. */
const UP = new Set(['online', 'degraded'])

/** What could be found out about a holder. */
export interface HolderSighting {
  holder: TokenHolder
  /** On another token, on one of those that are to go, or neither could be shown. */
  kind: 'elsewhere' | 'held' | 'unproven'
  /** All of it, as one sentence without a full stop. */
  line: string
  /** When the secret of its workspace was written, as it stood before it was asked. */
  updatedAt: string | undefined
  /** Of `held` the id of the only one of them that it can be on; undefined where its next start may be on another. */
  only?: number | undefined
}

/**
 * What keeps superseded tokens from going, as far as their holders are concerned; undefined where nothing does. Each holder
 * has to be known on another token: by the ledger, while its secret is as that proof left it, or by its own word (`wordOf`),
 * asked now. So has the agent itself where it runs elsewhere, or serves by a person's word, and this run did not hear it. Who runs on one of them is
 * never passed over, and holds that one where his secret was proven to be the same, else all; who could not be told holds
 * all, and is passed over only with `unprovenHolders`. Throws as `lookAtHolders`.
 */
export async function holdOn(run: RotationRun): Promise<Hold | undefined> {
  const {deps, state: rotation, waive, values} = run
  const {terms} = rotation
  const tokens = toRevoke(rotation).map((token) => ({...token, value: values.get(token.id)}))
  const sighted = [...(await itself(run, tokens)), ...(await lookAtHolders(terms, tokens, terms, deps))]
  const open = sighted.filter(({kind}) => kind !== 'elsewhere')
  if (open.length === 0) return undefined
  const lines = open.map(({line}) => `  ${line}`)
  if (waive.unprovenHolders && open.every(({kind}) => kind === 'unproven')) {
    warn(run, ['Others may stop, for they may run on the old token:', ...lines].join('\n'))
    return undefined
  }
  const held = tokens.filter(({id}) => open.some(({only}) => only === undefined || only === id))
  const which = held.length < tokens.length ? ` ${held.map(({lastEight}) => `…${lastEight}`).join(', ')}` : ''
  const why = new OpsError(
    'REVOCATION_HELD',
    [`The old token${which} of ${terms.agent} is not revoked, for somebody may run on it:`, ...lines].join('\n'),
    {suggestions: waysOut(terms, open), ref: REF},
  )
  return {tokens: held.map(({id}) => id), why}
}

/** Who may run on a token, with `ownToo` its owner's own agent among them, asked now. */
export async function runnersOf(
  owner: TokensOwner,
  token: Going,
  errand: AskErrand,
  deps: HolderDeps,
  ownToo = true,
): Promise<HolderSighting[]> {
  const {agent, secretKey, user, workspace} = owner
  const room = ownToo ? await homeOf(owner, deps) : undefined
  const why = workspace?.external
    ? 'runs elsewhere, on what its operator starts it with'
    : 'has a secret that was written since'
  const self = room && {who: named(agent, room), agent, workspace: room, why}
  const own = self ? [await sighting(self, [token], {...errand, secretKey, user}, deps)] : []
  const sighted = [...own, ...(await lookAtHolders(owner, [token], errand, deps))]
  return sighted.filter(({kind}) => kind !== 'elsewhere')
}

/** The owner's own workspace, as it takes to ask in it; undefined where nothing runs any more, or none can be looked at. */
async function homeOf(
  {workspace}: Pick<TokensOwner, 'workspace'>,
  {platform}: Pick<HolderDeps, 'platform'>,
): Promise<HolderRoom | undefined> {
  if (!workspace || !platform) return undefined
  if (!(await isGone({platform}, workspace.id))) return brief(await platform.read(workspace.id))
  return workspace.external ? outsiderIn(workspace) : undefined
}

/** How each of them comes to run on a token of its own, or is shown to. */
function waysOut({agent: own, user, rotation}: RotationTerms, open: readonly HolderSighting[]): string[] {
  const [onIt, unproven] = [agentsThat('held', open), agentsThat('unproven', open)]
  const held = onIt.filter((agent) => agent !== own)
  const unsure = [...onIt.filter((agent) => agent === own), ...unproven]
  const rooms = open.flatMap(({kind, holder: {agent, workspace, secretKey}}) =>
    kind === 'held' && agent === undefined && secretKey === undefined && workspace ? [workspace] : [],
  )
  return [
    ...(held.length > 0 ? [`patrol rotate ${held.join(' ')}`] : []),
    ...unsure.map((agent) => `patrol smoke ${agent}`),
    ...otherwiseNamed(open, user),
    ...rooms.map((room) => {
      const gone = isExternal(room) ? 'stop its process where it runs' : 'delete the workspace in the canvas'
      return `give workspace ${room.name} (${room.id}) an agent with a user of its own in patrol.yaml and rotate that, or ${gone} if nobody needs it`
    }),
    ...(open.some(({kind}) => kind === 'held') ? [] : [`patrol rotation resume ${rotation} --allow-unproven-holders`]),
  ]
}

/**
 * The rotation's own agent, unless this run heard that it is on the new token: where it runs elsewhere, for what it is
 * started with is not what the platform stores, and where a person said that it serves.
 */
async function itself(run: RotationRun, tokens: readonly Going[]): Promise<HolderSighting[]> {
  const {deps, state: rotation, proof, heard} = run
  const {terms, byWord} = rotation
  const {agent, workspace} = terms
  const isSure = heard || proof?.passed || (!workspace.external && !byWord)
  const room = isSure ? undefined : await homeOf(terms, deps)
  if (!room) return []
  const why = workspace.external
    ? 'runs elsewhere, on what its operator starts it with'
    : 'was never proven on the new one, which serves by the word of a person'
  const holder = {who: named(agent, room), agent, workspace: room, why}
  const serves = 'candidate' in rotation ? rotation.candidate?.lastEight : undefined
  return [await sighting(holder, tokens, {...terms, serves}, deps)]
}

/** The agents of the inventory of whom that was found out about the secret that patrol gives them, where they can be asked. */
export function agentsThat(wanted: HolderSighting['kind'], found: readonly HolderSighting[]): string[] {
  const agents = found.flatMap(({kind, holder: {agent, secretKey, workspace}}) =>
    kind === wanted && agent !== undefined && secretKey === undefined && workspace?.status !== OUTSIDE ? [agent] : [],
  )
  return [...new Set(agents)]
}

/**
 * How a process comes off a token of this user that it holds under a name which patrol.yaml gives no agent, so no rotation
 * writes it. Another one of his is what its word can show; that it has none would be a word alone.
 */
export function otherwiseNamed(found: readonly HolderSighting[], user: string): string[] {
  return found.flatMap(({kind, holder: {workspace, secretKey}}) =>
    kind === 'held' && workspace && secretKey !== undefined
      ? [
          isExternal(workspace)
            ? `have the operator of workspace ${workspace.name} (${workspace.id}) start its process with another token of ${user} in ${secretKey}`
            : `store another token of ${user} as ${secretKey} of workspace ${workspace.name} (${workspace.id}) in the canvas, and restart the workspace`,
        ]
      : [],
  )
}

/** Everybody of `holdersOf`, looked at and where need be asked, now. Throws as that. */
export async function lookAtHolders(
  owner: TokensOwner,
  tokens: readonly Going[],
  errand: AskErrand,
  deps: HolderDeps,
): Promise<HolderSighting[]> {
  const holders = await holdersOf(owner, tokens, deps)
  const {secretKey, user} = owner
  return abreast(holders, (holder) => sighting(holder, tokens, {...errand, secretKey, user}, deps))
}

async function sighting(
  holder: TokenHolder,
  tokens: readonly Going[],
  errand: AskErrand & Pick<TokensOwner, 'secretKey' | 'user'>,
  deps: HolderDeps,
): Promise<HolderSighting> {
  const {says, ...found} = await standing(holder, tokens, errand, deps)
  return {holder, line: `${holder.who} ${holder.why}; ${says}`, ...found}
}

/** What an agent is asked about; without a repository it can't be asked. `serves`: what its secret is known to hold. */
export type AskErrand = {repo: string | undefined; label: string; serves?: string | undefined}

type HolderStanding = Pick<HolderSighting, 'kind' | 'updatedAt' | 'only'> & {says: string}

async function standing(
  {agent, workspace, secretKey: theirKey}: TokenHolder,
  going: readonly Going[],
  {repo, label, secretKey: ownKey, user, serves}: AskErrand & Pick<TokensOwner, 'secretKey' | 'user'>,
  deps: HolderDeps,
): Promise<HolderStanding> {
  const {platform, ledger, fleet} = deps
  const secretKey = theirKey ?? ownKey
  const unproven = (says: string): HolderStanding => ({kind: 'unproven', says, updatedAt: undefined})
  if (!workspace && agent === undefined) return unproven('patrol.yaml does not have it, so it was not asked')
  if (!platform) return unproven('there is no platform through which it could be asked')
  if (!workspace) return unproven('the platform has no workspace of it that could be asked')
  if (workspace.status === OUTSIDE) return unproven('its process ran outside the platform, and cannot be asked there')
  const isOurs = (lastEight: string): boolean => going.some((token) => token.lastEight === lastEight)
  try {
    const row = await platform.secretRow(workspace.id, secretKey)
    const updatedAt = row?.updatedAt
    const deployed = agent === undefined ? undefined : await ledger.deployed(agent, workspace.id)
    const unchanged = row?.scope === 'workspace' && updatedAt === deployed?.secretUpdatedAt
    const stored = unchanged ? deployed?.lastEight : undefined
    // Who runs elsewhere is started with what his operator likes, whatever the secret holds.
    if (stored !== undefined && !isOurs(stored) && !isExternal(workspace)) {
      return {kind: 'elsewhere', says: `it was proven on …${stored}`, updatedAt}
    }
    if (!UP.has(workspace.status)) return unproven(`it is ${workspace.status} and was not asked`)
    if (repo === undefined) return unproven('patrol.yaml names no repository to ask it about')
    const theirs = (await fleet.agents()).find((each) => each.agent === agent)?.user
    const users = theirs === undefined || sameLogin(theirs, user) ? [user] : [theirs, user]
    // The process that answers may be replaced meanwhile by one that is younger than it.
    const isYounger = row !== undefined && (await startedSince(row, workspace.id, platform))
    const word = await wordOf({
      ask: () => fleet.ask(workspace.id, {repo, label, secretKey}),
      secretKey,
      going,
      listed: (lastEight) => liveToken(lastEight, users, deps),
      whose: users.join(' or '),
    })
    if (word.holds === 'unknown') return unproven(word.says)
    const said = {agent: agent ?? workspace.name, user: theirs ?? user, workspace: placeOf(workspace), secretKey}
    const unkept = await ledger
      .apply([placed(said, word.token, 'heard', deps.clock.now())])
      .catch(orElse(({message}) => message))
    const reported = word.token.lastEight
    if (word.holds === 'going') {
      const {id} = word.token
      const stays =
        row?.scope === 'workspace' &&
        !isExternal(workspace) &&
        (await ledger.provenOn([word.token])).some(
          (proof) =>
            proof.lastEight === reported &&
            proof.elsewhere === undefined &&
            proof.workspace === workspace.id &&
            proof.secretUpdatedAt === updatedAt,
        )
      return {kind: 'held', says: `it runs on …${reported}`, updatedAt, only: stays ? id : undefined}
    }
    if (typeof unkept === 'string') return unproven(`it reports …${reported}, which could not be noted: ${unkept}`)
    const isStored = reported === stored || reported === serves
    if (row && !isStored && !isYounger) {
      return unproven(
        `it reports …${reported}, but its ${secretKey} may be newer than its process and be what it starts with next`,
      )
    }
    return {kind: 'elsewhere', says: `it reports …${reported}`, updatedAt}
  } catch (error) {
    if (!(error instanceof OpsError) || error.category === 'interrupted') throw error
    return unproven(`it could not be asked: ${error.message}`)
  }
}

/** `beganSince` of the process that runs now; not sure where that can't be read. */
async function startedSince(row: SecretRow, workspace: string, platform: Platform): Promise<boolean> {
  try {
    return await beganSince(await platform.read(workspace), row, {platform})
  } catch (error) {
    if (!(error instanceof OpsError) || error.category === 'interrupted') throw error
    return false
  }
}

async function liveToken(
  lastEight: string,
  users: readonly string[],
  deps: Pick<HolderDeps, 'tokens'>,
): Promise<TokenRow | undefined> {
  for (const user of users) {
    const found = (await tokensOfUser(deps, user))?.find((row) => row.lastEight === lastEight)
    if (found) return found
  }
  return undefined
}

import {OpsError} from '../errors.ts'
import {
  isWider,
  covers,
  reachText,
  unconfinable,
  writesIn,
  type RepositoryReach,
  type ToldReach,
} from '../scopes/repositories.ts'
import type {Scope} from '../scopes/vocabulary.ts'
import type {LedgerToken} from '../story/ports.ts'
import {isSame} from '../story/tokens.ts'
import {replay} from './machine.ts'
import {mintedForAnother} from './names.ts'
import type {Journal, TokenAdmin, TokenRow} from './ports.ts'
import type {Choice} from './superseded.ts'

/** What is asked for, as far as the repositories of a new token go. */
export interface ConfinementRequest {
  profile: string
  scopes: readonly Scope[]
  /** As the profile says; undefined: what the replaced tokens had. */
  repositories?: RepositoryReach | undefined
  /** Where the agent finds its work; undefined where that does not matter. */
  repo?: string | undefined
}

/** What a new token is minted with. */
export interface Confinement {
  /** The repositories that it is to be confined to; undefined: none are named in the mint. */
  repositories: string[] | undefined
  /** What to say of it in the plan, behind its scopes; empty where there is nothing to say. */
  said: string
  warnings: string[]
}

/**
 * What a new token is to be confined to. It never reaches more than those that it replaces, or those `beside` that the
 * agent may run on in their place, unless the profile says so; then the plan says what it adds. A server that can't confine is no reason to stop: it is said. Throws
 * `CONFINEMENT_LOST` where the scopes of the profile forbid what has to be kept, `CONFINEMENT_REFUSED` where they forbid what it names, and `WORK_OUT_OF_REACH` where it would take
 * from the agent what it writes in.
 */
export async function confinementOf(
  request: ConfinementRequest,
  replaced: readonly TokenRow[],
  rows: readonly TokenRow[],
  tokens: Pick<TokenAdmin, 'confines'>,
  beside: readonly TokenRow[] = [],
): Promise<Confinement> {
  const {profile} = request
  const before = reachOf(replaced)
  const wanted = request.repositories ?? kept(request, [...replaced, ...beside])
  if (wanted === 'all') return unconfined(profile, before)
  const repositories = [...wanted]
  const can = await confines(rows, tokens)
  if (can === false) return {repositories, said: '', warnings: [cannot(profile)]}
  if (can) refuseOthers(request)
  keepWork(request, wanted, before)
  return {
    repositories,
    said: `, ${reachText(wanted)}${instead(wanted, before)}`,
    warnings: [
      ...(can === undefined ? [untold(profile)] : []),
      ...added(wanted, before, profile),
      ...outside(request, wanted),
    ],
  }
}

/** What is known of what an agent may run on: last eights of tokens that it had, the likeliest first, and its secret's row. */
export interface Had {
  rows: readonly TokenRow[]
  lastEights: readonly (string | undefined)[]
  stored: boolean
}

/**
 * What the reach of a new token goes by: the rows of those that are replaced. Where none of them is known to be what the agent
 * runs on, a rotation's journal may tell what that was, though it is gone from the list; else, and where none that is replaced is
 * confined, it may be any other of the user's (`beside`). Where nothing tells, a warning says so.
 */
export async function reachBefore(
  request: Pick<ConfinementRequest, 'profile' | 'repositories'> & {agent: string},
  {deployed, superseded}: Choice,
  {rows, lastEights, stored}: Had,
  deps: {known: readonly LedgerToken[]; journal: Pick<Journal, 'read'>; tokens: Pick<TokenAdmin, 'confines'>},
  warnings: string[],
): Promise<{replaced: TokenRow[]; beside?: TokenRow[]}> {
  const {agent, profile, repositories} = request
  const going = rows.filter(({id}) => (deployed ? id === deployed.id : superseded.some((token) => token.id === id)))
  const listed = await withLostReach(request, going, deps, warnings)
  if (deployed) return {replaced: listed}
  const gone = deps.known.filter(({lastEight}) => lastEights.includes(lastEight))
  const had = await asMinted(gone, lastEights, deps.journal)
  const replaced = had ? [...listed, had] : listed
  if (repositories !== undefined || had || listed.some(isConfined)) return {replaced}
  const others = rows.filter(({id, name}) => !mintedForAnother(agent, name) && going.every((row) => row.id !== id))
  const beside = await withLostReach(request, others, deps, warnings)
  const unlisted = lastEights.some((lastEight) => lastEight !== undefined) || rows.length === 0
  const open =
    stored && unlisted && !beside.some(isConfined) && gone.every(({scopes}) => unconfinable(scopes).length === 0)
  if (open && (await confines(rows, deps.tokens)) !== false) warnings.push(untoldBefore(agent, profile))
  return {replaced, beside}
}

/** The first of these tokens whose reach a rotation's journal tells, as a row. */
async function asMinted(
  gone: readonly LedgerToken[],
  lastEights: Had['lastEights'],
  journal: Pick<Journal, 'read'>,
): Promise<TokenRow | undefined> {
  for (const ending of lastEights) {
    const token = gone.find(({lastEight}) => lastEight === ending)
    const minted = token?.rotation === undefined ? undefined : replay(await journal.read(token.rotation))
    if (!token || !minted) continue
    const {id, name, scopes, lastEight} = token
    const {repositories} = minted.terms
    return {id, name, scopes, lastEight, ...(repositories && {repositories})}
  }
  return undefined
}

function isConfined({repositories = 'all'}: TokenRow): boolean {
  return repositories !== 'all'
}

/**
 * The rows to be replaced, where the profile says nothing of repositories. One whose repositories were all deleted is listed
 * as not confined (forgejo 15.0.3): where a rotation's journal says that it was, it stays so, with none; where nobody knows, a
 * warning says that.
 */
async function withLostReach(
  {profile, repositories: wanted}: Pick<ConfinementRequest, 'profile' | 'repositories'>,
  replaced: readonly TokenRow[],
  {known, journal}: {known: readonly LedgerToken[]; journal: Pick<Journal, 'read'>},
  warnings: string[],
): Promise<TokenRow[]> {
  const rows: TokenRow[] = []
  for (const row of replaced) {
    const asTold = wanted !== undefined || row.repositories !== 'all' || unconfinable(row.scopes).length > 0
    const {rotation} = known.find((token) => isSame(row, token)) ?? {}
    const minted = asTold || rotation === undefined ? undefined : replay(await journal.read(rotation))
    if (!asTold && !minted) warnings.push(perhapsLost(row, profile))
    rows.push(minted?.terms.repositories ? {...row, repositories: []} : row)
  }
  return rows
}

function unconfined(profile: string, before: ToldReach | undefined): Confinement {
  if (before === undefined || before === 'all') return {repositories: undefined, said: '', warnings: []}
  const warning = `The new token is not confined, as profile ${profile} says; the one that it replaces is ${heldText(before)}.`
  return {
    repositories: undefined,
    said: `, in every repository of its user${instead('all', before)}`,
    warnings: [warning],
  }
}

/**
 * What to say once a token was minted: a server that tells no reach did not confine it, whatever it calls itself; of one that
 * tells it in a form that nobody knows, nothing is known.
 */
export function unconfinedWarning(
  {profile, repositories}: {profile: string; repositories?: readonly string[] | undefined},
  row: Pick<TokenRow, 'repositories'>,
): string | undefined {
  if (repositories && row.repositories === 'unknown') return unproven(profile)
  return repositories && row.repositories === undefined ? cannot(profile) : undefined
}

/** What tokens reach together; a row without the field reaches everything. Undefined where there are none. */
function reachOf(rows: readonly TokenRow[]): ToldReach | undefined {
  if (rows.length === 0) return undefined
  const each = rows.map(({repositories = 'all'}) => repositories)
  if (each.includes('all')) return 'all'
  const lists = each.filter((reach) => Array.isArray(reach))
  return lists.length === each.length ? [...new Set(lists.flat())] : 'unknown'
}

/**
 * What each replaced token is confined to, where the new one is to have the same as the one that the agent runs on and they
 * differ; undefined where that makes no difference. Rows whose reach nobody can keep are left out.
 */
export function reachesToKeep(
  {repositories}: Pick<ConfinementRequest, 'repositories'>,
  replaced: readonly TokenRow[],
): Map<number, 'all' | string[]> | undefined {
  if (repositories !== undefined) return undefined
  const together = reachOf(replaced)
  const same = replaced.every(({repositories: reach = 'all'}) => isSameReach(reach, together))
  if (same) return undefined
  const known = replaced.flatMap(({id, repositories: reach = 'all'}) =>
    reach === 'unknown' || reach.length === 0 ? [] : [[id, reach === 'all' ? reach : [...reach]] as const],
  )
  return new Map(known)
}

function isSameReach(reach: ToldReach, other: ToldReach | undefined): boolean {
  if (reach === 'unknown' || other === 'unknown' || other === undefined) return reach === other
  return !isWider(reach, other) && !isWider(other, reach)
}

/**
 * The old reach, which a rotation keeps where the profile says nothing. One of several that is not confined widens nothing:
 * it may be a leftover.
 */
function kept({profile, scopes}: ConfinementRequest, replaced: readonly TokenRow[]): RepositoryReach {
  const confined = replaced.filter(isConfined)
  const before = reachOf(confined) ?? 'all'
  if (before === 'all') return 'all'
  const others = unconfinable(scopes)
  if (others.length === 0 && before !== 'unknown' && before.length > 0) return before
  const why =
    others.length > 0
      ? `profile ${profile} asks for ${others.join(', ')}, which no confined token can have`
      : before === 'unknown'
        ? 'the server tells them in a form that patrol does not know'
        : 'none of its repositories is there any more'
  throw new OpsError(
    'CONFINEMENT_LOST',
    `The token to be replaced is ${heldText(before)}, and the new one would not be: ${why}. Nothing was changed.`,
    {
      suggestions: [
        ...(others.length > 0 ? [`take ${others.join(', ')} out of profile ${profile} in patrol.yaml`] : []),
        `or say "repositories: all", or which ones, in profile ${profile}`,
      ],
      ref: 'docs/forges.md',
    },
  )
}

/** What the server itself would refuse (forgejo 15.0.3), by an answer that does not say which scopes it means. */
function refuseOthers({profile, scopes}: ConfinementRequest): void {
  const others = unconfinable(scopes).join(', ')
  if (others === '') return
  throw new OpsError(
    'CONFINEMENT_REFUSED',
    `Profile ${profile} names repositories, and asks for ${others}, which this server gives to no token that is confined to any. Nothing was changed.`,
    {
      suggestions: [
        `take ${others} out of profile ${profile} in patrol.yaml`,
        `or say "repositories: all" in profile ${profile}`,
      ],
      ref: 'docs/forges.md',
    },
  )
}

function heldText(before: ToldReach): string {
  if (before === 'unknown') return 'perhaps confined to some repositories'
  return before.length > 0 ? reachText(before) : 'confined'
}

/** A public repository outside can be read, so no proof would notice that nothing can be written there any more. */
function keepWork(
  {repo, profile, scopes}: ConfinementRequest,
  wanted: RepositoryReach,
  before: ToldReach | undefined,
): void {
  if (repo === undefined || covers(wanted, repo) || !writesIn(scopes)) return
  if (before !== undefined && before !== 'unknown' && !covers(before, repo)) return
  throw new OpsError(
    'WORK_OUT_OF_REACH',
    `The new token would be ${reachText(wanted)}. ${repo}, where the work is found, is not among them, so it could write nothing there. Nothing was changed.`,
    {suggestions: [`name ${repo} under "repositories" of profile ${profile} in patrol.yaml`], ref: 'docs/forges.md'},
  )
}

/** Any row tells, by having the field at all; without one the version does. */
async function confines(rows: readonly TokenRow[], tokens: Pick<TokenAdmin, 'confines'>): Promise<boolean | undefined> {
  return rows.length > 0 ? rows.some(({repositories}) => repositories !== undefined) : tokens.confines()
}

function added(wanted: readonly string[], before: ToldReach | undefined, profile: string): string[] {
  if (before === 'unknown') return [perhapsMore(profile)]
  const more = wanted.filter((repo) => before !== undefined && !covers(before, repo))
  if (more.length === 0) return []
  return [
    `The new token reaches ${more.join(', ')} too, as profile ${profile} says; the one that it replaces does not.`,
  ]
}

function outside({repo, profile, repositories}: ConfinementRequest, wanted: readonly string[]): string[] {
  if (repo === undefined || covers(wanted, repo)) return []
  const whose = repositories === undefined ? 'that it keeps' : `of profile ${profile}`
  return [
    `${repo}, where the work is found, is none of the repositories ${whose}: the new token reads it only if it is public, and writes nothing there.`,
  ]
}

/** What the replaced token had, where the new one differs. */
function instead(wanted: RepositoryReach, before: ToldReach | undefined): string {
  if (before === undefined || before === 'unknown' || (!isWider(wanted, before) && !isWider(before, wanted))) return ''
  return ` (before: ${before === 'all' ? 'every repository' : before.join(', ')})`
}

const perhapsLost = ({name, lastEight}: TokenRow, profile: string): string =>
  `The list names no repositories for ${name} (…${lastEight}). So it does of a token whose repositories were all deleted, and then the new one reaches more: say "repositories: all", or which ones, in profile ${profile}.`

const untoldBefore = (agent: string, profile: string): string =>
  `What ${agent} ran on is not listed any more, and what that was confined to is not known; the new token is not confined: say "repositories: all", or which ones, in profile ${profile}.`

const cannot = (profile: string): string =>
  `This server can't confine a token to repositories (Forgejo 15 and newer can), so the new one reaches whatever its user may, not only the repositories of profile ${profile}.`

const unproven = (profile: string): string =>
  `Whether the new token is confined to the repositories of profile ${profile} is not known: the server tells what it stored in a form that patrol does not know.`

const perhapsMore = (profile: string): string =>
  `The new token reaches what profile ${profile} says; whether that is more than the one that it replaces is not known, for the server tells that in a form that patrol does not know.`

const untold = (profile: string): string =>
  `Whether this server can confine a token to the repositories of profile ${profile} is not known (Forgejo 15 and newer can).`

import {OpsError} from '../errors.ts'
import {sameLogin} from './names.ts'
import {memo} from '../memo.ts'
import type {ProbeReport} from '../probe/types.ts'
import {
  compareReach,
  covers,
  reachText,
  understood,
  UNREADABLE_REACH,
  writesIn,
  type RepositoryReach,
  type ToldReach,
} from '../scopes/repositories.ts'
import type {Scope} from '../scopes/vocabulary.ts'
import type {Secret} from '../secret.ts'
import {unfitness} from './mint.ts'
import type {Prober, TokenAdmin, TokenRow} from './ports.ts'

/** Whom a value is to be stored for, and what that agent needs. */
export interface ValueHolder {
  agent: string
  /** The Gitea user whom the token has to be of. */
  user: string
  profile: string
  /** The profile's scopes, normalised. */
  scopes: readonly Scope[]
  /** What the profile says of the repositories of its tokens. */
  repositories?: RepositoryReach | undefined
  /** Where the agent finds its work; undefined where nothing says. */
  repo?: string | undefined
}

export interface FitnessDeps {
  prober: Pick<Prober, 'probe'>
  /** The tokens of a user, as an administrator lists them; asked only where a token can't tell whose it is. */
  tokens?: Pick<TokenAdmin, 'list'> | undefined
}

/**
 * Asks Gitea about a value before anything is stored. Throws `PUSH_UNFIT` for a token that is dead, blocked, another
 * user's, short of its profile or confined away from where the agent works, and `PUSH_UNPROVEN` where no usable answer shows that it is none of these. With
 * `insist` the sentence is returned instead; undefined where the token will do.
 */
export async function guardValue(
  value: Secret,
  holder: ValueHolder,
  deps: FitnessDeps,
  insist: boolean,
): Promise<string | undefined> {
  const doubt = await doubtAbout(value, holder, deps)
  if (!doubt) return undefined
  const {code, why} = doubt
  const {agent} = holder
  const token = `The token …${value.lastEight} ${why}`
  if (insist) return `${token}.`
  const unfit = code === 'PUSH_UNFIT'
  const what = unfit ? 'could not work with it after its next start' : 'might not be able to work with it'
  throw new OpsError(code, `${token}: ${agent} ${what}. Nothing was stored.`, {
    suggestions: [
      unfit ? `patrol rotate ${agent}` : 'patrol doctor',
      'add --allow-broken-agent to store it all the same',
    ],
    ref: unfit ? 'docs/runbooks/token-scope-gap.md' : 'docs/runbooks/platform-unreachable.md',
  })
}

interface Doubt {
  code: 'PUSH_UNFIT' | 'PUSH_UNPROVEN'
  /** What is wrong with the token, to follow its name. */
  why: string
}

async function doubtAbout(value: Secret, holder: ValueHolder, deps: FitnessDeps): Promise<Doubt | undefined> {
  const rowOf = memo(async () => (await deps.tokens?.list(holder.user))?.find(isOf(value)))
  const reachOf = async (): Promise<ToldReach | undefined> => {
    const row = await rowOf()
    return row && (row.repositories ?? 'all')
  }
  const report = await deps.prober.probe(value, {...(holder.repo !== undefined && {repo: holder.repo}), reachOf})
  const {state, evidence} = report.liveness
  const unfit = (why: string): Doubt => ({code: 'PUSH_UNFIT', why})
  if (state === 'dead') return unfit('is dead: the server does not accept it')
  if (state === 'blocked') return unfit(`is blocked: ${evidence.reason}`)
  if (state === 'unknown') return {code: 'PUSH_UNPROVEN', why: `could not be tried: ${evidence.reason}`}
  const {missing, unknown} = unfitness(report, value, holder) ?? {missing: [], unknown: []}
  if (missing.length > 0) return unfit(`lacks ${missing.join(', ')} of profile ${holder.profile}`)
  const ownership = await ownershipOf(report, holder, deps, rowOf)
  if (ownership === 'other') return unfit(`is ${report.identity?.login ?? 'another user'}'s, not ${holder.user}'s`)
  if (ownership === 'unknown') return {code: 'PUSH_UNPROVEN', why: `does not tell whether it is ${holder.user}'s`}
  // No token that tells its user can be confined.
  const reach = report.identity ? 'all' : ((await reachOf()) ?? 'all')
  const short = shortOf(reach, report, holder)
  if (short) return short
  if (unknown.length === 0) return undefined
  return {code: 'PUSH_UNPROVEN', why: `may lack ${unknown.join(', ')} of profile ${holder.profile}`}
}

const isOf =
  ({lastEight}: Secret) =>
  (row: TokenRow): boolean =>
    row.lastEight === lastEight

/**
 * A token without `read:user` does not say whose it is; then the list of its user's tokens does, and what it is confined to
 * as well: no token that may be confined has that scope.
 */
async function ownershipOf(
  {identity}: ProbeReport,
  {user}: ValueHolder,
  {tokens}: FitnessDeps,
  rowOf: () => Promise<TokenRow | undefined>,
): Promise<'own' | 'other' | 'unknown'> {
  if (identity) return sameLogin(identity.login, user) ? 'own' : 'other'
  if (!tokens) return 'unknown'
  return (await rowOf()) ? 'own' : 'other'
}

/** Repositories that the agent needs and the token does not reach. One that is public can be read, so it shows only here. */
function shortOf(told: ToldReach, report: ProbeReport, holder: ValueHolder): Doubt | undefined {
  const {profile, repo, scopes} = holder
  const reach = understood(told) ?? []
  const lacking = compareReach(reach, holder.repositories ?? []).missing
  const shut = [report.repo?.issues, report.repo?.pulls].some((seen) => seen?.outcome === 'confinement')
  const away = repo !== undefined && !covers(reach, repo) && (shut || writesIn(scopes))
  if (lacking.length === 0 && !away) return undefined
  const others = lacking === 'all' ? 'every other repository of its user,' : lacking.join(', ')
  const lacks = lacking.length > 0 ? `${others} of profile ${profile}` : `${repo}, where the work is found`
  if (told === 'unknown') return {code: 'PUSH_UNPROVEN', why: `may lack ${lacks}: ${UNREADABLE_REACH}`}
  return {code: 'PUSH_UNFIT', why: `is ${reachText(reach)}, and lacks ${lacks}`}
}

import {OpsError, unclaimed} from '../errors.ts'
import type {ProbeReport} from '../probe/types.ts'
import type {ToldReach} from '../scopes/repositories.ts'
import type {Scope} from '../scopes/vocabulary.ts'
import type {Secret} from '../secret.ts'
import {pause} from '../story/polling.ts'
import {ref, type TokenRef} from '../story/tokens.ts'
import type {StoryState} from '../story/machine.ts'
import type {Minting, MintingFact} from '../story/minting.ts'
import type {RunDeps} from '../story/ports.ts'
import {tell, warn, type StoryRun} from '../story/run.ts'
import type {RotationTerms, Waivers} from './events.ts'
import {unconfinedWarning} from './confinement.ts'
import {removeToken, unused, type GateDeps, type TokenOwner} from './gate.ts'
import {guardAccount, IN_WEB} from './guards.ts'
import type {TokenAdmin, TokenRow} from './ports.ts'
import {mintedFor, namesOf, tokenName} from './names.ts'
import type {RotationDeps} from './request.ts'
import type {RotationRun} from './run.ts'
import {tokensOf} from './rivals.ts'
import {isKnown} from './state.ts'

/** A run that mints a token for its agent, whatever its story. */
export interface MintingRun extends Omit<
  StoryRun<Mints, MintingFact, RunDeps & Pick<RotationDeps, 'tokens' | 'prober'>>,
  'found'
> {
  /** Values by token id; they die with the process. */
  readonly values: Map<number, Secret>
  /** What a minted token is confined to, by its id, as the server listed it. */
  readonly reaches: Map<number, ToldReach>
}

type Mints = Pick<StoryState, 'startedAt'> & Pick<Minting, 'mints'> & {terms: MintTerms}
type MintTerms = Pick<RotationTerms, 'agent' | 'user' | 'profile' | 'scopes' | 'repo' | 'waive'>

/**
 * Mints the next candidate under a name that was journalled before. When the answer is lost the story stays in
 * `minting` and `settleMint` finds out. A refusal is believed only after Gitea's list shows no such token.
 */
export async function mint(run: MintingRun, repositories: readonly string[] | undefined): Promise<void> {
  const {deps, state} = run
  const {user, agent, profile, scopes} = state.terms
  const name = tokenName(agent, run.id, state.startedAt, state.mints + 1)
  if (state.mints > 0 || !run.begun) await assertOurTurn(run)
  await run.record({type: 'mint_intended', name})
  const outcome = await tell(run, 'mint', `${name} for ${user}`, () =>
    attempt(deps, state.terms, name, {scopes, repositories}),
  )
  if ('error' in outcome) {
    await afterError(run, name, outcome.error)
    return
  }
  run.values.set(outcome.token.id, outcome.value)
  run.reaches.set(outcome.token.id, outcome.repositories ?? 'all')
  await run.record({type: 'minted', token: outcome.token})
  const unconfined = unconfinedWarning({profile, repositories}, outcome)
  if (unconfined !== undefined && !run.warnings.includes(unconfined)) warn(run, unconfined)
}

/**
 * Whoever has a copy of this journal (a backup, another machine's) mints under the same names. Throws `STATE_OUTDATED` where one
 * went on with it and was here before us: that token is in use, or is about to be.
 */
async function assertOurTurn({deps, id, state: {terms, startedAt, mints}}: MintingRun): Promise<void> {
  const ours = namesOf(terms.agent, id, startedAt, mints)
  const rows = await tokensOf(deps, terms.user)
  const theirs = rows.find(({name}) => mintedFor(terms.agent, name)?.rotation === id && !ours.has(name))
  if (!theirs) return
  throw new OpsError(
    'STATE_OUTDATED',
    `${terms.user} has a token ${theirs.name} (id ${theirs.id}) already, which bears the name of this run and was not minted by it: a copy of this state, a backup or another machine's, went on with it. Nothing was minted; that token was left.`,
    {suggestions: [`patrol smoke ${terms.agent}`], ref: 'docs/runbooks/rotation-incomplete.md'},
  )
}

/** A minted token with its value, or why there is none, or perhaps none; `unconfirmed`: there was one, as the error tells. */
export type Attempt =
  | {token: TokenRef; scopes: readonly Scope[]; repositories: ToldReach | undefined; value: Secret}
  | {error: OpsError; unconfirmed?: TokenRef}

/** What a token is minted with. */
export interface Powers {
  scopes: readonly Scope[]
  repositories?: readonly string[] | undefined
}

/**
 * Mints once, for a person's account only (`guardAccount`); what speaks against it comes back as a value. A token that can't be confirmed is deleted again;
 * where that does not succeed either, the error is `WRITE_IN_DOUBT`.
 */
export async function attempt(
  deps: GateDeps & {tokens: Pick<TokenAdmin, 'account' | 'mint'>},
  owner: TokenOwner & {waive?: Waivers},
  name: string,
  {scopes, repositories}: Powers,
): Promise<Attempt> {
  try {
    const account = await deps.tokens.account(owner.user)
    if (account) guardAccount(account, owner, owner.waive)
    const minted = await deps.tokens.mint(owner.user, name, scopes, repositories)
    if ('row' in minted) {
      const {row, value} = minted
      return {token: ref(row), scopes: row.scopes, repositories: row.repositories, value}
    }
    const {unconfirmed} = minted
    return {error: await takeBack(deps, owner, unconfirmed, minted.trouble), unconfirmed}
  } catch (error) {
    if (error instanceof OpsError) return {error}
    throw error
  }
}

/**
 * Deletes a fresh token again that nobody can use, for its trouble's sake: the trouble, with what became of the token.
 * Where it could not be deleted that is `WRITE_IN_DOUBT`, with both reasons.
 */
export async function takeBack(
  deps: GateDeps,
  owner: TokenOwner,
  token: TokenRef,
  trouble: OpsError,
): Promise<OpsError> {
  const {id, name} = token
  const said = unclaimed(trouble.message)
  let why = 'It is not listed.'
  try {
    if ((await removeToken(deps, owner, token, unused(owner, token))) === 'removed') {
      const gone = `${said} The token that had just been minted (${name}) was deleted again.`
      return new OpsError(trouble.code, gone, trouble)
    }
  } catch (error) {
    if (!(error instanceof OpsError)) throw error
    why = unclaimed(error.message)
  }
  return new OpsError(
    'WRITE_IN_DOUBT',
    `${said} It was minted as ${name} (id ${id}) and could not be deleted again: ${why}`,
    {
      suggestions: [`patrol revoke ${owner.agent} --id ${id} --confirm ${owner.agent}`],
      ref: 'docs/runbooks/rotation-incomplete.md',
    },
  )
}

/** A refusal is believed once the list shows no such token: a proxy may have sent the request twice. */
async function afterError(run: MintingRun, name: string, error: OpsError): Promise<void> {
  if (error.category === 'incomplete') {
    run.doubt = error.message
    return
  }
  const orphan = await findDespite(run.deps, run.state.terms.user, name)
  if (orphan) await run.record({type: 'mint_settled', name, token: orphan})
  else await run.record({type: 'mint_refused', code: error.code})
  throw error
}

/** After a lost answer: is there a token of that name? Its value is lost either way. Looks twice, for commits come late. */
export async function settleMint(run: MintingRun, name: string): Promise<void> {
  const token = await findLate(run.deps, run.state.terms.user, name, run.timing.settleWaitMs)
  await run.record({type: 'mint_settled', name, token: token ?? null})
}

type Looks = GateDeps & Pick<RotationDeps, 'clock'>

/** The token of this name, with a second look after a while: commits come late. */
export async function findLate(deps: Looks, user: string, name: string, waitMs: number): Promise<TokenRef | undefined> {
  const row = await findLateRow(deps, user, name, waitMs)
  return row && ref(row)
}

/** The same, with all that Gitea lists of it. */
export async function findLateRow(
  deps: Looks,
  user: string,
  name: string,
  waitMs: number,
): Promise<TokenRow | undefined> {
  const look = async (): Promise<TokenRow | undefined> =>
    (await tokensOf(deps, user)).find((token) => token.name === name)
  const found = await look()
  if (found || waitMs === 0) return found
  await pause(deps, waitMs)
  return look()
}

/** The user's token of this name, whose mint was refused, if there is one. Whom Gitea shows no list, it mints nothing for. */
export async function findDespite(
  deps: Pick<GateDeps, 'tokens'>,
  user: string,
  name: string,
): Promise<TokenRef | undefined> {
  try {
    const row = (await tokensOf(deps, user)).find((token) => token.name === name)
    return row && ref(row)
  } catch (error) {
    if (error instanceof OpsError && error.category === 'auth') return undefined
    throw error
  }
}

/** Tokens that this rotation announced and that its journal does not know: mints that came to pass late. */
export async function lateOrphans({deps, state: rotation}: RotationRun): Promise<TokenRef[]> {
  const {startedAt, mints, terms} = rotation
  const names = namesOf(terms.agent, terms.rotation, startedAt, mints)
  return (await tokensOf(deps, terms.user)).filter(({id, name}) => names.has(name) && !isKnown(rotation, id)).map(ref)
}

/**
 * Asks Gitea what the candidate can do, before anything depends on it. Throws `CANDIDATE_REJECTED` or
 * `CANDIDATE_UNPROVEN`, or what speaks against it besides, after journalling that it is to be deleted.
 */
export async function probeCandidate(
  run: MintingRun,
  candidate: TokenRef,
  value: Secret,
  objection: (report: ProbeReport) => OpsError | undefined = () => undefined,
): Promise<void> {
  const {user, scopes, profile, repo} = run.state.terms
  const detail = `…${candidate.lastEight} against profile ${profile}`
  const report = await tell(run, 'probe', detail, () =>
    run.deps.prober.probe(value, {repo, reachOf: async () => run.reaches.get(candidate.id)}),
  )
  const unfit = unfitness(report, candidate, {user, scopes, profile})
  const error = unfit?.error ?? objection(report)
  if (!error) return run.record({type: 'probed', granted: report.granted})
  await run.record({type: 'candidate_rejected', missing: unfit?.missing ?? [], unknown: unfit?.unknown ?? []})
  throw error
}

/** Why a new token will not do, by its probe: scopes that it lacks or that nobody could judge; undefined where it will. */
export function unfitness(
  report: ProbeReport,
  candidate: Pick<TokenRef, 'lastEight'>,
  {user, scopes, profile}: {user: string; scopes: readonly Scope[]; profile: string},
): {missing: Scope[]; unknown: Scope[]; error: OpsError} | undefined {
  const missing = scopes.filter((scope) => verdictOf(report, scope) === 'missing')
  const unknown = scopes.filter((scope) => verdictOf(report, scope) === 'unknown')
  const {state, evidence} = report.liveness
  if (state === 'blocked') return {missing, unknown, error: blocked(user, candidate, evidence.reason)}
  const shut = outsideOf(report, candidate, profile)
  if (shut) return {missing, unknown, error: shut}
  if (state === 'alive' && missing.length === 0 && unknown.length === 0) return undefined
  if (missing.length > 0 || state === 'dead') {
    const why = missing.length > 0 ? `lacks ${missing.join(', ')} of profile ${profile}` : `is dead`
    const error = new OpsError('CANDIDATE_REJECTED', `The new token …${candidate.lastEight} ${why}.`, {
      ref: 'docs/runbooks/token-scope-gap.md',
    })
    return {missing, unknown, error}
  }
  const what = unknown.length > 0 ? unknown.join(', ') : 'whether it works at all'
  const why = `No usable answer came about the new token: ${what} is unknown.`
  return {missing, unknown, error: new OpsError('CANDIDATE_UNPROVEN', why, {suggestions: ['patrol doctor']})}
}

/** Gitea tells nobody beforehand that a user has to change its password, and mints for it all the same. */
function blocked(user: string, {lastEight}: Pick<TokenRef, 'lastEight'>, reason: string): OpsError {
  const byPassword = `or on the server, by its own command line: admin user must-change-password --unset ${user}`
  return new OpsError(
    'CANDIDATE_REJECTED',
    `The server does not let ${user} in with the new token …${lastEight}, nor with any other: ${reason}`,
    {
      suggestions: [`mend the account of ${user} ${IN_WEB}`, ...(/password/.test(reason) ? [byPassword] : [])],
      ref: 'docs/runbooks/onboarding-incomplete.md',
    },
  )
}

/** It is confined, and where the agent finds its work is no part of that. */
function outsideOf(
  {repo}: ProbeReport,
  {lastEight}: Pick<TokenRef, 'lastEight'>,
  profile: string,
): OpsError | undefined {
  const shut = repo && [repo.issues, repo.pulls].find(({outcome}) => outcome === 'confinement')
  if (!shut) return undefined
  const why = `The new token …${lastEight} does not reach where the work is found: ${shut.evidence.reason}.`
  return new OpsError('CANDIDATE_REJECTED', why, {
    suggestions: [`name ${repo.repo} under "repositories" of profile ${profile} in patrol.yaml`],
    ref: 'docs/forges.md',
  })
}

/** `all` has no verdict of its own: the token either lists it or holds every scope there is. */
function verdictOf({scopes, granted}: ProbeReport, scope: Scope): 'granted' | 'missing' | 'unknown' {
  if (granted.includes(scope)) return 'granted'
  const relevant =
    scope === 'all'
      ? scopes.filter((verdict) => verdict.scope !== 'public-only')
      : scopes.filter((v) => v.scope === scope)
  if (relevant.some(({verdict}) => verdict === 'missing')) return 'missing'
  const settled = relevant.length > 0 && relevant.every(({verdict}) => verdict !== 'unknown')
  return settled ? 'granted' : 'unknown'
}

import {OpsError} from '../errors.ts'
import type {ProbeReport} from '../probe/types.ts'
import type {Scope} from '../scopes/vocabulary.ts'
import type {Secret} from '../secret.ts'
import type {TokenRef} from './events.ts'
import {mintedFor, tokenName} from './names.ts'
import {pause, telling, type Run} from './run.ts'
import {ref} from './superseded.ts'

/**
 * Mints the next candidate under a name that was journalled before. When the answer is lost the rotation stays in
 * `minting` and `settleMint` finds out. A refusal is believed only after Gitea's list shows no such token.
 */
export async function mint(run: Run): Promise<void> {
  const {deps, rotation} = run
  const {user, agent, scopes, rotation: id} = rotation.terms
  const name = tokenName(agent, id, rotation.startedAt, rotation.mints + 1)
  await run.record({type: 'mint_intended', name})
  const outcome = await telling({...deps, rotation}, 'mint', `${name} for ${user}`, () =>
    attempt(run, user, name, scopes),
  )
  if ('error' in outcome) {
    await afterError(run, name, outcome.error)
    return
  }
  run.values.set(outcome.token.id, outcome.value)
  await run.record({type: 'minted', token: outcome.token})
}

type Attempt = {token: TokenRef; value: Secret} | {error: OpsError}

async function attempt({deps}: Run, user: string, name: string, scopes: readonly Scope[]): Promise<Attempt> {
  try {
    const {row, value} = await deps.tokens.mint(user, name, scopes)
    return {token: ref(row), value}
  } catch (error) {
    if (error instanceof OpsError) return {error}
    throw error
  }
}

/** A rejected credential or request minted nothing; any other error is settled by the list. */
async function afterError(run: Run, name: string, error: OpsError): Promise<void> {
  if (error.category === 'incomplete') return
  const refused = error.category === 'auth' || error.category === 'usage'
  const orphan = refused ? undefined : await findByName(run, name)
  if (orphan) await run.record({type: 'mint_settled', name, token: orphan})
  else await run.record({type: 'mint_refused', code: error.code})
  throw error
}

/** After a lost answer: is there a token of that name? Its value is lost either way. Looks twice, for commits come late. */
export async function settleMint(run: Run, name: string): Promise<void> {
  let token = await findByName(run, name)
  if (!token) {
    await pause(run.deps, run.timing.settleWaitMs)
    token = await findByName(run, name)
  }
  await run.record({type: 'mint_settled', name, token: token ?? null})
}

async function findByName({deps, rotation}: Run, name: string): Promise<TokenRef | undefined> {
  const row = (await deps.tokens.list(rotation.terms.user)).find((token) => token.name === name)
  return row && ref(row)
}

/** Tokens that bear this rotation's id in their name and that its journal does not know: mints that came to pass late. */
export async function lateOrphans({deps, rotation}: Run): Promise<TokenRef[]> {
  const {user, agent, rotation: id} = rotation.terms
  const known = new Set([...rotation.minted, ...rotation.superseded].map((token) => token.id))
  return (await deps.tokens.list(user))
    .filter((row) => mintedFor(agent, row.name)?.rotation === id && !known.has(row.id))
    .map(ref)
}

/**
 * Asks Gitea what the candidate can do, before anything depends on it. Throws `CANDIDATE_REJECTED` or
 * `CANDIDATE_UNPROVEN` after journalling that it is to be deleted.
 */
export async function probeCandidate(run: Run, candidate: TokenRef, value: Secret): Promise<void> {
  const {deps, rotation} = run
  const {scopes, profile, repo} = rotation.terms
  const detail = `…${candidate.lastEight} against profile ${profile}`
  const report = await telling({...deps, rotation}, 'probe', detail, () => deps.prober.probe(value, {repo}))
  const missing = scopes.filter((scope) => verdictOf(report, scope) === 'missing')
  const unknown = scopes.filter((scope) => verdictOf(report, scope) === 'unknown')
  const {state} = report.liveness
  if (state === 'alive' && missing.length === 0 && unknown.length === 0) {
    await run.record({type: 'probed', granted: report.granted})
    return
  }
  await run.record({type: 'candidate_rejected', missing, unknown})
  if (missing.length > 0 || state === 'dead' || state === 'blocked') {
    const why = missing.length > 0 ? `lacks ${missing.join(', ')} of profile ${profile}` : `is ${state}`
    throw new OpsError('CANDIDATE_REJECTED', `The new token …${candidate.lastEight} ${why}.`, {
      ref: 'docs/runbooks/token-scope-gap.md',
    })
  }
  const what = unknown.length > 0 ? unknown.join(', ') : 'whether it works at all'
  throw new OpsError('CANDIDATE_UNPROVEN', `Gitea gave no usable answer about the new token: ${what} is unknown.`, {
    suggestions: ['patrol doctor'],
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

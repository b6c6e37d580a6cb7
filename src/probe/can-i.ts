import {covers, outsideOf, type RepositoryReach} from '../scopes/repositories.ts'
import {refusesConfined} from '../scopes/catalogue.ts'
import type {Route, Want} from '../scopes/route.ts'
import {compare, expand} from '../scopes/sets.ts'
import type {Scope} from '../scopes/vocabulary.ts'
import type {Liveness, ProbeReport, RepoAccess} from './types.ts'

/** What is known of an agent's token: by a probe of its value, or by its row in the administrator's list. */
export interface KnownToken {
  lastEight: string
  by: 'probe' | 'listing'
  life: {state: Liveness['state']; reason: string}
  granted: readonly Scope[]
  /** Those about which the server gave no usable answer. */
  undecided: readonly Scope[]
  reach: RepositoryReach | 'unknown'
  /** Whether its user is a site administrator, where that is known. */
  isAdmin: boolean | undefined
  /** What it may list in the repository that the call is about, where that was looked at. */
  access: RepoAccess | undefined
}

/** A call of the catalogue, with what was typed in the place of the repository. */
export interface JudgedCall {
  route: Route
  /** `owner/name`, for a call in a repository. */
  repo: string | undefined
  /** What decides behind the scopes, in whole sentences. */
  then: readonly string[]
}

/**
 * What decided: that patrol can't look at the token (`value`); that the user is not there (`nobody`); the token's state, where it is not alive; that nothing tells what the
 * call needs (`catalogue`); a `scope`; the token's `reach`; a `right` of its user, which no scope gives; `nothing` where all
 * is granted.
 */
export type Decider =
  | 'value'
  | 'nobody'
  | 'dead'
  | 'blocked'
  | 'life'
  | 'catalogue'
  | 'scope'
  | 'reach'
  | 'right'
  | 'nothing'

/** Whether a token can make a call. */
export interface CallVerdict {
  answer: 'yes' | 'no' | 'unknown'
  by: Decider
  /** Why, to follow the answer and a colon. */
  reason: string
  /** Scopes that it lacks, as far as that is certain. */
  missing: readonly Scope[]
}

/** Calls that refuse every token in the `Authorization` header, whatever its scopes. */
const REFUSES_TOKENS: readonly Want[] = ['password', 'password-only', 'signature']
/** What is below these is the user's own: no other right stands behind the scope. */
const OWN = /^\/(?:user|notifications)(?:\/|$)/

/** What a probe found out, as far as a call asks for it. */
export function knownByProbe(report: ProbeReport): KnownToken {
  const {lastEight, liveness, granted, scopes, confinement, identity, repo} = report
  return {
    lastEight,
    by: 'probe',
    life: {state: liveness.state, reason: liveness.evidence.reason},
    granted,
    undecided: scopes.filter(({verdict}) => verdict === 'unknown').map(({scope}) => scope),
    reach: confinement.reach,
    isAdmin: identity?.isAdmin,
    access: repo,
  }
}

/**
 * Whether a token can make a call: its life, then the scopes, then what it is confined to, then the rights of its user, as
 * far as anything told them. What nothing told is `unknown`, never a yes.
 */
export function canCall(token: KnownToken, call: JudgedCall): CallVerdict {
  return lifeVerdict(token) ?? scopesOf(token, call.route) ?? reachOf(token, call) ?? rightsOf(token, call)
}

/** What a token that does not work, or may not, can do: nothing, whatever the call; undefined for one that lives. */
export function lifeVerdict({life, lastEight}: KnownToken): CallVerdict | undefined {
  const token = `the token …${lastEight}`
  const {state, reason} = life
  if (state === 'alive') return undefined
  if (state === 'dead') return say('no', 'dead')(`${token} is dead: the server does not accept it`)
  if (state === 'blocked') return say('no', 'blocked')(`the user of ${token} is blocked: ${reason}`)
  return say('unknown', 'life')(`nothing tells whether ${token} works: ${reason}`)
}

function scopesOf({granted, undecided, lastEight}: KnownToken, route: Route): CallVerdict | undefined {
  const {gates, either, wants} = route
  const token = `the token …${lastEight}`
  const lacking = gates.map((gate) => compare(granted, gate).missing).filter((missing) => missing.length > 0)
  const missing = [...new Set(lacking.flat())]
  const open = new Set(undecided)
  const untold = missing.filter((scope) => [...expand([scope])].some((each) => open.has(each)))
  const about = {by: 'scope', missing: missing.filter((scope) => !untold.includes(scope))} as const
  if (wants.some((want) => REFUSES_TOKENS.includes(want))) return undefined
  if (either && lacking.length > 0 && lacking.length < gates.length) {
    const reason = `it goes by who owns the repository, and ${token} lacks ${missing.join(' and ')}`
    return {...about, answer: 'unknown', reason, missing: []}
  }
  if (about.missing.length > 0) {
    return {...about, answer: 'no', reason: `${token} lacks ${about.missing.join(' and ')}`}
  }
  if (untold.length > 0) {
    return {...about, answer: 'unknown', reason: `nothing tells whether ${token} has ${untold.join(' and ')}`}
  }
  return undefined
}

/** Where the token is confined to repositories, or sees only what is public. */
function reachOf({granted, reach, lastEight, access}: KnownToken, {route, repo}: JudgedCall): CallVerdict | undefined {
  const about = {by: 'reach', missing: []} as const
  const token = `the token …${lastEight}`
  if (repo === undefined || route.scopes.length === 0) return undefined
  const seen = unitsOf(route, access).some(({outcome}) => outcome === 'ok')
  if (granted.includes('public-only') && !seen) {
    return {...about, answer: 'unknown', reason: `${token} is public-only, and nothing tells whether ${repo} is public`}
  }
  if (reach === 'all') return undefined
  if (reach === 'unknown') {
    return {...about, answer: 'unknown', reason: `nothing tells whether ${token} is confined to other repositories`}
  }
  if (refusesConfined(route)) {
    const reason = `${token} is confined to repositories, and such a one is refused this in its own as well`
    return {...about, answer: 'no', reason}
  }
  if (covers(reach, repo)) return undefined
  const outside = outsideOf(reach, repo)!.replace('the token', token)
  if (route.method !== 'GET') return {...about, answer: 'no', reason: outside}
  return seen ? undefined : {...about, answer: 'unknown', reason: `${outside}; it reads it only where it is public`}
}

/** What decides behind the scopes: a role of the user, or a setting of the server. */
function rightsOf(token: KnownToken, call: JudgedCall): CallVerdict {
  const {route, repo, then} = call
  const [may, refused, open] = [say('yes', 'nothing'), say('no', 'right'), say('unknown', 'right')]
  const allowed = route.scopes.length === 0 ? 'no scope is asked for' : 'the scope allows it'
  const held =
    route.scopes.length === 0
      ? 'no scope is asked for'
      : `the token …${token.lastEight} has ${route.scopes.join(route.either ? ' or ' : ' and ')}`
  if (route.wants.some((want) => REFUSES_TOKENS.includes(want))) return refused(lowered(then[0] ?? 'no token is taken'))
  if (route.wants.includes('site-admin') && token.isAdmin === false) {
    return refused(`${allowed}, but its user is no site administrator`)
  }
  const barred = decisiveUnit(route, token.access)
  if (barred?.outcome === 'role') return refused(`${allowed}, but ${barred.evidence.reason}`)
  if (route.condition !== undefined) return open(`${allowed}; the route is there ${route.condition}`)
  const rest = route.wants.filter((want) => want !== 'any-token' && !(want === 'site-admin' && token.isAdmin))
  const whose = repo === undefined ? "its user's rights" : `the rights of its user in ${repo}`
  if (rest.length > 0) return open(`${allowed}; ${whose} may still refuse: ${lowered(then[0] ?? rest.join(', '))}`)
  if (isFree(route) || isSeen(route, token.access)) return may(held)
  return open(`${allowed}; ${whose} may still refuse`)
}

/** Whether nothing but the scopes decides: the user's own things, and what names nothing of anybody. */
function isFree({path, method, scopes, wants}: Route): boolean {
  if (scopes.length === 0 || wants.length > 0) return true
  return !path.includes('{') && !path.includes('*') && (method === 'GET' || OWN.test(path))
}

/** Whether it reads in a repository what its user was seen to read. */
function isSeen(route: Route, access: RepoAccess | undefined): boolean {
  return route.method === 'GET' && unitsOf(route, access).some(({outcome}) => outcome === 'ok')
}

/** The lists that tell of this call: issues for what lies below them, pull requests for theirs, either for the rest. */
function unitsOf({path}: Route, access: RepoAccess | undefined): RepoAccess['issues'][] {
  if (!access) return []
  if (path.startsWith('/repos/{owner}/{repo}/issues')) return [access.issues]
  return path.startsWith('/repos/{owner}/{repo}/pulls') ? [access.pulls] : [access.issues, access.pulls]
}

/** The list that this call is one of: what refuses it, refuses the call. */
function decisiveUnit(route: Route, access: RepoAccess | undefined): RepoAccess['issues'] | undefined {
  const [unit, another] = unitsOf(route, access)
  return another ? undefined : unit
}

function say(answer: CallVerdict['answer'], by: Decider): (reason: string) => CallVerdict {
  return (reason) => ({answer, by, reason, missing: []})
}

/** A sentence that goes on behind a colon. */
function lowered(sentence: string): string {
  return (sentence.charAt(0).toLowerCase() + sentence.slice(1)).replace(/\.$/, '')
}

import {compare} from '../scopes/sets.ts'
import type {Scope} from '../scopes/vocabulary.ts'
import type {Secret} from '../secret.ts'
import {ProbeLine} from './line.ts'
import type {ProbePort, ProbeRequest} from './ports.ts'
import {probe} from './probe.ts'
import {isHarmless, NO_ID, SENTINEL} from './table.ts'
import type {Evidence} from './types.ts'

/** A route as the catalogue has it. */
export interface RouteClaim {
  method: string
  /** Its template, as in the catalogue. */
  path: string
  gates: readonly (readonly Scope[])[]
  /** Whether just one of the gates stands there, behind the look-up of the repository. */
  either?: boolean
  /** Set where the route may be absent for another reason than its version. */
  condition: string | undefined
}

/** What a server says to a claim of the catalogue. */
export interface RouteAnswer {
  giteaUrl: string
  outcome: 'agrees' | 'disagrees' | 'unknown'
  /** One sentence: what was seen and why it means that. */
  reason: string
  /** The request and its answer; undefined where no harmless request exists. */
  evidence: Evidence | undefined
  /** Requests made, those that found the token's scopes included. */
  requests: number
}

const WRITES = ['POST', 'PUT', 'PATCH', 'DELETE'] as const

/** Below these a write ends at the look-up of the sentinel, right behind the gate (gitea 1.20 to 1.27). */
const STOPS = new RegExp(`^/(?:repos/${SENTINEL}/${SENTINEL}|orgs/${SENTINEL})(?:/|$)`)
/** These make a token where there is none yet, although they are GETs (gitea 1.22 and newer). */
const MAKES = '/registration-token'

/**
 * The request that shows a route's gate and can have no effect: owners, names and ids that cannot exist in place of the
 * parameters. Undefined where there is none: a write whose handler would run, or a GET that makes something.
 */
export function harmlessRequest({method, path}: Pick<RouteClaim, 'method' | 'path'>): ProbeRequest | undefined {
  const asked = path
    .replaceAll(/\{([\w-]+)(?::([^}|]*)[^}]*)?\}/g, (_, name: string, rule?: string) => {
      return rule ?? (/(?:^|[_-])(?:id|index|teamid|position|run|attempt)$/.test(name) ? NO_ID : SENTINEL)
    })
    .replaceAll('*', SENTINEL)
  if (method === 'GET') {
    if (asked.endsWith(MAKES) && !STOPS.test(asked)) return undefined
    return {method, path: asked.includes(SENTINEL) ? asked : `${asked}?limit=1&page=1`, auth: 'token'}
  }
  const write = WRITES.find((each) => each === method)
  if (write === undefined) return undefined
  const request: ProbeRequest = {method: write, path: asked, auth: 'token'}
  return mayAsk(request) ? request : undefined
}

/** Whether a request may go out here: the probe's own rule, and writes that end at the sentinel. */
function mayAsk(request: ProbeRequest): boolean {
  return isHarmless(request) || (request.auth === 'token' && STOPS.test(request.path))
}

/**
 * Asks the server what a route needs, with a token whose scopes it finds out first. Throws as `probe`; everything that
 * is no clear answer is `unknown`.
 */
export async function askRoute(port: ProbePort, value: Secret, claim: RouteClaim): Promise<RouteAnswer> {
  const request = harmlessRequest(claim)
  if (!request) {
    const reason = `there is no request to ${claim.method} ${claim.path} that could have no effect`
    return {giteaUrl: port.url, outcome: 'unknown', reason, evidence: undefined, requests: 0}
  }
  const known = await probe(port, value)
  if (known.liveness.state !== 'alive') {
    const {reason} = known.liveness.evidence
    const {state, evidence} = known.liveness
    const why = `the token is ${state}: ${reason}`
    return {giteaUrl: port.url, outcome: 'unknown', reason: why, evidence, requests: known.requests}
  }
  const line = new ProbeLine(port, value, mayAsk)
  const {reply, reading, evidence} = await line.ask(request)
  const {granted} = known
  const undecided = new Set(known.scopes.filter(({verdict}) => verdict === 'unknown').map(({scope}) => scope))
  const said = (outcome: RouteAnswer['outcome'], reason: string): RouteAnswer => {
    return {giteaUrl: port.url, outcome, reason, evidence, requests: known.requests + line.requests}
  }
  const lacks = (gate: readonly Scope[]): boolean => compare(granted, gate).missing.length > 0
  const refusing = claim.gates.filter(lacks)
  if (reply.status === 405) return said('disagrees', 'the server has no such route: it answered 405')
  if (reading.kind === 'absent' && reply.status !== 501) {
    if (claim.condition !== undefined)
      return said('unknown', `${reading.reason}; the route is there ${claim.condition}`)
    return said('disagrees', `the server has no such route: it answered ${reply.status}`)
  }
  if (reading.kind === 'denied') {
    const wanted = reading.required.join(' and ')
    return claim.gates.some((gate) => sameScopes(gate, reading.required))
      ? said('agrees', `it refused a token without ${wanted}`)
      : said('disagrees', `the server asks for ${wanted}, the catalogue for ${namesOf(claim)}`)
  }
  if (reading.kind !== 'passed') return said('unknown', reading.reason)
  if (refusing.length === 0) return said('agrees', 'it let a token pass that has all of it')
  if (refusing.flat().some((scope) => undecided.has(scope))) {
    return said('unknown', 'it let the token pass, but not all of the scopes of the token could be found out')
  }
  if (claim.either) return said('unknown', 'the look-up in front of the gate ended it')
  // A look-up may stand between two gates, and the sentinel ends there.
  if (claim.gates[0] && !lacks(claim.gates[0]))
    return said('unknown', 'the look-up in front of the second gate ended it')
  return said('disagrees', `the server let a token pass without ${refusing.flat().join(' and ')}`)
}

function sameScopes(gate: readonly Scope[], required: readonly Scope[]): boolean {
  return gate.length === required.length && gate.every((scope) => required.includes(scope))
}

const namesOf = ({gates, either}: RouteClaim): string =>
  [...new Set(gates.flat())].join(either ? ' or ' : ' and ') || 'no scope'

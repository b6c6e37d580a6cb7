import type {Evidence, ProbeReport} from '../../probe/types.ts'
import {dangers} from '../../scopes/profiles.ts'
import {expand, normalise} from '../../scopes/sets.ts'
import {CATEGORIES, SCOPES, type Scope} from '../../scopes/vocabulary.ts'
import type {Docket} from '../docket.ts'
import type {AgentFacts} from '../facts.ts'
import {valueOf} from '../reading.ts'
import type {ScopeState, TokenView} from '../types.ts'
import {silence} from './life.ts'
import {listedEvidence} from './words.ts'

/** What the deployed token can do, as far as anyone tells. */
export interface HeldScopes {
  granted: ReadonlySet<Scope>
  /** Scopes of which nobody knows. */
  unknown: ReadonlySet<Scope>
  /** Scopes that nothing on this server asks for, so that no probe can show them. */
  idle: ReadonlySet<Scope>
  evidenceOf: (scope: Scope) => Evidence | undefined
  /** Why the rest is not known. */
  why: string
}

const JUDGED = SCOPES.filter((scope) => scope !== 'all')

/**
 * The exact scopes of the listing, else what a probe of a live token showed. A listed name that no Gitea has may be a
 * fork's own, or close every gate of this server (gitea 1.20 to 1.27, forgejo: "checking scope failed"): a probe tells.
 */
export function heldScopes(facts: AgentFacts): HeldScopes {
  const {place, agent} = facts
  const strange = place?.kind === 'listed' ? (place.row.strange ?? []) : []
  if (place?.kind === 'listed' && strange.length === 0) {
    const evidence = listedEvidence(agent.user, place.row)
    return {granted: expand(place.row.scopes), unknown: new Set(), idle: new Set(), evidenceOf: () => evidence, why: ''}
  }
  const probe = valueOf(facts.probe)
  if (probe?.liveness.state === 'alive') return probedScopes(probe)
  const why =
    strange.length > 0
      ? `its stored scopes hold ${strange.join(', ')}, and a server that does not know that refuses every call that asks for a scope`
      : silence(facts)
  return {granted: new Set(), unknown: new Set(JUDGED), idle: new Set(), evidenceOf: () => undefined, why}
}

function probedScopes(probe: ProbeReport): HeldScopes {
  const verdicts = new Map(probe.scopes.map((verdict) => [verdict.scope, verdict]))
  const unknown = probe.scopes.filter(({verdict}) => verdict === 'unknown')
  const idle = probe.scopes.filter(({verdict}) => verdict === 'not_applicable')
  return {
    granted: expand(probe.granted),
    unknown: new Set(unknown.map(({scope}) => scope)),
    idle: new Set(idle.map(({scope}) => scope)),
    evidenceOf: (scope) => verdicts.get(scope)?.evidence,
    why: unknown[0]?.evidence.reason ?? '',
  }
}

/**
 * Compares what the token can do with the profile: `scope-dangerous`, `empty-scope`, `scope-missing`, `scope-excess`
 * and `public-only`. What is unknown is unjudged, unless it makes no difference.
 */
export function judgeScopes({agent}: AgentFacts, held: HeldScopes, token: TokenView | undefined, docket: Docket): void {
  const {granted, unknown, idle, evidenceOf, why} = held
  const wanted = expand(agent.scopes)
  const everything = holdsEverything(held)
  const found = everything === 'no' ? dangers(granted) : everything === 'yes' ? dangers(['all']) : []
  for (const {scope, why: because} of found) {
    const evidence = evidenceOf(scope === 'all' ? 'write:admin' : scope)
    docket.find('scope-dangerous', {
      message: `its token has ${scope}: ${because}`,
      token,
      scope,
      evidence,
      names: [scope],
    })
  }
  const unsureOfDanger = unknown.has('write:admin') || unknown.has('write:user')
  if (everything === 'unknown' || unsureOfDanger) docket.open('scope-dangerous', why)

  if (granted.has('public-only')) {
    const evidence = evidenceOf('public-only')
    docket.find('public-only', {message: 'its token is limited to public repositories', token, evidence})
  } else if (unknown.has('public-only')) docket.open('public-only', why)

  const unsure = [...unknown].some((scope) => scope !== 'public-only')
  const usable = [...granted].some((scope) => scope !== 'public-only')
  if (!usable && !unsure) {
    const message =
      idle.size > 0
        ? `its token has no scope that anything on this server asks for (${[...idle].join(', ')} cannot be probed)`
        : 'its token has no scope at all'
    docket.find('empty-scope', {message, token, evidence: evidenceOf('read:user')})
    return
  }
  if (!usable) {
    // It may have none at all, which is another finding than a scope that is missing.
    for (const rule of ['empty-scope', 'scope-missing', 'scope-excess'] as const) docket.open(rule, why)
    return
  }
  const lacking = wanted.difference(granted)
  for (const scope of normalise(lacking.difference(unknown))) {
    const needed = `its token lacks ${scope}, which the profile ${agent.profile} needs`
    docket.find('scope-missing', {message: needed, token, scope, evidence: evidenceOf(scope), names: [scope]})
  }
  if (lacking.intersection(unknown).size > 0) docket.open('scope-missing', why)
  if (everything === 'unknown') docket.open('scope-excess', why)
  if (everything !== 'no') return
  const named = new Set([...found.map(({scope}) => scope), 'public-only'])
  for (const scope of normalise(granted.difference(wanted)).filter((each) => !named.has(each))) {
    const beyond = `its token has ${scope}, which the profile ${agent.profile} does not need`
    docket.find('scope-excess', {message: beyond, token, scope, evidence: evidenceOf(scope), names: [scope]})
  }
  if (unknown.difference(wanted).difference(new Set(['public-only'])).size > 0) docket.open('scope-excess', why)
}

/**
 * Whether the token has `all`, as far as this server can show: every write that anything asks for. With writes unknown
 * it cannot be told from a token that has many, and the two are different findings.
 */
function holdsEverything({granted, unknown, idle}: HeldScopes): 'yes' | 'no' | 'unknown' {
  const writes = CATEGORIES.map((category): Scope => `write:${category}`)
  if (!granted.has('write:admin') || !granted.has('write:user')) return 'no'
  if (writes.some((scope) => !granted.has(scope) && !unknown.has(scope) && !idle.has(scope))) return 'no'
  return writes.some((scope) => unknown.has(scope)) ? 'unknown' : 'yes'
}

/** How every scope stands, for the grid of agents by scopes. */
export function scopeStates({agent}: AgentFacts, {granted, unknown}: HeldScopes): Partial<Record<Scope, ScopeState>> {
  const wanted = expand(agent.scopes)
  const stateOf = (scope: Scope): ScopeState => {
    if (unknown.has(scope)) return 'unknown'
    if (granted.has(scope)) return wanted.has(scope) ? 'needed' : 'excess'
    return wanted.has(scope) ? 'missing' : 'absent'
  }
  return Object.fromEntries(JUDGED.map((scope) => [scope, stateOf(scope)]))
}

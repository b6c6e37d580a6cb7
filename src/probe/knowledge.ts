import {expand, normalise} from '../scopes/sets.ts'
import {SCOPES, type ScopeCategory, type ScopeLevel, type Scope} from '../scopes/vocabulary.ts'
import type {ReplyReading} from './interpret.ts'
import type {ProbeRequest, ProbeReply} from './ports.ts'
import type {DenialDialect, Evidence, Identity, Liveness, ScopeVerdict} from './types.ts'

/** What we have learnt so far about one token. A verdict, once `granted` or `missing`, is never changed. */
export class TokenKnowledge {
  dialect: DenialDialect = 'none'
  version: string | undefined
  identity: Identity | undefined
  liveness: Liveness | undefined
  /** The server saw no credential in some answer, so an allowed request proves nothing. */
  anonymous = false
  /** Why the rest was not asked. */
  stopped = 'the limit of requests was reached'
  readonly #verdicts = new Map<Scope, ScopeVerdict>()

  /** Whether this scope is known to be granted or missing, or cannot apply. */
  decided(scope: Scope): boolean {
    return (this.#verdicts.get(scope)?.verdict ?? 'unknown') !== 'unknown'
  }

  granted(scope: Scope): boolean {
    return this.#verdicts.get(scope)?.verdict === 'granted'
  }

  /** The server told scopes by itself: by a denial that lists them, or of the token as such. */
  get tellsScopes(): boolean {
    return this.dialect === 'lists-granted' || this.#verdicts.get('read:user')?.evidence.path === '/api/v1/token'
  }

  /** The server told all scopes: every verdict is known. */
  exact(scopes: Iterable<Scope>, evidence: Evidence): void {
    const held = expand(scopes)
    this.dialect = evidence.dialect
    for (const scope of VERDICTS) this.#set(scope, held.has(scope) ? 'granted' : 'missing', evidence)
  }

  /** Takes in the answer to the probe of one scope. Returns true when it told all scopes at once. */
  learn(category: ScopeCategory, level: ScopeLevel, reading: ReplyReading, evidence: Evidence): boolean {
    this.proofOfLife(reading, evidence)
    if (reading.kind === 'denied' && reading.granted) {
      this.exact(reading.granted, evidence)
      return true
    }
    if (reading.kind === 'passed') {
      this.#set(`read:${category}`, 'granted', evidence)
      if (level === 'write') this.#set(`write:${category}`, 'granted', evidence)
      if (reading.publicOnly) this.publicOnly(evidence)
    } else if (reading.kind === 'denied') {
      this.dialect = 'plain'
      this.#set(`write:${category}`, 'missing', evidence)
      if (level === 'read') this.#set(`read:${category}`, 'missing', evidence)
    } else if (reading.kind === 'absent' && category === 'activitypub') {
      const off = {...evidence, reason: 'federation is off'}
      for (const scope of ['read:activitypub', 'write:activitypub'] as const) this.#set(scope, 'not_applicable', off)
    } else {
      this.#set(`${level}:${category}`, 'unknown', evidence)
    }
    return false
  }

  /** The token showed itself limited to public things. */
  publicOnly(evidence: Evidence): void {
    this.#set('public-only', 'granted', evidence)
  }

  /** Notes life, or an account that is blocked, from an answer that proves it. */
  proofOfLife(reading: ReplyReading, evidence: Evidence): void {
    if (reading.kind === 'anonymous') this.anonymous = true
    if (reading.kind === 'blocked') this.liveness = {state: 'blocked', evidence}
    const alive = reading.kind === 'denied' || reading.kind === 'corrupt' || reading.kind === 'passed'
    if (alive) this.liveness ??= {state: 'alive', evidence}
  }

  /** All verdicts in the vocabulary's order; what nobody could find out is `unknown` with its reason. */
  verdicts(liveness: Liveness): ScopeVerdict[] {
    return VERDICTS.map((scope) => this.#verdicts.get(scope) ?? this.#undecided(scope, liveness))
  }

  /** The granted scopes in Gitea's normal form. */
  grantedScopes(): Scope[] {
    return normalise(VERDICTS.filter((scope) => this.granted(scope)))
  }

  #set(scope: Scope, verdict: ScopeVerdict['verdict'], evidence: Evidence): void {
    if (!this.decided(scope)) this.#verdicts.set(scope, {scope, verdict, evidence})
  }

  #undecided(scope: Scope, {state, evidence}: Liveness): ScopeVerdict {
    const because = (verdict: ScopeVerdict['verdict'], reason: string): ScopeVerdict => ({
      scope,
      verdict,
      evidence: {...evidence, dialect: 'none', reason},
    })
    if (state !== 'alive') return because('unknown', `not probed: ${evidence.reason}`)
    if (scope === 'public-only') {
      return because('unknown', 'this server shows it only on a private repository that the user can see')
    }
    if (scope.endsWith(':misc')) return because('not_applicable', 'no request is gated by it')
    return because('unknown', `not probed: ${this.stopped}`)
  }
}

const VERDICTS = SCOPES.filter((scope) => scope !== 'all')

/** Why we believe something: the request, and what came of it. */
export function evidenceOf(request: ProbeRequest, reply: ProbeReply, reading: ReplyReading): Evidence {
  const {method, path} = request
  return {method, path: `/api/v1${path}`, status: reply.status, dialect: dialectOf(reading), reason: reading.reason}
}

function dialectOf(reading: ReplyReading): DenialDialect {
  if (reading.kind !== 'denied') return 'none'
  return reading.granted ? 'lists-granted' : 'plain'
}

import {counts} from './baseline.ts'
import {Docket} from './docket.ts'
import {hasStopped, type AgentFacts} from './facts.ts'
import {judgeAge} from './judge/age.ts'
import {hurdlesOf} from './judge/hurdles.ts'
import type {Bench} from './judge/bench.ts'
import {judgeLife} from './judge/life.ts'
import {judgeUser, judgeWorkspace} from './judge/place.ts'
import {heldReach, judgeReach} from './judge/reach.ts'
import {heldScopes, judgeScopes, scopeStates} from './judge/scopes.ts'
import {judgeTokens, tokenViews} from './judge/tokens.ts'
import {isAbsent, valueOf} from './reading.ts'
import type {AgentAudit, AuditFinding, TokenView, Unjudged} from './types.ts'

/** Applies every rule to what is known of one agent. Asks nobody. */
export function judge(index: number, facts: AgentFacts, bench: Bench): AgentAudit {
  const {agent, place, holding} = facts
  const {name, user, workspace, profile, repo, anchor} = agent
  const {status, keeper} = valueOf(facts.workspace) ?? {}
  const halfMade = isAbsent(facts.account) || isAbsent(facts.workspace) || status === 'removed'
  const unasked = facts.workspace.kind === 'off'
  const reach = heldReach(facts)
  const hurdles = hurdlesOf(facts, reach, bench)
  const standing = {halfMade, stopped: hasStopped(facts), hurdles}
  const docket = new Docket({agent: name, user, workspace, repo, anchor, keeper, unasked, ...standing}, bench.accepted)
  const views = tokenViews(facts)
  const tokens = bench.sharedWith.length > 0 ? views.map(withoutUse) : views
  const token = tokens.find(({deployed}) => deployed)
  const held = heldScopes(facts)
  const liveness = judgeLife(facts, docket)
  // The scopes of a dead token do not matter, and a blocked one shows them only in the listing.
  const masked = liveness === 'dead' || (liveness === 'blocked' && place?.kind !== 'listed')
  if (!masked) {
    judgeScopes(facts, held, token, docket)
    judgeReach(facts, reach, token, docket)
  }
  judgeUser(facts, docket)
  judgeTokens(facts, tokens, bench, docket)
  const fit = holding.value !== undefined && liveness === 'alive'
  if (liveness !== 'dead') judgeAge(facts, token, {...bench, fit}, docket)
  judgeWorkspace(facts, docket)
  if (bench.sharedWith.length > 0) docket.find('token-shared', sharedCharge(bench.sharedWith))
  const {findings, unjudged} = docket
  return {
    index,
    agent: name,
    user,
    workspace,
    workspaceStatus: status,
    ...(keeper && {keeper}),
    standing,
    profile,
    anchor,
    state: stateOf(findings, unjudged),
    liveness,
    scopes: scopeStates(facts, held),
    tokens,
    deployedFrom: place?.kind === 'listed' ? place.from : holding.told?.from,
    findings,
    unjudged,
  }
}

/** The other agent, and our own probe of its token, use a shared token as well: its last use tells nothing. */
export function withoutUse(token: TokenView): TokenView {
  return token.deployed ? {...token, lastUsedAt: undefined} : token
}

/** In words and names whom a token is shared with. */
export function sharedCharge(others: readonly string[]): {message: string; names: readonly string[]} {
  return {message: `its token is also that of ${others.join(', ')}`, names: others}
}

/** What an agent's findings come to. */
export function stateOf(findings: readonly AuditFinding[], unjudged: readonly Unjudged[]): AgentAudit['state'] {
  if (unjudged.length > 0) return 'unknown'
  return findings.some(counts) ? 'findings' : 'ok'
}

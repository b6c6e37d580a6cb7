import type {Evidence} from '../probe/types.ts'
import type {Scope} from '../scopes/vocabulary.ts'
import {fingerprintOf, type Acceptances} from './baseline.ts'
import type {TokenRunner, Way} from './fixes.ts'
import {ruleOf, ruleRank, type RuleId} from './rules.ts'
import type {Anchor, AuditFinding, FixStanding, WorkspaceKeeper, TokenView, Unjudged} from './types.ts'

/** Whom findings are about. */
export interface Party extends FixStanding {
  /** Name in the inventory; for what nobody claims, the login or the workspace's name. */
  agent: string
  user: string | undefined
  workspace: string | undefined
  repo: string | undefined
  anchor: Anchor | undefined
  unclaimed?: boolean
  keeper?: WorkspaceKeeper | undefined
  /** There is no platform through which it could be asked. */
  unasked?: boolean
}

/** What a finding says besides its rule and its party. */
export interface Charge {
  message: string
  token?: TokenView | undefined
  scope?: Scope | undefined
  /** `owner/name`. */
  repository?: string | undefined
  evidence?: Evidence | undefined
  /** Names that tell this finding from the agent's others of the same rule. */
  names?: readonly string[]
  way?: Way | undefined
  /** What patrol.yaml refers to is not what it runs on, or not all that its profile wants. */
  unfit?: boolean
  /** What it is about is not there at all. */
  gone?: boolean
  /** Other agents that run on the token. */
  holders?: readonly TokenRunner[]
  /** What speaks for the token being in use elsewhere, a clause. */
  held?: string | undefined
}

/** Collects what is found about one party, and what could not be judged. */
export class Docket {
  readonly #party: Party
  readonly #accepted: Acceptances
  readonly #findings: AuditFinding[] = []
  readonly #unjudged = new Map<RuleId, string>()

  constructor(party: Party, accepted: Acceptances) {
    this.#party = party
    this.#accepted = accepted
  }

  find(rule: RuleId, charge: Charge): void {
    this.#findings.push(findingOf(rule, this.#party, charge, this.#accepted))
  }

  /** The first reason given for a rule stays. */
  open(rule: RuleId, reason: string): void {
    if (!this.#unjudged.has(rule)) this.#unjudged.set(rule, reason)
  }

  /** What would mend a finding of this rule, where it could be judged. */
  cure(rule: RuleId): string {
    const {command = '', note} = ruleOf(rule).fix(this.#party)
    return note === undefined ? command : `${command} (${note})`
  }

  /** Whether one of these was found. */
  has(...rules: RuleId[]): boolean {
    return this.#findings.some(({rule}) => rules.some((each) => each === rule))
  }

  get findings(): AuditFinding[] {
    return this.#findings.toSorted(byRule)
  }

  get unjudged(): Unjudged[] {
    return [...this.#unjudged].map(([rule, reason]) => ({agent: this.#party.agent, rule, reason})).toSorted(byRuleOpen)
  }
}

/** One finding, looked up among the accepted ones. */
export function findingOf(rule: RuleId, party: Party, charge: Charge, accepted: Acceptances): AuditFinding {
  const {severity, ref, fix} = ruleOf(rule)
  const {agent, user, workspace, anchor} = party
  const {message, token, scope, repository, evidence, names = [], way, unfit, gone, holders, held} = charge
  const {command, note} = fix({...party, token, scope, way, unfit, gone, holders, held})
  const fingerprint = fingerprintOf(rule, agent, names)
  const subject = {
    ...(user !== undefined && {user}),
    ...(workspace !== undefined && {workspace}),
    ...(token && {token}),
    ...(scope && {scope}),
    ...(repository !== undefined && {repository}),
  }
  return {
    rule,
    severity,
    agent,
    subject,
    message,
    evidence,
    fix: command,
    note,
    ref,
    fingerprint,
    anchor,
    accepted: accepted(fingerprint),
  }
}

/** By rule as the table has them, then by whom and what they are about; the same in every run. */
export function byRule(a: AuditFinding, b: AuditFinding): number {
  return ruleRank(a.rule) - ruleRank(b.rule) || compare(a.agent, b.agent) || compare(a.message, b.message)
}

/** The same for what could not be judged. */
export function byRuleOpen(a: Unjudged, b: Unjudged): number {
  return ruleRank(a.rule) - ruleRank(b.rule) || compare(a.agent, b.agent) || compare(a.reason, b.reason)
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

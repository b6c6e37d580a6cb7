import type {AgentAudit, AuditReport, ScopeState} from '../../fleet/types.ts'
import {SEVERITIES} from '../../fleet/types.ts'
import {SCOPES} from '../../scopes/vocabulary.ts'
import type {Scope} from '../../scopes/vocabulary.ts'
import {auditedFindings, countingFindings} from '../formats/findings.ts'
import {confinedTo} from '../formats/words.ts'
import {markup} from './markup.ts'
import type {Markup} from './markup.ts'
import {byName, counted, daysBetween} from './words.ts'

/** Every state with the sign that stands for it where there is no room for the word. */
export const SIGNS: readonly {state: ScopeState; sign: string; means: string}[] = [
  {state: 'needed', sign: '✓', means: 'granted, and the profile needs it'},
  {state: 'missing', sign: '✕', means: 'the profile needs it, the token lacks it'},
  {state: 'excess', sign: '+', means: 'granted, but the profile does not ask for it'},
  {state: 'unknown', sign: '?', means: 'could not be judged'},
  {state: 'absent', sign: '·', means: 'not granted and not needed'},
]

const STATES = {ok: 'fine', findings: 'with findings', unknown: 'unknown'} as const

/**
 * The scopes that get a column: those that some judged agent needs, holds, or may hold. A scope that is absent
 * everywhere would only be a column of dots; the page names those in a sentence.
 */
export function scopeColumns(agents: readonly AgentAudit[]): Scope[] {
  const judged = agents.filter(isJudged)
  return SCOPES.filter((scope) => scope !== 'all' && judged.some((audit) => audit.scopes[scope] !== 'absent'))
}

/** Whether anything is known of the agent's scopes; if not, its row says why instead of repeating `unknown`. */
function isJudged({scopes}: AgentAudit): boolean {
  return Object.values(scopes).some((state) => state !== 'unknown')
}

/** The grid of agents by scopes, grouped by profile, the worst first. */
export function fleetSection(report: AuditReport, columns: readonly Scope[]): Markup {
  const left = SCOPES.filter((scope) => scope !== 'all' && !columns.includes(scope))
  return markup`<section id="fleet" aria-labelledby="fleet-h">
<h2 id="fleet-h">Fleet</h2>
<ul class="legend" aria-label="What the signs mean">${SIGNS.map(
    ({state, sign, means}) =>
      markup`<li><b class="sign ${state}" aria-hidden="true">${sign}</b> <span><strong>${state}</strong> ${means}</span></li>`,
  )}</ul>
${
  report.agents.length === 0
    ? markup`<p class="empty">The audit covered no agent.</p>`
    : markup`<div class="scroller" role="region" aria-label="Agents by scopes" tabindex="0">
<table class="grid" role="table" aria-describedby="fleet-note">
<thead role="rowgroup"><tr role="row"><th role="columnheader" scope="col" class="name">Agent</th><th role="columnheader" scope="col">State</th>${columns.map(
        (scope) => markup`<th role="columnheader" scope="col" class="scope"><span>${scope}</span></th>`,
      )}<th role="columnheader" scope="col" class="token">Token, age</th></tr></thead>
${[...Map.groupBy(report.agents, (each) => each.profile)]
  .toSorted(([a], [b]) => byName(a, b))
  .map(([profile, agents]) => group(profile, agents, columns, report.finishedAt))}
</table></div>
<p class="empty" data-empty="agent" hidden>No agent passes the filters.</p>`
}
<p class="note" id="fleet-note">Scopes are those of the token that the agent is deployed with. ${
    left.length > 0 &&
    markup`No agent whose scopes are known needs or holds ${list(left)}, so ${left.length === 1 ? 'it has' : 'they have'} no column.`
  }</p>
</section>`
}

function list(scopes: readonly Scope[]): Markup[] {
  return scopes.map(
    (scope, index) => markup`${index > 0 && (index === scopes.length - 1 ? ' or ' : ', ')}<code>${scope}</code>`,
  )
}

function group(profile: string, agents: readonly AgentAudit[], columns: readonly Scope[], now: string): Markup {
  const tally = (['ok', 'findings', 'unknown'] as const)
    .map((state) => [agents.filter((each) => each.state === state).length, STATES[state]] as const)
    .filter(([count]) => count > 0)
    .map(([count, word]) => `${count} ${word}`)
  return markup`<tbody role="rowgroup" data-group><tr role="row" class="group"><th role="rowheader" scope="rowgroup" colspan="${columns.length + 3}"><bdi>${profile}</bdi> <span>${counted(agents.length, 'agent')}: ${tally.join(', ')}</span></th></tr>
${agents.toSorted(worstFirst).map((audit) => row(audit, columns, now))}</tbody>
`
}

function worstFirst(a: AgentAudit, b: AgentAudit): number {
  return gravity(a) - gravity(b) || byName(a.agent, b.agent)
}

/** From the worst: critical to low findings, then what is unknown, then what is fine. */
function gravity(audit: AgentAudit): number {
  const findings = countingFindings(auditedFindings(audit.findings))
  const worst = SEVERITIES.findIndex((severity) => findings.some((each) => each.severity === severity))
  if (worst >= 0) return worst
  return audit.state === 'unknown' ? SEVERITIES.length : SEVERITIES.length + 1
}

function row(audit: AgentAudit, columns: readonly Scope[], now: string): Markup {
  const {agent, user, workspace, profile, state} = audit
  const findings = countingFindings(auditedFindings(audit.findings))
  const severities = SEVERITIES.filter((severity) => findings.some((each) => each.severity === severity))
  const tally = severities.map((each) => `${findings.filter(({severity}) => severity === each).length} ${each}`)
  const [headline = '', ...rest] = state === 'findings' ? tally : [STATES[state], ...tally]
  const also = [user, workspace].filter((name) => name !== '' && name !== agent)
  return markup`<tr role="row" data-item="agent" data-agent="${agent}" data-state="${state}" data-profile="${profile}" data-severity="${severities.join(' ')}" data-words="${audit.findings.map((each) => each.rule).join(' ')}"><th role="rowheader" scope="row" class="name">${
    audit.findings.length + audit.unjudged.length > 0
      ? markup`<a href="#findings" data-only="${agent}"><bdi>${agent}</bdi></a>`
      : markup`<bdi>${agent}</bdi>`
  }${also.length > 0 && markup`<small>${also.map((name, index) => markup`${index > 0 && ' · '}<bdi>${name}</bdi>`)}</small>`}</th><td role="cell" class="state ${state} ${severities[0]}"><b>${headline}</b>${rest.length > 0 && markup` <small>${rest.join(', ')}</small>`}</td>${
    isJudged(audit)
      ? columns.map((scope) => {
          const standing = audit.scopes[scope] ?? 'unknown'
          return markup`<td role="cell" class="${standing}"><span>${standing}</span></td>`
        })
      : columns.length > 0 &&
        markup`<td role="cell" class="span${audit.liveness === 'dead' && ' dead'}" colspan="${columns.length}">${whyUnjudged(audit)}</td>`
  }<td role="cell" class="token">${token(audit, now)}</td></tr>
`
}

function whyUnjudged({liveness, unjudged, deployedFrom}: AgentAudit): string {
  if (liveness === 'dead') return 'Token dead: the server does not know it, so it has no scopes.'
  if (liveness === 'blocked') return 'Token blocked: its scopes could not be asked.'
  const [first] = unjudged
  if (first) return `Unknown: ${first.reason}`
  return deployedFrom === undefined ? 'Unknown: nothing tells which token is deployed.' : 'Unknown: not judged.'
}

function token(audit: AgentAudit, now: string): Markup {
  const deployed = audit.tokens.find((each) => each.deployed)
  if (!deployed) return markup`<span class="dim">not known</span>`
  const age = daysBetween(deployed.createdAt, now)
  const facts = [age === undefined ? 'age unknown' : counted(age, 'day'), ...confinedTo(audit)]
  return markup`<code>…${deployed.lastEight}</code> <span>${facts.join(', ')}</span>`
}

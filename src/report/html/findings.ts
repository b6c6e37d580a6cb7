import type {AgentAudit, AuditReport, AuditFinding, Severity} from '../../fleet/types.ts'
import {SEVERITIES} from '../../fleet/types.ts'
import {auditedFindings} from '../formats/findings.ts'
import type {AuditedFinding} from '../formats/findings.ts'
import type {FormatContext, RuleText} from '../formats/format.ts'
import {openOf, pathWithin} from '../formats/words.ts'
import {markup} from './markup.ts'
import type {Markup} from './markup.ts'
import {byName, counted} from './words.ts'

/** A finding with what the filters ask of its agent; findings about nobody's users and workspaces have no agent. */
interface Placed {
  finding: AuditedFinding
  audit: AgentAudit | undefined
}

/** All findings, worst first, by rule; then those that somebody accepted. */
export function findingsSection(report: AuditReport, {rules, root}: Pick<FormatContext, 'rules' | 'root'>): Markup {
  const item = (placed: Placed): Markup => itemOf(placed, root)
  const placed: Placed[] = [
    ...report.agents.flatMap((audit) => auditedFindings(audit.findings).map((finding) => ({finding, audit}))),
    ...auditedFindings(report.unclaimed).map((finding) => ({finding, audit: undefined})),
  ]
  const accepted = placed.filter(({finding}) => finding.standing === 'accepted')
  const counting = placed.filter(({finding}) => finding.standing !== 'accepted')
  return markup`<section id="findings" aria-labelledby="findings-h">
<h2 id="findings-h" tabindex="-1">Findings</h2>
${
  counting.length === 0
    ? markup`<p class="empty">Nothing found${report.summary.exit === 5 && ', as far as it could be judged'}.</p>`
    : SEVERITIES.map((severity) => graveSection(severity, counting, rules, item))
}
<p class="empty" data-empty="finding" hidden>No finding passes the filters.</p>
${
  accepted.length > 0 &&
  markup`<section data-group><h3 id="accepted">Accepted <span class="count">${accepted.length}</span></h3>
<p class="note">In the baseline, with an owner and a date. They do not count until then.</p>
<ul class="items">${accepted.map(item)}</ul></section>`
}
</section>`
}

function graveSection(
  severity: Severity,
  placed: readonly Placed[],
  rules: readonly RuleText[],
  item: (placed: Placed) => Markup,
): Markup | false {
  const mine = placed.filter(({finding}) => finding.severity === severity)
  if (mine.length === 0) return false
  const byRule = [...Map.groupBy(mine, ({finding}) => finding.rule)].toSorted(
    ([a, as], [b, bs]) => bs.length - as.length || byName(a, b),
  )
  return markup`<section class="grave ${severity}" data-group><h3 id="${severity}"><span class="badge ${severity}">${severity}</span> <span class="count">${counted(mine.length, 'finding')}</span></h3>
${byRule.map(([rule, findings]) => ruleSection(rule, findings, rules, item))}</section>
`
}

function ruleSection(
  id: string,
  placed: readonly Placed[],
  rules: readonly RuleText[],
  item: (placed: Placed) => Markup,
): Markup {
  const rule = rules.find((each) => each.id === id)
  return markup`<section class="rule" data-group><header><h4>${rule?.title ?? id} <code>${id}</code> <span class="count">${placed.length}</span></h4>
${placed.length > 1 && markup`<button type="button" class="scripted" data-copy-all>Copy all shown fixes</button>`}
${rule && explained(rule)}</header>
<ul class="items">${placed.toSorted((a, b) => byName(a.finding.agent, b.finding.agent)).map(item)}</ul></section>
`
}

/** The first sentence, and the rest for whoever opens it. */
function explained({explains}: RuleText): Markup {
  const [, lead = '', end, rest = ''] = /^(.+?)([.;:]) (.+)$/s.exec(explains) ?? []
  if (rest === '') return markup`<p class="note">${explains}</p>`
  return markup`<details class="more note"><summary>${lead}${end === '.' ? '.' : ' …'}</summary><p>${rest}</p></details>`
}

function itemOf({finding, audit}: Placed, root: string): Markup {
  const {agent, rule, severity, subject, message, fix, note, accepted} = finding
  return markup`<li data-item="finding" data-agent="${agent}" data-state="${audit?.state}" data-profile="${audit?.profile}" data-severity="${severity}" data-words="${rule}"><p class="who"><strong><bdi>${agent}</bdi></strong>${
    audit ? markup` <span><bdi>${audit.profile}</bdi></span>` : markup` <span>claimed by no agent</span>`
  }</p><div class="what"><p>${message}</p>${note !== undefined && markup`<p class="note">${fix === undefined ? 'By hand' : 'Besides the fix'}: ${note}</p>`}${
    accepted &&
    markup`<p class="accepted">${accepted.expired ? 'Acceptance expired on' : 'Accepted until'} ${accepted.expires} by <bdi>${accepted.owner}</bdi>: ${accepted.reason}</p>`
  }<details><summary>Evidence</summary><dl>${evidence(finding)}${subject.token && term('Token', `…${subject.token.lastEight}${subject.token.name ? `, ${subject.token.name}` : ''}`)}${
    finding.anchor &&
    term('Inventory', `${pathWithin(root, finding.anchor.file) ?? finding.anchor.file}:${finding.anchor.line}`)
  }${term('Read', `patrol help ${finding.ref}`)}${term('Fingerprint', finding.fingerprint)}</dl></details></div>${
    fix !== undefined &&
    markup`<div class="fix"><code>${fix}</code><button type="button" class="scripted" data-copy aria-label="Copy the fix for ${agent}">Copy</button></div>`
  }</li>
`
}

function evidence({evidence: shown, rule}: AuditFinding): Markup[] {
  if (!shown) return [term('Rule', rule)]
  return [
    term('Rule', rule),
    term('Asked', `${shown.method} ${shown.path}`),
    term('Answer', `${shown.status === 0 ? 'none' : shown.status}: ${shown.reason}`),
  ]
}

function term(name: string, value: string): Markup {
  return markup`<div><dt>${name}</dt><dd>${value}</dd></div>`
}

/** What could not be judged, about whom, and why. Empty where everything was. */
export function unjudgedSection(report: AuditReport): Markup | false {
  const rows = [
    ...[...Map.groupBy(report.unjudged, ({agent}) => agent)].flatMap(([agent, unjudged]) =>
      openOf(unjudged).map((each) => ({...each, agent, audit: undefined as AgentAudit | undefined})),
    ),
    ...report.agents.flatMap((audit) => openOf(audit.unjudged).map((each) => ({...each, agent: audit.agent, audit}))),
  ]
  if (rows.length === 0) return false
  return markup`<section id="unjudged" aria-labelledby="unjudged-h"><h2 id="unjudged-h">Not judged</h2>
<p class="note">An unknown is never a pass: the audit exits with 5 while any of these stands. Run it again once the cause is gone.</p>
<div class="scroller plain" role="region" aria-label="What was not judged" tabindex="0"><table class="list"><thead><tr><th scope="col">Agent</th><th scope="col">Rule</th><th scope="col">Why</th></tr></thead><tbody>
${rows.map(
  ({agent, rules, reason, audit}) =>
    markup`<tr data-item="unjudged" data-agent="${agent}" data-state="unknown" data-profile="${audit?.profile}"><th scope="row">${agent === '' ? 'the whole fleet' : markup`<bdi>${agent}</bdi>`}</th><td>${rules.includes(' ') ? rules : markup`<code>${rules}</code>`}</td><td>${reason}</td></tr>
`,
)}</tbody></table></div>
<p class="empty" data-empty="unjudged" hidden>Nothing of this passes the filters.</p></section>`
}

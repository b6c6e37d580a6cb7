import type {AuditReport, Severity} from '../../fleet/types.ts'
import {SEVERITIES} from '../../fleet/types.ts'
import {forgeOf, forgeWord} from '../../forge.ts'
import type {FormatContext} from '../formats/format.ts'
import {pathWithin} from '../formats/words.ts'
import {markup} from './markup.ts'
import type {Markup} from './markup.ts'
import {counted, grouped, lasting, readable} from './words.ts'

/** What one wants to know first: how many are fine, how grave the rest is, when and where it was looked at. */
export function summaryHead(report: AuditReport, {root, exit}: Pick<FormatContext, 'root' | 'exit'>): Markup {
  const {summary} = report
  const forge = forgeOf(report.gitea.version)
  const all = summary.ok === summary.agents && summary.exit === 0
  return markup`<header class="head" id="top">
<div class="title"><p class="eyebrow">Token audit of <code>${pathWithin(root, report.inventory.file) ?? report.inventory.file}</code> · <time datetime="${report.finishedAt}">${readable(report.finishedAt)}</time></p>
<button type="button" class="scripted theme" id="theme">Dark</button></div>
<h1>${
    summary.agents === 0
      ? 'No agents audited'
      : all
        ? summary.agents === 1
          ? 'The one agent is fine'
          : `All ${grouped(summary.agents)} agents are fine`
        : `${grouped(summary.ok)} of ${counted(summary.agents, 'agent')} ${summary.ok === 1 ? 'is' : 'are'} fine`
  }</h1>
${summary.agents > 0 && bar(report)}
<ul class="grades">${SEVERITIES.map((severity) => grade(severity, summary.findings[severity]))}</ul>
<dl class="facts">
<div><dt>Result</dt><dd>${verdict(report, exit)}</dd></div>
<div><dt>${forgeWord(forge.name)}</dt><dd>${report.gitea.url}${version(forge.version || undefined)}</dd></div>
<div><dt>Platform</dt><dd>${report.platform ? markup`${report.platform.url}${version(report.platform.release)}` : 'not asked'}</dd></div>
<div><dt>Looked at</dt><dd>${report.sources.join(', ') || 'nothing'}</dd></div>
<div><dt>Run</dt><dd>${lasting(report.startedAt, report.finishedAt)}, ${counted(summary.requests, 'request')}${report.shard && `, shard ${report.shard.index} of ${report.shard.count}`}</dd></div>
${
  summary.accepted + summary.expired > 0 &&
  markup`<div><dt>Baseline</dt><dd>${summary.accepted > 0 ? markup`<a href="#accepted">${summary.accepted} accepted</a>` : '0 accepted'}${summary.expired > 0 && `, ${summary.expired} expired and counted again`}</dd></div>`
}
</dl>
</header>`
}

function version(known: string | undefined): Markup {
  return markup` <span class="dim">${known ?? 'version not known'}</span>`
}

function verdict({summary, failOn}: AuditReport, exit: FormatContext['exit']): string {
  if (summary.exit === 0) return 'Clean (exit 0)'
  if (summary.exit === 3) return `Findings at or above ${failOn} (exit ${exit?.(3) ?? 3})`
  if (summary.exit === 5) return 'Not everything could be judged (exit 5)'
  return `Exit ${summary.exit}`
}

function grade(severity: Severity, count: number): Markup {
  const inside = markup`<b>${grouped(count)}</b> <span>${severity}</span>`
  return markup`<li class="grade ${severity}${count === 0 && ' none'}">${count === 0 ? markup`<span class="tile">${inside}</span>` : markup`<a class="tile" href="#${severity}">${inside}</a>`}</li>`
}

/** The three states as parts of one bar, with their numbers below. */
function bar({summary}: AuditReport): Markup {
  const parts = [
    {state: 'ok', word: 'fine', count: summary.ok},
    {state: 'findings', word: 'judged with findings', count: summary.withFindings},
    {state: 'unknown', word: 'not fully judged', count: summary.unknown},
  ]
  let from = 0
  const rects = parts.map(({state, count}) => {
    const width = (count / summary.agents) * 100
    const rect = markup`<rect class="${state}" x="${from.toFixed(3)}%" width="${width.toFixed(3)}%" height="100%"/>`
    from += width
    return rect
  })
  return markup`<svg class="bar" width="100%" height="14" aria-hidden="true">${rects}</svg>
<ul class="parts">${parts.map(
    ({state, word, count}) =>
      markup`<li><i class="swatch ${state}" aria-hidden="true"></i><b>${grouped(count)}</b> ${word}</li>`,
  )}</ul>`
}

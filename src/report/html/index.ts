import {createHash} from 'node:crypto'
import type {AuditReport} from '../../fleet/types.ts'
import {collecting} from '../formats/collect.ts'
import type {Format, FormatContext} from '../formats/format.ts'
import {agesSection} from './ages.ts'
import {page} from './client/page.js'
import {filterForm} from './filters.ts'
import {findingsSection, unjudgedSection} from './findings.ts'
import {columnsOf, fleetSection} from './fleet.ts'
import {Markup, markup} from './markup.ts'
import {rotationsSection} from './rotations.ts'
import {columnStyle, STYLE} from './style.ts'
import {summaryHead} from './summary.ts'
import {counted} from './words.ts'

const SCRIPT = `(${page.toString()})()`
const ICON =
  "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16'%3E%3Cpath d='M8 1l6 2v4.5c0 4-2.6 6.5-6 7.5-3.4-1-6-3.5-6-7.5V3z' fill='%232f6f62'/%3E%3Cpath d='M5 8l2.2 2.2L11.2 6' fill='none' stroke='white' stroke-width='1.8'/%3E%3C/svg%3E"

/**
 * The audit as one page that needs nothing else: no request is made, and the policy in it lets nothing run but its own
 * script and style. All data is escaped text, so names can say what they like. Without scripting everything can be
 * read; the script adds filters, copying and the choice of light or dark.
 */
export function html(report: AuditReport, context: Pick<FormatContext, 'tool' | 'rules' | 'root'>): string {
  const columns = columnsOf(report.agents)
  const style = columnStyle(columns) + STYLE
  const policy = `default-src 'none'; img-src data:; style-src ${hashOf(style)}; script-src ${hashOf(SCRIPT)}; base-uri 'none'; form-action 'none'`
  const unjudged = unjudgedSection(report)
  return `${
    markup`<!doctype html>
<html lang="en" class="${isLarge(report) && 'large'}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${new Markup(policy)}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${report.summary.ok}/${report.summary.agents} fine · token audit</title>
<link rel="icon" href="${new Markup(ICON)}">
<style>${new Markup(style)}</style>
</head>
<body>
<a class="skip unseen" href="#fleet">Skip to the fleet</a>
${summaryHead(report, context.root)}
<nav aria-label="On this page"><ul><li><a href="#fleet">Fleet</a></li><li><a href="#findings">Findings</a></li>${
      unjudged && markup`<li><a href="#unjudged">Not judged</a></li>`
    }<li><a href="#ages">Token ages</a></li><li><a href="#rotations">Rotations</a></li></ul></nav>
${filterForm(report)}
<main>
${fleetSection(report, columns)}
${findingsSection(report, context)}
${unjudged}
<div class="pair">${agesSection(report)}
${rotationsSection(report)}</div>
</main>
<footer><p>Made by ${context.tool.name} ${context.tool.version} from ${counted(report.summary.requests, 'read')}; nothing was changed. Tokens appear by their last eight characters only. Inventory <code>${report.inventory.digest.slice(0, 12)}</code>.</p></footer>
<p class="unseen" role="status" id="said"></p>
<script>${new Markup(SCRIPT)}</script>
</body>
</html>`.text
  }\n`
}

/** Whether the grid scrolls in a frame of its own and leaves unpainted what is off the screen. */
function isLarge({agents}: AuditReport): boolean {
  return agents.length > 25
}

function hashOf(text: string): string {
  return `'sha256-${createHash('sha256').update(text).digest('base64')}'`
}

/** The page as a report: it needs the whole audit, so it is written at the end. */
export const format: Format = collecting('html', html)

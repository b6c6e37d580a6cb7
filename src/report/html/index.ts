import type {AuditReport} from '../../fleet/types.ts'
import {collecting} from '../formats/format.ts'
import type {ReportFormat, FormatContext} from '../formats/format.ts'
import {agesSection} from './ages.ts'
import {page as script} from './client/page.js'
import {page} from './document.ts'
import {filterForm} from './filters.ts'
import {findingsSection, unjudgedSection} from './findings.ts'
import {fleetSection, scopeColumns} from './fleet.ts'
import {lintHtml} from './lint.ts'
import {markup} from './markup.ts'
import {rotationsSection} from './rotations.ts'
import {columnStyle, STYLE} from './style.ts'
import {summaryHead} from './summary.ts'
import {counted} from './words.ts'

/**
 * The audit as one page that needs nothing else. All data is escaped text, so names can say what they like. Without
 * scripting everything can be read; the script adds filters, copying and the choice of light or dark.
 */
export function auditHtml(
  report: AuditReport,
  context: Pick<FormatContext, 'tool' | 'rules' | 'root' | 'exit'>,
): string {
  const columns = scopeColumns(report.agents)
  const unjudged = unjudgedSection(report)
  return page({
    title: `${report.summary.ok}/${report.summary.agents} fine · token audit`,
    look: isLarge(report) && 'large',
    style: columnStyle(columns) + STYLE,
    script: `(${script.toString()})()`,
    body: markup`<a class="skip unseen" href="#fleet">Skip to the fleet</a>
${summaryHead(report, context)}
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
<p class="unseen" role="status" id="said"></p>`,
  })
}

/** Whether the grid scrolls in a frame of its own and leaves unpainted what is off the screen. */
function isLarge({agents}: AuditReport): boolean {
  return agents.length > 25
}

/** The pages as reports: they need all that was found, so they are written at the end. */
export const html: ReportFormat = {audit: collecting(auditHtml), lint: lintHtml}

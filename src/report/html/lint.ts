import {SEVERITIES} from '../../fleet/types.ts'
import type {LintedFile, LintReport} from '../../lint/types.ts'
import {lintedFindings} from '../formats/findings.ts'
import type {LintedFinding} from '../formats/findings.ts'
import type {LintContext} from '../formats/format.ts'
import {countedIn, lintLines, lintVerdict, placeOf} from '../formats/words.ts'
import {page} from './document.ts'
import {markup} from './markup.ts'
import type {Markup} from './markup.ts'
import {STYLE} from './style.ts'
import {counted, grouped} from './words.ts'

/** What a finding can be picked by: its severity, or why it has none that counts. */
const KINDS = [...SEVERITIES, 'suppressed', 'unread'] as const
type LintKind = (typeof KINDS)[number]

const LINT_STYLE = `
.picks{display:flex;flex-wrap:wrap;align-items:center;gap:.5rem .9rem;min-height:2.125rem}
.file h3{margin-top:1.75rem;flex-wrap:wrap;font-family:var(--mono);font-size:.95rem}
.file h3 .count{font-family:system-ui,sans-serif}
.file .items{background:var(--card);border:1px solid var(--line);border-radius:10px;overflow:hidden}
.file .items>li{grid-template-columns:minmax(9rem,11rem) minmax(0,1fr) minmax(14rem,25rem);border-left:4px solid var(--tone,var(--unknown-fill))}
.file .items>li:first-child{border-top:0}
.file .who{display:flex;flex-wrap:wrap;align-items:center;gap:.3rem .7rem}
.file .what p+p{color:var(--soft);font-size:.8rem;margin-top:.15rem}
.file .badge{color:var(--tone)}
.file .badge.low{color:var(--ink)}
.file .badge:is(.suppressed,.unread){background:var(--unknown-wash);color:var(--unknown)}
.facts>div{column-gap:1rem}
${KINDS.map((kind) => `body:has(.pick:checked):not(:has(#pick-${kind}:checked)) .found.${kind}{display:none}`).join('\n')}
body:has(.pick:checked) .file{display:none}
${KINDS.map((kind) => `body:has(#pick-${kind}:checked) .file.with-${kind}{display:block}`).join('\n')}
@media (max-width:719px){.file .items>li{grid-template-columns:minmax(0,1fr)}}
@media print{.filters{display:none}}
`

/**
 * The findings as one page that needs nothing else and runs nothing: the filters are its style's. All data is escaped
 * text, so files can be called what they like.
 */
export function lintHtml(report: LintReport, context: LintContext): string {
  const {files, summary} = report
  const kinds = KINDS.filter((kind) => files.some((file) => kindsOf(file).has(kind)))
  const open = countedIn(summary)
  const shown = files.filter((file) => kindsOf(file).size > 0)
  return page({
    title: `${counted(open, 'finding')} · token lint`,
    look: false,
    style: STYLE + LINT_STYLE,
    body: markup`<a class="skip unseen" href="#findings">Skip to the findings</a>
${head(report, open)}
${
  kinds.length > 1 &&
  markup`<search class="filters" aria-label="Filters"><div class="picks" role="group" aria-label="Show only"><span class="dim">Show only</span>${kinds.map(
    (kind) =>
      markup`<label class="chip"><input type="checkbox" class="pick" id="pick-${kind}"><span>${kind}</span></label>`,
  )}</div></search>`
}
<main>
<section id="findings" aria-labelledby="findings-h">
<h2 id="findings-h" tabindex="-1">Findings</h2>
${shown.length === 0 ? markup`<p class="empty">Nothing found.</p>` : shown.map((file) => fileSection(file, context))}
</section>
</main>
<footer><p>Made by ${context.tool.name} ${context.tool.version}; no server was called. ${lintLines(report).join(' ')}</p></footer>`,
  })
}

function head(report: LintReport, open: number): Markup {
  const {summary, failOn, files} = report
  const bad = files.filter(({findings}) => findings.length > 0).length
  return markup`<header class="head" id="top">
<p class="eyebrow">Lint of the files that tokens are provisioned with</p>
<h1>${
    summary.files === 0
      ? 'Nothing linted'
      : open > 0
        ? `${counted(open, 'finding')} in ${grouped(bad)} of ${counted(summary.files, 'file')}`
        : `No findings in ${counted(summary.files, 'file')}`
  }</h1>
<ul class="grades">${SEVERITIES.map((severity) => {
    const count = summary.findings[severity]
    return markup`<li class="grade ${severity}${count === 0 && ' none'}"><span class="tile"><b>${grouped(count)}</b> <span>${severity}</span></span></li>`
  })}</ul>
<dl class="facts">
<div><dt>Result</dt><dd>${lintVerdict(report)}</dd></div>
<div><dt>Fails on</dt><dd>${failOn} and above</dd></div>
<div><dt>Suppressed</dt><dd>${grouped(summary.suppressed)}</dd></div>
<div><dt>Mended</dt><dd>${grouped(summary.fixed)}</dd></div>
<div><dt>Not read</dt><dd>${grouped(summary.unread)}</dd></div>
</dl>
</header>`
}

function fileSection(linted: LintedFile, {rules}: LintContext): Markup {
  const {file, findings, fixed, unread} = linted
  const classes = [...kindsOf(linted)].map((kind) => `with-${kind}`).join(' ')
  const said = [
    ...(findings.length > 0 ? [counted(findings.length, 'finding')] : []),
    ...(fixed > 0 ? [`${fixed} mended`] : []),
    ...(unread.length > 0 ? [`${counted(unread.length, 'part')} not read`] : []),
  ]
  const titles = new Map(rules.map(({id, title}) => [id, title]))
  return markup`<section class="file ${classes}"><h3><bdi>${file}</bdi> <span class="count">${said.join(', ')}</span></h3>
<ul class="items">${unread.map(
    ({reason, at}) =>
      markup`<li class="found unread"><p class="who">${at && markup`<strong>${placeOf(at)}</strong> `}<span class="badge unread">unread</span></p><div class="what"><p>${reason}</p></div></li>
`,
  )}${lintedFindings(linted).map((finding) => item(finding, titles))}</ul></section>
`
}

function item(finding: LintedFinding, titles: ReadonlyMap<string, string>): Markup {
  const {at, severity, rule, message, fix, edit, ref, fingerprint, standing, reason} = finding
  const kind: LintKind = standing === 'suppressed' ? standing : severity
  return markup`<li class="found ${kind}"><p class="who"><strong>${placeOf(at)}</strong> <span class="badge ${kind}">${kind}</span></p><div class="what"><p>${message}</p><p>${titles.get(rule)} <code>${rule}</code> · patrol help ${ref} · <code>${fingerprint}</code></p>${
    standing === 'suppressed' && markup`<p class="accepted">Suppressed: ${reason}</p>`
  }${edit && markup`<p>patrol lint --fix mends it.</p>`}</div>${fix !== '' && markup`<div class="fix"><code>${fix}</code></div>`}</li>
`
}

function kindsOf({findings, suppressed, unread}: LintedFile): Set<LintKind> {
  return new Set([
    ...findings.map(({severity}) => severity),
    ...(suppressed.length > 0 ? (['suppressed'] as const) : []),
    ...(unread.length > 0 ? (['unread'] as const) : []),
  ])
}

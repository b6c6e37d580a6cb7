import type {AuditReport} from '../../fleet/types.ts'
import {markup} from './markup.ts'
import type {Markup} from './markup.ts'
import {counted, daysBetween} from './words.ts'

/** Upper bounds in days, not included. */
const BOUNDS: readonly [label: string, below: number][] = [
  ['0–6', 7],
  ['7–29', 30],
  ['30–59', 60],
  ['60–89', 90],
  ['90–179', 180],
  ['180–364', 365],
  ['365+', Infinity],
]

interface Bucket {
  label: string
  within: number
  tooOld: number
}

/** How old the fleet's tokens are: columns by age, and the same as a table. */
export function agesSection(report: AuditReport): Markup {
  const {buckets, unknown, oldest} = agesOf(report)
  const total = buckets.reduce((sum, each) => sum + each.within + each.tooOld, 0)
  const tooOld = buckets.reduce((sum, each) => sum + each.tooOld, 0)
  const sentence = [
    `${counted(total, 'token')} of known age, ${tooOld} older than ${tooOld === 1 ? 'its' : 'their'} profile allows.`,
    ...(oldest === undefined ? [] : [`The oldest is ${counted(oldest, 'day')} old.`]),
    ...(unknown > 0 ? [`Of ${unknown} more the age is not known.`] : []),
  ].join(' ')
  return markup`<section id="ages" aria-labelledby="ages-h"><h2 id="ages-h">Token ages</h2>
<p class="note">${sentence}</p>
${
  total > 0 &&
  markup`<figure>${chart(buckets, sentence)}
<figcaption><span class="key"><svg width="12" height="12" aria-hidden="true"><rect width="12" height="12" class="within"/></svg> within its profile’s age</span> <span class="key"><svg width="12" height="12" aria-hidden="true"><rect width="12" height="12" class="too-old"/><rect width="12" height="12" fill="url(#hatch)"/></svg> too old</span></figcaption></figure>
<details><summary>The same as a table</summary><table class="list"><caption>Tokens by age</caption><thead><tr><th scope="col">Age in days</th><th scope="col">Within</th><th scope="col">Too old</th></tr></thead><tbody>${buckets.map(
    (each) => markup`<tr><th scope="row">${each.label}</th><td>${each.within}</td><td>${each.tooOld}</td></tr>`,
  )}<tr><th scope="row">not known</th><td colspan="2">${unknown}</td></tr></tbody></table></details>`
}
</section>`
}

function agesOf(report: AuditReport): {buckets: Bucket[]; unknown: number; oldest: number | undefined} {
  const buckets = BOUNDS.map(([label]): Bucket => ({label, within: 0, tooOld: 0}))
  let unknown = 0
  let oldest: number | undefined
  for (const audit of report.agents) {
    const complaints = audit.findings.filter(({rule}) => rule === 'token-too-old')
    for (const token of audit.tokens) {
      const age = daysBetween(token.createdAt, report.finishedAt)
      const bucket = age === undefined ? undefined : buckets[BOUNDS.findIndex(([, below]) => age < below)]
      if (age === undefined || !bucket) {
        unknown++
        continue
      }
      oldest = Math.max(oldest ?? 0, age)
      if (complaints.some(({subject}) => subject.token?.lastEight === token.lastEight)) bucket.tooOld++
      else bucket.within++
    }
  }
  return {buckets, unknown, oldest}
}

const HIGH = 160
const TOP = 24

/** Widths in percent and heights in pixels, so that it fills any screen and its letters keep their size. */
function chart(buckets: readonly Bucket[], sentence: string): Markup {
  const most = Math.max(1, ...buckets.map((each) => each.within + each.tooOld))
  const step = 100 / buckets.length
  const column = ({label, within, tooOld}: Bucket, index: number): Markup => {
    const bar = (count: number): number => (count === 0 ? 0 : Math.max(2, Math.round((count / most) * HIGH)))
    const [low, high] = [bar(within), bar(tooOld)]
    const x = `${(index * step + step * 0.12).toFixed(2)}%`
    const width = `${(step * 0.76).toFixed(2)}%`
    const middle = `${(index * step + step / 2).toFixed(2)}%`
    const floor = TOP + HIGH
    return markup`<rect class="within" x="${x}" y="${floor - low}" width="${width}" height="${low}"/>${
      tooOld > 0 &&
      markup`<rect class="too-old" x="${x}" y="${floor - low - high}" width="${width}" height="${high}"/><rect fill="url(#hatch)" x="${x}" y="${floor - low - high}" width="${width}" height="${high}"/>`
    }<text x="${middle}" y="${floor - low - high - 6}">${within + tooOld}</text><text class="axis" x="${middle}" y="${floor + 18}">${label}</text>`
  }
  return markup`<svg class="chart" role="img" aria-labelledby="ages-t ages-d" width="100%" height="${TOP + HIGH + 46}"><title id="ages-t">Tokens by age in days</title><desc id="ages-d">${sentence} The table below has the numbers.</desc><defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="2" height="6" class="hatch"/></pattern></defs>${buckets.map(column)}<line x1="0" x2="100%" y1="${TOP + HIGH + 0.5}" y2="${TOP + HIGH + 0.5}"/><text class="axis" x="50%" y="${TOP + HIGH + 40}">age in days</text></svg>`
}

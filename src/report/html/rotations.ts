import type {AuditReport, RotationView} from '../../fleet/types.ts'
import {indexed} from '../rotation.ts'
import {markup} from './markup.ts'
import type {Markup} from './markup.ts'
import {counted, lasting, readable} from './words.ts'

/** More rows than anybody reads; the ledger has them all. */
const ROWS = 100
const DOTS = 600

const LANES = [
  {outcome: 'completed', word: 'completed'},
  {outcome: 'open', word: 'not finished'},
  {outcome: 'rolled-back', word: 'not replaced'},
] as const

/** When which agent's token was replaced, newest first, from the ledger. */
export function rotationsSection({rotations, finishedAt}: AuditReport): Markup {
  const newest = rotations.toSorted((a, b) => b.startedAt.localeCompare(a.startedAt))
  const tally = LANES.map(({outcome, word}) => [newest.filter((each) => outcomeOf(each) === outcome).length, word])
    .filter(([count]) => count !== 0)
    .map(([count, word]) => `${count} ${word}`)
  const sentence = `${counted(newest.length, 'rotation')}: ${tally.join(', ')}.${newest.length > ROWS ? ` Only the newest ${ROWS} are listed${newest.length > DOTS ? `, and ${DOTS} drawn` : ''}.` : ''}`
  return markup`<section id="rotations" aria-labelledby="rotations-h"><h2 id="rotations-h">Rotations</h2>
${
  newest.length === 0
    ? markup`<p class="empty">The ledger has no rotation yet.</p>`
    : markup`<p class="note">${sentence}</p>
${newest.length > 1 && timeline(newest.slice(0, DOTS), finishedAt, sentence)}
<div class="scroller plain" role="region" aria-label="Rotations, newest first" tabindex="0"><table class="list"><thead><tr><th scope="col">Agent</th><th scope="col">Phase</th><th scope="col">Started</th><th scope="col">Took</th></tr></thead><tbody>
${newest.slice(0, ROWS).map(row)}</tbody></table></div>
${newest.length > ROWS && markup`<p class="note">The other ${newest.length - ROWS}: <code>patrol rotation list</code></p>`}`
}
</section>`
}

function outcomeOf({phase}: RotationView): (typeof LANES)[number]['outcome'] {
  if (phase === 'completed' || phase === 'overtaken') return 'completed'
  return phase === 'rolled_back' ? 'rolled-back' : 'open'
}

function row(rotation: RotationView): Markup {
  const {id, agent, phase, startedAt, updatedAt} = rotation
  const outcome = outcomeOf(rotation)
  return markup`<tr><th scope="row"><bdi>${agent}</bdi><small>${id}</small></th><td><span class="phase ${outcome}">${indexed(phase)}</span></td><td><time datetime="${startedAt}">${readable(startedAt)}</time></td><td class="took">${outcome === 'open' ? 'open' : lasting(startedAt, updatedAt)}</td></tr>
`
}

/** One dot per rotation along the time, a lane for each outcome. */
function timeline(rotations: readonly RotationView[], now: string, sentence: string): Markup {
  const first = Math.min(...rotations.map((each) => Date.parse(each.startedAt)))
  const span = Math.max(1, Date.parse(now) - first)
  const lane = 34
  const high = LANES.length * lane
  const dots = rotations.map((each) => {
    const at = 1.5 + 97 * ((Date.parse(each.startedAt) - first) / span)
    const y = LANES.findIndex(({outcome}) => outcome === outcomeOf(each)) * lane + 24
    return markup`<circle class="${outcomeOf(each)}" cx="${at.toFixed(2)}%" cy="${y}" r="4"/>`
  })
  return markup`<figure><svg class="chart lanes" role="img" aria-labelledby="rot-t rot-d" width="100%" height="${high + 26}"><title id="rot-t">Rotations over time</title><desc id="rot-d">${sentence} The table below lists them.</desc>${LANES.map(
    ({word}, index) =>
      markup`<line x1="0" x2="100%" y1="${index * lane + 24.5}" y2="${index * lane + 24.5}"/><text class="lane" x="0" y="${index * lane + 13}">${word}</text>`,
  )}${dots}<text class="lane" x="0" y="${high + 18}">${readable(new Date(first).toISOString()).split(',')[0]}</text><text class="lane end" x="100%" y="${high + 18}">${readable(now).split(',')[0]}</text></svg></figure>`
}

/**
 * `npm run test:proxy`: breaks every request of every scene in every way and judges the ends.
 *
 *   npm run test:proxy                                        everything (hours on two cores; Ctrl-C sums up)
 *   npm run test:proxy -- --only 'rotate/POST mint/302-after' one case; its runs are shown
 *   npm run test:proxy -- --only 'rotate/POST'                all whose id begins so
 *   npm run test:proxy -- --sample 200 --seed 7               that many, drawn by chance
 */
import {parseArgs} from 'node:util'
import {casesOf, draw, scenesFor, type Case} from './cases.ts'
import {writes} from './requests.ts'
import {tryCase, type Verdict} from './trial.ts'

const {values} = parseArgs({
  options: {only: {type: 'string'}, sample: {type: 'string'}, seed: {type: 'string'}, jobs: {type: 'string'}},
})
const JOBS = Number(values.jobs ?? 3)
const began = Date.now()

const all: Case[] = []
for (const scene of scenesFor(values.only)) all.push(...(await casesOf(scene)))
const named = all.filter(({id}) => values.only === undefined || id.startsWith(values.only))
const chosen = values.sample === undefined ? named : draw(named, Number(values.sample), Number(values.seed ?? 1))
console.log(`${chosen.length} cases`)

const verdicts: Verdict[] = []
const waiting = chosen.values()
let stopped = false
process.once('SIGINT', () => {
  console.log('the cases under way are finished, then it ends')
  stopped = true
})

async function work(): Promise<void> {
  for (const one of waiting) {
    if (stopped) return
    const verdict = await tryCase(one)
    verdicts.push(verdict)
    if (verdict.faults.length > 0) console.log(lineOf(verdict))
    if (chosen.length === 1) show(verdict)
  }
}
await Promise.all(Array.from({length: JOBS}, work))

const failed = verdicts.filter(({faults}) => faults.length > 0)
const missed = verdicts.filter(({struck}) => !struck)
for (const {case: one} of missed) console.log(`never struck: ${one.id}`)
for (const scene of new Set(chosen.map((one) => one.scene.name))) {
  const of = verdicts.filter((verdict) => verdict.case.scene.name === scene)
  console.log(`${scene}: ${of.length} tried, ${of.filter(({faults}) => faults.length === 0).length} held`)
}
console.log(
  `${verdicts.length} cases tried, ${verdicts.length - failed.length} held, ${failed.length} failed, ${missed.length} never struck, ${Math.round((Date.now() - began) / 1000)} s`,
)
// How often a run reads is a matter of time; a write that is not sent is another run than the one that was to be broken.
const unbroken = missed.filter(({case: one}) => writes(one.seen.kind))
process.exitCode = failed.length + unbroken.length > 0 ? 1 : 0

function lineOf({case: one, faults}: Verdict): string {
  return `npm run test:proxy -- --only '${one.id}'   # ${faults.join('; ')}`
}

function show({runs, struck}: Verdict): void {
  console.log(`struck: ${struck}`)
  for (const {args, exit, signal, stdout, stderr, effects} of runs)
    console.log(
      `\n$ patrol ${args.join(' ')}\nexit ${exit ?? signal}, took effect: ${effects.join(', ') || 'nothing'}\n${stdout}${stderr}`,
    )
}

/**
 * How well `explain`, `infer` and `lint` read what people paste and write: runs the built tool over the inputs in
 * `test/field` and holds what it says against their labels. Those were set by hand by one who did not know the readers, from
 * what the servers do. A benchmark and no test: it exits with 0, and names every input that was missed.
 */
import {rmSync} from 'node:fs'
import {parseArgs} from 'node:util'
import {explained} from './field/explain.ts'
import {inferred} from './field/infer.ts'
import {linted} from './field/lint.ts'
import {away} from './field/patrol.ts'
import {shown, type Score} from './field/table.ts'

const COMMANDS: Record<string, () => Promise<Score[]>> = {explain: explained, infer: inferred, lint: linted}

const {values} = parseArgs({options: {command: {type: 'string', multiple: true}}})
const wanted = Object.entries(COMMANDS).filter(([name]) => values.command?.includes(name) ?? true)
try {
  if (wanted.length === 0) {
    console.error(`Nothing was run: --command is one of ${Object.keys(COMMANDS).join(', ')}.`)
    process.exitCode = 2
  }
  for (const [name, run] of wanted) {
    const begun = performance.now()
    for (const score of await run()) console.log(shown(score))
    console.log(`${name} took ${((performance.now() - begun) / 1000).toFixed(1)} s\n`)
  }
} finally {
  rmSync(away, {recursive: true, force: true})
}

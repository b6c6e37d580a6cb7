/**
 * How long patrol takes to start, as ratios to bare Node within this one run: the machine's speed and noise cancel out.
 * Rounds are interleaved in random order after two warm-ups; each row is the 25th percentile, then the median with its
 * quartiles. Then what its memory and time do as inputs grow. `--quick` only shows that all of it runs.
 */
import {spawn} from 'node:child_process'
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join, resolve} from 'node:path'
import {startGitea} from '../../src/simulator/gitea/index.ts'
import {accessLogLine, inferredFrom} from '../support/infer-memory.ts'
import {memoryOf} from '../support/memory.ts'
import {linted} from '../unit/lint/linting.ts'
import {peaks} from './peaks.ts'

const isQuick = process.argv.includes('--quick')
const ROUNDS = isQuick ? 1 : 20
const WARM_UPS = isQuick ? 0 : 2

const root = resolve(import.meta.dirname, '../..')
const bin = join(root, 'bin/run.js')
const home = mkdtempSync(join(tmpdir(), 'patrol-bench-'))
const tokenFile = join(home, 'token')
const value = 'be4c'.repeat(10)
writeFileSync(tokenFile, value, {mode: 0o600})
const script = join(home, 'issue.sh')
const request = 'curl --fail-with-body -X POST "$GITEA_URL/api/v1/repos/org/app/issues" -d \'{"title":"nightly"}\''
writeFileSync(script, `#!/bin/sh\nset -eu\n${request}\n`)

const gitea = await startGitea(
  {
    users: [{login: 'agent-bench', tokens: [{name: 'bench', value, scopes: ['write:repository', 'read:user']}]}],
    repos: [{owner: 'agent-bench', name: 'core'}],
  },
  {version: '1.25.4'},
)

interface Row {
  name: string
  argv: string[]
  /** The most that this may take, in bare starts of Node. */
  budget: number
}

const rows: Row[] = [
  {name: 'node -e 0', argv: ['-e', '0'], budget: 1},
  {name: 'patrol --version', argv: [bin, '--version'], budget: 1.3},
  {name: 'patrol --help', argv: [bin, '--help'], budget: 3},
  {
    name: 'patrol probe (loopback)',
    argv: [bin, 'probe', '--gitea-url', gitea.url, '--token-file', tokenFile, '--exit-zero'],
    budget: 5,
  },
  {
    name: 'patrol explain (an answer)',
    argv: [bin, 'explain', 'token does not have at least one of required scope(s), required=[write:issue]'],
    budget: 5,
  },
  {name: 'patrol explain (a call)', argv: [bin, 'explain', request], budget: 12},
  {name: 'patrol lint (a script)', argv: [bin, 'lint', script], budget: 12},
]

function once({argv, name}: Row): Promise<number> {
  return new Promise((done, fail) => {
    const started = performance.now()
    const child = spawn(process.execPath, argv, {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: {PATH: process.env['PATH'], HOME: home, XDG_STATE_HOME: home},
    })
    child.on('error', fail)
    child.on('exit', (code) =>
      code === 0 ? done(performance.now() - started) : fail(new Error(`${name} ended with ${code}`)),
    )
  })
}

/** What a part of them lies below: a quarter, a half. */
function quantile(times: readonly number[], part: number): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length * part)] ?? Number.NaN
}

const times = new Map(rows.map((row) => [row, [] as number[]]))
for (let round = 0; round < ROUNDS + WARM_UPS; round++) {
  for (const row of rows.toSorted(() => Math.random() - 0.5)) {
    const took = await once(row)
    if (round >= WARM_UPS) times.get(row)?.push(took)
  }
}
await gitea.close()
rmSync(home, {recursive: true, force: true})

const spread = (row: Row): number[] => [0.25, 0.5, 0.75].map((part) => quantile(times.get(row) ?? [], part))
const [bare = Number.NaN, middle = Number.NaN] = spread(rows[0]!)
console.log(`Node ${process.versions.node}, ${ROUNDS} rounds, p25; bare start ${bare.toFixed(0)} ms\n`)
for (const row of rows) {
  const [low = Number.NaN, ...others] = spread(row)
  const ratio = low / bare
  const verdict = ratio <= row.budget ? 'within' : 'OVER'
  const [least, median, most] = [low, ...others].map((each) => (each / middle).toFixed(2))
  console.log(
    `${row.name.padEnd(26)} ${ratio.toFixed(2).padStart(6)}x   ${verdict.padEnd(6)} its ${row.budget}x   median ${median}x (${least} to ${most})`,
  )
}

console.log('\nMost memory of the binary, and over ten times as many files:')
for await (const line of peaks(bin, isQuick ? 1 : 300)) console.log(line)

const MB = 1024 * 1024
const [FEW, MANY] = isQuick ? [10, 20] : [2000, 20_000]
const [small, large] = [await memoryOf(FEW), await memoryOf(MANY)]
const [least, most] = [small.bytes / MB, large.bytes / MB]
const each = ((large.bytes - small.bytes) / (MANY - FEW) / 1024).toFixed(2)
const room = most <= 150 && Number(each) <= 4 ? 'within' : 'OVER'
console.log(
  `\nMost memory of an audit in NDJSON (in use after garbage collection), ${FEW} and ${MANY} agents: ${least.toFixed(1)} MB, ${most.toFixed(1)} MB: ${each} KB an agent   ${room} its 150 MB, 4 KB an agent`,
)

const log = {piece: accessLogLine}
const brevity = (isQuick ? 1 : 20) * MB
const [brief, long, lines] = [
  await inferredFrom(log, brevity),
  await inferredFrom(log, brevity * 10),
  await inferredFrom(log, brevity * 10, 'lines'),
]
const [growing, slower] = [long.heap / brief.heap, long.seconds / lines.seconds]
console.log(
  `Memory of an inference, ten times the log: ${growing.toFixed(2)}x   ${growing <= 1.3 ? 'within' : 'OVER'} its 1.3x`,
)
console.log(
  `Time of an inference, to Node's readline on the same log: ${slower.toFixed(2)}x   ${slower <= 8 ? 'within' : 'OVER'} its 8x`,
)

const scopes = isQuick ? 50 : 5000
const [list, longer] = [await lintSeconds(scopes), await lintSeconds(scopes * 4)]
const steeper = longer / list
console.log(
  `\nTime of linting a list of scopes, four times as long: ${steeper.toFixed(2)}x   ${steeper <= 6 ? 'within' : 'OVER'} its 6x`,
)

async function lintSeconds(length: number): Promise<number> {
  const text = `Gitea:\n\n${Array.from({length}, (_, index) => `- \`read:thing${index}\``).join('\n')}\n`
  const began = process.cpuUsage()
  const {result} = await linted('a.md', text)
  if (result.findings.length !== length) throw new Error(`${length} scopes, ${result.findings.length} findings`)
  return process.cpuUsage(began).user / 1e6
}

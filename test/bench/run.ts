/**
 * How long patrol takes to start, as ratios to bare Node within this one run: the machine's speed and noise cancel out.
 * Rounds are interleaved in random order after two warm-ups; each row is the 25th percentile.
 */
import {spawn} from 'node:child_process'
import {mkdtempSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join, resolve} from 'node:path'
import {startGitea} from '../../src/simulator/gitea/index.ts'
import {accessLogLine, inferredFrom} from '../support/infer-memory.ts'
import {memoryOf} from '../support/memory.ts'
import {linted} from '../unit/lint/linting.ts'

const ROUNDS = 20
const WARM_UPS = 2

const root = resolve(import.meta.dirname, '../..')
const bin = join(root, 'bin/run.js')
const home = mkdtempSync(join(tmpdir(), 'patrol-bench-'))
const tokenFile = join(home, 'token')
const value = 'be4c'.repeat(10)
writeFileSync(tokenFile, value, {mode: 0o600})

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

function quarter(times: readonly number[]): number {
  return times.toSorted((a, b) => a - b)[Math.floor(times.length / 4)] ?? Number.NaN
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

const bare = quarter(times.get(rows[0]!) ?? [])
console.log(`Node ${process.versions.node}, ${ROUNDS} rounds, p25; bare start ${bare.toFixed(0)} ms\n`)
for (const row of rows) {
  const ratio = quarter(times.get(row) ?? []) / bare
  const verdict = ratio <= row.budget ? 'within' : 'OVER'
  console.log(`${row.name.padEnd(26)} ${ratio.toFixed(2).padStart(6)}x   ${verdict} its ${row.budget}x`)
}

const MB = 1024 * 1024
const [FEW, MANY] = [2000, 20_000]
const [small, large] = [await memoryOf(FEW), await memoryOf(MANY)]
const [least, most] = [small.bytes / MB, large.bytes / MB]
const each = ((large.bytes - small.bytes) / (MANY - FEW) / 1024).toFixed(2)
const room = most <= 150 && Number(each) <= 4 ? 'within' : 'OVER'
console.log(
  `\nMost memory of an audit in NDJSON (in use after garbage collection), 2,000 and 20,000 agents: ${least.toFixed(1)} MB, ${most.toFixed(1)} MB: ${each} KB an agent   ${room} its 150 MB, 4 KB an agent`,
)

const log = {piece: accessLogLine}
const [brief, long, lines] = [
  await inferredFrom(log, 20 * MB),
  await inferredFrom(log, 200 * MB),
  await inferredFrom(log, 200 * MB, 'lines'),
]
const [growing, slower] = [long.heap / brief.heap, long.seconds / lines.seconds]
console.log(
  `Memory of an inference, ten times the log: ${growing.toFixed(2)}x   ${growing <= 1.3 ? 'within' : 'OVER'} its 1.3x`,
)
console.log(
  `Time of an inference, to Node's readline on the same log: ${slower.toFixed(2)}x   ${slower <= 8 ? 'within' : 'OVER'} its 8x`,
)

const [list, longer] = [await lintSeconds(5000), await lintSeconds(20_000)]
const steeper = longer / list
console.log(
  `\nTime of linting a list of scopes, four times as long: ${steeper.toFixed(2)}x   ${steeper <= 6 ? 'within' : 'OVER'} its 6x`,
)

async function lintSeconds(scopes: number): Promise<number> {
  const text = `Gitea:\n\n${Array.from({length: scopes}, (_, index) => `- \`read:thing${index}\``).join('\n')}\n`
  const began = process.cpuUsage()
  const {result} = await linted('a.md', text)
  if (result.findings.length !== scopes) throw new Error(`${scopes} scopes, ${result.findings.length} findings`)
  return process.cpuUsage(began).user / 1e6
}

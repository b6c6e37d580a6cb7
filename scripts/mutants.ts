/**
 * `npm run mutants`: changes the code that decides life and death in one small way after another (StrykerJS) and looks
 * whether a unit or fault test notices. Fails where fewer than 90% are killed, or one survives that
 * `test/mutants/survivors/` has no reason for.
 *
 *   npm run mutants                              all of it (hours on two cores)
 *   npm run mutants -- src/rotation/gate.ts      these files only
 *   npm run mutants -- --changed origin/main     what is changed since then, line by line; CI runs this
 */
import {execFileSync} from 'node:child_process'
import {globSync, readFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join, relative, resolve} from 'node:path'
import {parseArgs} from 'node:util'
import {Stryker} from '@stryker-mutator/core'
import {parse} from 'yaml'

const ROOT = resolve(import.meta.dirname, '..')
const LEAST = 0.9

/** Where a mistake revokes, stores or believes a token. */
const MUTATED = [
  'src/rotation/**/*.ts',
  'src/smoke/**/*.ts',
  'src/probe/**/*.ts',
  'src/onboarding/**/*.ts',
  'src/fleet/judge{,/**/*}.ts',
  'src/secret{,/**/*}.ts',
  'src/http{,/**/*}.ts',
]

interface Survivor {
  file: string
  was: string
  now: string
}

const {values, positionals} = parseArgs({
  options: {changed: {type: 'string'}, jobs: {type: 'string'}},
  allowPositionals: true,
})
const files = globSync(MUTATED, {cwd: ROOT}).toSorted()
const mutate = values.changed === undefined ? named(positionals) : changedSince(values.changed)
if (mutate.length === 0) {
  console.log('Nothing of what is mutated was changed.')
} else {
  process.exitCode = judge(await tried(mutate), values.changed === undefined && positionals.length === 0)
}

function named(wanted: readonly string[]): string[] {
  const unknown = wanted.filter((file) => !files.includes(file))
  if (unknown.length > 0) throw new Error(`not among what is mutated: ${unknown.join(', ')}`)
  return wanted.length === 0 ? files : [...wanted]
}

/** `file:from-to` for each stretch of lines that differs from `base`. */
function changedSince(base: string): string[] {
  const diff = execFileSync('git', ['diff', '--unified=0', '--no-color', base, '--', ...files], {
    cwd: ROOT,
    encoding: 'utf8',
  })
  const stretches: string[] = []
  let file = ''
  for (const line of diff.split('\n')) {
    file = /^\+\+\+ b\/(.*)$/.exec(line)?.[1] ?? file
    const [, from, count = '1'] = /^@@ \S+ \+(\d+)(?:,(\d+))? @@/.exec(line) ?? []
    if (from && Number(count) > 0) stretches.push(`${file}:${from}-${Number(from) + Number(count) - 1}`)
  }
  return stretches
}

async function tried(ranges: readonly string[]) {
  const stryker = new Stryker({
    mutate: [...ranges],
    testRunner: 'vitest',
    plugins: ['@stryker-mutator/vitest-runner'],
    vitest: {configFile: 'test/mutants/vitest.config.ts', related: true},
    coverageAnalysis: 'perTest',
    // Words of messages are what other tests are for, and a mutant of each would drown the rest.
    mutator: {excludedMutations: ['StringLiteral', 'ObjectLiteral']},
    concurrency: Number(values.jobs ?? 2),
    timeoutMS: 4000,
    timeoutFactor: 4,
    dryRunTimeoutMinutes: 60,
    reporters: ['progress-append-only'],
    tempDirName: join(tmpdir(), `patrol-mutants-${process.pid}`),
    ignorePatterns: ['/dist', '/dist-*', '/docs', '/test/corpus'],
    // TypeScript 7 has no API by which Stryker could rewrite it, and nothing here needs that.
    tsconfigFile: 'none',
    allowConsoleColors: false,
  })
  return stryker.runMutationTest()
}

type Tried = Awaited<ReturnType<typeof tried>>[number]

/** Prints what became of each file's mutants and which survived without a reason; the exit code. */
function judge(mutants: readonly Tried[], whole: boolean): number {
  const known = excuses()
  const judged = mutants.filter(({status}) => status !== 'Ignored' && status !== 'CompileError')
  const alive = judged.filter(({status}) => status === 'Survived' || status === 'NoCoverage')
  const excused = (mutant: Tried) => known.find((entry) => entry.why && same(entry, survivorOf(mutant)))
  const unexcused = alive.filter((mutant) => !excused(mutant))
  const stale = known.filter((entry) => !alive.some((mutant) => same(entry, survivorOf(mutant))))

  for (const [file, of] of Map.groupBy(judged, ({fileName}) => relative(ROOT, fileName))) {
    const count = (...wanted: string[]) => of.filter(({status}) => wanted.includes(status)).length
    console.log(
      `${file}: ${count('Killed')} killed, ${count('Timeout')} timed out, ${count('Survived')} survived, ${count('NoCoverage')} not reached`,
    )
  }
  for (const mutant of unexcused) {
    const {file, was, now} = survivorOf(mutant)
    console.log(`survived: ${file}:${mutant.location.start.line} ${was}  ->  ${now}`)
  }
  if (whole) for (const {file, was} of stale) console.log(`no such survivor any more: ${file} ${was}`)
  const killed = judged.length - alive.length
  const share = judged.length === 0 ? 1 : killed / judged.length
  console.log(
    `${killed} of ${judged.length} killed (${(100 * share).toFixed(1)}%), ${alive.length - unexcused.length} survive with a reason, ${unexcused.length} without`,
  )
  return share >= LEAST && unexcused.length === 0 && !(whole && stale.length > 0) ? 0 : 1
}

/** The survivors with a reason, one file for each room. */
function excuses(): (Survivor & {why: string})[] {
  const rooms = globSync('test/mutants/survivors/*.yaml', {cwd: ROOT}).toSorted()
  return rooms.flatMap((room) => parse(readFileSync(join(ROOT, room), 'utf8')))
}

function survivorOf({fileName, location: {start, end}, replacement}: Tried): Survivor {
  const lines = readFileSync(fileName, 'utf8')
    .split('\n')
    .slice(start.line - 1, end.line)
  lines[lines.length - 1] = lines.at(-1)?.slice(0, end.column - 1) ?? ''
  lines[0] = lines[0]?.slice(start.column - 1) ?? ''
  return {file: relative(ROOT, fileName), was: onOneLine(lines.join(' ')), now: onOneLine(replacement)}
}

function same(entry: Survivor, other: Survivor): boolean {
  return entry.file === other.file && onOneLine(entry.was) === other.was && onOneLine(entry.now) === other.now
}

function onOneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim()
}

/**
 * `npm run mutants`: changes the code that decides life and death in one small way after another (StrykerJS) and looks
 * whether a unit or fault test notices. Fails where one survives that `test/mutants/survivors/` has no reason for, and a
 * run over all of it where fewer than 90% are killed.
 *
 *   npm run mutants                              all of it (37 minutes on two busy cores)
 *   npm run mutants -- src/rotation/gate.ts      these files only; gate.ts:40-60: these lines of it
 *   npm run mutants -- --changed origin/main     what is changed since then, line by line; CI runs this
 */
import {execFileSync} from 'node:child_process'
import {globSync, readFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join, resolve} from 'node:path'
import {parseArgs} from 'node:util'
import {Stryker} from '@stryker-mutator/core'
import {parse} from 'yaml'
import {mutantOf} from './mutants/live.ts'
import {stretchesOf, verdict, type Excuse, type Extent, type Mutant} from './mutants/verdict.ts'

const ROOT = resolve(import.meta.dirname, '..')

/** Where a mistake revokes, stores or believes a token. */
const MUTATED = [
  'src/story/**/*.ts',
  'src/rotation/**/*.ts',
  'src/smoke/**/*.ts',
  'src/probe/**/*.ts',
  'src/onboarding/**/*.ts',
  'src/pass/**/*.ts',
  'src/fleet/judge{,/**/*}.ts',
  'src/secret{,/**/*}.ts',
  'src/http{,/**/*}.ts',
]

const {values, positionals} = parseArgs({
  options: {changed: {type: 'string'}, jobs: {type: 'string'}},
  allowPositionals: true,
})
const files = globSync(MUTATED, {cwd: ROOT}).toSorted()
const mutate = values.changed === undefined ? named(positionals) : changedSince(values.changed)
if (mutate.length === 0) {
  console.log('Nothing of what is mutated was changed.')
} else {
  const {lines, passed} = verdict(await tried(mutate), excuses(), extent())
  console.log(lines.join('\n'))
  process.exitCode = passed ? 0 : 1
}

function extent(): Extent {
  if (values.changed !== undefined) return 'part'
  if (positionals.length === 0) return 'all'
  return positionals.every((file) => files.includes(file)) ? 'files' : 'part'
}

function named(wanted: readonly string[]): string[] {
  const unknown = wanted.filter((file) => !files.includes(file.replace(/:\d+-\d+$/, '')))
  if (unknown.length > 0) throw new Error(`not among what is mutated: ${unknown.join(', ')}`)
  return wanted.length === 0 ? files : [...wanted]
}

/** What this branch changed since it left `base`, committed or not: stretches of lines, and new files as a whole. */
function changedSince(base: string): string[] {
  const git = (...args: string[]): string => execFileSync('git', args, {cwd: ROOT, encoding: 'utf8'})
  const diff = git('diff', '--merge-base', '--unified=0', '--no-color', '--no-ext-diff', base, '--', ...files)
  const untracked = git('ls-files', '--others', '--exclude-standard', '--', ...files)
  return [...stretchesOf(diff), ...untracked.split('\n').filter(Boolean)]
}

/** The survivors with a reason, one file for each room. */
function excuses(): Excuse[] {
  const rooms = globSync('test/mutants/survivors/*.yaml', {cwd: ROOT}).toSorted()
  return rooms.flatMap((room) => parse(readFileSync(join(ROOT, room), 'utf8')))
}

async function tried(ranges: readonly string[]): Promise<Mutant[]> {
  const stryker = new Stryker({
    mutate: [...ranges],
    testRunner: 'in-process',
    plugins: ['runner', 'live'].map((name) => join(ROOT, `scripts/mutants/${name}.ts`)),
    coverageAnalysis: 'perTest',
    // Words of messages are what other tests are for, and a mutant of each would drown the rest.
    mutator: {excludedMutations: ['StringLiteral', 'ObjectLiteral']},
    concurrency: Number(values.jobs ?? 2),
    // The runner notices a test that hangs; this is for one that blocks its process.
    timeoutMS: 10_000,
    timeoutFactor: 4,
    dryRunTimeoutMinutes: 60,
    reporters: ['progress-append-only', 'live'],
    tempDirName: join(tmpdir(), `patrol-mutants-${process.pid}`),
    ignorePatterns: ['/dist', '/dist-*', '/docs', '/test/corpus'],
    // TypeScript 7 has no API by which Stryker could rewrite it, and nothing here needs that.
    tsconfigFile: 'none',
    allowConsoleColors: false,
  })
  return (await stryker.runMutationTest()).map(mutantOf)
}

/**
 * The test runner that StrykerJS plans for: a process that loads each test file once and from then on only runs tests,
 * those that reach a mutant, with that mutant active. Stryker starts another process where this one is lost.
 *
 * A process that has run mutants may be in a state that no test begins with, so it is believed only where that can't
 * matter: a test that fails must pass with the mutant off, and a mutant that survives or hangs, or whose test fails
 * anyhow, is tried once more in a fresh process. Stryker gives one to a runner that throws.
 */
import {globSync, readFileSync, realpathSync, writeFileSync} from 'node:fs'
import {registerHooks} from 'node:module'
import {basename} from 'node:path'
import {setImmediate} from 'node:timers/promises'
import {pathToFileURL} from 'node:url'
import {INSTRUMENTER_CONSTANTS, type InstrumenterContext} from '@stryker-mutator/api/core'
import {PluginKind} from '@stryker-mutator/api/plugin'
import {
  DryRunStatus,
  MutantRunStatus,
  TestStatus,
  type DryRunOptions,
  type DryRunResult,
  type MutantRunOptions,
  type MutantRunResult,
  type TestResult,
  type TestRunner,
} from '@stryker-mutator/api/test-runner'
import {newImports} from './imports.ts'
import {collect, fileOf, type Test} from './vitest.ts'

/**
 * What mutants are tried against: the unit tests of the rooms that decide life and death, and the fault tests of single
 * cases; those that break every call in turn take seconds each.
 */
const TESTS = [
  'test/unit/{story,rotation,smoke,probe,onboarding,pass,fleet,gitea,platform,http,secret}/**/*.test.ts',
  'test/faults/*-cases.test.ts',
]
const NOT = ['test/unit/rotation/journals.test.ts']
const SETUP = 'test/mutants/setup.ts'

/** What the dry run found, for processes that start later. */
interface Notes {
  /** How long each test took, and how often it came to the mutant that it came to most. */
  ms: {[test: string]: number}
  hits: {[test: string]: number}
  /** The test files that have to do with a mutated file, the nearest first. */
  related: {[mutated: string]: string[]}
}
const NOTES = 'mutants-notes.json'

/** A test hangs when it takes five times as long as in the dry run, and this; a dry run waits for minutes. */
const HANGS_AFTER_MS = 1000
const DRY_RUN_MS = 300_000
/** A loop is endless when it comes to the mutant ten times as often as the dry run came to any, and this. */
const ENDLESS_AFTER = 1000
const TURN_MS = 50
const FRESH = 'to be tried in a fresh process'

/** How an instrumented file learns which mutant is active, and tells which ones it came to. */
const mutants: InstrumenterContext = {}
Object.assign(globalThis, {[INSTRUMENTER_CONSTANTS.NAMESPACE]: mutants})

type Outcome = {is: 'passed'} | {is: 'failed' | 'hung' | 'stray'; message: string}

const imports = newImports()
/** What was thrown and nobody caught. */
const strays: unknown[] = []

class Runner implements TestRunner {
  readonly #tests = new Map<string, Test>()
  readonly #loaded = new Map<string, Promise<Test[]>>()
  #notes: Notes | undefined
  #fresh = true
  #spent = false

  capabilities() {
    return {reloadEnvironment: false}
  }

  async init(): Promise<void> {
    const ours = new URL('vitest.ts', import.meta.url).href
    registerHooks({
      resolve(specifier, context, next) {
        if (specifier === 'vitest' && context.parentURL !== ours) return {url: ours, shortCircuit: true}
        const resolved = next(specifier, context)
        imports.note(context.parentURL, resolved.url)
        return resolved
      },
    })
    process.on('unhandledRejection', (reason) => strays.push(reason))
    process.on('uncaughtException', (error) => strays.push(error))
    await import(url(SETUP))
  }

  /** Runs the tests that have to do with what is mutated, and notes what the next processes want to know. */
  async dryRun({files = []}: Pick<DryRunOptions, 'files'>): Promise<DryRunResult> {
    this.#fresh = false
    const all = globSync(TESTS, {exclude: NOT}).toSorted()
    for (const file of all) await this.#load(file)
    const byUrl = new Map(all.map((file) => [url(file), file]))
    const related = files.map((file) => [
      file,
      imports.nearest(url(file), [...byUrl.keys()]).map((at) => byUrl.get(at)!),
    ])
    this.#notes = {ms: {}, hits: {}, related: Object.fromEntries(related)}

    const tests: TestResult[] = []
    for (const file of new Set(Object.values(this.#notes.related).flat())) {
      for (const test of await this.#load(file)) {
        const start = performance.now()
        const outcome = await tried(test, DRY_RUN_MS)
        const timeSpentMs = performance.now() - start
        this.#notes.ms[test.id] = timeSpentMs
        this.#notes.hits[test.id] = Math.max(0, ...Object.values(mutants.mutantCoverage?.perTest[test.id] ?? {}))
        const result = {id: test.id, name: test.id, timeSpentMs}
        if (outcome.is === 'passed') tests.push({...result, status: TestStatus.Success})
        else tests.push({...result, status: TestStatus.Failed, failureMessage: outcome.message})
      }
    }
    writeFileSync(NOTES, JSON.stringify(this.#notes))
    return {status: DryRunStatus.Complete, tests, mutantCoverage: mutants.mutantCoverage ?? {static: {}, perTest: {}}}
  }

  async mutantRun({activeMutant: {id}, mutantActivation, testFilter, sandboxFileName}: MutantRunOptions) {
    if (this.#spent) throw new Error('a test still hangs in this process')
    const fresh = this.#fresh
    this.#fresh = false
    const {ms, hits, related} = (this.#notes ??= readNotes())

    // What is only evaluated when a file is loaded stays as the mutant made it, so such a mutant is active throughout.
    const always = mutantActivation === 'static' ? id : undefined
    mutants.activeMutant = always
    let nrOfTests = 0
    const tests = testFilter ? this.#named(testFilter, sandboxFileName, ms) : this.#in(related[sandboxFileName] ?? [])
    for await (const test of tests) {
      nrOfTests++
      const limit = HANGS_AFTER_MS + 5 * (ms[test.id] ?? 0)
      const hitLimit = ENDLESS_AFTER + 10 * (hits[test.id] ?? 0)
      Object.assign(mutants, {activeMutant: id, hitCount: 0, hitLimit})
      const outcome = await tried(test, limit)
      mutants.activeMutant = always
      if ((mutants.hitCount ?? 0) > hitLimit) return timeout(`${test.id} goes on for ever`)
      if (outcome.is === 'passed') continue

      const byMutant = outcome.is === 'failed' && !fresh && (await tried(test, limit)).is === 'passed'
      if (!fresh && !byMutant) throw new Error(FRESH)
      this.#spent = outcome.is === 'hung'
      return outcome.is === 'hung' ? timeout(`${test.id} hangs`) : killed(test.id, outcome.message, nrOfTests)
    }
    if (!fresh) throw new Error(FRESH)
    return {status: MutantRunStatus.Survived as const, nrOfTests}
  }

  /** Those tests: first those of the mutated file's namesake, which most often notice, each time the quickest first. */
  async *#named(ids: readonly string[], mutated: string, ms: Notes['ms']): AsyncGenerator<Test> {
    const namesake = `/${basename(mutated, '.ts')}.test.ts`
    const [own = [], others = []] = [true, false].map((is) => ids.filter((id) => fileOf(id).endsWith(namesake) === is))
    const quickest = (some: readonly string[]) => some.toSorted((a, b) => ms[a]! - ms[b]!)
    for (const id of [...quickest(own), ...quickest(others)]) {
      await this.#load(fileOf(id))
      yield this.#tests.get(id)!
    }
  }

  async *#in(files: readonly string[]): AsyncGenerator<Test> {
    for (const file of files) yield* await this.#load(file)
  }

  /** A file that can't be loaded is one test that fails. */
  #load(file: string): Promise<Test[]> {
    const load = async (): Promise<Test[]> => {
      mutants.currentTestId = undefined
      const tests = await collect(file, () => import(url(file))).catch((error: unknown) => [
        {id: `${file} > is loaded`, run: () => Promise.reject(error)},
      ])
      for (const test of tests) this.#tests.set(test.id, test)
      return tests
    }
    const loaded = this.#loaded.get(file) ?? load()
    this.#loaded.set(file, loaded)
    return loaded
  }
}

/** Runs a test; it hangs after so many milliseconds in which this process could do something, however busy the machine. */
async function tried(test: Test, hangsAfterMs: number): Promise<Outcome> {
  strays.length = 0
  mutants.currentTestId = test.id
  const {promise: hangs, resolve: hang} = Promise.withResolvers<Outcome>()
  let turns = hangsAfterMs / TURN_MS
  const clock = setInterval(() => --turns < 0 && hang({is: 'hung', message: 'it hangs'}), TURN_MS)
  const ends = test.run().then(
    (): Outcome => ({is: 'passed'}),
    (error: unknown): Outcome => ({is: 'failed', message: String(error)}),
  )
  const outcome = await Promise.race([ends, hangs])
  clearInterval(clock)
  await setImmediate()
  return outcome.is === 'passed' && strays.length > 0 ? {is: 'stray', message: String(strays[0])} : outcome
}

function readNotes(): Notes {
  return JSON.parse(readFileSync(NOTES, 'utf8'))
}

function url(path: string): string {
  return pathToFileURL(realpathSync(path)).href
}

function timeout(reason: string): MutantRunResult {
  return {status: MutantRunStatus.Timeout, reason}
}

function killed(by: string, failureMessage: string, nrOfTests: number): MutantRunResult {
  return {status: MutantRunStatus.Killed, killedBy: [by], failureMessage, nrOfTests}
}

/** As StrykerJS finds a plugin. */
export const strykerPlugins = [{kind: PluginKind.TestRunner, name: 'in-process', injectableClass: Runner}]

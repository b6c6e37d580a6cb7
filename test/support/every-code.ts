import {globSync} from 'node:fs'
import type {Reporter, TestModule, Vitest} from 'vitest/node'
import {CATALOGUE} from '../../src/errors.ts'

/** Fails a run of the whole suite in which some error code never came up: it would be dead, or untested. */
export default class EveryCode implements Reporter {
  #vitest: Vitest | undefined

  onInit(vitest: Vitest): void {
    this.#vitest = vitest
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    const seen = new Set(modules.flatMap((module) => module.meta().codes ?? []))
    const missing = Object.keys(CATALOGUE).filter((code) => !seen.has(code))
    const all = globSync('test/**/*.test.ts').length
    const whole = modules.length >= all && this.#vitest?.config.testNamePattern === undefined
    if (!whole || missing.length === 0) return
    process.exitCode = 1
    setImmediate(() => process.stdout.write(`\nNo test brings up these error codes: ${missing.join(', ')}\n`))
  }
}

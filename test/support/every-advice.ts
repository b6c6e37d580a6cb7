import type {Reporter, TestModule} from 'vitest/node'
import {wrongIn} from './typed-advice.ts'

/** Fails a run in which patrol advised a command that cannot be typed as it stands. */
export default class EveryAdvice implements Reporter {
  async onTestRunEnd(modules: readonly TestModule[]): Promise<void> {
    const seenIn = new Map<string, string>()
    for (const module of modules) {
      for (const line of module.meta().advice ?? []) seenIn.set(line, module.relativeModuleId)
    }
    const wrong = await wrongIn([...seenIn.keys()])
    if (wrong.length === 0) return
    process.exitCode = 1
    const lines = wrong.map((each) => `  ${each}`)
    setImmediate(() => process.stdout.write(`\nCommands that cannot be typed as they stand:\n${lines.join('\n')}\n`))
  }
}

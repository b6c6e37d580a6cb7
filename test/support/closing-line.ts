import type {Reporter, TestCase, TestModule, TestSuite} from 'vitest/node'

/**
 * Ends a run with one plain line that any CI can read: `N passed, N failed, N skipped`. What was to run and did not,
 * because a hook failed or its file could not be loaded, is a failure there, and of the run; so is a run of nothing at all.
 */
export default class ClosingLine implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandled: readonly unknown[]): void {
    const count = {passed: 0, failed: 0, skipped: 0, pending: 0}
    for (const module of modules) {
      for (const test of module.children.allTests()) count[test.result().state]++
    }
    const broken = modules.flatMap((module) => [module, ...module.children.allSuites()]).filter(hasErrors)
    const kept = new Set(broken.flatMap(keptFromRunning)).size
    // A file without tests, or a clean-up behind tests that all ran.
    const alone = broken.filter((suite) => keptFromRunning(suite).length === 0).length
    const ran = count.passed + count.failed + count.pending
    // Of a given server that can't be given what the cases want, say: that proves nothing.
    const idle = ran + kept + alone + unhandled.length === 0
    const failed = count.failed + count.pending + kept + alone + unhandled.length + Number(idle)
    if (failed > 0) process.exitCode = 1
    const why = idle
      ? '\nNothing ran, so nothing is shown\n'
      : kept > 0
        ? `\n${kept} of the failed never ran: what was to be there for them was not\n`
        : ''
    const line = `${count.passed} passed, ${failed} failed, ${count.skipped - kept} skipped`
    // Printed after the default reporter's own summary, which ends on the same tick.
    setImmediate(() => process.stdout.write(`${why}\n${line}\n`))
  }
}

function hasErrors(suite: TestModule | TestSuite): boolean {
  return suite.errors().length > 0
}

/** What a broken suite skipped although nobody asked for that. */
function keptFromRunning(suite: TestModule | TestSuite): TestCase[] {
  return [...suite.children.allTests('skipped')].filter(({options}) => options.mode === 'run')
}

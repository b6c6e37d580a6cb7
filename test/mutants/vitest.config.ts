import {resolve} from 'node:path'
import {defineConfig} from 'vitest/config'

/**
 * What mutants are tried against: the unit and fault tests of the rooms that decide life and death, but for those that
 * spawn or that take seconds each, which would make a whole run a matter of days.
 */
export default defineConfig({
  test: {
    root: resolve(import.meta.dirname, '../..'),
    include: [
      'test/unit/{rotation,smoke,probe,onboarding,fleet,gitea,platform,http,secret}/**/*.test.ts',
      'test/faults/onboarding-cases.test.ts',
    ],
    exclude: ['test/unit/rotation/journals.test.ts'],
    setupFiles: ['test/mutants/setup.ts'],
    testTimeout: 60_000,
    disableConsoleIntercept: true,
    reporters: [],
  },
})

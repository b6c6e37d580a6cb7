import {resolve} from 'node:path'
import {defineConfig} from 'vitest/config'

/** What mutants are tried against: the unit and fault tests of the rooms that decide life and death, nothing that spawns. */
export default defineConfig({
  test: {
    root: resolve(import.meta.dirname, '../..'),
    include: [
      'test/unit/{rotation,smoke,probe,onboarding,fleet,gitea,platform,http,secret}/**/*.test.ts',
      'test/faults/{rotation,onboarding}*.test.ts',
    ],
    // Starts processes of its own.
    exclude: ['test/faults/rotation-store.test.ts'],
    testTimeout: 60_000,
    disableConsoleIntercept: true,
    reporters: [],
  },
})

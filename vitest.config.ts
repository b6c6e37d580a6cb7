import {defineConfig} from 'vitest/config'

const project = (name: string, extra: object = {}) => ({
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    testTimeout: 30_000,
    disableConsoleIntercept: true,
    setupFiles: ['test/support/setup.ts'],
    ...extra,
  },
})

export default defineConfig({
  test: {
    // Many tests wait for child processes and servers: one worker more than the two cores of the smallest machine.
    maxWorkers: 3,
    reporters: ['default', './test/support/closing-line.ts', './test/support/every-code.ts'],
    projects: [
      project('unit'),
      project('contract'),
      project('commands'),
      project('faults', {testTimeout: 60_000}),
      project('binary', {testTimeout: 60_000}),
      project('proxy', {testTimeout: 120_000, maxConcurrency: 3}),
      project('browser', {testTimeout: 60_000}),
      {test: {name: 'architecture', include: ['test/*.test.ts'], setupFiles: ['test/support/setup.ts']}},
    ],
  },
})

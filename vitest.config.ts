import {defineConfig} from 'vitest/config'

const project = (name: string, extra: object = {}) => ({
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    // Limits for what hangs, not for what is slow: machines are shared. No test sets a shorter one.
    testTimeout: 600_000,
    hookTimeout: 600_000,
    expect: {poll: {timeout: 500_000, interval: 20}},
    disableConsoleIntercept: true,
    setupFiles: ['test/support/setup.ts'],
    ...extra,
  },
})

export default defineConfig({
  test: {
    // Many tests wait for child processes and servers: one worker more than the two cores of the smallest machine.
    maxWorkers: 3,
    reporters: [
      'default',
      './test/support/closing-line.ts',
      './test/support/every-code.ts',
      './test/support/every-advice.ts',
    ],
    projects: [
      // Tests that leave the process as they found it share one; to start one for each file took more than they do.
      project('unit', {isolate: false}),
      // Against a real server a hook sends thousands of requests; each of them has a limit of its own.
      project('contract', {
        hookTimeout: 0,
        setupFiles: ['test/support/setup.ts', 'test/contract/environment.ts'],
      }),
      project('commands'),
      project('faults'),
      project('binary'),
      project('proxy', {maxConcurrency: 3}),
      project('browser'),
      project('architecture', {include: ['test/*.test.ts']}),
    ],
  },
})

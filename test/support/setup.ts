/**
 * Runs before every test file. It sees which errors come up, for `every-code.ts`, and what they
 * advise, for `every-advice.ts`, and fails a test whose simulators never
 * broke what it told them to break. Tests that run at once share their simulators' news, so those are judged when the
 * file ends.
 */
import {afterAll, afterEach, beforeEach, type TestContext} from 'vitest'
import {adviceSeen, listenForAdvice} from './seen-advice.ts'
import {codesSeen, listenForErrors} from './seen-codes.ts'
import {faultsFromHere, listenForFaults} from './strikes.ts'

listenForErrors()
listenForAdvice()
listenForFaults()

const file = faultsFromHere()
const tests = new Map<string, {verify(): void}>()

beforeEach(({task}: TestContext) => {
  if (!task.concurrent) tests.set(task.id, faultsFromHere())
})

afterEach(({task}: TestContext) => {
  const failed = task.result?.state === 'fail'
  // What a failed test did not come to is no second failure.
  if (!failed) tests.get(task.id)?.verify()
})

// Vitest wants a pattern there, of the fixtures to set up: none.
// oxlint-disable-next-line no-empty-pattern
afterAll(({}, suite) => {
  suite.meta.codes = codesSeen()
  suite.meta.advice = adviceSeen()
  file.verify()
})

declare module 'vitest' {
  interface TaskMeta {
    /** Codes of the errors that came up in this file. */
    codes?: string[]
    /** Commands that it saw advised. */
    advice?: string[]
  }
}

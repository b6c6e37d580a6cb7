/**
 * Runs before every test file: a test whose simulators never broke what it told them to break fails. Tests that run at
 * once share the news of their simulators, so those are judged when the
 * file ends.
 */
import {afterAll, afterEach, beforeEach, type TestContext} from 'vitest'
import {faultsFromHere, listenForFaults} from './strikes.ts'

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

afterAll(() => file.verify())

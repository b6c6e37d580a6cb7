import {afterEach, beforeEach, expect, test} from 'vitest'
import {json, listen} from '../../../src/simulator/wire.ts'
import type {Running} from '../../../src/simulator/types.ts'
import {faultsFromHere, mayPass} from '../../support/strikes.ts'

let wire: Running
beforeEach(async () => {
  wire = await listen({answer: () => json(200, {}), reset() {}})
})
afterEach(() => wire.close())

test('a fault that never struck is complained of, with its rule and the line that set it', () => {
  const faults = faultsFromHere()
  wire.fail({kind: 'status', status: 503, method: 'POST', path: /secrets$/})
  expect(() => faults.verify()).toThrow(/never struck[\s\S]*"path":"\/secrets\$\/"[\s\S]*strikes\.test\.ts:\d+/)
})

test('one that never came to its turn did not strike', async () => {
  const faults = faultsFromHere()
  wire.fail({kind: 'status', status: 503, nth: 2})
  await fetch(wire.url)
  expect(() => faults.verify()).toThrow('"nth":2')
})

test('one that struck, and one that is excused, are not', async () => {
  const faults = faultsFromHere()
  wire.fail({kind: 'status', status: 503, nth: 2})
  mayPass('this test is about excuses', () => wire.fail({kind: 'html', path: /never/}))
  await fetch(wire.url)
  await fetch(wire.url)
  expect(() => faults.verify()).not.toThrow()
})

test('what was set before is the business of whoever looked before', () => {
  const outer = faultsFromHere()
  wire.fail({kind: 'html'})
  faultsFromHere().verify()
  expect(() => outer.verify()).toThrow('never struck')
})

import {expect, test} from 'vitest'
import {memoryOf} from '../support/memory.ts'

const [FEW, MANY] = [1000, 5000]
// Of everybody a line of patrol.yaml, the value of the token and a few numbers are kept: some 500 bytes, where what was
// found about an agent takes 2 KB and more.
const MOST_BYTES = 900

test('an audit keeps nothing of the agents that it has reported, in NDJSON', async () => {
  const [few, many] = [await memoryOf(FEW), await memoryOf(MANY)]
  expect([few.exit, many.exit]).toEqual([3, 3])
  expect((many.bytes - few.bytes) / (MANY - FEW)).toBeLessThan(MOST_BYTES)
  expect(many.bytes / few.bytes).toBeLessThan(1.2)
})

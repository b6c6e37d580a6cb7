import {expect, test} from 'vitest'
import {memoryOf} from '../support/memory.ts'

const [FEW, MANY] = [1000, 4000]
// What has to be known of everybody at once is the inventory and who runs on which token: some 1.8 KB for each agent.
// Whoever keeps what was found about them as well needs twice that and more.
const MOST_BYTES = 2800

test('an audit keeps nothing of the agents that it has reported, in NDJSON', {timeout: 180_000}, async () => {
  const [few, many] = [await memoryOf(FEW), await memoryOf(MANY)]
  expect([few.exit, many.exit]).toEqual([3, 3])
  expect((many.bytes - few.bytes) / (MANY - FEW)).toBeLessThan(MOST_BYTES)
  expect(many.bytes / few.bytes).toBeLessThan(1.5)
})

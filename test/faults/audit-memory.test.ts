import {expect, test} from 'vitest'
import {memoryOf} from '../support/memory.ts'

// What is left to grow is what has to be known of everybody: the inventory, and who runs on which token.
test('an audit of four times the agents needs about as much memory, in NDJSON', {timeout: 180_000}, async () => {
  const [few, many] = [await memoryOf(1000), await memoryOf(4000)]
  expect([few.exit, many.exit]).toEqual([3, 3])
  expect(many.bytes / few.bytes).toBeLessThan(1.5)
})

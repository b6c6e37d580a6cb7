import {expect, test} from 'vitest'
import {memoryOf} from '../support/memory.ts'

const [FEW, MANY] = [500, 2000]

test('an audit takes 4 KB of memory for each agent at most, in NDJSON', async () => {
  const [few, many] = [await memoryOf(FEW), await memoryOf(MANY)]
  expect([few.exit, many.exit]).toEqual([3, 3])
  expect((many.bytes - few.bytes) / (MANY - FEW)).toBeLessThan(4096)
})

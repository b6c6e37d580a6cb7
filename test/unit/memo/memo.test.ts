import {expect, test} from 'vitest'
import {memo} from '../../../src/memo.ts'

test('makes a thing once, for all who ask', async () => {
  let made = 0
  const thing = memo(async () => ++made)
  expect(await Promise.all([thing(), thing()])).toEqual([1, 1])
  expect(await thing()).toBe(1)
})

test('hands a failure to all who wait for it, and then tries again', async () => {
  let tries = 0
  const thing = memo(async () => {
    if (++tries === 1) throw new Error('the first')
    return tries
  })
  const both = await Promise.allSettled([thing(), thing()])
  expect(both.map(({status}) => status)).toEqual(['rejected', 'rejected'])
  expect(await thing()).toBe(2)
  expect(await thing()).toBe(2)
})

test('a failure that nobody awaits is not left unhandled', async () => {
  const unhandled: unknown[] = []
  const heard = (reason: unknown): void => void unhandled.push(reason)
  process.on('unhandledRejection', heard)
  const thing = memo(() => Promise.reject(new Error('no')))
  await expect(thing()).rejects.toThrow('no')
  await new Promise((done) => setImmediate(done))
  process.off('unhandledRejection', heard)
  expect(unhandled).toEqual([])
})

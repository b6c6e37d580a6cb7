import nock from 'nock'
import {afterEach, beforeEach} from 'vitest'

/** For a whole file: no request leaves the process, and a mocked answer that nobody asked for fails the test. */
export function strictNock(): void {
  beforeEach(() => {
    nock.disableNetConnect()
  })
  afterEach(() => {
    const unasked = nock.pendingMocks()
    nock.cleanAll()
    if (unasked.length > 0) throw new Error(`never asked for: ${unasked.join(', ')}`)
  })
}

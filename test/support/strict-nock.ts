import nock from 'nock'
import {afterEach, beforeEach} from 'vitest'

// Nock is in the way of every connection, and a refused one counts as a request that was sent.
nock.restore()

/** For a whole file: no request leaves the process, and a mocked answer that nobody asked for fails the test. */
export function strictNock(): void {
  beforeEach(() => {
    nock.activate()
    nock.disableNetConnect()
  })
  afterEach(() => {
    const unasked = nock.pendingMocks()
    nock.cleanAll()
    nock.enableNetConnect()
    nock.restore()
    if (unasked.length > 0) throw new Error(`never asked for: ${unasked.join(', ')}`)
  })
}

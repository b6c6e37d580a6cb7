import * as fc from 'fast-check'
import {expect, it} from 'vitest'
import {journals, prefixes} from '../../support/journals.ts'

it('random journals reach every phase', () => {
  const seen = new Set<string>()
  for (const events of fc.sample(journals, {numRuns: 500, seed: 8}))
    for (const {phase} of prefixes(events)) seen.add(phase)
  const expected = ['planned', 'minting', 'minted', 'pushing', 'awaiting_approval', 'pushed', 'restarting', 'restarted']
  expect([...seen].toSorted()).toEqual(
    [...expected, 'proven', 'revoking', 'completed', 'rolling_back', 'rolled_back', 'overtaken'].toSorted(),
  )
})

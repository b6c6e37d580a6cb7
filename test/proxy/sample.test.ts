import {expect, test} from 'vitest'
import {BREAKS} from './breaks.ts'
import {caseAt} from './cases.ts'
import {tryCase} from './trial.ts'

/** Every kind of request that changes something, in the scene where it comes up. */
const WRITES = [
  ['rotate', 'POST mint'],
  ['rotate', 'POST push'],
  ['rotate', 'DELETE token'],
  ['rotate-readback', 'POST bearer'],
  ['rotate-readback', 'DELETE bearer'],
  ['onboard', 'POST user'],
  ['onboard', 'PUT /repos/acme/core/collaborators/{agent}'],
  ['onboard', 'POST create'],
  ['mint', 'POST mint'],
  ['push', 'POST push'],
  ['restart', 'POST restart'],
  ['revoke', 'DELETE token'],
  ['smoke', 'POST /workspaces/{id}/schedules'],
] as const

/** How many writes each answer is tried at: enough that every write meets every fourth answer. */
const EACH = 3

const answers = [...Object.keys(BREAKS), 'kill', 'interrupt']
const sample = answers.flatMap((what, index) =>
  Array.from({length: EACH}, (_, turn) => {
    const [scene, kind] = WRITES[(index * EACH + turn) % WRITES.length]!
    return caseAt(scene, {kind, nth: 1}, what, 'after')
  }),
)

test.concurrent.each(sample.map((one) => [one.id, one] as const))('%s', async (_, one) => {
  const {struck, faults} = await tryCase(one)
  expect({struck, faults}).toEqual({struck: true, faults: []})
})

import {expect, test} from 'vitest'
import {BREAKS} from './breaks.ts'
import {caseAt, draw} from './cases.ts'
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
  ['rehearse', 'POST mint'],
  ['rehearse', 'DELETE token'],
  ['push', 'POST push'],
  ['restart', 'POST restart'],
  ['revoke', 'DELETE token'],
  ['smoke', 'POST /workspaces/{id}/schedules'],
] as const

/** At how many places each answer is tried, dealt from shuffled decks: every place comes up before any comes up again. */
const EACH = 3
const SEED = 8

const answers = [...Object.keys(BREAKS), 'kill', 'interrupt']
const places = WRITES.flatMap(([scene, kind]) => (['before', 'after'] as const).map((when) => ({scene, kind, when})))
const decks = Math.ceil((answers.length * EACH) / places.length)
const dealt = Array.from({length: decks}, (_, deck) => draw(places, places.length, SEED + deck)).flat()
const sample = answers.flatMap((what, at) =>
  dealt.slice(at * EACH, (at + 1) * EACH).map(({scene, kind, when}) => caseAt(scene, {kind, nth: 1}, what, when)),
)

/** What was wrong once. */
const MENDED = [
  caseAt('mint', {kind: 'POST mint', nth: 1}, 'kill', 'after'),
  caseAt('abort', {kind: 'GET tokens', nth: 1}, '403-html', 'before'),
  caseAt('mint', {kind: 'POST mint', nth: 1}, 'twice', 'after'),
  caseAt('smoke', {kind: 'POST /workspaces/{id}/schedules', nth: 1}, 'twice', 'after'),
  caseAt('rotate-readback', {kind: 'POST bearer', nth: 1}, 'twice', 'after'),
  caseAt('rotate-readback', {kind: 'GET /workspaces/{id}/tokens', nth: 2}, 'stale', 'before'),
  caseAt('onboard', {kind: 'POST create', nth: 1}, 'twice', 'after'),
  caseAt('onboard', {kind: 'POST create', nth: 1}, '422-error', 'after'),
  caseAt('mint', {kind: 'POST mint', nth: 1}, '307-same', 'after'),
  caseAt('revoke', {kind: 'DELETE token', nth: 1}, '307-same', 'after'),
  caseAt('abort', {kind: 'GET tokens', nth: 1}, 'emptied-a-while', 'before'),
]

/** Another machine's run while ours is at its write, and a write that arrives when its run is over. */
const MEETINGS = [
  caseAt('rotate', {kind: 'POST mint', nth: 1}, 'rival-rotate', 'before'),
  caseAt('rotate', {kind: 'POST push', nth: 1}, 'rival-rotate', 'after'),
  caseAt('mint', {kind: 'POST mint', nth: 1}, 'rival-rotate', 'after'),
  caseAt('rehearse', {kind: 'POST mint', nth: 1}, 'rival-rotate', 'after'),
  caseAt('rehearse', {kind: 'DELETE token', nth: 1}, 'kill', 'before'),
  caseAt('push', {kind: 'POST push', nth: 1}, 'rival-push', 'before'),
  caseAt('push', {kind: 'POST push', nth: 1}, 'rival-rotate', 'after'),
  caseAt('revoke', {kind: 'DELETE token', nth: 1}, 'rival-revoke', 'before'),
  caseAt('revoke', {kind: 'DELETE token', nth: 1}, 'rival-rotate', 'before'),
  caseAt('onboard', {kind: 'POST create', nth: 1}, 'rival-onboard', 'before'),
  caseAt('rotate', {kind: 'POST mint', nth: 1}, 'late', 'before'),
  caseAt('onboard', {kind: 'POST create', nth: 1}, 'late', 'before'),
  caseAt('revoke', {kind: 'DELETE token', nth: 1}, 'late', 'before'),
]

test.concurrent.each([...MENDED, ...MEETINGS, ...sample].map((one) => [one.id, one] as const))('%s', async (_, one) => {
  const {struck, faults} = await tryCase(one)
  expect({struck, faults}).toEqual({struck: true, faults: []})
})

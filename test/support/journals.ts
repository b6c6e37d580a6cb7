import * as fc from 'fast-check'
import type {RotationFact, RotationEvent, RotationTerms} from '../../src/rotation/events.ts'
import {advance, replay} from '../../src/rotation/machine.ts'
import type {Rotation} from '../../src/rotation/state.ts'
import type {TokenRef} from '../../src/story/tokens.ts'
import {unlessRefused} from './refusal.ts'

export const HOUR = 3_600_000
const terms: RotationTerms = {
  rotation: 'rot0000001',
  agent: 'dev-a',
  user: 'agent-dev-a',
  workspace: {id: 'w', name: 'dev-a', external: false},
  secretKey: 'GITEA_TOKEN',
  profile: 'engineer',
  scopes: ['read:issue'],
  repo: 'o/r',
  label: 'approved',
  via: 'a2a',
  overlapMs: 24 * HOUR,
  onProofFailure: 'keep',
  approval: 'wait',
  waive: {},
}
export const old: TokenRef = {id: 1, name: 'agent token', lastEight: '00000001'}
export const earlier = {id: 2, name: 'patrol.dev-a.20261101.aaa', lastEight: '00000002', deadline: 5 * HOUR}
export const baseline = {status: 'online', uptimeSeconds: 900, serverTime: 0, lastEvent: null}
export const planned = {type: 'planned', terms, superseded: [old, earlier], deployed: old} satisfies RotationFact
export const rival: TokenRef = {id: 90, name: 'patrol.dev-a.20261122.elsewhere1', lastEight: '00000090'}
export const fresh = (id: number): TokenRef => ({
  id,
  name: `patrol.dev-a.20261122.rot0000001-${id}`,
  lastEight: `0000000${id}`,
})

/** Every fact that could be tried in a state, legal or not. */
export function conceivable(rotation: Rotation): RotationFact[] {
  const next = fresh(10 + rotation.mints)
  const ids = [...rotation.minted, ...rotation.superseded].map(({id}) => id)
  const candidate = 'candidate' in rotation ? rotation.candidate : undefined
  const name = rotation.phase === 'minting' ? rotation.name : next.name
  return [
    {type: 'readback_intended', known: ['row-1']},
    {type: 'readback_minted', prefix: 'abcdefgh'},
    ...[old, earlier].map((token): RotationFact => ({type: 'old_value_read', token})),
    {type: 'readback_settled', left: []},
    {type: 'mint_intended', name: next.name},
    {type: 'minted', token: next},
    {type: 'mint_refused', code: 'X'},
    {type: 'mint_settled', name, token: next},
    {type: 'mint_settled', name, token: null},
    {type: 'probed', granted: []},
    {type: 'candidate_rejected', missing: [], unknown: []},
    ...ids.map((token): RotationFact => ({type: 'value_lost', token})),
    ...[...ids, old.id].map((token): RotationFact => ({type: 'push_intended', token, updatedAt: null, baseline})),
    {type: 'pushed', updatedAt: `t${rotation.events}`},
    {type: 'push_pending', approval: 'a', reason: ''},
    {type: 'push_refused', code: 'X'},
    {type: 'push_absent'},
    {type: 'push_forestalled'},
    {type: 'push_overwritten'},
    {type: 'candidate_lost', seen: null},
    {type: 'approval_decided', approval: 'a', decision: 'approved'},
    {type: 'approval_decided', approval: 'a', decision: 'denied'},
    {type: 'restart_observed'},
    {type: 'restart_intended'},
    {type: 'restart_accepted', serverTime: 1},
    {type: 'restart_refused', code: 'X'},
    {type: 'restart_settled', happened: true},
    {type: 'restart_settled', happened: false},
    {type: 'restarted', evidence: 'events'},
    {type: 'proof_failed', reasons: ['x']},
    {type: 'proven', lastEight: candidate?.lastEight ?? 'none'},
    {type: 'rollback_started', token: old},
    {type: 'rollback_dropped'},
    {type: 'rollback_proven', lastEight: old.lastEight},
    ...ids.flatMap((token): RotationFact[] => [
      {type: 'discard_intended', token},
      {type: 'discarded', token},
      {type: 'revoke_intended', token},
      {type: 'revoked', token},
      {type: 'revoke_held', token},
      {type: 'token_left', token, seen: {...old, id: token, lastEight: '99999999'}},
    ]),
    {type: 'orphan_found', token: fresh(80)},
    {type: 'abort_requested'},
    {type: 'decided', keep: 'old', unseen: ids},
    {type: 'decided', keep: 'new'},
    {type: 'decided', keep: 'both', unseen: ids},
    {type: 'revived', token: rotation.discarding ?? 0},
    {type: 'rollback_lost'},
    {type: 'yielded', to: rival},
    {type: 'outbid', tokens: [rival]},
    {type: 'overtaken', by: rival},
    {type: 'closed'},
    {type: 'completed', oldValue: 'dead'},
  ]
}

export const attempt = (rotation: Rotation, event: RotationEvent): Rotation | undefined =>
  unlessRefused(() => advance(rotation, event))

/** Facts that lead to the end, most wanted first: without them random journals would rarely get beyond a push. */
const ONWARD: RotationFact['type'][] = [
  'discarded',
  'revoked',
  'minted',
  'probed',
  'pushed',
  'restart_accepted',
  'restarted',
  'approval_decided',
  'restart_observed',
  'rollback_proven',
  'proven',
  'discard_intended',
  'push_intended',
  'mint_intended',
  'revoke_intended',
  'completed',
  'closed',
]

function onward({type}: RotationFact): number {
  const rank = ONWARD.indexOf(type)
  return rank === -1 ? ONWARD.length : rank
}

/** Those of some facts that may follow, each with what comes of it. */
function* following(rotation: Rotation, facts: readonly RotationFact[], at: number) {
  for (const fact of facts) {
    const event = {...fact, at}
    const next = attempt(rotation, event)
    if (next) yield {event, next}
  }
}

/** One of a kind that is drawn first, for of what may end a rotation there are more than of what goes on with it. */
function drawn<T extends {event: RotationFact}>(all: readonly T[], pick: number): T | undefined {
  const kinds = [...new Set(all.map(({event}) => event.type))]
  const kind = all.filter(({event}) => event.type === kinds[pick % kinds.length])
  return kind[Math.floor(pick / kinds.length) % kind.length]
}

/** A random journal: at each step one of the facts that may follow (mostly onward), some hours later. */
export const journals = fc
  .array(fc.record({pick: fc.noBias(fc.nat()), hours: fc.integer({min: 0, max: 40})}), {maxLength: 60, size: 'max'})
  .map((picks) => {
    const events: RotationEvent[] = [{...planned, at: 0}]
    let rotation = replay(events)!
    let at = 0
    for (const {pick, hours} of picks) {
      at += hours * HOUR
      const facts = conceivable(rotation)
      const chosen =
        pick % 4 > 0
          ? following(
              rotation,
              facts.toSorted((a, b) => onward(a) - onward(b)),
              at,
            ).next().value
          : drawn([...following(rotation, facts, at)], Math.floor(pick / 4))
      if (!chosen) break
      events.push(chosen.event)
      rotation = chosen.next
    }
    return events
  })

/** The rotation after each event: what a crash there leaves behind. */
export function prefixes(events: RotationEvent[]): Rotation[] {
  let rotation: Rotation | undefined
  return events.map((event) => (rotation = advance(rotation, event)))
}

/** The token of the journals below. */
export const CANDIDATE = fresh(10)
const token = CANDIDATE
const {name} = token

/** A rotation's way, as far as a crash may have let it come. */
export const MINTING: RotationFact[] = [{type: 'mint_intended', name}]
export const MINTED: RotationFact[] = [...MINTING, {type: 'minted', token}, {type: 'probed', granted: []}]
export const PUSHING: RotationFact[] = [...MINTED, {type: 'push_intended', token: 10, updatedAt: null, baseline}]
export const PUSHED: RotationFact[] = [...PUSHING, {type: 'pushed', updatedAt: 'stored'}]
export const RESTARTED: RotationFact[] = [
  ...PUSHED,
  {type: 'restart_observed'},
  {type: 'restarted', evidence: 'events'},
]
export const PROVEN: RotationFact[] = [...RESTARTED, {type: 'proven', lastEight: token.lastEight}]
export const BACK: RotationFact[] = [
  ...RESTARTED,
  {type: 'proof_failed', reasons: ['issues: scope-gap']},
  {type: 'rollback_started', token: old},
  {type: 'push_intended', token: old.id, updatedAt: 'stored', baseline},
  {type: 'pushed', updatedAt: 'back'},
  {type: 'restart_observed'},
  {type: 'restarted', evidence: 'events'},
]
export const REVOKED: RotationFact[] = [old, earlier].flatMap(({id}): RotationFact[] => [
  {type: 'revoke_intended', token: id},
  {type: 'revoked', token: id},
])

export const REFUSED: RotationFact[] = [...MINTING, {type: 'mint_refused', code: 'X'}, {type: 'closed'}]

export const ORPHAN = {type: 'orphan_found', token: fresh(80)} satisfies RotationFact

/** Revocations come when every overlap is over. */
export const timed = (fact: RotationFact): RotationEvent => ({
  ...fact,
  at: fact.type.startsWith('revoke') ? 30 * HOUR : 2 * HOUR,
})
export const rotationOf = (...facts: RotationFact[]) => replay([planned, ...facts].map(timed))!

import {dueAt, isClosed, replay} from '../rotation/index.ts'
import type {RotationFact, RotationEvent, TokenRef} from '../rotation/index.ts'
import type {FleetSandbox, Member} from '../simulator/fleet.ts'
import {OWN_PROFILES} from '../simulator/fleet.ts'
import type {Store} from '../store/index.ts'

/** A rotation that was: which token it brought, and when it began (ms since the epoch). */
export interface Past {
  fleet: FleetSandbox
  member: Member
  token: TokenRef
  rotation: string
  at: number
  /** The last thing that it did; without it, it came to its end. */
  until?: RotationFact['type']
}

/** Writes the journal of a rotation without trouble, event by event as a run does. Throws as `Journal.append`. */
export async function recordRotation({journal, leases}: Store, past: Past): Promise<void> {
  const {member, rotation, at} = past
  const lease = await leases.acquire(`agent:${member.name}`, 60_000, Date.now())
  const all = facts(past)
  const end = past.until === undefined ? all.length : all.findIndex(({type}) => type === past.until) + 1
  const events = all.slice(0, end).map((fact, index): RotationEvent => ({...fact, at: at + index * 5000}))
  for (const [seq, event] of events.entries()) {
    const state = replay(events.slice(0, seq + 1))
    if (!state) throw new RangeError('a rotation begins with its plan')
    const {terms, phase, startedAt, updatedAt} = state
    const {agent, user, workspace} = terms
    const index = {agent, user, workspace: workspace.name, phase, closed: isClosed(state), startedAt, updatedAt}
    const summary = {...index, id: rotation, dueAt: dueAt(state), events: state.events}
    await journal.append({id: rotation, seq, event, summary, ledger: [], lease})
  }
  await leases.release(lease)
}

function facts({fleet, member, token: stored, rotation, at}: Past): RotationFact[] {
  const {id, name, lastEight} = stored
  const token = {id, name, lastEight}
  const storedAt = new Date(at + 30_000).toISOString()
  const baseline = {status: 'online', uptimeSeconds: 86_400, serverTime: at, lastEvent: null}
  return [
    {
      type: 'planned',
      superseded: [],
      deployed: null,
      terms: {
        rotation,
        agent: member.name,
        user: member.user,
        workspace: {id: member.workspaceId, name: member.name, external: false},
        secretKey: fleet.secretKey,
        profile: member.profile,
        scopes: [...OWN_PROFILES.dated.scopes],
        repo: fleet.repo,
        label: 'approved',
        via: 'a2a',
        overlapMs: 0,
        onProofFailure: 'rollback',
        approval: 'wait',
        waive: {},
      },
    },
    {type: 'mint_intended', name},
    {type: 'minted', token},
    {type: 'probed', granted: [...OWN_PROFILES.dated.scopes]},
    {type: 'push_intended', token: id, updatedAt: null, baseline},
    {type: 'pushed', updatedAt: storedAt},
    {type: 'restart_intended'},
    {type: 'restart_accepted', serverTime: at + 35_000},
    {type: 'restarted', evidence: 'events'},
    {type: 'proven', lastEight},
    {type: 'completed', oldValue: 'not-at-hand'},
  ]
}

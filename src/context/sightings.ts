import type {Context} from '../context.ts'
import {orElse} from '../errors.ts'
import type {AuditEvent} from '../fleet/index.ts'
import type {ProbeReport} from '../probe/types.ts'
import type {SeenToken} from '../scopes/explain.ts'
import {readStored} from '../scopes/sets.ts'
import type {Sighting} from '../store/sightings.ts'

/** Notes what was seen of agents' tokens, for `explain` and `status`. Nothing hangs on it: what keeps it from being noted is not told. */
async function note(context: Context, seen: readonly Sighting[]): Promise<void> {
  if (seen.length === 0) return
  const book = await context.state.sightings()
  await book?.keep(seen).catch(() => {})
}

/** Passes the events of an audit on, and notes at its end which scopes each agent's token was seen to have. */
export async function* noting(context: Context, events: AsyncIterable<AuditEvent>): AsyncGenerator<AuditEvent> {
  const seen: Sighting[] = []
  for await (const event of events) {
    if (event.kind === 'agent') seen.push(...sightingIn(event.audit, context.clock.now()))
    if (event.kind === 'tail') await note(context, seen)
    yield event
  }
}

function sightingIn({agent, liveness, tokens}: Extract<AuditEvent, {kind: 'agent'}>['audit'], at: number): Sighting[] {
  const deployed = tokens.find((token) => token.deployed)
  if (!deployed) return []
  const {lastEight, scopes} = deployed
  if (liveness === 'dead') return [{agent, lastEight, scopes: [], dead: true, by: 'audit', at}]
  return scopes === undefined ? [] : [{agent, lastEight, scopes, by: 'audit', at}]
}

/** Notes which scopes a probe found the token of an agent to have, where it found out about all. */
export async function noteProbe(context: Context, agent: string, report: ProbeReport): Promise<void> {
  const {liveness, scopes, granted, lastEight} = report
  const seen = {agent, lastEight, by: 'probe', at: context.clock.now()} as const
  if (liveness.state === 'dead') return note(context, [{...seen, scopes: [], dead: true}])
  if (liveness.state !== 'alive' || scopes.some(({verdict}) => verdict === 'unknown')) return
  await note(context, [{...seen, scopes: granted}])
}

/** What was last seen of the agents' live tokens, by agent, but not of those that were rotated since then. */
export async function seenTokens(context: Context): Promise<ReadonlyMap<string, SeenToken>> {
  const seen = await sightings(context)
  return new Map([...seen].filter(([, {dead}]) => !dead))
}

/** The same, of dead tokens as well. */
export async function sightings(context: Context): Promise<ReadonlyMap<string, SeenToken & {dead?: true}>> {
  const book = await context.state.sightings()
  const all = (await book?.all()) ?? []
  if (all.length === 0) return new Map()
  const rotated = await context.state.rotatedAt().catch(orElse(() => new Map<string, number>()))
  const current = all.filter(({agent, at}) => at >= (rotated.get(agent) ?? 0))
  return new Map(current.map(({agent, scopes, ...rest}) => [agent, {...rest, scopes: readStored(scopes).scopes}]))
}

/** When an audit last saw any agent's token, in ms since the epoch; undefined where none did. */
export async function lastAudit(context: Context): Promise<number | undefined> {
  const book = await context.state.sightings()
  const times = ((await book?.all()) ?? []).flatMap(({by, at}) => (by === 'audit' ? [at] : []))
  return times.length === 0 ? undefined : Math.max(...times)
}

import {run} from '../errors.ts'
import {dangers} from '../scopes/profiles.ts'
import {compare} from '../scopes/sets.ts'
import type {Scope} from '../scopes/vocabulary.ts'
import type {StorySummary} from '../story/ports.ts'

/** How a server answers just now. */
export interface ServerState {
  kind: 'gitea' | 'platform'
  url: string
  state: 'up' | 'down'
  /** What it calls itself, where it tells. */
  version: string | undefined
  /** How long its answer took; undefined where none came. */
  ms: number | undefined
  /** Why it is not known to be up, for people. */
  why: string | undefined
}

/** What was last seen of an agent's token. */
export interface LastSeen {
  lastEight: string
  scopes: readonly Scope[]
  dead?: true
  by: 'audit' | 'probe'
  /** ms since the epoch. */
  at: number
}

/** An unfinished rotation or onboarding. */
export interface OpenStory extends Pick<StorySummary, 'id' | 'agent' | 'workspace' | 'phase' | 'startedAt' | 'dueAt'> {
  kind: 'rotation' | 'onboarding'
  /** The approval that it waits for. */
  approval: string | undefined
}

/** What this machine knows, and what the servers say. */
export interface StatusFacts {
  servers: readonly ServerState[]
  agents: readonly {name: string; profile: string; scopes: readonly Scope[]}[]
  seen: ReadonlyMap<string, LastSeen>
  /** When an audit last saw anything, in ms since the epoch; undefined: never. */
  auditedAt: number | undefined
  /** Undefined where the records can't be read. */
  stories: readonly OpenStory[] | undefined
  /** ms since the epoch. */
  now: number
}

/** How an agent's token stood when it was last seen. */
export interface AgentStanding {
  agent: string
  state: 'dead' | 'missing' | 'excess' | 'ok' | 'unseen'
  missing: Scope[]
  excess: Scope[]
  seen: LastSeen | undefined
}

/** The whole picture. */
export interface FleetStatus {
  servers: readonly ServerState[]
  counts: Record<AgentStanding['state'], number>
  auditedAt: number | undefined
  /** The worst first, at most five; those without fault are none. */
  worst: AgentStanding[]
  /** What stopped on its way, or is on it. */
  open: (OpenStory & {next: string})[]
  approvals: (OpenStory & {next: string})[]
  /** Old tokens whose overlap goes on or is over. */
  revocations: (OpenStory & {dueAt: number; isOver: boolean; next: string})[]
  /** The most urgent command. */
  next: string
}

const MOST = 5
const GRAVITY: readonly AgentStanding['state'][] = ['dead', 'missing', 'excess', 'unseen', 'ok']

/** Puts together where the fleet stands, by what was last seen and recorded; judges nothing anew. */
export function statusOf(facts: StatusFacts): FleetStatus {
  const {servers, agents, seen, auditedAt, now} = facts
  const standings = agents.map((agent) => standing(agent, seen.get(agent.name)))
  const counts = {dead: 0, missing: 0, excess: 0, ok: 0, unseen: 0}
  for (const {state} of standings) counts[state]++
  const stories = (facts.stories ?? []).map((story) => ({...story, next: wayOn(story)}))
  const overlaps = stories.flatMap((story) => (isOverlap(story) ? [{...story, isOver: story.dueAt <= now}] : []))
  const view = {
    servers,
    counts,
    auditedAt,
    worst: standings.filter(({state}) => ['dead', 'missing', 'excess'].includes(state)).toSorted(graver),
    open: stories.filter((story) => story.approval === undefined && !isOverlap(story)),
    approvals: stories.filter(({approval}) => approval !== undefined),
    revocations: overlaps.toSorted((a, b) => a.dueAt - b.dueAt),
  }
  const isBlind = facts.stories === undefined || servers.some(({state}) => state === 'down')
  return {...view, worst: view.worst.slice(0, MOST), next: mostUrgent(view, isBlind)}
}

function standing({name, scopes}: StatusFacts['agents'][number], seen: LastSeen | undefined): AgentStanding {
  const about = {agent: name, missing: [], excess: [], seen}
  if (!seen) return {...about, state: 'unseen'}
  if (seen.dead) return {...about, state: 'dead'}
  const {missing, excess} = compare(seen.scopes, scopes)
  const state = missing.length > 0 ? 'missing' : excess.length > 0 ? 'excess' : 'ok'
  return {...about, state, missing, excess}
}

/** By what is wrong, then by how much of it; what is dangerous before what is only too much. */
function graver(a: AgentStanding, b: AgentStanding): number {
  const weight = ({missing, excess}: AgentStanding): number =>
    missing.length * 1000 + dangers(excess).length * 100 + excess.length
  return GRAVITY.indexOf(a.state) - GRAVITY.indexOf(b.state) || weight(b) - weight(a)
}

function isOverlap<S extends OpenStory>(story: S): story is S & {dueAt: number} {
  return story.phase === 'proven' && story.dueAt !== undefined
}

function wayOn({kind, id, agent}: OpenStory): string {
  return (kind === 'rotation' ? run`patrol rotation resume ${id}` : run`patrol onboard ${agent}`).text
}

/** Servers and records that are away stop all else; then what was left half done, what is over, who waits, who can't work. */
function mostUrgent(
  {open, revocations, approvals, worst, auditedAt}: Omit<FleetStatus, 'counts' | 'next'>,
  isBlind: boolean,
): string {
  if (isBlind) return run`patrol doctor`.text
  const half = open[0] ?? revocations.find(({isOver}) => isOver) ?? approvals[0]
  if (half) return half.next
  // What was seen may be over, and its cure be refused (the concierge's, a paused one's): only an audit's fixes are held to that.
  const [first] = worst
  const isKnown = auditedAt !== undefined || first?.state === 'dead' || first?.state === 'missing'
  return (first && isKnown ? run`patrol audit ${first.agent}` : run`patrol audit`).text
}

import {orElse} from '../errors.ts'
import type {Workspace} from '../rotation/ports.ts'
import {notJson, unexpected} from './faults.ts'
import {field} from './shapes.ts'
import type {Wire} from './wire.ts'

/** Whether the platform answers at all, and how its clock stands to ours. */
export interface PlatformHealth {
  url: string
  /** Server's clock minus ours, in ms, as far as the Date header's whole seconds tell; undefined without that header. */
  clockSkewMs: number | undefined
  roundTripMs: number
}

/** What can be told of the release, feature by feature. Undefined or `unknown`: the server does not say. */
export interface ReleaseFeatures {
  gitSha: string | undefined
  organisation: string | undefined
  /** Whether workspaces tell their kind, without which the concierge can't be recognised. */
  kinds: 'yes' | 'no' | 'unknown'
}

/** These pages are public, so no credential is needed to look. */
type Peeking = Pick<Wire, 'peek'>

/** `GET /health`. Throws as every read. */
export async function readHealth(wire: Wire): Promise<PlatformHealth> {
  const asked = {method: 'GET', path: '/health'}
  const answer = await wire.peek(asked.path)
  if (!answer.isJson) throw notJson(wire.url, answer, asked, true)
  if (answer.status !== 200) throw unexpected(wire.url, asked, answer.status, 'not healthy')
  const skew = answer.date === undefined ? undefined : answer.date - wire.clock.now()
  return {url: wire.url, clockSkewMs: skew, roundTripMs: answer.ms}
}

/**
 * Tells the release apart by what it answers: `/buildinfo` and `/org/identity` exist on newer ones only (elsewhere the
 * web app or a 404 answers), and `kind` in the workspaces, which the caller has listed already.
 */
export async function readRelease(wire: Wire, workspaces: readonly Workspace[]): Promise<ReleaseFeatures> {
  const [gitSha, organisation] = await Promise.all([readBuild(wire), textField(wire, '/org/identity', 'name')])
  const kinds = workspaces.length === 0 ? 'unknown' : workspaces.some((row) => row.kind !== undefined) ? 'yes' : 'no'
  return {gitSha: gitSha || undefined, organisation, kinds}
}

/**
 * What the server was built from, by `/buildinfo` (platform, june02 and later: public). Undefined on older releases, where
 * the web app or a 404 answers; empty where something else does, so that nobody knows.
 */
export async function readBuild(wire: Peeking): Promise<string | undefined> {
  const answer = await wire.peek('/buildinfo')
  if (answer.status === 404 || (answer.status === 200 && !answer.isJson)) return undefined
  const sha = answer.status === 200 ? field(answer.json(), 'git_sha') : undefined
  return typeof sha === 'string' ? sha : ''
}

/**
 * Whether the server may keep a workspace's own credentials for code hosts from its processes (platform: june02 both ways,
 * and all later ones in Docker; hosted ones from june13 on hand them over, and only those name the organisation they are
 * for).
 */
export async function mayWithhold(wire: Peeking): Promise<boolean> {
  const [build, organisation] = await Promise.all([readBuild(wire), readOrganisation(wire)])
  return build !== undefined && organisation === undefined
}

/**
 * The id of the organisation that answers, from `/org/identity` (the platform, june13 and later: public). Undefined where
 * the release has no such page, or nothing usable answers.
 */
export async function readOrganisation(wire: Peeking): Promise<string | undefined> {
  const told = await textField(wire, '/org/identity', 'org_id').catch(orElse(() => undefined, 'unavailable'))
  // Empty where the platform was given none.
  return told?.toLowerCase() || undefined
}

async function textField(wire: Peeking, path: string, name: string): Promise<string | undefined> {
  const answer = await wire.peek(path)
  const value = answer.status === 200 ? field(answer.json(), name) : undefined
  return typeof value === 'string' ? value : undefined
}

import {OpsError} from '../errors.ts'
import {sameLogin} from './names.ts'
import {outsideOf, UNREADABLE_REACH} from '../scopes/repositories.ts'
import {compare} from '../scopes/sets.ts'
import {beganAfter} from '../smoke/process.ts'
import type {SmokeReport} from '../smoke/types.ts'
import {placed} from '../story/placements.ts'
import type {Ledger} from '../story/ports.ts'
import type {RotationTerms} from './events.ts'
import {isExternal, placeOf} from './guards.ts'
import type {Fleet, Platform, SecretRow, TokenRow, Workspace} from './ports.ts'
import {askingFor} from './asking.ts'
import {own} from './push.ts'
import type {ActDeps} from './request.ts'
import {restartedSinceWrite} from './restart.ts'
import {telling} from './run.ts'
import {wordOf, type Going} from './word.ts'

/** An agent of the inventory, as far as it takes to find out which token it runs on. */
export interface Worker extends Pick<RotationTerms, 'agent' | 'user' | 'secretKey' | 'profile' | 'scopes' | 'label'> {
  /** UUID or exact name. */
  workspace: string
  /** `owner/name`; without one it can't be asked. */
  repo: string | undefined
  /** Last eight of the token that patrol.yaml refers to, where that could be read. */
  configured: string | undefined
}

/** By way of what agents can be asked. */
export interface AskingReach {
  platform: Platform
  fleet: Pick<Fleet, 'ask'>
}

/** What it takes to find out which token an agent runs on. */
export interface WorkerDeps extends Pick<ActDeps, 'clock' | 'on' | 'signal'> {
  ledger: Pick<Ledger, 'deployed' | 'apply'>
  /** Or a sentence that says why no agent can be asked. */
  reach: AskingReach | string
}

/** Which token a worker runs on, held against one that is to go. */
export type WorkerStanding =
  | {runs: 'on-it'; why: string}
  /** On this one, which is alive, has the scopes of its profile and reaches its work; the secret's row said `updatedAt`. */
  | {runs: 'on-another'; token: TokenRow; workspace: string; updatedAt: string | undefined}
  | {runs: 'unknown'; why: string}

/**
 * What an agent runs on: as an earlier proof has it where its secret was not written since, else, and always of one that
 * runs elsewhere, as the agent itself says now (`wordOf`). What it says counts only where its secret was proven to hold the same, or
 * its process is younger than that, for its next start brings what it holds. `rows` are the live tokens of its user. Throws only `INTERRUPTED`.
 */
export async function standingOf(
  worker: Worker,
  token: Going,
  rows: readonly TokenRow[],
  deps: WorkerDeps,
): Promise<WorkerStanding> {
  const {reach} = deps
  if (typeof reach === 'string') return unknown(reach)
  const {platform} = reach
  try {
    const workspace = await platform.resolve(worker.workspace)
    const row = await platform.secretRow(workspace.id, worker.secretKey)
    const place = {workspace, row}
    const proven = await provenOn(worker, rows, place, deps)
    if (proven && !isExternal(workspace)) {
      return judged(worker, token, proven, place, 'was proven on it, and its secret was not written since')
    }
    return await asked(worker, token, rows, {...place, proven}, {...deps, ...reach})
  } catch (error) {
    if (!(error instanceof OpsError) || error.category === 'interrupted') throw error
    return unknown(error.message)
  }
}

interface WorkPlace {
  workspace: Workspace
  row: SecretRow | undefined
  /** What its secret holds, where a proof tells. */
  proven?: TokenRow | undefined
}

/**
 * The live token of the latest proof, where the secret is still as that left it: what the platform starts a process with,
 * but not what the operator of one that runs elsewhere does.
 */
async function provenOn(
  {agent, user}: Worker,
  rows: readonly TokenRow[],
  {workspace, row}: WorkPlace,
  {ledger}: WorkerDeps,
): Promise<TokenRow | undefined> {
  const deployed = await ledger.deployed(agent, workspace.id, user)
  const stored = own(row)?.updatedAt
  if (!deployed || stored === undefined || deployed.secretUpdatedAt !== stored) return undefined
  if (!sameLogin(deployed.user, user)) return undefined
  return rows.find(({id, lastEight}) => id === deployed.token && lastEight === deployed.lastEight)
}

async function asked(
  worker: Worker,
  token: Going,
  rows: readonly TokenRow[],
  place: WorkPlace,
  deps: WorkerDeps & AskingReach,
): Promise<WorkerStanding> {
  const {agent, user, secretKey, label, repo} = worker
  const {id: workspaceId, name, status} = place.workspace
  if (status !== 'online' && status !== 'degraded') return unknown(`its workspace ${name} is ${status}`)
  if (repo === undefined) return unknown('patrol.yaml names no repository to ask it about')
  // The process that answers may be replaced meanwhile by one that is younger than it.
  const isYounger = place.row !== undefined && (await beganSince(place.workspace, place.row, deps))
  const word = await telling(deps, 'ask', askingFor(agent), () =>
    wordOf({
      ask: () => deps.fleet.ask(workspaceId, {repo, label, secretKey}),
      secretKey,
      going: [token],
      listed: async (heard) => rows.find(({lastEight}) => lastEight === heard),
      whose: user,
    }),
  )
  if (word.holds === 'unknown') return unknown(word.says)
  await deps.ledger.apply([
    placed({...worker, workspace: placeOf(place.workspace)}, word.token, 'heard', deps.clock.now()),
  ])
  if (word.holds === 'going') return {runs: 'on-it', why: `${agent} says that it works with it`}
  const other = word.token
  if (place.row && other !== place.proven && !isYounger) {
    return unknown(`${secretKey} of ${name} may be newer than its process, and its next start brings what that holds`)
  }
  return judged(worker, token, other, place, 'says that it works with it')
}

function judged(
  {agent, scopes, profile, repo}: Worker,
  token: Going,
  runsOn: TokenRow,
  {workspace, row}: WorkPlace,
  how: string,
): WorkerStanding {
  if (runsOn.id === token.id) return {runs: 'on-it', why: `${agent} ${how}`}
  if (runsOn.strange)
    return unknown(`what …${runsOn.lastEight} can do is not known: it holds ${runsOn.strange.join(', ')}`)
  const {repositories: told = 'all'} = runsOn
  const away = told === 'unknown' ? UNREADABLE_REACH : repo === undefined ? undefined : outsideOf(told, repo)
  if (away !== undefined) return unknown(`it runs on …${runsOn.lastEight}, and ${away}`)
  const {missing} = compare(runsOn.scopes, scopes)
  if (missing.length === 0) {
    return {runs: 'on-another', token: runsOn, workspace: workspace.id, updatedAt: row?.updatedAt}
  }
  return unknown(`it runs on …${runsOn.lastEight}, which lacks ${missing.join(', ')} of profile ${profile}`)
}

function unknown(why: string): WorkerStanding {
  return {runs: 'unknown', why: why.replace(/\.$/, '')}
}

/**
 * Whether the process is surely younger than the stored secret, and so holds it: by its uptime, else by its events. The
 * platform tells the uptime of no process that runs elsewhere.
 */
export async function beganSince(workspace: Workspace, row: SecretRow, deps: {platform: Platform}): Promise<boolean> {
  if (isExternal(workspace)) return false
  if (beganAfter(workspace) > Date.parse(row.updatedAt)) return true
  return (await restartedSinceWrite(workspace, row.key, deps)) !== undefined
}

/**
 * Notes which token an agent named in a smoke test, and what that proved, so that later runs know the deployed token: only where all three paths passed, Gitea
 * lists the token, and its secret, the same before and after (`before`), is what the process got. Tells whether it did.
 */
export async function rememberProof(
  {agent, user, secretKey}: Pick<Worker, 'agent' | 'user' | 'secretKey'>,
  report: SmokeReport,
  {workspaceId, rows, before}: {workspaceId: string; rows: readonly TokenRow[]; before: SecretRow | undefined},
  {platform, ledger, clock}: Pick<ActDeps, 'platform' | 'clock'> & {ledger: Pick<Ledger, 'apply'>},
): Promise<boolean> {
  const matching = rows.filter(({lastEight}) => lastEight === report.reportedLastEight)
  const [token] = matching
  const workspace = await platform.read(workspaceId)
  const there = {agent, user, workspace: placeOf(workspace), secretKey}
  await ledger.apply(matching.map((each) => placed(there, each, 'heard', clock.now())))
  if (!report.passed || !token || matching.length > 1) return false
  const row = own(await platform.secretRow(workspaceId, secretKey))
  if (!row || row.updatedAt !== own(before)?.updatedAt) return false
  if (!(await beganSince(workspace, row, {platform}))) return false
  const {id, lastEight} = token
  const found = {token: id, lastEight, secretUpdatedAt: row.updatedAt, at: clock.now()}
  const deployment = {agent, workspace: workspaceId, user, ...found}
  await ledger.apply([{kind: 'deployed', deployment}])
  return true
}

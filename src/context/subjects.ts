import {builtInProfiles} from '../config.ts'
import type {Agent} from '../config.ts'
import type {Context} from '../context.ts'
import {nothing, OpsError, orElse, run} from '../errors.ts'
import type {PushRequest, RotationEvent, RotationRequest} from '../rotation/index.ts'
import type {SmokeTarget, TokenRow} from '../rotation/ports.ts'
import {understood, type RepositoryReach, type ToldReach} from '../scopes/repositories.ts'
import type {Scope} from '../scopes/vocabulary.ts'
import type {Secret} from '../secret.ts'
import type {LedgerToken, StorySummary} from '../story/ports.ts'
import {profileNamed} from './profile-named.ts'

/** What a probe is about. */
export interface ProbeSubject {
  /** Whose token it is, where that is said. */
  agent?: string | undefined
  token: Secret
  profile: {name: string; scopes: readonly Scope[]; repositories?: RepositoryReach | undefined}
  repo: string | undefined
  /** What its row in the administrator's list says of its repositories, where it is an agent's and there is such a list. */
  reachOf?: (() => Promise<ToldReach | undefined>) | undefined
}

/** Whose token to probe, against which profile, and in which repository: an agent's, a file's, or this workspace's. */
export async function probeSubject(
  context: Context,
  named: {
    agent?: string | undefined
    'token-file'?: string | undefined
    profile?: string | undefined
    repo?: string | undefined
  },
): Promise<ProbeSubject> {
  const agent = named.agent === undefined ? undefined : context.agent(named.agent)
  const file = named['token-file']
  const profile = profileOf(context, named.profile ?? agent?.profile ?? 'engineer', [
    ...(agent ? [agent.name] : []),
    ...(file === undefined ? [] : ['--token-file', file]),
  ])
  const repo = named.repo ?? agent?.repo ?? context.gitea.settings()?.repo
  if (file !== undefined) return {token: await context.secrets.tokenFile(file, 'the token to probe'), profile, repo}
  if (!agent) return {token: await context.secrets.ownGiteaToken(), profile, repo}
  const token = (await context.secrets.tokenOf(agent)) ?? unknownToken(agent, 'probe')
  return {agent: agent.name, token, profile, repo, reachOf: () => listedReach(context, agent, token)}
}

/** Whether an administrator is configured who need not be asked for anything, so that a look can use his listing. */
export function mayList(context: Context): boolean {
  const admin = context.gitea.settings()?.admin
  return admin !== undefined && !admin.totp && (admin.password ?? admin.token)?.kind !== 'prompt'
}

/** Where an administrator is configured who need not be asked for anything; what he can't read stays unknown. */
async function listedReach(context: Context, {user}: Agent, {lastEight}: Secret): Promise<ToldReach | undefined> {
  if (!mayList(context)) return undefined
  const rows = context.gitea.admin().then((gitea) => gitea.list(user))
  const unread = orElse(({message}) => {
    context.warn(`What the token is confined to could not be read: ${message}`)
    return []
  })
  const mine = (await rows.catch(unread)).filter((row) => row.lastEight === lastEight)
  return mine.length === 1 ? mine[0]?.repositories : undefined
}

/** Whose health to check, and in which repository; throws `CONFIG_INCOMPLETE` where nothing names one. */
export async function healthSubject(
  context: Context,
  named: {'token-file'?: string | undefined; repo?: string | undefined},
): Promise<{token: Secret; repo: string}> {
  const repo = named.repo ?? context.gitea.settings()?.repo
  if (repo === undefined) throw new OpsError('CONFIG_INCOMPLETE', {case: 'repository'})
  return {token: (await probeSubject(context, named)).token, repo}
}

/** A push to an agent: of the token given, else of the one that patrol.yaml refers to. */
export async function pushRequest(
  context: Context,
  named: string,
  file: string | undefined,
  choices: Pick<PushRequest, 'approval' | 'insist' | 'waive'>,
): Promise<PushRequest> {
  const agent = context.agent(named)
  const {name, user, workspace, profile, scopes, repositories} = agent
  const value =
    file === undefined
      ? ((await context.secrets.tokenOf(agent)) ?? unknownToken(agent, 'push'))
      : await context.secrets.tokenFile(file, `the new token of ${name}`)
  const key = context.requireConfig().secret
  const repo = agent.repo ?? context.gitea.settings()?.repo
  return {agent: name, user, workspace, profile, scopes, repositories, repo, key, value, ...choices}
}

/**
 * What a proof is about. The expected token is the one given, else the one that the agent was last proven on while its
 * secret is still as that proof left it, else the one that patrol.yaml refers to.
 */
export async function smokeTarget(
  context: Context,
  name: string,
  via: SmokeTarget['via'],
  file: string | undefined,
): Promise<SmokeTarget> {
  const agent = context.agent(name)
  const {secret: secretKey, label} = context.requireConfig()
  const repo = context.repoOf(agent)
  const given = file === undefined ? undefined : await context.secrets.tokenFile(file, `the token of ${name}`)
  const platform = await context.platform.client()
  const {id: workspaceId} = await platform.resolve(agent.workspace)
  const {ledger} = await context.state.store()
  const configured = given ?? (await context.secrets.oldValue(agent))
  const deployed = await ledger.deployed(name, workspaceId, agent.user)
  const current =
    deployed &&
    !given &&
    (!configured || (await platform.secretRow(workspaceId, secretKey))?.updatedAt === deployed.secretUpdatedAt)
  const expectLastEight = (current ? deployed.lastEight : configured?.lastEight) ?? ''
  if (expectLastEight === '') unknownToken(agent, 'smoke')
  const hand = configured?.lastEight === expectLastEight ? {token: configured} : {oldValues: configured && [configured]}
  const rows = await listed(context, agent)
  const expected = rows.find(({lastEight}) => lastEight === expectLastEight)
  const confinedTo = understood(expected?.repositories)
  const known = await ledger.tokens(agent.user)
  // Somebody may have given it another one since: that is no old token, whatever patrol.yaml refers to.
  const newer = rows
    .filter(({id}) => !expected || id > expected.id)
    .map(({lastEight}) => lastEight)
    .filter((lastEight) => !known.some((each) => each.lastEight === lastEight && isOver(each)))
  const superseded = [...known, ...rows]
    .map(({lastEight}) => lastEight)
    .filter((lastEight) => lastEight !== expectLastEight && !newer.includes(lastEight))
  const tokens = {expectLastEight, confinedTo, superseded, others: newer, newer}
  const storedAsProven = deployed?.lastEight === expectLastEight ? deployed.secretUpdatedAt : undefined
  const expectedIsGone = rows.length > 0 && !expected
  return {agent: name, workspaceId, repo, label, secretKey, via, ...tokens, expectedIsGone, storedAsProven, ...hand}
}

/** Whether it is on record that another one is to take its place. */
function isOver({supersededAt, revokedAt}: LedgerToken): boolean {
  return supersededAt !== undefined || revokedAt !== undefined
}

/** The agent's tokens as Gitea lists them to the administrator, where there is one. */
async function listed(context: Context, agent: Agent): Promise<TokenRow[]> {
  return context.requireConfig().gitea.admin ? (await context.gitea.admin()).list(agent.user) : []
}

/** What an operator's flags add to the configuration. */
export type RotationChoices = Pick<
  RotationRequest,
  'via' | 'overlapMs' | 'onProofFailure' | 'approval' | 'supersede' | 'waive'
>

/** A rotation of one agent, from its configuration and the operator's choices. */
export async function rotationRequest(
  context: Context,
  agent: Agent,
  choices: RotationChoices,
): Promise<RotationRequest> {
  const {secret: secretKey, label} = context.requireConfig()
  const {name, user, workspace, profile, scopes, repositories} = agent
  await refuseUnfinished(context, name)
  const oldValue = await context.secrets.oldValue(agent)
  const repo = context.repoOf(agent)
  return {
    agent: name,
    user,
    workspace,
    secretKey,
    profile,
    scopes,
    ...(repositories !== undefined && {repositories}),
    repo,
    label,
    ...choices,
    ...(oldValue && {oldValue}),
  }
}

/** What an onboarding is about to make neither a rotation nor a revocation may act on. Throws `ONBOARDING_OPEN`. */
export async function refuseUnfinished(context: Context, agent: string): Promise<void> {
  const {onboardings} = await context.state.store()
  const [open] = await onboardings.list({agent, open: true})
  if (!open) return
  const {bindsAgent, describe, replay} = await import('../onboarding/index.ts')
  const onboarding = bindsAgent(open.phase) ? replay(await onboardings.read(open.id)) : undefined
  if (!onboarding) return
  throw new OpsError('ONBOARDING_OPEN', {id: open.id, agent, stands: describe(onboarding)})
}

/**
 * A rotation of the servers that we speak to, to act on: by its id, or an agent's by the agent's name (the unfinished one,
 * else the latest). Without either, the only unfinished one. Throws `ROTATION_UNKNOWN`, and `USAGE` where it is not clear
 * which is meant.
 */
export async function recorded(context: Context, named: string | undefined): Promise<StorySummary> {
  const {journal} = await context.state.store()
  const all = await journal.list(named === undefined ? {open: true} : {})
  const mine = named === undefined ? all : all.filter(({id, agent}) => id === named || agent === named)
  const [found, another] = [mine.find(({closed}) => !closed) ?? mine[0], named === undefined ? mine[1] : undefined]
  if (found && !another) return found
  if (another) {
    const whose = mine.map(({id, agent}) => `${id} of ${agent}`).join(', ')
    throw new OpsError('USAGE', {
      what: `${mine.length} rotations are unfinished: ${whose}. Name one.`,
      state: nothing('changed'),
      advice: mine.map(({id}) => run`patrol rotation resume ${id}`),
    })
  }
  throw unknownRotation(named, await anywhere(context, named))
}

/** A rotation to look at, of whatever servers: by its id, or an agent's latest. Throws `ROTATION_UNKNOWN`. */
export async function shown(
  context: Context,
  named: string,
): Promise<{rotation: StorySummary; events: RotationEvent[]}> {
  const ours = await (await context.state.records()).journal.list()
  const mine = ours.filter(({id, agent}) => id === named || agent === named)
  const rotation = mine.find(({closed}) => !closed) ?? mine[0] ?? (await anywhere(context, named))
  if (!rotation) throw new OpsError('ROTATION_UNKNOWN', {case: 'look', name: named})
  return {rotation, events: await (await context.state.records('everywhere')).journal.read(rotation.id)}
}

async function anywhere(context: Context, id: string | undefined): Promise<StorySummary | undefined> {
  return (await (await context.state.records('everywhere')).journal.list()).find((rotation) => rotation.id === id)
}

function unknownRotation(name: string | undefined, other: StorySummary | undefined): OpsError {
  if (other) return new OpsError('ROTATION_UNKNOWN', {case: 'elsewhere', id: other.id, agent: other.agent})
  return name === undefined
    ? new OpsError('ROTATION_UNKNOWN', {case: 'none'})
    : new OpsError('ROTATION_UNKNOWN', {case: 'name', name})
}

/** What `rotation resume` goes on with; undefined where none was named and none is unfinished, which is no error. */
export async function resumable(context: Context, named: string | undefined): Promise<StorySummary | undefined> {
  for (const {agent} of await (await context.state.records()).journal.list({open: true})) context.mayActOn(agent)
  const {journal} = await context.state.store()
  if (named === undefined && (await journal.list({open: true})).length === 0) return undefined
  return recorded(context, named)
}

/** A rotation that can still be given up, or that was. Throws `ABORT_REFUSED` for one that has come to its end. */
export async function abortable(context: Context, named: string | undefined): Promise<StorySummary> {
  const rotation = await recorded(context, named)
  const {id, agent, phase} = rotation
  if (phase !== 'completed') return rotation
  throw new OpsError('ABORT_REFUSED', {case: 'completed', id, agent})
}

function profileOf(context: Context, name: string, typed: readonly string[]): ProbeSubject['profile'] {
  const profiles = context.config?.profiles ?? builtInProfiles()
  const {scopes, repositories} = profileNamed(name, profiles, ['patrol', 'probe', ...typed])
  return {name, scopes, repositories}
}

function unknownToken({name: agent}: Agent, command: string): never {
  throw new OpsError('CONFIG_INCOMPLETE', {case: 'token', agent, command})
}

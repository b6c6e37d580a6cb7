import type {Context} from '../context.ts'
import {OpsError, orElse} from '../errors.ts'
import {statusOf, type FleetStatus, type OpenStory, type ServerState} from '../fleet/index.ts'
import type {Records} from '../store/index.ts'
import {excerpt} from '../secret.ts'
import type {StorySummary} from '../story/ports.ts'
import type {Edges} from './edges.ts'
import {lastAudit, sightings} from './sightings.ts'

/** How long the servers may take, all that is asked of them together. */
const PATIENCE_MS = 4000

/** What a look at everything needs: what is asked of a server ends in time, whether or not that answers. */
export function hurried(edges: Edges): Edges {
  return {...edges, signal: AbortSignal.any([edges.signal, AbortSignal.timeout(PATIENCE_MS)])}
}

/** Where everything stands, and why the records of this machine are left out, where they are. */
export interface StatusLook {
  status: FleetStatus
  agents: number
  platform: string | undefined
  unread: string | undefined
}

/**
 * Asks both servers whether they are there, and this machine what it knows; writes nothing and makes no store. `context` is
 * one of `hurried` edges, `end` the person's own signal. Throws `CONFIG_NOT_FOUND`, and what an interrupt throws.
 */
export async function statusNow(context: Context, end: AbortSignal): Promise<StatusLook> {
  const config = context.requireConfig()
  const {platform} = config
  let unread: string | undefined
  const [gitea, other, seen, auditedAt, stories] = await Promise.all([
    lookAt({kind: 'gitea', url: config.gitea.url}, end, () => giteaVersion(context)),
    platform && lookAt({kind: 'platform', url: platform.url}, end, () => platformBuild(context)),
    sightings(context),
    lastAudit(context),
    openStories(context).catch(orElse(({message}) => void (unread = message))),
  ])
  const agents = [...config.agents.values()]
  const servers = [gitea, ...(other ? [other] : [])]
  const status = statusOf({servers, agents, seen, auditedAt, stories: stories ?? undefined, now: context.clock.now()})
  return {status, agents: agents.length, platform: platform?.url, unread}
}

/** Whether a server answers; an interrupt goes on, and the end of patience is no answer. */
async function lookAt(
  about: Pick<ServerState, 'kind' | 'url'>,
  end: AbortSignal,
  ask: () => Promise<string | undefined>,
): Promise<ServerState> {
  const began = performance.now()
  const down = (why: string): ServerState => ({...about, state: 'down', version: undefined, ms: undefined, why})
  try {
    const version = await ask()
    return {...about, state: 'up', version, ms: Math.round(performance.now() - began), why: undefined}
  } catch (error) {
    if (!(error instanceof OpsError) || end.aborted) throw error
    return down(error.category === 'interrupted' ? `no answer within ${PATIENCE_MS / 1000} s` : error.what)
  }
}

/** What the Gitea calls itself; a server that is none throws `GITEA_UNUSABLE`. */
async function giteaVersion(context: Context): Promise<string | undefined> {
  const gitea = await context.gitea.prober()
  await gitea.introduced()
  return gitea.version()
}

/** From what the platform was built, as far as it tells. Its token is read, but for one that somebody would have to type. */
async function platformBuild(context: Context): Promise<string | undefined> {
  const {token} = context.requireConfig().platform!
  if (token.kind === 'prompt') throw new OpsError('SECRET_UNREADABLE', 'Its token is asked for at a terminal only.')
  const platform = await context.platform.client()
  const [, build] = await Promise.all([platform.health(), platform.build()])
  return build ? excerpt(build, 12) : undefined
}

/** What is unfinished on this machine at the configured servers. Throws `STORE_*`. */
async function openStories(context: Context): Promise<OpenStory[]> {
  const records = await context.state.recordsThere()
  if (!records) return []
  const [rotations, onboardings] = await Promise.all([
    records.journal.list({open: true}),
    records.onboardings.list({open: true}),
  ])
  return [
    ...(await Promise.all(rotations.map(async (each) => story('rotation', each, await approvalOf(records, each))))),
    ...onboardings.map((each) => story('onboarding', each, undefined)),
  ]
}

function story(kind: OpenStory['kind'], summary: StorySummary, approval: string | undefined): OpenStory {
  const {id, agent, workspace, phase, startedAt, dueAt} = summary
  return {kind, id, agent, workspace, phase, startedAt, dueAt, approval}
}

/** The approval that a rotation waits for; of a journal that can't be read nothing is said. */
async function approvalOf({journal}: Records, {id, phase}: StorySummary): Promise<string | undefined> {
  if (phase !== 'awaiting_approval' && phase !== 'rolling_back') return undefined
  const {pendingApproval, replay} = await import('../rotation/index.ts')
  const read = journal.read(id).then((events) => {
    const rotation = replay(events)
    return rotation && pendingApproval(rotation)
  })
  return read.catch(orElse(() => undefined, 'JOURNAL_UNREADABLE'))
}

import {ownWorkspace, type Agent, type PatrolConfig} from '../config.ts'
import type {Context} from '../context.ts'
import {OpsError, orElse} from '../errors.ts'
import type {TokenRow} from '../rotation/ports.ts'
import type {Store} from '../store/index.ts'
import type {AuditPorts, Blob, FleetAgent, Inventory} from '../fleet/index.ts'
import {NO_TOKEN} from '../smoke/protocol.ts'
import {placed} from '../story/placements.ts'
import {memo} from '../memo.ts'
import {asker} from './fleet.ts'

/** Which of the sources at hand an audit uses. */
export interface AuditSources {
  /** The administrator's listing. Default: where an administrator is configured. */
  listing?: boolean | undefined
  /** Probes of the agents' values. Default: where an agent has a `token` reference. */
  probe?: boolean | undefined
  /** The agents' own reports (`--ask-agents`). Default: not. */
  askAgents?: boolean | undefined
  /** How long one agent may take to answer, in ms. Default one minute. */
  askTimeoutMs?: number | undefined
}

/** The fleet as patrol.yaml has it. */
export function inventoryOf({file, agents, gitea}: PatrolConfig): Inventory {
  const fleet = [...agents.values()].map((agent) => fleetAgent(agent, file, gitea.repo))
  return {file, agents: fleet}
}

function fleetAgent(agent: Agent, file: string, commonRepo: string | undefined): FleetAgent {
  const {name, user, workspace, profile, scopes, repositories, maxAgeMs, token, line, column} = agent
  const repo = agent.repo ?? commonRepo
  const anchor = {file, line, column}
  const hasReference = token !== undefined
  return {name, user, workspace, profile, scopes, repositories, maxAgeMs, repo, hasReference, anchor}
}

/**
 * Everything that an audit may touch, for reading. Throws `CONFIG_INCOMPLETE` where there is nothing to look at tokens
 * with, and what reading the administrator's or the platform's secret throws; nothing was called then.
 */
export async function auditPorts(context: Context, sources: AuditSources = {}): Promise<AuditPorts> {
  const config = context.requireConfig()
  const listing = config.gitea.admin !== undefined && sources.listing !== false
  const probe = config.agents.values().some(({token}) => token) && sources.probe !== false
  if (!listing && !probe) throw new OpsError('CONFIG_INCOMPLETE', {case: 'sources', file: config.file})
  const gitea = listing ? await context.gitea.admin() : await context.gitea.prober()
  const platform = config.platform && (await platformReader(context))
  return {
    gitea: {url: config.gitea.url, version: () => gitea.version()},
    listing: listing
      ? {
          tokens: (user) => gitea.list(user),
          user: (login) => gitea.account(login),
          users: () => gitea.users(),
          hasRepository: each((repo) => gitea.hasRepository(repo)),
        }
      : undefined,
    probe: probe ? (value, options) => gitea.probe(value, options) : undefined,
    platform,
    adminUser: config.gitea.admin?.user,
    ownWorkspace: ownWorkspace()?.toLowerCase(),
    ledger: await ledgerReader(context),
    tokenOf: ({name}) => context.secrets.tokenOf(context.agent(name)),
    askAgent: sources.askAgents
      ? await agentAsker(context, listing ? (user) => gitea.list(user) : undefined, sources.askTimeoutMs)
      : undefined,
    requests: () => context.wire.requests,
    now: Date.now,
  }
}

/** What is asked once of each name. */
function each<T>(ask: (name: string) => Promise<T>): (name: string) => Promise<T> {
  const known = new Map<string, () => Promise<T>>()
  return (name) => {
    const asked = known.get(name) ?? memo(() => ask(name))
    known.set(name, asked)
    return asked()
  }
}

async function platformReader(context: Context): Promise<AuditPorts['platform']> {
  const {platform: settings, secret} = context.requireConfig()
  const client = await context.platform.client()
  return {
    url: settings!.url,
    release: async () => (await client.release()).gitSha,
    workspaces: () => client.listBriefly(),
    secretUpdatedAt: async (id) => (await client.secretRow(id, secret))?.updatedAt,
    async startedSince(id) {
      const [{beganSince}, row] = await Promise.all([import('../rotation/index.ts'), client.secretRow(id, secret)])
      return row === undefined || beganSince(await client.read(id), row, {platform: client})
    },
  }
}

/** Of a server that does not say who it is nothing is known, and an audit of it says so by itself. */
async function ledgerReader(context: Context): Promise<AuditPorts['ledger']> {
  let store: Store | undefined
  try {
    store = await context.state.recordedStore()
  } catch (error) {
    if (!(error instanceof OpsError) || !/^(?:GITEA|ADMIN)_/.test(error.code)) throw error
    context.warn(`What was recorded is left out: ${error.message}`)
  }
  return (
    store && {
      tokens: (user, listed) => store.ledger.tokens(user, listed),
      announced: (user) => store.ledger.announced(user),
      deployed: (agent, workspace, user) => store.ledger.deployed(agent, workspace, user),
      provenOn: (tokens) => store.ledger.provenOn(tokens),
      placesOf: (tokens) => store.ledger.placesOf(tokens),
      rotations: () => store.journal.list(),
      async abandoned() {
        const {abandonedTokens} = await import('../rotation/index.ts')
        return abandonedTokens(store.journal).catch(orElse(() => [], 'JOURNAL_UNREADABLE'))
      },
      async beingOnboarded() {
        const [{bindsAgent}, open] = await Promise.all([
          import('../onboarding/index.ts'),
          store.onboardings.list({open: true}),
        ])
        return open.filter(({phase}) => bindsAgent(phase)).map(({agent}) => agent)
      },
    }
  )
}

/**
 * What an agent names is noted for whoever revokes it later, by its id where the list tells that: it may get another value.
 * What keeps it from being noted is said once.
 */
async function agentAsker(
  context: Context,
  list: ((user: string) => Promise<TokenRow[]>) | undefined,
  timeoutMs: number | undefined,
): Promise<AuditPorts['askAgent']> {
  const ask = await asker(context, timeoutMs)
  const {label, secret: secretKey} = context.requireConfig()
  let isTold = false
  const warned = ({message}: OpsError): void => {
    if (!isTold) context.warn(`Which tokens agents name could not be noted: ${message}`)
    isTold = true
  }
  return async ({name, user}, workspace) => {
    const lastEight = await ask(workspace.id, {repo: context.repoOf(context.agent(name)), label, secretKey})
    if (lastEight === undefined || lastEight === NO_TOKEN) return lastEight
    const there = {agent: name, user, workspace, secretKey}
    const rows = (await list?.(user).catch(orElse(() => []))) ?? []
    const [row, ...more] = rows.filter((held) => held.lastEight === lastEight)
    const id = more.length === 0 ? row?.id : undefined
    const word = placed(there, {id, lastEight}, 'heard', context.clock.now())
    await context.state
      .store()
      .then(({ledger}) => ledger.apply([word]))
      .catch(orElse(warned))
    return lastEight
  }
}

/** A file to merge, line by line. Reading it throws `BLOB_INVALID` where that cannot be done. */
export function blobFile(path: string): Blob {
  return {name: path, lines: () => linesOf(path)}
}

async function* linesOf(path: string): AsyncGenerator<string> {
  const {open} = await import('node:fs/promises')
  const file = await open(path).catch((error: NodeJS.ErrnoException) => {
    const why = error.code === 'ENOENT' ? 'does not exist' : `cannot be opened (${error.code})`
    throw new OpsError('BLOB_INVALID', {case: 'file', path, why})
  })
  try {
    if ((await file.stat()).isDirectory()) throw new OpsError('BLOB_INVALID', {case: 'directory', path})
    yield* file.readLines()
  } finally {
    await file.close()
  }
}

import type {AgentBehaviour, PlatformOptions, PlatformRelease} from '../types.ts'

type Delivery = NonNullable<AgentBehaviour['delivery']>

/** What a release does, deployed in one way, where releases differ. */
export type ReleaseFacts = ReturnType<typeof april>

/** What came with a release, or went. `docker`: the deployment. */
type Change = (docker: boolean) => Partial<ReleaseFacts>

const april = (docker: boolean) => ({
  /** Tokens of a workspace are of one kind, or the runtime's are apart from those of others. */
  tokenKinds: 'one' as 'one' | 'two',
  /** A hosted provisioning ends the tokens that may be the runtime's, without which its new machine may not register. */
  revokesHosted: false,
  /** Whether the answer to a creation holds the workspace's token. */
  inlineToken: false,
  /** Whether a GITEA_TOKEN reaches the process; where it does not always, a global one fails the provisioning. */
  giteaTokens: 'passes' as 'passes' | 'dropped' | 'not-in-docker',
  /** Writes of secrets by the admin token wait for an approval, and those to the concierge are refused. */
  approvals: false,
  /** The runtime of a workspace that names none. */
  runtime: 'langgraph',
  /** A creation without a model is refused before anything but its form is looked at. */
  needsModel: false,
  /** A creation may hold no vendor's key, whatever its model. Later it is looked at who serves the model. */
  refusesVendorKeys: false,
  /** A creation with a model that its vendor serves, but without a key for it, is refused before there is a row. */
  asksForVendorKeys: false,
  /** A taken name gets a number. Until then a name is as often as one asks. */
  numbersNames: false,
  /** Workspaces without a parent are put below the concierge. */
  belowConcierge: false,
  /** A creation below a parent that is not there. */
  orphan: {status: 500, error: 'failed to create workspace'} as {status: number; error: string; code?: string},
  /** The tier that every workspace gets. */
  tier: undefined as number | undefined,
  /** What a template that is not there gets after the row was made, which is when runtime and model are given. */
  lostTemplate: 'an empty 200' as 'an empty 200' | 'a 422',
  /** A workspace of an external agent waits for it; the database of April does not know that. */
  awaitsAgents: false,
  /** Whether workspaces tell their kind. */
  kinds: false,
  /** What else a workspace tells, in the list and on its own, and on its own alone. */
  tells: {both: {}, single: []} as {
    both: Record<string, unknown>
    single: readonly ('last_heartbeat_at' | 'wedged' | 'last_sample_error')[]
  },
  /** Removed workspaces answer 410 unless one asks for them. */
  hidesRemoved: false,
  /** A deletion wants the name in a header. */
  confirmsDeletion: false,
  /** Approvals that nobody decided are denied after ten minutes, by whoever lists them. */
  expiresApprovals: true,
  /** Restarts wait for one another and forget what comes too soon; those of April collide. */
  gate: false,
  /** Writing a secret restarts the workspace. */
  restartsAfterWrite: docker,
  /** … also when it writes itself, or is the concierge. */
  restartsWriters: true,
  /** A restart brings a removed workspace back. */
  restartsRemoved: true,
  /** A restart provisions what has no container of ours. */
  restartsExternal: true,
  /** A broken body of a restart is a 400. */
  readsRestart: false,
  /** What a failed start leaves in the row. */
  startError: docker ? 'workspace start failed' : 'provisioning failed',
  /** The old process sends a last heartbeat after the answer to a restart, by which the row is online again. */
  lingers: !docker,
  /** A restart makes the platform forget where the old process listens; until then messages reach it by that. */
  forgetsAddress: false,
  /** A heartbeat that brings `provisioning` back to `online` is an event. */
  tellsRecovery: true,
  /** A heartbeat brings `failed` back to `online`. */
  revives: false,
  /** The answer of the tenant guard to a request without an organisation. */
  guard: 'silent' as 'silent' | 'named',
  /** The web app's own requests need no bearer. */
  trustsCanvas: true,
  /** Nobody needs a bearer while there is none at all. */
  opensByItself: true,
  /** Messages need a bearer. */
  asksSender: false,
  /** How agents are reached; by others a message goes straight. */
  deliveries: ['busy', 'endless'] as readonly Delivery[],
  /** A message that a busy agent was not given stands as an error in the activity. */
  losesQueued: true,
  /** What a busy agent answers in the end is in the queue; before that it is nowhere to be found. */
  queueAnswers: false,
  /** A message is in the activity from its receipt on, once for its id, and what becomes of it is told in that row. */
  receipts: false,
  /** What a queued message of a person is answered in the end stands in the row of its receipt as well. */
  answersReceipts: false,
  /** Whom the queue believes to be the workspace that it claims to be, and what it tells to others. */
  queueTrusts: 'a name, in silence' as 'a name, in silence' | 'a name' | 'a bearer',
  /** An agent's answer of more than this is cut off there, or refused. */
  longest: {mib: 10, beyond: 'cut'} as {mib: number; beyond: 'cut' | 'refused'},
  /** What a message gets while its agent is being provisioned. */
  provisioning: (docker ? 'unreachable' : 'no address') as 'unreachable' | 'no address' | 'queued',
  /** What a message gets whose agent does not listen. */
  unreachable: 'failed' as 'failed' | 'restarting',
  /** What is no JSON, sent to an agent. */
  notJson: 'invalid JSON',
  /** Where schedules live. */
  schedules: 'platform' as 'platform' | 'runtime',
  /** Whom the rate limit counts. */
  counts: 'address' as 'address' | 'caller',
  /** A workspace's token is not minted for an id that is none. */
  checksIds: false,
})

const COMPUTE = {compute: {}, broadcast_enabled: false, talk_to_user_enabled: true}

const CHANGES: Record<Exclude<PlatformRelease, 'april'>, Change> = {
  june02: (docker) => ({
    revokesHosted: true,
    inlineToken: true,
    giteaTokens: 'dropped',
    runtime: 'claude-code',
    needsModel: true,
    refusesVendorKeys: true,
    numbersNames: true,
    ...(!docker && {tier: 4}),
    awaitsAgents: true,
    tells: {both: COMPUTE, single: []},
    hidesRemoved: true,
    confirmsDeletion: true,
    gate: true,
    restartsAfterWrite: true,
    restartsExternal: false,
    readsRestart: true,
    guard: 'named',
    trustsCanvas: false,
    opensByItself: false,
    losesQueued: false,
    deliveries: ['busy', 'endless', 'polls'],
    provisioning: 'no address',
    counts: 'caller',
    checksIds: true,
  }),
  june13: () => ({
    refusesVendorKeys: false,
    asksForVendorKeys: true,
    lingers: false,
    tokenKinds: 'two',
    giteaTokens: 'not-in-docker',
    belowConcierge: true,
    kinds: true,
    tellsRecovery: false,
    revives: true,
    restartsWriters: false,
    restartsRemoved: false,
    receipts: true,
    queueAnswers: true,
    queueTrusts: 'a name',
    longest: {mib: 64, beyond: 'refused'},
  }),
  june28: (docker) => ({
    lostTemplate: 'a 422',
    forgetsAddress: true,
    lingers: docker,
    tells: {both: {...COMPUTE, loaded_mcp_tools: []}, single: ['last_heartbeat_at', 'wedged']},
    expiresApprovals: false,
    deliveries: ['busy', 'endless', 'polls', 'slow'],
  }),
  aug14: (docker) => ({
    runtime: 'hermes',
    approvals: true,
    orphan: {status: 422, error: 'parent workspace does not exist', code: 'WORKSPACE_REPARENT_PARENT_NOT_FOUND'},
    tells: {
      both: {...COMPUTE, loaded_mcp_tools: [], mcp_surface: null},
      single: ['last_heartbeat_at', 'wedged', 'last_sample_error'],
    },
    lingers: !docker,
    asksSender: true,
    answersReceipts: true,
    queueTrusts: 'a bearer',
    deliveries: ['busy', 'endless', 'polls', 'slow', 'boots', 'dropped'],
    provisioning: 'queued',
    unreachable: 'restarting',
    notJson: 'invalid A2A body',
    schedules: 'runtime',
  }),
}

/** The name under which a token reaches the processes of a release, by which agents of it are seeded. */
export function deliveredKey(platform: Pick<PlatformOptions, 'release' | 'mode'>): 'GITEA_TOKEN' | 'GIT_HTTP_PASSWORD' {
  const {giteaTokens} = factsOf(platform)
  const arrives = giteaTokens === 'passes' || (giteaTokens === 'not-in-docker' && platform.mode !== 'docker')
  return arrives ? 'GITEA_TOKEN' : 'GIT_HTTP_PASSWORD'
}

/**
 * What a release does in a deployment: April, and what every release up to it has changed. Each was built from the
 * platform's public history and run.
 */
export function factsOf({release, mode}: Pick<PlatformOptions, 'release' | 'mode'>): ReleaseFacts {
  const docker = mode === 'docker'
  let facts = april(docker)
  if (release === 'april') return facts
  for (const [day, change] of Object.entries(CHANGES)) {
    facts = {...facts, ...change(docker)}
    if (day === release) break
  }
  return facts
}

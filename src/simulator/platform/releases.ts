import type {PlatformOptions, PlatformRelease} from '../types.ts'

/** How a message can reach an agent, as `AgentBehaviour.delivery` names it. */
type Delivery = 'direct' | 'busy' | 'endless' | 'polls' | 'slow' | 'boots' | 'dropped'

/** What a release does, deployed in one way, where releases differ. */
export interface Facts {
  /** Tokens of a workspace are of one kind, or the runtime's are apart from those of others. */
  tokenKinds: 'one' | 'two'
  /** A hosted provisioning ends the tokens that may be the runtime's, without which its new machine may not register. */
  revokesHosted: boolean
  /** Whether the answer to a creation holds the workspace's token. */
  inlineToken: boolean
  /** Whether a GITEA_TOKEN reaches the process; where it does not always, a global one fails the provisioning. */
  giteaTokens: 'passes' | 'dropped' | 'not-in-docker'
  /** Writes of secrets by the admin token wait for an approval, and those to the concierge are refused. */
  approvals: boolean
  /** The runtime of a workspace that names none. */
  runtime: string
  /** A creation without a model is refused before anything but its form is looked at. */
  needsModel: boolean
  /** A creation may hold no vendor's key, whatever its model. Later it is looked at who serves the model. */
  refusesVendorKeys: boolean
  /** A creation with a model that its vendor serves, but without a key for it, is refused before there is a row. */
  asksForVendorKeys: boolean
  /** A taken name gets a number. Until then a name is as often as one asks. */
  numbersNames: boolean
  /** Workspaces without a parent are put below the concierge. */
  belowConcierge: boolean
  /** A creation below a parent that is not there. */
  orphan: {status: number; error: string; code?: string}
  /** The tier that every workspace gets. */
  tier?: number
  /** What a template that is not there gets after the row was made, which is when runtime and model are given. */
  lostTemplate: 'an empty 200' | 'a 422'
  /** A workspace of an external agent waits for it; the database of April does not know that. */
  awaitsAgents: boolean
  /** Whether workspaces tell their kind. */
  kinds: boolean
  /** What else a workspace tells, in the list and on its own, and on its own alone. */
  tells: {both: Record<string, unknown>; single: readonly ('last_heartbeat_at' | 'wedged' | 'last_sample_error')[]}
  /** Removed workspaces answer 410 unless one asks for them. */
  hidesRemoved: boolean
  /** A deletion wants the name in a header. */
  confirmsDeletion: boolean
  /** Approvals that nobody decided are denied after ten minutes, by whoever lists them. */
  expiresApprovals: boolean
  /** Restarts wait for one another and forget what comes too soon; those of April collide. */
  gate: boolean
  /** Writing a secret restarts the workspace. */
  restartsAfterWrite: boolean
  /** … also when it writes itself, or is the concierge. */
  restartsWriters: boolean
  /** A restart brings a removed workspace back. */
  restartsRemoved: boolean
  /** A restart provisions what has no container of ours. */
  restartsExternal: boolean
  /** A broken body of a restart is a 400. */
  readsRestart: boolean
  /** What a failed start leaves in the row. */
  startError: string
  /** The old process sends a last heartbeat after the answer to a restart, by which the row is online again. */
  lingers: boolean
  /** A restart makes the platform forget where the old process listens; until then messages reach it by that. */
  forgetsAddress: boolean
  /** A heartbeat that brings `provisioning` back to `online` is an event. */
  tellsRecovery: boolean
  /** A heartbeat brings `failed` back to `online`. */
  revives: boolean
  /** The answer of the tenant guard to a request without an organisation. */
  guard: 'silent' | 'named'
  /** The web app's own requests need no bearer. */
  trustsCanvas: boolean
  /** Nobody needs a bearer while there is none at all. */
  opensByItself: boolean
  /** Messages need a bearer. */
  asksSender: boolean
  /** How agents are reached; by others a message goes straight. */
  deliveries: readonly Delivery[]
  /** A message that a busy agent was not given stands as an error in the activity. */
  losesQueued: boolean
  /** What a busy agent answers in the end is in the queue; before that it is nowhere to be found. */
  queueAnswers: boolean
  /** A message is in the activity from its receipt on, once for its id, and what becomes of it is told in that row. */
  receipts: boolean
  /** What a queued message of a person is answered in the end stands in the row of its receipt as well. */
  answersReceipts: boolean
  /** Whom the queue believes to be the workspace that it claims to be, and what it tells to others. */
  queueTrusts: 'a name, in silence' | 'a name' | 'a bearer'
  /** An agent's answer of more than this is cut off there, or refused. */
  longest: {mib: number; beyond: 'cut' | 'refused'}
  /** What a message gets while its agent is being provisioned. */
  provisioning: 'unreachable' | 'no address' | 'queued'
  /** What a message gets whose agent does not listen. */
  unreachable: 'failed' | 'restarting'
  /** What is no JSON, sent to an agent. */
  notJson: string
  /** Where schedules live. */
  schedules: 'platform' | 'runtime'
  /** Whom the rate limit counts. */
  counts: 'address' | 'caller'
  /** A workspace's token is not minted for an id that is none. */
  checksIds: boolean
}

/** What came with a release, or went. `docker`: the deployment. */
type Change = (docker: boolean) => Partial<Facts>

const APRIL = (docker: boolean): Facts => ({
  tokenKinds: 'one',
  revokesHosted: false,
  inlineToken: false,
  giteaTokens: 'passes',
  approvals: false,
  runtime: 'langgraph',
  needsModel: false,
  refusesVendorKeys: false,
  asksForVendorKeys: false,
  numbersNames: false,
  belowConcierge: false,
  orphan: {status: 500, error: 'failed to create workspace'},
  lostTemplate: 'an empty 200',
  awaitsAgents: false,
  kinds: false,
  tells: {both: {}, single: []},
  hidesRemoved: false,
  confirmsDeletion: false,
  expiresApprovals: true,
  gate: false,
  restartsAfterWrite: docker,
  restartsWriters: true,
  restartsRemoved: true,
  restartsExternal: true,
  readsRestart: false,
  startError: docker ? 'workspace start failed' : 'provisioning failed',
  lingers: !docker,
  forgetsAddress: false,
  tellsRecovery: true,
  revives: false,
  guard: 'silent',
  trustsCanvas: true,
  opensByItself: true,
  asksSender: false,
  deliveries: ['busy', 'endless'],
  losesQueued: true,
  queueAnswers: false,
  receipts: false,
  answersReceipts: false,
  queueTrusts: 'a name, in silence',
  longest: {mib: 10, beyond: 'cut'},
  provisioning: docker ? 'unreachable' : 'no address',
  unreachable: 'failed',
  notJson: 'invalid JSON',
  schedules: 'platform',
  counts: 'address',
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
export function factsOf({release, mode}: Pick<PlatformOptions, 'release' | 'mode'>): Facts {
  const docker = mode === 'docker'
  let facts = APRIL(docker)
  if (release === 'april') return facts
  for (const [day, change] of Object.entries(CHANGES)) {
    facts = {...facts, ...change(docker)}
    if (day === release) break
  }
  return facts
}

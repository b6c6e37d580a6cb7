import type {Process, SimulatedWorkspace, PlatformWorld} from './world.ts'

/** What a heartbeat reports. */
export interface Beat {
  uptimeSeconds: number
  errorRate: number
  sampleError: string
  activeTasks: number
  currentTask: string
  wedged: boolean
}

/** Starts what the seed says is running, and provisions what it says is being provisioned. */
export function awaken(world: PlatformWorld, workspace: SimulatedWorkspace): void {
  const {seed} = workspace
  if (workspace.status === 'provisioning') return provision(world, workspace)
  if (workspace.status !== 'online' && workspace.status !== 'degraded') return
  const uptimeSeconds = seed.uptimeSeconds ?? 3600
  // Of one kind of token the first is what the running process has on its disk.
  const token = world.facts.tokenKinds === 'one' ? seed.tokens?.[0] : undefined
  const process = spawn(workspace, world.merged(workspace), {startedAt: Date.now() - uptimeSeconds * 1000, token})
  if (workspace.status === 'degraded') workspace.errorRate = 0.6
  workspace.url = addressOf(workspace)
  workspace.agentCard = cardOf(workspace)
  beat(world, workspace, process)
}

/** The row after `POST /registry/register`: any state but removed becomes online; uptime stays as it was. */
export function register(world: PlatformWorld, workspace: SimulatedWorkspace, url: string, card: unknown): void {
  if (workspace.status === 'removed') return
  workspace.status = 'online'
  workspace.url = url
  workspace.agentCard = card
  workspace.lastHeartbeatAt = world.stamp()
  world.event(workspace, 'WORKSPACE_ONLINE', {url, agent_card: card})
  expectHeartbeats(world, workspace)
}

/** The row after a heartbeat. */
export function heartbeat(world: PlatformWorld, workspace: SimulatedWorkspace, report: Beat): void {
  if (workspace.status === 'removed') return
  const before = workspace.status
  workspace.uptimeSeconds = report.uptimeSeconds
  workspace.errorRate = report.errorRate
  workspace.activeTasks = report.activeTasks
  workspace.currentTask = report.currentTask
  workspace.lastHeartbeatAt = world.stamp()
  if (before !== 'failed') workspace.lastSampleError = report.sampleError
  const {revives, tellsRecovery} = world.facts
  if (before === 'provisioning' || before === 'offline' || (before === 'failed' && revives)) {
    workspace.status = 'online'
    if (before !== 'provisioning' || tellsRecovery) {
      world.event(workspace, 'WORKSPACE_ONLINE', {recovered_from: before})
    }
  } else if (before === 'online' && (report.wedged || report.errorRate >= 0.5)) {
    workspace.status = 'degraded'
  } else if (before === 'degraded' && !report.wedged && report.errorRate < 0.1) {
    workspace.status = 'online'
  }
  expectHeartbeats(world, workspace)
}

/** Puts the row to provisioning; from here on it has no address. */
export function markProvisioning(world: PlatformWorld, workspace: SimulatedWorkspace): void {
  workspace.status = 'provisioning'
  workspace.url = ''
  world.event(workspace, 'WORKSPACE_PROVISIONING', {
    name: workspace.name,
    tier: workspace.tier,
    runtime: workspace.runtime,
  })
}

/**
 * One provisioning from stop to boot; `done` is called when nothing more will come of it. Secrets written after this
 * call reach the process only with the next one.
 */
export function provision(world: PlatformWorld, workspace: SimulatedWorkspace, done: () => void = () => {}): void {
  const cycle = {cancelled: false}
  workspace.cycle = cycle
  workspace.provisionings += 1
  if (workspace.status !== 'provisioning' && workspace.status !== 'removed') markProvisioning(world, workspace)
  const end = workspace.seed.restart ?? 'normal'
  const old = workspace.process
  if (end === 'pretend' && old) old.silent = true
  else if (end !== 'refused') {
    if (world.facts.lingers && old && !old.silent) sendBeat(world, workspace, old)
    halt(world, workspace)
  }
  const env = delivered(world, workspace)
  world.later(world.settings.provisionMs, () => {
    if (cycle.cancelled) return
    workspace.cycle = undefined
    const problem = refusal(world, workspace)
    if (problem !== undefined) failed(world, workspace, problem)
    else if (end === 'pretend' && old) wake(world, workspace, old)
    else if (end !== 'stuck') boot(world, workspace, env, diskToken(world, workspace))
    done()
  })
}

/** Stops the process and whatever provisioning is under way or waits. */
export function stop(world: PlatformWorld, workspace: SimulatedWorkspace): void {
  workspace.gate = {...workspace.gate, manual: 0, auto: false, locked: false}
  if (workspace.cycle) workspace.cycle.cancelled = true
  workspace.cycle = undefined
  halt(world, workspace)
}

/** Ends a provisioning in status `failed`. */
export function failed(world: PlatformWorld, workspace: SimulatedWorkspace, problem: string): void {
  if (workspace.status === 'removed') return
  workspace.status = 'failed'
  workspace.lastSampleError = problem
  world.event(workspace, 'WORKSPACE_PROVISION_FAILED', {error: problem || 'workspace start failed'})
}

/** Names under which credentials for code hosts are looked for; some releases keep them from tenants (RFC#523). */
const FORGE_KEYS = ['GITEA_TOKEN', 'GITHUB_TOKEN', 'GH_TOKEN', 'GITLAB_TOKEN', 'GL_TOKEN', 'BITBUCKET_TOKEN']

/** Of those, what Docker's provisioner passes on all the same where it was set on purpose. */
const GITHUB_KEYS = ['GH_TOKEN', 'GITHUB_TOKEN']

/** The environment that a provisioning hands over. */
function delivered(world: PlatformWorld, workspace: SimulatedWorkspace): Record<string, string> {
  const {giteaTokens} = world.facts
  const secrets = Object.entries(world.merged(workspace))
  const kept = giteaTokens === 'dropped' || (giteaTokens === 'not-in-docker' && world.docker) ? FORGE_KEYS : []
  return Object.fromEntries(
    secrets.filter(([key]) => !kept.includes(key) || (world.docker && GITHUB_KEYS.includes(key))),
  )
}

function refusal(world: PlatformWorld, workspace: SimulatedWorkspace): string | undefined {
  const fromGlobals = world.globals.has('GITEA_TOKEN') && !workspace.secrets.has('GITEA_TOKEN')
  if (world.facts.giteaTokens !== 'passes' && fromGlobals) {
    return (
      'provision aborted: env var "GITEA_TOKEN" is operator-scope and must not reach tenant workspaces (RFC#523)' +
      ' — remove it from the global secrets'
    )
  }
  const {restart = 'normal', restartError} = workspace.seed
  return restart === 'fails' || restart === 'refused' ? (restartError ?? world.facts.startError) : undefined
}

/**
 * The workspace token that the next process finds on its disk. Docker revokes those that may be the runtime's and issues
 * one, behind the answer of whatever set the provisioning going: a token minted meanwhile dies with the others. A hosted
 * machine comes with an empty disk, from June 2 on without the runtime's old tokens; that the one of its creation outlives
 * its first provisioning is a race of June 2.
 */
function diskToken(world: PlatformWorld, workspace: SimulatedWorkspace): string | undefined {
  const {tokenKinds, revokesHosted} = world.facts
  const isFirst = tokenKinds === 'one' && workspace.firstEnv === undefined
  if (!world.docker && (!revokesHosted || isFirst)) return undefined
  for (const token of workspace.tokens) if (world.isRuntimes(token)) token.live = false
  return world.docker ? world.issue(workspace, 'instance').value : undefined
}

function halt(world: PlatformWorld, workspace: SimulatedWorkspace): void {
  if (workspace.process) workspace.process.running = false
  workspace.process = undefined
  world.forget(workspace.expiry)
}

interface ProcessStart {
  startedAt: number
  token: string | undefined
}

function spawn(workspace: SimulatedWorkspace, env: Record<string, string>, {startedAt, token}: ProcessStart): Process {
  workspace.generations += 1
  const process = {generation: workspace.generations, env, startedAt, token, running: true, silent: false, free: false}
  workspace.process = process
  workspace.firstEnv ??= env
  return process
}

/** The process starts, registers and sends its first heartbeat at once. */
function boot(
  world: PlatformWorld,
  workspace: SimulatedWorkspace,
  env: Record<string, string>,
  token: string | undefined,
): void {
  if (workspace.status === 'removed') return
  const process = spawn(workspace, env, {startedAt: Date.now(), token})
  workspace.seed.activeTasks = 0
  enter(world, workspace, process)
}

/**
 * Registers, without a token as the first of its machine. That is answered 401 while somebody holds a token: the row
 * stays `provisioning`, and the runtime tries again for as long as it runs.
 */
function enter(world: PlatformWorld, workspace: SimulatedWorkspace, process: Process): void {
  if (!process.running) return
  if (process.token === undefined) {
    if (workspace.tokens.some((token) => token.live && world.isRuntimes(token))) {
      world.later(world.settings.heartbeatMs, () => enter(world, workspace, process))
      return
    }
    process.token = world.issue(workspace, 'instance').value
  }
  register(world, workspace, addressOf(workspace), cardOf(workspace))
  world.later(0, () => beat(world, workspace, process))
}

/**
 * The old process goes on; its next heartbeat makes the row look restarted, though it brings no address back: under
 * Docker the provisioner knows that of the container; hosted nobody does (june28 and later; before that the platform keeps
 * the old one in mind for five minutes).
 */
function wake(world: PlatformWorld, workspace: SimulatedWorkspace, old: Process): void {
  if (world.docker) workspace.url = addressOf(workspace)
  old.silent = false
  sendBeat(world, workspace, old)
}

function beat(world: PlatformWorld, workspace: SimulatedWorkspace, process: Process): void {
  if (!process.running) return
  if (!process.silent) sendBeat(world, workspace, process)
  world.later(world.settings.heartbeatMs, () => beat(world, workspace, process))
}

function sendBeat(world: PlatformWorld, workspace: SimulatedWorkspace, process: Process): void {
  // The runtime never looks at a heartbeat's answer: with its token revoked it just falls silent.
  if (process.token !== undefined && !world.accepts(workspace, process.token)) return
  const ill = process.generation === 1 && workspace.seed.status === 'degraded'
  heartbeat(world, workspace, {
    uptimeSeconds: Math.floor((Date.now() - process.startedAt) / 1000),
    errorRate: ill ? 0.6 : 0,
    sampleError: ill ? 'model provider timed out' : '',
    activeTasks: workspace.seed.activeTasks ?? 0,
    currentTask: '',
    wedged: false,
  })
}

/** Six missed heartbeats (180 s of the real ones) make it offline. */
function expectHeartbeats(world: PlatformWorld, workspace: SimulatedWorkspace): void {
  world.forget(workspace.expiry)
  workspace.expiry = world.later(world.settings.heartbeatMs * 6, () => {
    if (workspace.status === 'online' || workspace.status === 'degraded') workspace.status = 'offline'
  })
}

function addressOf(workspace: SimulatedWorkspace): string {
  return `http://ws-${workspace.id.slice(0, 12)}:8000`
}

function cardOf(workspace: SimulatedWorkspace): {name: string; version: string; skills: string[]} {
  return {name: workspace.name, version: '1.0.0', skills: []}
}

import {failed, markProvisioning, provision, stop} from './life.ts'
import type {Caller, SimulatedWorkspace, PlatformWorld} from './world.ts'

/** What `POST /workspaces/:id/restart` sets going. Without a gate the old process is stopped inside the request. */
export function restart(world: PlatformWorld, workspace: SimulatedWorkspace): void {
  if (!world.facts.gate) return startAtOnce(world, workspace)
  markProvisioning(world, workspace)
  workspace.gate.manual += 1
  next(world, workspace)
}

/**
 * The restart that a write or deletion of a secret sets going, where the release and the mode have one. Without a gate it
 * is skipped while another automatic one runs; with one it is dropped within the debounce of the last one, and those
 * that come during a cycle become one more.
 */
export function restartByItself(world: PlatformWorld, workspace: SimulatedWorkspace): void {
  const {gate} = workspace
  if (!mayRestartByItself(world, workspace)) return
  if (world.facts.gate) {
    if (Date.now() - gate.lastAuto < world.settings.debounceMs) return
    gate.auto = true
    return next(world, workspace)
  }
  if (!world.facts.restartsAfterWrite || gate.locked) return
  gate.locked = true
  const start = (): void => startAtOnce(world, workspace, () => (gate.locked = false))
  if (workspace.status === 'provisioning') world.later(patience(world), start)
  else start()
}

/** From June 13 on there is no automatic restart after the workspace's own writes and for the concierge. */
export function restartAfterWrite(
  world: PlatformWorld,
  workspace: SimulatedWorkspace,
  caller: Caller,
  sender: string | undefined,
): void {
  if (!world.facts.restartsWriters) {
    if (workspace.kind === 'platform') return
    if (caller.kind === 'workspace' || sender === workspace.id) return
  }
  restartByItself(world, workspace)
}

/** The skipped cases are those of `RestartByID` on both releases. */
function mayRestartByItself(world: PlatformWorld, workspace: SimulatedWorkspace): boolean {
  const asleep = ['removed', 'paused', 'hibernated'].includes(workspace.status)
  return !asleep && workspace.runtime !== 'external' && !world.pausedAncestor(workspace)
}

/** No lock between manual and automatic restarts: in Docker the second start finds the first one's container. */
function startAtOnce(world: PlatformWorld, workspace: SimulatedWorkspace, done: () => void = () => {}): void {
  if (workspace.cycle && world.docker) {
    workspace.provisionings += 1
    stop(world, workspace)
    const container = `/ws-${workspace.id.slice(0, 12)}`
    failed(
      world,
      workspace,
      `Error response from daemon: Conflict. The container name "${container}" is already in use by another container.`,
    )
    return
  }
  if (workspace.cycle) workspace.cycle.cancelled = true
  if (workspace.status !== 'removed') markProvisioning(world, workspace)
  provision(world, workspace, done)
}

/** One cycle at a time. */
function next(world: PlatformWorld, workspace: SimulatedWorkspace): void {
  const {gate} = workspace
  if (workspace.cycle) return
  if (gate.manual > 0) gate.manual -= 1
  else if (gate.auto) {
    gate.auto = false
    gate.lastAuto = Date.now()
  } else return
  provision(world, workspace, () => next(world, workspace))
}

/** The ten seconds that the server waits for a provisioning to end, on the scale of our heartbeats. */
function patience(world: PlatformWorld): number {
  return Math.max((world.settings.heartbeatMs * 10) / 30, world.settings.provisionMs)
}

import {settle} from './approval.ts'
import {adminAuth, workspaceAuth} from './auth.ts'
import {RateLimiter, cors, firewall, nowhere, tenantGuard} from './edge.ts'
import {awaken} from './life.ts'
import {find, objectOf, slashRedirect} from './router.ts'
import {a2aRoutes} from './routes/a2a.ts'
import {approvalRoutes} from './routes/approvals.ts'
import {lifecycleRoutes} from './routes/lifecycle.ts'
import {openRoutes} from './routes/open.ts'
import {registryRoutes} from './routes/registry.ts'
import {runtimeScheduleRoutes} from './routes/runtime-schedules.ts'
import {scheduleRoutes} from './routes/schedules.ts'
import {secretRoutes} from './routes/secrets.ts'
import {tokenRoutes} from './routes/tokens.ts'
import {workspaceRoutes} from './routes/workspaces.ts'
import {Scheduler} from './scheduler.ts'
import {PlatformWorld} from './world.ts'
import {listen} from '../wire.ts'
import type {PlatformMatch} from './router.ts'
import type {PlatformOptions, PlatformSeed, RunningPlatform} from '../types.ts'
import type {WireAnswer, WireCall} from '../wire.ts'
import type {Caller} from './world.ts'

const LOGGED = ['origin', 'referer', 'content-type', 'x-molecule-org-id', 'x-workspace-id']

/**
 * Starts the platform on loopback, with its workspaces and the agents in them. Their timers never keep the process
 * alive, and end with `close` and `reset`.
 *
 * @throws what `net.Server` emits when `options.port` is taken.
 */
export async function startPlatform(seed: PlatformSeed, options: PlatformOptions): Promise<RunningPlatform> {
  let life = begin(seed, options)
  const routes = [
    ...openRoutes,
    ...workspaceRoutes,
    ...secretRoutes,
    ...lifecycleRoutes,
    ...tokenRoutes,
    ...approvalRoutes,
    ...a2aRoutes,
    ...scheduleRoutes(() => life.scheduler),
    ...runtimeScheduleRoutes(() => life.scheduler),
    ...registryRoutes,
  ]

  /** The stages of a request, outermost first. gin redirects before any of its middleware. */
  async function answer(call: WireCall): Promise<WireAnswer> {
    const {world, limiter} = life
    const early = firewall(world, call) ?? slashRedirect(routes, world, call) ?? cors(call)
    if (early) return early
    const bucket = limiter.take(world, call)
    const refused = bucket.answer ?? tenantGuard(world, call)
    const reached = refused ?? (await route(call, find(routes, world, call.method, call.path)))
    return {...reached, headers: {...bucket.headers, ...reached.headers}}
  }

  async function route(call: WireCall, match: PlatformMatch | undefined): Promise<WireAnswer> {
    const {world} = life
    if (!match) return nowhere(world)
    const {route: found, params} = match
    const {id = ''} = params
    const workspace = world.workspaces.get(id)
    let caller: Caller = {kind: 'anonymous'}
    if (found.guard !== 'none') {
      const admission = found.guard === 'admin' ? adminAuth(world, call) : workspaceAuth(world, call, id)
      if ('answer' in admission) return admission.answer
      caller = admission.caller
    }
    return found.act({world, call, params, id, workspace, caller, body: objectOf(call)})
  }

  const running = await listen({
    answer,
    reset() {
      life.world.end()
      life = begin(seed, options)
    },
    keepHeaders: LOGGED,
    ...(options.port !== undefined && {port: options.port}),
  })

  return {
    ...running,
    options,
    async close() {
      life.world.end()
      await running.close()
    },
    process(id) {
      const current = life.world.workspaces.get(id)?.process
      return current && {generation: current.generation, env: {...current.env}, startedAt: current.startedAt}
    },
    secrets(id) {
      const workspace = life.world.workspaces.get(id)
      return workspace ? life.world.merged(workspace) : {}
    },
    decide(approvalId, decision) {
      const approval = life.world.approvals.find(({id}) => id === approvalId)
      if (approval?.status !== 'pending') throw new Error(`approval ${approvalId} does not wait for a decision`)
      settle(life.world, approval, decision, 'human')
    },
    pending() {
      const waiting = life.world.approvals.filter(({status}) => status === 'pending')
      return waiting.map(({id, workspaceId, key = ''}) => ({id, workspaceId, key}))
    },
    restarts: (id) => life.world.workspaces.get(id)?.provisionings ?? 0,
  }
}

interface Life {
  world: PlatformWorld
  limiter: RateLimiter
  scheduler: Scheduler
}

function begin(seed: PlatformSeed, options: PlatformOptions): Life {
  const world = new PlatformWorld(seed, options)
  for (const workspace of world.workspaces.values()) awaken(world, workspace)
  return {world, limiter: new RateLimiter(), scheduler: new Scheduler(world)}
}

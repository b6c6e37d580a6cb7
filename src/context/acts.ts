import {ownWorkspace} from '../config.ts'
import type {Context} from '../context.ts'
import {orElse} from '../errors.ts'
import type {HandDeps, Listener, MintDeps, PushDeps, RevokeDeps, RotationDeps} from '../rotation/index.ts'
import type {Smoke} from '../rotation/ports.ts'
import {clock, freshId} from './clock.ts'

/** For a platform that is not configured, because we run in one of its workspaces. */
const TIMING = {autoRestartWaitMs: 15_000, restartDeadlineMs: 900_000}

/** The proof over three paths. */
export async function smokeOf(context: Context): Promise<Smoke> {
  const {smoke} = await import('../smoke/smoke.ts')
  const {AgentLists} = await import('../gitea/lists.ts')
  const {randomUUID} = await import('node:crypto')
  const {gitea, edges} = context
  const [http, platform] = [await gitea.http(), await context.platform.client()]
  const asAdmin = context.requireConfig().gitea.admin !== undefined
  const client = asAdmin ? await gitea.admin() : await gitea.prober()
  const prove: Smoke['prove'] = (target, {onWait} = {}) =>
    smoke(
      {...target, giteaUrl: http.url},
      {
        lists: new AgentLists(http, edges.signal),
        agent: platform,
        clues: platform,
        work: (query) => client.work(target.repo, {label: target.label, query}, asAdmin ? undefined : target.token),
        clock: context.clock,
        onWait,
        newId: randomUUID,
        newNonce: () => randomUUID().replaceAll('-', ''),
      },
    )
  return {prove}
}

/** What the single acts on the platform need. */
export async function handDeps(context: Context, on?: Listener): Promise<HandDeps> {
  const [platform, leases, {fleetOf}] = [
    await context.platform.client(),
    await context.state.leases(),
    await import('./fleet.ts'),
  ]
  const own = ownWorkspace()
  const {autoRestartWaitMs, restartDeadlineMs: restartTimeoutMs} = context.requireConfig().platform ?? TIMING
  return {
    platform,
    leases,
    fleet: fleetOf(context),
    clock,
    signal: context.edges.signal,
    timing: {autoRestartWaitMs, restartTimeoutMs},
    ...(on && {on}),
    ...(own !== undefined && {ownWorkspace: own}),
  }
}

/** What a push by hand needs: the platform, and Gitea's word on the value. */
export async function pushDeps(context: Context, on?: Listener): Promise<PushDeps> {
  const {gitea, state} = context
  const ledger: PushDeps['ledger'] = {apply: async (changes) => (await state.store()).ledger.apply(changes)}
  const deps = {...(await handDeps(context, on)), prober: await gitea.prober(), ledger}
  if (!gitea.settings()?.admin) return deps
  return {...deps, tokens: {list: async (user) => (await gitea.admin()).list(user)}}
}

/** What minting by hand needs: no platform, but where earlier mints are open, and one is at hand. */
export async function mintDeps(context: Context): Promise<MintDeps> {
  const {gitea, state, config} = context
  gitea.mayMint()
  const [tokens, {ledger, leases}] = [await gitea.admin(), await state.store()]
  const {fleetOf} = await import('./fleet.ts')
  const isAsked = config?.platform !== undefined && (await state.records()).announces()
  const platform = isAsked ? await context.platform.client().catch(orElse(() => undefined)) : undefined
  return {tokens, ledger, leases, fleet: fleetOf(context), platform, clock, ids: {rotation: freshId}}
}

/** What revoking by hand needs: the platform and the agents as far as they can be reached. */
export async function revokeDeps(context: Context, on?: Listener): Promise<RevokeDeps> {
  const [tokens, {journal, ledger, leases}] = [await context.gitea.admin(), await context.state.store()]
  const fleet = (await import('./fleet.ts')).fleetOf(context)
  const sides = {tokens, prober: tokens, journal, ledger, leases, fleet}
  const deps = {...sides, clock, signal: context.edges.signal, ...(on && {on})}
  const reach = context.platform.client().then((platform) => ({platform, fleet}))
  return {...deps, reach: await reach.catch(orElse(({message}) => message))}
}

/** Everything that a rotation needs. */
export async function rotationDeps(context: Context, on?: Listener): Promise<RotationDeps> {
  context.gitea.mayMint()
  context.gitea.mayAsk('read:issue', 'read:repository')
  return finishingDeps(context, on)
}

/** The same to end what was begun, for which nothing is minted. */
export async function finishingDeps(context: Context, on?: Listener): Promise<RotationDeps> {
  const [acts, client, {journal, ledger}, smoke] = [
    await handDeps(context, on),
    await context.gitea.admin(),
    await context.state.store(),
    await smokeOf(context),
  ]
  return {...acts, tokens: client, prober: client, repos: client, smoke, journal, ledger, ids: {rotation: freshId}}
}

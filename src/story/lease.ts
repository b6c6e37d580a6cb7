import {OpsError} from '../errors.ts'
import type {Lease, Leases, RunDeps} from './ports.ts'
import {timingOf} from './timing.ts'

/** What taking the agent's lease needs. */
export type LeaseDeps = Pick<RunDeps, 'clock' | 'timing'> & {leases: Leases}

/**
 * Works under the one lease that every run on this agent takes, whatever it does. One that can't be given back runs out by
 * itself, and hides nothing of what was done under it. Throws `LEASE_HELD`, and `LEASE_LOST`
 * from `keep`, which a long wait calls now and then so that the lease does not run out.
 */
export async function leased<T>(
  deps: LeaseDeps,
  agent: string,
  work: (lease: Lease, keep: () => Promise<void>) => Promise<T>,
): Promise<T> {
  const {leases, clock} = deps
  const held = {deps, lease: await leases.acquire(`agent:${agent}`, timingOf(deps).leaseTtlMs, clock.now())}
  const release = (): Promise<void> => leases.release(held.lease)
  const result = await work(held.lease, () => keepLease(held)).catch(async (error: unknown) => {
    await release().catch(() => {})
    throw error
  })
  await release().catch((error: unknown) => {
    if (!(error instanceof OpsError)) throw error
  })
  return result
}

/**
 * Throws `LEASE_HELD` where another run is at this agent now, and takes nothing: a plan of what is about to change would be
 * of no use, and a dry run ends as the run would.
 */
export async function assertFree({leases, clock}: LeaseDeps, agent: string): Promise<void> {
  await leases.look(`agent:${agent}`, clock.now())
}

/** Renews the lease that a run works under, once half of its time is over. Throws `LEASE_LOST`. */
export async function keepLease(run: {readonly deps: LeaseDeps; lease: Lease}): Promise<void> {
  const {clock, leases} = run.deps
  const {leaseTtlMs} = timingOf(run.deps)
  const now = clock.now()
  if (run.lease.expiresAt - now <= leaseTtlMs / 2) run.lease = await leases.renew(run.lease, leaseTtlMs, now)
}

import type {Lease, Leases} from './ports.ts'
import type {ActDeps} from './request.ts'
import {timingOf} from './run.ts'

/** What taking the agent's lease needs. */
export type LeaseDeps = Pick<ActDeps, 'clock' | 'timing'> & {leases: Leases}

/**
 * Works under the one lease that every run on this agent takes, whatever it does. Throws `LEASE_HELD`, and `LEASE_LOST`
 * from `keep`, which a long wait calls now and then so that the lease does not run out.
 */
export async function leased<T>(
  deps: LeaseDeps,
  agent: string,
  work: (lease: Lease, keep: () => Promise<void>) => Promise<T>,
): Promise<T> {
  const {leases, clock} = deps
  const {leaseTtlMs} = timingOf(deps)
  let lease = await leases.acquire(`agent:${agent}`, leaseTtlMs, clock.now())
  const keep = async (): Promise<void> => {
    const now = clock.now()
    if (lease.expiresAt - now <= leaseTtlMs / 2) lease = await leases.renew(lease, leaseTtlMs, now)
  }
  const release = (): Promise<void> => leases.release(lease)
  const result = await work(lease, keep).catch(async (error: unknown) => {
    await release().catch(() => {})
    throw error
  })
  await release()
  return result
}

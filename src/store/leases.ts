import type {DatabaseSync} from 'node:sqlite'
import {OpsError} from '../errors.ts'
import type {Lease, Leases} from '../story/ports.ts'
import {explained} from './faults.ts'
import type {LeaseOwner} from './owner.ts'
import {rowsOf} from './rows.ts'
import {transact} from './schema.ts'

/** Where records are written to: one site, under the leases of its place. */
export interface Desk {
  db: DatabaseSync
  file: string
  site: number
  place: string
}

/**
 * Claims with an end, an owner and a fence that grows with every new holder. They count at a `place` (sites.ts): who may
 * act on an agent has to be known before its servers are asked who they are.
 */
export function leasesOn(db: DatabaseSync, file: string, place: string, self: LeaseOwner): Leases {
  return {
    async acquire(name, ttlMs, now) {
      return explained(file, () => transact(db, () => acquire(db, place, self, {name, ttlMs, now})))
    },
    async look(name, now) {
      explained(file, () => void fenceOf(db, place, self, {name, now}))
    },
    async renew(lease, ttlMs, now) {
      return explained(file, () =>
        transact(db, () => {
          assertHeld(db, place, lease)
          const expiresAt = now + ttlMs
          db.prepare('update leases set expires_at = ? where place = ? and name = ?').run(expiresAt, place, lease.name)
          return {...lease, expiresAt}
        }),
      )
    },
    async release({name, owner, fence}) {
      explained(file, () => {
        db.prepare(
          `update leases set owner = '', expires_at = 0 where place = ? and name = ? and owner = ? and fence = ?`,
        ).run(place, name, owner, fence)
      })
    },
  }
}

function acquire(
  db: DatabaseSync,
  place: string,
  self: LeaseOwner,
  {name, ttlMs, now}: {name: string; ttlMs: number; now: number},
): Lease {
  const fence = fenceOf(db, place, self, {name, now}) + 1
  const lease = {name, owner: self.id, fence, expiresAt: now + ttlMs}
  db.prepare('insert or replace into leases (place, name, owner, fence, expires_at) values (?, ?, ?, ?, ?)').run(
    place,
    lease.name,
    lease.owner,
    lease.fence,
    lease.expiresAt,
  )
  return lease
}

/** The fence of its latest holder, where it is free. */
function fenceOf(db: DatabaseSync, place: string, self: LeaseOwner, {name, now}: {name: string; now: number}): number {
  const [held] = rowsOf(db, 'select owner, fence, expires_at from leases where place = ? and name = ?', place, name)
  const owner = held ? String(held['owner']) : ''
  const expiresAt = Number(held?.['expires_at'] ?? 0)
  const free = owner === '' || expiresAt <= now || self.isGone(owner)
  if (!free) throw heldBy(name, self.describe(owner), expiresAt - now)
  return Number(held?.['fence'] ?? 0)
}

/** Inside a transaction: nobody took the lease from us. An expired lease that nobody took is still ours. */
export function assertHeld(db: DatabaseSync, place: string, {name, owner, fence}: Lease): void {
  const row = db.prepare('select owner, fence from leases where place = ? and name = ?').get(place, name)
  if (row?.['owner'] === owner && row['fence'] === fence) return
  throw new OpsError('LEASE_LOST', {subject: subject(name)})
}

function heldBy(name: string, holder: string, leftMs: number): OpsError {
  const seconds = Math.max(1, Math.ceil(leftMs / 1000))
  return new OpsError('LEASE_HELD', {subject: subject(name), holder, seconds})
}

function subject(name: string): string {
  return name.replace(/^agent:/, '')
}

import type {Journal, Leases, Ledger} from '../rotation/ports.ts'
import {connect} from './connection.ts'
import {journalOn} from './journal.ts'
import {onboardingsOn} from './onboardings.ts'
import type {OnboardingJournal} from '../onboarding/ports.ts'
import {leasesOn} from './leases.ts'
import {ledgerOn} from './ledger.ts'
import {thisProcess, type Owner} from './owner.ts'

/** The state directory's one file: what was done, what is known, who is at it. */
export interface Store {
  journal: Journal
  ledger: Ledger
  leases: Leases
  /** The record of onboardings. */
  onboardings: OnboardingJournal
  close(): void
}

/**
 * Opens the SQLite file at `path`, making it and its directory (0700) at first. Throws `STORE_UNWRITABLE`,
 * `STORE_FULL`, `STORE_CORRUPT`, `STORE_TOO_NEW`, `STORE_BUSY`; later calls throw the same.
 */
export async function openStore(path: string, options: {owner?: Owner} = {}): Promise<Store> {
  const db = await connect(path)
  return {
    journal: journalOn(db, path),
    onboardings: onboardingsOn(db, path),
    ledger: ledgerOn(db, path),
    leases: leasesOn(db, path, options.owner ?? thisProcess()),
    close: () => db.close(),
  }
}

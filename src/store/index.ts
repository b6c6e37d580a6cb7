import type {OnboardingJournal} from '../onboarding/ports.ts'
import type {PassBook} from '../pass/ports.ts'
import type {Journal} from '../rotation/ports.ts'
import type {Leases, Ledger} from '../story/ports.ts'
import type {TokenRef} from '../story/tokens.ts'
import {adopt, surveyed, unclaimed, type Unclaimed} from './adoption.ts'
import {reserveStep} from './codes.ts'
import {connect} from './connection.ts'
import {explained} from './faults.ts'
import {journalIn, journalOn, ONBOARDINGS, ROTATIONS} from './journal.ts'
import {leasesOn} from './leases.ts'
import {announcesIn, ledgerOn} from './ledger.ts'
import {thisProcess, type LeaseOwner} from './owner.ts'
import {passesOn} from './passes.ts'
import {elsewhere, settle, sitesAt, type StateElsewhere, type Marks, type SitePlace, type Site} from './sites.ts'

export type {StateElsewhere, Marks, SitePlace, Site, Witness} from './sites.ts'

/** What was done at one site, what is known there, who is at it. Nothing of any other site can be reached by it. */
export interface Store {
  journal: Journal
  ledger: Ledger
  leases: Leases
  /** The record of onboardings. */
  onboardings: OnboardingJournal
  close(): void
}

/** What was recorded, to read only. */
export interface Records {
  journal: Omit<Journal, 'append'>
  onboardings: Omit<OnboardingJournal, 'append'>
  /** Whether there is a mint whose end is not known, of whatever user. */
  announces: () => boolean
  /** Records of other servers than these. */
  elsewhere: readonly StateElsewhere[]
}

/** A site that is settled. */
export interface SettledSite extends Store {
  /** State of other servers, as far as there is any. */
  elsewhere(): readonly StateElsewhere[]
  /** Whose rows from before there were sites are to be held against this server's list of tokens. */
  unclaimed(): readonly Unclaimed[]
  /** Takes over those of a user's rows that `listed`, the user's tokens on this server, shows to be of this server. */
  adopt(user: string, listed: readonly TokenRef[]): void
  /** All of them were looked at. */
  surveyed(): void
}

/** The state directory's one file, in which everything belongs to a site: the servers it is about. */
export interface StateStore {
  /**
   * The store of these servers. `marks` ask Gitea whether it is one that another administrator witnessed earlier. Throws
   * `STORE_*`, and what they throw.
   */
  at(site: Site, marks?: Marks): Promise<SettledSite>
  /** What was recorded for these addresses, whichever server answered there; `everywhere`: for all. */
  recorded(place: SitePlace | 'everywhere'): Records
  /** Who is at the agents of these addresses; no server is asked who it is. */
  leases(place: SitePlace): Leases
  /** See `reserveStep`. */
  reserveStep(gitea: string, user: string, wanted: number): number
  /** The passes of an administrator there. */
  passes(gitea: string, user: string): PassBook
  close(): void
}

const NO_MARKS: Marks = {isSame: async () => false, lists: async () => []}

interface StoreOptions {
  owner?: LeaseOwner
}

/**
 * Opens the SQLite file at `path`, making it and its directory (0700) at first. Throws `STORE_UNWRITABLE`,
 * `STORE_FULL`, `STORE_CORRUPT`, `STORE_TOO_NEW`, `STORE_BUSY`; later calls throw the same.
 */
export async function openState(path: string, options: StoreOptions = {}): Promise<StateStore> {
  const db = await connect(path)
  const {owner = thisProcess()} = options
  const close = (): void => db.close()
  const nameOf = ({gitea, platform}: SitePlace): string => JSON.stringify([gitea, platform ?? ''])
  const leases = (place: SitePlace): Leases => leasesOn(db, path, nameOf(place), owner)
  return {
    async at(site, marks = NO_MARKS) {
      const id = await settle(db, path, site, marks, Date.now())
      const desk = {db, file: path, site: id, place: nameOf(site)}
      const view = {db, file: path, sites: [id]}
      return {
        journal: journalOn(desk, view, ROTATIONS),
        onboardings: journalOn(desk, view, ONBOARDINGS),
        ledger: ledgerOn(desk),
        leases: leases(site),
        elsewhere: () => elsewhere(db, path, [id], site),
        unclaimed: () => unclaimed(db, path, id),
        adopt: (user, listed) => adopt(db, path, id, user, listed),
        surveyed: () => surveyed(db, path, id),
        close,
      }
    },
    recorded(place) {
      const sites = place === 'everywhere' ? ('all' as const) : explained(path, () => sitesAt(db, place))
      const view = {db, file: path, sites}
      return {
        journal: journalIn(view, ROTATIONS),
        onboardings: journalIn(view, ONBOARDINGS),
        announces: () => announcesIn(view),
        elsewhere: place === 'everywhere' || sites === 'all' ? [] : elsewhere(db, path, sites, place),
      }
    },
    leases,
    reserveStep: (gitea, user, wanted) => reserveStep(db, path, {gitea, user, wanted}),
    passes: (gitea, user) => passesOn(db, path, owner, {gitea, user}),
    close,
  }
}

/** Opens the file and the store of one site in it; without one, of servers that have no address. Throws as `openState`. */
export async function openStore(path: string, options: StoreOptions & {site?: Site} = {}): Promise<Store> {
  const {site = {gitea: ''}, ...rest} = options
  return (await openState(path, rest)).at(site)
}

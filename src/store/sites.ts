import type {DatabaseSync} from 'node:sqlite'
import type {TokenRef} from '../story/tokens.ts'
import {explained} from './faults.ts'
import {applyChanges, changesOf, tokensOf} from './ledger.ts'
import {transact} from './schema.ts'

/** An account of Gitea that tells one server from another behind the same URL: ids and times differ between databases. */
export interface Witness {
  login: string
  id: number
  /** When the account was made, in ms since the epoch. */
  created: number
}

/** Two servers by their addresses, which is all that can be known without asking. Without a platform: no second one. */
export interface SitePlace {
  gitea: string
  platform?: string | undefined
}

/** Whose state it is: two servers, by what they tell of themselves. What was not told is not held against anybody. */
export interface Site extends SitePlace {
  /** The platform's organisation. */
  org?: string | undefined
  witness?: Witness | undefined
  /** Addresses that the same servers had before. */
  formerly?: {gitea: readonly string[]; platform: readonly string[]} | undefined
}

/** State that is not this site's, as far as it has something to do with it. */
export interface StateElsewhere extends SitePlace {
  /**
   * `before-sites`: from a patrol that did not keep servers apart. `same-address`: another server was there, behind the
   * same URLs. `same-account`: a server at another URL that shows the same account: moved here, or a copy.
   */
  why: 'before-sites' | 'same-address' | 'same-account' | 'other'
  /** How many rotations and onboardings. */
  records: number
  /** How many of them have something left to do. */
  unfinished: number
  /** The ids of those rotations. */
  rotations: string[]
}

/** What a server itself tells of whether it is one that is on record. */
export interface Marks {
  /** Whether it shows the account of another administrator, by whom a site was witnessed earlier. */
  isSame: (witness: Witness) => Promise<boolean>
  /** The tokens of a user that it lists; none where it has no such user. */
  lists: (user: string) => Promise<readonly TokenRef[]>
}

/** The site of rows from before there were sites. */
export const BEFORE_SITES = 0

const key = ({gitea, platform = ''}: SitePlace): [string, string] => [gitea, platform]

/** Sites with these addresses, whichever server answered there; the last used one first. */
export function sitesAt(db: DatabaseSync, place: SitePlace): number[] {
  return db
    .prepare('select id from sites where gitea = ? and platform = ? order by used_at desc, id desc')
    .all(...key(place))
    .map(({id}) => Number(id))
}

/**
 * The site's number, made at first. A site is found by its addresses and its witness; one that nobody has witnessed yet is
 * taken over by the first who does. To a new administrator the server shows a former one's account or, where that is deleted,
 * a token that is on record. What stands under former addresses of the same servers moves here. Throws `STORE_*`, and what
 * `marks` throw.
 */
export async function settle(db: DatabaseSync, file: string, site: Site, marks: Marks, now: number): Promise<number> {
  const found = explained(file, () => known(db, site))
  const same = found ?? (await vouchedFor(db, site, marks))
  return explained(file, () =>
    transact(db, () => {
      const id = same ?? known(db, site) ?? create(db, site, now)
      db.prepare('update sites set used_at = ?, org = coalesce(org, ?) where id = ?').run(now, site.org ?? null, id)
      const {witness} = site
      if (!witness) return id
      db.prepare('insert or ignore into witnesses (site, login, account, created) values (?, ?, ?, ?)').run(
        id,
        witness.login,
        witness.id,
        witness.created,
      )
      for (const former of formerSites(db, id, site, witness)) absorb(db, former, id)
      return id
    }),
  )
}

/** Without a witness of our own, the last used of those that fit. */
function known(db: DatabaseSync, site: Site): number | undefined {
  const fitting = fittingAt(db, site, site.org)
  const {witness} = site
  if (!witness) return fitting[0]
  return fitting.find((id) => isWitnessed(db, id, witness)) ?? fitting.find((id) => witnesses(db, id).length === 0)
}

function fittingAt(db: DatabaseSync, place: SitePlace, org: string | undefined): number[] {
  const told = db.prepare('select org from sites where id = ?')
  return sitesAt(db, place).filter((id) => {
    const other = told.get(id)?.['org'] ?? undefined
    return org === undefined || other === undefined || other === org
  })
}

async function vouchedFor(db: DatabaseSync, site: Site, {isSame, lists}: Marks): Promise<number | undefined> {
  const ours = site.witness?.login.toLowerCase()
  if (ours === undefined) return undefined
  const fitting = fittingAt(db, site, site.org)
  for (const id of fitting) {
    for (const other of witnesses(db, id)) {
      if (other.login.toLowerCase() !== ours && (await isSame(other))) return id
    }
  }
  for (const id of fitting) if (await showsToken(db, id, lists)) return id
  return undefined
}

/** Ids, names and last eights of another server's tokens differ. */
async function showsToken(db: DatabaseSync, site: number, lists: Marks['lists']): Promise<boolean> {
  const alive = Map.groupBy(
    db.prepare('select user, id, name, last_eight as end from tokens where site = ? and revoked_at is null').all(site),
    ({user}) => String(user),
  )
  for (const [user, rows] of alive) {
    const listed = await lists(user)
    if (
      rows.some(({id, name, end}) => listed.some((row) => row.id === id && row.name === name && row.lastEight === end))
    )
      return true
  }
  return false
}

function create(db: DatabaseSync, site: Site, now: number): number {
  const {lastInsertRowid} = db
    .prepare('insert into sites (gitea, platform, org, used_at) values (?, ?, ?, ?)')
    .run(...key(site), site.org ?? null, now)
  return Number(lastInsertRowid)
}

function witnesses(db: DatabaseSync, site: number): Witness[] {
  return db
    .prepare('select login, account, created from witnesses where site = ?')
    .all(site)
    .map(({login, account, created}) => ({login: String(login), id: Number(account), created: Number(created)}))
}

function isWitnessed(db: DatabaseSync, site: number, {id, created}: Witness): boolean {
  return witnesses(db, site).some((other) => other.id === id && other.created === created)
}

function formerSites(db: DatabaseSync, id: number, {formerly, ...site}: Site, witness: Witness): number[] {
  if (!formerly) return []
  const [gitea, platform] = key(site)
  return [gitea, ...formerly.gitea]
    .flatMap((url) => [platform, ...formerly.platform].map((other) => ({gitea: url, platform: other})))
    .flatMap((place) => fittingAt(db, place, site.org))
    .filter((former) => former !== id && isWitnessed(db, former, witness))
}

/** What the new site knows already is the later truth, and stays. */
function absorb(db: DatabaseSync, from: number, to: number): void {
  for (const table of ['rotations', 'onboardings']) {
    db.prepare(`update ${table} set site = ? where site = ?`).run(to, from)
  }
  for (const table of ['deployments', 'placements', 'announcements']) {
    db.prepare(`update or ignore ${table} set site = ? where site = ?`).run(to, from)
  }
  applyChanges(db, to, tokensOf(db, from).flatMap(changesOf))
  for (const table of ['deployments', 'placements', 'tokens'])
    db.prepare(`delete from ${table} where site = ?`).run(from)
}

/** Every other site with a record; `sites` are those of `place`. */
export function elsewhere(
  db: DatabaseSync,
  file: string,
  sites: readonly number[],
  place: SitePlace | undefined,
): StateElsewhere[] {
  return explained(file, () => {
    const ours = sites.flatMap((site) => witnesses(db, site))
    const open = db.prepare('select id from rotations where site = ? and closed = 0 order by started_at desc, id')
    return db
      .prepare(
        `select site, count(*) as records, sum(closed = 0) as unfinished from (
           select site, closed from rotations union all select site, closed from onboardings
         ) group by site order by site`,
      )
      .all()
      .filter(({site}) => !sites.includes(Number(site)))
      .map(({site, records, unfinished}) => {
        const id = Number(site)
        const at = addressOf(db, id)
        const isHere = at?.gitea === place?.gitea && at?.platform === place?.platform
        const isShared = ours.some((witness) => isWitnessed(db, id, witness))
        const why = !at ? 'before-sites' : isHere ? 'same-address' : isShared ? 'same-account' : 'other'
        const rotations = open.all(id).map((row) => String(row['id']))
        return {...(at ?? {gitea: ''}), why, records: Number(records), unfinished: Number(unfinished), rotations}
      })
  })
}

function addressOf(db: DatabaseSync, site: number): SitePlace | undefined {
  const row = db.prepare('select gitea, platform from sites where id = ?').get(site)
  if (!row) return undefined
  return {gitea: String(row['gitea']), platform: row['platform'] === '' ? undefined : String(row['platform'])}
}

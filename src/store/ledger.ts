import type {DatabaseSync} from 'node:sqlite'
import type {
  Announcement,
  Deployment,
  Ledger,
  LedgerChange,
  LedgerToken,
  Placement,
  PlacementAnywhere,
  Proof,
} from '../story/ports.ts'
import type {TokenRef} from '../story/tokens.ts'
import {explained} from './faults.ts'
import {assertHeld, type Desk} from './leases.ts'
import {rowsOf, sitesOf, timeOf, within, type Row, type View} from './rows.ts'
import {transact} from './schema.ts'

/** As the id of a token of which nobody knows that. */
const UNKNOWN = 0

/**
 * What is known about the tokens of one site over time. No column holds a value. Logins are in small letters, for Gitea tells
 * them apart by no capital.
 */
export function ledgerOn({db, file, site, place}: Desk): Ledger {
  return {
    async tokens(user, listed = []) {
      return explained(file, () => {
        const known = tokensOf(db, site, user)
        const others = listed.filter(({id}) => !known.some((each) => each.id === id))
        return others.length === 0 ? known : [...known, ...formerlyOf(db, site, others)]
      })
    },
    async deployed(agent, workspace, user) {
      const sql = `select * from deployments
                   where site = ? and (agent = ? and (?3 is null or workspace in (?3, '')) or workspace = ?3 and user = ?4)
                   order by rowid desc limit 1`
      const key = [site, agent, workspace ?? null, user?.toLowerCase() ?? null]
      return explained(file, () => rowsOf(db, sql, ...key).map(deploymentOf)[0])
    },
    async provenOn(tokens) {
      return explained(file, () => rowsOf(db, PROVEN_ON, site, JSON.stringify(tokens)).map(proofOf))
    },
    async placesOf(tokens) {
      return explained(file, () => rowsOf(db, PLACES_OF, site, JSON.stringify(tokens)).map(placementOf))
    },
    async announced(user) {
      const sql = 'select * from announcements where site = ? and user = coalesce(?, user) order by at, name'
      return explained(file, () => rowsOf(db, sql, site, user?.toLowerCase() ?? null).map(announcementOf))
    },
    async apply(changes, lease) {
      explained(file, () =>
        transact(db, () => {
          if (lease) assertHeld(db, place, lease)
          applyChanges(db, site, changes)
        }),
      )
    },
  }
}

/** How much it says that a token came to a workspace in the way that this column tells. */
function weight(column: string): string {
  return `case ${column} when 'found' then 0 when 'heard' then 1 else 2 end`
}

/** Where a row is from, of a site `theirs`, as `ours` sees it. */
const WHERE = `theirs.platform as platform, nullif(theirs.gitea, ours.gitea) as gitea,
    theirs.platform = ours.platform and coalesce(theirs.org, ours.org, '') = coalesce(ours.org, theirs.org, '') as here`

/**
 * Whatever the site: several platforms, or addresses of its own, may be used with the Gitea that has this token. So may have a
 * restored copy of it, which nothing here tells from an address of its own. At the same address the id is enough: a token that
 * was regenerated has another value (forgejo 15, gitea after 1.27), and may be where it was.
 */
const PROVEN_ON = `
  select d.*, ${WHERE}
  from json_each(?2) t
  join deployments d on d.token = t.value ->> 'id'
  join sites theirs on theirs.id = d.site join sites ours on ours.id = ?1
  where d.last_eight = t.value ->> 'lastEight' or theirs.gitea = ours.gitea
  order by agent, workspace`

/** As with `PROVEN_ON`. A workspace that nobody saw is none besides the one that was seen then. */
const PLACES_OF = `
  select p.*, ${WHERE}
  from json_each(?2) t
  join placements p on p.token = t.value ->> 'id' or p.last_eight = t.value ->> 'lastEight' and p.token = ${UNKNOWN}
  join sites theirs on theirs.id = p.site join sites ours on ours.id = ?1
  where (p.last_eight = t.value ->> 'lastEight' or theirs.gitea = ours.gitea) and (p.workspace <> '' or not exists (
    select 1 from placements seen where seen.last_eight = p.last_eight and seen.token = p.token and seen.site = p.site
      and seen.secret_key = p.secret_key and seen.agent = p.agent and seen.how = 'created' and seen.workspace <> ''
  ))
  order by ${weight('p.how')} desc, p.at desc, p.rowid desc`

/** Whether a mint is on record there whose end is not known. */
export function announcesIn(view: View): boolean {
  const sql = `select 1 from announcements where ${within(1)} limit 1`
  return explained(view.file, () => view.db.prepare(sql).get(sitesOf(view)) !== undefined)
}

/** The ledger's rows of a site, or of one user there. */
export function tokensOf(db: DatabaseSync, site: number, user?: string): LedgerToken[] {
  const rows =
    user === undefined
      ? rowsOf(db, 'select * from tokens where site = ? order by user, id', site)
      : rowsOf(db, 'select * from tokens where site = ? and user = ? order by id', site, user.toLowerCase())
  return rows.map(tokenOf)
}

/** What is on record of these tokens under whatever login: a user may be renamed, and keeps his tokens. */
function formerlyOf(db: DatabaseSync, site: number, tokens: readonly TokenRef[]): LedgerToken[] {
  const sql = `select k.* from json_each(?2) t
    join tokens k on k.id = t.value ->> 'id' and k.name = t.value ->> 'name' and k.last_eight = t.value ->> 'lastEight'
    where k.site = ?1 order by k.id`
  return rowsOf(db, sql, site, JSON.stringify(tokens)).map(tokenOf)
}

/** How the ledger came to know what it does of a token. */
export function changesOf(known: LedgerToken): LedgerChange[] {
  const {user, id, name, lastEight, scopes, rotation, mintedAt, supersededAt, deadline, revokedAt} = known
  const token = {id, name, lastEight}
  const minted = {kind: 'minted' as const, user, token, scopes, rotation}
  return [
    ...(mintedAt === undefined ? [] : [{...minted, at: mintedAt}]),
    ...(supersededAt === undefined || deadline === undefined
      ? []
      : [{kind: 'superseded' as const, user, token, deadline, at: supersededAt}]),
    ...(revokedAt === undefined ? [] : [{kind: 'revoked' as const, user, token: id, at: revokedAt}]),
  ]
}

/** Writes changes inside a transaction that the caller holds. What was set once (a deadline, a revocation) stays. */
export function applyChanges(db: DatabaseSync, site: number, changes: readonly LedgerChange[]): void {
  for (const change of changes) {
    const user = loginIn(change).toLowerCase()
    switch (change.kind) {
      case 'minted': {
        const {token, scopes, rotation, at} = change
        forgetEarlier(db, site, user, token)
        db.prepare(
          `insert into tokens (site, user, id, name, last_eight, scopes, rotation, minted_at)
           values (?, ?, ?, ?, ?, ?, ?, ?)
           on conflict (site, user, id) do update set minted_at = coalesce(minted_at, excluded.minted_at)`,
        ).run(site, user, token.id, token.name, token.lastEight, JSON.stringify(scopes), rotation ?? null, at)
        break
      }
      case 'superseded': {
        const {token, deadline, at} = change
        forgetEarlier(db, site, user, token)
        db.prepare(
          `insert into tokens (site, user, id, name, last_eight, scopes, superseded_at, deadline)
           values (?, ?, ?, ?, ?, '[]', ?, ?)
           on conflict (site, user, id) do update set
             superseded_at = coalesce(superseded_at, excluded.superseded_at),
             deadline = min(coalesce(deadline, excluded.deadline), excluded.deadline)`,
        ).run(site, user, token.id, token.name, token.lastEight, at, deadline)
        break
      }
      case 'revoked': {
        const {token, at} = change
        db.prepare('update tokens set revoked_at = coalesce(revoked_at, ?) where site = ? and user = ? and id = ?').run(
          at,
          site,
          user,
          token,
        )
        break
      }
      case 'deployed': {
        const {agent, workspace, token, lastEight, secretUpdatedAt, at} = change.deployment
        db.prepare(
          `insert or replace into deployments (site, agent, workspace, user, token, last_eight, secret_updated_at, at)
           values (?, ?, ?, ?, ?, ?, ?, ?)`,
        ).run(site, agent, workspace ?? '', user, token, lastEight, secretUpdatedAt ?? null, at)
        break
      }
      case 'placed': {
        const {agent, workspace, secretKey, token, how, rotation, at} = change.placement
        const row = [token.lastEight, token.id ?? UNKNOWN, site, workspace.id ?? '', workspace.name, secretKey]
        // That it was sent there says more than that it was heard there, and that more than that it may have been in use.
        db.prepare(
          `insert into placements (last_eight, token, site, workspace, name, secret_key, external, agent, user, how, rotation, at)
           values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
           on conflict do update set agent = excluded.agent, how = excluded.how, rotation = excluded.rotation, at = excluded.at
           where ${weight('excluded.how')} >= ${weight('placements.how')}`,
        ).run(...row, workspace.external ? 1 : 0, agent, user, how, rotation ?? null, at)
        // Whoever says it, and however little else that says: what is there may run outside the platform.
        if (workspace.external && workspace.id !== undefined) {
          db.prepare('update placements set external = 1 where site = ? and workspace = ?').run(site, workspace.id)
        }
        break
      }
      case 'announced': {
        const {name, agent, at, handingOver} = change.announcement
        db.prepare(
          'insert or replace into announcements (site, user, name, agent, at, handing_over) values (?, ?, ?, ?, ?, ?)',
        ).run(site, user, name, agent, at, handingOver ? 1 : 0)
        break
      }
      case 'settled':
        db.prepare('delete from announcements where site = ? and user = ? and name = ?').run(site, user, change.name)
    }
  }
}

/** Where a server was restored it gives an id again: what is on record of the token that had it before is not of this one. */
function forgetEarlier(db: DatabaseSync, site: number, user: string, {id, name}: TokenRef): void {
  db.prepare('delete from tokens where site = ? and user = ? and id = ? and name <> ?').run(site, user, id, name)
}

function loginIn(change: LedgerChange): string {
  if (change.kind === 'deployed') return change.deployment.user
  if (change.kind === 'placed') return change.placement.user
  return change.kind === 'announced' ? change.announcement.user : change.user
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function tokenOf(row: Row): LedgerToken {
  const scopes: LedgerToken['scopes'] = JSON.parse(String(row['scopes']))
  return {
    user: String(row['user']),
    id: Number(row['id']),
    name: String(row['name']),
    lastEight: String(row['last_eight']),
    scopes,
    rotation: text(row['rotation']),
    mintedAt: timeOf(row['minted_at']),
    supersededAt: timeOf(row['superseded_at']),
    deadline: timeOf(row['deadline']),
    revokedAt: timeOf(row['revoked_at']),
  }
}

function announcementOf(row: Row): Announcement {
  return {
    agent: String(row['agent']),
    user: String(row['user']),
    name: String(row['name']),
    at: timeOf(row['at']) ?? 0,
    handingOver: row['handing_over'] === 1,
  }
}

function deploymentOf(row: Row): Deployment {
  return {
    agent: String(row['agent']),
    workspace: text(row['workspace']) || undefined,
    user: String(row['user']),
    token: Number(row['token']),
    lastEight: String(row['last_eight']),
    secretUpdatedAt: text(row['secret_updated_at']),
    at: timeOf(row['at']) ?? 0,
  }
}

function proofOf(row: Row): Proof {
  return {...deploymentOf(row), ...siteOf(row)}
}

function placementOf(row: Row): PlacementAnywhere {
  return {
    agent: String(row['agent']),
    user: String(row['user']),
    workspace: {id: text(row['workspace']) || undefined, name: String(row['name']), external: row['external'] === 1},
    secretKey: String(row['secret_key']),
    token: {id: Number(row['token']) || undefined, lastEight: String(row['last_eight'])},
    how: HOWS.find((how) => how === row['how']) ?? 'found',
    rotation: text(row['rotation']),
    at: timeOf(row['at']) ?? 0,
    ...siteOf(row),
  }
}

const HOWS: readonly Placement['how'][] = ['found', 'heard', 'pushed', 'created', 'by-hand']

/** Of which other platform, and which other address of Gitea, a row is. */
function siteOf(row: Row): Pick<Proof, 'elsewhere' | 'gitea'> {
  return {elsewhere: row['here'] === 1 ? undefined : String(row['platform']), gitea: text(row['gitea'])}
}

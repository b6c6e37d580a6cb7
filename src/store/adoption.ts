import type {DatabaseSync} from 'node:sqlite'
import type {TokenRef} from '../story/tokens.ts'
import {explained} from './faults.ts'
import {rowsOf} from './rows.ts'
import {transact} from './schema.ts'
import {BEFORE_SITES} from './sites.ts'

/** A user whose rows are from before there were sites. */
export interface Unclaimed {
  user: string
  /** A rotation or an onboarding of it is unfinished. */
  open: boolean
}

/** Whose rows are nobody's yet; without those of no open record once `site` has looked at them all. */
export function unclaimed(db: DatabaseSync, file: string, site: number): Unclaimed[] {
  return explained(file, () => {
    const looked = db.prepare('select surveyed from sites where id = ?').get(site)?.['surveyed'] === 1
    return db
      .prepare(
        `select user, max(open) as open from (
           select user, closed = 0 as open from rotations where site = ?1
           union all select user, closed = 0 from onboardings where site = ?1
           union all select user, 0 from tokens where site = ?1
           union all select user, 0 from deployments where site = ?1
           union all select user, 0 from placements where site = ?1
         ) group by user order by user`,
      )
      .all(BEFORE_SITES)
      .map(({user, open}) => ({user: String(user), open: open === 1}))
      .filter(({open}) => open || !looked)
  })
}

/** Everybody's rows were held against this site's server. */
export function surveyed(db: DatabaseSync, file: string, site: number): void {
  explained(file, () => db.prepare('update sites set surveyed = 1 where id = ?').run(site))
}

/**
 * Gives the site what this server shows to be its own: rows about a token that it lists now with the same id, name and
 * last eight, and the records that speak of one. What it does not show stays nobody's.
 */
export function adopt(db: DatabaseSync, file: string, site: number, user: string, listed: readonly TokenRef[]): void {
  const shown = new Set(listed.map(mark))
  const move = (table: string, key: string, value: string | number): void => {
    db.prepare(`update or ignore ${table} set site = ? where site = ? and user = ? and ${key} = ?`).run(
      site,
      BEFORE_SITES,
      user,
      value,
    )
  }
  const rows = (sql: string) => rowsOf(db, sql, BEFORE_SITES, user)
  explained(file, () =>
    transact(db, () => {
      for (const {id, name, last_eight: lastEight} of rows('select * from tokens where site = ? and user = ?')) {
        if (shown.has(mark({id: Number(id), name: String(name), lastEight: String(lastEight)})))
          move('tokens', 'id', Number(id))
      }
      for (const table of ['deployments', 'placements']) {
        const said = `select rowid as place, * from ${table} where site = ? and user = ?`
        for (const {place, token, last_eight: lastEight} of rows(said)) {
          if (listed.some((row) => row.id === token && row.lastEight === lastEight)) move(table, 'rowid', Number(place))
        }
      }
      for (const [index, events, key] of RECORDS) {
        const said = `select ${key} as id, json from ${events} join ${index} on ${index}.id = ${key}
                      where site = ? and user = ?`
        for (const {id, json} of rows(said)) {
          if (tokensIn(String(json)).some((token) => shown.has(mark(token)))) move(index, 'id', String(id))
        }
      }
    }),
  )
}

const RECORDS = [
  ['rotations', 'events', 'rotation'],
  ['onboardings', 'onboarding_events', 'onboarding'],
] as const

function mark({id, name, lastEight}: TokenRef): string {
  return JSON.stringify([id, name, lastEight])
}

/** Every token that an event speaks of. */
function tokensIn(json: string): TokenRef[] {
  const found: TokenRef[] = []
  try {
    JSON.parse(json, (_, value: unknown) => {
      if (isToken(value)) found.push(value)
      return value
    })
  } catch {
    // What can't be read speaks of nothing.
  }
  return found
}

function isToken(value: unknown): value is TokenRef {
  if (typeof value !== 'object' || value === null) return false
  return 'id' in value && 'name' in value && 'lastEight' in value && typeof value.lastEight === 'string'
}

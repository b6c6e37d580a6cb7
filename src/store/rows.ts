import type {DatabaseSync, SQLInputValue} from 'node:sqlite'

/** One row as JavaScript reads it. */
export type Row = Record<string, unknown>

/** Where records are read from: some sites, or all. */
export interface View {
  db: DatabaseSync
  file: string
  sites: readonly number[] | 'all'
}

/** The condition on `site` that a view sets, for the parameter of this number. */
export const within = (parameter: number): string =>
  `(?${parameter} is null or site in (select value from json_each(?${parameter})))`

/** The value of that parameter. */
export const sitesOf = ({sites}: View): string | null => (sites === 'all' ? null : JSON.stringify(sites))

/** The end of the calendar: what lies behind it can't be written as a date. */
const END_OF_TIME = 8_640_000_000_000_000

/** All rows; one number that is larger than JavaScript's hides none of them. */
export function rowsOf(db: DatabaseSync, sql: string, ...parameters: SQLInputValue[]): Row[] {
  const statement = db.prepare(sql)
  statement.setReadBigInts(true)
  return statement
    .all(...parameters)
    .map((row) =>
      Object.fromEntries(
        Object.entries(row).map(([name, value]) => [name, typeof value === 'bigint' ? Number(value) : value]),
      ),
    )
}

/** A time in ms since the epoch, at the latest the end of the calendar; undefined where there is none. */
export function timeOf(value: unknown): number | undefined {
  return typeof value === 'number' ? Math.min(value, END_OF_TIME) : undefined
}

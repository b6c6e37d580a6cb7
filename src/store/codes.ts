import type {DatabaseSync} from 'node:sqlite'
import {explained} from './faults.ts'

/** Further ahead nobody waits: the clock was set back. */
const FURTHEST = 20

/**
 * Reserves a step of time in which only this process sends the one-time code of a Gitea's user: the wanted one, or the
 * first that no other process has. Only steps are kept, never a code.
 */
export function reserveStep(
  db: DatabaseSync,
  file: string,
  {gitea, user, wanted}: {gitea: string; user: string; wanted: number},
): number {
  return explained(file, () => {
    const row = db
      .prepare(
        `insert into codes (gitea, user, step) values (?1, lower(?2), ?3)
         on conflict (gitea, user) do update
           set step = case when step between ?3 and ?3 + ${FURTHEST} then step + 1 else ?3 end
         returning step`,
      )
      .get(gitea, user, wanted)
    return Number(row?.['step'])
  })
}

import type {DatabaseSync} from 'node:sqlite'
import type {PassBook} from '../pass/ports.ts'
import {explained} from './faults.ts'
import type {LeaseOwner} from './owner.ts'
import {rowsOf, timeOf} from './rows.ts'

/** The passes of one administrator at one Gitea, by whichever process: no column holds a value. */
export function passesOn(
  db: DatabaseSync,
  file: string,
  self: LeaseOwner,
  {gitea, user}: {gitea: string; user: string},
): PassBook {
  const whose = [gitea, user.toLowerCase()] as const
  return {
    announce(name, at) {
      const sql = 'insert into passes (gitea, user, name, owner, at) values (?, ?, ?, ?, ?)'
      explained(file, () => void db.prepare(sql).run(...whose, name, self.id, at))
    },
    minted(name, id, lastEight) {
      const sql = 'update passes set id = ?, last_eight = ? where gitea = ? and user = ? and name = ?'
      explained(file, () => void db.prepare(sql).run(id, lastEight, ...whose, name))
    },
    forget(name) {
      const sql = 'delete from passes where gitea = ? and user = ? and name = ?'
      explained(file, () => void db.prepare(sql).run(...whose, name))
    },
    all() {
      const sql = 'select * from passes where gitea = ? and user = ? order by at, name'
      return explained(file, () =>
        rowsOf(db, sql, ...whose).map((row) => ({
          name: String(row['name']),
          at: timeOf(row['at']) ?? 0,
          minted: row['id'] === null ? undefined : {id: Number(row['id']), lastEight: String(row['last_eight'])},
          gone: self.isGone(String(row['owner'])),
        })),
      )
    },
  }
}

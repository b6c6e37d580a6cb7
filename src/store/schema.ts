import type {DatabaseSync} from 'node:sqlite'
import {tooNew} from './faults.ts'

/** One script per version; a script that was released is never changed. Times are ms since the epoch. */
const MIGRATIONS = [
  `
  create table rotations (
    id text primary key,
    agent text not null,
    user text not null,
    workspace text not null,
    phase text not null,
    closed integer not null,
    started_at integer not null,
    updated_at integer not null,
    due_at integer,
    events integer not null
  ) strict;
  create index rotations_by_agent on rotations (agent, started_at);
  create index rotations_open on rotations (closed) where closed = 0;

  create table events (
    rotation text not null references rotations (id),
    seq integer not null,
    at integer not null,
    type text not null,
    json text not null,
    primary key (rotation, seq)
  ) strict;
  create trigger events_stay before update on events begin select raise(abort, 'events are append-only'); end;
  create trigger events_remain before delete on events begin select raise(abort, 'events are append-only'); end;

  create table leases (
    name text primary key,
    owner text not null,
    fence integer not null,
    expires_at integer not null
  ) strict;

  create table tokens (
    user text not null,
    id integer not null,
    name text not null,
    last_eight text not null,
    scopes text not null,
    rotation text,
    minted_at integer,
    superseded_at integer,
    deadline integer,
    revoked_at integer,
    primary key (user, id)
  ) strict;

  create table deployments (
    agent text primary key,
    user text not null,
    token integer not null,
    last_eight text not null,
    secret_updated_at text,
    at integer not null
  ) strict;
  `,
  `
  create table onboardings (
    id text primary key,
    agent text not null,
    user text not null,
    workspace text not null,
    phase text not null,
    closed integer not null,
    started_at integer not null,
    updated_at integer not null,
    events integer not null
  ) strict;
  create index onboardings_by_agent on onboardings (agent, started_at);
  create index onboardings_open on onboardings (closed) where closed = 0;

  create table onboarding_events (
    onboarding text not null references onboardings (id),
    seq integer not null,
    at integer not null,
    type text not null,
    json text not null,
    primary key (onboarding, seq)
  ) strict;
  create trigger onboarding_events_stay before update on onboarding_events
    begin select raise(abort, 'events are append-only'); end;
  create trigger onboarding_events_remain before delete on onboarding_events
    begin select raise(abort, 'events are append-only'); end;
  `,
]

/** Brings the file to our schema; several processes may try at once. Throws `STORE_TOO_NEW`. */
export function migrate(db: DatabaseSync, file: string): void {
  if (versionOf(db, file) === MIGRATIONS.length) return
  transact(db, () => {
    for (let version = versionOf(db, file); version < MIGRATIONS.length; version++) {
      db.exec(MIGRATIONS[version] ?? '')
      db.exec(`pragma user_version = ${version + 1}`)
    }
  })
}

function versionOf(db: DatabaseSync, file: string): number {
  const version = Number(db.prepare('pragma user_version').get()?.['user_version'])
  if (version > MIGRATIONS.length) throw tooNew(file, version, MIGRATIONS.length)
  return version
}

/** All or nothing, and alone among writers from its first statement on. */
export function transact<T>(db: DatabaseSync, work: () => T): T {
  db.exec('begin immediate')
  try {
    const result = work()
    db.exec('commit')
    return result
  } catch (error) {
    if (db.isTransaction) db.exec('rollback')
    throw error
  }
}

import type {DatabaseSync} from 'node:sqlite'
import {OpsError} from '../errors.ts'
import {halfMade, sqliteCode} from './faults.ts'

/** SQLITE_ERROR and SQLITE_CONSTRAINT: a statement does not fit the tables, or the rows, that there are. */
const UNFIT: readonly (number | undefined)[] = [1, 19]

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
  // Everything belongs to a site (sites.ts). Site 0 is that of rows from before there were any: nobody's.
  `
  create table sites (
    id integer primary key,
    gitea text not null,
    platform text not null,
    org text,
    surveyed integer not null default 0,
    used_at integer not null
  ) strict;

  create table witnesses (
    site integer not null references sites (id),
    login text not null,
    account integer not null,
    created integer not null,
    primary key (site, account, created)
  ) strict;

  alter table rotations add column site integer not null default 0;
  alter table onboardings add column site integer not null default 0;

  create table tokens_of_sites (
    site integer not null,
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
    primary key (site, user, id)
  ) strict;
  insert into tokens_of_sites
    select 0, user, id, name, last_eight, scopes, rotation, minted_at, superseded_at, deadline, revoked_at from tokens;
  drop table tokens;
  alter table tokens_of_sites rename to tokens;

  create table deployments_of_sites (
    site integer not null,
    agent text not null,
    user text not null,
    token integer not null,
    last_eight text not null,
    secret_updated_at text,
    at integer not null,
    primary key (site, agent)
  ) strict;
  insert into deployments_of_sites
    select 0, agent, user, token, last_eight, secret_updated_at, at from deployments;
  drop table deployments;
  alter table deployments_of_sites rename to deployments;

  drop table leases;
  create table leases (
    place text not null,
    name text not null,
    owner text not null,
    fence integer not null,
    expires_at integer not null,
    primary key (place, name)
  ) strict;

  create table codes (
    gitea text not null,
    user text not null,
    step integer not null,
    primary key (gitea, user)
  ) strict;
  `,
  `
  create table announcements (
    site integer not null,
    user text not null,
    name text not null,
    agent text not null,
    at integer not null,
    handing_over integer not null,
    primary key (site, user, name)
  ) strict;
  `,
  `
  update or replace tokens set user = lower(user) where user <> lower(user);
  update or replace announcements set user = lower(user) where user <> lower(user);
  update deployments set user = lower(user) where user <> lower(user);
  `,
  // Of an address, as codes are: who the server is may not be asked before there is a pass.
  `
  create table passes (
    gitea text not null,
    user text not null,
    name text not null,
    owner text not null,
    at integer not null,
    id integer,
    last_eight text,
    primary key (gitea, user, name)
  ) strict;
  `,
  // An agent can be moved, and the room that it left goes on. Which one an earlier proof was in its rotation tells; '': none did.
  `
  create table deployments_of_rooms (
    site integer not null,
    agent text not null,
    workspace text not null default '',
    user text not null,
    token integer not null,
    last_eight text not null,
    secret_updated_at text,
    at integer not null,
    primary key (site, agent, workspace)
  ) strict;
  insert into deployments_of_rooms
    select d.site, d.agent, coalesce((
      select cast(json_extract(e.json, '$.terms.workspace.id') as text) from tokens t
      join events e on e.rotation = t.rotation and e.type = 'planned' and json_valid(e.json)
      where t.site = d.site and t.user = d.user and t.id = d.token and t.last_eight = d.last_eight
    ), ''), d.user, d.token, d.last_eight, d.secret_updated_at, d.at from deployments d;
  drop table deployments;
  alter table deployments_of_rooms rename to deployments;
  create index deployments_by_token on deployments (token);
  `,
  // By the end of the value, for of one that was pushed by hand no more is known: its token is 0. A workspace that nobody saw is ''.
  `
  create table placements (
    last_eight text not null,
    token integer not null,
    site integer not null,
    workspace text not null,
    name text not null,
    secret_key text not null,
    agent text not null,
    user text not null,
    how text not null,
    rotation text,
    at integer not null,
    primary key (last_eight, token, site, workspace, name, secret_key)
  ) strict;
  with facts as (
    select rotation as id, at, type, json from events where json_valid(json)
    union all select onboarding, at, type, json from onboarding_events where json_valid(json)
  ), begun as (
    select r.id, r.site, r.agent, lower(r.user) as user, f.at, f.json,
      json_extract(f.json, '$.terms.workspace.id') as workspace, json_extract(f.json, '$.terms.workspace.name') as name
    from rotations r join facts f on f.id = r.id and f.type = 'planned'
  ), joined as (
    select o.id, o.site, o.agent, lower(o.user) as user, f.at, f.json,
      coalesce((
        select json_extract(c.json, '$.workspace.id') from facts c
        where c.id = o.id and c.type in ('created', 'create_settled') and json_extract(c.json, '$.workspace.id') is not null
      ), '') as workspace,
      json_extract(f.json, '$.terms.workspace') as name
    from onboardings o join facts f on f.id = o.id and f.type = 'planned'
    where exists (select 1 from facts c where c.id = o.id and c.type = 'create_intended')
  ), minted as (
    select id, json_extract(json, '$.token.id') as token, json_extract(json, '$.token.lastEight') as last_eight
    from facts where type in ('minted', 'mint_settled', 'orphan_found')
  ), sent as (
    select id, json_extract(json, '$.token') as token from facts where type = 'push_intended'
  ), listed as (
    select f.id, case t.type when 'object' then json_extract(t.value, '$.id') end as token,
      case t.type when 'object' then json_extract(t.value, '$.lastEight') end as last_eight
    from facts f, json_each(f.json, iif(f.type = 'planned', '$.superseded', '$.tokens')) t
    where f.type in ('planned', 'outbid')
  ), held as (
    select b.*, 'pushed' as how, b.id as rotation, m.token, m.last_eight from begun b join minted m on m.id = b.id
    where m.token in (select token from sent where sent.id = b.id)
    union all select b.*, 'found', b.id, l.token, l.last_eight from begun b join listed l on l.id = b.id
    union all select b.*, 'found', b.id, json_extract(b.json, '$.deployed.id'), json_extract(b.json, '$.deployed.lastEight')
    from begun b
    union all select j.*, 'created', null, m.token, m.last_eight from joined j join minted m on m.id = j.id
  )
  insert or ignore into placements
    select last_eight, token, site, cast(workspace as text), cast(name as text),
      cast(json_extract(json, '$.terms.secretKey') as text), agent, user, how, rotation, at
    from held
    where workspace is not null and name is not null and json_extract(json, '$.terms.secretKey') is not null
      and typeof(last_eight) = 'text' and typeof(token) = 'integer';
  `,
  // Of whom no rotation says that they run outside the platform is not known to.
  `
  alter table placements add column external integer not null default 0;
  create index placements_by_token on placements (token);
  update placements set external = 1 where workspace in (
    select json_extract(json, '$.terms.workspace.id') from events
    where type = 'planned' and iif(json_valid(json), json_extract(json, '$.terms.workspace.external') = 1, false)
  );
  `,
]

/**
 * Brings the file to our schema; several processes may try at once. What an earlier patrol left half made is finished
 * where that loses nothing. `blank` opens an empty database, to see what ours consists of. Throws `STORE_TOO_NEW`, and
 * `STORE_CORRUPT` for a file that no patrol can have written.
 */
export function migrate(db: DatabaseSync, file: string, blank: () => DatabaseSync): void {
  const ours = (pieces ??= piecesOfOurs(blank()))
  if (versionOf(db, file) === MIGRATIONS.length && lacking(db, ours).length === 0) return
  transact(db, () => {
    const version = versionOf(db, file)
    try {
      // A new file gets what there is now, not its history.
      if (piecesOf(db).length > 0) upgrade(db)
      for (const {sql} of lacking(db, ours).filter(({kind}) => kind !== 'column')) db.exec(sql)
      db.exec(`pragma user_version = ${MIGRATIONS.length}`)
    } catch (error) {
      if (UNFIT.includes(sqliteCode(error))) throw halfMade(file, version, [])
      throw error
    }
    const missing = lacking(db, ours)
    if (missing.length > 0) throw halfMade(file, version, missing)
  })
}

/** Found out once per process, by running all scripts. */
let pieces: readonly SchemaPiece[] | undefined

function piecesOfOurs(blank: DatabaseSync): SchemaPiece[] {
  try {
    upgrade(blank)
    return piecesOf(blank)
  } finally {
    blank.close()
  }
}

/** The first scripts only make what is not there, so they can be run again where that was broken off. */
const REPEATABLE = 2

/** Runs the scripts that the file has not seen, up to `target`. */
export function upgrade(db: DatabaseSync, target = MIGRATIONS.length): void {
  const stored = storedVersion(db)
  for (let version = stored <= REPEATABLE ? 0 : stored; version < target; version++) {
    db.exec((MIGRATIONS[version] ?? '').replaceAll(/\bcreate (table|index|trigger) /g, 'create $1 if not exists '))
    db.exec(`pragma user_version = ${version + 1}`)
  }
}

/** One thing that every store of this version has; `sql` makes it. */
interface SchemaPiece {
  /** `table`, `index`, `trigger` or `column`. */
  kind: string
  name: string
  sql: string
}

function lacking(db: DatabaseSync, ours: readonly SchemaPiece[]): SchemaPiece[] {
  const has = new Set(piecesOf(db).map(({kind, name}) => `${kind} ${name}`))
  return ours.filter(({kind, name}) => !has.has(`${kind} ${name}`))
}

/** Tables before what belongs to them. */
function piecesOf(db: DatabaseSync): SchemaPiece[] {
  return db
    .prepare(
      `select * from (
         select type as kind, name, sql from sqlite_schema where sql is not null
         union all
         select 'column', t.name || '.' || c.name, '' from sqlite_schema t, pragma_table_info(t.name) c
         where t.type = 'table'
       ) order by kind = 'table' desc`,
    )
    .all()
    .map(({kind, name, sql}) => ({kind: String(kind), name: String(name), sql: String(sql)}))
}

function versionOf(db: DatabaseSync, file: string): number {
  const version = storedVersion(db)
  if (version > MIGRATIONS.length) throw new OpsError('STORE_TOO_NEW', {file, version, ours: MIGRATIONS.length})
  return version
}

function storedVersion(db: DatabaseSync): number {
  return Number(db.prepare('pragma user_version').get()?.['user_version'])
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

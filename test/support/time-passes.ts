import {DatabaseSync} from 'node:sqlite'

/** Lets that much time pass for what is recorded: all of it is that much older now. No command may run meanwhile. */
export function timePasses(file: string, ms: number): void {
  const db = new DatabaseSync(file)
  try {
    const stays = db.prepare("select sql from sqlite_master where name = 'events_stay'").get()?.['sql']
    db.exec(`
      drop trigger events_stay;
      update events set at = at - ${ms}, json = json_set(json, '$.at', at - ${ms});
      ${String(stays)};
      update rotations set started_at = started_at - ${ms}, updated_at = updated_at - ${ms}, due_at = due_at - ${ms};
      update tokens set superseded_at = superseded_at - ${ms}, deadline = deadline - ${ms};
    `)
  } finally {
    db.close()
  }
}

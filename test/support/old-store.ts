import {mkdirSync} from 'node:fs'
import {dirname} from 'node:path'
import {DatabaseSync} from 'node:sqlite'
import {upgrade} from '../../src/store/schema.ts'

/** A rotation as an earlier patrol recorded it, up to the events given. */
export interface OldRotation {
  id: string
  agent: string
  user: string
  phase: string
  closed?: boolean
  dueAt?: number
  events: readonly {type: string; at: number; [more: string]: unknown}[]
}

export interface OldToken {
  user: string
  id: number
  name: string
  lastEight: string
  rotation?: string
  deadline?: number
}

/** Makes a state file as an earlier patrol left it, with schema `version`: 1 the first, 2 the last before sites. */
export function oldStore(
  file: string,
  version: 1 | 2,
  {
    rotations = [],
    tokens = [],
    deployed = [],
  }: {
    rotations?: readonly OldRotation[]
    tokens?: readonly OldToken[]
    deployed?: readonly {agent: string; user: string; token: number; lastEight: string}[]
  } = {},
): void {
  mkdirSync(dirname(file), {recursive: true, mode: 0o700})
  const db = new DatabaseSync(file)
  upgrade(db, version)
  for (const {id, agent, user, phase, closed = false, dueAt, events} of rotations) {
    const at = events[0]?.at ?? 0
    db.prepare('insert into rotations values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)').run(
      ...[id, agent, user, agent, phase, closed ? 1 : 0, at, events.at(-1)?.at ?? at, dueAt ?? null, events.length],
    )
    for (const [seq, event] of events.entries()) {
      db.prepare('insert into events values (?, ?, ?, ?, ?)').run(id, seq, event.at, event.type, JSON.stringify(event))
    }
  }
  for (const {user, id, name, lastEight, rotation, deadline} of tokens) {
    db.prepare(`insert into tokens values (?, ?, ?, ?, '[]', ?, 1, ?, ?, null)`).run(
      ...[user, id, name, lastEight, rotation ?? null, deadline === undefined ? null : 2, deadline ?? null],
    )
  }
  for (const {agent, user, token, lastEight} of deployed) {
    db.prepare('insert into deployments values (?, ?, ?, ?, null, 3)').run(agent, user, token, lastEight)
  }
  db.close()
}

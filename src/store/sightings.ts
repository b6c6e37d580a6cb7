import {readFile} from 'node:fs/promises'
import {join} from 'node:path'
import {makePrivateDirectory, replacePrivately} from '../files.ts'

/** What a server told of the token that an agent had, when somebody looked. */
export interface Sighting {
  agent: string
  lastEight: string
  scopes: readonly string[]
  /** Set where the server did not accept it; then nothing tells its scopes. */
  dead?: true
  by: 'audit' | 'probe'
  /** ms since the epoch. */
  at: number
}

/** The last sighting of each agent at one Gitea; no value is in it. */
export interface SightingBook {
  /** Throws Node's own error. */
  keep(seen: readonly Sighting[]): Promise<void>
  /** By agent; empty where the file is not there or not ours. */
  all(): Promise<Sighting[]>
}

/**
 * The sightings at a Gitea's address, in a file of their own beside the store: they are no record that anything is decided
 * by, and an audit that only reads makes no store. Of two that write at once one may get lost.
 */
export function sightingsIn(directory: string, gitea: string): SightingBook {
  const path = join(directory, 'seen.json')
  return {
    async keep(seen) {
      const servers = await read(path)
      const known = new Map((servers[gitea] ?? []).map((sighting) => [sighting.agent, sighting]))
      for (const sighting of seen) known.set(sighting.agent, sighting)
      await makePrivateDirectory(directory)
      await replacePrivately(path, `${JSON.stringify({...servers, [gitea]: [...known.values()]})}\n`)
    },
    async all() {
      return (await read(path))[gitea] ?? []
    },
  }
}

async function read(path: string): Promise<Record<string, Sighting[]>> {
  try {
    const parsed: unknown = JSON.parse(await readFile(path, 'utf8'))
    const servers = typeof parsed === 'object' && parsed !== null ? Object.entries(parsed) : []
    return Object.fromEntries(
      servers.map(([gitea, list]: [string, unknown]) => [gitea, Array.isArray(list) ? list.filter(isSighting) : []]),
    )
  } catch {
    return {}
  }
}

function isSighting(value: unknown): value is Sighting {
  if (typeof value !== 'object' || value === null) return false
  const {agent, lastEight, scopes, dead, by, at}: Partial<Record<keyof Sighting, unknown>> = value
  const [named, timed] = [typeof agent === 'string' && typeof lastEight === 'string', typeof at === 'number']
  const listed = Array.isArray(scopes) && scopes.every((scope) => typeof scope === 'string')
  const lived = dead === undefined || dead === true
  return named && timed && listed && lived && (by === 'audit' || by === 'probe')
}

import {createHash} from 'node:crypto'
import {OpsError} from '../errors.ts'

/** One share of a fleet: `index` counts from 1. */
export interface Shard {
  index: number
  count: number
}

const MOST = 1000

/** Reads `2/8`. Throws `SHARD_INVALID`. */
export function parseShard(text: string): Shard {
  const [, index = 0, count = 0] = (/^(\d{1,4})\/(\d{1,4})$/.exec(text.trim()) ?? []).map(Number)
  if (index >= 1 && index <= count && count <= MOST) return {index, count}
  throw new OpsError('SHARD_INVALID', {typed: text, most: MOST})
}

/**
 * Whether something of this name falls into the shard. Told by the name alone, so that what joins or leaves the fleet
 * moves nobody else.
 */
export function inShard(name: string, shard: Shard | undefined): boolean {
  if (!shard) return true
  const hash = createHash('sha256').update(name).digest().readUInt32BE(0)
  return hash % shard.count === shard.index - 1
}

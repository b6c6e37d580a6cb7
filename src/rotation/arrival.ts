import {OpsError} from '../errors.ts'
import {doubtsOfArrival, mayBeWithheld} from '../smoke/withheld.ts'
import type {Deployment, LedgerToken} from '../story/ports.ts'
import type {Journal, Platform, SecretRow} from './ports.ts'

/**
 * What a plan says of a secret that may never reach its agent. An earlier proof answers that where the agent was proven on what
 * this very secret holds (`row`, its own), in a rotation, and the platform is built from what it was built from then.
 */
export async function arrivalDoubts(
  request: {agent: string; secretKey: string},
  {row, earlier, known}: {row: SecretRow | undefined; earlier: Deployment | undefined; known: readonly LedgerToken[]},
  {platform, journal}: {platform: Pick<Platform, 'mayWithhold' | 'build'>; journal: Pick<Journal, 'read'>},
): Promise<string[]> {
  const doubts = await doubtsOfArrival(request, platform)
  if (doubts.length === 0 || row === undefined || row.updatedAt !== earlier?.secretUpdatedAt) return doubts
  const rotation = known.find(({id}) => id === earlier.token)?.rotation
  if (rotation === undefined) return doubts
  const then = (await journal.read(rotation)).find((event) => event.type === 'proven')?.build
  return then !== undefined && then === (await platform.build()) ? [] : doubts
}

/** What the platform is built from, for the record of a proof; undefined where no server withholds such a secret, or nobody knows. */
export async function buildAtProof(secretKey: string, platform: Pick<Platform, 'build'>): Promise<string | undefined> {
  if (!mayBeWithheld(secretKey)) return undefined
  try {
    return (await platform.build()) || undefined
  } catch (error) {
    // The proof is there, whatever becomes of this question.
    if (error instanceof OpsError) return undefined
    throw error
  }
}

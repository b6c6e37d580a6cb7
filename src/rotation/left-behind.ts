import type {TokenRef} from '../story/tokens.ts'
import {abreast, type HolderDeps, type TokensOwner} from './holders.ts'
import {own} from './push.ts'

/**
 * What else in the owner's own workspace may hold a token that is to go: secrets under names that patrol.yaml had for it
 * once, each as a sentence for people. They hold nothing back, for the agent is proven under the name of now, but whatever
 * else reads them is cut off, and patrol deletes no secret. Throws what the ledger and the platform's reads throw.
 */
export async function leftBehind(
  {agent, workspace, secretKey}: TokensOwner,
  tokens: readonly TokenRef[],
  {ledger, platform}: Pick<HolderDeps, 'ledger' | 'platform'>,
): Promise<string[]> {
  if (!workspace || !platform || tokens.length === 0) return []
  const {id, name} = workspace
  const there = (await ledger.placesOf(tokens)).filter(
    ({elsewhere, workspace: room, secretKey: key, token}) =>
      elsewhere === undefined &&
      room.id === id &&
      key !== secretKey &&
      tokens.some(({lastEight}) => lastEight === token.lastEight),
  )
  const keys = [...new Set(there.map((place) => place.secretKey))]
  const rows = await abreast(keys, (key) => platform.secretRow(id, key))
  return keys.flatMap((key, at) => {
    if (!own(rows[at])) return []
    const ends = new Set(there.flatMap((place) => (place.secretKey === key ? `…${place.token.lastEight}` : [])))
    return `${key} of ${name} may hold ${[...ends].join(' or ')}, which goes: patrol.yaml gives ${agent} its token as ${secretKey} by now, and whatever still reads ${key} is cut off. Delete that secret in the canvas, or store one there that works.`
  })
}

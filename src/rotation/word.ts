import type {Secret} from '../secret.ts'
import {NO_TOKEN} from '../smoke/protocol.ts'
import type {TokenRef} from '../story/tokens.ts'
import type {TokenRow} from './ports.ts'

/** A token that is to go, with its value where that is at hand. */
export type Going = TokenRef & {value?: Secret | undefined}

/** Which token an agent says that it holds; of `unknown` why, as a sentence without a full stop. */
export type TokenWord =
  | {holds: 'going'; token: Going}
  | {holds: 'another'; token: TokenRow}
  | {holds: 'unknown'; says: string}

/** What an agent is asked for, and what its answer is held against. */
export interface WordQuestion {
  ask: () => Promise<string | undefined>
  secretKey: string
  /** What it must not hold. */
  going: readonly Going[]
  /** The live token of `whose` that ends like this. */
  listed: (lastEight: string) => Promise<TokenRow | undefined>
  whose: string
}

/**
 * An agent's own word on its token. Models miscount, so eight characters are another token only where they are the end of
 * a live one; where they stand anywhere in the value of one that is to go, they are that. Who names neither is asked once
 * more; what it then names is not shown, for it may be more of a token than its end. Throws what `ask` and `listed` do.
 */
export async function wordOf({ask, secretKey, going, listed, whose}: WordQuestion): Promise<TokenWord> {
  for (let asked = 1; ; asked++) {
    const heard = await ask()
    if (heard === undefined) return unknown('it was asked and did not say which token it holds')
    if (heard === NO_TOKEN) return unknown(`it says that it has no token in ${secretKey}`)
    const same = going.find(({lastEight, value}) => lastEight === heard || value?.holds(heard))
    if (same) return {holds: 'going', token: same}
    const other = await listed(heard)
    if (other) return {holds: 'another', token: other}
    if (asked > 1) return unknown(`it names the end of no live token of ${whose}`)
  }
}

function unknown(says: string): TokenWord {
  return {holds: 'unknown', says}
}

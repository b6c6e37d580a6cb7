import {byRuleOpen} from './docket.ts'
import type {Unjudged} from './types.ts'

/** In the place of a reason that is said once, of the whole fleet. */
const SEE = 'for the reason that is given for the whole fleet'

/** What keeps many agents from being judged is said once, for the fleet, and not for every rule of each of them. */
export class Causes {
  readonly #met = new Set<string>()

  /** An agent's open rules; `shared` are the reasons that are not its own. */
  settle(unjudged: readonly Unjudged[], shared: ReadonlySet<string>): Unjudged[] {
    return unjudged.map((each) => {
      if (!shared.has(each.reason)) return each
      this.#met.add(each.reason)
      return {...each, reason: SEE}
    })
  }

  /** What is open for the whole fleet, with the causes that were met. */
  close(unjudged: readonly Unjudged[]): Unjudged[] {
    const causes = [...this.#met].map((reason) => ({agent: '', rule: '*', reason}))
    return [...causes, ...unjudged.filter(({reason}) => !this.#met.has(reason))].toSorted(byRuleOpen)
  }
}

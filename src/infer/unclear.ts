import {compare, normalise} from '../scopes/sets.ts'
import type {Scope} from '../scopes/vocabulary.ts'
import {own} from './own.ts'
import type {Inference, Unclear} from './result.ts'
import type {NotUnderstood} from './types.ts'

/** How many kinds are told apart, and how many of them are listed. */
const [MOST_KINDS, MOST_LISTED] = [2000, 50]
/** Under which what comes after these is counted, reason by reason. */
const REST = 'and others'
const EXAMPLES = 3

/** Gathers what was not understood, in bounded memory: everything is counted, the first kinds with where they stood. */
export class Unclears {
  readonly #kinds = new Map<string, Unclear>()
  #count = 0
  #calls = 0

  /** `suspected`: what it needs where it is a call of Gitea's. */
  add({reason, text, source, count, harmless}: NotUnderstood, suspected?: readonly Scope[]): void {
    this.#count += count
    const mayCall = harmless !== true
    if (mayCall) this.#calls += count
    const known = this.#kinds.get(`${reason}\n${text}`)
    const full = !known && this.#kinds.size >= MOST_KINDS
    const kind =
      known ?? this.#kind({reason, text: full ? REST : text, mayCall, suspected: full ? undefined : suspected})
    kind.count += count
    if (kind.examples.length < EXAMPLES) kind.examples.push(source)
  }

  /** `held`: what is needed for sure. What needs no more changes nothing, whether it is a call or not. */
  result(held: readonly Scope[]): Inference['notUnderstood'] {
    const covered = (kind: Unclear) =>
      kind.suspected !== undefined && compare(held, normalise(kind.suspected)).missing.length === 0
    for (const kind of this.#kinds.values()) {
      if (!kind.mayCall || !covered(kind)) continue
      kind.mayCall = false
      this.#calls -= kind.count
    }
    const kinds = [...this.#kinds.values()].toSorted((a, b) => b.count - a.count || (a.text < b.text ? -1 : 1))
    return {
      count: this.#count,
      calls: this.#calls,
      suspected: normalise(kinds.flatMap(({mayCall, suspected}) => (mayCall && suspected) || [])),
      kinds: kinds.slice(0, MOST_LISTED),
      more: Math.max(0, kinds.length - MOST_LISTED),
    }
  }

  #kind(is: Pick<Unclear, 'reason' | 'text' | 'mayCall' | 'suspected'>): Unclear {
    const key = `${is.reason}\n${is.text}`
    let kind = this.#kinds.get(key)
    if (!kind) this.#kinds.set(own(key), (kind = {...is, text: own(is.text), count: 0, examples: []}))
    return kind
  }
}

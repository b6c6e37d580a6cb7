import type {Word} from './deployed.ts'
import type {Secret} from '../secret.ts'

/**
 * What was learnt of everybody's token before the first agent is judged, in some fifty bytes for each: two agents on one
 * token can only be told when all are known.
 */
export class Leads {
  readonly #values: (Secret | undefined)[]
  /** What there is to keep besides a value, which is little unless agents are asked. */
  readonly #words = new Map<number, Word>()
  /** The last eight of the deployed token as a number; 0 where nothing tells it. */
  readonly #ends: Uint32Array

  /** For so many agents. */
  constructor(agents: number) {
    this.#values = Array.from({length: agents})
    this.#ends = new Uint32Array(agents)
  }

  /** `lastEight` is what was made of the word. */
  keep(at: number, {value, ...word}: Word, lastEight: string | undefined): void {
    this.#values[at] = value
    if (Object.values(word).some((said) => said !== undefined)) this.#words.set(at, word)
    this.#ends[at] = lastEight === undefined ? 0 : numberOf(lastEight)
  }

  wordOf(at: number): Word {
    return {value: this.#values[at], ...this.#words.get(at)}
  }

  /** Whose deployed token ends so, as far as is known. */
  on(lastEight: string): number[] {
    const end = numberOf(lastEight)
    const found: number[] = []
    for (let at = this.#ends.indexOf(end); at >= 0; at = this.#ends.indexOf(end, at + 1)) found.push(at)
    return found
  }

  /** The agents that may share their token with another one: all that do, and hardly anyone else. */
  get alike(): number[] {
    const sorted = this.#ends.toSorted()
    const twice = new Set(sorted.values().filter((end, at) => end !== 0 && end === sorted[at + 1]))
    return this.#ends
      .entries()
      .flatMap(([at, end]) => (twice.has(end) ? [at] : []))
      .toArray()
  }
}

/** Gitea's last eight are hexadecimal; anything else is told apart well enough by its first characters. */
function numberOf(lastEight: string): number {
  return Number.parseInt(lastEight, 16) || 1
}

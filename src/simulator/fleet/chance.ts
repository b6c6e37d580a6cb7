/** A seeded source of chance: the same seed gives the same fleet. Nothing that has to be secret comes from it. */
export class Chance {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  /** From 0 to below 1. */
  next(): number {
    this.#state = (this.#state + 0x9e37_79b9) >>> 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 16), 0x21f0_aaad)
    mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a_2d97)
    return ((mixed ^ (mixed >>> 15)) >>> 0) / 2 ** 32
  }

  /** A whole number from 0 to below `limit`. */
  below(limit: number): number {
    return Math.floor(this.next() * limit)
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.below(items.length)]
    if (item === undefined) throw new RangeError('there is nothing to pick from')
    return item
  }

  /** The same items in another order. */
  shuffled<T>(items: readonly T[]): T[] {
    const order = items.map((item) => ({item, rank: this.next()}))
    return order.toSorted((a, b) => a.rank - b.rank).map(({item}) => item)
  }

  hex(length: number): string {
    return Array.from({length}, () => this.below(16).toString(16)).join('')
  }

  uuid(): string {
    return [this.hex(8), this.hex(4), `4${this.hex(3)}`, `8${this.hex(3)}`, this.hex(12)].join('-')
  }

  /** Ten lower-case letters and digits, as in the names of tokens that patrol minted. */
  rotation(): string {
    return Array.from({length: 10}, () => this.below(36).toString(36)).join('')
  }
}

import {OpsError} from '../../src/errors.ts'
import {Crash} from './world.ts'

/** Pseudo-random integers below a bound, the same for the same seed (mulberry32). */
export function seeded(seed: number): (below: number) => number {
  let state = seed >>> 0
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) % below
  }
}

/**
 * Runs several programs over one world, one call at a time: whenever all of them stand before a call, `pick` says which
 * goes on. So a seed fixes the whole interleaving, whatever the machine's speed.
 */
export class Turns {
  readonly #waiting: {name: string; go: () => void}[] = []
  #busy = 0
  readonly #pick: (below: number) => number

  constructor(pick: (below: number) => number) {
    this.#pick = pick
  }

  async all<T>(programs: readonly (() => Promise<T>)[]): Promise<T[]> {
    this.#busy = programs.length
    return Promise.all(
      programs.map(async (program) => {
        try {
          return await program()
        } finally {
          this.#rest()
        }
      }),
    )
  }

  async take(name: string): Promise<void> {
    const turn = new Promise<void>((go) => void this.#waiting.push({name, go}))
    this.#rest()
    await turn
  }

  #rest(): void {
    this.#busy--
    if (this.#busy > 0 || this.#waiting.length === 0) return
    const order = this.#waiting.toSorted((a, b) => a.name.localeCompare(b.name))
    const next = order[this.#pick(order.length)]!
    this.#waiting.splice(this.#waiting.indexOf(next), 1)
    this.#busy++
    next.go()
  }
}

/** One operator's machine: its calls take turns, and its process can die before or after any of them. */
export class Laptop {
  readonly name: string
  readonly calls: string[] = []
  /** Dies at this call, counted from 1. */
  dies: {at: number; kind: 'before' | 'after'} | undefined
  dead = false
  #turns: Turns | undefined

  constructor(name: string) {
    this.name = name
  }

  /** From now on its calls wait for their turn; without turns they go ahead at once. */
  join(turns: Turns | undefined): void {
    this.#turns = turns
    this.dead = false
  }

  /** The same ports, called from this machine. */
  wired<T extends object>(ports: T): T {
    return new Proxy(ports, {
      get: (target, key): unknown => {
        const member: unknown = Reflect.get(target, key)
        if (typeof member !== 'function') return member
        return key === 'now'
          ? member.bind(target)
          : (...args: unknown[]) => this.#call(String(key), () => member.apply(target, args))
      },
    })
  }

  async #call(name: string, work: () => unknown): Promise<unknown> {
    await this.#turns?.take(this.name)
    if (this.dead) throw new Crash(`${this.name} is dead`)
    this.calls.push(name)
    const dies = this.dies?.at === this.calls.length ? this.dies.kind : undefined
    if (dies === 'before') this.#die()
    const result = await work()
    if (dies === 'after') this.#die()
    return result
  }

  #die(): never {
    this.dead = true
    throw new Crash(`${this.name} died`)
  }
}

/** The result of some work, or how it ended; a mistake of ours is thrown. */
export async function ending<T>(work: () => Promise<T>): Promise<T | OpsError | Crash> {
  try {
    return await work()
  } catch (error) {
    if (error instanceof OpsError || error instanceof Crash) return error
    throw error
  }
}

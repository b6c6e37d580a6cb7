/** How many results may wait for a slower one before them, for each that is worked on. */
const AHEAD = 4

/**
 * Works on items with at most `width` at once, and yields the results in the order of the items as soon as that order
 * allows. Takes no more items than a few times `width` ahead, so that memory does not grow with their number.
 */
export async function* inOrder<Item, Result>(
  items: Iterable<Item>,
  width: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result> {
  const slots = new Slots(width)
  const waiting: Promise<Result>[] = []
  const rest = Iterator.from(items)
  const begin = (): void => {
    while (waiting.length < width * AHEAD) {
      const next = rest.next()
      if (next.done) return
      const result = slots.run(() => work(next.value))
      // Its turn to be awaited comes later; until then a failure must not count as unhandled.
      result.catch(() => {})
      waiting.push(result)
    }
  }
  try {
    for (begin(); waiting.length > 0; begin()) yield await waiting.shift()!
  } finally {
    slots.close()
    await Promise.allSettled(waiting)
  }
}

class Slots {
  #free: number
  #closed = false
  readonly #queue: (() => void)[] = []

  constructor(width: number) {
    this.#free = width
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#free === 0) await new Promise<void>((go) => this.#queue.push(go))
    else this.#free--
    try {
      if (this.#closed) throw new Error('the pool was closed')
      return await work()
    } finally {
      const go = this.#queue.shift()
      if (go) go()
      else this.#free++
    }
  }

  /** What has not begun never does. */
  close(): void {
    this.#closed = true
  }
}

import {pMapIterable} from 'p-map'

/** How many results may wait for a slower one before them, for each that is worked on. */
const AHEAD = 4

/**
 * Works on items with at most `width` at once, and yields the results in the order of the items as soon as that order
 * allows. Takes no more items than a few times `width` ahead, so that memory does not grow with their number. Whoever
 * stops early, or meets a failure, waits for what is under way.
 */
export async function* inOrder<Item, Result>(
  items: Iterable<Item>,
  width: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result> {
  const underWay = new Set<Promise<unknown>>()
  const begin = async (item: Item): Promise<Result> => {
    const result = work(item)
    underWay.add(result)
    try {
      return await result
    } finally {
      underWay.delete(result)
    }
  }
  const results = pMapIterable(items, begin, {concurrency: width, backpressure: AHEAD * width})
  try {
    for await (const result of results) yield result as Result
  } finally {
    await Promise.allSettled(underWay)
  }
}

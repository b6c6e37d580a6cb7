/** Deeper than any server nests what is ever read of its answers. */
const DEEPEST = 100

/**
 * Parses what a server sent. What lies deeper than 100 levels is left out, so that whoever walks through the rest comes to
 * an end; 6 KB can nest 3000. Throws `SyntaxError`.
 */
export function parseJson(text: string): unknown {
  const value: unknown = JSON.parse(text)
  prune(value, DEEPEST)
  return value
}

function prune(value: unknown, levels: number): void {
  if (typeof value !== 'object' || value === null) return
  for (const [key, each] of Object.entries(value)) {
    if (levels === 1) Reflect.deleteProperty(value, key)
    else prune(each, levels - 1)
  }
}

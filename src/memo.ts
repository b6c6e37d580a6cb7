/**
 * Makes something once and hands it out from then on. A failure is handed to those who wait for it and then forgotten, so
 * that the next call tries again: a promise kept in a field would fail for ever.
 */
export function memo<T>(make: () => Promise<T>): () => Promise<T> {
  let kept: Promise<T> | undefined
  return () => {
    if (kept) return kept
    const made = make()
    kept = made
    made.catch(() => {
      if (kept === made) kept = undefined
    })
    return made
  }
}

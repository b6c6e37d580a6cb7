import {distance} from 'fastest-levenshtein'

/** The candidates that a mistyped word most likely meant: nearest first, at most three, none when all are far. */
export function nearest(word: string, candidates: Iterable<string>): string[] {
  const typed = word.toLowerCase()
  const limit = Math.max(2, Math.floor(typed.length / 3))
  return [...candidates]
    .map((candidate) => ({candidate, far: farness(typed, candidate.toLowerCase())}))
    .filter(({far}) => far <= limit)
    .toSorted((a, b) => a.far - b.far || a.candidate.localeCompare(b.candidate))
    .slice(0, 3)
    .map(({candidate}) => candidate)
}

/** A word left unfinished (`agent-dev` for `agent-dev-a`) is near, however much is missing. */
function farness(typed: string, candidate: string): number {
  return typed.length >= 3 && candidate.startsWith(typed) ? 1 : distance(typed, candidate)
}

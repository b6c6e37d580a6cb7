import {structuredPatch} from 'diff'

/**
 * What was changed in a file, as a unified diff without context: every line starts with a sign of its own, so that no
 * line of the file can pass for a command of a CI runner. Empty for texts that are the same.
 */
export function diff(file: string, before: string, after: string): string[] {
  const {hunks} = structuredPatch(file, file, before, after, undefined, undefined, {context: 0})
  if (hunks.length === 0) return []
  return [
    `--- a/${file}`,
    `+++ b/${file}`,
    ...hunks.flatMap(({oldStart, oldLines, newStart, newLines, lines}) => [
      `@@ -${range(oldStart, oldLines)} +${range(newStart, newLines)} @@`,
      ...lines,
    ]),
  ]
}

/** As diff counts: from 1, and the line before where there is none. */
function range(start: number, count: number): string {
  const first = count === 0 ? start - 1 : start
  return count === 1 ? `${first}` : `${first},${count}`
}

/** Where two texts differ: the lines at `from` of the one stand for those at `to` of the other. */
interface Hunk {
  from: number
  to: number
  gone: readonly string[]
  come: readonly string[]
}

/**
 * What was changed in a file, as a unified diff without context: every line starts with a sign of its own, so that no
 * line of the file can pass for a command of a CI runner. Empty for texts that are the same.
 */
export function diff(file: string, before: string, after: string): string[] {
  const hunks = hunksOf(linesOf(before), linesOf(after))
  if (hunks.length === 0) return []
  return [
    `--- a/${file}`,
    `+++ b/${file}`,
    ...hunks.flatMap(({from, to, gone, come}) => [
      `@@ -${range(from, gone.length)} +${range(to, come.length)} @@`,
      ...gone.flatMap((line) => signed('-', line)),
      ...come.flatMap((line) => signed('+', line)),
    ]),
  ]
}

/** With their breaks, so that a file's last line can lack one. */
function linesOf(text: string): string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? []
}

function signed(sign: '-' | '+', line: string): string[] {
  return line.endsWith('\n')
    ? [`${sign}${line.slice(0, -1)}`]
    : [`${sign}${line}`, String.raw`\ No newline at end of file`]
}

/** As diff counts: from 1, and the line before where there is none. */
function range(start: number, count: number): string {
  const first = count === 0 ? start : start + 1
  return count === 1 ? `${first}` : `${first},${count}`
}

/** The least changes that lead from one to the other, by the greedy search of Myers. */
function hunksOf(before: readonly string[], after: readonly string[]): Hunk[] {
  const furthest = new Map<number, number>([[1, 0]])
  const trace: ReadonlyMap<number, number>[] = []
  for (let depth = 0; ; depth++) {
    trace.push(new Map(furthest))
    for (let diagonal = -depth; diagonal <= depth; diagonal += 2) {
      let x = downwards(furthest, diagonal, depth) ? furthest.get(diagonal + 1)! : furthest.get(diagonal - 1)! + 1
      while (x < before.length && x - diagonal < after.length && before[x] === after[x - diagonal]) x++
      furthest.set(diagonal, x)
      if (x >= before.length && x - diagonal >= after.length)
        return joined(before, after, steps(trace, x, x - diagonal))
    }
  }
}

/** Whether the way to a diagonal leads over the one above it: where that one, if it was reached, is further on. */
function downwards(furthest: ReadonlyMap<number, number>, diagonal: number, depth: number): boolean {
  return diagonal === -depth || furthest.get(diagonal - 1)! < (furthest.get(diagonal + 1) ?? -1)
}

interface Step {
  x: number
  y: number
  kind: 'gone' | 'come'
}

/** The way back through the search: each line that went or came, in the order of the texts. */
function steps(trace: readonly ReadonlyMap<number, number>[], endX: number, endY: number): Step[] {
  const taken: Step[] = []
  let [x, y] = [endX, endY]
  for (let depth = trace.length - 1; depth > 0; depth--) {
    const furthest = trace[depth]!
    const down = downwards(furthest, x - y, depth)
    const diagonal = down ? x - y + 1 : x - y - 1
    x = furthest.get(diagonal)!
    y = x - diagonal
    taken.push({x, y, kind: down ? 'come' : 'gone'})
  }
  return taken.reverse()
}

function joined(before: readonly string[], after: readonly string[], taken: readonly Step[]): Hunk[] {
  const hunks: {from: number; to: number; gone: string[]; come: string[]}[] = []
  for (const {x, y, kind} of taken) {
    const last = hunks.at(-1)
    const goesOn = last && last.from + last.gone.length === x && last.to + last.come.length === y
    const hunk = goesOn ? last : {from: x, to: y, gone: [], come: []}
    if (!goesOn) hunks.push(hunk)
    if (kind === 'gone') hunk.gone.push(before[x]!)
    else hunk.come.push(after[y]!)
  }
  return hunks
}

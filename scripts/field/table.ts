/** What the benchmark says of one command: figures, and each input that was missed with the reason. */
export interface Score {
  command: string
  figures: [name: string, value: string][]
  misses: Miss[]
}

/** An input that was not understood as its label has it. */
export interface Miss {
  input: string
  kind: string
  why: string
}

/** `12 of 40, 30.0 %`. */
export function share(part: number, whole: number): string {
  return `${part} of ${whole}, ${whole === 0 ? '–' : ((100 * part) / whole).toFixed(1)} %`
}

/** A score as people read it. */
export function shown({command, figures, misses}: Score): string {
  const widest = (cells: readonly string[]): number => Math.max(0, ...cells.map((cell) => cell.length))
  const names = widest(figures.map(([name]) => name))
  const inputs = widest(misses.map(({input}) => input))
  const kinds = widest(misses.map(({kind}) => kind))
  return [
    command,
    ...figures.map(([name, value]) => `  ${name.padEnd(names)}  ${value}`),
    ...(misses.length === 0 ? [] : ['', '  missed']),
    ...misses.map(({input, kind, why}) => `  ${input.padEnd(inputs)}  ${kind.padEnd(kinds)}  ${why}`),
    '',
  ].join('\n')
}

/** Scopes as a set, in one writing. */
export function named(scopes: readonly string[]): string {
  return scopes.length === 0 ? 'none' : [...new Set(scopes)].toSorted().join(' ')
}

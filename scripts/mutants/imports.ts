/** Which file imports which. */
export interface Imports {
  note(by: string | undefined, imported: string): void
  /** Those of `files` that import `target` in any number of steps, or are it: the fewest steps first. */
  nearest(target: string, files: readonly string[]): string[]
}

export function newImports(): Imports {
  const importers = new Map<string, Set<string>>()
  return {
    note(by, imported) {
      if (by === undefined) return
      if (!importers.has(imported)) importers.set(imported, new Set())
      importers.get(imported)!.add(by)
    },
    nearest(target, files) {
      // A set goes on to what is added while it is gone through, in that order.
      const reached = new Set([target])
      for (const file of reached) for (const importer of importers.get(file) ?? []) reached.add(importer)
      return [...reached].filter((file) => files.includes(file))
    },
  }
}

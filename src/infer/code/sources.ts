import {dirname, extname, join, normalize} from 'node:path'

export type ProgramLanguage = 'typescript' | 'javascript' | 'python' | 'go'

/** A file of a program. */
export interface Source {
  file: string
  language: ProgramLanguage
  text: string
}

/** Which files of a run a module is that one of them imports. */
export type Resolve = (from: Source, module: string) => readonly Source[]

const ENDINGS = ['.ts', '.tsx', '.mts', '.cts', '.js', '.jsx', '.mjs', '.cjs']

/** Finds modules among the files of a run, without looking at the disk. */
export function resolver(sources: readonly Source[]): Resolve {
  const byPath = new Map(sources.map((source) => [normalize(source.file), source]))
  const byName = Map.groupBy(sources, ({file}) => basenameOf(file))
  const byDirectory = Map.groupBy(
    sources.filter(({language}) => language === 'go'),
    ({file}) => dirname(file),
  )
  const ending = (tail: string): Source[] => {
    const found = (byName.get(basenameOf(tail)) ?? []).filter(({file}) =>
      `/${withoutEnding(file)}`.endsWith(`/${tail}`),
    )
    return found.length === 1 ? found : []
  }

  const script: Resolve = ({file}, module) => {
    if (module.startsWith('.')) {
      const path = normalize(join(dirname(file), module))
      const bare = ENDINGS.includes(extname(path)) ? path.slice(0, -extname(path).length) : path
      const candidates = [
        path,
        ...[bare, path, join(path, 'index')].flatMap((each) => ENDINGS.map((end) => each + end)),
      ]
      const found = candidates.map((each) => byPath.get(each)).find((each) => each !== undefined)
      return found ? [found] : []
    }
    // Aliases of a project's own folders.
    const tail = /^(?:[@~#$]\w*|src)\/(.+?)(?:\.[jt]sx?)?$/.exec(module)?.[1]
    return tail === undefined ? [] : ([ending(tail), ending(`${tail}/index`)].find((found) => found.length > 0) ?? [])
  }
  const python: Resolve = ({file}, module) => {
    const [, dots = '', name = ''] = /^(\.*)(.*)$/.exec(module) ?? []
    const tail = name.replaceAll('.', '/')
    const modules = (path: string) => [path && `${path}.py`, join(path, '__init__.py')].filter(Boolean)
    const base = dots === '' ? undefined : join(dirname(file), ...Array.from(dots.slice(1), () => '..'))
    const beside = modules(normalize(join(base ?? dirname(file), tail)))
    const found = beside.map((each) => byPath.get(each)).find((each) => each !== undefined)
    if (found) return [found]
    return base === undefined && tail !== ''
      ? ([ending(tail), ending(`${tail}/__init__`)].find((each) => each.length > 0) ?? [])
      : []
  }
  const go: Resolve = (_, module) => {
    const parts = module.split('/')
    const common = (directory: string): number => {
      const own = directory.split('/')
      let length = 0
      while (length < own.length && own.at(-1 - length) === parts.at(-1 - length)) length++
      return length
    }
    const least = /^[^/]*\./.test(module) ? 1 : 2
    const lengths = [...byDirectory.keys()].map((directory) => [common(directory), directory] as const)
    const longest = Math.max(0, ...lengths.map(([length]) => length))
    const best = lengths.filter(([length]) => length === longest && length >= Math.min(least, parts.length))
    return best.length === 1 ? (byDirectory.get(best[0]![1]) ?? []) : []
  }
  return (from, module) =>
    from.language === 'go' ? go(from, module) : from.language === 'python' ? python(from, module) : script(from, module)
}

/** Imports as they can be told without reading the program. */
const IMPORTS: Readonly<Record<ProgramLanguage, RegExp>> = {
  typescript: /(?:\bfrom\s*|\bimport\s*\(?\s*|\brequire\s*\(\s*)["']([^"'\n]+)["']/g,
  javascript: /(?:\bfrom\s*|\bimport\s*\(?\s*|\brequire\s*\(\s*)["']([^"'\n]+)["']/g,
  python: /^[ \t]*(?:from[ \t]+([\w.]+)[ \t]+import\b|import[ \t]+([\w.]+))/gm,
  go: /^[ \t]*(?:import[ \t]+)?(?:[\w.]+[ \t]+)?"([\w.~/-]+)"[ \t]*$/gm,
}
/** What makes a program worth reading. */
const SPEAKS = /gitea|forgejo|\bv1\b|\/repos\//i
/** How far from such a file others belong to its program, and how much is read together, in characters. */
const [FARTHEST, MOST] = [3, 3_000_000]

/** Files that are read together, since one imports another, each group for itself; and whether they were too many. */
export interface Programs {
  programs: Source[][]
  /** Files that import others which are not read with them. */
  cut: readonly Source[]
}

/** Puts files together to programs. Those that speak of nothing, and are imported by none that does, are left out. */
export function programsOf(sources: readonly Source[], resolve: Resolve): Programs {
  const edges = new Map<Source, Set<Source>>(sources.map((source) => [source, new Set()]))
  const connect = (a: Source, b: Source) => {
    edges.get(a)?.add(b)
    edges.get(b)?.add(a)
  }
  for (const source of sources) {
    for (const [, one, other] of source.text.matchAll(IMPORTS[source.language])) {
      for (const found of resolve(source, one ?? other ?? '')) if (found !== source) connect(source, found)
    }
  }
  for (const beside of Map.groupBy(
    sources.filter(({language}) => language === 'go'),
    ({file}) => dirname(file),
  ).values())
    for (const each of beside.slice(1)) connect(beside[0]!, each)

  const speaking = sources.filter(({file, text}) => SPEAKS.test(text) || /gitea|forgejo/i.test(file))
  for (let depth = FARTHEST; depth > 0; depth--) {
    const programs = connected(around(speaking, edges, depth), edges)
    if (programs.every((program) => sizeOf(program) <= MOST)) return {programs, cut: []}
  }
  return {programs: speaking.map((each) => [each]), cut: speaking.filter((each) => edges.get(each)!.size > 0)}
}

type SourceEdges = ReadonlyMap<Source, ReadonlySet<Source>>

function around(start: readonly Source[], edges: SourceEdges, depth: number): Set<Source> {
  const found = new Set(start)
  let rim: Source[] = [...start]
  for (let i = 0; i < depth; i++) {
    rim = rim.flatMap((each) => [...(edges.get(each) ?? [])].filter((next) => !found.has(next)))
    for (const each of rim) found.add(each)
  }
  return found
}

function connected(files: ReadonlySet<Source>, edges: SourceEdges): Source[][] {
  const left = new Set(files)
  const programs: Source[][] = []
  for (const first of files) {
    if (!left.has(first)) continue
    const program: Source[] = []
    const open = [first]
    left.delete(first)
    for (let each = open.pop(); each; each = open.pop()) {
      program.push(each)
      for (const next of edges.get(each) ?? []) if (left.delete(next)) open.push(next)
    }
    programs.push(program)
  }
  return programs
}

function sizeOf(program: readonly Source[]): number {
  return program.reduce((sum, {text}) => sum + text.length, 0)
}

function withoutEnding(file: string): string {
  return file.replace(/\.\w+$/, '')
}

function basenameOf(file: string): string {
  return withoutEnding(file.slice(file.lastIndexOf('/') + 1))
}

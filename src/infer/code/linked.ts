import type {SyntaxNode} from '../../syntax/index.ts'
import type {Binding, Bindings, Callable} from './bindings.ts'
import type {Imported} from './imports.ts'
import type {Resolve, Source} from './sources.ts'

/** One file of a program, read. */
export interface ProgramFile {
  source: Source
  root: SyntaxNode
  bindings: Bindings
  imports: readonly Imported[]
}

/** The names of a program's files and what they are set to, whichever file a node is of. */
export interface Names {
  /** What a name may be where it stands, also where it is imported. */
  of(name: string, at: SyntaxNode): readonly Binding[]
  /** What a field may be: in the file itself, or else in the files that it imports. */
  member(name: string, at: SyntaxNode): readonly Binding[]
  /** What a module's name is that is written behind the module's: `settings.BASE`. */
  qualified(owner: SyntaxNode, name: string): readonly Binding[]
  functions(name: string, at: SyntaxNode): readonly Callable[]
  callable(fn: SyntaxNode): Callable
  /** Where a name comes from, if from a module; through what the program's own files hand on. */
  imported(name: string, at: SyntaxNode): Imported | undefined
  /** What its own module calls a name that is imported. */
  origin(name: string, at: SyntaxNode): string
  unit(node: SyntaxNode): ProgramFile
  /** Whether the file of a node imports that of another, or one that does. */
  sees(node: SyntaxNode, other: SyntaxNode): boolean
}

/** How many modules hand a name on. */
const FARTHEST = 5

/** Puts the names of a program's files together. */
export function namesOf(units: readonly ProgramFile[], resolve: Resolve): Names {
  const byRoot = new Map(units.map((unit) => [unit.root, unit]))
  const bySource = new Map(units.map((unit) => [unit.source, unit]))
  const behind = (unit: ProgramFile, module: string): ProgramFile[] =>
    resolve(unit.source, module).flatMap((source) => bySource.get(source) ?? [])

  const unitOf = (node: SyntaxNode): ProgramFile => {
    let up = node
    while (up.parent) up = up.parent
    return byRoot.get(up)!
  }
  /** The files of a package of Go's share their names. */
  const beside = (unit: ProgramFile): ProgramFile[] =>
    unit.source.language === 'go'
      ? units.filter((each) => each !== unit && directoryOf(each) === directoryOf(unit))
      : []
  const around = new Map<ProgramFile, readonly ProgramFile[]>()
  const imported = (unit: ProgramFile): readonly ProgramFile[] => {
    const found = around.get(unit) ?? [
      ...new Set([...beside(unit), ...unit.imports.flatMap(({from}) => behind(unit, from))]),
    ]
    around.set(unit, found)
    return found
  }
  const reached = new Map<ProgramFile, Set<ProgramFile>>()
  const reach = (unit: ProgramFile): Set<ProgramFile> => {
    const known = reached.get(unit)
    if (known) return known
    const found = new Set([unit])
    reached.set(unit, found)
    for (const each of found) for (const next of imported(each)) found.add(next)
    return found
  }

  /** What a module hands out under a name: its own, or another's. */
  const exported = (unit: ProgramFile, name: string, depth = 0): readonly Binding[] => {
    if (depth > FARTHEST) return []
    const own = unit.bindings.exported(name)
    const all = unit.imports.filter(({local}) => local === name || local === '*')
    if (own.length > 0 && !(own.every(isRequired) && all.some(({local}) => local === name))) return own
    for (const {from, local, name: theirs} of all) {
      for (const each of behind(unit, from)) {
        const found = exported(each, local === '*' ? name : theirs === '*' ? 'default' : theirs, depth + 1)
        if (found.length > 0) return found
      }
    }
    return []
  }
  const importOf = (unit: ProgramFile, name: string): Imported | undefined =>
    unit.imports.find(({local}) => local === name) ??
    unit.imports.find(({local, from}) => local === '*' && behind(unit, from).some((each) => importOf(each, name)))

  const names: Names = {
    unit: unitOf,
    of(name, at) {
      const unit = unitOf(at)
      const own = unit.bindings.of(name, at)
      const isImport = own.every(isRequired) && unit.imports.some(({local}) => local === name)
      if (own.length > 0 && !isImport) return own
      for (const each of beside(unit)) {
        const found = each.bindings.exported(name)
        if (found.length > 0) return found
      }
      return exported(unit, name)
    },
    member(name, at) {
      const unit = unitOf(at)
      const own = unit.bindings.member(name)
      if (own.length > 0) return own
      return imported(unit).flatMap((each) => each.bindings.member(name))
    },
    qualified(owner, name) {
      if (owner.kind !== 'identifier') return []
      const unit = unitOf(owner)
      if (!unit.bindings.of(owner.text, owner).every(isRequired)) return []
      const module = unit.imports.find(({local}) => local === owner.text)
      if (!module) return []
      // Python names a module of a package as it names a thing in one.
      const inner = module.name === '*' || module.name === 'default' ? module.from : join(module.from, module.name)
      for (const each of behind(unit, inner)) {
        const found = exported(each, name)
        if (found.length > 0) return found
      }
      return []
    },
    functions(name, at) {
      const unit = unitOf(at)
      const own = unit.bindings.functions(name)
      return own.length > 0 ? own : imported(unit).flatMap((each) => each.bindings.functions(name))
    },
    callable: (fn) => unitOf(fn).bindings.callable(fn) ?? {node: fn, name: undefined, params: []},
    imported(name, at) {
      let unit = unitOf(at)
      let found = importOf(unit, name)
      for (let i = 0; found && i < FARTHEST; i++) {
        const [next] = behind(unit, found.from)
        const further = next && importOf(next, found.local === '*' ? name : found.name)
        if (!next || !further) break
        unit = next
        found = further
      }
      return found
    },
    origin(name, at) {
      const found = importOf(unitOf(at), name)
      return found && found.name !== '*' && found.name !== 'default' ? found.name : name
    },
    sees: (node, other) => reach(unitOf(node)).has(unitOf(other)),
  }
  return names
}

/** Whether a name is set to nothing but what `require` hands out. */
function isRequired({value, param}: Binding): boolean {
  if (param) return false
  let call = value
  while (call && /^(?:await|parenthesized)_expression$/.test(call.kind)) call = call.children[0]
  return call === undefined || /^(?:require|import)$/.test(call.child('function')?.text ?? '')
}

function directoryOf({source: {file}}: ProgramFile): string {
  return file.slice(0, file.lastIndexOf('/') + 1)
}

function join(module: string, name: string): string {
  return module.endsWith('.') ? `${module}${name}` : `${module}.${name}`
}

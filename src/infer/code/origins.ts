import type {SyntaxNode} from '../../syntax/index.ts'
import {FUNCTIONS, lastName} from './bindings.ts'
import {argumentsOf, calleeOf, nameOf, ownerName, ownerOf, returnsOf, ROW} from './calls.ts'
import type {Names} from './linked.ts'
import {LIBRARIES} from './roles.ts'

/** Where a program's values come from. */
export interface Origins {
  /**
   * The calls and literals that an expression may stand for: through names, fields, what callers give for a parameter, and
   * what functions hand back.
   */
  of(node: SyntaxNode): SyntaxNode[]
  /** The same, and what those are made of whose methods hand back something of their own: `server.Group('/x')`. */
  through(node: SyntaxNode): SyntaxNode[]
  /** Where a function of the program is called, as far as its name tells; the rows that a loop goes over. */
  sites(fn: SyntaxNode): SyntaxNode[]
}

/** How far a value is followed, and over how many expressions. */
const [DEEPEST, MOST] = [12, 200]
const WRAPPED =
  /^(?:await|await_expression|parenthesized_expression|as_expression|satisfies_expression|non_null_expression|unary_expression|literal_element|expression_list)$/

/** Follows the values of a program; `calls` are all of its calls. */
export function originsOf(names: Names, calls: readonly SyntaxNode[]): Origins {
  const byName = new Map<string, SyntaxNode[]>()
  for (const call of calls) {
    const callee = calleeOf(call)
    const name = nameOf(call)
    // What is imported under a name of one's own is called by its author's, too.
    const called = callee?.kind === 'identifier' ? [name, names.origin(callee.text, callee)] : [name]
    for (const each of new Set(called)) {
      const all = byName.get(each)
      if (all) all.push(call)
      else byName.set(each, [call])
    }
  }

  const known = new Map<SyntaxNode, SyntaxNode[]>()
  const sites = (fn: SyntaxNode): SyntaxNode[] => {
    const {name} = names.callable(fn)
    const found =
      known.get(fn) ??
      (!FUNCTIONS.has(fn.kind) ? rowsOf(fn, names) : undefined) ??
      (byName.get(name ?? '') ?? []).filter((site) => !isWithin(site, fn) && !LIBRARIES.test(ownerName(site)))
    known.set(fn, found)
    return found
  }

  const follow = (node: SyntaxNode, depth: number, seen: Set<SyntaxNode>, through: boolean): SyntaxNode[] => {
    if (depth > DEEPEST || seen.size > MOST || seen.has(node)) return []
    seen.add(node)
    const next = (each: SyntaxNode | undefined) => (each ? follow(each, depth + 1, seen, through) : [])
    if (WRAPPED.test(node.kind)) return next(node.children[0])
    if (calleeOf(node)) {
      const made = node.kind === 'new_expression' ? [] : names.functions(nameOf(node), node)
      const handedBack = made.length <= 2 ? made.flatMap((fn) => returnsOf(fn.node)) : []
      return [
        node,
        ...handedBack.flatMap(next),
        ...(through && made.length === 0 ? next(ownerOf(calleeOf(node)!)) : []),
      ]
    }
    const owner = ownerOf(node)
    const key = lastName(node)
    if (key === '') return [node]
    const found = owner
      ? [names.qualified(owner, key), names.member(key, node)].find((all) => all.length > 0)
      : names.of(key, node)
    return (found ?? []).flatMap(({value, param}) => {
      if (value) return next(value)
      if (!param || param.member !== undefined) return []
      const at = names.callable(param.of).params.findIndex((each) => each.name === param.name)
      const given = sites(param.of).map((site) => {
        const args = argumentsOf(site)
        return args.named.get(param.name) ?? args.positional[at]
      })
      return [...given, param.fallback].flatMap(next)
    })
  }
  const kept = (through: boolean) => {
    const found = new Map<SyntaxNode, SyntaxNode[]>()
    return (node: SyntaxNode): SyntaxNode[] => {
      const origins = found.get(node) ?? follow(node, 0, new Set(), through)
      found.set(node, origins)
      return origins
    }
  }
  return {sites, of: kept(false), through: kept(true)}
}

/** The rows of a loop's list, where all of them are written down whole. */
function rowsOf(loop: SyntaxNode, names: Names): SyntaxNode[] {
  let list = loop.child('right')
  if (list?.kind === 'identifier') {
    const [binding, more] = names.of(list.text, list)
    const grows = new RegExp(String.raw`\b${list.text}\s*\.(?:append|extend|insert|push|unshift|splice)\b`)
    if (more || grows.test(names.unit(list).source.text)) return []
    list = binding?.value
  }
  while (list && WRAPPED.test(list.kind)) list = list.children[0]
  const rows = (list && ROW.test(list.kind) ? list.children : []).filter(({kind}) => kind !== 'comment')
  const wanted = names.callable(loop).params.length
  const isWhole = (row: SyntaxNode) => {
    const {positional} = ROW.test(row.kind) || /^(?:object|dictionary)$/.test(row.kind) ? argumentsOf(row) : NOTHING
    return positional.length >= wanted && !positional.some(({kind}) => /spread|splat/.test(kind))
  }
  return rows.every(isWhole) ? rows : []
}

const NOTHING = {positional: []}

export function isWithin(node: SyntaxNode, outer: SyntaxNode): boolean {
  for (let up: SyntaxNode | undefined = node; up; up = up.parent) if (up === outer) return true
  return false
}

import type {SyntaxNode} from '../../syntax/index.ts'
import {lastName} from './bindings.ts'
import {argumentsOf, calleeOf, nameOf, ownerName, ownerOf, returnsOf} from './calls.ts'
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
  /** Where a function of the program is called, as far as its name tells. */
  sites(fn: SyntaxNode): SyntaxNode[]
}

const DEEPEST = 12
const WRAPPED =
  /^(?:await|await_expression|parenthesized_expression|as_expression|satisfies_expression|non_null_expression|unary_expression|literal_element|expression_list)$/

/** Follows the values of a program; `calls` are all of its calls. */
export function originsOf(names: Names, calls: readonly SyntaxNode[]): Origins {
  const byName = new Map<string, SyntaxNode[]>()
  for (const call of calls) {
    const callee = calleeOf(call)
    const name = nameOf(call)
    const known = callee?.kind === 'identifier' ? [name, ...also(callee, names)] : [name]
    for (const each of new Set(known)) byName.set(each, [...(byName.get(each) ?? []), call])
  }

  const sites = (fn: SyntaxNode): SyntaxNode[] => {
    const {name} = names.callable(fn)
    if (!name) return []
    return (byName.get(name) ?? []).filter((site) => !isWithin(site, fn) && !LIBRARIES.test(ownerName(site)))
  }

  const follow = (node: SyntaxNode, depth: number, seen: Set<SyntaxNode>, through: boolean): SyntaxNode[] => {
    if (depth > DEEPEST || seen.has(node)) return []
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
  return {
    sites,
    of: (node) => follow(node, 0, new Set(), false),
    through: (node) => follow(node, 0, new Set(), true),
  }
}

/** What else a function is called that is imported under a name of one's own. */
function also(callee: SyntaxNode, names: Names): string[] {
  return [names.origin(callee.text, callee)]
}

export function isWithin(node: SyntaxNode, outer: SyntaxNode): boolean {
  for (let up: SyntaxNode | undefined = node; up; up = up.parent) if (up === outer) return true
  return false
}

import type {SyntaxNode} from '../../syntax/index.ts'
import {FUNCTIONS, lastName, walk} from './bindings.ts'

/** The arguments of a call, or what a row gives to a loop. */
export interface Arguments {
  positional: readonly SyntaxNode[]
  named: ReadonlyMap<string, SyntaxNode>
}

/** What is called. Where types are given, the grammars wrap it: `await a.get<T>(…)`, Go's `do[T](…)`. */
export function calleeOf(call: SyntaxNode): SyntaxNode | undefined {
  let callee = call.child('function') ?? call.child('constructor') ?? typedCallee(call)
  while (callee && WRAPS.test(callee.kind)) callee = callee.child('operand') ?? callee.children[0]
  return callee
}

const WRAPS =
  /^(?:await_expression|await|instantiation_expression|parenthesized_expression|non_null_expression|index_expression)$/

/** What stands in front of the last name of `a.b.c`. */
export function ownerOf(node: SyntaxNode): SyntaxNode | undefined {
  return node.child('object') ?? node.child('operand') ?? node.child('package')
}

/** The name a call goes by: `get` of `client.get(...)`. */
export function nameOf(call: SyntaxNode): string {
  const callee = calleeOf(call)
  return callee ? lastName(callee) : ''
}

/** The last name of what a call is a method of, or that of the call in its place. */
export function ownerName(call: SyntaxNode): string {
  const callee = calleeOf(call)
  const owner = callee && ownerOf(callee)
  return owner ? lastName(owner) || nameOf(owner) : ''
}

/** Go: `get[[]T](path)` reads as a conversion to a type of one argument. */
function typedCallee(call: SyntaxNode): SyntaxNode | undefined {
  const type = call.kind === 'type_conversion_expression' ? call.child('type') : undefined
  return type?.kind === 'generic_type' ? type.child('type') : undefined
}

export function argumentsOf(call: SyntaxNode): Arguments {
  const positional: SyntaxNode[] = []
  const named = new Map<string, SyntaxNode>()
  if (/^(?:object|dictionary)$/.test(call.kind)) return {positional: [call], named}
  const given = ROW.test(call.kind) ? call.children : call.child('arguments')?.children
  for (const arg of given ?? call.all('operand')) {
    const [key, value] = [arg.child('name'), arg.child('value')]
    if (arg.kind === 'keyword_argument' && key && value) named.set(key.text, value)
    else if (arg.kind !== 'comment') positional.push(arg)
  }
  return {positional, named}
}

/** A list that is written down. */
export const ROW = /^(?:array|list|tuple)$/

const CALLS = new Set(['call_expression', 'new_expression', 'call'])

/** All calls of a file, in its order. */
export function callsIn(root: SyntaxNode): SyntaxNode[] {
  const calls: SyntaxNode[] = []
  walk(root, (node) => {
    if (CALLS.has(node.kind) || typedCallee(node)) calls.push(node)
  })
  return calls
}

/** What a export function returnsOf. */
export function returnsOf(fn: SyntaxNode): SyntaxNode[] {
  const body = fn.child('body')
  if (!body) return []
  if (fn.kind === 'lambda' || (fn.kind === 'arrow_function' && body.kind !== 'statement_block')) return [body]
  const found: SyntaxNode[] = []
  const look = (node: SyntaxNode) => {
    if (node.kind === 'return_statement') {
      const [value] = node.children
      const first = value?.kind === 'expression_list' ? value.children[0] : value
      if (first) found.push(first)
    }
    for (const child of node.children) if (!FUNCTIONS.has(child.kind)) look(child)
  }
  look(body)
  return found
}

import type {SyntaxNode} from '../../syntax/index.ts'
import {FUNCTIONS, walk} from './bindings.ts'

/** The arguments of a call. */
export interface Arguments {
  positional: readonly SyntaxNode[]
  named: ReadonlyMap<string, SyntaxNode>
}

/** What is called. */
export function calleeOf(call: SyntaxNode): SyntaxNode | undefined {
  return call.child('function') ?? call.child('constructor')
}

export function argumentsOf(call: SyntaxNode): Arguments {
  const positional: SyntaxNode[] = []
  const named = new Map<string, SyntaxNode>()
  for (const arg of call.child('arguments')?.children ?? []) {
    const [key, value] = [arg.child('name'), arg.child('value')]
    if (arg.kind === 'keyword_argument' && key && value) named.set(key.text, value)
    else if (arg.kind !== 'comment') positional.push(arg)
  }
  return {positional, named}
}

/** All calls of a file, in its order. */
export function callsIn(root: SyntaxNode): SyntaxNode[] {
  const calls: SyntaxNode[] = []
  walk(root, (node) => {
    if (node.kind === 'call_expression' || node.kind === 'new_expression' || node.kind === 'call') calls.push(node)
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

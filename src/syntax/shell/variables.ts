import type {SyntaxNode} from '../tree.ts'

/** What a script does to its variables. */
export interface Variables {
  /** The one value that a variable ever gets, seen from a node; `undefined` where it has none, or several, or is read. */
  valueOf(name: string, seenFrom: SyntaxNode): SyntaxNode | undefined
  /** An array's parts where it is written down once and after that only added to. */
  arraysOf(name: string, seenFrom: SyntaxNode): readonly SyntaxNode[] | undefined
  /** Whether the script sets it at all. */
  isSet(name: string, seenFrom: SyntaxNode): boolean
}

const READERS = new Set(['read', 'mapfile', 'readarray', 'getopts', 'printf', 'unset', 'let'])
const LOCAL = new Set(['local', 'declare', 'typeset'])

/** Goes over the whole script once. A name that a function makes local is the function's own. */
export function variablesOf(root: SyntaxNode): Variables {
  const locals = new Map<SyntaxNode, Set<string>>()
  const writes = new Map<SyntaxNode | undefined, Map<string, (SyntaxNode | undefined)[]>>()

  const added = new Set<SyntaxNode>()

  const homeOf = (name: string, node: SyntaxNode): SyntaxNode | undefined => {
    for (let up = functionOf(node); up; up = functionOf(up)) if (locals.get(up)?.has(name)) return up
    return undefined
  }
  const write = (name: string, node: SyntaxNode, value: SyntaxNode | undefined) => {
    const home = homeOf(name, node)
    const names = writes.get(home) ?? new Map<string, (SyntaxNode | undefined)[]>()
    writes.set(home, names)
    names.set(name, [...(names.get(name) ?? []), value])
  }

  walk(root, (node) => {
    const home = functionOf(node)
    if (node.kind !== 'declaration_command' || !home || !LOCAL.has(node.tokens[0]?.kind ?? '')) return
    const names = locals.get(home) ?? new Set()
    locals.set(home, names)
    for (const child of node.children) {
      if (child.kind === 'variable_name') names.add(child.text)
      if (child.kind === 'variable_assignment') names.add(child.child('name')?.text ?? '')
    }
  })
  walk(root, (node) => {
    if (node.kind === 'variable_assignment') {
      // In front of a command it holds for that command alone.
      if (node.parent?.kind === 'command' && node.parent.child('name')) return
      const name = node.child('name')
      const plain = name?.kind === 'variable_name' && node.tokens.some(({kind}) => kind === '=')
      const variable = name?.kind === 'subscript' ? (name.child('name')?.text ?? '') : (name?.text ?? '')
      const value = node.child('value')
      // An addition counts as one more value, so that only `arraysOf` tells it.
      const adds = name?.kind === 'variable_name' && value?.kind === 'array'
      write(variable, node, plain ? (value ?? node) : adds ? value : undefined)
      if (adds && !plain) added.add(value)
    } else if (node.kind === 'for_statement') {
      const values = node.all('value')
      const only = values.length === 1 && values[0] && isPlain(values[0]) ? values[0] : undefined
      write(node.child('variable')?.text ?? '', node, only)
    } else if (node.kind === 'command' && READERS.has(node.child('name')?.text ?? '')) {
      for (const word of node.all('argument')) if (/^\w+$/.test(word.text)) write(word.text, node, undefined)
    } else if (node.kind === 'unset_command') {
      for (const word of node.children) write(word.text, node, undefined)
    } else if (node.kind === 'expansion' && node.child('operator')?.text.endsWith('=')) {
      write(node.children.find(({kind}) => kind === 'variable_name')?.text ?? '', node, undefined)
    }
  })

  const of = (name: string, node: SyntaxNode) => writes.get(homeOf(name, node))?.get(name) ?? []
  return {
    valueOf(name, node) {
      const values = of(name, node)
      const [only] = values
      return values.length === 1 && only && !added.has(only) ? only : undefined
    },
    arraysOf(name, node) {
      const arrays = of(name, node).flatMap((value) => (value?.kind === 'array' ? [value] : []))
      const written = arrays.filter((value) => !added.has(value))
      return arrays.length === of(name, node).length && written.length === 1 ? arrays : undefined
    },
    isSet: (name, node) => of(name, node).length > 0,
  }
}

/** The function around a node. */
export function functionOf(node: SyntaxNode): SyntaxNode | undefined {
  let up = node.parent
  while (up && up.kind !== 'function_definition') up = up.parent
  return up
}

const isPlain = ({text}: SyntaxNode) => !/[*?[\]{}$`]/.test(text)

function walk(node: SyntaxNode, visit: (node: SyntaxNode) => void): void {
  visit(node)
  for (const child of node.tokens) walk(child, visit)
}

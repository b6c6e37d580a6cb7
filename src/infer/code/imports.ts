import type {SyntaxNode} from '../../syntax/index.ts'
import {walk} from './bindings.ts'

/** A name that a file has from elsewhere. */
export interface Imported {
  /** What it is called here; `*` where all names of the module are. */
  local: string
  /** The module, as it is written. */
  from: string
  /** What the module calls it; `*` for the module as a whole. */
  name: string
  /** Only for the checker of types. */
  isType: boolean
  at: SyntaxNode
}

/** What a file imports, and what it hands on of others. */
export function importsOf(root: SyntaxNode): Imported[] {
  const found: Imported[] = []
  walk(root, (node) => {
    const read = READERS[node.kind]
    if (read) for (const one of read(node)) found.push({isType: false, at: node, ...one})
  })
  return found
}

type Read = Pick<Imported, 'local' | 'from' | 'name'> & Partial<Imported>

const READERS: Partial<Record<string, (node: SyntaxNode) => Read[]>> = {
  import_spec(node) {
    const from = unquoted(node.child('path'))
    return [{local: node.child('name')?.text ?? goName(from), from, name: '*'}]
  },
  import_from_statement(node) {
    const from = node.child('module_name')?.text ?? ''
    if (node.children.some(({kind}) => kind === 'wildcard_import')) return [{local: '*', from, name: '*'}]
    return node.all('name').map((each) => {
      const name = (each.child('name') ?? each).text
      return {local: each.child('alias')?.text ?? name, from, name}
    })
  },
  import_statement(node) {
    const source = node.child('source')
    if (!source) {
      return node.all('name').map((each) => {
        const from = (each.child('name') ?? each).text
        return {local: each.child('alias')?.text ?? from.split('.').at(-1) ?? from, from, name: '*'}
      })
    }
    const from = unquoted(source)
    const isType = node.tokens.some(({kind}) => kind === 'type')
    const clause = node.children.find(({kind}) => kind === 'import_clause')
    const names = (clause?.children ?? []).flatMap((part): Read[] => {
      if (part.kind === 'identifier') return [{local: part.text, from, name: 'default'}]
      if (part.kind === 'namespace_import') return [{local: part.children[0]?.text ?? '', from, name: '*'}]
      return specifiers(part, from)
    })
    return (names.length > 0 ? names : [{local: '', from, name: '*'}]).map((each) => ({isType, ...each}))
  },
  export_statement(node) {
    const source = node.child('source')
    if (!source) return []
    const from = unquoted(source)
    const clause = node.children.find(({kind}) => kind === 'export_clause')
    return clause ? specifiers(clause, from) : [{local: '*', from, name: '*'}]
  },
  call_expression(node) {
    if (!/^(?:require|import)$/.test(node.child('function')?.text ?? '')) return []
    const from = unquoted(node.child('arguments')?.children[0])
    let holder = node.parent
    while (holder && /^(?:await_expression|parenthesized_expression)$/.test(holder.kind)) holder = holder.parent
    const pattern = holder?.kind === 'variable_declarator' ? holder.child('name') : undefined
    if (pattern?.kind !== 'object_pattern') return [{local: pattern?.text ?? '', from, name: '*'}]
    return pattern.children.map((part) => {
      const name = (part.child('key') ?? part).text
      return {local: part.child('value')?.text ?? name, from, name}
    })
  },
}

function specifiers(clause: SyntaxNode, from: string): Read[] {
  return clause.children.map((part) => {
    const name = (part.child('name') ?? part).text
    const isType = part.tokens.some(({kind}) => kind === 'type')
    return {local: part.child('alias')?.text ?? name, from, name, ...(isType && {isType})}
  })
}

/** The name of a package of Go's by its path: its last part, or the one before a version. */
function goName(path: string): string {
  const parts = path.split('/').filter((part) => !/^v\d+$/.test(part))
  return (parts.at(-1) ?? path).replace(/^go-|[.-]go$|\.v\d+$/g, '')
}

function unquoted(node: SyntaxNode | undefined): string {
  return (node?.text ?? '').replace(/^["'`]|["'`]$/g, '')
}

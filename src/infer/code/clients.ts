import type {SyntaxNode} from '../../syntax/index.ts'
import {operationNamed} from '../operations.ts'
import {lastName, walk} from './bindings.ts'
import {calleeOf, nameOf, ownerOf} from './calls.ts'
import type {Program} from './program.ts'
import {sdkNamed, type SdkKind} from './sdks.ts'

/** What makes a client, by its name: `NewClient`, `giteaApi`, `RepositoryApi`. */
const MAKES = /^[A-Z]|api|client|create|connect|^new/i
/** What SDKs call the types of their clients. */
const CLIENT_TYPES = /Client$|Api|^(?:gitea|forgejo)$/i
/** Kinds of nodes that say what a name's type is. */
const TYPED =
  /^(?:parameter_declaration|field_declaration|var_spec|required_parameter|optional_parameter|typed_parameter|typed_default_parameter|public_field_definition|variable_declarator|assignment|property_signature)$/
const TYPE_NAMES = /^(?:type_identifier|package_identifier|identifier|namespace_identifier)$/

/** Tells which expressions of a program are clients of an SDK: by what made them, or by the type that they are declared with. */
export function clientsOf({units, names, origins}: Program): (node: SyntaxNode) => SdkKind | undefined {
  const types = new Map<string, SyntaxNode[]>()
  const results = new Map<string, SyntaxNode[]>()
  const aliases = new Map<string, SyntaxNode[]>()
  for (const {root} of units) {
    walk(root, (node) => {
      const type = node.child('type') ?? node.children.find(({kind}) => kind === 'type_annotation' || kind === 'type')
      if (TYPED.test(node.kind) && type) for (const name of namesIn(node)) push(types, name, type)
      const result = node.child('result') ?? node.child('return_type')
      const name = node.child('name')?.text
      if (result && name) push(results, name, result)
      if (node.kind === 'type_alias_declaration' && name) push(aliases, name, node.child('value') ?? node)
      if (node.kind === 'type_spec' && name) for (const embedded of embeddedIn(node)) push(aliases, name, embedded)
    })
  }

  const moduleOf = (name: SyntaxNode): SdkKind | undefined => {
    const found = names.imported(name.text, name)
    return found && sdkNamed(names.unit(name).source.language, found.from)
  }
  const ofType = (type: SyntaxNode, depth = 0): SdkKind | undefined => {
    const used: SyntaxNode[] = []
    walk(type, (node) => {
      if (TYPE_NAMES.test(node.kind)) used.push(node)
    })
    // An SDK has types of much else.
    const isClient = (name: SyntaxNode) =>
      CLIENT_TYPES.test(name.parent?.child('name')?.text ?? names.origin(name.text, name))
    const behind = depth < 4 ? used.flatMap((name) => aliases.get(name.text) ?? []) : []
    const own = used.filter(isClient).map(moduleOf).find(Boolean)
    return own ?? behind.map((alias) => ofType(alias, depth + 1)).find(Boolean)
  }
  const made = (call: SyntaxNode): SdkKind | undefined => {
    const name = nameOf(call)
    if (!MAKES.test(name)) return undefined
    let first = calleeOf(call)
    while (first && ownerOf(first)) first = ownerOf(first)
    const kind = first && moduleOf(first)
    if (kind) return kind === 'operations' && first !== calleeOf(call) && isOperation(name) ? undefined : kind
    return results
      .get(name)
      ?.map((type) => ofType(type))
      .find(Boolean)
  }

  /** A field may be declared in any file that is imported, a variable only where it stands. */
  const typesOf = (node: SyntaxNode): SyntaxNode[] =>
    (types.get(lastName(node)) ?? []).filter((type) =>
      node.kind === 'identifier' ? names.unit(type) === names.unit(node) : names.sees(node, type),
    )
  const known = new Map<SyntaxNode, SdkKind | undefined>()
  const kindOf = (node: SyntaxNode): SdkKind | undefined => {
    if (known.has(node)) return known.get(node)
    known.set(node, undefined)
    const found =
      origins
        .of(node)
        .map((origin) => (calleeOf(origin) ? made(origin) : undefined))
        .find(Boolean) ??
      typesOf(node)
        .map((type) => ofType(type))
        .find(Boolean) ??
      groupOf(node)
    known.set(node, found)
    return found
  }
  /** `api.repos` is of the client's kind, and so is what is taken out of it. */
  const groupOf = (node: SyntaxNode): SdkKind | undefined => {
    const owner = ownerOf(node)
    if (owner && !calleeOf(node)) return kindOf(owner)
    if (node.kind !== 'identifier') return undefined
    return names
      .of(node.text, node)
      .map(({whole}) => whole && kindOf(whole))
      .find(Boolean)
  }
  return kindOf
}

function isOperation(name: string): boolean {
  return operationNamed(name) !== undefined
}

function namesIn(node: SyntaxNode): string[] {
  const named = node.all('name').map((each) => each.text)
  const [first] = node.children
  const pattern = node.child('pattern') ?? node.child('left') ?? (named.length === 0 ? first : undefined)
  return [...named, ...(pattern ? [lastName(pattern) || pattern.text] : [])]
}

/** Go: the types whose methods a struct has as its own. */
function embeddedIn(spec: SyntaxNode): SyntaxNode[] {
  const found: SyntaxNode[] = []
  walk(spec, (node) => {
    const type = node.child('type')
    if (node.kind === 'field_declaration' && type && !node.child('name')) found.push(type)
  })
  return found
}

function push(map: Map<string, SyntaxNode[]>, key: string, value: SyntaxNode): void {
  map.set(key, [...(map.get(key) ?? []), value])
}

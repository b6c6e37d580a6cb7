import type {SyntaxNode} from '../../syntax/index.ts'

/** One value that a name gets. */
export interface Binding {
  /** What it is set to; `undefined` where that cannot be told: a loop's variable, one of several results. */
  value: SyntaxNode | undefined
  /** Of a name that is taken out of an object: the object. */
  whole?: SyntaxNode
  /** Of a loop's variable: what it goes over. */
  each?: SyntaxNode
  /** Of a function's parameter: the function, the parameter's place among its kind, and its default. */
  param?: {of: SyntaxNode; name: string; member?: string; fallback: SyntaxNode | undefined}
  /** Of a parameter that takes all that is given from there on: the function, and its name. */
  rest?: {of: SyntaxNode; name: string}
  /** `+=`: behind what the name has already. */
  appends: boolean
  /** Whether it stands among the statements of its function itself, not in a branch or loop. */
  straight: boolean
  from: number
  scope: SyntaxNode
}

/** A function of the file, or a loop over rows. */
export interface Callable {
  node: SyntaxNode
  name: string | undefined
  /** Names in order; of a destructured parameter its number. */
  params: readonly {name: string; fallback: SyntaxNode | undefined}[]
}

/** The names of one file and what they are set to. */
export interface Bindings {
  /** What a name may be where it stands: the last plain assignment before it, or else all of them. */
  of(name: string, at: SyntaxNode): readonly Binding[]
  /** What a name of the file itself, or of a module's default, is. */
  exported(name: string): readonly Binding[]
  /** What a field of an object may be, whoever's it is. */
  member(name: string): readonly Binding[]
  functions(name: string): readonly Callable[]
  callable(fn: SyntaxNode): Callable | undefined
}

export const FUNCTIONS: ReadonlySet<string> = new Set([
  'function_declaration',
  'function_expression',
  'generator_function_declaration',
  'generator_function',
  'method_definition',
  'arrow_function',
  'function_definition',
  'lambda',
  'method_declaration',
  'func_literal',
])
const BLOCKS = new Set(['statement_block', 'block', 'for_statement', 'for_in_statement', 'if_statement', 'case_clause'])

/** Reads all assignments of a file. */
export function bindingsOf(root: SyntaxNode, python: boolean): Bindings {
  const scopes = new Map<SyntaxNode, Map<string, Binding[]>>()
  const members = new Map<string, Binding[]>()
  const functions = new Map<string, Callable[]>()
  const callables = new Map<SyntaxNode, Callable>()

  const isScope = (node: SyntaxNode) => FUNCTIONS.has(node.kind) || (!python && BLOCKS.has(node.kind)) || node === root
  const scopeOf = (node: SyntaxNode): SyntaxNode => {
    let up = node.parent
    while (up && !isScope(up)) up = up.parent
    return up ?? root
  }
  const homeOf = (name: string, node: SyntaxNode): SyntaxNode => {
    for (let scope = scopeOf(node); ; scope = scopeOf(scope)) {
      if (scope === root || scopes.get(scope)?.has(name)) return scope
    }
  }
  const add = (scope: SyntaxNode, name: string, node: SyntaxNode, rest: Partial<Binding>) => {
    const names = scopes.get(scope) ?? new Map<string, Binding[]>()
    scopes.set(scope, names)
    const binding = {
      value: undefined,
      appends: false,
      straight: isStraight(node, scope),
      from: node.from,
      scope,
      ...rest,
    }
    pushTo(names, name, binding)
  }
  const addMember = (name: string, node: SyntaxNode, value: SyntaxNode | undefined) => {
    const binding = {value, appends: false, straight: false, from: node.from, scope: root}
    pushTo(members, name, binding)
  }
  /** One target of an assignment: a name, a field, or a pattern of names. */
  const assign = (
    target: SyntaxNode,
    value: SyntaxNode | undefined,
    node: SyntaxNode,
    how: 'declares' | 'sets' | 'appends',
  ) => {
    const appends = how === 'appends'
    if (target.kind === 'identifier') {
      const scope = how === 'declares' || python ? scopeOf(node) : homeOf(target.text, node)
      if (python && scope.kind !== 'module' && !FUNCTIONS.has(scope.kind)) return
      if (python && classAround(node) === node.parent?.parent?.parent) addMember(target.text, node, value)
      add(scope, target.text, node, {value, appends})
    } else if (
      target.kind === 'member_expression' ||
      target.kind === 'attribute' ||
      target.kind === 'selector_expression'
    ) {
      const name = lastName(target)
      if (!appends) addMember(name, node, value)
    } else {
      for (const name of namesIn(target))
        add(how === 'declares' ? scopeOf(node) : homeOf(name, node), name, node, {...(value && {whole: value})})
    }
  }

  /** A loop's variable; over a list that is written down it is each of its elements. */
  const loop = (target: SyntaxNode, node: SyntaxNode) => {
    const list = node.child('right')
    const elements = /^(?:array|list|tuple)$/.test(list?.kind ?? '') ? (list?.children ?? []) : []
    if (/^(?:array|object|tuple)_pattern$|^pattern_list$/.test(target.kind)) {
      // Each row of its list is to it what a call is to a function: what goes together stays together.
      const parts = target.kind === 'object_pattern' ? [target] : target.children
      const params = paramsOf(node, parts, (name, rest) => add(scopeOf(node), name, node, rest))
      callables.set(node, {node, name: undefined, params})
    } else if (target.kind !== 'identifier') assign(target, undefined, node, 'declares')
    else if (elements.length === 0) add(scopeOf(node), target.text, node, {straight: false, ...(list && {each: list})})
    else for (const value of elements) add(scopeOf(node), target.text, node, {value, straight: false})
  }

  const passes: ((node: SyntaxNode) => void)[] = [
    (node) => {
      if (FUNCTIONS.has(node.kind)) {
        const callable = callableOf(node, (name, rest) => add(node, name, node, rest))
        callables.set(node, callable)
        if (callable.name) pushTo(functions, callable.name, callable)
        // A constructor's parameter with `private` or `readonly` is a field.
        for (const param of node.child('parameters')?.children ?? []) {
          const pattern = param.child('pattern')
          if (pattern && param.tokens.some(({kind}) => kind === 'accessibility_modifier' || kind === 'readonly')) {
            addMember(pattern.text, param, pattern)
          }
        }
        return
      }
      switch (node.kind) {
        case 'variable_declarator':
        case 'const_spec':
        case 'var_spec':
        case 'short_var_declaration': {
          const left = node.child('left')?.children ?? node.all('name').filter(({named}) => named)
          const right = node.child('right')?.children ?? listed(node.child('value'))
          for (const [i, target] of left.entries()) {
            assign(
              target,
              left.length === 1 || right.length === left.length ? right[i] : i === 0 ? right[0] : undefined,
              node,
              'declares',
            )
          }
          return
        }
        case 'public_field_definition':
        case 'field_definition':
          addMember((node.child('name') ?? node.child('property'))?.text ?? '', node, node.child('value'))
          return
        case 'for_in_statement':
        case 'range_clause':
        case 'catch_clause':
        case 'for_in_clause': {
          const target = node.child('left') ?? node.child('parameter')
          if (target) loop(target, node)
          return
        }
        case 'for_statement': {
          const left = node.child('left')
          if (python && left) loop(left, node)
          return
        }
        case 'export_statement': {
          const value = node.child('value')
          if (value) add(root, 'default', node, {value})
          return
        }
        case 'as_pattern_target':
          if (node.children[0]) assign(node.children[0], node.parent?.children[0], node, 'declares')
          return
        case 'keyed_element': {
          const [key, value] = [node.child('key') ?? node.children[0], node.child('value') ?? node.children[1]]
          const inner = value?.kind === 'literal_element' ? value.children[0] : value
          if (key && /^\w+$/.test(key.text)) addMember(key.text, node, inner)
          return
        }
      }
    },
    (node) => {
      const [left, right] = [node.child('left'), node.child('right')]
      if (!left) return
      const handedOut = /^(?:module\.)?exports(?:\.(\w+))?$/.exec(left.text)
      if (handedOut && right) add(root, handedOut[1] ?? 'default', node, {value: right})
      if (node.kind === 'assignment_expression' || node.kind === 'assignment') assign(left, right, node, 'sets')
      if (node.kind === 'augmented_assignment_expression' || node.kind === 'augmented_assignment') {
        assign(left, right, node, 'appends')
      }
      if (node.kind === 'assignment_statement') {
        const appends = node.tokens.some(({kind}) => kind === '+=')
        const values = listed(right)
        for (const [i, target] of left.children.entries()) {
          const value = values.length === left.children.length ? values[i] : i === 0 ? values[0] : undefined
          assign(target, value, node, appends ? 'appends' : 'sets')
        }
      }
    },
  ]
  for (const pass of passes) walk(root, pass)

  return {
    functions: (name) => functions.get(name) ?? [],
    exported: (name) => fewOf(scopes.get(root)?.get(name)),
    member: (name) => fewOf(members.get(name)),
    callable: (fn) => callables.get(fn),
    of(name, at) {
      const all = scopes.get(homeOf(name, at))?.get(name) ?? []
      return lastBefore(all, at) ?? fewOf(all)
    },
  }
}

/** A name with more values than this may be anything: then none is told. */
const MOST = 16

function fewOf(all: readonly Binding[] | undefined): readonly Binding[] {
  return all && all.length <= MOST ? all : []
}

function pushTo<V>(map: Map<string, V[]>, key: string, value: V): void {
  const list = map.get(key)
  if (list) list.push(value)
  else map.set(key, [value])
}

/** Where all assignments follow one another, the last one before a place; what is appended to it comes along. */
function lastBefore(all: readonly Binding[], at: SyntaxNode): Binding[] | undefined {
  if (all.length < 2 || all.length > 500 || !all.every(({straight}) => straight)) return undefined
  // A function that uses a name from outside runs at some other time.
  for (let up = at.parent; up && up !== all[0]?.scope; up = up.parent) if (FUNCTIONS.has(up.kind)) return undefined
  const before = all.filter(({from}) => from < at.from)
  const last = before.findLastIndex(({appends}) => !appends)
  return last < 0 ? undefined : before.slice(last)
}

function isStraight(node: SyntaxNode, scope: SyntaxNode): boolean {
  if (node === scope) return true
  let up = node.parent
  while (up && WRAPPERS.has(up.kind) && up !== scope) up = up.parent
  return (
    up === scope ||
    (up?.kind === 'block' && up.parent === scope) ||
    (up?.kind === 'statement_block' && up.parent === scope)
  )
}
const WRAPPERS = new Set([
  'expression_statement',
  'lexical_declaration',
  'variable_declaration',
  'var_declaration',
  'const_declaration',
  'export_statement',
  'statement_list',
])

function classAround(node: SyntaxNode): SyntaxNode | undefined {
  let up = node.parent
  while (up && up.kind !== 'class_definition' && !FUNCTIONS.has(up.kind)) up = up.parent
  return up?.kind === 'class_definition' ? up : undefined
}

function listed(node: SyntaxNode | undefined): readonly SyntaxNode[] {
  if (!node) return []
  return node.kind === 'expression_list' ? node.children : [node]
}

function namesIn(pattern: SyntaxNode): string[] {
  if (pattern.kind === 'identifier' || pattern.kind === 'shorthand_property_identifier_pattern') return [pattern.text]
  if (pattern.kind === 'pair_pattern') return pattern.child('value') ? namesIn(pattern.children.at(-1) ?? pattern) : []
  if (pattern.kind === 'member_expression' || pattern.kind === 'subscript_expression') return []
  return pattern.children.flatMap((child) => (child.field === 'right' ? [] : namesIn(child)))
}

/** The last name of `a.b.c`; `undefined` of what has none. */
export function lastName(node: SyntaxNode): string {
  const name =
    node.child('property') ??
    node.child('attribute') ??
    node.child('field') ??
    (node.kind === 'qualified_type' ? node.child('name') : undefined)
  if (name) return name.text
  if (/^(?:non_null|parenthesized|as|satisfies|await|instantiation)_expression$|^await$/.test(node.kind))
    return lastName(node.children[0] ?? node)
  return node.kind === 'identifier' || node.kind === 'type_identifier' ? node.text : ''
}

type AddParam = (name: string, rest: Partial<Binding>) => void

function callableOf(node: SyntaxNode, add: AddParam): Callable {
  const single = node.child('parameter')
  const all = single ? [single] : (node.child('parameters')?.children ?? [])
  return {node, name: nameOf(node), params: paramsOf(node, all, add)}
}

function paramsOf(node: SyntaxNode, all: readonly SyntaxNode[], add: AddParam): Callable['params'] {
  const params: {name: string; fallback: SyntaxNode | undefined}[] = []
  for (const param of all) {
    if (param.kind === 'comment') continue
    const fallback = param.child('value')
    const pattern = param.child('pattern') ?? (param.kind === 'assignment_pattern' ? param.child('left') : undefined)
    const named = param.all('name').filter(({kind}) => kind === 'identifier')
    const names =
      named.length > 0 ? named : [pattern ?? (param.kind === 'typed_parameter' ? (param.children[0] ?? param) : param)]
    for (const name of names) {
      if (name.kind === 'object_pattern') {
        const place = `#${params.length}`
        params.push({name: place, fallback: undefined})
        for (const part of name.children) {
          const inner = part.kind === 'object_assignment_pattern' ? part.child('left') : part
          const member = part.kind === 'pair_pattern' ? part.child('key')?.text : inner?.text
          const local = part.kind === 'pair_pattern' ? part.child('value')?.text : inner?.text
          if (!member || !local || part.kind === 'rest_pattern') continue
          add(local, {param: {of: node, name: place, member, fallback: part.child('right')}})
        }
        continue
      }
      if (name.kind !== 'identifier') {
        const rest = /^(?:rest_pattern|list_splat_pattern)$/.test(name.kind) ? name.children[0]?.text : undefined
        params.push({name: rest ?? `#${params.length}`, fallback: undefined})
        if (rest !== undefined) add(rest, {rest: {of: node, name: rest}})
        continue
      }
      // Whoever calls a method of Python names its object in front.
      if (params.length === 0 && node.kind === 'function_definition' && /^(self|cls)$/.test(name.text)) continue
      const own = fallback ?? param.child('right')
      params.push({name: name.text, fallback: own})
      add(name.text, {param: {of: node, name: name.text, fallback: own}})
    }
  }
  return params
}

function nameOf(fn: SyntaxNode): string | undefined {
  const name = fn.child('name')?.text
  // A class is called by its own name.
  if (name === 'constructor' || name === '__init__') return fn.parent?.parent?.child('name')?.text
  if (name) return name
  const {parent} = fn
  const holder = parent?.child('name') ?? parent?.child('key') ?? parent?.child('property')
  if (holder) return holder.text
  const left = parent?.kind === 'expression_list' ? parent.parent?.child('left')?.children[0] : parent?.child('left')
  return left && lastName(left)
}

export function walk(node: SyntaxNode, visit: (node: SyntaxNode) => void): void {
  visit(node)
  for (const child of node.children) walk(child, visit)
}

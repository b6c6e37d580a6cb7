import type {SyntaxNode} from '../../syntax/index.ts'
import {lastName, type Binding} from './bindings.ts'
import {argumentsOf, calleeOf, returnsOf, type Arguments} from './calls.ts'
import type {Names} from './linked.ts'
import {distinct, isShort, joined, under, unescaped, withoutSlash, type Value} from './value.ts'

/** More alternatives than this are one hole. */
const MOST = 8
/** Expressions within expressions. */
const DEEPEST = 120

/** What joins paths in the languages' own libraries. */
const PATHS = /^(?:path|posixpath|os\.path)(?:\.posix)?$/

/** Tells what the expressions of a program may be. */
export interface Values {
  of(node: SyntaxNode): Value[]
  /** A value with a function's parameters replaced by what a call gives for them. */
  given(value: Value, fn: SyntaxNode, args: Arguments): Value[]
  /** The object or dictionary literal that an expression stands for. */
  object(node: SyntaxNode | undefined): SyntaxNode | undefined
  /** What a key of an object is set to. `'unknown'` where it may come out of something spread into it. */
  property(object: SyntaxNode, key: string, depth?: number): SyntaxNode | 'unknown' | undefined
}

export function valuesOf(names: Names): Values {
  const open = new Set<SyntaxNode>()
  const known = new Map<SyntaxNode, Value[]>()

  const hole = (node: SyntaxNode, name = node.text.slice(0, 60)): Value => ({parts: [{name}], literals: []})
  const plain = (literal: string): Value => ({parts: [literal], literals: []})

  /** Every way of putting one alternative of each together. */
  const concat = (node: SyntaxNode, lists: readonly (readonly Value[])[]): Value[] => {
    const all = lists.reduce<Value[]>(
      (sums, list) => {
        const next = sums.flatMap((sum) => list.map((value) => joined([sum, value])))
        return next.length > MOST ? sums.map((sum) => joined([sum, hole(node)])) : next
      },
      [{parts: [], literals: []}],
    )
    return all
  }

  /** Evaluations that were cut short because something is made of itself. */
  let cuts = 0
  const of = (node: SyntaxNode): Value[] => {
    const found = known.get(node)
    if (found) return found
    if (open.has(node) || open.size > DEEPEST) {
      cuts++
      return [hole(node)]
    }
    const before = cuts
    open.add(node)
    try {
      const all = read(node)
      const fits = all.length > 0 && all.length <= MOST && all.every(isShort)
      const result = fits ? all : [hole(node)]
      if (cuts === before || open.size === 1) known.set(node, result)
      return result
    } finally {
      open.delete(node)
    }
  }

  const read = (node: SyntaxNode): Value[] => {
    switch (node.kind) {
      case 'string':
      case 'template_string':
      case 'interpreted_string_literal':
      case 'raw_string_literal':
        return string(node)
      case 'concatenated_string':
        return concat(node, node.children.map(of))
      case 'binary_expression':
      case 'binary_operator':
      case 'boolean_operator':
        return binary(node)
      case 'ternary_expression':
        return [node.child('consequence'), node.child('alternative')].flatMap((part) => (part ? of(part) : []))
      case 'conditional_expression':
        return [node.children[0], node.children[2]].flatMap((part) => (part ? of(part) : []))
      case 'parenthesized_expression':
      case 'as_expression':
      case 'satisfies_expression':
      case 'non_null_expression':
      case 'await_expression':
      case 'await':
      case 'literal_element':
        return node.children[0] ? of(node.children[0]) : [hole(node)]
      case 'identifier':
      case 'shorthand_property_identifier':
        return name(node, names.of(node.text, node))
      case 'member_expression':
      case 'attribute':
      case 'selector_expression':
        return field(node)
      case 'subscript_expression':
      case 'subscript': {
        const key = (node.child('index') ?? node.child('subscript'))?.children.find(({kind}) =>
          /^string_(fragment|content)$/.test(kind),
        )
        const object = values.object(node.child('object') ?? node.child('value'))
        const value = object && key && values.property(object, key.text)
        return value && value !== 'unknown' ? of(value) : [hole(node, key?.text)]
      }
      case 'call_expression':
      case 'new_expression':
      case 'call':
        return call(node)
      default:
        return [hole(node)]
    }
  }

  const string = (node: SyntaxNode): Value[] => {
    const start = node.children.find(({kind}) => kind === 'string_start')?.text.toLowerCase() ?? ''
    const raw = node.kind === 'raw_string_literal' || /r/.test(start)
    const parts = node.children.map((child): Value[] => {
      if (child.kind === 'template_substitution') return child.children[0] ? of(child.children[0]) : [hole(child)]
      if (child.kind === 'interpolation') {
        const inner = child.child('expression') ?? child.children[0]
        return inner ? of(inner) : [hole(child)]
      }
      if (child.kind === 'escape_sequence') return [plain(unescaped(child.text))]
      if (!/_(fragment|content)$/.test(child.kind)) return [plain('')]
      return [
        plain(
          raw
            ? child.text
            : child.text
                .replaceAll(/\\(?:u[\da-fA-F]{4}|[^])/g, unescaped)
                .replaceAll(/\{\{|\}\}/g, (brace) => (start.includes('f') ? brace.slice(1) : brace)),
        ),
      ]
    })
    return concat(node, parts).map((value) => ({...value, literals: [node, ...value.literals]}))
  }

  const binary = (node: SyntaxNode): Value[] => {
    const [left, right] = [node.child('left'), node.child('right')]
    const operator = node.child('operator')?.text ?? node.tokens.find(({named}) => !named)?.text
    if (!left || !right) return [hole(node)]
    if (operator === '+') return concat(node, [of(left), of(right)])
    if (operator === '%') {
      return of(left).flatMap((format) => formatted(node, format, right.kind === 'tuple' ? right.children : [right]))
    }
    if (operator === '??' || operator === '||' || operator === 'or') {
      const first = of(left)
      return first.some((value) => value.parts.some((part) => typeof part === 'string')) ? first : of(right)
    }
    return [hole(node)]
  }

  /** `%s` and its like, each with its argument. */
  const formatted = (node: SyntaxNode, format: Value, args: readonly SyntaxNode[]): Value[] => {
    let next = 0
    const lists = format.parts.flatMap((part): Value[][] => {
      if (typeof part !== 'string') return [[{parts: [part], literals: []}]]
      return part.split(/(%%|%(?:\(\w+\))?[-+#0-9.]*[a-zA-Z])/).map((piece): Value[] => {
        if (piece === '%%') return [plain('%')]
        if (!/^%./.test(piece)) return [plain(piece)]
        const arg = args[next++]
        return arg ? of(arg) : [hole(node, piece)]
      })
    })
    return concat(node, lists).map((value) => ({...value, literals: [...format.literals, ...value.literals]}))
  }

  /** Python's `'{}/{name}'.format(...)`. */
  const braces = (node: SyntaxNode, format: Value, {positional, named}: Arguments): Value[] => {
    let next = 0
    const lists = format.parts.flatMap((part): Value[][] => {
      if (typeof part !== 'string') return [[{parts: [part], literals: []}]]
      return part.split(/(\{\w*(?:[!:][^}]*)?\})/).map((piece): Value[] => {
        const key = /^\{(\w*)/.exec(piece)?.[1]
        if (key === undefined) return [plain(piece)]
        const arg = /^\d*$/.test(key) ? positional[key === '' ? next++ : Number(key)] : named.get(key)
        return arg ? of(arg) : [hole(node, key || piece)]
      })
    })
    return concat(node, lists).map((value) => ({...value, literals: [...format.literals, ...value.literals]}))
  }

  const name = (node: SyntaxNode, found: readonly Binding[]): Value[] => {
    const straight = found.every((binding) => binding.straight)
    let all: Value[] = []
    for (const {value, param, appends} of found) {
      const own = param
        ? [{parts: [{name: node.text, param}], literals: []}]
        : (value ? of(value) : [hole(node)]).map((one) => renamed(one, node.text))
      const longer = appends ? concat(node, [all.length > 0 ? all : [hole(node)], own]) : own
      // What is appended in a branch only may be missing.
      all = appends && straight ? longer : [...all, ...longer]
    }
    return distinct(all.length > 0 ? all : [hole(node)])
  }

  /** A hole is named after what holds it rather than after the expression that made it. */
  const renamed = (value: Value, by: string): Value => {
    const [only] = value.parts
    if (
      value.parts.length !== 1 ||
      only === undefined ||
      typeof only === 'string' ||
      only.param ||
      /^\w+$/.test(only.name)
    )
      return value
    return {...value, parts: [{...only, name: by}]}
  }

  const field = (node: SyntaxNode): Value[] => {
    const key = lastName(node)
    const owner = node.child('object') ?? node.child('operand')
    const verb = /^Method(Get|Head|Post|Put|Patch|Delete|Options)$/.exec(key)
    if (verb?.[1] && owner?.text === 'http') return [plain(verb[1].toUpperCase())]
    if (/^(href|String)$/.test(key) && owner) return of(owner)
    const object = values.object(owner)
    const value = object && values.property(object, key)
    if (value && value !== 'unknown') return of(value)
    const qualified = owner ? names.qualified(owner, key) : []
    if (qualified.length > 0) return name(node, qualified)
    if (owner?.kind === 'identifier') {
      const [binding, more] = names.of(owner.text, owner)
      if (binding?.param && !more && !/^(this|self|cls)$/.test(owner.text)) {
        const {of: fn, name: param} = binding.param
        if (names.member(key, node).length === 0)
          return [{parts: [{name: node.text, param: {of: fn, name: param, member: key}}], literals: []}]
      }
    }
    const found = names.member(key, node)
    const alternatives = distinct(found.flatMap((member) => (member.value ? of(member.value) : [])))
    return alternatives.length > 0 ? alternatives.map((v) => renamed(v, key)) : [hole(node, key)]
  }

  const call = (node: SyntaxNode): Value[] => {
    const callee = calleeOf(node)
    const args = argumentsOf(node)
    const [first, second] = args.positional
    const key = callee ? lastName(callee) : ''
    const owner = callee && (callee.child('object') ?? callee.child('operand'))
    switch (key) {
      case 'Sprintf':
        return first ? of(first).flatMap((format) => formatted(node, format, args.positional.slice(1))) : [hole(node)]
      case 'format':
        return owner ? of(owner).flatMap((format) => braces(node, format, args)) : [hole(node)]
      case 'encodeURIComponent':
      case 'encodeURI':
      case 'PathEscape':
      case 'QueryEscape':
      case 'quote':
      case 'quote_plus':
      case 'ToUpper':
      case 'TrimLeft':
      case 'TrimPrefix':
      case 'str':
      case 'Itoa':
        return first ? of(first) : [hole(node)]
      case 'Parse':
        return owner?.text === 'url' && first ? of(first) : [hole(node)]
      case 'toString':
      case 'String':
      case 'trim':
      case 'strip':
      case 'lstrip':
      case 'upper':
      case 'lower':
      case 'toUpperCase':
      case 'toLowerCase':
        return owner ? of(owner) : [hole(node)]
      case 'rstrip':
      case 'replace':
        return owner ? of(owner).map(withoutSlash) : [hole(node)]
      case 'TrimRight':
      case 'TrimSuffix':
        return first ? of(first).map(withoutSlash) : [hole(node)]
      case 'get':
      case 'getenv':
      case 'Getenv':
        if (key !== 'get' || /environ$/.test(owner?.text ?? '')) {
          return second
            ? of(second)
            : [hole(node, first?.children.find(({kind}) => /_(fragment|content)$/.test(kind))?.text)]
        }
        break
      case 'URL':
      case 'urljoin':
      case 'JoinPath': {
        const inOrder =
          key === 'URL'
            ? [second, first]
            : key === 'JoinPath' && owner && owner.text !== 'url'
              ? [owner, ...args.positional]
              : args.positional
        const given = inOrder.filter((part) => part !== undefined)
        if (key === 'URL' && !second) return first ? of(first) : [hole(node)]
        return given
          .map(of)
          .reduce((bases, paths) => bases.flatMap((base) => paths.map((path) => under(base, path, key !== 'JoinPath'))))
      }
      case 'Join':
      case 'join': {
        if (owner && PATHS.test(owner.text) && first) {
          return args.positional
            .map(of)
            .reduce((bases, paths) => bases.flatMap((base) => paths.map((path) => under(base, path, false))))
        }
        // `parts.join('/')`, `'/'.join(parts)`, `strings.Join(parts, "/")`.
        const [list, by] = owner?.text === 'strings' ? [first, second] : restOf(owner) ? [owner, first] : [first, owner]
        const rest = restOf(list)
        if (rest && by)
          return of(by).map((each) => ({parts: [{name: rest.name, param: {...rest, joined: each}}], literals: []}))
        if (owner?.kind === 'array' && first) {
          return concat(
            node,
            owner.children.flatMap((part, i) => (i === 0 ? [of(part)] : [of(first), of(part)])),
          )
        }
        break
      }
    }
    // A function of the file that makes a text of its arguments.
    const [fn, another] = names.functions(key, node)
    if (!fn || another) return [hole(node)]
    const results = returnsOf(fn.node).flatMap(of)
    const made = results.filter(({parts}) => parts.some((part) => typeof part === 'string'))
    return made.length === 0 ? [hole(node)] : distinct(made.flatMap((value) => given(value, fn.node, args)))
  }

  /** The parameter that a name is, where that takes all that is given from there on. */
  const restOf = (node: SyntaxNode | undefined): Binding['rest'] =>
    node?.kind === 'identifier' ? names.of(node.text, node)[0]?.rest : undefined

  const given = (value: Value, fn: SyntaxNode, args: Arguments): Value[] => {
    const {params} = names.callable(fn)
    const lists = value.parts.map((part): Value[] => {
      if (typeof part === 'string' || part.param?.of !== fn) return [{parts: [part], literals: []}]
      const {name: param, member, fallback, joined: by} = part.param
      const at = params.findIndex((known_) => known_.name === param)
      if (by) {
        const rest = args.positional.slice(at)
        if (rest.some(({kind}) => /spread|splat|variadic/.test(kind)))
          return [{parts: [{name: part.name}], literals: []}]
        return concat(
          fn,
          rest.flatMap((arg, i) => (i === 0 ? [of(arg)] : [[by], of(arg)])),
        )
      }
      const arg = args.named.get(param) ?? args.positional[at]
      const absent = fallback ? of(fallback) : [{parts: [], literals: []}]
      const whole = arg ?? params[at]?.fallback
      if (member === undefined) return arg ? of(arg) : fallback || !whole ? absent : of(whole)
      const object = values.object(whole)
      if (!object) return whole ? [{parts: [{name: part.name}], literals: []}] : absent
      const property = values.property(object, member)
      if (property === 'unknown') return [{parts: [{name: part.name}], literals: []}]
      return property ? of(property) : absent
    })
    return concat(fn, lists).map((made) => ({...made, literals: [...value.literals, ...made.literals]}))
  }

  const values: Values = {
    of,
    given,
    object(node) {
      if (!node) return undefined
      if (node.kind === 'object' || node.kind === 'dictionary') return node
      if (/^(as|satisfies|parenthesized|non_null)_expression$/.test(node.kind)) return values.object(node.children[0])
      // What is there only if something is: `...(body && {body})`.
      if (node.kind === 'binary_expression' && node.child('operator')?.text === '&&')
        return values.object(node.child('right'))
      if (node.kind !== 'identifier') return undefined
      const [binding, more] = names.of(node.text, node)
      const value = more ? undefined : binding?.value
      return value && value !== node && value.kind !== 'identifier' ? values.object(value) : undefined
    },
    property(object, key, depth = 0) {
      for (const child of object.children.toReversed()) {
        if (child.kind === 'pair') {
          const label = child.child('key')
          if (label?.text === key || /^['"](.*)['"]$/.exec(label?.text ?? '')?.[1] === key) return child.child('value')
        } else if (child.kind === 'shorthand_property_identifier') {
          if (child.text === key) return child
        } else if (child.kind === 'spread_element' || child.kind === 'dictionary_splat') {
          const spread = depth < 8 ? values.object(child.children[0]) : undefined
          const inner = spread ? values.property(spread, key, depth + 1) : 'unknown'
          if (inner) return inner
        }
      }
      return undefined
    },
  }

  return values
}

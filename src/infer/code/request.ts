import type {SyntaxNode} from '../../syntax/index.ts'
import {apiPathOf, isVerb} from './api-path.ts'
import {FUNCTIONS, lastName} from './bindings.ts'
import {argumentsOf, calleeOf, nameOf, ownerName, ownerOf, type Arguments} from './calls.ts'
import type {Program} from './program.ts'
import {
  BASED,
  BASES,
  EXACT,
  FETCHERS,
  NO_CLIENTS,
  OPTIONED,
  SENDERS,
  SERVER_MAKERS,
  SERVERS,
  SERVES,
  VERB,
} from './roles.ts'
import {holesOf, text, type Value} from './value.ts'
import {requestInWords} from './words.ts'

/** A request that a call makes, as far as it is seen where it stands. */
export interface FoundRequest {
  urls: readonly Value[]
  methods: readonly Value[]
  /** Where no method is given. */
  fallback: string
}

const HANDLERS = /^(?:arrow_function|function_expression|func_literal|lambda)$/

/** Reads single calls of a program as requests; `'served'` where one registers what the program answers itself. */
export function requestReader({
  names,
  values,
  origins,
  gitea,
}: Program): (call: SyntaxNode) => FoundRequest | 'served' | 'foreign' | undefined {
  const speaks = (value: Value) => apiPathOf(text(value), holesOf(value), gitea).is !== 'other'

  const read = (call: SyntaxNode): FoundRequest | 'served' | 'foreign' | undefined => {
    const callee = calleeOf(call)
    if (!callee) return undefined
    if (isServed(call)) return 'served'
    const worded = requestInWords(call, {names, values})
    if (worded) return worded
    const name = nameOf(call)
    const args = argumentsOf(call)
    const owner = ownerOf(callee)
    const options = args.positional.map((arg) => values.object(arg)).filter((object) => object !== undefined)
    const property = (key: string) =>
      options.map((object) => values.property(object, key)).find((value) => value !== undefined)

    const bases = owner || callee.kind === 'identifier' ? basesOf(owner ?? callee) : undefined
    const isInstance = !owner && bases !== undefined
    const sends =
      FETCHERS.test(name) ||
      isInstance ||
      (VERB.test(name) && owner !== undefined && SENDERS.test(lastName(owner) || calledName(owner)))
    const own = ['baseURL', 'prefixUrl'].map(property).find((value) => value !== undefined && value !== 'unknown')
    const isClient = owner !== undefined && EXACT.test(name) && !NO_CLIENTS.test(lastName(owner))
    const candidate = (node: SyntaxNode): Value[] => {
      const list = values.of(node).map(behindVerb)
      if (own) return list.flatMap((value) => values.of(own).map((base) => onto(base, value)))
      if (bases)
        return list.flatMap((value) =>
          /^https?:/.test(text(value)) ? [value] : bases.map((base) => onto(base, value)),
        )
      // Nobody sees where it goes: its client was made elsewhere.
      const elsewhere: Value = {parts: [{name: `client ${owner ? lastName(owner) : ''}`}], literals: []}
      return isClient ? list.map((value) => (/^\/(?!api\/)/.test(text(value)) ? onto(elsewhere, value) : value)) : list
    }

    const nodes = [
      ...args.positional.filter(
        (arg) =>
          !/^(?:object|dictionary|array)$/.test(arg.kind) &&
          !values.of(arg).every((value) => isMethod(value) || isMethodOfRows(value)),
      ),
      ...['url', 'path', 'uri', 'endpoint'].flatMap((key) => {
        const value = args.named.get(key) ?? property(key)
        return value && value !== 'unknown' ? [value] : []
      }),
    ]
    const urlNode =
      nodes.find((node) => candidate(node).some(speaks)) ?? (sends ? likely(name, nodes, args) : undefined)
    if (!urlNode) return isForeign(callee) ? 'foreign' : undefined

    const {methods, named} = methodsOf(name, args, urlNode, property, isInstance)
    const verb = VERB.exec(name)?.[1]
    if (!named && !verb && !isInstance && !FETCHERS.test(name)) return undefined
    const body =
      args.named.has('data') ||
      args.named.has('json') ||
      (/^(urlopen|Request)$/.test(name) && args.positional.length > 1)
    const fallback = verb ? verb.replace(/^del$/i, 'delete').toUpperCase() : body && name !== 'request' ? 'POST' : 'GET'
    return {urls: candidate(urlNode), methods, fallback}
  }

  /** Whether a loop goes over it, with a method in each row. */
  const isMethodOfRows = (value: Value): boolean => {
    const [only, more] = value.parts
    if (only === undefined || typeof only === 'string' || more !== undefined || !only.param) return false
    const {of: loop} = only.param
    const rows = FUNCTIONS.has(loop.kind) ? [] : origins.sites(loop)
    return rows.length > 0 && rows.every((row) => values.given(value, loop, argumentsOf(row)).every(isMethod))
  }

  /** Whether it is a method of a client that was made for another service, and is pointed at this one: `octokit.rest.issues.list(…)`. */
  const isForeign = (callee: SyntaxNode): boolean => {
    const owner = ownerOf(callee)
    if (!owner || !ownerOf(owner)) return false
    const root = rootOf(owner)
    return (
      origins.of(root).some((made) => /octokit/i.test(nameOf(made))) &&
      basesOf(root)?.some((base) => text(base).includes('/api/v1')) === true
    )
  }

  /** Whether it registers a route on a server of the program's own. */
  const isServed = (call: SyntaxNode): boolean => {
    const {positional: given} = argumentsOf(call)
    const name = nameOf(call)
    if (call.parent?.kind === 'decorator' || SERVERS.test(ownerName(call)) || SERVES.test(name)) return true
    const [route] = given
    if (!EXACT.test(name) || !route) return false
    if (given.some(({kind}) => HANDLERS.test(kind)) && /^["'`]\//.test(route.text)) return true
    const callee = calleeOf(call)
    const owner = callee && ownerOf(callee)
    return owner !== undefined && origins.through(owner).some(isServer)
  }

  const methodsOf = (
    name: string,
    args: Arguments,
    urlNode: SyntaxNode,
    property: (key: string) => SyntaxNode | 'unknown' | undefined,
    isInstance: boolean,
  ): {methods: readonly Value[]; named: boolean} => {
    // What `post` is given besides is the body, whatever its fields are called.
    if (EXACT.test(name)) return {methods: [{parts: [], literals: []}], named: false}
    const spoken = values.of(urlNode).map((value) => SPOKEN.exec(text(value))?.[1] ?? '')
    if (spoken.every((verb) => verb !== ''))
      return {methods: spoken.map((verb) => ({parts: [verb], literals: []})), named: true}
    const given = args.named.get('method') ?? property('method') ?? (name === 'ajax' ? property('type') : undefined)
    if (given && given !== 'unknown') return {methods: values.of(given), named: true}
    for (const arg of args.positional) {
      if (arg === urlNode) continue
      const options = values.of(arg)
      if (options.every(isMethod)) return {methods: options, named: true}
    }
    const urlAt = args.positional.indexOf(urlNode)
    const before = urlAt > 0 ? args.positional[urlAt - 1] : undefined
    // `request(method, url)` and `NewRequest(method, url)`.
    if (before && /^(request|NewRequest|NewRequestWithContext|Do|do)$/.test(name))
      return {methods: values.of(before), named: true}
    // Options handed on from a parameter, or spread into these.
    const [parameter] = args.positional
      .filter((arg, i) => i > urlAt && arg.kind === 'identifier')
      .flatMap((arg) => optionsFrom(arg))
    if (parameter && !VERB.test(name)) return {methods: [parameter], named: true}
    if (given === 'unknown' && !VERB.test(name)) {
      const spread = args.positional.flatMap((arg) => (arg.kind === 'object' ? arg.children : []))
      const [inner] = spread
        .filter(({kind}) => kind === 'spread_element')
        .flatMap((part) => (part.children[0] ? optionsFrom(part.children[0]) : []))
      if (inner) return {methods: [inner], named: true}
    }
    const [handed] = OPTIONED.test(name) || isInstance ? args.positional.slice(urlAt + 1) : []
    if (given === 'unknown' || (handed && !values.object(handed)))
      return {methods: [{parts: [{name: 'method'}], literals: []}], named: true}
    return {methods: [{parts: [], literals: []}], named: false}
  }

  /** The method in options that are a parameter of the function around. */
  const optionsFrom = (node: SyntaxNode): Value[] => {
    if (node.kind !== 'identifier') return []
    const [binding] = names.of(node.text, node)
    if (!binding?.param || !/opt|init|conf|param|req|settings/i.test(node.text)) return []
    const {of, name} = binding.param
    return [{parts: [{name: `${node.text}.method`, param: {of, name, member: 'method'}}], literals: []}]
  }

  /** What a client was made to put in front of its paths. */
  const basesOf = (owner: SyntaxNode): Value[] | undefined => {
    for (const made of origins.through(owner)) {
      for (const call of callsWithin(made)) {
        const args = argumentsOf(call)
        const options = args.positional.map((arg) => values.object(arg)).filter((object) => object !== undefined)
        for (const key of BASES) {
          const given = args.named.get(key) ?? options.map((object) => values.property(object, key)).find((one) => one)
          if (given && given !== 'unknown') return values.of(given)
        }
        const [first] = args.positional
        if (BASED.test(nameOf(call)) && first) return values.of(first)
      }
    }
    const set = BASES.flatMap((key) => names.member(key, owner)).filter(({value}) =>
      value?.parent?.child('left')?.text.startsWith(`${owner.text}.`),
    )
    return set.length > 0 ? set.flatMap(({value}) => (value ? values.of(value) : [])) : undefined
  }

  return read
}

/** `GET /repos/{owner}/{repo}`: a verb and a path in one, as Octokit takes them. */
const SPOKEN = /^(GET|HEAD|POST|PUT|PATCH|DELETE) (?=\/)/

function behindVerb(value: Value): Value {
  const [first, ...more] = value.parts
  return typeof first === 'string' ? {...value, parts: [first.replace(SPOKEN, ''), ...more]} : value
}

/** `a` of `a.b.c`. */
function rootOf(node: SyntaxNode): SyntaxNode {
  const owner = ownerOf(node)
  return owner ? rootOf(owner) : node
}

function isMethod(value: Value): boolean {
  return isVerb(text(value))
}

function isServer(made: SyntaxNode): boolean {
  return callsWithin(made).some((call) => SERVER_MAKERS.test(calleeOf(call)?.text ?? ''))
}

/** The name of what a call in an owner's place calls: `R` of `client.R().Get(...)`. */
function calledName(owner: SyntaxNode): string {
  const callee = calleeOf(owner)
  if (!callee) return ''
  const inner = ownerOf(callee)
  return `${lastName(callee)} ${inner ? lastName(inner) || calledName(inner) : ''}`
}

/** A call and those on whose results it is one: `resty.New()` of `resty.New().SetBaseURL(…)`. */
function callsWithin(node: SyntaxNode): SyntaxNode[] {
  const callee = calleeOf(node)
  const inner = callee && ownerOf(callee)
  return [node, ...(inner && calleeOf(inner) ? callsWithin(inner) : [])]
}

function likely(name: string, nodes: readonly SyntaxNode[], {positional}: Arguments): SyntaxNode | undefined {
  const at =
    name === 'NewRequestWithContext'
      ? 2
      : /^(NewRequest|request|Do|do)$/.test(name) && positional.length > 1 && positional[1]?.kind !== 'object'
        ? 1
        : 0
  const node = positional[at] ?? nodes[0]
  return node && !/^(string|template_string|object|dictionary|interpreted_string_literal)$/.test(node.kind)
    ? node
    : node?.kind === 'template_string' || node?.kind === 'string'
      ? node
      : undefined
}

function onto(base: Value, path: Value): Value {
  const front = text(base).endsWith('/') ? {...base, parts: trimmed(base.parts)} : base
  const slash = text(path).startsWith('/') ? [] : ['/']
  return {parts: [...front.parts, ...slash, ...path.parts], literals: [...base.literals, ...path.literals]}
}

function trimmed(parts: Value['parts']): Value['parts'] {
  const last = parts.at(-1)
  return typeof last === 'string' ? [...parts.slice(0, -1), last.replace(/\/+$/, '')] : parts
}

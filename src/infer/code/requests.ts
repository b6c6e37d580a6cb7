import {HOLE, type SyntaxNode} from '../../syntax/index.ts'
import {apiPathOf, isVerb, REASONS, suspect} from './api-path.ts'
import type {NotUnderstood} from '../types.ts'
import {lastName, type Bindings} from './bindings.ts'
import {argumentsOf, calleeOf, type Arguments} from './calls.ts'
import {text, type Hole, type Value} from './value.ts'
import type {Values} from './values.ts'

/** Where requests are told, and what was looked at. */
export interface RequestSink {
  call(method: string, path: string, at: SyntaxNode): void
  unclear(reason: string, shown: string, at: SyntaxNode, more?: Partial<NotUnderstood>): void
  used: Set<SyntaxNode>
}

interface FoundRequest {
  urls: readonly Value[]
  methods: readonly Value[]
  /** Where no method is given. */
  fallback: string
}

const VERB = /^(get|head|post|put|patch|delete|del|options)(?=$|[A-Z_])/i
const EXACT = /^(?:get|head|post|put|patch|delete|del|options)$/i
const FETCHERS =
  /^(?:fetch|\$fetch|ofetch|nodeFetch|node_fetch|got|ky|axios|superagent|request|requests|urlopen|urlretrieve|Request|ajax|stream|NewRequest|NewRequestWithContext|Do|do)$/
/** What takes its method from an object of options. */
const OPTIONED = /^(?:fetch|\$fetch|ofetch|nodeFetch|node_fetch|got|ky|axios|superagent)$/
const SENDERS = /http|session|client|request|axios|fetch|^got$|^ky$|conn|agent|rest|api|superagent|undici/i
/** What answers requests, or pretends to, instead of sending them. */
const SERVERS = /^(?:app|router|server|mux|nock|scope|mock|interceptor|blueprint|bp)$/i
/** What makes such. */
const SERVER_MAKERS =
  /^(?:gin\.(?:New|Default)|(?:echo|fiber|web)\.New|(?:chi|mux|gin)\.NewRouter|http\.NewServeMux|httprouter\.New|(?:new )?(?:express(?:\.Router)?|Router|fastify|Fastify|Hono|Elysia|Koa\w*)|FastAPI|Flask|APIRouter|Blueprint|Sanic|Starlette)$/
const SERVES = /^(?:HandleFunc|Handle|Group|Mount|Route|route|add_url_rule|add_api_route|use)$/
const HANDLERS = /^(?:arrow_function|function_expression|func_literal|lambda)$/
/** What has `get` and the like of its own, whatever functions the file has. */
const LIBRARIES =
  /^(?:requests|httpx|axios|https?|got|ky|urllib3?|undici|superagent|environ|headers|searchParams|params|cache|map|dict)$/i
const BASES = ['baseURL', 'baseUrl', 'prefixUrl', 'base_url']

/** Finds the requests that the calls of a file make, those made by functions of the file for their callers included. */
export function findRequests(
  calls: readonly SyntaxNode[],
  {bindings, values, gitea}: {bindings: Bindings; values: Values; gitea: boolean},
  found: RequestSink,
): void {
  const byName = Map.groupBy(calls, (call) => nameOf(call))
  /** Calls of functions that make a request for each of their callers: told with the function. */
  const told = new Set<SyntaxNode>()

  const speaks = (value: Value) => apiPathOf(text(value), holesOf(value), gitea).is !== 'other'

  const read = (call: SyntaxNode): FoundRequest | undefined => {
    const callee = calleeOf(call)
    if (!callee) return undefined
    const name = nameOf(call)
    if (isServed(call)) {
      for (const literal of argumentsOf(call).positional.filter(({text: said}) => said.includes('/api/v1'))) {
        found.used.add(literal)
        found.unclear(REASONS.served, literal.text, call, {harmless: true})
      }
      return undefined
    }
    const args = argumentsOf(call)
    const owner = callee.child('object') ?? callee.child('operand')
    const sends =
      FETCHERS.test(name) ||
      (VERB.test(name) && owner !== undefined && SENDERS.test(lastName(owner) || calledName(owner)))
    const options = args.positional.map((arg) => values.object(arg)).filter((object) => object !== undefined)
    const property = (key: string) =>
      options.map((object) => values.property(object, key)).find((value) => value !== undefined)

    const bases = owner || callee.kind === 'identifier' ? baseOf(owner ?? callee) : undefined
    const elsewhere: Value = {parts: [{name: `client ${owner ? lastName(owner) : ''}`}], literals: []}
    const based = (list: readonly Value[]) =>
      !bases && owner && sends && EXACT.test(name)
        ? list.map((value) => (/^\/(?!api\/)/.test(text(value)) ? onto(elsewhere, value) : value))
        : bases
          ? list.flatMap((value) => (/^https?:/.test(text(value)) ? [value] : bases.map((base) => onto(base, value))))
          : list
    const own = ['baseURL', 'prefixUrl'].map(property).find((value) => value !== undefined && value !== 'unknown')
    const candidate = (node: SyntaxNode) => {
      const list = based(values.of(node))
      return own ? list.flatMap((value) => values.of(own).map((base) => onto(base, value))) : list
    }

    const nodes = [
      ...args.positional.filter((arg) => !['object', 'dictionary', 'array'].includes(arg.kind)),
      ...['url', 'path', 'uri', 'endpoint'].flatMap((key) => {
        const value = args.named.get(key) ?? property(key)
        return value && value !== 'unknown' ? [value] : []
      }),
    ]
    const urlNode =
      nodes.find((node) => candidate(node).some(speaks)) ?? (sends ? likely(name, nodes, args) : undefined)
    if (!urlNode) return undefined
    const urls = candidate(urlNode)

    const {methods, named} = methodsOf(name, args, urlNode, property)
    const verb = VERB.exec(name)?.[1]
    if (!named && !verb && !FETCHERS.test(name)) return undefined
    const body =
      args.named.has('data') ||
      args.named.has('json') ||
      (/^(urlopen|Request)$/.test(name) && args.positional.length > 1)
    const fallback = verb ? verb.replace(/^del$/i, 'delete').toUpperCase() : body && name !== 'request' ? 'POST' : 'GET'
    return {urls, methods, fallback}
  }

  /** Whether it registers a route on a server of the program's own. */
  const isServed = (call: SyntaxNode): boolean => {
    const {positional: given} = argumentsOf(call)
    if (call.parent?.kind === 'decorator' || SERVERS.test(ownerName(call))) return true
    const [route] = given
    if (SERVES.test(nameOf(call))) return true
    if (!EXACT.test(nameOf(call)) || !route) return false
    if (given.some(({kind}) => HANDLERS.test(kind)) && /^["'`]\//.test(route.text)) return true
    return isServer(calleeOf(call)?.child('object') ?? calleeOf(call)?.child('operand'))
  }

  const isServer = (node: SyntaxNode | undefined, depth = 0): boolean => {
    if (!node || depth > 8) return false
    const made = calleeOf(node)
    if (made) return SERVER_MAKERS.test(made.text) || isServer(made.child('object') ?? made.child('operand'), depth + 1)
    if (node.kind !== 'identifier') return SERVERS.test(lastName(node))
    return bindings.of(node.text, node).some(({value}) => value !== node && isServer(value, depth + 1))
  }

  const methodsOf = (
    name: string,
    args: Arguments,
    urlNode: SyntaxNode,
    property: (key: string) => SyntaxNode | 'unknown' | undefined,
  ): {methods: readonly Value[]; named: boolean} => {
    // What `post` is given besides is the body, whatever its fields are called.
    if (EXACT.test(name)) return {methods: [{parts: [], literals: []}], named: false}
    const given = args.named.get('method') ?? property('method') ?? (name === 'ajax' ? property('type') : undefined)
    if (given && given !== 'unknown') return {methods: values.of(given), named: true}
    for (const arg of args.positional) {
      if (arg === urlNode) continue
      const options = values.of(arg)
      if (options.every((value) => isVerb(text(value)))) return {methods: options, named: true}
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
    const [handed] = OPTIONED.test(name) ? args.positional.slice(urlAt + 1) : []
    if (given === 'unknown' || (handed && !values.object(handed)))
      return {methods: [{parts: [{name: 'method'}], literals: []}], named: true}
    return {methods: [{parts: [], literals: []}], named: false}
  }

  /** The method in options that are a parameter of the function around. */
  const optionsFrom = (node: SyntaxNode): Value[] => {
    if (node.kind !== 'identifier') return []
    const [binding] = bindings.of(node.text, node)
    if (!binding?.param || !/opt|init|conf|param|req|settings/i.test(node.text)) return []
    const {of, name} = binding.param
    return [{parts: [{name: `${node.text}.method`, param: {of, name, member: 'method'}}], literals: []}]
  }

  /** What a client was made to put in front of its paths. */
  const baseOf = (owner: SyntaxNode, depth = 0): Value[] | undefined => {
    if (depth > 8) return undefined
    const made = calleeOf(owner)
    const inner = made?.child('object') ?? made?.child('operand')
    if (inner) return baseOf(inner, depth + 1)
    const name = lastName(owner)
    if (!name) return undefined
    const [binding] = owner.kind === 'identifier' ? bindings.of(name, owner) : bindings.member(name)
    let value = binding?.value
    while (
      value &&
      /^(await|await_expression|parenthesized_expression|as_expression|unary_expression)$/.test(value.kind)
    )
      value = value.children[0]
    if (value?.kind === 'identifier' && value !== owner) return baseOf(value, depth + 1)
    if (!value || !/^(call|call_expression|new_expression)$/.test(value.kind)) return undefined
    for (const call of callsWithin(value)) {
      const args = argumentsOf(call)
      const options = args.positional.map((arg) => values.object(arg)).filter((object) => object !== undefined)
      for (const key of BASES) {
        const given =
          args.named.get(key) ?? options.map((object) => values.property(object, key)).find((one) => one !== undefined)
        if (given && given !== 'unknown') return values.of(given)
      }
      const first = args.positional[0]
      if (/^(SetBaseURL|SetHostURL|ClientSession)$/.test(nameOf(call)) && first) return values.of(first)
    }
    return undefined
  }

  /** A request whose method or path its function's callers decide is one request for each of them. */
  const settle = (url: Value, method: Value, fallback: string, at: SyntaxNode, depth: number): void => {
    for (const fn of depth < 5 ? deciders(url, method, gitea) : []) {
      const {name} = bindings.callable(fn)
      const named = name ? (byName.get(name) ?? []) : []
      const sites = named.filter((site) => site !== at && !isWithin(site, fn) && !LIBRARIES.test(ownerName(site)))
      if (sites.length === 0) continue
      for (const literal of url.literals) found.used.add(literal)
      for (const site of sites) {
        told.add(site)
        const args = argumentsOf(site)
        for (const one of values.given(url, fn, args)) {
          for (const chosen of values.given(method, fn, args)) settle(one, chosen, fallback, site, depth + 1)
        }
      }
      return
    }
    const api = apiPathOf(text(url), holesOf(url), gitea)
    for (const literal of url.literals) found.used.add(literal)
    const verb = text(method).toUpperCase() || fallback
    if (api.is === 'unclear') found.unclear(api.reason, `${verb} ${text(url)}`, at, suspect(verb, api.path))
    if (api.is !== 'path') return
    if (isVerb(verb)) found.call(verb, api.path, at)
    else found.unclear(REASONS.method, `${verb} ${api.path}`, at)
  }

  const requests = calls.flatMap((call) => {
    const request = read(call)
    return request ? [{call, request}] : []
  })
  const isDecided = ({urls, methods}: FoundRequest) =>
    urls.some((url) => methods.some((method) => deciders(url, method, gitea).length > 0))
  const decided = requests.filter(({request}) => isDecided(request))
  for (const {call, request} of [...decided, ...requests.filter((one) => !decided.includes(one))]) {
    if (told.has(call)) continue
    for (const url of request.urls) {
      for (const method of request.methods) settle(url, method, request.fallback, call, 0)
    }
  }
}

/** The functions whose parameters decide about method or path. */
function deciders(url: Value, method: Value, gitea: boolean): SyntaxNode[] {
  const found = new Set<SyntaxNode>()
  for (const part of method.parts) if (typeof part !== 'string' && part.param) found.add(part.param.of)
  if (apiPathOf(text(url), holesOf(url), gitea).is !== 'path') {
    // Behind `/api/v1` only the path is open; what stands in front does not matter.
    const known = text(url).includes('/api/v1')
    let before = ''
    for (const part of url.parts) {
      if (typeof part === 'string') before += part
      else if (part.param && (!known || before.includes('/api/v1'))) found.add(part.param.of)
    }
  }
  return [...found]
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

export function holesOf(value: Value): string[] {
  return value.parts.filter((part): part is Hole => typeof part !== 'string').map(({name}) => name)
}

/** The name a call goes by: `get` of `client.get(...)`. */
export function nameOf(call: SyntaxNode): string {
  const callee = calleeOf(call)
  return callee ? lastName(callee) : ''
}

function ownerName(call: SyntaxNode): string {
  const callee = calleeOf(call)
  const owner = callee?.child('object') ?? callee?.child('operand')
  return owner ? lastName(owner) || nameOf(owner) : ''
}

/** The name of what a call in an owner's place calls: `R` of `client.R().Get(...)`. */
function calledName(owner: SyntaxNode): string {
  const callee = calleeOf(owner)
  if (!callee) return ''
  const inner = callee.child('object') ?? callee.child('operand')
  return `${lastName(callee)} ${inner ? lastName(inner) || calledName(inner) : ''}`
}

function callsWithin(node: SyntaxNode): SyntaxNode[] {
  const callee = calleeOf(node)
  const inner = callee?.child('object') ?? callee?.child('operand')
  return [node, ...(inner && calleeOf(inner) ? callsWithin(inner) : [])]
}

function isWithin(node: SyntaxNode, outer: SyntaxNode): boolean {
  return node.from >= outer.from && node.to <= outer.to
}

/** A text for people: its holes as `…`. */
export function readable(shown: string): string {
  return shown.replaceAll(HOLE, '…')
}

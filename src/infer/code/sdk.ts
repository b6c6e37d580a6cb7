import {HOLE, type SyntaxNode} from '../../syntax/index.ts'
import {operationNamed} from '../operations.ts'
import {REASONS} from './api-path.ts'
import {lastName, walk} from './bindings.ts'
import {argumentsOf, calleeOf, nameOf, ownerOf} from './calls.ts'
import {clientsOf} from './clients.ts'
import type {Program} from './program.ts'
import OTHERS from './generated.json' with {type: 'json'}
import METHODS from './py-gitea.json' with {type: 'json'}
import type {RequestSink} from './requests.ts'
import {maySpeak, sdkNamed, type SdkKind} from './sdks.ts'
import type {Resolve} from './sources.ts'
import {text} from './value.ts'

/**
 * Finds the calls that a program makes through SDKs of Gitea and Forgejo, and lists the imports of those that are not
 * known.
 */
export async function findSdkCalls(program: Program, resolve: Resolve, found: RequestSink): Promise<void> {
  const kinds = new Set<SdkKind>()
  for (const {source, imports} of program.units) {
    for (const {from, name, isType, at} of imports) {
      const kind = sdkNamed(source.language, from)
      if (kind) kinds.add(kind)
      else if ((maySpeak(from) || CLIENT_NAMES.test(name)) && !isType && resolve(source, from).length === 0)
        found.unclear(REASONS.imported, from, at)
    }
  }
  const handedOn = (isClient: (node: SyntaxNode) => boolean) => findHandedOn(program, resolve, found, isClient)
  if (kinds.has('py-gitea')) handedOn(findPyGitea(program, found))
  if (kinds.has('go') || kinds.has('operations')) handedOn(await findClientCalls(program, found))
}

/** Lists where a client goes into a module that was not read: what is asked there, nobody sees. */
function findHandedOn(
  {calls, names}: Program,
  resolve: Resolve,
  found: RequestSink,
  isClient: (node: SyntaxNode) => boolean,
): void {
  for (const call of calls) {
    const callee = calleeOf(call)
    let root = callee
    while (root && ownerOf(root)) root = ownerOf(root)
    const module = root?.kind === 'identifier' ? names.imported(root.text, root) : undefined
    if (!callee || !root || !module || STANDARD.test(module.from)) continue
    const {source} = names.unit(root)
    const isOwn = resolve(source, module.from).length > 0 || sdkNamed(source.language, module.from) !== undefined
    if (isOwn || (source.language === 'go' && !module.from.includes('.'))) continue
    const {positional, named} = argumentsOf(call)
    const given = [...positional, ...named.values()].flatMap((arg) =>
      arg.kind === 'object' ? arg.children.map((child) => child.child('value') ?? child) : [arg],
    )
    if (given.some(isClient)) found.unclear(REASONS.handed, callee.text, call)
  }
}

/** Modules of the languages' own that ask no server. */
const STANDARD =
  /^(?:node:.*|util|assert|events|asyncio|contextlib|copy|dataclasses|functools|inspect|json|logging|pprint|sys|threading|typing|unittest.*)$/

/** What a client is called that stands in a module of another name. */
const CLIENT_NAMES = /^(?=.*(?:[Gg]itea|[Ff]orgejo))(?:[A-Z]|.*(?:[Cc]lient|[Aa]pi|[Ss]ession|[Ss]dk))/
/** Methods that set the client up and send nothing. */
const SILENT =
  /^(?:Set(?:Context|HTTPClient|BasicAuth|OTP|Sudo|UserAgent|GiteaVersion|ForgejoVersion)|SignRequest|CheckServerVersionConstraint)$/

/** Tells what is a client of theirs. */
async function findClientCalls(program: Program, found: RequestSink): Promise<(node: SyntaxNode) => boolean> {
  const {default: methods} = await import('./go-sdk.json', {with: {type: 'json'}})
  const go = new Map(Object.entries(methods))
  const kindOf = clientsOf(program)
  for (const {root} of program.units) {
    walk(root, (node) => {
      const left = /^assignment/.test(node.kind) ? node.child('left') : undefined
      const owner = left && ownerOf(left)
      if (owner && kindOf(owner)) markUsed(node.child('right'), found)
    })
  }
  for (const call of program.calls) {
    const callee = calleeOf(call)
    const owner = callee && ownerOf(callee)
    const name = nameOf(call)
    const {language} = program.units.length > 0 ? program.names.unit(call).source : {language: 'go'}
    // What sets a client up is no request, whatever base it is told.
    if (kindOf(call)) markUsed(call.child('arguments'), found)
    if (language === 'go' && name === 'NewClient' && kindOf(call) === 'go') {
      // Unless it is told the version, a new client asks for it.
      if (!/Set(?:Gitea|Forgejo)Version/.test(call.text)) found.call('GET', '/version', call)
      continue
    }
    const kind = owner && kindOf(owner)
    if (!callee || !owner || kindOf(call) || (kind !== 'go' && kind !== 'operations')) continue
    if (kind === 'go' && (!/^[A-Z]/.test(name) || SILENT.test(name))) continue
    const routes = kind === 'go' ? go.get(name)?.split(';') : operation(name, lastName(owner))
    if (!routes) found.unclear(REASONS.sdk, callee.text, call)
    for (const route of routes ?? []) tell(route, call, found)
  }
  return (node) => kindOf(node) !== undefined
}

/** By the operation's name, which some generators shorten by that of its group: `forge.issue.list_issues`. */
function operation(name: string, group: string): string[] | undefined {
  const plain = name.replace(/_(?:with_http_info|without_preload_content)$|^(?:sync|asyncio)_/g, '')
  const own = GENERATED[`${group}.${plain}`] ?? GENERATED[plain]
  if (own !== undefined) return [own]
  const route = operationNamed(plain) ?? operationNamed(shortGroup(group) + plain)
  return route && [`${route.method} ${route.path}`]
}

/** What stands for a group in the names of its operations. */
export function shortGroup(group: string): string {
  return group
    .replaceAll(/\W|_?api$/gi, '')
    .replace(/^repository$/, 'repo')
    .replace(/^organi[sz]ation$/, 'org')
}

const GENERATED: Readonly<Record<string, string>> = OTHERS

function markUsed(told: SyntaxNode | undefined, found: RequestSink): void {
  if (told) walk(told, (node) => found.used.add(node))
}

/** py-gitea: objects that make requests; what an object is follows from what made it. Tells what is one of them. */
function findPyGitea({calls, names, values}: Program, found: RequestSink): (node: SyntaxNode) => boolean {
  const typeOf = (node: SyntaxNode | undefined, depth = 0): string | undefined => {
    if (!node || depth > 8) return undefined
    if (node.kind === 'call') {
      const callee = calleeOf(node)
      const name = nameOf(node)
      if (callee?.kind === 'identifier') return name === 'Gitea' ? 'Gitea' : undefined
      const owner = callee?.child('object')
      const type = owner?.kind === 'identifier' && CLASSES.has(owner.text) ? owner.text : typeOf(owner, depth + 1)
      const {gives, each} = PY_GITEA[`${type}.${name}`] ?? {}
      return each === undefined ? gives : `[${each}]`
    }
    if (node.kind === 'subscript') return elementOf(typeOf(node.child('value'), depth + 1))
    const may = node.kind === 'identifier' ? names.of(node.text, node) : names.member(lastName(node), node)
    for (const {value, param, each} of may) {
      const element = elementOf(typeOf(each, depth + 1))
      if (element) return element
      const annotated = param ? typeAnnotation(param.of, param.name) : undefined
      const type = annotated ?? typeOf(value, depth + 1)
      if (type) return type
    }
    return undefined
  }
  for (const call of calls) {
    const callee = calleeOf(call)
    const owner = callee?.child('object')
    if (!callee || !owner) continue
    const type = owner.kind === 'identifier' && CLASSES.has(owner.text) ? owner.text : typeOf(owner)
    const name = nameOf(call)
    if (!type || elementOf(type)) continue
    const verb =
      type === 'Gitea' ? /^_?requests_(get|put|post|patch|delete)(?:_paginated)?$/.exec(name)?.[1] : undefined
    if (verb) {
      const [path] = argumentsOf(call).positional
      for (const value of path ? values.of(path) : []) {
        const known = text(value).replace(/\?.*$/, '')
        if (/^\/\w/.test(known)) found.call(verb.toUpperCase(), known, call)
        else found.unclear(REASONS.path, `${verb.toUpperCase()} ${known}`, call)
      }
      continue
    }
    const known = PY_GITEA[`${type}.${name}`]
    if (known) for (const route of known.routes) tell(route, call, found)
    else if (!/^(?:parse_response|get_full_name|to_dict|from_dict)$/.test(name))
      found.unclear(REASONS.sdk, `${type}.${name}`, call)
  }
  return (node) => typeOf(node) !== undefined
}

/** What a list holds: `User` of `[User]`. */
function elementOf(type: string | undefined): string | undefined {
  return /^\[(\w+)\]$/.exec(type ?? '')?.[1]
}

/** py-gitea's methods by `Class.method`: what each requests, and the class of what it gives back, or of each of them. */
const PY_GITEA: Readonly<Record<string, {routes: readonly string[]; gives?: string; each?: string}>> = METHODS
const CLASSES = new Set(Object.keys(PY_GITEA).map((key) => key.split('.')[0] ?? ''))

function typeAnnotation(fn: SyntaxNode, param: string): string | undefined {
  for (const node of fn.child('parameters')?.children ?? []) {
    const name = node.child('name')?.text ?? node.children[0]?.text
    const type = node.child('type')?.text.split('.').at(-1)
    if (name === param && type && CLASSES.has(type)) return type
  }
  return undefined
}

function tell(route: string, at: SyntaxNode, found: RequestSink): void {
  const [method = '', path = ''] = route.split(' ')
  found.call(method, path.replaceAll(/\{[^}]*\}/g, HOLE), at)
}

import {HOLE, type SyntaxNode} from '../../syntax/index.ts'
import {operationNamed} from '../operations.ts'
import {REASONS} from './api-path.ts'
import {bindingsOf, lastName, walk} from './bindings.ts'
import {nameOf, type RequestSink} from './requests.ts'
import METHODS from './py-gitea.json' with {type: 'json'}
import {argumentsOf, calleeOf} from './calls.ts'
import {text} from './value.ts'
import type {Values} from './values.ts'

type SdkLanguage = 'typescript' | 'javascript' | 'python' | 'go'

/** Finds the calls of Gitea's SDKs: Go's `code.gitea.io/sdk/gitea`, `gitea-js`, py-gitea, and generated Python clients. */
export async function findSdkCalls(
  language: SdkLanguage,
  root: SyntaxNode,
  {calls, values}: {calls: readonly SyntaxNode[]; values: Values},
  found: RequestSink,
): Promise<void> {
  const imports = importsOf(root)
  if (language === 'go') {
    const sdk = imports.find(({from}) =>
      /^code\.gitea\.io\/sdk\/gitea(?:\/v\d+)?$|^gitea\.com\/.*\/sdk\/gitea$/.test(from),
    )
    if (sdk) await findGo(root, calls, sdk.name || 'gitea', found)
    return
  }
  if (language === 'python') {
    if (imports.some(({from}) => from === 'gitea')) findPyGitea(root, calls, values, found)
    if (imports.some(({from}) => /gitea|forgejo|swagger_client|openapi_client/i.test(from)))
      findGenerated(root, calls, found)
    return
  }
  if (imports.some(({from}) => /gitea|forgejo/i.test(from))) findOperations(root, calls, found)
}

/** Methods that set the client up and send nothing. */
const GO_SILENT =
  /^(?:Set(?:Context|HTTPClient|BasicAuth|OTP|Sudo|UserAgent|GiteaVersion)|SignRequest|CheckServerVersionConstraint)$/

async function findGo(root: SyntaxNode, calls: readonly SyntaxNode[], sdk: string, found: RequestSink): Promise<void> {
  const {default: methods} = await import('./go-sdk.json', {with: {type: 'json'}})
  const table = new Map(Object.entries(methods))
  const type = new RegExp(`\\b${sdk}\\.Client\\b`)
  const names = new Set<string>()
  const makers = new Set<string>()
  walk(root, (node) => {
    if (
      /^(?:parameter_declaration|field_declaration|var_spec)$/.test(node.kind) &&
      type.test(node.child('type')?.text ?? '')
    ) {
      for (const name of node.all('name')) names.add(name.text)
    }
    if (/^(?:function|method)_declaration$/.test(node.kind) && type.test(node.child('result')?.text ?? '')) {
      makers.add(node.child('name')?.text ?? '')
    }
  })
  for (const call of calls) {
    const callee = calleeOf(call)
    const isNew = nameOf(call) === 'NewClient' && callee?.child('operand')?.text === sdk
    // Unless it is told the version, a new client asks for it.
    if (isNew && !call.text.includes('SetGiteaVersion')) found.call('GET', '/version', call)
    if (!isNew && !makers.has(nameOf(call))) continue
    const target = assignedTo(call)
    if (target) names.add(lastName(target))
  }
  for (const call of calls) {
    const callee = calleeOf(call)
    const owner = callee?.child('operand')
    const name = nameOf(call)
    const isClient = owner && (names.has(lastName(owner)) || makers.has(nameOf(owner)))
    if (!isClient || !/^[A-Z]/.test(name) || GO_SILENT.test(name)) continue
    const routes = table.get(name)
    if (!routes) found.unclear(REASONS.sdk, callee?.text ?? name, call)
    for (const route of routes?.split(';') ?? []) tell(route, call, found)
  }
}

/** `gitea-js`: `api.repos.issueListIssues(...)`, after the operations of the API's document. */
function findOperations(root: SyntaxNode, calls: readonly SyntaxNode[], found: RequestSink): void {
  const clients = new Set<string>()
  for (const call of calls) {
    const target = /^(?:giteaApi|forgejoApi|Api)$/.test(nameOf(call)) ? assignedTo(call) : undefined
    if (target) clients.add(lastName(target))
  }
  walk(root, (node) => {
    if (
      /^(?:required|optional)_parameter$|_field_definition$/.test(node.kind) &&
      /\bApi\b|giteaApi/.test(node.child('type')?.text ?? '')
    ) {
      clients.add((node.child('pattern') ?? node.child('name'))?.text ?? '')
    }
  })
  for (const call of calls) {
    const callee = calleeOf(call)
    const group = callee?.child('object')
    const client = group?.child('object') ?? group
    const name = nameOf(call)
    if (!callee || !group || !client) continue
    const operation = operationNamed(name)
    const isClient = clients.has(lastName(client))
    if (isClient && operation) tell(`${operation.method} ${operation.path}`, call, found)
    else if (isClient && group !== client) found.unclear(REASONS.sdk, callee.text, call)
  }
}

/** Clients generated from the API's document: `RepositoryApi(client).repo_get(...)`. */
function findGenerated(root: SyntaxNode, calls: readonly SyntaxNode[], found: RequestSink): void {
  const bindings = bindingsOf(root, true)
  const isApi = (node: SyntaxNode | undefined): boolean => {
    if (!node) return false
    if (node.kind === 'call') return /Api$/.test(nameOf(node))
    const values = node.kind === 'identifier' ? bindings.of(node.text, node) : bindings.member(lastName(node))
    return values.some(({value}) => value !== undefined && value.kind === 'call' && /Api$/.test(nameOf(value)))
  }
  for (const call of calls) {
    const callee = calleeOf(call)
    if (!callee || !isApi(callee.child('object'))) continue
    const operation = operationNamed(
      nameOf(call).replace(/_(?:with_http_info|without_preload_content)$|^(?:sync|asyncio)_/g, ''),
    )
    if (operation) tell(`${operation.method} ${operation.path}`, call, found)
    else found.unclear(REASONS.sdk, callee.text, call)
  }
}

/** py-gitea: objects that make requests; what an object is follows from what made it. */
function findPyGitea(root: SyntaxNode, calls: readonly SyntaxNode[], values: Values, found: RequestSink): void {
  const bindings = bindingsOf(root, true)
  const typeOf = (node: SyntaxNode | undefined, depth = 0): string | undefined => {
    if (!node || depth > 8) return undefined
    if (node.kind === 'call') {
      const callee = calleeOf(node)
      const name = nameOf(node)
      if (callee?.kind === 'identifier') return name === 'Gitea' ? 'Gitea' : undefined
      const owner = callee?.child('object')
      const type = owner?.kind === 'identifier' && CLASSES.has(owner.text) ? owner.text : typeOf(owner, depth + 1)
      return type && PY_GITEA[`${type}.${name}`]?.gives
    }
    const may = node.kind === 'identifier' ? bindings.of(node.text, node) : bindings.member(lastName(node))
    for (const {value, param} of may) {
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
    if (!type) continue
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
}

/** py-gitea's methods by `Class.method`: what each requests, and the class of what it gives back. */
const PY_GITEA: Readonly<Record<string, {routes: readonly string[]; gives?: string}>> = METHODS
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

/** The first name that a call's result is put under. */
function assignedTo(call: SyntaxNode): SyntaxNode | undefined {
  let up: SyntaxNode | undefined = call.parent
  while (up && /^(?:expression_list|await_expression|await|parenthesized_expression|as_expression)$/.test(up.kind))
    up = up.parent
  if (!up) return undefined
  if (up.kind === 'keyed_element') return up.child('key')?.children[0] ?? up.children[0]?.children[0]
  if (up.kind === 'literal_element') return up.parent?.child('key')?.children[0]
  const left = up.child('left') ?? up.child('name')
  return left?.kind === 'expression_list' ? left.children[0] : left
}

function importsOf(root: SyntaxNode): {from: string; name: string}[] {
  const found: {from: string; name: string}[] = []
  walk(root, (node) => {
    const source = node.child('source') ?? node.child('path')
    if (node.kind === 'import_statement' && source) found.push({from: source.text.slice(1, -1), name: ''})
    else if (node.kind === 'import_spec' && source)
      found.push({from: source.text.slice(1, -1), name: node.child('name')?.text ?? ''})
    else if (node.kind === 'import_from_statement') found.push({from: node.child('module_name')?.text ?? '', name: ''})
    else if (node.kind === 'import_statement') {
      for (const name of node.all('name')) found.push({from: (name.child('name') ?? name).text, name: ''})
    } else if (node.kind === 'call_expression' && /^(?:require|import)$/.test(node.child('function')?.text ?? '')) {
      const [module] = node.child('arguments')?.children ?? []
      if (module) found.push({from: module.text.slice(1, -1), name: ''})
    }
  })
  return found
}

import {apiPath} from '../scopes/catalogue.ts'
import {HOLE} from '../syntax/types.ts'
import {operationNamed} from './operations.ts'
import type {Sink} from './reading.ts'
import {shown} from './safe.ts'
import {isRecord} from './shape.ts'

interface MentionedRoute {
  method: string
  path: string
}

const MENTIONED = /\b(GET|POST|PUT|PATCH|DELETE)\s+`?((?:https?:\/\/[^\s/]+)?\/[^\s`"',;]*)/g
const METHOD_KEYS = ['method', 'httpMethod', 'http_method', 'x-method']
const PATH_KEYS = ['path', 'url', 'endpoint', 'route', 'x-path']
const OPERATION_KEYS = ['operationId', 'operation_id', 'x-operation-id']
/** How deep in a tool's metadata a route is looked for. */
const DEEPEST = 4

/**
 * The tools of an MCP server, as `tools/list` answers them (the answer, its result, or the list alone). A tool's route is
 * taken from its annotations and metadata (method and path, or Gitea's operation id), else from its description, else
 * from its name where that is an operation id or a tool of gitea-mcp or forgejo-mcp. False for anything else.
 */
export async function readMcp(document: unknown, file: string, sink: Sink): Promise<boolean> {
  const tools = toolsIn(document)
  if (!tools) return serversIn(document, file, sink)
  const {default: known} = await import('./code/mcp-tools.json', {with: {type: 'json'}})
  const table = new Map(Object.entries(known))
  for (const tool of tools) {
    const source = {file, line: undefined}
    const name = isRecord(tool) && typeof tool['name'] === 'string' ? tool['name'] : undefined
    if (!isRecord(tool) || name === undefined) {
      sink.notUnderstood({reason: 'a tool without a name', text: shown(JSON.stringify(tool) ?? ''), source, count: 1})
      continue
    }
    const routes = routesOf(tool, name, table)
    for (const {method, path} of routes)
      sink.call({method, path, count: 1, source: {file: `${file} (${shown(name, 60)})`, line: undefined}})
    if (routes.length === 0)
      sink.notUnderstood({reason: 'a tool that names no route of the API', text: shown(name), source, count: 1})
  }
  return true
}

/** The settings of an MCP client: which tools its servers offer, and the agent calls, they do not say. */
function serversIn(document: unknown, file: string, sink: Sink): boolean {
  const named = isRecord(document) ? (document['mcpServers'] ?? document['servers']) : undefined
  const servers = isRecord(named) ? Object.entries(named) : []
  const speaking = servers.filter(([name, server]) => /gitea|forgejo/i.test(`${name} ${JSON.stringify(server)}`))
  const reason = 'an MCP server that may call whatever its tools do'
  for (const [name] of speaking) {
    sink.notUnderstood({reason, text: shown(name), source: {file, line: undefined}, count: 1})
  }
  return speaking.length > 0
}

function toolsIn(document: unknown): unknown[] | undefined {
  const result = isRecord(document) && isRecord(document['result']) ? document['result'] : document
  const tools: unknown = isRecord(result) ? result['tools'] : result
  if (!Array.isArray(tools)) return undefined
  const list: unknown[] = tools
  return list.some((tool) => isRecord(tool) && 'name' in tool && (tools !== result || 'inputSchema' in tool))
    ? list
    : undefined
}

function routesOf(tool: Record<string, unknown>, name: string, table: ReadonlyMap<string, string>): MentionedRoute[] {
  const {description, inputSchema, ...rest} = tool
  const stated = declared([rest, extensions(inputSchema)], 0)
  if (stated.length > 0) return stated
  const said = typeof description === 'string' ? mentioned(description) : []
  if (said.length > 0) return said
  const operation = operationNamed(name)
  if (operation) return [operation]
  const routes = table.get(name.replace(/^(?:mcp__)?(?:gitea|forgejo)(?:-mcp)?_{1,2}/, ''))?.split(';') ?? []
  return routes.map((each) => {
    const [method = '', path = ''] = each.split(' ')
    return {method, path: path.replaceAll('{}', HOLE)}
  })
}

/** A method beside a path, or an operation id, at any level of the metadata. */
function declared(value: unknown, depth: number): MentionedRoute[] {
  if (depth > DEEPEST || typeof value !== 'object' || value === null) return []
  if (!isRecord(value)) return Object.values(value).flatMap((each: unknown) => declared(each, depth + 1))
  const [method, path, id] = [METHOD_KEYS, PATH_KEYS, OPERATION_KEYS].map((keys) => textAt(value, keys))
  if (method !== undefined && path !== undefined && /^[A-Za-z]{3,7}$/.test(method)) return [route(method, path)]
  const operation = id === undefined ? undefined : operationNamed(id)
  if (operation) return [operation]
  return Object.values(value).flatMap((each) => declared(each, depth + 1))
}

function mentioned(description: string): MentionedRoute[] {
  const routes = [...description.matchAll(MENTIONED)].map(([, method = '', path = '']) =>
    route(method, path.replace(/[.):\]]+$/, '')),
  )
  return [...new Map(routes.map((each) => [`${each.method} ${each.path}`, each])).values()]
}

/** Paths are given with `/api/v1` or without. */
function route(method: string, path: string): MentionedRoute {
  return {method: method.toUpperCase(), path: apiPath(path) ?? path.replace(/[?#].*$/s, '')}
}

/** The schema's own `x-` keys; its parameters may be called `method` and `path` as well, and say nothing. */
function extensions(schema: unknown): object {
  return isRecord(schema) ? Object.fromEntries(Object.entries(schema).filter(([key]) => key.startsWith('x-'))) : {}
}

function textAt(value: Record<string, unknown>, keys: readonly string[]): string | undefined {
  return keys.map((key) => value[key]).find((each) => typeof each === 'string')
}

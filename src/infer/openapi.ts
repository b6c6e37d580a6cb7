import {apiPath} from '../scopes/catalogue.ts'
import type {Sink} from './reading.ts'
import {shown} from './safe.ts'
import {isRecord} from './shape.ts'

const METHODS = ['get', 'put', 'post', 'delete', 'patch', 'head', 'options', 'trace']

/** An OpenAPI document (2 or 3), parsed: each of its operations is a call. False for anything else. */
export function readOpenApi(document: unknown, text: string, file: string, sink: Sink): boolean {
  if (!isRecord(document) || !isRecord(document['paths'])) return false
  if (typeof document['swagger'] !== 'string' && typeof document['openapi'] !== 'string') return false
  const bases = basesOf(document)
  const line = linesIn(text)
  for (const [template, item] of Object.entries(document['paths'])) {
    const source = {file, line: line(template)}
    const path = bases.map((base) => apiPath(`${base}${template}`)).find((each) => each !== undefined)
    if (path === undefined) {
      const reason = 'an operation outside of /api/v1'
      sink.notUnderstood({reason, text: shown(template), source, count: 1, harmless: true})
    } else if (!isRecord(item)) {
      sink.notUnderstood({reason: 'a path without operations', text: shown(template), source, count: 1, harmless: true})
    } else {
      for (const method of Object.keys(item).filter((key) => METHODS.includes(key.toLowerCase()))) {
        sink.call({method: method.toUpperCase(), path, count: 1, source})
      }
    }
  }
  return true
}

/** Whether it is the document that Gitea or Forgejo itself hands out. */
export function isOwnDocument(document: unknown): boolean {
  const info = isRecord(document) && isRecord(document['info']) ? document['info'] : {}
  return typeof info['title'] === 'string' && /^(?:gitea|forgejo)(?: api)?\.?$/i.test(info['title'])
}

/** What stands in front of every path; a document that does not say is taken for one of Gitea's API. */
function basesOf(document: Record<string, unknown>): string[] {
  const {basePath, servers} = document
  if (typeof basePath === 'string') return [basePath.replace(/\/+$/, '')]
  const urls = (Array.isArray(servers) ? servers : []).flatMap((server: unknown) =>
    isRecord(server) && typeof server['url'] === 'string' ? [server['url'].replace(/\/+$/, '')] : [],
  )
  return urls.length > 0 ? urls : ['/api/v1']
}

/** Finds the line of a path's key. */
function linesIn(text: string): (key: string) => number | undefined {
  let [from, line] = [0, 1]
  return (key) => {
    const at = text.indexOf(key, from)
    if (at === -1) return undefined
    for (let next = text.indexOf('\n', from); next !== -1 && next < at; next = text.indexOf('\n', from)) {
      line++
      from = next + 1
    }
    return line
  }
}

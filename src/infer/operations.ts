import OPERATIONS from './operations.json' with {type: 'json'}

/**
 * The route behind each `operationId` of Gitea's own API document (gitea 1.20.6 to 1.25.4; none changed its route), after
 * which tools that were generated from it are named.
 */
let table: ReadonlyMap<string, {method: string; path: string}> | undefined

/** The route of an operation, whatever the case of its name and whether words are joined by `_` or `-`. */
export function operationNamed(id: string): {method: string; path: string} | undefined {
  table ??= new Map(Object.entries(OPERATIONS).map(operation))
  return table.get(plain(id))
}

function operation([id, route]: [string, string]): [string, {method: string; path: string}] {
  const [method = '', path = ''] = route.split(' ')
  return [plain(id), {method, path}]
}

function plain(id: string): string {
  return id.toLowerCase().replaceAll(/[_-]/g, '')
}

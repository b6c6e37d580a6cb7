/** Which requests are of one kind: method and path without what differs from run to run. */

const NAMED: readonly [RegExp, string][] = [
  [/^POST \/api\/v1\/users\/[^/]+\/tokens$/, 'POST mint'],
  [/^DELETE \/api\/v1\/users\/[^/]+\/tokens\/[^/]+$/, 'DELETE token'],
  [/^GET \/api\/v1\/users\/[^/]+\/tokens$/, 'GET tokens'],
  [/^POST \/api\/v1\/admin\/users$/, 'POST user'],
  [/^\w+ \/api\/v1\/repos\/~scope-probe~\//, 'probe'],
  [/^POST \/workspaces$/, 'POST create'],
  [/^POST \/workspaces\/[^/]+\/secrets$/, 'POST push'],
  [/^POST \/workspaces\/[^/]+\/restart$/, 'POST restart'],
  [/^POST \/workspaces\/[^/]+\/a2a$/, 'POST ask'],
  [/^POST (?:\/admin)?\/workspaces\/[^/]+\/tokens$/, 'POST bearer'],
  [/^DELETE \/workspaces\/[^/]+\/tokens\/[^/]+$/, 'DELETE bearer'],
]
const UUID = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g

/** `POST mint`, `GET /users/{agent}`, ...: the name under which a request is counted and broken. */
export function kindOf(method: string, target: string, agent: string): string {
  const [path = ''] = target.split('?')
  const named = NAMED.find(([pattern]) => pattern.test(`${method} ${path}`))
  if (named) return named[1] === 'probe' ? 'PROBE scopes' : named[1]
  const plain = path
    .replace(/^\/api\/v1/, '')
    .replaceAll(UUID, '{id}')
    .replaceAll(/\/\d+(?=\/|$)/g, '/{n}')
    .replaceAll(`/${agent}`, '/{agent}')
  return `${method} ${plain}`
}

/** Whether a request of this kind changes something: a probe's never does, and a question to an agent leaves no state. */
export function writes(kind: string): boolean {
  return !/^(?:GET|HEAD|PROBE) |^POST ask$/.test(kind)
}

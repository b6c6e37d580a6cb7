/** Every way in which an answer goes wrong on its way back, as data. */

/** What a server, or something in its place, answered. */
export interface Reply {
  status: number
  headers: Record<string, string>
  body: string
}

/** How one answer is broken: what goes over the wire in its place, or how the connection ends. */
export type Broken =
  | {kind: 'reset'}
  /** Headers and the first half of the body, then the connection ends. */
  | {kind: 'truncated'; reply: Reply}
  /** Nothing for a while, then the connection ends. */
  | {kind: 'hang'}
  | {kind: 'reply'; reply: Reply}

const PAGE = '<!DOCTYPE html>\n<html><head><title>Gateway</title></head><body>Not the API.</body></html>\n'

const html = (status: number, headers: Record<string, string> = {}): Broken => ({
  kind: 'reply',
  reply: {status, headers: {'content-type': 'text/html; charset=utf-8', ...headers}, body: PAGE},
})
const json = (status: number, value: unknown, headers: Record<string, string> = {}): Broken => ({
  kind: 'reply',
  reply: {status, headers: {'content-type': 'application/json', ...headers}, body: JSON.stringify(value)},
})
const text = (status: number, body: string, headers: Record<string, string> = {}): Broken => ({
  kind: 'reply',
  reply: {status, headers: {'content-type': 'text/plain; charset=utf-8', ...headers}, body},
})
const always = (broken: Broken) => (): Broken => broken

/** A success whose body can't be read: right status and type, JSON that ends in the middle. */
function garbled({status, headers, body}: Reply): Broken {
  const half = body.trim().slice(0, Math.max(1, Math.floor(body.trim().length / 2)))
  return {kind: 'reply', reply: {status: status < 300 ? status : 200, headers, body: half}}
}

/** By name; each is given what the server answered, or would have answered had it been asked, and for which path. */
export const BREAKS: Readonly<Record<string, (honest: Reply, target: string) => Broken>> = {
  reset: always({kind: 'reset'}),
  truncated: (reply) => ({kind: 'truncated', reply}),
  hang: always({kind: 'hang'}),
  '200-text': always(text(200, 'OK\n')),
  '200-html': always(html(200)),
  '200-garbled': garbled,
  '200-empty-list': always(json(200, [])),
  '204': always({kind: 'reply', reply: {status: 204, headers: {}, body: ''}}),
  '302': always(html(302, {location: '/login'})),
  '307-same': (_, target) => html(307, {location: target}),
  '307-login': (_, target) => html(307, {location: `/login?next=${target}`}),
  '301-slash': (_, target) => html(301, {location: `${target}/`}),
  '401-html': always(html(401, {'www-authenticate': 'Basic realm="gateway"'})),
  '401-gateway': always(json(401, {message: 'Unauthorized'})),
  '401-no-key': always(json(401, {message: 'No API key found in request'})),
  '403-html': always(html(403)),
  '403-json': always(json(403, {message: 'Access denied by policy'})),
  '404-html': always(html(404)),
  '404-json': always(json(404, {message: 'no Route matched with those values'})),
  '409-error': always(json(409, {error: 'conflict with a policy'})),
  '422-error': always(json(422, {error: 'blocked by policy'})),
  '429': always(text(429, 'Too Many Requests\n')),
  '429-retry-after': always(json(429, {message: 'API rate limit exceeded'}, {'retry-after': '1'})),
  '500': always(json(500, {message: 'Internal Server Error'})),
  '502': always(html(502)),
  '503': always(html(503, {'retry-after': '1'})),
  '504': always(html(504)),
}

import {stripVTControlCharacters} from 'node:util'
import {accessLine} from './access.ts'
import {jsonLine} from './json.ts'
import {routerLine} from './router.ts'
import type {LogLine} from './types.ts'

const ESCAPE = '\u001B'
/** Lines that begin with a date, a syslog's, or an access log's host and user. */
const DATED =
  /^(?:\d{4}[/-]\d\d[/-]\d\d[ T]\d\d:\d\d|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d |\S{1,255} \S{1,255} \S{1,255} \[\d)/

/**
 * Reads one line of an access log (Gitea's, nginx's, Caddy's, Traefik's; as text or JSON) or of Gitea's router log, also
 * as containers and journals wrap it. Undefined for what is no line of a log.
 */
export function readLogLine(text: string): LogLine | undefined {
  return text.startsWith('{') ? jsonLine(text, plainLine) : plainLine(text)
}

function plainLine(text: string): LogLine | undefined {
  const clean = text.includes(ESCAPE) ? stripVTControlCharacters(text) : text
  return routerLine(clean) ?? accessLine(clean) ?? (DATED.test(clean) ? {kind: 'other'} : undefined)
}

import {actorNamed} from '../credential.ts'
import type {LogLine} from './types.ts'

/** The request in quotes, and the status behind it. */
const REQUEST = /"([A-Z]{3,10}) (\S+) HTTP\/\d(?:\.\d)?"(?: (\d{3})\b)?/

/**
 * A line of an access log in the common or combined format, which is also Gitea's own (gitea 1.22.6 and 1.25.4,
 * ACCESS_LOG_TEMPLATE: host, `-`, user, time, request, status, size, referer, agent).
 */
export function accessLine(text: string): LogLine | undefined {
  const found = REQUEST.exec(text)
  if (!found) return undefined
  const [, method = '', uri = '', status] = found
  const actor = actorNamed(userBefore(text, found.index))
  return {kind: 'request', method, uri, status: status === undefined ? undefined : Number(status), actor}
}

/** The user, who stands before the time in brackets; undefined where that is not what stands before the request. */
function userBefore(text: string, request: number): string | undefined {
  if (!text.endsWith('] ', request)) return undefined
  const time = text.lastIndexOf(' [', request)
  return time < 1 ? undefined : text.slice(text.lastIndexOf(' ', time - 1) + 1, time)
}

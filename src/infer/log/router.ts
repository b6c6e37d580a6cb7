import type {LogLine} from './types.ts'

const MARK = 'router: '
const EVENT = /router: (\w+) +([A-Z]+) (\S+) for [^,]*,(?: (\d{3}) )?/y

/**
 * A line of Gitea's router log (gitea 1.22.6 and 1.25.4): `completed` and `failed` (a panic) end a request; `started`,
 * `slow` and `polling` are said on the way and would count it twice. It names no user, but the handler or check that answered.
 */
export function routerLine(text: string): LogLine | undefined {
  const at = text.indexOf(MARK)
  if (at === -1) return undefined
  EVENT.lastIndex = at
  const [, event, method = '', uri = '', status] = EVENT.exec(text) ?? []
  if (event === undefined) return /router: (?:started|slow|polling)\b/.test(text) ? {kind: 'other'} : undefined
  if (event !== 'completed' && event !== 'failed') return {kind: 'other'}
  const unfit = text.includes('reqPackageAccess)', EVENT.lastIndex)
  const code = status === undefined ? undefined : Number(status)
  return {kind: 'request', method, uri, status: code, actor: {}, ...(unfit && {unfit})}
}

import {HOLE} from '../../syntax/types.ts'

/** Placeholders as texts write them become HOLEs: `{owner}`, `<owner>`, `:owner`, `$OWNER`. */
export function withHoles(url: string): string {
  return url.replaceAll(/\$\{[^{}]*\}|\$\w+|\{[^{}/]*\}|<[^<>/]*>/g, HOLE).replaceAll(/\/:[A-Za-z_]\w*/g, `/${HOLE}`)
}

/** The first `name=` of a URL's query. */
export function query(url: string, name: string): string | undefined {
  const from = url.indexOf('?')
  if (from === -1) return undefined
  for (const pair of url.slice(from + 1).split('&')) {
    const [key = '', ...value] = pair.split('=')
    if (key === name) return value.join('=')
  }
  return undefined
}

/** `/workspaces/…`, without origin and query. */
export function pathOf(url: string): string {
  const plain = url.split(/[?#]/, 1)[0] ?? ''
  const path = plain.replace(/^[a-z][\w+.-]*:\/\/[^/]*/i, '').replace(new RegExp(`^${HOLE}+(?=/)`), '')
  return path.length > 1 ? path.replace(/\/+$/, '') : path
}

/** What stands before `/api/v1`; the whole where there is none. */
export function addressOf(url: string): string {
  return url.split('/api/v1', 1)[0] ?? ''
}

/** The host that a URL names; undefined where it is not known. */
export function hostOf(url: string): string | undefined {
  const [, host = ''] = /^https?:\/\/(?:[^/@]*@)?([^/:?#]*)/i.exec(url) ?? []
  return host === '' || host.includes(HOLE) ? undefined : host.toLowerCase()
}

import {proxyOf} from '../config.ts'
import type {Edges} from '../context.ts'
import {OpsError} from '../errors.ts'
import {Http, TransportError} from '../http.ts'
import {mayWithhold} from '../platform/release.ts'
import {DELIVERED} from '../smoke/withheld.ts'

const USUAL = 'GITEA_TOKEN'
const PATIENCE_MS = 5000

/**
 * The key of the workspace secret from which agents on this platform can read their token: the usual one, unless the server
 * shows that it may keep that from their processes. Asks public pages only; a server that does not answer shows nothing.
 */
export async function secretKeyAt(
  {url, org}: {url: string; org: string | undefined},
  {insecureHttp, version, signal}: Pick<Edges, 'insecureHttp' | 'version' | 'signal'>,
): Promise<string> {
  const late = AbortSignal.any([signal, AbortSignal.timeout(PATIENCE_MS)])
  let http: Http | undefined
  try {
    const at = new Http({baseUrl: url, proxy: await proxyOf(url), userAgent: `patrol/${version}`, insecureHttp})
    http = at
    const headers = {origin: at.origin, ...(org !== undefined && {'x-molecule-org-id': org})}
    const peek = (path: string) => at.request({method: 'GET', path, headers, redirects: 0, signal: late})
    return (await mayWithhold({peek})) ? DELIVERED : USUAL
  } catch (error) {
    if (signal.aborted || !(error instanceof OpsError || error instanceof TransportError)) throw error
    return USUAL
  } finally {
    await http?.close()
  }
}

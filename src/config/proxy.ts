import {BlockList, isIP} from 'node:net'
import {OpsError} from '../errors.ts'
import type {Proxy} from '../http.ts'
import {isLoopback} from '../http/address.ts'
import {remember, Secret} from '../secret.ts'

/**
 * The proxy through which a base URL is to be asked, as the environment says it: `https_proxy` or `http_proxy` by the
 * URL's scheme, unless `no_proxy` names its host; of a name in both spellings the lower-case one. This machine is never
 * asked through a proxy. Throws `URL_INVALID` for a variable that holds no address of a proxy.
 */
export function proxyFor(baseUrl: string, env: NodeJS.ProcessEnv): Proxy | undefined {
  const url = URL.parse(baseUrl)
  if (!url || isLoopback(url.hostname)) return undefined
  const name = url.protocol === 'https:' ? 'https_proxy' : 'http_proxy'
  const [variable, value] = variableOf(name, env)
  if (value === '' || spared(url, variableOf('no_proxy', env)[1])) return undefined
  return proxyAt(value, variable)
}

function variableOf(name: string, env: NodeJS.ProcessEnv): [string, string] {
  const spelt = env[name] === undefined ? name.toUpperCase() : name
  return [spelt, (env[spelt] ?? '').trim()]
}

function proxyAt(value: string, variable: string): Proxy {
  const url = URL.parse(/^[a-z][a-z\d+.-]*:\/\//i.test(value) ? value : `http://${value}`)
  const credentials = url && [url.username, url.password].map(decoded)
  if (!url?.hostname || !/^https?:$/.test(url.protocol) || credentials?.includes(undefined)) {
    throw new OpsError('URL_INVALID', {case: 'proxy', variable})
  }
  const [user = '', password = ''] = credentials ?? []
  const proxy = {url: url.origin}
  if (user === '' && password === '') return proxy
  remember(password)
  return {...proxy, auth: new Secret(Buffer.from(`${user}:${password}`).toString('base64'))}
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch {
    return undefined
  }
}

/** Whether a list such as `.example.org, git.corp:8443, 10.0.0.0/8, [::1]` or `*` names the URL's host. */
function spared({hostname, port, protocol}: URL, list: string): boolean {
  const host = bare(hostname)
  const own = port || (protocol === 'https:' ? '443' : '80')
  return list
    .split(/[\s,]+/)
    .filter(Boolean)
    .some((entry) => {
      if (entry === '*') return true
      if (entry.includes('/')) return within(host, entry)
      const [, name = entry, only] = /^(\[.*\]|[^:]*):(\d+)$/.exec(entry) ?? []
      const wanted = bare(name).replace(/^\*?\./, '')
      return (only === undefined || only === own) && (host === wanted || (!isIP(host) && host.endsWith(`.${wanted}`)))
    })
}

/** A host without the brackets of IPv6 and the dot at the end of a full name, in lower case. */
function bare(host: string): string {
  return host
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '')
}

function within(host: string, network: string): boolean {
  const [address = '', length = ''] = network.split('/')
  const family = isIP(bare(address))
  if (family === 0 || isIP(host) !== family || !/^\d{1,3}$/.test(length)) return false
  if (Number(length) > (family === 4 ? 32 : 128)) return false
  const kind = family === 4 ? 'ipv4' : 'ipv6'
  const block = new BlockList()
  block.addSubnet(bare(address), Number(length), kind)
  return block.check(host, kind)
}

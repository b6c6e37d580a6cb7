import {OpsError} from '../errors.ts'
import {excerpt, remember} from '../secret.ts'

/** A base URL taken apart: `prefix` is empty or starts with `/` and has no slash at its end. */
export interface BaseUrl {
  origin: string
  prefix: string
}

/**
 * Checks a base URL as a person typed it. Throws `OpsError` `URL_INVALID` or `URL_INSECURE` with the address that was
 * probably meant; a password in it is never repeated.
 */
export function parseBaseUrl(address: string, insecureHttp = false): BaseUrl {
  const text = address.trim()
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) {
    const bare = text.replace(/^\/+/, '')
    const scheme = isLoopback(bare.split(/[:/?#]/)[0]!) ? 'http' : 'https'
    const meant = `${scheme}://${bare}`
    if (!URL.canParse(meant) || bare.includes('@')) throw new OpsError('URL_INVALID', {case: 'schemeless'})
    throw new OpsError('URL_INVALID', {case: 'bare', typed: excerpt(text, 100), meant})
  }
  const url = URL.parse(text)
  if (!url || !url.hostname) throw new OpsError('URL_INVALID', {case: 'unreadable'})
  const {host, protocol} = url
  const prefix = url.pathname.replace(/\/+$/, '')
  const clean = `${protocol}//${host}${prefix}`
  const secure = `https://${host}${prefix}`
  if (url.username || url.password) {
    remember(decodeURIComponent(url.password))
    throw new OpsError('URL_INVALID', {case: 'credentials', host, clean})
  }
  if (/[?#]/.test(text)) throw new OpsError('URL_INVALID', {case: 'query', clean})
  if (protocol !== 'https:' && protocol !== 'http:') {
    throw new OpsError('URL_INVALID', {case: 'scheme', clean, meant: secure})
  }
  if (protocol === 'http:' && !insecureHttp && !isLoopback(url.hostname)) {
    throw new OpsError('URL_INSECURE', {clean, secure})
  }
  return {origin: url.origin, prefix}
}

/** Whether a host, as URLs write it, is this machine. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost') || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host)
}

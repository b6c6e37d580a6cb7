import {OpsError} from '../errors.ts'
import {excerpt, remember} from '../secret.ts'

/** A base URL taken apart: `prefix` is empty or starts with `/` and has no slash at its end. */
export interface BaseUrl {
  origin: string
  prefix: string
}

const NOTHING = ' Nothing was called.'

/**
 * Checks a base URL as a person typed it. Throws `OpsError` `URL_INVALID` or `URL_INSECURE` with the address that was
 * probably meant; a password in it is never repeated.
 */
export function parseBaseUrl(typed: string, insecureHttp = false): BaseUrl {
  const text = typed.trim()
  if (!/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) {
    const bare = text.replace(/^\/+/, '')
    const scheme = isLoopback(bare.split(/[:/?#]/)[0]!) ? 'http' : 'https'
    const meant = URL.canParse(`${scheme}://${bare}`) && !bare.includes('@') ? [`did you mean ${scheme}://${bare}`] : []
    throw new OpsError(
      'URL_INVALID',
      `${meant.length ? `"${excerpt(text, 100)}"` : 'The address'} has no scheme (https://).${NOTHING}`,
      {
        suggestions: meant,
      },
    )
  }
  const url = URL.parse(text)
  if (!url || !url.hostname) throw new OpsError('URL_INVALID', `The address cannot be read as a URL.${NOTHING}`)
  const prefix = url.pathname.replace(/\/+$/, '')
  const clean = `${url.protocol}//${url.host}${prefix}`
  if (url.username || url.password) {
    remember(decodeURIComponent(url.password))
    throw new OpsError(
      'URL_INVALID',
      `The address of ${url.host} holds a user name or password; credentials never go into a URL.${NOTHING}`,
      {
        suggestions: [`use ${clean}`],
      },
    )
  }
  if (/[?#]/.test(text)) {
    throw new OpsError('URL_INVALID', `"${clean}" must end there: it is a base URL, without "?" or "#".${NOTHING}`, {
      suggestions: [`use ${clean}`],
    })
  }
  if (url.protocol !== 'https:' && url.protocol !== 'http:') {
    throw new OpsError('URL_INVALID', `"${clean}": only https:// (or http:// on loopback) is spoken.${NOTHING}`, {
      suggestions: [`did you mean https://${url.host}${prefix}`],
    })
  }
  if (url.protocol === 'http:' && !insecureHttp && !isLoopback(url.hostname)) {
    throw new OpsError('URL_INSECURE', `"${clean}" would send credentials in the clear.${NOTHING}`, {
      suggestions: [`use https://${url.host}${prefix}`, 'or accept it with --insecure-http'],
    })
  }
  return {origin: url.origin, prefix}
}

/** Whether a host, as URLs write it, is this machine. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host.endsWith('.localhost') || host === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(host)
}

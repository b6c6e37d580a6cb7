import {HOLE} from '../../syntax/types.ts'
import {decoded} from '../read/base64.ts'
import type {NamedValue} from '../reading.ts'
import {holdsPassword, holdsToken, passwordIn, secretIn, tokenIn, type SecretSort} from './value.ts'

/** The secret that a value holds, if it holds any: by the name that it goes with, or by its own shape. */
export function heldBy({name, value, path}: NamedValue): SecretSort | undefined {
  if (path.some((key) => /^encrypted/i.test(key))) return undefined
  const [, variable, fallback] = DEFAULT.exec(value) ?? []
  if (variable !== undefined && fallback !== undefined)
    return byName(variable, fallback) ?? (variable === name ? undefined : byName(name, fallback))
  const shaped = shapedAs(value)
  if (shaped) return shaped
  if (value.includes(HOLE) && !/[0-9a-f]{40}/.test(value)) return undefined
  const provider = path[0] === 'provider' && path[1] === 'gitea' && (name === 'token' || name === 'password')
  return provider ? (secretIn(value) ?? passwordIn(value, 'argument')) : byName(name, value)
}

/** `${ROOT_PASSWORD:-a default}` is a value as good as any. */
const DEFAULT = /^\$\{(\w+):?[-=]["']?([^{}$"']+)["']?\}$/

function byName(name: string, value: string): SecretSort | undefined {
  const packed = decoded(value)
  if (holdsPassword(name)) return tokenIn(packed ?? '') ?? tokenIn(value) ?? passwordIn(value, 'file')
  if (PAIR.test(name)) return pairIn(value) ?? pairIn(packed ?? '') ?? secretIn(value)
  return holdsToken(name) ? (secretIn(value) ?? tokenIn(packed ?? '')) : undefined
}

/** Names of `name:password`. */
const PAIR = /(?:^|[_.-])(?:credentials?|creds?|auth|userpass|userpwd|userinfo|basic)$|[a-z](?:Credentials?|Auth)$/i

/** The password of `name:password`. */
export function pairIn(value: string): SecretSort | undefined {
  const [, password] = /^[\w.@+-]{1,64}:([^\s:@/]+)$/.exec(value) ?? []
  return password === undefined ? undefined : (tokenIn(password) ?? passwordIn(password, 'argument'))
}

/** Values that show by themselves that they are secret, whatever name they have. */
function shapedAs(value: string): SecretSort | undefined {
  const part = inUrl(value)
  if (part !== undefined) return tokenIn(part) ?? passwordIn(part, 'argument')
  const [, header, sent = ''] = HEADER.exec(value) ?? []
  if (header === undefined) return undefined
  return header.toLowerCase() === 'basic' ? pairIn(decoded(sent) ?? '') : secretIn(sent)
}

/** A header with its credential: `Authorization: token …`, `-H "Authorization: Basic …"`, or what stands behind the colon. */
const HEADER = /(?:\bauthorization["']?\s*[:=]\s*["']?|^["']?)(token|bearer|basic)\s+([\w.+/=-]{12,})/i

/** The password of `https://robot:PASSWORD@git.example.org`, or the token that is the name itself. */
export function inUrl(value: string): string | undefined {
  const [, user = '', password] = /:\/\/([^/@\s:]*)(?::([^/@\s]*))?@/.exec(value) ?? []
  return /^[0-9a-f]{40}$/.test(user) ? user : password || undefined
}

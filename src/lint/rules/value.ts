import {HOLE} from '../../syntax/types.ts'
import {decoded} from '../read/base64.ts'

/** What sort of secret a literal is; of a Gitea token its last eight, which Gitea itself lists, and of others nothing. */
export type SecretSort =
  | {sort: 'token'; lastEight: string}
  | {sort: 'bearer' | 'password' | 'key'}
  | {sort: 'foreign'; called: string}

const HEX = /(?<![0-9A-Za-z])[0-9a-f]{40}(?![0-9A-Za-z])/
const JWT = /(?<![\w-])eyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/
/** What says where a secret is, or keeps it sealed or hashed, and is none itself. */
const REFERENCE = new RegExp(
  [
    '^(?:env|file|exec|prompt|vault|op|ref|secret|arn|sops|aws-sm|gcp-sm|ssm|sha256|scrypt|pbkdf2):',
    String.raw`^[a-z][\w+.-]*:\/\/|^ENC\[|^-$|^!|\{\{|\{%|\$|%\w+%|^#\{|^\(\(|^\[\[|^@\w+@$|^__\w+__$`,
    String.raw`^\{(?:cipher|SSHA|CRYPT|bcrypt|argon2)\}|^(?:data|var|local|module|config|secrets)\.|^(?:lookup|sensitive|random_\w+)\b`,
    '^-----BEGIN AGE|^age1|^Ag[AB][\\w+/]{60}',
  ].join('|'),
)

/** A token in a value that is meant to hold one: 40 hex digits, a JWT, a long random key. */
export function tokenIn(value: string): SecretSort | undefined {
  const [hex] = HEX.exec(value) ?? []
  if (hex !== undefined) return isMadeUp(hex) ? undefined : {sort: 'token', lastEight: hex.slice(-8)}
  if (JWT.test(value)) return isMadeUp(value) ? undefined : {sort: 'bearer'}
  return undefined
}

/** The same, and long random keys too: for values that are a secret and nothing else. */
export function secretIn(value: string): SecretSort | undefined {
  const token = tokenIn(value)
  if (token) return token
  const plain = value.replace(/^(?:bearer|token)\s+/i, '')
  const random = /^[\w-]{32,}$/.test(plain) && /[A-Z]/.test(plain) && /[a-z]/.test(plain) && /\d/.test(plain)
  return random && new Set(plain).size >= 14 && !isMadeUp(plain) ? {sort: 'key'} : undefined
}

/** A literal where a password stands; not a reference, a placeholder, or a plain word of a schema. */
export function passwordIn(value: string, where: 'argument' | 'file'): SecretSort | undefined {
  const literal = value !== '' && !value.includes(HOLE) && !REFERENCE.test(value) && !/\s/.test(value)
  if (!literal || isMadeUp(value) || isMadeUp(decoded(value) ?? '') || value.length < 6) return undefined
  if (
    where === 'file' &&
    /^[a-z]{1,12}(?:_[a-z]{1,12})*$|^[A-Z][A-Z0-9_]*$|^(?:true|false)$|^\/|^[\w.-]+(?:\/[\w.-]+)+$/.test(value)
  )
    return undefined
  return {sort: 'password'}
}

/** Placeholders, the word itself, and values of too few different characters or with a counting pattern to be random. */
export function isMadeUp(value: string): boolean {
  return MADE_UP.test(value) || (value.length >= 20 && new Set(value).size < 8)
}

const MADE_UP = new RegExp(
  [
    String.raw`[<>*…]|\.\.\.|example|placeholder|change.?(?:me|it|this)|your[-_ ]|redacted|dummy|xxx|not.?a.?(?:real|secret)`,
    String.raw`passw(?:or)?d|12345678|deadbeef|abcdef|replace|insert|fixme|todo|sample|fake|fill.?(?:me|in)|made.?up|secret.?(?:here|token|key|value)`,
    String.raw`(?:token|key|pass).?here|^(?:my|some|any|the)[-_]?(?:secret|token|pass|key)|^(?:none|null|unset|undefined|generated|random|auto)$`,
  ].join('|'),
  'i',
)

/** Names that hold a token or key: `GITEA_TOKEN`, `api-key`; not `token_name`, `TOKEN_FILE`. */
export function holdsToken(name: string): boolean {
  if (
    /(?:name|file|path|dir|url|uri|id|type|scopes?|ttl|expiry|hash|sha\d*|digest|count|limit|length|header|prefix)$/i.test(
      name,
    )
  ) {
    return false
  }
  return /token|secret|bearer|authorization|api[_-]?key|(?:^|[_-])pat(?:$|[_-])/i.test(name)
}

/** Names that hold a password: `ADMIN_PASSWORD`, `BOT_PW`, `dbPassword`. */
export function holdsPassword(name: string): boolean {
  return (
    /(?:^|[_.-])(?:password|passwd|passphrase|pwd|pass|pw)$/i.test(name) ||
    /[a-z](?:Password|Passwd|Pass|Pwd|Pw)$|[A-Z](?:PASSWORD|PASSWD)$/.test(name)
  )
}

const CALLED = {bearer: 'a bearer token', password: 'a password', key: 'a secret'} as const

/** `a token (…0badcafe)`. */
export function called(found: SecretSort): string {
  if (found.sort === 'token') return `a token (…${found.lastEight})`
  return found.sort === 'foreign' ? found.called : CALLED[found.sort]
}

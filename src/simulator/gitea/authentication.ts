import {TOTP} from 'otpauth'
import type {WireAnswer} from '../wire.ts'
import {isReadable} from './scopes.ts'
import {bareRefusal, refuse} from './visit.ts'
import type {Session, Visit} from './visit.ts'
import type {UserOrOrganisation} from './world.ts'

/** A credential that was understood and rejected: the text of its 401. */
class Rejected extends Error {}

/**
 * Finds out who asks. Sets session and doer, tells the request log, and marks a token as used now, whatever the
 * request comes to. A header that makes no sense is anonymous; a credential that is wrong is a 401 on every path.
 */
export function authenticate(visit: Visit): WireAnswer | undefined {
  // Every method is tried; the first rejection counts only if none succeeds (services/auth/group.go).
  let rejection: Rejected | undefined
  for (const method of [byToken, byBasic]) {
    try {
      visit.session ??= method(visit)
    } catch (error) {
      if (!(error instanceof Rejected)) throw error
      rejection ??= error
    }
  }
  if (!visit.session) return rejection && refuse(visit, 401, rejection.message)
  const {token} = visit.session
  if (token && visit.dialect.readsScopesFirst && !isReadable(token.scope)) return refuse(visit, 500, '')
  visit.doer = visit.session.user
  visit.call.identify(visit.session.user.login)
  if (token) token.lastUsed = Date.now()
  return undefined
}

/** The 403s of an account that may not use the API, and of sites that want everybody signed in. */
export function checkAccountState({doer, settings, root}: Visit): WireAnswer | undefined {
  if (!doer) {
    return settings.requireSignin ? bareRefusal('Only signed in user is allowed to call APIs.') : undefined
  }
  if (!doer.active && settings.emailConfirm) return bareRefusal('This account is not activated.')
  if (!doer.active || doer.prohibitLogin) {
    return bareRefusal('This account is prohibited from signing in, please contact your site administrator.')
  }
  if (doer.mustChangePassword) {
    return bareRefusal(`You must change your password. Change it at: ${root}//user/change_password`)
  }
  return undefined
}

/** Names the query (or urlencoded body) parameter as deprecated, from 1.21 on. */
export function queryWarning(visit: Visit): Readonly<Record<string, string>> {
  return parameter(visit) ? visit.dialect.queryWarning : {}
}

function byToken(visit: Visit): Session | undefined {
  const given = parameter(visit)
  const value = given ?? headerToken(visit)
  if (value === undefined) return undefined
  const found = visit.dialect.tokenShape.test(value) ? visit.world.tokenByValue(value) : undefined
  if (!found) throw new Rejected(visit.dialect.deadToken(value))
  return {user: found.owner, token: found.token, via: given === undefined ? 'header token' : 'query token'}
}

function parameter({call}: Visit): string | undefined {
  const {body, headers, query} = call
  const isForm = (headers['content-type'] ?? '').includes('form-urlencoded')
  const form = isForm ? new URLSearchParams(body.toString()) : query
  for (const name of ['token', 'access_token']) {
    const value = form.get(name) || query.get(name)
    if (value) return value
  }
  return undefined
}

function headerToken({call, dialect}: Visit): string | undefined {
  const words = (call.headers.authorization ?? '').split(/\s+/).filter(Boolean)
  const [scheme = '', value] = words
  const isToken = dialect.lowerCaseToken ? scheme === 'token' : scheme.toLowerCase() === 'token'
  return words.length === 2 && (isToken || scheme.toLowerCase() === 'bearer') ? value : undefined
}

function byBasic(visit: Visit): Session | undefined {
  const {world, dialect, settings} = visit
  const pair = basicPair(visit)
  if (!pair) return undefined
  const [name, password] = pair
  const value = password === '' || password === 'x-oauth-basic' ? name : password
  const found = dialect.tokenShape.test(value) ? world.tokenByValue(value) : undefined
  if (found) return {user: found.owner, token: found.token, via: 'basic token'}
  if (!settings.basicAuthentication) return undefined
  const user = signIn(visit, name, password)
  return {user, token: undefined, via: 'password'}
}

/** Up to 1.24 undecodable Basic is an empty name with an empty password; afterwards it is no credential at all. */
function basicPair({call, dialect}: Visit): [string, string] | undefined {
  const header = call.headers.authorization ?? ''
  // Up to 1.24 the header is cut at its first space, so a second one spoils the base64.
  const cut = dialect.strictBasic ? /^(\S*) (.*)$/ : /^\s*(\S+)\s+(\S+)\s*$/
  const [, scheme, encoded = ''] = cut.exec(header) ?? []
  if (scheme?.toLowerCase() !== 'basic') return undefined
  const decodable = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/.test(encoded)
  const [, name, password] = /^([^:]*):(.*)$/s.exec(decodable ? Buffer.from(encoded, 'base64').toString() : '') ?? []
  if (name !== undefined && password !== undefined) return [name, password]
  return dialect.strictBasic ? ['', ''] : undefined
}

function signIn(visit: Visit, name: string, password: string): UserOrOrganisation {
  const {world, dialect} = visit
  const reject = (message: string): Rejected => new Rejected(dialect.maskedCredential ?? message)
  const user = world.account(name) ?? world.accounts.find(({email}) => email.toLowerCase() === name.toLowerCase())
  if (!user || user.isOrganisation) throw reject(dialect.userDoesNotExist(0, name))
  const who = `[uid: ${user.id}, name: ${user.login}]`
  if (user.password === undefined) throw reject(`user's password isn't set ${who}`)
  if (user.password !== password) throw reject(`user's password is invalid ${who}`)
  if (user.prohibitLogin) throw reject(`user is not allowed login ${who}`)
  if (user.webauthn && dialect.webauthnRefusal) throw new Rejected(dialect.webauthnRefusal)
  if (user.totp !== undefined && !acceptOtp(visit, user, user.totp)) throw reject('invalid provided OTP')
  return user
}

function acceptOtp({call, dialect}: Visit, user: UserOrOrganisation, seed: string): boolean {
  const forgejo = dialect.isForgejo ? call.headers['x-forgejo-otp'] : undefined
  const code = String(forgejo ?? call.headers['x-gitea-otp'] ?? '')
  const fits = /^\d{6}$/.test(code) && new TOTP({secret: seed}).validate({token: code, window: 1}) !== null
  if (!fits || (dialect.totpOnce && user.lastOtp === code)) return false
  user.lastOtp = code
  return true
}

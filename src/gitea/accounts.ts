import {randomBytes} from 'node:crypto'
import {OpsError} from '../errors.ts'
import type {Account, AccountOrder} from '../onboarding/ports.ts'
import {excerpt, remember} from '../secret.ts'
import type {GiteaLine} from './line.ts'
import {inDoubt, messageOf, shapeOf, unusable} from './meaning.ts'
import {readFound, readUser} from './shapes.ts'
import {CREATE_USER} from './writes.ts'

/**
 * A user by login, in any case. Undefined where there is none. Throws `GITEA_USER_RENAMED` where the name is a former
 * one and leads elsewhere (gitea 1.22: 307 to the new name), `ADMIN_NOT_ADMIN` where nobody tells us whether it is active, and as `Line.read`.
 */
export async function find(line: GiteaLine, login: string): Promise<Account | undefined> {
  const name = encodeURIComponent(login)
  const answer = await line.read({path: `/users/${name}`})
  if (answer.status === 404) return undefined
  const user = readUser(answer.json())
  if (!user) throw unusable(answer)
  if (user.login.toLowerCase() !== login.toLowerCase()) {
    throw new OpsError('GITEA_USER_RENAMED', {from: login, to: user.login})
  }
  const organisation = await isOrganisation(line, name, user.id)
  // Whoever is no site administrator is shown `false` for whatever it is, and may not list another's tokens.
  if (!user.active && !organisation) await line.read({path: `/users/${name}/tokens`, query: {limit: 1}})
  return {...user, organisation}
}

/** Organisations share the users' names, and Gitea mints for them without a word. */
async function isOrganisation(line: GiteaLine, name: string, id: number): Promise<boolean> {
  if (line.admin.hasCodes && (await isShownAsPerson(line, id))) return false
  try {
    return (await line.read({path: `/orgs/${name}`})).status === 200
  } catch (error) {
    if (!(error instanceof OpsError) || error.code !== 'ADMIN_SCOPE') throw error
    // A token with nothing but write:user may not read organisations; the search finds persons only.
    const answer = await line.read({path: '/users/search', query: {uid: id}})
    const found = readFound(answer.json())
    if (!found) throw error
    return !found.some((person) => person.id === id)
  }
}

/** Whether strangers, who need no one-time code, find a person of this id; the search finds no organisation. */
async function isShownAsPerson(line: GiteaLine, id: number): Promise<boolean> {
  const answer = await line.asStranger({path: '/users/search', query: {uid: id}})
  return answer.status === 200 && readFound(answer.json())?.some((person) => person.id === id) === true
}

/**
 * Creates a user who can sign in with tokens only: the password is made up, sent and forgotten. It need not be changed,
 * for every call of a user who has to change it is a 403 (gitea 1.22: must_change_password defaults to true). Throws
 * `USER_REFUSED`, `WRITE_IN_DOUBT`, and as `Line.write`.
 */
export async function create(line: GiteaLine, order: AccountOrder): Promise<Account> {
  const {login, email, visibility, restricted} = order
  const optional = {...(visibility && {visibility}), ...(restricted !== undefined && {restricted})}
  const json = {
    username: login,
    email,
    password: password(),
    must_change_password: false,
    send_notify: false,
    ...optional,
  }
  const what = `Creating the user ${login}`
  const answer = await line.write({method: 'POST', path: '/admin/users', json}, what, CREATE_USER)
  const user = answer.status === 201 ? readUser(answer.json()) : undefined
  if (user) return {...user, organisation: false}
  if (answer.status === 201) throw inDoubt(what, `the answer was ${shapeOf(answer)} and names no user.`)
  throw refused(order, answer.status, messageOf(answer) ?? '')
}

/** Long, random, and with one of every class that a password policy can ask for. */
function password(): string {
  const text = `Aa1!${randomBytes(32).toString('base64url')}`
  remember(text)
  return text
}

function refused({login, email}: AccountOrder, status: number, message: string): OpsError {
  const why = message === '' ? `HTTP ${status}` : `"${excerpt(message, 160)}"`
  if (message.startsWith('Password')) return new OpsError('USER_REFUSED', {login, why})
  return new OpsError('USER_REFUSED', {login, why, ...(/e-?mail/i.test(message) ? {email} : {name: true})})
}

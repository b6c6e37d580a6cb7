import {json} from '../../wire.ts'
import type {WireAnswer} from '../../wire.ts'
import {canSee} from '../access.ts'
import {isUsername} from '../bind.ts'
import {organisationShape, userShape} from '../shapes.ts'
import {assigned, done, listed, notFound, page, refuse, total} from '../visit.ts'
import type {Handler, Visit} from '../visit.ts'
import type {UserOrOrganisation, Visibility} from '../world.ts'

/** Binding lets only these and nothing through. */
function visibilityOf(name: string | undefined): Visibility | undefined {
  return name === 'public' || name === 'limited' || name === 'private' ? name : undefined
}

const RESERVED =
  '. .. .well-known api assets attachments avatar avatars captcha explore favicon.ico ghost gitea-actions issues login manifest.json metrics milestones notifications org pulls repo repo-avatars robots.txt ssh_info swagger.v1.json user v2'.split(
    ' ',
  )

/** Why Gitea would not take this new user, in its words. */
function newUserFault({world, form, dialect}: Visit): {status: number; message: string} | undefined {
  const name = form.text('username') ?? ''
  const email = form.text('email') ?? ''
  const source = form.number('source_id')
  if (source !== 0) return {status: 422, message: `login source does not exist [id: ${source}]`}
  if ((form.text('password') ?? '').length < 8 && !dialect.shortPasswords)
    return {status: 400, message: 'PasswordIsRequired'}
  if (!isUsername(name)) return {status: 422, message: `name is invalid [${name}]`}
  if ([...RESERVED, ...dialect.moreReserved].includes(name.toLowerCase()))
    return {status: 422, message: `name is reserved [name: ${name}]`}
  const pattern = /\.(?:keys|gpg|rss|atom|png)$/.exec(name.toLowerCase())
  if (pattern) return {status: 422, message: `name pattern is not allowed [pattern: *${pattern[0]}]`}
  if (world.account(name)) return {status: 422, message: `user already exists [name: ${name}]`}
  const taken = world.accounts.some((each) => each.email.toLowerCase() === email.toLowerCase())
  return taken ? {status: 422, message: `e-mail already in use [email: ${email}]`} : undefined
}

function createUser(visit: Visit): WireAnswer {
  const {form, world} = visit
  const fault = newUserFault(visit)
  if (fault) return refuse(visit, fault.status, fault.message)
  const user = world.addAccount({
    login: form.text('username') ?? '',
    email: form.text('email') ?? '',
    fullName: form.text('full_name') ?? '',
    loginName: form.text('login_name') ?? '',
    password: form.text('password'),
    mustChangePassword: form.flag('must_change_password') ?? true,
    restricted: form.flag('restricted') ?? false,
    visibility: visibilityOf(form.text('visibility')) ?? 'public',
  })
  return json(201, userShape(visit, user))
}

function editUser(visit: Visit): WireAnswer {
  const {form, world} = visit
  const user = assigned(visit.contextUser)
  const password = form.text('password') ?? ''
  if (password !== '' && password.length < 8) return refuse(visit, 400, 'password must be at least 8 characters')
  if (form.flag('admin') === false && isLastAdmin(visit, user)) {
    return refuse(visit, 400, `can not delete the last admin user [uid: ${user.id}]`)
  }
  const email = form.text('email') ?? user.email
  if (world.accounts.some((each) => each !== user && each.email.toLowerCase() === email.toLowerCase())) {
    return refuse(visit, 400, `e-mail already in use [email: ${email}]`)
  }
  Object.assign(user, {
    email,
    loginName: form.text('login_name') ?? user.loginName,
    fullName: form.text('full_name') ?? user.fullName,
    password: password || user.password,
    mustChangePassword: form.flag('must_change_password') ?? user.mustChangePassword,
    prohibitLogin: form.flag('prohibit_login') ?? user.prohibitLogin,
    active: form.flag('active') ?? user.active,
    isAdmin: form.flag('admin') ?? user.isAdmin,
    restricted: form.flag('restricted') ?? user.restricted,
    visibility: visibilityOf(form.text('visibility')) ?? user.visibility,
  } satisfies Partial<UserOrOrganisation>)
  return json(200, userShape(visit, user))
}

function isLastAdmin({world}: Visit, user: UserOrOrganisation): boolean {
  return user.isAdmin && world.accounts.filter((each) => each.isAdmin).length === 1
}

function deleteUser(visit: Visit): WireAnswer {
  const {world, doer, call} = visit
  const user = assigned(visit.contextUser)
  const purge = ['1', 'true', 'on'].includes((call.query.get('purge') ?? '').toLowerCase())
  const ownsRepos = world.repos.some((repo) => repo.ownerId === user.id)
  const inOrgs = world.teams.some((team) => team.members.has(user.id))
  if (user.isOrganisation) return refuse(visit, 422, `${user.login} is an organization not a user`)
  if (user.id === doer?.id) return refuse(visit, 422, 'you cannot delete yourself')
  if (isLastAdmin(visit, user)) return refuse(visit, 422, `can not delete the last admin user [uid: ${user.id}]`)
  if (ownsRepos && !purge) return refuse(visit, 422, `user still has ownership of repositories [uid: ${user.id}]`)
  if (inOrgs && !purge) return refuse(visit, 422, `user still has membership of organizations [uid: ${user.id}]`)
  world.removeAccount(user)
  return done
}

function listUsers(visit: Visit): WireAnswer {
  const users = visit.world.accountsByLogin().filter((account) => !account.isOrganisation)
  return listed(visit, users, (user) => userShape(visit, user))
}

/** Persons only (`gitea 1.20-1.27: user.Search, Type: UserTypeIndividual`); by `uid`, or by a part of the name in `q`. */
function searchUsers(visit: Visit): WireAnswer {
  const {world, doer, call} = visit
  const uid = Number(call.query.get('uid') ?? 0)
  const part = (call.query.get('q') ?? '').toLowerCase()
  const users = world
    .accountsByLogin()
    .filter((each) => !each.isOrganisation && canSee(world, each, doer))
    .filter((each) => (uid > 0 ? each.id === uid : each.login.toLowerCase().includes(part)))
  const data = page(visit, users).map((user) => userShape(visit, user))
  return json(200, {data, ok: true}, total(users.length))
}

function getUser(visit: Visit): WireAnswer {
  const user = assigned(visit.contextUser)
  if (canSee(visit.world, user, visit.doer)) return json(200, userShape(visit, user))
  return notFound(visit, 'GetUserByName', visit.dialect.userDoesNotExist(0, user.login))
}

function listOrganisations(visit: Visit): WireAnswer {
  const orgs = visit.world
    .accountsByLogin()
    .filter((each) => each.isOrganisation && canSee(visit.world, each, visit.doer))
  return listed(visit, orgs, (org) => organisationShape(visit, org))
}

export const peopleHandlers: Readonly<Record<string, Handler>> = {
  'user.GetAuthenticatedUser': (visit) => json(200, userShape(visit, assigned(visit.doer))),
  'user.GetInfo': getUser,
  'admin.SearchUsers': listUsers,
  'user.Search': searchUsers,
  'admin.CreateUser': createUser,
  'admin.EditUser': editUser,
  'admin.DeleteUser': deleteUser,
  'org.GetAll': listOrganisations,
  'org.Get': (visit) => {
    const org = assigned(visit.org)
    if (canSee(visit.world, org, visit.doer)) return json(200, organisationShape(visit, org))
    return notFound(visit, 'HasOrgOrUserVisible')
  },
}

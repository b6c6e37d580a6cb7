import type {WireAnswer} from '../wire.ts'
import {canSee, isSiteAdmin} from './access.ts'
import * as assign from './assignments.ts'
import {bindBody} from './bind.ts'
import * as check from './checks.ts'
import {InvalidScope, categoryOf, holds, isPublicOnly, levelOf} from './scopes.ts'
import type {Category} from './scopes.ts'
import {bareRefusal, notFound, refuse} from './visit.ts'
import type {VisitStage, Visit} from './visit.ts'
import type {UserOrOrganisation} from './world.ts'

/** Every middleware of the route tables under its name there. A unit test sees to it that none is missing. */
export const STAGES: Readonly<Record<string, VisitStage>> = {
  sudo,
  tokenRequiresScopes,
  tokenRequiresRepoOwnerScope,
  reqToken,
  reqSiteAdmin,
  reqSelfOrAdmin,
  reqBasicAuth: reqBasic,
  reqBasicOrRevProxyAuth: reqBasic,
  reqExploreSignIn,
  repoAssignment: assign.repoAssignment,
  orgAssignment: assign.orgAssignment,
  'context.UserAssignmentAPI': assign.userAssignment,
  'context_service.UserAssignmentAPI': assign.userAssignment,
  'context.UserIDAssignmentAPI': assign.userIdAssignment,
  'context_service.UserIDAssignmentAPI': assign.userIdAssignment,
  'context.PackageAssignmentAPI': assign.packageAssignment,
  'context.RepositoryIDAssignmentAPI': assign.repositoryIdAssignment,
  'context.QuotaRuleAssignmentAPI': (visit) => notFound(visit),
  'context.QuotaGroupAssignmentAPI': (visit) => notFound(visit),
  contextAuthenticatedUser: assign.contextAuthenticatedUser,
  checkTokenPublicOnly,
  rejectPublicOnly,
  individualPermsChecker,
  reqPackageAccess,
  mustEnableIssues: (visit) => check.unlessReadable(visit, 'issues'),
  mustAllowPulls: (visit) => (check.canReadPulls(visit) ? undefined : notFound(visit)),
  mustEnableIssuesOrPulls: (visit) => (check.canReadPulls(visit) ? undefined : check.unlessReadable(visit, 'issues')),
  mustEnableWiki: (visit) => check.unlessReadable(visit, 'other'),
  mustEnableEditor: (visit) => {
    const {owner, repo} = check.inRepo(visit)
    const locked = repo.archived || repo.mirror
    const what = visit.dialect.archived === 'plain' ? 'repo' : `${owner.login}/${repo.name}`
    return locked ? refuse(visit, 423, `${what} is not allowed to edit`) : undefined
  },
  mustNotBeArchived: check.mustNotBeArchived,
  reqAnyRepoReader: (visit) =>
    check.inRepo(visit).access.any ? undefined : refuse(visit, 403, check.REPO_REFUSALS.any),
  reqRepoReader: check.reqRepoReader,
  reqRepoWriter: check.reqRepoWriter,
  reqRepoBranchWriter: (visit) =>
    check.canWriteRepo(visit) ? undefined : refuse(visit, 403, 'user should have a permission to write to this branch'),
  'repo.ReqChangeRepoFileOptionsAndCheck': (visit) =>
    check.canWriteRepo(visit)
      ? undefined
      : refuse(visit, 403, 'user should have a permission to write to the target branch'),
  reqAdmin: check.reqAdmin,
  reqOwner: check.reqOwner,
  // The route tables name the parameter of a shared function; each stands for the check its caller handed in.
  reqChecker: (visit) => (visit.org ? check.reqOrgOwnership(visit) : check.reqOwner(visit)),
  reqOwnerCheck: (visit) => (visit.org ? check.reqOrgOwnership(visit) : check.reqOwner(visit)),
  reqReaderCheck: (visit) =>
    visit.org ? check.reqOrgMembership(visit) : check.reqRepoReader(visit, ['unit.TypeActions']),
  reqOrgOwnership: check.reqOrgOwnership,
  reqOrgMembership: check.reqOrgMembership,
  reqOrgVisible: (visit) => (visit.org && !canSee(visit.world, visit.org, visit.doer) ? notFound(visit) : undefined),
  reqTeamMembership: check.reqTeamMembership,
  reqTeamReadAccess: check.reqTeamReadAccess,
  // DISABLE_GIT_HOOKS is the default: not even site admins may.
  reqGitHook: (visit) => refuse(visit, 403, 'must be allowed to edit Git hooks'),
  'context.RepoRefForAPI': check.repoReference,
  'activitypub.ReqHTTPSignature': unsigned,
  bind,
  // Open under the settings we have: nothing to check.
  reqUsersExploreEnabled: () => undefined,
  reqStarsEnabled: () => undefined,
  reqWebhooksEnabled: () => undefined,
  mustEnableAttachments: () => undefined,
  'context.ReferencesGitRepo': () => undefined,
  'context.EnforceQuotaAPI': () => undefined,
  // No comment and no issue of another kind is simulated to be looked up by these.
  commentAssignment: (visit) => notFound(visit),
  mustEnableLocalIssuesIfIsIssue: () => undefined,
}

/** Nobody signs here: `gitea 1.22.6, run`: the check itself fails; `forgejo 15.0.3: reqsignature.go`: it says so. */
function unsigned(visit: Visit): WireAnswer {
  return visit.dialect.isForgejo
    ? refuse(visit, 400, 'request signature verification failed')
    : refuse(visit, 500, 'neither "Signature" nor "Authorization" have signature parameters')
}

function sudo(visit: Visit): WireAnswer | undefined {
  const name = visit.call.query.get('sudo') || String(visit.call.headers.sudo ?? '')
  if (name === '') return undefined
  if (!isSiteAdmin(visit)) return bareRefusal('Only administrators allowed to sudo.')
  visit.doer = visit.world.account(name)
  return visit.doer ? undefined : notFound(visit)
}

/** The scope gate; only requests whose credential is a token have a scope to be short of. */
function tokenRequiresScopes(visit: Visit, args: readonly string[]): WireAnswer | undefined {
  const scope = visit.session?.token?.scope
  if (scope === undefined) return undefined
  const categories = args.map(categoryOf)
  const level = levelOf(visit.call.method)
  try {
    if (!holds(scope, level, categories)) {
      const required = categories.map((category) => `${level}:${category}`)
      return refuse(visit, 403, visit.dialect.scopeGap(required, scope))
    }
    visit.gate = {categories, publicOnly: isPublicOnly(scope)}
    return undefined
  } catch (error) {
    if (error instanceof InvalidScope) return refuse(visit, 403, `checking scope failed: ${error.message}`)
    throw error
  }
}

/** `forgejo 15.0.3: deleting a repository asks for the scope of its owner's kind`. */
function tokenRequiresRepoOwnerScope(visit: Visit): WireAnswer | undefined {
  const kind = check.inRepo(visit).owner.isOrganisation ? 'Organization' : 'User'
  return tokenRequiresScopes(visit, [kind])
}

/** Up to 1.21 this is also where public-only tokens are held back, from private repositories and organisations. */
function reqToken(visit: Visit): WireAnswer | undefined {
  if (!visit.session) return refuse(visit, 401, 'token is required')
  const {gate, dialect, repo, org} = visit
  if (dialect.publicOnly !== 'reqToken' || !gate?.publicOnly) return undefined
  if (gate.categories.includes('repository') && repo?.repo.isPrivate) return limited(visit, 'repos')
  if (gate.categories.includes('organization') && org && org.visibility !== 'public') return limited(visit, 'orgs')
  return undefined
}

function reqSiteAdmin(visit: Visit): WireAnswer | undefined {
  return isSiteAdmin(visit) ? undefined : refuse(visit, 403, 'user should be the site admin')
}

function reqSelfOrAdmin(visit: Visit): WireAnswer | undefined {
  const {doer, contextUser} = visit
  if (doer && (isSiteAdmin(visit) || doer.id === contextUser?.id)) return undefined
  return refuse(visit, 403, 'doer should be the site admin or be same as the contextUser')
}

function reqBasic(visit: Visit): WireAnswer | undefined {
  const via = visit.session?.via
  if (visit.dialect.tokensBy === 'password') {
    return via === 'password' ? undefined : refuse(visit, 401, 'auth method not allowed')
  }
  return via === 'password' || via === 'basic token' ? undefined : refuse(visit, 401, 'auth required')
}

function reqExploreSignIn(visit: Visit): WireAnswer | undefined {
  const blocked = visit.settings.requireSignin && !visit.doer
  return blocked ? refuse(visit, 401, 'you must be signed in to search for users') : undefined
}

/** `token scope is limited to public {repos,issues,orgs,users,activitypub,notifications,packages}`. */
function checkTokenPublicOnly(visit: Visit): WireAnswer | undefined {
  const {gate, repo, org, contextUser} = visit
  if (!gate?.publicOnly) return undefined
  const has = (category: Category): boolean => gate.categories.includes(category)
  const hiddenRepo = repo?.repo.isPrivate === true
  const hidden = (account: UserOrOrganisation | undefined): boolean =>
    account !== undefined && account.visibility !== 'public'
  const hiddenUser = contextUser?.isOrganisation === false && hidden(contextUser)
  if (has('repository')) return hiddenRepo ? limited(visit, 'repos') : undefined
  if (has('issue')) return hiddenRepo ? limited(visit, 'issues') : undefined
  if (has('organization')) {
    return hidden(org) || (contextUser?.isOrganisation && hidden(contextUser)) ? limited(visit, 'orgs') : undefined
  }
  if (has('user')) return hiddenUser ? limited(visit, 'users') : undefined
  if (has('activitypub')) return hiddenUser ? limited(visit, 'activitypub') : undefined
  if (has('notification')) return hiddenRepo ? limited(visit, 'notifications') : undefined
  return has('package') && contextUser?.visibility === 'private' ? limited(visit, 'packages') : undefined
}

const limited = (visit: Visit, what: string): WireAnswer =>
  refuse(visit, 403, `token scope is limited to public ${what}`)

function rejectPublicOnly(visit: Visit): WireAnswer | undefined {
  return visit.gate?.publicOnly
    ? refuse(visit, 403, 'this endpoint is not available for public-only tokens')
    : undefined
}

function individualPermsChecker(visit: Visit): WireAnswer | undefined {
  const {contextUser, doer} = visit
  if (!contextUser || contextUser.isOrganisation) return undefined
  const self = doer && (doer.id === contextUser.id || doer.isAdmin)
  const hidden = contextUser.visibility === 'private' ? !self : contextUser.visibility === 'limited' && !doer
  return hidden ? notFound(visit, visit.dialect.notFoundDetails ? 'Visit Project' : undefined) : undefined
}

function reqPackageAccess(visit: Visit, [mode]: readonly string[]): WireAnswer | undefined {
  const {contextUser: owner, doer, world} = visit
  if (isSiteAdmin(visit) || !owner) return undefined
  const owns = doer && (doer.id === owner.id || world.isOrgOwner(owner.id, doer.id))
  const enough = mode === 'perm.AccessModeRead' ? owns || canSee(world, owner, doer) : owns
  return enough ? undefined : refuse(visit, 403, 'user should have specific permission or be a site admin')
}

function bind(visit: Visit, [form = '']: readonly string[]): WireAnswer | undefined {
  const bound = bindBody(visit, form.replace(/^\w+\.|\{\}$/g, ''))
  if ('fault' in bound) return refuse(visit, 422, bound.fault)
  visit.form = bound.form
  return undefined
}

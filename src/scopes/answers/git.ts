import {ALL, type KnownAnswer} from './type.ts'

const GIT = 'routers/web/repo/githttp.go: httpBase'

/** What git over HTTP is told, and what git itself makes of it. */
export const GIT_ANSWERS: readonly KnownAnswer[] = [
  {
    says: /\bUser permission denied\b|User permission denied for writing/,
    by: 'right',
    status: [403],
    source: `${GIT}; routers/private/serv.go`,
    on: ALL,
    means: 'the token is accepted; its user may not read this repository, or may not write to it',
    cure: 'make the user a collaborator, or a member of a team, with the right to write',
  },
  {
    says: /[Mm]irror repository is read-only|repository wiki is disabled/,
    by: 'state',
    status: [403],
    source: GIT,
    on: ALL,
    means: 'the repository takes no push, whatever the token holds: it is a mirror, or its wiki is switched off',
    cure: 'push to where it is mirrored from, or switch the wiki on',
  },
  {
    says: /Push to create is not enabled for (?:users|organizations)/,
    by: 'state',
    status: [403],
    source: GIT,
    on: ALL,
    means: 'there is no such repository, and this server makes none on a push',
    cure: 'make the repository first (POST /user/repos or /orgs/ORG/repos), or correct the URL of the remote',
  },
  {
    says: /Interacting with repositories by HTTP protocol is not allowed/,
    by: 'state',
    status: [403],
    source: 'routers/web/repo/githttp.go: HTTPGitEnabledHandler',
    on: ALL,
    means: 'git over HTTP is switched off on this server ([repository] DISABLE_HTTP_GIT), so no token opens it',
    cure: 'use SSH with a key',
  },
  {
    says: /Not allowed to (?:force-)?push to protected branch [\w./-]{1,80}|is protected from (?:force push|deletion|changing)|pre-receive hook declined/,
    by: 'right',
    status: [403],
    source: 'routers/private/hook_pre_receive.go',
    on: ALL,
    means:
      "the token is accepted; the branch is protected, and the token's user is not among those who may push to it so",
    cure: 'push to another branch and open a pull request, or put the user on the list of the protection; no scope helps',
  },
  {
    says: /RPC failed; HTTP 403/,
    by: 'scope',
    status: [403],
    source: 'git itself, after a bare 403 of services/context/permission.go: CheckRepoScopedToken, or of httpBase',
    on: ALL,
    means:
      'the token lacks read:repository (write:repository to push), or is public-only, or its user may not push there',
    cure: 'ask with the URL of the remote beside it, or probe the token',
  },
  {
    says: /(?<=remote: )(?:Repository n|N)ot found\b|\bRepository not found\b|fatal: repository(?= '[^']{1,200}' not found)/,
    by: 'right',
    status: [404],
    source: GIT,
    on: ALL,
    means: "there is no such repository, or the token's user may not see it, or, on newer servers, not push to it",
    cure: 'look at the spelling of the remote, then give the user access; no scope helps',
  },
  {
    says: /could not read (?:Username|Password) for/,
    by: 'credential',
    status: [],
    source: 'git itself, after a 401',
    on: ALL,
    means: 'the server asked git for a credential, and git had none to give and nobody to ask',
    cure: 'give git a token through a credential helper: read:repository to fetch, write:repository to push',
  },
  {
    says: /fatal: Authentication failed(?= for)/,
    by: 'credential',
    status: [401],
    source: 'git itself, after a second 401',
    on: ALL,
    means:
      'the token that git sent is not accepted (revoked, cut short), or it was the password of an account with a second factor',
    cure: 'give git a live token as the password: read:repository to fetch, write:repository to push',
  },
]

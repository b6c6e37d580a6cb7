import {ALL, type KnownAnswer} from './type.ts'

/** The server knows who calls, and lets the account do nothing. */
export const ACCOUNT: readonly KnownAnswer[] = [
  {
    says: /You must change your password/,
    by: 'account',
    status: [403],
    source: 'routers/api/v1/api.go: verifyAuthWithOptions',
    on: ALL,
    means: "the token's user has to change the password first; until then every token of that user is refused",
    cure: 'sign in once and change it, or have an administrator set must_change_password to false',
  },
  {
    says: /This account is not activated/,
    by: 'account',
    status: [403],
    source: 'routers/api/v1/api.go: verifyAuthWithOptions',
    on: ALL,
    means: "the token's user is not active or not allowed in: its address was never confirmed",
    cure: 'confirm the address, or have an administrator set active to true',
  },
  {
    says: /This account is prohibited from signing in|Your account is disabled\./,
    by: 'account',
    status: [403],
    source: 'routers/api/v1/api.go: verifyAuthWithOptions; routers/web/repo/githttp.go',
    on: ALL,
    means: "the token's user is not active or not allowed in",
    cure: 'have an administrator set active to true and prohibit_login to false',
  },
  {
    says: /This Forgejo instance requires users to enable two-factor authentication/,
    by: 'account',
    status: [403],
    source: 'routers/api/v1/api.go',
    on: 'Forgejo 13 and newer',
    means:
      "the token's user has to enable two-factor authentication first; until then every token of that user is refused (Forgejo 13 and newer)",
    cure: 'enrol a second factor for the user; the token itself stays as it is',
  },
  {
    says: /Users? with two-factor authentication enabled cannot perform HTTP\/HTTPS operations via plain username and password/,
    by: 'credential',
    status: [401],
    source: 'routers/web/repo/githttp.go: httpBase',
    on: ALL,
    means: 'git was given the password of an account with a second factor',
    cure: 'give git a token as the password: read:repository to fetch, write:repository to push',
  },
  {
    says: /Only administrators allowed to sudo/,
    by: 'right',
    status: [403],
    source: 'routers/api/v1/api.go: sudo',
    on: ALL,
    means: 'the call asks to act as somebody else, which only site administrators may',
    cure: 'drop the Sudo header or parameter',
  },
]

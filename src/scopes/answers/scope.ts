import {ALL, type KnownAnswer} from './type.ts'

/** The token is alive, and its scopes decide; the denial that names them has a reader of its own. */
export const SCOPE: readonly KnownAnswer[] = [
  {
    says: /token scope is limited to public \w+|is not available for public-only tokens/,
    by: 'scope',
    status: [403],
    source: 'routers/api/v1/api.go: checkTokenPublicOnly, rejectPublicOnly; routers/api/packages/api.go',
    on: ALL,
    means:
      'the token has the scope, but also public-only, which shuts it out of everything private: a token without public-only helps',
    cure: 'mint one without public-only',
  },
  {
    says: /(?:checking scope|parsing public resource scope) failed: invalid access token scope: [a-z_:*-]{1,40}/,
    by: 'scope',
    status: [403],
    source: 'routers/api/v1/api.go: tokenRequiresScopes',
    on: ALL,
    means: "among the token's stored scopes is a name that does not exist: no call behind a scope works with it",
    cure: 'mint another token, and delete this one',
  },
  {
    says: /token does not have required scope: [a-z_:]{1,40}/,
    by: 'scope',
    status: [403],
    source: 'routers/api/v1/api.go: reqToken',
    on: 'Gitea 1.19',
    means: 'the server is Gitea 1.19, whose scopes have other names; patrol knows 1.20 and newer',
    cure: 'give the token the scope that is named, or update the server',
  },
  {
    says: /access token must have a scope/,
    by: 'scope',
    status: [400],
    source: 'routers/api/v1/user/app.go: CreateAccessToken',
    on: 'Gitea 1.22.3 and newer, Forgejo 11 and newer',
    means: 'the mint named no scope, and nothing was made (older servers make a token that may do nothing)',
    cure: 'name at least one: "scopes": ["read:issue"]',
  },
  {
    says: /invalid access token scope provided: invalid access token scope: (?<scope>[A-Za-z_:.* -]{1,40})|invalid access token scope: (?<bare>[A-Za-z_:.* -]{1,40})/,
    by: 'scope',
    status: [400],
    source: 'routers/api/v1/user/app.go: CreateAccessToken; models/auth/access_token_scope.go',
    on: ALL,
    means: 'there is no scope of this name, and nothing was made',
    cure: 'write a scope that exists',
  },
  {
    says: /cannot create an access token with a broader scope|the authenticating token has no scope/,
    by: 'scope',
    status: [403],
    source: 'routers/api/v1/user/app.go: CreateAccessToken',
    on: 'Gitea 1.27 and newer',
    means: 'a token can hand out only scopes that it holds itself (Gitea 1.27 and newer); nothing was made',
    cure: 'mint with the password, or with a token that holds all that it hands out',
  },
  {
    says: /Access tokens with specified repositories (?:must have|cannot be combined|can only be used)/,
    by: 'scope',
    status: [400],
    source: 'routers/api/v1/user/app.go: CreateAccessToken',
    on: 'Forgejo 15 and newer',
    means:
      'a token that is confined to repositories (Forgejo 15 and newer) names at least one, has only issue and repository scopes, and never public-only',
    cure: 'leave out the other scopes, or the repositories; nothing was made',
  },
  {
    says: /reqPackageAccess|user should have specific permission or be a site admin/,
    by: 'scope',
    status: [401, 403],
    source: 'routers/api/packages/api.go, routers/api/v1/api.go: reqPackageAccess',
    on: ALL,
    means:
      'the registry of packages answers 401 where the API answers 403: the token is alive and lacks read:package (write:package to publish), or its user may not write for this owner',
    cure: 'give the token write:package (write:repository does not count), and the user a team that may write packages. The token that an Actions job has by itself cannot publish before Gitea 1.26',
  },
]

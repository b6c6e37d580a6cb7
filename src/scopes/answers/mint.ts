import {ALL, type KnownAnswer} from './type.ts'

const APP = 'routers/api/v1/user/app.go'
const USER = 'routers/api/v1/admin/user.go: CreateUser'

/** Of tokens and users that are to be made or deleted. */
export const MINT: readonly KnownAnswer[] = [
  {
    says: /access token name has been used already/,
    by: 'request',
    status: [400],
    source: `${APP}: CreateAccessToken; cmd/admin_user_generate_access_token.go`,
    on: ALL,
    means: 'that user has a token of this name, and nothing was made: its value cannot be read again',
    cure: 'take another name, or delete the old token by its id once nobody runs on it',
  },
  {
    says: /\[Name\]: Required/,
    by: 'request',
    status: [422],
    source: `${APP}: CreateAccessTokenOption`,
    on: ALL,
    means: 'the mint named no token, or its body was not read as JSON; nothing was made',
    cure: 'send {"name": "…", "scopes": ["…"]} with Content-Type: application/json',
  },
  {
    says: /\[[A-Z]\w{1,30}\]: (?:Required|AlphaDashDot|Email|MaxSize|In|Url)\b/,
    by: 'request',
    status: [422],
    source: 'modules/web: bind',
    on: ALL,
    means:
      'the scope gate was passed, and a field of what was sent is missing or not as it has to be; nothing was made',
    cure: 'send the field that is named, as JSON',
  },
  {
    says: /\[\]: (?:invalid character|unexpected (?:end|EOF)|EOF|json: cannot unmarshal|parse error)/,
    by: 'request',
    status: [422],
    source: 'modules/web: bind',
    on: ALL,
    means: 'the scope gate was passed, and the body is no JSON of this call; nothing was made',
    cure: 'look at the quotes of the shell, and send the body as JSON',
  },
  {
    says: /\[\]: (?:Empty|Unsupported) Content-Type/,
    by: 'request',
    status: [422],
    source: 'modules/web: bind',
    on: ALL,
    means: 'the body came without a Content-Type that the server reads; the scope gate was passed and nothing was made',
    cure: 'send Content-Type: application/json',
  },
  {
    says: /multiple matches for token name/,
    by: 'request',
    status: [422],
    source: `${APP}: DeleteAccessToken`,
    on: ALL,
    means: 'that user has several tokens of this name, and none was deleted',
    cure: 'delete by id: GET /users/NAME/tokens lists them',
  },
  {
    says: /access token (?:not found|does not exist)(?: \[[^\]]{0,20}\])?|\binvalid access token\b(?! scope)/,
    by: 'request',
    status: [404],
    source: `routers/api/v1/token/token.go, ${APP}: DeleteAccessToken`,
    on: 'Gitea 1.27 and newer',
    means:
      'that user has no token of this id or name (deleted before?), or GET /token was asked with something else than a token in the header',
    cure: 'GET /users/NAME/tokens lists what there is',
  },
  {
    says: /user already exists \[name: [^\]\s]{1,40}\]/,
    by: 'request',
    status: [422],
    source: USER,
    on: ALL,
    means: 'an account of this name is there already, in whatever case; nothing was made',
    cure: 'mint for that account, or take another name',
  },
  {
    says: /name is reserved \[name: [^\]\s]{1,40}\]|name pattern is not allowed|name contains invalid characters/,
    by: 'request',
    status: [422],
    source: USER,
    on: ALL,
    means: 'no account may have this name; nothing was made',
    cure: 'take a name of letters, digits, dots and dashes that is none of the server itself',
  },
  {
    says: /e-mail already in use(?: \[email: )?/,
    by: 'request',
    status: [422],
    source: USER,
    on: ALL,
    means: 'another account has this address; nothing was made',
    cure: 'give the new account an address of its own',
  },
  {
    says: /PasswordIsRequired|PasswordComplexity|PasswordPwned|password is too short|password complexity/i,
    by: 'request',
    status: [400, 422],
    source: USER,
    on: ALL,
    means:
      'the password of the new account does not do (too short, too plain, or in a list of stolen ones); nothing was made',
    cure: 'give it a long random one; an agent never types it',
  },
]

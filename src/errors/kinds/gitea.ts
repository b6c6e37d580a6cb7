import {run, say, type Advice} from '../advice.ts'
import {kind, nothing, text, type Texts} from '../kind.ts'

const UNREACHABLE = 'docs/runbooks/platform-unreachable.md'
const REJECTED = 'docs/runbooks/admin-credential-rejected.md'
const ONBOARDING = 'docs/runbooks/onboarding-incomplete.md'

/** The administrator, and where their credential was read from, if that is known. */
type Refused = Texts<'user'> & {source: string | undefined}

/** The sentence of a credential that was not accepted; `mend`: what helps in place of another credential. */
function unaccepted(why: string, mend?: (admin: Refused) => string): (admin: Refused) => [string, ...Advice[]] {
  const right = ({source}: Refused): string | undefined => source && `put the right one where ${source} points`
  return (admin) => {
    const helps = mend ? mend(admin) : right(admin)
    return [`The server did not accept the credential of ${admin.user}: ${why}.`, ...(helps ? [say(helps)] : [])]
  }
}

const usePassword = ({user}: Texts<'user'>): string =>
  `put the password of ${user} under "gitea.admin" in patrol.yaml, in place of "token"`

/** A forge, its users and their tokens, and the administrator who acts there. */
export const GITEA = {
  GITEA_UNREACHABLE: kind('unavailable', {
    meaning: 'The server gave no answer (refused, DNS, TLS, timeout, broken off). Nothing was changed.',
    ref: UNREACHABLE,
    says: ({why}: Texts<'why'>) => why,
    advice: [run`patrol doctor`],
  }),
  GITEA_UNUSABLE: kind('unavailable', {
    meaning: 'Something answered that is not the API of Gitea or Forgejo, or the server could not answer now.',
    ref: UNREACHABLE,
    says: {
      answer: text`${'method'} ${'path'}: ${'shape'}.`,
      elsewhere: ({method, path, shape}: Texts<'method' | 'path' | 'shape'>) => [
        `${method} ${path}: ${shape}.`,
        say('check `gitea.url` in patrol.yaml: a path prefix such as /gitea belongs to it'),
      ],
      part: ({path, rows, total}: Texts<'path'> & {rows: number; total: number | undefined}) =>
        `GET ${path}: ${rows} rows came, and the server ${total === undefined ? 'does not say that this is all' : `says that there are ${total}`}.`,
      contradiction: text`GET ${'path'}: the server says that there is no user ${'user'}, and shows the user all the same.`,
    },
    advice: [run`patrol doctor`],
  }),
  GITEA_UNREADABLE: kind('unavailable', {
    meaning: 'The credential may not read what was asked of the server.',
    says: {
      token: ({path, shape}: Texts<'path' | 'shape'>) => ({
        what: `GET ${path}: the token may not read this (${shape}).`,
        advice: [run`patrol probe`],
        ref: 'docs/runbooks/token-scope-gap.md',
      }),
      list: text`GET ${'path'}: not found, switched off, or not visible to this credential.`,
    },
  }),
  LIST_ENDLESS: kind('unavailable', {
    meaning: 'A list of the server goes on and on; reading it was given up.',
    ref: UNREACHABLE,
    says: text`GET ${'path'}: the list does not end; more than ${'most'} came.`,
    advice: [run`patrol doctor`],
  }),
  GITEA_USER_UNKNOWN: kind('usage', {
    meaning: 'There is no user of this name.',
    says: {
      list: text`There is no user ${'user'}.`,
      mint: ({user}: Texts<'user'>) => [`There is no user ${user}.`, nothing('minted')],
    },
  }),
  GITEA_USER_RENAMED: kind('usage', {
    meaning: 'The user has another name now; nothing was sent to the new one.',
    says: ({from, to}: Texts<'from' | 'to'>) => [
      `The user ${from} is called ${to} now.`,
      say(`put ${to} into patrol.yaml, or choose a name that nobody ever had`),
    ],
  }),
  ADMIN_MISSING: kind('auth', {
    meaning: 'An administrator of the server is needed and none is configured.',
    ref: REJECTED,
    says: () => 'This needs an administrator of the server (gitea.admin in patrol.yaml), and none is configured.',
    advice: [run`patrol init`, run`patrol config check`],
  }),
  ADMIN_REJECTED: kind('auth', {
    meaning: 'The server did not accept the administrator credential. Nothing was changed.',
    ref: REJECTED,
    says: {
      blocked: text`The account ${'user'} is blocked: ${'why'}`,
      tokens: ({server, user, source}: Texts<'server'> & Refused) => [
        `${server} mints and deletes tokens with a password only (Forgejo since 11.0.4), so ${source ?? `the token of ${user}`} does not do.`,
        nothing('sent'),
        say(usePassword({user})),
      ],
      basic: unaccepted(
        'the server saw no Basic credential; a proxy removes it, or Basic authentication is switched off',
      ),
      method: unaccepted(
        'this server mints and deletes tokens with a password only (Forgejo since 11.0.4)',
        usePassword,
      ),
      account: unaccepted('the account may not sign in'),
      pat: unaccepted('the token is dead: unknown or revoked'),
      webauthn: unaccepted(
        'the account has a security key (WebAuthn), and the server then takes no password',
        () => 'use a token of that account with write:user as the administrator credential',
      ),
      code: unaccepted('the one-time code is wrong or late; compare the clocks'),
      'no-code': unaccepted(
        'the account wants a one-time code and none was given',
        () => 'configure the seed of its one-time codes',
      ),
      password: unaccepted('the password is wrong'),
      user: unaccepted('there is no such user'),
      any: unaccepted('user name or password is wrong, or a one-time code is missing'),
      'any-with-code': unaccepted('user name, password or one-time code is wrong'),
    },
    advice: [run`patrol doctor`],
  }),
  ADMIN_NOT_ADMIN: kind('auth', {
    meaning: 'The administrator credential belongs to a user who is no site administrator.',
    ref: REJECTED,
    says: text`${'user'} is no site administrator of this server.`,
    advice: [say('name a site administrator under `gitea.admin` in patrol.yaml'), run`patrol doctor`],
  }),
  ADMIN_SCOPE: kind('auth', {
    meaning: 'The administrator token lacks a scope that this needs (write:user to mint and delete).',
    ref: REJECTED,
    says: ({user, why, required}: Texts<'user' | 'why'> & {required: readonly string[]}) => [
      `The administrator token of ${user} is too narrow: ${why}.`,
      say(`give it ${required.length > 0 ? required.join(', ') : 'write:user'}`),
    ],
    advice: [say('or use the password of the administrator')],
  }),
  ADMIN_SUBSET: kind('refused', {
    meaning: 'Gitea 1.27 and newer: the administrator token cannot hand out a scope that it lacks itself.',
    ref: REJECTED,
    says: text`The administrator token of ${'user'} cannot hand out a scope that it lacks itself (Gitea 1.27 and newer).`,
    state: nothing('minted'),
    advice: [say('give that token the scopes of the profile too'), say('or use the password of the administrator')],
  }),
  USER_REFUSED: kind('refused', {
    meaning: 'The server did not create the user (name, e-mail, policy).',
    ref: ONBOARDING,
    says: ({login, why, ...mend}: Texts<'login' | 'why'> & {email?: string; name?: boolean}) => [
      `The server does not create the user ${login}: ${why}.`,
      ...(mend.email ? [say(`the address would be ${mend.email}: set onboarding.email-domain in patrol.yaml`)] : []),
      ...(mend.name ? [say('set another "user" for the agent in patrol.yaml')] : []),
    ],
    state: {leaves: 'untouched', says: 'No user was created.'},
  }),
  MEMBERSHIP_REFUSED: kind('refused', {
    meaning: 'A repository or team of the profile cannot be joined.',
    ref: ONBOARDING,
    says: text`${'why'}.`,
    advice: [say('check the repositories and teams of the profile in patrol.yaml'), run`patrol config check`],
  }),
  TOKEN_NAME_INVALID: kind('usage', {
    meaning: 'A token name that the server could mistake for an id, or would not store.',
    says: text`"${'name'}" cannot name a token: it must start with a letter and hold at most 100 letters, digits, dots, dashes and underscores.`,
    state: nothing('sent'),
  }),
  SCOPES_EMPTY: kind('usage', {
    meaning: 'A token without scopes was asked for. Nothing was sent.',
    says: text`Token "${'name'}" was asked for without scopes.`,
    state: nothing('sent'),
  }),
  SCOPE_UNKNOWN: kind('usage', {
    meaning: 'A scope is named that does not exist. Nothing was sent.',
    says: {
      name: ({
        name,
        why,
        meant,
        all,
      }: Texts<'name'> & {why: string; meant: readonly string[]; all: readonly string[]}) => ({
        what: `There is no scope "${name}"${why ? `: ${why}` : ''}.`,
        state: nothing('sent'),
        advice: [say(meant.length > 0 ? `use ${meant.join(' and ')}` : `choose from: ${all.join(', ')}`)],
        ref: 'docs/runbooks/token-scope-gap.md',
      }),
      server: ({message}: Texts<'message'>) => [`The server refused the scopes: "${message}".`, nothing('minted')],
    },
  }),
  REPO_NOT_FOUND: kind('refused', {
    meaning: 'There is no repository of this name, or the administrator may not see it: an agent finds no work there.',
    says: text`The server shows the administrator no repository ${'repo'}, in which work is to be found, so a proof would fail.`,
    advice: [
      say('put its right name into patrol.yaml, as "repo" of the agent or of "gitea"'),
      say('or create it on the server'),
    ],
    ref: 'docs/config.md',
  }),
  REPOSITORY_UNKNOWN: kind('usage', {
    meaning: 'A repository that a token is to be confined to does not exist, or the administrator may not see it.',
    says: text`The token of ${'user'} is to be confined to a repository that the administrator does not see: "${'message'}".`,
    state: nothing('minted'),
    advice: [say('put its right name under "repositories" of the profile in patrol.yaml')],
  }),
  MINT_MISMATCH: kind('refused', {
    meaning: 'The server stored other scopes or repositories than asked for; the new token was deleted again.',
    says: text`${'what'}: ${'wrong'}.`,
    advice: [run`patrol doctor`],
  }),
}

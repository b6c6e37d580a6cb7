import {FORGEJO_VERSIONS, GITEA_VERSIONS} from '../types.ts'
import type {ForgejoVersion, ForgeVersion, GiteaVersion} from '../types.ts'

/** Whether `version` is `first` or newer. */
export function isFrom(version: GiteaVersion, first: GiteaVersion): boolean {
  return GITEA_VERSIONS.indexOf(version) >= GITEA_VERSIONS.indexOf(first)
}

/** Every way in which the simulated releases differ for a client; one row of the version matrix each. */
export type GiteaDialect = ReturnType<typeof ofGitea>

/** The dialect of a release. */
export function dialect(version: ForgeVersion): GiteaDialect {
  const forgejo = FORGEJO_VERSIONS.find((each) => each === version)
  const gitea = GITEA_VERSIONS.find((each) => each === version)
  return forgejo ? ofForgejo(forgejo) : ofGitea(gitea ?? '1.22.6')
}

/** Forgejo 7 and later left Gitea at 1.22 (`forgejo 11.0.15 and 15.0.3: services, routers/api`). */
function ofForgejo(version: ForgejoVersion): GiteaDialect {
  const base = ofGitea('1.22.6')
  const is15 = version === 'forgejo-15'
  return {
    ...base,
    named: `${is15 ? '15.0.3' : '11.0.15'}+gitea-1.22.0`,
    isForgejo: true,
    ...(is15 && {
      deadToken: (value: string) =>
        value.includes('.') ? base.deadToken(value) : `access token does not exist [sha: ${value}]`,
    }),
    webauthnRefusal: 'Basic authorization is not allowed while having security keys enrolled',
    tokensBy: 'password',
    confinesTokens: is15,
    readsScopesFirst: is15,
    passedOver: ['sudo'],
    publicOnly: is15 ? 'reduced' : 'checked',
    repoRedirect: is15 ? 301 : 307,
    filtersByOrgLabels: is15,
    ownPermissionBy: 'name',
    unitsFirst: is15,
    lowerCaseToken: !is15,
    queryWarning: {warning: is15 ? QUERY_WARNING.replace('gitea 1.23', 'Forgejo v13.0.0') : QUERY_WARNING},
  }
}

function ofGitea(version: GiteaVersion) {
  const from = (first: GiteaVersion): boolean => isFrom(version, first)
  const since = <const New, const Old>(first: GiteaVersion, now: New, before: Old): New | Old =>
    from(first) ? now : before
  const userDoesNotExist = (id: number, name: string): string =>
    `user does not exist [uid: ${id}, name: ${name}${from('1.22.6') ? '' : ', keyid: 0'}]`
  const maskedCredential = since('1.25.4', 'invalid username, password or token', undefined)
  const notFound = since('1.25.4', 'not found', "The target couldn't be found.")
  return {
    /** What it calls itself. */
    named: version as string,
    /** The Gitea whose bodies it takes. */
    bodies: version,
    /** Forgejo's: its version is told at `/api/forgejo/v1/version` as well. */
    isForgejo: false,
    /** The whole text of a scope-gap 403. `gitea 1.23.0: lists the granted scopes as well` */
    scopeGap: (required: readonly string[], granted: string): string =>
      from('1.23.8')
        ? `${GAP}, required=[${required.join(' ')}], token scope=${granted}`
        : `${GAP}: [${required.join(' ')}]`,
    /** `user does not exist` errors name the key id up to 1.21. */
    userDoesNotExist,
    /** What a token that nobody owns gets. `forgejo 15.0.3, run: it is repeated, whole, unless a dot makes it one of OAuth2` */
    deadToken: (_value: string): string => maskedCredential ?? userDoesNotExist(0, ''),
    /** Set from 1.25.2 on: one text for every rejected token or password. */
    maskedCredential,
    /** What Basic with a password gets while WebAuthn is enrolled; undefined where it is not looked at (before 1.22.4). */
    webauthnRefusal: since(
      '1.24.7',
      'basic authorization is not allowed while WebAuthn enrolled',
      since('1.22.6', 'Basic authorization is not allowed while webAuthn enrolled', undefined),
    ) as string | undefined,
    /** `forgejo 11.0.4: only a password mints and deletes tokens`; elsewhere a token sent as Basic does as well. */
    tokensBy: 'basic' as 'basic' | 'password',
    /** `forgejo 15: POST /users/{u}/tokens takes repositories` */
    confinesTokens: false,
    /** `forgejo 15.0.3, run: a token with a stored scope of an unknown name gets a 500 everywhere`; elsewhere its gates are shut. */
    readsScopesFirst: false,
    /** Elements of a scope list that are passed over. `forgejo 11.0.15, 15.0.3: sudo` */
    passedOver: [] as readonly string[],
    /** `gitea 1.20: /users/{u}/tokens ignores the user of the path` */
    tokensActOnDoer: !from('1.21.11'),
    /** `gitea 1.22.3: mint without scopes is 400` and the 201 then echoes them. */
    emptyScopes: since('1.22.6', 'refused', 'allowed'),
    /** `gitea 1.24.0: created_at and last_used_at` */
    tokenTimes: from('1.24.7'),
    /** `gitea 1.26.0: token lists are paged even without page=`. */
    forcedPages: from('1.26.4'),
    /** Up to 1.21 a negative `page` asks for the first page; afterwards it is as good as none. */
    negativePageIsFirst: !from('1.22.6'),
    /** How an empty stored scope looks in a list: `[""]`, from 1.25 `null`. */
    emptyScopeInList: since('1.24.7', null, ['']),
    /** `gitea 1.27.0: a PAT hands out no more than it holds` (GHSA-683j-3ff6-hh2x). */
    subsetRule: from('1.27.0'),
    /**
     * Where public-only is enforced: inside reqToken (up to 1.21), by checkTokenPublicOnly, or wider (1.26.2); Forgejo 15
     * takes away what is private before it asks for anything, and what administrators may beyond others.
     */
    publicOnly: since('1.26.4', 'wide', since('1.22.6', 'checked', 'reqToken')) as
      | 'reqToken'
      | 'checked'
      | 'wide'
      | 'reduced',
    /** What an old name of a repository gets. `forgejo 15.0.3, run: 301, where 11.0.15 has 307` */
    repoRedirect: since('1.23.8', 301, 307),
    /** `forgejo 15.0.3, run: a list of issues is filtered by labels of the organisation too`; elsewhere they are unknown names. */
    filtersByOrgLabels: false,
    notFound,
    /**
     * Up to 1.26 a 404 has `errors`, which tells unknown owners on repository and organisation routes; 1.27 has only the
     * generic text.
     */
    notFoundDetails: !from('1.27.0'),
    /** What the deletion of a token by an id that is not there gets. */
    noToken: since('1.27.0', 'access token not found', notFound),
    /** `gitea 1.27.0, run: the owners' team leads every list of an organisation's teams` */
    ownersFirst: from('1.27.0'),
    /** Up to 1.26 a list of teams holds all, a search one's own; from 1.27 on owners see all in both, others their own. */
    teamsByRole: from('1.27.0'),
    /** `gitea 1.27.0: the organisation of a team is known to what is asked of the team, and says its refusals` */
    teamBringsOrg: from('1.27.0'),
    /** Up to 1.26 whoever administers a repository gives it to a team; from 1.27 on owners of the organisation. */
    ownersGiveRepos: from('1.27.0'),
    /** `forgejo 15.0.3: a unit that is switched off is 404, whatever may be done in the others` */
    unitsFirst: false,
    archived: since('1.27.0', 'plain', since('1.25.4', 'name', since('1.22.6', 'id and name', 'not found'))),
    /** How the colour of a label is refused. `gitea 1.25.4: invalid color; 1.22.6, forgejo 15.0.3: bad color code` */
    noColour: since('1.25.4', 'invalid color', 'bad color code'),
    /** Sent with every answer below the API's root. `gitea 1.26.4, run: of pages alone it tells that they are not framed` */
    securityHeaders: {
      'x-content-type-options': 'nosniff',
      ...(version !== '1.26.4' && {'x-frame-options': 'SAMEORIGIN'}),
    },
    /** Sent with every answer of the API's own. */
    cacheControl: `max-age=0, private, must-revalidate${from('1.27.0') ? '' : ', no-transform'}`,
    /** `gitea 1.26.0: a package is looked up by its name alone where no version is given` */
    packageByName: from('1.26.4'),
    /** `gitea 1.27.0: HEAD is served by the GET route` */
    headIsGet: from('1.27.0'),
    /** Unknown paths and methods are answered before (from 1.26 on) or after the credential is checked. */
    authBeforeRouting: !from('1.26.4'),
    /** Up to 1.24 only a lower-case `token` scheme is read. */
    lowerCaseToken: !from('1.25.4'),
    /** Up to 1.24 undecodable Basic is a failed login, not anonymous. */
    strictBasic: !from('1.25.4'),
    /** Tokens must be 40 lower-case hex characters (up to 1.25); afterwards anything from 8 characters is looked up. */
    tokenShape: from('1.27.0') ? /^.{8,}$/s : /^[0-9a-f]{40}$/,
    /** `gitea 1.26.3: a TOTP code serves once` */
    totpOnce: from('1.26.4'),
    /** chi 5.0.9 and newer name the methods of a path in a 405. */
    allowHeader: from('1.21.11'),
    /** `gitea 1.21: X-Gitea-Warning on query tokens`; Forgejo says `Warning`. */
    queryWarning: since('1.21.11', {'x-gitea-warning': QUERY_WARNING}, {}) as Readonly<Record<string, string>>,
    /** What an empty repository gets on routes that need a git reference. */
    emptyRepoRef: since('1.24.7', 404, 500),
    /** What a package that does not exist gets. */
    noPackage: `${from('1.24.7') ? 'GetVersionByNameAndVersion: ' : ''}package does not exist`,
    /** Collaborators: up to 1.22 a new one writes and one with an unknown permission stays as they are. */
    collaborators: since('1.23.8', 'strict', 'lenient'),
    /** Up to 1.23, and not on Forgejo, one's own permission is told only to those whose login name is the name asked for. */
    ownPermissionBy: since('1.24.7', 'name', 'login name'),
    /** `gitea 1.24: teams below admin show permission none, and only units_map tells what they may do` */
    unitTeams: from('1.24.7'),
    /** `gitea 1.25.4, run: restricted users read public repositories` */
    restrictedReadsPublic: from('1.25.4'),
    /** What a search without hits has for `data`. */
    noTeams: since('1.21.11', [], null),
    /** Up to 1.22 more user names are reserved. */
    moreReserved: from('1.23.8') ? ['sitemap.xml'] : OLD_RESERVED,
    /** `gitea 1.20.6, run: an administrator may give a password of any length` */
    shortPasswords: !from('1.21.11'),
  }
}

const OLD_RESERVED = ['admin', 'commits', 'debug', 'error', 'metrics', 'new', 'raw', 'search', 'serviceworker.js']
const GAP = 'token does not have at least one of required scope(s)'
const QUERY_WARNING =
  'token and access_token API authentication is deprecated and will be removed in gitea 1.23. ' +
  'Please use AuthorizationHeaderToken instead. Existing queries will continue to work but without authorization.'

import {FORGEJO_TABLES, type TableVersion} from '../../../src/simulator/types.ts'

const ALL = 'activitypub admin misc notification organization package issue repository user'.split(' ')

/** Every `write:` scope but those of the given categories, in Gitea's own order; `read` adds their read scopes. */
export function allBut(categories: readonly string[], keepRead = false): string[] {
  return ALL.flatMap((category) => {
    if (!categories.includes(category)) return [`write:${category}`]
    return keepRead ? [`read:${category}`] : []
  })
}

/** What a version says in words of its own. */
export type Dialect = ReturnType<typeof dialect>

/** The texts and switches in which versions differ; everything else the tests say themselves. */
export function dialect(version: TableVersion) {
  const forgejo = FORGEJO_TABLES.find((each) => each === version)
  // Forgejo left Gitea at 1.22; what differs since is said below.
  const [, minor = 0, patch = 0] = (forgejo ? '1.22.6' : version).split('.').map(Number)
  const since = (wanted: number, wantedPatch = 0) => minor > wanted || (minor === wanted && patch >= wantedPatch)
  const notFound = since(25) ? 'not found' : "The target couldn't be found."
  return {
    since,
    isForgejo: forgejo !== undefined,
    /**
     * Whether a token sent as Basic mints and deletes tokens as its user's password does, and one in the header does not
     * even list them: so does Forgejo up to 11.0.3 and 12.0.1 (`7.0.16, run`); later the password alone mints.
     */
    tokensByToken: !forgejo || forgejo === 'forgejo-7',
    /** Whether a token can be confined to repositories, and what of it is hidden is as if it were not there. */
    confinesTokens: forgejo === 'forgejo-15',
    /** What a token gets where the call wants Basic, or a password. */
    wantsBasic: forgejo && forgejo !== 'forgejo-7' ? 'auth method not allowed' : 'auth required',
    /** Names that are passed over in a list of scopes. */
    passedOver: forgejo ? ['sudo'] : [],
    /** The gate's refusal: what it wants, and from 1.23 on what the token holds. */
    scopeGap: (required: readonly string[], stored: readonly string[]) =>
      since(23)
        ? `token does not have at least one of required scope(s), required=[${required.join(' ')}], token scope=${stored.join(',')}`
        : `token does not have at least one of required scope(s): [${required.join(' ')}]`,
    /** Whether the scheme `Token` is read in any case. */
    anyCaseToken: since(25) || forgejo === 'forgejo-15',
    /** The header that calls tokens in the query deprecated, and what it says; undefined before 1.21. */
    queryWarning: since(21) ? ([forgejo ? 'warning' : 'x-gitea-warning', warning(forgejo)] as const) : undefined,
    /** What a password gets while security keys are enrolled; undefined where nobody looks. */
    keysEnrolled: keysEnrolled(forgejo !== undefined, since),
    /** Whether private repositories are as if they were not there for a public-only token. */
    hidesFromPublicOnly: since(26) || forgejo === 'forgejo-15',
    /** What a body with an address that is none is told. */
    noAddress: (value: string) => {
      if (!forgejo) return '[Email]: Email'
      const why = forgejo === 'forgejo-15' ? 'e-mail invalid' : 'e-mail address contains unsupported character'
      return `[Email]: ${why} [email: ${value}]`
    },
    /** Whether a list of issues is filtered by labels of the organisation as by the repository's own. */
    filtersByOrgLabels: forgejo === 'forgejo-15',
    /** Whether a unit that is switched off is not found, instead of forbidden. */
    unitsFirst: forgejo === 'forgejo-15',
    /** A token that nobody owns; Forgejo 15 repeats it, save where a dot makes it one of OAuth2. */
    deadToken: (value: string) => {
      if (forgejo === 'forgejo-15' && !value.includes('.')) return `access token does not exist [sha: ${value}]`
      if (since(25, 2)) return 'invalid username, password or token'
      return since(22) ? 'user does not exist [uid: 0, name: ]' : 'user does not exist [uid: 0, name: , keyid: 0]'
    },
    /** Basic with a name that nobody has. */
    unknownUser: (name: string) =>
      since(25, 2)
        ? 'invalid username, password or token'
        : since(22)
          ? `user does not exist [uid: 0, name: ${name}]`
          : `user does not exist [uid: 0, name: ${name}, keyid: 0]`,
    /** An actor id that nobody has. */
    noUser: (id: string) => `user does not exist [uid: ${id}, name: ${since(22) ? '' : ', keyid: 0'}]`,
    /** The 404 of something that is not there; up to 1.26 and on Forgejo it may tell what was looked up, and why that failed. */
    missing: (root: string, looked?: {as: string; error: string}) => {
      const url = `${root}/api/swagger`
      if (since(27)) return {message: notFound, url}
      if (forgejo) return {message: looked?.as ?? notFound, url, errors: looked ? [looked.error] : []}
      return {errors: looked ? [looked.error] : null, message: looked?.as ?? notFound, url}
    },
    /** The 404 of the tokens of a user who is private. */
    hiddenUser: since(27) ? notFound : 'Visit Project',
    /** What the deletion of a token by an id that is not there says. */
    noToken: since(27) ? 'access token not found' : notFound,
    /** Names of teams in the order in which an organisation's are listed, from 1.27 on with its owners first. */
    teamOrder: (...names: string[]) => {
      const key = (name: string) => (since(27) && name === 'Owners' ? '' : name.toLowerCase())
      return names.toSorted((a, b) => (key(a) < key(b) ? -1 : 1))
    },
    /** Whether a path that is no route is told so without a look at the credential. */
    routesFirst: since(26),
    /** Whether answers of the API say that they are not to be framed; 1.26 says it of pages alone. */
    forbidsFrames: minor !== 26,
    /** Sent with every answer of a route. */
    cacheControl: `max-age=0, private, must-revalidate${since(27) ? '' : ', no-transform'}`,
    /** Whether the echo of a mint lists the scopes. */
    echoesScopes: since(22, 3),
    /** Whether tokens without scopes are refused. */
    refusesEmptyScopes: since(22, 3),
    /** Whether tokens tell when they were made and used. */
    tellsTimes: since(24),
    /** Whether the token routes act on the user in the path; before, on whoever asks. */
    tokensOfPathUser: since(21, 1),
    /** Whether a list without `page` is cut to `limit`. */
    pagesAlways: since(26),
    /** Whether a PAT may hand out only what it holds itself. */
    mintsOnlySubset: since(27),
    /** The status that answers for a renamed repository. */
    movedRepo: since(23, 7) || forgejo === 'forgejo-15' ? 301 : 307,
    /** Whether public-only is enforced for every kind of route. */
    publicOnlyEverywhere: since(22, 3),
  }
}

function warning(forgejo: string | undefined): string {
  const end = forgejo === 'forgejo-15' ? 'Forgejo v13.0.0' : 'gitea 1.23'
  return `token and access_token API authentication is deprecated and will be removed in ${end}. Please use AuthorizationHeaderToken instead. Existing queries will continue to work but without authorization.`
}

function keysEnrolled(isForgejo: boolean, since: (minor: number, patch?: number) => boolean): string | undefined {
  if (isForgejo) return 'Basic authorization is not allowed while having security keys enrolled'
  if (since(24)) return 'basic authorization is not allowed while WebAuthn enrolled'
  return since(22, 4) ? 'Basic authorization is not allowed while webAuthn enrolled' : undefined
}

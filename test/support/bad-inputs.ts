import {writeFileSync} from 'node:fs'
import {join} from 'node:path'
import type {Desk} from './binary.ts'
import type {Differences} from './small-sandbox.ts'

const AGENT = 'agent-dev-a'
const ROTATE = ['rotate', AGENT, '--yes']
const MINT = ['mint', AGENT, '--output-file', 'new.token', '--yes']
export const TOTP_SEED = 'JBSWY3DPEHPK3PXP'
/** Made up, of a token's shape. */
export const VALUE = `${'d'.repeat(32)}00000042`

/** One bad input: the line that is typed, and what it has to end in. */
export interface Row {
  what: string
  line: readonly string[]
  differs?: Differences
  prepare?: (desk: Desk) => unknown
  code: string
  exit: number
  /** What went wrong, with what, the state it leaves; each has to be in the message. */
  says: readonly RegExp[]
  /** What to type or to mend next: in the message, or below it. */
  next: RegExp
  /** Must not come out. */
  hides?: string
  /** Which server must not have been asked at all; by default neither. */
  asked?: readonly ('gitea' | 'platform')[]
}

/** Changes patrol.yaml. */
export const config = (from: string | RegExp, to: string) => (desk: Desk) => {
  desk.configure((text) => {
    if (text.search(from) === -1) throw new Error(`patrol.yaml has no ${String(from)}`)
    return text.replace(from, to)
  })
}
/** Writes a file at the desk. */
export const file = (name: string, text: string) => (desk: Desk) =>
  writeFileSync(join(desk.dir, name), text, {mode: 0o600})
export const GITEA_URL = /(?<=gitea:\n {2}url: ).*/
export const PLATFORM_URL = /(?<=platform:\n {2}url: ).*/
const scopes = (list: string) => (desk: Desk) =>
  desk.configure((text) => `${text}profiles:\n  engineer:\n    scopes: [${list}]\n`)
const both = ['gitea', 'platform'] as const

/** Longer than a file may be called. */
const LONG = 'x'.repeat(4000)

/** What nobody types, and a script may hand over. */
export const ODD: readonly Row[] = [
  {
    what: 'a control character in an argument',
    line: ['probe', AGENT, '--config', 'x\u001b[31m'],
    code: 'USAGE',
    exit: 2,
    says: [/^Argument 4 \("x\\u001b\[31m"\) holds a control character/, /Nothing was called/],
    next: /patrol --help/,
  },
  {
    what: 'a line break in an argument',
    line: ['probe', 'x\n::error::owned'],
    code: 'USAGE',
    exit: 2,
    says: [/^Argument 2 \("x\\n::error::owned"\) holds a control character/],
    next: /patrol --help/,
  },
  {
    what: 'writing that is turned around',
    line: ['rotate', 'agent\u202ea-ved', '--yes'],
    code: 'USAGE',
    exit: 2,
    says: [/^Argument 2 \("agent\\u202ea-ved"\)/],
    next: /patrol --help/,
  },
  {
    what: 'an endless argument',
    line: ['rotate', 'x'.repeat(100_000), '--yes'],
    code: 'USAGE',
    exit: 2,
    says: [/^Argument 2 \("x{60}…"\) is 100000 characters long/, /Nothing was called/],
    next: /patrol --help/,
  },
  {
    what: 'a command that is none and has no end',
    line: [LONG],
    code: 'USAGE',
    exit: 2,
    says: [/^"x{79}… is not a patrol command/],
    next: /patrol --help/,
  },
  ...(
    [
      ['a configuration', ['probe', AGENT, '--config', LONG]],
      ['a file to lint', ['lint', LONG]],
      ['a report', ['audit', '--report', `json=${LONG}`]],
      ['a file for a token', ['mint', AGENT, '--yes', '--output-file', LONG]],
      ['a directory', ['sandbox', '--dir', LONG]],
      ['a blob', ['report', 'merge', LONG]],
    ] as const
  ).map(([what, line]): Row => ({
    what: `${what} of a name that no system takes`,
    line,
    code: 'FILE_UNUSABLE',
    exit: 2,
    says: [/^The name \S{50,90}… is longer than the system takes\.$/],
    next: /patrol doctor/,
  })),
  {
    what: 'an agent of an endless name',
    line: ['rotate', LONG, '--yes'],
    code: 'AGENT_UNKNOWN',
    exit: 2,
    says: [/^There is no agent "x{79}… in /],
    next: /agent-dev-a/,
  },
  {
    what: 'a control character in the configuration',
    line: ROTATE,
    prepare: config(/(?<=repo: ).*/, '"acme/core\\e]52;c;AAAA\\a"'),
    code: 'CONFIG_INVALID',
    exit: 2,
    says: [/patrol\.yaml:4:9: it holds a control character, or one that cannot be seen; write it without$/],
    next: /patrol config check/,
  },
  {
    what: 'a control character in a key of the configuration',
    line: ROTATE,
    prepare: config('agents:', '"age\\x9bnts": 1\nagents:'),
    code: 'CONFIG_INVALID',
    exit: 2,
    says: [/this key holds a control character/],
    next: /patrol config check/,
  },
  {
    what: 'an administrator whose password no Gitea takes',
    line: ROTATE,
    prepare: file('secrets/admin-password', 'root'),
    code: 'CREDENTIAL_MALFORMED',
    exit: 2,
    says: [
      /admin-password holds 4 characters; the password of the administrator .* has to have at least 8/,
      /Nothing was called/,
    ],
    next: /patrol config check/,
  },
]

export const TYPED: readonly Row[] = [
  {
    what: 'a configuration that is not there',
    line: [...ROTATE, '--config', 'nowhere.yaml'],
    code: 'CONFIG_NOT_FOUND',
    exit: 2,
    says: [/nowhere\.yaml does not exist/],
    next: /patrol init/,
  },
  {
    what: 'a binary as configuration',
    line: [...ROTATE, '--config', process.execPath],
    code: 'CONFIG_INVALID',
    exit: 2,
    says: [/far too large for a patrol\.yaml/],
    next: /ls -l /,
  },
  {
    what: 'something that is no text as configuration',
    line: ROTATE,
    prepare: file('patrol.yaml', 'gitea:\n\u0000\u0001\u0002'),
    code: 'CONFIG_INVALID',
    exit: 2,
    says: [/patrol\.yaml:1:1: this is no text file/, /nothing was called/],
    next: /patrol config check/,
  },
  {
    what: 'an empty configuration',
    line: ROTATE,
    prepare: file('patrol.yaml', ''),
    code: 'CONFIG_INVALID',
    exit: 2,
    says: [/has to hold a mapping; "gitea:" comes first/, /nothing was called/],
    next: /patrol config schema/,
  },
  {
    what: 'a misspelt key',
    line: ROTATE,
    prepare: config('    profile: engineer', '    profil: engineer'),
    code: 'CONFIG_INVALID',
    exit: 2,
    says: [/patrol\.yaml:22:5: unknown key "profil"; did you mean "profile"\?/, /nothing was called/],
    next: /patrol config check/,
  },
  {
    what: 'YAML indented by a tab',
    line: ROTATE,
    prepare: config(/\n {2}url/, '\n\turl'),
    code: 'CONFIG_INVALID',
    exit: 2,
    says: [/has a mistake; nothing was called\.\n.*patrol\.yaml:3:1: a tab cannot indent YAML; use spaces(?:$|\n)/],
    next: /patrol config check/,
  },
  {
    what: 'an agent that is not in the fleet',
    line: ['rotate', 'agent-dev-z', '--yes'],
    code: 'AGENT_UNKNOWN',
    exit: 2,
    says: [/no agent "agent-dev-z" in .*patrol\.yaml/, /Did you mean agent-dev-a\?/],
    next: /agent-dev-a/,
  },
  {
    what: 'scopes that Gitea does not have',
    line: ROTATE,
    prepare: scopes('read:pull-request, write:comment, read:isue'),
    code: 'CONFIG_INVALID',
    exit: 2,
    says: [
      /3 mistakes; nothing was called/,
      /:26:14: .*"read:pull-request".*read:repository/,
      /:26:33: .*"write:comment".*write:issue/,
      /:26:48: .*"read:isue".*read:issue/,
    ],
    next: /patrol config check/,
  },
  {
    what: 'a URL without scheme',
    line: ROTATE,
    prepare: config(GITEA_URL, 'git.example.org'),
    code: 'CONFIG_INVALID',
    exit: 2,
    says: [/patrol\.yaml:3:8: "git\.example\.org" has no scheme .*did you mean https:\/\/git\.example\.org/],
    next: /patrol config check/,
  },
  {
    what: 'a URL without scheme as a flag',
    line: ['probe', AGENT, '--gitea-url', 'git.example.org/gitea'],
    code: 'URL_INVALID',
    exit: 2,
    says: [/"git\.example\.org\/gitea" has no scheme/, /Nothing was called/],
    next: /https:\/\/git\.example\.org\/gitea/,
  },
  {
    what: 'http: to another machine',
    line: ROTATE,
    prepare: config(PLATFORM_URL, 'http://agents.example.org'),
    code: 'CONFIG_INVALID',
    exit: 2,
    says: [/"http:\/\/agents\.example\.org" would send credentials in the clear.*use https:/],
    next: /patrol config check/,
  },
  {
    what: 'http: to another machine as a flag',
    line: ['probe', AGENT, '--gitea-url', 'http://git.example.org'],
    code: 'URL_INSECURE',
    exit: 2,
    says: [/"http:\/\/git\.example\.org" would send credentials in the clear/, /Nothing was called/],
    next: /https:\/\/git\.example\.org[^]*--insecure-http/,
  },
  {
    what: 'a token file that is not there',
    line: ['push', AGENT, '--token-file', 'nowhere.token', '--yes'],
    code: 'SECRET_UNREADABLE',
    exit: 4,
    says: [/nowhere\.token does not exist; the new token of agent-dev-a is read from there/],
    next: /ls -ld \./,
  },
  {
    what: 'a directory as token file',
    line: ['probe', '--token-file', '.'],
    code: 'SECRET_UNREADABLE',
    exit: 4,
    says: [/\. is a directory; the token to probe is read from there/],
    next: /ls -l \./,
  },
  {
    what: 'an empty token file',
    line: ['push', AGENT, '--token-file', 'empty.token', '--yes'],
    prepare: file('empty.token', '\n'),
    code: 'SECRET_UNREADABLE',
    exit: 4,
    says: [/empty\.token is empty or not set/],
    next: /patrol/,
  },
  {
    what: 'a token file of several lines',
    line: ['probe', '--token-file', 'two.token'],
    prepare: file('two.token', `# the new one\n${VALUE}\n`),
    code: 'TOKEN_MALFORMED',
    exit: 2,
    says: [/two\.token holds \d+ characters on several lines/, /the token to probe; nothing was sent/],
    next: /keep the line of the token alone/,
    hides: VALUE,
  },
  {
    what: 'a token with the quotes of an env file',
    line: ['probe', '--token-file', 'quoted.token'],
    prepare: file('quoted.token', `"${VALUE}"\n`),
    code: 'TOKEN_MALFORMED',
    exit: 2,
    says: [/quoted\.token holds 42 characters with quotes around them/, /nothing was sent/],
    next: /take the quotes off/,
    hides: VALUE,
  },
  {
    what: 'the answer to a mint in place of its token',
    line: ['push', AGENT, '--token-file', 'mint.json', '--yes'],
    prepare: file('mint.json', JSON.stringify({id: 1, name: 'x', sha1: VALUE})),
    code: 'TOKEN_MALFORMED',
    exit: 2,
    says: [/mint\.json holds \d+ characters of JSON/, /nothing was sent/],
    next: /keep the value of sha1 alone/,
    hides: VALUE,
  },
  {
    what: 'a token in place of its file',
    line: ['probe', AGENT, `--token-file=${VALUE}`],
    code: 'SECRET_IN_ARGUMENT',
    exit: 2,
    says: [/looks like a token/, /consider it leaked/],
    next: /in a file, or on standard input/,
    hides: VALUE,
  },
  {
    what: 'a password in a URL',
    line: ['probe', AGENT, '--gitea-url', 'https://root:not-a-real-password@git.example.org'],
    code: 'SECRET_IN_ARGUMENT',
    exit: 2,
    says: [/a credential in a URL/, /consider it leaked/],
    next: /in a file, or on standard input/,
    hides: 'not-a-real-password',
  },
  {
    what: 'a password in a flag that there is not',
    line: [...MINT, '--admin-password', 'not-a-real-password'],
    code: 'USAGE',
    exit: 2,
    says: [/--admin-password/],
    next: /patrol/,
    hides: 'not-a-real-password',
  },
  {
    what: 'a password behind such a flag',
    line: [...MINT, '--admin-password=not-a-real-password'],
    code: 'USAGE',
    exit: 2,
    says: [/--admin-password/],
    next: /patrol/,
    hides: 'not-a-real-password',
  },
  {
    what: 'a password as an argument too many',
    line: [...MINT, 'not-a-real-password'],
    code: 'USAGE',
    exit: 2,
    says: [/too many/],
    next: /patrol/,
    hides: 'not-a-real-password',
  },
  {
    what: 'nobody to say yes',
    line: ['rotate', AGENT],
    code: 'CONFIRMATION_NEEDED',
    exit: 6,
    says: [/no terminal to ask at/, /Nothing was changed/],
    next: /--yes/,
    asked: both,
  },
  {
    what: 'an administrator’s password that nobody can be asked for',
    line: ROTATE,
    prepare: config('file:secrets/admin-password', "'prompt:'"),
    code: 'SECRET_UNREADABLE',
    exit: 4,
    says: [/the password of the administrator root is to be asked for, and there is no terminal/],
    next: /env:NAME, file:PATH or exec:COMMAND/,
  },
]

const SHAPES = {
  html: /an HTML page \(200\), not the API|a web page \(HTTP 200\)/,
  truncate: /the answer broke off in the middle/,
  huge: /the answer is larger than 4194304 bytes; the rest was not read/,
} as const

export const SERVED: readonly Row[] = [
  ...(['html', 'truncate', 'huge'] as const).flatMap((kind): Row[] => [
    {
      what: `a Gitea that answers with ${kind}`,
      line: ROTATE,
      prepare: ({sandbox}) => sandbox.gitea.fail({kind}),
      code: kind === 'html' ? 'GITEA_UNUSABLE' : 'GITEA_UNREACHABLE',
      exit: 5,
      says: [/GET .*\/api\/v1\/user/, SHAPES[kind], /Nothing was changed/],
      next: /patrol doctor/,
      asked: both,
    },
    {
      what: `a platform that answers with ${kind}`,
      line: ROTATE,
      prepare: ({sandbox}) => sandbox.platform.fail({kind}),
      code: kind === 'html' ? 'PLATFORM_NOT_JSON' : 'PLATFORM_UNREACHABLE',
      exit: 5,
      says: [
        /GET .*\/workspaces\/.* http:\/\/127|http:\/\/127.* GET .*\/workspaces\//,
        SHAPES[kind],
        /Nothing was changed/,
      ],
      next: /platform\.url[^]*patrol doctor|patrol doctor[^]*platform\.url/,
      asked: both,
    },
  ]),
  {
    what: 'a Gitea that is not there',
    line: ROTATE,
    prepare: config(GITEA_URL, 'http://127.0.0.1:1'),
    code: 'GITEA_UNREACHABLE',
    exit: 5,
    says: [/http:\/\/127\.0\.0\.1:1\/.*nothing answers there \(ECONNREFUSED\)/, /Nothing was changed/],
    next: /patrol doctor/,
    asked: ['platform'],
  },
  {
    what: 'a platform that is not there',
    line: ROTATE,
    prepare: config(PLATFORM_URL, 'http://127.0.0.1:1'),
    code: 'PLATFORM_UNREACHABLE',
    exit: 5,
    says: [/http:\/\/127\.0\.0\.1:1\/.*nothing answers there \(ECONNREFUSED\)/, /Nothing was changed/],
    next: /patrol doctor/,
    asked: ['gitea'],
  },
  {
    what: 'a host name that nobody knows',
    line: ROTATE,
    prepare: config(GITEA_URL, 'https://git.no-such-host.invalid'),
    code: 'GITEA_UNREACHABLE',
    exit: 5,
    says: [/git\.no-such-host\.invalid.*cannot be resolved/, /Nothing was changed/],
    next: /patrol doctor/,
    asked: ['platform'],
  },
  {
    what: 'a URL that lacks its path prefix',
    line: ROTATE,
    differs: {settings: {subPath: '/gitea'}},
    prepare: config(/\/gitea$/m, ''),
    code: 'GITEA_UNUSABLE',
    exit: 5,
    says: [/GET \/api\/v1\/user: 404/, /Nothing was changed/],
    next: /path prefix such as \/gitea/,
    asked: both,
  },
  ...[ROTATE, MINT].flatMap((line): Row[] => [
    {
      what: `a wrong password of the administrator, to ${line[0]}`,
      line,
      prepare: file('secrets/admin-password', 'not-a-real-password\n'),
      code: 'ADMIN_REJECTED',
      exit: 4,
      says: [
        /did not accept the credential of root: the password is wrong/,
        /Nothing was (?:changed|done by this request)/,
      ],
      next: /patrol doctor/,
      hides: 'not-a-real-password',
      asked: both,
    },
    {
      what: `an administrator who is none, to ${line[0]}`,
      line,
      differs: {admin: {isAdmin: false}},
      code: 'ADMIN_NOT_ADMIN',
      exit: 4,
      says: [/root is no site administrator of this server/, /Nothing was (?:changed|done by this request)/],
      next: /patrol doctor/,
      asked: both,
    },
    {
      what: `a missing one-time code, to ${line[0]}`,
      line,
      differs: {admin: {totp: TOTP_SEED}},
      code: 'ADMIN_REJECTED',
      exit: 4,
      says: [
        /root: the account wants a one-time code and none was given/,
        /Nothing was (?:changed|done by this request)/,
      ],
      next: /seed of its one-time codes[^]*patrol doctor/,
      asked: both,
    },
  ]),
  {
    what: 'one-time codes from another seed',
    line: ROTATE,
    differs: {admin: {totp: TOTP_SEED}},
    prepare: (desk) => withSeed(desk, 'KRSXG5CTMVRXEZLU'),
    code: 'ADMIN_REJECTED',
    exit: 4,
    says: [
      /root: the one-time code is wrong or late; compare the clocks/,
      /Nothing was (?:changed|done by this request)/,
    ],
    next: /patrol doctor/,
    asked: both,
  },
  {
    what: 'a platform token that is none',
    line: ROTATE,
    prepare: file('secrets/platform-token', 'not-a-real-platform-token\n'),
    code: 'PLATFORM_TOKEN_REJECTED',
    exit: 4,
    says: [/rejects our token for GET \/workspaces\/.*\/secrets/, /Nothing was changed/],
    next: /platform\.token/,
    hides: 'not-a-real-platform-token',
    asked: both,
  },
  {
    what: 'a workspace name that two bear',
    line: ROTATE,
    differs: {neighbours: [{id: '22222222-2222-4222-8222-222222222222', name: AGENT}]},
    prepare: config(/workspace: .*/, `workspace: ${AGENT}`),
    code: 'WORKSPACE_AMBIGUOUS',
    exit: 2,
    says: [/[0-9a-f-]{36} .*22222222-2222-4222-8222-222222222222/, /Nothing was changed/],
    next: /put the id of the right one into patrol\.yaml/i,
    asked: both,
  },
  {
    what: 'a workspace that is not there',
    line: ROTATE,
    prepare: config(/workspace: .*/, 'workspace: agent-dev-A'),
    code: 'WORKSPACE_NOT_FOUND',
    exit: 2,
    says: [/No workspace is named "agent-dev-A" \(names are case-sensitive\)/, /Nothing was changed/],
    next: /did you mean "agent-dev-a"\?/i,
    asked: both,
  },
]

/** Tells patrol where one-time codes come from. */
export function withSeed(desk: Desk, seed: string): void {
  file('secrets/totp', `${seed}\n`)(desk)
  config('    password: file:secrets/admin-password', '$&\n    totp: file:secrets/totp')(desk)
}

import {ROOTS, type SeenRequest} from './ask.ts'

/** Words end where quotes, blanks or brackets of another kind do. */
const WORD = /[^\s"'`<>|\\]+/g
/** What only a request has; looked for in each word, since a pattern over lines would be slow on long ones. */
const REQUEST =
  /(?:^|\/)api\/(?:v1|packages)(?![\w-])|\/v2(?![\w-])|\.git(?![\w-])|\/(?:info\/(?:refs|lfs)|git-(?:upload|receive)-pack)\b/
/** What is longer is no URL that anybody sent. */
const LONGEST = 4096
const BEHIND = /[.,:;!?)\]>*]+$/

const METHODS = 'GET|HEAD|POST|PUT|PATCH|DELETE'
const UPPER = new RegExp(`(?<![\\w/-])(?:${METHODS})(?![\\w/-])`, 'g')
/** As Go's client begins its errors, and as clients are called: `Get "https://…"`, `requests.post("https://…"`. */
const NAMED = /\b(Get|Head|Post|Put|Patch|Delete) "?$|\.(get|head|post|put|patch|delete)\(\s*f?["'`]$/i
const KEYED = new RegExp(
  `\\b(?:http[._]?|request[._]?|req[._]?)?(?:method|verb)["']?\\s*[:=]\\s*["']?(${METHODS})\\b`,
  'i',
)
const OPTION = new RegExp(`(?:-X|--request|--method|-Method)[ =]?["']?(${METHODS})\\b`, 'i')

/** The requests of a line, whatever program wrote it. */
export function requestsInLine(line: string): SeenRequest[] {
  const found = [...line.matchAll(WORD)].filter(([word]) => word.length < LONGEST && REQUEST.test(word))
  const [ends, starts] = [found.map((each) => each.index + each[0].length), found.map(({index}) => index)]
  const between = [0, ...ends].map((from, at) => line.slice(from, starts[at]))
  const status = statusIn(between.join(' '))
  return found.map(([word], at) => ({method: methodOf(between[at]!, between[at + 1]!), target: bare(word), status}))
}

/** A word without what clings to it: `url=`, a bracket, a colon. */
function bare(word: string): string {
  const scheme = /[a-z][a-z\d+.-]{1,10}:\/\//i.exec(word)?.index
  const begun = scheme === undefined ? word.replace(/^(?:[\w.-]{1,40}[=(:,[{]+(?=\/)|[([{]+)/, '') : word.slice(scheme)
  const tidy = begun.replace(BEHIND, '')
  return tidy.includes('{') ? tidy : tidy.replace(/\}+$/, '')
}

/** The method next before a target, else the one that is named for it behind. */
function methodOf(before: string, behind: string): string | undefined {
  const upper = [...before.matchAll(UPPER)].at(-1)?.[0]
  const named = OPTION.exec(before) ?? KEYED.exec(before) ?? NAMED.exec(before)
  const found = upper ?? named?.[1] ?? named?.[2] ?? (KEYED.exec(behind) ?? OPTION.exec(behind))?.[1]
  return (found ?? new RegExp(UPPER.source).exec(behind)?.[0])?.toUpperCase()
}

const SHORT = new RegExp(`(?<![\\w/-])(?<method>${METHODS})[ :]+(?<path>/${ROOTS}(?![\\w-])[^\\s"'\`<>]{0,2000})`, 'g')

/** Calls that are written short, without what stands before them in the URL: `GET /repos/acme/core: 403`. */
export function shortRequestsInLine(line: string): SeenRequest[] {
  const status = statusIn(line.replaceAll(SHORT, ' '))
  return [...line.matchAll(SHORT)].map(({groups: {method, path = ''} = {}}) => {
    return {method, target: `/api/v1${bare(path)}`, status}
  })
}

/** The method that a text names for its only request, on whatever line: `method: 'get'`. */
export function methodIn(text: string): string | undefined {
  return KEYED.exec(text)?.[1]?.toUpperCase()
}

const WORDS =
  'Client Error|Server Error|OK|Created|Accepted|No Content|Bad Request|Unauthori[sz]ed|Forbidden|Not Found|Method Not Allowed|Conflict|Unprocessable|Locked|Too Many|Internal|Bad Gateway|Service Unavailable|Gateway'
/** How programs write a status, surest first. */
const STATUSES: readonly RegExp[] = [
  /\b\w*status[_ ]?(?:code)?["']?\s*[:=]\s*["']?([1-5]\d\d)\b/i,
  /\bHTTP(?:\/[\d.]+)?[" :]*\s*([1-5]\d\d)\b/i,
  /\b(?:status(?: code)?|error|code|returned|answered|got)["']?\s*[:=]?\s*\(?([1-5]\d\d)\b/i,
  new RegExp(`\\b([1-5]\\d\\d)[ :_-]+(?:${WORDS})`, 'i'),
  /(?:^|[\s:([])([45]\d\d)(?=$|[\s:;,.)\]"'?!])/,
]

/** The status that a text tells, by number or by its usual word. */
export function statusIn(text: string): number | undefined {
  for (const pattern of STATUSES) {
    const found = pattern.exec(text)?.[1]
    if (found !== undefined) return Number(found)
  }
  if (/\bunauthorized\b/i.test(text)) return 401
  if (/\bNot Found\b/.test(text)) return 404
  return /\bforbidden\b/i.test(text) ? 403 : undefined
}

const IMAGE = String.raw`(?<host>[\w-]+(?:\.[\w-]+)+(?::\d+)?|[\w-]+:\d+)(?<image>(?:\/[\w.-]+)+)`
/** Commands and messages of tools that name an image and no URL, and the method that they come to. */
const TOOLS: readonly (readonly [RegExp, string])[] = [
  [
    new RegExp(String.raw`\b(?:docker|podman|nerdctl|buildah|crane|oras)\s+(?:image\s+)?push\s+(?:-\S+\s+)*${IMAGE}`),
    'PUT',
  ],
  [
    new RegExp(String.raw`\b(?:docker|podman|nerdctl|buildah|crane|oras)\s+(?:image\s+)?pull\s+(?:-\S+\s+)*${IMAGE}`),
    'GET',
  ],
  [new RegExp(String.raw`\bbuild\b(?=[^\n]{0,200}--push\b)[^\n]{0,200}?\s(?:-t|--tag)[= ]${IMAGE}`), 'PUT'],
  [new RegExp(String.raw`\b(?:copy|sync)\s[^\n]{0,200}\sdocker:\/\/${IMAGE}`), 'PUT'],
  [new RegExp(String.raw`\brefers to repository \[${IMAGE}`), 'PUT'],
  [new RegExp(String.raw`\b(?:failed to push|pushing manifest for) ${IMAGE}`), 'PUT'],
  [new RegExp(String.raw`\b(?:pull(?:ing)?(?: and unpack)? image|pull access denied for) \\?"?${IMAGE}`), 'GET'],
  [new RegExp(String.raw`\bdocker:\/\/${IMAGE}`), ''],
  [new RegExp(String.raw`\boci:\/\/${IMAGE}`), ''],
]
const LOGIN =
  /\b(?:docker|podman|nerdctl|buildah|crane|oras|helm registry)\s+login\s+(?:-\S+\s+(?:[^-\s]\S*\s+)?)*?(?<host>[\w-]+(?:\.[\w-]+)+(?::\d+)?)/

/** Git's commands and messages with the URL of a repository, which need not end with `.git`. */
const GIT =
  /(?<![\w./-])(?:git\s[^\n]{0,100}?\b(?:push|clone|fetch|pull|ls-remote)\s[^\n]{0,100}?|(?:clone of|unable to access|Authentication failed for|fatal: repository) ')(?<url>https?:\/\/[^\s'"]{1,300})/

/** What a tool asks of a registry, or git of a repository, by its command or its message. */
export function requestOfTool(text: string): SeenRequest | undefined {
  for (const [pattern, method] of TOOLS) {
    const {host, image} = pattern.exec(text)?.groups ?? {}
    if (host === undefined) continue
    return {method: method || undefined, target: `https://${host}/v2${image}/manifests/latest`, status: statusIn(text)}
  }
  const url = GIT.exec(text)?.groups?.['url']
  if (url !== undefined) return {target: url.replace(/\/?(?:\.git)?\/?$/, '.git'), status: statusIn(text)}
  const host = LOGIN.exec(text)?.groups?.['host']
  return host === undefined ? undefined : {target: `https://${host}/v2/`, status: statusIn(text)}
}

const PUSHES = /\b(?:push|pushing|publish|upload|uploading|deploy|failed to push)\b/i
const FETCHES =
  /\b(?:clone|cloning|fetch|pull|pulling|ls-remote|reading manifest|install|download|downloading|restore)\b/i

/** Whether a text speaks of pushing or of fetching, where only one of both. */
export function reachSaid(text: string): 'read' | 'write' | undefined {
  const [pushes, fetches] = [PUSHES.test(text), FETCHES.test(text)]
  if (pushes === fetches) return undefined
  return pushes ? 'write' : 'read'
}

/** What a text is that is no token of Gitea, and what makes one of it. */
interface TextFlaw {
  what: string
  cure?: string
}

/** Every version hands out these and no others (gitea 1.20 to 1.27, forgejo 7 to 15: 20 random bytes in hex). */
const TOKEN = /^[0-9a-f]{40}$/
const NOTHINGS: ReadonlySet<string> = new Set(['null', 'nil', 'none', 'undefined'])

const JSON_TEXT = /^\s*[{[][\s\S]*"[\s\S]*[}\]]\s*$/

type FlawPattern = readonly [RegExp, TextFlaw]

/** What no secret is that goes into a header: the text that a secret stands in, or what is there in its place. */
const WRAPPED: readonly FlawPattern[] = [
  [/\0/, {what: 'written as UTF-16 or binary', cure: 'write it as plain text'}],
  [/-----BEGIN /, {what: 'of a PEM key or certificate', cure: 'name the file of the token instead'}],
  [/^<(?:!doctype|html|\?xml|head|body)/i, {what: 'of a web page', cure: 'the download that wrote it failed'}],
  [JSON_TEXT, {what: 'of JSON', cure: 'keep the value of the token alone'}],
  [/[\r\n]/, {what: 'on several lines', cure: 'keep the line of the token alone'}],
  [/^(["'`]).*\1$/s, {what: 'with quotes around them', cure: 'take the quotes off'}],
  [/^["'`]|["'`]$/, {what: 'with a quote at one end', cure: 'take the quote off'}],
  [/^(?:authorization\s*:|(?:bearer|token|basic)\s)/i, {what: "of a request's header", cure: 'keep what follows'}],
  [/^(?:env|file|exec|prompt):/, {what: 'of a reference to a secret', cure: 'name what it points to'}],
  [/^export\s+\w+\s*=|^(?:\$env:|set\s+)\w+\s*=/i, {what: 'of a shell command', cure: 'keep what stands behind the ='}],
  [/^[A-Za-z_]\w*\s*=\s*[^=\s]/, {what: 'of a line NAME=value', cure: 'keep what stands behind the ='}],
  [/^[A-Za-z_][\w-]*:\s/, {what: 'of a line "name: value"', cure: 'keep what stands behind the colon'}],
  [/^\$\{?\w+\}?$|^\$\(|\{\{|^<.*>$|^\*+$/, {what: 'of a placeholder', cure: 'nothing has put the value in its place'}],
]

const MINTED: FlawPattern = [
  JSON_TEXT,
  {what: 'of JSON', cure: 'of the answer to a mint, keep the value of sha1 alone'},
]

const UNSPEAKABLE: readonly FlawPattern[] = [
  [/\s/, {what: 'with a space among them'}],
  [/[^\x21-\x7e]/, {what: 'that are not all ASCII'}],
]

/** What else Gitea's tokens are not. */
const NOT_GITEAS: readonly FlawPattern[] = [
  [/^(?:gh[a-z]_|github_pat_)/, {what: 'of a GitHub token'}],
  [/^gl[a-z]+-/, {what: 'of a GitLab token'}],
  [/^eyJ[\w-]+\.[\w-]+\./, {what: 'of a signed JWT, which OAuth2 and OIDC hand out'}],
  [/^(?:~?\/|\.{1,2}\/|[A-Za-z]:\\)/, {what: 'that look like a path', cure: 'name that file instead of this one'}],
  [/^[0-9A-F]{40}$/i, {what: 'of hex in upper case', cure: 'copy it as the server showed it'}],
  [/^([0-9a-f]{40})\1$/, {what: 'of hex', cure: 'it is there twice'}],
  [/^[0-9a-f]{1,39}$/i, {what: 'of hex', cure: 'the rest is missing'}],
]

/**
 * What is wrong with a text as the value of a Gitea token, by shape and length and never by content: "42 characters with
 * quotes around them; these tokens are 40 hex digits in lower case: take the quotes off". Undefined where nothing is.
 */
export function tokenFlaw(text: string): string | undefined {
  if (TOKEN.test(text)) return undefined
  if (saysNothing(text)) return `the word ${text.toLowerCase()}: whatever wrote it had no token`
  const {what, cure} = encoded(text) ?? told(text, [MINTED, ...WRAPPED, ...NOT_GITEAS, ...UNSPEAKABLE]) ?? {what: ''}
  return `${counted(text, what)}; these tokens are 40 hex digits in lower case${cure ? `: ${cure}` : ''}`
}

/**
 * What is wrong with a text as any other token that goes into a header, of which it is not known what it looks like: only
 * that it is none of `WRAPPED`. Undefined where nothing is.
 */
export function bearerFlaw(text: string): string | undefined {
  const flaw = told(text, [...WRAPPED, ...UNSPEAKABLE])
  return flaw && `${counted(text, flaw.what)}${flaw.cure ? `: ${flaw.cure}` : ''}`
}

/** By the first form that fits. */
function told(text: string, forms: readonly FlawPattern[]): TextFlaw | undefined {
  return forms.find(([form]) => form.test(text))?.[1]
}

function counted(text: string, what: string): string {
  return `${text.length} character${text.length === 1 ? '' : 's'}${what && ` ${what}`}`
}

/** Whether a text is what programs print for a value that they do not have. */
export function saysNothing(text: string): boolean {
  return NOTHINGS.has(text.toLowerCase())
}

/** The values of tokens in a text that is more than one, so that they can be kept out of all output. */
export function tokensIn(text: string): string[] {
  const inside = ENCODINGS.map((encoding) => decoded(text, encoding))
  return [...(text.match(/[0-9a-f]{40}/gi) ?? []), ...inside.filter((each) => TOKEN.test(each))]
}

const ENCODINGS = ['base64', 'hex'] as const

function decoded(text: string, encoding: (typeof ENCODINGS)[number]): string {
  return Buffer.from(text, encoding).toString('latin1').trim()
}

function encoded(text: string): TextFlaw | undefined {
  if (!/^[A-Za-z0-9+/_-]{54,}=*$/.test(text)) return undefined
  const encoding = ENCODINGS.find((each) => TOKEN.test(decoded(text, each)))
  return encoding && {what: `of ${encoding} with a token inside`, cure: 'decode it'}
}

import type {SecretLintRuleContext, SecretLintSourceCode} from '@secretlint/types'
import {vague, type Excerpt} from '../excerpt.ts'
import type {ForeignSecret, NamedValue} from '../reading.ts'
import {decoded} from './base64.ts'

/** What one of secretlint's rules finds, and what stands in every text that it finds anything in. */
type AskedRule = readonly [called: string, mark: RegExp]

/**
 * The rules of secretlint that are asked, by the ends of their ids. Not asked are `basicauth`, for URLs are read by their own
 * places here; `gcp`, which wants a file as a whole, and whose keys `privatekey` finds; and its filter of comments.
 */
export const ASKED: Readonly<Record<string, AskedRule>> = {
  '1password': ['a 1Password token', /ops_ey/],
  anthropic: ['an Anthropic API key', /sk-ant-api/],
  aws: ['an AWS secret access key', /secret_?access_?key/i],
  cloudflare: ['a Cloudflare token', /cf(?:k|ut|at)_/],
  'database-connection-string': [
    'a password of a database',
    /(?:mongodb(?:\+srv)?|mysqlx?|postgres(?:ql)?):\/\/[^\s/]*@/i,
  ],
  databricks: ['a Databricks token', /dapi[\da-f]/i],
  docker: ['a Docker Hub token', /dckr_pat_/],
  figma: ['a Figma token', /figd_/],
  github: ['a GitHub token', /gh[oprsu]_|github_pat_/],
  gitlab: ['a GitLab token', /glpat-/],
  grafana: ['a Grafana token', /gl(?:c|sa)_/],
  groq: ['a Groq API key', /gsk_/],
  'hashicorp-vault': ['a Vault token', /hv[bsr]\./],
  huggingface: ['a Hugging Face token', /hf_/],
  linear: ['a Linear API key', /lin_api_/],
  notion: ['a Notion token', /ntn_/],
  npm: ['an npm token', /npm_/],
  openai: ['an OpenAI API key', /T3BlbkFJ/],
  privatekey: ['a private key', /-----BEGIN[A-Z ]*PRIVATE KEY/],
  sendgrid: ['a SendGrid API key', /SG\./],
  shopify: ['a Shopify key', /shp(?:at|ca|pa|ss)_/],
  slack: ['a Slack credential', /xox[abopr]-|xapp-|hooks\.slack\.com/i],
  stripe: ['a Stripe key', /[rs]k_(?:live|test)_/],
  tailscale: ['a Tailscale key', /tskey-/],
  vercel: ['a Vercel token', /vc[aikpr]_/],
}

/** Nearly every text holds no mark, and one look is a tenth of one for each. */
const ANY_MARK = new RegExp(
  Object.values(ASKED)
    .map(([, mark]) => mark.source)
    .join('|'),
  'i',
)

const PREFIX = '@secretlint/secretlint-rule-'

/**
 * What may be secrets of other services in texts, in the order given, by their own shapes; what stands in one place is one.
 * The rules are loaded with the first text that holds a mark of theirs.
 */
export async function foreignIn(texts: Iterable<Excerpt>): Promise<ForeignSecret[]> {
  const found: ForeignSecret[] = []
  for (const excerpt of texts) {
    if (!ANY_MARK.test(excerpt.text)) continue
    const asked = new Map(Object.entries(ASKED).filter(([, [, mark]]) => mark.test(excerpt.text)))
    if (asked.size === 0) continue
    for (const secret of await heldBy(excerpt, asked)) {
      if (!found.some(({at}) => at.from < secret.at.to && secret.at.from < at.to)) found.push(secret)
    }
  }
  return found
}

/**
 * The texts in which other services' secrets may stand: the file, what it holds packed, and settings as a shell would
 * write them, since some are known only with their names.
 */
export function* textsOf(file: Excerpt, nested: readonly Excerpt[], values: readonly NamedValue[]): Iterable<Excerpt> {
  yield file
  yield* nested
  for (const {name, value, at} of values) yield vague(decoded(value) ?? `${name}=${value}`, at)
}

async function heldBy({text, stretch}: Excerpt, asked: ReadonlyMap<string, AskedRule>): Promise<ForeignSecret[]> {
  const {rules} = await import('@secretlint/secretlint-rule-preset-recommend')
  const found: ForeignSecret[] = []
  for (const rule of rules) {
    const [called] = asked.get(rule.meta.id.slice(PREFIX.length)) ?? []
    if (called === undefined) continue
    const context: SecretLintRuleContext = {
      sharedOptions: {},
      createTranslator: () => (messageId, data) => ({message: called, messageId: String(messageId), data}),
      report({message, range: [from, to]}) {
        const {data}: {data?: {KEY?: unknown}} = message
        // The rule for AWS tells where the name begins that stands before the key.
        const value = typeof data?.KEY === 'string' ? data.KEY : text.slice(from, to)
        const begin = text.indexOf(value, from)
        found.push({called, value, at: stretch(begin, begin + value.length)})
      },
      ignore: () => undefined,
    }
    await rule.create(context, {}).file?.(sourceOf(text))
  }
  return found
}

/** A text without a file: rules that go by a file's name find in it what they find in any other. */
function sourceOf(content: string): SecretLintSourceCode {
  const unasked = (): never => {
    throw new Error('none of the rules that are asked wants lines and columns')
  }
  return {
    hasBOM: false,
    content,
    filePath: 'text',
    physicalFilePath: undefined,
    contentType: 'text',
    ext: '',
    getFilePath: () => 'text',
    getPhysicalFilePath: () => undefined,
    locationToRange: unasked,
    rangeToLocation: unasked,
    positionToIndex: unasked,
    indexToPosition: unasked,
  }
}

import {rules} from '@secretlint/secretlint-rule-preset-recommend'
import {describe, expect, test} from 'vitest'
import {contiguous} from '../../../src/lint/excerpt.ts'
import {ASKED, foreignIn} from '../../../src/lint/read/foreign.ts'
import {findingsIn, HEX, lineAndRule, linted, word} from './linting.ts'

const hex = HEX.slice(0, 32)
const account = Buffer.from(JSON.stringify({email: 'nobody', secretKey: word(79), muk: {}})).toString('base64')

/** A made-up secret of each kind that is asked for. */
const MADE_UP: Record<string, string[]> = {
  '1password': [`ops_${account}`],
  anthropic: [`sk-ant-api03-${word(93)}AA`],
  aws: [`AWS_SECRET_ACCESS_KEY=${word(40)}`, `aws_secret_access_key = "${word(40)}"`, `SecretAccessKey: ${word(40)}`],
  cloudflare: ['cfk', 'cfut', 'cfat'].map((kind) => `${kind}_${word(40)}0f1e2d3c`),
  'database-connection-string': ['postgres', 'postgresql', 'mysql', 'mysqlx', 'mongodb', 'mongodb+srv', 'MySQL'].map(
    (kind) => `${kind}://gitea:Willow-Tram-5519@db/gitea`,
  ),
  databricks: [`dapi${hex}`],
  docker: [`dckr_pat_${word(27)}`],
  figma: [`figd_${word(40)}`],
  github: [...['ghp', 'gho', 'ghu', 'ghs', 'ghr'].map((kind) => `${kind}_${word(36)}`), `github_pat_${word(82)}`],
  gitlab: [`glpat-${word(20)}`],
  grafana: [`glc_${word(60)}`, `glsa_${word(32)}_0f1e2d3c`],
  groq: [`gsk_${word(52)}`],
  'hashicorp-vault': [`hvs.${word(95)}`, `hvb.${word(140)}`, `hvr.${word(95)}`],
  huggingface: [`hf_${word(90).replaceAll(/\d/g, '').slice(0, 34)}`],
  linear: [`lin_api_${word(40)}`],
  notion: [`ntn_31415926535${word(35)}`],
  npm: [`npm_${word(36)}`],
  openai: [`sk-${word(20)}T3BlbkFJ${word(20)}`, `sk-proj-${word(74)}T3BlbkFJ${word(74)}`],
  privatekey: ['', 'RSA ', 'EC ', 'OPENSSH '].map(
    (kind) => `-----BEGIN ${kind}PRIVATE KEY-----\nMI${word(120)}\n-----END ${kind}PRIVATE KEY-----`,
  ),
  sendgrid: [`SG.${word(22)}.${word(43)}`],
  shopify: ['shpat', 'shpca', 'shppa', 'shpss'].map((kind) => `${kind}_${word(32)}`),
  slack: [
    ...['xoxb', 'xoxp', 'xoxa', 'xoxo', 'xoxr', 'xapp'].map((kind) => `${kind}-${word(12)}-${word(24)}`),
    `https://hooks.slack.com/services/T${word(9)}/B${word(9)}/${word(24)}`,
  ],
  stripe: ['sk_live', 'sk_test', 'rk_live', 'rk_test'].map((kind) => `${kind}_${word(24)}`),
  tailscale: [`tskey-auth-${word(17)}-${word(32)}`],
  vercel: ['vcp', 'vci', 'vca', 'vcr', 'vck'].map((kind) => `${kind}_${word(24)}`),
}

describe('secrets of other services', () => {
  test('each of secretlint’s rules is asked, or left out for a reason', () => {
    const all = rules.map(({meta}) => meta.id.replace('@secretlint/secretlint-rule-', ''))
    const leftOut = ['basicauth', 'gcp', 'filter-comments']
    expect([...Object.keys(ASKED), ...leftOut].toSorted()).toEqual(all.toSorted())
    expect(Object.keys(MADE_UP).toSorted()).toEqual(Object.keys(ASKED).toSorted())
  })

  test.each(Object.entries(MADE_UP))(
    '%s: no mark keeps a text from the rule that would find something',
    async (id, all) => {
      for (const text of all) {
        const found = await foreignIn([contiguous(`a ${text} b`, 0)])
        expect(found.map(({called}) => called)).toEqual([ASKED[id]?.[0]])
      }
    },
  )

  test('one is found where it stands, once, and no part of it is told', async () => {
    const secret = `ghp_${word(36)}`
    for (const text of [
      `TOKEN=${secret}\n`,
      `curl -f -H "Authorization: Bearer ${secret}" https://api.github.com/user\n`,
    ]) {
      const {result} = await linted('a.sh', text)
      expect(result.findings).toHaveLength(1)
      expect(result.findings[0]?.message).toContain('GitHub token')
      expect(result.findings[0]?.fix).not.toContain('patrol rotate')
      for (let start = 4; start + 6 <= secret.length; start++)
        expect(JSON.stringify(result)).not.toContain(secret.slice(start, start + 6))
    }
  })

  test('of a setting the value is found, and not its name', async () => {
    const text = `# of the backups: aws_secret_access_key = ${word(40)}\n`
    const [finding] = await findingsIn('a.sh', text)
    expect(text.slice(finding?.at.from, finding?.at.to)).toBe(word(40))
  })

  test('a comment with a reason accepts one', async () => {
    const {result} = await linted(
      '.env',
      `# patrol-lint: ignore secret-in-file -- may read only\nMIRROR=ghp_${word(36)}\n`,
    )
    expect(result.findings).toEqual([])
    expect(result.suppressed.map(({finding}) => lineAndRule(finding))).toEqual(['2 secret-in-file'])
  })

  test('a token of the forge stays one, in a URL of a database too', async () => {
    const [finding, ...more] = await findingsIn('.env', `URL=postgres://gitea:${HEX}@db/gitea\n`)
    expect(more).toEqual([])
    expect(finding?.message).toContain(`a token (…${HEX.slice(-8)})`)
  })
})

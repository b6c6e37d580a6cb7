import * as z from 'zod/mini'

/** What a secret reference looks like; a value in its place is refused. */
export const REFERENCE = /^(?:-|env:[A-Za-z_][A-Za-z0-9_]*|file:.+|exec:.+|prompt:.*)$/
/** `90d`, `24h`, `15m`, `15s`, `200ms`. */
export const DURATION = /^\d+(?:ms|s|m|h|d)$/
/** Names that can stand in a token's name, in a path and on a command line alike. */
export const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/

const about = <T extends z.ZodMiniType>(schema: T, description: string): T => {
  z.globalRegistry.add(schema, {description})
  return schema
}

/** A text of such a form; `wanted` goes on after "has to be" where it is not. */
const shaped = (form: RegExp, wanted: string) => z.string().check(z.regex(form, wanted))
/** What has to stand where a reference does. */
export const A_REFERENCE =
  'a reference (env:NAME, file:PATH, exec:COMMAND, prompt: or -), never the value itself. If a value stands there, consider it leaked'
const reference = (what: string) =>
  about(shaped(REFERENCE, A_REFERENCE), `${what}: env:NAME, file:PATH, exec:COMMAND, prompt: or - (never the value)`)
const duration = (what: string) =>
  about(shaped(DURATION, 'a duration such as 15s, 15m, 24h or 90d'), `${what}, such as 15s, 15m, 24h or 90d`)
const repository = (what: string) => about(shaped(/^[^/\s]+\/[^/\s]+$/, 'owner/name'), `${what}, as owner/name`)
const uuid = (what: string) => about(shaped(/^[0-9a-fA-F-]{36}$/, 'a UUID'), what)
const text = (what: string) => about(z.string().check(z.minLength(1)), what)

const formerly = (whose: string) =>
  z.optional(
    about(
      z.array(text('a former root URL')),
      `root URLs that ${whose} had before: what patrol recorded there counts here, if it is the same server`,
    ),
  )

const admin = z.strictObject({
  user: text('login of the site administrator who mints and deletes tokens'),
  password: z.optional(reference("the administrator's password")),
  totp: z.optional(reference("base32 seed of the administrator's one-time codes, or prompt: to be asked for a code")),
  token: z.optional(reference('a token of the administrator with write:user, instead of the password')),
})

const gitea = z.strictObject({
  url: text('root URL of Gitea or Forgejo, with a path prefix where it has one'),
  formerly: formerly('this server'),
  repo: z.optional(repository('the repository in which agents find their work')),
  admin: z.optional(admin),
  ca: z.optional(text("PEM file with a certificate to trust besides the system's, relative to this file")),
  'insecure-http': z.optional(about(z.boolean(), 'allow http: outside loopback')),
})

const platform = z.strictObject({
  url: text("the platform's root URL"),
  formerly: formerly('this platform'),
  org: z.optional(uuid('UUID of the organisation, where the platform has tenants')),
  token: reference("the platform's admin or org token"),
  'auto-restart-wait': z.optional(duration('how long to look for an automatic restart after a push (15s)')),
  'restart-deadline': z.optional(duration('how long a restart may take (15m)')),
  ca: z.optional(text("PEM file with a certificate to trust besides the system's, relative to this file")),
  'insecure-http': z.optional(about(z.boolean(), 'allow http: outside loopback')),
})

const visibility = z.enum(['public', 'limited', 'private'])
const member = z.strictObject({
  repo: repository('a repository that agents of this profile work in'),
  permission: z.optional(
    about(z.enum(['read', 'write', 'admin']), 'what it may do there (write, or read where its scopes only read)'),
  ),
})
const team = z.strictObject({
  org: text('the organisation'),
  team: text('the name of its team'),
})
const repos = z.optional(
  about(z.array(member), 'repositories in which an agent of this profile becomes a collaborator when it is onboarded'),
)
const teams = z.optional(about(z.array(team), 'teams that an agent of this profile joins when it is onboarded'))

const A_TIER = 'a number from 1 to 1000'
const workspace = z.strictObject({
  runtime: z.optional(text('its runtime')),
  template: z.optional(text('folder name of its template')),
  tier: z.optional(about(z.int().check(z.positive(A_TIER), z.maximum(1000, A_TIER)), 'its tier')),
  model: z.optional(text('its model')),
  role: z.optional(text('its role')),
  parent: z.optional(uuid('UUID of the workspace above it')),
})

const onboarding = z.strictObject({
  'email-domain': z.optional(
    about(
      shaped(/^[A-Za-z0-9.-]+$/, 'a domain such as agents.example.org'),
      "domain of new users' addresses (noreply.invalid)",
    ),
  ),
  visibility: z.optional(about(visibility, 'who sees new users (the server decides)')),
  restricted: z.optional(about(z.boolean(), 'new users see only what they are members of (the server decides)')),
  workspace: z.optional(about(workspace, 'how new workspaces are made; the platform decides the rest')),
})

const profile = z.strictObject({
  scopes: about(z.array(z.string()), "scopes in the server's spelling, such as read:issue"),
  repositories: z.optional(
    about(
      z.union([z.literal('all'), z.array(z.string())], 'a list of owner/name, or all'),
      'repositories that tokens of this profile are confined to, as owner/name (Forgejo 15 and newer; only issue and ' +
        'repository scopes then); "all" says that they are not, whatever an earlier token was',
    ),
  ),
  'max-age': z.optional(duration('how old a token of this profile may get')),
  repos,
  teams,
})

const agent = z.strictObject({
  user: z.optional(text("the agent's login on the server (default: the agent's name)")),
  workspace: z.optional(text("the agent's workspace, by UUID or exact name (default: the agent's name)")),
  profile: z.optional(text('which scopes the agent needs (default: engineer)')),
  token: z.optional(reference('the token the agent has now, where we may know it')),
  repo: z.optional(repository('another repository than gitea.repo')),
})

/** The shape of patrol.yaml. What values mean (URLs, scopes, profiles) is checked afterwards. */
export const SHAPE = z.strictObject({
  gitea,
  platform: z.optional(platform),
  secret: z.optional(
    about(
      shaped(/^[A-Za-z_][A-Za-z0-9_]*$/, 'a name like GITEA_TOKEN'),
      'key of the workspace secret that holds the token (GITEA_TOKEN)',
    ),
  ),
  label: z.optional(text('label of the issues that agents may take (approved)')),
  profiles: z.optional(about(z.record(z.string(), profile), 'named sets of scopes, besides the built-in ones')),
  onboarding: z.optional(about(onboarding, 'what patrol onboard makes, and how')),
  agents: z.optional(about(z.record(z.string().check(z.regex(NAME)), agent), 'the fleet, by name')),
})

/** patrol.yaml as written, once its shape is right. */
export type RawConfig = z.infer<typeof SHAPE>

/** The JSON Schema of patrol.yaml, for editors; `config schema` prints it. */
export function jsonSchema(): Record<string, unknown> {
  const schema = z.toJSONSchema(SHAPE, {target: 'draft-2020-12', io: 'input'}) as Record<string, unknown>
  return {...schema, $id: 'https://patrol.invalid/patrol.schema.json', title: 'patrol.yaml'}
}

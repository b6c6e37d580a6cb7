import type {Answers} from '../config.ts'
import {nothing, OpsError, run, say} from '../errors.ts'
import {askText} from './ask.ts'
import {canAsk} from './palette.ts'
import type {Asking} from './ask.ts'

/** What was said by flags; the rest is asked for where somebody can be asked. */
export type SaidByFlags = {[key in keyof Answers]?: Answers[key] | undefined}

/** The flags of `init` as answers. */
export function saidBy(flags: {[name in Flag]?: string | undefined} & {agent?: string[] | undefined}): SaidByFlags {
  return {
    giteaUrl: flags['gitea-url'],
    repo: flags.repo,
    adminUser: flags['admin-user'],
    adminPassword: flags['admin-password'],
    adminToken: flags['admin-token'],
    platformUrl: flags['platform-url'],
    org: flags.org,
    platformToken: flags['platform-token'],
    secret: flags.secret,
    agents: flags.agent,
  }
}

type Flag =
  | 'gitea-url'
  | 'repo'
  | 'admin-user'
  | 'admin-password'
  | 'admin-token'
  | 'platform-url'
  | 'org'
  | 'platform-token'
  | 'secret'

/**
 * The answers for a first patrol.yaml: flags first, then questions. Without a terminal only the flags count; throws
 * `USAGE` naming the one flag that can't be done without. `secretAt`: the secret that arrives on that platform.
 */
export async function interview(
  said: SaidByFlags,
  asking: Asking,
  secretAt: (platform: {url: string; org: string | undefined}) => Promise<string>,
): Promise<Answers> {
  const agents = said.agents ?? []
  if (!canAsk(asking) || asking.yes) {
    if (said.giteaUrl !== undefined) return {...said, giteaUrl: said.giteaUrl, agents}
    throw new OpsError('USAGE', {
      what: 'There is no terminal to ask at, and --gitea-url is missing.',
      state: nothing('written'),
      advice: [say('give it, and what else is known, as flags'), run`patrol init --help`],
    })
  }
  const ask = async (label: string, known: string | undefined, initial?: string): Promise<string | undefined> =>
    known ?? ((await askText(label, asking, initial === undefined ? {} : {initial})) || undefined)
  const needed = (text: string): string | undefined => (text === '' ? 'This one is needed.' : undefined)
  const giteaUrl = said.giteaUrl ?? (await askText('URL of Gitea or Forgejo', asking, {check: needed}))
  const repo = await ask('Repository where agents find their work (owner/name, empty for none)', said.repo)
  const adminUser = await ask('Site administrator (login, empty if you only probe)', said.adminUser)
  const where = "Where is the administrator's password? (env:NAME, file:PATH, exec:COMMAND or prompt:)"
  const adminPassword =
    adminUser && !said.adminToken
      ? await ask(where, said.adminPassword, 'env:GITEA_ADMIN_PASSWORD')
      : said.adminPassword
  const platformUrl = await ask("The platform's URL (empty if you only probe)", said.platformUrl)
  const org = platformUrl && (await ask('Organisation (UUID, empty where there is one only)', said.org))
  const token = "Where is the platform's token?"
  const platformToken = platformUrl && (await ask(token, said.platformToken, 'env:PLATFORM_TOKEN'))
  const holder = "Which workspace secret holds an agent's token?"
  const secret = platformUrl
    ? await ask(holder, said.secret, said.secret ?? (await secretAt({url: platformUrl, org: org || undefined})))
    : said.secret
  const names =
    agents.length > 0 ? agents : ((await ask('Agents (names, separated by spaces)', undefined)) ?? '').split(/[\s,]+/)
  return {
    ...said,
    giteaUrl,
    repo,
    adminUser,
    adminPassword,
    platformUrl,
    org,
    platformToken,
    secret,
    agents: names.filter(Boolean),
  }
}

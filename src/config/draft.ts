import {stringify} from 'yaml'

/** What a first patrol.yaml is made of; secrets are references, as everywhere. */
export interface Answers {
  giteaUrl: string
  repo?: string | undefined
  adminUser?: string | undefined
  adminPassword?: string | undefined
  adminToken?: string | undefined
  platformUrl?: string | undefined
  org?: string | undefined
  platformToken?: string | undefined
  /** Key of the workspace secret that holds the token; the usual one where it is not named. */
  secret?: string | undefined
  agents: readonly string[]
}

/** A first patrol.yaml, commented where one is likely to go on; not checked. */
export function draftConfig(answers: Answers): string {
  const {giteaUrl: url, repo, adminUser, adminPassword: password, adminToken: token, platformUrl, org, agents} = answers
  const admin = adminUser && {
    user: adminUser,
    ...(token ? {token} : {password: password ?? 'env:GITEA_ADMIN_PASSWORD'}),
  }
  const platform = platformUrl && {
    url: platformUrl,
    ...(org && {org}),
    token: answers.platformToken ?? 'env:PLATFORM_TOKEN',
  }
  const value = {
    gitea: {url, ...(repo && {repo}), ...(admin && {admin})},
    ...(platform && {platform}),
    ...(answers.secret && answers.secret !== 'GITEA_TOKEN' && {secret: answers.secret}),
    ...(agents.length > 0 && {agents: Object.fromEntries(agents.map((name) => [name, {profile: 'engineer'}]))}),
  }
  return `# Secrets are references (env:NAME, file:PATH, exec:COMMAND, prompt:), never values.\n${stringify(value)}`
}

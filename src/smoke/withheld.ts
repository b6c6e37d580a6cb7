/**
 * Names under which credentials for code hosts are looked for. Many servers of the platform keep them from the processes in
 * workspaces, whatever is stored (RFC#523; hosted june02, and in Docker all from june02 on), and hand over `DELIVERED`.
 */
const WITHHELD: readonly string[] = [
  'GITEA_TOKEN',
  'GITHUB_TOKEN',
  'GH_TOKEN',
  'GITLAB_TOKEN',
  'GL_TOKEN',
  'BITBUCKET_TOKEN',
]
/** The name under which such servers hand a credential over. */
export const DELIVERED = 'GIT_HTTP_PASSWORD'

/** Whether a secret of this name may never reach the process that it is for. */
export function mayBeWithheld(key: string): boolean {
  return WITHHELD.includes(key)
}

/** What a plan says of a secret that may never arrive; nothing where its name is none of those, or the server hands it over. */
export async function doubtsOfArrival(
  {agent, secretKey}: {agent: string; secretKey: string},
  platform: {mayWithhold(): Promise<boolean>},
): Promise<string[]> {
  if (!mayBeWithheld(secretKey) || !(await platform.mayWithhold())) return []
  const {why, remedy} = withheld(secretKey)
  return [`Whether ${secretKey} reaches ${agent} is not known: ${why}. If it does not: ${remedy}.`]
}

/** What such servers do, and what to set instead: two sentences of which the second is the remedy. */
export function withheld(key: string): {why: string; remedy: string} {
  return {
    why: `many servers keep ${key} from the processes in workspaces and hand over ${DELIVERED}`,
    remedy: `set \`secret: ${DELIVERED}\` in patrol.yaml, and have the agent read its token from there`,
  }
}

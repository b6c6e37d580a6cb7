import {accessSync, constants, existsSync, statSync} from 'node:fs'
import {homedir} from 'node:os'
import {dirname, join, resolve} from 'node:path'

/** The file names and directories of patrol, from an environment that the caller passes in. */
export interface Places {
  env: NodeJS.ProcessEnv
  cwd: string
}

/** Where patrol.yaml is looked for without `--config`, best first. */
export function configCandidates({env, cwd}: Places): string[] {
  const upward: string[] = []
  for (let directory = resolve(cwd); ; directory = dirname(directory)) {
    upward.push(join(directory, 'patrol.yaml'))
    if (dirname(directory) === directory) break
  }
  return [...upward, join(env.XDG_CONFIG_HOME || join(home(env), '.config'), 'patrol', 'patrol.yaml')]
}

/** The configuration to use: named, or the first candidate that exists; undefined when there is none. */
export function findConfig(named: string | undefined, places: Places): {file: string; named: boolean} | undefined {
  const given = named ?? (places.env.PATROL_CONFIG || undefined)
  if (given) return {file: resolve(places.cwd, given), named: true}
  const file = configCandidates(places).find((candidate) => existsSync(candidate))
  return file ? {file, named: false} : undefined
}

/** Where journal, ledger and leases live: `$PATROL_STATE_DIR`, else below the XDG state directory. */
export function stateDirectory({env, cwd}: Places): string {
  if (env.PATROL_STATE_DIR) return resolve(cwd, env.PATROL_STATE_DIR)
  return join(env.XDG_STATE_HOME || join(home(env), '.local', 'state'), 'patrol')
}

/** The directory that paths in reports start at: the checkout that `cwd` lies in, else `cwd`. */
export function checkoutOf({cwd}: Pick<Places, 'cwd'>): string {
  for (let directory = resolve(cwd); ; directory = dirname(directory)) {
    if (existsSync(join(directory, '.git'))) return directory
    if (dirname(directory) === directory) return resolve(cwd)
  }
}

/** The files in which a workspace may hold its Gitea token, best first (platform contract 9.1). */
export function workspaceTokenFiles({env}: Places): string[] {
  const configs = env.CONFIGS_DIR ? [env.CONFIGS_DIR] : ['/configs', join(home(env), '.molecule-workspace')]
  return configs.map((directory) => join(directory, 'secrets.d', 'GITEA_TOKEN'))
}

/**
 * The directory in which a workspace remembers what it needs: `$CONFIGS_DIR` verbatim, else `shared` where that is a
 * directory we may write to, else below the home (platform contract 9.1, the newer runtime).
 */
export function configsDirectory({env}: Pick<Places, 'env'>, shared = '/configs'): string {
  if (env.CONFIGS_DIR) return env.CONFIGS_DIR
  return isWritable(shared) ? shared : join(home(env), '.molecule-workspace')
}

function isWritable(directory: string): boolean {
  try {
    accessSync(directory, constants.W_OK | constants.X_OK)
    return statSync(directory).isDirectory()
  } catch {
    return false
  }
}

function home(env: NodeJS.ProcessEnv): string {
  return env.HOME || homedir()
}

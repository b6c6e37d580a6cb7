import {rm} from 'node:fs/promises'
import {join} from 'node:path'
import {createPrivately, makePrivateDirectory, refuseTaken, replacePrivately} from '../files.ts'
import type {Sandbox} from '../simulator/sandbox.ts'

/** A directory from which patrol can be used against a running sandbox. */
export interface SandboxHome {
  /** patrol.yaml. */
  config: string
  /** Journal and ledger of what is done to the sandbox. */
  state: string
  /** Lets the agents' token files follow what the platform stores for them now. */
  follow(): Promise<void>
}

/** What `furnish` puts into a directory, and what is taken away again. */
const PIECES = ['patrol.yaml', 'secrets', 'state', 'truth.json'] as const

/**
 * Writes patrol.yaml, the credentials it refers to (0600) and a state directory into `directory`. Throws `FILE_EXISTS`
 * where one of them is there already: `strip` must never take away what is not ours. `autoRestartWait`: as in
 * patrol.yaml, where the platform's processes come up in another time than usual.
 */
export async function furnish(
  sandbox: Sandbox,
  directory: string,
  {autoRestartWait}: {autoRestartWait?: string} = {},
): Promise<SandboxHome> {
  const {secrets, state, config} = await prepare(sandbox, directory)
  const written = new Map<string, string>()
  const follow = async (): Promise<void> => {
    for (const {name, workspaceId, tokenValue} of sandbox.agents) {
      const value = sandbox.platform.secrets(workspaceId)[sandbox.secretKey] ?? tokenValue
      if (written.get(name) === value) continue
      await replacePrivately(join(secrets, name), `${value}\n`)
      written.set(name, value)
    }
  }
  await follow()
  const agents = sandbox.agents.map(({name, workspaceId}) =>
    [`  ${name}:`, `    workspace: ${workspaceId}`, '    profile: engineer', `    token: file:secrets/${name}`].join(
      '\n',
    ),
  )
  const newcomers = (sandbox.newAgents ?? []).map((name) => `  ${name}:\n    profile: engineer`)
  await createPrivately(
    config,
    `${preamble(sandbox, autoRestartWait)}agents:\n${[...agents, ...newcomers].join('\n')}\n`,
  )
  return {config, state, follow}
}

/** Makes the directories and the two credentials of the sandbox itself; throws `FILE_EXISTS` as `furnish` does. */
export async function prepare(
  sandbox: Sandbox,
  directory: string,
): Promise<{secrets: string; state: string; config: string}> {
  for (const piece of PIECES) await refuseTaken(join(directory, piece))
  const secrets = join(directory, 'secrets')
  const state = join(directory, 'state')
  for (const each of [directory, secrets, state]) await makePrivateDirectory(each)
  await replacePrivately(join(secrets, 'admin-password'), `${sandbox.admin.password}\n`)
  await replacePrivately(join(secrets, 'platform-token'), `${sandbox.platformToken}\n`)
  return {secrets, state, config: join(directory, 'patrol.yaml')}
}

/** Takes away what `furnish` wrote. */
export async function strip(directory: string): Promise<void> {
  for (const piece of PIECES) await rm(join(directory, piece), {recursive: true, force: true})
}

/** patrol.yaml up to its agents. */
export function preamble(sandbox: Sandbox, autoRestartWait = '2s'): string {
  return `# Written by patrol sandbox: every credential here is made up and dies with it.
gitea:
  url: ${sandbox.gitea.url}
  repo: ${sandbox.repo}
  admin:
    user: ${sandbox.admin.user}
    password: file:secrets/admin-password
platform:
  url: ${sandbox.platform.url}
  org: ${sandbox.orgId}
  token: file:secrets/platform-token
  auto-restart-wait: ${autoRestartWait}
  restart-deadline: 1m
secret: ${sandbox.secretKey}
label: approved
onboarding:
  workspace:
    model: sonnet
`
}

import {atHome, ownTokenFile, ownWorkspace, readBearer, secretSources, workspacePlatform} from '../config.ts'
import type {PatrolConfig, SecretSources} from '../config.ts'
import {nothing, OpsError} from '../errors.ts'
import {excerpt, type Secret} from '../secret.ts'
import type {WorkspaceTokens} from '../workspace-token.ts'

/** What flags say about this workspace. */
export interface SelfFlags {
  'platform-url'?: string | undefined
  workspace?: string | undefined
  org?: string | undefined
}

/** This workspace and its platform, as far as anything names them. */
export interface Self {
  url: string | undefined
  workspace: string | undefined
  org: string | undefined
}

const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i

/**
 * Flags first, then what the workspace is told in its environment, then patrol.yaml. Throws `USAGE` for ids that are none:
 * they go into headers, and in a file for curl a line break in one would be another instruction.
 */
export function selfOf({config}: {config: PatrolConfig | undefined}, flags: SelfFlags = {}): Self {
  const {url, org} = workspacePlatform()
  const configured = config?.platform
  return {
    url: flags['platform-url'] ?? url ?? configured?.url,
    workspace: idOf(flags.workspace ?? ownWorkspace(), 'workspace (WORKSPACE_ID, --workspace)'),
    org: idOf(flags.org ?? configured?.org ?? org, 'organisation (MOLECULE_ORG_ID, --org)'),
  }
}

function idOf(text: string | undefined, what: string): string | undefined {
  if (text === undefined || UUID.test(text)) return text?.toLowerCase()
  const typed = excerpt(text, 40)
  throw new OpsError('USAGE', {what: `"${typed}" is no id of a ${what}: that is a UUID.`, state: nothing('called')})
}

type TokenEdges = Omit<SecretSources, 'env' | 'stdin'>

/** Where this workspace keeps its token for the platform. */
export async function ownTokens(edges: TokenEdges): Promise<WorkspaceTokens> {
  const {WorkspaceTokens} = await import('../workspace-token.ts')
  return new WorkspaceTokens(ownTokenFile(), {...edges, ...secretSources()})
}

/** The token that somebody gives us to keep: in a file, on standard input for `-`, or asked for where nothing is named. */
export async function givenToken(edges: TokenEdges, file: string | undefined): Promise<Secret> {
  const what = "this workspace's token for the platform"
  const ref =
    file === undefined
      ? ({kind: 'prompt', label: what} as const)
      : file === '-'
        ? ({kind: 'stdin'} as const)
        : ({kind: 'file', path: atHome(file)} as const)
  return readBearer(ref, what, {...edges, ...secretSources()})
}

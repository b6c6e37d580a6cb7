import {atHome, ownTokenFile, ownWorkspace, readBearer, secretSources, workspacePlatform} from '../config.ts'
import type {SecretSources} from '../config.ts'
import type {Context} from '../context.ts'
import {nothing, OpsError, orElse} from '../errors.ts'
import {parseBaseUrl} from '../http.ts'
import {excerpt, type Secret} from '../secret.ts'
import type {HeldToken, OwnHeaders, WorkspaceTokens} from '../workspace-token.ts'

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
export function selfOf(context: Context, flags: SelfFlags = {}): Self {
  const {url, org} = workspacePlatform()
  const configured = context.config?.platform
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

type Edges = Omit<SecretSources, 'env' | 'stdin'>

/** Where this workspace keeps its token for the platform. */
export async function ownTokens(edges: Edges): Promise<WorkspaceTokens> {
  const {WorkspaceTokens} = await import('../workspace-token.ts')
  return new WorkspaceTokens(ownTokenFile(), {...edges, ...secretSources()})
}

/** The token that somebody gives us to keep: in a file, on standard input for `-`, or asked for where nothing is named. */
export async function givenToken(edges: Edges, file: string | undefined): Promise<Secret> {
  const what = "this workspace's token for the platform"
  const ref =
    file === undefined
      ? ({kind: 'prompt', label: what} as const)
      : file === '-'
        ? ({kind: 'stdin'} as const)
        : ({kind: 'file', path: atHome(file)} as const)
  return readBearer(ref, what, {...edges, ...secretSources()})
}

/** What `workspace-token check` found out. */
export interface OwnCheck {
  workspace: string
  platform: string
  status: string
  paused: boolean
  /** Which token the platform accepts. */
  from: HeldToken['from']
  /** Another process had replaced the first one meanwhile. */
  renewed: boolean
}

/**
 * Asks the platform as this workspace. Throws `WORKSPACE_TOKEN_REJECTED` where it accepts neither the token held nor what
 * then stands in its place, and `CONFIG_INCOMPLETE` where nothing names the platform or the workspace.
 */
export async function checkSelf(context: Context, flags: SelfFlags): Promise<OwnCheck> {
  const self = selfOf(context, flags)
  const {workspace, url} = self
  if (url === undefined) throw new OpsError('CONFIG_INCOMPLETE', {case: 'own-platform'})
  if (workspace === undefined) throw new OpsError('CONFIG_INCOMPLETE', {case: 'own-workspace'})
  const {platform, held} = await context.platformAsSelf({...self, url, workspace})
  const first = held()
  const rejected = orElse(() => {
    throw new OpsError('WORKSPACE_TOKEN_REJECTED', {url, workspace, place: placeOf(held().from)})
  }, 'PLATFORM_TOKEN_REJECTED')
  const {status, paused} = await platform.ownState(workspace).catch(rejected)
  return {workspace, platform: url, status, paused, from: held().from, renewed: held() !== first}
}

/** The headers of a request that this workspace sends itself. */
export async function ownHeaders(context: Context, flags: SelfFlags & {'for-secrets'?: boolean}): Promise<OwnHeaders> {
  const {url, workspace, org} = selfOf(context, flags)
  const {token} = await (await context.ownTokens()).required()
  const origin = url === undefined ? undefined : parseBaseUrl(url, true).origin
  return {token, origin, workspace: flags['for-secrets'] ? undefined : workspace, org}
}

/** Where a token came from, in words. */
export function placeOf(from: HeldToken['from']): string {
  return from.kind === 'file' ? from.path : `the environment variable ${from.name}`
}

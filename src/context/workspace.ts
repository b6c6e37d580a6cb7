import type {Context} from '../context.ts'
import {OpsError, orElse} from '../errors.ts'
import {parseBaseUrl} from '../http.ts'
import type {HeldToken, OwnHeaders} from '../workspace-token.ts'
import {selfOf, type SelfFlags} from './self.ts'

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
  const {platform, held} = await context.platform.asSelf({...self, url, workspace})
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
  const {token} = await (await context.platform.ownTokens()).required()
  const origin = url === undefined ? undefined : parseBaseUrl(url, true).origin
  return {token, origin, workspace: flags['for-secrets'] ? undefined : workspace, org}
}

/** Where a token came from, in words. */
export function placeOf(from: HeldToken['from']): string {
  return from.kind === 'file' ? from.path : `the environment variable ${from.name}`
}

import {json} from './router.ts'
import type {WireAnswer, WireCall} from '../wire.ts'
import type {Caller, SimulatedWorkspace, PlatformWorld} from './world.ts'

/** A caller, or the answer that turns the request away. */
export type Admission = {caller: Caller} | {answer: WireAnswer}

/** The bearer as the platform reads it: the prefix is case-sensitive, the rest trimmed. */
export function bearerOf(call: WireCall): string {
  const header = call.headers.authorization ?? ''
  return header.startsWith('Bearer ') ? header.slice('Bearer '.length).trim() : ''
}

/** Whether Origin or Referer name the very host that was asked: how the server recognises its own web app. */
export function isSameOrigin(call: WireCall): boolean {
  const own = [`http://${call.headers.host}`, `https://${call.headers.host}`]
  const {origin, referer} = call.headers
  return own.some((base) => origin === base || referer === base || (referer ?? '').startsWith(`${base}/`))
}

/**
 * WorkspaceAuth: admin token, any live org token, or a token of this very workspace. Whether the workspace exists is
 * not asked. On an April tenant image (the canvas in front) a same-origin request without a bearer passes as well.
 */
export function workspaceAuth(world: PlatformWorld, call: WireCall, id: string): Admission {
  const bearer = bearerOf(call)
  if (!bearer) {
    if (world.facts.trustsCanvas && world.settings.canvas && isSameOrigin(call)) return {caller: {kind: 'canvas'}}
    return {answer: json(401, {error: 'missing workspace auth token'})}
  }
  if (isAdminToken(world, bearer)) return admit(call, 'admin')
  if (isOrgToken(world, bearer)) return admit(call, 'org')
  const workspace = world.workspaces.get(id)
  if (workspace && world.accepts(workspace, bearer)) return admit(call, 'workspace', id)
  return {answer: json(401, {error: 'invalid workspace auth token'})}
}

/** AdminAuth: org token, admin token, and where no admin token is set any workspace token (April: or nobody's). */
export function adminAuth(world: PlatformWorld, call: WireCall): Admission {
  const workspaces = [...world.workspaces.values()]
  const anyToken = workspaces.some((workspace) => workspace.tokens.some((token) => token.live))
  if (world.facts.opensByItself && !world.adminToken && !anyToken) return {caller: {kind: 'anonymous'}}
  const bearer = bearerOf(call)
  if (!bearer) return {answer: json(401, {error: 'admin auth required'})}
  if (isOrgToken(world, bearer)) return admit(call, 'org')
  if (isAdminToken(world, bearer)) return admit(call, 'admin')
  const owner = world.adminToken ? undefined : workspaces.find((workspace) => world.accepts(workspace, bearer))
  if (owner) return admit(call, 'workspace', owner.id)
  return {answer: json(401, {error: 'invalid admin auth token'})}
}

/** The second gate of `state` and `secrets/values`: if the workspace has any live token, only such a one will do. */
export function ownTokenProblem(
  world: PlatformWorld,
  call: WireCall,
  workspace: SimulatedWorkspace | undefined,
): WireAnswer | undefined {
  if (!workspace?.tokens.some((token) => token.live)) return undefined
  const bearer = bearerOf(call)
  if (!bearer) return json(401, {error: 'missing workspace auth token'})
  return world.accepts(workspace, bearer) ? undefined : json(401, {error: 'invalid workspace auth token'})
}

export function isAdminToken(world: PlatformWorld, bearer: string): boolean {
  return world.adminToken !== '' && bearer === world.adminToken
}

export function isOrgToken(world: PlatformWorld, bearer: string): boolean {
  const token = world.orgTokens.find((candidate) => candidate.value === bearer)
  if (token) token.lastUsedAt = world.stamp()
  return token !== undefined
}

function admit(call: WireCall, kind: 'admin' | 'org' | 'workspace', id?: string): Admission {
  call.identify(id === undefined ? kind : `${kind}:${id}`)
  return {caller: {kind}}
}

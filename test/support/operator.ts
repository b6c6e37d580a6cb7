import type {Sandbox} from '../../src/simulator/sandbox.ts'

/** The headers by which an operator speaks to the sandbox's platform past patrol. */
export function asOperator({platform, platformToken, orgId}: Sandbox): Record<string, string> {
  return {authorization: `Bearer ${platformToken}`, origin: platform.url, 'x-molecule-org-id': orgId}
}

/** Deletes a workspace as the canvas does. */
export async function deleteRoom(sandbox: Sandbox, id: string, name: string): Promise<void> {
  const headers = {...asOperator(sandbox), 'x-confirm-name': name}
  const {ok} = await fetch(`${sandbox.platform.url}/workspaces/${id}?confirm=true`, {method: 'DELETE', headers})
  if (!ok) throw new Error(`the workspace ${name} could not be deleted`)
}

import {setTimeout as sleep} from 'node:timers/promises'
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

/** Makes a workspace as the canvas does, with these secrets, and waits for its process; its id. */
export async function createRoom(sandbox: Sandbox, name: string, secrets: Record<string, string>): Promise<string> {
  const headers = {...asOperator(sandbox), 'content-type': 'application/json'}
  const body = JSON.stringify({name, model: 'sonnet', runtime: 'claude-code', secrets})
  const made = await fetch(`${sandbox.platform.url}/workspaces`, {method: 'POST', headers, body})
  const {id}: {id: string} = JSON.parse(await made.text())
  while (!sandbox.platform.process(id)) await sleep(20)
  return id
}

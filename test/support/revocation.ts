import {expect} from 'vitest'
import {OpsError} from '../../src/errors.ts'
import {clearRevocation, type RevokeDeps, type RevokeRequest, type Worker} from '../../src/rotation/index.ts'
import type {TokenRow} from '../../src/rotation/ports.ts'
import type {Store} from '../../src/store/index.ts'
import {request, USER, type World} from './world.ts'

/** A second token of the world's user, which suffices as the one does that the agent runs on. */
export function addSpare(world: World): TokenRow {
  world.old.scopes.push('read:issue')
  return world.addToken('spare', ['read:issue', 'read:repository'])
}

/** The world's agent as the inventory has it. */
export function worker(changes: Partial<Worker> = {}): Worker {
  const {agent, user, workspace, secretKey, profile, scopes, label, repo} = request()
  const configured = undefined
  return {agent, user, workspace, secretKey, profile, scopes: [...scopes], label, repo, configured, ...changes}
}

/** The revocation of a token by hand. */
export function asking(token: TokenRow, changes: Partial<RevokeRequest> = {}): RevokeRequest {
  const {id, name, lastEight} = token
  return {agent: 'dev-a', user: USER, token: {id, name, lastEight}, workers: [worker()], ...changes}
}

/** What it takes, with a platform and agents that can be asked. */
export function revokingIn(world: World, store: Store, changes: Partial<RevokeDeps> = {}): RevokeDeps {
  const {platform, fleet} = world
  return {...world.deps(store), reach: {platform, fleet}, ...changes}
}

/** The refusal of one that may not be. */
export async function refused(asked: RevokeRequest, using: RevokeDeps): Promise<OpsError> {
  const error: unknown = await clearRevocation(asked, using).catch((thrown: unknown) => thrown)
  if (!(error instanceof OpsError)) throw new Error('it was cleared', {cause: error})
  expect(error).toMatchObject({code: 'GUARD_SERVING_TOKEN', exit: 6})
  expect(error.message).toMatch(/(?:Nothing was revoked|The token was left as it is)\.$/)
  return error
}

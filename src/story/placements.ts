import type {LedgerChange, Placement} from './ports.ts'

/** Whose token it is, and where. */
export type Whereabouts = Pick<Placement, 'agent' | 'user' | 'secretKey'> & {
  workspace: Required<Placement['workspace']>
  rotation?: string | undefined
}

/** What the ledger learns of a token that is in a workspace, or may come to be. */
export function placed(
  {agent, user, workspace, secretKey, rotation}: Whereabouts,
  {id, lastEight}: Placement['token'],
  how: Placement['how'],
  at: number,
): LedgerChange {
  const {id: room, name, external} = workspace
  const there = {agent, user, workspace: {id: room, name, external}, secretKey, token: {id, lastEight}}
  return {kind: 'placed', placement: {...there, how, rotation, at}}
}

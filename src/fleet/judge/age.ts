import type {Docket} from '../docket.ts'
import type {AgentFacts} from '../facts.ts'
import {reasonOf, valueOf} from '../reading.ts'
import type {TokenView} from '../types.ts'
import {lasting, listedEvidence} from './words.ts'

/** The two servers' clocks may differ by as much. */
const SLACK_MS = 60_000
const UNTOLD =
  'nothing tells when its token was made: Gitea lists that from 1.24 on and Forgejo up to 15 does not, the ledger knows it of tokens that patrol minted'

/** What keeps the token that an agent runs on from being stored for it anew. */
const SHORT = ['empty-scope', 'scope-missing', 'public-only', 'repository-missing', 'deployed-unknown'] as const

/**
 * What time tells: `token-too-old`, `token-unused` and `secret-older-than-token`. Unknown times are no finding. `fit`: its
 * reference gives the token that it runs on, alive.
 */
export function judgeAge(
  facts: AgentFacts,
  token: TokenView | undefined,
  {now, unusedMs, fit}: {now: number; unusedMs: number; fit: boolean},
  docket: Docket,
): void {
  const {agent, rows, createdAt, secretUpdatedAt, workspace} = facts
  const made = at(createdAt)
  const evidence = rows.kind === 'read' ? listedEvidence(agent.user) : undefined
  if (agent.maxAgeMs !== undefined) {
    if (Number.isNaN(made))
      docket.open('token-too-old', reasonOf(rows) ?? `${UNTOLD}, so this ends it: ${docket.cure('token-too-old')}`)
    if (now - made > agent.maxAgeMs) {
      const message = `its token is ${lasting(now - made)} old; the profile ${agent.profile} allows ${lasting(agent.maxAgeMs)}`
      docket.find('token-too-old', {message, token, evidence})
    }
  }
  const used = at(token?.lastUsedAt)
  if (now - used > unusedMs) {
    docket.find('token-unused', {message: `its token was not used for ${lasting(now - used)}`, token, evidence})
  } else if (rows.kind === 'failed') docket.open('token-unused', rows.reason)
  if (workspace.kind === 'failed') docket.open('secret-older-than-token', workspace.reason)
  if (secretUpdatedAt.kind === 'failed' && !Number.isNaN(made))
    docket.open('secret-older-than-token', secretUpdatedAt.reason)
  // Without a time of its own the secret was not even looked at.
  if (workspace.kind === 'read' && Number.isNaN(made) && rows.kind === 'failed') {
    docket.open('secret-older-than-token', rows.reason)
  }
  const stored = at(valueOf(secretUpdatedAt))
  if (stored + SLACK_MS < made) {
    const message = `the secret of its workspace was written ${lasting(made - stored)} before its token was made`
    docket.find('secret-older-than-token', {message, token, evidence, unfit: !fit || docket.has(...SHORT)})
  }
}

/** In ms since the epoch; NaN where it is not known, which is neither before nor after anything. */
function at(time: string | undefined): number {
  return Date.parse(time ?? '')
}

import type {Context} from '../context.ts'
import {OpsError} from '../errors.ts'
import type {Server} from '../forge.ts'
import type {WorkHealth} from '../probe/health.ts'
import type {Liveness, ProbeReport} from '../probe/types.ts'
import type {Secret} from '../secret.ts'
import {noteProbe} from './sightings.ts'
import type {ProbeSubject} from './subjects.ts'

/** A name is worth no longer wait. */
const PATIENCE_MS = 3000

/** What a token can do, and which server says so. Throws as `probe` of the probe room. */
export async function probed(context: Context, subject: ProbeSubject): Promise<[ProbeReport, Server]> {
  const {agent, token, repo, reachOf} = subject
  const gitea = await context.gitea.prober()
  const report = await gitea.probe(token, {...(repo !== undefined && {repo}), reachOf})
  if (agent !== undefined) await noteProbe(context, agent, report)
  return named(context, report, token)
}

/**
 * Whether an agent finds its work with a token, and which server says so. A sound one is not worth a third request at every
 * start of every agent: the server then is its address. Throws as `health` of the probe room.
 */
export async function checked(context: Context, token: Secret, repo: string): Promise<[WorkHealth, Server]> {
  const gitea = await context.gitea.prober()
  const health = await gitea.health(token, repo)
  return health.state === 'ok' ? [health, {url: health.giteaUrl, unmet: true}] : named(context, health, token)
}

/** What a look found out of the server besides. */
interface Look {
  giteaUrl: string
  version: string | undefined
  liveness: Liveness
  requests: number
}

/**
 * A look that has come to its end, with what its server calls itself: as the look was told, else asked once more, by that
 * token where strangers are told nothing. Only of a forge that answered the look; and one that then gets into trouble, or
 * takes its time, is left unnamed, for the look stands without.
 */
async function named<L extends Look>(context: Context, look: L, token: Secret): Promise<[L, Server]> {
  const url = look.giteaUrl
  if (look.version !== undefined) return [look, {url, version: look.version}]
  if (look.liveness.state === 'unknown') return [look, {url, unmet: true}]
  const before = context.wire.requests
  try {
    const version = await context.gitea.version(PATIENCE_MS, token)
    return [
      {...look, version, requests: look.requests + context.wire.requests - before},
      {url, version},
    ]
  } catch (error) {
    if (!(error instanceof OpsError) || error.category === 'interrupted') throw error
    return [look, {url, unmet: true}]
  }
}

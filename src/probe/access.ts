import {OpsError} from '../errors.ts'
import {isRepository, outsideOf} from '../scopes/repositories.ts'
import {asError} from './interpret.ts'
import type {TokenKnowledge} from './knowledge.ts'
import type {HeardReply, ProbeLine} from './line.ts'
import type {ProbedConfinement, RepoAccess} from './types.ts'

type ListAccess = RepoAccess['issues']
type Layer = Pick<ProbedConfinement, 'reach' | 'doubt'>

/**
 * What the token and its user can list in one repository, by one request each, telling the token's scope from its
 * confinement and from its user's role (gitea 1.22: the scope gate precedes the look-up, so a 404 proves the scope;
 * forgejo 15.0.3: outside its confinement a token gets the same 404, gitea 1.26.4: so does a public-only one of what its
 * user may read). `lost`: one of them was answered like that. Throws `OpsError` `REPO_INVALID`.
 */
export async function repoAccess(
  line: ProbeLine,
  known: TokenKnowledge,
  repo: string,
  confinementOf: (lost: boolean) => Promise<Layer>,
): Promise<RepoAccess> {
  const path = repoPath(repo)
  const list = (unit: string) => line.ask({method: 'GET', path: `${path}/${unit}`, auth: 'token', follow: true})
  const [issues, pulls] = await Promise.all([
    list('issues?state=open&type=issues&page=1&limit=1'),
    list('pulls?state=open&page=1&limit=1'),
  ])
  for (const {reading, evidence} of [issues, pulls]) {
    known.proofOfLife(reading, evidence)
    if (reading.kind === 'passed' && reading.publicOnly) known.publicOnly(evidence)
  }
  const lost = [issues, pulls].some(({reply, reading}) => reading.kind === 'passed' && reply.status === 404)
  const layer = {repo, ...(await confinementOf(lost)), publicOnly: known.granted('public-only')}
  return {repo, issues: judge(issues, 'issues', layer), pulls: judge(pulls, 'pull requests', layer)}
}

/** `/repos/owner/name`, percent-encoded. Throws `OpsError` `REPO_INVALID` unless it is `owner/name`. */
export function repoPath(repo: string): string {
  const [owner = '', name = ''] = repo.split('/')
  if (!isRepository(repo)) throw new OpsError('REPO_INVALID', {repo})
  return `/repos/${encodeURIComponent(owner)}/${encodeURIComponent(name)}`
}

function judge(
  {reply, reading, evidence}: HeardReply,
  unit: 'issues' | 'pull requests',
  {repo, reach, doubt, publicOnly}: Layer & {repo: string; publicOnly: boolean},
): ListAccess {
  const as = (outcome: ListAccess['outcome'], reason: string): ListAccess => ({
    outcome,
    evidence: {...evidence, reason},
  })
  const outside = reach === 'unknown' ? undefined : outsideOf(reach, repo)
  if (reply.status === 200 && Array.isArray(reply.body)) {
    const still = outside === undefined ? '' : `, for it is public, and nothing written: ${outside}`
    return as('ok', `${unit} can be listed${still}`)
  }
  if (reading.kind === 'denied') return as('scope', reading.reason)
  if (reading.kind === 'passed' && reading.publicOnly) return as('scope', reading.reason)
  if (reading.kind === 'passed' && reply.status === 404) {
    if (outside !== undefined) return as('confinement', outside)
    const empty = unit === 'pull requests' ? ', is empty or a mirror' : ''
    const role = `the repository does not exist, has ${unit} switched off${empty}, or its user may not see it`
    const hidden = publicOnly ? 'the token is public-only, and the server hides from it what is not public' : undefined
    const or = hidden ?? (reach === 'unknown' ? 'the token is confined to others' : doubt)
    return or === undefined ? as('role', role) : as('shut', `${role}; or ${or}`)
  }
  if (isRole(reply.status, reply.body)) return as('role', `the user of the token may not read ${unit} there`)
  return as('unknown', reading.reason)
}

/** Permission texts of the repository layer (gitea 1.22: reqRepoReader, reqAnyRepoReader). */
function isRole(status: number, body: unknown): boolean {
  const {message = '', own} = asError(body)
  return status === 403 && own && message.startsWith('user should ')
}

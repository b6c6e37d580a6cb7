import {OpsError, orElse} from '../errors.ts'
import {forgeOf, reaches} from '../forge.ts'
import {repoPath} from '../probe/access.ts'
import type {Secret} from '../secret.ts'
import type {Work, WorkQuery} from '../smoke/ports.ts'
import type {GiteaLine} from './line.ts'

/**
 * Whether a list of issues can be filtered by a label: one of the repository's own or, from Forgejo 15 on, of its
 * organisation (`forgejo 15.0.0: routers/api/v1/repo/issue.go`, run on 15.0.3). Elsewhere that is an unknown name. Read
 * with `token`, or as the administrator without one: who sees no repository there is told `REPO_NOT_FOUND`. Throws as `Line.read`
 * as well, and `REPO_INVALID`.
 */
export async function hasLabel(line: GiteaLine, repo: string, label: string, token?: Secret): Promise<boolean> {
  const {readLabels} = await import('./shapes.ts')
  const isAt = async (path: string) =>
    (await line.all({path}, readLabels, ({id}) => id, {token})).some(({name}) => name === label)
  const ownLabels = isAt(`${repoPath(repo)}/labels`)
  if (await (token ? ownLabels : ownLabels.catch(orElse(() => unknown(repo), 'GITEA_UNREADABLE')))) return true
  if (!reaches(forgeOf((await line.version()).told), 'forgejo', '15.0.0')) return false
  const path = `/orgs/${encodeURIComponent(repo.split('/')[0] ?? '')}/labels`
  // A user has none: 404.
  return (await line.read({path, query: {limit: 1}}, token)).status === 200 && isAt(path)
}

/** An administrator sees every repository, and its labels whatever is switched off there. */
function unknown(repo: string): never {
  throw new OpsError('REPO_NOT_FOUND', {repo})
}

/** Whether the administrator is shown a repository. Throws as `Line.read`, and `REPO_INVALID`. */
export async function hasRepository(line: GiteaLine, repo: string): Promise<boolean> {
  return (await line.read({path: repoPath(repo)})).status === 200
}

/**
 * The issues with a label that one request for a list of issues shows. The label is looked up first and checked on each
 * issue again, because Gitea drops unknown names from its filter and then lists everything (gitea 1.22:
 * routers/api/v1/repo/issue.go). Throws as `hasLabel`.
 */
export async function work(
  line: GiteaLine,
  repo: string,
  {label, query}: {label: string; query: WorkQuery},
  token?: Secret,
): Promise<Work> {
  if (!(await hasLabel(line, repo, label, token))) return {labelExists: false, issues: []}
  const {readItems} = await import('./shapes.ts')
  const listed = await line.page({path: `${repoPath(repo)}/issues`, query}, readItems, token)
  const carriers = listed.filter((item) => !item.pull_request && item.labels?.some(({name}) => name === label))
  return {labelExists: true, issues: carriers.map(({number}) => number).toSorted((a, b) => a - b)}
}

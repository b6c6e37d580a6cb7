import {repoPath} from '../probe/access.ts'
import type {Secret} from '../secret.ts'
import type {Work, WorkQuery} from '../smoke/ports.ts'
import type {Line} from './line.ts'

/**
 * Names of the labels of a repository itself. Read with `token`, or as the administrator without one.
 * Throws as `Line.read`, and `REPO_INVALID`.
 */
export async function labels(line: Line, repo: string, token?: Secret): Promise<string[]> {
  const {readLabels} = await import('./shapes.ts')
  return line.all({path: `${repoPath(repo)}/labels`}, readLabels, (name) => name, {token})
}

/**
 * The issues with a label that one request for a list of issues shows. The label is looked up first and checked on each
 * issue again, because Gitea drops unknown names from its filter and then lists everything (gitea 1.22:
 * routers/api/v1/repo/issue.go). Throws as `labels`.
 */
export async function work(
  line: Line,
  repo: string,
  {label, query}: {label: string; query: WorkQuery},
  token?: Secret,
): Promise<Work> {
  if (!(await labels(line, repo, token)).includes(label)) return {labelExists: false, issues: []}
  const {readItems} = await import('./shapes.ts')
  const listed = await line.page({path: `${repoPath(repo)}/issues`, query}, readItems, token)
  const carriers = listed.filter((item) => !item.pull_request && item.labels?.some(({name}) => name === label))
  return {labelExists: true, issues: carriers.map(({number}) => number).toSorted((a, b) => a - b)}
}

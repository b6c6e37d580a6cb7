import {repoPath} from '../probe/access.ts'
import type {Secret} from '../secret.ts'
import type {Line} from './line.ts'

/** The open issues that carry a label, as the API itself tells them. */
export interface ApprovedIssues {
  /** Whether the repository itself has the label; organization labels do not count for Gitea's filter. */
  labelExists: boolean
  /** Numbers in ascending order; pull requests are left out. */
  issues: number[]
}

/**
 * Names of the labels of a repository itself. Read with `token`, or as the administrator without one.
 * Throws as `Line.read`, and `REPO_INVALID`.
 */
export async function labels(line: Line, repo: string, token?: Secret): Promise<string[]> {
  const {readLabels} = await import('./shapes.ts')
  return line.all({path: `${repoPath(repo)}/labels`}, readLabels, (name) => name, {token})
}

/**
 * The open issues with a label. The label is looked up first and checked on each issue again, because Gitea drops
 * unknown names from its filter and then lists everything (gitea 1.22: routers/api/v1/repo/issue.go).
 */
export async function approvedIssues(line: Line, repo: string, label: string, token?: Secret): Promise<ApprovedIssues> {
  const path = `${repoPath(repo)}/issues`
  if (!(await labels(line, repo, token)).includes(label)) return {labelExists: false, issues: []}
  const {readItems} = await import('./shapes.ts')
  // The filter splits at commas, so a label with one in its name is only looked for in the answer.
  const filter = label.includes(',') ? {} : {labels: label}
  const query = {state: 'open', type: 'issues', ...filter}
  const open = await line.all({path, query}, readItems, ({number}) => number, {token})
  const carriers = open.filter((item) => !item.pull_request && item.labels?.some(({name}) => name === label))
  return {labelExists: true, issues: carriers.map(({number}) => number).toSorted((a, b) => a - b)}
}

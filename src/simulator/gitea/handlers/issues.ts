import {json} from '../../wire.ts'
import type {WireAnswer} from '../../wire.ts'
import {inRepo} from '../checks.ts'
import {instant, issueShape, labelShape, pullShape, userShape} from '../shapes.ts'
import {assigned, integer, listed, notFound, pageLinks, refuse, total} from '../visit.ts'
import type {Handler, Unit, Visit} from '../visit.ts'
import type {UserOrOrganisation, Issue, Label} from '../world.ts'

const unitOf = (issue: Pick<Issue, 'isPull'>): Unit => (issue.isPull ? 'pulls' : 'issues')

/** A page of issues or pull requests, newest first, with the headers of a paged list. */
function newestFirst(visit: Visit, found: Issue[], shape: typeof issueShape): WireAnswer {
  const {owner, repo} = inRepo(visit)
  const sorted = found.toSorted((a, b) => b.created - a.created || b.index - a.index)
  const answer = listed(visit, sorted, (issue) => shape(visit, owner, repo, issue))
  return {...answer, headers: {...answer.headers, ...pageLinks(visit, found.length)}}
}

/** Which of both kinds the reader gets to see; undefined where nothing is left. */
function visibleKinds(visit: Visit): {issues: boolean; pulls: boolean} | undefined {
  const {access} = inRepo(visit)
  const issues = access.canRead('issues')
  const pulls = access.canRead('pulls')
  const type = visit.call.query.get('type')
  if (type === 'issues') return issues ? {issues, pulls: false} : undefined
  if (type === 'pulls') return pulls ? {issues: false, pulls} : undefined
  return issues || pulls ? {issues, pulls} : undefined
}

function listIssues(visit: Visit): WireAnswer {
  const {query} = visit.call
  const {owner, repo} = inRepo(visit)
  for (const name of ['before', 'since']) {
    const time = query.get(name)
    if (time && Number.isNaN(Date.parse(time))) {
      const layout = '2006-01-02T15:04:05Z07:00'
      return refuse(visit, 422, `parsing time "${time}" as "${layout}": cannot parse "${time}" as "2006"`)
    }
  }
  const kinds = visibleKinds(visit)
  if (!kinds) return notFound(visit)
  const people = ['created_by', 'assigned_by', 'mentioned_by'].map((name) => query.get(name) ?? '')
  const unknown = people.find((login) => login !== '' && !visit.world.account(login))
  if (unknown) return notFound(visit, undefined, visit.dialect.userDoesNotExist(0, unknown))
  const [poster = '', ...others] = people
  const posterId = visit.world.account(poster)?.id
  // Other names fall out of the filter; the rest must all be there.
  const shared =
    visit.dialect.filtersByOrgLabels && owner.isOrganisation ? (visit.world.orgLabels.get(owner.id) ?? []) : []
  const names = (query.get('labels') ?? '').split(',')
  const wanted = [...repo.labels, ...shared].filter((label) => names.includes(label.name))
  const state = query.get('state')
  const keyword = (query.get('q') ?? '').trim().toLowerCase()
  const found = repo.issues.filter(
    (issue) =>
      (issue.isPull ? kinds.pulls : kinds.issues) &&
      (state === 'all' || issue.state === (state === 'closed' ? 'closed' : 'open')) &&
      wanted.every((label) => issue.labels.includes(label)) &&
      (posterId === undefined || issue.posterId === posterId) &&
      others.every((login) => login === '') &&
      issue.title.toLowerCase().includes(keyword),
  )
  return newestFirst(visit, found, issueShape)
}

function listPulls(visit: Visit): WireAnswer {
  const {query} = visit.call
  const ids = query.getAll('labels')
  const name = ids.find((id) => !/^[+-]?\d+$/.test(id))
  if (name !== undefined) return refuse(visit, 500, `strconv.ParseInt: parsing "${name}": invalid syntax`)
  // Only an exact `open` or `closed` filters; without `state` everything is listed.
  const state = (query.get('state') ?? '').trim()
  const found = inRepo(visit).repo.issues.filter(
    (issue) =>
      issue.isPull &&
      (state === 'open' || state === 'closed' ? issue.state === state : true) &&
      ids.every((id) => issue.labels.some((label) => label.id === Number(id))),
  )
  return newestFirst(visit, found, pullShape)
}

function getIssue(visit: Visit): WireAnswer {
  const {owner, repo, access} = inRepo(visit)
  const issue = repo.issues.find(({index}) => index === integer(visit.params['index']))
  if (!issue || !access.canRead(unitOf(issue))) return notFound(visit)
  return json(200, issueShape(visit, owner, repo, issue))
}

/** The pull request that the path names. */
function pullOf(visit: Visit): Issue | undefined {
  return inRepo(visit).repo.issues.find(({index, isPull}) => isPull && index === integer(visit.params['index']))
}

function noPull(visit: Visit): WireAnswer {
  const ids = `id: 0, issue_id: 0, head_repo_id: 0, base_repo_id: ${inRepo(visit).repo.id}, head_branch: , base_branch: `
  return notFound(visit, 'GetPullRequestByIndex', `pull request does not exist [${ids}]`)
}

function getPull(visit: Visit): WireAnswer {
  const {owner, repo} = inRepo(visit)
  const pull = pullOf(visit)
  return pull ? json(200, pullShape(visit, owner, repo, pull)) : notFound(visit)
}

function createIssue(visit: Visit): WireAnswer {
  const {world, doer, form} = visit
  const {owner, repo, access} = inRepo(visit)
  if (!doer) throw new Error('POST issues ran without a user')
  // Labels from people who may not write are dropped without a word.
  const ids = access.canWrite('issues') ? form.numbers('labels') : []
  const issue = world.addIssue(repo, {
    title: form.text('title') ?? '',
    body: form.text('body') ?? '',
    posterId: doer.id,
    labels: repo.labels.filter((label) => ids.includes(label.id)),
    state: form.flag('closed') ? 'closed' : 'open',
  })
  return json(201, issueShape(visit, owner, repo, issue))
}

function createComment(visit: Visit): WireAnswer {
  const {world, doer, form, params, root} = visit
  const {owner, repo, access} = inRepo(visit)
  const index = integer(params['index'])
  const issue = repo.issues.find((each) => each.index === index)
  if (!issue) {
    const error = `issue does not exist [id: 0, repo_id: ${repo.id}, index: ${index}]`
    // `forgejo 11.0.15, 15.0.3, run: 404 here`, where Gitea has a 500 up to 1.27.0.
    return visit.dialect.isForgejo ? notFound(visit, 'IsErrIssueNotExist', error) : refuse(visit, 500, error)
  }
  if (!doer || !access.canRead(unitOf(issue))) return notFound(visit)
  if (issue.locked && !access.canWrite(unitOf(issue)) && !doer.isAdmin) {
    return refuse(visit, 403, 'You cannot comment on a locked issue.')
  }
  issue.comments += 1
  const id = world.nextId('comment')
  const home = `${root}/${owner.login}/${repo.name}/${issue.isPull ? 'pulls' : 'issues'}/${index}`
  const now = instant(Date.now())
  return json(201, {
    id,
    html_url: `${home}#issuecomment-${id}`,
    pull_request_url: issue.isPull ? home : '',
    issue_url: issue.isPull ? '' : home,
    user: userShape(visit, doer),
    original_author: '',
    original_author_id: 0,
    body: form.text('body'),
    assets: [],
    created_at: now,
    updated_at: now,
  })
}

/** Names may be taken; a colour is three or six hexadecimal digits, after a `#` or not. */
function createLabel(visit: Visit): WireAnswer {
  const {world, form} = visit
  const {owner, repo} = inRepo(visit)
  const given = (form.text('color') ?? '').trim().toLowerCase()
  const color = [3, 6].includes(given.length) ? `#${given}` : given
  const digits = /^#([\da-f]{6}|[\da-f]{3})$/.exec(color)?.[1]
  if (digits === undefined) return refuse(visit, 422, `${visit.dialect.noColour}: ${color}`)
  const long = digits.length === 6 ? digits : digits.replaceAll(/./g, '$&$&')
  const label = {...world.addLabel(form.text('name') ?? ''), color: long}
  repo.labels.push(label)
  return json(201, labelShape(visit, owner, repo, label))
}

/** What is wrong with a review, in Gitea's words. */
function reviewFault(visit: Visit, pull: Issue): string | undefined {
  const {form, doer} = visit
  const event = form.text('event') ?? ''
  const hasBody = (form.text('body') ?? '').trim() !== ''
  const own = doer?.id === pull.posterId
  if (event === 'APPROVED') return own ? 'approve your own pull is not allowed' : undefined
  if (event === 'REQUEST_CHANGES' && own) return 'reject your own pull is not allowed'
  if (event === 'COMMENT') {
    return hasBody || form.count('comments') > 0 ? undefined : 'review event COMMENT requires a body or a comment'
  }
  return hasBody ? undefined : `review event ${event} requires a body`
}

function createReview(visit: Visit): WireAnswer {
  const {world, doer, form, root} = visit
  const {owner, repo} = inRepo(visit)
  const pull = pullOf(visit)
  if (!pull || !doer) return noPull(visit)
  const fault = reviewFault(visit, pull)
  if (fault) return refuse(visit, 422, fault)
  const id = world.nextId('review')
  const home = `${root}/${owner.login}/${repo.name}/pulls/${pull.index}`
  const event = form.text('event') ?? ''
  const now = instant(Date.now())
  return json(200, {
    id,
    user: userShape(visit, doer),
    team: null,
    state: ['APPROVED', 'REQUEST_CHANGES', 'COMMENT'].includes(event) ? event : 'PENDING',
    body: form.text('body') ?? '',
    commit_id: form.text('commit_id') ?? '0'.repeat(40),
    stale: false,
    official: false,
    dismissed: false,
    comments_count: form.count('comments'),
    submitted_at: now,
    updated_at: now,
    html_url: `${home}#issuecomment-${id}`,
    pull_request_url: home,
  })
}

export const issueHandlers: Readonly<Record<string, Handler>> = {
  'repo.ListIssues': listIssues,
  'repo.ListPullRequests': listPulls,
  'repo.GetIssue': getIssue,
  'repo.GetPullRequest': getPull,
  'repo.CreateIssue': createIssue,
  'repo.CreateIssueComment': createComment,
  'repo.CreatePullReview': createReview,
  'repo.ListPullReviews': (visit) => (pullOf(visit) ? json(200, [], total(0)) : noPull(visit)),
  'repo.ListLabels': (visit) => {
    const {owner, repo} = inRepo(visit)
    return listLabels(visit, owner, repo.labels)
  },
  'repo.CreateLabel': createLabel,
  'org.ListLabels': (visit) => {
    const org = assigned(visit.org)
    return listLabels(visit, org, visit.world.orgLabels.get(org.id) ?? [])
  },
}

function listLabels(visit: Visit, owner: UserOrOrganisation, labels: readonly Label[]): WireAnswer {
  return listed(visit, labels, (label) => labelShape(visit, owner, visit.repo?.repo, label), {always: false})
}

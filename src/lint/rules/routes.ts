import {apiPath, bare, catalogueName} from '../../scopes/catalogue.ts'
import type {Catalogue, CatalogueVersion, CallMatch} from '../../scopes/catalogue.ts'
import {HOLE} from '../../syntax/types.ts'
import type {FindingDraft, Judge} from '../draft.ts'
import {query, withHoles} from '../read/url.ts'
import type {ReadRequest} from '../reading.ts'
import {giteaPath, speaksOfGit} from './gitea.ts'
import {isDenied, sentencesOf, type ProseSentence} from './prose.ts'

/** Calls of Gitea's API: routes that do not exist, lists that say less, or more, than they seem to. */
export const judgeRoutes: Judge = function* (reading, {catalogue, options}) {
  const absent = (match: CallMatch): match is CallMatch & {kind: 'none' | 'method'} =>
    !options.nearest && (match.kind === 'none' || match.kind === 'method')
  for (const request of reading.requests) {
    const path = giteaPath(request, catalogue)
    if (path === undefined || !(reading.aboutGitea || speaksOfGit(request))) continue
    const match = path.split('/')[1]?.includes(HOLE) ? undefined : catalogue.match(request.method, path)
    const told = /\b40[45]\b/.test(request.said.behind)
    if (match && !told && absent(match)) {
      yield unknown(request, path, match, catalogue.version)
    }
    if (request.method === 'GET') yield* judgeList(request, path)
  }
  for (const passage of reading.aboutGitea ? reading.passages : []) {
    if (passage.kind === 'paragraph')
      for (const sentence of sentencesOf(passage)) yield* judgeSentence(sentence, catalogue, absent)
  }
}

/** Routes that a text names in passing, unless it says that they are none, or speaks of a certain version. */
function* judgeSentence(
  {text, at}: ProseSentence,
  catalogue: Catalogue,
  absent: (match: CallMatch) => boolean,
): Iterable<FindingDraft> {
  if (isDenied(text) || /\b40[45]\b|\b1\.\d\d\b|\bforgejo v?\d/i.test(text)) return
  for (const {1: method = '', 2: url = '', index} of text.matchAll(INLINE)) {
    const path = apiPath(withHoles(url))
    if (path === undefined || /\.\.\.|…|\*/.test(path)) continue
    const match = catalogue.match(method, path)
    if (!absent(match)) continue
    const from = at.from + index + 1
    yield unknown({method, at: {from, to: from + `${method} ${url}`.length}}, path, match, catalogue.version)
  }
}

const INLINE = /`(GET|POST|PUT|PATCH|DELETE) ((?:https?:\/\/[^/\s`]+)?\/api\/v1\/[^\s`]+)(?=`)/g

const COMMENTS = new RegExp('^/repos/([^/]+)/([^/]+)/pulls/([^/]+)/comments$')

function unknown(
  request: Pick<ReadRequest, 'method' | 'at'>,
  path: string,
  match: CallMatch,
  version: CatalogueVersion,
): FindingDraft {
  const shown = readable(path)
  const answer = match.kind === 'method' ? '405' : '404'
  const comments = COMMENTS.test(path)
  const nearest = 'nearest' in match ? match.nearest.slice(0, 2).map(({method, path: to}) => `${method} ${to}`) : []
  const issue = shown.replace('/pulls/', '/issues/')
  return {
    rule: 'route-unknown',
    at: request.at,
    message: `${catalogueName(version)} has no ${request.method} ${shown}; it answers ${answer}.`,
    fix: comments
      ? `To comment: POST ${issue} (write:issue). To review: POST ${shown.replace(/comments$/, 'reviews')} (write:repository).`
      : nearest.length > 0
        ? `Nearest: ${nearest.join(' or ')}.`
        : `See what there is: patrol explain --table --gitea-version ${bare(version)}`,
    kind: `${request.method} ${shown}`,
  }
}

function* judgeList({url, at}: ReadRequest, path: string): Iterable<FindingDraft> {
  const issues = /^\/repos\/.*\/issues$|^\/repos\/issues\/search$/.test(path)
  const labels = query(url, 'labels')
  if (issues && labels && query(url, 'type') !== 'issues') {
    yield {
      rule: 'label-filter-unverified',
      at,
      message: `Where the repository has no label ${named(labels)}, this lists every open issue; pull requests are in it, too.`,
      fix: 'Add type=issues, and look at each item’s own labels (or at GET …/labels first).',
      kind: readable(path),
    }
  }
  const limit = Number(query(url, 'limit') ?? '0')
  if (limit >= 50 && query(url, 'page') === undefined) {
    yield {
      rule: 'list-first-page',
      at,
      message:
        limit === 50
          ? 'limit=50 is the most that the server gives per page by default; what stands behind the first page is missed.'
          : `The server gives 50 per page at most by default, whatever limit=${limit} asks for; the rest is missed.`,
      fix: 'Follow the Link header, or ask page=1, page=2, … until one is not full; X-Total-Count tells how many there are.',
      kind: readable(path),
    }
  }
}

function named(labels: string): string {
  return labels.includes(HOLE) || /[^\w,.-]/.test(labels) ? 'of this name' : `"${labels}"`
}

/** A path for people: `{…}` for each part that is not known, or might be a token. */
export function readable(path: string): string {
  return path.replaceAll(new RegExp(`${HOLE}+|[0-9a-f]{40}`, 'g'), '{…}')
}

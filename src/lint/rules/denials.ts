import type {FindingDraft, Judge} from '../draft.ts'
import type {FileStretch} from '../excerpt.ts'
import type {Passage, ReadRequest, Script} from '../reading.ts'
import {query} from '../read/url.ts'
import {sentencesOf} from './prose.ts'
import {giteaPath, isPassword} from './gitea.ts'

const LIVES = /\b(?:a?live|liveness|valid|validity|health|healthy|works?|working|dead|expired|up)\b/i

/** Wrong conclusions from an answer's status: `GET /user` for life, 403 for a missing scope. */
export const judgeDenials: Judge = function* ({requests, passages, scripts, aboutGitea}, {catalogue}) {
  for (const request of requests) {
    if (request.method !== 'GET' || giteaPath(request, catalogue) !== '/user') continue
    if (isPassword(request) || tells403(request)) continue
    const only = request.command && statusOnly(request)
    const {before, behind} = request.said
    if (only || LIVES.test(before) || LIVES.test(behind)) yield needsScope(request, only === true)
  }
  for (const script of scripts) yield* saysMissing(script)
  if (!aboutGitea) return
  for (const passage of passages) {
    for (const sentence of sentencesOf(passage)) {
      if (passage.kind === 'paragraph' && checksLife(sentence.text)) {
        yield {
          rule: 'liveness-needs-scope',
          at: sentence.at,
          message: '`GET /user` needs read:user: a live token without it gets 403 and looks dead.',
          fix: 'Ask GET /api/v1/version with the token: 401 means dead, no scope is needed.',
          kind: 'prose',
        }
      }
      if (overreads(sentence.text, passage)) {
        yield overread(sentence.at)
      }
    }
  }
}

function overread(at: FileStretch): FindingDraft {
  return {
    rule: 'denial-overread',
    at,
    message:
      'A 403 alone does not mean a missing scope: the account, the user’s rights, a public-only token or a proxy answer it too.',
    fix: 'Keep the body: the server names the scope in it ("required scope(s)"). Or ask: patrol probe AGENT',
    kind: '403',
  }
}

/** `if [ "$code" = 403 ]; then echo "the token lacks a scope"`, where nobody looks at the body. */
function* saysMissing({excerpt, shell, where}: Script): Iterable<FindingDraft> {
  if (!excerpt.text.includes('403') || /\.message|required scope|grep[^\n]*scope/i.test(excerpt.text)) return
  for (const {name, words, at} of shell.commands) {
    if (!/^(?:echo|printf|die|fail|log|err|error|warn)$/.test(name.text)) continue
    const said = words.map(({text}) => text).join(' ')
    const tested = excerpt.text.slice(Math.max(0, at.from - 160), at.from)
    if (
      MISSING_SCOPE.test(said) &&
      /(?:=|-eq)\s*["']?403\b|\b403["']?\s*\)/.test(tested) &&
      !/\n\s*;;|\bfi\b|\belse\b/.test(tested.slice(tested.lastIndexOf('403')))
    )
      yield overread(where(at))
  }
}

const MISSING_SCOPE =
  /\b(?:lacks?|lacking|missing|without|needs?|wrong|insufficient|no)\b[^.]{0,40}\bscopes?\b|\bscopes?\b[^.]{0,40}\b(?:lacks?|lacking|missing|insufficient|absent)\b/i

/** The script tells a 403 from a 401 by itself. */
function tells403({command}: ReadRequest): boolean {
  if (!command) return false
  const {script} = command
  const said = script.shell.comments.map(({text}) => text).join('\n')
  const count = (text: string) => text.match(/\b403\b/g)?.length ?? 0
  return count(script.excerpt.text) > count(said)
}

/** The body goes nowhere, and the status is what remains. */
function statusOnly({command}: ReadRequest): boolean {
  if (!command) return false
  const {call, next} = command
  const silent = call.command.words.some(
    ({text}) => text === '/dev/null' || text === '--output=/dev/null' || text === '-o/dev/null',
  )
  return next === undefined && (silent || /\/dev\/null/.test(restOf(call.command.at.to, command.script)))
    ? call.showsStatus || call.fails
    : false
}

/** What stands behind a command on its line: its redirections. */
function restOf(from: number, {excerpt}: Script): string {
  return excerpt.text.slice(from, from + 40).split(/[\n;&|]/, 1)[0] ?? ''
}

function needsScope(request: ReadRequest, only: boolean): FindingDraft {
  const {from, to} = request.at
  const user = request.command ? userSegment(request) : undefined
  return {
    rule: 'liveness-needs-scope',
    at: request.at,
    message: 'GET /user needs read:user: a live token without it gets 403 and looks dead.',
    fix: 'Ask GET /api/v1/version with the token: 401 means dead, no scope is needed.',
    ...(only && request.exact && user && to > from && isSigned(request) && {edit: {...user, text: 'version'}}),
    kind: 'request',
  }
}

/** Whether it brings a credential: without one `/version` answers 200, whatever `/user` says. */
function isSigned({command, url}: ReadRequest): boolean {
  if (!command) return false
  const {call, script} = command
  const signs = call.headers.some((header) => /^(?:authorization:|[@\uFFFC])/i.test(script.resolve(header)))
  return signs || call.user !== undefined || query(url, 'token') !== undefined
}

/** Where the last `user` of the URL stands in the file. */
function userSegment({command}: ReadRequest): {from: number; to: number} | undefined {
  if (!command) return undefined
  const {call, script} = command
  for (const {at} of call.urls) {
    const source = script.excerpt.text.slice(at.from, at.to)
    const [, head] = /^(.*\/)user\/?(?:[?#].*)?["']?$/s.exec(source) ?? []
    if (head !== undefined) {
      const start = at.from + head.length
      return script.where({from: start, to: start + 'user'.length})
    }
  }
  return undefined
}

function checksLife(sentence: string): boolean {
  if (!/`(?:GET )?(?:\/api\/v1)?\/user`/.test(sentence) || !LIVES.test(sentence)) return false
  return !/\bnot\b|n['’]t\b|\bnothing\b|\bneeds?\b|\bnever\b|\binstead\b/i.test(sentence)
}

/**
 * "403 means that the scope is missing", "warns if the probe returns 403"; unless the message is looked at. That a token
 * without the scope gets 403 is true; as the only comment on a check it is how the check will be read.
 */
function overreads(sentence: string, {text, kind}: Passage): boolean {
  if (!/\b403\b/.test(sentence) || /message|body|text|reason|required scope|not every|not each|alone/i.test(text))
    return false
  const means =
    kind === 'comment'
      ? /\b403\b.*\b(?:if|when|means?|because|since)\b.*\b(?:lacks?|lacking|missing|without)\b/is
      : /\b403\b.*(?:\b(?:means?|because|since|indicates?|shows?|proves?)\b|=|→|->).*\b(?:lacks?|lacking|missing|without)\b/is
  const alarms =
    /(?:probe|health|check|monitor|alert|alarm|warn).*\b(?:if|when) (?:it|that|this|the \w+)\s+(?:returns?|answers?|gets?|is)\s+(?:an? )?(?:with )?(?:HTTP )?`?403/is
  return means.test(sentence) || alarms.test(sentence)
}

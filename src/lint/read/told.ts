import {meantBy} from '../../scopes/parse.ts'
import type {Excerpt} from '../excerpt.ts'
import type {ScopeList} from '../reading.ts'
import {looksLikeScope} from './names.ts'

/** No passage that people write is longer, and the patterns would take minutes for it. */
const LONGEST = 4000

/** `read:issue`, and what people write in that shape. */
const SHAPED = String.raw`(?:read|write|admin|delete|repo|user|org|issue|sudo):[a-z][\w-]*`
const QUOTE = '[`"\'*]*'
const BETWEEN = String.raw`\s*(?:,|;|/|&|\+|\band\b|\bor\b|\bplus\b)*\s*`

/** "Scopes: read:issue, write:repository", "the scopes `repo` and `issue`"; a plain word counts in backticks only. */
const LISTED = new RegExp(
  String.raw`\bscopes?\b${QUOTE}\s*(?:[:=]|\bare\b)?\s*((?:${QUOTE}${SHAPED}${QUOTE}${BETWEEN}|${'`'}[a-z][\w:-]*${'`'}${BETWEEN})+)`,
  'gi',
)
/** "the read:pulls and `repo` scopes". */
const NAMED = new RegExp(
  String.raw`((?:(?:${QUOTE}${SHAPED}${QUOTE}|${'`'}[a-z][\w:-]*${'`'})${BETWEEN})+)\bscopes?\b`,
  'gi',
)
/** "an API token with repo scope". */
const ADJECTIVE = new RegExp(
  String.raw`\btoken\b[^.\n]{0,40}?\b(?:with|has|have|having|needs?)\s+(?:(?:the|an?|only|at least)\s+)*(${QUOTE}[a-z][\w:-]*${QUOTE})\s+(?:scope|permission)s?\b`,
  'gi',
)

/** Scopes that a sentence names as such, in whatever quotes. */
function toldScopes(text: string): {name: string; from: number}[] {
  if (text.length > LONGEST || !/scope|permission/i.test(text)) return []
  return [LISTED, NAMED, ADJECTIVE].flatMap((pattern) =>
    [...text.matchAll(pattern)].flatMap(({0: whole, 1: list = '', index}) => {
      const start = index + whole.lastIndexOf(list)
      const names = [...list.matchAll(/[a-z][\w-]*(?::[a-z][\w-]*)?/gi)]
      return names.filter(([name]) => isScopeWord(name)).map((match) => ({name: match[0], from: start + match.index}))
    }),
  )
}

/** What may be meant as a scope where scopes are spoken of: one by its shape, or a category by any of its names. */
export function isScopeWord(name: string): boolean {
  return looksLikeScope(name) || /^[a-z]+:[a-z][\w-]*$/i.test(name) || meantBy(`read:${name}`).scopes.length > 0
}

/** Lists of one scope each: prose is no list. */
export function toldLists(excerpt: Excerpt): ScopeList[] {
  return toldScopes(excerpt.text).map(({name, from}) => {
    const at = excerpt.stretch(from, from + name.length)
    const exact = excerpt.exact(from, from + name.length)
    return {kind: 'told', sure: true, names: [{name, at, exact}], open: true, at}
  })
}

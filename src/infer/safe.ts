import {stripVTControlCharacters} from 'node:util'

/** How much of an input is repeated at most. */
const MOST = 120
/** Gitea's tokens are 40 hex digits; anything as long and unbroken may be a secret of another kind. */
const LONG = /[A-Za-z0-9_-]{32,}/g
const NAMED =
  /\b((?:[a-z\d]+[_-])*(?:token|password|passwd|pwd|secret|api[_-]?key|sig|code|otp))(["']?\s*[=:]\s*["']?)[^\s"'&,;]+/gi
const CREDENTIAL = /\b(basic|bearer|token)\s+[A-Za-z0-9+/=._~-]{8,}/gi
const USERINFO = /:\/\/[^\s/@]+@/g

/**
 * A piece of an input as it may be shown: on one line, short, without control characters, and without anything that looks
 * like a credential. What a token may be is reduced to its last eight, which Gitea itself shows.
 */
export function shown(text: string, most = MOST): string {
  const piece = text.length > 4 * most ? text.slice(0, 4 * most) : text
  const clean = stripVTControlCharacters(piece)
    .replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ')
    .replaceAll(USERINFO, '://…@')
    .replaceAll(NAMED, '$1$2…')
    .replaceAll(CREDENTIAL, '$1 …')
    .replaceAll(LONG, (long) => (/\d/.test(long) ? `…${long.slice(-8)}` : long))
    .trim()
  return clean.length > most || text.length > piece.length ? `${clean.slice(0, most - 1)}…` : clean
}

/** An input's name as it may be shown: whole, but for what a terminal would obey. */
export function shownName(file: string): string {
  if (file === '-') return 'standard input'
  return stripVTControlCharacters(file).replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, '?')
}

/** A token as it may be shown: its last eight; undefined for what is too short to be one. */
export function lastEight(token: string | undefined): string | undefined {
  return token !== undefined && token.length >= 32 ? token.slice(-8) : undefined
}

/** Whether a name is really a token: git clients send it in the place of the user. */
export function looksLikeToken(name: string): boolean {
  return /^[0-9a-f]{40}$/i.test(name)
}

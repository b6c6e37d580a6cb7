import {ACCOUNT} from './answers/account.ts'
import {CREDENTIAL} from './answers/credential.ts'
import {GIT_ANSWERS} from './answers/git.ts'
import {MINT} from './answers/mint.ts'
import {PROXY_ANSWERS} from './answers/proxy.ts'
import {RIGHT} from './answers/right.ts'
import {SCOPE} from './answers/scope.ts'
import type {KnownAnswer} from './answers/type.ts'
import {meantBy} from './parse.ts'

/** Every message that is known; where a text holds several, the first of the table is told. */
export const ANSWERS: readonly KnownAnswer[] = [
  ...ACCOUNT,
  ...SCOPE,
  ...GIT_ANSWERS,
  ...CREDENTIAL,
  ...MINT,
  ...RIGHT,
  ...PROXY_ANSWERS,
]

/** A message of a server as it stands in a text, and what is known about it. */
export interface FoundAnswer extends Omit<KnownAnswer, 'says'> {
  message: string
}

/** The message of a Gitea or Forgejo in a text; undefined where it holds none that is known. */
export function answerIn(text: string): FoundAnswer | undefined {
  for (const {says, ...known} of ANSWERS) {
    const found = says.exec(text)
    if (!found) continue
    const {scope, bare} = found.groups ?? {}
    const named = (scope ?? bare)?.trim()
    return {...known, message: shown(found[0]), cure: named === undefined ? known.cure : insteadOf(named)}
  }
  return undefined
}

/** Who sends a token as the user's name has it in the answer. */
function shown(message: string): string {
  return message.trim().replaceAll(/[0-9a-f]{20,}/gi, '…')
}

/** What to write in place of a name that is no scope. */
function insteadOf(name: string): string {
  const {scopes, why} = meantBy(name)
  if (scopes.length === 0) return 'look up which scope the call needs: patrol explain --table'
  const because = why === '' ? '' : ` (${why})`
  return `write ${scopes.join(' and ')} instead of ${name}${because}`
}

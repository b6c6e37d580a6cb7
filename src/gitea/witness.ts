import type {GiteaLine} from './line.ts'
import {isNotFound, unusable} from './meaning.ts'
import {readWitness} from './shapes.ts'

/**
 * An account by its id and the time when it was made, which tell one Gitea's database from another's (gitea 1.20 to
 * 1.27: `created` is shown to everybody); without a login, the administrator's own. Strangers are told where profiles are
 * public, which costs no one-time code; elsewhere the administrator asks. Undefined where there is no such account.
 * Throws as `Line.read`.
 */
export async function find(line: GiteaLine, login?: string): Promise<ReturnType<typeof readWitness>> {
  const named = `/users/${encodeURIComponent(login ?? line.admin.user)}`
  const shown = readWitness((await line.asStranger({path: named})).json())
  if (shown) return shown
  // The administrator may be configured by an e-mail address, which is no path.
  const answer = await line.read({path: login === undefined ? '/user' : named})
  if (isNotFound(answer)) return undefined
  const told = readWitness(answer.json())
  if (told) return told
  throw unusable(answer)
}

import type {GiteaOptions} from '../gitea/client.ts'
import {orElse} from '../errors.ts'
import type {StateStore} from '../store/index.ts'

/**
 * One-time codes of an administrator: no two processes with one state directory send the same, and each wait is told.
 * Where the state can't be had, the server's refusal of a repeated code does.
 */
export function codeDeps(
  {gitea, user}: {gitea: string; user: string},
  openState: () => Promise<StateStore>,
  tell: (text: string) => void,
): NonNullable<GiteaOptions['codes']> {
  let advice = ' A token as gitea.admin.token needs none.'
  return {
    async reserve(wanted) {
      const reserved = openState().then((state) => state.reserveStep(gitea, user, wanted))
      return reserved.catch(orElse(() => wanted))
    },
    onWait(ms) {
      const seconds = Math.ceil(ms / 1000)
      tell(`Waiting ${seconds} s for the next one-time code of ${user}: this server takes each one once.${advice}`)
      advice = ''
    },
  }
}

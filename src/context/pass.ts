import {hostname} from 'node:os'
import {Gitea, type GiteaOptions} from '../gitea/client.ts'
import type {AdminCredential} from '../gitea/credential.ts'
import {passName} from '../pass/name.ts'
import {AdminPass, type PassDeps} from '../pass/pass.ts'
import type {Scope} from '../scopes/vocabulary.ts'

/** What a run may ask of Gitea as the administrator, and which scopes it may hand out. */
export interface PassErrand {
  readonly asks: Set<Scope>
  readonly hands: Set<Scope>
}

/** An administrator who signs in with one-time codes. */
type Signed = Extract<AdminCredential, {kind: 'password'}>

/** The pass of this run: clients that sign in with codes, and by the pass itself. */
export function passOf(
  {http, signal, codes}: Pick<GiteaOptions, 'http' | 'codes'> & {signal: AbortSignal},
  admin: Signed,
  {id, errand, ...deps}: Pick<PassDeps, 'book' | 'tell' | 'warn'> & {id: () => string; errand: PassErrand},
): AdminPass {
  const {user} = admin
  const keys = (gitea: Gitea) => ({
    list: () => gitea.passes(),
    remove: (...given: Parameters<Gitea['remove']>) => gitea.remove(...given),
  })
  const byCode = new Gitea({http, signal, admin, ...(codes && {codes})})
  return new AdminPass({
    ...deps,
    desk: {
      user,
      mint: (name, scopes) => byCode.mintOwn(name, scopes),
      byCode: keys(byCode),
      by(value, end = signal) {
        const gitea = new Gitea({http, signal: end, admin: {kind: 'pat', user, value}})
        const isDead = async (): Promise<boolean> => (await gitea.liveness(value)).state === 'dead'
        return {...keys(gitea), isDead: () => isDead().catch(() => false)}
      },
    },
    async scopes() {
      const bounds = (await byCode.boundsMints()) !== false
      return [...errand.asks, ...(bounds ? errand.hands : [])].filter((scope) => scope !== 'public-only')
    },
    name: () => passName(hostname(), Date.now(), id()),
    now: Date.now,
    signal,
  })
}

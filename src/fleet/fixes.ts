import type {Scope} from '../scopes/vocabulary.ts'
import type {Keeper} from './types.ts'

/** What a fix is about; names are as the inventory and the servers give them. */
export interface FixContext {
  /** Name in the inventory; for what nobody claims, the login or the workspace's name. */
  agent: string
  user?: string | undefined
  workspace?: string | undefined
  /** Id and name of the token the finding is about. */
  token?: {id: number | undefined; name: string | undefined} | undefined
  scope?: Scope | undefined
  repo?: string | undefined
  /** Nobody in the inventory claims it. */
  unclaimed?: boolean | undefined
  /** Of its workspace, where the platform told. */
  status?: string | undefined
  keeper?: Keeper | undefined
  /** Its user or its workspace does not exist: only `onboard` gets it to work. */
  halfMade?: boolean | undefined
}

export const onboard = ({agent}: FixContext) => `patrol onboard ${word(agent)}`

export const rotate = (context: FixContext) =>
  context.keeper === 'concierge' ? mint(context) : awake(`patrol rotate ${word(context.agent)}`, context)
/** For a workspace that patrol does not write to. */
const mint = ({agent}: FixContext) =>
  `patrol mint ${word(agent)} --output-file FILE  # then store it in the canvas: patrol does not write to the concierge`
export const revoke = ({agent, token}: FixContext) =>
  token?.id === undefined ? `patrol revoke ${word(agent)}` : `patrol revoke ${word(agent)} --id ${token.id}`
export const restart = ({agent, keeper}: FixContext) =>
  keeper === 'external'
    ? `patrol smoke ${word(agent)}  # after its operator restarted it: it is external`
    : `patrol restart ${word(agent)}`
export const smoke = (context: FixContext) => awake(`patrol smoke ${word(context.agent)}`, context)
export const push = (context: FixContext) =>
  context.keeper === 'concierge' ? mint(context) : awake(`patrol push ${word(context.agent)}`, context)

/** What has to be done first where a workspace sleeps: guards refuse what would wake it. */
function awake(command: string, context: FixContext): string {
  const {status = '', keeper, halfMade = false} = context
  if (halfMade) return onboard(context)
  if (status === 'paused') return `${command}  # resume its workspace in the canvas first: it is paused`
  if (status.startsWith('hibernat')) return `${command}  # wake its workspace first: it is hibernated`
  return keeper === 'external' && command.startsWith('patrol rotate')
    ? `${command}  # then its operator restarts it: it is external`
    : command
}

/** A name as one word of a command line, harmless when pasted whatever it holds. */
export function word(name: string): string {
  if (/^[\w./-]+$/.test(name)) return name
  return `'${name.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?').replaceAll("'", '?')}'`
}

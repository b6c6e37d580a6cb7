import {word} from '../errors.ts'
import type {Scope} from '../scopes/vocabulary.ts'
import type {WorkspaceKeeper} from './types.ts'

/** What mends a finding. */
export interface Fix {
  /** One command line, to be typed as it is in any shell; undefined where no command mends it. */
  command: string | undefined
  /** What a person has to do before it, after it or instead, in words. */
  note?: string | undefined
}

/**
 * What may be done about a token that seems to be in nobody's hands. Only `revoke` lets it be deleted; the others are for
 * what the gate would refuse: a rotation of ours, or by the names of the tokens one of another machine, may need it; it is
 * another agent's, by its name; it may be in use elsewhere (`held`), which the gate looks into; and while nobody knows which token is deployed, it may be this one: that is found out, or
 * settled by a rotation where even the agent's own word is not enough.
 */
export type Way = 'revoke' | 'resume' | 'held' | 'elsewhere' | 'another' | 'find-out' | 'rotate'

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
  keeper?: WorkspaceKeeper | undefined
  /** Its user or its workspace does not exist: only `onboard` gets it to work. */
  halfMade?: boolean | undefined
  /** There is no platform through which the agent could be asked. */
  unasked?: boolean | undefined
  /** A rotation of it has stopped on its way, so that no other one may begin. */
  stopped?: boolean | undefined
  way?: Way | undefined
  /** Other agents that run on the token, which the gate would not let go before they have another. */
  holders?: readonly string[] | undefined
  /** What speaks for its being in use elsewhere, a clause. */
  held?: string | undefined
}

export const onboard = ({agent}: FixContext): Fix => ({command: `patrol onboard ${named(agent)}`})

export function rotate(context: FixContext): Fix {
  const {agent, keeper, halfMade = false, stopped = false} = context
  if (keeper === 'concierge') return mint(context)
  if (stopped && !halfMade) return resume(context)
  const fix = awake(`patrol rotate ${named(agent)}`, context)
  if (keeper !== 'external' || fix.note !== undefined || halfMade) return fix
  return {...fix, note: 'then its operator restarts it: it is external'}
}

/** For a workspace that patrol does not write to. */
const mint = ({agent}: FixContext): Fix => ({
  command: `patrol mint ${named(agent)} --output-file ${agent.replaceAll(/[^\w.-]/g, '-')}.token`,
  note: 'then store it in the canvas, where alone the secret of the concierge is written',
})

const resume = ({agent}: FixContext): Fix => ({command: `patrol rotation resume ${named(agent)}`})

/** Which token an agent runs on is asked of itself. */
export function findOut(context: FixContext): Fix {
  if (!context.unasked) return awake(`patrol audit ${named(context.agent)} --ask-agents`, context)
  return {command: undefined, note: 'name its token in patrol.yaml, and the platform through which it can be asked'}
}

export function revoke(context: FixContext): Fix {
  const {agent, token, way = 'revoke', holders = [], held = ''} = context
  if (way === 'resume') return resume(context)
  if (way === 'another') {
    const note = 'by its name it was minted for another agent: it is revoked where a patrol.yaml has that one'
    return {command: undefined, note}
  }
  if (holders.length > 0) {
    const note = `${holders.map(visibleName).join(', ')} ${holders.length > 1 ? 'run' : 'runs'} on it`
    return {command: `patrol rotate ${holders.map(named).join(' ')}`, note}
  }
  if (way === 'elsewhere') {
    const note =
      'on the machine that minted it: a rotation that began there may need it, and is finished there, or an agent of this name that lives there runs on it'
    return {command: 'patrol rotation list --unfinished', note}
  }
  if (way === 'find-out') return findOut(context)
  if (way === 'rotate') return rotate(context)
  const id = token?.id === undefined ? '' : ` --id ${token.id}`
  const command = `patrol revoke ${named(agent)}${id}`
  if (way !== 'held') return {command}
  return {command: `${command} --dry-run`, note: `${visibleName(held)}: so look first`}
}

export const restart = ({agent, keeper}: FixContext): Fix =>
  keeper === 'external'
    ? {command: `patrol smoke ${named(agent)}`, note: 'after its operator restarted it: it is external'}
    : {command: `patrol restart ${named(agent)}`}

export const smoke = (context: FixContext): Fix => awake(`patrol smoke ${named(context.agent)}`, context)

export const push = (context: FixContext): Fix =>
  context.keeper === 'concierge' ? mint(context) : awake(`patrol push ${named(context.agent)}`, context)

/** What has to be done first where a workspace sleeps: guards refuse what would wake it. */
function awake(command: string, context: FixContext): Fix {
  const {status = '', halfMade = false} = context
  if (halfMade) return onboard(context)
  if (status === 'paused') return {command, note: 'resume its workspace in the canvas first: it is paused'}
  if (status.startsWith('hibernat')) return {command, note: 'wake its workspace first: it is hibernated'}
  return {command}
}

/** A name as one word of a command line, harmless when pasted whatever it holds. */
export function named(name: string): string {
  return word(visibleName(name))
}

/** A name within a sentence, on one line whatever it holds. */
export function visibleName(name: string): string {
  return name.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?')
}

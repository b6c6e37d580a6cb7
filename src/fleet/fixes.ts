import {word} from '../errors.ts'
import {sameLogin} from '../rotation/names.ts'
import type {Scope} from '../scopes/vocabulary.ts'
import type {FixStanding, Guarded, Hurdle, WorkspaceKeeper} from './types.ts'

/** What mends a finding. */
export interface Fix {
  /** One command line, to be typed as it is in any shell; undefined where no command mends it. */
  command: string | undefined
  /** What a person has to do before it, after it or instead, in words. */
  note?: string | undefined
}

/** An agent that runs on a token. */
export interface TokenRunner {
  name: string
  user: string
  /** It is patrol.yaml that says so. */
  refers: boolean
}

/**
 * What may be done about a token that seems to be in nobody's hands. Only `revoke` lets it be deleted; the others are for
 * what the gate would refuse: a rotation of ours, or by the names of the tokens one of another machine, may need it; it may
 * be in use elsewhere (`held`), be it by its name, which the gate looks into; and while nobody knows which token is deployed, it may be this one: that is found out, or
 * settled by a rotation where even the agent's own word is not enough.
 */
export type Way = 'revoke' | 'resume' | 'held' | 'elsewhere' | 'find-out' | 'rotate'

/** What a fix is about; names are as the inventory and the servers give them. */
export interface FixContext extends FixStanding {
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
  keeper?: WorkspaceKeeper | undefined
  /** There is no platform through which the agent could be asked. */
  unasked?: boolean | undefined
  way?: Way | undefined
  /** What patrol.yaml refers to is not what it runs on, or not all that its profile wants. */
  unfit?: boolean | undefined
  /** What it is about is not there at all. */
  gone?: boolean | undefined
  /** Other agents that run on the token, which the gate would not let go before they have another. */
  holders?: readonly TokenRunner[] | undefined
  /** What speaks for its being in use elsewhere, a clause. */
  held?: string | undefined
}

export const onboard = (context: FixContext): Fix =>
  guarded('onboard', `patrol onboard ${named(context.agent)}`, context)

export function rotate(context: FixContext): Fix {
  const {agent, keeper, halfMade = false, stopped = false} = context
  if (keeper === 'concierge') return mint(context)
  if (halfMade) return onboard(context)
  if (stopped) return resume(context)
  const after = keeper === 'external' ? 'then its operator restarts it: it is external' : undefined
  return guarded('rotate', `patrol rotate ${named(agent)}`, context, after)
}

/** For a workspace that patrol does not write to. */
const mint = (context: FixContext): Fix =>
  guarded(
    'mint',
    `patrol mint ${named(context.agent)} --output-file ${context.agent.replaceAll(/[^\w.-]/g, '-')}.token`,
    context,
    'then store it in the canvas, where alone the secret of the concierge is written',
  )

const resume = (context: FixContext): Fix =>
  guarded('resume', `patrol rotation resume ${named(context.agent)}`, context)

/** Which token an agent runs on is asked of itself. */
export function findOut(context: FixContext): Fix {
  if (context.halfMade) return onboard(context)
  if (!context.unasked) return guarded('smoke', `patrol audit ${named(context.agent)} --ask-agents`, context)
  return {command: undefined, note: 'name its token in patrol.yaml, and the platform through which it can be asked'}
}

export function revoke(context: FixContext): Fix {
  const {agent, token, way = 'revoke', holders = [], held = ''} = context
  if (way === 'resume') return resume(context)
  if (holders.length > 0) {
    const astray = holders
      .filter(({refers, user}) => refers && !sameLogin(user, context.user ?? ''))
      .map(({name}) => name)
    const first =
      astray.length > 0 ? `; first take "token:" of ${astray.map(visibleName).join(', ')} out of patrol.yaml` : ''
    const note = `${holders.map(({name}) => visibleName(name)).join(', ')} ${holders.length > 1 ? 'run' : 'runs'} on it${first}`
    return {command: `patrol rotate ${holders.map(({name}) => named(name)).join(' ')}`, note}
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
  if (way !== 'held') return guarded('revoke', command, context)
  return guarded('revoke', `${command} --dry-run`, context, `${visibleName(held)}: so look first`)
}

export const restart = (context: FixContext): Fix => {
  const {agent, keeper} = context
  if (keeper === 'concierge') return {command: undefined, note: 'restart it in the canvas: it is the concierge'}
  if (keeper !== 'external') return guarded('restart', `patrol restart ${named(agent)}`, context)
  const first = 'after its operator restarted it: it is external'
  return guarded('smoke', `patrol smoke ${named(agent)}`, context, first)
}

export const smoke = (context: FixContext): Fix =>
  context.halfMade ? onboard(context) : guarded('smoke', `patrol smoke ${named(context.agent)}`, context)

/** What must not be stored anew is replaced. */
export function push(context: FixContext): Fix {
  if (context.keeper === 'concierge') return mint(context)
  if (context.halfMade || context.unfit) return rotate(context)
  return guarded('push', `patrol push ${named(context.agent)}`, context)
}

/** A command with what has to be done besides; or what has to be typed before it. */
function guarded(verb: Guarded, command: string, {hurdles = []}: FixContext, after?: string): Fix {
  const met = hurdles.filter(({stops}) => stops.includes(verb))
  const first = met.find(({instead}) => instead !== undefined)
  if (first) return {command: first.instead, note: first.note}
  const flags = met.flatMap(({flag}) => flag ?? [])
  const notes = [...met.map(noteOf), ...(after === undefined ? [] : [after])]
  return {command: [command, ...flags].join(' '), note: notes.length > 0 ? notes.join('; ') : undefined}
}

function noteOf({note, waiver}: Hurdle): string {
  return waiver === undefined ? note : `${note}, ${waiver}`
}

/**
 * The same hurdles without leave to mint dangerous scopes: where one of those is what is found, a new token that has it mends
 * nothing.
 */
export function withoutDangers(hurdles: readonly Hurdle[] = []): Hurdle[] {
  return hurdles.map(({waiver, ...rest}) => (waiver?.includes('dangerous') ? rest : {...rest, ...(waiver && {waiver})}))
}

/** A name as one word of a command line, harmless when pasted whatever it holds. */
export function named(name: string): string {
  return word(visibleName(name))
}

/** A name within a sentence, on one line whatever it holds. */
export function visibleName(name: string): string {
  return name.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?')
}

import {run} from '../errors.ts'
import {statusMeaning, type StatusMeaning} from './answers/status.ts'
import type {DecidedBy} from './answers/type.ts'
import {askIn, type Pasted} from './call.ts'
import type {CatalogueVersion} from './catalogue.ts'
import type {Explanation, ProfileStanding} from './explain.ts'
import {dangers} from './profiles.ts'
import {compare, normalise} from './sets.ts'
import type {Scope} from './vocabulary.ts'

/** What there is to show, as `context/explain.ts` finds it out. */
export interface ExplainShown {
  asked: Pasted
  spoken: {version: CatalogueVersion; named: string; shown: string; from: 'flag' | 'server' | 'default'}
  call: Explanation | undefined
  scopes: readonly Scope[]
  who: readonly ProfileStanding[]
  profiles: ReadonlyMap<string, {scopes: readonly Scope[]}>
  live:
    | {
        agent: string
        answer: {
          giteaUrl: string
          outcome: 'agrees' | 'disagrees' | 'unknown'
          reason: string
          evidence: {method: string; path: string; status: number} | undefined
          requests: number
        }
      }
    | undefined
}

/** Above this many agents they are told by profile. */
export const FEW = 12

/** What the status says that was pasted, where no words beside it say more. */
export function statusSaid(asked: Pasted): (StatusMeaning & {status: number}) | undefined {
  if (asked.kind === 'denial' || asked.kind === 'refusal' || asked.status === undefined) return undefined
  const door = asked.kind !== 'call' && asked.reach === 'login' ? 'login' : asked.kind
  const meaning = statusMeaning(door, asked.status)
  return meaning && {...meaning, status: asked.status}
}

/** Who decides, as far as what was pasted tells; where it tells nothing, a scope may. */
export function decidedBy(asked: Pasted): DecidedBy {
  return asked.kind === 'refusal' ? asked.answer.by : (statusSaid(asked)?.by ?? 'scope')
}

/** What to type next. A rotation mints what the profile says, so it helps only where the profile has the scope. */
export function adviseOn(shown: ExplainShown): {advice: string[]; commands: string[]} {
  const {scopes, who, profiles} = shown
  if (scopes.length === 0) return {advice: [], commands: []}
  if (decidedBy(shown.asked) !== 'scope') return elsewhere(shown)
  const named = who.flatMap((each) => (each.agent === null ? [] : [{...each, agent: each.agent}]))
  const able = named.filter(({can}) => can).map(({agent}) => agent)
  const unable = named.filter(({can}) => !can).map(({agent}) => agent)
  const stale = staleIn(shown, able)
  const help = tooMuch(scopes) === undefined && unable.length > 0
  return {
    advice: [...stale.advice, ...missingAdvice(scopes, who, profiles)],
    commands: [...stale.commands, ...(help ? ['patrol config check', `patrol rotate ${listed(unable)}`] : [])],
  }
}

/** Where no scope decides, none is handed out: whether a credential is alive, a probe tells. */
function elsewhere(shown: ExplainShown): {advice: string[]; commands: string[]} {
  const agent = shown.who.find((each) => each.agent !== null)?.agent
  const asks = agent !== undefined && agent !== null && ['account', 'credential'].includes(decidedBy(shown.asked))
  return {advice: [], commands: asks ? ['patrol audit --exit-zero', `patrol probe ${agent} --exit-zero`] : []}
}

/** For a refusal of what the profile has: the token is older than the profile, and whose it is may have to be found. */
function staleIn({asked, live, who}: ExplainShown, able: readonly string[]): {advice: string[]; commands: string[]} {
  const [first] = able
  if (first === undefined) return {advice: [], commands: []}
  const unable = who.flatMap(({agent, can, seen}) => (agent !== null && can && seen && !seen.can ? [agent] : []))
  if (unable.length > 0) {
    const advice = [`Older than its profile, which has it, is the token that was seen of: ${unable.join(', ')}.`]
    return {advice, commands: [`patrol rotate ${listed(unable)}`]}
  }
  const denied = live?.answer.outcome === 'agrees' && live.answer.evidence?.status === 403 ? live.agent : undefined
  const refused = asked.kind === 'denial' || asked.kind === 'refusal' || askIn(asked)?.status === 403
  const whose = denied ?? (refused && able.length === 1 ? first : undefined)
  if (whose !== undefined && able.includes(whose)) {
    const advice = [`The profile of ${whose} has it and its token has not: the token is older than the profile.`]
    return {advice, commands: [`patrol rotate ${whose}`]}
  }
  if (!refused) return {advice: [], commands: [`patrol probe ${first} --exit-zero`]}
  const advice = [
    'An agent whose profile has it and who is refused holds a token older than its profile: rotate that one.',
  ]
  return {advice, commands: ['patrol audit --exit-zero']}
}

function missingAdvice(
  scopes: readonly Scope[],
  who: readonly ProfileStanding[],
  profiles: ReadonlyMap<string, {scopes: readonly Scope[]}>,
): string[] {
  const unable = who.filter(({can}) => !can)
  if (unable.length === 0) return []
  const why = tooMuch(scopes)
  if (why !== undefined) return [`${why} Let a person, or a service of its own, make this call.`]
  return [...new Set(unable.map(({profile}) => profile))].map((profile) => {
    const then = unable[0]?.agent === null ? '' : ', then rotate its agents'
    return `To let profile ${profile} do it, ${extension(profile, profiles.get(profile)?.scopes ?? [], scopes)}${then}.`
  })
}

/** How a profile comes to have more scopes, to follow a comma. */
function extension(profile: string, held: readonly Scope[], more: readonly Scope[]): string {
  const wanted = normalise([...held, ...more])
  return `write into patrol.yaml under profiles.${profile}: scopes: [${wanted.join(', ')}]`
}

/** How one agent comes to have scopes that its token lacks: words where a rotation alone does not help, and the command. */
export function cureFor(
  agent: {name: string; profile: string; scopes: readonly Scope[]},
  missing: readonly Scope[],
): {words: string; commands: string[]} {
  const why = tooMuch(missing)
  if (why !== undefined) return {words: `${why} Let a person, or a service of its own, make this call.`, commands: []}
  const rotate = [run`patrol rotate ${agent.name}`.text]
  if (compare(agent.scopes, missing).missing.length === 0) return {words: '', commands: rotate}
  const words = `Its profile lacks it too: ${extension(agent.profile, agent.scopes, missing)}, then rotate.`
  return {words, commands: rotate}
}

/** Why no agent should have these scopes; undefined for sound ones. */
function tooMuch(scopes: readonly Scope[]): string | undefined {
  const [danger] = dangers(scopes)
  if (danger) return `${danger.scope} is for no agent: ${danger.why}.`
  return scopes.includes('read:admin')
    ? 'read:admin is for no agent: its user would have to be a site administrator.'
    : undefined
}

function listed(agents: readonly string[]): string {
  return (agents.length > FEW ? agents.slice(0, 1) : agents).join(' ')
}

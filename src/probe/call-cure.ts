import {run, type Advice} from '../errors.ts'
import {cureFor} from '../scopes/explain-advice.ts'
import {covers, type RepositoryReach} from '../scopes/repositories.ts'
import type {Scope} from '../scopes/vocabulary.ts'
import type {CallVerdict, Decider} from './can-i.ts'

/** A verdict, with whom and what it is about. */
export interface CuredCall {
  agent: {name: string; profile: string; scopes: readonly Scope[]; repositories?: RepositoryReach | undefined}
  /** `owner/name`, for a call in a repository. */
  repo: string | undefined
  verdict: CallVerdict
  /** Calls that were most likely meant, where the server has no such one. */
  nearest: readonly {method: string; path: string}[]
}

/** What helps: words where a command alone does not, and commands, the best first. */
export interface CallCure {
  words: string
  commands: string[]
}

/** What helps where an agent cannot make a call, or where it is not known. */
export function callCure(call: CuredCall): CallCure {
  return CURES[call.verdict.by](call)
}

const CURES: Readonly<Record<Decider, (call: CuredCall) => CallCure>> = {
  value: ({agent}) => typed(run`patrol audit ${agent.name} --exit-zero`),
  nobody: ({agent}) => typed(run`patrol onboard ${agent.name}`),
  dead: ({agent}) => typed(run`patrol rotate ${agent.name}`),
  blocked: ({agent}) => ({...typed(run`patrol probe ${agent.name}`), words: 'Unlock it on the server.'}),
  life: () => typed(run`patrol doctor`),
  catalogue: ({agent, nearest}) =>
    typed(...nearest.map((near) => run`patrol can-i ${agent.name} ${near.method} ${near.path}`)),
  scope: ({agent, verdict}) => (verdict.answer === 'no' ? cureFor(agent, verdict.missing) : typed(run`patrol doctor`)),
  reach: confined,
  right: ({verdict}) => ({...typed(), words: verdict.answer === 'no' ? 'Another token would not help.' : ''}),
  nothing: () => typed(),
}

function confined({agent, repo, verdict}: CuredCall): CallCure {
  const {name, profile, repositories} = agent
  if (verdict.answer !== 'no') return typed(run`patrol audit ${name} --exit-zero`)
  const named = repo !== undefined && repositories !== undefined && covers(repositories, repo)
  const words = named ? '' : `Name ${repo} under "repositories" of profile ${profile} in patrol.yaml, then rotate.`
  return {...typed(run`patrol rotate ${name}`), words}
}

function typed(...commands: readonly Advice[]): CallCure {
  return {words: '', commands: commands.map(({text}) => text)}
}

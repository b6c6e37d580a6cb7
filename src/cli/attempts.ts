import {changedFor, EXIT, OpsError, worstExit, type Code} from '../errors.ts'
import type {Tint} from '../report/tint.ts'
import type {Failure, Outcome} from './envelope.ts'
import {explain, failureText} from './failure.ts'

/** What is written on. */
interface AttemptsPaper {
  tint: Tint
  width: number | undefined
}

/** What the shell lends to a long command. */
export interface Shell {
  json: boolean
  warn(text: string): void
  log(text: string): void
  talk(text: string): void
  /** For results, on stdout. */
  paper: AttemptsPaper
  /** For talk, on stderr. */
  aside: AttemptsPaper
  agreed(plan: (on: AttemptsPaper) => string, question: string): Promise<boolean>
  /** Ends what progress still shows as running. */
  end(ending: 'done' | 'stopped'): Promise<void>
  /** The server that it all is about, as far as the run has come to know it: a sentence. */
  server(): string | undefined
  /** A stop was asked for: begin nothing new. */
  stopped(): boolean
}

/** An agent whose errand did not come to its end, and why. */
interface Unfinished {
  agent: string
  code: string
  message: string
  suggestions: readonly string[]
  exit: number
}

/** A credential that is the same for every agent: trying it again for each may lock its account, and costs codes. */
const SHARED: readonly Code[] = [
  'ADMIN_MISSING',
  'ADMIN_REJECTED',
  'ADMIN_NOT_ADMIN',
  'ADMIN_SCOPE',
  'PLATFORM_TOKEN_REJECTED',
  'WORKSPACE_TOKEN_REJECTED',
]

/**
 * An errand for several agents. One agent's failure is thrown as it is; among several it is shown, the others go on, and
 * the worst exit wins. Where a credential that all need is rejected nothing more is begun, and it is said once.
 */
export class Attempts {
  readonly #count: number
  readonly #shell: Shell
  readonly #unfinished: Unfinished[] = []
  readonly #alike: string[] = []
  #cause: (Failure & {agent: string}) | undefined

  constructor(agents: readonly unknown[], shell: Shell) {
    this.#count = agents.length
    this.#shell = shell
  }

  /** Does the work for one of them. */
  async attempt(agent: string, work: () => Promise<void>): Promise<void> {
    if (this.#cause) return this.#notBegun(agent, this.#cause)
    try {
      await work()
    } catch (error) {
      await this.#shell.end('stopped')
      if (this.#count === 1 || this.#shell.stopped()) throw error
      const failure = await explain(error)
      if (failure.status === EXIT.bug) throw error
      this.#fail(agent, failure)
    }
  }

  /** How many have failed: who waits for a person's approval has not. */
  get failures(): number {
    return this.#unfinished.filter(({exit}) => exit !== EXIT.pending).length
  }

  /** Begins nothing for these, for so many have not come to their end. */
  async leave(agents: readonly string[], failed: number): Promise<void> {
    const failure = await explain(new OpsError('BUDGET_SPENT', {failed, agents}))
    const {code, message, suggestions, status: exit} = failure
    for (const agent of agents) this.#unfinished.push({agent, code, message, suggestions, exit})
    this.#shell.talk(failureText(failure, this.#shell.aside.tint, this.#shell.aside.width))
  }

  /** The exit code, and who did not come to an end; says who was left out, and of which server nobody got anything. */
  ending(): Pick<Outcome<unknown>, 'exit' | 'incomplete'> {
    if (this.#alike.length > 0) {
      this.#shell.talk(`The same holds for ${this.#alike.join(', ')}; nothing of theirs was begun.`)
    }
    const server = this.#unfinished.length === this.#count ? this.#shell.server() : undefined
    if (server !== undefined) this.#shell.talk(server)
    const exit = worstExit(this.#unfinished.map((each) => each.exit))
    return {exit, ...(this.#unfinished.length > 0 && {incomplete: this.#unfinished})}
  }

  #fail(agent: string, failure: Failure): void {
    const {code, suggestions, status: exit} = failure
    const message = changedFor(agent, failure.message)
    this.#unfinished.push({agent, code, message, suggestions, exit})
    const {aside} = this.#shell
    // Several at a time meet it together.
    if (this.#cause?.message === failure.message) this.#alike.push(agent)
    else this.#shell.talk(failureText({...failure, message}, aside.tint, aside.width, {agent}))
    if (SHARED.some((shared) => shared === code)) this.#cause ??= {...failure, agent}
  }

  #notBegun(agent: string, {agent: first, code, suggestions, status: exit}: Failure & {agent: string}): void {
    const message = `Not begun: what ended ${first} would end it as well. Nothing was begun for ${agent}.`
    this.#unfinished.push({agent, code, message, suggestions, exit})
    this.#alike.push(agent)
  }
}

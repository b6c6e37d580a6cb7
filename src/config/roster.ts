import type {Agent} from '../config.ts'
import type {Place} from './document.ts'
import {parseReference} from './references.ts'
import type {RawConfig} from './schema.ts'

/** One agent as the file has it. */
export type RawAgent = NonNullable<RawConfig['agents']>[string]

/** What agents inherit from the file that they stand in. */
export interface Household {
  file: string
  /** What `file:` references are relative to. */
  base: string
  profiles: ReadonlyMap<string, Pick<Agent, 'scopes' | 'repositories' | 'maxAgeMs'>>
}

const DEFAULT_PROFILE = 'engineer'

/**
 * The agents of patrol.yaml by name, in its order. Tens of thousands may stand there and a command is mostly about one
 * of them, so each is kept as a line of text, some 150 bytes, and made when it is looked at: anew each time.
 */
export class Roster implements ReadonlyMap<string, Agent> {
  readonly #household: Household
  readonly #lines = new Map<string, string>()

  constructor(household: Household) {
    this.#household = household
  }

  add(name: string, agent: RawAgent, {line, column}: Place): void {
    // Not a part of the file's text, which would then be kept as a whole.
    const key = Buffer.from(name).toString()
    this.#lines.set(key, JSON.stringify([line, column, agent]))
  }

  get size(): number {
    return this.#lines.size
  }

  has(name: string): boolean {
    return this.#lines.has(name)
  }

  get(name: string): Agent | undefined {
    const line = this.#lines.get(name)
    return line === undefined ? undefined : this.#agent(name, line)
  }

  keys(): MapIterator<string> {
    return this.#lines.keys()
  }

  *values(): MapIterator<Agent> {
    for (const [name, line] of this.#lines) yield this.#agent(name, line)
  }

  *entries(): MapIterator<[string, Agent]> {
    for (const [name, line] of this.#lines) yield [name, this.#agent(name, line)]
  }

  [Symbol.iterator](): MapIterator<[string, Agent]> {
    return this.entries()
  }

  forEach(each: (agent: Agent, name: string, roster: ReadonlyMap<string, Agent>) => void): void {
    for (const [name, agent] of this) each(agent, name, this)
  }

  #agent(name: string, text: string): Agent {
    const {file, base, profiles} = this.#household
    const [line, column, raw]: [number, number, RawAgent] = JSON.parse(text)
    const {user = name, workspace = name, profile = DEFAULT_PROFILE, token, repo} = raw
    return {
      name,
      user,
      workspace: lowerUuid(workspace),
      profile,
      ...profiles.get(profile)!,
      token: token === undefined ? undefined : parseReference(token, base, file),
      repo,
      line,
      column,
    }
  }
}

function lowerUuid(text: string): string {
  return /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text) ? text.toLowerCase() : text
}

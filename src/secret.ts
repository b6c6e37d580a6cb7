import {inspect} from 'node:util'
import {KnownSecrets} from './secret/known.ts'
import {bearerFlaw, tokenFlaw} from './secret/shape.ts'
import {harmless, inStrings} from './visible.ts'

const HIDDEN = '[secret]'
/**
 * Shorter ones would be found in every other word and number; no token is that short, and no password that is taken
 * (`config/references.ts`).
 */
export const SHORTEST = 8
const known = new KnownSecrets()

/**
 * Forms in which a value could leak: as it is, URL-encoded, base64 (both alphabets), JSON-escaped. What cannot be seen in it
 * is written out in answers (`harmless`) before anything is looked for in them.
 */
function forms(value: string): string[] {
  const base64 = Buffer.from(value).toString('base64')
  const json = JSON.stringify(value).slice(1, -1)
  return [
    value,
    harmless(value),
    encodeURIComponent(value),
    base64,
    base64.replaceAll('=', ''),
    Buffer.from(value).toString('base64url'),
    json,
    harmless(json),
  ]
}

/**
 * A value that must never be seen: a token, a password, a one-time code's seed. It hides itself in template strings,
 * JSON and `inspect`; only `reveal()` gives it out, and a test counts who calls that.
 */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
    remember(value)
  }

  /** The value itself. Call sites are counted by test/architecture.test.ts. */
  reveal(): string {
    return this.#value
  }

  /** The last eight characters, which Gitea itself lists; empty for values too short for that to be safe. */
  get lastEight(): string {
    return this.#value.length >= 32 ? this.#value.slice(-8) : ''
  }

  /** Whether these characters stand somewhere in it. */
  holds(part: string): boolean {
    return this.#value.includes(part)
  }

  /** How many characters it has. */
  get length(): number {
    return this.#value.length
  }

  /** What is wrong with it as the value of a Gitea token, by its shape alone; undefined where nothing is. */
  get tokenFlaw(): string | undefined {
    return tokenFlaw(this.#value)
  }

  /** What is wrong with it as any other token that goes into a header, by its shape alone; undefined where nothing is. */
  get bearerFlaw(): string | undefined {
    return bearerFlaw(this.#value)
  }

  /** Whether both hold the same value. */
  equals(other: Secret): boolean {
    return this.#value === other.#value
  }

  toString(): string {
    return HIDDEN
  }

  toJSON(): string {
    return HIDDEN
  }

  [inspect.custom](): string {
    return HIDDEN
  }
}

/** Teaches the redactor a value, and its `user:value` form as it travels in a Basic header. */
export function remember(value: string): void {
  if (value.length >= SHORTEST) known.watch(forms(value))
}

/** The text with every secret known to this process replaced. Nothing comes out that did not pass through here. */
export function redact(text: string): string {
  return known.without(text, HIDDEN)
}

/** Text of others as it may stand in a line of ours: on one line, without secrets, nothing that a terminal obeys. */
export function tame(text: string): string {
  return harmless(redact(text))
}

/** The same, and not longer than `most` characters: only now cut, so that no half of a secret is left. */
export function excerpt(text: string, most: number): string {
  const clean = tame(text)
  return clean.length > most ? `${clean.slice(0, most).replace(/[\ud800-\udbff]$/, '')}…` : clean
}

/** The same data with every secret taken out of its strings; keys, and what is no plain data, stay. */
export function redacted<T>(data: T): T
export function redacted(data: unknown): unknown {
  return inStrings(data, redact)
}

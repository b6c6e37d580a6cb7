import {inspect} from 'node:util'

const HIDDEN = '[secret]'
/** How much of a value it is looked up by. */
const KEY = 8
/** Known values by their first characters, longest first: a text is read once, however many there are. */
const known = new Map<string, string[]>()
/** Values too short for that. */
const short = new Set<string>()

/** Forms in which a value could leak: as it is, URL-encoded, base64 (both alphabets), JSON-escaped. */
function forms(value: string): string[] {
  const base64 = Buffer.from(value).toString('base64')
  return [
    value,
    encodeURIComponent(value),
    base64,
    base64.replace(/=+$/, ''),
    Buffer.from(value).toString('base64url'),
    JSON.stringify(value).slice(1, -1),
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
  if (value.length < 4) return
  for (const form of new Set(forms(value))) {
    if (form.length < KEY) short.add(form)
    else learn(form)
  }
}

/** The text with every secret known to this process replaced. All output passes through here. */
export function redact(text: string): string {
  let clean = ''
  let copied = 0
  for (let at = 0; known.size > 0 && at + KEY <= text.length; at++) {
    const found = known.get(text.slice(at, at + KEY))?.find((value) => text.startsWith(value, at))
    if (found === undefined) continue
    clean += text.slice(copied, at) + HIDDEN
    copied = at + found.length
    at = copied - 1
  }
  clean += text.slice(copied)
  for (const value of short) clean = clean.replaceAll(value, HIDDEN)
  return clean
}

function learn(form: string): void {
  const start = form.slice(0, KEY)
  const alike = known.get(start) ?? []
  if (alike.includes(form)) return
  known.set(
    start,
    [...alike, form].toSorted((a, b) => b.length - a.length),
  )
}

import {channel} from 'node:diagnostics_channel'
import {Advice} from './advice.ts'
import {CATALOGUE, type Code, type FactsOf} from './catalogue.ts'
import type {ErrorCategory, ErrorKind, Leaves, LeftState, ToldError} from './kind.ts'
import {takenApart, type Besides} from './text.ts'

/** The exit code of each category. 143 (SIGTERM) and 129 (SIGHUP) are set elsewhere, by the signal handler. */
export const EXIT: Readonly<Record<ErrorCategory, number>> = {
  bug: 1,
  usage: 2,
  findings: 3,
  auth: 4,
  unavailable: 5,
  refused: 6,
  incomplete: 7,
  pending: 8,
  interrupted: 130,
}

/** Whoever traces the process hears here of every `OpsError` when it is made; the test suite counts their codes. */
const made = channel('patrol.error')

/**
 * The one error meant for operators: a code with its facts, which the catalogue puts into words. It never holds a secret, a
 * header or a stack. Anything else thrown is a bug.
 */
export class OpsError<C extends Code = Code> extends Error {
  override readonly name = 'OpsError'
  readonly code: C
  /** Undefined where the message was written out. */
  readonly facts: FactsOf<C>[0] | undefined
  readonly category: ErrorCategory
  /** What to type next as texts, and advice in words among them. */
  readonly suggestions: readonly string[]
  readonly ref: string | undefined
  readonly #told: ToldError

  constructor(code: C, ...facts: FactsOf<C>)
  /** Told otherwise than its facts are. */
  constructor(code: C, facts: FactsOf<C>[0] | undefined, told: ToldError)
  /** Its message written out. */
  constructor(code: C, message: string, besides?: Besides)
  constructor(code: C, facts?: FactsOf<C>[0] | string, more: ToldError | Besides = {}) {
    const told =
      typeof facts === 'string' ? takenApart(facts, more) : 'what' in more ? more : tell(CATALOGUE[code], facts)
    super(messageOf(told))
    this.code = code
    this.facts = typeof facts === 'string' ? undefined : facts
    this.category = told.category ?? CATALOGUE[code].category
    this.suggestions = (told.advice ?? []).map(({text}) => text)
    this.ref = told.ref
    this.#told = told
    made.publish(this)
  }

  /** What happened, without the state that it leaves. */
  get what(): string {
    return this.#told.what
  }

  /** How things stand after it; undefined where it says nothing of that. */
  get leaves(): Leaves | undefined {
    return this.#told.state?.leaves
  }

  /** The list below the message. */
  get lines(): readonly string[] {
    return this.#told.lines ?? []
  }

  get advice(): readonly Advice[] {
    return this.#told.advice ?? []
  }

  /** The exit code this error ends the process with. */
  get exit(): number {
    return EXIT[this.category]
  }

  /** The same, told by somebody who knows more: the state that it leaves by now, another way on. */
  with(change: Partial<ToldError>): OpsError<C> {
    return new OpsError(this.code, this.facts, {...this.#told, ...change})
  }
}

function tell(kind: ErrorKind, facts: unknown): ToldError {
  const says = typeof kind.says === 'object' ? kind.says[caseOf(facts)] : kind.says
  const told = says?.(facts) ?? kind.meaning
  if (typeof told === 'string') return {...kind, what: told}
  if ('what' in told) return {...kind, ...told}
  const [what, ...more] = told
  const state = more.find((each): each is LeftState => !(each instanceof Advice)) ?? kind.state
  const advice = [...more.filter((each) => each instanceof Advice), ...(kind.advice ?? [])]
  return {...kind, what, state, advice}
}

function caseOf(facts: unknown): string {
  return typeof facts === 'object' && facts !== null && 'case' in facts ? String(facts.case) : ''
}

function messageOf({what, state, lines = []}: ToldError): string {
  return [[what, state?.says].filter(Boolean).join(' '), ...lines].join('\n')
}

/** Whether this is how work ends that somebody asked to stop. */
export function isInterrupt(error: unknown): boolean {
  if (error instanceof OpsError) return error.category === 'interrupted'
  return error instanceof Error && error.name === 'AbortError'
}

/** Over many targets the worst ending wins; the order is 7, 8, 1, 4, 5, 6, 3, then 0. */
export function worstExit(codes: Iterable<number>): number {
  const order = [7, 8, 1, 4, 5, 6, 3, 2, 130, 143, 129, 0]
  const seen = new Set(codes)
  return order.find((code) => seen.has(code)) ?? 0
}

import type {Advice} from './advice.ts'

/** What kind of ending an error is; each kind has one exit code (docs/exit-codes.md). */
export type ErrorCategory =
  | 'bug'
  | 'usage'
  | 'findings'
  | 'auth'
  | 'unavailable'
  | 'refused'
  | 'incomplete'
  | 'pending'
  | 'interrupted'

/**
 * How things stand after an error. `untouched`: as before; `old-serves`: something was begun, and the agent works on with
 * its old token; `both-work`: the new token is stored, and none is revoked; `new-serves`: it works with the new one;
 * `in-doubt`: of a write that was sent nobody knows what came.
 */
export type Leaves = 'untouched' | 'old-serves' | 'both-work' | 'new-serves' | 'in-doubt'

/** The same with the sentence that says so. */
export interface LeftState {
  leaves: Leaves
  says: string
}

/** Nothing was called, changed, sent: whatever a person may fear. */
export function nothing(was: string): LeftState {
  return {leaves: 'untouched', says: `Nothing was ${was}.`}
}

/** What people and scripts get to know of an error besides its code. */
export interface ToldError {
  /** What happened, and to what, in whole sentences. */
  what: string
  state?: LeftState | undefined
  /** A list below it, each line indented. */
  lines?: readonly string[] | undefined
  /** What to do next, most useful first. */
  advice?: readonly Advice[] | undefined
  /** The page that explains it, as it lies in the package (`docs/runbooks/x.md`); people and scripts are given its name. */
  ref?: string | undefined
  category?: ErrorCategory | undefined
}

/**
 * One entry of the catalogue: which exit an error takes, what it means in one sentence for docs/errors.md, and how it is
 * told.
 */
export interface ErrorKind extends Omit<ToldError, 'what'> {
  category: ErrorCategory
  meaning: string
  says?: Faces
}

/**
 * What facts are told as: the sentence, by itself or with what hangs on them; an error with several faces has one for each,
 * and the fact `case` names it.
 */
export type Faces = Says | Readonly<Record<string, Says>>

/** What happened; the state that it leaves, in place of that of the kind; advice, before that of the kind. */
type ToldSentence = [what: string, ...more: (LeftState | Advice)[]]

/** A method, since those may ask for more than `unknown`; that facts and code fit together, `OpsError` sees to. */
type Says = {says(facts: unknown): string | ToldSentence | ToldError}['says']

/** An entry of the catalogue. The state and the advice that hang on no fact stand beside `says`. */
export function kind<S extends Faces>(
  category: ErrorCategory,
  told: {meaning: string; says: S} & Omit<ToldError, 'what' | 'category'>,
): Omit<ErrorKind, 'says'> & {says: S} {
  return {category, ...told}
}

/** A sentence over facts, which stand in it by their names: text`There is no user ${'user'}.` */
export function text<Name extends string = never>(
  parts: TemplateStringsArray,
  ...names: readonly Name[]
): (facts: Readonly<Record<Name, string | number>>) => string {
  return (facts) => parts.reduce((told, part, index) => `${told}${facts[names[index - 1]!]}${part}`)
}

/** Facts that are texts. */
export type Texts<Name extends string> = Readonly<Record<Name, string>>

/** The facts that a `says` asks for, as a list of arguments: empty where it needs none. */
export type FactsTold<S> = S extends (...facts: infer Facts) => unknown ? Facts : [FactsOfFaces<S>]

type FactsOfFaces<S> = {
  [Case in keyof S]: S[Case] extends (...facts: infer Facts) => unknown
    ? Facts extends [infer Fact]
      ? {case: Case} & Fact
      : {case: Case}
    : never
}[keyof S]

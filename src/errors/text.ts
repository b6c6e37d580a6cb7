import {Advice} from './advice.ts'
import {nothing, type ErrorCategory, type ToldError} from './kind.ts'

// Errors whose sentence is still written where they are thrown, and what is recovered from such sentences. It goes away
// with the last of them.

/** What an error written out says besides its message. */
export interface Besides {
  suggestions?: readonly (string | Advice)[]
  ref?: string | undefined
  category?: ErrorCategory
}

const WAS = String.raw`(?:else )?was (?:changed|done|stored|revoked|deleted|sent|minted)(?: on a server)?`
const CLAIM = new RegExp(String.raw`(?:^| )Nothing (?<was>${WAS})\.$`)
const CLAIMS = new RegExp(String.raw` ?Nothing ${WAS}\.(?=\s|$)`, 'g')

/** A message taken apart into what `ToldError` keeps apart. */
export function takenApart(message: string, {suggestions = [], ref, category}: Besides): ToldError {
  const [head = '', ...lines] = /\n .*$/.test(message) ? message.split('\n') : [message]
  const was = CLAIM.exec(head)?.groups?.['was']
  const advice = suggestions.map((each) => (typeof each === 'string' ? adviceOf(each) : each))
  const state = was === undefined ? undefined : {...nothing(''), says: `Nothing ${was}.`}
  return {what: state ? head.replace(CLAIM, '') : head, state, lines, advice, ref, category}
}

/** A suggestion that was written out as a line. */
export function adviceOf(line: string): Advice {
  if (!isCommand(line)) return new Advice(line, {repeats: /run the command again/.test(line)})
  const words = line.match(/(?:'[^']*'|\\'|[^\s'])+/g) ?? []
  return new Advice(line, {argv: words.map((each) => each.replaceAll(/'([^']*)'|\\(')/g, '$1$2'))})
}

/** Whether a line can be typed as it stands; anything else is advice for a person. */
export function isCommand(line: string): boolean {
  return /^(?:patrol|ls|chmod|mkdir|mv|df|git|timedatectl) /.test(line)
}

/**
 * A message without the claim that nothing was changed, which an error of one call may make and a run that has written, or
 * goes on to, may not repeat.
 */
export function unclaimed(message: string): string {
  return message.replaceAll(CLAIMS, '').trim()
}

/** A message that claims that nothing was changed, beside another that tells what was. */
export function apart(message: string): string {
  return message.replaceAll(/\b([Nn])othing was (?=(?:changed|done)\b(?! by\b))/g, '$1othing else was ')
}

/** A message that claims that nothing was changed, of a run that is about more than this agent. */
export function changedFor(agent: string, message: string): string {
  return message.replaceAll(/\bnothing (?:else )?was (?:changed|done)(?=[.;,]|$)/gi, `$& for ${agent}`)
}

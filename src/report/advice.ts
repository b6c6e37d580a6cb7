import {commandsOf, sentencesOf, type Advice} from '../errors.ts'
import type {Tint} from './tint.ts'
import {nextText, wrapped} from './wrap.ts'

/** What to do next: advice in words first, then the commands. */
export function adviceText(advice: readonly Advice[], tint: Tint, width?: number): string {
  const words = wrapped(sentencesOf(advice), width)
  const commands = nextText(commandsOf(advice), (line) => tint.command(line))
  return [words, commands].filter((block) => block !== '').join('\n\n')
}

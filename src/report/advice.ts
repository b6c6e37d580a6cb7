import {adviceIn, isCommand} from '../errors.ts'
import type {Tint} from './tint.ts'
import {nextText, wrapped} from './wrap.ts'

/** What to do next: advice in words first, then the commands. */
export function adviceText(lines: readonly string[], tint: Tint, width?: number): string {
  const words = wrapped(adviceIn(lines), width)
  const commands = nextText(lines.filter(isCommand), (line) => tint.command(line))
  return [words, commands].filter((block) => block !== '').join('\n\n')
}

import {stripVTControlCharacters} from 'node:util'
import {isCommand} from '../../src/errors.ts'
import {commandIn, flagsOf} from './typed-advice.ts'

/**
 * Flags that a run names where it says what went wrong, and that its command does not have: whoever adds one is refused.
 * Those of whole command lines are another command's, which `every-advice.ts` holds.
 */
export async function strangeFlags(words: readonly string[], printed: string): Promise<string[]> {
  const typed = commandIn(words)
  if (typed === undefined) return []
  const own = new Set([...Object.keys(await flagsOf(typed)), 'help'])
  const told = proseIn(stripVTControlCharacters(printed)).flatMap((text) => flagsIn(text))
  return [...new Set(told)].filter((flag) => !own.has(flag) && !words.some((word) => word.startsWith(`--${flag}`)))
}

function flagsIn(prose: string): string[] {
  const rest = prose.replaceAll(/\bpatrol [a-z-][^\n"`()]*?(?=[.,;](?:\s|$)|["`()\n]|$)/g, '')
  return [...rest.matchAll(/(?<![\w-])--([a-z][a-z-]*)/g)].map(([, flag = '']) => flag)
}

/** Errors and warnings, as JSON or for people. */
function proseIn(printed: string): string[] {
  const errors = [...printed.matchAll(/^(?:Error|Waits): (.*?)^Code: /gms)].map(([, text = '']) => text)
  const warned = [...printed.matchAll(/^Warning: (.+)$/gm)].map(([, text = '']) => text)
  return [...errors, ...warned, ...inJson(printed)]
}

function inJson(printed: string): string[] {
  try {
    const {error, warnings = []} = JSON.parse(printed.slice(printed.indexOf('{'), printed.lastIndexOf('}') + 1))
    const suggestions: string[] = error?.suggestions ?? []
    return [...(error ? [error.message] : []), ...suggestions.filter((each) => !isCommand(each)), ...warnings]
  } catch {
    return []
  }
}

import {subscribe, unsubscribe} from 'node:diagnostics_channel'
import {isCommand, OpsError} from '../../src/errors.ts'
import {madeBySource} from './seen-codes.ts'
import {commandsIn} from './told-advice.ts'

/** Command lines that patrol advised in this test file. */
const seen = new Set<string>()

/** Begins a file: listens to every error that patrol's own code makes. */
export function listenForAdvice(): void {
  seen.clear()
  unsubscribe('patrol.error', hear)
  subscribe('patrol.error', hear)
}

function hear(error: unknown): void {
  if (!(error instanceof OpsError)) return
  const advice = [...error.suggestions.filter(isCommand), ...commandsIn(error.message)]
  const news = advice.filter((line) => !seen.has(line))
  // To read a stack is slow.
  if (news.length > 0 && madeBySource(error)) note(news)
}

/** Takes note of the commands that a run printed, as JSON or for people. */
export function noteAdvice(printed: string): void {
  note(adviceIn(printed))
}

/** All of them so far. */
export function adviceSeen(): string[] {
  return [...seen].toSorted()
}

/** The commands that stand in what a run printed. */
export function adviceIn(printed: string): string[] {
  const blocks = printed.matchAll(/^(?:Try this|Type next):\n((?: {2}.+(?:\n|$))+)/gm)
  const lines = [...blocks].flatMap(([, block = '']) => block.trimEnd().split('\n'))
  const single = [...printed.matchAll(/^ *Type: (.+)$/gm)].map(([, line = '']) => line)
  const warned = [...printed.matchAll(/^Warning: (.+)$/gm)].flatMap(([, text = '']) => commandsIn(text))
  return [...lines, ...single, ...warned, ...inJson(printed)].map((line) => line.trim())
}

function note(lines: readonly string[]): void {
  for (const line of lines) if (isCommand(line)) seen.add(line)
}

function inJson(printed: string): string[] {
  const found: string[] = []
  const collect = (key: string, value: unknown): unknown => {
    // A list of rules shows what a fix looks like, for nobody in particular.
    if (key === 'rules') return undefined
    if (key === 'fix' && typeof value === 'string') found.push(value)
    if (key === 'message' && typeof value === 'string') found.push(...commandsIn(value))
    if (key === 'warnings' && Array.isArray(value)) found.push(...value.flatMap((text) => commandsIn(String(text))))
    if ((key === 'suggestions' || key === 'next') && Array.isArray(value)) found.push(...value.map(String))
    return value
  }
  try {
    const document: unknown = JSON.parse(printed.slice(printed.indexOf('{'), printed.lastIndexOf('}') + 1))
    JSON.stringify(document, collect)
  } catch {
    // Not a document.
  }
  return found
}

import {readFile} from 'node:fs/promises'
import {text as readAll} from 'node:stream/consumers'
import {nothing, OpsError, run} from '../errors.ts'
import {excerpt} from '../secret.ts'

/** A name and the line, from 1, that it stands on. */
interface Named {
  name: string
  line: number
}

/**
 * The agents that are meant: those typed, then those of a file (`-` for standard input), one to a line or separated by
 * commas, `#` before remarks; each once. Throws `USAGE` where nobody is named, `FILE_UNUSABLE`, and `AGENT_UNKNOWN`
 * with all names that the inventory does not have.
 */
export async function agentsNamed(
  typed: readonly string[],
  file: string | undefined,
  inventory: {file: string; agents: {has(name: string): boolean}},
): Promise<string[]> {
  const listed = file === undefined ? [] : await namesIn(file)
  if (file !== undefined && listed.length === 0) {
    throw new OpsError('USAGE', {what: `${inWords(file)} names no agent.`, state: nothing('called')})
  }
  if (typed.length + listed.length === 0) {
    const what = 'Name agents, or a file of them with --from.'
    throw new OpsError('USAGE', {what, state: nothing('called'), advice: [run`patrol onboard --help`]})
  }
  const unknown = listed.filter(({name}) => !inventory.agents.has(name))
  if (unknown.length > 0) throw strangers(file ?? '', unknown, inventory.file)
  return [...new Set([...typed, ...listed.map(({name}) => name)])]
}

/** A text that a flag names, or standard input for `-`. Throws `FILE_UNUSABLE`. */
export async function textOf(file: string): Promise<{name: string; text: string}> {
  const text = await (file === '-' ? readAll(process.stdin) : readFile(file, 'utf8')).catch(
    (error: NodeJS.ErrnoException) => {
      throw new OpsError('FILE_UNUSABLE', {case: 'names', file, why: error.code ?? 'unknown'})
    },
  )
  return {name: inWords(file), text}
}

async function namesIn(file: string): Promise<Named[]> {
  const {text} = await textOf(file)
  if (text.includes('\0'))
    throw new OpsError('USAGE', {what: `${inWords(file)} is no text file.`, state: nothing('called')})
  return text.split(/\r?\n/).flatMap((line, index) =>
    line
      .replace(/#.*/, '')
      .split(/[\s,]+/)
      .filter(Boolean)
      .map((name) => ({name, line: index + 1})),
  )
}

function inWords(file: string): string {
  return file === '-' ? 'Standard input' : file
}

function strangers(file: string, unknown: readonly Named[], inventory: string): OpsError {
  const shown = unknown.slice(0, 10).map(({name, line}) => `  ${file}:${line}: ${excerpt(name, 80)}`)
  const more = unknown.length > shown.length ? [`  and ${unknown.length - shown.length} more`] : []
  const lines = [...shown, ...more]
  return new OpsError('AGENT_UNKNOWN', {case: 'list', file: inventory, lines, count: unknown.length})
}

import {OpsError} from '../errors.ts'
import {Secret} from '../secret.ts'
import {isPromptClosed} from './failure.ts'
import {canRedraw, isTerminal} from './palette.ts'

/** How this run may ask: nobody answers a script, and `--json` means a script. */
export interface Asking {
  /** `--yes`: every question is answered beforehand. */
  yes?: boolean
  json: boolean
  signal: AbortSignal
  /** The command line that was typed, with one more flag. */
  again(flag: string, value?: string): string
}

/** Whether there is someone to ask. */
export function canAsk({json}: {json: boolean}): boolean {
  return !json && isTerminal(process.stdin) && isTerminal(process.stderr)
}

/**
 * Goes on only after a yes. Throws `CONFIRMATION_NEEDED` where nobody can be asked and `--yes` was not given, and
 * `DECLINED` after a no.
 */
export async function confirm(question: string, asking: Asking): Promise<void> {
  if (asking.yes) return
  if (!canAsk(asking)) {
    throw new OpsError(
      'CONFIRMATION_NEEDED',
      `This changes things, and there is no terminal to ask at ("${question}"). Nothing was changed.`,
      {suggestions: [asking.again('--yes')]},
    )
  }
  if (!(await saidYes(question, asking))) throw new OpsError('DECLINED', 'You said no. Nothing was changed.')
}

/** Goes on only after `name` was typed, or given as `--confirm`. For what can't be undone. */
export async function confirmByName(name: string, given: string | undefined, asking: Asking): Promise<void> {
  if (given === name) return
  if (given !== undefined) {
    throw new OpsError(
      'CONFIRMATION_NEEDED',
      `--confirm says "${given}", the agent is "${name}". Nothing was changed.`,
      {suggestions: [asking.again('--confirm', name)]},
    )
  }
  if (!canAsk(asking)) {
    throw new OpsError(
      'CONFIRMATION_NEEDED',
      `Revoking can't be undone, and there is no terminal to type the agent's name at. Nothing was changed.`,
      {suggestions: [asking.again('--confirm', name)]},
    )
  }
  const answer = await lineFor(`Type ${name} to go on:`, asking)
  if (answer.trim() !== name) throw new OpsError('DECLINED', `That is not "${name}". Nothing was changed.`)
}

/** Asks for a value without showing it. Throws `SECRET_UNREADABLE` where nobody can be asked. */
export async function askSecret(label: string, asking: Asking): Promise<Secret> {
  if (!canAsk(asking)) {
    throw new OpsError('SECRET_UNREADABLE', `${label} is to be asked for, and there is no terminal to ask at.`, {
      suggestions: ['Point the reference in patrol.yaml at env:NAME, file:PATH or exec:COMMAND instead'],
    })
  }
  const prompts = await import('@inquirer/prompts')
  try {
    return new Secret(await prompts.password({message: `${label}:`, mask: true}, terminal(asking)))
  } catch (error) {
    // A one-time code is asked for in the middle of things, so the state that this leaves is for others to say.
    if (!isPromptClosed(error)) throw error
    throw new OpsError('INTERRUPTED', `Stopped at the question for ${label}.`)
  }
}

/** Asks for a line of text; `check` says what is wrong with it, or nothing. */
export async function askText(
  label: string,
  asking: Asking,
  options: {initial?: string; check?: (text: string) => string | undefined} = {},
): Promise<string> {
  const prompts = await import('@inquirer/prompts')
  const {initial, check} = options
  const validate = (text: string): string | true => check?.(text.trim()) ?? true
  const answer = await prompts.input(
    {message: `${label}:`, validate, ...(initial !== undefined && {default: initial})},
    terminal(asking),
  )
  return answer.trim()
}

async function saidYes(question: string, asking: Asking): Promise<boolean> {
  if (!canRedraw(process.stderr)) return /^y(?:es)?$/i.test(await plainLineFor(`${question} (y/N)`, asking))
  const prompts = await import('@inquirer/prompts')
  return prompts.confirm({message: question, default: false}, terminal(asking))
}

async function lineFor(message: string, asking: Asking): Promise<string> {
  if (!canRedraw(process.stderr)) return plainLineFor(message, asking)
  const prompts = await import('@inquirer/prompts')
  return prompts.input({message}, terminal(asking))
}

/** For terminals on which nothing can be written over: the line as the terminal itself edits it. */
async function plainLineFor(message: string, {signal}: Asking): Promise<string> {
  const {createInterface} = await import('node:readline/promises')
  using lines = createInterface({input: process.stdin, output: process.stderr, terminal: false})
  const ended = new Promise<string>((done) => lines.once('close', () => done('')))
  try {
    return (await Promise.race([lines.question(`${message} `, {signal}), ended])).trim()
  } catch (error) {
    if (signal.aborted) throw new OpsError('INTERRUPTED', 'Stopped at the question. Nothing was changed.')
    throw error
  }
}

/** Questions go to stderr, so that stdout stays data. */
function terminal({signal}: Asking): {output: NodeJS.WriteStream; signal: AbortSignal} {
  return {output: process.stderr, signal}
}

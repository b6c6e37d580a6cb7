import {OpsError, type Advice} from '../errors.ts'
import {Secret, tame} from '../secret.ts'
import {isPromptClosed} from './failure.ts'
import {canAsk, canRedraw} from './palette.ts'

/** How this run may ask: nobody answers a script, and `--json` means a script. */
export interface Asking {
  /** `--yes`: every question is answered beforehand. */
  yes?: boolean
  json: boolean
  signal: AbortSignal
  /** The command line that was typed, with one more flag. */
  again(flag: string, value?: string): Advice
}

/**
 * Goes on only after a yes. Throws `CONFIRMATION_NEEDED` where nobody can be asked and `--yes` was not given, and
 * `DECLINED` after a no.
 */
export async function confirm(question: string, asking: Asking): Promise<void> {
  if (asking.yes) return
  if (!canAsk(asking)) {
    throw new OpsError('CONFIRMATION_NEEDED', {case: 'yes', question, again: asking.again('--yes')})
  }
  const ended = inputEnded(question, asking.again('--yes'))
  if (!(await saidYes(question, asking, ended))) throw new OpsError('DECLINED', {case: 'no'})
}

/** Goes on only after `name` was typed, or given as `--confirm`. For what can't be undone. */
export async function confirmByName(name: string, given: string | undefined, asking: Asking): Promise<void> {
  if (given === name) return
  const again = asking.again('--confirm', name)
  if (given !== undefined) throw new OpsError('CONFIRMATION_NEEDED', {case: 'otherwise', given, name, again})
  if (!canAsk(asking)) throw new OpsError('CONFIRMATION_NEEDED', {case: 'name', again})
  const question = `Type ${name} to go on:`
  const answer = await lineFor(question, asking, inputEnded(question, again))
  if (answer.trim() !== name) throw new OpsError('DECLINED', {case: 'name', name})
}

/** Asks for a value without showing it. Throws `SECRET_UNREADABLE` where nobody can be asked. */
export async function askSecret(label: string, asking: Asking): Promise<Secret> {
  if (!canAsk(asking)) throw new OpsError('SECRET_UNREADABLE', {case: 'asked', label})
  const prompts = await import('@inquirer/prompts')
  try {
    const ended = new OpsError('SECRET_UNREADABLE', {case: 'ended', label})
    const value = await answered(asking, ended, (at) => prompts.password({message: `${tame(label)}:`, mask: true}, at))
    return new Secret(value)
  } catch (error) {
    // A one-time code is asked for in the middle of things, so the state that this leaves is for others to say.
    if (!isPromptClosed(error)) throw error
    throw new OpsError('INTERRUPTED', {case: 'secret', label})
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
  const asked = {message: `${tame(label)}:`, validate, ...(initial !== undefined && {default: initial})}
  const answer = await answered(asking, inputEnded(label), (at) => prompts.input(asked, at))
  return answer.trim()
}

/** What to say where nobody answered: no more input comes, as after Ctrl-D. */
function inputEnded(question: string, ...advice: Advice[]): OpsError {
  return new OpsError('CONFIRMATION_NEEDED', {case: 'ended', question, advice})
}

async function saidYes(question: string, asking: Asking, ended: OpsError): Promise<boolean> {
  if (!canRedraw(process.stderr)) return /^y(?:es)?$/i.test(await plainLineFor(`${question} (y/N)`, asking, ended))
  const prompts = await import('@inquirer/prompts')
  return answered(asking, ended, (at) => prompts.confirm({message: tame(question), default: false}, at))
}

async function lineFor(message: string, asking: Asking, ended: OpsError): Promise<string> {
  if (!canRedraw(process.stderr)) return plainLineFor(message, asking, ended)
  const prompts = await import('@inquirer/prompts')
  return answered(asking, ended, (at) => prompts.input({message: tame(message)}, at))
}

/** For terminals on which nothing can be written over: the line as the terminal itself edits it. */
async function plainLineFor(message: string, {signal}: Asking, ended: OpsError): Promise<string> {
  const {createInterface} = await import('node:readline/promises')
  using lines = createInterface({input: process.stdin, output: process.stderr, terminal: false})
  const closed = new Promise<undefined>((done) => lines.once('close', () => done(undefined)))
  let answer: string | undefined
  try {
    answer = await Promise.race([lines.question(`${tame(message)} `, {signal}), closed])
  } catch (error) {
    if (signal.aborted) throw new OpsError('INTERRUPTED', {case: 'question'})
    throw error
  }
  if (answer === undefined) throw ended
  return answer.trim()
}

/**
 * Asks at the terminal: questions go to stderr, so that stdout stays data. Throws `ended` when no more input comes, which
 * a prompt by itself would wait for in vain.
 */
async function answered<T>(
  {signal}: Asking,
  ended: OpsError,
  prompt: (at: {output: NodeJS.WriteStream; signal: AbortSignal}) => Promise<T>,
): Promise<T> {
  const over = new AbortController()
  const end = (): void => over.abort()
  const onKey = (_text: unknown, key: {ctrl?: boolean; name?: string}): void => {
    if (key.ctrl && key.name === 'd') end()
  }
  process.stdin.on('keypress', onKey).on('end', end)
  try {
    return await prompt({output: process.stderr, signal: AbortSignal.any([signal, over.signal])})
  } catch (error) {
    throw over.signal.aborted && !signal.aborted ? ended : error
  } finally {
    process.stdin.off('keypress', onKey).off('end', end)
  }
}

import {OpsError} from '../errors.ts'
import {Secret} from '../secret.ts'
import {isTerminal} from './palette.ts'

/** How this run may ask: nobody answers a script, and `--json` means a script. */
export interface Asking {
  /** `--yes`: every question is answered beforehand. */
  yes?: boolean
  json: boolean
  signal: AbortSignal
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
      {suggestions: ['Repeat the command with --yes to go on', 'Repeat it with --dry-run to see the plan']},
    )
  }
  const prompts = await import('@inquirer/prompts')
  if (!(await prompts.confirm({message: question, default: false}, terminal(asking)))) {
    throw new OpsError('DECLINED', 'You said no. Nothing was changed.')
  }
}

/** Goes on only after `name` was typed, or given as `--confirm`. For what can't be undone. */
export async function confirmByName(name: string, given: string | undefined, asking: Asking): Promise<void> {
  if (given === name) return
  if (given !== undefined) {
    throw new OpsError(
      'CONFIRMATION_NEEDED',
      `--confirm says "${given}", the agent is "${name}". Nothing was changed.`,
      {
        suggestions: [`Repeat the command with --confirm ${name}`],
      },
    )
  }
  if (!canAsk(asking)) {
    throw new OpsError(
      'CONFIRMATION_NEEDED',
      `Revoking can't be undone, and there is no terminal to type the agent's name at. Nothing was changed.`,
      {suggestions: [`Repeat the command with --confirm ${name}`]},
    )
  }
  const prompts = await import('@inquirer/prompts')
  const typed = await prompts.input({message: `Type ${name} to go on:`}, terminal(asking))
  if (typed.trim() !== name) throw new OpsError('DECLINED', `That is not "${name}". Nothing was changed.`)
}

/** Asks for a value without showing it. Throws `SECRET_UNREADABLE` where nobody can be asked. */
export async function askSecret(label: string, asking: Asking): Promise<Secret> {
  if (!canAsk(asking)) {
    throw new OpsError('SECRET_UNREADABLE', `${label} is to be asked for, and there is no terminal to ask at.`, {
      suggestions: ['Point the reference in patrol.yaml at env:NAME, file:PATH or exec:COMMAND instead'],
    })
  }
  const prompts = await import('@inquirer/prompts')
  return new Secret(await prompts.password({message: `${label}:`, mask: true}, terminal(asking)))
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

/** Questions go to stderr, so that stdout stays data. */
function terminal({signal}: Asking): {output: NodeJS.WriteStream; signal: AbortSignal} {
  return {output: process.stderr, signal}
}

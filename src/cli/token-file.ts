import {nothing, OpsError, run} from '../errors.ts'
import {createPrivately, refuseUnwritable} from '../files.ts'
import type {Secret} from '../secret.ts'
import {isTerminal} from './palette.ts'
import {put} from './streams.ts'

/**
 * Where a minted value goes, checked before there is one: a new private file, or the terminal of a person who asked for
 * it. Throws `USAGE` for neither, and `FILE_EXISTS`.
 */
export async function deliveryOf(
  agent: string,
  flags: {'output-file'?: string | undefined; 'print-token'?: boolean},
  json: boolean,
): Promise<(value: Secret) => Promise<void>> {
  const advice = [run`patrol mint ${agent} --output-file ${agent}.token`]
  const file = flags['output-file']
  if (file !== undefined) {
    await refuseUnwritable(file)
    return (value) => createPrivately(file, lineOf(value))
  }
  if (!flags['print-token']) {
    const what = 'The value has to go somewhere: name a new file for it, or on a terminal say --print-token.'
    throw new OpsError('USAGE', {what, state: nothing('minted'), advice})
  }
  if (json || !isTerminal(process.stdout)) {
    const what = '--print-token shows the value on a terminal only, and this is none.'
    throw new OpsError('USAGE', {what, state: nothing('minted'), advice})
  }
  return async (value) => put(lineOf(value))
}

/**
 * Where a kept value goes: a new private file, or standard output where that leads to a program; to a person's terminal
 * only with `--print-token`, and never into a document. Throws `USAGE` for a terminal, and `FILE_EXISTS`.
 */
export async function outletOf(
  flags: {'output-file'?: string | undefined; 'print-token'?: boolean},
  {json, line}: {json: boolean; line: string},
): Promise<(value: Secret) => Promise<void>> {
  const file = flags['output-file']
  if (file !== undefined) {
    await refuseUnwritable(file)
    return (value) => createPrivately(file, lineOf(value))
  }
  if (json) return async () => {}
  if (isTerminal(process.stdout) && !flags['print-token']) {
    const what = 'A secret is not shown on a terminal unless you say --print-token.'
    const ways = ['--output-file workspace.token', '--print-token']
    throw new OpsError('USAGE', {what, advice: ways.map((each) => run`${`${line} ${each}`.split(' ')}`)})
  }
  return async (value) => put(lineOf(value))
}

function lineOf(value: Secret): string {
  return `${value.reveal()}\n`
}

import type {Readable} from 'node:stream'
import {builtInProfiles} from '../config.ts'
import type {Context} from '../context.ts'
import {nothing, OpsError, run} from '../errors.ts'
import {infer, refuseMissing} from '../infer/index.ts'
import type {By, InputFormat, Inference} from '../infer/index.ts'
import {catalogue} from '../scopes/catalogue.ts'
import {spokenVersion} from './explain.ts'
import {commandOn, type ReleaseFlags} from './named.ts'
import {profileNamed} from './profile-named.ts'

/** What an operator's flags say about an inference, and what the shell brings along. */
export interface InferWishes extends ReleaseFlags {
  as?: InputFormat | undefined
  by: By
  exclude?: string[] | undefined
  'include-tests'?: boolean
  profile?: string | undefined
  user?: string | undefined
  stdin: Readable & {isTTY?: boolean}
  signal: AbortSignal
}

/** What came of it, and what there is to say about the version that it was judged by. */
export interface Inferred {
  found: Inference
  note: string | undefined
}

/**
 * Adds up what the calls in these inputs need. Everything that was named is checked before a server is asked: throws
 * `USAGE` without an input or for a version that is none, `PROFILE_UNKNOWN`, and as `refuseMissing` and `infer`.
 */
export async function inferred(context: Context, named: readonly string[], wishes: InferWishes): Promise<Inferred> {
  const {as, by, user, stdin, signal} = wishes
  if (named.length === 0 && stdin.isTTY === true) {
    throw new OpsError('USAGE', {
      what: 'Name a log, a HAR file, code or a directory, or pipe one in.',
      state: nothing('called'),
      advice: [run`patrol infer --help`],
    })
  }
  const inputs = named.length === 0 ? ['-'] : named
  const command = commandOn('infer', inputs)
  const profile = profileOf(context, wishes.profile, command)
  // A version that was named asks nobody, so whether it is one can be told first.
  const told = wishes['gitea-version'] === undefined ? undefined : await spokenVersion(context, wishes, command)
  await refuseMissing(inputs)
  const {version, exact, note} = told ?? (await spokenVersion(context, wishes, command))
  const choice = {includeTests: wishes['include-tests'] === true, exclude: wishes.exclude ?? []}
  const options = {
    ...choice,
    catalogue: await catalogue(version),
    nearest: !exact,
    by,
    user,
    profile,
    as,
    stdin,
    signal,
  }
  return {found: await infer(inputs, options), note}
}

function profileOf(context: Context, name: string | undefined, command: readonly string[]): Inference['profile'] {
  if (name === undefined) return undefined
  const {scopes, repositories} = profileNamed(name, context.config?.profiles ?? builtInProfiles(), command)
  return {name, scopes, repositories}
}

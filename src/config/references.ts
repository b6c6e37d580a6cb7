import {constants} from 'node:fs'
import {open} from 'node:fs/promises'
import {homedir} from 'node:os'
import {isAbsolute, join, relative, resolve} from 'node:path'
import {OpsError, word} from '../errors.ts'
import {remember, Secret, SHORTEST} from '../secret.ts'
import {saysNothing, tokenFlaw, tokensIn} from '../secret/shape.ts'

const MAX_BYTES = 64 * 1024
const EXEC_LIMIT_MS = 60_000

/** Where a secret is to be found; never the secret. Paths are absolute. */
export type SecretRef =
  | {kind: 'env'; name: string}
  | {kind: 'file'; path: string}
  | {kind: 'exec'; command: string; origin: string | undefined}
  | {kind: 'prompt'; label: string}
  | {kind: 'stdin'}

/** What reading a secret may touch; `ask` is called for `prompt:`. */
export interface SecretSources {
  env: NodeJS.ProcessEnv
  stdin: AsyncIterable<Buffer | string>
  ask(label: string): Promise<Secret>
  warn(text: string): void
  /** `--strict`: a file that others can read is refused, not only warned about. */
  strict: boolean
  signal: AbortSignal
}

/**
 * Parses a reference; undefined if it is none. `base` is the directory that `file:` is relative to, `origin` the
 * configuration file that it stands in.
 */
export function parseReference(text: string, base: string, origin?: string): SecretRef | undefined {
  if (text === '-') return {kind: 'stdin'}
  const [, kind, rest = ''] = /^(env|file|exec|prompt):(.*)$/s.exec(text) ?? []
  if (kind === 'env' && /^[A-Za-z_][A-Za-z0-9_]*$/.test(rest)) return {kind, name: rest}
  if (kind === 'file' && rest) return {kind, path: resolve(base, atHome(rest))}
  if (kind === 'exec' && rest.trim()) return {kind, command: rest, origin}
  if (kind === 'prompt') return {kind, label: rest.trim()}
  return undefined
}

/** A path with a leading `~/` replaced, as a shell does it where it sees the path first. */
export function atHome(path: string): string {
  return path.startsWith('~/') ? join(homedir(), path.slice(2)) : path
}

/** A reference as one types it, a path below `base` without it; of a command only that it is one. */
export function spoken(ref: SecretRef, base: string): string {
  if (ref.kind === 'env') return `env:${ref.name}`
  if (ref.kind === 'file') {
    const near = relative(base, ref.path)
    return `file:${near.startsWith('..') || isAbsolute(near) ? ref.path : near}`
  }
  return ref.kind === 'exec' ? 'its exec: command' : ref.kind === 'prompt' ? 'prompt:' : 'standard input'
}

/**
 * Reads the secret that `what` ("the admin's password") stands for. Throws `SECRET_UNREADABLE` when it is missing,
 * empty, the word null or more than one line, `CREDENTIAL_MALFORMED` when it is shorter than Gitea's own least, and
 * `SECRET_EXPOSED` for a file open to others under `--strict`.
 */
export async function readSecret(ref: SecretRef, what: string, sources: SecretSources): Promise<Secret> {
  if (ref.kind === 'prompt') return longEnough(await sources.ask(ref.label || what), 'The answer', what)
  return oneLine(await readText(ref, what, sources), what)
}

/**
 * Reads a token whose shape is not known, such as the platform's: as `readSecret`, and throws `CREDENTIAL_MALFORMED` for
 * the text that one stands in (quotes, NAME=value, a header), which says what it is and never what it holds.
 */
export async function readBearer(ref: SecretRef, what: string, sources: SecretSources): Promise<Secret> {
  const found = ref.kind === 'prompt' ? undefined : await readText(ref, what, sources)
  const value = found ? oneLine(found, what) : await readSecret(ref, what, sources)
  const flaw = value.bearerFlaw
  if (flaw === undefined) return value
  throw malformed(found?.where ?? 'The answer', flaw, what, 'CREDENTIAL_MALFORMED')
}

/** The one token of Gitea that lies there, in whatever text; undefined where there is none, or several. Throws as `readSecret`. */
export async function findToken(ref: Readable, what: string, sources: SecretSources): Promise<Secret | undefined> {
  const {text} = await readText(ref, what, sources)
  const [token, ...more] = new Set(tokensIn(text.trim()))
  return token === undefined || more.length > 0 ? undefined : new Secret(token)
}

/**
 * Reads a token of Gitea: as `readSecret`, and throws `TOKEN_MALFORMED` for what no Gitea hands out (quoted, cut, base64,
 * JSON, another secret), which says what it is and never what it holds.
 */
export async function readToken(ref: SecretRef, what: string, sources: SecretSources): Promise<Secret> {
  if (ref.kind === 'prompt') {
    const typed = await sources.ask(ref.label || what)
    if (typed.tokenFlaw !== undefined) throw malformed('The answer', typed.tokenFlaw, what)
    return typed
  }
  const {text, where} = await readText(ref, what, sources)
  const value = text.trim()
  if (value === '') throw new OpsError('SECRET_UNREADABLE', {case: 'empty', where, what})
  const flaw = tokenFlaw(value)
  if (flaw === undefined) return new Secret(value)
  for (const token of tokensIn(value)) remember(token)
  throw malformed(where, flaw, what)
}

/** What stands where a reference leads, and that place in words. */
interface ReferencedText {
  text: string
  where: string
}

type Readable = Exclude<SecretRef, {kind: 'prompt'}>

async function readText(ref: Readable, what: string, sources: SecretSources): Promise<ReferencedText> {
  if (ref.kind === 'env') return {text: sources.env[ref.name] ?? '', where: `the environment variable ${ref.name}`}
  if (ref.kind === 'file') return {text: await readSecretFile(ref.path, what, sources), where: ref.path}
  if (ref.kind === 'stdin')
    return {text: await toItsEnd(sources.stdin, 'standard input', what), where: 'standard input'}
  return {text: await runCommand(ref, what, sources), where: 'the output of its exec: command'}
}

function oneLine({text, where}: ReferencedText, what: string): Secret {
  const value = text.trim()
  if (value === '') throw new OpsError('SECRET_UNREADABLE', {case: 'empty', where, what})
  if (saysNothing(value)) throw new OpsError('SECRET_UNREADABLE', {case: 'word', where, what, word: value})
  if (/[\r\n]/.test(value)) {
    for (const line of value.split(/\r?\n/)) remember(line.trim())
    throw new OpsError('SECRET_UNREADABLE', {case: 'lines', where, what})
  }
  return longEnough(new Secret(value), where, what)
}

function longEnough(value: Secret, where: string, what: string): Secret {
  const {length} = value
  if (length >= SHORTEST) return value
  throw new OpsError('CREDENTIAL_MALFORMED', {case: 'short', where, what, length, least: SHORTEST})
}

function malformed(
  where: string,
  flaw: string,
  what: string,
  code: 'TOKEN_MALFORMED' | 'CREDENTIAL_MALFORMED' = 'TOKEN_MALFORMED',
): OpsError {
  return new OpsError(code, {case: 'found', where, flaw, what})
}

/** A pipe (`<(...)`) is as good as a file; a directory or a terabyte is not. */
async function readSecretFile(path: string, what: string, sources: SecretSources): Promise<string> {
  let file
  try {
    file = await open(path, constants.O_RDONLY)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : ''
    if (code === 'ENOENT') throw new OpsError('SECRET_UNREADABLE', {case: 'missing', path, what})
    const why = code === 'EACCES' ? 'may not be read by you' : 'cannot be opened'
    throw new OpsError('SECRET_UNREADABLE', {case: 'closed', path, why, what})
  }
  try {
    const stat = await file.stat()
    if (stat.isDirectory()) throw new OpsError('SECRET_UNREADABLE', {case: 'directory', path, what})
    if (stat.isFile() && (stat.mode & 0o077) !== 0 && process.platform !== 'win32') exposed(path, sources)
    // A stream that begins after Ctrl-C tells its error to nobody, which ends the process.
    sources.signal.throwIfAborted()
    return await toItsEnd(file.createReadStream({autoClose: false, signal: sources.signal}), path, what)
  } finally {
    await file.close()
  }
}

function exposed(path: string, sources: SecretSources): void {
  if (sources.strict) throw new OpsError('SECRET_EXPOSED', {case: 'file', path})
  sources.warn(`${path} can be read by other users of this machine. Type: chmod 600 ${word(path)}`)
}

/** A pipe gives what was written at once, and that may be a part; a value is whole only at the end. */
async function toItsEnd(stream: AsyncIterable<Buffer | string>, where: string, what: string): Promise<string> {
  const parts: Buffer[] = []
  let size = 0
  for await (const chunk of stream) {
    parts.push(Buffer.from(chunk))
    size += chunk.length
    if (size > MAX_BYTES) throw new OpsError('SECRET_UNREADABLE', {case: 'large', where, what})
  }
  return Buffer.concat(parts).toString('utf8')
}

async function runCommand(ref: SecretRef & {kind: 'exec'}, what: string, sources: SecretSources): Promise<string> {
  await refuseForeignOrigin(ref.origin)
  const {execFile} = await import('node:child_process')
  const shell = process.platform === 'win32' ? ['cmd.exe', '/d', '/s', '/c'] : ['/bin/sh', '-c']
  const options = {env: sources.env, signal: sources.signal, timeout: EXEC_LIMIT_MS, maxBuffer: MAX_BYTES}
  return new Promise((done, fail) => {
    execFile(shell[0]!, [...shell.slice(1), ref.command], options, (error, stdout) => {
      if (!error) return done(stdout)
      // What the command printed may be half a secret; only its ending is told.
      const ending = typeof error.code === 'number' ? `ended with exit code ${error.code}` : 'was stopped'
      fail(new OpsError('SECRET_UNREADABLE', {case: 'exec', what, ending}))
    })
  })
}

/** `exec:` runs only from a configuration that nobody else could have written. */
async function refuseForeignOrigin(origin: string | undefined): Promise<void> {
  if (origin === undefined || process.getuid === undefined) return
  const {stat} = await import('node:fs/promises')
  const {uid, mode} = await stat(origin)
  if ((uid === process.getuid() || uid === 0) && (mode & 0o022) === 0) return
  throw new OpsError('SECRET_EXPOSED', {case: 'origin', path: origin})
}

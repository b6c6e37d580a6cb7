import {chmod, lstat, readFile, stat} from 'node:fs/promises'
import {dirname} from 'node:path'
import {readBearer} from './config.ts'
import type {SecretSources} from './config.ts'
import {OpsError} from './errors.ts'
import {makePrivateDirectory, replacePrivately} from './files.ts'
import {Secret} from './secret.ts'

const WHAT = "this workspace's token for the platform"
const VARIABLE = 'MOLECULE_WORKSPACE_TOKEN'
/** A file smaller than any token is looked at for having nothing in it. */
const SMALL = 16

/** What Node calls a place that takes no file of ours; a full disk is no fault of the place. */
const CLOSED: ReadonlySet<string> = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOENT', 'ENOTDIR', 'EEXIST', 'ELOOP'])

/** The token and where it came from. */
export interface HeldToken {
  token: Secret
  from: {kind: 'file'; path: string} | {kind: 'env'; name: string}
}

/** What became of a token that was to be kept. `replaced`: there was another one. */
export type Saved = 'written' | 'replaced' | 'unchanged'

/**
 * The token by which a workspace speaks to the platform, as its runtime keeps it (platform contract 9.1): one line
 * without a line break in `<configs>/.auth_token`, and, where that is missing or blank, `MOLECULE_WORKSPACE_TOKEN`.
 */
export class WorkspaceTokens {
  readonly file: string
  readonly #sources: SecretSources

  constructor(file: string, sources: SecretSources) {
    this.file = file
    this.#sources = sources
  }

  /**
   * The token as it is right now; undefined where there is none. Throws as `readBearer`: `SECRET_UNREADABLE` for a file
   * that can't be read or holds several lines, `CREDENTIAL_MALFORMED` for one with more than the token in it, `SECRET_EXPOSED` under `--strict` for one that others can read.
   */
  async held(): Promise<HeldToken | undefined> {
    const token = (await this.#isBlank()) ? undefined : await this.#read(this.#sources)
    if (token) return {token, from: {kind: 'file', path: this.file}}
    if (!this.#sources.env[VARIABLE]?.trim()) return undefined
    const inherited = await readBearer({kind: 'env', name: VARIABLE}, WHAT, this.#sources)
    return {token: inherited, from: {kind: 'env', name: VARIABLE}}
  }

  /** The same; throws `SECRET_UNREADABLE` where there is none. */
  async required(): Promise<HeldToken> {
    const held = await this.held()
    if (held) return held
    throw new OpsError('SECRET_UNREADABLE', {case: 'workspace', file: this.file, variable: VARIABLE})
  }

  /** What stands there instead of a token that was rejected; undefined while it is still the same. */
  async renewed(rejected: Secret): Promise<HeldToken | undefined> {
    const held = await this.held()
    return held?.token.equals(rejected) === true ? undefined : held
  }

  /**
   * Keeps a token in a file that at no moment anybody else may read, whole or not at all. One that is kept already is
   * not written again, only its mode is mended. Throws `WORKSPACE_TOKEN_PLACE` where something other than a file stands
   * there or none can be written, and `CREDENTIAL_MALFORMED` for what no header can carry.
   */
  async save(token: Secret): Promise<Saved> {
    const text = token.reveal()
    if (!/^[\x21-\x7e]+$/.test(text)) throw new OpsError('CREDENTIAL_MALFORMED', {case: 'unspeakable'})
    const there = await lstat(this.file).catch(missing)
    const known = there && !there.isDirectory() ? await this.#compared() : undefined
    if (there && known?.equals(token) === true) {
      if (there.isFile() && (there.mode & 0o077) !== 0) await chmod(this.file, 0o600)
      return 'unchanged'
    }
    if (there && !there.isFile()) {
      const what = there.isSymbolicLink() ? 'a link' : 'no file'
      throw new OpsError('WORKSPACE_TOKEN_PLACE', {case: 'occupied', file: this.file, what})
    }
    try {
      await makePrivateDirectory(dirname(this.file))
      await replacePrivately(this.file, text)
    } catch (error) {
      throw this.#unwritable(error)
    }
    return known === undefined ? 'written' : 'replaced'
  }

  async #isBlank(): Promise<boolean> {
    const found = await stat(this.file).catch(missing)
    if (!found) return true
    return found.isFile() && found.size < SMALL && (await readFile(this.file, 'utf8')).trim() === ''
  }

  #read(sources: SecretSources): Promise<Secret> {
    return readBearer({kind: 'file', path: this.file}, WHAT, sources)
  }

  /** What is to be replaced; what can't be read is some other token. */
  async #compared(): Promise<Secret | undefined> {
    if (await this.#isBlank()) return undefined
    return this.#read({...this.#sources, strict: false, warn: () => {}}).catch(() => new Secret(''))
  }

  #unwritable(error: unknown): unknown {
    if (!(error instanceof Error) || !('code' in error) || !CLOSED.has(String(error.code))) return error
    return new OpsError('WORKSPACE_TOKEN_PLACE', {case: 'closed', file: this.file, why: String(error.code)})
  }
}

/** What a request carries that the workspace itself sends. */
export interface OwnHeaders {
  token: Secret
  /** The platform's origin, without a path. */
  origin: string | undefined
  /** Left out for writes of secrets: there it keeps the platform from restarting the workspace (release June). */
  workspace: string | undefined
  org: string | undefined
}

/** Which headers those are, in their order. */
export function namesOf(headers: OwnHeaders): string[] {
  return entries(headers).map(([name]) => name)
}

/** The headers as a file for `curl -K` or `curl -H @`, one a line; as secret as the token in them. */
export function headersFor(headers: OwnHeaders, form: 'curl' | 'lines'): Secret {
  const lines = entries(headers).map(([name, value]) => `${name}: ${value}`)
  const quoted = (line: string): string => line.replaceAll(/["\\]/g, String.raw`\$&`)
  return new Secret((form === 'lines' ? lines : lines.map((line) => `header = "${quoted(line)}"`)).join('\n'))
}

function entries({token, origin, workspace, org}: OwnHeaders): [string, string][] {
  const all: [string, string | undefined][] = [
    ['Authorization', `Bearer ${token.reveal()}`],
    ['Origin', origin],
    ['X-Workspace-ID', workspace],
    ['X-Molecule-Org-Id', org],
  ]
  return all.filter((entry): entry is [string, string] => entry[1] !== undefined)
}

function missing(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined
  throw error
}

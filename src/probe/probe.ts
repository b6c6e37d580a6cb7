import {versionIn} from '../forge.ts'
import {normalise, readStored} from '../scopes/sets.ts'
import type {ScopeLevel, Scope} from '../scopes/vocabulary.ts'
import type {Secret} from '../secret.ts'
import {together} from '../together.ts'
import type {ToldReach} from '../scopes/repositories.ts'
import {repoAccess} from './access.ts'
import {confinementOf} from './confinement.ts'
import type {ReplyReading} from './interpret.ts'
import {evidenceOf, TokenKnowledge} from './knowledge.ts'
import {ProbeLine, type HeardReply} from './line.ts'
import type {ProbePort, ProbeReply} from './ports.ts'
import {OWN_TOKEN, ownTokens, PROBES, VERSION, type Probeable} from './table.ts'
import type {Evidence, Liveness, ProbeReport} from './types.ts'

const LADDER: readonly Probeable[] = ['admin', 'repository', 'issue', 'user', 'organization', 'notification', 'package']
const MOST_REQUESTS = 15

/** What a probe is to find out besides scopes. */
export interface ProbeOptions {
  /** `owner/name`: what the user may read there. */
  repo?: string
  /** Whether the user is a site administrator. */
  admin?: boolean
  /** What the server calls itself, where that is known. */
  version?: string | undefined
  /** What the token's row in an administrator's list says of its repositories; asked only where nothing else tells. */
  reachOf?: (() => Promise<ToldReach | undefined>) | undefined
}

/**
 * Finds out what a token can do, with the fewest requests that the server's own answers allow:
 * 1 where `GET /token` tells (gitea 1.27 and newer), 2 where it tells names that we don't know; then `GET /user`, whose denial lists all scopes (1.23 and newer);
 * where it is allowed, the user's own token list tells them (1.20 to 1.26), which makes 3; else, on 1.20 to 1.22 without
 * `read:user`, the ladder over the other categories, at most 15. Only a token of an account that is not public may take
 * more, for its list is closed to `public-only` tokens (gitea 1.22.3): 4 to 10 with `write:admin` on 1.23 and newer, up to
 * 17 before.
 * A token that may be confined to repositories costs a `GET /version` more, unless `version` is given.
 * `repo` (`owner/name`) adds two requests, `admin` one at most: whether its user is a site administrator, where no answer
 * told so by the way and the token may ask. Never changes anything but the token's last-used time.
 * Throws `OpsError` `PROBE_HAD_EFFECT`, `PROBE_UNSAFE` or what the port throws when interrupted; an unreachable or
 * senseless server is an `unknown` with its reason.
 */
export async function probe(port: ProbePort, value: Secret, options: ProbeOptions = {}): Promise<ProbeReport> {
  const line = new ProbeLine(port, value)
  const known = new TokenKnowledge()
  known.version = options.version
  await learnScopes(line, known, value.lastEight)
  known.liveness ??= await confirmLife(line, known)
  const alive = known.liveness.state === 'alive'
  if (options.admin && known.identity?.isAdmin === undefined) await learnAdmin(line, known)
  const confinement = alive
    ? await confinementOf(line, known, options.reachOf)
    : {reach: 'unknown' as const, reason: `not probed: ${known.liveness.evidence.reason}`}
  const access =
    options.repo !== undefined && alive
      ? await repoAccess(line, known, options.repo, async () => confinement)
      : undefined
  return {
    giteaUrl: port.url,
    version: known.version,
    dialect: known.dialect,
    liveness: known.liveness,
    identity: known.identity,
    scopes: known.verdicts(known.liveness),
    granted: known.grantedScopes(),
    confinement,
    repo: access,
    lastEight: value.lastEight,
    requests: line.requests,
  }
}

/**
 * Whether the token works, by one `GET /version` with it: 401 is `dead`, an account state `blocked`, its answer `alive`;
 * anything else is `unknown`. Where something hides the version, `GET /user` tells the same.
 */
export async function liveness(port: ProbePort, value: Secret): Promise<Liveness> {
  const [line, known] = [new ProbeLine(port, value), new TokenKnowledge()]
  const told = await confirmLife(line, known)
  const hidden = told.evidence.status < 429 && told.evidence.status > 0
  if (told.state !== 'unknown' || known.anonymous || !hidden) return told
  const me = await line.ask(PROBES.user.read)
  if (me.reading.kind === 'rejected') return {state: 'dead', evidence: me.evidence}
  if (me.reading.kind === 'passed' && loginOf(me.reply) === undefined) return told
  known.proofOfLife(me.reading, me.evidence)
  return known.liveness ?? told
}

/** By `GET /version` alone, on a line in use, with what is known already. */
export async function confirmLife(line: ProbeLine, known: TokenKnowledge): Promise<Liveness> {
  const {reply, reading, evidence} = await line.ask(VERSION)
  const told = versionIn(reply.body) || undefined
  known.version = known.version ?? told
  if (reading.kind === 'rejected') return {state: 'dead', evidence}
  if (reading.kind === 'blocked') return {state: 'blocked', evidence}
  if (known.anonymous) {
    const reason = 'the server sees no credential in our requests: a proxy may remove it'
    return {state: 'unknown', evidence: {...evidence, reason}}
  }
  if (reading.kind === 'passed' && told !== undefined) return {state: 'alive', evidence}
  const reason = reading.kind === 'passed' ? `an answer (${reply.status}) that is not the API's` : reading.reason
  return {state: 'unknown', evidence: {...evidence, reason}}
}

async function learnScopes(line: ProbeLine, known: TokenKnowledge, lastEight: string): Promise<void> {
  const own = await line.ask(OWN_TOKEN)
  // A name that the server itself does not know closes every gate (gitea 1.20 to 1.27); one of a fork's own does not.
  const strange = readStored(scopesOf(own.reply.body)).strange.length > 0
  if (strange && !(await mayGoOn(line, known, await line.ask(PROBES.user.read, 'read:user')))) return
  if (readOwnToken(own, known)) return
  if (!(await mayGoOn(line, known, own))) return

  const me = await askUser(line)
  const login = loginOf(me.reply)
  if (known.learn('user', 'read', me.reading, me.evidence)) return
  if (!(await mayGoOn(line, known, me))) return

  if (login !== undefined) {
    known.identity = {login, id: numberOf(me.reply.body, 'id'), isAdmin: flag(me.reply.body, 'is_admin')}
    // The list is closed to a public-only token whose account is hidden; a denial tells the same on 1.23 and newer.
    const visibility = field(me.reply.body, 'visibility') ?? 'public'
    if (visibility !== 'public' && (await climb(line, known, 'admin', 'write'))) return
    if (readOwnList(await line.ask(ownTokens(login)), known, lastEight)) return
  }
  await ladder(line, known)
}

/** Whether more requests make sense after this answer; asks `GET /version` when the answer leaves life in doubt. */
async function mayGoOn(line: ProbeLine, known: TokenKnowledge, heard: HeardReply): Promise<boolean> {
  const {kind} = heard.reading
  known.proofOfLife(heard.reading, heard.evidence)
  if (kind === 'corrupt') {
    known.stopped = heard.reading.reason
    return false
  }
  if (kind === 'rejected' || kind === 'anonymous' || (kind === 'unclear' && !known.liveness)) {
    known.liveness = await confirmLife(line, known)
  }
  return known.liveness === undefined || known.liveness.state === 'alive'
}

/** What `GET /token` does not tell of its user (gitea 1.27). */
async function learnAdmin(line: ProbeLine, known: TokenKnowledge): Promise<void> {
  if (!known.granted('read:user')) return
  const {reply} = await askUser(line)
  const login = loginOf(reply)
  if (login === undefined || typeof member(reply.body, 'is_admin') !== 'boolean') return
  known.identity = {login, id: numberOf(reply.body, 'id'), isAdmin: flag(reply.body, 'is_admin')}
}

/** The token's own description: `GET /token` answers 200 with `scopes` and `user` (gitea 1.27 and newer). */
function readOwnToken({reply, evidence}: HeardReply, known: TokenKnowledge): boolean {
  const listed = scopesOf(reply.body)
  if (reply.status !== 200 || listed === undefined) return false
  const told: Evidence = {...evidence, dialect: 'self', reason: 'the server tells the scopes of the token itself'}
  known.liveness = {state: 'alive', evidence: told}
  known.exact(readStored(listed).scopes, told)
  const user = member(reply.body, 'user')
  const login = field(user, 'login')
  if (login !== undefined) known.identity = {login, id: numberOf(user, 'id')}
  return true
}

/** The row of this token in its user's list; not taken when several rows share the last eight and differ. */
function readOwnList({reply, reading, evidence}: HeardReply, known: TokenKnowledge, lastEight: string): boolean {
  if (reading.kind === 'passed' && reading.publicOnly) known.publicOnly(evidence)
  if (reply.status !== 200 || !Array.isArray(reply.body)) return false
  const mine = reply.body.filter((row) => field(row, 'token_last_eight') === lastEight)
  const sets = new Set(mine.map((row) => normalise(readStored(scopesOf(row)).scopes).join(',')))
  if (sets.size !== 1) return false
  const reason = 'the token is in the list of its own user, with its scopes'
  known.exact(readStored(scopesOf(mine[0])).scopes, {...evidence, dialect: 'self', reason})
  return true
}

/** Category by category: write, then read where write is missing. Ends early when an answer tells all scopes. */
async function ladder(line: ProbeLine, known: TokenKnowledge): Promise<void> {
  // Until we know the dialect one probe goes ahead alone: where denials list the scopes it is the only one.
  const first = known.dialect === 'none' && !known.decided('write:admin')
  if (first && (await climb(line, known, 'admin', 'write'))) return
  if (await climbAll(line, known, 'write')) return
  if (await climbAll(line, known, 'read')) return
  if (known.granted('read:activitypub') && line.requests < MOST_REQUESTS) {
    await climb(line, known, 'activitypub', 'write')
  }
}

async function climbAll(line: ProbeLine, known: TokenKnowledge, level: ScopeLevel): Promise<boolean> {
  const categories: Probeable[] = level === 'read' ? [...LADDER, 'activitypub'] : [...LADDER]
  const open = categories.filter((category) => !known.decided(`${level}:${category}`))
  const told = await together(open.map((category) => climb(line, known, category, level)))
  return told.includes(true)
}

async function climb(line: ProbeLine, known: TokenKnowledge, category: Probeable, level: ScopeLevel): Promise<boolean> {
  const scope: Scope = `${level}:${category}`
  const {reading, evidence} = await (scope === 'read:user' ? askUser(line) : line.ask(PROBES[category][level], scope))
  return known.learn(category, level, reading, evidence)
}

/** `GET /user`. Every Gitea has it, and names the user in it: what does not is something else. */
async function askUser(line: ProbeLine): Promise<HeardReply> {
  const heard = await line.ask(PROBES.user.read, 'read:user')
  const {reply, reading} = heard
  if (reading.kind !== 'absent' && (reply.status !== 200 || loginOf(reply) !== undefined)) return heard
  const senseless: ReplyReading = {kind: 'unclear', reason: `an answer (${reply.status}) that is not the API's`}
  return {reply, reading: senseless, evidence: evidenceOf(PROBES.user.read, reply, senseless)}
}

function loginOf({status, body}: ProbeReply): string | undefined {
  return status === 200 ? field(body, 'login') : undefined
}

function member(body: unknown, name: string): unknown {
  return typeof body === 'object' && body !== null ? Reflect.get(body, name) : undefined
}

function field(body: unknown, name: string): string | undefined {
  const value = member(body, name)
  return typeof value === 'string' && value !== '' ? value : undefined
}

function numberOf(body: unknown, name: string): number {
  const value = member(body, name)
  return typeof value === 'number' ? value : 0
}

function flag(body: unknown, name: string): boolean {
  return member(body, name) === true
}

/** A `scopes` field in any of its forms; undefined when there is none. */
function scopesOf(body: unknown): string[] | undefined {
  const value = member(body, 'scopes')
  if (value === null) return []
  return Array.isArray(value) ? value.filter((name) => typeof name === 'string') : undefined
}

import type {Agent} from '../config.ts'
import type {Context} from '../context.ts'
import {nothing, OpsError, orElse, run} from '../errors.ts'
import {place} from '../fleet/index.ts'
import {forgeOf, type Server} from '../forge.ts'
import {canCall, knownByProbe, lifeVerdict, type CallVerdict, type KnownToken} from '../probe/can-i.ts'
import type {TokenRow} from '../rotation/ports.ts'
import {callOf, type PastedCall} from '../scopes/call.ts'
import {catalogue} from '../scopes/catalogue.ts'
import {explainCall} from '../scopes/explain.ts'
import {isRepository, understood} from '../scopes/repositories.ts'
import type {Scope} from '../scopes/vocabulary.ts'
import type {Secret} from '../secret.ts'
import {probed} from './look.ts'
import {nearestNote, releaseOf} from './named.ts'
import {mayList, probeSubject} from './subjects.ts'

/** How long a server may take to say its version beside the listing. */
const PATIENCE_MS = 3000

/** Whether an agent can make a call, with all that this goes by. */
export interface CanI {
  agent: Agent
  call: Pick<PastedCall, 'method' | 'path'>
  /** `owner/name`, for a call in a repository. */
  repo: string | undefined
  verdict: CallVerdict
  /** Undefined where no token could be looked at. */
  token: KnownToken | undefined
  /** The template, on the version of the server; null where that is not known. */
  route: string | null
  scopes: readonly Scope[]
  /** What decides behind the scopes. */
  then: readonly string[]
  server: Server
  /** Calls that were most likely meant, where the server has no such one. */
  nearest: readonly {method: string; path: string}[]
  /** What to know besides: why it is not the probe that tells, and of which version the routes are. */
  notes: readonly string[]
}

/** A token as it was looked at, or why it could not be. */
interface TokenLook {
  token: KnownToken | undefined
  server: Server
  notes: string[]
  /** Where there is no token to judge. */
  instead?: CallVerdict
}

/**
 * Whether an agent can make a call: its token probed, else looked up in the administrator's listing, and held against the
 * catalogue of the server's own version. The call itself is never sent. Throws `USAGE` for what is no call of the
 * configured server, `AGENT_UNKNOWN`, and what reading as the administrator throws.
 */
export async function canI(context: Context, name: string, method: string, target: string): Promise<CanI> {
  const agent = context.agent(name)
  const call = callNamed(context, agent, method, target)
  const repo = repoIn(call.path)
  const {token, server, notes, instead} = await looked(context, agent, repo)
  const known = {agent, call, repo, token, server, route: null, scopes: [], then: [], nearest: [], notes}
  const early = instead ?? (token && lifeVerdict(token))
  if (early || !token) return {...known, verdict: early!}

  const release = releaseOf(forgeOf(server.version))
  if (!release) {
    const says = server.version === undefined ? 'does not tell its version' : `calls itself ${server.version}`
    return {...known, verdict: uncatalogued(`${server.url} ${says}, so nothing tells what the call needs`)}
  }
  const [explained, routes] = await Promise.all([
    explainCall(call.method, call.path, release.version),
    catalogue(release.version),
  ])
  const inexact = nearestNote(release)
  const match = routes.match(call.method, call.path)
  if (match.kind !== 'route') {
    const {outcome, allowed} = explained.here
    const answers = outcome === 405 ? `answers 405; there is ${allowed.join(', ')}` : 'answers 404'
    const reason = `${release.shown} has no such call as far as the catalogue knows: it ${answers}`
    return {...known, nearest: explained.nearest, verdict: uncatalogued(reason)}
  }
  const {route} = match
  const verdict = canCall(token, {route, repo, then: explained.then})
  const about = {route: route.path, scopes: route.scopes, then: explained.then}
  return {...known, ...about, verdict, notes: [...notes, ...(inexact === undefined ? [] : [inexact])]}
}

function uncatalogued(reason: string): CallVerdict {
  return {answer: 'unknown', by: 'catalogue', reason, missing: []}
}

/** The call that was typed. Throws `USAGE` for none, and for one of another server. */
function callNamed(context: Context, {name}: Agent, method: string, target: string): PastedCall {
  const advice = [run`patrol can-i ${name} GET /repos/acme/core/issues`, run`patrol explain --table`]
  const usage = (what: string): OpsError => new OpsError('USAGE', {what, state: nothing('called'), advice})
  const own = context.gitea.address
  if (/^[a-z][a-z\d+.-]*:/i.test(target) && own !== undefined && !isBelow(target, own)) {
    throw usage(`${target} is not on ${own}, the server that patrol.yaml names.`)
  }
  const call = target.trim() === '' ? undefined : callOf(method, target)
  if (call) return call
  const web = /^https?:/i.test(target) ? ' It looks like a page of the web interface, which asks for no scope.' : ''
  throw usage(`"${method} ${target}" is no call of the API: METHOD is GET, POST, PUT, PATCH or DELETE.${web}`)
}

function isBelow(target: string, root: string): boolean {
  const [asked, own] = [URL.parse(target), URL.parse(root)]
  if (!asked || !own || asked.origin !== own.origin) return false
  return `${asked.pathname}/`.startsWith(`${own.pathname.replace(/\/*$/, '')}/`)
}

/** The repository that a path is about. */
function repoIn(path: string): string | undefined {
  const [, owner, name] = /^\/repos\/([^/]+)\/([^/]+)(?:\/|$)/.exec(path) ?? []
  const repo = `${owner}/${name}`
  return isRepository(repo) ? repo : undefined
}

/** Probes the agent's token; where its value can't be had, looks it up in the listing. */
async function looked(context: Context, agent: Agent, repo: string | undefined): Promise<TokenLook> {
  const had = await valueOf(context, agent)
  if (typeof had === 'string') return listed(context, agent, had)
  const subject = await probeSubject(context, {agent: agent.name})
  const [report, server] = await probed(context, {...subject, repo})
  return {token: knownByProbe(report), server, notes: []}
}

/** The value, or why there is none. */
async function valueOf(context: Context, agent: Agent): Promise<Secret | string> {
  const read = context.secrets.tokenOf(agent)
  const unread = orElse(({message}) => message, 'SECRET_UNREADABLE', 'TOKEN_MALFORMED')
  return (await read.catch(unread)) ?? `patrol does not know the token of ${agent.name}: its entry has no "token".`
}

/** Without the value: the row in the administrator's listing of the token that the agent was last proven on, or of its user's only one. */
async function listed(context: Context, agent: Agent, why: string): Promise<TokenLook> {
  const url = context.requireConfig().gitea.url
  const judged = (instead: CallVerdict): TokenLook => ({
    token: undefined,
    server: {url, unmet: true},
    notes: [],
    instead,
  })
  const {user} = agent
  const but = why.replace(/\.$/, '')
  const untold = (reason: string): TokenLook =>
    judged({answer: 'unknown', by: 'value', reason: `${but}, and ${reason}`, missing: []})
  if (!mayList(context)) return untold('no administrator is at hand whose listing could tell')
  const rows = await rowsOf(context, user)
  if (rows === undefined) {
    return judged({answer: 'no', by: 'nobody', reason: `there is no user ${user}`, missing: []})
  }
  if (typeof rows === 'string') return untold(`the administrator's listing can't be had: ${rows}`)
  const found = place(await provenOn(context, agent), rows)
  if (found.kind === 'none') {
    return judged({answer: 'no', by: 'dead', reason: `its user ${user} has no token`, missing: []})
  }
  if (found.kind === 'unlisted') {
    return untold(`${user} no longer has the token …${found.told.lastEight} that it was last proven on`)
  }
  if (found.kind === 'unclear') return untold(`nothing tells which of the ${rows.length} tokens of ${user} it runs on`)
  const version = await context.gitea.version(PATIENCE_MS).catch(orElse(() => undefined, 'unavailable'))
  const note = `${but}: this goes by the administrator's listing, which tells what its token was made with.`
  return {token: knownByRow(found.row), server: {url, version}, notes: [note]}
}

/** The user's tokens; a text says why they can't be had, undefined that there is no such user. */
function rowsOf(context: Context, user: string): Promise<TokenRow[] | string | undefined> {
  const read: Promise<TokenRow[] | string | undefined> = context.gitea.admin().then((gitea) => gitea.list(user))
  const missing = orElse<TokenRow[] | string | undefined>(() => undefined, 'GITEA_USER_UNKNOWN')
  const away = orElse<TokenRow[] | string | undefined>(({what}) => what.replace(/\.$/, ''), 'unavailable')
  return read.catch(missing).catch(away)
}

/** The token that the agent was last proven on, as far as this machine knows. */
async function provenOn(context: Context, {name}: Agent): Promise<Parameters<typeof place>[0]> {
  const store = await context.state.recordedStore()
  const proof = await store?.ledger.deployed(name)
  return proof && {lastEight: proof.lastEight, from: 'ledger', id: proof.token}
}

/** What the listing tells of a token: not whether its user is locked out, nor what that may. */
function knownByRow({lastEight, scopes, repositories}: TokenRow): KnownToken {
  return {
    lastEight,
    by: 'listing',
    life: {state: 'alive', reason: 'the listing has it'},
    granted: scopes,
    undecided: [],
    reach: repositories === undefined ? 'all' : (understood(repositories) ?? 'unknown'),
    isAdmin: undefined,
    access: undefined,
  }
}

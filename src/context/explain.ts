import type {Readable} from 'node:stream'
import {builtInProfiles} from '../config.ts'
import type {Agent, PatrolConfig} from '../config.ts'
import type {Context} from '../context.ts'
import {nothing, OpsError, run} from '../errors.ts'
import type {RouteAnswer} from '../probe/route.ts'
import {readPasted} from '../infer/pasted.ts'
import {askOfWords, isForeign} from '../infer/pasted/ask.ts'
import {askIn, callIn, holdsCredential, requestScopes, type Pasted, type PastedCall} from '../scopes/call.ts'
import {forgeOf, forgeWord} from '../forge.ts'
import {bare, catalogue, CATALOGUE_VERSIONS, catalogueName, CATALOGUES, readable} from '../scopes/catalogue.ts'
import type {Catalogue, ForgeName} from '../scopes/catalogue.ts'
import {explainCall, methodsOf, standings, type Explanation, type ProfileStanding} from '../scopes/explain.ts'
import {stretchText} from '../scopes/explain-words.ts'
import type {Scope} from '../scopes/vocabulary.ts'
import {seenTokens} from './sightings.ts'
import {DEFAULTS, nearestNote, releaseNamed, releaseOf, type NamedRelease, type ReleaseFlags} from './named.ts'

/** How long a server may take to say its version before the default does. */
const PATIENCE_MS = 3000
/** Nothing that people paste here is longer; whole logs are for `infer`. */
const MOST_BYTES = 256 * 1024

/** Which version is spoken of, and why that one. */
export interface Spoken extends NamedRelease {
  /** As the flag or the server names it. */
  named: string
  from: 'flag' | 'server' | 'default'
  /** What makes another command speak of the same: `--gitea-version 15.0.3`; empty where nothing was named. */
  flags: readonly string[]
  /** Why it is the default, or the nearest instead of the one named; undefined where there is nothing to say. */
  note: string | undefined
}

/** What an operator's arguments and flags ask to have explained, and what the shell brings along. */
export interface ExplainWishes extends ReleaseFlags {
  method?: string | undefined
  path?: string | undefined
  live?: string | undefined
  stdin: Readable & {isTTY?: boolean}
}

/** What was asked, with all that is known about it. */
export interface Explained {
  asked: Pasted
  spoken: Spoken
  /** Absent for a refusal that names no call. */
  call: Explanation | undefined
  /** The scopes it comes down to on the version spoken of. */
  scopes: readonly Scope[]
  who: readonly ProfileStanding[]
  profiles: ReadonlyMap<string, {scopes: readonly Scope[]}>
  /** What the server said with `--live`. */
  live: {agent: string; answer: RouteAnswer} | undefined
  /** What to know besides, in whole sentences: about the version, and about what was taken for granted. */
  notes: string[]
}

/**
 * The version to go by: the one named, else the server's own where one is configured, answers and is of the forge named,
 * else the forge's default. Throws as `releaseNamed`, to which `command` goes.
 */
export async function spokenVersion(
  context: Context,
  {forge, 'gitea-version': named}: ReleaseFlags,
  command: readonly string[],
): Promise<Spoken> {
  if (named !== undefined) {
    const release = releaseNamed(named, forge, command)
    return {...release, named, from: 'flag', note: nearestNote(release), flags: ['--gitea-version', named]}
  }
  const flags = forge === undefined ? [] : ['--forge', forge]
  const fallback = (why: string): Spoken => ({...byDefault(forge ?? 'gitea', why), flags})
  const url = context.gitea.settings()?.url ?? 'the server'
  try {
    const told = await context.gitea.version(PATIENCE_MS)
    if (told === undefined) return fallback(`${url} did not tell its version`)
    const server = forgeOf(told)
    const release = releaseOf(server)
    if (!release) return fallback(`${url} calls itself ${server.version}`)
    if (forge !== undefined && server.name !== forge) return fallback(`${url} is ${release.shown}`)
    return {...release, named: told, from: 'server', note: nearestNote(release), flags}
  } catch (error) {
    if (!(error instanceof OpsError) || error.category === 'interrupted') throw error
    if (error.code === 'CONFIG_NOT_FOUND') return fallback('No server is configured')
    if (error.category === 'unavailable') return fallback(`${url} did not answer`)
    throw error
  }
}

function byDefault(forge: ForgeName, why: string): Omit<Spoken, 'flags'> {
  const {version, server} = DEFAULTS[forge]
  const shown = `${forgeWord(forge)} ${server}`
  const note = `${why}: this is about ${shown}; --gitea-version names another.`
  return {version, shown, exact: true, named: server, from: 'default', note}
}

/**
 * Explains what was typed, pasted or piped. Throws `USAGE` for what is no call of Gitea's API, `ROUTE_UNKNOWN` where the
 * version has no such route, and for `--live` what probing throws.
 */
export async function explained(context: Context, wishes: ExplainWishes): Promise<Explained> {
  const asked = await askedFor(wishes)
  const agent = wishes.live === undefined ? undefined : context.agent(wishes.live)
  const spoken = await spokenVersion(context, wishes, lineOf(asked))
  const {config} = context
  const profiles = config?.profiles ?? builtInProfiles()
  const {call, notes: notesOnCall} = await callAmong(asked, spoken)
  const scopes = scopesOf(asked, call)
  if (agent && !call) {
    throw new OpsError('USAGE', {
      what: '--live needs a call to ask about, and what was given names none.',
      state: nothing('called'),
      advice: [run`patrol explain GET /user --live ${agent.name}`],
    })
  }
  const agents = inventory(config)
  const seen = agents.size === 0 || scopes.length === 0 ? undefined : await seenTokens(context)
  const who = standings(scopes, profiles, agents, call?.here.either, seen)
  const live = agent && call ? await asking(context, agent, call, spoken) : undefined
  const notes = [...notesOnCall, ...notesOn(asked, spoken, wishes)]
  return {asked, spoken, call, scopes, who, profiles, live, notes}
}

/** The call among what was pasted. Throws `ROUTE_UNKNOWN` for one that is none here, unless there is an answer to explain as well. */
async function callAmong(
  asked: Pasted,
  spoken: Spoken,
): Promise<{call: Explanation | undefined; notes: readonly string[]}> {
  const pasted = callIn(asked)
  if (!pasted) return {call: undefined, notes: []}
  const {version, shown} = spoken
  const methods = pasted.methodSaid ? [] : await methodsOf(pasted.path, version)
  const [first] = methods
  const method = first === undefined || methods.some((each) => each.method === 'GET') ? pasted.method : first.method
  const call = await explainCall(method, pasted.path, version)
  if (call.here.outcome === 'route') return {call, notes: pasted.methodSaid ? [] : [unnamed(method, methods)]}
  // A path that is no route is all that there is to say.
  if (asked.kind === 'call' || (asked.kind === 'refusal' && asked.answer.by === 'request')) throw unknown(call, spoken)
  return {call: undefined, notes: [`${method} ${readable(pasted.path)} is no call of ${shown}.`]}
}

/** What a text without a method may have meant besides. */
function unnamed(method: string, methods: readonly {method: string; scopes: readonly Scope[]}[]): string {
  const others = methods.filter((each) => each.method !== method)
  const needs = others.map((each) => `${each.method} needs ${each.scopes.join(' and ') || 'no scope'}`)
  return `No method was named: taken for a ${method}.${needs.length === 0 ? '' : ` ${needs.join('; ')}.`}`
}

function scopesOf(asked: Pasted, call: Explanation | undefined): readonly Scope[] {
  const request = askIn(asked)
  const needed = request && request.kind !== 'call' ? requestScopes(request) : (call?.here.scopes ?? [])
  return asked.kind === 'denial' ? [...new Set([...needed, ...asked.required])] : needed
}

function notesOn(asked: Pasted, {note}: Spoken, {method = '', path}: ExplainWishes): string[] {
  const more = askIn(asked)?.more ?? 0
  return [
    ...(more > 0 ? [`This is one of ${more + 1} calls in it; infer adds up whole logs.`] : []),
    ...(path === undefined && holdsCredential(method)
      ? [
          "The pasted text carries a credential, and your shell's history and the process list have it now: replace it. What is piped in does not leak.",
        ]
      : []),
    ...(note === undefined ? [] : [note]),
  ]
}

const inventory = (config: PatrolConfig | undefined): ReadonlyMap<string, Agent> => config?.agents ?? new Map()

async function askedFor({method, path, stdin}: ExplainWishes): Promise<Pasted> {
  if (method !== undefined && path !== undefined) return askOfWords(method, path) ?? noCall(`${method} ${path}`)
  const pasted = method === '-' ? undefined : method
  if (pasted === undefined && stdin.isTTY === true) return noCall('')
  const text = pasted ?? (await read(stdin))
  return (await readPasted(text)) ?? noCall(text)
}

async function read(stdin: Readable): Promise<string> {
  let text = ''
  for await (const chunk of stdin) {
    text += String(chunk)
    if (text.length > MOST_BYTES) break
  }
  return text
}

function noCall(text: string): never {
  const page =
    /^(?:GET )?https?:\/\/[^/]+\/(?!api\/)(?<repo>[\w.-]+\/[\w.-]+)(?:\/(?<part>issues|pulls))?(?:\/(?<index>\d+))?/.exec(
      text,
    )
  const {repo, part, index} = isForeign(text) ? {} : (page?.groups ?? {})
  const web = repo === undefined ? undefined : ['/repos', repo, part, index].filter(Boolean).join('/')
  const what =
    text.trim() === ''
      ? 'There is nothing to explain.'
      : isForeign(text)
        ? 'What was given is about another forge or registry, whose scopes are its own.'
        : 'Neither a call of the API nor an answer that is known is in what was given.'
  const hint = web === undefined ? '' : ' It looks like a page of the web interface, which asks for no scope.'
  const calls = [...(web === undefined ? [] : [web]), '/user'].map((path) => run`patrol explain GET ${path}`)
  const advice = [...calls, run`patrol explain --table`]
  throw new OpsError('USAGE', {what: what + hint, state: nothing('called'), advice})
}

/** No such route on the version spoken of: where it is, and what was most likely meant. */
function unknown(
  {method, path: typed, here, elsewhere, nearest}: Explanation,
  {version, shown, exact, flags}: Spoken,
): OpsError {
  const path = readable(typed)
  const where = elsewhere.map(({from, to, scopes, either}) => {
    const asks = scopes.join(either ? ' or ' : ' and ') || 'no scope'
    return `${stretchText(from, to)} has it, and asks for ${asks}.`
  })
  const near = nearest.map((each) => `  ${each.method} ${each.route}: ${each.scopes.join(' and ') || 'no scope'}`)
  const [first] = elsewhere
  const advice = [
    ...(first ? [run`patrol explain ${method} ${path} --gitea-version ${bare(first.to)}`] : []),
    ...nearest.map((each) => run`${['patrol', 'explain', each.method, each.path, ...flags]}`),
    ...(nearest.length === 0 && !first ? [run`patrol explain --table`] : []),
  ]
  const asked = {method, path, shown, elsewhere: where, near, advice}
  const {outcome, allowed} = here
  if (outcome === 'unclear') return new OpsError('ROUTE_UNKNOWN', {case: 'unclear', ...asked})
  if (!exact) return new OpsError('ROUTE_UNKNOWN', {case: 'inexact', ...asked, catalogue: catalogueName(version)})
  return outcome === 405
    ? new OpsError('ROUTE_UNKNOWN', {case: 405, ...asked, allowed})
    : new OpsError('ROUTE_UNKNOWN', {case: 404, ...asked})
}

/** The command without its flags; a call in the place of a refusal that names none. */
function lineOf(asked: Pasted): string[] {
  const call: Pick<PastedCall, 'method' | 'path'> = callIn(asked) ?? {method: 'GET', path: '/user'}
  return ['patrol', 'explain', call.method, readable(call.path)]
}

/** Asks the server itself; throws `ROUTE_DISAGREES` where the catalogue of just its version is wrong. */
async function asking(
  context: Context,
  agent: Agent,
  {here, path, route}: Explanation,
  spoken: Spoken,
): Promise<Explained['live']> {
  const [gitea, token] = [await context.gitea.prober(), await context.secrets.tokenOf(agent)]
  if (!token) throw new OpsError('CONFIG_INCOMPLETE', {case: 'token', agent: agent.name})
  const {gates, either, condition, method} = here
  const claim = {method, path: route ?? path, gates, either, condition: condition ?? undefined}
  const answer = await gitea.askRoute(token, claim)
  if (answer.outcome !== 'disagrees') return {agent: agent.name, answer}
  const {evidence, reason} = answer
  if (spoken.from !== 'server' || !spoken.exact) {
    const unsure = `${reason}; but this is the catalogue of ${catalogueName(spoken.version)}, and the server may be of another version`
    return {agent: agent.name, answer: {...answer, outcome: 'unknown', reason: unsure}}
  }
  const what = evidence ? `${evidence.method} ${evidence.path} was answered ${evidence.status}: ` : ''
  const why = `${reason} (${what}the token has what a probe found)`
  throw new OpsError('ROUTE_DISAGREES', {method, route: `${route}`, shown: spoken.shown, why, agent: agent.name})
}

/** The catalogue of the version spoken of; with `everything` and no version named, of all versions of the forge or forges. */
export async function tables(
  context: Context,
  flags: ReleaseFlags,
  everything: boolean,
): Promise<{catalogues: Catalogue[]; note: string | undefined}> {
  const all = everything && flags['gitea-version'] === undefined
  const {version, note} = all
    ? {version: undefined, note: undefined}
    : await spokenVersion(context, flags, ['patrol', 'explain', '--table'])
  const known = flags.forge === undefined ? CATALOGUE_VERSIONS : CATALOGUES[flags.forge]
  const versions = version === undefined ? known : [version]
  return {catalogues: await Promise.all(versions.map((each) => catalogue(each))), note}
}

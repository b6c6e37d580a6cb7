import {confinesTokens} from '../scopes/catalogue.ts'
import {isRepository} from '../scopes/repositories.ts'
import {compare, normalise} from '../scopes/sets.ts'
import {CATEGORIES, type Scope} from '../scopes/vocabulary.ts'
import type {Catalogue} from '../scopes/catalogue.ts'
import {compareRepositories, confinementFor, type Touched} from './confinement.ts'
import {Matcher} from './matcher.ts'
import type {CallTarget} from './matcher.ts'
import {own} from './own.ts'
import {gitRepository, WITH_TOKEN} from './reading.ts'
import type {OtherRequest, Sink} from './reading.ts'
import type {By, Group, Inference, RouteUse} from './result.ts'
import type {Actor, FoundCall, NotUnderstood} from './types.ts'
import {Unclears} from './unclear.ts'

/** How many callers are told apart; all further ones are summed up together. */
const MOST_CALLERS = 1000
const REST = '\0rest'
/** How many repositories are told apart, all callers taken together. */
const MOST_REPOSITORIES = 1000
/** Routes of one repository. */
const OF_REPOSITORY = '/repos/{owner}/{repo}'
/** A repository by its number, which is no name. */
const BY_ID = '/repositories/{id}'
const EXAMPLES = 3

interface CallerTally {
  actor: Actor
  rest: boolean
  routes: Map<CallTarget, RouteUse>
  calls: number
  unauthenticated: number
  others: Map<OtherRequest, number>
  repositories: Map<string, Touched>
  unnamed: number
}

/** What is to be added up, and how. */
export interface TallyOptions {
  catalogue: Catalogue
  /** It is another release's, the nearest. */
  nearest?: boolean
  by: By
  /** Only this user's calls; Gitea does not tell users apart by case. */
  user: string | undefined
}

/** Adds up calls as they come, in memory that depends on the routes and callers, never on how many calls there are. */
export class CallTally implements Sink {
  readonly #matcher: Matcher
  readonly #confines: boolean
  readonly #by: By
  readonly #user: string | undefined
  readonly #callers = new Map<string, CallerTally>()
  readonly #unclears = new Unclears()
  #repositories = 0
  calls = 0
  passedLines = 0
  leftOut = 0

  constructor({catalogue, nearest, by, user}: TallyOptions) {
    this.#matcher = new Matcher(catalogue, nearest)
    this.#confines = confinesTokens(catalogue.version)
    this.#by = by
    this.#user = user?.toLowerCase()
  }

  call({method, path, count, source, actor = {}, status}: FoundCall): void {
    if (!this.#wanted(actor)) {
      this.leftOut += count
      return
    }
    this.calls += count
    if (status === 401) {
      this.#caller(actor).unauthenticated += count
      return
    }
    const target = this.#matcher.target(method, path)
    if (target.kind === 'unclear') {
      // What the server did not know asks nothing of a token, whatever release it was.
      const harmless = status === 404 || status === 405
      this.#unclears.add({reason: target.reason, text: target.text, source, count, harmless})
      return
    }
    const caller = this.#caller(actor)
    caller.calls += count
    let use = caller.routes.get(target)
    if (!use) {
      const {kind: _, ...route} = target
      caller.routes.set(target, (use = {...route, count: 0, refused: 0, examples: []}))
    }
    use.count += count
    if (status === 403) use.refused += count
    if (use.examples.length < EXAMPLES) use.examples.push(source)
    // Whoever asks for what is not there, or is not shown, works elsewhere.
    if (status === 404) return
    const writes = target.method !== 'GET' && target.method !== 'HEAD'
    if (target.path.startsWith(OF_REPOSITORY)) this.#touch(caller, {name: repositoryIn(path), count, writes})
    else if (target.path === BY_ID) caller.unnamed += count
  }

  /** Whether no caller was met that counts. */
  get isEmpty(): boolean {
    return this.#callers.size === 0
  }

  notUnderstood(found: NotUnderstood): void {
    const target = found.suspected && this.#matcher.target(found.suspected.method, found.suspected.path)
    this.#unclears.add(found, target?.kind === 'route' ? target.scopes : undefined)
  }

  other(kind: OtherRequest, actor: Actor, uri?: string): void {
    if (!this.#wanted(actor)) {
      this.leftOut++
      return
    }
    const caller = this.#caller(actor)
    caller.others.set(kind, (caller.others.get(kind) ?? 0) + 1)
    if (uri === undefined || (kind !== 'git-fetch' && kind !== 'git-push')) return
    this.#touch(caller, {name: decoded(gitRepository(uri) ?? ''), count: 1, writes: kind === 'git-push'})
  }

  passed(lines: number): void {
    this.passedLines += lines
  }

  /**
   * What came of it; against `profile` where there is one. Where not all was read, or what may be a call was not understood,
   * nothing is in excess.
   */
  result(profile: Inference['profile'], allRead = true): Pick<Inference, 'groups' | 'notUnderstood' | 'complete'> {
    const sure = [...this.#callers.values()].flatMap(({routes}) => [...routes.values()])
    const notUnderstood = this.#unclears.result(normalise(sure.flatMap((use) => (use.either ? [] : use.scopes))))
    const complete = allRead && notUnderstood.calls === 0
    const callers = [...this.#callers.values()].toSorted((a, b) => Number(a.rest) - Number(b.rest) || b.calls - a.calls)
    if (callers.length === 0 && this.#by === 'none') callers.push(nobody({}, false))
    // Where callers have names, those without one are strangers: no profile is theirs, nor of who called nothing.
    const named = callers.some(({actor}) => nameOf(actor, this.#by) !== undefined)
    const groups = callers.map((caller) => {
      const judged = !named || (!caller.rest && caller.calls > 0 && nameOf(caller.actor, this.#by) !== undefined)
      return groupOf(caller, {confines: this.#confines, complete, profile: judged ? profile : undefined})
    })
    return {groups, notUnderstood, complete}
  }

  /** Notes the repository that a call is about. */
  #touch(caller: CallerTally, {name, count, writes}: Omit<Touched, 'name'> & {name: string | undefined}): void {
    const key = name?.toLowerCase() ?? ''
    const known = caller.repositories.get(key)
    if (known) {
      known.count += count
      known.writes ||= writes
    } else if (name === undefined || this.#repositories === MOST_REPOSITORIES) caller.unnamed += count
    else {
      this.#repositories++
      caller.repositories.set(own(key), {name: own(name), count, writes})
    }
  }

  #wanted(actor: Actor): boolean {
    return this.#user === undefined || actor.user?.toLowerCase() === this.#user
  }

  #caller(actor: Actor): CallerTally {
    const name = this.#by === 'none' ? '' : (nameOf(actor, this.#by)?.toLowerCase() ?? '')
    const known = this.#callers.get(name)
    if (known) return known
    const full = this.#callers.size >= MOST_CALLERS
    const key = full ? REST : name
    let caller = this.#callers.get(key)
    if (!caller) this.#callers.set(own(key), (caller = nobody(full ? {} : this.#shownActor(actor), full)))
    return caller
  }

  #shownActor({user, token}: Actor): Actor {
    if (this.#by === 'none') return this.#user !== undefined && user !== undefined ? {user: own(user)} : {}
    const name = this.#by === 'user' ? user : token
    return name === undefined ? {} : {[this.#by]: own(name)}
  }
}

function nobody(actor: Actor, rest: boolean): CallerTally {
  const counts = {calls: 0, unauthenticated: 0, unnamed: 0}
  return {actor, rest, routes: new Map(), others: new Map(), repositories: new Map(), ...counts}
}

/** `owner/name` as a path has it; undefined where a part of it is known only when the script runs. */
function repositoryIn(path: string): string | undefined {
  return decoded(/\/repos\/([^/?#]+\/[^/?#]+)/.exec(path)?.[1] ?? '')
}

function decoded(encoded: string): string | undefined {
  try {
    const repository = decodeURIComponent(encoded)
    return isRepository(repository) ? repository : undefined
  } catch {
    return undefined
  }
}

function nameOf(actor: Actor, by: By): string | undefined {
  if (by === 'none') return undefined
  return by === 'user' ? actor.user : actor.token
}

interface Judgement {
  confines: boolean
  complete: boolean
  profile: Inference['profile']
}

function groupOf(caller: CallerTally, {confines, complete, profile}: Judgement): Group {
  const {actor, rest, routes, calls, unauthenticated, others, repositories, unnamed} = caller
  const uses = [...routes.values()].toSorted((a, b) => b.count - a.count)
  const sure = uses.filter(({either}) => !either)
  const open = Map.groupBy(
    uses.filter(({either}) => either),
    (use) => use.scopes.join(' '),
  )
  const choices = [...open.values()].map((of) => ({scopes: of[0]!.scopes, routes: of}))
  const scopes = normalise(sure.flatMap((use) => use.scopes))
  const besides = [...others].map(([kind, count]) => ({kind, count, withToken: WITH_TOKEN[kind]}))
  const tolerated = [
    ...scopes,
    ...choices.flatMap((each) => each.scopes),
    ...besides.flatMap(({withToken}) => withToken ?? []),
  ]
  const touched = [...repositories.values()].toSorted((a, b) => b.count - a.count)
  const reach = {touched, unnamed, scopes: tolerated, routes: uses, complete}
  const held = profile?.scopes ?? []
  const listed = scopes.includes('all') ? CATEGORIES.map((category): Scope => `write:${category}`) : scopes
  return {
    actor,
    rest,
    calls,
    scopes,
    needs: listed.map((scope) => ({
      scope,
      // What asks for the scope itself stands before what only reads where it writes.
      routes: sure
        .filter((use) => use.scopes.some((each) => serves(scope, each)))
        .toSorted((x, y) => Number(y.scopes.includes(scope)) - Number(x.scopes.includes(scope))),
    })),
    choices,
    free: uses.filter((use) => use.scopes.length === 0),
    repositories: touched.map(({name}) => name),
    unnamed,
    confinement: confines ? confinementFor(reach) : undefined,
    unauthenticated,
    others: besides.toSorted((a, b) => b.count - a.count),
    difference: profile && {
      missing: compare(held, scopes).missing,
      missingOneOf: choices.map((each) => each.scopes).filter((any) => any.every((one) => lacks(held, one))),
      excess: complete ? compare(held, tolerated).excess : [],
      repositories:
        confines && Array.isArray(profile.repositories) ? compareRepositories(profile.repositories, reach) : undefined,
    },
  }
}

const lacks = (held: readonly Scope[], scope: Scope): boolean => compare(held, [scope]).missing.length > 0

/** Whether a scope of the sum is there because of this need: the same, or the write that takes the read in. */
function serves(scope: Scope, need: Scope): boolean {
  return scope === need || scope === need.replace('read:', 'write:')
}

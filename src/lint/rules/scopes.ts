import {meantBy} from '../../scopes/parse.ts'
import {dangers, type Profile} from '../../scopes/profiles.ts'
import {compare} from '../../scopes/sets.ts'
import {CATEGORIES, isScope, type Scope} from '../../scopes/vocabulary.ts'
import type {FindingDraft, LintKnowledge} from '../draft.ts'
import type {FileReading, ScopeList, Scopeless, ScopeName} from '../reading.ts'
import {looksLikeScope} from '../read/names.ts'
import {profileIn} from '../suppress.ts'
import {ownCall, type OwnCall} from './own-calls.ts'
import {isDenied, sentenceAt} from './prose.ts'

/** Scope lists: names that do not exist, too few, too many, dangerous, or none at all. */
export function* judgeScopes(reading: FileReading, knowledge: LintKnowledge): Iterable<FindingDraft> {
  for (const list of reading.scopeLists) {
    if (list.kind === 'declared' && !reading.aboutGitea && !list.names.some(({name}) => isOurs(name))) continue
    if (list.kind === 'told' && !reading.aboutGitea && isElsewhere(reading.text)) continue
    const names = list.names.filter((name) => applies(name, list, reading))
    for (const name of names) if (!isScope(name.name)) yield unknown(name)
    const known = names.flatMap(({name}) => (isScope(name) ? [name] : meantBy(name).scopes))
    if (list.kind === 'told' && list.open) continue
    const unwarned = names.filter((name) => !isWarnedOf(name, list, reading))
    yield* dangerous(unwarned, (scope) => ownCall(scope, reading, knowledge.catalogue))
    yield* redundant(names)
    const profile = list.kind === 'profile' || list.open ? undefined : profileFor(list, reading, knowledge)
    if (profile) yield* compared(list, known, profile, (scope) => ownCall(scope, reading, knowledge.catalogue))
  }
  for (const mint of reading.scopeless) yield none(mint)
  yield* halfPurposes(reading)
}

/** Names that no other forge has. */
const isOurs = (name: string) => isScope(name) && /:(?!user$|package$)/.test(name)

/** In prose a name counts only where the text does not say that it is wrong. */
function applies({name, at}: ScopeName, {kind, sure = false, said}: ScopeList, reading: FileReading): boolean {
  if (kind !== 'told') return true
  const sentence = said ?? sentenceAt(at, reading)
  const isDeniedHere = isDenied(sentence) || sentence.includes(`not \`${name}\``)
  return (sure || looksLikeScope(name)) && !isDeniedHere && !isElsewhere(sentence) && !isTranslated(name, sentence)
}

/** "`repo` on GitHub". */
const isElsewhere = (sentence: string) => /\b(?:github|gitlab|bitbucket|oauth2?|openid|oidc|slack)\b/i.test(sentence)

/** "`read:org` is `read:organization` now", or a row with the old name and the new one. */
function isTranslated(name: string, sentence: string): boolean {
  const {scopes} = meantBy(name)
  const named = scopes.length > 0 && scopes.every((scope) => sentence.includes(`\`${scope}\``))
  return (
    named && !isScope(name) && /^\||→|->|=>|\b(?:now|instead|formerly|became|becomes|renamed|called)\b/i.test(sentence)
  )
}

/** "`all` must never be given to an agent". */
function isWarnedOf({at}: ScopeName, {kind}: ScopeList, reading: FileReading): boolean {
  return (
    kind === 'told' && /\b(?:never|not|nobody|only|except|without|avoid|no)\b|n['’]t\b/i.test(sentenceAt(at, reading))
  )
}

function unknown({name, at, exact}: ScopeName): FindingDraft {
  const {scopes, why} = meantBy(name)
  const [only] = scopes
  const safe = only !== undefined && scopes.length === 1 && exact && dangers(scopes).length === 0
  return {
    rule: 'scope-unknown',
    at,
    message: `There is no scope "${name}"${why === '' ? '' : `: ${why}`}.`,
    fix: `Write ${scopes.length > 0 ? scopes.join(' and ') : ALL_NAMES}.`,
    ...(safe && {edit: {...at, text: only}}),
    kind: name,
  }
}

const ALL_NAMES = `all, public-only, or read:… or write:… with one of: ${CATEGORIES.join(', ')}`

function* dangerous(names: readonly ScopeName[], own: (scope: Scope) => OwnCall | undefined): Iterable<FindingDraft> {
  for (const {scope, why} of dangers(names.map(({name}) => name).filter(isScope))) {
    const name = names.find((candidate) => candidate.name === scope)
    if (!name) continue
    const call = own(scope)
    yield {
      rule: 'scope-dangerous',
      at: name.at,
      message: `An agent's token should not have "${scope}": ${why}.${call ? ` This file's own ${call.shown} needs it.` : ''}`,
      fix: call
        ? `Instead of ${call.shown}: ${call.wayOut}. Then leave "${scope}" out.`
        : `Leave "${scope}" out. Which scopes the agent's calls need: patrol infer PATH`,
      kind: scope,
    }
  }
}

function* redundant(names: readonly ScopeName[]): Iterable<FindingDraft> {
  const all = new Set(names.map(({name}) => name))
  const seen = new Set<string>()
  for (const {name, at} of names) {
    const write = name.replace(/^read:/, 'write:')
    const included = name !== write && all.has(write)
    if (isScope(name) && (included || seen.has(name))) {
      yield {
        rule: 'scope-redundant',
        at,
        message: included
          ? `"${write}" includes "${name}"; only the write is stored.`
          : `"${name}" stands in this list twice.`,
        fix: included ? `Keep only the level that is needed: ${name} or ${write}.` : 'Take one of them out.',
        kind: name,
      }
    }
    seen.add(name)
  }
}

function* compared(
  list: ScopeList,
  scopes: readonly Scope[],
  profile: Profile,
  own: (scope: Scope) => OwnCall | undefined,
): Iterable<FindingDraft> {
  const {missing, excess} = compare(scopes, profile.scopes)
  if (missing.length > 0) {
    yield {
      rule: 'scope-missing',
      at: list.at,
      message: `The profile "${profile.name}" needs ${missing.join(' and ')}, which this list lacks.`,
      fix: `Add ${missing.join(',')}.`,
      kind: `${profile.name} ${missing.join(',')}`,
    }
  }
  if (excess.length > 0) {
    const [call] = excess.flatMap((scope) => own(scope) ?? [])
    yield {
      rule: 'scope-excess',
      at: list.at,
      message: `The profile "${profile.name}" does not need ${excess.join(' and ')}.`,
      fix: call
        ? `Let the profile ask for what this file's own ${call.shown} needs, or leave that call to another token.`
        : `Take ${excess.join(',')} out, or let the profile ask for it.`,
      kind: `${profile.name} ${excess.join(',')}`,
    }
  }
}

/** The chosen profile, else the one that a comment above the list declares. */
function profileFor(list: ScopeList, {comments}: FileReading, {options}: LintKnowledge): Profile | undefined {
  if (options.profile !== undefined) return options.profiles.get(options.profile)
  const declared = comments
    .filter(({at}) => at.from < list.at.from)
    .map(profileIn)
    .findLast((name) => name !== undefined)
  return declared === undefined ? undefined : options.profiles.get(declared)
}

const NONE: Readonly<Record<Scopeless['by'], [message: string, fix: string]>> = {
  cli: [
    'The token is generated without --scopes: up to Gitea 1.23.6 it may do nothing, from 1.23.7 on everything.',
    'Add --scopes read:issue,write:repository,read:user (or what its profile needs).',
  ],
  'cli-create': [
    'The first token is made without --access-token-scopes: up to Gitea 1.23.6 it may do nothing, from 1.23.7 on everything.',
    'Add --access-token-scopes (Gitea 1.23.7 and newer), or make the token by itself, with --scopes.',
  ],
  api: [
    'The request names no scopes: Gitea answers 400 from 1.22.3 on and makes a useless token before.',
    'Add "scopes": ["read:issue", "write:repository", "read:user"] (or what its profile needs).',
  ],
  terraform: [
    'The gitea_token resource has no scopes: the API refuses it from Gitea 1.22.3 on and makes a useless token before.',
    'Add scopes = ["read:issue", "write:repository", "read:user"] (or what its profile needs).',
  ],
}

function none({by, at}: Scopeless): FindingDraft {
  const [message, fix] = NONE[by]
  return {rule: 'scopes-none', at, message, fix, kind: by}
}

/** "`write:issue` only if they comment on issues": comments on pull requests need it too. */
function* halfPurposes({passages, aboutGitea}: FileReading): Iterable<FindingDraft> {
  if (!aboutGitea) return
  for (const {text, at, kind} of passages) {
    if (kind !== 'paragraph' || !text.includes('`write:issue`')) continue
    if (!/\bonly\b/i.test(text) || !/\bcomment/i.test(text) || /pull.?request|\bPRs?\b/i.test(text)) continue
    yield {
      rule: 'scope-purpose-incomplete',
      at,
      message: 'A plain comment on a pull request needs `write:issue` too, not only one on an issue.',
      fix: 'Say: needed to comment on issues and on pull requests. Check it: patrol explain POST /api/v1/repos/OWNER/REPO/issues/1/comments',
      kind: 'write:issue',
    }
  }
}

import {parseBaseUrl} from '../http/address.ts'
import {OpsError} from '../errors.ts'
import {LONGEST, formatDuration, parseDuration} from './duration.ts'
import {nearest} from './nearest.ts'
import {isRepository} from '../scopes/repositories.ts'
import {remember} from '../secret.ts'
import {deceives} from '../visible.ts'
import type {KeyPlace, YamlSource} from './document.ts'
import {A_REFERENCE, jsonSchema, SHAPE} from './schema.ts'
import type {RawConfig} from './schema.ts'

/** One mistake in patrol.yaml and where it stands. */
export interface Problem {
  place: KeyPlace
  /** The keys that lead to it, joined by dots; empty for the file as a whole. */
  at: string
  message: string
}

/** What the check has to know about scopes. */
export interface Vocabulary {
  profiles: readonly string[]
  /** What is wrong with a scope, naming the real one; undefined for a real one. */
  complaint(scope: string): string | undefined
}

type Path = readonly PropertyKey[]

/** Checks shape and meaning; returns the mistakes in the order in which they stand, and the value if there are none. */
export function checkConfig(source: YamlSource, vocabulary: Vocabulary): {problems: Problem[]; raw?: RawConfig} {
  if (source.mistakes.length > 0) return {problems: source.mistakes.map((mistake) => ({...mistake, at: ''}))}
  const problems: Problem[] = []
  const report = (path: Path, message: string, on: 'key' | 'value' = 'value'): void => {
    const place = on === 'key' ? source.keyAt(path) : source.valueAt(path)
    problems.push({place, at: path.map(String).join('.'), message})
  }
  checkTexts(source.value, [], report)
  if (problems.length > 0) return {problems}
  const parsed = SHAPE.safeParse(source.value)
  if (parsed.success) checkMeaning(parsed.data, vocabulary, report)
  else for (const issue of parsed.error.issues) describe(issue, source.value, report)
  problems.sort((a, b) => a.place.line - b.place.line || a.place.column - b.place.column)
  return parsed.success && problems.length === 0 ? {problems, raw: parsed.data} : {problems}
}

/** Names and addresses stand in messages, reports and requests, so none holds what a terminal obeys or nobody sees. */
function checkTexts(value: unknown, path: Path, report: Report): void {
  const hint = 'a control character, or one that cannot be seen; write it without'
  if (typeof value === 'string' && deceives(value, {lines: value.startsWith('exec:')})) report(path, `it holds ${hint}`)
  if (Array.isArray(value)) for (const [index, each] of value.entries()) checkTexts(each, [...path, index], report)
  else if (isMapping(value)) {
    for (const [key, each] of Object.entries(value)) {
      if (deceives(key)) report([...path, key], `this key holds ${hint}`, 'key')
      else checkTexts(each, [...path, key], report)
    }
  }
}

type Report = (path: Path, message: string, on?: 'key' | 'value') => void
type SchemaIssue = NonNullable<ReturnType<typeof SHAPE.safeParse>['error']>['issues'][number]

/** zod's issue in our words; a value that may be a secret is never quoted. */
function describe(issue: SchemaIssue, value: unknown, report: Report): void {
  const {path} = issue
  const name = path.map(String).join('.')
  if (issue.code === 'unrecognized_keys') {
    for (const key of issue.keys) {
      const [near] = nearest(key, knownKeys(path))
      const hint = near ? `did you mean "${near}"?` : `known here: ${knownKeys(path).join(', ')}`
      report([...path, key], `unknown key "${key}"; ${hint}`, 'key')
    }
    return
  }
  if (issue.code === 'invalid_key') return report(path, `"${String(path.at(-1))}" cannot be an agent's name`, 'key')
  const found = valueAt(value, path)
  if (found === undefined && path.length > 0) return report(path, `"${name}" is missing`)
  if (path.length === 0) return report(path, 'the file has to hold a mapping; "gitea:" comes first')
  if (issue.code === 'too_small' && issue.origin === 'string') return report(path, `"${name}" must not be empty`)
  if (issue.message === A_REFERENCE && typeof found === 'string') remember(found)
  report(path, `"${name}" has to be ${wantedBy(issue)}`)
}

const KINDS: Record<string, string> = {
  string: 'text (in quotes if it looks like a number)',
  object: 'a mapping of keys to values',
  record: 'a mapping of names to values',
  array: 'a list',
  boolean: 'true or false',
  int: 'a whole number',
  number: 'a whole number',
}

function wantedBy(issue: SchemaIssue): string {
  if (issue.code === 'invalid_type') return KINDS[issue.expected] ?? issue.expected
  if (issue.code === 'invalid_value') return `one of ${issue.values.map(String).join(', ')}`
  return issue.message
}

function checkMeaning(raw: RawConfig, vocabulary: Vocabulary, report: Report): void {
  checkUrl(['gitea', 'url'], raw.gitea.url, raw.gitea['insecure-http'], report)
  if (raw.platform) checkUrl(['platform', 'url'], raw.platform.url, raw.platform['insecure-http'], report)
  for (const key of ['gitea', 'platform'] as const) {
    // Nothing is ever sent there, so how it would be reached does not matter.
    for (const [index, url] of (raw[key]?.formerly ?? []).entries())
      checkUrl([key, 'formerly', index], url, true, report)
  }
  const admin = raw.gitea.admin
  if (admin && (admin.password === undefined) === (admin.token === undefined)) {
    report(['gitea', 'admin'], '"gitea.admin" needs either password or token, and not both')
  }
  if (admin?.token !== undefined && admin.totp !== undefined) {
    report(
      ['gitea', 'admin', 'totp'],
      '"gitea.admin.totp" belongs to a password; a token needs no one-time code',
      'key',
    )
  }
  checkDurations(raw, report)
  const own = raw.profiles ?? {}
  for (const [name, {scopes, repositories}] of Object.entries(own)) {
    for (const [index, scope] of scopes.entries()) {
      const complaint = vocabulary.complaint(scope)
      if (complaint) report(['profiles', name, 'scopes', index], complaint)
    }
    if (scopes.length === 0) report(['profiles', name, 'scopes'], `the profile "${name}" has no scopes`)
    if (Array.isArray(repositories)) checkRepositories(['profiles', name, 'repositories'], repositories, report)
  }
  const profiles = [...new Set([...vocabulary.profiles, ...Object.keys(own)])]
  for (const [name, {profile}] of Object.entries(raw.agents ?? {})) {
    if (profile === undefined || profiles.includes(profile)) continue
    const [near] = nearest(profile, profiles)
    const hint = near ? `did you mean "${near}"?` : `known: ${profiles.join(', ')}`
    report(['agents', name, 'profile'], `unknown profile "${profile}"; ${hint}`)
  }
}

/** What is no list of repositories; which scopes may stand beside it, only a server can tell. */
function checkRepositories(at: Path, repositories: readonly string[], report: Report): void {
  const list = `"${at.map(String).join('.')}"`
  if (repositories.length === 0) {
    report(at, `${list} is empty, and a token confined to nothing can do nothing; name owner/name, or say all`)
  }
  for (const [index, repo] of repositories.entries()) {
    const before = repositories.slice(0, index).find((other) => other.toLowerCase() === repo.toLowerCase())
    if (!isRepository(repo)) report([...at, index], `"${repo}" is not a repository; write owner/name`)
    else if (before !== undefined) report([...at, index], `"${repo}" stands there twice`)
  }
}

function checkDurations({platform, profiles = {}}: RawConfig, report: Report): void {
  const bounded: [Path, string | undefined, number][] = [
    [['platform', 'auto-restart-wait'], platform?.['auto-restart-wait'], LONGEST.wait],
    [['platform', 'restart-deadline'], platform?.['restart-deadline'], LONGEST.wait],
    ...Object.entries(profiles).map(([name, profile]): [Path, string | undefined, number] => [
      ['profiles', name, 'max-age'],
      profile['max-age'],
      LONGEST.age,
    ]),
  ]
  for (const [path, text, longest] of bounded) {
    if (text === undefined || parseDuration(text, longest) !== undefined) continue
    report(path, `"${path.map(String).join('.')}" may be ${formatDuration(longest)} at most`)
  }
}

function checkUrl(path: Path, url: string, insecureHttp: boolean | undefined, report: Report): void {
  try {
    parseBaseUrl(url, insecureHttp)
  } catch (error) {
    if (!(error instanceof OpsError)) throw error
    const said = [error.what, ...error.suggestions].join(' ')
    report(path, said.replace('--insecure-http', 'insecure-http: true'))
  }
}

function valueAt(value: unknown, path: Path): unknown {
  return path.reduce<unknown>((inner, key) => (isMapping(inner) ? inner[key] : undefined), value)
}

function isMapping(value: unknown): value is Record<PropertyKey, unknown> {
  return typeof value === 'object' && value !== null
}

/** The keys that the schema knows below a path. */
function knownKeys(path: Path): string[] {
  let node: SchemaNode | undefined = jsonSchema()
  for (const key of path) node = node?.properties?.[String(key)] ?? node?.additionalProperties ?? node?.items
  return Object.keys(node?.properties ?? {})
}

interface SchemaNode {
  properties?: Record<string, SchemaNode>
  additionalProperties?: SchemaNode
  items?: SchemaNode
}

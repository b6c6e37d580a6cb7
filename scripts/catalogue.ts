/**
 * Writes `src/scopes/catalogue.json` from the simulator's route tables: every route of every version once, with the
 * versions of Gitea and of Forgejo it is in, its gates and what decides after them. Run it after a change of a table.
 */
import {readFileSync, writeFileSync} from 'node:fs'
import {resolve} from 'node:path'
import {FORGEJO_TABLES, GITEA_VERSIONS} from '../src/simulator/types.ts'

const root = resolve(import.meta.dirname, '..')
const FORGES = {gitea: GITEA_VERSIONS, forgejo: FORGEJO_TABLES} as const
type Forge = keyof typeof FORGES

interface Fact {
  method: string
  path: string
  gates: string
  notes: string
  /** The places of its versions in the forge's own list. */
  versions: Record<Forge, number[]>
}

/** What a middleware behind the gate wants of the caller; those that only look things up are left out. */
const WANTS: Record<string, string> = {
  reqSiteAdmin: 'site-admin',
  reqBasicAuth: 'password',
  reqBasicOrRevProxyAuth: 'password',
  reqOrgOwnership: 'org-owner',
  reqOrgMembership: 'org-member',
  reqTeamMembership: 'team-member',
  reqTeamReadAccess: 'team-member',
  reqAdmin: 'repo-admin',
  reqOwner: 'repo-owner',
  reqGitHook: 'git-hooks',
  reqRepoWriter: 'repo-write',
  reqRepoBranchWriter: 'repo-write',
  ReqChangeRepoFileOptionsAndCheck: 'repo-write',
  ReqHTTPSignature: 'signature',
  ReqHTTPUserSignature: 'signature',
  ReqHTTPUserOrInstanceSignature: 'signature',
}

/** Who passes the first passes the others as well: only the first is worth telling. */
const STRONGEST = [
  'site-admin',
  'git-hooks',
  'repo-owner',
  'repo-admin',
  'repo-write',
  'org-owner',
  'team-member',
  'org-member',
]

const CONDITIONS: Record<string, string> = {
  'setting.API.EnableSwagger': 'swagger',
  'setting.Federation.Enabled': 'federation',
  'setting.Service.EnableUserHeatmap': 'heatmap',
  'setting.Quota.Enabled': 'quota',
  'setting.Repository.EnableFlags': 'flags',
  '!setting.Repository.DisableForks': 'forks',
  '!setting.Repository.DisableStars': 'stars',
}

/** From which Forgejo on only a password mints and deletes tokens (11.0.4). */
const PASSWORD_ONLY = FORGEJO_TABLES.indexOf('forgejo-11')

function noteOf(stage: string, path: string, ungated: boolean): string | undefined {
  const [, name = '', args = ''] = /^(?:\w+\.)?(\w+)(?:\((.*)\))?$/.exec(stage) ?? []
  const inOrg = path.startsWith('/orgs/')
  if (name === 'reqChecker' || name === 'reqOwnerCheck') return inOrg ? 'org-owner' : 'repo-owner'
  if (name === 'reqReaderCheck') return inOrg ? 'org-member' : undefined
  if (name === 'reqPackageAccess' && args.includes('Write')) return 'package-write'
  if (name === 'reqToken' && ungated) return 'any-token'
  return WANTS[name]
}

function notesOf(path: string, condition: string, stages: string, ungated: boolean, passwordOnly: boolean): string {
  const found = new Set(
    stages
      .split(' > ')
      .slice(0, -1)
      .flatMap((stage) => noteOf(stage, path, ungated) ?? [])
      .map((note) => (note === 'password' && passwordOnly ? 'password-only' : note)),
  )
  const strongest = STRONGEST.find((note) => found.has(note))
  const kept = strongest === undefined ? [...found] : [strongest]
  return [CONDITIONS[condition] ?? [], kept].flat().join(' ')
}

const facts = new Map<string, Fact>()
const tables = [
  ...GITEA_VERSIONS.map((table, version) => ({forge: 'gitea' as const, version, table})),
  ...FORGEJO_TABLES.map((table, version) => ({forge: 'forgejo' as const, version, table})),
]
for (const {forge, version, table} of tables) {
  const file = resolve(root, `src/simulator/gitea/routes/${table}.json`)
  const rows: [string, string, string, string, string][] = JSON.parse(readFileSync(file, 'utf8'))
  for (const [methods, pattern, gate, condition, stages] of rows) {
    const gates = gate.startsWith('-') ? '' : gate
    const notes = notesOf(pattern, condition, stages, gates === '', forge === 'forgejo' && version >= PASSWORD_ONLY)
    const path = pattern.replace('/repos/{username}/{reponame}', '/repos/{owner}/{repo}')
    const named = methods === 'ANY' ? 'GET,HEAD,POST,PUT,PATCH,DELETE' : methods
    for (const method of named.split(',')) {
      const key = [method, path, gates, notes].join(' ')
      const fact = facts.get(key) ?? {method, path, gates, notes, versions: {gitea: [], forgejo: []}}
      fact.versions[forge].push(version)
      facts.set(key, fact)
    }
  }
}

/** `1.22` for all from there on, `1.20-1.25` for a stretch, several with commas, empty for all, `none` for none. */
function stretches(forge: Forge, versions: readonly number[]): string {
  if (versions.length === 0) return 'none'
  const starts = versions.filter((version) => !versions.includes(version - 1))
  const ends = versions.filter((version) => !versions.includes(version + 1))
  return starts.map((first, at) => stretch(forge, first, ends[at]!)).join(',')
}

function stretch(forge: Forge, first: number, last: number): string {
  const name = (version: number): string => /\d+(?:\.\d+)?/.exec(FORGES[forge][version] ?? '')![0]
  if (last === FORGES[forge].length - 1) return first === 0 ? '' : name(first)
  return `${name(first)}-${name(last)}`
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']
const lines = [...facts.values()]
  .toSorted((a, b) => compare(a.path, b.path) || METHODS.indexOf(a.method) - METHODS.indexOf(b.method))
  .map(({method, path, gates, notes, versions}) => {
    const row = [method, path, gates, stretches('gitea', versions.gitea), notes, stretches('forgejo', versions.forgejo)]
    while (row.at(-1) === '') row.pop()
    return `  ${JSON.stringify(row).replaceAll('","', '", "')}`
  })
writeFileSync(resolve(root, 'src/scopes/catalogue.json'), `[\n${lines.join(',\n')}\n]\n`)

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/**
 * Writes `src/scopes/catalogue.json` from the simulator's route tables: every route of every version once, with the
 * versions it is in, its gates and what decides after them. Run it after a change of a table.
 */
import {readFileSync, writeFileSync} from 'node:fs'
import {resolve} from 'node:path'
import {GITEA_VERSIONS as TABLES} from '../src/simulator/types.ts'

const root = resolve(import.meta.dirname, '..')
const LAST = TABLES.length - 1

interface Fact {
  method: string
  path: string
  gates: string
  notes: string
  versions: number[]
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
}

function noteOf(stage: string, path: string, ungated: boolean): string | undefined {
  const [, name = '', args = ''] = /^(?:\w+\.)?(\w+)(?:\((.*)\))?$/.exec(stage) ?? []
  const inOrg = path.startsWith('/orgs/')
  if (name === 'reqChecker' || name === 'reqOwnerCheck') return inOrg ? 'org-owner' : 'repo-owner'
  if (name === 'reqReaderCheck') return inOrg ? 'org-member' : undefined
  if (name === 'reqPackageAccess' && args.includes('Write')) return 'package-write'
  if (name === 'reqToken' && ungated) return 'any-token'
  return WANTS[name]
}

function notesOf(path: string, condition: string, stages: string, ungated: boolean): string {
  const found = new Set(
    stages
      .split(' > ')
      .slice(0, -1)
      .flatMap((stage) => noteOf(stage, path, ungated) ?? []),
  )
  const strongest = STRONGEST.find((note) => found.has(note))
  const kept = strongest === undefined ? [...found] : [strongest]
  return [CONDITIONS[condition] ?? [], kept].flat().join(' ')
}

const facts = new Map<string, Fact>()
for (const [version, table] of TABLES.entries()) {
  const file = resolve(root, `src/simulator/gitea/routes/${table}.json`)
  const rows: [string, string, string, string, string][] = JSON.parse(readFileSync(file, 'utf8'))
  for (const [methods, pattern, gate, condition, stages] of rows) {
    const gates = gate.startsWith('-') ? '' : gate
    const notes = notesOf(pattern, condition, stages, gates === '')
    const path = pattern.replace('/repos/{username}/{reponame}', '/repos/{owner}/{repo}')
    const named = methods === 'ANY' ? 'GET,HEAD,POST,PUT,PATCH,DELETE' : methods
    for (const method of named.split(',')) {
      const key = [method, path, gates, notes].join(' ')
      const fact = facts.get(key) ?? {method, path, gates, notes, versions: []}
      fact.versions.push(version)
      facts.set(key, fact)
    }
  }
}

/** `1.22` for all from there on, `1.20-1.25` for a stretch, empty for all. */
function stretch(versions: readonly number[]): string {
  const [first = 0, last = 0] = [versions[0], versions.at(-1)]
  if (last - first !== versions.length - 1) throw new Error(`a route came, went and came again: ${versions.join()}`)
  const name = (version: number): string => TABLES[version]!.split('.').slice(0, 2).join('.')
  if (last === LAST) return first === 0 ? '' : name(first)
  return `${name(first)}-${name(last)}`
}

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE']
const lines = [...facts.values()]
  .toSorted((a, b) => compare(a.path, b.path) || METHODS.indexOf(a.method) - METHODS.indexOf(b.method))
  .map(({method, path, gates, notes, versions}) => {
    const row = [method, path, gates, stretch(versions), notes]
    while (row.at(-1) === '') row.pop()
    return `  ${JSON.stringify(row).replaceAll('","', '", "')}`
  })
writeFileSync(resolve(root, 'src/scopes/catalogue.json'), `[\n${lines.join(',\n')}\n]\n`)

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

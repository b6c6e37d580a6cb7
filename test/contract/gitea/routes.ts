import {readFileSync} from 'node:fs'
import {z} from 'zod'
import type {TableVersion} from '../../../src/simulator/types.ts'
import {NOBODY, type Names} from './fixture.ts'

/** One route of a version's table. */
export interface Route {
  method: string
  /** Below `/api/v1`, with placeholders that resolve to nothing. */
  path: string
  /** As the table spells it, to name a test. */
  pattern: string
  level: 'read' | 'write'
  /** Successive gates; each wants all of its categories. Empty where no gate ever refuses. */
  gates: string[][]
  /** Whether just one of the gates stands there, behind the look-up of the repository: that of its owner's kind. */
  either: boolean
  /** The server's setting without which the route is not there. */
  condition: string | undefined
}

/** Method, path, gates (`+` in one gate, `;` between gates), condition, stages. */
const row = z.tuple([z.string(), z.string(), z.string(), z.string(), z.string()])

/** The table of a version; routes that only a fork has (its projects) are left out. */
export function routesOf(version: TableVersion): Route[] {
  const file = new URL(`../../../src/simulator/gitea/routes/${version}.json`, import.meta.url)
  const rows = z.array(row).parse(JSON.parse(readFileSync(file, 'utf8')))
  return rows.flatMap(routesOfRow).filter((route) => !route.gates.flat().includes('project'))
}

function routesOfRow([methods, pattern, gates, condition]: z.infer<typeof row>): Route[] {
  return methods.split(',').map((named) => {
    const method = named === 'ANY' ? 'GET' : named
    return {
      method,
      path: filled(pattern),
      pattern,
      level: ['POST', 'PUT', 'PATCH', 'DELETE'].includes(method) ? 'write' : 'read',
      gates: gates.startsWith('-') ? [] : gates.split(/[;|]/).map((gate) => gate.split('+')),
      either: gates.includes('|'),
      condition: condition === '-' ? undefined : condition,
    }
  })
}

const NO_SUCH_NUMBER = '9223372036854775807'
const FIXED: Record<string, string> = {ball_type: 'tarball', diffType: 'diff'}

function filled(pattern: string): string {
  return pattern
    .replace(/\{([\w-]+)(?::[^}]*)?\}/g, (_, name: string) => FIXED[name] ?? (isNumber(name) ? NO_SUCH_NUMBER : NOBODY))
    .replace('/*/<', '/<')
    .replace(/<[^>]*>|\*/g, NOBODY)
}

const isNumber = (name: string) => /(^|[_-])(id|index|teamid|attempt|run|position)$/.test(name)

/** The same path below a user, an organisation or a repository that can be found. */
export function existing(path: string, who: Names): string {
  return path
    .replace(`/users/${NOBODY}`, `/users/${who.alice}`)
    .replace(`/orgs/${NOBODY}`, `/orgs/${who.club}`)
    .replace(`/repos/${NOBODY}/${NOBODY}`, `/repos/${who.alice}/open`)
}

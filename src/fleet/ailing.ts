import {nothing, OpsError, run} from '../errors.ts'
import {excerpt} from '../secret.ts'
import {rotate} from './fixes.ts'
import {field, list, parsed, word} from './json.ts'
import {RULES} from './rules.ts'

/** Whom an audit wants rotated. */
export interface Ailing {
  /** Of Gitea, as the audit was told it. */
  giteaUrl: string
  /** Agents that a rotation cures, in the order of the audit, with the last eights of the tokens that it saw them with. */
  cured: Map<string, readonly string[]>
  /** Agents with such findings that something else cures. */
  others: string[]
  /** Agents that it could not judge in full. */
  unjudged: string[]
}

/** What an audit's document says of one agent. */
interface AuditedAgent {
  agent: string
  lastEights: string[]
}

const DOCUMENT = 'patrol/envelope/1'
const LINES = 'patrol/audit-lines/1'

/**
 * Reads what `patrol audit --json` or `--report json|ndjson` wrote: who has a finding that counts (of these rules, where any are
 * given) and is cured by a rotation. `name` is for messages. Throws `AUDIT_UNUSABLE` for what is no audit, of another
 * version, or was cut, and `USAGE` for a rule that there is not; nothing was called then.
 */
export function ailing(text: string, name: string, rules: readonly string[] = []): Ailing {
  const unknown = rules.find((rule) => !RULES.some(({id}) => id === rule))
  if (unknown !== undefined) {
    const what = `There is no rule "${excerpt(unknown, 40)}".`
    throw new OpsError('USAGE', {what, state: nothing('called'), advice: [run`patrol audit --list-rules`]})
  }
  const {head, agents, findings, incomplete} = auditIn(text, name)
  const meant = findings.filter(
    (finding) => counts(finding) && (rules.length === 0 || rules.includes(word(finding, 'rule'))),
  )
  const cured = new Map<string, readonly string[]>()
  const others: string[] = []
  for (const {agent, lastEights} of agents) {
    const fixes = meant.filter((finding) => word(finding, 'agent') === agent).map((finding) => field(finding, 'fix'))
    if (fixes.includes(rotate({agent}).command)) cured.set(agent, lastEights)
    else if (fixes.length > 0 && rules.length > 0) others.push(agent)
  }
  const unjudged = new Set(incomplete.map((each) => word(each, 'agent')).filter(Boolean))
  return {giteaUrl: word(field(head, 'gitea'), 'url'), cured, others, unjudged: [...unjudged]}
}

/** The parts of either form. */
interface AuditParts {
  head: unknown
  agents: AuditedAgent[]
  findings: unknown[]
  incomplete: unknown[]
}

function auditIn(text: string, name: string): AuditParts {
  const whole = parsed(text)
  if (field(whole, 'schema') === DOCUMENT && field(whole, 'command') === 'audit') {
    const head = field(whole, 'result')
    const agents = list(head, 'agents')
    if (field(head, 'gitea') === undefined) throw unusable(name, 'tells of an audit that did not come to its end')
    return {
      head,
      agents: agents.map(audited),
      findings: list(whole, 'findings'),
      incomplete: list(whole, 'incomplete'),
    }
  }
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  const [last, rows] = [parsed(lines.at(-1) ?? ''), lines.slice(0, -1).map(parsed)]
  const isAgent = (row: unknown): boolean => field(row, 'kind') === 'agent'
  if (field(last, 'schema') === LINES && rows.every(isAgent)) {
    return {
      head: last,
      agents: rows.map(audited),
      findings: rows.flatMap((row) => list(row, 'findings')),
      incomplete: rows.flatMap((row) => list(row, 'incomplete')),
    }
  }
  if (rows.some(isAgent) || isAgent(last)) throw unusable(name, 'is not whole: its last line, the summary, is missing')
  const schema = field(whole, 'schema') ?? field(parsed(lines[0] ?? ''), 'schema')
  throw unusable(
    name,
    typeof schema === 'string' && schema.startsWith('patrol/')
      ? `is no audit's JSON or NDJSON (it is ${excerpt(schema, 40)})`
      : 'is no JSON or NDJSON of an audit',
  )
}

function audited(row: unknown): AuditedAgent {
  return {agent: word(row, 'agent'), lastEights: list(row, 'tokens').map((token) => word(token, 'lastEight'))}
}

/** Accepted findings are somebody's decision; an expired one counts again. */
function counts(finding: unknown): boolean {
  const accepted = field(finding, 'accepted')
  return accepted === null || accepted === undefined || field(accepted, 'expired') === true
}

function unusable(name: string, why: string): OpsError {
  return new OpsError('AUDIT_UNUSABLE', {case: 'text', name, why})
}

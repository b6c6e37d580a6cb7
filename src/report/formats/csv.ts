import type {AgentAudit, Anchor, Finding, Unjudged} from '../../fleet/types.ts'
import {forgeOf} from '../../forge.ts'
import type {Format} from './format.ts'
import {record} from './record.ts'
import {pathWithin, standing} from './words.ts'

const COLUMNS = [
  // First, for a CI runner takes a line that starts with a hostile agent's `::error::` for a command.
  'status',
  'agent',
  'user',
  'workspace',
  'profile',
  'liveness',
  'rule',
  'severity',
  'scope',
  'repository',
  'token',
  'message',
  'fix',
  'note',
  'ref',
  'fingerprint',
  'owner',
  'expires',
  'file',
  'line',
  'server',
  'forge',
] as const
type Row = Partial<Record<(typeof COLUMNS)[number], string>>

/**
 * RFC 4180, a row per finding (`open`, `accepted`, `expired`), per thing that could not be judged (`unknown`), and per
 * agent with neither (`ok`), so that every agent is there.
 */
export const format: Format = {
  name: 'csv',
  open({gitea}, {root}) {
    const server: Row = {server: gitea.url, forge: forgeOf(gitea.version).named}
    const line = (row: Row): string => {
      const whole = {...row, ...server}
      return record(COLUMNS.map((column) => whole[column] ?? ''))
    }
    const place = (anchor: Anchor | undefined): Row =>
      anchor ? {file: pathWithin(root, anchor.file) ?? anchor.file, line: String(anchor.line)} : {}
    const found = (finding: Finding): Row => ({...ofFinding(finding), ...place(finding.anchor)})
    return {
      start: record(COLUMNS),
      agent(audit) {
        const who = {...ofAgent(audit), ...place(audit.anchor)}
        const rows = [...audit.findings.map(found), ...audit.unjudged.map(ofUnjudged)]
        return (rows.length > 0 ? rows : [{status: 'ok'}]).map((row) => line({...who, ...row})).join('')
      },
      end: ({unclaimed, unjudged}) => [...unclaimed.map(found), ...unjudged.map(ofUnjudged)].map(line).join(''),
    }
  },
}

function ofAgent({agent, user, workspace, profile, liveness}: AgentAudit): Row {
  return {agent, user, workspace, profile, liveness}
}

function ofFinding(finding: Finding): Row {
  const {subject, accepted} = finding
  return {
    status: standing(finding),
    agent: finding.agent,
    ...(subject.user !== undefined && {user: subject.user}),
    ...(subject.workspace !== undefined && {workspace: subject.workspace}),
    rule: finding.rule,
    severity: finding.severity,
    scope: subject.scope ?? '',
    repository: subject.repository ?? '',
    // With the ellipsis no spreadsheet reads 1e000001 as a number.
    token: subject.token ? `…${subject.token.lastEight}` : '',
    message: finding.message,
    fix: finding.fix ?? '',
    note: finding.note ?? '',
    ref: finding.ref,
    fingerprint: finding.fingerprint,
    owner: accepted?.owner ?? '',
    expires: accepted?.expires ?? '',
  }
}

function ofUnjudged({agent, rule, reason}: Unjudged): Row {
  return {status: 'unknown', agent, rule, message: reason}
}

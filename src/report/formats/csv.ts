import type {Anchor, AuditFinding, Unjudged} from '../../fleet/types.ts'
import {forgeOf} from '../../forge.ts'
import {auditedFindings, lintedFindings} from './findings.ts'
import type {AuditedFinding} from './findings.ts'
import type {ReportFormat} from './format.ts'
import {record} from './record.ts'
import {pathWithin} from './words.ts'

// First the status, for a CI runner takes a line that starts with a hostile agent's `::error::` for a command.
const OF_AUDIT = [
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
const OF_LINT = [
  'status',
  'file',
  'line',
  'column',
  'rule',
  'severity',
  'message',
  'fix',
  'fixable',
  'ref',
  'fingerprint',
  'reason',
] as const

/**
 * RFC 4180, a row per finding (as it stands), per thing that could not be judged or read (`unknown`), and per agent or
 * file with neither (`ok`), so that each of them is there.
 */
export const csv: ReportFormat = {
  audit({gitea}, {root}) {
    const server = {server: gitea.url, forge: forgeOf(gitea.version).named}
    const place = (anchor: Anchor | undefined) =>
      anchor && {file: pathWithin(root, anchor.file) ?? anchor.file, line: anchor.line}
    const found = ({subject, accepted, ...finding}: AuditedFinding) => ({
      ...finding,
      ...subject,
      status: finding.standing,
      // With the ellipsis no spreadsheet reads 1e000001 as a number.
      token: subject.token && `…${subject.token.lastEight}`,
      owner: accepted?.owner,
      expires: accepted?.expires,
      ...place(finding.anchor),
    })
    const rows = (findings: readonly AuditFinding[], unjudged: readonly Unjudged[]) => [
      ...auditedFindings(findings).map(found),
      ...unjudged.map(({agent, rule, reason}) => ({status: 'unknown', agent, rule, message: reason})),
    ]
    return {
      start: record(OF_AUDIT),
      agent: (audit) =>
        orOk(rows(audit.findings, audit.unjudged))
          .map((row) => line(OF_AUDIT, {...audit, ...place(audit.anchor), ...row, ...server}))
          .join(''),
      end: ({unclaimed, unjudged}) =>
        rows(unclaimed, unjudged)
          .map((row) => line(OF_AUDIT, {...row, ...server}))
          .join(''),
    }
  },
  lint({files}) {
    const rows = files.flatMap((linted) =>
      orOk([
        ...lintedFindings(linted).map((found) => ({
          ...found,
          ...found.at.start,
          status: found.standing,
          fixable: found.edit ? 'yes' : 'no',
        })),
        ...linted.unread.map(({reason, at}) => ({...at?.start, status: 'unknown', message: reason})),
      ]).map((row) => line(OF_LINT, {...row, file: linted.file})),
    )
    return [record(OF_LINT), ...rows].join('')
  },
}

function orOk<Row>(rows: readonly Row[]): readonly (Row | {status: string})[] {
  return rows.length > 0 ? rows : [{status: 'ok'}]
}

/** Of a row only what has a column. */
function line<Column extends string>(
  columns: readonly Column[],
  row: {readonly [column in NoInfer<Column>]?: string | number | undefined},
): string {
  return record(columns.map((column) => String(row[column] ?? '')))
}

import type {LintedFile} from '../../lint/types.ts'
import {record} from '../formats/record.ts'
import type {LintFormat} from './format.ts'
import {foundIn} from './words.ts'
import type {Found} from './words.ts'

const COLUMNS = [
  // First, for a CI runner takes a line that starts with a hostile file's `::error::` for a command.
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
type Row = Partial<Record<(typeof COLUMNS)[number], string>>

/**
 * RFC 4180, a row per finding (`open`, `suppressed`), per part that could not be read (`unknown`), and per file with
 * neither (`ok`), so that every file is there.
 */
export const csv: LintFormat = ({files}) =>
  [record(COLUMNS), ...files.flatMap(rowsOf).map((row) => record(COLUMNS.map((column) => row[column] ?? '')))].join('')

function rowsOf(linted: LintedFile): Row[] {
  const {file, unread} = linted
  const rows: Row[] = [
    ...foundIn(linted).map(ofFinding),
    ...unread.map(({reason, at}) => ({status: 'unknown', ...(at && place(at)), message: reason})),
  ]
  return (rows.length > 0 ? rows : [{status: 'ok'}]).map((row) => ({file, ...row}))
}

function ofFinding({finding, reason}: Found): Row {
  const {at, rule, severity, message, fix, edit, ref, fingerprint} = finding
  return {
    status: reason === undefined ? 'open' : 'suppressed',
    ...place(at),
    rule,
    severity,
    message,
    fix,
    fixable: edit ? 'yes' : 'no',
    ref,
    fingerprint,
    reason: reason ?? '',
  }
}

function place({start}: Found['finding']['at']): Row {
  return {line: String(start.line), column: String(start.column)}
}

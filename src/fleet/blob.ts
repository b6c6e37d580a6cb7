import {OpsError} from '../errors.ts'
import {excerpt} from '../secret.ts'
import {field, parsed} from './json.ts'
import type {AgentAudit, AuditEvent, AuditHead, AuditTail} from './types.ts'

const SCHEMA = 'patrol/audit-blob/1'

/** One shard's recorded events: NDJSON, first a header line `{schema: 'patrol/audit-blob/1', tool}`. */
export interface Blob {
  /** For messages. */
  name: string
  /** Its lines from the start; called more than once. */
  lines(): AsyncIterable<string>
}

/** What a blob holds besides its agents. */
export interface Outline {
  head: AuditHead
  /** Undefined where the run that wrote it ended early. */
  tail: AuditTail | undefined
}

/** Reads all of a blob and hands each agent over. Throws `BLOB_INVALID`. */
export async function outline(blob: Blob, each: (audit: AgentAudit) => void): Promise<Outline> {
  let head: AuditHead | undefined
  let tail: AuditTail | undefined
  for await (const event of eventsOf(blob)) {
    if (event.kind === 'head') head = event.head
    else if (event.kind === 'agent') each(event.audit)
    else tail = event.tail
  }
  if (!head) throw invalid(blob, 'holds no audit')
  return {head, tail}
}

/** The agents of a blob, in the order of the inventory. */
export async function* agentsOf(blob: Blob): AsyncGenerator<AgentAudit> {
  for await (const event of eventsOf(blob)) if (event.kind === 'agent') yield event.audit
}

async function* eventsOf(blob: Blob): AsyncGenerator<AuditEvent> {
  let broken = false
  let first = true
  for await (const line of blob.lines()) {
    if (line.trim() === '') continue
    // Only a last line may be cut: the run that wrote it was stopped.
    if (broken) throw invalid(blob, 'is damaged')
    const value = parsed(line)
    if (first) checkHeader(blob, value)
    else if (isEvent(value)) yield value
    else broken = true
    first = false
  }
  if (first) throw invalid(blob, 'is empty')
}

function checkHeader(blob: Blob, value: unknown): void {
  const schema = field(value, 'schema')
  if (schema === SCHEMA) return
  const other = typeof schema === 'string' && schema.startsWith('patrol/audit-blob/')
  throw invalid(blob, other ? `is of another version (${excerpt(schema, 40)})` : 'is no blob of an audit')
}

function isEvent(value: unknown): value is AuditEvent {
  const kind = field(value, 'kind')
  if (kind === 'head') return typeof field(field(field(value, 'head'), 'inventory'), 'digest') === 'string'
  if (kind === 'agent') return typeof field(field(value, 'audit'), 'index') === 'number'
  return kind === 'tail' && typeof field(field(value, 'tail'), 'summary') === 'object'
}

function invalid({name}: Blob, what: string): OpsError {
  return new OpsError('BLOB_INVALID', {case: 'text', name, what})
}

import type {AuditEvent} from '../../fleet/types.ts'
import type {ReportFormat} from './format.ts'
import {visibleJson} from '../../visible.ts'

/** Names the first line of a blob; `patrol report merge` reads no other. */
export const BLOB_SCHEMA = 'patrol/audit-blob/1'

/** An audit as it ran, one event a line under a header, for `patrol report merge` to put together again. */
export const blob: Pick<ReportFormat, 'audit'> = {
  audit(head, {tool}) {
    const header = {schema: BLOB_SCHEMA, tool: {name: tool.name, version: tool.version}}
    return {
      start: `${visibleJson(header)}\n${line({kind: 'head', head})}`,
      agent: (audit) => line({kind: 'agent', audit}),
      end: (tail) => line({kind: 'tail', tail}),
    }
  },
}

function line(event: AuditEvent): string {
  return `${visibleJson(event)}\n`
}

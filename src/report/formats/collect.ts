import type {AgentAudit, AuditReport} from '../../fleet/types.ts'
import type {Format, FormatContext, FormatName} from './format.ts'

/** A format that needs the whole audit before it can write its first line. */
export function collecting(name: FormatName, render: (report: AuditReport, context: FormatContext) => string): Format {
  return {
    name,
    open(head, context) {
      const agents: AgentAudit[] = []
      return {
        start: '',
        agent(audit) {
          agents.push(audit)
          return ''
        },
        end: (tail) => render({...head, agents, ...tail}, context),
      }
    },
  }
}

import type {Format} from './format.ts'
import {agentShape, findingShape, headShape, incompleteShape, runShape, summaryShape} from './shape.ts'
import type {Json} from './shape.ts'
import {visibleJson} from '../../visible.ts'

/** One line per agent as it is judged, then one `summary` line; nothing is kept in between. */
export const ndjson: Pick<Format, 'audit'> = {
  audit(head, {tool, warnings}) {
    return {
      start: '',
      agent: (audit) =>
        line({
          kind: 'agent',
          ...agentShape(audit),
          findings: audit.findings.map(findingShape),
          incomplete: audit.unjudged.map(incompleteShape),
        }),
      end: (tail) =>
        line({
          kind: 'summary',
          schema: 'patrol/audit-lines/1',
          tool: {name: tool.name, version: tool.version},
          ...headShape(head),
          runs: tail.runs.map(runShape),
          summary: summaryShape(tail.summary),
          findings: tail.unclaimed.map(findingShape),
          incomplete: tail.unjudged.map(incompleteShape),
          warnings: warnings?.() ?? [],
        }),
    }
  },
}

function line(value: {readonly [key: string]: Json}): string {
  return `${visibleJson(value)}\n`
}

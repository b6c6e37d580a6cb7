import type {AuditReport} from '../../fleet/types.ts'
import {collecting} from './collect.ts'
import type {Format} from './format.ts'
import {agentShape, findingShape, headShape, incompleteShape, rotationShape, summaryShape} from './shape.ts'
import type {Json} from './shape.ts'
import {visibleJson} from './visible.ts'

type Part = {readonly [key: string]: Json}

/** What an audit puts into the envelope of `--json` and of `--report json`, which are one document. */
export interface AuditParts {
  result: Part
  /** All of them, accepted ones too (`accepted` says so), each with its agent. */
  findings: Part[]
  incomplete: Part[]
}

export function auditParts(report: AuditReport): AuditParts {
  const agents = report.agents
  return {
    result: {
      ...headShape(report),
      finishedAt: report.finishedAt,
      summary: summaryShape(report.summary),
      agents: agents.map((audit) => ({
        ...agentShape(audit),
        findings: audit.findings.map(({fingerprint}) => fingerprint),
      })),
      unclaimed: report.unclaimed.map(({fingerprint}) => fingerprint),
      rotations: report.rotations.map(rotationShape),
    },
    findings: [...agents.flatMap(({findings}) => findings), ...report.unclaimed].map(findingShape),
    incomplete: [...agents.flatMap(({unjudged}) => unjudged), ...report.unjudged].map(incompleteShape),
  }
}

/** The envelope of `patrol audit --json` (docs/schemas/audit.schema.json). */
export const format: Format = collecting('json', (report, {tool, warnings, exit = (audited) => audited}) => {
  const {result, findings, incomplete} = auditParts(report)
  const document = {
    schema: 'patrol/envelope/1',
    tool: {name: tool.name, version: tool.version},
    command: 'audit',
    status: exit(report.summary.exit),
    result,
    findings,
    incomplete,
    warnings: warnings?.() ?? [],
  }
  return `${visibleJson(document, 2)}\n`
})

import type {AuditReport} from '../../fleet/types.ts'
import {collecting} from './format.ts'
import type {Format} from './format.ts'
import {agentShape, findingShape, headShape, incompleteShape, rotationShape, runShape, summaryShape} from './shape.ts'
import {envelope} from './envelope.ts'
import type {EnvelopeParts} from './envelope.ts'

/** What an audit puts into the envelope of `--json` and of `--report json`, which are one document. */
export function auditParts(report: AuditReport): EnvelopeParts {
  const agents = report.agents
  return {
    result: {
      ...headShape(report),
      runs: report.runs.map(runShape),
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
export const json: Pick<Format, 'audit'> = {
  audit: collecting((report, context) => envelope('audit', auditParts(report), report.summary.exit, context)),
}

import type {Anchor, Finding, Unjudged} from '../../fleet/types.ts'
import {serverLine} from '../forge.ts'
import {annotation, ANNOTATION_LEVEL} from './annotation.ts'
import type {AnnotationLevel} from './annotation.ts'
import type {Format} from './format.ts'
import {auditedFindings, countingFindings, cureText} from './findings.ts'
import {openOf, pathWithin, summaryLines, verdictLine} from './words.ts'

/** Workflow commands of GitHub and Gitea Actions: each finding is an annotation on the agent's line. */
export const github: Pick<Format, 'audit'> = {
  audit(head, {root, exit}) {
    const command = (level: AnnotationLevel, title: string, anchor: Anchor | undefined, message: string): string => {
      const file = pathWithin(root, anchor?.file ?? head.inventory.file)
      const place = file === undefined ? undefined : {file, line: anchor?.line ?? 1, column: anchor?.column ?? 1}
      return annotation(level, title, place, message)
    }
    const found = (finding: Finding): string =>
      command(
        ANNOTATION_LEVEL[finding.severity],
        `${finding.rule}: ${finding.agent}`,
        finding.anchor,
        `${finding.message} [${finding.severity}] ${cureText(finding)} (patrol help ${finding.ref}, ${finding.fingerprint})`,
      )
    const open = (findings: readonly Finding[]): string =>
      countingFindings(auditedFindings(findings)).map(found).join('')
    const unknown = (agent: string, anchor: Anchor | undefined, unjudged: readonly Unjudged[]): string =>
      openOf(unjudged)
        .map(({rules, reason}) =>
          command('warning', `unknown: ${agent || 'fleet'}`, anchor, `Could not judge ${rules}: ${reason}`),
        )
        .join('')
    return {
      start: '',
      agent: ({agent, findings, unjudged, anchor}) => `${open(findings)}${unknown(agent, anchor, unjudged)}`,
      end: ({unclaimed, unjudged, summary}) =>
        `${open(unclaimed)}${[...Map.groupBy(unjudged, ({agent}) => agent)].map(([agent, all]) => unknown(agent, undefined, all)).join('')}${[
          ...summaryLines(summary),
          verdictLine(summary, head.failOn, exit),
          serverLine(head.gitea),
        ].join(' ')}\n`,
    }
  },
}

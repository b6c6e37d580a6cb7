import type {Anchor, Finding, Unjudged} from '../../fleet/types.ts'
import {annotation, ANNOTATION_LEVEL} from './annotation.ts'
import type {AnnotationLevel} from './annotation.ts'
import type {Format} from './format.ts'
import {cureText, pathWithin, ruleOf, standing, summaryLines, verdictLine} from './words.ts'

/** Workflow commands of GitHub and Gitea Actions: each finding is an annotation on the agent's line. */
export const format: Format = {
  name: 'github',
  open(head, {root}) {
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
        `${finding.message} [${finding.severity}] ${cureText(finding)} (${finding.ref}, ${finding.fingerprint})`,
      )
    const open = (findings: readonly Finding[]): string =>
      findings
        .filter((finding) => standing(finding) !== 'accepted')
        .map(found)
        .join('')
    const unknown = (anchor: Anchor | undefined) => (unjudged: Unjudged) =>
      command(
        'warning',
        `unknown: ${unjudged.agent || 'fleet'}`,
        anchor,
        `Could not judge ${ruleOf(unjudged)}: ${unjudged.reason}`,
      )
    return {
      start: '',
      agent: ({findings, unjudged, anchor}) => `${open(findings)}${unjudged.map(unknown(anchor)).join('')}`,
      end: ({unclaimed, unjudged, summary}) =>
        `${open(unclaimed)}${unjudged.map(unknown(undefined)).join('')}${[
          ...summaryLines(summary),
          verdictLine(summary, head.failOn),
        ].join(' ')}\n`,
    }
  },
}

import type {Anchor, Finding, Severity, Unjudged} from '../../fleet/types.ts'
import type {Format} from './format.ts'
import {pathWithin, ruleOf, standing, summaryLines, verdictLine} from './words.ts'
import {visible} from './visible.ts'

const LEVEL: Readonly<Record<Severity, 'error' | 'warning' | 'notice'>> = {
  critical: 'error',
  high: 'error',
  medium: 'warning',
  low: 'notice',
}

/** Workflow commands of GitHub and Gitea Actions: each finding is an annotation on the agent's line. */
export const format: Format = {
  name: 'github',
  open(head, {root}) {
    const command = (level: string, title: string, anchor: Anchor | undefined, message: string): string => {
      const file = pathWithin(root, anchor?.file ?? head.inventory.file)
      const place = file === undefined ? {} : {file, line: `${anchor?.line ?? 1}`, col: `${anchor?.column ?? 1}`}
      const properties = Object.entries({...place, title}).map(([name, value]) => `${name}=${property(value)}`)
      return `::${level} ${properties.join(',')}::${data(message)}\n`
    }
    const found = (finding: Finding): string =>
      command(
        LEVEL[finding.severity],
        `${finding.rule}: ${finding.agent}`,
        finding.anchor,
        `${finding.message} [${finding.severity}] Fix: ${finding.fix} (${finding.ref}, ${finding.fingerprint})`,
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

function data(text: string): string {
  return visible(text).replaceAll('%', '%25')
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}

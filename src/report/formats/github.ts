import type {Anchor, AuditFinding, Severity, Unjudged} from '../../fleet/types.ts'
import type {LintFinding} from '../../lint/types.ts'
import {visible} from '../../visible.ts'
import {serverLine} from '../forge.ts'
import {auditedFindings, countingFindings, cureText} from './findings.ts'
import type {ReportedFinding} from './findings.ts'
import type {ReportFormat} from './format.ts'
import {inCheckout, lintLines, lintVerdict, openOf, pathWithin, summaryLines, verdictLine} from './words.ts'

/** How grave an annotation can be. */
type AnnotationLevel = 'error' | 'warning' | 'notice'
const LEVEL: Readonly<Record<Severity, AnnotationLevel>> = {
  critical: 'error',
  high: 'error',
  medium: 'warning',
  low: 'notice',
}

/**
 * Workflow commands of GitHub and Gitea Actions: each finding that counts is an annotation, on its agent's line of the
 * inventory or at its place in a file.
 */
export const github: ReportFormat = {
  audit(head, {root, exit}) {
    const place = (anchor: Anchor | undefined): AnnotationPlace => ({
      file: pathWithin(root, anchor?.file ?? head.inventory.file),
      line: anchor?.line ?? 1,
      column: anchor?.column ?? 1,
    })
    const found = (findings: readonly AuditFinding[]): string[] =>
      countingFindings(auditedFindings(findings)).map((finding) =>
        annotation(LEVEL[finding.severity], `${finding.rule}: ${finding.agent}`, place(finding.anchor), said(finding)),
      )
    const open = (agent: string, anchor: Anchor | undefined, unjudged: readonly Unjudged[]): string[] =>
      openOf(unjudged).map(({rules, reason}) =>
        annotation('warning', `unknown: ${agent || 'fleet'}`, place(anchor), `Could not judge ${rules}: ${reason}`),
      )
    return {
      start: '',
      agent: ({agent, findings, unjudged, anchor}) => [...found(findings), ...open(agent, anchor, unjudged)].join(''),
      end({unclaimed, unjudged, summary}) {
        const rest = [...Map.groupBy(unjudged, ({agent}) => agent)].flatMap(([agent, all]) =>
          open(agent, undefined, all),
        )
        const told = [...summaryLines(summary), verdictLine(summary, head.failOn, exit), serverLine(head.gitea)]
        return `${[...found(unclaimed), ...rest].join('')}${told.join(' ')}\n`
      },
    }
  },
  lint(report, context) {
    const annotations = report.files.flatMap(({file, findings, unread}) => {
      const path = inCheckout(file, context)
      const command = (
        level: AnnotationLevel,
        title: string,
        at: LintFinding['at'] | undefined,
        message: string,
      ): string => {
        const place = {file: path, ...(at?.start ?? {line: 1, column: 1})}
        // Without a place the reader would not know which file is meant.
        return annotation(level, title, place, path === undefined ? `${file}: ${message}` : message)
      }
      return [
        ...unread.map(({reason, at}) => command('warning', 'unread', at, `Could not be read: ${reason}`)),
        ...findings.map((finding) => command(LEVEL[finding.severity], finding.rule, finding.at, said(finding))),
      ]
    })
    return `${annotations.join('')}${[...lintLines(report), lintVerdict(report)].join(' ')}\n`
  },
}

function said(finding: Omit<ReportedFinding, 'place' | 'standing' | 'because'>): string {
  const {message, severity, ref, fingerprint} = finding
  return `${message} [${severity}] ${cureText(finding)} (patrol help ${ref}, ${fingerprint})`
}

/** Where an annotation points; at no file where the checkout has none. */
interface AnnotationPlace {
  file: string | undefined
  line: number
  column: number
}

/** One workflow command, on one line whatever the texts hold. */
function annotation(
  level: AnnotationLevel,
  title: string,
  {file, line, column}: AnnotationPlace,
  message: string,
): string {
  const where = file === undefined ? {} : {file, line: `${line}`, col: `${column}`}
  const pairs = Object.entries({...where, title}).map(([name, value]) => `${name}=${property(value)}`)
  return `::${level} ${pairs.join(',')}::${data(message)}\n`
}

function data(text: string): string {
  return visible(text).replaceAll('%', '%25')
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}

import type {LintedFile} from '../../lint/types.ts'
import {annotation, ANNOTATION_LEVEL} from '../formats/annotation.ts'
import type {AnnotationLevel} from '../formats/annotation.ts'
import type {LintContext} from '../formats/format.ts'
import type {LintFormat} from './format.ts'
import {inCheckout, lintLines, lintVerdict} from './words.ts'

/** Workflow commands of GitHub and Gitea Actions: each finding that counts is an annotation at its place. */
export const github: LintFormat = (report, context) => {
  const summary = [...lintLines(report), lintVerdict(report)].join(' ')
  return `${report.files.map((file) => annotations(file, context)).join('')}${summary}\n`
}

function annotations({file, findings, unread}: LintedFile, context: LintContext): string {
  const path = inCheckout(file, context)
  const command = (
    level: AnnotationLevel,
    title: string,
    at: LintedFile['unread'][number]['at'],
    message: string,
  ): string => {
    const place = path === undefined ? undefined : {file: path, ...(at?.start ?? {line: 1, column: 1})}
    // Without a place the reader would not know which file is meant.
    return annotation(level, title, place, place ? message : `${file}: ${message}`)
  }
  return [
    ...unread.map(({reason, at}) => command('warning', 'unread', at, `Could not be read: ${reason}`)),
    ...findings.map(({rule, severity, at, message, fix, ref, fingerprint}) =>
      command(
        ANNOTATION_LEVEL[severity],
        rule,
        at,
        `${message} [${severity}] Fix: ${fix} (patrol help ${ref}, ${fingerprint})`,
      ),
    ),
  ].join('')
}

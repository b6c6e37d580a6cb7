import type {Severity} from '../../fleet/types.ts'
import {visible} from '../../visible.ts'

/** How grave an annotation can be. */
export type AnnotationLevel = 'error' | 'warning' | 'notice'

/** A severity as GitHub and Gitea Actions know it. */
export const ANNOTATION_LEVEL: Readonly<Record<Severity, AnnotationLevel>> = {
  critical: 'error',
  high: 'error',
  medium: 'warning',
  low: 'notice',
}

/** One workflow command, on one line whatever the texts hold; it points at a file only where the checkout has it. */
export function annotation(
  level: AnnotationLevel,
  title: string,
  place: {file: string; line: number; column: number} | undefined,
  message: string,
): string {
  const where = place ? {file: place.file, line: `${place.line}`, col: `${place.column}`} : {}
  const pairs = Object.entries({...where, title}).map(([name, value]) => `${name}=${property(value)}`)
  return `::${level} ${pairs.join(',')}::${data(message)}\n`
}

function data(text: string): string {
  return visible(text).replaceAll('%', '%25')
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C')
}

import type {LintReport} from '../../lint/types.ts'
import {FORMAT_NAMES} from '../formats/format.ts'
import type {FormatContext, FormatName} from '../formats/format.ts'

/** What `lint --report` takes: all that an audit can be shown as, but no blob, for nobody merges lint runs. */
export type LintFormatName = Exclude<FormatName, 'blob'>

/** The same, in the order in which help lists it. */
export const LINT_FORMAT_NAMES: readonly LintFormatName[] = FORMAT_NAMES.filter((name) => name !== 'blob')

/** What a lint report itself does not tell, but a format shows. */
export interface LintContext extends FormatContext {
  /** Absolute path of the directory that the report's file names are relative to. */
  from: string
}

/** A lint report as one text. Pure. */
export type LintFormat = (report: LintReport, context: LintContext) => string

import type {Format} from '../formats/format.ts'

/** A lint report as one text. Pure. */
export type LintFormat = Format['lint']

import type {Code} from './catalogue.ts'
import {OpsError} from './error.ts'
import type {ErrorCategory} from './kind.ts'

/**
 * For `.catch()`: what stands in for the value where the work ended with an error of ours, of these codes or categories, or
 * of any. An interrupt (unless named) and whatever else was thrown go on.
 */
export function orElse<T>(
  otherwise: (error: OpsError) => T,
  ...only: readonly (Code | ErrorCategory)[]
): (error: unknown) => T {
  return (error) => {
    if (!(error instanceof OpsError)) throw error
    const named = only.includes(error.code) || only.includes(error.category)
    if (only.length > 0 ? !named : error.category === 'interrupted') throw error
    return otherwise(error)
  }
}

/** For `.catch()`: the same error with what else was to be told, which would be lost with the result. */
export function alsoTelling(warnings: readonly string[]): (error: unknown) => never {
  return (error) => {
    if (!(error instanceof OpsError) || warnings.length === 0) throw error
    throw new OpsError(error.code, [error.message, ...warnings].join(' '), error)
  }
}

/** Throws an error from before the first write with the sentence that says so, of the same kind and advice. */
export function untouched(error: unknown): never {
  if (!(error instanceof OpsError) || error.message.includes('Nothing was changed')) throw error
  throw new OpsError(error.code, `${error.message} Nothing was changed.`, error)
}

import {OpsError} from '../../src/errors.ts'

/**
 * What comes of it, or undefined where it is refused with an `OpsError`. For laws that try thousands of facts of which most are refused: such
 * an error is made without its stack, which would cost more than all the rest.
 */
export function unlessRefused<T>(work: () => T): T | undefined {
  const {stackTraceLimit} = Error
  Error.stackTraceLimit = 0
  try {
    return work()
  } catch (error) {
    if (error instanceof OpsError) return undefined
    throw error
  } finally {
    Error.stackTraceLimit = stackTraceLimit
  }
}

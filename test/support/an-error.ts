import {OpsError, type Code, type ToldError} from '../../src/errors.ts'

/** An error of this code as it comes from elsewhere, where a test does not care for its facts. */
export function anError<C extends Code>(code: C, what = 'made up', told: Omit<ToldError, 'what'> = {}): OpsError<C> {
  return new OpsError(code, undefined, {what, ...told})
}

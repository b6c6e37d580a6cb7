import {nearest} from '../config/nearest.ts'
import {OpsError} from '../errors.ts'

/** The profile that a flag names. Throws `PROFILE_UNKNOWN`; `command` is what was typed, whole and without that flag. */
export function profileNamed<P>(name: string, profiles: ReadonlyMap<string, P>, command: readonly string[]): P {
  const found = profiles.get(name)
  if (found) return found
  const known = [...profiles.keys()]
  const near = nearest(name, known)
  throw new OpsError('PROFILE_UNKNOWN', {name, known, command, offered: near.length > 0 ? near : known})
}

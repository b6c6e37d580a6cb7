import {PROFILES} from '../scopes/profiles.ts'
import type {Scope} from '../scopes/vocabulary.ts'

/** The profiles that are there without any configuration. */
export function builtInProfiles(): Map<string, {scopes: readonly Scope[]; maxAgeMs: number | undefined}> {
  return new Map(Object.values(PROFILES).map(({name, scopes}) => [name, {scopes, maxAgeMs: undefined}]))
}

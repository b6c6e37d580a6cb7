import {PROFILES} from '../scopes/profiles.ts'
import type {RepositoryReach} from '../scopes/repositories.ts'
import type {Scope} from '../scopes/vocabulary.ts'

/** What patrol.yaml says of a profile. */
export interface ProfileConfig {
  scopes: readonly Scope[]
  /** What its tokens are confined to; undefined: a rotation keeps what there is, and any other mint confines nothing. */
  repositories?: RepositoryReach | undefined
  maxAgeMs: number | undefined
}

/** The profiles that are there without any configuration. */
export function builtInProfiles(): Map<string, ProfileConfig> {
  return new Map(Object.values(PROFILES).map(({name, scopes}) => [name, {scopes, maxAgeMs: undefined}]))
}

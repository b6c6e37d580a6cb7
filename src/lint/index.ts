import type {CatalogueVersion} from '../scopes/catalogue.ts'
import type {Profile} from '../scopes/profiles.ts'
import type {Place} from '../syntax/types.ts'
import type {LintedFile} from './types.ts'

export {LINT_RULES, lintRule} from './rules.ts'
export type {LintRule, RuleId} from './rules.ts'

/** A file to lint, or why it could not be read; `file` is as reports show it. */
export type LintInput = {file: string; text: string} | {file: string; unread: string}

/** A mistake in patrol.yaml as the configuration's own check reports it; never quotes a value. */
export interface InventoryMistake {
  place: Place
  /** The keys that lead to it, joined by dots; empty for the file as a whole. */
  at: string
  message: string
}

export interface LintOptions {
  /** All known profiles by name: the built-in ones and those of patrol.yaml. */
  profiles: ReadonlyMap<string, Profile>
  /** The profile that every scope list is measured by; without it only where a file declares one. */
  profile: string | undefined
  /** Routes are checked against this Gitea. */
  version: CatalogueVersion
  /** They are another release's, the nearest: a route that it lacks may be there. */
  nearest?: boolean
  /** Mend what is safe; the text comes back as `fixedText`. */
  fix: boolean
  /** The workspace secret that holds the Gitea token, GITEA_TOKEN by default. */
  secretKey: string
  checkInventory(text: string): readonly InventoryMistake[]
}

/** One file's findings, and its text where `fix` changed it; whoever asked writes it. */
export interface Linted {
  result: LintedFile
  fixedText: string | undefined
}

export {lint} from './lint.ts'
export {filesToLint} from './walk.ts'
export {summarise} from './summary.ts'

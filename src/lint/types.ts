import type {Severity} from '../fleet/types.ts'
import type {CatalogueVersion} from '../scopes/catalogue.ts'
import type {Profile} from '../scopes/profiles.ts'
import type {Place, Span} from '../syntax/types.ts'

/** What a file is read as. */
export type FileLanguage =
  | 'shell'
  | 'env'
  | 'workflow'
  | 'yaml'
  | 'json'
  | 'hcl'
  | 'markdown'
  | 'inventory'
  | 'dockerfile'
  | 'makefile'
  | 'unit'
  | 'netrc'
  | 'nix'
  | 'template'

/** A replacement that changes nothing but the fault. Offsets as in `Span`. */
export interface Edit {
  from: number
  to: number
  text: string
}

/** One violation of a rule at one place of a file. Never holds a secret's value. */
export interface LintFinding {
  /** Stable id of the rule, such as `scope-unknown`. */
  rule: string
  severity: Severity
  /** As reports show it: relative to where patrol was started. */
  file: string
  at: Span
  /** One sentence: what is wrong, with what. */
  message: string
  /** What to write instead, or the command to type. */
  fix: string
  /** Set where `--fix` may mend it. */
  edit: Edit | undefined
  /** What `patrol help` prints of it: what the rule means. */
  ref: string
  /** Stable over runs and over lines moving about; from rule, file and the faulty text's kind, never from a secret. */
  fingerprint: string
}

/** A finding that a comment with a reason accepts. */
export interface Suppressed {
  finding: LintFinding
  reason: string
}

/** One file as linted. */
export interface LintedFile {
  file: string
  language: FileLanguage
  /** In the order of the file. */
  findings: LintFinding[]
  suppressed: Suppressed[]
  /** How many findings `--fix` mended; those stand no longer in `findings`. */
  fixed: number
  /** Parts that could not be read, in words, with where; not a pass: exit 5. */
  unread: {reason: string; at: Span | undefined}[]
}

/** Files of one kind that were left aside for one reason. */
export interface PassedOver {
  /** `.py`, or the name of a file without an ending where that is a plain word. */
  kind: string
  reason: string
  files: string[]
}

/** A whole run: what every report is made from. */
export interface LintReport {
  files: LintedFile[]
  /** Commonest kinds first. */
  passed: PassedOver[]
  failOn: Severity
  summary: {
    files: number
    findings: Record<Severity, number>
    suppressed: number
    fixed: number
    unread: number
    /** How many were found and left aside. */
    passed: number
    /** 0 clean; 3 findings at or above `failOn`; 5 something could not be read, or nothing was there to read. The worst wins: 5, 3. */
    exit: number
  }
}

/** A file to lint, why it could not be read, or why it was left aside; `file` is as reports show it. */
export type LintInput = {file: string; text: string} | {file: string; unread: string} | {file: string; passed: string}

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

import type {HttpCall, ShellCommand, ShellScript, StaticText} from '../syntax/types.ts'
import type {Excerpt, FileStretch} from './excerpt.ts'
import type {FileLanguage} from './types.ts'

/** What a file says, in the terms that rules are written in. All stretches are offsets in the file. */
export interface FileReading {
  file: string
  text: string
  language: FileLanguage
  /** Whether the file is about Gitea at all; words such as `read:users` belong to others too. */
  aboutGitea: boolean
  scripts: readonly Script[]
  /** Every HTTP request that a script makes or a text shows, in the file's order. */
  requests: readonly ReadRequest[]
  scopeLists: readonly ScopeList[]
  /** Mints that name no scopes at all. */
  scopeless: readonly Scopeless[]
  values: readonly NamedValue[]
  /** What has the shape of another service's secret. */
  foreign: readonly ForeignSecret[]
  passages: readonly Passage[]
  comments: readonly Remark[]
  unread: readonly {reason: string; at: FileStretch | undefined}[]
}

/** A shell script: a whole file, a `run:` step, a fenced block. */
export interface Script {
  excerpt: Excerpt
  shell: ShellScript
  /** Literals that earlier blocks of the same text assigned. */
  known: ReadonlyMap<string, string>
  /** Where something of it stands in the file. */
  where: (part: {from: number; to: number}) => FileStretch
  /** A text with the variables of earlier blocks filled in. */
  resolve(text: StaticText): string
}

export interface ReadRequest {
  method: string
  /** With a HOLE for what is not known, placeholders such as `{owner}` included. */
  url: string
  /** What stands before the path, as written and as filled in: `$GITEA_URL https://git.example.org`. */
  address: string
  /** The URL's place. */
  at: FileStretch
  /** The URL as it stands in the file may be edited. */
  exact: boolean
  /** Missing for a bare `GET /path` line of a text. */
  command:
    | {
        call: HttpCall
        script: Script
        next: ShellCommand | undefined
        /** The function that makes it for its caller, where the request then stands, and its command there. */
        through?: {name: string; command: ShellCommand}
      }
    | undefined
  /** The comments on the lines right before it, on it, and right behind it. */
  said: {before: string; behind: string}
}

export interface ScopeName {
  name: string
  at: FileStretch
  exact: boolean
}

/** Scopes that stand together. */
export interface ScopeList {
  /** `mint`: a token is made with them. `declared`: a key or variable of that name. `told`: prose or list of a text. */
  kind: 'mint' | 'declared' | 'profile' | 'told'
  names: readonly ScopeName[]
  /** A part of it is known only at run time. */
  open: boolean
  /** The text says that these are scopes, so that also plain words are. */
  sure?: boolean
  /** The words around it, where those are no passage of the file. */
  said?: string
  at: FileStretch
}

export interface Scopeless {
  by: 'cli' | 'cli-create' | 'api' | 'terraform'
  at: FileStretch
}

/** A key, variable, attribute or header with a value. */
export interface NamedValue {
  /** The keys that lead to it, outermost first; the last is its name. */
  path: readonly string[]
  name: string
  /** With HOLEs. */
  value: string
  at: FileStretch
}

/** A secret of a service that is no forge of ours: a cloud's key, a token of GitHub. It may be made up. */
export interface ForeignSecret {
  /** `a GitHub token`. */
  called: string
  value: string
  at: FileStretch
}

/** A paragraph or list item of a text, or a comment; as it stands in the file, marks included. */
export interface Passage {
  text: string
  at: FileStretch
  kind: 'paragraph' | 'comment'
  /** Counts up with every heading; passages of one section belong together. */
  section: number
  listed: boolean
}

/** A comment in the file's own syntax. */
export interface Remark {
  text: string
  at: FileStretch
  /** What stands right behind it and belongs to it although it is longer than a line: a fenced block, a command. */
  covers: FileStretch | undefined
}

/** What is not covered yet: a rule adds to it. */
export interface Parts {
  scripts: Script[]
  requests: ReadRequest[]
  scopeLists: ScopeList[]
  scopeless: Scopeless[]
  values: NamedValue[]
  passages: Passage[]
  comments: Remark[]
  unread: {reason: string; at: FileStretch | undefined}[]
}

/** What a text is read for. */
export interface ReadUse {
  /** A part that could not be read counts. Not so in a text's example, or in a file within a file. */
  strict: boolean
  aboutGitea: boolean
  /** What a script is for, where that is told around it: a health check. */
  purpose?: string | undefined
  /** Reads a file that stands within this one. */
  nested(language: FileLanguage, excerpt: Excerpt, purpose?: string): Promise<void>
}

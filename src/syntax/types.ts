/** Stands in a text for what is known only when the script runs: a variable, a command's output, an expression. */
export const HOLE = '\uFFFC'

/** A place in a file, both from 1; columns count UTF-16 code units, as editors do. */
export interface Place {
  line: number
  column: number
}

/** A stretch of a file, with the offsets (UTF-16 code units from 0) that an edit needs. `end` is behind its last character. */
export interface Span {
  start: Place
  end: Place
  from: number
  to: number
}

/** A text as far as it can be told without running anything. */
export interface StaticText {
  /** Quotes and escapes taken away; a `HOLE` for each part that can't be told. */
  text: string
  /** The holes' names in order: `TOKEN` for `$TOKEN`, the source text for an expression. */
  holes: readonly string[]
  /** With its quotes. */
  at: Span
}

/** One simple command of a shell script, wherever it stands: in a pipeline, a substitution, a loop, a function. */
export interface ShellCommand {
  /** `curl`, `gitea`; the words behind it follow. `sudo`, `env`, `command`, `exec`, `time`, `nohup` and `docker exec NAME` are looked through. */
  name: StaticText
  words: readonly StaticText[]
  /** Assignments in front of it. */
  environment: readonly ShellAssignment[]
  /** A here-document or here-string that it reads. */
  input: StaticText | undefined
  /** The name of the command that reads its output through a pipe. */
  into: string | undefined
  /** Whether anything looks at its exit status: `if`, `||`, `&&`, `!`, or `set -e` before it. */
  checked: boolean
  at: Span
}

export interface ShellAssignment {
  name: string
  value: StaticText
  at: Span
}

/** A function of a script. A hole named `1` in a command within `at` is its first argument, `@` all of them. */
export interface ShellFunction {
  name: string
  at: Span
}

export interface Comment {
  /** Without its marker and the blanks around it. */
  text: string
  at: Span
}

/** A shell script, read without running it. Variables that were assigned a literal once are filled in. */
export interface ShellScript {
  commands: readonly ShellCommand[]
  assignments: readonly ShellAssignment[]
  functions: readonly ShellFunction[]
  comments: readonly Comment[]
  /** Where the grammar gave up; what stands there is not in `commands`. */
  unread: readonly Span[]
}

/** What a `curl`, `wget`, `http`/`https` (HTTPie) or `xh` command would send. */
export interface HttpCall {
  tool: 'curl' | 'wget' | 'httpie'
  /** As the tool chooses it: POST with a body, HEAD with -I. */
  method: string
  /** One command can ask several. */
  urls: readonly StaticText[]
  headers: readonly StaticText[]
  body: StaticText | undefined
  /** `name:password` as given with -u. */
  user: StaticText | undefined
  /** Whether an HTTP error makes it exit non-zero (`--fail`, `--fail-with-body`, wget's and `--check-status`). */
  fails: boolean
  /** `-w '%{http_code}'` or such: the status is looked at. */
  showsStatus: boolean
  silent: boolean
  command: ShellCommand
}

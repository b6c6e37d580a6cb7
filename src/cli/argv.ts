import {OpsError} from '../errors.ts'
import {remember} from '../secret.ts'

const TOKEN = /^[0-9a-f]{40}$/i

/**
 * Refuses a command line that carries a Gitea token: by now it stands in the shell's history and in the process list.
 * The value is never repeated.
 */
export function refuseSecrets(argv: readonly string[]): void {
  for (const argument of argv) {
    const value = argument.slice(argument.startsWith('-') ? argument.indexOf('=') + 1 : 0)
    const inUrl = /\/\/[^/@\s]*@/.exec(value)?.[0]
    if (!TOKEN.test(value) && !inUrl) continue
    remember(inUrl ? inUrl.slice(2, -1) : value)
    const what = inUrl ? 'a credential in a URL' : 'what looks like a Gitea token'
    throw new OpsError(
      'SECRET_IN_ARGUMENT',
      `The command line holds ${what}. patrol takes secrets from files, the environment or standard input only, so it stopped before using it. Your shell's history and the process list have it now: consider it leaked and replace it.`,
      {suggestions: ['patrol probe --token-file FILE', 'patrol probe --token-file - < FILE']},
    )
  }
}

/** Words as a shell takes them: what it would take apart or replace is quoted. */
export function typed(words: readonly string[]): string {
  return words
    .map((word) => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", String.raw`'\''`)}'`))
    .join(' ')
}

/** The same command line with one more flag, or with another value for it. */
export function withFlag(argv: readonly string[], flag: string, value?: string): string[] {
  const at = argv.indexOf(flag)
  const others = at === -1 ? argv : argv.toSpliced(at, value === undefined ? 1 : 2)
  return [...others, flag, ...(value === undefined ? [] : [value])]
}

/** Whether `--json` stands before any `--`. */
export function wantsJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--')
  return (end === -1 ? argv : argv.slice(0, end)).includes('--json')
}

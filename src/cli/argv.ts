import {nothing, OpsError, run} from '../errors.ts'
import {excerpt, remember} from '../secret.ts'
import {deceives} from '../visible.ts'

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
    const what = inUrl ? 'a credential in a URL' : 'what looks like a token'
    throw new OpsError('SECRET_IN_ARGUMENT', {what})
  }
}

/** No path, name or address is longer; a paste for `explain` may be. */
const LONGEST = 4096

/**
 * Refuses what nobody types: control and invisible characters, which a terminal would obey wherever they are repeated,
 * and endless arguments. `pasted`: whole texts are taken, with their lines. Throws `USAGE`; nothing was called.
 */
export function refuseOdd(argv: readonly string[], pasted: boolean): void {
  for (const [index, argument] of argv.entries()) {
    const long = argument.length > LONGEST && !pasted
    if (!long && !deceives(argument, {lines: pasted})) continue
    const what = long
      ? `is ${argument.length} characters long, and nothing that patrol takes is longer than ${LONGEST}`
      : 'holds a control character, or one that cannot be seen'
    throw new OpsError('USAGE', {
      what: `Argument ${index + 1} ("${excerpt(argument, 60)}") ${what}.`,
      state: nothing('called'),
      advice: [run`patrol --help`],
    })
  }
}

/** The same command line with one more flag, or with another value for it, however that was written. */
export function withFlag(argv: readonly string[], flag: string, value?: string): string[] {
  const joined = argv.filter((each) => !each.startsWith(`${flag}=`))
  const at = joined.indexOf(flag)
  const others = at === -1 ? joined : joined.toSpliced(at, value === undefined ? 1 : 2)
  return [...others, flag, ...(value === undefined ? [] : [value])]
}

/** Whether `--json` stands before any `--`. */
export function wantsJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--')
  return (end === -1 ? argv : argv.slice(0, end)).includes('--json')
}

/** Folders and files that stand beside a program and do not run with it. */
const ASIDE: readonly (readonly [string, RegExp, RegExp])[] = [
  [
    'a test',
    /^(?:tests?|__tests__|e2e|testing)$/i,
    /(?:_test\.go|[._-](?:test|spec)s?\.[cm]?[jt]sx?|^test_.*\.py|_test\.py|^conftest\.py|\.bats)$/i,
  ],
  [
    'a fixture or mock',
    /^(?:(?:__)?(?:fixture|mock|stub|fake|snapshot)s?(?:__)?|testdata|cassettes)$/i,
    /(?:[._-](?:mock|fixture|stub|fake)s?\.\w+|^(?:mock_.*\.go|(?:mock|fixture|fake)s?\.\w+))$/i,
  ],
  ['vendored', /^(?:vendor|vendored|third[_-]?party)$/i, /^$/],
]

/** Why a file that was found in a directory counts for nothing, by its path from there; undefined where it counts. */
export function asideOf(path: string): string | undefined {
  const parts = path.split(/[/\\]/)
  const name = parts.pop() ?? ''
  const found = ASIDE.find(([, folder, file]) => file.test(name) || parts.some((part) => folder.test(part)))
  return found && `${found[0]}: --include-tests counts it`
}

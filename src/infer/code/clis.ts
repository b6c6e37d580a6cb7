import type {ShellCommand} from '../../syntax/index.ts'

/** What a command line for Gitea asks: its routes, a call that it is told, or undefined where its command is not known. */
export type CliCall = {routes: readonly string[]} | {method: string; path: string}

/** Commands that ask the server nothing. */
const SILENT = /^(?:auth|help|h|completion|autocomplete|man|logout|open|version|-.*)?$/

/** Reads a command of `tea` or `fj`. */
export async function cliCall(name: string, {words}: ShellCommand): Promise<CliCall | undefined> {
  const plain = words.map(({text}) => text)
  const table = await commandsOf(name)
  const roots = new Set([...table.keys()].map((key) => key.split(' ')[0]))
  const all = plain.filter((word) => !word.startsWith('-'))
  // `fj -H git.example.org issue create`: what a flag is given comes first.
  const said = all.slice(
    Math.max(
      0,
      all.findIndex((word) => roots.has(word) || word === 'api'),
    ),
  )
  if (said[0] === 'api') return raw(plain.slice(plain.indexOf('api') + 1))
  const [command, sub, ...more] = said
  // `fj issue edit 3 title x`: words stand between.
  const deeper = more.map((word) => table.get(`${command} ${sub} ${word}`)).find(Boolean)
  const found = deeper ?? table.get(`${command} ${sub}`) ?? table.get(command ?? '')
  if (found) return {routes: narrowed(found, plain)}
  return SILENT.test(said[0] ?? '') || plain.some((word) => /^--?(?:help|h|version|v)$/.test(word))
    ? {routes: []}
    : undefined
}

/** `tea api -X POST /repos/…`. */
function raw(words: readonly string[]): CliCall | undefined {
  const at = words.findIndex((word) => /^(?:-X|--method)$/.test(word))
  const path = words.find((word, i) => i !== at + 1 && !word.startsWith('-') && /^\/?[a-z]+(?:\/|$|\?)/.test(word))
  const body = words.some((word) => /^(?:-[fFd]|--(?:field|raw-field|data|input))$/.test(word))
  const method = at >= 0 ? (words[at + 1] ?? '') : body ? 'POST' : 'GET'
  return path === undefined ? undefined : {method, path: path.replace(/^(?!\/)/, '/').replace(/\?.*$/, '')}
}

/** Where a command may be about a repository, an organisation or a user, its flags tell which. */
function narrowed(routes: readonly string[], words: readonly string[]): readonly string[] {
  const flag = (names: RegExp) => words.some((word) => names.test(word))
  const root = flag(/^--org(?:anization)?(?:=|$)/)
    ? '/orgs/'
    : flag(/^--user(?:=|$)/)
      ? '/user/'
      : flag(/^(?:--owner(?:=|$)|-O$)/)
        ? '/orgs/'
        : undefined
  const roots = new Set(routes.map((route) => /^(?:POST|DELETE) (\/\w+\/)/.exec(route)?.[1]).filter(Boolean))
  if (roots.size < 2) return routes
  const wanted = root && roots.has(root) ? root : roots.has('/repos/') ? '/repos/' : '/user/'
  return routes.filter((route) => !/^(?:POST|DELETE) /.test(route) || route.split(' ')[1]?.startsWith(wanted))
}

async function commandsOf(cli: string): Promise<ReadonlyMap<string, readonly string[]>> {
  const {default: table} =
    cli === 'tea'
      ? await import('./tea.json', {with: {type: 'json'}})
      : await import('./fj.json', {with: {type: 'json'}})
  return new Map(
    Object.entries(table).flatMap(([names, routes]) =>
      namesOf(names).map((name) => [name, routes.split(';').filter(Boolean)] as const),
    ),
  )
}

/** `issues|i create|c` in full: `issues create`, `issues c`, `i create`, `i c`. */
function namesOf(names: string): string[] {
  return names
    .split(' ')
    .map((level) => level.split('|'))
    .reduce((all, level) => all.flatMap((above) => level.map((name) => `${above} ${name}`.trimStart())), [''])
}

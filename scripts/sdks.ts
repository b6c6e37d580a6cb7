import {globSync, readFileSync, writeFileSync} from 'node:fs'
import {basename, join, resolve} from 'node:path'
import {format} from 'oxfmt'
import {argumentsOf, calleeOf, nameOf, ownerOf} from '../src/infer/code/calls.ts'
import {FUNCTIONS, walk} from '../src/infer/code/bindings.ts'
import {programOf, type Program} from '../src/infer/code/program.ts'
import PY_GITEA from '../src/infer/code/py-gitea.json' with {type: 'json'}
import {shortGroup} from '../src/infer/code/sdk.ts'
import {fjCommands} from './sdks-fj.ts'
import {operationNamed} from '../src/infer/operations.ts'
import {resolver, type Source} from '../src/infer/code/sources.ts'
import {text, type Value} from '../src/infer/code/value.ts'
import type {SyntaxNode} from '../src/syntax/index.ts'

/**
 * Makes the tables of what SDKs, command lines, providers and MCP servers call, from checkouts of their sources:
 * `node scripts/sdks.ts go-sdk=DIR,DIR generated=DIR,DIR py-gitea=DIR tea=DIR fj=DIR gitea-mcp=DIR forgejo-mcp=DIR terraform-gitea=DIR terraform-forgejo=DIR`.
 * Nothing is kept of those but names and routes.
 */
const TABLES = resolve(import.meta.dirname, '../src/infer/code')
const VERB = /^(?:GET|HEAD|POST|PUT|PATCH|DELETE)$/
/** Tea asks people for what its flags do not say; a script gives the flags. */
const ASKS = /\/modules\/interact\//

type Routes = string[]
type Table = Record<string, Routes>

/** The verb and the paths that a call is given. */
function requestOf(call: SyntaxNode, {values}: Program): {verb: string; paths: Value[]} | undefined {
  const args = argumentsOf(call).positional
  const at = args.findIndex((arg) => values.of(arg).some((value) => VERB.test(text(value))))
  const path = args[at + 1]
  return at < 0 || !path ? undefined : {verb: text(values.of(args[at]!)[0]!), paths: values.of(path)}
}

/** A route with `{}` for what its arguments decide; undefined for what is no path of the API. */
function routeOf(verb: string, paths: readonly Value[]): string | undefined {
  const said = paths.map(text).find((each) => !each.endsWith('/')) ?? ''
  const plain = said
    .replace(/^.*\/api\/v1/, '')
    .replace(/\?.*$/, '')
    .replace(/^(?!\/)/, '/')
    .replace(/^\/\uFFFC\//, '/')
  const known = plain.replaceAll(/[^/.\uFFFC]*\uFFFC[^/.]*/g, (part) =>
    /^\w+\uFFFC$/.test(part) ? part.slice(0, -1) : '{}',
  )
  return /^\/[a-z]/.test(known) ? `${verb} ${known}` : undefined
}

/** What the callers of a function decide of its requests. */
function givenTo(fn: SyntaxNode, call: SyntaxNode, program: Program): string[] {
  const found: string[] = []
  walk(fn, (node) => {
    const request = calleeOf(node) && requestOf(node, program)
    const open = request?.paths.filter(({parts: [first]}) => typeof first === 'object' && first.param?.of === fn) ?? []
    for (const path of open) {
      const route = routeOf(request!.verb, program.values.given(path, fn, argumentsOf(call)))
      if (route !== undefined) found.push(route)
    }
  })
  return found
}

/** Routes, and whether each is asked whatever is set; else it stands in a branch. */
type Found = Map<string, boolean>

/** What each function of a program requests, by itself and through those that it uses: `?` in front of what hangs on a branch. */
function closure(program: Program, sdk: Table): (fn: SyntaxNode) => Routes {
  const known = new Map<SyntaxNode, Found>()
  const routesOf = (fn: SyntaxNode, open: Set<SyntaxNode>): Found => {
    const found: Found = known.get(fn) ?? new Map<string, boolean>()
    if (known.has(fn) || open.has(fn)) return found
    open.add(fn)
    const add = (route: string, sure: boolean) => found.set(route, sure || found.get(route) === true)
    reached(fn, true, (node, sure) => {
      const callee = calleeOf(node)
      const request = callee && requestOf(node, program)
      const own = request && routeOf(request.verb, request.paths)
      if (own !== undefined) add(own, sure)
      for (const route of callee && ownerOf(callee) ? (sdk[nameOf(node)] ?? []) : []) add(route, sure)
      const used = callee ? nameOf(node) : node.kind === 'identifier' ? node.text : ''
      if (used === '' || (callee && ownerOf(callee) && sdk[used])) return
      for (const {node: next} of program.names.functions(used, node)) {
        if (next === fn || ASKS.test(program.names.unit(next).source.file)) continue
        for (const [route, always] of routesOf(next, open)) add(route, sure && always)
        for (const route of callee ? givenTo(next, node, program) : []) add(route, sure)
      }
    })
    known.set(fn, found)
    return found
  }
  return (fn) => [...routesOf(fn, new Set())].map(([route, sure]) => (sure ? route : `?${route}`)).toSorted()
}

/** All nodes but those that serve servers of long ago; those in a branch may not be reached. */
function reached(node: SyntaxNode, sure: boolean, visit: (node: SyntaxNode, sure: boolean) => void): void {
  visit(node, sure)
  for (const child of node.children) {
    const isBranch = /^(?:consequence|alternative)$/.test(child.field ?? '') || /_case$/.test(child.kind)
    const condition =
      child.kind === 'if_statement' ? child.text.slice(0, child.child('consequence')!.from - child.from) : ''
    const later = child.child('alternative')
    if (!/checkServerVersion|VersionConstraint/.test(condition)) reached(child, sure && !isBranch, visit)
    else if (later) reached(later, sure, visit)
  }
}

/** Where branches do not matter: a tool or a command may be told to take any. */
const anyway = (routes: Routes): Routes => [...new Set(routes.map((route) => route.replace('?', '')))].toSorted()

async function goProgram(directory: string): Promise<Program> {
  const files = globSync('**/*.go', {cwd: directory}).filter(
    (file) => !/_test\.go$|(?:^|\/)(?:vendor|test|tests)\//.test(file),
  )
  const sources = files.map((file): Source => {
    return {file: join(directory, file), language: 'go', text: readFileSync(join(directory, file), 'utf8')}
  })
  return programOf(sources, resolver(sources))
}

function functionsOf({units}: Program): SyntaxNode[] {
  const found: SyntaxNode[] = []
  for (const {root} of units)
    walk(root, (node) => void (FUNCTIONS.has(node.kind) && node.child('name') && found.push(node)))
  return found
}

/** The exported methods of a Go SDK's client. */
async function goSdk(directories: readonly string[]): Promise<Table> {
  const table: Table = {}
  for (const directory of directories) {
    const program = await goProgram(directory)
    const routes = closure(program, {})
    for (const fn of functionsOf(program)) {
      const name = fn.child('name')?.text ?? ''
      if (
        fn.kind !== 'method_declaration' ||
        !/^[A-Z]/.test(name) ||
        !/\*Client\b/.test(fn.child('receiver')?.text ?? '')
      )
        continue
      const all = anyway(routes(fn)).filter((route) => route !== 'GET /version' || name === 'ServerVersion')
      if (all.length > 0) table[name] ??= all
    }
  }
  return table
}

/** A struct's fields by their names. */
function fieldsOf(literal: SyntaxNode): Map<string, SyntaxNode> {
  const body = literal.child('body') ?? literal
  return new Map(
    body.children
      .filter(({kind}) => kind === 'keyed_element')
      .map(({children: [key, value]}) => [key?.text ?? '', value?.children[0] ?? value!]),
  )
}

/** Tea's commands with their other names: `issues|issue|i create|c`. */
async function tea(directory: string, sdk: Table): Promise<Table> {
  const program = await goProgram(directory)
  const routes = closure(program, sdk)
  const table: Table = {}
  const add = (literal: SyntaxNode, above: readonly string[]): void => {
    const fields = fieldsOf(literal)
    const said = (node: SyntaxNode | undefined) => (node ? program.values.of(node).map(text) : [])
    const others = fields.get('Aliases')
    const aliases: string[] = []
    if (others)
      walk(
        others,
        (node) => void (/^interpreted_string_literal$/.test(node.kind) && aliases.push(node.text.slice(1, -1))),
      )
    const own = [...above, [...said(fields.get('Name')), ...aliases].join('|')]
    const action = fields.get('Action')
    const [fn] = action ? program.names.functions(action.text.split('.').at(-1) ?? '', action) : []
    const all = anyway(action?.kind === 'func_literal' ? routes(action) : fn ? routes(fn.node) : [])
    table[own.join(' ')] = all
    const subs = fields.get('Commands') ?? fields.get('Subcommands')
    for (const sub of subs ? commandsIn(subs) : []) add(sub, own)
  }
  const commandsIn = (list: SyntaxNode): SyntaxNode[] => {
    const found: (SyntaxNode | undefined)[] = []
    walk(list, (node) => found.push(commandIn(node)))
    return found.filter((command) => command !== undefined)
  }
  const commandIn = (node: SyntaxNode): SyntaxNode | undefined => {
    if (!/^(?:identifier|selector_expression)$/.test(node.kind) || node.parent?.kind === 'selector_expression')
      return undefined
    const name = node.text.split('.').at(-1) ?? ''
    const owner = ownerOf(node)
    const [binding] = owner ? program.names.qualified(owner, name) : program.names.of(name, node)
    const value = binding?.value
    // Kept under an older name.
    if (value?.kind === 'identifier' && value !== node) return commandIn(value)
    const isCommand = value?.kind === 'composite_literal' && /cli\.Command$/.test(value.child('type')?.text ?? '')
    return isCommand ? value : undefined
  }
  for (const {root} of program.units) {
    walk(root, (node) => {
      if (node.kind !== 'keyed_element' || node.children[0]?.text !== 'Commands') return
      let literal = node.parent
      while (literal && literal.kind !== 'composite_literal') literal = literal.parent
      // The application itself stands in no variable.
      if (!literal || commandName(literal)) return
      for (const command of commandsIn(node)) add(command, [])
    })
  }
  return table
}

function commandName(literal: SyntaxNode): string | undefined {
  let up = literal.parent
  while (up && !/^(?:var_spec|short_var_declaration|return_statement)$/.test(up.kind)) up = up.parent
  return up?.kind === 'var_spec' ? up.child('name')?.text : undefined
}

/** The tools of an MCP server: each tool's handler. */
async function mcp(directory: string, sdk: Table): Promise<Table> {
  const program = await goProgram(directory)
  const routes = closure(program, sdk)
  const table: Table = {}
  const tool = (named: SyntaxNode, handler: SyntaxNode) => {
    const [made] = program.origins.of(named).filter((origin) => nameOf(origin) === 'NewTool')
    const [name] = made ? program.values.of(argumentsOf(made).positional[0]!).map(text) : []
    const [fn] = program.names.functions(handler.text.split('.').at(-1) ?? '', handler)
    if (name && fn) table[name] = anyway([...(table[name] ?? []), ...routes(fn.node)])
  }
  for (const {root} of program.units) {
    walk(root, (node) => {
      if (node.kind === 'composite_literal' || node.kind === 'literal_value') {
        const fields = fieldsOf(node)
        const [named, handler] = [fields.get('Tool'), fields.get('Handler')]
        if (named && handler) tool(named, handler)
      } else if (/^(?:AddTool|RegisterTool|add)$/.test(nameOf(node))) {
        const [named, handler] = argumentsOf(node).positional.slice(-2)
        if (named && handler) tool(named, handler)
      }
    })
  }
  return table
}

/** How packages that were generated from the API's document say what a method asks. */
const GENERATED: readonly (readonly [files: string, method: RegExp])[] = [
  // pyforgejo: `def list_issues(…)`, its group being its folder.
  [
    'pyforgejo/*/raw_client.py',
    /^    def ([a-z]\w*)\((?:(?!\n    def )[^])*?httpx_client\.(?:request|stream)\(\s*f?"([^"]*)",(?:(?!\n    def )[^])*?method="(\w+)"/gm,
  ],
  // gitea-api.
  [
    'dist/services/*.js',
    /^    (\w+)\([^)]*\) \{\s*return this\.httpRequest\.request\(\{\s*method: '(\w+)',\s*url: '([^']*)'/gm,
  ],
  // giteapy.
  ['giteapy/api/*.py', /^    def (\w+)_with_http_info\((?:(?!\n    def )[^])*?call_api\(\s*'([^']*)', '(\w+)'/gm],
]

/** Methods of generated packages that bear no name of an operation of Gitea's own, or another's. */
async function operations(directories: readonly string[]): Promise<Table> {
  const table: Table = {}
  for (const directory of directories) {
    for (const [files, method] of GENERATED) {
      for (const file of globSync(files, {cwd: directory})) {
        const source = readFileSync(join(directory, file), 'utf8').split(/^class Async/m)[0] ?? ''
        const group = files.startsWith('pyforgejo') ? `${file.split('/')[1]}.` : ''
        for (const [, name = '', one = '', other = ''] of source.matchAll(method)) {
          const [verb, path] = VERB.test(one) ? [one, other] : [other, one]
          const route = `${verb} /${path.replace(/^\//, '').replaceAll(/\{[^}]*\}/g, '{}')}`
          const known = operationNamed(name) ?? operationNamed(shortGroup(group) + name)
          if (`${known?.method} ${known?.path.replaceAll(/\{[^}]*\}/g, '{}')}` !== route) table[group + name] = [route]
        }
      }
    }
  }
  return table
}

/** Tells of py-gitea's methods which of them give lists, and of what. */
async function lists(directory: string): Promise<void> {
  const file = join(TABLES, 'py-gitea.json')
  const table = new Map<string, {routes: string[]; gives?: string; each?: string}>(Object.entries(PY_GITEA))
  for (const each of globSync('gitea/*.py', {cwd: directory})) {
    let type = ''
    const source = readFileSync(join(directory, each), 'utf8')
    for (const [, name, method = '', element = ''] of source.matchAll(
      /^class (\w+)|^    def (\w+)\([^)]*\) -> List\["?(\w+)"?\]:/gm,
    )) {
      type = name ?? type
      const known = table.get(`${type}.${method}`)
      if (known) table.set(`${type}.${method}`, {...known, each: element})
    }
  }
  const {code} = await format('py-gitea.json', JSON.stringify(Object.fromEntries(table)).replaceAll('},', '},\n'), {
    printWidth: 120,
  })
  writeFileSync(file, code)
}

/** Each route once: without `?` where any has it so. */
function surest(routes: Routes): Routes {
  return [...new Set(routes)].filter((route) => !route.startsWith('?') || !routes.includes(route.slice(1))).toSorted()
}

/** The resources and data sources of a provider for Terraform. */
async function terraform(directory: string, sdk: Table): Promise<Table> {
  const program = await goProgram(directory)
  const routes = closure(program, sdk)
  const table: Table = {}
  for (const {root, source} of program.units) {
    const type = /TypeName = req\.ProviderTypeName \+ "(_\w+)"/.exec(source.text)?.[1]
    const kind = basename(source.file).includes('data_source') ? 'data' : 'resource'
    const all: Routes[] = []
    walk(root, (node) => {
      if (type && FUNCTIONS.has(node.kind)) all.push(routes(node))
      // The maps of the older framework: names to functions.
      const [key, value] = node.kind === 'keyed_element' ? node.children : []
      const name = /^"(gitea_\w+)"$/.exec(key?.text ?? '')?.[1]
      const made = value?.children[0]
      const [fn] = name && made ? program.names.functions(nameOf(made), made) : []
      if (name && fn) table[`${/^data/i.test(nameOf(made!)) ? 'data' : 'resource'} ${name}`] = routes(fn.node)
    })
    if (type) table[`${kind} forgejo${type}`] = surest(all.flat())
  }
  return table
}

/** What is called the same in several may call what any of them does. */
function joined(tables: readonly Table[]): Table {
  const all = Map.groupBy(
    tables.flatMap((table) => Object.entries(table)),
    ([name]) => name,
  )
  return Object.fromEntries(
    [...all].map(([name, of]) => [name, [...new Set(of.flatMap(([, routes]) => routes))].toSorted()]),
  )
}

/** `all`: names that ask nothing, too, so that they are known. */
async function write(name: string, table: Table, all = false): Promise<void> {
  const entries = Object.entries(table).filter(([, routes]) => all || routes.length > 0)
  const sorted = Object.fromEntries(
    entries.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, routes]) => [key, routes.join(';')]),
  )
  const {code} = await format(`${name}.json`, JSON.stringify(sorted, null, 2), {printWidth: 120})
  writeFileSync(join(TABLES, `${name}.json`), code)
  process.stdout.write(`${name}.json: ${entries.length} names\n`)
}

const given = new Map(process.argv.slice(2).map((arg) => [arg.replace(/=.*$/, ''), arg.replace(/^[^=]*=/, '')]))
const at = (name: string): string[] =>
  (given.get(name) ?? '')
    .split(',')
    .filter(Boolean)
    .map((path) => resolve(path))
const sdk = await goSdk(at('go-sdk'))
await write('go-sdk', sdk)
const merged = async (
  names: readonly string[],
  read: (directory: string, sdk: Table) => Promise<Table>,
): Promise<Table> => joined(await Promise.all(names.flatMap(at).map((directory) => read(directory, sdk))))
for (const directory of at('py-gitea')) await lists(directory)
await write('generated', await operations(at('generated')))
await write('tea', await merged(['tea'], tea), true)
await write('fj', joined(at('fj').map(fjCommands)))
await write('mcp-tools', await merged(['gitea-mcp', 'forgejo-mcp'], mcp))
await write('terraform', await merged(['terraform-gitea', 'terraform-forgejo'], terraform))

/**
 * Builds `dist/`: the entry, one file per command, and the chunks they share, so that a command loads only what it
 * uses. Then writes oclif's manifest, from which help and command lookup work without loading any command.
 */
import {copyFileSync, globSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync} from 'node:fs'
import {join, resolve} from 'node:path'
import {rolldown} from 'rolldown'

const root = resolve(import.meta.dirname, '..')
const src = join(root, 'src')

const entries = Object.fromEntries(
  globSync('commands/**/*.ts', {cwd: src}).map((file) => [file.replace(/\.ts$/, ''), join(src, file)]),
)

/**
 * What a run never reaches, and only costs start-up time: oclif's search for commands and plugins (the manifest knows
 * them), its look whether Linux is Windows' (it shows in one line of help), and undici's HTTP/2 (`http.ts` speaks
 * HTTP/1.1).
 */
const LEFT_OUT: Record<string, string> = {
  tinyglobby: 'export const glob = () => Promise.reject(new Error("no manifest: build again"))',
  minimatch: 'export const minimatch = () => false',
  'wsl-utils': 'export const isWsl = false',
  'node:http2': 'export const constants = {}',
}

/**
 * Of undici only the pool is used, and where there is a proxy the agent for it; its index would load fetch, WebSocket and
 * caches as well.
 */
const dispatcher = (name: string, file: string): string =>
  `export {default as ${name}} from '${join(root, 'node_modules/undici/lib/dispatcher', file)}'`
const SLIMMER: Record<string, string> = {
  undici: dispatcher('Pool', 'pool.js'),
  // Its index is what gives a dispatcher the method by which a proxy is asked for a tunnel.
  'undici for a proxy': [
    `import Dispatcher from '${join(root, 'node_modules/undici/lib/dispatcher/dispatcher.js')}'`,
    `import connect from '${join(root, 'node_modules/undici/lib/api/api-connect.js')}'`,
    'Dispatcher.prototype.connect = connect',
    dispatcher('ProxyAgent', 'proxy-agent.js'),
  ].join('\n'),
}

/** oclif sorts the manifest's commands, which are sorted, by locale; loading the locales takes longer than all else. */
const SORT = /\.sort\(\(a, b\) => a\.id\.localeCompare\(b\.id\)\)/

/** oclif ends the process where standard output takes no more; `cli/streams.ts` lets the run go on without it. */
const THROWS = /^process\.stdout\.on\('error', [^]*?^\}\);$/m

/** What is taken out of files of oclif. */
const CUT: Record<string, RegExp> = {
  '@oclif/core/lib/config/plugin.js': SORT,
  '@oclif/core/lib/command.js': THROWS,
}

const slim = {
  name: 'slim',
  transform: (code: string, id: string) => {
    const [file, cut] = Object.entries(CUT).find(([path]) => id.endsWith(path)) ?? []
    if (cut === undefined) return null
    if (code.search(cut) === -1) throw new Error(`${file} is another now: look at CUT`)
    return code.replace(cut, '')
  },
  resolveId: (id: string, importer?: string) => {
    if (id === 'undici' && importer === join(src, 'http/proxy-agent.ts')) return '\0slim:undici for a proxy'
    return id in LEFT_OUT || id in SLIMMER ? `\0slim:${id}` : null
  },
  load: (id: string) => (id.startsWith('\0slim:') ? (LEFT_OUT[id.slice(6)] ?? SLIMMER[id.slice(6)] ?? null) : null),
}

/**
 * An import statement of a built-in module makes Node read all of its exports, and with `node:fs` and `node:util` that
 * loads streams and workers; asking for the module itself does not.
 */
const builtins = {
  name: 'builtins',
  renderChunk: (code: string) =>
    code.replaceAll(
      /^import (\w+|\{[^}]*\}) from ["'](node:[\w/]+)["'];$/gm,
      (_, names: string, name: string) =>
        `const ${names.replaceAll(' as ', ': ')} = globalThis.process.getBuiltinModule('${name}');`,
    ),
}

/** Every file costs its opening: what nearly every command loads, and what every question to Gitea does, travel as one. */
const TOGETHER = [
  {
    name: 'shell',
    test: /src\/(?:errors|errors\/\w+|errors\/kinds\/\w+|secret|secret\/(?:known|shape)|cli\/(?:envelope|failure|palette|streams)|report\/(?:forge|table|when|wrap)|config\/duration|forge|memo|together|visible)\.ts$/,
  },
  {
    name: 'gitea',
    test: /src\/(?:http|http\/\w+|gitea\/(?:client|line|meaning|credential)|probe\/\w+|scopes\/(?:sets|vocabulary|parse|profiles))\.ts$/,
  },
  {
    name: 'explain',
    test: /src\/scopes\/(?:call|explain|explain-\w+)\.ts$/,
  },
  {
    name: 'context',
    test: /src\/(?:config|config\/(?:references|places|profiles)|context|context\/(?:clock|edges|gitea|platform|secrets|state|wire|subjects|profile-named))\.ts$/,
  },
]

// Written beside and moved into place, so that a running patrol or test never sees half of a build.
const [dist, fresh] = [join(root, 'dist'), join(root, `dist-${process.pid}`)]
const bundle = await rolldown({
  input: {main: join(src, 'cli/main.ts'), ...entries},
  platform: 'node',
  preserveEntrySignatures: 'allow-extension',
  plugins: [slim, builtins],
  // oclif asks for these two only where they are installed; neither is ours to ship.
  external: ['typescript', /^node:(?!http2)/],
  onLog(level, log, handler) {
    // Bundled CommonJS uses eval-free requires that rolldown names; only what it calls an error matters here.
    if (level !== 'info' && log.code !== 'EVAL' && log.code !== 'COMMONJS_VARIABLE_IN_ESM') handler(level, log)
  },
})
await bundle.write({
  dir: fresh,
  format: 'esm',
  entryFileNames: '[name].js',
  chunkFileNames: 'chunks/[name]-[hash].js',
  codeSplitting: {includeDependenciesRecursively: false, groups: TOGETHER},
})
await bundle.close()
copyGrammars(join(fresh, 'grammars'))
rmSync(dist, {recursive: true, force: true})
renameSync(fresh, dist)

const {Plugin} = await import('@oclif/core')
const plugin = new Plugin({root, ignoreManifest: true, errorOnManifestCreate: true})
await plugin.load()
const sorted = Object.entries(plugin.manifest.commands).toSorted(([a], [b]) => (a < b ? -1 : 1))
const manifest = {version: plugin.version, commands: Object.fromEntries(sorted)}
writeFileSync(join(root, 'oclif.manifest.json'), `${JSON.stringify(manifest)}\n`)

const {version}: {version: string} = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
if (manifest.version !== version) throw new Error(`manifest is of ${manifest.version}, package.json of ${version}`)

/** The parser and its grammars, which `src/syntax` loads when it first reads a text; with their licences. */
function copyGrammars(directory: string) {
  const [engine, hcl] = ['@vscode/tree-sitter-wasm', '@tree-sitter-grammars/tree-sitter-hcl']
  const grammars = ['bash', 'typescript', 'tsx', 'javascript', 'python', 'go'].map((name) => `tree-sitter-${name}.wasm`)
  mkdirSync(directory)
  const copy = (from: string, to: string) => copyFileSync(join(root, 'node_modules', from), join(directory, to))
  for (const file of ['tree-sitter.wasm', ...grammars]) copy(`${engine}/wasm/${file}`, file)
  copy(`${engine}/wasm/tree-sitter.js`, 'tree-sitter.cjs')
  copy(`${engine}/LICENSE`, 'LICENSE.tree-sitter')
  copy(`${hcl}/tree-sitter-hcl.wasm`, 'tree-sitter-hcl.wasm')
  copy(`${hcl}/LICENSE`, 'LICENSE.tree-sitter-hcl')
}

/**
 * Builds `dist/`: the entry, one file per command, and the chunks they share, so that a command loads only what it
 * uses. Then writes oclif's manifest, from which help and command lookup work without loading any command.
 */
import {globSync, readFileSync, rmSync, writeFileSync} from 'node:fs'
import {join, relative, resolve} from 'node:path'
import {rolldown} from 'rolldown'

const root = resolve(import.meta.dirname, '..')
const src = join(root, 'src')

const entries = Object.fromEntries(
  globSync('commands/**/*.ts', {cwd: src}).map((file) => [file.replace(/\.ts$/, ''), join(src, file)]),
)

/**
 * What a run never reaches, and only costs start-up time: oclif's search for commands and plugins (the manifest knows
 * them) and its look whether Linux is Windows' (it shows in one line of help).
 */
const LEFT_OUT: Record<string, string> = {
  tinyglobby: 'export const glob = () => Promise.reject(new Error("no manifest: build again"))',
  minimatch: 'export const minimatch = () => false',
  'wsl-utils': 'export const isWsl = false',
}

/** Of undici only the pool is used; its index would load fetch, WebSocket and caches as well. */
const SLIMMER: Record<string, string> = {
  undici: `export {default as Pool} from '${join(root, 'node_modules/undici/lib/dispatcher/pool.js')}'`,
}

const slim = {
  name: 'slim',
  resolveId: (id: string) => (id in LEFT_OUT || id in SLIMMER ? `\0slim:${id}` : null),
  load: (id: string) => (id.startsWith('\0slim:') ? (LEFT_OUT[id.slice(6)] ?? SLIMMER[id.slice(6)] ?? null) : null),
}

rmSync(join(root, 'dist'), {recursive: true, force: true})
const bundle = await rolldown({
  input: {main: join(src, 'cli/main.ts'), ...entries},
  platform: 'node',
  plugins: [slim],
  // oclif asks for these two only where they are installed; neither is ours to ship.
  external: ['typescript', /^node:/],
  onLog(level, log, handler) {
    // Bundled CommonJS uses eval-free requires that rolldown names; only what it calls an error matters here.
    if (level !== 'info' && log.code !== 'EVAL' && log.code !== 'COMMONJS_VARIABLE_IN_ESM') handler(level, log)
  },
})
await bundle.write({
  dir: join(root, 'dist'),
  format: 'esm',
  entryFileNames: '[name].js',
  chunkFileNames: 'chunks/[name]-[hash].js',
})
await bundle.close()

const {Plugin} = await import('@oclif/core')
const plugin = new Plugin({root, ignoreManifest: true, errorOnManifestCreate: true})
await plugin.load()
const manifest = {version: plugin.version, commands: plugin.manifest.commands}
for (const command of Object.values(manifest.commands)) {
  if (command.relativePath) command.relativePath = relative(root, join(root, ...command.relativePath)).split(/[/\\]/)
}
writeFileSync(join(root, 'oclif.manifest.json'), `${JSON.stringify(manifest)}\n`)

const {version}: {version: string} = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
if (manifest.version !== version) throw new Error(`manifest is of ${manifest.version}, package.json of ${version}`)

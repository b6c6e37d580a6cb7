#!/usr/bin/env node
// Plain JavaScript that any Node with ES modules can read: it finds out whether this Node will do, and says so if not.
import * as nodeModule from 'node:module'
import {fileURLToPath} from 'node:url'

// An import of node:fs loads streams as well, which takes a tenth of a start; an older Node has no other way.
const {existsSync, readFileSync} = process.getBuiltinModule?.('node:fs') ?? (await import('node:fs'))

const root = new URL('..', import.meta.url)
const pkg = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'))

/** `^22.22.2 || ^24.15.0 || >=26`, as in package.json. */
function willDo(version) {
  const [major, minor, patch] = version.split('.').map(Number)
  if (major === 22) return minor > 22 || (minor === 22 && patch >= 2)
  if (major === 24) return minor >= 15
  return major >= 26
}

/** Runs the Node that the checkout pins, with our arguments, and ends as it ends. */
async function respawn(node) {
  const [{spawn}, {constants}] = await Promise.all([import('node:child_process'), import('node:os')])
  const stdio = ['inherit', 'inherit', 'inherit', 'ipc']
  const child = spawn(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {stdio})
  // As a message: a terminal, or whoever means the whole group, sends it to both, and a second signal would end it at once.
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.on(name, () => child.connected && child.send(name, () => {}))
  child.on('exit', (code, signal) => {
    process.exitCode = signal ? 128 + constants.signals[signal] : (code ?? 1)
  })
}

const args = process.argv.slice(2)
if (args.length === 1 && (args[0] === '--version' || args[0] === '-V')) {
  // A full disk; a reader that went away has seen enough.
  process.stdout.on('error', ({code}) => {
    if (code !== 'EPIPE') process.exitCode = 5
  })
  process.stdout.write(`patrol ${pkg.version}\n`)
} else if (willDo(process.versions.node)) {
  if (existsSync(new URL('dist/main.js', root))) {
    // Whoever started us may pass requests to stop on, and does not keep us alive.
    process.channel?.unref()
    nodeModule.enableCompileCache?.()
    const {main} = await import('../dist/main.js')
    await main({root: fileURLToPath(root), pjson: pkg}, args)
  } else {
    process.stderr.write('patrol is not built yet. Type: npm run build\n')
    process.exitCode = 2
  }
} else {
  const folder = process.platform === 'win32' ? 'win' : process.platform
  const binary = process.platform === 'win32' ? 'node.exe' : 'node'
  const pinned = fileURLToPath(new URL(`node_modules/node-${folder}-${process.arch}/bin/${binary}`, root))
  if (existsSync(pinned)) await respawn(pinned)
  else {
    process.stderr.write(`patrol needs Node ${pkg.engines.node}; this is ${process.versions.node}. Install Node 24.\n`)
    process.exitCode = 2
  }
}

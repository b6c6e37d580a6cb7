import {spawn} from 'node:child_process'
import {mkdtemp, readdir, readFile, rm, stat, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join, resolve} from 'node:path'
import {afterEach, beforeEach, expect, test} from 'vitest'

const SOURCE = resolve(import.meta.dirname, '../../../src')
const ROUNDS = 40

let dir: string
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'patrol-own-writers-'))
  await writeFile(join(dir, 'writer.ts'), WRITER)
})
afterEach(() => rm(dir, {recursive: true, force: true}))

/** A process of its own that saves tokens again and again; every one that it saves ends in its own name. */
const WRITER = `
import {Secret} from '${SOURCE}/secret.ts'
import {WorkspaceTokens} from '${SOURCE}/workspace-token.ts'
const [, , file, name, rounds] = process.argv
const tokens = new WorkspaceTokens(file, {env: {}, stdin: [], ask: async () => new Secret(''), warn() {}, strict: false})
for (let i = 0; i < Number(rounds); i++) await tokens.save(new Secret(String(i).padStart(64, 'x') + name))
`

/** Ends with the child's exit code; the umask is the shell's word for it. */
function writer(name: string, rounds: number, umask = '022', file = join(dir, 'configs', '.auth_token')) {
  const line = `umask ${umask}; exec "$0" "$@"`
  const child = spawn('sh', ['-c', line, process.execPath, join(dir, 'writer.ts'), file, name, String(rounds)], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  return new Promise<number | null>((done) => child.once('close', done))
}

const modeOf = async (path: string) => ((await stat(path)).mode & 0o777).toString(8)

test.each(['000', '022', '077', '277'])('under umask %s the file is 0600 and its directory 0700', async (umask) => {
  expect(await writer('alone', 1, umask)).toBe(0)
  const configs = join(dir, 'configs')
  expect([await modeOf(join(configs, '.auth_token')), await modeOf(configs)]).toEqual(['600', '700'])
})

test('of several writers one wins whole, and at no moment can others read anything', async () => {
  const configs = join(dir, 'configs')
  const names = ['alpha', 'beta', 'gamma']
  const running = Promise.all(names.map((name) => writer(name, ROUNDS, '000')))
  const over = new AbortController()
  void running.finally(() => over.abort())
  const wide: string[] = []
  const odd: string[] = []
  let seen = 0
  while (!over.signal.aborted) {
    for (const name of await readdir(configs).catch(() => [])) {
      const mode = await modeOf(join(configs, name)).catch(() => '600')
      if ((Number.parseInt(mode, 8) & 0o077) !== 0) wide.push(`${name} ${mode}`)
    }
    const text = await readFile(join(configs, '.auth_token'), 'utf8').catch(() => undefined)
    if (text !== undefined && !/^x+\d*(?:alpha|beta|gamma)$/.test(text)) odd.push(text)
    if (text !== undefined) seen += 1
    await new Promise((resume) => setImmediate(resume))
  }
  expect(await running).toEqual([0, 0, 0])
  expect({wide, odd}).toEqual({wide: [], odd: []})
  expect(seen).toBeGreaterThan(10)
  expect(await readdir(configs)).toEqual(['.auth_token'])
})

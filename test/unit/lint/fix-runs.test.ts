import {execFile} from 'node:child_process'
import {mkdtempSync, readFileSync, writeFileSync} from 'node:fs'
import {rm} from 'node:fs/promises'
import {createServer, type Server} from 'node:http'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {parse} from 'yaml'
import {linted} from './linting.ts'

/** What a server answers to everything: all is well, or all has happened before. */
const ANSWERS = {
  made: {status: 201, body: '{"id": 1, "sha1": "made-up"}'},
  already: {status: 422, body: '{"message": "it exists already"}'},
  gone: {status: 404, body: '{"message": "not found"}'},
}

let server: Server
let folder: string
let forge: string
let answer = ANSWERS.made

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'patrol-fix-'))
  writeFileSync(join(folder, 'header'), 'X-Test: made up\n')
  server = createServer((request, response) => {
    request.resume()
    response.writeHead(request.url === '/api/v1/version' ? 200 : answer.status).end(`${answer.body}\n`)
  })
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
  const address = server.address()
  forge = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
})
afterAll(async () => {
  server.close()
  await rm(folder, {recursive: true})
})

/** Its exit and all that it says. */
function run(script: string): Promise<string> {
  const env = {PATH: process.env['PATH'], FORGE: forge, ADMIN_PASSWORD: 'made-up'}
  return new Promise((done) => {
    execFile('bash', ['--norc', '-c', script], {cwd: folder, env}, (error, stdout, stderr) =>
      done(`exit ${error ? String(error.code) : 0}\n${stdout}${stderr}`),
    )
  })
}

const scripts: {name: string; text: string}[] = parse(
  readFileSync(join(import.meta.dirname, '../../corpus/lint/fix-runs.yaml'), 'utf8'),
)

describe.each(Object.entries(ANSWERS))('where the server answers that all is %s', (_, given) => {
  test.each(scripts)('--fix changes nothing of a script that does right: $name', async ({text}) => {
    answer = given
    const before = await run(text)
    const {fixedText} = await linted('a.sh', text, {fix: true})
    expect(await run(fixedText ?? text)).toBe(before)
  })
})

test('a write that must not fail unseen fails once it is mended, and goes through as before', async () => {
  const text = 'set -e\ncurl -s -o /dev/null -X PATCH -d "{}" "$FORGE/api/v1/repos/acme/core"\necho done\n'
  const {fixedText} = await linted('a.sh', text, {fix: true})
  answer = ANSWERS.made
  expect(await run(fixedText!)).toBe(await run(text))
  answer = ANSWERS.gone
  expect(await run(text)).toBe('exit 0\ndone\n')
  expect(await run(fixedText!)).toBe('exit 22\n')
})

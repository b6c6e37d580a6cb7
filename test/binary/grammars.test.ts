import {execFile} from 'node:child_process'
import {mkdtempSync, readdirSync, rmSync, writeFileSync} from 'node:fs'
import {tmpdir} from 'node:os'
import {join, resolve} from 'node:path'
import {promisify} from 'node:util'
import {afterAll, expect, test} from 'vitest'

const root = resolve(import.meta.dirname, '../..')
const dir = mkdtempSync(join(tmpdir(), 'patrol-grammars-'))
afterAll(() => rmSync(dir, {recursive: true}))

async function patrol(...args: string[]): Promise<string> {
  const env = {PATH: '/usr/bin:/bin', HOME: dir, NO_COLOR: '1'}
  const run = promisify(execFile)(process.execPath, [join(root, 'bin/run.js'), ...args], {cwd: dir, env})
  const {stdout} = await run.catch((error: {stdout: string}) => error)
  return stdout
}

test.each([
  ['a.sh', 'curl -d {} "$GITEA/api/v1/user/repos"'],
  ['a.ts', 'fetch(`${gitea}/api/v1/user/repos`, {method: "POST"} as const)'],
  ['a.tsx', 'const a = <b onClick={() => fetch("/api/v1/user/repos", {method: "POST"})} />'],
  ['a.js', 'fetch("/api/v1/user/repos", {method: "POST"})'],
  ['a.py', 'requests.post(f"{gitea}/api/v1/user/repos")'],
  ['a.go', 'package a\nfunc f() { http.Post(base+"/api/v1/user/repos", "", nil) }'],
])('the build finds its grammar for %s', async (file, text) => {
  writeFileSync(join(dir, file), text)
  expect(await patrol('infer', file)).toContain('POST /user/repos')
})

test('the build finds its grammar for HCL', async () => {
  writeFileSync(join(dir, 'main.tf'), 'resource "gitea_token" "ci" {\n  name   = "ci"\n  scopes = ["repo"]\n}\n')
  expect(await patrol('lint', 'main.tf')).toMatch(/main\.tf[^]*scope-unknown/)
})

test('the build ships the grammars that are used, with their licences, and no others', () => {
  const grammars = ['bash', 'go', 'hcl', 'javascript', 'python', 'tsx', 'typescript'].map(
    (name) => `tree-sitter-${name}.wasm`,
  )
  const expected = [
    ...grammars,
    'tree-sitter.cjs',
    'tree-sitter.wasm',
    'LICENSE.tree-sitter',
    'LICENSE.tree-sitter-hcl',
  ]
  expect(readdirSync(join(root, 'dist/grammars')).toSorted()).toEqual(expected.toSorted())
})

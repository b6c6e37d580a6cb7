import {chmodSync, mkdirSync, mkdtempSync, symlinkSync, writeFileSync} from 'node:fs'
import {rm} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {dirname, join} from 'node:path'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import {languageOf} from '../../../src/lint/language.ts'
import {filesToLint, lint, summarise} from '../../../src/lint/index.ts'
import {lineAndRule, linted, OPTIONS} from './linting.ts'

const WRITE = 'curl -X DELETE "$U/api/v1/repos/a/b"\n'

describe('what a file is read as', () => {
  test.each([
    ['a/b.sh', '', 'shell'],
    ['install', '#!/usr/bin/env -S bash -e\n', 'shell'],
    ['install', '\uFEFF#!/bin/sh\n', 'shell'],
    ['install', '#!/usr/bin/python3\n', undefined],
    ['install', 'text', undefined],
    ['a.constructor', 'text', undefined],
    ['x/.gitea/scripts/seed', 'text', 'shell'],
    ['.github/scripts/seed', '#!/usr/bin/env node\n', undefined],
    ['.gitea/scripts/seed.py', 'text', undefined],
    ['.gitea/workflows/ci.yml', '', 'workflow'],
    ['.github/workflows/ci.yaml', '', 'workflow'],
    ['tools/action.yml', '', 'workflow'],
    ['ci.yml', '', 'yaml'],
    ['main.tf', '', 'hcl'],
    ['RUNBOOK.MD', '', 'markdown'],
    ['fleet/patrol.yaml', '', 'inventory'],
    ['a.py', '#!/bin/sh\n', undefined],
    ['.envrc', '', 'shell'],
    ['.env.prod', '', 'env'],
    ['deploy/.env.example', '', 'env'],
    ['.npmrc', '', 'env'],
    ['conf/app.ini', '', 'env'],
    ['.netrc', '', 'netrc'],
    ['.git-credentials', '', 'netrc'],
    ['Dockerfile', '', 'dockerfile'],
    ['ci/Dockerfile.runner', '', 'dockerfile'],
    ['Containerfile', '', 'dockerfile'],
    ['Makefile', '', 'makefile'],
    ['justfile', '', 'makefile'],
    ['Taskfile.yml', '', 'yaml'],
    ['bot.service', '', 'unit'],
    ['.mcp.json', '', 'json'],
    ['package-lock.json', '', undefined],
    ['runner.nix', '', 'nix'],
    ['user-data.sh.tpl', '', 'shell'],
    ['values.yaml.j2', '', 'yaml'],
    ['user-data.tpl', '#!/bin/bash\n', 'shell'],
    ['user-data.tpl', '#cloud-config\n', 'yaml'],
    ['templates/_helpers.tpl', '{{- define "x" }}', 'template'],
    ['a.sh', '#!/usr/bin/env python3\n', undefined],
    ['.bashrc', '#!/bin/sh\n', 'shell'],
    ['ops/.env', 'A=b', 'env'],
    ['agent.env', 'A=b', 'env'],
    ['.env.gpg', 'A=b', undefined],
    ['env', 'A=b', undefined],
  ])('%s', (file, text, language) => {
    expect(languageOf(file, text)).toBe(language)
  })
})

describe('files below a path', () => {
  let folder: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'patrol-lint-'))
  })
  afterEach(async () => {
    chmodSync(folder, 0o700)
    await rm(folder, {recursive: true, force: true})
  })

  function put(file: string, text: string | Uint8Array): void {
    mkdirSync(join(folder, dirname(file)), {recursive: true})
    writeFileSync(join(folder, file), text)
  }

  async function found(paths: readonly string[], exclude: readonly string[] = []): Promise<string[]> {
    const files: string[] = []
    for await (const input of filesToLint(paths, {cwd: folder, exclude})) {
      if (!('passed' in input)) files.push('unread' in input ? `${input.file}: ${input.unread}` : input.file)
    }
    return files
  }

  test('are those of a language that is linted, hidden folders included, in order, each once', async () => {
    for (const file of ['b.sh', 'a.md', '.gitea/workflows/x.yml', '.git/hooks/y.sh', 'node_modules/z/r.md', 'c.png'])
      put(file, 'x')
    put('pkg/dist/built.sh', 'x')
    put('run', '#!/bin/sh\n')
    put('LICENSE', 'text')
    expect(await found(['.', 'a.md'])).toEqual(['.gitea/workflows/x.yml', 'a.md', 'b.sh', 'run'])
    expect(await found(['b.sh', '.'], ['a.md', '.gitea/**'])).toEqual(['b.sh', 'run'])
  })

  test('that are binary, not UTF-8 or far too large are said to be unread, the others are read', async () => {
    put('a.sh', new Uint8Array([35, 33, 0, 1, 2]))
    put('b.sh', new Uint8Array([99, 0xe9, 10]))
    put('c.sh', `# ${'x'.repeat(5 * 1024 * 1024)}\n`)
    put('d.sh', WRITE)
    put('f.ps.md', Buffer.from('\uFEFFtext', 'utf16le'))
    put('e', new Uint8Array([0, 1, 2]))
    expect(await found(['.'])).toEqual([
      'a.sh: this is no text file',
      'b.sh: this is not UTF-8 text',
      'c.sh: this is larger than 5 MB and was not read',
      'd.sh',
      'f.ps.md: this is UTF-16; save it as UTF-8 (iconv -f UTF-16 -t UTF-8)',
    ])
  })

  test('are found through links to files beside them, never through links to folders or to other places', async () => {
    put('in/real/a.sh', WRITE)
    put('in/node_modules/tool/mint', WRITE)
    put('out/b.sh', WRITE)
    symlinkSync('real', join(folder, 'in/link'))
    symlinkSync('..', join(folder, 'in/real/up'))
    symlinkSync('/', join(folder, 'in/root'))
    symlinkSync('../out/b.sh', join(folder, 'in/b.sh'))
    symlinkSync('node_modules/tool/mint', join(folder, 'in/mint.sh'))
    symlinkSync('nowhere.sh', join(folder, 'in/lost.sh'))
    symlinkSync('nowhere.png', join(folder, 'in/lost.png'))
    symlinkSync('round.sh', join(folder, 'in/round.sh'))
    expect(await found(['in'])).toEqual([
      'in/lost.sh: its link leads nowhere',
      'in/mint.sh',
      'in/real/a.sh',
      'in/round.sh: its links go round in a circle',
    ])
  })

  test('that are typed are taken: through links, in folders of other people, whatever was met before', async () => {
    put('dist/a.sh', WRITE)
    put('dist/sub/b.sh', WRITE)
    put('notes.txt', 'text')
    symlinkSync('dist', join(folder, 'link'))
    symlinkSync('dist/a.sh', join(folder, 'one'))
    expect(await found(['dist'])).toEqual(['dist/a.sh', 'dist/sub/b.sh'])
    expect(await found(['link'])).toEqual(['link/a.sh', 'link/sub/b.sh'])
    expect(await found(['one'])).toEqual(['one'])
    expect(await found(['.', 'notes.txt', 'dist/a.sh'])).toEqual(['notes.txt', 'dist/a.sh'])
  })

  test.skipIf(process.getuid?.() === 0)('in a folder that may not be read are missed loudly', async () => {
    put('closed/a.sh', WRITE)
    put('open.sh', WRITE)
    chmodSync(join(folder, 'closed'), 0)
    try {
      expect(await found(['.'])).toEqual(['closed: it may not be read by this user', 'open.sh'])
    } finally {
      chmodSync(join(folder, 'closed'), 0o700)
    }
  })

  test('are shown relative to where patrol was started, also above it', async () => {
    put('sub/a.sh', WRITE)
    put('b.sh', WRITE)
    const files: string[] = []
    for await (const {file} of filesToLint(['../b.sh', '.'], {cwd: join(folder, 'sub'), exclude: []})) files.push(file)
    expect(files).toEqual(['../b.sh', 'a.sh'])
  })

  test('a path that is not there is refused before anything is read', async () => {
    put('a.sh', WRITE)
    await expect(found(['a.sh', 'b.sh'])).rejects.toMatchObject({
      code: 'USAGE',
      message: expect.stringContaining('b.sh'),
    })
  })
})

describe('broken files', () => {
  test.each([
    ['a.yaml', `# gitea\nscopes: [read:issues]\nx: [1\ny: }\n`, '2 scope-unknown'],
    ['a.tf', `resource "gitea_token" "a" {\n  scopes = ["read:issues"]\n}\nbroken {{{ =\n`, '2 scope-unknown'],
    ['a.sh', `${WRITE}if then ((\n${WRITE}`, '1 write-unchecked'],
  ])('%s is said to be broken, and the rest of it is linted', async (file, text, finding) => {
    const {result} = await linted(file, text)
    expect(result.unread.length).toBeGreaterThan(0)
    expect(result.findings.map(lineAndRule)).toContain(finding)
  })

  test('a template that becomes YAML later is read around its marks', async () => {
    const template = [
      '{{- if .Values.gitea }}',
      'scopes:',
      '  - read:issues',
      '  - {{ .Values.scope | quote }}',
      '  {{- range .Values.more }}',
      '  - {{ . }}',
      '  {{- end }}',
      'token: {{ .Values.token }}',
      '{{- /* a remark',
      'of two lines */ -}}',
      '{{- end }}',
      '',
    ].join('\n')
    const {result} = await linted('chart/templates/a.yaml', template)
    expect(result.unread).toEqual([])
    expect(result.findings.map(lineAndRule)).toEqual(['3 scope-unknown'])
  })

  test('an example of a text that is no whole script is not broken', async () => {
    const {result} = await linted('a.md', 'x\n\n```bash\nif then ((\n```\n\n```yaml\na: [1\n```\n')
    expect(result.unread).toEqual([])
  })

  const other = ['Dockerfile', 'Makefile', 'a.service', 'a.nix', '.netrc', '.npmrc', 'a.json', 'a.tpl']
  test.each(['a.sh', 'a.md', 'a.yaml', 'a.tf', 'patrol.yaml', '.gitea/workflows/a.yml', ...other])(
    'lines of a megabyte, and nesting without end, in %s are got through',
    async (file) => {
      for (const text of [
        'x'.repeat(1_000_000),
        `a: ${'['.repeat(3000)}`,
        '{'.repeat(3000),
        '\0\0',
        '`'.repeat(5000),
        '> '.repeat(2000),
        `# gitea scopes: ${'read:a, '.repeat(20_000)}`,
        `# gitea ${'`a` and '.repeat(20_000)}`,
        `[ ${'a '.repeat(20_000)}`,
        `RUN <<EOF\n${'ENV a=b \\\n'.repeat(5000)}`,
        `x = ''${'a\n'.repeat(20_000)}`,
        `curl ${'-d @x '.repeat(5000)}https://gitea.example.org/api/v1/user`,
        'curl -X PUT https://gitea.example.org/api/v1/user; '.repeat(1500),
        `|${' a |'.repeat(20_000)}`,
        `a: ${Buffer.from('a'.repeat(100_000)).toString('base64')}`,
      ]) {
        await expect(linted(file, text)).resolves.toBeDefined()
      }
    },
    30_000,
  )
})

test.each(['403 means ', 'trigger agent ', 'a '])('prose without an end is got through: %s', async (words) => {
  for (const file of ['a.md', 'a.sh']) {
    const text = `# Gitea ${words.repeat(20_000)}\n\n${words.repeat(20_000)}\n`
    await expect(linted(file, text)).resolves.toBeDefined()
  }
})

test.each([
  ['a list', (item: string) => `- \`${item}\``],
  ['a table', (item: string) => `| \`${item}\` |`],
])('each of the scopes that %s names is judged', async (_, row) => {
  const rows = Array.from({length: 100}, (_each, index) => row(`read:thing${index}`)).join('\n')
  expect((await linted('a.md', `Gitea:\n\n${rows}\n`)).result.findings).toHaveLength(100)
})

describe('a whole run', () => {
  test('exits 5 where something was not read, else 3 at or above the severity, else 0', async () => {
    const run = async (inputs: Parameters<typeof lint>[0], failOn: 'high' | 'medium') => {
      const files = []
      for await (const {result} of lint(inputs, OPTIONS)) files.push(result)
      return summarise(files, failOn).summary
    }
    const write = {file: 'a.sh', text: WRITE}
    expect(await run([write], 'medium')).toMatchObject({files: 1, findings: {medium: 1}, exit: 3})
    expect(await run([write], 'high')).toMatchObject({exit: 0})
    expect(await run([write, {file: 'b.sh', unread: 'gone'}], 'medium')).toMatchObject({files: 2, unread: 1, exit: 5})
    expect(await run([{file: 'a.png', text: 'x'}], 'medium')).toMatchObject({files: 0, exit: 5})
  })
})

import {chmod, lstat, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join, relative} from 'node:path'
import {afterEach, beforeEach, describe, expect, test} from 'vitest'
import Lint from '../../src/commands/lint.ts'
import {LINT_RULES} from '../../src/lint/index.ts'
import {LINT_FORMAT_NAMES} from '../../src/report/formats/index.ts'
import {junitComplaints, lintComplaints, openMetricsComplaints, sarifComplaints} from '../support/documents.ts'
import {stage, typed} from './harness.ts'

/** Made up, but not plainly so, or the linter would not mind it. No output may ever hold it. */
const PASSWORD = ['Quay', 'deep', 'Lamp', '4471'].join('-')
const FAULTY = `#!/usr/bin/env bash
gitea admin user generate-access-token --username bot --scopes read:issues,write:repository
curl -X POST -u root:${PASSWORD} https://git.example/api/v1/repos/acme/shop/issues -d '{"title": "x"}'
`
const CLEAN = '#!/usr/bin/env bash\necho fine\n'

let dir = ''
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'patrol-lint-'))
})
afterEach(() => rm(dir, {recursive: true}))
const at = (name: string) => join(dir, name)

interface Result {
  summary: {files: number; findings: Record<string, number>; fixed: number; unread: number; exit: number}
  files: {file: string; fixed: number}[]
}

/** Runs the command from nowhere in particular: no patrol.yaml, no environment. */
const lint = async (line: string[], env: NodeJS.ProcessEnv = {}) => {
  const ended = await typed<Result>(Lint, line, {HOME: dir, ...env})
  expect(ended.stdout + ended.stderr).not.toContain(PASSWORD)
  return ended
}

describe('how a run ends', () => {
  test('0 for clean files, 3 for findings, whatever the format', async () => {
    await writeFile(at('clean.sh'), CLEAN)
    await writeFile(at('faulty.sh'), FAULTY)
    for (const format of LINT_FORMAT_NAMES) {
      expect([format, (await lint([at('clean.sh'), '--report', format])).exit]).toEqual([format, 0])
      expect([format, (await lint([at('faulty.sh'), '--report', format])).exit]).toEqual([format, 3])
    }
    expect((await lint([at('faulty.sh'), '--json'])).document.status).toBe(3)
  })

  test('--fail-on lets what is milder pass, and --exit-zero all findings', async () => {
    await writeFile(at('mild.sh'), 'curl -X POST --data a=b https://git.example/api/v1/repos/acme/shop/issues\n')
    expect((await lint([at('mild.sh')])).exit).toBe(3)
    expect((await lint([at('mild.sh'), '--fail-on', 'high'])).exit).toBe(0)
    expect((await lint([at('mild.sh'), '--exit-zero'])).exit).toBe(0)
  })

  test('what is low is shown and does not fail by itself, unless --fail-on low is asked for', async () => {
    await writeFile(at('low.sh'), 'curl -f -H "Authorization: token $TOKEN" https://git.example/api/v1/version\n')
    const {exit, stdout} = await lint([at('low.sh')])
    expect(exit).toBe(0)
    expect(stdout).toContain('secret-visible-in-ps')
    expect(stdout).toMatch(/\n✓ Passed: nothing at medium or above; 1 milder finding does not fail it\.\n$/)
    const {exit: status, document} = await lint([at('low.sh'), '--json'])
    expect(status).toBe(0)
    expect(document.findings).toMatchObject([{rule: 'secret-visible-in-ps', severity: 'low'}])
    expect((await lint([at('low.sh'), '--fail-on', 'low'])).exit).toBe(3)
  })

  test('5 for what could not be read, in spite of --exit-zero; the rest is linted', async () => {
    await writeFile(at('faulty.sh'), FAULTY)
    await writeFile(at('binary.sh'), Buffer.from([0, 1, 2]))
    const {exit, document} = await lint([dir, '--json', '--exit-zero'])
    expect(exit).toBe(5)
    expect(document.incomplete).toMatchObject([{code: 'LINT_UNREAD', exit: 5}])
    expect(document.findings!.length).toBeGreaterThan(0)
  })

  test('a file in no known language is an error where it was named, and left aside where it was found', async () => {
    await writeFile(at('notes.txt'), 'read:issues')
    await writeFile(at('clean.sh'), CLEAN)
    expect((await lint([dir])).exit).toBe(0)
    const {exit, document} = await lint([at('notes.txt'), at('clean.sh'), '--json'])
    expect(exit).toBe(5)
    expect(document.incomplete![0]!).toMatchObject({message: expect.stringMatching(/no shell, \.env, workflow, YAML/)})
  })

  test.each([
    [[], 'USAGE', /Name the files/],
    [['.', '--profile', 'enginer'], 'PROFILE_UNKNOWN', /known are engineer, reviewer/],
    [['.', '--gitea-version', '0.9'], 'USAGE', /"0\.9" is no version of Gitea from 1\.20 on/],
    [['.', '--report', 'sarfi'], 'REPORT_INVALID', /no format "sarfi"/],
    [['.', '--report', 'blob'], 'REPORT_INVALID', /no format "blob"/],
    [['.', '--report', 'table', '--report', 'csv'], 'REPORT_CONFLICT', /share stdout/],
    [['.', '--report', 'json=/no/such/place/x'], 'REPORT_UNWRITABLE', /no directory/],
  ])('%j is refused before anything is linted', async (line, code, said) => {
    const {exit, document} = await lint([...line.map((each) => (each === '.' ? dir : each)), '--json'])
    expect(exit).toBe(2)
    expect(document.error).toMatchObject({code, message: expect.stringMatching(said)})
  })

  test('goes by the routes of Forgejo where it is named, and says of which release', async () => {
    await writeFile(at('quota.sh'), '#!/bin/sh\ncurl -f "$GITEA_URL/api/v1/user/quota"\n')
    const messages = async (...flags: string[]) =>
      (await lint([at('quota.sh'), ...flags, '--json'])).document.findings!.map(({message}) => message)
    expect(await messages()).toEqual([expect.stringContaining('Gitea 1.22 has no GET /user/quota')])
    expect(await messages('--forge', 'forgejo')).toEqual([])
    expect(await messages('--gitea-version', '7')).toEqual([
      expect.stringContaining('Forgejo 7 has no GET /user/quota; it answers 404'),
    ])
    const {stderr, exit} = await lint([at('quota.sh'), '--gitea-version', '8.0.2'])
    const note = 'The routes of Forgejo 8.0.2 are not known; these are those of Forgejo 7, the nearest before it.'
    expect([exit, stderr]).toEqual([0, expect.stringContaining(`${note} Which ones it lacks is not judged.`)])
  })

  test('what to type instead is what was typed, mended', async () => {
    await writeFile(at("it's.sh"), CLEAN)
    const suggested = async (...flags: string[]) =>
      (await lint([at("it's.sh"), ...flags, '--json'])).document.error!.suggestions
    const path = `'${at("it's.sh").replace("'", String.raw`'\''`)}'`
    expect(await suggested('--gitea-version', '0.9')).toEqual([`patrol lint ${path} --gitea-version 1.22.6`])
    expect(await suggested('--profile', 'enginer')).toEqual([`patrol lint ${path} --profile engineer`])
    const many = ['a.sh', 'b.sh', 'c.sh'].map(at)
    expect(await suggested(...many, '--profile', 'enginer')).toEqual(['patrol lint . --profile engineer'])
  })

  test('without a path an example is named', async () => {
    expect((await lint(['--json'])).document.error!.suggestions).toContain('patrol lint .')
  })
})

describe('reports', () => {
  test('each format to a file of its own, all at once, and the table on standard output', async () => {
    await writeFile(at('faulty.sh'), FAULTY)
    const reports = LINT_FORMAT_NAMES.flatMap((name) => ['--report', `${name}=${at(`out.${name}`)}`])
    const {exit, stdout} = await lint([at('faulty.sh'), ...reports])
    expect(exit).toBe(3)
    expect(stdout).toMatch(/✗ Findings at medium or above \(exit 3\)\.\n$/)
    const text = async (name: string) => {
      const written = await readFile(at(`out.${name}`), 'utf8')
      expect(written).not.toContain(PASSWORD)
      return written
    }
    for (const name of LINT_FORMAT_NAMES) {
      const written = await text(name)
      // OpenMetrics counts rules and names no file; annotations are relative to a checkout that this is not.
      expect(written).toContain(name === 'openmetrics' ? 'rule="scope-unknown"' : 'faulty.sh')
    }
    expect(lintComplaints(JSON.parse(await text('json')))).toEqual([])
    expect(sarifComplaints(JSON.parse(await text('sarif')))).toEqual([])
    expect(await junitComplaints(await text('junit'))).toEqual([])
    expect(openMetricsComplaints(await text('openmetrics'))).toEqual([])
  })

  test('--json and --report json are one document', async () => {
    await writeFile(at('faulty.sh'), FAULTY)
    const {stdout} = await lint([at('faulty.sh'), '--json', '--report', `json=${at('out.json')}`])
    expect(JSON.parse(stdout)).toEqual(JSON.parse(await readFile(at('out.json'), 'utf8')))
  })

  test('Markdown also goes to the page of a CI job', async () => {
    await writeFile(at('faulty.sh'), FAULTY)
    await writeFile(at('page'), 'before\n')
    await lint([at('faulty.sh'), '--report', `markdown=${at('out.md')}`], {GITHUB_STEP_SUMMARY: at('page')})
    expect(await readFile(at('page'), 'utf8')).toBe(`before\n${await readFile(at('out.md'), 'utf8')}`)
  })

  test('no report takes the place of a file that is linted', async () => {
    await writeFile(at('runbook.md'), '# Fine\n')
    const {exit, document} = await lint([dir, '--report', `markdown=${at('runbook.md')}`, '--json'])
    expect({exit, code: document.error!.code}).toEqual({exit: 2, code: 'REPORT_CONFLICT'})
    expect(await readFile(at('runbook.md'), 'utf8')).toBe('# Fine\n')
  })
})

describe('--fix', () => {
  test('mends what is safe, keeps the mode and the link, shows how, and leaves no other file', async () => {
    await mkdir(at('real'))
    await writeFile(at('real/faulty.sh'), FAULTY)
    await chmod(at('real/faulty.sh'), 0o750)
    await symlink(at('real/faulty.sh'), at('link.sh'))
    const {exit, stdout} = await lint([at('link.sh'), '--fix'])
    expect(exit).toBe(3)
    const text = await readFile(at('real/faulty.sh'), 'utf8')
    expect(text).toContain('--scopes read:issue,write:repository')
    expect(text).toContain('curl --fail-with-body')
    expect(text).toContain(PASSWORD)
    expect((await stat(at('real/faulty.sh'))).mode & 0o777).toBe(0o750)
    expect((await lstat(at('link.sh'))).isSymbolicLink()).toBe(true)
    expect(await readdir(at('real'))).toEqual(['faulty.sh'])
    expect(stdout).toMatch(/^\+gitea admin .*read:issue,/m)
    expect(stdout).toMatch(/2 findings mended/)
    const again = await lint([at('link.sh'), '--fix', '--json'])
    expect(again.document.result.summary).toMatchObject({fixed: 0})
    expect(await readFile(at('real/faulty.sh'), 'utf8')).toBe(text)
  })

  test('leaves every byte besides as it was: byte order mark, CR LF, no newline at the end', async () => {
    await writeFile(at('odd.sh'), `\ufeff${FAULTY.replaceAll('\n', '\r\n')}echo ä`)
    await lint([at('odd.sh'), '--fix'])
    const mended = FAULTY.replace('read:issues', 'read:issue').replace('curl ', 'curl --fail-with-body ')
    expect(await readFile(at('odd.sh'), 'utf8')).toBe(`\ufeff${mended.replaceAll('\n', '\r\n')}echo ä`)
  })

  test('--dry-run shows the same and writes nothing', async () => {
    await writeFile(at('faulty.sh'), FAULTY)
    const {exit, stdout} = await lint([at('faulty.sh'), '--fix', '--dry-run'])
    expect(exit).toBe(3)
    expect(stdout).toMatch(/^-gitea .*read:issues.*\n(?:-.*\n)*\+gitea .*read:issue,/m)
    expect(await readFile(at('faulty.sh'), 'utf8')).toBe(FAULTY)
    const {document} = await lint([at('faulty.sh'), '--fix', '--dry-run', '--json'])
    expect(document.result.summary).toMatchObject({fixed: 0, exit: 3})
  })

  test('a diff never goes where a report for programs goes', async () => {
    await writeFile(at('faulty.sh'), FAULTY)
    const {stdout, stderr} = await lint([at('faulty.sh'), '--fix', '--dry-run', '--report', 'ndjson'])
    for (const line of stdout.trimEnd().split('\n')) expect(() => JSON.parse(line)).not.toThrow()
    expect(stderr).toMatch(/^\+gitea /m)
  })

  test('--dry-run without --fix is a mistake', async () => {
    expect((await lint([dir, '--dry-run'])).exit).toBe(2)
  })
})

describe('patrol.yaml', () => {
  test('brings its profiles; no server is called', async () => {
    await using on = await stage()
    const text = await readFile(on.home.config, 'utf8')
    await writeFile(on.home.config, `${text}profiles:\n  quiet:\n    scopes: [read:issue]\n`)
    const script = join(on.dir, 'mint.sh')
    await writeFile(script, 'gitea admin user generate-access-token --username b --scopes read:issue,write:package\n')
    const {document} = await on.patrol(Lint, [script, '--profile', 'quiet', '--json'])
    expect(document.findings!.map(({rule}) => rule)).toContain('scope-excess')
    expect([...on.sandbox.gitea.requests, ...on.sandbox.platform.requests]).toEqual([])
  })

  test('a broken one is linted itself, and only warned about', async () => {
    await using on = await stage()
    const text = await readFile(on.home.config, 'utf8')
    await writeFile(on.home.config, text.replace('profile: engineer', 'profile: enginer'))
    const {exit, document} = await on.patrol(Lint, [on.home.config, '--json'])
    expect(exit).toBe(3)
    expect(document.findings!.map(({rule}) => rule)).toContain('inventory-invalid')
    expect(document.warnings.join()).toContain('the built-in ones are used')
    const named = await on.patrol(Lint, [on.home.config, '--config', on.home.config, '--json'])
    expect(named.document.error).toMatchObject({code: 'CONFIG_INVALID'})
  })

  test('two agents of one user are found at the second one', async () => {
    await using on = await stage()
    const text = await readFile(on.home.config, 'utf8')
    const doubled = text.replace('  agent-dev-b:', '  agent-dev-b:\n    user: agent-dev-a')
    await writeFile(on.home.config, doubled)
    const line = doubled.split('\n').indexOf('  agent-dev-b:') + 1
    const {document} = await on.patrol(Lint, [on.home.config, '--json'])
    const [found] = document.findings!.filter(({message}) => message.includes('agent-dev-b'))
    expect(found).toMatchObject({rule: 'inventory-invalid', at: {start: {line}}})
  })
})

test('a link to the root of the disk is not gone into', async () => {
  await mkdir(at('in'))
  await writeFile(at('in/faulty.sh'), FAULTY)
  await symlink('/', at('in/everything'))
  await symlink('..', at('in/up'))
  await writeFile(at('clean.sh'), CLEAN)
  expect((await lint([at('in'), '--json'])).document.result.summary).toMatchObject({files: 1, exit: 3})
  // A link that was typed is gone into.
  expect((await lint([at('in/up'), '--json'])).document.result.summary).toMatchObject({files: 2, exit: 3})
})

test('a link is followed within what was named, and not out of it', async () => {
  await mkdir(at('in'))
  await writeFile(at('out.sh'), FAULTY)
  await symlink(at('out.sh'), at('in/link.sh'))
  expect((await lint([at('in'), '--json'])).document.result.summary).toMatchObject({files: 0, passed: 1, exit: 5})
  await lint([at('in'), '--fix'])
  expect(await readFile(at('out.sh'), 'utf8')).toBe(FAULTY)
  expect((await lint([at('in/link.sh')])).exit).toBe(3)
  expect((await lint([dir, '--json'])).document.result.summary).toMatchObject({files: 1})
})

test('a run that read nothing is no pass, and what was passed over is counted and, where that is asked for, named', async () => {
  for (const name of ['a.py', 'b.py', 'logo.png']) await writeFile(at(name), 'x')
  await mkdir(at('node_modules'))
  const nothing = await lint([dir])
  expect(nothing.exit).toBe(5)
  expect(nothing.stdout).toContain('? Nothing was read, so this is no pass (exit 5).')
  expect(nothing.stdout).toContain(
    '4 passed over: 2 .py, 1 .png (in no language that is linted); 1 node_modules (never looked into).',
  )
  expect(nothing.stdout).not.toContain('logo')
  await writeFile(at('clean.sh'), CLEAN)
  const {exit, stdout} = await lint([dir, '--verbose'])
  expect(exit).toBe(0)
  expect(stdout).toContain(`logo.png: in no language that is linted`)
  const {document} = await lint([dir, '--json'])
  expect(document.result.summary).toMatchObject({files: 1, passed: 4})
  expect(lintComplaints(document)).toEqual([])
})

test('--exclude leaves out what matches', async () => {
  await mkdir(at('old'))
  await writeFile(at('old/faulty.sh'), FAULTY)
  await writeFile(at('clean.sh'), CLEAN)
  expect((await lint([dir, '--exclude', relative(process.cwd(), at('old'))])).exit).toBe(0)
})

test('--list-rules shows them all and reads nothing', async () => {
  const {exit, stdout} = await lint(['--list-rules'])
  expect(exit).toBe(0)
  for (const {id} of LINT_RULES) expect(stdout).toContain(id)
  const {document} = await typed<{rules: {id: string}[]}>(Lint, ['--list-rules', '--json'])
  expect(document.result.rules.map(({id}) => id)).toEqual(LINT_RULES.map(({id}) => id))
})

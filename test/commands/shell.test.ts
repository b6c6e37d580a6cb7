import {globSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {captureOutput} from '@oclif/test'
import {afterEach, describe, expect, test, vi} from 'vitest'
import {main} from '../../src/cli/main.ts'
import {ERRANDS, MEANT} from '../../src/cli/start.ts'
import {pageName} from '../../src/errors.ts'
import {RULES} from '../../src/fleet/rules.ts'
import {LINT_RULES} from '../../src/lint/rules.ts'
import {ending, ROOT, stage} from './harness.ts'

const pjson = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
const TOKEN = `${'d'.repeat(32)}00000042`

afterEach(() => {
  process.exitCode = undefined
  vi.unstubAllEnvs()
})

async function line(...argv: string[]) {
  process.exitCode = undefined
  const {stdout, stderr, error} = await captureOutput(() => main({root: ROOT, pjson}, argv))
  if (error) throw error
  return ending<object>(stdout, stderr)
}

describe('patrol alone', () => {
  test('has each command under one errand, and says where to begin', async () => {
    const {exit, stdout, stderr} = await line()
    expect({exit, stderr}).toEqual({exit: 0, stderr: ''})
    const heads = new Set(globSync('**/*.ts', {cwd: join(ROOT, 'src/commands')}).map((file) => file.split(/[./]/)[0]))
    const verbs = ERRANDS.flatMap(([, list]) => list)
    expect(verbs).toHaveLength(new Set(verbs).size)
    expect(new Set(verbs)).toEqual(heads)
    for (const head of heads) expect(stdout).toMatch(new RegExp(`^.{11}${head} +[a-z]`, 'm'))
    expect(stdout).toMatch(/^Begin +patrol init$/m)
  })

  test('names the patrol.yaml that it finds', async () => {
    await using at = await stage()
    vi.stubEnv('PATROL_CONFIG', at.home.config)
    const {stdout} = await line()
    expect(stdout).toContain(`Works on   ${at.home.config}\n`)
    expect(stdout).toMatch(/^Begin +patrol audit$/m)
  })

  test('takes a word that people have for a verb of ours for that verb', () => {
    const spoken = globSync('**/*.ts', {cwd: join(ROOT, 'src/commands')}).map((file) =>
      file.replace(/\.ts$/, '').replaceAll('/', ' '),
    )
    for (const verb of Object.values(MEANT).flat()) expect(spoken).toContain(verb)
    expect(Object.keys(MEANT).filter((word) => spoken.includes(word))).toEqual([])
  })
})

describe('a line that names no command', () => {
  test.each([
    [['prob'], 'patrol probe'],
    [['rotat', 'agent-dev-a', '--yes'], 'patrol rotate --help'],
    [['onbord'], 'patrol onboard --help'],
    [['rotation', 'lst'], 'patrol rotation list'],
    [['config', 'chek', '--nope'], 'patrol config check'],
    [['rotation', '--nope'], 'patrol rotation --help'],
    [['--nope'], 'patrol --help'],
    [['whoami'], 'patrol probe'],
    [['List'], 'patrol rotation list'],
    [['delete', 'agent-dev-a'], 'patrol revoke --help'],
  ])('%j ends with 2 and suggests %s', async (argv, suggestion) => {
    const people = await line(...argv)
    expect(people.stderr).toContain(suggestion)
    expect(people).toMatchObject({exit: 2, stdout: ''})
    const script = await line(...argv, '--json')
    expect(script.document.error).toMatchObject({
      code: 'USAGE',
      suggestions: expect.arrayContaining([suggestion]),
    })
  })

  test('which holds a token is refused without repeating it', async () => {
    for (const argv of [[TOKEN], ['probe', TOKEN], ['push', 'a', '--token-file', TOKEN, '--json']]) {
      const {exit, stdout, stderr} = await line(...argv)
      expect(stdout + stderr).toContain('SECRET_IN_ARGUMENT')
      expect(stdout + stderr).not.toContain(TOKEN)
      expect(exit).toBe(2)
    }
  })
})

describe('wrong flags', () => {
  test.each([
    [['probe', '--gitea-ulr', 'x'], /--gitea-url/],
    [['probe', 'a', 'b'], /argument too many/],
    [['smoke'], /agent/],
    [['smoke', 'a', '--swarm-via', 'pigeon'], /a2a, schedule, none/],
    [['rotate', 'a', '--overlap', 'soon'], /"soon" is not a duration/],
    [['revoke', 'a', '--id', 'x'], /integer/],
    [['mint', 'a', '--output-file', 'f', '--print-token'], /cannot also be provided/],
  ])('%j ends with 2, also as JSON and without a dump', async (argv, said) => {
    const people = await line(...argv)
    expect(people.stderr).toMatch(said)
    expect(people.exit).toBe(2)
    const script = await line(...argv, '--json')
    const {error} = script.document
    expect(error?.code).toBe('USAGE')
    expect(script.stdout.length).toBeLessThan(1500)
    expect(script.exit).toBe(2)
  })
})

describe('help', () => {
  test('stands where one looks for it', async () => {
    for (const argv of [['--help'], ['-h'], ['help']]) {
      const {exit, stdout} = await line(...argv)
      expect(stdout).toContain('USAGE')
      expect(exit).toBe(0)
    }
    expect((await line('help', 'probe')).stdout).toContain('--token-file')
    expect((await line('rotation')).stdout).toContain('resume')
  })

  test('prints runbooks and other pages, rules and error codes by their names', async () => {
    const runbook = await line('help', 'rotation-incomplete')
    expect(runbook).toMatchObject({exit: 0, stderr: ''})
    expect(runbook.stdout).toContain('  patrol rotation list --unfinished\n')
    expect(runbook.stdout).toContain('patrol help token-scope-gap')
    expect(runbook.stdout).not.toMatch(/^[#|]|^```|\]\(/m)
    expect((await line('help', 'patrol.yaml')).stdout).toContain('gitea.admin.user')
    expect((await line('help', 'ci')).stdout).toContain('nightly-audit')
    expect((await line('help', 'token-orphan')).stdout).toContain('(high)')
    expect((await line('help', 'write-unchecked')).stdout).toContain('(medium)')
    expect((await line('help', 'write_in_doubt')).stdout).toMatch(/Exit 7.*\n\nRead: patrol help rotation-incomplete/)
  })

  test('names what is near to a page that there is not', async () => {
    const wrong = await line('help', 'rotation-incomplte')
    expect(wrong).toMatchObject({exit: 2, stdout: ''})
    expect(wrong.stderr).toContain('\n  patrol help rotation-incomplete\n')
    const script = await line('help', 'prob', '--json')
    expect(script.document.error).toMatchObject({
      code: 'USAGE',
      suggestions: expect.arrayContaining(['patrol help probe']),
    })
  })

  const refs = globSync('src/**/*.ts', {cwd: ROOT}).flatMap((file) =>
    [...readFileSync(join(ROOT, file), 'utf8').matchAll(/'(docs\/[a-z/-]+\.md)'/g)].map(([, ref]) => ref!),
  )
  const named = [...new Set([...refs.map(pageName), ...RULES.map(({ref}) => ref), ...LINT_RULES.map(({ref}) => ref)])]
  test.each(named)('prints %s, to which errors or findings refer', async (name) => {
    const {exit, stdout} = await line('help', name)
    expect(exit).toBe(0)
    expect(stdout).not.toContain('USAGE')
  })

  const files = globSync('src/commands/**/*.ts', {cwd: ROOT})
  test.each(files)('%s says what it does, with examples, and describes every flag', async (file) => {
    const {default: command}: {default: Help} = await import(join(ROOT, file))
    expect(command.summary).toMatch(/^[A-Z].*\.$/)
    expect(command.description.length).toBeGreaterThan(60)
    expect(command.examples.length).toBeGreaterThan(1)
    for (const part of [...Object.values(command.flags ?? {}), ...Object.values(command.args ?? {})]) {
      expect(part.description).toMatch(/^[^A-Z].*[^.]$|^Gitea/)
    }
  })
})

interface Help {
  summary: string
  description: string
  examples: object[]
  flags?: Record<string, {description?: string}>
  args?: Record<string, {description?: string}>
}

describe('standard input', () => {
  test.each(globSync('**/*.ts', {cwd: join(ROOT, 'src/commands')}))(
    'is read for no argument of %s: it may hold a token',
    async (file) => {
      const command: {default: {args: Record<string, {ignoreStdin?: boolean}>}} = await import(
        join(ROOT, 'src/commands', file)
      )
      const reading = Object.entries(command.default.args).filter(([, {ignoreStdin}]) => !ignoreStdin)
      expect(reading.map(([name]) => name)).toEqual([])
    },
  )
})

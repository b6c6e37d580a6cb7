import {globSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {captureOutput} from '@oclif/test'
import {afterEach, describe, expect, test} from 'vitest'
import {main} from '../../src/cli/main.ts'
import {ending, ROOT} from './harness.ts'

const pjson = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
const TOKEN = `${'d'.repeat(32)}00000042`

afterEach(() => {
  process.exitCode = undefined
})

async function line(...argv: string[]) {
  process.exitCode = undefined
  const {stdout, stderr, error} = await captureOutput(() => main({root: ROOT, pjson}, argv))
  if (error) throw error
  return ending<object>(stdout, stderr)
}

describe('a line that names no command', () => {
  test.each([
    [['prob'], 'patrol probe'],
    [['rotat', 'agent-dev-a', '--yes'], 'patrol rotate'],
    [['rotation', 'lst'], 'patrol rotation list'],
    [['config', 'chek', '--nope'], 'patrol config check'],
    [['rotation', '--nope'], 'patrol rotation --help'],
    [['--nope'], 'patrol --help'],
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
    [['rotate'], /agent/],
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
    for (const argv of [[], ['--help'], ['-h'], ['help']]) {
      const {exit, stdout} = await line(...argv)
      expect(stdout).toContain('USAGE')
      expect(exit).toBe(0)
    }
    expect((await line('help', 'probe')).stdout).toContain('--token-file')
    expect((await line('rotation')).stdout).toContain('resume')
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

import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {loadConfig} from '../../../src/config.ts'
import type {PatrolConfig} from '../../../src/config.ts'

const COUNT = 900
const HEAD = ['# the fleet', 'gitea:', '  url: https://git.example.org', '  repo: org/app', 'agents:']
const TAIL = ['', '# and what they need', 'profiles:', '  narrow:', '    scopes: [read:issue]', '    max-age: 90d', '']

let dir: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'patrol-large-'))
})
afterAll(() => rm(dir, {recursive: true}))

const name = (at: number): string => `agent-${String(at).padStart(4, '0')}`
const uuid = (at: number): string => `00000000-0000-4000-8000-${at.toString(16).padStart(12, '0')}`

/** One agent's lines; a comment, a blank line and quotes now and then, as people write them. */
function lines(at: number): string[] {
  return [
    ...(at % 100 === 7 ? ['  # the next one is new', ''] : []),
    `  ${name(at)}:`,
    `    workspace: ${at % 3 === 0 ? `"${uuid(at)}"` : uuid(at)}`,
    ...(at % 5 === 0 ? ['    profile: narrow  # of our own'] : []),
    `    token: file:secrets/${name(at)}`,
  ]
}

const fleet = (): string[][] => Array.from({length: COUNT}, (_, at) => lines(at))
const text = (agents: readonly string[][], {head = HEAD, tail = TAIL} = {}): string =>
  [...head, ...agents.flat(), ...tail].join('\n')

async function load(yaml: string): Promise<PatrolConfig> {
  const file = join(dir, `${crypto.randomUUID()}.yaml`)
  await writeFile(file, yaml)
  return (await loadConfig(file))!
}

describe('a large patrol.yaml', () => {
  test('is read, each agent with its line', async () => {
    const yaml = text(fleet())
    const config = await load(yaml)
    const found = [...config.agents.values()]
    const where = yaml.split('\n')
    expect(found.map((agent) => agent.name)).toEqual(Array.from({length: COUNT}, (_, at) => name(at)))
    expect(found.map(({workspace}) => workspace)).toEqual(Array.from({length: COUNT}, (_, at) => uuid(at)))
    expect(found.filter(({line, column, ...agent}) => where[line - 1]?.slice(column - 1) !== `${agent.name}:`)).toEqual(
      [],
    )
    expect(config.agents.get(name(5))).toMatchObject({
      profile: 'narrow',
      scopes: ['read:issue'],
      maxAgeMs: 90 * 86_400_000,
    })
    expect(config.agents.get(name(899))?.token).toEqual({kind: 'file', path: join(dir, 'secrets', name(899))})
    expect(config.gitea.repo).toBe('org/app')
  })

  test('may share what it has to say by anchors, however far apart', async () => {
    const agents = fleet()
    agents[0] = [`  ${name(0)}: &first`, '    profile: narrow']
    agents[880] = [`  ${name(880)}: *first`]
    expect((await load(text(agents))).agents.get(name(880))).toMatchObject({profile: 'narrow'})
  })

  test.each([
    ['a name for the second time, far below', (all: string[][]) => void (all[890] = lines(3)), 'second time'],
    ['an unknown key', (all: string[][]) => void all[700]!.push('    tokn: env:T'), 'tokn'],
    ['an unknown profile', (all: string[][]) => void all[701]!.push('    profile: nobody'), 'nobody'],
    [
      'a value in the place of a reference',
      (all: string[][]) => void (all[700] = [`  ${name(700)}:`, '    token: abc']),
      'token',
    ],
    ['a quote left open', (all: string[][]) => void all[700]!.push('    repo: "a/b'), 'YAML|quote|character'],
    ['a tab', (all: string[][]) => void all[700]!.push('\tuser: x'), 'tab'],
  ])('is refused for %s, with its line', async (_, spoil, says) => {
    const agents = fleet()
    spoil(agents)
    const before = [...HEAD, ...agents.slice(0, 700).flat()].length
    const {code, message} = await load(text(agents)).then(
      () => ({code: 'none', message: ''}),
      (error: {code: string; message: string}) => error,
    )
    expect(code).toBe('CONFIG_INVALID')
    expect(message).toMatch(new RegExp(says))
    const line = Number(/\.yaml:(\d+):/.exec(message)?.[1])
    expect(line).toBeGreaterThan(before)
  })

  test.each([
    ['a second document', ['---', 'gitea: {}']],
    ['a second list of agents', ['agents:', '  late:', '    token: env:T', '']],
  ])('is refused for %s behind it', async (_, more) => {
    await expect(load(text(fleet(), {tail: [...TAIL, ...more]}))).rejects.toMatchObject({code: 'CONFIG_INVALID'})
  })
})

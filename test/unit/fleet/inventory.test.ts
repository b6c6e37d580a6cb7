import {mkdtemp, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {describe, expect, onTestFinished, test} from 'vitest'
import {loadConfig} from '../../../src/config.ts'
import {inventoryOf} from '../../../src/context/audit.ts'
import {choose, parseShard} from '../../../src/fleet/index.ts'
import {digestOf} from '../../../src/fleet/inventory.ts'
import {inShard} from '../../../src/fleet/shard.ts'
import {inventory, member} from './world.ts'

const members = ['dev-a', 'dev-b', 'ops-a'].map((name, at) =>
  member(name, at, (m) => void (m.profile = name.startsWith('ops') ? 'reviewer' : 'engineer')),
)
const names = (selection: Parameters<typeof choose>[1]) =>
  [...choose(inventory(members), selection).agents].map(({name}) => name)

describe('choosing', () => {
  test.each([
    {name: 'all', selection: {}, chosen: ['dev-a', 'dev-b', 'ops-a']},
    {
      name: 'by name, in the order of the inventory',
      selection: {names: ['ops-a', 'dev-a']},
      chosen: ['dev-a', 'ops-a'],
    },
    {name: 'by glob', selection: {names: ['dev-*']}, chosen: ['dev-a', 'dev-b']},
    {name: 'by profile', selection: {profile: 'reviewer'}, chosen: ['ops-a']},
    {name: 'by both', selection: {names: ['*-a'], profile: 'engineer'}, chosen: ['dev-a']},
  ])('$name', ({selection, chosen}) => {
    expect(names(selection)).toEqual(chosen)
  })

  test('knows whether somebody was left out', () => {
    expect([choose(inventory(members)).whole, choose(inventory(members), {names: ['dev-*']}).whole]).toEqual([
      true,
      false,
    ])
  })

  test.each([
    {name: 'an unknown agent', selection: {names: ['nobody']}, code: 'AGENT_UNKNOWN', says: /no agent "nobody"/},
    {name: 'a glob that matches none', selection: {names: ['x-*']}, code: 'AGENT_UNKNOWN', says: /matches "x-\*"/},
    {
      name: 'a profile that none has',
      selection: {names: ['dev-*'], profile: 'reviewer'},
      code: 'AGENT_UNKNOWN',
      says: /reviewer/,
    },
  ])('refuses $name', ({selection, code, says}) => {
    expect(() => names(selection)).toThrow(expect.objectContaining({code, category: 'usage'}))
    expect(() => names(selection)).toThrow(says)
  })
})

test('an inventory is refused when it is empty', () => {
  expect(() => choose(inventory([]))).toThrow(expect.objectContaining({code: 'INVENTORY_EMPTY', category: 'usage'}))
})

describe('shards', () => {
  test.each(['0/8', '9/8', '2', '1/0', '-1/2', 'a/b', '1/1001', '1/2/3', ''])('refuse "%s"', (text) => {
    expect(() => parseShard(text)).toThrow(expect.objectContaining({code: 'SHARD_INVALID', category: 'usage'}))
  })

  test('take every agent exactly once', () => {
    const many = Array.from({length: 500}, (_, at) => `agent-${at}`)
    const shards = Array.from({length: 8}, (_, at) => ({index: at + 1, count: 8}))
    const homes = many.map((name) => shards.filter((shard) => inShard(name, shard)).length)
    expect(new Set(homes)).toEqual(new Set([1]))
    const sizes = shards.map((shard) => many.filter((name) => inShard(name, shard)).length)
    expect(Math.min(...sizes)).toBeGreaterThan(30)
  })

  test('are told by the name alone', () => {
    expect(inShard('agent-7', parseShard('3/8'))).toBe(inShard('agent-7', {index: 3, count: 8}))
    expect(inShard('agent-7', undefined)).toBe(true)
  })
})

describe('the digest', () => {
  const digest = (change: object = {}) =>
    digestOf(choose(inventory([{...members[0]!, ...change}, members[1]!])), 'https://g')

  test.each([{scopes: ['read:user']}, {maxAgeMs: 1}, {workspace: 'elsewhere'}, {repo: 'a/b'}])(
    'is another one with %o',
    (change) => {
      expect(digest(change)).not.toBe(digest())
    },
  )

  test('does not depend on where the file lies', () => {
    expect(digest({anchor: {file: '/elsewhere/patrol.yaml', line: 99, column: 1}})).toBe(digest())
  })
})

test('agents know where they stand in patrol.yaml', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'patrol-anchor-'))
  onTestFinished(() => rm(directory, {recursive: true}))
  const file = join(directory, 'patrol.yaml')
  const text = [
    'gitea:',
    '  url: https://gitea.example.org',
    '  repo: org/app',
    'agents:',
    '  dev-a: {}',
    '  # next',
    '  "dev-b":',
    '    user: bob',
    '    token: env:T',
  ]
  await writeFile(file, text.join('\n'))
  const agents = [...inventoryOf((await loadConfig(file))!).agents]
  expect(agents.map(({name, anchor}) => [name, anchor])).toEqual([
    ['dev-a', {file, line: 5, column: 3}],
    ['dev-b', {file, line: 7, column: 3}],
  ])
  expect(agents.map(({repo, hasReference}) => [repo, hasReference])).toEqual([
    ['org/app', false],
    ['org/app', true],
  ])
})

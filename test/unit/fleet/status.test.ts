import {describe, expect, test} from 'vitest'
import {statusOf, type LastSeen, type OpenStory, type ServerState, type StatusFacts} from '../../../src/fleet/status.ts'
import type {Scope} from '../../../src/scopes/vocabulary.ts'

const NOW = 1_000_000
const UP: ServerState = {kind: 'gitea', url: 'http://g', state: 'up', version: '1.22.6', ms: 3, why: undefined}
const DOWN: ServerState = {...UP, state: 'down', version: undefined, ms: undefined, why: 'refused'}

function agent(name: string): StatusFacts['agents'][number] {
  return {name, profile: 'engineer', scopes: ['read:issue', 'write:repository']}
}

function seen(scopes: Scope[], more: Partial<LastSeen> = {}): LastSeen {
  return {lastEight: '00000001', scopes, by: 'audit', at: NOW - 1000, ...more}
}

function story(phase: string, more: Partial<OpenStory> = {}): OpenStory {
  const about = {id: 'r1', agent: 'a', workspace: 'a', startedAt: 1, dueAt: undefined, approval: undefined}
  return {kind: 'rotation', ...about, phase, ...more}
}

function facts(changes: Partial<StatusFacts> = {}): StatusFacts {
  return {servers: [UP], agents: [], seen: new Map(), auditedAt: NOW - 1000, stories: [], now: NOW, ...changes}
}

describe('how agents stand', () => {
  const tokens = new Map<string, LastSeen>([
    ['sound', seen(['read:issue', 'write:repository'])],
    ['wide', seen(['read:issue', 'write:repository', 'read:user', 'read:package'])],
    ['mighty', seen(['read:issue', 'write:repository', 'write:user'])],
    ['short', seen(['write:repository'])],
    ['empty', seen([])],
    ['dead', seen([], {dead: true})],
    ['somebody', seen(['all'])],
  ])
  const agents = ['new', 'sound', 'wide', 'mighty', 'short', 'empty', 'dead'].map(agent)

  test('each counts once, and those of other inventories not at all', () => {
    const {counts} = statusOf(facts({agents, seen: tokens}))
    expect(counts).toEqual({dead: 1, missing: 2, excess: 2, ok: 1, unseen: 1})
  })

  test('the worst come first, and no more than five', () => {
    const {worst} = statusOf(facts({agents, seen: tokens}))
    expect(worst.map((each) => each.agent)).toEqual(['dead', 'empty', 'short', 'mighty', 'wide'])
    const many = Array.from({length: 9}, (_, index) => agent(`a${index}`))
    const dead = new Map(many.map(({name}) => [name, seen([], {dead: true})]))
    expect(statusOf(facts({agents: many, seen: dead})).worst).toHaveLength(5)
  })
})

describe('what is unfinished', () => {
  test('goes where a person looks for it, with the way on', () => {
    const stories = [
      story('pushed', {id: 'r1'}),
      story('token', {kind: 'onboarding', id: 'o1', agent: 'b'}),
      story('awaiting_approval', {id: 'r2', approval: 'x'}),
      story('proven', {id: 'r3', dueAt: NOW + 5}),
      story('proven', {id: 'r4', dueAt: NOW}),
    ]
    const {open, approvals, revocations} = statusOf(facts({stories}))
    expect(open.map(({id, next}) => [id, next])).toEqual([
      ['r1', 'patrol rotation resume r1'],
      ['o1', 'patrol onboard b'],
    ])
    expect(approvals.map(({id}) => id)).toEqual(['r2'])
    expect(revocations.map(({id, isOver}) => [id, isOver])).toEqual([
      ['r4', true],
      ['r3', false],
    ])
  })
})

describe('what to type next', () => {
  const broken = {agents: [agent('a'), agent('b')], seen: new Map([['b', seen([])]])}
  const stopped = story('pushed', {id: 'stopped'})
  const over = story('proven', {id: 'over', dueAt: NOW - 1})
  const waiting = story('awaiting_approval', {id: 'waiting', approval: 'x'})
  test.each<[string, Partial<StatusFacts>, string]>([
    ['a server is away', {servers: [UP, DOWN], stories: [stopped]}, 'patrol doctor'],
    ['a story has stopped', {stories: [waiting, over, stopped], ...broken}, 'patrol rotation resume stopped'],
    ['an overlap is over', {stories: [waiting, over], ...broken}, 'patrol rotation resume over'],
    ['a person is waited for', {stories: [waiting], ...broken}, 'patrol rotation resume waiting'],
    ['an agent cannot work', broken, 'patrol audit b'],
    ['an overlap goes on', {stories: [story('proven', {dueAt: NOW + 1})]}, 'patrol audit'],
    ['one has too much', {agents: [agent('a')], seen: new Map([['a', seen(['all'])]])}, 'patrol audit a'],
    ['nobody ever looked', {agents: [agent('a')], auditedAt: undefined}, 'patrol audit'],
    ['the records cannot be read', {stories: undefined}, 'patrol doctor'],
  ])('where %s', (_, changes, next) => {
    expect(statusOf(facts(changes)).next).toBe(next)
  })
})

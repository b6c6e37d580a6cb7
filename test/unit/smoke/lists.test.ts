import {describe, expect, test} from 'vitest'
import type {Listing} from '../../../src/smoke/ports.ts'
import {provesIssues, provesPulls} from '../../../src/smoke/lists.ts'
import {flawOf} from '../../../src/smoke/statuses.ts'
import {CANDIDATE, world} from './world.ts'
import {Secret} from '../../../src/secret.ts'

const {lists} = world(() => ({kind: 'unreachable'})).ports
const reading = {agent: 'agent-dev-a', repo: 'o/r', label: 'approved', token: new Secret(CANDIDATE)}
const denial = (listing: Listing<never>) => ({
  ...lists,
  issues: async () => listing,
  pulls: async () => listing,
})

describe('the issues path', () => {
  test('counts only issues that carry the label, and no pull request', async () => {
    const items = [
      {number: 1, labels: ['approved'], isPull: false},
      {number: 2, labels: ['approved', 'bug'], isPull: false},
      {number: 3, labels: ['bug'], isPull: false},
      {number: 4, labels: ['approved'], isPull: true},
    ]
    const result = await provesIssues({...lists, issues: async () => ({kind: 'listed', items})}, reading)
    expect(result).toMatchObject({
      outcome: 'passed',
      message: 'the token lists the issues of o/r: 2 open with the label "approved"',
    })
  })

  test('passes on an empty list', async () => {
    const empty = {...lists, issues: async () => ({kind: 'listed', items: []}) as const}
    expect((await provesIssues(empty, reading)).outcome).toBe('passed')
  })

  test('fails where the repository has no such label, for the filter is then dropped', async () => {
    const result = await provesIssues({...lists, label: async () => 'absent'}, reading)
    expect(result).toMatchObject({
      outcome: 'failed',
      reason: 'label-unknown',
      suggestions: ['create the label "approved" in o/r, or set the right label in patrol.yaml'],
    })
    expect(result.message).toContain('drops unknown labels')
  })

  test('passes and says so where the labels cannot be read', async () => {
    const result = await provesIssues({...lists, label: async () => 'unknown'}, reading)
    expect(result).toMatchObject({outcome: 'passed', message: expect.stringContaining('could not be read')})
  })
})

describe('a denied list', () => {
  const PROBE = 'patrol probe agent-dev-a'
  const GRANT = 'give the user read access to o/r on the server, or correct the repository in patrol.yaml'

  test.each<[Listing<never>, string, string, string, string[]]>([
    [
      {kind: 'scope', required: ['read:issue']},
      'failed',
      'scope-gap',
      'read:issue',
      [PROBE, 'patrol rotate agent-dev-a'],
    ],
    [{kind: 'scope', required: ['a', 'b']}, 'failed', 'scope-gap', 'a, b', [PROBE, 'patrol rotate agent-dev-a']],
    [
      {kind: 'role', status: 404},
      'failed',
      'role',
      'do not exist, or the token is public-only or confined to what is gone (HTTP 404)',
      [PROBE, GRANT],
    ],
    [{kind: 'role', status: 403}, 'failed', 'role', 'do not exist (HTTP 403)', [GRANT]],
    [{kind: 'dead'}, 'failed', 'token-dead', '401', [PROBE]],
    [
      {kind: 'unknown', reason: 'a page'},
      'unknown',
      'no-reading',
      'a page',
      ['patrol smoke agent-dev-a', 'patrol doctor'],
    ],
  ])('%j ends %s as %s', async (listing, outcome, reason, said, suggestions) => {
    for (const prove of [provesIssues, provesPulls]) {
      const result = await prove(denial(listing), reading)
      expect(result).toMatchObject({outcome, reason, message: expect.stringContaining(said), suggestions})
    }
  })

  test.each([
    {confinedTo: ['o/s', 'o/t'], status: 404, reason: 'confinement'},
    {confinedTo: ['O/R'], status: 404, reason: 'role'},
    {confinedTo: 'all' as const, status: 404, reason: 'role'},
    {confinedTo: undefined, status: 404, reason: 'role'},
    {confinedTo: ['o/s'], status: 403, reason: 'role'},
  ])('of a token that is confined to $confinedTo ($status) is $reason', async ({confinedTo, status, reason}) => {
    for (const prove of [provesIssues, provesPulls]) {
      const result = await prove(denial({kind: 'role', status}), {...reading, confinedTo})
      expect(result).toMatchObject({outcome: 'failed', reason})
    }
  })

  test('names the confinement, and what to write', async () => {
    const outside = {...reading, confinedTo: ['o/s', 'o/t']}
    expect(await provesIssues(denial({kind: 'role', status: 404}), outside)).toMatchObject({
      message: 'the token is confined to o/s, o/t, and o/r is not among them (HTTP 404)',
      suggestions: [
        'name o/r under "repositories" of the profile of agent-dev-a in patrol.yaml',
        'patrol rotate agent-dev-a',
      ],
    })
  })

  test('that the agent itself reports is told in the same way', () => {
    expect(flawOf('issues', 404, {repo: 'o/r', confinedTo: ['o/s']})).toEqual({
      outcome: 'failed',
      reason: 'confinement',
      said: 'HTTP 404 for the issues of o/r: the token is confined to o/s, and o/r is not among them',
    })
    expect(flawOf('pulls', 404, {repo: 'o/r', confinedTo: ['o/r']})?.reason).toBe('role')
    expect(flawOf('pulls', 403, {repo: 'o/r', confinedTo: ['o/s']})?.reason).toBe('scope-gap')
  })

  test('is called by what it lists', async () => {
    const shut = denial({kind: 'role', status: 404})
    expect((await provesIssues(shut, reading)).message).toContain('may not read the issues of o/r')
    expect((await provesPulls(shut, reading)).message).toContain('may not read the pull requests of o/r')
  })

  test('names the usual scope where the server names none', async () => {
    const gap = denial({kind: 'scope', required: []})
    expect((await provesIssues(gap, reading)).message).toContain('read:issue')
    expect((await provesPulls(gap, reading)).message).toContain('read:repository')
  })
})

import {describe, expect, test} from 'vitest'
import {ailing} from '../../../src/fleet/index.ts'

const rotate = (agent: string) => ({agent, rule: 'scope-missing', fix: `patrol rotate ${agent}`, accepted: null})
const row = (agent: string) => ({agent, tokens: [{lastEight: `8-of-${agent}`}]})

function documentOf({
  agents,
  findings,
  incomplete = [],
}: Record<'agents' | 'findings', object[]> & {incomplete?: object[]}) {
  return JSON.stringify({
    schema: 'patrol/envelope/1',
    command: 'audit',
    result: {gitea: {url: 'http://git.example.org'}, agents},
    findings,
    incomplete,
  })
}

describe('whom an audit wants rotated', () => {
  test('who has a finding that a rotation of just that agent cures, with the tokens that were seen', () => {
    const findings = [rotate('a'), {...rotate('b'), fix: 'patrol rotate a'}, {...rotate('c'), fix: 'patrol onboard c'}]
    const {giteaUrl, cured, others} = ailing(documentOf({agents: ['a', 'b', 'c', 'd'].map(row), findings}), 'x')
    expect(giteaUrl).toBe('http://git.example.org')
    expect([...cured]).toEqual([['a', ['8-of-a']]])
    expect(others).toEqual([])
  })

  test('a name that a shell would take apart is the same agent', () => {
    const text = documentOf({agents: [row('a b')], findings: [{...rotate('a b'), fix: "patrol rotate 'a b'"}]})
    expect([...ailing(text, 'x').cured.keys()]).toEqual(['a b'])
  })

  test('of a rule: who has that one, and who has it and is cured by something else', () => {
    const findings = [rotate('a'), {...rotate('b'), rule: 'scope-excess'}, {...rotate('c'), fix: null}]
    const {cured, others} = ailing(documentOf({agents: ['a', 'b', 'c'].map(row), findings}), 'x', ['scope-missing'])
    expect([[...cured.keys()], others]).toEqual([['a'], ['c']])
  })

  test('what somebody accepted is left, until that has expired', () => {
    const accepted = (expired: boolean) => ({owner: 'o', reason: 'r', expires: '2027-01-31', expired})
    const findings = [
      {...rotate('a'), accepted: accepted(false)},
      {...rotate('b'), accepted: accepted(true)},
    ]
    expect([...ailing(documentOf({agents: ['a', 'b'].map(row), findings}), 'x').cured.keys()]).toEqual(['b'])
  })

  test('a finding about a login that no agent claims makes it no agent', () => {
    expect(ailing(documentOf({agents: [], findings: [rotate('stray')]}), 'x').cured.size).toBe(0)
  })

  test('whom it could not judge is told once', () => {
    const incomplete = [{agent: 'a', rule: 'r'}, {agent: 'a', rule: 's'}, {rule: 't'}]
    expect(ailing(documentOf({agents: [row('a')], findings: [], incomplete}), 'x').unjudged).toEqual(['a'])
  })

  test.each([
    ['{"schema":"patrol/envelope/1","command":"lint","result":{}}', /it is patrol\/envelope\/1/],
    ['{"schema":"patrol/envelope/1","command":"audit","result":null}', /did not come to its end/],
    ['{"kind":"agent","agent":"a"}\n', /summary, is missing/],
    ['{"schema":"patrol/audit-blob/1"}\n{"kind":"head"}\n', /it is patrol\/audit-blob\/1/],
    ['agent-dev-a\n', /is no JSON or NDJSON of an audit/],
  ])('refuses %s', (text, why) => {
    expect(() => ailing(text, 'the file')).toThrow(why)
  })
})

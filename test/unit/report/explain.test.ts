import {describe, expect, test} from 'vitest'
import {PLAIN} from '../../../src/cli/palette.ts'
import {explainText, tableText} from '../../../src/report/explain.ts'
import type {ExplainShown} from '../../../src/scopes/explain-advice.ts'
import {columnsOf} from '../../../src/report/wrap.ts'
import {catalogue} from '../../../src/scopes/catalogue.ts'
import {explainCall, standings} from '../../../src/scopes/explain.ts'
import {PROFILES} from '../../../src/scopes/profiles.ts'
import type {Scope} from '../../../src/scopes/vocabulary.ts'

const profiles = new Map<string, {scopes: readonly Scope[]}>(Object.entries(PROFILES))

/** What is shown for a call, with so many engineers and reviewers in the fleet. */
async function shown(method: string, path: string, engineers: number, reviewers: number): Promise<ExplainShown> {
  const call = await explainCall(method, path, '1.22')
  const agents = new Map<string, {profile: string; scopes: readonly Scope[]}>()
  for (let at = 1; at <= engineers; at++) agents.set(`dev-${at}`, {profile: 'engineer', ...PROFILES.engineer})
  for (let at = 1; at <= reviewers; at++) agents.set(`rev-${at}`, {profile: 'reviewer', ...PROFILES.reviewer})
  const {scopes} = call.here
  return {
    asked: {kind: 'call', method, methodSaid: true, path, status: undefined, more: 0},
    spoken: {version: '1.22', named: '1.22.6', shown: 'Gitea 1.22.6', from: 'server'},
    call,
    scopes,
    who: standings(scopes, profiles, agents),
    profiles,
    live: undefined,
  }
}

describe('an explanation for people', () => {
  test('names each agent of a small fleet, and rotates only those who lack it', async () => {
    const text = explainText(await shown('POST', '/repos/o/r/issues', 2, 1), PLAIN)
    expect(text).toContain('  dev-1  engineer  ✗ lacks write:issue\n')
    expect(text).toContain('  rev-1  reviewer  ✓ can')
    expect(text).toMatch(
      /Type next:\n {2}patrol probe rev-1 --exit-zero\n {2}patrol config check\n {2}patrol rotate dev-1 dev-2$/,
    )
  })

  test('sums a large fleet up by profile', async () => {
    const text = explainText(await shown('POST', '/repos/o/r/issues', 1999, 1), PLAIN)
    expect(text).toContain('  engineer (1999 agents)  ✗ lacks write:issue\n')
    expect(text).toContain('  reviewer (1 agent)      ✓ can\n')
    expect(text.split('\n').length).toBeLessThan(25)
  })

  test('tells where one scope of two is enough, and where not', async () => {
    const base = await shown('DELETE', '/repos/o/r', 0, 0)
    const call = await explainCall('DELETE', '/repos/o/r', 'forgejo-15')
    const {scopes, either} = call.here
    const keepers = new Map<string, {scopes: readonly Scope[]}>([['keeper', {scopes: ['write:organization']}]])
    const text = explainText({...base, call, scopes, who: standings(scopes, keepers, new Map(), either)}, PLAIN)
    expect(text).toContain('Needs     write:organization or write:user\n')
    expect(text).toContain('  keeper  ✓ can, but not where write:user is asked for')
  })

  test.each([40, 60, 80, 120])('fits %i columns', async (width) => {
    const text = explainText(await shown('GET', '/repos/o/r/pulls/1/comments', 2, 1), PLAIN, width)
    const long = text.split('\n').filter((line) => columnsOf(line) > width && line.trim().includes(' '))
    expect(long).toEqual([])
  })
})

test.each([60, 80, 132])('the whole table fits %i columns', async (width) => {
  const text = tableText(await catalogue('1.27'), width)
  expect(text.split('\n').filter((line) => columnsOf(line) > width)).toEqual([])
  expect(text.split('\n')[0]).toMatch(/^METHOD +PATH +SCOPES +THEN$/)
})

import {describe, expect, test} from 'vitest'
import {PLAIN} from '../../../src/cli/palette.ts'
import {explainText, tableText} from '../../../src/report/explain.ts'
import type {ExplainShown} from '../../../src/scopes/explain-advice.ts'
import {columnsOf} from '../../../src/report/wrap.ts'
import {catalogue} from '../../../src/scopes/catalogue.ts'
import {explainCall, standings, type SeenToken} from '../../../src/scopes/explain.ts'
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

  test('tells first who was seen to lack it, then what the profiles say', async () => {
    const base = await shown('POST', '/repos/o/r/issues', 0, 0)
    const at = Date.UTC(2026, 10, 3, 4, 5)
    const token = (scopes: Scope[]): SeenToken => ({lastEight: '0000000f', scopes, by: 'audit', at})
    const agents = new Map(['ann', 'bea', 'cyd'].map((name) => [name, {profile: 'reviewer', ...PROFILES.reviewer}]))
    const seen = new Map([
      ['ann', token(['read:issue'])],
      ['bea', token(['write:issue'])],
    ])
    const text = explainText({...base, who: standings(base.scopes, profiles, agents, false, seen)}, PLAIN)
    expect(text).toContain(
      [
        'Seen of their tokens:',
        '  ann  ✗ …0000000f lacks write:issue (audit of 2026-11-03T04:05Z)',
        '  1 seen to have it, 1 not seen yet',
        '',
        'By their profiles:',
      ].join('\n'),
    )
    expect(text).toMatch(/Older than its profile, which has it, is the token that was seen of: ann\.\n/)
    expect(text).toMatch(/Type next:\n {2}patrol rotate ann$/)
  })

  test('names a dozen of those that were seen to lack it, and counts the others', async () => {
    const base = await shown('POST', '/repos/o/r/issues', 0, 0)
    const names = Array.from({length: 40}, (_, at) => `dev-${at}`)
    const agents = new Map(names.map((name) => [name, {profile: 'reviewer', ...PROFILES.reviewer}]))
    const seen = new Map(names.map((name) => [name, {lastEight: '0000000f', scopes: [], by: 'probe' as const, at: 0}]))
    const text = explainText({...base, who: standings(base.scopes, profiles, agents, false, seen)}, PLAIN)
    expect(text.match(/✗ …/g)).toHaveLength(12)
    expect(text).toContain('\n  28 more that lack it\n')
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

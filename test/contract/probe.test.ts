import * as fc from 'fast-check'
import {afterAll, describe, expect, test} from 'vitest'
import {Gitea} from '../../src/gitea/client.ts'
import {Http} from '../../src/http.ts'
import type {ProbeReport} from '../../src/probe/types.ts'
import {expand, normalise} from '../../src/scopes/sets.ts'
import {CATEGORIES, SCOPES, type Scope} from '../../src/scopes/vocabulary.ts'
import {Secret} from '../../src/secret.ts'
import {startGitea} from '../../src/simulator/gitea/index.ts'
import type {ForgeVersion, RunningGitea} from '../../src/simulator/types.ts'

const SETS = 300

/** Release, most requests it may cost (with plain denials one of them for the version), and whether every scope can be known with them. */
const RELEASES: readonly [ForgeVersion, number, boolean][] = [
  ['1.20.6', 16, false],
  ['1.22.6', 16, false],
  ['1.23.8', 3, true],
  ['1.25.4', 3, true],
  ['1.26.4', 3, true],
  ['1.27.0', 1, true],
  ['forgejo-11', 16, false],
  ['forgejo-15', 16, false],
]

/** Sets that random choice would hardly hit, then random ones: any level of any category, with or without public-only. */
function scopeSets(seed: number): Scope[][] {
  const level = fc.constantFrom('', 'read', 'read', 'write', 'write')
  const random = fc
    .tuple(fc.array(level, {minLength: CATEGORIES.length, maxLength: CATEGORIES.length}), fc.boolean())
    .map(([levels, isPublic]) => {
      const chosen = SCOPES.filter((scope) =>
        CATEGORIES.some((category, index) => scope === `${levels[index]}:${category}`),
      )
      return normalise(isPublic ? [...chosen, 'public-only'] : chosen)
    })
  const allBut = (missing: string) =>
    normalise(CATEGORIES.filter((one) => one !== missing).map((one): Scope => `write:${one}`))
  const chosen = [
    [],
    ['all'],
    ['public-only', 'all'],
    ['public-only'],
    ...SCOPES.map((scope) => [scope]),
    ...CATEGORIES.map(allBut),
    CATEGORIES.map((category): Scope => `read:${category}`),
  ] satisfies Scope[][]
  return [...chosen, ...fc.sample(random, {seed, numRuns: SETS - chosen.length})]
}

const value = (index: number) => index.toString(16).padStart(40, '0')

describe.each(RELEASES)('probing %s', (version, most, exact) => {
  const running: RunningGitea[] = []
  afterAll(async () => {
    await Promise.all(running.map((gitea) => gitea.close()))
  })

  test.each([false, true])(
    'gives exactly the token’s scopes within the requests allowed (federation: %s)',
    async (federation) => {
      const sets = scopeSets(federation ? 1 : 2)
      const users = sets.map((scopes, index) => ({
        login: `agent-${index}`,
        isAdmin: index % 7 === 0,
        tokens: [{name: 'patrol.one', value: value(index), scopes}],
      }))
      const gitea = await startGitea({users, settings: {federation}}, {version})
      running.push(gitea)
      const before = users.map(({login}) => stateOf(gitea, login))
      const http = new Http({baseUrl: gitea.url, userAgent: 'patrol-test'})
      const client = new Gitea({http})
      const wrong: string[] = []
      for (const [index, scopes] of sets.entries()) {
        const asked = gitea.requests.length
        const report = await client.probe(new Secret(value(index)))
        const requests = gitea.requests.length - asked
        // Without read:user an older server shows neither public-only nor misc, and activitypub only with federation.
        const hidden = exact || expand(scopes).has('read:user') ? [] : unseen(federation)
        const faults = [
          ...mistakes(report, scopes, hidden),
          ...(report.liveness.state === 'alive' ? [] : [`called ${report.liveness.state}`]),
          ...(report.requests === requests ? [] : [`${requests} requests, reported as ${report.requests}`]),
          ...(requests <= most ? [] : [`${requests} requests`]),
        ]
        wrong.push(...faults.map((fault) => `${scopes.join(',')}: ${fault}`))
      }
      expect(wrong).toEqual([])
      await http.close()
      expect(users.map(({login}) => stateOf(gitea, login))).toEqual(before)
      expect(gitea.requests.filter(({status, method}) => method !== 'GET' && status < 300)).toEqual([])
    },
  )
})

test.each(RELEASES)('probing %s grants nothing beside a stored name that the server cannot read', async (version) => {
  const tokens = [{name: 'patrol.one', value: value(1), scopes: ['write:user'], strangeScopes: ['read:moon']}]
  const gitea = await startGitea({users: [{login: 'agent', tokens}]}, {version})
  const http = new Http({baseUrl: gitea.url, userAgent: 'patrol-test'})
  const report = await new Gitea({http}).probe(new Secret(value(1)))
  await http.close()
  await gitea.close()
  // `forgejo 15.0.3, run: every call of such a token is a 500`, so nothing tells whether it is alive.
  const state = version === 'forgejo-15' ? 'unknown' : 'alive'
  expect([report.liveness.state, report.granted]).toEqual([state, []])
  expect(report.scopes.map(({verdict}) => verdict)).not.toContain('missing')
})

function unseen(federation: boolean): Scope[] {
  const always: Scope[] = ['public-only', 'read:misc', 'write:misc', 'write:activitypub']
  return federation ? always : [...always, 'read:activitypub']
}

/** Where a report says other than the truth, or leaves open what it need not. */
function mistakes(
  {scopes: verdicts, granted}: ProbeReport,
  truth: readonly Scope[],
  hidden: readonly Scope[],
): string[] {
  const held = expand(truth)
  const open = verdicts.filter(({verdict}) => verdict !== 'granted' && verdict !== 'missing').map(({scope}) => scope)
  const untrue = verdicts.filter(
    ({scope, verdict}) => !open.includes(scope) && (verdict === 'granted') !== held.has(scope),
  )
  const sum = normalise([...held].filter((scope) => !open.includes(scope)))
  return [
    ...untrue.map(({scope, verdict}) => `${scope} ${verdict}`),
    ...open.filter((scope) => !hidden.includes(scope)).map((scope) => `${scope} left open`),
    ...(granted.join() === sum.join() ? [] : [`granted ${granted.join(',')}`]),
  ]
}

/** A user's tokens, but for when they were last used. */
function stateOf(gitea: RunningGitea, login: string) {
  return gitea.tokens(login).map(({id, name, scopes, lastEight}) => ({id, name, scopes, lastEight}))
}

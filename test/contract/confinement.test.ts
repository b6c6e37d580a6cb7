import * as fc from 'fast-check'
import {afterAll, beforeAll, describe, expect, onTestFinished, test} from 'vitest'
import {Gitea} from '../../src/gitea/client.ts'
import {Http} from '../../src/http.ts'
import type {AccessOutcome} from '../../src/probe/types.ts'
import {covers, type RepositoryReach} from '../../src/scopes/repositories.ts'
import type {Scope} from '../../src/scopes/vocabulary.ts'
import {Secret} from '../../src/secret.ts'
import {startGitea} from '../../src/simulator/gitea/index.ts'
import type {GiteaToken, RunningGitea} from '../../src/simulator/types.ts'

const TOKENS = 60
const PASSWORD = 'made-up-password'
/** By whether they are closed to strangers, and whether the agent's user is let in. */
const REPOS = {
  'acme/one': {closed: true, let: true},
  'acme/two': {closed: true, let: true},
  'acme/shut': {closed: true, let: false},
  'acme/open': {closed: false, let: false},
} as const
const NAMES = ['acme/one', 'acme/two', 'acme/shut', 'acme/open'] as const

interface Drawn {
  scopes: Scope[]
  reach: RepositoryReach
}

/** Scopes that a confined token may have, with or without a confinement to some repositories. */
function draw(seed: number): Drawn[] {
  const scopes = fc.uniqueArray(
    fc.constantFrom<Scope>('read:issue', 'write:issue', 'read:repository', 'write:repository'),
    {
      minLength: 1,
    },
  )
  const some = fc.subarray([...NAMES], {minLength: 1})
  const reach = fc.oneof({weight: 1, arbitrary: fc.constant<RepositoryReach>('all')}, {weight: 3, arbitrary: some})
  return fc.sample(fc.record({scopes, reach}), {seed, numRuns: TOKENS})
}

const has = (scopes: readonly Scope[], category: 'issue' | 'repository') =>
  scopes.some((scope) => scope === `read:${category}` || scope === `write:${category}`)

/** What forgejo 15.0.3 lets such a token list, from its rules alone. */
function truth({scopes, reach}: Drawn, repo: (typeof NAMES)[number], category: 'issue' | 'repository'): AccessOutcome {
  const {closed, let: isLetIn} = REPOS[repo]
  if (!has(scopes, category)) return 'scope'
  if (!closed) return 'ok'
  if (!covers(reach, repo)) return 'confinement'
  return isLetIn ? 'ok' : 'role'
}

describe('tokens confined to repositories at random (forgejo 15)', () => {
  const drawn = draw(20261201)
  const valueOf = (at: number) => String(at + 1).padStart(40, 'e')
  let server: RunningGitea
  beforeAll(async () => {
    const tokens = drawn.map(({scopes, reach}, at): GiteaToken => {
      const confined = reach === 'all' ? {} : {repositories: [...reach]}
      return {name: `t${at}`, value: valueOf(at), scopes, ...confined}
    })
    const users = [
      {login: 'root', password: PASSWORD, isAdmin: true},
      {login: 'mira', tokens},
    ]
    const repos = Object.entries(REPOS).map(([full, {closed, let: isLetIn}]) => ({
      owner: 'acme',
      name: full.split('/')[1]!,
      private: closed,
      ...(isLetIn && {collaborators: [{login: 'mira', permission: 'read' as const}]}),
    }))
    server = await startGitea({users, orgs: [{name: 'acme', owners: ['root']}], repos}, {version: 'forgejo-15'})
  })
  afterAll(() => server.close())

  function client() {
    const http = new Http({baseUrl: server.url, userAgent: 'patrol-test'})
    onTestFinished(() => http.close())
    return new Gitea({http, admin: {kind: 'password', user: 'root', password: new Secret(PASSWORD)}})
  }

  const every = async (look: (each: Drawn, value: Secret, repo: (typeof NAMES)[number]) => Promise<string[]>) => {
    const wrong: string[] = []
    for (const [at, each] of drawn.entries()) {
      for (const repo of NAMES) wrong.push(...(await look(each, new Secret(valueOf(at)), repo)))
    }
    return wrong
  }
  const units = [
    ['issues', 'issue'],
    ['pulls', 'repository'],
  ] as const

  test('their rows tell it, and with them each repository is judged right', async () => {
    const gitea = client()
    const rows = await gitea.list('mira')
    const wrong = await every(async (each, value, repo) => {
      const reachOf = async () => rows.find(({lastEight}) => lastEight === value.lastEight)?.repositories
      const report = await gitea.probe(value, {repo, reachOf})
      const reach = JSON.stringify(report.confinement.reach) === JSON.stringify(each.reach)
      // A row without repositories may be that of a token whose repositories were all deleted: its 404 has two causes.
      const told = (category: 'issue' | 'repository'): AccessOutcome => {
        const said = truth(each, repo, category)
        return said === 'role' && each.reach === 'all' ? 'shut' : said
      }
      const said = units.filter(([unit, category]) => report.repo?.[unit].outcome !== told(category))
      return [
        ...(reach ? [] : [`${value.lastEight}: reach`]),
        ...said.map(([unit]) => `${value.lastEight}: ${unit} of ${repo}`),
      ]
    })
    expect(wrong).toEqual([])
  })

  test('without them nothing is said to be granted or refused that nobody knows', async () => {
    const gitea = client()
    const wrong = await every(async (each, value, repo) => {
      const report = await gitea.probe(value, {repo})
      const known = (category: 'issue' | 'repository'): AccessOutcome => {
        const said = truth(each, repo, category)
        return said === 'role' || said === 'confinement' ? 'shut' : said
      }
      const said = units.filter(([unit, category]) => report.repo?.[unit].outcome !== known(category))
      return [
        ...(report.confinement.reach === 'unknown' ? [] : [`${value.lastEight}: reach`]),
        ...said.map(([unit]) => `${value.lastEight}: ${unit} of ${repo}`),
      ]
    })
    expect(wrong).toEqual([])
  })

  test('and no probe has changed anything', () => {
    const writes = server.requests.filter(({status, method}) => method !== 'GET' && status < 300)
    expect(writes).toEqual([])
  })
})

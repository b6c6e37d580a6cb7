import {setTimeout as sleep} from 'node:timers/promises'
import {mkdtemp, readFile, rm, writeFile} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {Readable} from 'node:stream'
import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import Audit from '../../src/commands/audit.ts'
import Explain from '../../src/commands/explain.ts'
import Probe from '../../src/commands/probe.ts'
import {Context} from '../../src/context.ts'
import {explained} from '../../src/context/explain.ts'
import {stage, typed, writes, type Ended, type Stage} from './harness.ts'

interface Result {
  kind: string
  call: {method: string; path: string; route: string} | null
  giteaVersion: {forge: string; named: string; catalogue: string; from: string}
  scopes: string[]
  gates: string[][] | null
  held: string[] | null
  versions: {from: string; to: string; outcome: string | number}[]
  why: string[]
  who: {
    agent: string | null
    profile: string
    can: boolean
    missing: string[]
    seen?: {by: string; can: boolean}
  }[]
  live: {outcome: string; evidence: {status: number} | null} | null
  next: string[]
}

interface Table {
  versions: string[]
  routes: {method: string; path: string; scopes: string[]; versions: string[]}[]
}

/** What `explain` tells of an agent. */
async function seenOf(own: Stage, agent: string): Promise<Result['who'][number]> {
  const {document} = await own.patrol<Result>(Explain, 'GET /repos/acme/core/issues --json')
  return document.result.who.find((each) => each.agent === agent)!
}

/** Without configuration, in a directory that has none above it. */
let nowhere = ''
beforeAll(async () => {
  nowhere = await mkdtemp(join(tmpdir(), 'patrol-nowhere-'))
})
afterAll(() => rm(nowhere, {recursive: true, force: true}))

async function alone<R = Result>(line: string | string[]): Promise<Ended<R>> {
  return typed<R>(Explain, line, {HOME: nowhere, XDG_CONFIG_HOME: nowhere})
}

describe('explain without configuration', () => {
  test('tells scope, versions, why, what comes after and which profiles have it', async () => {
    const {exit, stdout, stderr} = await alone('GET /repos/acme/core/issues')
    expect(exit).toBe(0)
    expect(stdout).toMatch(
      /^Call +GET \/repos\/\{owner\}\/\{repo\}\/issues\nNeeds +read:issue\nOn +Gitea 1\.22\.6; the same on Gitea 1\.20 to 1\.27\n/,
    )
    expect(stdout).toContain('Issues belong to "issue", not to "repository"')
    expect(stdout).toMatch(/Then +The user must be able to see the repository/)
    expect(stdout).toMatch(/By the profiles:\n {2}engineer {2}✓ can\n {2}reviewer {2}✓ can/)
    expect(stderr).toBe('No server is configured: this is about Gitea 1.22.6; --gitea-version names another.\n')
  })

  test.each([
    ['--gitea-version 11.0.15+gitea-1.22.0', 'Forgejo 11.0.15'],
    ['--gitea-version 11', 'Forgejo 11'],
    ['--forge forgejo --gitea-version v11.0', 'Forgejo 11.0'],
  ])('knows the routes of Forgejo: %s', async (flags, shown) => {
    const known = await alone(`GET /repos/acme/core/issues ${flags}`)
    expect([known.exit, known.stderr]).toEqual([0, ''])
    expect(known.stdout).toContain(`${shown}; the same on Forgejo 7 to 15`)
    const flagged = await alone(`GET /repos/acme/core/flags ${flags}`)
    expect(flagged.stdout).toMatch(/Needs +read:repository and read:admin/)
    expect(flagged.stdout).toMatch(/If +The route is there only where the server has flags on/)
    const gone = await alone(`PUT /repos/acme/core/issues ${flags}`)
    expect([gone.exit, gone.stderr]).toEqual([2, expect.stringContaining(`${shown} has the path`)])
  })

  test('takes the latest long-term release of Forgejo where only the forge is named', async () => {
    const {exit, stdout, stderr} = await alone('DELETE /repos/acme/core --forge forgejo')
    expect([exit, stderr]).toEqual([
      0,
      'No server is configured: this is about Forgejo 15.0.3; --gitea-version names another.\n',
    ])
    expect(stdout).toMatch(/Needs +write:organization or write:user\n/)
    expect(stdout).toMatch(
      /Versions +Forgejo 7 to 13 +write:repository\n +Forgejo 15 +write:organization or write:user \(this one\)/,
    )
    const unknown = await alone('GET /nothing/at/all --forge forgejo')
    expect(unknown.stderr).toContain('Forgejo 15.0.3 has no GET /nothing/at/all: it answers 404.')
  })

  test.each([
    ['12.0.4', 'Forgejo 12.0.4', 'Forgejo 11', 'GET /repos/acme/core/actions/runs', 'Forgejo 13 to 15'],
    ['99.1.0+gitea-1.22.0', 'Forgejo 99.1.0', 'Forgejo 15', 'GET /token', 'Gitea 1.27'],
    ['1.28.2', 'Gitea 1.28.2', 'Gitea 1.27', 'GET /user/quota', 'Forgejo 11 to 15'],
  ])('of %s, which has no table, it claims nothing that the nearest lacks', async (version, shown, near, call, has) => {
    const {exit, stderr} = await alone(`${call} --gitea-version ${version}`)
    expect(exit).toBe(2)
    expect(stderr).toContain(`Whether ${shown} has ${call} is not known: ${near} has not.`)
    expect(stderr).toContain(`${has} has it`)
    expect(stderr).not.toMatch(/answers 40[45]/)
  })

  test.each([
    ['--forge gitea --gitea-version 15.0.3', 'Forgejo 15.0.3 is no release of what --forge names (gitea)'],
    ['--forge forgejo --gitea-version 1.22.6', 'Gitea 1.22.6 is no release of what --forge names (forgejo)'],
    [
      '--gitea-version 6.0.0+gitea-1.20.0',
      '"6.0.0+gitea-1.20.0" is no version of Gitea from 1.20 on and none of Forgejo',
    ],
    ['--gitea-version 2.0', '"2.0" is no version of Gitea'],
    ['--gitea-version 15.', '"15." is no version of Gitea'],
  ])('refuses %s', async (flags, message) => {
    const {exit, stderr} = await alone(`GET /user ${flags}`)
    expect([exit, stderr]).toEqual([2, expect.stringContaining(message)])
    expect(stderr).toMatch(/patrol explain GET \/user --gitea-version \S+\n/)
  })

  test('names the profile to extend, and the scopes it would then have', async () => {
    const {stdout} = await alone('POST /repos/acme/core/issues/7/comments')
    expect(stdout).toContain('engineer  ✗ lacks write:issue')
    expect(stdout).toContain('profiles.engineer: scopes: [write:issue, write:repository, read:user]')
    expect(stdout).not.toContain('profiles.reviewer')
    expect(stdout).not.toContain('patrol rotate')
  })

  test('advises nobody to hand out what administers the server', async () => {
    for (const line of ['DELETE /admin/users/bob', 'GET /admin/users', 'POST /user/repos']) {
      const {stdout} = await alone(line)
      expect(stdout).toMatch(/is for no agent: /)
      expect(stdout).not.toMatch(/write into patrol\.yaml|patrol rotate/)
    }
  })

  test('shows where versions differ', async () => {
    const {exit, stdout} = await alone('GET /token --gitea-version 1.27.0')
    expect(exit).toBe(0)
    expect(stdout).toMatch(/Needs +no scope/)
    expect(stdout).toMatch(/Versions +Gitea 1\.20 to 1\.26 +no such path \(404\)\n +Gitea 1\.27 +no scope \(this one\)/)
  })

  test('knows what only 1.26 and newer have, and what they have no longer', async () => {
    const merged = await alone('PUT /repos/acme/core/branches/main --gitea-version 1.26.4')
    expect(merged.stdout).toMatch(/1\.23 to 1\.25 +not with this method.*\n +Gitea 1\.26 to 1\.27 +write:repository/)
    const gone = await alone('GET /admin/runners/registration-token --gitea-version 1.26.4')
    expect(gone.stderr).toContain('Gitea 1.26.4 has no GET /admin/runners/registration-token: it answers 404')
    expect(gone.stderr).toContain('Gitea 1.22 to 1.25 has it')
  })

  test('says which version it takes for one that it does not know', async () => {
    const {stderr, document} = await alone('GET /user --gitea-version 1.28.2 --json')
    expect(document.result.giteaVersion).toEqual({forge: 'gitea', named: '1.28.2', catalogue: '1.27', from: 'flag'})
    expect(stderr).toBe('')
    const said = await alone('GET /user --gitea-version 1.28.2')
    expect(said.stderr).toContain('The routes of Gitea 1.28.2 are not known; these are those of Gitea 1.27')
  })

  test('is valid for scripts', async () => {
    const {document} = await alone('PUT /user/starred/acme/core --json')
    expect(document.result).toMatchObject({
      kind: 'call',
      call: {method: 'PUT', path: '/user/starred/acme/core', route: '/user/starred/{username}/{reponame}'},
      giteaVersion: {forge: 'gitea', named: '1.22.6', catalogue: '1.22', from: 'default'},
      scopes: ['write:user', 'write:repository'],
      gates: [['write:user'], ['write:repository']],
      versions: [{from: '1.20', to: '1.27', outcome: 'route'}],
      live: null,
    })
  })
})

describe('a call that does not exist', () => {
  test('ends with 2 and offers where comments and reviews of a pull request are', async () => {
    for (const [version, answer] of [
      ['1.21.11', 404],
      ['1.22.6', 405],
      ['1.27.0', 405],
    ] as const) {
      const {exit, stderr, stdout} = await alone(`POST /repos/acme/core/pulls/7/comments --gitea-version ${version}`)
      expect(exit).toBe(2)
      expect(stdout).toBe('')
      expect(stderr).toContain(`it answers ${answer}`)
      expect(stderr).toContain('POST /repos/{owner}/{repo}/issues/{index}/comments: write:issue')
      expect(stderr).toContain('POST /repos/{owner}/{repo}/pulls/{index}/reviews: write:repository')
      expect(stderr).toContain(`  patrol explain POST /repos/acme/core/issues/7/comments --gitea-version ${version}\n`)
    }
  })

  test('says which version has it', async () => {
    const {exit, document} = await alone('GET /token --json')
    expect(exit).toBe(2)
    expect(document.error).toMatchObject({
      code: 'ROUTE_UNKNOWN',
      message: expect.stringContaining('Gitea 1.27 has it, and asks for no scope'),
      suggestions: ['patrol explain GET /token --gitea-version 1.27'],
    })
  })

  test.each([
    ['GET https://git.example.org/acme/core/issues/3', 'patrol explain GET /repos/acme/core/issues/3'],
    ['https://git.example.org/acme/core', 'patrol explain GET /repos/acme/core'],
    ['hello', 'patrol explain --table'],
    ['FETCH /user', 'patrol explain --table'],
  ])('%s is no call of the API', async (line, suggestion) => {
    const {exit, document} = await alone(`${line} --json`)
    expect(exit).toBe(2)
    expect(document.error).toMatchObject({code: 'USAGE', suggestions: expect.arrayContaining([suggestion])})
  })

  test.each(['1.19', 'latest', 'two'])('there is no Gitea %s to explain for', async (version) => {
    const {exit, document} = await alone(`GET /user --gitea-version ${version} --json`)
    expect(exit).toBe(2)
    expect(document.error).toMatchObject({code: 'USAGE', message: expect.stringContaining('no version of Gitea')})
    expect(document.error?.suggestions).toEqual(['patrol explain GET /user --gitea-version 1.22.6'])
  })

  test('what to type instead of a wrong version is what was typed, mended', async () => {
    const suggested = async (line: string) => (await alone(`${line} --gitea-version two --json`)).document.error
    expect((await suggested('--table'))?.suggestions).toEqual(['patrol explain --table --gitea-version 1.22.6'])
    expect((await suggested('PATCH /repos/acme/core/pulls/3'))?.suggestions).toEqual([
      'patrol explain PATCH /repos/acme/core/pulls/3 --gitea-version 1.22.6',
    ])
  })
})

describe('what people paste', () => {
  test('a curl line with variables', async () => {
    const {exit, document} = await alone(['curl -sf -X PATCH "$URL/api/v1/repos/$REPO/issues/$N" -d "{}"', '--json'])
    expect(exit).toBe(0)
    expect(document.result.call).toEqual({
      method: 'PATCH',
      path: '/repos/…/issues/…',
      route: '/repos/{owner}/{repo}/issues/{index}',
    })
    expect(document.result.scopes).toEqual(['write:issue'])
  })

  test('a URL is taken for a GET, and that is said', async () => {
    const {stderr, stdout} = await alone('https://git.example.org/gitea/api/v1/repos/acme/core/pulls?state=open')
    expect(stdout).toMatch(/Call +GET \/repos\/\{owner\}\/\{repo\}\/pulls\n/)
    expect(stderr).toContain('No method was named: taken for a GET.')
  })

  test('a refusal: what its scopes are for, and what the token had', async () => {
    const message =
      'token does not have at least one of required scope(s), required=[read:issue], token scope=write:repository,read:user'
    const {stdout} = await alone([JSON.stringify({message, url: 'x'})])
    expect(stdout).toMatch(
      /^Needs +read:issue\nHeld +write:repository, read:user\nWhy +read:issue is for GET on issues/,
    )
  })

  test('a refusal that no scope helps with', async () => {
    const {exit, stdout} = await alone(['{"message":"user should be the site admin","url":"x"}'])
    expect(exit).toBe(0)
    expect(stdout).toContain('the scope is there')
    expect(stdout).not.toContain('profiles')
  })

  test('an answer that is known: what it means, what helps and who sends it', async () => {
    const body = '{"message":"invalid access token scope provided: invalid access token scope: public_repo","url":"x"}'
    const {exit, stdout, document} = await alone([body, '--json'])
    expect([exit, stdout !== '']).toEqual([0, true])
    expect(document.result).toMatchObject({kind: 'refusal', answer: {by: 'scope', status: [400]}})
    const people = await alone([body])
    expect(people.stdout).toMatch(/^Said +"invalid access token scope provided: .*"\nMeans +there is no scope/)
    expect(people.stdout).toMatch(
      /Helps +write public-only and write:repository instead.*\nFrom +routers\/api\/v1\/user/,
    )
  })

  test('a call and its answer: both gates, and what the answer does not name', async () => {
    const text =
      '$ curl https://git.example.org/api/v1/user/repos\n{"message":"token does not have at least one of required scope(s): [read:user]"}'
    const {stdout} = await alone([text])
    expect(stdout).toMatch(/^Call +GET \/user\/repos\nNeeds +read:user and read:repository;/)
    expect(stdout).toMatch(/Why +The answer names only the first gate: with read:user alone .* for read:repository\./)
    const held = text.replace(': [read:user]', ', required=[read:repository], token scope=read:user')
    expect((await alone([held])).stdout).toMatch(/\nHeld +read:user\nMissing +read:repository\n/)
    const other = text.replace('/user/repos', '/nothing/at/all')
    const {exit, stderr} = await alone([other])
    expect([exit, stderr]).toEqual([0, expect.stringContaining('GET /nothing/at/all is no call of Gitea 1.22.6.')])
  })

  test.each([
    ['401', 'credential', /Answered +401: the credential, not a scope/],
    ['404', 'right', /Answered +404: no such thing, or the token's user may not see it/],
    ['423', 'state', /Answered +423: the repository is archived/],
  ])('a %s hands out no scope', async (status, decider, words) => {
    const line = `PUT https://git.example.org/api/v1/repos/acme/core/issues/5/labels: ${status}`
    const {stdout} = await alone([line])
    expect(stdout).toMatch(words)
    expect(stdout).toMatch(/Needs +write:issue/)
    expect(stdout).not.toMatch(/profile/)
    const {document} = await alone([line, '--json'])
    expect(document.result).toMatchObject({status: Number(status), decidedBy: decider, next: []})
  })

  test('a URL that only other methods have is taken for one of these', async () => {
    const {exit, stderr, stdout} = await alone('https://git.example.org/api/v1/repos/migrate')
    expect([exit, stderr]).toEqual([0, expect.stringContaining('taken for a POST.')])
    expect(stdout).toMatch(/Needs +write:repository/)
  })

  test('a push to a registry, and to git', async () => {
    const pushed = await alone('PUT https://git.example.org/api/packages/acme/npm/x')
    expect(pushed.stdout).toMatch(/^Request +the registry of packages: push\nNeeds +write:package to push\n/)
    expect(pushed.stdout).toContain('A missing scope is answered 401 here')
    const git = await alone(["fatal: unable to access 'https://git.example.org/acme/core.git/': error: 403"])
    expect(git.stdout).toMatch(
      /Request +git over HTTP\nNeeds +read:repository to clone and fetch, write:repository to push\n/,
    )
    const {document} = await alone(['docker push git.example.org/acme/app:1', '--json'])
    expect(document.result).toMatchObject({kind: 'package', call: null, scopes: ['write:package']})
  })

  test.each([
    [
      'https://git.example.org/acme/core/issues/3',
      'It looks like a page of the web interface',
      '/repos/acme/core/issues/3',
    ],
    ['https://git.example.org/api/swagger', 'Neither a call of the API nor an answer that is known', '/user'],
    ['GET https://api.github.com/repos/acme/core: 403', 'is about another forge or registry', '/user'],
  ])('what is none is said to be none: %s', async (text, words, first) => {
    const {exit, document} = await alone([text, '--json'])
    expect([exit, document.error?.message]).toEqual([2, expect.stringContaining(words)])
    expect(document.error?.suggestions[0]).toBe(`patrol explain GET ${first}`)
  })

  test('a credential in it is warned about and never repeated', async () => {
    const value = `${'b'.repeat(32)}00000002`
    const line = `curl -H "Authorization: token ${value}" http://git.example.org/api/v1/user`
    const {exit, stdout, stderr} = await alone([line])
    expect(exit).toBe(0)
    expect(stderr).toContain('replace it')
    expect(stdout + stderr).not.toContain('00000002')
  })

  test('standard input takes the same', async () => {
    await using context = await Context.open(edges())
    const stdin = Readable.from(['1.2.3.4 - - [x] "GET /api/v1/repos/acme/core/labels HTTP/1.1" 403 12\n'])
    const {scopes, asked} = await explained(context, {stdin})
    expect(scopes).toEqual(['read:issue'])
    expect(asked).toMatchObject({status: 403})
  })

  test('a dash names standard input', async () => {
    await using context = await Context.open(edges())
    const stdin = Readable.from(['curl -X POST https://git.example.org/api/v1/repos/a/b/issues/4/comments\n'])
    expect((await explained(context, {method: '-', stdin})).scopes).toEqual(['write:issue'])
  })

  test('nothing on standard input, or a terminal there, is usage', async () => {
    await using context = await Context.open(edges())
    await expect(explained(context, {stdin: Readable.from([])})).rejects.toMatchObject({code: 'USAGE'})
    const terminal = Object.assign(Readable.from(['GET /user']), {isTTY: true})
    await expect(explained(context, {stdin: terminal})).rejects.toMatchObject({code: 'USAGE'})
  })

  test('a flood on standard input is not read to its end', async () => {
    await using context = await Context.open(edges())
    let chunks = 0
    const stdin = Readable.from(
      (function* () {
        for (; chunks < 10_000; chunks++) yield 'x'.repeat(64 * 1024)
      })(),
    )
    await expect(explained(context, {stdin})).rejects.toMatchObject({code: 'USAGE'})
    expect(chunks).toBeLessThan(100)
  })
})

describe('the whole table', () => {
  test('is one line per route with tabs between, off a terminal', async () => {
    const {exit, stdout} = await alone('--table --gitea-version 1.22')
    const lines = stdout.trimEnd().split('\n')
    expect(exit).toBe(0)
    expect(lines).toHaveLength(413)
    expect(lines).toContain('GET\t/repos/{owner}/{repo}/issues\tread:issue\t')
    expect(lines).toContain('GET\t/orgs\t-\t')
    expect(lines).toContain('GET\t/user/repos\tread:user read:repository\t')
  })

  test('is all versions under --json, or the one named', async () => {
    const all = (await alone<Table>('--table --json')).document.result
    const gitea = ['1.20', '1.21', '1.22', '1.23', '1.24', '1.25', '1.26', '1.27']
    const forgejo = ['forgejo-7', 'forgejo-11', 'forgejo-13', 'forgejo-15']
    expect(all.versions).toEqual([...gitea, ...forgejo])
    expect((await alone<Table>('--table --json --forge forgejo')).document.result.versions).toEqual(forgejo)
    expect(all.routes.find(({path}) => path === '/token')).toMatchObject({scopes: [], versions: ['1.27']})
    const one = (await alone<Table>('--table --json --gitea-version 1.20.6')).document.result
    expect(one.versions).toEqual(['1.20'])
    expect(one.routes).toHaveLength(366)
  })
})

describe('explain with a fleet', () => {
  let at: Stage
  beforeAll(async () => {
    at = await stage({gitea: '1.25.4'})
  })
  afterAll(() => at[Symbol.asyncDispose]())

  test('goes by the version of the server, and tells for each agent', async () => {
    const {document} = await at.patrol<Result>(Explain, 'GET /repos/acme/core/issues --json')
    expect(document.result.giteaVersion).toEqual({forge: 'gitea', named: '1.25.4', catalogue: '1.25', from: 'server'})
    expect(document.result.who).toContainEqual({agent: 'agent-dev-a', profile: 'engineer', can: true, missing: []})
    expect(document.result.next).toEqual(['patrol probe agent-dev-a --exit-zero'])
  })

  test('sends a refusal that the profiles would not explain to the audit, which knows whose token is old', async () => {
    const {document} = await at.patrol<Result>(Explain, ['"GET /api/v1/repos/acme/core/issues HTTP/1.1" 403', '--json'])
    expect(document.result.next).toEqual(['patrol audit --exit-zero'])
  })

  test('tells who was seen to lack it, once an audit or a probe has looked', async () => {
    await using own = await stage({gitea: '1.25.4'})
    const line = ['"GET /api/v1/repos/acme/core/issues HTTP/1.1" 403', '--json']
    const before = await own.patrol<Result>(Explain, line)
    expect(before.document.result.who.filter(({seen}) => seen)).toEqual([])
    await own.patrol(Probe, 'agent-dev-b --exit-zero')
    const probed = await own.patrol<Result>(Explain, line)
    expect(probed.document.result.who.flatMap(({agent, seen}) => (seen ? [[agent, seen.by]] : []))).toEqual([
      ['agent-dev-b', 'probe'],
    ])
    await own.patrol(Audit, '--exit-zero')
    const audited = await own.patrol<Result>(Explain, line)
    const lacking = audited.document.result.who.flatMap(({agent, seen}) => (seen && !seen.can ? [agent] : []))
    expect(lacking).toContain('agent-dev-a')
    expect(audited.document.result.next).toEqual([`patrol rotate ${lacking.join(' ')}`])
    expect((await own.patrol(Explain, line.slice(0, 1))).stdout).toMatch(
      /Seen of their tokens:\n(?: {2}.*\n)* {2}agent-dev-a +✗ …\w{8} lacks read:issue \(audit of /,
    )
  })

  test('tells nothing of what a token had that was seen to be dead since', async () => {
    await using own = await stage()
    await own.patrol(Probe, 'agent-dead --exit-zero')
    const {seen} = await seenOf(own, 'agent-dead')
    expect(seen).toBeUndefined()
    const kept = JSON.parse(await readFile(join(own.home.state, 'seen.json'), 'utf8'))
    expect(Object.values(kept).flat()).toEqual([
      expect.objectContaining({agent: 'agent-dead', dead: true, scopes: [], by: 'probe'}),
    ])
    await own.patrol(Audit, 'agent-dead --exit-zero')
    expect((await seenOf(own, 'agent-dead')).seen).toBeUndefined()
  })

  test('rotates only after the profile has what is missing', async () => {
    const {stdout, document} = await at.patrol<Result>(Explain, 'POST /repos/acme/core/issues --json')
    expect(stdout).not.toBe('')
    expect(document.result.who.every(({can}) => !can)).toBe(true)
    expect(document.result.next).toEqual([
      'patrol config check',
      expect.stringMatching(/^patrol rotate agent-dev-a agent-/),
    ])
    const people = await at.patrol(Explain, 'POST /repos/acme/core/issues')
    expect(people.stdout).toMatch(/profiles\.engineer: scopes: \[write:issue, .*\], then rotate its agents/)
  })

  test('rotates the agent whose token the server refuses, though its profile has the scope', async () => {
    const refused = await at.patrol<Result>(Explain, 'GET /repos/acme/core/issues --live agent-dev-a --json')
    expect(refused.document.result.next).toEqual(['patrol rotate agent-dev-a'])
    const allowed = await at.patrol<Result>(Explain, 'GET /repos/acme/core/issues --live agent-reviewer --json')
    expect(allowed.document.result.next).toEqual(['patrol probe agent-dev-a --exit-zero'])
  })

  test('has nothing to type for a call that no agent should make', async () => {
    const {document} = await at.patrol<Result>(Explain, 'DELETE /admin/users/bob --json')
    expect(document.result.who).toContainEqual(expect.objectContaining({agent: 'agent-dev-a', can: false}))
    expect(document.result.next).toEqual([])
  })

  test('asks the server itself with --live, without effect', async () => {
    const before = writes(at.sandbox.gitea).length
    for (const call of ['GET /repos/acme/core/issues', 'PUT /repos/acme/core/topics', 'POST /repos/acme/core/issues']) {
      const {exit, stdout, document} = await at.patrol<Result>(Explain, `${call} --live agent-dev-a --json`)
      expect({call, exit, stdout: stdout.length > 0}).toEqual({call, exit: 0, stdout: true})
      expect(document.result.live).toMatchObject({outcome: 'agrees'})
    }
    const sent = writes(at.sandbox.gitea).slice(before)
    expect(sent).not.toEqual([])
    expect(sent.filter((line) => !line.includes('~scope-probe~'))).toEqual([])
    expect((await at.patrol(Explain, 'GET /repos/acme/core/issues --live agent-dev-a')).stdout).toMatch(
      /Live +✓ agrees: http:.*agent-dev-a: it refused a token without read:issue .*403\)\. Nothing was changed/,
    )
  })

  test('says unknown where no harmless request exists', async () => {
    const before = at.sandbox.gitea.requests.length
    const {exit, stdout} = await at.patrol(Explain, 'POST /user/repos --live agent-wide')
    expect(exit).toBe(0)
    expect(stdout).toMatch(/Live +\? unknown: there is no request to POST \/user\/repos that could have no effect/)
    expect(at.sandbox.gitea.requests.slice(before).map(({path}) => path)).toEqual(['/api/v1/version'])
  })

  test('a server that contradicts the catalogue is reported as our bug', async () => {
    const mend = at.sandbox.gitea.fail({path: /scope-probe~\/milestones/, kind: 'status', status: 405})
    const {exit, document} = await at.patrol(Explain, 'GET /repos/acme/core/milestones --live agent-wide --json')
    mend()
    expect(exit).toBe(1)
    expect(document.error).toMatchObject({code: 'ROUTE_DISAGREES', message: expect.stringContaining('open an issue')})
    expect(document.error?.message).toContain('GET /repos/{owner}/{repo}/milestones on Gitea 1.25.4')
  })

  test('a server of a version that is not known exactly is not blamed on the catalogue', async () => {
    const mends = [
      at.sandbox.gitea.fail({path: /scope-probe~\/milestones/, kind: 'status', status: 405}),
      at.sandbox.gitea.fail({path: /api\/v1\/version/, kind: 'status', status: 403}),
    ]
    const {exit, stdout} = await at.patrol(Explain, 'GET /repos/acme/core/milestones --live agent-wide')
    for (const mend of mends) mend()
    expect(exit).toBe(0)
    expect(stdout).toMatch(/Live +\? unknown: .*the server may be of another version/)
    const {document} = await at.patrol(Explain, 'GET /user --live agent-wide --gitea-version 1.22 --json')
    expect(document.error?.code).toBe('USAGE')
  })

  test('--live wants a known agent and a call', async () => {
    expect((await at.patrol(Explain, 'GET /user --live agent-nobody --json')).document.error?.code).toBe(
      'AGENT_UNKNOWN',
    )
    const denial = 'token does not have at least one of required scope(s): [read:issue]'
    const {exit, document} = await at.patrol(Explain, [denial, '--live', 'agent-wide', '--json'])
    expect(exit).toBe(2)
    expect(document.error?.code).toBe('USAGE')
  })

  test('waits for no server that keeps silent', async () => {
    const mend = at.sandbox.gitea.fail({path: /version/, kind: 'hang'})
    await using context = await Context.open({...edges(), giteaUrl: at.sandbox.gitea.url})
    const late = sleep(10_000, 'late', {ref: false})
    expect(await Promise.race([context.gitea.version(2_000), late])).toBeUndefined()
    mend()
  })

  test('goes on without a server that does not answer', async () => {
    const file = join(at.dir, 'elsewhere.yaml')
    await writeFile(file, 'gitea:\n  url: http://127.0.0.1:9\n')
    const {exit, stderr, stdout} = await at.patrol(Explain, `GET /user --config ${file}`)
    expect({exit, stderr}).toEqual({
      exit: 0,
      stderr: 'http://127.0.0.1:9 did not answer: this is about Gitea 1.22.6; --gitea-version names another.\n',
    })
    expect(stdout).toMatch(/Needs +read:user/)
  })
})

function edges(): Parameters<typeof Context.open>[0] {
  const none = async (): Promise<never> => {
    throw new Error('nobody to ask')
  }
  return {
    config: undefined,
    giteaUrl: undefined,
    insecureHttp: false,
    strict: false,
    version: '0.0.0',
    signal: new AbortController().signal,
    ask: none,
    warn: () => {},
  }
}

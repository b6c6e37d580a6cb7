import {expect, onTestFinished, test} from 'vitest'
import {Gitea} from '../../../src/gitea/client.ts'
import {Http} from '../../../src/http.ts'
import {Secret} from '../../../src/secret.ts'
import {startGitea} from '../../../src/simulator/gitea/index.ts'
import type {GiteaVersion} from '../../../src/simulator/types.ts'

const VALUE = 'a'.repeat(40)

/** What a probe says of a private repository that the user of a public-only token may read. */
async function issuesOf(version: GiteaVersion) {
  const tokens = [
    {name: 't', value: VALUE, scopes: ['public-only', 'read:issue', 'read:repository', 'read:user'] as const},
  ]
  const users = [
    {login: 'root', password: 'made-up-password', isAdmin: true},
    {login: 'mira', tokens: tokens.map((each) => ({...each, scopes: [...each.scopes]}))},
  ]
  const repos = [
    {owner: 'acme', name: 'core', private: true, collaborators: [{login: 'mira', permission: 'read' as const}]},
  ]
  const server = await startGitea({users, orgs: [{name: 'acme', owners: ['root']}], repos}, {version})
  onTestFinished(() => server.close())
  const http = new Http({baseUrl: server.url, userAgent: 'patrol-test'})
  onTestFinished(() => http.close())
  return (await new Gitea({http, admin: undefined}).probe(new Secret(VALUE), {repo: 'acme/core'})).repo?.issues
}

test('a public-only token is told from a right that its user lacks by the refusal, where there is one', async () => {
  expect(await issuesOf('1.22.6')).toMatchObject({outcome: 'scope', evidence: {status: 403}})
})

test('where the server hides what is not public from it, both may be why', async () => {
  expect(await issuesOf('1.26.4')).toMatchObject({
    outcome: 'shut',
    evidence: {status: 404, reason: expect.stringContaining('or the token is public-only, and the server hides')},
  })
})

import nock from 'nock'
import {describe, expect, test} from 'vitest'
import {Gitea} from '../../../src/gitea/client.ts'
import {Http} from '../../../src/http.ts'
import {Secret} from '../../../src/secret.ts'
import {strictNock} from '../../support/strict-nock.ts'

const BASE = 'https://gitea.example.org'
const SWAGGER = `${BASE}/api/swagger`
const PERMISSION = '/api/v1/repos/acme/core/collaborators/agent-new/permission'
const COLLABORATOR = '/api/v1/repos/acme/core/collaborators/agent-new'
const gitea = () => {
  const http = new Http({baseUrl: BASE, userAgent: 'patrol-test', timeoutMs: 400, retry: {attempts: 1, maxWaitMs: 0}})
  return new Gitea({http, admin: {kind: 'password', user: 'root', password: new Secret('not-a-real-password')}})
}
const fault = (message: string) => ({message, url: SWAGGER})

strictNock()

describe('collaborators', () => {
  test.each(['none', 'read', 'write', 'admin', 'owner'])('%s is what the user may do', async (permission) => {
    nock(BASE).get(PERMISSION).reply(200, {permission, role_name: permission, user: {}})
    expect(await gitea().permissionOf('acme/core', 'agent-new')).toBe(permission)
  })

  test('a word that Gitea does not have is no answer', async () => {
    nock(BASE).get(PERMISSION).reply(200, {permission: 'sovereign'})
    await expect(gitea().permissionOf('acme/core', 'agent-new')).rejects.toMatchObject({code: 'GITEA_UNUSABLE'})
  })

  test('a repository that is not there is refused by name', async () => {
    nock(BASE)
      .get(PERMISSION)
      .reply(404, {errors: null, ...fault('not found')})
    await expect(gitea().permissionOf('acme/core', 'agent-new')).rejects.toMatchObject({
      code: 'MEMBERSHIP_REFUSED',
      message: expect.stringContaining('acme/core'),
    })
  })

  test('the level is always said, for a missing one means write', async () => {
    nock(BASE).put(COLLABORATOR, {permission: 'read'}).reply(204)
    await expect(gitea().addCollaborator('acme/core', 'agent-new', 'read')).resolves.toBeUndefined()
  })

  test.each([
    [422, 'user does not exist [uid: 0, name: agent-new]', 'MEMBERSHIP_REFUSED'],
    [404, 'not found', 'MEMBERSHIP_REFUSED'],
    [403, 'user should be an owner or a collaborator with admin write of a repository', 'MEMBERSHIP_REFUSED'],
    [423, 'acme/core is archived', 'MEMBERSHIP_REFUSED'],
    [403, 'token does not have at least one of required scope(s): [write:repository]', 'ADMIN_SCOPE'],
    [500, "collaborator's account is inactive", 'WRITE_IN_DOUBT'],
  ])('%i "%s" is %s', async (status, message, code) => {
    nock(BASE).put(COLLABORATOR).reply(status, fault(message))
    await expect(gitea().addCollaborator('acme/core', 'agent-new', 'write')).rejects.toMatchObject({code})
  })

  test('a name that would change the path is refused before anything is sent', async () => {
    await expect(gitea().addCollaborator('acme/../core', 'agent-new', 'write')).rejects.toMatchObject({
      code: 'REPO_INVALID',
    })
  })
})

describe('teams', () => {
  const org = () => nock(BASE).get('/api/v1/orgs/acme').reply(200, {id: 3, username: 'acme'})
  const teams = (rows: object[]) =>
    nock(BASE)
      .get('/api/v1/orgs/acme/teams')
      .query({page: 1, limit: 50})
      .reply(200, rows, {'x-total-count': String(rows.length)})

  test('a team is found by its name, in any case', async () => {
    org()
    teams([
      {id: 4, name: 'Owners'},
      {id: 9, name: 'Agents'},
    ])
    expect(await gitea().team('acme', 'agents')).toBe(9)
  })

  test('a team that is not there is refused, with those that are', async () => {
    org()
    teams([{id: 4, name: 'Owners'}])
    await expect(gitea().team('acme', 'agents')).rejects.toMatchObject({
      code: 'MEMBERSHIP_REFUSED',
      message: expect.stringContaining('it has Owners'),
    })
  })

  test('an organisation that is not there is refused', async () => {
    nock(BASE).get('/api/v1/orgs/acme').reply(404, fault('GetOrgByName'))
    await expect(gitea().team('acme', 'agents')).rejects.toMatchObject({code: 'MEMBERSHIP_REFUSED'})
  })

  test.each([
    [200, {id: 7, login: 'agent-new'}, true],
    [404, fault('not found'), false],
  ])('%i tells whether somebody is in it', async (status, body, expected) => {
    nock(BASE).get('/api/v1/teams/9/members/agent-new').reply(status, body)
    expect(await gitea().isTeamMember(9, 'agent-new')).toBe(expected)
  })

  test('joining is one write', async () => {
    nock(BASE).put('/api/v1/teams/9/members/agent-new').reply(204)
    await expect(gitea().addTeamMember(9, 'agent-new')).resolves.toBeUndefined()
  })

  test.each([
    [403, 'Must be an organization owner', 'MEMBERSHIP_REFUSED'],
    [404, 'not found', 'MEMBERSHIP_REFUSED'],
  ])('%i "%s" joins nobody', async (status, message, code) => {
    nock(BASE).put('/api/v1/teams/9/members/agent-new').reply(status, fault(message))
    await expect(gitea().addTeamMember(9, 'agent-new')).rejects.toMatchObject({code})
  })

  test('a lost answer leaves it in doubt', async () => {
    nock(BASE).put('/api/v1/teams/9/members/agent-new').replyWithError({code: 'ECONNRESET'})
    await expect(gitea().addTeamMember(9, 'agent-new')).rejects.toMatchObject({code: 'WRITE_IN_DOUBT'})
  })
})

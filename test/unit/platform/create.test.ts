import {describe, expect, test} from 'vitest'
import {Secret} from '../../../src/secret.ts'
import {bench, ID, OTHER, reset, row, type Reply} from './server.ts'

const VALUE = `${'d'.repeat(32)}00000007`
const OWN = 'made-up-workspace-token-not-a-real-one-0001'
const SECRET = {key: 'GITEA_TOKEN', value: new Secret(VALUE)}
const VENDOR_KEY = 'direct vendor key writes are blocked for platform-managed workspaces'
const IN_USE = 'workspace name already in use'
const REFUSED_422 = [
  'RUNTIME_UNRESOLVED',
  'RUNTIME_UNSUPPORTED',
  'MODEL_REQUIRED',
  'UNREGISTERED_MODEL_FOR_RUNTIME',
  'DERIVED_PROVIDER_NOT_IN_REGISTRY',
  'MISSING_BYOK_CREDENTIAL',
  'WORKSPACE_REPARENT_PARENT_NOT_FOUND',
  'WORKSPACE_REPARENT_ORG_UNRESOLVABLE',
]
const created = (more: object = {}): Reply => ({status: 201, json: {id: ID, status: 'provisioning', ...more}})
/** The answer of a server that made the row first, and says then why it failed. */
const after = (code: string): Reply => ({status: 422, json: {error: 'path escapes root', template: 'engineer', code}})

describe('a workspace', () => {
  test('is created once, with its secret in it', async () => {
    await using at = await bench([created({auth_token: OWN})])
    const spec = {
      runtime: 'claude-code',
      template: 'engineer',
      tier: 2,
      model: 'opus',
      role: 'writes code',
      parent: OTHER,
    }
    const made = await at.client.create('agent-new', spec, SECRET)
    expect([made.id, made.token?.equals(new Secret(OWN))]).toEqual([ID, true])
    expect(at.got).toMatchObject([{method: 'POST', path: '/workspaces'}])
    expect(JSON.parse(at.got[0]?.body ?? '')).toEqual({
      name: 'agent-new',
      runtime: 'claude-code',
      template: 'engineer',
      tier: 2,
      model: 'opus',
      role: 'writes code',
      parent_id: OTHER,
      secrets: {GITEA_TOKEN: VALUE},
    })
    expect(at.got[0]?.headers['x-workspace-id']).toBeUndefined()
  })

  test.each<[string, object, string | undefined]>([
    ['April and failed mints leave the token out', {awareness_namespace: 'workspace:x'}, undefined],
    ['an external one has it with its connection', {external: true, connection: {auth_token: OWN}}, OWN],
    ['an empty one is none', {external: true, connection: {auth_token: ''}}, undefined],
  ])('%s', async (_, more, token) => {
    await using at = await bench([created(more)])
    const made = await at.client.create('agent-new', {}, SECRET)
    expect(made.token?.equals(new Secret(token ?? ''))).toBe(token === undefined ? undefined : true)
  })

  test.each<[Reply, string]>([
    [{status: 400, json: {error: 'invalid workspace payload'}}, 'invalid workspace payload'],
    [{status: 400, json: {error: 'invalid template'}}, 'invalid template'],
    [{status: 400, json: {error: 'parent_id is not a valid UUID'}}, 'not a valid UUID'],
    [{status: 400, json: {error: `${VENDOR_KEY}; use MODEL instead`, key: 'K'}}, VENDOR_KEY],
    [{status: 403, json: {error: 'another org', code: 'WORKSPACE_REPARENT_CROSS_ORG'}}, 'another org'],
    [{status: 409, json: {error: 'workspace limit reached', limit: 1, current: 1}}, 'workspace limit reached'],
    [{status: 409, json: {error: `${IN_USE}; please pick a different name`}}, IN_USE],
    ...REFUSED_422.map((code): [Reply, string] => [{status: 422, json: {error: `no ${code}`, code}}, `no ${code}`]),
    [{status: 500, json: {error: 'failed to create workspace'}}, 'failed to create workspace'],
    [{status: 500, json: {error: 'failed to encrypt secret: GITEA_TOKEN'}}, 'failed to encrypt secret'],
    [{status: 500, json: {error: 'failed to save secret: GITEA_TOKEN'}}, 'failed to save secret'],
  ])('refused by %j is none', async (reply, why) => {
    await using at = await bench([reply])
    await expect(at.client.create('agent-new', {}, SECRET)).rejects.toMatchObject({
      code: 'WORKSPACE_REFUSED',
      category: 'refused',
      message: expect.stringContaining(why),
    })
    expect(at.got).toHaveLength(1)
  })

  test.each<[string, Reply]>([
    ['a broken connection', reset],
    ['a server error of the unknown kind', {status: 500, json: {error: 'something else'}}],
    ['a proxy', {status: 502, text: 'bad gateway'}],
    [
      "a gateway's 409 that speaks of limits",
      {status: 409, json: {error: 'Workspace limits of your plan: see /billing'}},
    ],
    ["a gateway's 409", {status: 409, json: {error: 'conflict'}}],
    ["a gateway's 422", {status: 422, json: {error: 'blocked by policy', code: 'POLICY'}}],
    ["a gateway's 403", {status: 403, json: {error: 'access denied by policy'}}],
    ['a template that is looked for when the row is there (june28)', after('TEMPLATE_UNAVAILABLE')],
    ['variables that are looked for when the row is there (aug14)', after('MISSING_REQUIRED_ENV')],
    ['an empty 200, after which the row is there (April)', {status: 200}],
    ['a success without an id', {status: 201, json: {status: 'provisioning'}}],
    ['a wait for an approval, which no contract knows of here', {status: 202, json: {status: 'pending_approval'}}],
  ])('is in doubt after %s, and not asked for again', async (_, reply) => {
    await using at = await bench([reply])
    await expect(at.client.create('agent-new', {}, SECRET)).rejects.toMatchObject({
      code: 'WRITE_IN_DOUBT',
      category: 'incomplete',
    })
    expect(at.got).toHaveLength(1)
  })

  test.each(['agent{new}', 'agent\nnew', '', 'x'.repeat(256), 'a&b'])('is not asked for as %j', async (name) => {
    await using at = await bench([created()])
    await expect(at.client.create(name, {}, SECRET)).rejects.toMatchObject({code: 'WORKSPACE_REFUSED'})
    expect(at.got).toHaveLength(0)
  })

  test('is found by its exact name, every one that bears it', async () => {
    const rows = [row(), row({id: OTHER}), row({id: 'x', name: 'Agent-dev-a'})]
    await using at = await bench([{json: rows}])
    expect((await at.client.named('agent-dev-a')).map(({id}) => id)).toEqual([ID, OTHER])
  })

  test('is found with those that got a number since', async () => {
    const names = [
      'agent-dev-a (2)',
      'agent-dev-a (13)',
      'agent-dev-a(2)',
      'agent-dev-a (two)',
      'agent-dev-ab',
      'x (2)',
    ]
    await using at = await bench([{json: [row(), ...names.map((name) => row({id: name, name}))]}])
    expect((await at.client.alike('agent-dev-a')).map(({id}) => id)).toEqual([
      ID,
      'agent-dev-a (2)',
      'agent-dev-a (13)',
    ])
  })
})

describe("a workspace's own token", () => {
  test.each<[Reply, boolean]>([
    [{json: {workspace_id: ID, status: 'online', paused: false, deleted: false}}, true],
    [{status: 401, json: {error: 'invalid workspace auth token'}}, false],
    [{status: 404, json: {workspace_id: ID, deleted: true}}, false],
  ])('answered %j is good: %s', async (reply, good) => {
    await using at = await bench([reply])
    expect(await at.client.accepts(ID, new Secret(OWN))).toBe(good)
    expect(at.got).toMatchObject([{path: `/workspaces/${ID}/state`, headers: {authorization: `Bearer ${OWN}`}}])
  })

  test.each<[string, Reply, string]>([
    ['a server error', {status: 500, json: {error: 'query failed'}}, 'PLATFORM_UNAVAILABLE'],
    ["a gateway's 401", {status: 401, json: {message: 'Unauthorized'}}, 'PLATFORM_UNEXPECTED'],
    ["a gateway's 404", {status: 404, json: {message: 'no Route matched'}}, 'PLATFORM_UNEXPECTED'],
  ])('is not called bad on %s', async (_, reply, code) => {
    await using at = await bench([reply])
    await expect(at.client.accepts(ID, new Secret(OWN))).rejects.toMatchObject({code})
  })
})

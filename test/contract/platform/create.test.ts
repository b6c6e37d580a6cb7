import {describe, expect, test} from 'vitest'
import {
  APRIL,
  olderThan,
  bodyOf,
  emptyGitea,
  from,
  NEW_VALUE,
  NEWEST,
  OLD_VALUE,
  ORG,
  pause,
  since,
  start,
  UNKNOWN,
  until,
  VARIANTS,
  type Target,
} from './target.ts'

interface Created {
  id: string
  status: string
  auth_token?: string
}

const BODY = {
  name: 'agent-new',
  runtime: 'claude-code',
  // One for which the platform itself has the credential: June 2 takes no other in a creation.
  model: 'anthropic/claude-sonnet-4-6',
  secrets: {GITEA_TOKEN: NEW_VALUE},
}
const variantOf = (release: 'april' | 'june02', mode: 'docker' | 'saas') => ({release, mode})
/** Whether a GITEA_TOKEN of the workspace's own reaches its process. */
const delivers = ({name}: {name: string}) => /^april|^(june13|june28|aug14) saas$/.test(name)

const create = async (at: Target, body: object = BODY) =>
  bodyOf<Created>(await at.ask('POST', '/workspaces', {json: body}))
const bearer = (token: string) => ({as: {authorization: `Bearer ${token}`}})
const stateOf = async (at: Target, id: string, token: string) =>
  (await at.ask('GET', `/workspaces/${id}/state`, bearer(token))).status
/** Waits for the first process; the machines of june02 never register, for their token is there already. */
const booted = (at: Target, id: string) =>
  until(
    () => at.process(id),
    (process) => process !== undefined,
  )
const statusOf = async (at: Target, id: string) => (await at.get(`/workspaces/${id}`))['status']
const reasonOf = async (at: Target, id: string) =>
  (await at.get<Record<string, unknown>[]>('/workspaces')).find((row) => row['id'] === id)?.['last_sample_error']

describe.each(VARIANTS)('$name: a new workspace', (variant) => {
  const june = since('june02', variant)

  test('is being provisioned, and online by itself', async () => {
    await using at = await start(variant)
    const told = await at.ask('POST', '/workspaces', {json: {...BODY, role: 'engineer', tier: 2}})
    expect(told.status).toBe(201)
    const created = bodyOf<Created>(told)
    const always = ['id', 'status', 'workspace_access']
    expect(Object.keys(created).toSorted()).toEqual([...always, june ? 'auth_token' : 'awareness_namespace'].toSorted())
    expect(created.status).toBe('provisioning')
    if (variant.name === 'june02 saas') return
    expect(await at.until(created.id, 'online')).toMatchObject({
      name: 'agent-new',
      role: 'engineer',
      tier: june && variant.mode === 'saas' ? 4 : 2,
      runtime: 'claude-code',
      parent_id: since('june13', variant) ? at.id.concierge : null,
    })
  })

  test('has the secrets of the creation in its first process: no second write, no second restart', async () => {
    await using at = await start(variant)
    const {id} = await create(at)
    await booted(at, id)
    expect(await at.process(id)).toMatchObject({generation: 1, env: {SHARED: 'global'}})
    expect((await at.process(id))?.env['GITEA_TOKEN']).toBe(delivers(variant) ? NEW_VALUE : undefined)
    expect(await at.restarts(id)).toBe(1)
    const rows = await at.get<Record<string, unknown>[]>(`/workspaces/${id}/secrets`)
    expect(rows.find(({key}) => key === 'GITEA_TOKEN')).toMatchObject({has_value: true, scope: 'workspace'})
    expect(await at.get('/approvals/pending')).toEqual([])
  })

  test('answers messages with the token that it really got', async () => {
    await using gitea = await emptyGitea()
    await using at = await start(variant, {giteaUrl: gitea.url})
    const secrets = {...BODY.secrets, GIT_HTTP_PASSWORD: NEW_VALUE}
    const {id} = await create(at, {...BODY, secrets})
    await booted(at, id)
    if (variant.name === 'june02 saas') return
    await at.until(id, 'online')
    const path = `${gitea.url}/api/v1/repos/o/r`
    const text = `Nonce: n1\nSecret: GIT_HTTP_PASSWORD\nGET ${path}/issues?labels=approved\nGET ${path}/pulls?limit=1`
    const message = {role: 'user', messageId: 'm1', parts: [{kind: 'text', text}]}
    const json = {jsonrpc: '2.0', id: '1', method: 'message/send', params: {message}}
    // On the newest servers the turn of its first boot may go on, during which messages are queued.
    const told = await until(
      () => at.ask('POST', `/workspaces/${id}/a2a`, {json}),
      ({text: answer}) => !answer.includes('"queue_id"'),
    )
    expect(told.text).toContain(`patrol-smoke n1 issues=200 pulls=200 approved=none token=${NEW_VALUE.slice(-8)}`)
  })

  test('is made as often as one asks, with a number for a name that is taken', async () => {
    await using at = await start(variant)
    const made = [await create(at), await create(at), await create(at)]
    const rows = await at.get<Record<string, unknown>[]>('/workspaces')
    expect(rows.slice(-3).map((row) => row['id'])).toEqual(made.map(({id}) => id))
    expect(rows.slice(-3).map((row) => row['name'])).toEqual(
      june ? ['agent-new', 'agent-new (2)', 'agent-new (3)'] : ['agent-new', 'agent-new', 'agent-new'],
    )
  })

  test('is there although its answer was lost', async () => {
    await using at = await start(variant)
    at.simulator.fail({method: 'POST', path: /^\/workspaces$/, kind: 'reset-after'})
    await expect(create(at)).rejects.toThrow(/socket|reset|closed/i)
    const rows = await at.get<Record<string, unknown>[]>('/workspaces')
    expect(rows.filter((row) => row['name'] === 'agent-new')).toHaveLength(1)
  })

  test.each([
    {why: 'no name', change: {name: ''}, error: 'invalid workspace payload'},
    {why: 'a number for a name', change: {name: 7}, error: 'invalid workspace payload'},
    {why: '256 characters', change: {name: 'n'.repeat(256)}, error: 'invalid workspace fields'},
    {why: 'a brace in the name', change: {name: 'agent {1}'}, error: 'invalid workspace fields'},
    {why: 'a line break in the role', change: {role: 'two\nlines'}, error: 'invalid workspace fields'},
    {why: 'a template outside', change: {runtime: '', template: '../etc'}, error: 'invalid template'},
    {why: 'a relative directory', change: {workspace_dir: 'here'}, error: 'invalid workspace directory'},
    {why: 'an unknown access', change: {workspace_access: 'all'}, error: 'invalid workspace access'},
  ])('with $why is not made', async ({change, error}) => {
    await using at = await start(variant)
    const had = (await at.get<unknown[]>('/workspaces')).length
    expect(await at.ask('POST', '/workspaces', {json: {...BODY, ...change}})).toMatchObject({
      status: 400,
      json: {error},
    })
    expect(await at.get<unknown[]>('/workspaces')).toHaveLength(had)
  })

  test('below a parent that is not there is a 500, and a 422 on the newest servers', async () => {
    await using at = await start(variant)
    const json = {...BODY, parent_id: UNKNOWN}
    expect(await at.ask('POST', '/workspaces', {json})).toMatchObject(
      since('aug14', variant)
        ? {status: 422, json: {error: 'parent workspace does not exist', parent_id: UNKNOWN}}
        : {status: 500, json: {error: 'failed to create workspace'}},
    )
  })

  test.each(['own', 'stranger', 'nobody'] as const)('is not made by %s', async (as) => {
    await using at = await start(variant)
    const error = as === 'nobody' ? 'admin auth required' : 'invalid admin auth token'
    expect(await at.ask('POST', '/workspaces', {as, json: BODY})).toMatchObject({status: 401, json: {error}})
  })

  test('fails where its GITEA_TOKEN is a global secret, save in April, and says so in the list', async () => {
    await using at = await start(variant)
    await at.ask('POST', '/settings/secrets', {json: {key: 'GITEA_TOKEN', value: OLD_VALUE}})
    await booted(at, (await create(at)).id)
    const {id} = await create(at, {...BODY, secrets: {}})
    await at.until(id, june ? 'failed' : 'online')
    expect(await reasonOf(at, id)).toMatch(
      june ? /^provision aborted: env var "GITEA_TOKEN" is operator-scope .*RFC#523/ : /^$/,
    )
  })

  test('comes up without credentials for code hosts where those are dropped, and with the one that is not', async () => {
    await using at = await start(variant)
    const {id} = await create(at, {
      ...BODY,
      secrets: {...BODY.secrets, GH_TOKEN: 'x', GIT_HTTP_PASSWORD: NEW_VALUE},
    })
    await booted(at, id)
    const env = (await at.process(id))?.env
    expect(env).toMatchObject({SHARED: 'global', GITEA_URL: 'x', GIT_HTTP_PASSWORD: NEW_VALUE})
    // Docker's provisioner lets those for GitHub through.
    const github = variant.name === 'june02 saas' ? undefined : 'x'
    expect([env?.['GITEA_TOKEN'], env?.['GH_TOKEN']]).toEqual([delivers(variant) ? NEW_VALUE : undefined, github])
  })
})

describe.each(from('june02'))('$name: a model', (variant) => {
  const asked = async (change: object) => {
    await using at = await start(variant)
    const {model: _model, ...rest} = BODY
    const had = (await at.get<unknown[]>('/workspaces')).length
    const told = await at.ask('POST', '/workspaces', {json: {...rest, ...change}})
    return {told, made: (await at.get<unknown[]>('/workspaces')).length - had}
  }

  test.each([
    ['for nothing else', {}],
    ['before a directory is looked at', {workspace_dir: 'here'}],
    ['before an access is looked at', {workspace_access: 'all'}],
    ['before the parent is looked at', {parent_id: UNKNOWN}],
  ])('is asked for %s', async (_when, change) => {
    const {told, made} = await asked(change)
    expect(told).toMatchObject({
      status: 422,
      json: {code: 'MODEL_REQUIRED', runtime: 'claude-code', error: expect.stringMatching(/^model is required/)},
    })
    expect(made).toBe(0)
  })

  test('that the runtime does not have is refused, before anything else is looked at', async () => {
    await using at = await start(variant, {models: [BODY.model]})
    const had = await at.get<unknown[]>('/workspaces')
    const json = {...BODY, model: 'made-up-model', workspace_dir: 'here', parent_id: UNKNOWN}
    expect(await at.ask('POST', '/workspaces', {json})).toMatchObject({
      status: 422,
      json: {
        code: 'UNREGISTERED_MODEL_FOR_RUNTIME',
        runtime: 'claude-code',
        model: 'made-up-model',
        error: expect.stringMatching(/^model "made-up-model" is not a registered model for runtime "claude-code"; /),
      },
    })
    expect(await at.get<unknown[]>('/workspaces')).toHaveLength(had.length)
  })

  test.each(['ANTHROPIC_API_KEY', 'openai_api_key'])('that the platform serves goes with no %s', async (key) => {
    await using at = await start(variant, {models: [BODY.model]})
    const had = await at.get<unknown[]>('/workspaces')
    const secrets = {...BODY.secrets, [key]: 'not-a-real-key'}
    expect(await at.ask('POST', '/workspaces', {json: {...BODY, secrets}})).toMatchObject({
      status: 400,
      json: {
        key,
        workspace_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
        error: expect.stringMatching(/^direct vendor key writes are blocked for platform-managed workspaces; /),
      },
    })
    expect(await at.get<unknown[]>('/workspaces')).toHaveLength(had.length)
  })

  test('is not asked for by an external workspace', async () => {
    expect((await asked({runtime: 'external', secrets: {}})).told.status).toBe(201)
  })
})

test.each(from('june02'))(
  '$name: a vendor’s key goes with a model of its vendor, but not on June 2',
  async (variant) => {
    await using at = await start(variant)
    const secrets = {...BODY.secrets, ANTHROPIC_API_KEY: 'not-a-real-key'}
    const told = await at.ask('POST', '/workspaces', {json: {...BODY, model: 'claude-sonnet-4-6', secrets}})
    expect(told.status).toBe(since('june13', variant) ? 201 : 400)
  },
)

const asVendors = {...BODY, model: 'claude-sonnet-4-6'}

test.each(from('june02').filter((each) => !since('june13', each)))(
  '$name: no key is asked for a model that its vendor serves',
  async (variant) => {
    await using at = await start(variant)
    expect((await at.ask('POST', '/workspaces', {json: asVendors})).status).toBe(201)
  },
)

describe.each(from('june13'))('$name: a model that its vendor serves', (variant) => {
  const asked = (at: Target, more: object = {}) => at.ask('POST', '/workspaces', {json: {...asVendors, ...more}})

  test('wants a key of that vendor, before anything else is looked at', async () => {
    await using at = await start(variant)
    const had = await at.get<unknown[]>('/workspaces')
    const error = [
      'model "claude-sonnet-4-6" resolves to BYOK provider "anthropic-api" but no credential it accepts ',
      '(ANTHROPIC_API_KEY, ANTHROPIC_AUTH_TOKEN) exists at workspace or org scope',
    ].join('')
    const {model, runtime} = asVendors
    expect(await asked(at, {workspace_dir: 'here', parent_id: UNKNOWN})).toMatchObject({
      status: 422,
      json: {code: 'MISSING_BYOK_CREDENTIAL', runtime, model, error: expect.stringContaining(error)},
    })
    expect(await at.get<unknown[]>('/workspaces')).toHaveLength(had.length)
  })

  test.each(['ANTHROPIC_API_KEY', 'ANTHROPIC_AUTH_TOKEN'])('goes with its own %s, or one for all', async (key) => {
    await using at = await start(variant)
    expect((await asked(at, {secrets: {[key]: 'not-a-real-key'}})).status).toBe(201)
    expect((await asked(at)).status).toBe(422)
    await at.ask('POST', '/settings/secrets', {json: {key, value: 'not-a-real-key'}})
    expect((await asked(at)).status).toBe(201)
  })

  test('is not looked at for an external workspace', async () => {
    await using at = await start(variant)
    expect((await asked(at, {runtime: 'external', secrets: {}})).status).toBe(201)
  })
})

describe('the token in the answer', () => {
  test.each(from('june13'))('$name: works at once, and after the first provisioning and a restart', async (variant) => {
    await using at = await start(variant)
    const {id, auth_token: token = ''} = await create(at)
    expect(await stateOf(at, id, token)).toBe(200)
    await at.until(id, 'online')
    expect(await stateOf(at, id, token)).toBe(200)
    await at.ask('POST', `/workspaces/${id}/restart`)
    await until(
      async () => (await at.process(id))?.generation,
      (generation) => generation === 2,
    )
    expect(await stateOf(at, id, token)).toBe(200)
  })

  test('is missing where its mint failed; the admin mints another', async () => {
    await using at = await start(NEWEST, {inlineToken: false})
    const created = await create(at)
    expect(created).not.toHaveProperty('auth_token')
    const told = await at.ask('POST', `/admin/workspaces/${created.id}/tokens`)
    expect(told).toMatchObject({status: 201, json: {workspace_id: created.id}})
    await at.until(created.id, 'online')
    expect(await stateOf(at, created.id, bodyOf<{auth_token: string}>(told).auth_token)).toBe(200)
  })

  test('june02 docker: is dead once the workspace is online', async () => {
    await using at = await start(variantOf('june02', 'docker'))
    // Whether it works at first is a race with the provisioning, which ends it.
    const {id, auth_token: token = ''} = await create(at)
    await at.until(id, 'online')
    expect(await stateOf(at, id, token)).toBe(401)
  })

  test('june02 saas: keeps the machine from its first registration until it is revoked', async () => {
    await using at = await start(variantOf('june02', 'saas'))
    // The mint races the revocation that precedes the first process; where it loses, another is made.
    const {id, token} = await until(
      async () => {
        const {id: made, auth_token: inline = ''} = await create(at)
        await until(
          () => at.process(made),
          (process) => process !== undefined,
        )
        return {id: made, token: inline, state: await stateOf(at, made, inline)}
      },
      ({state}) => state === 200,
    )
    await pause(300)
    expect([await statusOf(at, id), await stateOf(at, id, token)]).toEqual(['provisioning', 200])
    const card = {id, url: 'http://machine.invalid', agent_card: {name: 'agent-new'}}
    expect(await at.ask('POST', '/registry/register', {as: 'nobody', json: card})).toMatchObject({status: 401})
    const [row] = (await at.get<{tokens: {id: string}[]}>(`/workspaces/${id}/tokens`)).tokens
    await at.ask('DELETE', `/workspaces/${id}/tokens/${row?.id}`)
    await at.until(id, 'online')
  })
})

describe('a token minted by hand', () => {
  const mint = async (at: Target, id: string) =>
    bodyOf<{auth_token: string}>(await at.ask('POST', `/workspaces/${id}/tokens`)).auth_token

  test('april docker: before the first provisioning is over it dies with it', async () => {
    await using at = await start(APRIL, {provisionMs: 3_000})
    const {id} = await create(at)
    // Whether the provisioning has ended all tokens before is up to chance, save on the simulator.
    expect(at.simulator.options.release).toBe('april')
    const early = await mint(at, id)
    await at.until(id, 'online')
    expect(await stateOf(at, id, early)).toBe(401)
  })

  test('april docker: after the first provisioning it lives', async () => {
    await using at = await start(APRIL)
    const {id} = await create(at)
    await at.until(id, 'online')
    expect(await stateOf(at, id, await mint(at, id))).toBe(200)
  })

  test('april SaaS: before the first registration it breaks that, after it all is well', async () => {
    await using at = await start(variantOf('april', 'saas'))
    const {id: broken} = await create(at)
    const {id: sound} = await create(at)
    await mint(at, broken)
    await at.until(sound, 'online')
    await pause(150)
    expect(await statusOf(at, broken)).toBe('provisioning')
    expect(await stateOf(at, sound, await mint(at, sound))).toBe(200)
    expect(await statusOf(at, sound)).toBe('online')
  })

  test('april outside production: the test token is another way', async () => {
    await using at = await start(APRIL, {testTokens: true})
    const {id} = await create(at)
    await at.until(id, 'online')
    const path = `/admin/workspaces/${id}/test-token`
    expect(await at.ask('GET', path, {as: 'org'})).toMatchObject({status: 401, json: {error: 'admin auth required'}})
    const told = bodyOf<{auth_token: string}>(await at.ask('GET', path))
    expect(await stateOf(at, id, told.auth_token)).toBe(200)
    expect(await at.ask('GET', `/admin/workspaces/${UNKNOWN}/test-token`)).toMatchObject({
      status: 404,
      json: {error: 'workspace not found'},
    })
  })

  test('april in production has no test tokens', async () => {
    await using at = await start(APRIL)
    const told = await at.ask('GET', `/admin/workspaces/${at.id.agent}/test-token`)
    expect(told).toMatchObject({status: 404, json: {error: 'not found'}})
  })
})

describe('an external workspace', () => {
  const EXTERNAL = {name: 'elsewhere', runtime: 'external'}
  // A name that is looked up: newer servers refuse others.
  const ELSEWHERE = 'http://localhost:9'
  interface Outside {
    id: string
    status: string
    connection: {auth_token: string}
  }
  const outside = async (at: Target) => bodyOf<Outside>(await at.ask('POST', '/workspaces', {json: EXTERNAL}))

  test.each(from('june02'))('$name: waits for its agent, whose token is in the connection', async (variant) => {
    await using at = await start(variant)
    const {id, status, connection, ...rest} = await outside(at)
    expect([status, rest]).toEqual(['awaiting_agent', {external: true}])
    expect(await statusOf(at, id)).toBe('awaiting_agent')
    const json = {id, url: ELSEWHERE, agent_card: {name: 'elsewhere'}}
    const told = await at.ask('POST', '/registry/register', {...bearer(connection.auth_token), json})
    expect(told).toMatchObject({status: 200, json: {status: 'registered'}})
    expect(await statusOf(at, id)).toBe('online')
  })

  test('april: stays provisioning, for its database does not know the waiting', async () => {
    await using at = await start(APRIL)
    const {id, status} = await outside(at)
    await pause(150)
    expect([status, await statusOf(at, id)]).toEqual(['awaiting_agent', 'provisioning'])
  })

  test('with an address is online at once, without a token', async () => {
    await using at = await start(NEWEST)
    const told = await at.ask('POST', '/workspaces', {json: {...EXTERNAL, url: ELSEWHERE}})
    const {id, ...rest} = bodyOf<Created>(told)
    expect([told.status, rest]).toEqual([201, {external: true, status: 'online'}])
    expect(await statusOf(at, id)).toBe('online')
  })

  test('has an empty token where the mint failed; rotating gives one and kills every other', async () => {
    await using at = await start(NEWEST, {inlineToken: false})
    const {id, connection} = await outside(at)
    expect(connection.auth_token).toBe('')
    const rotate = async () =>
      bodyOf<Outside>(await at.ask('POST', `/workspaces/${id}/external/rotate`)).connection.auth_token
    const first = await rotate()
    expect(await stateOf(at, id, first)).toBe(200)
    const second = await rotate()
    expect([await stateOf(at, id, first), await stateOf(at, id, second)]).toEqual([401, 200])
    expect(await at.get(`/workspaces/${id}/external/connection`)).toMatchObject({
      connection: {workspace_id: id, auth_token: ''},
    })
  })

  test.each(from('june02'))('$name: alone can be rotated like this', async (variant) => {
    await using at = await start(variant)
    expect(await at.ask('POST', `/workspaces/${at.id.agent}/external/rotate`)).toMatchObject({
      status: 400,
      json: {error: 'rotate is only valid for external/BYO-compute workspaces', runtime: expect.any(String)},
    })
  })

  test('april: cannot be rotated like this', async () => {
    await using at = await start(APRIL)
    expect((await at.ask('POST', `/workspaces/${at.id.external}/external/rotate`)).json).toBeUndefined()
  })
})

describe('a creation that is refused or lost', () => {
  test('aug14: beyond the limit is a 409', async () => {
    await using at = await start(NEWEST, {workspaceLimit: 1})
    expect((await at.ask('POST', '/workspaces', {json: BODY})).status).toBe(409)
    expect((await at.get<Record<string, unknown>[]>('/workspaces')).map((row) => row['name'])).not.toContain(
      'agent-new',
    )
  })

  test.each(olderThan('june28'))('$name: with a template outside is an empty 200 and a dead row', async (variant) => {
    await using at = await start(variant)
    const told = await at.ask('POST', '/workspaces', {json: {...BODY, template: '../gone'}})
    expect([told.status, told.text]).toEqual([200, ''])
    const rows = await at.get<{id: string; name: string; status: string}[]>('/workspaces')
    const row = rows.find(({name}) => name === 'agent-new')
    await pause(150)
    expect([row?.status, await statusOf(at, row?.id ?? '')]).toEqual(['provisioning', 'provisioning'])
    expect(await at.process(row?.id ?? '')).toBeUndefined()
  })

  test.each(from('june28'))('$name: with a template outside is a 422 and a row that failed', async (variant) => {
    await using at = await start(variant)
    const told = await at.ask('POST', '/workspaces', {json: {...BODY, template: '../gone'}})
    expect(told).toMatchObject({status: 422, json: {code: 'TEMPLATE_UNAVAILABLE'}})
    const rows = await at.get<{name: string; status: string}[]>('/workspaces')
    expect(rows.find(({name}) => name === 'agent-new')).toMatchObject({status: 'failed'})
  })

  test('without the organisation is nowhere', async () => {
    await using at = await start(NEWEST, {orgId: ORG})
    expect((await at.ask('POST', '/workspaces', {json: BODY})).status).toBe(400)
    const headers = {'x-molecule-org-id': ORG}
    expect((await at.ask('POST', '/workspaces', {json: BODY, headers})).status).toBe(201)
  })
})

describe.each(VARIANTS)('$name: the state of a workspace', (variant) => {
  test('is told to itself only', async () => {
    await using at = await start(variant)
    const path = `/workspaces/${at.id.agent}/state`
    expect(await at.ask('GET', path, {as: 'own'})).toMatchObject({
      status: 200,
      json: {workspace_id: at.id.agent, status: 'online', paused: false, deleted: false},
    })
    for (const as of ['admin', 'org', 'other', 'stranger'] as const) {
      expect([as, (await at.ask('GET', path, {as})).status]).toEqual([as, 401])
    }
  })

  test('is 401 after the token was revoked with the workspace', async () => {
    await using at = await start(variant)
    await at.ask('DELETE', `/workspaces/${at.id.agent}?confirm=true`, {
      as: 'org',
      headers: {'x-confirm-name': 'agent-dev-a'},
    })
    expect((await at.ask('GET', `/workspaces/${at.id.agent}/state`, {as: 'own'})).status).toBe(401)
    const told = await at.ask('GET', `/workspaces/${at.id.agent}/state`)
    expect(told).toMatchObject({status: 404, json: {workspace_id: at.id.agent, deleted: true, status: 'removed'}})
  })
})

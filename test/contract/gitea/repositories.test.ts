import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {messageOf, type Asking} from './ask.ts'
import {issuesOf} from './shapes.ts'
import {targets, type Server} from './target.ts'

describe.each(targets)('repositories on $label', (target) => {
  const {since} = target.dialect
  let server: Server
  const refusal = (message: string) => ({message, url: `${server.root}/api/swagger`})
  const generic = () => server.dialect.missing(server.root)
  const asAlice = async (method: string, path: string, json?: unknown) =>
    server.api(method, `/repos/${server.who.alice}/${path}`, {token: await server.token(server.who.alice, 'all'), json})
  const asBob = async (method: string, path: string, json?: unknown) =>
    server.api(method, `/repos/${server.who.alice}/${path}`, {token: await server.token(server.who.bob, 'all'), json})
  const titles = async (query: string, repo = 'open') => {
    const reply = await asAlice('GET', `${repo}/issues${query}`)
    return issuesOf(reply)
      .map(({title}) => title)
      .toSorted()
  }

  beforeAll(async () => {
    server = await target.open('repos')
  })
  afterAll(() => server?.close())

  describe('what a repository offers', () => {
    test.each([
      {repo: 'open', issues: 200, pulls: 200},
      {repo: 'attic', issues: 200, pulls: 200},
      {repo: 'bare', issues: 200, pulls: 404},
      {repo: 'no-issues', issues: 200, pulls: 200},
      {repo: 'no-pulls', issues: 200, pulls: 404},
      {repo: 'no-units', issues: 404, pulls: 404},
    ])('$repo: issues $issues, pulls $pulls', async ({repo, issues, pulls}) => {
      expect((await asAlice('GET', `${repo}/issues`)).status).toBe(issues)
      expect((await asAlice('GET', `${repo}/pulls`)).status).toBe(pulls)
    })

    test.each(['bare/pulls', 'no-pulls/pulls', 'no-units/issues', 'no-units/pulls'])(
      '%s is not found, as if it were not there',
      async (path) => {
        expect((await asAlice('GET', path)).json).toEqual(generic())
      },
    )

    test('without issues, pull requests are listed alone', async () => {
      expect(await titles('', 'no-issues')).toEqual(['change'])
      expect((await asAlice('GET', 'no-issues/issues?type=issues')).status).toBe(404)
    })

    test('without pull requests, issues are listed alone', async () => {
      expect(await titles('', 'no-pulls')).toEqual(['only'])
      expect((await asAlice('GET', 'no-pulls/issues?type=pulls')).status).toBe(404)
    })

    test('shows what it is', async () => {
      const [open, attic, bare, secret] = await Promise.all(
        ['open', 'attic', 'bare', 'secret'].map((repo) => asAlice('GET', repo)),
      )
      expect(open?.json).toMatchObject({
        name: 'open',
        full_name: `${server.who.alice}/open`,
        private: false,
        archived: false,
        empty: false,
        has_issues: true,
        has_pull_requests: true,
        permissions: {admin: true, push: true, pull: true},
      })
      expect(attic?.json).toMatchObject({archived: true})
      expect(bare?.json).toMatchObject({empty: true})
      expect(secret?.json).toMatchObject({private: true})
    })

    test('shows a collaborator what they may do', async () => {
      expect((await asBob('GET', 'shared')).json).toMatchObject({permissions: {admin: false, push: false, pull: true}})
    })
  })

  describe('who sees it', () => {
    test.each(['secret', 'secret/issues', 'secret/pulls', 'missing', 'missing/issues', 'missing/pulls'])(
      '%s is not found for others',
      async (path) => {
        const reply = await asBob('GET', path)
        expect([reply.status, reply.json]).toEqual([404, generic()])
      },
    )

    test.each(['secret', 'secret/issues', 'secret/pulls'])(
      '%s is there for its owner and for an admin',
      async (path) => {
        expect((await asAlice('GET', path)).status).toBe(200)
        const token = await server.token(server.who.chief, 'all')
        expect((await server.api('GET', `/repos/${server.who.alice}/${path}`, {token})).status).toBe(200)
      },
    )

    test.each(['shared', 'shared/issues', 'shared/pulls'])('%s is there for a collaborator', async (path) => {
      expect((await asBob('GET', path)).status).toBe(200)
    })

    test('an owner who does not exist is not found', async () => {
      const {bob} = server.who
      const reply = await server.api('GET', `/repos/${bob}-x/y/issues`, {token: await server.token(bob, 'all')})
      expect([reply.status, reply.json]).toEqual([
        404,
        server.dialect.missing(server.root, {
          as: 'GetUserByName',
          error: `user redirect does not exist [name: ${bob}-x]`,
        }),
      ])
    })

    test.each(['secret/issues', 'missing/issues', 'open/issues'])('%s: the gate is asked first', async (path) => {
      const token = await server.token(server.who.bob, 'read:repository')
      const reply = await server.api('GET', `/repos/${server.who.alice}/${path}`, {token})
      expect([reply.status, reply.json]).toEqual([
        403,
        refusal(server.dialect.scopeGap(['read:issue'], ['read:repository'])),
      ])
    })

    test('the incident: pull requests work and issue lists do not', async () => {
      const token = await server.token(server.who.bob, 'write:repository', 'read:user')
      const at = `/repos/${server.who.alice}/open`
      expect((await server.api('GET', `${at}/pulls?state=open&limit=1`, {token})).status).toBe(200)
      expect((await server.api('GET', `${at}/issues?state=open&limit=1`, {token})).status).toBe(403)
    })
  })

  describe('renames', () => {
    const asked = async (path: string) => server.api('GET', path, {token: await server.token(server.who.bob, 'all')})

    test.each(['', '/issues?state=open&limit=1', '/pulls'])(
      'a repository: …%s is a relative redirect',
      async (rest) => {
        const {alice} = server.who
        const reply = await asked(`/repos/${alice}/before${rest}`)
        expect(reply.status).toBe(server.dialect.movedRepo)
        expect(reply.headers['location']).toBe(`/api/v1/repos/${alice}/now${rest}`)
      },
    )

    test.each(['', '/issues?state=open&limit=1', '/pulls'])('an owner: …%s is a relative redirect', async (rest) => {
      const {dave, formerDave} = server.who
      const reply = await asked(`/repos/${formerDave}/open${rest}`)
      expect(reply.status).toBe(307)
      expect(reply.headers['location']).toBe(`/api/v1/repos/${dave}/open${rest}`)
    })

    test('a user', async () => {
      const {dave, formerDave} = server.who
      const reply = await asked(`/users/${formerDave}`)
      expect(reply.status).toBe(307)
      expect(reply.headers['location']).toBe(`/api/v1/users/${dave}`)
    })

    test('the gate is asked first', async () => {
      const token = await server.token(server.who.bob, 'read:user')
      const reply = await server.api('GET', `/repos/${server.who.alice}/before/issues`, {token})
      expect(reply.status).toBe(403)
    })
  })

  describe('comments', () => {
    const comment = (path: string, body: unknown, asking: Asking) =>
      server.api('POST', `/repos/${server.who.alice}/${path}`, {...asking, json: body})

    test.each(['open/issues/1', 'open/issues/5'])('on %s needs write:issue and nothing else', async (issue) => {
      const {bob} = server.who
      const reply = await comment(`${issue}/comments`, {body: 'seen'}, {token: await server.token(bob, 'write:issue')})
      expect(reply.status).toBe(201)
      expect(reply.json).toMatchObject({body: 'seen', user: {login: bob}})
    })

    test.each(['write:repository', 'read:issue'])('%s does not do', async (scope) => {
      const token = await server.token(server.who.bob, scope)
      const reply = await comment('open/issues/5/comments', {body: 'seen'}, {token})
      expect([reply.status, reply.json]).toEqual([403, refusal(server.dialect.scopeGap(['write:issue'], [scope]))])
    })

    test('want a body', async () => {
      const reply = await comment('open/issues/1/comments', {}, {token: await server.token(server.who.bob, 'all')})
      expect([reply.status, messageOf(reply)]).toEqual([422, '[Body]: Required'])
    })

    test('on something that is not there', async () => {
      const token = await server.token(server.who.bob, 'all')
      const reply = await comment('open/issues/999/comments', {body: 'seen'}, {token})
      const answer = server.dialect.isForgejo ? [404, 'IsErrIssueNotExist'] : [500, '']
      expect([reply.status, messageOf(reply)]).toEqual(answer)
    })

    // Older servers lock by page only; settings.test.ts has the simulated ones.
    test.runIf(target.kind === 'real' && since(24))('on a locked issue are refused', async () => {
      expect((await asAlice('PUT', 'crowd/issues/1/lock', {lock_reason: 'Resolved'})).status).toBe(204)
      const token = await server.token(server.who.bob, 'all')
      const reply = await comment('crowd/issues/1/comments', {body: 'late'}, {token})
      expect([reply.status, messageOf(reply)]).toEqual([403, 'You cannot comment on a locked issue.'])
    })

    test('on pulls/N/comments have no route', async () => {
      const token = await server.token(server.who.bob, 'all')
      const reply = await comment('open/pulls/5/comments', {body: 'seen'}, {token})
      expect([reply.status, reply.text]).toEqual(since(22) ? [405, ''] : [404, '404 page not found\n'])
    })
  })

  describe('reviews', () => {
    const review = async (body: unknown, login: string, scope: string, pull = 5) =>
      server.api('POST', `/repos/${server.who.alice}/open/pulls/${pull}/reviews`, {
        token: await server.token(login, scope),
        json: body,
      })

    test('need write:repository', async () => {
      const reply = await review({event: 'COMMENT', body: 'read it'}, server.who.bob, 'write:repository')
      expect(reply.status).toBe(200)
      expect(reply.json).toMatchObject({state: 'COMMENT', body: 'read it'})
    })

    test('are not to be had with write:issue', async () => {
      const reply = await review({event: 'COMMENT', body: 'read it'}, server.who.bob, 'write:issue')
      expect([reply.status, reply.json]).toEqual([
        403,
        refusal(server.dialect.scopeGap(['write:repository'], ['write:issue'])),
      ])
    })

    test('that approve one’s own work are refused', async () => {
      expect((await review({event: 'APPROVED', body: 'mine'}, server.who.alice, 'write:repository')).status).toBe(422)
    })

    test('of what is not there are not found', async () => {
      expect((await review({event: 'COMMENT', body: 'x'}, server.who.bob, 'write:repository', 999)).status).toBe(404)
    })

    test('are listed with read:repository', async () => {
      const token = await server.token(server.who.bob, 'read:repository')
      const reply = await server.api('GET', `/repos/${server.who.alice}/open/pulls/5/reviews`, {token})
      expect(reply.status).toBe(200)
    })
  })

  describe('archived', () => {
    test.each([
      ['POST', 'attic/issues', {title: 'late'}],
      ['POST', 'attic/issues/1/comments', {body: 'late'}],
      ['POST', 'attic/pulls', {title: 'late', head: 'late', base: 'main'}],
    ])('%s %s is refused', async (method, path, body) => {
      const reply = await asAlice(method, path, body)
      const name = `${server.who.alice}/attic`
      expect(reply.status).toBe(since(22) ? 423 : 404)
      expect(messageOf(reply)).toMatch(
        since(27)
          ? /^repo is archived$/
          : since(25)
            ? new RegExp(`^${name} is archived$`)
            : since(22)
              ? new RegExp(`^<Repository \\d+:${name}> is archived$`)
              : /./,
      )
    })

    test.each([
      ['#112233', '112233'],
      ['Abc', 'aabbcc'],
    ])('labels can still be made, of the colour %s', async (color, shown) => {
      const name = `late ${shown}`
      const reply = await asAlice('POST', 'attic/labels', {name, color})
      expect([reply.status, reply.json]).toMatchObject([201, {name, color: shown}])
      const listed = await asAlice('GET', 'attic/labels')
      expect(listed.json).toContainEqual(reply.json)
    })

    // What is as long as one with its `#` left out gets another.
    test.each([
      ['crimson', 'crimson'],
      ['#12345', '##12345'],
    ])('what is no colour is refused: %s', async (color, told) => {
      const reply = await asAlice('POST', 'attic/labels', {name: 'late', color})
      const refused = `${since(25) ? 'invalid color' : 'bad color code'}: ${told}`
      expect([reply.status, messageOf(reply)]).toEqual([422, refused])
    })

    test('reading goes on', async () => {
      expect(await titles('', 'attic')).toEqual(['old'])
    })
  })

  describe('writes that rotation and onboarding need', () => {
    test('an issue is opened with write:issue', async () => {
      const token = await server.token(server.who.bob, 'write:issue')
      const json = {title: 'from outside'}
      const reply = await server.api('POST', `/repos/${server.who.alice}/no-pulls/issues`, {token, json})
      expect(reply.status).toBe(201)
      expect(reply.json).toMatchObject({title: 'from outside', state: 'open'})
    })

    test('a new user may not do a thing until must_change_password is cleared', async () => {
      const token = await server.token(server.who.chief, 'write:admin')
      const login = `${server.who.bob}-new`
      const password = 'not-a-real-password'
      const json = {username: login, email: `${login}@contract.invalid`, password}
      expect((await server.api('POST', '/admin/users', {token, json})).status).toBe(201)
      expect((await server.api('GET', '/version', {basic: [login, password]})).status).toBe(403)
      const change = {login_name: login, source_id: 0, must_change_password: false}
      expect((await server.api('PATCH', `/admin/users/${login}`, {token, json: change})).status).toBe(200)
      expect((await server.api('GET', '/version', {basic: [login, password]})).status).toBe(200)
    })
  })
})

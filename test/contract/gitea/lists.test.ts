import {afterAll, beforeAll, describe, expect, test} from 'vitest'
import {issuesOf} from './shapes.ts'
import {targets, type Server} from './target.ts'

describe.each(targets)('lists on $label', (target) => {
  let server: Server
  const asAlice = async (method: string, path: string) =>
    server.api(method, `/repos/${server.who.alice}/${path}`, {token: await server.token(server.who.alice, 'all')})
  const titles = async (query: string) =>
    issuesOf(await asAlice('GET', `open/issues${query}`))
      .map(({title}) => title)
      .toSorted()

  beforeAll(async () => {
    server = await target.open('repos')
  })
  afterAll(() => server?.close())

  describe('issue lists', () => {
    test.each([
      {query: '', is: ['approved', 'approved and urgent', 'change', 'plain']},
      {query: '?state=open', is: ['approved', 'approved and urgent', 'change', 'plain']},
      {query: '?state=closed', is: ['closed', 'closed change']},
      {query: '?state=all', is: ['approved', 'approved and urgent', 'change', 'closed', 'closed change', 'plain']},
      {query: '?state=nonsense', is: ['approved', 'approved and urgent', 'change', 'plain']},
      {query: '?type=issues', is: ['approved', 'approved and urgent', 'plain']},
      {query: '?type=pulls', is: ['change']},
      {query: '?type=all', is: ['approved', 'approved and urgent', 'change', 'plain']},
      {query: '?type=issue', is: ['approved', 'approved and urgent', 'change', 'plain']},
      {query: '?type=pulls&state=all', is: ['change', 'closed change']},
    ])('"$query" lists $is', async ({query, is}) => {
      expect(await titles(query)).toEqual(is)
    })

    test.each([
      {query: '?labels=approved', is: ['approved', 'approved and urgent']},
      {query: '?labels=approved&state=all', is: ['approved', 'approved and urgent', 'closed']},
      {query: '?labels=urgent', is: ['approved and urgent', 'change']},
      {query: '?labels=urgent&type=issues', is: ['approved and urgent']},
      {query: '?labels=approved,urgent', is: ['approved and urgent']},
      {query: '?labels=approved,no-such-label', is: ['approved', 'approved and urgent']},
      {query: '?labels=no-such-label', is: ['approved', 'approved and urgent', 'change', 'plain']},
      {query: '?labels=no-such-label&type=issues', is: ['approved', 'approved and urgent', 'plain']},
      {query: '?labels=', is: ['approved', 'approved and urgent', 'change', 'plain']},
      {query: '?labels=APPROVED', is: ['approved', 'approved and urgent', 'change', 'plain']},
      {query: '?labels=blocked', is: []},
      {query: '?labels=approved,blocked', is: []},
    ])('"$query" filters down to $is', async ({query, is}) => {
      expect(await titles(query)).toEqual(is)
    })

    test('the label of an organisation is its own, and filters nothing before Forgejo 15', async () => {
      const {alice, club} = server.who
      const token = await server.token(alice, 'all')
      const labels = await server.api('GET', `/orgs/${club}/labels`, {token})
      expect(labels.json).toMatchObject([{name: 'org-wide'}])
      const ofRepo = await server.api('GET', `/repos/${club}/house/labels`, {token})
      expect(ofRepo.json).toMatchObject([{name: 'approved'}])
      const reply = await server.api('GET', `/repos/${club}/house/issues?labels=org-wide&type=issues`, {token})
      const listed = issuesOf(reply).map(({title}) => title)
      expect(listed).toEqual(server.dialect.filtersByOrgLabels ? [] : ['in the club'])
    })

    test('a user has no labels', async () => {
      const {alice} = server.who
      const reply = await server.api('GET', `/orgs/${alice}/labels`, {token: await server.token(alice, 'all')})
      expect(reply.status).toBe(404)
    })

    test('number from 1, newest first, and tell pull requests apart', async () => {
      const issues = issuesOf(await asAlice('GET', 'open/issues?state=all'))
      expect(issues.map(({number}) => number)).toEqual([6, 5, 4, 3, 2, 1])
      expect(issues.filter((issue) => issue.pull_request != null).map(({number}) => number)).toEqual([6, 5])
    })

    test('show the labels of each', async () => {
      const issues = issuesOf(await asAlice('GET', 'open/issues?labels=approved,urgent'))
      expect(issues[0]?.labels.map(({name}) => name).toSorted()).toEqual(['approved', 'urgent'])
    })

    test.each([
      {query: '?page=1&limit=3', numbers: [7, 6, 5], rels: ['next', 'last']},
      {query: '?page=2&limit=3', numbers: [4, 3, 2], rels: ['next', 'last', 'first', 'prev']},
      {query: '?page=3&limit=3', numbers: [1], rels: ['first', 'prev']},
      {query: '?page=1&limit=50', numbers: [7, 6, 5, 4, 3, 2, 1], rels: []},
    ])('"$query" is one page of many', async ({query, numbers, rels}) => {
      const reply = await asAlice('GET', `crowd/issues${query}`)
      expect(issuesOf(reply).map(({number}) => number)).toEqual(numbers)
      expect(reply.headers['x-total-count']).toBe('7')
      const link = String(reply.headers['link'] ?? '')
      expect([...link.matchAll(/rel="(\w+)"/g)].map(([, rel]) => rel)).toEqual(rels)
    })

    test.each(['created_by', 'assigned_by', 'mentioned_by'])('%s of nobody is not found', async (name) => {
      expect((await asAlice('GET', `open/issues?${name}=nobody-at-all`)).status).toBe(404)
    })

    test.each(['since', 'before'])('%s that is no time is refused', async (name) => {
      expect((await asAlice('GET', `open/issues?${name}=yesterday`)).status).toBe(422)
    })
  })

  describe('pull request lists', () => {
    test.each([
      {query: '', numbers: [6, 5]},
      {query: '?state=all', numbers: [6, 5]},
      {query: '?state=nonsense', numbers: [6, 5]},
      {query: '?state=open', numbers: [5]},
      {query: '?state=closed', numbers: [6]},
      {query: '?state=open&limit=1&page=1', numbers: [5]},
    ])('"$query" lists $numbers', async ({query, numbers}) => {
      const reply = await asAlice('GET', `open/pulls${query}`)
      expect(
        issuesOf(reply)
          .map(({number}) => number)
          .toSorted((a, b) => b - a),
      ).toEqual(numbers)
      expect(reply.headers['x-total-count']).toBe(String(numbers.length))
    })

    test('labels are numbers here', async () => {
      const reply = await asAlice('GET', 'open/pulls?labels=urgent')
      expect(reply.status).toBe(500)
    })
  })
})

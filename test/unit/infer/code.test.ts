import {describe, expect, test} from 'vitest'
import {callsInCode, type CodeLanguage} from '../../../src/infer/code.ts'
import {HOLE} from '../../../src/syntax/index.ts'

async function told(language: CodeLanguage, text: string, file = 'gitea.txt'): Promise<string[]> {
  const {calls, notUnderstood} = await callsInCode([{language, text, file}])
  return [
    ...calls.map(({method, path}) => `${method} ${path.replaceAll(HOLE, '{}')}`),
    ...notUnderstood.map(({reason, text: piece}) => `? ${reason}: ${piece}`),
  ]
}

describe('TypeScript and JavaScript', () => {
  test.each([
    [
      'a function that calls itself again',
      `const api = (p, n = 0) => n ? api(p) : fetch('/api/v1' + p).catch(() => api(p, n + 1)); api('/user')`,
      ['GET /user'],
    ],
    ['node:http options', `http.request({hostname: h, path: '/api/v1/user', method: 'POST'})`, ['POST /user']],
    ['XMLHttpRequest', `xhr.open('PUT', base + '/api/v1/notifications')`, ['PUT /notifications']],
    ['jQuery', `$.ajax({url: '/api/v1/user/repos', type: 'POST'})`, ['POST /user/repos']],
    ['an axios configuration', `axios({method: 'delete', url: \`\${b}/api/v1/user/keys/1\`})`, ['DELETE /user/keys/1']],
    [
      'a helper from elsewhere that is told the method',
      `send('PATCH', b + '/api/v1/user/settings')`,
      ['PATCH /user/settings'],
    ],
    ['a helper from elsewhere named after it', `postJson(b + '/api/v1/user/repos', {})`, ['POST /user/repos']],
    ['a chain over lines', `await supertest\n  .agent(x)\n  .get('/api/v1/user')`, ['GET /user']],
    [
      'a choice of method',
      `fetch('/api/v1/user/keys', {method: a ? 'GET' : 'POST'})`,
      ['GET /user/keys', 'POST /user/keys'],
    ],
    ['parts in an array', `fetch([base, 'api/v1', 'user'].join('/'))`, ['GET /user']],
    ['a function that makes the URL', 'const u = (p) => `${b}/api/v1${p}`; fetch(u("/user"))', ['GET /user']],
    [
      'destructured options',
      `const f = ({path, method = 'GET'}) => fetch('/api/v1' + path, {method}); f({path: '/user'}); f({path: '/user/keys', method: 'POST'})`,
      ['GET /user', 'POST /user/keys'],
    ],
    [
      'a class told its base',
      `class C { constructor(base) { this.base = base } get(p) { return fetch(this.base + p) } }\nnew C('https://g/api/v1').get('/user')`,
      ['GET /user'],
    ],
    [
      'methods over methods',
      `class C { r(m, p) { return fetch('/api/v1' + p, {method: m}) }\n get(p) { return this.r('GET', p) }\n del(p) { return this.r('DELETE', p) } }\nc.get('/user'); c.del('/user/keys/1'); headers.get('x')`,
      ['GET /user', 'DELETE /user/keys/1'],
    ],
    ['a hole named like a query behind the last name', 'fetch(`/api/v1/user/repos${query}`)', ['GET /user/repos']],
    [
      'a reassigned name',
      `let u = '/api/v1/user'\nfetch(u)\nu = '/api/v1/orgs'\nfetch(u, {method: 'POST'})`,
      ['GET /user', 'POST /orgs'],
    ],
  ])('%s', async (_, text, expected) => {
    expect(await told('typescript', text)).toEqual(expected)
  })

  test('JSX is read', async () => {
    expect(await told('typescript', `const a = <b onClick={() => fetch('/api/v1/user')} />`, 'a.tsx')).toEqual([
      'GET /user',
    ])
    expect(await told('javascript', `const a = <b onClick={() => fetch('/api/v1/user')} />`, 'a.jsx')).toEqual([
      'GET /user',
    ])
  })

  test('a server’s own route is no request', async () => {
    expect(await told('javascript', `app.get('/api/v1/user', (req, res) => {})`)).toEqual([
      `? a route that the program serves itself: '/api/v1/user'`,
    ])
  })
})

describe('Python', () => {
  test.each([
    [
      'a library’s method named like one of the file',
      'class C:\n    def get(self, p):\n        return requests.get(f"{B}/api/v1{p}")\nc.get("/orgs")\nrequests.get(f"{B}/api/v1/user")',
      ['GET /orgs', 'GET /user'],
    ],
    [
      'a loop over a list',
      'for path in ["/user", "/orgs"]:\n    requests.get(f"{b}/api/v1{path}")',
      ['GET /user', 'GET /orgs'],
    ],
    ['http.client', 'conn.request("GET", "/api/v1/user")', ['GET /user']],
    ['a session made on the spot', 'requests.Session().put(f"{b}/api/v1/notifications")', ['PUT /notifications']],
    ['what is appended', 'u = f"{b}/api/v1"\nu += "/user"\nrequests.get(u)', ['GET /user']],
    [
      'what is appended in a branch',
      'u = f"{b}/api/v1/user"\nif x:\n    u += "/repos"\nrequests.get(u)',
      ['GET /user', 'GET /user/repos'],
    ],
    [
      'an async client’s base',
      'async def f():\n    async with httpx.AsyncClient(base_url="https://g/api/v1/") as c:\n        await c.get("user")',
      ['GET /user'],
    ],
    [
      'keyword arguments of a wrapper',
      'def call(path, method="GET"):\n    return requests.request(method, API + path)\nAPI = "https://g/api/v1"\ncall("/user")\ncall(method="POST", path="/user/repos")',
      ['GET /user', 'POST /user/repos'],
    ],
    ['urlopen with data', 'urlopen("https://g/api/v1/user/repos", data=b"{}")', ['POST /user/repos']],
    [
      'a decorator is no request',
      '@client.get("/api/v1/user")\ndef f(): pass',
      [`? a route that the program serves itself: "/api/v1/user"`],
    ],
  ])('%s', async (_, text, expected) => {
    expect(await told('python', text)).toEqual(expected)
  })
})

describe('Go', () => {
  const go = (body: string) => `package main\nfunc main() {\n${body}\n}\n`
  test.each([
    [
      'resty with a base',
      'c := resty.New().SetBaseURL("https://g/api/v1")\nc.R().SetBody(x).Post("/user/repos")',
      ['POST /user/repos'],
    ],
    [
      'a URL put together',
      'u := base.JoinPath("api", "v1", "user", "keys")\nhttp.NewRequest("GET", u.String(), nil)',
      ['GET /user/keys'],
    ],
    ['a verb as text', 'http.NewRequest("patch", "https://g/api/v1/user/settings", nil)', ['PATCH /user/settings']],
    ['raw strings', 'http.Get(`https://g/api/v1/user`)', ['GET /user']],
  ])('%s', async (_, text, expected) => {
    expect(await told('go', go(text))).toEqual(expected)
  })

  test('the SDK under another name, in a field, as a parameter', async () => {
    const text = `package main
import sdk "code.gitea.io/sdk/gitea"
type s struct { api *sdk.Client }
func f(c *sdk.Client) { c.GetRepo("a", "b") }
func (x *s) g() { x.api.DeleteAccessToken(1); x.other.GetRepo("a", "b") }
`
    expect(await told('go', text)).toEqual(['GET /repos/{}/{}', 'DELETE /users/{}/tokens/{}'])
  })

  test('a client of something else is left alone', async () => {
    const text =
      'package main\nimport "github.com/google/go-github/github"\nfunc f(c *github.Client) { c.GetRepo("a", "b") }\n'
    expect(await told('go', text)).toEqual([])
  })
})

describe('shell functions', () => {
  test('an argument left out is empty and takes no other’s place', async () => {
    const text = [
      'api() {',
      '  local method="$1" path="$2" data="${3:-}"',
      '  local args=(-s -X "$method")',
      '  [[ -n "$data" ]] && args+=(-d "$data")',
      '  curl "${args[@]}" "$GITEA/api/v1$path"',
      '}',
      'api GET /user',
      'api POST /orgs "{}"',
    ].join('\n')
    expect(await told('shell', text)).toEqual(['GET /user', 'POST /orgs'])
  })

  test('arguments are counted from where `shift` left them', async () => {
    const text = 'p() { local m=$1; shift; curl -X "$m" "$U/api/v1$1"; }\np PUT /notifications'
    expect(await told('shell', text)).toEqual(['PUT /notifications'])
  })

  test('a function over a function, with all arguments handed on', async () => {
    const text = 'c() { curl -f "$@"; }\ng() { c -H "$A" "$@"; }\ng -X DELETE "$U/api/v1/user/keys/1"\ng'
    expect(await told('shell', text)).toEqual([
      'DELETE /user/keys/1',
      expect.stringContaining('? the path is known only'),
    ])
  })
})

describe('whatever the language', () => {
  test('other services are left alone', async () => {
    expect(await told('shell', 'curl https://api.github.com/repos/a/b "$GITHUB/repos/a/b"')).toEqual([])
    expect(await told('python', 'requests.get("https://gitlab.com/api/v4/projects")')).toEqual([])
  })

  test('no token comes out', async () => {
    const token = 'a'.repeat(32) + '00000001'
    const {notUnderstood} = await callsInCode([
      {language: 'shell', text: `curl -X "$M" "https://bot:${token}@g/api/v1/$X?token=${token}"`, file: 'x'},
    ])
    expect(notUnderstood).toHaveLength(1)
    expect(JSON.stringify(notUnderstood)).not.toContain(token)
    const code = await callsInCode([
      {language: 'python', text: `requests.get("https://g/api/v1/" + x + "?access_token=${token}")`, file: 'x'},
    ])
    expect(code.notUnderstood).toHaveLength(1)
    expect(JSON.stringify(code)).not.toContain(token)
  })

  test('broken programs are read as far as they go, and what is lost is listed', async () => {
    const [call, ...rest] = await told('python', 'requests.get("/api/v1/user")\ndef f(:\n  x = ("/api/v1/orgs\n')
    expect(call).toBe('GET /user')
    expect(rest.join('\n')).toContain('/api/v1/orgs')
  })

  test('names made of one another end', async () => {
    const doubling = Array.from({length: 40}, (_, i) => `const a${i + 1} = a${i} + a${i}`).join('\n')
    expect(await told('javascript', `const a0 = '/api/v1/user'\n${doubling}\nfetch(a40)`)).not.toContain('GET /user')
    expect(await told('javascript', 'const a = b + "/api/v1"; const b = a; fetch(a + "/user")')).toHaveLength(1)
    expect(await told('javascript', 'const f = (p) => f(p + "/api/v1/user"); fetch(f("x"))')).toHaveLength(1)
  })

  test('a long sum keeps its beginning', async () => {
    const sum = Array.from({length: 40}, (_, i) => `x${i}`).join(` + '/' + `)
    expect((await told('javascript', `fetch('/api/v1/repos/' + ${sum})`))[0]).toMatch(/^GET \/repos\/\{\}\//)
  })

  test.each<CodeLanguage>(['shell', 'typescript', 'python', 'go'])(
    'bytes that are no %s do no harm',
    async (language) => {
      const noise = Array.from({length: 4000}, (_, i) => String.fromCharCode((i * 7919) % 0xd800)).join('')
      await expect(callsInCode([{language, text: noise, file: 'x'}])).resolves.toBeDefined()
      await expect(callsInCode([{language, text: '', file: 'x'}])).resolves.toEqual({calls: [], notUnderstood: []})
    },
  )
})

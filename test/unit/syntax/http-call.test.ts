import {describe, expect, test} from 'vitest'
import {HOLE, httpCallOf, readShell, type HttpCall} from '../../../src/syntax/index.ts'

async function call(text: string): Promise<HttpCall> {
  const {commands} = await readShell(text)
  const [found] = commands.flatMap((command) => httpCallOf(command) ?? [])
  if (!found) throw new Error(`no call in ${text}`)
  return found
}
const shown = (text: string | undefined) => text?.replaceAll(HOLE, '□')

describe('the method', () => {
  test.each([
    ['curl u', 'GET'],
    ['curl -X DELETE u', 'DELETE'],
    ['curl -XPATCH u', 'PATCH'],
    ['curl -sXPUT u', 'PUT'],
    ['curl --request POST u', 'POST'],
    ['curl --request=POST u', 'POST'],
    ['curl -d a u', 'POST'],
    ['curl -da u', 'POST'],
    ['curl --data-binary @f u', 'POST'],
    ['curl --json {} u', 'POST'],
    ['curl -F a=b u', 'POST'],
    ['curl -T f u', 'PUT'],
    ['curl -G -d a=b u', 'GET'],
    ['curl -I u', 'HEAD'],
    ['curl -d a -X PUT u', 'PUT'],
    ['curl -X "$M" u', '□'],
    ['wget u', 'GET'],
    ['wget --post-data=a u', 'POST'],
    ['wget --post-file f u', 'POST'],
    ['wget --method=DELETE u', 'DELETE'],
    ['wget --method PATCH --body-data={} u', 'PATCH'],
    ['wget --spider u', 'HEAD'],
    ['http u', 'GET'],
    ['http u.x a=b', 'POST'],
    ['http u.x a:=1', 'POST'],
    ['http u.x a==b X:y', 'GET'],
    ['http delete u', 'DELETE'],
    ['http --json PATCH u a=b', 'PATCH'],
    ['xh post u', 'POST'],
    ['https u', 'GET'],
    ['/usr/bin/curl -d a u', 'POST'],
  ])('%s: %s', async (text, method) => {
    expect(shown((await call(text)).method)).toBe(method)
  })
})

describe('urls', () => {
  test.each([
    ['curl a b', ['a', 'b']],
    ['curl --url a --url=b', ['a', 'b']],
    ['curl -o out -s a -w %{http_code} -m 5', ['a']],
    ['curl -- -a', ['-a']],
    ['curl --cacert c --retry 3 --connect-timeout 2 -L a', ['a']],
    ['curl "$B/x"', ['□/x']],
    ['wget -qO- a', ['a']],
    ['wget -O out --header "A: b" a', ['a']],
    ['http :3000/x', ['http://localhost:3000/x']],
    ['http GET example.org/x', ['http://example.org/x']],
    ['https example.org/x', ['https://example.org/x']],
    ['http $B/x', ['□/x']],
  ])('%s', async (text, urls) => {
    expect((await call(text)).urls.map((url) => shown(url.text))).toEqual(urls)
  })
})

describe('what goes with it', () => {
  test('headers in each of their forms', async () => {
    const {headers} = await call('curl -H "A: $B" -H"C: d" --header=E:f --oauth2-bearer $T -K cfg u')
    expect(headers.map(({text}) => shown(text))).toEqual(['A: □', 'C: d', 'E:f', 'Authorization: Bearer □', '□'])
    expect(headers.map(({holes}) => holes)).toEqual([['B'], [], [], ['T'], ['--config cfg']])
    expect((await call('http u.x Authorization:"token $T" X-Y:z')).headers.map(({text}) => shown(text))).toEqual([
      'Authorization: token □',
      'X-Y: z',
    ])
  })

  test('the body, also from a here-document', async () => {
    expect((await call('curl -d a u')).body?.text).toBe('a')
    expect((await call(`curl -d @- u <<'E'\n{"a": 1}\nE`)).body?.text).toBe('{"a": 1}\n')
    expect((await call(`curl --json '{"a": "b"}' u`)).body?.text).toBe('{"a": "b"}')
    expect((await call('curl u')).body).toBeUndefined()
  })

  test('the user', async () => {
    expect(shown((await call('curl -u "a:$P" u')).user?.text)).toBe('a:□')
    expect((await call('curl -ua:b u')).user?.text).toBe('a:b')
    expect((await call('wget --user=a --password=b u')).user?.text).toBe('a:b')
    expect((await call('http -a a:b u')).user?.text).toBe('a:b')
  })

  test.each([
    ['curl -f u', true],
    ['curl -sSfL u', true],
    ['curl --fail-with-body u', true],
    ['curl -sSL u', false],
    ['curl -of u', false],
    ['curl --fail-early u', false],
    ['wget u', true],
    ['http u', false],
    ['http --check-status u', true],
    ['xh u', true],
  ])('whether an HTTP error fails it: %s', async (text, fails) => {
    expect((await call(text)).fails).toBe(fails)
  })

  test('whether the status is shown, and the rest is not', async () => {
    expect(await call(`curl -s -w '%{http_code}' u`)).toMatchObject({showsStatus: true, silent: true})
    expect(await call(`curl -w '%{time_total}' u`)).toMatchObject({showsStatus: false, silent: false})
  })

  test('other commands are no calls', async () => {
    const {commands} = await readShell('echo curl; curlie x; git clone y')
    expect(commands.map((command) => httpCallOf(command))).toEqual([undefined, undefined, undefined])
  })
})

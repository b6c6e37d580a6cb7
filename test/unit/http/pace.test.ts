import {createServer} from 'node:http'
import {describe, expect, onTestFinished, test} from 'vitest'
import {Http, Pace} from '../../../src/http.ts'

const told = (remaining: number, reset: number) => ({
  'x-ratelimit-remaining': `${remaining}`,
  'x-ratelimit-reset': `${reset}`,
})

describe('so many requests a second', () => {
  test('spreads them evenly', () => {
    const pace = new Pace(4, () => 1000)
    expect([pace.take(), pace.take(), pace.take()]).toEqual([0, 250, 500])
  })

  test('lets the first after a pause go at once', () => {
    let now = 1000
    const pace = new Pace(4, () => now)
    pace.take()
    now = 9000
    expect(pace.take()).toBe(0)
  })

  test('holds nothing back where no rate is set', () => {
    const pace = new Pace(undefined, () => 1000)
    expect([pace.take(), pace.take()]).toEqual([0, 0])
  })
})

describe("the server's own limit", () => {
  test('is waited for when it is used up', () => {
    let now = 1000
    const pace = new Pace(undefined, () => now)
    pace.take()
    pace.done(told(2, 30))
    expect([pace.take(), pace.take(), pace.take()]).toEqual([0, 0, 30_000])
    now = 31_000
    expect(pace.take()).toBe(0)
  })

  test('counts what is under way already', () => {
    const pace = new Pace(undefined, () => 1000)
    for (let at = 0; at < 3; at++) pace.take()
    pace.done(told(2, 30))
    expect(pace.take()).toBe(30_000)
  })

  test('is the lowest that any answer of its window tells', () => {
    const pace = new Pace(undefined, () => 1000)
    pace.take()
    pace.take()
    pace.done(told(1, 30))
    pace.done(told(5, 30))
    expect(pace.take()).toBe(30_000)
  })

  test('starts anew with its next window', () => {
    let now = 1000
    const pace = new Pace(undefined, () => now)
    pace.take()
    pace.done(told(0, 30))
    now = 31_000
    pace.take()
    pace.done(told(5, 1))
    expect(pace.take()).toBe(0)
  })

  test('is of one window where two answers name nearly the same end, and then the later one is meant', () => {
    const [one, two] = [new Pace(undefined, () => 1000), new Pace(undefined, () => 1000)]
    for (const pace of [one, two]) pace.take()
    for (const pace of [one, two]) pace.done(told(0, 30))
    one.done(told(5, 31))
    two.done(told(5, 32))
    expect([one.take(), two.take()]).toEqual([31_000, 0])
  })

  test('is over when its window is, whatever was left of it', () => {
    let now = 1000
    const pace = new Pace(undefined, () => now)
    pace.take()
    pace.done(told(0, 30))
    now = 40_000
    expect(pace.take()).toBe(0)
  })

  test('is understood as a time too above a thousand million, and not believed for ever', () => {
    const pace = new Pace(undefined, () => 1_800_000_000_000)
    pace.take()
    pace.done(told(0, 1_800_000_020))
    expect(pace.take()).toBe(20_000)
    const far = new Pace(undefined, () => 0)
    far.take()
    far.done(told(0, 86_400))
    expect(far.take()).toBe(600_000)
    // As a time it would be ten seconds from now.
    const edge = new Pace(undefined, () => 999_999_990_000)
    edge.take()
    edge.done(told(0, 1_000_000_000))
    expect(edge.take()).toBe(600_000)
  })

  test.each<Record<string, string> | undefined>([
    undefined,
    {},
    {'x-ratelimit-remaining': '0'},
    {'x-ratelimit-reset': '9'},
    {'x-ratelimit-remaining': 'unlimited', 'x-ratelimit-reset': '9'},
    {'x-ratelimit-remaining': 'about 0', 'x-ratelimit-reset': '9'},
    {'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '9 seconds'},
  ])('is not told by %o, which changes nothing of what was told before', (headers) => {
    const [fresh, held] = [new Pace(undefined, () => 1000), new Pace(undefined, () => 1000)]
    for (const pace of [fresh, held]) pace.take()
    fresh.done(headers)
    expect(fresh.take()).toBe(0)
    held.take()
    held.done(told(0, 30))
    held.done(headers)
    expect(held.take()).toBe(30_000)
  })
})

describe('requests', () => {
  async function serving(headers: Record<string, string> = {}) {
    const times: number[] = []
    const server = createServer((_, response) => {
      times.push(performance.now())
      response.writeHead(200, headers).end('{}')
    })
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    onTestFinished(() => void server.close())
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : undefined
    const client = (pace: Pace): Http => {
      const http = new Http({baseUrl: `http://127.0.0.1:${port}`, userAgent: 'patrol-test', pace})
      onTestFinished(() => http.close())
      return http
    }
    return {times, client}
  }
  const GET = {method: 'GET', path: '/'}
  const WAITING = {kind: 'cancelled', sent: false, message: expect.stringContaining('was not sent: interrupted while')}

  test('go out no faster than the pace', async () => {
    const {times, client} = await serving()
    const http = client(new Pace(20))
    // The first one opens the connections, which takes its time.
    await http.request(GET)
    const began = performance.now()
    await Promise.all(Array.from({length: 4}, () => http.request(GET)))
    expect(times[4]! - began).toBeGreaterThan(140)
  })

  test('that are interrupted while they wait were not sent', async () => {
    const {times, client} = await serving()
    const http = client(new Pace(0.01))
    await http.request(GET)
    const stop = new AbortController()
    const waiting = http.request({method: 'POST', path: '/', signal: stop.signal})
    stop.abort()
    await expect(waiting).rejects.toMatchObject(WAITING)
    expect(times).toHaveLength(1)
  })

  test('that are interrupted and had not to wait are not said to have waited', async () => {
    const {times, client} = await serving()
    const asked = client(new Pace(undefined)).request({...GET, signal: AbortSignal.abort()})
    await expect(asked).rejects.toMatchObject({kind: 'cancelled', message: expect.not.stringContaining('waiting')})
    expect(times).toEqual([])
  })

  test('wait where the answer to an earlier one told that the limit is used up', async () => {
    const {times, client} = await serving(told(0, 600))
    const http = client(new Pace(undefined))
    await http.request(GET)
    const stop = new AbortController()
    const waiting = http.request({...GET, signal: stop.signal})
    stop.abort()
    await expect(waiting).rejects.toMatchObject(WAITING)
    expect(times).toHaveLength(1)
  })
})

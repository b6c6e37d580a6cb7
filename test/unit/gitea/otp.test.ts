import {mkdtemp} from 'node:fs/promises'
import {tmpdir} from 'node:os'
import {join} from 'node:path'
import {describe, expect, onTestFinished, test} from 'vitest'
import {codeDeps} from '../../../src/context/codes.ts'
import {OpsError} from '../../../src/errors.ts'
import {Gitea, type GiteaOptions} from '../../../src/gitea/client.ts'
import type {OneTimeCodes} from '../../../src/gitea/codes.ts'
import {Http, oneTimeCode} from '../../../src/http.ts'
import {Secret} from '../../../src/secret.ts'
import {openState} from '../../../src/store/index.ts'
import {json, serve} from '../../support/loopback.ts'

const SEED = new Secret('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ')
const START = 1_795_312_800_000

const ROWS = [{id: 7, name: 'patrol.x', sha1: '', token_last_eight: '00000001', scopes: ['read:issue']}]

/** A Gitea that wants a code: any of the current step, or each once only. `used`: what somebody else has used already. */
async function desk(
  otp: OneTimeCodes | undefined,
  rule: 'reusable' | 'once' | 'never',
  {version = '1.22.6', used = []}: {version?: string; used?: readonly string[]} = {},
) {
  let now = START
  const clock = {now: () => now, sleep: (ms: number) => Promise.resolve(void (now += ms))}
  const codes: string[] = []
  const waits: number[] = []
  const server = await serve((request, response) => {
    if (request.url === '/api/v1/version') return json(response, 200, {version})
    if (request.url === '/api/forgejo/v1/version') return json(response, 404, {})
    const code = String(request.headers['x-gitea-otp'] ?? '')
    const repeated = codes.includes(code) || used.includes(code)
    const good = code !== '' && rule !== 'never' && !(rule === 'once' && repeated)
    codes.push(code)
    const message = version.startsWith('1.22') ? 'invalid provided OTP' : 'invalid username, password or token'
    if (good) json(response, 200, ROWS, {'x-total-count': '1'})
    else json(response, 401, {message, url: `http://${request.headers.host}/api/swagger`})
  })
  const http = new Http({baseUrl: server.url, userAgent: 'patrol-test'})
  onTestFinished(async () => {
    await http.close()
    await server[Symbol.asyncDispose]()
  })
  const admin = {
    kind: 'password',
    user: 'root',
    password: new Secret('not-a-real-password'),
    ...(otp && {otp}),
  } as const
  const open = (more: Partial<GiteaOptions> = {}): Gitea =>
    new Gitea({http, admin, clock, codes: {onWait: (ms) => waits.push(ms)}, ...more})
  return {gitea: open(), open, codes, waits, elapsed: () => now - START}
}

/** What processes with one state directory know of each other, and what their operators are told. */
async function shared() {
  const state = await openState(join(await mkdtemp(join(tmpdir(), 'patrol-codes-')), 'patrol.db'))
  onTestFinished(() => state.close())
  const told: string[] = []
  const deps = () =>
    codeDeps(
      {gitea: 'https://g', user: 'root'},
      async () => state,
      (text) => told.push(text),
    )
  return {deps, told}
}

describe('one-time codes from a seed', () => {
  test('are computed, and used again while the server takes them', async () => {
    const {gitea, codes, elapsed} = await desk({seed: SEED}, 'reusable')
    await Promise.all([gitea.list('bob'), gitea.list('eve')])
    const code = (await oneTimeCode(SEED, START)).reveal()
    expect(codes).toEqual([code, code])
    expect(elapsed()).toBe(0)
  })

  test('wait for the next one where each is taken once, learning that from a single refusal', async () => {
    const {gitea, codes, elapsed} = await desk({seed: SEED}, 'once')
    await gitea.list('bob')
    await Promise.all([gitea.list('bob'), gitea.list('bob')])
    expect(new Set(codes).size).toBe(3)
    expect(codes).toHaveLength(4)
    expect(elapsed()).toBe(60_000)
  })

  test('a wrong seed is refused once, without a second attempt', async () => {
    const {gitea, codes} = await desk({seed: SEED}, 'never')
    await expect(gitea.list('bob')).rejects.toMatchObject({
      code: 'ADMIN_REJECTED',
      message: expect.stringContaining('wrong or late'),
    })
    expect(codes).toHaveLength(1)
  })
})

describe('on a server that takes each code once (1.26.3 and newer)', () => {
  const ONCE = {version: '1.27.0'}

  test('no code is sent twice, and each wait is told', async () => {
    const {gitea, codes, waits, elapsed} = await desk({seed: SEED}, 'once', ONCE)
    await gitea.list('bob')
    await Promise.all([gitea.list('bob'), gitea.list('eve')])
    expect(codes).toHaveLength(3)
    expect(new Set(codes).size).toBe(3)
    expect([waits, elapsed()]).toEqual([[30_000, 30_000], 60_000])
  })

  test.each([
    ['1.26.2', 1],
    ['1.26.3', 2],
    ['1.26.4+dev-12-gabcdef', 2],
    ['2.0.0', 1],
    ['15.0.3+gitea-1.22.0', 1],
  ])('what %s is known to do decides', async (version, different) => {
    const {gitea, codes} = await desk({seed: SEED}, 'reusable', {version})
    await gitea.list('bob')
    await gitea.list('bob')
    expect(new Set(codes).size).toBe(different)
  })

  test('another process with the same state waits for the next instead of failing', async () => {
    const {open, codes} = await desk({seed: SEED}, 'once', ONCE)
    const {deps, told} = await shared()
    const [doctor, mint] = [open({codes: deps()}), open({codes: deps()})]
    await doctor.list('bob')
    await mint.list('bob')
    await mint.list('bob')
    expect([codes.length, new Set(codes).size]).toEqual([3, 3])
    expect(told).toEqual([
      'Waiting 30 s for the next one-time code of root: this server takes each one once. A token as gitea.admin.token needs none.',
      'Waiting 30 s for the next one-time code of root: this server takes each one once.',
    ])
  })

  test('without a state directory the refusal of a repeated code tells the other process', async () => {
    const {open, codes} = await desk({seed: SEED}, 'once', ONCE)
    const stateless = async () => {
      throw new OpsError('STORE_UNWRITABLE', 'made up')
    }
    const other = () => open({codes: codeDeps({gitea: 'https://g', user: 'root'}, stateless, () => {})})
    await other().list('bob')
    expect(await other().list('bob')).toMatchObject([{id: 7}])
    expect([codes.length, new Set(codes).size]).toEqual([3, 2])
  })

  test('a code that somebody else has used is not a wrong one: the next is tried, once', async () => {
    const {gitea, codes, waits} = await desk({seed: SEED}, 'once', {
      ...ONCE,
      used: [(await oneTimeCode(SEED, START)).reveal()],
    })
    expect(await gitea.list('bob')).toMatchObject([{id: 7}])
    expect([codes.length, waits]).toEqual([2, [30_000]])
  })

  test('the same where the server does not say what it is', async () => {
    const {gitea, codes} = await desk({seed: SEED}, 'once', {
      version: '9.1-acme',
      used: [(await oneTimeCode(SEED, START)).reveal()],
    })
    expect(await gitea.list('bob')).toMatchObject([{id: 7}])
    expect(await gitea.list('bob')).toMatchObject([{id: 7}])
    expect(new Set(codes).size).toBe(3)
  })

  test('a wrong seed is refused after the second', async () => {
    const {gitea, codes} = await desk({seed: SEED}, 'never', ONCE)
    await expect(gitea.list('bob')).rejects.toMatchObject({code: 'ADMIN_REJECTED'})
    expect(codes).toHaveLength(2)
  })

  test('Ctrl-C ends the wait', async () => {
    const stop = new AbortController()
    const clock = {
      now: () => START,
      sleep: (_: number, signal?: AbortSignal) =>
        new Promise<void>((_done, fail) => signal?.addEventListener('abort', () => fail(new Error('aborted')))),
    }
    const {open, codes} = await desk({seed: SEED}, 'once', ONCE)
    const gitea = open({clock, signal: stop.signal, codes: {onWait: () => setImmediate(() => stop.abort())}})
    await gitea.list('bob')
    await expect(gitea.list('bob')).rejects.toMatchObject({code: 'INTERRUPTED'})
    expect(codes).toHaveLength(1)
  })
})

describe('one-time codes from a person', () => {
  const person = () => {
    let asked = 0
    return {ask: () => Promise.resolve(new Secret(String(100_001 + asked++))), asked: () => asked}
  }

  test('are asked for once while the server takes the code again', async () => {
    const who = person()
    const {gitea} = await desk(who, 'reusable')
    await gitea.list('bob')
    await gitea.list('bob')
    expect(who.asked()).toBe(1)
  })

  test('are asked for again where each is taken once', async () => {
    const who = person()
    const {gitea, codes} = await desk(who, 'once')
    await gitea.list('bob')
    await gitea.list('bob')
    await gitea.list('bob')
    expect(who.asked()).toBe(3)
    expect(codes).toEqual(['100001', '100001', '100002', '100003'])
  })
})

test('an account that wants a code and got none is told apart', async () => {
  const {gitea} = await desk(undefined, 'reusable')
  await expect(gitea.list('bob')).rejects.toMatchObject({
    code: 'ADMIN_REJECTED',
    message: expect.stringContaining('none was given'),
  })
})

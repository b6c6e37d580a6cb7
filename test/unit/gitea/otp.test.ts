import {describe, expect, onTestFinished, test} from 'vitest'
import {Gitea} from '../../../src/gitea/client.ts'
import type {OneTimeCodes} from '../../../src/gitea/credential.ts'
import {Http, oneTimeCode} from '../../../src/http.ts'
import {Secret} from '../../../src/secret.ts'
import {json, serve} from '../../support/loopback.ts'

const SEED = new Secret('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ')
const START = 1_795_312_800_000

/** A Gitea that wants a code: any of the current step, or each once only. */
async function desk(otp: OneTimeCodes | undefined, rule: 'reusable' | 'once' | 'never') {
  let now = START
  const clock = {now: () => now, sleep: (ms: number) => Promise.resolve(void (now += ms))}
  const codes: string[] = []
  const server = await serve((request, response) => {
    if (request.url === '/api/v1/version') return json(response, 200, {version: '1.22.6'})
    const code = String(request.headers['x-gitea-otp'] ?? '')
    const good = code !== '' && rule !== 'never' && !(rule === 'once' && codes.includes(code))
    codes.push(code)
    if (good) json(response, 200, [])
    else json(response, 401, {message: 'invalid provided OTP', url: 'http://git/api/swagger'})
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
  return {gitea: new Gitea({http, admin, clock}), codes, elapsed: () => now - START}
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

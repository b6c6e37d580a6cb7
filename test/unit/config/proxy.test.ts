import {describe, expect, test} from 'vitest'
import {proxyFor} from '../../../src/config/proxy.ts'
import {OpsError} from '../../../src/errors.ts'
import {redact} from '../../../src/secret.ts'

const PROXY = 'http://proxy.example:3128'
const through = (url: string, env: NodeJS.ProcessEnv): string | undefined => proxyFor(url, env)?.url

describe('which proxy', () => {
  test.each<[string, NodeJS.ProcessEnv, string | undefined]>([
    ['https://git.corp', {HTTPS_PROXY: PROXY}, PROXY],
    ['https://git.corp', {https_proxy: PROXY}, PROXY],
    ['https://git.corp', {https_proxy: PROXY, HTTPS_PROXY: 'http://other.example'}, PROXY],
    ['https://git.corp', {https_proxy: '', HTTPS_PROXY: PROXY}, undefined],
    ['https://git.corp', {HTTP_PROXY: PROXY, http_proxy: PROXY}, undefined],
    ['http://git.corp', {HTTP_PROXY: PROXY}, PROXY],
    ['http://git.corp', {http_proxy: PROXY}, PROXY],
    ['http://git.corp', {HTTPS_PROXY: PROXY}, undefined],
    ['https://git.corp/gitea', {HTTPS_PROXY: 'proxy.example:3128'}, PROXY],
    ['https://git.corp', {HTTPS_PROXY: ' https://proxy.example/ '}, 'https://proxy.example'],
    ['https://git.corp', {}, undefined],
  ])('%s under %j: %s', (url, env, proxy) => {
    expect(through(url, env)).toBe(proxy)
  })

  test.each(['localhost', 'x.localhost', '127.0.0.1', '127.9.8.7', '[::1]'])('never one to %s', (host) => {
    expect(through(`https://${host}:3000`, {HTTPS_PROXY: PROXY, NO_PROXY: ''})).toBeUndefined()
  })
})

describe('NO_PROXY', () => {
  test.each([
    ['*', 'https://git.corp'],
    ['git.corp', 'https://git.corp'],
    ['GIT.corp', 'https://git.CORP'],
    ['corp', 'https://git.corp'],
    ['.corp', 'https://git.corp'],
    ['*.corp', 'https://git.corp'],
    ['.git.corp', 'https://git.corp'],
    ['git.corp.', 'https://git.corp'],
    ['git.corp', 'https://git.corp.'],
    ['a, b,git.corp', 'https://git.corp'],
    ['a b git.corp', 'https://git.corp'],
    ['git.corp:8443', 'https://git.corp:8443'],
    ['git.corp:443', 'https://git.corp'],
    ['10.1.2.3', 'https://10.1.2.3'],
    ['10.0.0.0/8', 'https://10.1.2.3'],
    ['[fd00::1]', 'https://[fd00::1]'],
    ['fd00::/8', 'https://[fd00::1]'],
  ])('%s spares %s', (list, url) => {
    for (const name of ['NO_PROXY', 'no_proxy']) {
      expect(through(url, {HTTPS_PROXY: PROXY, [name]: list})).toBeUndefined()
    }
  })

  test.each([
    ['', 'https://git.corp'],
    ['it.corp', 'https://git.corp'],
    ['git.corp.example', 'https://git.corp'],
    ['git.corp:8443', 'https://git.corp'],
    ['git.corp:443', 'https://git.corp:8443'],
    ['2.3', 'https://10.1.2.3'],
    ['11.0.0.0/8', 'https://10.1.2.3'],
    ['10.0.0.0/99', 'https://10.1.2.3'],
    ['10.0.0.0/', 'https://10.1.2.3'],
    ['10.0.0.0/8', 'https://10.corp'],
    ['fd00::/8', 'https://10.1.2.3'],
    [',', 'https://git.corp'],
  ])('%j does not spare %s', (list, url) => {
    expect(through(url, {HTTPS_PROXY: PROXY, NO_PROXY: list})).toBe(PROXY)
  })

  test('the lower-case name goes first', () => {
    expect(through('https://git.corp', {HTTPS_PROXY: PROXY, no_proxy: 'x', NO_PROXY: '*'})).toBe(PROXY)
  })
})

describe('credentials of a proxy', () => {
  test('are taken out of its address, and hidden from then on', () => {
    const proxy = proxyFor('https://git.corp', {HTTPS_PROXY: 'http://bot:not%3Areal%20words@proxy.example:3128'})
    expect(proxy?.url).toBe(PROXY)
    expect(proxy?.auth?.reveal()).toBe(Buffer.from('bot:not:real words').toString('base64'))
    expect(JSON.stringify(proxy)).not.toMatch(/real|bot/)
    for (const form of ['not:real words', 'not%3Areal%20words', Buffer.from('bot:not:real words').toString('base64')]) {
      expect(redact(`<${form}>`)).toBe('<[secret]>')
    }
  })

  test('need not be both', () => {
    expect(proxyFor('https://git.corp', {HTTPS_PROXY: 'http://bot@proxy.example'})?.auth?.reveal()).toBe('Ym90Og==')
    expect(proxyFor('https://git.corp', {HTTPS_PROXY: PROXY})).toEqual({url: PROXY})
  })

  test.each(['socks5://proxy.example', 'http://', 'http://bot:made up@ x', 'http://b%ff:made-up-words@proxy.example'])(
    '%s is no address of a proxy, and is not repeated',
    (value) => {
      let thrown: unknown
      try {
        proxyFor('https://git.corp', {HTTPS_PROXY: value})
      } catch (error) {
        thrown = error
      }
      expect(thrown).toBeInstanceOf(OpsError)
      expect(thrown).toMatchObject({code: 'URL_INVALID', exit: 2})
      expect(String(thrown)).toMatch(/variable HTTPS_PROXY holds no address.*Nothing was called/)
      expect(String(thrown)).not.toMatch(/made|bot|socks/)
    },
  )
})

import {existsSync} from 'node:fs'
import {createServer} from 'node:http'
import {chromium} from 'playwright-core'
import type {Browser, BrowserContextOptions, Page} from 'playwright-core'
import {afterAll, beforeAll, beforeEach} from 'vitest'

const EXECUTABLE = process.env['PATROL_CHROMIUM'] ?? '/usr/bin/chromium'
const MISSING = existsSync(EXECUTABLE)
  ? undefined
  : `no Chromium at ${EXECUTABLE}: apt-get install chromium, or name another in PATROL_CHROMIUM`

/** Nothing of the browser's own goes to the network. */
const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** A page of ours in a browser of its own, and all that it said and asked for. */
export interface Visit {
  page: Page
  /** Of the console and of uncaught errors. */
  complaints: string[]
  /** Paths that the page's server was asked for. */
  served: string[]
  /** Addresses that the browser wanted, wherever they lead. */
  wanted: string[]
}

/**
 * Starts Chromium for the tests of this file. Where it is not installed they are skipped with the reason; in CI that is
 * a failure, for nobody would notice there.
 */
export function withChromium(): {visit: (html: string, options?: BrowserContextOptions) => Promise<Visit>} {
  let browser: Browser | undefined
  const closing: (() => Promise<unknown>)[] = []

  beforeAll(async () => {
    if (MISSING !== undefined && process.env['CI']) throw new Error(MISSING)
    if (MISSING !== undefined) console.warn(`Browser tests are skipped: ${MISSING}.`)
    else browser = await chromium.launch({executablePath: EXECUTABLE, args: QUIET})
  })
  beforeEach(({skip}) => {
    if (MISSING !== undefined) skip(MISSING)
    return async () => {
      for (const close of closing.splice(0)) await close()
    }
  })
  afterAll(() => browser?.close())

  return {
    async visit(html, options = {}) {
      if (!browser) throw new Error('no browser')
      const served: string[] = []
      const server = createServer((request, response) => {
        served.push(request.url ?? '')
        response.writeHead(200, {'content-type': 'text/html; charset=utf-8'}).end(html)
      })
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      const context = await browser.newContext({
        viewport: {width: 1280, height: 900},
        reducedMotion: 'reduce',
        permissions: ['clipboard-read', 'clipboard-write'],
        ...options,
      })
      closing.push(
        () => context.close(),
        () => new Promise((resolve) => server.close(resolve)),
      )
      const page = await context.newPage()
      const complaints: string[] = []
      const wanted: string[] = []
      page.on('console', (message) => {
        if (['error', 'warning'].includes(message.type())) complaints.push(message.text())
      })
      page.on('pageerror', (error) => complaints.push(error.message))
      page.on('request', (request) => wanted.push(request.url()))
      const address = server.address()
      if (address === null || typeof address === 'string') throw new Error('the page has no port')
      await page.goto(`http://127.0.0.1:${address.port}/`)
      return {page, complaints, served, wanted}
    },
  }
}

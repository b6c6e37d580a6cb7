import {describe, expect, test} from 'vitest'
import {FORMAT_NAMES} from '../../src/report/formats/index.ts'
import {openDesk, type Desk, type Ended} from '../support/binary.ts'
import {config, GITEA_URL, PLATFORM_URL} from '../support/bad-inputs.ts'
import {DECEPTIVE} from '../support/hostile-texts.ts'
import {json, serve} from '../support/loopback.ts'
import {smallSandbox} from '../support/small-sandbox.ts'

const AGENT = 'agent-dev-a'
/** A clipboard's content, a colour by its 8-bit name, two commands to a CI runner, and writing that turns around. */
const HOSTILE =
  'named\u001b]52;c;QUJD\u0007\u001b[2J\u009b31m\r\n::error::named\u202egnp\u200b ##[command]named\n::named'

/** Nothing that a terminal or a CI runner obeys, on any line, in what people read and in what programs do. */
function expectHarmless(line: readonly string[], {stdout, stderr}: Ended): void {
  // CSV ends its lines with both.
  for (const text of [stdout.replaceAll('\r\n', '\n'), stderr]) {
    expect(text, `of ${line.join(' ')}`).not.toMatch(DECEPTIVE)
    // Only the format that is made of commands has any, and every one of them is ours.
    const commands = text.match(/^\s*::.*$/gm) ?? []
    expect(commands.filter((each) => !line.includes('github') || !/^::(?:error|warning|notice) /.test(each))).toEqual(
      [],
    )
    expect(commands.filter((each) => /^::error::/.test(each))).toEqual([])
    expect(text).not.toMatch(/##\[/)
    // Nor does what followed a line break of theirs start a line of ours.
    expect(text).not.toMatch(/^\s*\\u003a:/m)
  }
}

const REPORTS = FORMAT_NAMES.filter((name) => name !== 'html').map((name) => ['audit', '--report', name])

describe('names and words that somebody chose with care', () => {
  test.concurrent.each<[readonly string[], RegExp]>([
    ...REPORTS.map((line): [string[], RegExp] => [line, line.includes('openmetrics') ? /patrol_/ : /named/]),
    [['audit', '--json'], /named/],
    [['revoke', AGENT, '--id', '77', '--dry-run'], /named/],
    [['restart', AGENT, '--dry-run'], /restart/],
    [['smoke', AGENT], /swarm/],
    [['rotate', AGENT, '--dry-run'], /named/],
    [['rotate', AGENT, '--supersede', '1', '--yes'], /named/],
    [['onboard', AGENT, '--dry-run'], /named/],
    [['doctor'], /gitea/],
  ])('%j tells them, and they are obeyed by nobody', async (line, told) => {
    const workspace = {name: HOSTILE, restart: 'fails', restartError: HOSTILE} as const
    await using desk = await openDesk(smallSandbox({workspace}))
    await nameToken(desk, 2)
    config('restart-deadline: 1m', 'restart-deadline: 2s')(desk)
    const ended = await desk.start(line).ended
    expectHarmless(line, ended)
    expect(ended.stdout + ended.stderr).toMatch(told)
  })
})

test('a rotation that they stopped is listed, shown and continued without obeying them', async () => {
  const workspace = {name: HOSTILE, restart: 'fails', restartError: HOSTILE} as const
  await using desk = await openDesk(smallSandbox({workspace}))
  await nameToken(desk, 2)
  config('restart-deadline: 1m', 'restart-deadline: 2s')(desk)
  await desk.start(['rotate', AGENT, '--supersede', '1', '--yes']).ended
  for (const line of [
    ['rotation', 'list'],
    ['rotation', 'show', AGENT],
    ['rotation', 'resume', AGENT],
  ]) {
    const ended = await desk.start(line).ended
    expectHarmless(line, ended)
    expect(ended.stdout + ended.stderr).toMatch(/agent-dev-a/)
  }
})

/** Gives the agent tokens of a name that nobody would type. */
async function nameToken({sandbox}: Desk, count: number): Promise<void> {
  const {user, password} = sandbox.admin
  const authorization = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`
  for (let index = 0; index < count; index++) {
    const body = JSON.stringify({name: `${HOSTILE}${index}`, scopes: ['read:issue']})
    const headers = {authorization, 'content-type': 'application/json'}
    const url = `${sandbox.gitea.url}/api/v1/users/${AGENT}/tokens`
    expect((await fetch(url, {method: 'POST', headers, body})).status).toBe(201)
  }
}

/** Every eight characters of a secret that stand together, but for the last eight of a token, which Gitea lists. */
function piecesOf(secret: string): string[] {
  const end = secret.length - (/^[\da-f]{40}$/.test(secret) ? 9 : 8)
  return Array.from({length: end}, (_, at) => secret.slice(at, at + 8))
}

describe('servers that say what they were sent, and what no server says', () => {
  const LINES = [
    [['probe', AGENT], /\.{80}/],
    [['doctor'], /gitea/],
    [['healthcheck', '--token-file', `secrets/${AGENT}`], /agent|token|issues/],
    [['audit', '--report', 'csv'], /\.{80}/],
    [['mint', AGENT, '--output-file', 'new.token', '--yes'], /Error/],
    [['rotate', AGENT, '--yes'], /Error/],
    [['push', AGENT, '--token-file', `secrets/${AGENT}`, '--yes'], /Error/],
    [['onboard', AGENT, '--yes'], /Error/],
    [['revoke', AGENT, '--id', '1', '--confirm', AGENT], /Error/],
    [['explain', 'GET', '/user', '--live', AGENT], /\.{80}/],
  ] as const

  test.concurrent.each([200, 403].flatMap((status) => LINES.map(([line, told]) => [line, status, told] as const)))(
    '%j, answered with %i, tells no piece of a secret',
    async (line, status, told) => {
      let fill = 0
      await using echo = await serve(({headers, url = ''}, response) => {
        // Told to those who sign in, so that there is something to repeat.
        const hidden = url.endsWith('/version') && headers.authorization === undefined
        const [, sent = ''] = (headers.authorization ?? '').split(' ')
        const [, plain = ''] = Buffer.from(sent, 'base64').toString().split(':')
        // So that an excerpt's edge falls anywhere in a value; the one of a version is at 60.
        fill = (fill + 7) % 80
        const echoed = `${plain || sent}<&">,|*${sent}${HOSTILE}`
        const words = `${'.'.repeat(90 + fill)}${echoed}`
        const body = {
          message: words,
          error: words,
          code: words,
          version: '.'.repeat(fill % 61) + echoed,
          git_sha: words,
          login: words,
          name: words,
        }
        const as = url.endsWith('/version') ? 200 : status
        json(response, hidden ? 403 : as, {...body, url: words})
      })
      await using desk = await openDesk(smallSandbox())
      config(GITEA_URL, echo.url)(desk)
      config(PLATFORM_URL, echo.url)(desk)
      const ended = await desk.start(line).ended
      expectHarmless(line, ended)
      const all = ended.stdout + ended.stderr
      // A probe stops at the first success that must not be, and says so in words of its own.
      expect(all).toMatch(status === 403 ? told : /\w/)
      const secrets = [desk.sandbox.admin.password, desk.sandbox.platformToken, desk.sandbox.agents[0]!.tokenValue]
      expect(secrets.flatMap(piecesOf).filter((piece) => all.includes(piece))).toEqual([])
    },
  )
})

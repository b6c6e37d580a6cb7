import {readFileSync} from 'node:fs'
import {request} from 'node:http'
import {join} from 'node:path'
import {expect, test} from 'vitest'
import {config, file, GITEA_URL} from '../support/bad-inputs.ts'
import {selfSigned} from '../support/certificate.ts'
import {openDesk, type Desk} from '../support/binary.ts'
import {documentOf} from '../support/envelope.ts'
import {serve, type Loopback} from '../support/loopback.ts'
import {smallSandbox} from '../support/small-sandbox.ts'

/** The sandbox's Gitea behind TLS. */
function behindTls({sandbox}: Desk, tls: {key: string; cert: string}): Promise<Loopback> {
  let front: Loopback | undefined
  const started = serve((asked, response) => {
    const {method = 'GET', url = '/', headers} = asked
    const body = front!.got.at(-1)!.body
    const passed = request(`${sandbox.gitea.url}${url}`, {method, headers, agent: false}, (answer) => {
      response.writeHead(answer.statusCode!, answer.headers)
      answer.pipe(response)
    })
    passed.end(body)
  }, tls)
  return started.then((server) => (front = server))
}

function pointAt(desk: Desk, {url}: Loopback, cert: string | undefined): void {
  file('ca.pem', cert ?? '')(desk)
  config(GITEA_URL, cert === undefined ? url : `${url}\n  ca: ca.pem`)(desk)
}

test.concurrent.each([
  ['nobody vouches for', 'IP:127.0.0.1', false, /DEPTH_ZERO_SELF_SIGNED_CERT/],
  ['is another host’s', 'DNS:git.example.org', true, /ERR_TLS_CERT_ALTNAME_INVALID/],
])('a certificate that %s gets no credential, and one clear message', async (_, name, trusted, why) => {
  await using desk = await openDesk(smallSandbox())
  const tls = await selfSigned(name)
  await using front = await behindTls(desk, tls)
  pointAt(desk, front, trusted ? tls.cert : undefined)
  const {stderr, exit} = await desk.patrol(['rotate', 'agent-dev-a', '--yes'])
  expect(stderr).toMatch(/^Error: GET https:\/\/127\.0\.0\.1:\d+\/api\/v1\/users\/root: no trusted TLS connection \(/)
  expect(stderr).toMatch(why)
  expect(stderr).toMatch(/Nothing was changed\.\nCode: GITEA_UNREACHABLE\n[^]*patrol doctor/)
  expect(exit).toBe(5)
  const {error} = documentOf(await desk.patrol(['rotate', 'agent-dev-a', '--yes', '--json']))
  expect(error?.code).toBe('GITEA_UNREACHABLE')
  expect(front.got).toEqual([])
})

test('a certificate that patrol.yaml names is trusted', async () => {
  await using desk = await openDesk(smallSandbox())
  const tls = await selfSigned('IP:127.0.0.1')
  await using front = await behindTls(desk, tls)
  pointAt(desk, front, tls.cert)
  expect(await desk.patrol(['probe', 'agent-dev-a'])).toMatchObject({exit: 0})
  const minted = await desk.patrol(['mint', 'agent-dev-a', '--output-file', 'new.token', '--yes'])
  expect(minted).toMatchObject({exit: 0})
  expect(desk.sandbox.gitea.isLive(readFileSync(join(desk.dir, 'new.token'), 'utf8').trim())).toBe(true)
})

import {expect, test} from 'vitest'
import {config, GITEA_URL, PLATFORM_URL} from '../support/bad-inputs.ts'
import {openDesk} from '../support/binary.ts'
import {startProxy} from '../support/proxy.ts'
import {smallSandbox} from '../support/small-sandbox.ts'

const AGENT = 'agent-dev-a'
/** Names that nobody but the proxy can resolve. */
const [GIT, PLATFORM] = ['http://git.example.test', 'http://agents.example.test']

test('the proxy of the environment is used, named by doctor, and its credentials are seen by nobody', async () => {
  await using desk = await openDesk(smallSandbox())
  const {gitea, platform} = desk.sandbox
  const credentials = 'bot:made-up-words'
  await using proxy = await startProxy({credentials, leads: {[GIT]: gitea.url, [PLATFORM]: platform.url}})
  config(GITEA_URL, `${GIT}\n  insecure-http: true`)(desk)
  config(PLATFORM_URL, `${PLATFORM}\n  insecure-http: true`)(desk)
  const env = {HTTP_PROXY: proxy.url.replace('//', `//${credentials}@`)}

  const minted = await desk.patrol(['mint', AGENT, '--output-file', 'new.token', '--yes'], {env})
  expect(minted).toMatchObject({exit: 0})
  expect(gitea.tokens(AGENT)).toHaveLength(2)
  expect(proxy.passed.every(({line}) => line.includes(GIT) || line.includes(PLATFORM))).toBe(true)

  const looked = await desk.patrol(['doctor'], {env})
  expect(looked.stdout).toContain(`${GIT} is asked through the proxy ${proxy.url},`)
  expect(looked.stdout).toContain(`${PLATFORM} is asked through the proxy ${proxy.url},`)
  const wrong = await desk.patrol(['probe', AGENT], {env: {http_proxy: proxy.url.replace('//', '//bot:other-words@')}})
  expect(wrong.exit).toBe(5)
  expect(wrong.stdout + wrong.stderr).toMatch(/through the proxy .*refuses \(407\)/)
  for (const {stdout, stderr} of [minted, looked, wrong]) expect(stdout + stderr).not.toMatch(/-words|bot:/)
})

test('a variable that holds no proxy is an error before anything is called', async () => {
  await using desk = await openDesk(smallSandbox())
  config(GITEA_URL, 'https://git.example.test')(desk)
  const {exit, stderr} = await desk.patrol(['probe', AGENT], {env: {https_proxy: 'socks5://proxy.example'}})
  expect(exit).toBe(2)
  expect(stderr).toMatch(/variable https_proxy holds no address of an HTTP proxy/)
})

test('a server behind https is asked for through a tunnel of the proxy', async () => {
  await using desk = await openDesk(smallSandbox())
  await using proxy = await startProxy({refuses: 407})
  config(GITEA_URL, 'https://git.example.test')(desk)
  const {exit, stdout, stderr} = await desk.patrol(['probe', AGENT], {env: {HTTPS_PROXY: proxy.url}})
  expect(exit).toBe(5)
  expect(proxy.passed[0]?.line).toBe('CONNECT git.example.test:443')
  expect(stdout + stderr).toMatch(/through the proxy .*refuses \(407\)/)
})

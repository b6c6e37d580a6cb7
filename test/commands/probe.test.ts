import {chmod, mkdir, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import Probe from '../../src/commands/probe.ts'
import {serve} from '../support/loopback.ts'
import {stage, typed, writes} from './harness.ts'

interface Scope {
  scope: string
  verdict: string
  evidence: {method: string; path: string; status: number; reason: string}
}

interface Probed {
  scopes: Scope[]
  granted: string[]
  profile: {missing: string[]}
  lastEight: string
  liveness: {state: string}
}

describe('probe of an agent', () => {
  test.each(['1.20.6', '1.22.6', '1.25.4', '1.27.0'] as const)('tells the incident on Gitea %s', async (gitea) => {
    await using at = await stage({gitea})
    const {exit, stdout} = await at.patrol(Probe, 'agent-dev-a')
    expect(exit).toBe(3)
    expect(stdout).toMatch(/issues +✗ 403.*\n +pull requests +✓ ok/)
    expect(stdout).toContain('Pull requests work, issue lists do not: the token lacks `read:issue`.')
    expect(stdout).toMatch(/issue +✗ missing +✗ missing/)
    expect(stdout).toMatch(/repository +✓ granted +✓ granted/)
    expect(stdout).toMatch(/✗ missing +read:issue\n/)
    expect(stdout).toMatch(/\d+ requests?; .*Nothing was changed/)
    expect(stdout).toMatch(/Type next:\n {2}patrol rotate agent-dev-a/)
    expect(writes(at.sandbox.gitea).filter((line) => !line.includes('~scope-probe~'))).toEqual([])
  })

  test('gives scripts each scope with its verdict and evidence', async () => {
    await using at = await stage()
    const {exit, document} = await at.patrol<Probed>(Probe, 'agent-dev-a --json')
    const {result} = document
    expect(exit).toBe(3)
    expect(result.granted.toSorted()).toEqual(['read:user', 'write:repository'])
    expect(result.profile.missing).toEqual(['read:issue'])
    expect(result.lastEight).toBe(at.token('agent-dev-a').slice(-8))
    const issue = result.scopes.find(({scope}) => scope === 'read:issue')
    expect(issue).toMatchObject({
      verdict: 'missing',
      evidence: {method: expect.any(String), status: expect.any(Number)},
    })
    expect(document.findings).toEqual([
      expect.objectContaining({
        rule: 'scope-missing',
        severity: 'error',
        scope: 'read:issue',
        fix: 'patrol rotate agent-dev-a',
      }),
    ])
  })

  test.each([
    ['agent-reviewer', 0, '✓ complete'],
    ['agent-wide', 0, '! excess'],
    ['agent-dead', 3, '✗ dead'],
    ['agent-dev-a --exit-zero', 0, '✗ missing'],
    ['agent-reviewer --profile reviewer', 3, 'write:issue'],
  ])('%s ends with %i', async (line, exit, said) => {
    await using at = await stage()
    const ended = await at.patrol(Probe, line)
    expect(ended.stdout).toContain(said)
    expect(ended.exit).toBe(exit)
  })

  test('does not know an agent that is misspelt, but its neighbours', async () => {
    await using at = await stage()
    const {exit, document} = await at.patrol(Probe, 'agent-dev-aa --json')
    expect(exit).toBe(2)
    expect(document.error).toMatchObject({
      code: 'AGENT_UNKNOWN',
      message: expect.stringMatching(/agent-dev-a or agent-dev-b/),
    })
    expect(at.sandbox.gitea.requests).toEqual([])
  })

  test('does not know a profile that is misspelt, but its neighbour', async () => {
    await using at = await stage()
    const {exit, document} = await at.patrol(Probe, 'agent-dev-a --profile enginer --json')
    expect(exit).toBe(2)
    expect(document.error).toMatchObject({
      code: 'PROFILE_UNKNOWN',
      suggestions: ['patrol probe agent-dev-a --profile engineer'],
    })
    expect(at.sandbox.gitea.requests).toEqual([])
  })

  test('--exit-zero does not hide that nothing could be found out', async () => {
    await using at = await stage()
    at.sandbox.gitea.fail({kind: 'html'})
    const {exit, document} = await at.patrol<Probed>(Probe, 'agent-dev-a --exit-zero --json')
    expect(exit).toBe(5)
    expect(document.result.liveness.state).toBe('unknown')
  })
})

describe('probe without configuration', () => {
  test('takes a file or standard input, and a URL', async () => {
    await using at = await stage()
    const file = join(at.dir, 'one.token')
    await writeFile(file, `${at.token('agent-reviewer')}\n`, {mode: 0o600})
    const nowhere = {XDG_CONFIG_HOME: at.dir, HOME: at.dir}
    const {exit, stdout} = await typed(
      Probe,
      ['--gitea-url', at.sandbox.gitea.url, '--token-file', file, '--repo', 'acme/core'],
      nowhere,
    )
    expect(stdout).toContain('issues         ✓ ok')
    expect(exit).toBe(0)
  })

  test('inside a workspace needs nothing at all', async () => {
    await using at = await stage()
    const nowhere = {XDG_CONFIG_HOME: at.dir, HOME: at.dir, GITEA_URL: at.sandbox.gitea.url}
    const byEnvironment = await typed(Probe, '', {...nowhere, GITEA_TOKEN: at.token('agent-dev-a')})
    expect(byEnvironment.exit).toBe(3)
    await mkdir(join(at.dir, 'secrets.d'))
    await writeFile(join(at.dir, 'secrets.d/GITEA_TOKEN'), at.token('agent-reviewer'), {mode: 0o600})
    const byFile = await typed(Probe, '', {...nowhere, CONFIGS_DIR: at.dir})
    expect(byFile.stdout).toContain('agent-reviewer')
    expect(byFile.exit).toBe(0)
  })

  test('says what is missing when it is no workspace', async () => {
    const {exit, document} = await typed(Probe, '--json', {HOME: '/nonexistent', XDG_CONFIG_HOME: '/nonexistent'})
    expect(document.error?.code).toBe('SECRET_UNREADABLE')
    expect(exit).toBe(4)
  })

  test('warns about a token file that others can read, and refuses it with --strict', async () => {
    await using at = await stage()
    const file = join(at.dir, 'secrets/agent-reviewer')
    await chmod(file, 0o644)
    const loose = await at.patrol(Probe, 'agent-reviewer --json')
    expect(loose.document.warnings.join()).toMatch(/can be read by other users/)
    expect(loose.exit).toBe(0)
    const strict = await at.patrol(Probe, 'agent-reviewer --strict --json')
    expect(strict.document.error?.code).toBe('SECRET_EXPOSED')
    expect(strict.exit).toBe(6)
  })

  test.each([
    ['git.example.org', 'URL_INVALID', 2],
    ['http://git.example.org', 'URL_INSECURE', 2],
  ])('refuses the URL %s', async (url, code, exit) => {
    const ended = await typed(Probe, ['--gitea-url', url, '--json'], {GITEA_TOKEN: 'a'.repeat(32) + '00000001'})
    expect(ended.document.error?.code).toBe(code)
    expect(ended.exit).toBe(exit)
  })

  test('never sends the configured server’s token settings to a server named by flag', async () => {
    await using at = await stage()
    const seen: string[] = []
    await using other = await serve((request, response) => {
      seen.push(String(request.headers['authorization']))
      response.writeHead(404, {'content-type': 'text/plain'}).end('404')
    })
    const {exit} = await at.patrol(Probe, [
      '--gitea-url',
      other.url,
      '--token-file',
      join(at.dir, 'secrets/agent-dev-b'),
    ])
    expect(exit).toBe(5)
    expect(seen.length).toBeGreaterThan(0)
    expect(seen.join()).not.toContain('Basic')
  })
})

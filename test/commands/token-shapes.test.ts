import {writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import Audit from '../../src/commands/audit.ts'
import Healthcheck from '../../src/commands/healthcheck.ts'
import Probe from '../../src/commands/probe.ts'
import Push from '../../src/commands/push.ts'
import Rotate from '../../src/commands/rotate.ts'
import Smoke from '../../src/commands/smoke.ts'
import {stage, typed, type Stage} from './harness.ts'

const AGENT = 'agent-reviewer'

/** Puts quotes around the token behind the agent's reference, as copying from an env file does. */
async function quote(at: Stage): Promise<string> {
  const file = join(at.dir, 'secrets', AGENT)
  await writeFile(file, `"${at.token(AGENT)}"\n`, {mode: 0o600})
  return file
}

test.each([
  ['push', Push, `${AGENT} --yes`],
  ['rotate', Rotate, `${AGENT} --dry-run`],
])(
  'a token of the platform with quotes around it is told as that by %s, and sent nowhere',
  async (_, command, line) => {
    await using at = await stage()
    const file = join(at.dir, 'secrets/platform-token')
    await writeFile(file, `"${at.sandbox.platformToken}"\n`, {mode: 0o600})
    const {exit, document} = await at.patrol(command, `${line} --json`)
    expect([exit, document.error?.code]).toEqual([2, 'CREDENTIAL_MALFORMED'])
    expect(document.error?.message).toContain(
      `${file} holds 45 characters with quotes around them: take the quotes off`,
    )
    expect(at.sandbox.platform.requests).toEqual([])
  },
)

describe('a live token with quotes around it', () => {
  test.each([
    ['probe', Probe, () => [AGENT]],
    ['probe by its file', Probe, (file: string, url: string) => ['--gitea-url', url, '--token-file', file]],
    ['push', Push, () => [AGENT, '--yes']],
    ['push, in a dry run', Push, () => [AGENT, '--dry-run']],
    ['smoke by its file', Smoke, (file: string) => [AGENT, '--token-file', file]],
  ])('is told as that by %s, and sent nowhere', async (_, command, line) => {
    await using at = await stage()
    const file = await quote(at)
    const {exit, document} = await at.patrol(command, [...line(file, at.sandbox.gitea.url), '--json'])
    expect([exit, document.error?.code]).toEqual([2, 'TOKEN_MALFORMED'])
    expect(document.error?.message).toContain(`${file} holds 42 characters with quotes around them`)
    expect(at.sandbox.gitea.requests).toEqual([])
  })

  test('is told as that inside its workspace', async () => {
    await using at = await stage()
    const env = {HOME: at.dir, XDG_CONFIG_HOME: at.dir, GITEA_URL: at.sandbox.gitea.url}
    const inside = {...env, GITEA_TOKEN: `'${at.token(AGENT)}'`}
    const {exit, document} = await typed(Healthcheck, '--repo acme/core --json', inside)
    expect([exit, document.error?.code]).toEqual([2, 'TOKEN_MALFORMED'])
    expect(at.sandbox.gitea.requests).toEqual([])
  })

  test('is no finding of a dead token in an audit, but a reference that nobody can read', async () => {
    await using at = await stage()
    await quote(at)
    const {document, exit} = await at.patrol(Audit, `${AGENT} --source probe --json`)
    expect(document.findings).toEqual([])
    expect(JSON.stringify(document.incomplete)).toContain('with quotes around them')
    expect(exit).toBe(5)
  })

  test('does not keep a rotation from replacing it, with a warning', async () => {
    await using at = await stage()
    await quote(at)
    const {document, exit} = await at.patrol(Rotate, `${AGENT} --dry-run --json`)
    expect(exit).toBe(0)
    expect(document.warnings.join()).toContain('with quotes around them')
  })
})

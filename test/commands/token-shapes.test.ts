import {readFile, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import {parse} from 'yaml'
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

describe('a file given for a token', async () => {
  const corpus = join(import.meta.dirname, '../corpus/token-files/shapes.yaml')
  const members: {file: string; text: string; says?: string}[] = parse(await readFile(corpus, 'utf8'))

  const quiet = members.filter(({says}) => says === undefined)
  const told = members.flatMap(({file, text, says = ''}) => (says === '' ? [] : [[file, text, says] as const]))

  /** Probes a file with that in it. */
  async function probed(at: Stage, text: string) {
    const token = at.token(AGENT)
    const file = join(at.dir, 'given')
    const packed = text
      .replaceAll('@TOKEN@', token)
      .replaceAll('@BASE64@', Buffer.from(token).toString('base64'))
      .replaceAll('@JSON@', JSON.stringify({id: 7, name: 'ci', sha1: token}))
    await writeFile(file, packed, {mode: 0o600})
    const argv = ['--gitea-url', at.sandbox.gitea.url, '--token-file', file, '--exit-zero', '--json']
    return at.patrol<{lastEight: string}>(Probe, argv)
  }

  test.each(quiet.map(({file, text}) => [file, text]))('%s: is probed', async (_, text) => {
    await using at = await stage()
    const {exit, document} = await probed(at, text)
    expect([exit, document.result.lastEight]).toEqual([0, at.token(AGENT).slice(-8)])
  })

  test.each(told)('%s: is told as that, and sent nowhere', async (_, text, says) => {
    await using at = await stage()
    const {exit, document} = await probed(at, text)
    expect([exit, document.error?.code]).toEqual([2, 'TOKEN_MALFORMED'])
    expect(document.error?.message).toContain(says)
    expect(JSON.stringify(document)).not.toContain(at.token(AGENT))
    expect(at.sandbox.gitea.requests).toEqual([])
  })
})

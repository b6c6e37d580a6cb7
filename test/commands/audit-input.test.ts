import {readdir, readFile, writeFile} from 'node:fs/promises'
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import Audit from '../../src/commands/audit.ts'
import ConfigCheck from '../../src/commands/config/check.ts'
import Mint from '../../src/commands/mint.ts'
import Onboard from '../../src/commands/onboard.ts'
import Push from '../../src/commands/push.ts'
import ReportMerge from '../../src/commands/report/merge.ts'
import Revoke from '../../src/commands/revoke.ts'
import Rotate from '../../src/commands/rotate.ts'
import RotationResume from '../../src/commands/rotation/resume.ts'
import {stage} from './harness.ts'
import type {Runnable, Stage} from './harness.ts'

/** How a command line was refused: the error, the exit, who was asked all the same, and which files appeared. */
async function refusal(at: Stage, line: string[], command: Runnable = Audit): Promise<object> {
  const before = await readdir(at.dir)
  const {exit, document} = await at.patrol(command, [...line, '--json'])
  const {code, message} = document.error ?? {}
  const asked = [...at.sandbox.gitea.requests, ...at.sandbox.platform.requests]
  const appeared = (await readdir(at.dir)).filter((name) => !before.includes(name))
  return {exit, code, message, asked, appeared}
}

/** Refused as it should be: a clear error, before anything was asked or written. */
const refused = (code: string, said: RegExp): object => ({
  exit: 2,
  code,
  message: expect.stringMatching(said),
  asked: [],
  appeared: [],
})

async function inventory({home}: Stage, change: (text: string) => string): Promise<void> {
  await writeFile(home.config, change(await readFile(home.config, 'utf8')))
}

describe('the inventory', () => {
  test('two agents of one name', async () => {
    await using at = await stage()
    await inventory(at, (text) => `${text}  agent-wide:\n    profile: engineer\n`)
    expect(await refusal(at, [])).toEqual(refused('CONFIG_INVALID', /:\d+:3: .*second time/))
  })

  test('two agents on one Gitea user, however it is spelt', async () => {
    await using at = await stage()
    await inventory(at, (text) => text.replace('  agent-dev-b:', '  agent-dev-b:\n    user: Agent-Dev-A'))
    const said = /user "agent-dev-a": agent-dev-a \(line \d+\), agent-dev-b/
    expect(await refusal(at, [])).toEqual(refused('INVENTORY_DUPLICATE', said))
    expect(await refusal(at, [], ConfigCheck)).toEqual(refused('INVENTORY_DUPLICATE', said))
    // Nobody is sent back to the check that has just said so.
    expect((await at.patrol(ConfigCheck, '--json')).document.error).toMatchObject({
      message: expect.stringContaining('Mend these entries, or take out the one that is too many.'),
      suggestions: [],
    })
  })

  test.each<[string, Runnable, string[]]>([
    ['rotate', Rotate, ['agent-wide', '--yes']],
    ['onboard', Onboard, ['agent-wide', '--yes']],
    ['mint', Mint, ['agent-wide', '--yes', '--output-file', 'DIR/minted']],
    ['push', Push, ['agent-wide', '--yes']],
    ['revoke', Revoke, ['agent-wide', '--id', '1', '--confirm', 'agent-wide']],
    ['rotation resume', RotationResume, []],
  ])('%s refuses a reused entry, whomever it is about', async (_name, command, line) => {
    await using at = await stage()
    await inventory(at, (text) => text.replace(at.id('agent-dev-b'), at.id('agent-dev-a')))
    const typed = line.map((word) => word.replace('DIR', at.dir))
    expect(await refusal(at, typed, command)).toEqual(refused('INVENTORY_DUPLICATE', /workspace ".*": agent-dev-a/))
  })

  test('two agents in one workspace', async () => {
    await using at = await stage()
    await inventory(at, (text) => text.replace(at.id('agent-dev-b'), at.id('agent-dev-a')))
    expect(await refusal(at, [])).toEqual(
      refused('INVENTORY_DUPLICATE', /workspace ".*": agent-dev-a \(line \d+\), agent-dev-b/),
    )
  })

  test('no agents at all', async () => {
    await using at = await stage()
    await inventory(at, (text) => text.replace(/agents:\n[\s\S]*/, 'agents: {}\n'))
    expect(await refusal(at, [])).toEqual(refused('INVENTORY_EMPTY', /names no agents/))
  })

  test('nothing to look at tokens with', async () => {
    await using at = await stage()
    const whole = await readFile(at.home.config, 'utf8')
    const ownerless = (text: string) => text.replace(/\n {2}admin:\n.*\n.*/, '')
    await inventory(at, ownerless)
    expect(await refusal(at, ['--source', 'both'])).toEqual(
      refused('CONFIG_INCOMPLETE', /an administrator of the server, which --source both/),
    )
    await inventory(at, () => whole.replaceAll(/\n {4}token: file:secrets\/.*/g, ''))
    expect(await refusal(at, ['--source', 'both'])).toEqual(refused('CONFIG_INCOMPLETE', /token reference/))
    await inventory(at, ownerless)
    expect(await refusal(at, ['--source', 'listing'])).toEqual(refused('CONFIG_INCOMPLETE', /administrator/))
    expect(await refusal(at, [])).toEqual(refused('CONFIG_INCOMPLETE', /neither/))
  })
})

describe('the choice', () => {
  test.each([
    [['--profile', 'nobody'], 'PROFILE_UNKNOWN', /"nobody"; known are engineer, reviewer/],
    [['agent-x*'], 'AGENT_UNKNOWN', /matches "agent-x\*"/],
    [['agent-dev-c'], 'AGENT_UNKNOWN', /no agent "agent-dev-c"/],
    [['--shard', '3/2'], 'SHARD_INVALID', /"3\/2" is no shard/],
    [['--shard', '0/2'], 'SHARD_INVALID', /no shard/],
    [['--shard', 'two of three'], 'SHARD_INVALID', /no shard/],
  ])('%j', async (line, code, said) => {
    await using at = await stage()
    expect(await refusal(at, line)).toEqual(refused(code, said))
  })
})

describe('the baseline', () => {
  const words = ['--update-baseline', '--owner', 'ops', '--reason', 'known', '--expires']

  test('of another version, of another program, or not there', async () => {
    await using at = await stage()
    const file = join(at.dir, 'baseline.json')
    expect(await refusal(at, ['--baseline', file])).toEqual(refused('FILE_UNUSABLE', /does not exist/))
    await writeFile(file, JSON.stringify({schema: 'patrol/baseline/2', accepted: []}))
    expect(await refusal(at, ['--baseline', file])).toEqual(refused('BASELINE_INVALID', /another version/))
    await writeFile(file, '[]')
    expect(await refusal(at, ['--baseline', file])).toEqual(refused('BASELINE_INVALID', /no baseline/))
  })

  test('updated without all that an acceptance says', async () => {
    await using at = await stage()
    const file = ['--baseline', join(at.dir, 'new.json')]
    expect(await refusal(at, [...file, '--update-baseline', '--owner', 'ops'])).toEqual(
      refused('USAGE', /--reason, --expires/),
    )
    expect(await refusal(at, [...file, ...words, '2020-01-31'])).toEqual(refused('USAGE', /that day is over/))
    expect(await refusal(at, [...file, ...words, '2099-02-31'])).toEqual(refused('USAGE', /not a day/))
    expect(await refusal(at, [...file, ...words, 'soon'])).toEqual(refused('USAGE', /not a day/))
    expect(await refusal(at, ['--baseline', join(at.dir, 'no/new.json'), ...words, '90d'])).toEqual(
      refused('REPORT_UNWRITABLE', /no directory/),
    )
  })
})

describe('reports', () => {
  test.each([
    [['--report', 'sarf=a.sarif'], 'REPORT_INVALID', /no format "sarf"/],
    [['--report', 'sarif='], 'REPORT_INVALID', /file name/],
    [['--report', 'table'], 'REPORT_CONFLICT', /share stdout/],
  ])('%j', async (line, code, said) => {
    await using at = await stage()
    expect(await refusal(at, line)).toEqual(refused(code, said))
  })

  test('standard output asked for twice', async () => {
    await using at = await stage()
    const {exit, stdout, stderr} = await at.patrol(Audit, '--report sarif --report junit')
    expect(stderr).toContain('2 reports (sarif, junit) would share stdout')
    expect(stdout).toBe('')
    expect(exit).toBe(2)
    expect(at.sandbox.gitea.requests).toEqual([])
  })

  test('two to one path, however it is written', async () => {
    await using at = await stage()
    const [one, other] = [join(at.dir, 'out'), `${at.dir}/secrets/../out`]
    expect(await refusal(at, ['--report', `sarif=${one}`, '--report', `json=${other}`])).toEqual(
      refused('REPORT_CONFLICT', /both be written/),
    )
  })

  test('in the place of what is read: the inventory, the baseline', async () => {
    await using at = await stage()
    expect(await refusal(at, ['--report', `json=${at.home.config}`])).toEqual(
      refused('REPORT_CONFLICT', /overwrite .*patrol\.yaml/),
    )
    const baseline = join(at.dir, 'baseline.json')
    await writeFile(baseline, JSON.stringify({schema: 'patrol/baseline/1', accepted: []}))
    const line = ['--baseline', baseline, '--report', `json=${baseline}`]
    expect(await refusal(at, line)).toEqual(refused('REPORT_CONFLICT', /overwrite .*baseline\.json/))
  })

  test('a path that cannot be written, even if the others can', async () => {
    await using at = await stage()
    const good = ['--report', `csv=${join(at.dir, 'good.csv')}`]
    expect(await refusal(at, [...good, '--report', `json=${join(at.dir, 'no/a.json')}`])).toEqual(
      refused('REPORT_UNWRITABLE', /no directory/),
    )
    expect(await refusal(at, [...good, '--report', `json=${at.dir}`])).toEqual(
      refused('REPORT_UNWRITABLE', /is a directory/),
    )
  })

  test('--watch without a terminal, or with what it cannot show', async () => {
    await using at = await stage()
    const {exit, stderr} = await at.patrol(Audit, '--watch')
    expect(stderr).toContain('--watch needs a terminal')
    expect(exit).toBe(2)
    expect(await refusal(at, ['--watch'])).toEqual(refused('USAGE', /cannot also be provided/))
    expect(at.sandbox.gitea.requests).toEqual([])
  })
})

describe('a merge', () => {
  /** Blobs of the sandbox's fleet, made without leaving a trace in the logs. */
  async function blobs(at: Stage, count: number): Promise<string[]> {
    const files = Array.from({length: count}, (_, index) => join(at.dir, `${index + 1}-of-${count}.blob`))
    for (const [index, file] of files.entries()) {
      await at.patrol(Audit, `--exit-zero --source probe --shard ${index + 1}/${count} --report blob=${file}`)
    }
    at.sandbox.gitea.requests.length = 0
    at.sandbox.platform.requests.length = 0
    return files
  }

  test('of blobs of different inventories', async () => {
    await using at = await stage()
    const [file = ''] = await blobs(at, 2)
    const one = join(at.dir, 'one.blob')
    await writeFile(one, await readFile(file))
    await inventory(at, (text) => text.replace('profile: engineer', 'profile: reviewer'))
    const [, other = ''] = await blobs(at, 2)
    expect(await refusal(at, [one, other], ReportMerge)).toEqual(refused('BLOB_MISMATCH', /inventor/))
  })

  test('with the same share twice, or shares of different counts', async () => {
    await using at = await stage()
    const [one = '', two = ''] = await blobs(at, 3)
    expect(await refusal(at, [one, one, two], ReportMerge)).toEqual(refused('BLOB_MISMATCH', /1-of-3\.blob/))
    const [, half = ''] = await blobs(at, 2)
    expect(await refusal(at, [one, half], ReportMerge)).toEqual(refused('BLOB_MISMATCH', /blob/))
  })

  test('with a share missing is no pass, but what there is stands', async () => {
    await using at = await stage()
    const [one = '', two = ''] = await blobs(at, 3)
    const {exit, document} = await at.patrol<{agents: object[]}>(ReportMerge, [one, two, '--json'])
    expect(exit).toBe(5)
    expect(document.result.agents.length).toBeGreaterThan(0)
    expect(document.incomplete).toContainEqual(
      expect.objectContaining({message: expect.stringMatching(/3\/3|shard 3/)}),
    )
  })

  test('of what is no blob, or not there', async () => {
    await using at = await stage()
    expect(await refusal(at, [at.home.config], ReportMerge)).toEqual(refused('BLOB_INVALID', /patrol\.yaml/))
    expect(await refusal(at, [join(at.dir, 'gone.blob')], ReportMerge)).toEqual(
      refused('BLOB_INVALID', /does not exist/),
    )
    expect(await refusal(at, [at.dir], ReportMerge)).toEqual(refused('BLOB_INVALID', /./))
  })

  test('whose report would take the place of a blob', async () => {
    await using at = await stage()
    const [one = ''] = await blobs(at, 1)
    expect(await refusal(at, [one, '--report', `json=${one}`], ReportMerge)).toEqual(
      refused('REPORT_CONFLICT', /overwrite/),
    )
  })
})

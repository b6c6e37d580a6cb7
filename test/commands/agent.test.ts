import {readFile, writeFile} from 'node:fs/promises'
import {expect, test} from 'vitest'
import AgentAdd from '../../src/commands/agent/add.ts'
import Onboard from '../../src/commands/onboard.ts'
import {stage, writes} from './harness.ts'

test('an agent that is added can be onboarded, and all else of the file stays', async () => {
  await using at = await stage()
  const before = `# ours\n${await readFile(at.home.config, 'utf8')}`
  await writeFile(at.home.config, before)
  const looked = await at.patrol(AgentAdd, 'agent-dev-z --profile reviewer --dry-run')
  expect(looked).toMatchObject({exit: 0, stderr: ''})
  expect(looked.stdout).toMatch(
    /^Would add agent-dev-z to .*, line \d+\.\nType next:\n {2}patrol onboard agent-dev-z --dry-run\n$/,
  )
  expect(await readFile(at.home.config, 'utf8')).toBe(before)

  const added = await at.patrol<{line: number}>(AgentAdd, 'agent-dev-z --profile reviewer --json')
  expect(added.exit).toBe(0)
  const after = await readFile(at.home.config, 'utf8')
  expect(after.split('\n')[added.document.result.line - 1]).toBe('  agent-dev-z:')
  expect(after.replace('  agent-dev-z:\n    profile: reviewer\n', '')).toBe(before)
  expect((await at.patrol(Onboard, 'agent-dev-z --dry-run')).exit).toBe(0)
  expect(writes(at.sandbox.gitea)).toEqual([])
})

test.each([
  ['agent-dev-a', 'USAGE', /has an agent agent-dev-a already, in line \d+\. Nothing was written/],
  ['agent-dev-z --user agent-dev-a', 'INVENTORY_DUPLICATE', /user "agent-dev-a": agent-dev-a .*agent-dev-z/],
  ['agent-dev-z --profile nobody', 'PROFILE_UNKNOWN', /nobody/],
  ['agent-dev-z --repo nowhere', 'CONFIG_INVALID', /owner\/name/],
  ['-- "agent dev z"', 'CONFIG_INVALID', /agent dev z/],
])('what makes no sound inventory is not written: %s', async (line, code, says) => {
  await using at = await stage()
  const before = await readFile(at.home.config, 'utf8')
  const refused = await at.patrol(AgentAdd, line.startsWith('-- ') ? ['agent dev z'] : line)
  expect(refused.exit).toBe(2)
  expect(refused.stderr).toMatch(says)
  expect(refused.stderr).toContain(code)
  expect(await readFile(at.home.config, 'utf8')).toBe(before)
})

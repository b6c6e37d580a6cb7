import {readFile, writeFile} from 'node:fs/promises'
import {describe, expect, test} from 'vitest'
import Rehearse from '../../src/commands/rehearse.ts'
import Restart from '../../src/commands/restart.ts'
import type {Rehearsal} from '../../src/rotation/index.ts'
import type {FaultRule} from '../../src/simulator/types.ts'
import {smallSandbox, type Differences} from '../support/small-sandbox.ts'
import {stage, writes, type Ended, type Stage} from './harness.ts'

type Told = Ended<{rehearsals: Rehearsal[]}>
const TOKENS = /\/users\/agent-dev-a\/tokens$/
const ONE_TOKEN = /\/users\/agent-dev-a\/tokens\/\d+$/
const TYPED = 'agent-dev-a --yes'

/** With one agent, whose tokens stand as they did whatever comes. */
const small = (differs: Differences = {}): Promise<Stage> => stage(smallSandbox(differs))
const rehearsed = (at: Stage, line = `${TYPED} --json`): Promise<Told> => at.patrol(Rehearse, line)
const tokens = ({sandbox}: Stage): string[] => sandbox.gitea.tokens('agent-dev-a').map(({name}) => name)
const own = (status: number, message: string): Pick<FaultRule, 'status' | 'headers' | 'body'> => ({
  status,
  headers: {'content-type': 'application/json'},
  body: JSON.stringify({message, url: 'https://gitea.example.org/api/swagger'}),
})
const stepsOf = ({document}: Told): string[] =>
  (document.result?.rehearsals ?? []).flatMap(({steps}) => steps.map(({step, state}) => `${step} ${state}`))
const ALL_WELL = ['workspace ok', 'mint ok', 'probe ok', 'delete ok', 'dead ok']

describe('a rehearsal', () => {
  test.each(['1.20.6', '1.22.6', '1.27.0', 'forgejo-15'] as const)(
    'on %s mints, probes, deletes and sees dead, and touches nothing else',
    async (version) => {
      await using at = await small({version})
      const [before, stored] = [tokens(at), at.token('agent-dev-a')]
      const {exit, stdout} = await rehearsed(at, TYPED)
      expect(stdout).toMatch(/✓ ok +dead +\d+\.\d\d s {2}it is not listed any more, and its value answers 401/)
      expect(stdout).toContain('✓ engineer, with agent-dev-a: a rotation of agent-dev-a could mint, probe and revoke.')
      expect([exit, tokens(at), at.token('agent-dev-a')]).toEqual([0, before, stored])
      expect(writes(at.sandbox.gitea)).toEqual([
        'POST /api/v1/users/agent-dev-a/tokens',
        expect.stringMatching(/^DELETE \/api\/v1\/users\/agent-dev-a\/tokens\/\d+$/),
      ])
      expect(writes(at.sandbox.platform)).toEqual([])
    },
  )

  test('tells a script all of it, with a time for each step', async () => {
    await using at = await small()
    const told = await rehearsed(at)
    expect([told.exit, stepsOf(told), told.document.findings]).toEqual([0, ALL_WELL, []])
    expect(told.document.result?.rehearsals).toMatchObject([
      {profile: 'engineer', agents: 1, agent: 'agent-dev-a', token: {lastEight: expect.any(String)}, leftover: null},
    ])
  })

  test('without a name tries each profile, with the first of its agents that has an account', async () => {
    await using at = await stage({newAgents: 1})
    const config = await readFile(at.home.config, 'utf8')
    const [head = '', ...agents] = config.split('\nagents:\n')
    const profiles = '\nprofiles:\n  reader:\n    scopes: [read:issue]\nagents:\n  agent-new:\n    profile: reader\n'
    const others = agents.join('').replace(/ {2}agent-new:\n {4}profile: engineer\n?/, '')
    await writeFile(at.home.config, head + profiles + others.replace('profile: engineer', 'profile: reader'))
    const {document, exit} = await rehearsed(at, '--yes --json')
    expect(document.result?.rehearsals.map(({profile, agent, agents: of}) => [profile, agent, of])).toEqual([
      ['reader', 'agent-dev-a', 2],
      ['engineer', 'agent-dev-b', 8],
    ])
    expect(exit).toBe(0)
  })

  test('of an agent without an account says how it gets one', async () => {
    await using at = await stage({newAgents: 1})
    const {exit, stdout} = await rehearsed(at, 'agent-new --yes')
    expect(stdout).toContain('Type: patrol onboard agent-new')
    expect([exit, writes(at.sandbox.gitea)]).toEqual([3, []])
  })

  test.each([
    ['agent-external', 'note', 'it runs elsewhere: patrol stores its secret, and its operator restarts it', 0],
    ['concierge', 'note', 'a person stores its secret in the canvas', 0],
    ['agent-paused', 'problem', 'is paused; a restart would wake it', 3],
  ])('of %s says what that means for it', async (agent, state, says, exit) => {
    await using at = await stage()
    const told = await rehearsed(at, `${agent} --yes --json`)
    expect(told.document.result?.rehearsals[0]?.steps[0]).toMatchObject({state, says: expect.stringContaining(says)})
    expect(told.exit).toBe(exit)
  })

  test.each([
    ['nobody', 'AGENT_UNKNOWN', /no agent and no profile "nobody"/],
    ['lead', 'AGENT_UNKNOWN', /No agent of \S+ has the profile "lead"/],
  ])('of %s calls nobody', async (name, code, message) => {
    await using at = await small()
    await writeFile(
      at.home.config,
      `profiles:\n  lead:\n    scopes: [read:issue]\n${await readFile(at.home.config, 'utf8')}`,
    )
    const {exit, document} = await rehearsed(at, `${name} --yes --json`)
    expect(document.error).toMatchObject({code, message: expect.stringMatching(message)})
    expect([exit, at.sandbox.gitea.requests, at.sandbox.platform.requests]).toEqual([2, [], []])
  })

  test('of an empty patrol.yaml as well', async () => {
    await using at = await small()
    const config = await readFile(at.home.config, 'utf8')
    await writeFile(at.home.config, config.replace(/^agents:\n[\s\S]*/m, 'agents: {}\n'))
    expect((await rehearsed(at, '--yes --json')).document.error?.code).toBe('INVENTORY_EMPTY')
  })

  test('writes nothing without a yes', async () => {
    await using at = await small()
    const {exit, stderr} = await rehearsed(at, '')
    expect(stderr).toMatch(/discard +DELETE +\S+\/tokens\/<id> +the same token is deleted again/)
    expect([exit, writes(at.sandbox.gitea)]).toEqual([6, []])
  })
})

describe('what would stand in the way tonight', () => {
  test('a lost answer to the mint is settled in the same run', async () => {
    await using at = await small()
    const before = tokens(at)
    at.sandbox.gitea.fail({method: 'POST', path: TOKENS, nth: 1, kind: 'reset-after'})
    const {exit, stdout} = await rehearsed(at, TYPED)
    expect(stdout).toMatch(/problem +mint .*came of it and was deleted again, since nobody has its value/)
    expect([exit, tokens(at)]).toEqual([7, before])
  })

  test('a scope that this version does not have', async () => {
    await using at = await small()
    at.sandbox.gitea.fail({method: 'POST', path: TOKENS, kind: 'answer', ...own(400, 'invalid access token scope: x')})
    const {exit, stdout} = await rehearsed(at, TYPED)
    expect(stdout).toMatch(/a rotation of agent-dev-a would stop at its mint: nothing would change\./)
    expect(stdout).toMatch(/problem +mint .*invalid access token scope: x/)
    expect(exit).toBe(3)
  })

  test('an administrator who may not delete: the token is named, and the same command deletes it', async () => {
    await using at = await small()
    const before = tokens(at)
    const mend = at.sandbox.gitea.fail({method: 'DELETE', path: ONE_TOKEN, kind: 'answer', ...own(403, 'No.')})
    const told = await rehearsed(at)
    const [rehearsal] = told.document.result?.rehearsals ?? []
    expect([told.exit, rehearsal?.leftover?.name]).toEqual([7, tokens(at).find((name) => !before.includes(name))])
    expect(rehearsal?.steps.at(-1)).toMatchObject({
      step: 'delete',
      suggestions: ['patrol rehearse agent-dev-a --json --yes'],
    })
    expect(told.document.incomplete).toMatchObject([{step: 'delete', agent: 'agent-dev-a', exit: 7}])
    mend()
    const again = await rehearsed(at)
    expect(again.document.warnings.join(' ')).toContain(
      'A rehearsal for agent-dev-a that was stopped had left its token',
    )
    expect([again.exit, tokens(at)]).toEqual([0, before])
  })

  test('is deleted by any other run that writes as well', async () => {
    await using at = await small()
    const before = tokens(at)
    const mend = at.sandbox.gitea.fail({method: 'DELETE', path: ONE_TOKEN, kind: 'answer', ...own(403, 'No.')})
    await rehearsed(at)
    mend()
    expect((await at.patrol(Restart, 'agent-dev-a --again --yes')).stderr).toContain('had left its token')
    expect(tokens(at)).toEqual(before)
  })

  test('a dead platform: what can be tried is', async () => {
    await using at = await small()
    await at.sandbox.platform.close()
    const told = await rehearsed(at)
    expect([told.exit, stepsOf(told)]).toEqual([5, ['workspace problem', ...ALL_WELL.slice(1)]])
  })

  test('no platform in patrol.yaml, of which nothing is said but that', async () => {
    await using at = await small()
    const config = await readFile(at.home.config, 'utf8')
    await writeFile(at.home.config, config.replace(/^platform:\n(?: .*\n)+/m, ''))
    const {exit, stdout} = await rehearsed(at, TYPED)
    expect(stdout).toMatch(/problem +workspace .* lacks "platform": how to reach the platform\.\n/)
    expect([exit, stdout.includes('Nothing was')]).toEqual([3, false])
  })

  test('a dead server: nothing was changed', async () => {
    await using at = await small()
    await at.sandbox.gitea.close()
    const {exit, document} = await rehearsed(at)
    expect([exit, document.error?.code]).toEqual([5, 'GITEA_UNREACHABLE'])
    expect(document.error?.message).toContain('Nothing was changed')
  })

  test('a user who has to change its password', async () => {
    await using at = await small()
    const before = tokens(at)
    const message = 'You must change your password. Change it at: https://gitea.example.org/user/change_password'
    const shut = {...own(403, message), body: JSON.stringify({message})}
    at.sandbox.gitea.fail({method: 'GET', path: /\/api\/v1\/user$/, kind: 'answer', ...shut})
    const told = await rehearsed(at)
    expect([told.exit, tokens(at)]).toEqual([3, before])
    expect(stepsOf(told)).toEqual(['workspace ok', 'mint ok', 'probe problem', 'delete ok', 'dead ok'])
  })
})

describe('Ctrl-C', () => {
  test.each([
    ['while the mint is under way', {method: 'POST', path: TOKENS}],
    ['while the probe is', {method: 'GET', path: /\/api\/v1\/user$/}],
  ])('%s ends with the token deleted', async (_, rule) => {
    await using at = await small()
    const before = tokens(at)
    const release = at.sandbox.gitea.fail({...rule, kind: 'hold', nth: 1})
    const run = rehearsed(at, TYPED)
    await expect.poll(() => tokens(at).length).toBe(before.length + 1)
    const {requests} = at.sandbox.gitea
    await expect
      .poll(() => requests.some(({method, path}) => method === rule.method && rule.path.test(path)))
      .toBe(true)
    process.emit('SIGINT', 'SIGINT')
    release()
    const {exit, stderr} = await run
    expect(stderr).toMatch(/Stopped on request, amid a rehearsal\. \S+ \(id \d+\) of agent-dev-a was deleted again\./)
    expect([exit, tokens(at)]).toEqual([130, before])
  })
})

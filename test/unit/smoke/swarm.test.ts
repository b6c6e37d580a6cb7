import {describe, expect, test} from 'vitest'
import {OpsError} from '../../../src/errors.ts'
import {Secret} from '../../../src/secret.ts'
import type {AskOutcome, ProcessEvent, AgentQuestion, SmokePorts, Work, WorkQuery} from '../../../src/smoke/ports.ts'
import {smoke} from '../../../src/smoke/smoke.ts'
import {contradicts} from '../../../src/smoke/summary.ts'
import type {PathResult, SmokeReport} from '../../../src/smoke/types.ts'
import {approved, CANDIDATE, claiming, line, nonceIn, OLD_EIGHT, REQUEST, START, withoutValue, world} from './world.ts'

/** A value that the agent should hold no longer. */
const OLD_VALUE = `feed1234${'f'.repeat(24)}${OLD_EIGHT}`

function swarm(report: SmokeReport): PathResult {
  const path = report.paths.find((candidate) => candidate.path === 'swarm-pull')
  if (path === undefined) throw new Error('no swarm-pull path')
  return path
}

const iso = (secondsAgo: number) => new Date(START - secondsAgo * 1000).toISOString()

/** What the platform knows: when the secret was stored, the process's age, and its events. */
function clues(storedAgo: number, uptimeSeconds: number, events?: ProcessEvent[]): SmokePorts['clues'] {
  return {
    read: async () => ({uptimeSeconds, serverTime: START}),
    secretRow: async () => ({scope: 'workspace', updatedAt: iso(storedAgo)}),
    events: async () => events,
  }
}

describe('an agent that answers', () => {
  test('passes when status, issues and last eight are right', async () => {
    const report = await smoke(REQUEST, world(claiming()).ports)
    expect(report.passed).toBe(true)
    expect(report.reportedLastEight).toBe('00000002')
    expect(report.paths.map((path) => path.outcome)).toEqual(['passed', 'passed', 'passed'])
    expect(report.warnings).toEqual([])
  })

  test('passes with no approved issue when the API has none either', async () => {
    const {ports} = world(claiming({approved: 'none'}), {work: async () => approved()})
    expect(swarm(await smoke(REQUEST, ports)).outcome).toBe('passed')
  })

  test('with another live token of its user is told apart from one with an old token', async () => {
    const seen = world(claiming({token: 'deadbeef'}))
    const report = await smoke({...REQUEST, others: ['deadbeef']}, seen.ports)
    const result = swarm(report)
    expect([seen.asked.length, contradicts(report), report.reportedLastEight]).toEqual([2, true, 'deadbeef'])
    expect(result).toMatchObject({
      outcome: 'failed',
      reason: 'wrong-token',
      suggestions: ['look in the workspace for where the agent reads its token from', 'patrol push agent-dev-a'],
    })
    expect(result.message).toContain('…deadbeef')
  })

  test('with one that is newer than what is expected is no reason to take that back', async () => {
    const seen = world(claiming({token: 'deadbeef'}))
    const result = swarm(await smoke({...REQUEST, others: ['deadbeef'], newer: ['deadbeef']}, seen.ports))
    expect(result).toMatchObject({
      reason: 'wrong-token',
      message: expect.stringMatching(
        /works with …deadbeef, which was minted after the expected …00000002: somebody gave/,
      ),
      suggestions: ['patrol audit agent-dev-a'],
    })
  })

  test('with another live one, where the expected one is gone, is told both', async () => {
    const seen = world(claiming({token: 'deadbeef'}))
    const gone = {...REQUEST, others: ['deadbeef'], newer: ['deadbeef'], expectedIsGone: true}
    expect(swarm(await smoke(gone, seen.ports))).toMatchObject({
      reason: 'wrong-token',
      message: expect.stringMatching(/works with …deadbeef, and the expected …00000002 is not among its user's tokens/),
      suggestions: ['patrol audit agent-dev-a --ask-agents'],
    })
  })

  test.each([
    ['which', ['00000004']],
    ['whether any', undefined],
  ])('that names what ends no known token is not quoted, where it is known %s others live', async (_, others) => {
    const seen = world(claiming({token: 'deadbeef'}))
    const report = await smoke({...REQUEST, others}, seen.ports)
    expect(swarm(report)).toMatchObject({
      outcome: 'failed',
      reason: 'wrong-token',
      message: expect.stringMatching(/neither the expected token …00000002 nor any other that is known .* not shown/),
      suggestions: ['look in the workspace for where the agent reads its token from', 'patrol push agent-dev-a'],
    })
    expect([seen.asked.length, contradicts(report), report.reportedLastEight]).toEqual([2, true, undefined])
    expect(JSON.stringify(report)).not.toContain('deadbeef')
  })

  test('is asked again before its token is called another, for models miscount', async () => {
    const seen = world((question, attempt) => claiming(attempt === 1 ? {token: 'deadbeef'} : {})(question))
    const report = await smoke(REQUEST, seen.ports)
    expect([report.passed, seen.asked.length]).toEqual([true, 2])
  })

  test('that names the last eight in capitals names them', async () => {
    const request = {...REQUEST, token: new Secret(`${'c'.repeat(32)}0000dead`), expectLastEight: '0000dead'}
    const seen = world(claiming({token: '0000DEAD'}))
    const report = await smoke(request, seen.ports)
    expect([swarm(report).outcome, seen.asked.length, report.reportedLastEight]).toEqual(['passed', 1, '0000dead'])
  })

  test.each([
    ['its first eight', 'cafe1234'],
    ['eight from within', '1234cccc'],
    ['its first eight in capitals', 'CAFE1234'],
  ])('that names %s, twice, has the token and proves nothing', async (_, token) => {
    const value = `cafe1234${'c'.repeat(24)}0000dead`
    const request = {...REQUEST, token: new Secret(value), expectLastEight: '0000dead'}
    const seen = world(claiming({token}))
    const report = await smoke(request, seen.ports)
    expect(swarm(report)).toMatchObject({
      outcome: 'failed',
      reason: 'miscounted',
      message: expect.stringContaining('other characters of the token …0000dead than its last eight'),
      suggestions: ['patrol smoke agent-dev-a'],
    })
    expect([seen.asked.length, contradicts(report), report.reportedLastEight]).toEqual([2, false, undefined])
    expect(JSON.stringify(report)).not.toContain(token)
  })

  test('that names eight of a token whose value is not at hand names another, and they are not shown', async () => {
    const report = await smoke(withoutValue(), world(claiming({token: 'cccccccc'})).ports)
    expect(swarm(report).reason).toBe('wrong-token')
    expect(JSON.stringify(report)).not.toContain('cccccccc')
  })

  /** What the API shows, reading after reading; the last one stays. */
  const showing = (...readings: Work[]) => {
    let at = 0
    return {work: async () => readings[Math.min(at++, readings.length - 1)]!}
  }

  test.each([
    ['an issue that was closed since', showing(approved(3, 7, 9), approved(3, 7)), '3,7'],
    ['an issue that is closed only afterwards', showing(approved(3, 7), approved(3)), '3,7'],
    ['an issue that was opened since', showing(approved(3), approved(3, 7)), '3,7'],
    ['one opened and one closed, seen in between', showing(approved(3, 5), approved(5, 7)), '3,5,7'],
    ['the same, seen between the two', showing(approved(3, 5), approved(5, 7)), '5'],
  ])('passes with %s', async (_, api, said) => {
    const seen = world(claiming({approved: said}), api)
    expect(swarm(await smoke(REQUEST, seen.ports)).outcome).toBe('passed')
    expect(seen.asked).toHaveLength(1)
  })

  test('is asked again before its issues are called wrong, for one may have come and gone meanwhile', async () => {
    const seen = world((question, attempt) =>
      claiming({approved: attempt === 1 ? '3,5,7' : '3,7', nonce: nonceIn(question.text)})(question),
    )
    const report = await smoke(REQUEST, seen.ports)
    expect([report.passed, seen.asked.length]).toEqual([true, 2])
  })

  test.each([
    ['lists what neither reading shows', '3,7,9'],
    ['misses what both readings show', '3'],
    ['lists others', '1,2'],
    ['lists none', 'none'],
  ])('fails where it %s, twice', async (_, said) => {
    const seen = world(claiming({approved: said}))
    const report = await smoke(REQUEST, seen.ports)
    expect(swarm(report)).toMatchObject({
      outcome: 'failed',
      reason: 'wrong-issues',
      suggestions: ['patrol smoke agent-dev-a'],
    })
    expect(swarm(report).message).toContain('the API 2 open (#3, #7)')
    expect([report.passed, report.reportedLastEight, seen.asked.length]).toEqual([false, '00000002', 2])
  })

  const ten = Array.from({length: 10}, (_, at) => at + 1)
  test.each([
    [[], 'no open issue'],
    [ten, '10 open (#1, #2, #3, #4, #5, #6, #7, #8, #9, #10)'],
    [[...ten, 11], '11 open (#1, #2, #3, #4, #5, #6, #7, #8, #9, #10 and 1 more)'],
  ])('whose issues differ is told what the API shows, the first ten of it: %j', async (issues, said) => {
    const {ports} = world(claiming({approved: '99'}), {work: async () => approved(...issues)})
    expect(swarm(await smoke(REQUEST, ports)).message).toBe(
      `the agent lists 1 open (#99) with the label "approved" in ${REQUEST.repo}, the API ${said}`,
    )
  })

  test('asked again without an answer is no contradiction', async () => {
    const seen = world((question, attempt) =>
      attempt === 1 ? claiming({approved: '1,2'})(question) : {kind: 'unreachable'},
    )
    const report = await smoke(REQUEST, seen.ports)
    expect(swarm(report)).toMatchObject({outcome: 'unknown', reason: 'unreachable'})
    expect(report.reportedLastEight).toBe('00000002')
  })

  test('is held against the later reading alone where the earlier one failed', async () => {
    let readings = 0
    const work = async () => {
      if (readings++ === 0) throw new OpsError('GITEA_UNREACHABLE', 'gitea is away')
      return approved(3, 7)
    }
    expect(swarm(await smoke(REQUEST, world(claiming(), {work}).ports)).outcome).toBe('passed')
  })

  test('proves nothing by a label that the repository does not have', async () => {
    const {ports} = world(claiming({approved: 'none'}), showing({labelExists: false, issues: []}))
    expect(swarm(await smoke(withoutValue(), ports))).toMatchObject({outcome: 'failed', reason: 'label-unknown'})
  })

  test('is asked for what we read ourselves', async () => {
    const queries: WorkQuery[] = []
    const work = async (query: WorkQuery) => {
      queries.push(query)
      return approved(3, 7)
    }
    const seen = world(claiming(), {work})
    await smoke(REQUEST, seen.ports)
    const [, asked = ''] = /GET \S+\/issues\?(\S+)/.exec(seen.asked[0]?.text ?? '') ?? []
    for (const query of queries) {
      expect(Object.fromEntries(new URLSearchParams(asked))).toEqual(
        Object.fromEntries(Object.entries(query).map(([name, value]) => [name, String(value)])),
      )
    }
    expect(queries).toHaveLength(2)
  })

  test('proves nothing while the API cannot be read, but its last eight is kept', async () => {
    const work = async () => {
      throw new OpsError('PLATFORM_UNREACHABLE', 'gitea is away', {suggestions: ['patrol doctor']})
    }
    const report = await smoke(REQUEST, world(claiming(), {work}).ports)
    expect(swarm(report)).toMatchObject({
      outcome: 'unknown',
      reason: 'no-reading',
      message: 'the agent answered, but what it should have found could not be read: gitea is away',
      suggestions: ['patrol doctor'],
    })
    expect(report.reportedLastEight).toBe('00000002')
  })

  test.each([
    [{issues: '403'}, 'scope-gap', 'read:issue'],
    [{pulls: '403'}, 'scope-gap', 'read:repository'],
    [{issues: '401', pulls: '401'}, 'token-dead', '401'],
    [{issues: '404'}, 'role', '404'],
    [{pulls: '404'}, 'role', 'its user may not read them'],
  ])('with statuses %j fails as %s', async (claim, reason, said) => {
    const result = swarm(await smoke(withoutValue(), world(claiming(claim)).ports))
    expect(result).toMatchObject({outcome: 'failed', reason})
    expect(result.message).toContain(said)
    expect(result.suggestions).toEqual(['patrol probe agent-dev-a', 'patrol smoke agent-dev-a'])
  })

  test.each([
    [{issues: '403'}, 'HTTP 403 for the issues', {}],
    [{pulls: '403'}, 'HTTP 403 for the pull requests', {}],
    [{issues: '401', pulls: '401'}, 'HTTP 401 for the issues', {}],
    [{pulls: '404'}, 'HTTP 404 for the pull requests', {confinedTo: ['molecule-ai/other']}],
  ])('with statuses %j speaks against no token that the same list is open to from here', async (claim, said, more) => {
    const report = await smoke({...REQUEST, ...more}, world(claiming(claim)).ports)
    expect(swarm(report)).toMatchObject({
      outcome: 'failed',
      reason: 'wrong-status',
      message: expect.stringContaining(`${said} of ${REQUEST.repo}, where the same token gets HTTP 200 from here`),
      suggestions: [expect.stringContaining('https://git.example.test'), 'patrol smoke agent-dev-a'],
    })
    expect(contradicts(report)).toBe(false)
    expect(report.reportedLastEight).toBe('00000002')
  })

  test.each([
    [{issues: '401', pulls: '401'}, {kind: 'dead'}, 'token-dead'],
    [{issues: '403'}, {kind: 'scope', required: []}, 'scope-gap'],
    [{pulls: '403'}, {kind: 'scope', required: []}, 'scope-gap'],
    [{issues: '401', pulls: '401'}, {kind: 'unknown', reason: 'HTTP 502'}, 'token-dead'],
  ] as const)(
    'with statuses %j is believed once that list is no more open from here: %j',
    async (claim, listing, why) => {
      const open = world(claiming()).ports.lists
      let asked = false
      const answer = (question: AgentQuestion): AskOutcome => {
        asked = true
        return claiming(claim)(question)
      }
      const lists: SmokePorts['lists'] = {
        ...open,
        issues: async (...list) => (asked ? listing : open.issues(...list)),
        pulls: async (...list) => (asked ? listing : open.pulls(...list)),
      }
      const report = await smoke(REQUEST, world(answer, {lists}).ports)
      expect(swarm(report)).toMatchObject({outcome: 'failed', reason: why})
      expect(report.paths.map(({outcome}) => outcome)).not.toContain('passed')
      expect(contradicts(report)).toBe(true)
    },
  )

  test('is not taken for misled where the token opens that list from here neither', async () => {
    const shut = {...world(claiming()).ports.lists, issues: async () => ({kind: 'scope', required: []}) as const}
    const both = await smoke(REQUEST, world(claiming({issues: '403', pulls: '403'}), {lists: shut}).ports)
    expect(swarm(both)).toMatchObject({reason: 'scope-gap'})
    expect(contradicts(both)).toBe(true)
    const pulls = await smoke(REQUEST, world(claiming({pulls: '403'}), {lists: shut}).ports)
    expect(swarm(pulls)).toMatchObject({reason: 'wrong-status'})
  })

  test('is refused a list that is open from here, whatever its label is', async () => {
    const lists = {...world(claiming()).ports.lists, label: async () => 'absent' as const}
    const report = await smoke(REQUEST, world(claiming({issues: '403'}), {lists}).ports)
    expect(report.paths.map(({reason}) => reason)).toEqual(['label-unknown', undefined, 'wrong-status'])
    expect(contradicts(report)).toBe(false)
  })

  test.each([
    [{issues: '500'}, 'HTTP 500 for the issues'],
    [{pulls: '000'}, 'no answer for the pull requests'],
    [{issues: '429', pulls: '429'}, 'HTTP 429 for the issues'],
    [{pulls: '302'}, 'HTTP 302 for the pull requests'],
  ])('with statuses %j proves nothing, for no refusal of Gitea is among them', async (claim, said) => {
    const report = await smoke(REQUEST, world(claiming(claim)).ports)
    expect(swarm(report)).toMatchObject({outcome: 'unknown', reason: 'wrong-status'})
    expect(swarm(report).message).toContain(said)
    expect(swarm(report).suggestions).toEqual(['patrol smoke agent-dev-a'])
    expect(report.reportedLastEight).toBe('00000002')
  })

  test.each([
    ['the whole token', CANDIDATE],
    ['the whole token in base64', Buffer.from(CANDIDATE).toString('base64')],
    ['a whole token that it should hold no longer', `${'0'.repeat(32)}${OLD_EIGHT}`],
    ['a whole token that ends like the expected one', `${'0'.repeat(32)}${REQUEST.expectLastEight}`],
  ])('and prints %s fails without showing it', async (_what, leak) => {
    const report = await smoke(
      REQUEST,
      world((question) => ({kind: 'replied', text: `here: ${leak}\n${claimedLine(question.text)}`})).ports,
    )
    expect(swarm(report)).toMatchObject({
      outcome: 'failed',
      reason: 'token-leaked',
      suggestions: ['patrol rotate agent-dev-a'],
    })
    expect(report.reportedLastEight).toBe('00000002')
    expect(JSON.stringify(report)).not.toContain(leak)
  })

  test.each([
    ['its token', REQUEST, CANDIDATE, 'cccccccc', undefined],
    ['a token that is not at hand', withoutValue(), `${'0'.repeat(32)}${OLD_EIGHT}`, 'cccccccc', undefined],
    ['an old token', {...REQUEST, oldValues: [new Secret(OLD_VALUE)]}, OLD_VALUE, 'feed1234', OLD_EIGHT],
  ])('and prints the whole of %s and names others of its characters shows none of them', async (...each) => {
    const [, request, leak, token, reported] = each
    const report = await smoke(
      request,
      world(({text}) => ({kind: 'replied', text: `here: ${leak}\n${line(text, {token})}`})).ports,
    )
    expect([swarm(report).reason, report.reportedLastEight]).toEqual(['token-leaked', reported])
    expect(JSON.stringify(report)).not.toContain(token)
  })

  test.each([
    ['is taken for a hash where the value of the token is known', REQUEST, 'passed'],
    ['may be its token where that is not known', withoutValue(), 'failed'],
  ])('and prints a commit: it %s', async (_, request, outcome) => {
    const commit = `${'0'.repeat(31)}a0000dead`
    const {ports} = world((question) => ({kind: 'replied', text: `at ${commit}\n${claimedLine(question.text)}`}))
    expect(swarm(await smoke(request, ports)).outcome).toBe(outcome)
  })

  test.each([
    [{kind: 'replied', text: 'I have looked at it, all good: 3 and 7.'}, 'no-answer', 'without the one line'],
    [{kind: 'replied', text: claimedLine('Nonce: other99')}, 'wrong-nonce', 'of another question'],
    [{kind: 'replied', text: '[hermes-agent error 401] nope'}, 'agent-error', "rejects the agent's key"],
    [{kind: 'replied', text: 'Error: Invalid API key given'}, 'agent-error', "rejects the agent's key"],
    [{kind: 'replied', text: 'error: model_not_found'}, 'agent-error', 'model or provider is not known'],
    [{kind: 'replied', text: 'Unknown provider "x"'}, 'agent-error', 'model or provider is not known'],
    [{kind: 'replied', text: '[hermes-agent unreachable] no'}, 'agent-error', 'runtime is not reachable'],
    [{kind: 'replied', text: 'encrypted content is not supported'}, 'agent-error', "refuses the agent's request"],
    [{kind: 'rpc-error', code: -32603}, 'rpc-error', 'JSON-RPC error -32603'],
    [{kind: 'rpc-error', code: undefined}, 'rpc-error', 'JSON-RPC error instead'],
    [{kind: 'agent-error', status: 500}, 'agent-error', 'HTTP 500, by the agent or something before it'],
    [
      {kind: 'refused', status: 402, why: 'workspace budget limit exceeded'},
      'refused',
      'budget limit exceeded (HTTP 402)',
    ],
    [{kind: 'unreadable', why: 'it is 3 MB long'}, 'no-answer', 'it is 3 MB long'],
  ] as const)('with %j proves nothing, as %s, and is asked once', async (outcome, reason, said) => {
    const seen = world(() => outcome)
    const report = await smoke(REQUEST, seen.ports)
    const result = swarm(report)
    const suggestions = [reason === 'refused' ? 'patrol doctor' : 'patrol smoke agent-dev-a']
    expect(result).toMatchObject({outcome: 'unknown', reason, message: expect.stringContaining(said), suggestions})
    expect([report.passed, report.reportedLastEight]).toEqual([false, undefined])
    expect(seen.asked).toHaveLength(1)
    expect(result.message).not.toContain('all good')
  })
})

describe('an agent that gives two answers', () => {
  test('is not believed in either where they differ, and named', async () => {
    const two = ({text}: {text: string}) => `${line(text)}\n${line(text, {token: OLD_EIGHT})}`
    const seen = world((question) => ({kind: 'replied', text: two(question)}))
    const report = await smoke(REQUEST, seen.ports)
    expect(swarm(report)).toMatchObject({outcome: 'unknown', reason: 'no-answer'})
    expect(swarm(report).message).toContain('two answers that differ')
    expect(swarm(report).suggestions).toEqual(['patrol smoke agent-dev-a'])
    expect([report.passed, report.reportedLastEight]).toEqual([false, undefined])
  })

  test('is believed where both say the same', async () => {
    const seen = world(({text}) => ({
      kind: 'replied',
      text: `${text}\n${line(text)}\nthat is: ${line(text)}\n${line(text)}`,
    }))
    expect((await smoke(REQUEST, seen.ports)).passed).toBe(true)
  })
})

function claimedLine(text: string): string {
  const outcome = claiming()({messageId: 'm', text, timeoutMs: 1})
  return outcome.kind === 'replied' ? outcome.text : ''
}

describe('an agent with a superseded token', () => {
  const old = claiming({token: OLD_EIGHT, issues: '403'})
  const provisioned = {type: 'WORKSPACE_PROVISIONING', createdAt: iso(50), payload: {}}
  const recovered = {type: 'WORKSPACE_ONLINE', createdAt: iso(40), payload: {recovered_from: 'provisioning'}}
  const booted = {type: 'WORKSPACE_ONLINE', createdAt: iso(40), payload: {url: 'http://agent.example.test'}}

  test.each([
    ['whose process is older than the secret', 'not-restarted', clues(60, 3600, []), 'not restarted after the push'],
    ['even where events may not be read', 'not-restarted', clues(60, 3600), 'not restarted after the push'],
    [
      'that the platform only seems to have restarted',
      'stale-process',
      clues(60, 3600, [recovered, provisioned]),
      'only looked like',
    ],
    ['in a new process', 'old-token', clues(60, 30, [booted, provisioned]), 'another source'],
    [
      'in a new process whose provisioning began before the secret was stored',
      'stale-process',
      clues(60, 30, [booted, {...provisioned, createdAt: iso(80)}]),
      'still got the old value',
    ],
    ['in a new process that has not beaten yet', 'old-token', clues(60, 3600, [booted, provisioned]), 'another source'],
    [
      'of which the platform knows nothing',
      'old-token',
      {...clues(60, 3600), read: () => Promise.reject(new OpsError('PLATFORM_UNREACHABLE', 'away'))},
      'was not restarted or reads another source',
    ],
  ] as const)('%s fails as %s', async (_who, reason, known, said) => {
    const result = swarm(await smoke(REQUEST, world(old, {clues: known}).ports))
    expect(result).toMatchObject({outcome: 'failed', reason})
    // It may be dead, and nothing works with it then.
    expect(result.message).toContain('the agent still has the old token …00000071')
    expect(result.message).toContain(said)
    expect(result.suggestions?.length).toBeGreaterThan(0)
  })

  test.each([
    ['workspace', ['patrol restart agent-dev-a', 'patrol smoke agent-dev-a']],
    ['external', ['have its operator restart it: it is external', 'patrol smoke agent-dev-a']],
    ['mock', ['have its operator restart it: it is external', 'patrol smoke agent-dev-a']],
  ])('whose runtime is %s is restarted by who can', async (runtime, suggestions) => {
    const told = clues(60, 3600, [])
    const known = {...told, read: async (id: string) => ({...(await told.read(id)), runtime})}
    expect(swarm(await smoke(REQUEST, world(old, {clues: known}).ports)).suggestions).toEqual(suggestions)
  })

  test.each([
    ['its first eight', 'feed1234'],
    ['eight from within', '1234ffff'],
  ])('which names %s has that one all the same, and they are not shown', async (_, token) => {
    const request = {...REQUEST, oldValues: [new Secret(`${'0'.repeat(32)}00000070`), new Secret(OLD_VALUE)]}
    const seen = world(claiming({token}), {clues: clues(60, 3600, [])})
    const report = await smoke(request, seen.ports)
    expect(swarm(report)).toMatchObject({
      outcome: 'failed',
      reason: 'not-restarted',
      message: expect.stringContaining('the old token …00000071'),
    })
    expect([contradicts(report), report.reportedLastEight]).toEqual([true, OLD_EIGHT])
    expect(JSON.stringify(report)).not.toContain(token)
  })

  test('fails as such although the platform cannot say more', async () => {
    const known = {
      ...clues(60, 30),
      events: async () => {
        throw new OpsError('PLATFORM_UNREACHABLE', 'away')
      },
    }
    expect(swarm(await smoke(REQUEST, world(old, {clues: known}).ports)).reason).toBe('old-token')
  })
})

describe('an agent that says it has no token', () => {
  const none = claiming({token: 'none', issues: '401', approved: 'none'})
  const SAYS = 'the agent says that it has no token in'
  const booted = {type: 'WORKSPACE_ONLINE', createdAt: iso(40), payload: {url: 'http://agent.example.test'}}
  const fresh = clues(60, 30, [booted, {type: 'WORKSPACE_PROVISIONING', createdAt: iso(50), payload: {}}])

  test.each(['GITEA_TOKEN', 'GITHUB_TOKEN', 'GH_TOKEN', 'GITLAB_TOKEN', 'GL_TOKEN', 'BITBUCKET_TOKEN'])(
    'in %s is told which secret to use instead',
    async (secretKey) => {
      const report = await smoke({...REQUEST, secretKey}, world(none, {clues: fresh}).ports)
      expect(swarm(report)).toMatchObject({
        outcome: 'failed',
        reason: 'no-token',
        message: `${SAYS} ${secretKey}: many servers keep ${secretKey} from the processes in workspaces and hand over GIT_HTTP_PASSWORD`,
        suggestions: [
          'set `secret: GIT_HTTP_PASSWORD` in patrol.yaml, and have the agent read its token from there',
          'patrol smoke agent-dev-a',
        ],
      })
      expect([report.passed, report.reportedLastEight, contradicts(report)]).toEqual([false, undefined, false])
    },
  )

  test('is asked again, for that may have been a slip', async () => {
    const seen = world((question, attempt) => (attempt === 1 ? none : claiming())(question), {clues: fresh})
    const report = await smoke(REQUEST, seen.ports)
    expect([report.passed, seen.asked.length]).toEqual([true, 2])
  })

  test('in a secret that always arrives is told that it reads another', async () => {
    const report = await smoke({...REQUEST, secretKey: 'GIT_HTTP_PASSWORD'}, world(none, {clues: fresh}).ports)
    expect(swarm(report)).toMatchObject({
      reason: 'no-token',
      message: expect.stringMatching(/^the agent says that it has no token in GIT_HTTP_PASSWORD: .*another source/),
      suggestions: ['patrol restart agent-dev-a', 'patrol smoke agent-dev-a'],
    })
  })

  test.each(['GITEA_TOKEN', 'GIT_HTTP_PASSWORD'])(
    'where no %s is stored is told that, and no restart',
    async (secretKey) => {
      const nothing = {...clues(60, 30, [booted]), secretRow: async () => undefined}
      expect(swarm(await smoke({...REQUEST, secretKey}, world(none, {clues: nothing}).ports))).toMatchObject({
        reason: 'no-token',
        message: `${SAYS} ${secretKey}: the platform lists no secret ${secretKey} for its workspace`,
        suggestions: ['patrol rotate agent-dev-a', 'patrol push agent-dev-a'],
      })
    },
  )

  test('because its process is older than the secret is told to restart', async () => {
    const report = await smoke(REQUEST, world(none, {clues: clues(60, 3600, [])}).ports)
    expect(swarm(report)).toMatchObject({
      reason: 'no-token',
      message: expect.stringContaining('not restarted after the push'),
      suggestions: ['patrol restart agent-dev-a', 'patrol smoke agent-dev-a'],
    })
  })

  test('says nothing of the lists', async () => {
    const report = await smoke(withoutValue(), world(none, {clues: fresh}).ports)
    expect(report.paths.map(({outcome}) => outcome)).toEqual(['unknown', 'unknown', 'failed'])
  })

  test('while an empty list could pass for its work is not proven', async () => {
    const anonymous = claiming({token: 'none', approved: '3,7'})
    expect((await smoke(REQUEST, world(anonymous, {clues: fresh}).ports)).passed).toBe(false)
  })
})

describe('without the value of the token', () => {
  test('the list paths rest on what the agent reports', async () => {
    const report = await smoke(withoutValue(), world(claiming({approved: 'none', issues: '403'})).ports)
    expect(report.paths).toMatchObject([
      {path: 'issues', outcome: 'failed', reason: 'scope-gap'},
      {path: 'pulls', outcome: 'passed'},
      {path: 'swarm-pull', outcome: 'failed', reason: 'scope-gap'},
    ])
    expect((await smoke(withoutValue(), world(claiming()).ports)).passed).toBe(true)
  })

  test.each([
    ['500', 'unknown', 'wrong-status', 'HTTP 500 for the issues'],
    ['000', 'unknown', 'wrong-status', 'no answer for the issues'],
    ['401', 'failed', 'token-dead', 'HTTP 401 for the issues'],
    ['403', 'failed', 'scope-gap', 'lacks read:issue'],
    ['404', 'failed', 'role', 'may not read them'],
  ])('a list that the agent gets %s for is %s', async (status, outcome, reason, said) => {
    const report = await smoke(withoutValue(), world(claiming({issues: status})).ports)
    expect(report.paths).toMatchObject([
      {path: 'issues', outcome, reason},
      {path: 'pulls', outcome: 'passed'},
      {outcome, reason},
    ])
    expect(report.paths[0]?.message).toMatch(/^the agent itself reports /)
    expect(report.paths[0]?.suggestions).toEqual(['patrol probe agent-dev-a'])
    expect(report.paths[1]?.message).toContain('reports that its token lists the pull requests of')
    for (const {message} of [report.paths[0]!, report.paths[2]!]) expect(message).toContain(said)
  })

  test("another token's statuses prove nothing about this one", async () => {
    const report = await smoke(withoutValue(), world(claiming({token: OLD_EIGHT})).ports)
    const unknown = {outcome: 'unknown', reason: 'no-answer', suggestions: ['patrol smoke agent-dev-a']}
    expect(report.paths).toMatchObject([unknown, unknown, {outcome: 'failed'}])
    expect(report.paths[0]?.message).toContain('the agent gave no answer about it')
  })

  test('nothing is proven when nobody is asked', async () => {
    const seen = world(claiming())
    const report = await smoke({...withoutValue(), via: 'none'}, seen.ports)
    const path = {outcome: 'not-proven', suggestions: ['patrol smoke agent-dev-a --swarm-via a2a']}
    expect(report).toMatchObject({paths: [path, path, path], passed: false, warnings: []})
    expect(report.paths.map(({message}) => message)).toEqual([
      expect.stringMatching(/the agent was not asked: whether it may list the issues of/),
      expect.stringMatching(/the agent was not asked: whether it may list the pull requests of/),
      expect.stringMatching(/^the agent was not asked, so nothing shows which token it holds$/),
    ])
    expect(seen.asked).toHaveLength(0)
  })
})

describe('errors', () => {
  test('an unusable platform leaves swarm-pull unknown and the lists proven', async () => {
    const {ports} = world(() => {
      throw new OpsError('PLATFORM_NOT_JSON', 'a web page')
    })
    const report = await smoke(REQUEST, ports)
    expect(report.paths.map((path) => path.outcome)).toEqual(['passed', 'passed', 'unknown'])
    expect(swarm(report)).toMatchObject({reason: 'no-reading', message: expect.stringContaining('a web page')})
    expect([report.reportedLastEight, report.warnings]).toEqual([undefined, []])
  })

  test('an agent that could not be asked in time is told with that time', async () => {
    const report = await smoke({...REQUEST, timeoutMs: 90_400}, world(() => ({kind: 'unreachable'})).ports)
    expect(swarm(report)).toMatchObject({
      message: 'the agent could not be asked within 90 s: the platform could not reach the agent',
      suggestions: ['patrol smoke agent-dev-a'],
    })
  })

  test('one that is not waited for that long is told with the time that it was given', async () => {
    const paused = world(() => ({kind: 'not-ready', status: 'paused', retryAfterMs: undefined}))
    const {message} = swarm(await smoke(REQUEST, paused.ports))
    const [, given] = /^the agent could not be asked within (\d+) s: the workspace is not ready/.exec(message) ?? []
    expect(Number(given)).toBeGreaterThanOrEqual(30)
    expect(Number(given)).toBeLessThan(60)
  })

  test('a mistake of ours is thrown', async () => {
    const mistake = new TypeError('a mistake')
    await expect(smoke(REQUEST, world(claiming(), {work: () => Promise.reject(mistake)}).ports)).rejects.toBe(mistake)
    const {ports} = world(() => {
      throw mistake
    })
    await expect(smoke(REQUEST, ports)).rejects.toBe(mistake)
  })

  test('a rejected credential of ours is thrown', async () => {
    const {ports} = world(() => {
      throw new OpsError('PLATFORM_TOKEN_REJECTED', 'no')
    })
    await expect(smoke(REQUEST, ports)).rejects.toMatchObject({code: 'PLATFORM_TOKEN_REJECTED'})
  })
})

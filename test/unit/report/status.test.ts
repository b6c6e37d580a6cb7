import {describe, expect, test} from 'vitest'
import {PLAIN} from '../../../src/cli/palette.ts'
import {statusOf, type LastSeen, type OpenStory, type ServerState} from '../../../src/fleet/status.ts'
import {statusText} from '../../../src/report/status.ts'
import {span} from '../../../src/report/when.ts'

const NOW = Date.UTC(2026, 10, 23)
const MINUTE = 60_000
const UUID = '15861c8f-a12e-484e-ba61-59ed5e550b8d'

const SERVERS: ServerState[] = [
  {kind: 'gitea', url: 'https://git.example.org', state: 'up', version: '1.22.6', ms: 12, why: undefined},
  {
    kind: 'platform',
    url: 'https://agents.example.org',
    state: 'down',
    version: undefined,
    ms: undefined,
    why: 'GET https://agents.example.org/health: the connection was refused (ECONNREFUSED)',
  },
]

function story(agent: string, phase: string, more: Partial<OpenStory> = {}): OpenStory {
  const about = {
    id: 'abcdefghij',
    workspace: agent,
    startedAt: NOW - 90 * MINUTE,
    dueAt: undefined,
    approval: undefined,
  }
  return {kind: 'rotation', agent, phase, ...about, ...more}
}

function shown(stories: OpenStory[] = [], seen: [string, Partial<LastSeen>][] = [], auditedAt?: number) {
  const scopes = ['read:issue', 'write:repository'] as const
  const status = statusOf({
    servers: SERVERS,
    agents: seen.map(([name]) => ({name, profile: 'engineer', scopes})),
    seen: new Map(
      seen.map(([name, more]) => [
        name,
        {lastEight: '00000001', scopes: [], by: 'audit', at: NOW - 3 * 60 * MINUTE, ...more},
      ]),
    ),
    auditedAt,
    stories,
    now: NOW,
  })
  return {status, agents: seen.length, platform: 'https://agents.example.org', unread: undefined}
}

const FULL = shown(
  [
    story('agent-external-of-the-second-team', 'restart_requested'),
    story('agent-new', 'workspace', {kind: 'onboarding'}),
    story('agent-pending', 'awaiting_approval', {approval: UUID}),
    story('agent-a', 'proven', {dueAt: NOW + 20 * MINUTE}),
    story('agent-b', 'proven', {dueAt: NOW - 60 * MINUTE}),
  ],
  [
    ['agent-dead', {dead: true}],
    ['agent-without-any-scope-at-all', {}],
    ['agent-wide', {scopes: ['all']}],
    ['agent-sound', {scopes: ['read:issue', 'write:repository']}],
  ],
  NOW - 3 * 60 * MINUTE,
)

describe('the screen', () => {
  test.each([80, 160])('fits %i columns, breaks no word and no command', (width) => {
    const text = statusText(FULL, NOW, PLAIN, width)
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(width)
    const wide = statusText(FULL, NOW, PLAIN)
    expect(text.split(/\s+/)).toEqual(wide.split(/\s+/))
    for (const command of ['patrol rotation resume abcdefghij', 'patrol onboard agent-new']) {
      expect(text).toContain(command)
    }
    expect(text.split('\n').length).toBeLessThanOrEqual(45)
  })

  test('says all with words and marks, not by colours', () => {
    const text = statusText(FULL, NOW, PLAIN, 80)
    expect(text).toMatch(/✓ up {4}Gitea .*1\.22\.6, 12 ms/)
    expect(text).toMatch(
      /✗ down {2}platform +https:\S+: GET\n {22}https:\S+ the connection was\n {22}refused \(ECONNREFUSED\)/,
    )
    expect(text).toContain('Fleet  4 agents, last audited 3 h ago')
    expect(text).toMatch(/1 ✗ dead\n {2}1 ✗ without a scope of their profile\n {2}1 ! with more.*\n {2}1 ✓ with what/)
    expect(text).toMatch(/agent-without-any-scope-at-all {2}✗ lacks read:issue, write:repository \(audit, 3\n/)
    expect(text).toMatch(/agent-wide +! has write:admin, write:user,\n +write:activitypub and 5 more besides/)
    expect(text).toMatch(/agent-b {2}! overdue for 1 h .*patrol rotation resume/)
    expect(text).toMatch(/agent-a {2}due in 20 min\n/)
    expect(text).toMatch(/Type next:\n {2}patrol doctor$/)
  })

  test('is short where there is nothing', () => {
    const text = statusText(shown([], []), NOW, PLAIN, 80)
    expect(text).toContain('Fleet  0 agents, never audited: patrol audit')
    expect(text).not.toMatch(/Worst|Unfinished|Waiting|revoked/)
  })

  test('counts what is too much to show', () => {
    const many = Array.from({length: 8}, (_, index) => story(`a${index}`, 'pushed'))
    expect(statusText(shown(many), NOW, PLAIN, 80)).toContain('  and 3 more: patrol rotation list --unfinished')
  })
})

test.each([
  [0, '0 s'],
  [59_999, '59 s'],
  [60_000, '1 min'],
  [3_599_000, '59 min'],
  [3_600_000, '1 h'],
  [86_400_000, '1 day'],
  [200_000_000, '2 days'],
  [-5, '0 s'],
])('%i ms are %s', (ms, text) => {
  expect(span(ms)).toBe(text)
})

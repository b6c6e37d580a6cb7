import type {
  AgentAudit,
  AuditReport,
  AuditFinding,
  RotationView,
  ScopeState,
  Severity,
  TokenView,
} from '../../src/fleet/types.ts'
import {SCOPES} from '../../src/scopes/vocabulary.ts'
import type {Scope} from '../../src/scopes/vocabulary.ts'

const NOW = Date.parse('2026-11-22T03:14:07Z')
const DAY = 86_400_000

const PROFILES: Record<string, readonly Scope[]> = {
  engineer: ['write:repository', 'read:issue', 'write:issue', 'read:repository', 'read:user'],
  reviewer: ['read:repository', 'read:issue', 'write:issue', 'read:notification'],
  'release-manager': [
    'write:repository',
    'read:repository',
    'read:issue',
    'write:package',
    'read:package',
    'read:organization',
  ],
}

/** Names that would break out of a page, a command or a line if anyone let them. */
export const HOSTILE_NAMES: readonly string[] = [
  '<script>window.pwned=1</script>',
  '"><img src=x onerror=window.pwned=2>',
  "'-->]]></script><svg onload=window.pwned=3>",
  '\u202Egnp.exe\u202C\nrm -rf /',
  '${window.pwned=4}{{7*7}}&lt;b&gt;',
]

/** Numbers in [0, 1) that are the same for the same seed (mulberry32). */
function numbers(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}

const ago = (days: number): string => new Date(NOW - days * DAY).toISOString().replace('.000Z', 'Z')

interface Ill {
  rule: string
  severity: Severity
  message: (agent: string) => string
  fix: (agent: string) => string
  scope?: Scope
  state?: ScopeState
}

const ILLS: readonly Ill[] = [
  {
    rule: 'scope-missing',
    severity: 'high',
    scope: 'read:issue',
    state: 'missing',
    message: (agent) =>
      `The token of ${agent} lacks read:issue, which its profile needs: it cannot find approved work.`,
    fix: (agent) => `patrol rotate ${agent}`,
  },
  {
    rule: 'scope-excess',
    severity: 'medium',
    scope: 'write:organization',
    state: 'excess',
    message: (agent) => `The token of ${agent} has write:organization, which its profile does not ask for.`,
    fix: (agent) => `patrol rotate ${agent}`,
  },
  {
    rule: 'scope-dangerous',
    severity: 'critical',
    scope: 'write:user',
    state: 'excess',
    message: (agent) => `The token of ${agent} has write:user; with it, it can mint itself a token for everything.`,
    fix: (agent) => `patrol rotate ${agent} --overlap 0s`,
  },
  {
    rule: 'token-too-old',
    severity: 'medium',
    message: (agent) => `The token of ${agent} is older than the 90 days that its profile allows.`,
    fix: (agent) => `patrol rotate ${agent}`,
  },
  {
    rule: 'token-dead',
    severity: 'critical',
    message: (agent) => `The token that ${agent} runs on is dead: Gitea answers 401.`,
    fix: (agent) => `patrol rotate ${agent} --yes`,
  },
  {
    rule: 'workspace-offline',
    severity: 'medium',
    message: (agent) => `The workspace of ${agent} is offline.`,
    fix: (agent) => `patrol restart ${agent}`,
  },
  {
    rule: 'superseded-alive',
    severity: 'high',
    message: (agent) => `A superseded token of ${agent} is alive 6 days past its overlap.`,
    fix: (agent) => `patrol revoke ${agent} --superseded`,
  },
]

/**
 * A made-up audit of so many agents, the same for the same size: about two thirds fine, every state and severity,
 * an accepted and an expired finding, rotations, and something that could not be judged. `hostile` puts
 * `HOSTILE_NAMES` wherever a name goes.
 */
export function auditFixture({agents: count, hostile = false}: {agents: number; hostile?: boolean}): AuditReport {
  const random = numbers(count * 7 + 1)
  const agents = Array.from({length: count}, (_, index) =>
    agentOf(hostile ? `${HOSTILE_NAMES[index % HOSTILE_NAMES.length]}${index}` : nameOf(index), index, random),
  )
  const stranger = hostile ? HOSTILE_NAMES[0]! : 'build-bot'
  const unclaimed = [
    findingOf(
      {
        rule: 'user-without-workspace',
        severity: 'low',
        message: (name) => `The user ${name} has tokens, but no workspace and no agent.`,
        fix: (name) => `patrol onboard ${name} --dry-run`,
      },
      stranger,
      count,
    ),
  ]
  const judged = [...agents.flatMap((each) => each.findings), ...unclaimed]
  const counted = judged.filter((each) => !each.accepted || each.accepted.expired)
  const of = (severity: Severity) => counted.filter((each) => each.severity === severity).length
  const unknown = agents.filter((each) => each.state === 'unknown').length
  return {
    startedAt: new Date(NOW - 41_000).toISOString(),
    finishedAt: new Date(NOW).toISOString(),
    gitea: {url: 'https://gitea.example', version: '1.22.6'},
    platform: {url: 'https://platform.example', release: '2026-06'},
    inventory: {file: 'patrol.yaml', digest: 'a1b2c3d4'.repeat(8), agents: count},
    shard: undefined,
    failOn: 'low',
    sources: ['listing', 'probe', 'platform'],
    agents,
    unclaimed,
    unjudged:
      count > 3 ? [{agent: '', rule: 'token-orphan', reason: 'GET /api/v1/admin/users answered 502 three times'}] : [],
    rotations: rotationsOf(agents, random),
    runs: [
      {
        shard: undefined,
        startedAt: new Date(NOW - 41_000).toISOString(),
        finishedAt: new Date(NOW).toISOString(),
        requests: 41,
      },
    ],
    summary: {
      agents: count,
      ok: agents.filter((each) => each.state === 'ok').length,
      withFindings: agents.filter((each) => each.state === 'findings').length,
      unknown,
      findings: {critical: of('critical'), high: of('high'), medium: of('medium'), low: of('low')},
      accepted: judged.length - counted.length,
      expired: counted.filter((each) => each.accepted?.expired).length,
      requests: count * 9 + 4,
      exit: unknown > 0 ? 5 : counted.length > 0 ? 3 : 0,
    },
  }
}

function nameOf(index: number): string {
  const teams = ['atlas', 'borealis', 'cascade', 'dynamo', 'ember', 'fjord']
  return `${teams[index % teams.length]}-${Math.floor(index / teams.length) + 1}`
}

function agentOf(agent: string, index: number, random: () => number): AgentAudit {
  const [profile, needed] = Object.entries(PROFILES)[Math.floor(random() * 2.4)]!
  const scopes: Partial<Record<Scope, ScopeState>> = {}
  for (const scope of SCOPES) if (scope !== 'all') scopes[scope] = needed.includes(scope) ? 'needed' : 'absent'

  const ills: Ill[] = []
  if (random() < 0.22) ills.push(ILLS[Math.floor(random() * ILLS.length)]!)
  if (random() < 0.06) ills.push(ILLS[Math.floor(random() * 3)]!)
  const unanswered = random() < 0.05
  const partly = !unanswered && random() < 0.03
  const dead = ills.some((each) => each.rule === 'token-dead')
  for (const ill of ills) if (ill.scope && ill.state) scopes[ill.scope] = ill.state
  if (partly) scopes['write:repository'] = 'unknown'
  if (unanswered || dead) for (const scope of SCOPES.filter((each) => each !== 'all')) scopes[scope] = 'unknown'

  const findings = unanswered ? [] : [...new Set(ills)].map((ill) => findingOf(ill, agent, index))
  if (findings[0] && random() < 0.15) {
    const expired = random() < 0.4
    findings[0].accepted = {
      owner: 'mira@example.com',
      reason: 'moves to the new profile with the next release',
      expires: expired ? '2026-10-31' : '2027-01-31',
      expired,
    }
  }
  const old = ills.some((each) => each.rule === 'token-too-old')
  const token: TokenView = {
    id: 1000 + index,
    name: `patrol.agent.20260901.${index}`,
    lastEight: (0x10000000 + index * 7919).toString(16).slice(-8),
    scopes: [...needed],
    createdAt: random() < 0.05 ? undefined : ago(old ? 95 + random() * 300 : random() * 88),
    lastUsedAt: ago(random() * 3),
    source: 'listing',
    deployed: true,
  }
  const open = findings.filter((each) => !each.accepted || each.accepted.expired)
  const unknown = unanswered || partly
  return {
    index,
    agent,
    user: agent,
    workspace: `ws-${agent}`,
    workspaceStatus: ills.some((each) => each.rule === 'workspace-offline') ? 'offline' : 'online',
    profile,
    anchor: {file: 'patrol.yaml', line: 20 + index * 4, column: 5},
    state: unknown ? 'unknown' : open.length > 0 ? 'findings' : 'ok',
    liveness: unanswered ? 'unknown' : dead ? 'dead' : 'alive',
    scopes,
    tokens: [token],
    deployedFrom: 'reference',
    findings: findings.map((each) => ({...each, subject: {...each.subject, token}})),
    unjudged: unanswered
      ? [{agent, rule: '*', reason: 'GET /api/v1/version answered 502 with an HTML page'}]
      : partly
        ? [{agent, rule: 'scope-missing', reason: 'write:repository: 429, and Retry-After is past the deadline'}]
        : [],
  }
}

function findingOf(ill: Ill, agent: string, index: number): AuditFinding {
  return {
    rule: ill.rule,
    severity: ill.severity,
    agent,
    subject: {user: agent, ...(ill.scope ? {scope: ill.scope} : {})},
    message: ill.message(agent),
    evidence: ill.scope
      ? {
          method: 'GET',
          path: '/api/v1/repos/~scope-probe~/x/issues',
          status: 403,
          dialect: 'plain',
          reason: 'token does not have at least one of required scope(s)',
        }
      : undefined,
    fix: ill.fix(agent),
    note: undefined,
    ref: 'token-scope-gap',
    fingerprint: `${ill.rule}-${index}`,
    anchor: {file: 'patrol.yaml', line: 20 + index * 4, column: 5},
    accepted: undefined,
  }
}

function rotationsOf(agents: readonly AgentAudit[], random: () => number): RotationView[] {
  const phases = ['completed', 'completed', 'completed', 'completed', 'rolled_back', 'proven', 'awaiting_approval']
  return agents
    .filter((_, index) => index % 3 === 0)
    .slice(0, 120)
    .map(({agent}, index) => {
      const started = random() * 120
      return {
        id: `r-${(4096 + index).toString(16)}`,
        agent,
        phase: phases[Math.floor(random() * phases.length)]!,
        startedAt: ago(started),
        updatedAt: ago(Math.max(0, started - random() * 0.01)),
      }
    })
}

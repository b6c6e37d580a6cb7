import type {AgentAudit, AuditEvent, AuditReport, AuditFinding, Severity, TokenView} from '../../src/fleet/types.ts'
import {formats} from '../../src/report/formats/index.ts'
import type {FormatContext, FormatName, RuleText} from '../../src/report/formats/index.ts'

/** A rule table of its own, so that a change of the real one changes no expectation here. */
const rule = (id: string, severity: Severity, needs: readonly (readonly string[])[]): RuleText => ({
  id,
  severity,
  title: `about ${id}`,
  explains: `Why ${id} matters.`,
  ref: id,
  needs,
})
export const RULE_TEXTS: readonly RuleText[] = [
  rule('token-dead', 'critical', [['listing'], ['probe']]),
  rule('scope-missing', 'high', [['listing'], ['probe']]),
  rule('scope-excess', 'medium', [['listing'], ['probe']]),
  rule('role-gap', 'high', [['probe']]),
  rule('token-orphan', 'high', [['listing']]),
  rule('token-too-old', 'medium', [['listing'], ['ledger']]),
  rule('token-unused', 'low', [['listing']]),
  rule('workspace-failed', 'high', [['platform']]),
  rule('user-without-workspace', 'low', [['listing']]),
]

/** Every kind of thing a report can show, once: the counts in `summary` are made by hand. */
export function richReport(): AuditReport {
  return {
    startedAt: '2026-11-22T03:00:00.000Z',
    finishedAt: '2026-11-22T03:00:08.500Z',
    gitea: {url: 'https://git.example', version: '1.25.4'},
    platform: undefined,
    inventory: {file: 'fleet/patrol.yaml', digest: 'd'.repeat(64), agents: 7},
    shard: undefined,
    failOn: 'low',
    sources: ['listing', 'probe', 'ledger'],
    agents: [
      agent(0, 'atlas', {scopes: {'read:issue': 'needed', 'read:repository': 'needed'}}),
      agent(1, 'dozer', {
        state: 'unknown',
        liveness: 'unknown',
        tokens: [],
        deployedFrom: undefined,
        unjudged: [{agent: 'dozer', rule: '*', reason: 'Gitea answered 502 to GET /users/bot-dozer/tokens'}],
      }),
      agent(2, 'planner', {
        state: 'findings',
        liveness: 'dead',
        findings: [
          finding(2, 'planner', 'token-too-old', 'the token is 120 days old, the profile allows 90', {
            accepted: {owner: 'ops', reason: 'moves in January', expires: '2027-01-31', expired: false},
          }),
          finding(2, 'planner', 'token-dead', 'Gitea answers 401 to the deployed token', {
            evidence: {method: 'GET', path: '/version', status: 401, dialect: 'plain', reason: 'not accepted'},
          }),
        ],
      }),
      agent(3, 'quiet', {
        findings: [
          finding(3, 'quiet', 'token-unused', 'the token was last used 40 days ago', {
            accepted: {owner: 'ops', reason: 'on leave', expires: '2026-12-31', expired: false},
          }),
        ],
      }),
      agent(4, 'relay', {
        state: 'unknown',
        findings: [finding(4, 'relay', 'token-unused', 'the token was last used 31 days ago')],
        unjudged: [{agent: 'relay', rule: 'role-gap', reason: 'no answer to GET /repos/acme/shop/issues'}],
      }),
      agent(5, 'scribe', {
        state: 'findings',
        scopes: {
          'read:issue': 'missing',
          'read:user': 'missing',
          'write:package': 'excess',
          'read:repository': 'needed',
        },
        findings: [
          finding(5, 'scribe', 'scope-missing', 'the token lacks read:issue', {subject: {scope: 'read:issue'}}),
          finding(5, 'scribe', 'scope-missing', 'the token lacks read:user', {subject: {scope: 'read:user'}}, 'b'),
          finding(5, 'scribe', 'scope-excess', 'the token has write:package, which engineer does not need', {
            subject: {scope: 'write:package'},
            accepted: {owner: 'ops', reason: 'until the registry moved', expires: '2026-10-31', expired: true},
          }),
        ],
      }),
      agent(6, 'zephyr', {
        state: 'findings',
        workspaceStatus: 'online',
        findings: [
          finding(6, 'zephyr', 'token-orphan', 'patrol.zephyr.20260901.4f2a is alive and in nobody’s hands', {
            subject: {token: token('0000000f', {name: 'patrol.zephyr.20260901.4f2a', deployed: false})},
          }),
        ],
      }),
    ],
    unclaimed: [
      {
        ...finding(9, 'bot-ghost', 'user-without-workspace', 'Gitea user bot-ghost belongs to no agent'),
        anchor: undefined,
        subject: {user: 'bot-ghost'},
      },
    ],
    unjudged: [{agent: '', rule: 'user-without-workspace', reason: 'page 3 of the users did not come'}],
    rotations: [
      {
        id: 'r1',
        agent: 'atlas',
        phase: 'completed',
        startedAt: '2026-11-01T00:00:00.000Z',
        updatedAt: '2026-11-01T00:05:00.000Z',
      },
    ],
    runs: [
      {
        shard: undefined,
        startedAt: '2026-11-22T03:00:00.000Z',
        finishedAt: '2026-11-22T03:00:08.500Z',
        requests: 41,
      },
    ],
    summary: {
      agents: 7,
      ok: 2,
      withFindings: 3,
      unknown: 2,
      findings: {critical: 1, high: 3, medium: 1, low: 2},
      accepted: 2,
      expired: 1,
      requests: 41,
      exit: 5,
    },
  }
}

/** A clean fleet of one. */
export function cleanReport(): AuditReport {
  const report = richReport()
  const summary = {...report.summary, agents: 1, ok: 1, withFindings: 0, unknown: 0, accepted: 0, expired: 0, exit: 0}
  return {
    ...report,
    agents: report.agents.slice(0, 1),
    unclaimed: [],
    unjudged: [],
    rotations: [],
    summary: {...summary, findings: {critical: 0, high: 0, medium: 0, low: 0}},
  }
}

/** The same report with this text in every place that somebody else may have written. */
export function hostileReport(text: string): AuditReport {
  const report = richReport()
  const spoilt = (each: AuditFinding): AuditFinding => ({
    ...each,
    agent: text,
    subject: {...each.subject, user: text, workspace: text},
    message: `about ${text}`,
    fix: `patrol rotate '${text}'`,
    accepted: each.accepted && {...each.accepted, owner: text, reason: text},
    evidence: each.evidence && {...each.evidence, reason: text},
  })
  return {
    ...report,
    agents: report.agents.map((audit, index) => ({
      ...audit,
      agent: index === 6 ? text : `${index}${text}`,
      user: text,
      workspace: text,
      workspaceStatus: text,
      profile: text,
      findings: audit.findings.map(spoilt),
      unjudged: audit.unjudged.map((each) => ({...each, agent: text, reason: text})),
    })),
    unclaimed: report.unclaimed.map(spoilt),
    unjudged: report.unjudged.map((each) => ({...each, reason: text})),
  }
}

/** A report as events, as the engine hands them out. */
export function* eventsOf(report: AuditReport): Generator<AuditEvent> {
  const {agents, finishedAt, unclaimed, unjudged, rotations, runs, summary, ...head} = report
  yield {kind: 'head', head}
  for (const audit of agents) yield {kind: 'agent', audit}
  yield {kind: 'tail', tail: {finishedAt, unclaimed, unjudged, rotations, runs, summary}}
}

export const CONTEXT: FormatContext = {tool: {name: 'patrol', version: '9.9.9'}, root: '/srv/repo', rules: RULE_TEXTS}

/** The whole text of a report in one format. */
export async function render(name: FormatName, report: AuditReport, context: Partial<FormatContext> = {}) {
  const format = await formats[name]()
  const [first, ...events] = eventsOf(report)
  if (first?.kind !== 'head') throw new Error('a report starts with its head')
  const writer = format.audit(first.head, {...CONTEXT, ...context})
  const texts = events.map((event) =>
    event.kind === 'agent' ? writer.agent(event.audit) : event.kind === 'tail' ? writer.end(event.tail) : '',
  )
  return [writer.start, ...texts].join('')
}

function agent(index: number, name: string, changes: Partial<AgentAudit> = {}): AgentAudit {
  return {
    index,
    agent: name,
    user: `bot-${name}`,
    workspace: name,
    workspaceStatus: undefined,
    profile: 'engineer',
    anchor: {file: 'fleet/patrol.yaml', line: 10 + index, column: 3},
    state: 'ok',
    liveness: 'alive',
    scopes: {},
    tokens: [token(`0000000${index}`)],
    deployedFrom: 'reference',
    findings: [],
    unjudged: [],
    ...changes,
  }
}

function token(lastEight: string, changes: Partial<TokenView> = {}): TokenView {
  return {
    id: 1,
    name: 'patrol',
    lastEight,
    scopes: ['read:issue'],
    createdAt: '2026-10-01T00:00:00Z',
    lastUsedAt: undefined,
    source: 'listing',
    deployed: true,
    ...changes,
  }
}

/** Fingerprints are told apart by agent, rule and, where both are alike, a letter. */
function finding(
  index: number,
  name: string,
  id: string,
  message: string,
  changes: Partial<AuditFinding> = {},
  letter = 'a',
): AuditFinding {
  const position = RULE_TEXTS.findIndex((each) => each.id === id)
  return {
    rule: id,
    severity: RULE_TEXTS[position]!.severity,
    agent: name,
    subject: {},
    message,
    evidence: undefined,
    fix: `patrol rotate ${name}`,
    note: undefined,
    ref: id,
    fingerprint: `${letter.repeat(18)}${index}${position}`,
    anchor: {file: 'fleet/patrol.yaml', line: 10 + index, column: 3},
    accepted: undefined,
    ...changes,
  }
}

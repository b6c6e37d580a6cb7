import type {ProbeJudgement} from '../probe/judgement.ts'
import {forgeOf, forgeWord} from '../forge.ts'
import type {AccessOutcome, ProbedConfinement, ProbeReport, ScopeVerdict} from '../probe/types.ts'
import {reachText} from '../scopes/repositories.ts'
import {CATEGORIES} from '../scopes/vocabulary.ts'
import type {Scope} from '../scopes/vocabulary.ts'
import {forgeShape} from './forge.ts'
import type {Tint} from './tint.ts'
import {table} from './table.ts'
import {nextText, wrapped} from './wrap.ts'

/** A probe for scripts: what was found out, and how it stands to the profile. */
export interface ProbeResult extends Omit<ProbeReport, 'identity' | 'repo' | 'version'> {
  version: string | null
  forge: {name: string; version: string} | null
  identity: ProbeReport['identity'] | null
  repo: ProbeReport['repo'] | null
  profile: {name: string; scopes: readonly Scope[]; missing: Scope[]; excess: Scope[]; unknown: Scope[]}
  asymmetry: string | null
  next: string[]
}

/** Field by field, so that nothing slips in; what is not known is null. */
export function probeResult(report: ProbeReport, judgement: ProbeJudgement): ProbeResult {
  const {giteaUrl, dialect, liveness, scopes, granted, lastEight, requests: count} = report
  const {profile, wanted, missing, excess, unjudged, asymmetry, next} = judgement
  return {
    giteaUrl,
    version: report.version ?? null,
    forge: forgeShape(report.version),
    dialect,
    liveness,
    identity: report.identity ?? null,
    lastEight,
    scopes,
    granted,
    confinement: report.confinement,
    repo: report.repo ?? null,
    profile: {name: profile, scopes: wanted, missing, excess, unknown: unjudged},
    asymmetry: asymmetry ?? null,
    requests: count,
    next,
  }
}

/** A probe for people: who, alive or not, the matrix, what that means, what to type next. */
export function probeText(report: ProbeReport, judgement: ProbeJudgement, tint: Tint, width?: number): string {
  const blocks = [
    facts(report, tint, width),
    ...(report.liveness.state === 'alive' ? [matrix(report, tint, width), comparison(judgement, tint, width)] : []),
    ...(judgement.asymmetry ? [tint.bad(wrapped(judgement.asymmetry, width))] : []),
    wrapped(requests(report), width),
    nextText(judgement.next, (line) => tint.command(line)),
  ]
  return blocks.filter((block) => block !== '').join('\n\n')
}

/** Categories down, levels across; every mark with its word. */
export function matrix(report: ProbeReport, tint: Tint, width?: number): string {
  const said = new Map(report.scopes.map((each) => [each.scope, each]))
  const rows = CATEGORIES.map((category) => [
    category,
    word(said.get(`read:${category}`), tint),
    word(said.get(`write:${category}`), tint),
    reason([said.get(`read:${category}`), said.get(`write:${category}`)]),
  ])
  const columns = [{title: 'category'}, {title: 'read'}, {title: 'write'}, {title: '', cut: true}]
  const publicOnly = said.get('public-only')
  const {reach} = report.confinement
  const notes = [
    ...(publicOnly?.verdict === 'granted' ? ['public-only: private repositories are out of reach'] : []),
    ...(Array.isArray(reach) ? [`${reachText(reach)}: elsewhere it reads what is public, and writes nothing`] : []),
  ]
  return [table(columns, rows, width), ...notes.map((note) => wrapped(tint.warn(`! ${note}`), width, 2))].join('\n')
}

function facts(report: ProbeReport, tint: Tint, width?: number): string {
  const {liveness, identity, confinement} = report
  const forge = forgeOf(report.version)
  const states = {
    alive: tint.good('✓ alive'),
    dead: tint.bad('✗ dead'),
    blocked: tint.bad('✗ blocked'),
    unknown: tint.warn('? unknown'),
  }
  const lines = [
    [forgeWord(forge.name), `${report.giteaUrl}${forge.version && ` (${forge.version})`}`],
    ['Token', `${report.lastEight ? `…${report.lastEight}  ` : ''}${states[liveness.state]}`],
    [
      'User',
      identity ? `${identity.login}${identity.isAdmin ? ' (site administrator)' : ''}` : 'not readable with this token',
    ],
  ]
  if (liveness.state !== 'alive') lines.push(['Reason', liveness.evidence.reason])
  else if (confinement.reach === 'unknown') lines.push(['Reach', `${tint.warn('? unknown')}, ${confinement.reason}`])
  else if (confinement.reach !== 'all') lines.push(['Reach', tint.warn(`! ${reachText(confinement.reach)}`)])
  if (report.repo) {
    const {repo, issues, pulls} = report.repo
    lines.push(
      ['Repo', repo],
      ['', `issues         ${access(issues.outcome, confinement, tint)}`],
      ['', `pull requests  ${access(pulls.outcome, confinement, tint)}`],
    )
  }
  return lines.map(([name = '', value = '']) => wrapped(`${name.padEnd(8)}${value}`, width, 8)).join('\n')
}

const ABOUT_REACH: ReadonlySet<string> = new Set(['repository-missing', 'repository-excess', 'could-be-confined'])

function comparison(judgement: ProbeJudgement, tint: Tint, width?: number): string {
  const {profile, missing, excess, unjudged, unreached, findings} = judgement
  const list = (mark: string, scopes: readonly Scope[]): string => wrapped(`  ${mark}  ${scopes.join(', ')}`, width, 13)
  const lines = [`Profile ${tint.strong(profile)}:`]
  if (missing.length > 0) lines.push(list(tint.bad('✗ missing'), missing))
  if (unjudged.length > 0) lines.push(list(tint.warn('? unknown'), unjudged))
  if (excess.length > 0) lines.push(list(tint.warn('! excess '), excess))
  if (unreached) lines.push(wrapped(`  ${tint.warn('? unknown')}  which repositories the token reaches`, width, 13))
  for (const {rule, severity, message} of findings.filter((each) => ABOUT_REACH.has(each.rule))) {
    const mark = severity === 'error' ? tint.bad('✗ missing') : tint.warn('! excess ')
    lines.push(wrapped(`  ${rule === 'could-be-confined' ? tint.warn('! note   ') : mark}  ${message}`, width, 13))
  }
  if (lines.length === 1) lines.push(`  ${tint.good('✓ complete')}, and nothing beyond it`)
  return lines.join('\n')
}

function requests({requests: count, dialect, scopes}: ProbeReport): string {
  const told = scopes.find(({evidence}) => evidence.dialect === 'self')
  const how = {
    self: told?.evidence.path.includes('/users/')
      ? 'the scopes stand in the token list of its user'
      : 'the server told the scopes when asked for the token',
    'lists-granted': 'a denial listed the scopes',
    plain: 'the scopes were found one by one',
    none: 'no scope could be asked for',
  }
  return `${count} request${count === 1 ? '' : 's'}; ${how[dialect]}. Nothing was changed.`
}

function word(verdict: ScopeVerdict | undefined, tint: Tint): string {
  if (!verdict) return tint.dim('– not asked')
  const words = {
    granted: tint.good('✓ granted'),
    missing: tint.bad('✗ missing'),
    unknown: tint.warn('? unknown'),
    not_applicable: tint.dim('– n/a'),
  }
  return words[verdict.verdict]
}

/** Why a row is not known; what is granted or missing needs no words. */
function reason(verdicts: readonly (ScopeVerdict | undefined)[]): string {
  const open = verdicts.find((each) => each && (each.verdict === 'unknown' || each.verdict === 'not_applicable'))
  return open?.evidence.reason ?? ''
}

function access(outcome: AccessOutcome, {doubt}: ProbedConfinement, tint: Tint): string {
  const words = {
    ok: tint.good('✓ ok'),
    scope: tint.bad('✗ 403, the token lacks the scope'),
    confinement: tint.bad('✗ 404, the token is confined to other repositories'),
    role: tint.bad("✗ refused, the token's user may not"),
    shut: tint.bad(`✗ 404, the token's user may not, or ${doubt ?? 'the token is confined to other repositories'}`),
    unknown: tint.warn('? unknown'),
  }
  return words[outcome]
}

import {EXIT, worstExit} from '../errors.ts'
import {forgeOf, reaches} from '../forge.ts'
import {dangers} from '../scopes/profiles.ts'
import {covers, reachText, writesIn, type RepositoryReach} from '../scopes/repositories.ts'
import {compare, expand, normalise} from '../scopes/sets.ts'
import type {Scope} from '../scopes/vocabulary.ts'
import type {Evidence, ProbeReport, ScopeVerdict} from './types.ts'
import {asymmetry} from './words.ts'

/** One violation, how grave it is, what shows it and the command that mends it. Only `error` makes a run exit 3. */
export interface ProbeFinding {
  rule:
    | 'token-dead'
    | 'token-blocked'
    | 'scope-missing'
    | 'scope-excess'
    | 'scope-dangerous'
    | 'repository-missing'
    | 'repository-excess'
    | 'could-be-confined'
    | 'role-missing'
  severity: 'error' | 'warning'
  agent: string | null
  message: string
  scope?: Scope
  evidence?: Evidence
  /** Null where it is not known which agent's token it is. */
  fix: string | null
}

/** A probe held against a profile. */
export interface ProbeJudgement {
  profile: string
  wanted: readonly Scope[]
  missing: Scope[]
  excess: Scope[]
  /** Wanted scopes about which the server gave no usable answer. */
  unjudged: Scope[]
  /** Nothing tells which repositories a live token reaches, and the profile names some or all, or it is to write in one. */
  unreached: boolean
  findings: ProbeFinding[]
  /** The asymmetry in plain words, where there is one. */
  asymmetry: string | undefined
  /** Commands to type next. */
  next: string[]
  exit: number
}

/** Holds what a token can do against what its profile needs. Unknown is never taken for missing or granted. */
export function judge(
  report: ProbeReport,
  profile: {name: string; scopes: readonly Scope[]; repositories?: RepositoryReach | undefined},
  agent: string | undefined,
): ProbeJudgement {
  const {missing, excess, unjudged} = gapOf(report, profile.scopes)
  const verdicts = new Map(report.scopes.map((each) => [each.scope, each]))
  const findings = [
    ...aboutLife(report, agent),
    ...missing.map((scope) => about('scope-missing', 'error', scope, `the token lacks ${scope}`)),
    ...excess
      .filter((scope) => !isDangerous(scope))
      .map((scope) =>
        about('scope-excess', 'warning', scope, `the token has ${scope}, which ${profile.name} does not need`),
      ),
    ...dangers(excess).map(({scope, why}) =>
      about('scope-dangerous', 'warning', scope, `the token has ${scope}: ${why}`),
    ),
    ...aboutReach(report, profile, agent),
    ...aboutRole(report, agent),
  ]
  const unreached = isUnreached(report, profile)
  const unknown = report.liveness.state === 'unknown' || unjudged.length > 0 || unreached
  const exit = worstExit([
    unknown ? EXIT.unavailable : 0,
    findings.some(({severity}) => severity === 'error') ? EXIT.findings : 0,
  ])
  return {
    profile: profile.name,
    wanted: profile.scopes,
    missing,
    excess,
    unjudged,
    unreached,
    findings,
    asymmetry: sentence(asymmetry(report)),
    next: next(findings, agent, unknown),
    exit,
  }

  function about(
    rule: ProbeFinding['rule'],
    severity: ProbeFinding['severity'],
    scope: Scope,
    message: string,
  ): ProbeFinding {
    const evidence = verdicts.get(scope)?.evidence
    return {rule, severity, agent: agent ?? null, message, scope, ...(evidence && {evidence}), fix: rotate(agent)}
  }
}

/** As an audit has it: where a confined token only reads, one that finds its work will do. */
function isUnreached(
  {confinement, liveness, repo, version}: ProbeReport,
  {scopes, repositories}: {scopes: readonly Scope[]; repositories?: RepositoryReach | undefined},
): boolean {
  if (confinement.reach !== 'unknown' || liveness.state !== 'alive') return false
  if (repositories !== undefined) return true
  // One that is shut has its own finding, whatever the reason.
  const open = repo !== undefined && repo.issues.outcome !== 'shut' && repo.pulls.outcome !== 'shut'
  return open && writesIn(scopes) && reaches(forgeOf(version), 'forgejo', '15.0')
}

/** Each in normal form; nothing of a token that does not work. */
function gapOf(report: ProbeReport, wanted: readonly Scope[]): Pick<ProbeJudgement, 'missing' | 'excess' | 'unjudged'> {
  if (report.liveness.state !== 'alive') return {missing: [], excess: [], unjudged: []}
  const {missing, excess} = compare(report.granted, wanted)
  const lacking = expand(missing)
  const ofThem = (said: ScopeVerdict['verdict']) =>
    normalise(
      report.scopes.filter(({scope, verdict}) => verdict === said && lacking.has(scope)).map(({scope}) => scope),
    )
  return {missing: ofThem('missing'), excess, unjudged: ofThem('unknown')}
}

function aboutLife(report: ProbeReport, agent: string | undefined): ProbeFinding[] {
  const {state, evidence} = report.liveness
  const shared = {severity: 'error', agent: agent ?? null, evidence} as const
  if (state === 'dead') {
    return [
      {...shared, rule: 'token-dead', message: 'the token is dead: the server does not accept it', fix: rotate(agent)},
    ]
  }
  if (state === 'blocked') {
    const message = `the token's user is blocked: ${evidence.reason}; unlock it on the server`
    return [{...shared, rule: 'token-blocked', message, fix: probe(agent)}]
  }
  return []
}

/** The repositories that the profile names, against those that the token reaches. */
function aboutReach(
  {confinement, repo, version, liveness}: ProbeReport,
  {name, scopes, repositories}: {name: string; scopes: readonly Scope[]; repositories?: RepositoryReach | undefined},
  agent: string | undefined,
): ProbeFinding[] {
  const {reach, doubt} = confinement
  if (reach === 'unknown' || liveness.state !== 'alive') return []
  const about = {agent: agent ?? null, fix: rotate(agent)}
  const named = Array.isArray(repositories) ? repositories : []
  if (reach === 'all') {
    if (named.length === 0 || !reaches(forgeOf(version), 'forgejo', '15.0')) return []
    const unless = doubt === undefined ? '' : `, unless ${doubt}`
    const message = `the token reaches every repository of its user${unless}; ${name} names ${named.join(', ')}, and this server can confine it`
    return [{...about, rule: 'could-be-confined', severity: 'warning', message}]
  }
  if (repositories === 'all') {
    const message = `the token is ${reachText(reach)}, and ${name} wants every repository of its user`
    return [{...about, rule: 'repository-missing', severity: 'error', message}]
  }
  const missing = named.filter((each) => !covers(reach, each))
  const excess = named.length === 0 ? [] : reach.filter((each) => !covers(named, each))
  // A public one outside can be read, and nothing written there.
  const mute = repo && writesIn(scopes) && !covers(reach, repo.repo) ? repo.issues : undefined
  const shut = repo && ([repo.issues, repo.pulls].find(({outcome}) => outcome === 'confinement') ?? mute)
  const beside = shut && !missing.some((each) => covers([each], repo.repo)) ? repo.repo : undefined
  return [
    ...missing.map((each): ProbeFinding => {
      const message = `the token is ${reachText(reach)}, and ${name} needs ${each}`
      return {...about, rule: 'repository-missing', severity: 'error', message}
    }),
    ...(shut && beside !== undefined ? [outside(beside, shut.evidence)] : []),
    ...excess.map((each): ProbeFinding => {
      const message = `the token reaches ${each}, which ${name} does not need`
      return {...about, rule: 'repository-excess', severity: 'warning', message}
    }),
  ]

  /** A rotation keeps what there is, until the profile says more. */
  function outside(where: string, evidence: Evidence): ProbeFinding {
    const message = `${evidence.reason}; name ${where} under "repositories" of profile ${name} in patrol.yaml, then rotate`
    return {...about, rule: 'repository-missing', severity: 'error', message, evidence, fix: null}
  }
}

/** The token may, but its user may not: no rotation helps. */
function aboutRole({repo, confinement}: ProbeReport, agent: string | undefined): ProbeFinding[] {
  if (!repo) return []
  const parts = [
    {what: 'issues', access: repo.issues},
    {what: 'pull requests', access: repo.pulls},
  ]
  const audit = agent === undefined ? null : `patrol audit ${agent}`
  return parts.flatMap(({what, access: {outcome, evidence}}): ProbeFinding[] => {
    const about = {rule: 'role-missing', severity: 'error', agent: agent ?? null, evidence} as const
    const may = `the token's user may not read the ${what} of ${repo.repo}`
    if (outcome === 'role') {
      const message = `${may}; another token would not help: give the user access on the server`
      return [{...about, message, fix: probe(agent)}]
    }
    if (outcome !== 'shut') return []
    if (confinement.doubt !== undefined) {
      const message = `${may}, or ${confinement.doubt}; see that the user has access on the server, and where it has, rotate`
      return [{...about, message, fix: probe(agent)}]
    }
    const message = `${may}, or the token is confined to other repositories; only an administrator's list tells which`
    return [{...about, message, fix: audit}]
  })
}

/** The asymmetry as a sentence of its own. */
function sentence(text: string | undefined): string | undefined {
  return text === undefined ? undefined : `${text.charAt(0).toUpperCase()}${text.slice(1)}.`
}

function next(findings: readonly ProbeFinding[], agent: string | undefined, unknown: boolean): string[] {
  const fixes = new Set(findings.filter(({severity}) => severity === 'error').map(({fix}) => fix))
  if (fixes.size > 0) return [...fixes].filter((fix) => fix !== null)
  if (unknown) return ['patrol doctor']
  if (agent === undefined) return []
  return [`patrol ${findings.length > 0 ? 'rotate' : 'smoke'} ${agent}`]
}

function rotate(agent: string | undefined): string | null {
  return agent === undefined ? null : `patrol rotate ${agent}`
}

function probe(agent: string | undefined): string {
  return agent === undefined ? 'patrol probe' : `patrol probe ${agent}`
}

function isDangerous(scope: Scope): boolean {
  return dangers([scope]).length > 0
}

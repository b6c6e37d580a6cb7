import {OpsError} from '../../errors.ts'
import {foreignTo, type KnownDeployed} from '../../rotation/foreign.ts'
import {sameLogin} from '../../rotation/names.ts'
import type {TokenRow} from '../../rotation/ports.ts'
import {chooseSuperseded} from '../../rotation/superseded.ts'
import {dangers} from '../../scopes/profiles.ts'
import {covers, unconfinable, writesIn} from '../../scopes/repositories.ts'
import {hasStopped, type AgentFacts} from '../facts.ts'
import {named, visibleName} from '../fixes.ts'
import {isAbsent, valueOf} from '../reading.ts'
import type {Guarded, Hurdle} from '../types.ts'
import type {Bench} from './bench.ts'
import type {HeldReach} from './reach.ts'

/** What mints a token. */
const MINTING: readonly Guarded[] = ['rotate', 'onboard', 'mint']
/** What writes to a workspace that is there. */
const WRITING: readonly Guarded[] = ['rotate', 'resume', 'onboard', 'push', 'restart']
const UUID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/

/** What an audit knows besides an agent's facts. */
type AuditGrounds = Pick<Bench, 'rejected' | 'adminUser' | 'ownWorkspace' | 'onboarding'>

/**
 * What guards would refuse the fixes of this agent's findings for, as far as its facts tell.
 */
export function hurdlesOf(facts: AgentFacts, reach: HeldReach, around: AuditGrounds): Hurdle[] {
  return [
    ...credentialHurdles(around),
    ...storyHurdles(facts, around),
    ...accountHurdles(facts, around),
    ...profileHurdles(facts, reach),
    ...workspaceHurdles(facts, around),
    ...tokenHurdles(facts),
  ]
}

function only(applies: boolean, hurdle: Hurdle): Hurdle[] {
  return applies ? [hurdle] : []
}

/** Without our own credentials no command gets anywhere. */
function credentialHurdles({rejected}: AuditGrounds): Hurdle[] {
  const instead = 'patrol doctor'
  return [
    ...only(rejected.admin, {
      stops: [...MINTING, 'resume', 'revoke'],
      note: "first mend the administrator's credential, which the server rejects: nothing is minted or deleted without it",
      instead,
    }),
    ...only(rejected.platform, {
      stops: [...WRITING, 'smoke', 'revoke'],
      note: 'first mend the token of the platform, which it rejects: no workspace is reached without it',
      instead,
    }),
  ]
}

/** What was begun has to end before anything else is begun. */
function storyHurdles(facts: AgentFacts, {onboarding}: AuditGrounds): Hurdle[] {
  const agent = named(facts.agent.name)
  if (onboarding(facts.agent.name)) {
    return [{stops: ['rotate', 'revoke'], note: 'its onboarding is unfinished', instead: `patrol onboard ${agent}`}]
  }
  return only(hasStopped(facts), {
    stops: ['onboard'],
    note: `its rotation is unfinished, and ends so where its user or its workspace is gone; then type: patrol onboard ${agent}`,
    instead: `patrol rotation abort ${agent}`,
  })
}

function accountHurdles({agent, account, probe}: AgentFacts, {adminUser}: AuditGrounds): Hurdle[] {
  const known = valueOf(account)
  const identity = valueOf(probe)?.identity
  const seen = identity && sameLogin(identity.login, agent.user) ? identity.isAdmin : undefined
  const user = visibleName(agent.user)
  return [
    ...only(adminUser !== undefined && sameLogin(agent.user, adminUser), {
      stops: MINTING,
      note: `first use another administrator as admin in patrol.yaml: patrol works with the credential of ${user}`,
    }),
    ...only(known?.organisation === true, {
      stops: MINTING,
      note: `first give the agent a user of its own in patrol.yaml: ${user} is an organisation`,
    }),
    ...only(
      valueOf(probe)?.liveness.state === 'blocked' || (known !== undefined && (!known.active || known.prohibitLogin)),
      {
        stops: MINTING,
        note: `let ${user} sign in again first: no token of it works`,
      },
    ),
    ...only(known?.isAdmin ?? seen ?? false, {
      stops: MINTING,
      note: `first take the rights of an administrator from ${user} on the server`,
      waiver: 'or add --allow-site-admin',
    }),
    // The concierge's, for any other's is made by its onboarding.
    ...only(isAbsent(account), {stops: ['mint'], note: `first make the user ${user} on the server`}),
  ]
}

function profileHurdles({agent, probe}: AgentFacts, {reach, canConfine}: HeldReach): Hurdle[] {
  const {profile, scopes, repositories, repo} = agent
  const dangerous = dangers(scopes).map(({scope}) => scope)
  // What the profile does not say, the new token has of the one that it replaces.
  const next = repositories ?? reach
  const confined = canConfine === true && Array.isArray(next)
  const others = unconfinable(scopes).join(', ')
  const shut = [valueOf(probe)?.repo?.issues, valueOf(probe)?.repo?.pulls].some(
    (seen) => seen?.outcome === 'confinement',
  )
  const away = repo !== undefined && confined && !covers(next, repo) && (shut || writesIn(scopes))
  return [
    ...only(dangerous.length > 0, {
      stops: MINTING,
      note: `first take ${dangerous.join(', ')} out of the profile ${profile}`,
      waiver: 'or add --allow-dangerous-scopes',
    }),
    ...only(confined && others !== '', {
      stops: MINTING,
      note: `first take ${others} out of the profile ${profile}, or say "repositories: all" there: the server gives it to no token that is confined to repositories`,
    }),
    ...only(away, {
      stops: ['rotate', 'onboard'],
      note: `first name ${visibleName(repo ?? '')} under "repositories" of the profile ${profile}: the new token would not reach it, and it is where the agent finds its work`,
    }),
  ]
}

function workspaceHurdles({agent, workspace}: AgentFacts, {ownWorkspace}: AuditGrounds): Hurdle[] {
  const found = valueOf(workspace)
  const byId = UUID.test(agent.workspace)
  const {status = '', id, kindUntold = false, pausedAbove} = found ?? {}
  const waking: readonly Guarded[] = ['rotate', 'resume', 'onboard', 'push', 'smoke']
  return [
    ...only(isAbsent(workspace) && byId, {
      stops: ['onboard'],
      note: 'first give it the name of a workspace in patrol.yaml: the one with that id is gone, and one is made by name',
    }),
    ...only(status === 'removed', {
      stops: ['onboard'],
      note: 'first give it the name of another workspace in patrol.yaml: this one was removed',
    }),
    ...('clash' in workspace
      ? only(true, {stops: [...WRITING, 'smoke'], note: `first settle that ${workspace.reason}`})
      : []),
    ...only(status === 'paused', {stops: waking, note: 'resume its workspace in the canvas first: it is paused'}),
    ...only(status.startsWith('hibernat'), {stops: waking, note: 'wake its workspace first: it is hibernated'}),
    ...only(pausedAbove !== undefined, {
      stops: WRITING,
      note: `resume ${visibleName(pausedAbove ?? '')} in the canvas first: it is above its workspace, and paused`,
    }),
    ...only(kindUntold, {
      stops: WRITING,
      note: 'make sure that its workspace is not the concierge, which the platform does not tell',
      waiver: 'and add --allow-unknown-kind',
    }),
    ...only(id !== undefined && id === ownWorkspace, {
      stops: WRITING,
      note: 'on another machine: patrol runs inside its workspace',
    }),
  ]
}

/** What a rotation makes of the tokens that there are; by listing, for it lists them as well. */
function tokenHurdles(facts: AgentFacts): Hurdle[] {
  const {agent, rows, holding, workspace} = facts
  const listed = valueOf(rows)
  if (!listed) return []
  const deployed = isAbsent(workspace) ? {lastEight: holding.deployment?.lastEight} : reckoned(facts, listed)
  const known = [...holding.recorded, ...holding.announced]
  const {foreign, used} = foreignTo(agent.name, listed, known, deployed)
  const which = foreign.map(({name}) => visibleName(name)).join(', ')
  return [
    ...only(refersElsewhere(facts, listed), {
      stops: ['rotate'],
      note: `first take "token:" of ${visibleName(agent.name)} out of patrol.yaml: what it refers to is no token of ${visibleName(agent.user)}`,
    }),
    ...only(foreign.length > 0, {
      stops: isAbsent(workspace) ? ['rotate', 'onboard'] : ['rotate'],
      note: `look first where ${which} ${foreign.length > 1 ? 'were' : 'was'} minted, for there is no record of it here`,
      waiver: `or add --allow-foreign-rotation${used.length > 0 ? ' and --allow-unproven-holders' : ''}`,
    }),
    ...ambiguity(facts, listed, deployed),
  ]
}

/** The reference gives a value that is none of the user's tokens, and not known to be dead. */
function refersElsewhere({holding: {reference}, probe}: AgentFacts, rows: readonly TokenRow[]): boolean {
  if (reference === undefined || rows.some(({lastEight}) => lastEight === reference)) return false
  const report = valueOf(probe)
  return report?.lastEight !== reference || report.liveness.state !== 'dead'
}

/** What a rotation takes the agent to run on, which it does not ask before it begins. */
function reckoned(
  {holding: {reference, deployment}, secretUpdatedAt}: AgentFacts,
  rows: readonly TokenRow[],
): KnownDeployed {
  const stored = valueOf(secretUpdatedAt)
  const isStored = stored !== undefined && deployment?.secretUpdatedAt === stored
  const proven = isStored && rows.find(({lastEight}) => lastEight === deployment.lastEight)
  if (proven) return {lastEight: proven.lastEight, since: deployment.at}
  return {lastEight: reference ?? deployment?.lastEight}
}

/** Of several tokens a rotation replaces none that it was not told to. */
function ambiguity(
  {agent, place, holding}: AgentFacts,
  rows: readonly TokenRow[],
  {lastEight}: KnownDeployed,
): Hurdle[] {
  try {
    chooseSuperseded({agent: agent.name, user: agent.user, supersede: 'deployed'}, rows, lastEight, holding.recorded)
    return []
  } catch (error) {
    if (!(error instanceof OpsError) || error.code !== 'SUPERSEDED_AMBIGUOUS') throw error
  }
  const stops: readonly Guarded[] = ['rotate']
  if (place?.kind !== 'listed') {
    return [
      {
        stops,
        note: 'with --supersede and the id of each token that it is to replace: nothing tells which one it runs on',
      },
    ]
  }
  const {id, lastEight: end} = place.row
  return [{stops, note: `it says that it runs on …${end}`, flag: `--supersede ${id}`}]
}

import type {Docket} from '../docket.ts'
import type {AgentFacts} from '../facts.ts'
import {reasonOf, valueOf} from '../reading.ts'
import {unknownWhy} from './life.ts'
import {sameLogin} from '../../rotation/names.ts'

/** States in which a workspace is up, coming up, or asleep by choice. */
const FINE = new Set(['online', 'degraded', 'provisioning', 'paused', 'hibernated', 'hibernating'])

/** The agent's workspace: `workspace-missing`, `-failed`, `-offline`, and `workspace-without-user`. */
export function judgeWorkspace({workspace, agent, account}: AgentFacts, docket: Docket): void {
  if (workspace.kind === 'off') return
  if (workspace.kind === 'failed') {
    for (const rule of ['workspace-missing', 'workspace-failed', 'workspace-offline'] as const) {
      docket.open(rule, workspace.reason)
    }
    return
  }
  const found = workspace.value
  if (!found || found.status === 'removed') {
    docket.find('workspace-missing', {message: `the platform has no workspace ${agent.workspace}`})
    return
  }
  const {status, lastSampleError} = found
  if (status === 'failed') {
    const why = lastSampleError === undefined ? '' : `: ${lastSampleError}`
    docket.find('workspace-failed', {message: `the workspace ${agent.workspace} failed${why}`})
  } else if (status === 'offline' || status === 'awaiting_agent') {
    docket.find('workspace-offline', {message: `the workspace ${agent.workspace} is ${status}`})
  } else if (!FINE.has(status)) docket.open('workspace-offline', `the status "${status}" is not known`)
  if (account.kind === 'failed') docket.open('workspace-without-user', account.reason)
  if (account.kind === 'read' && !account.value) {
    docket.find('workspace-without-user', {
      message: `the server has no user ${agent.user} for the workspace ${agent.workspace}`,
    })
  }
}

/** What the user may do, apart from its token: `user-is-admin`, `user-is-organisation` and `role-gap`. */
export function judgeUser(facts: AgentFacts, docket: Docket): void {
  const {account, agent} = facts
  const probe = valueOf(facts.probe)
  const known = valueOf(account)
  if (known?.organisation) {
    docket.find('user-is-organisation', {
      message: `${agent.user} is an organisation: its tokens have the rights of an owner on everything it has`,
    })
  }
  const identity = probe?.identity
  const seen = identity && sameLogin(identity.login, agent.user) ? identity.isAdmin : undefined
  if (known?.isAdmin || seen) {
    const evidence = known ? undefined : probe?.liveness.evidence
    docket.find('user-is-admin', {message: `${agent.user} is a site administrator of the server`, evidence})
  } else if (seen === undefined) {
    const why = reasonOf(account) ?? (account.kind === 'off' ? untoldWhy(facts) : undefined)
    if (why !== undefined) docket.open('user-is-admin', why)
  }
  judgeRole(facts, docket)
}

/** Why no probe told whose token it is, and what that user is. */
function untoldWhy(facts: AgentFacts): string {
  const {probe, agent} = facts
  if (probe.kind !== 'read') return reasonOf(probe) ?? unknownWhy(facts)
  const {liveness, identity, scopes} = probe.value
  if (liveness.state === 'unknown') return liveness.evidence.reason
  if (liveness.state !== 'alive') return `its token is ${liveness.state} and tells nothing of ${agent.user}`
  if (identity && !sameLogin(identity.login, agent.user)) {
    return `its token is that of ${identity.login} and tells nothing of ${agent.user}`
  }
  return scopes.some(({scope, verdict}) => scope === 'read:user' && verdict === 'missing')
    ? `without read:user its token does not tell whether ${agent.user} is a site administrator`
    : 'whether its user is a site administrator got no usable answer'
}

function judgeRole({probe, agent, workGone = false}: AgentFacts, docket: Docket): void {
  if (agent.repo === undefined || probe.kind === 'off') return
  if (probe.kind === 'failed') return docket.open('role-gap', probe.reason)
  const {repo, liveness, granted} = probe.value
  if (liveness.state === 'unknown') return docket.open('role-gap', liveness.evidence.reason)
  // That has a finding of its own, and a server that hides what is not public tells nothing of the user (gitea 1.26.4).
  if (!repo || granted.includes('public-only')) return
  const units = [
    {what: 'issues', ...repo.issues},
    {what: 'pull requests', ...repo.pulls},
  ]
  if (workGone) {
    const message = `the server has no repository ${agent.repo}, in which ${agent.name} is to find its work`
    docket.find('role-gap', {message, evidence: repo.issues.evidence, gone: true})
    return
  }
  const shut = units.filter(({outcome}) => outcome === 'role')
  const unclear = units.find(({outcome}) => outcome === 'shut')
  const [first] = shut
  const unsure = units.find(({outcome}) => outcome === 'unknown')
  if (first) {
    const what = shut.map((unit) => unit.what).join(' and ')
    const message = `the token has the scope, but ${agent.user} cannot read ${what} in ${agent.repo}`
    docket.find('role-gap', {message, evidence: first.evidence})
  } else if (unsure ?? unclear) docket.open('role-gap', (unsure ?? unclear)!.evidence.reason)
}

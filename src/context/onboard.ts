import {join, resolve} from 'node:path'
import {secretSources} from '../config.ts'
import type {Agent} from '../config.ts'
import type {Context} from '../context.ts'
import type {Membership, OnboardingDeps, OnboardingRequest, TokenShelf} from '../onboarding/index.ts'
import type {Waivers} from '../rotation/index.ts'

/** What an operator's flags add to the configuration. */
export interface OnboardingChoices {
  'swarm-via': 'a2a' | 'schedule'
  'no-wait'?: boolean
  waive: Waivers
}

/** An onboarding of one agent, from its inventory entry and the operator's choices. */
export function onboardingRequest(context: Context, agent: Agent, choices: OnboardingChoices): OnboardingRequest {
  context.gitea.mayAsk('write:admin', 'write:organization', 'write:repository')
  const {secret: secretKey, label, onboarding} = context.requireConfig()
  const {name, user, workspace, profile, scopes, repositories} = agent
  const {emailDomain, visibility, restricted, workspace: spec} = onboarding
  return {
    agent: name,
    user,
    account: {email: `${user.toLowerCase()}@${emailDomain}`, visibility, restricted},
    memberships: membershipsOf(context, agent),
    workspace,
    spec,
    secretKey,
    profile,
    scopes: [...scopes],
    ...(repositories !== undefined && {repositories}),
    repo: context.repoOf(agent),
    label,
    via: choices['swarm-via'],
    approval: choices['no-wait'] ? 'park' : 'wait',
    waive: choices.waive,
  }
}

/** Those of the profile; where it names none, the repository in which the agent finds its work. */
function membershipsOf(context: Context, agent: Agent): Membership[] {
  const {memberships} = context.requireConfig().onboarding
  const writes = agent.scopes.some((scope) => scope === 'write:repository' || scope === 'all')
  const level = writes ? ('write' as const) : ('read' as const)
  const named = memberships.get(agent.profile)
  if (!named) return [{kind: 'collaborator', repo: context.repoOf(agent), permission: level}]
  return named.map((each) => (each.kind === 'team' ? each : {...each, permission: each.permission ?? level}))
}

/**
 * Everything that an onboarding needs. With a directory the workspaces' own tokens are kept in it, each where its
 * machine looks for it: `DIRECTORY/AGENT/.auth_token`.
 */
export async function onboardingDeps(context: Context, directory: string | undefined): Promise<OnboardingDeps> {
  const {rotationDeps} = await import('./acts.ts')
  const shelf = directory === undefined ? undefined : await shelfIn(directory, context.edges)
  const [rotation, accounts, maker, {onboardings}] = [
    await rotationDeps(context),
    await context.gitea.admin(),
    await context.platform.client(),
    await context.state.store(),
  ]
  return {...rotation, accounts, maker, onboardings, ...(shelf && {shelf})}
}

async function shelfIn(directory: string, edges: Context['edges']): Promise<TokenShelf> {
  const {WorkspaceTokens} = await import('../workspace-token.ts')
  const place = (agent: string): string => join(resolve(directory), agent, '.auth_token')
  // What our own environment holds is the token of another workspace.
  const store = (agent: string) => new WorkspaceTokens(place(agent), {...edges, ...secretSources(), env: {}})
  return {
    place,
    held: async (agent) => (await store(agent).held())?.token,
    keep: async (agent, token) => void (await store(agent).save(token)),
  }
}

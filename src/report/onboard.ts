import type {AbortedOnboarding, OnboardingResult} from '../onboarding/index.ts'
import type {StorySummary} from '../story/ports.ts'
import {serverLine, serverText, type Server} from './forge.ts'
import {time} from './rotation.ts'
import {table} from './table.ts'
import type {Tint} from './tint.ts'
import {nextText} from './wrap.ts'

/** How an onboarding ended, for people. */
export function onboardedText(result: OnboardingResult, tint: Tint, server?: Server): string {
  const {agent, user, workspace, outcome, token, proof, workspaceToken} = result
  const head =
    outcome === 'unchanged'
      ? `${tint.good('✓ done:')} ${agent} works already; nothing was to be done.`
      : `${tint.good('✓ done:')} ${agent} is onboarded.`
  const facts: [string, string][] = [
    ...(server ? [['server', serverText(server)] as [string, string]] : []),
    ['user', user],
    ['workspace', `${workspace.name} (${workspace.id})`],
    ...(token ? [['token', `${token.name} (…${token.lastEight}, id ${token.id})`] as [string, string]] : []),
    ...(proof
      ? [['proof', proof.paths.map(({path, outcome: end}) => `${path} ${end}`).join(', ')] as [string, string]]
      : []),
  ]
  if (workspaceToken.state === 'kept') facts.push(['kept', workspaceToken.place ?? ''])
  const lines = [head, ...facts.map(([name, value]) => `  ${name.padEnd(9)} ${value}`)]
  if (workspaceToken.state === 'kept' || outcome === 'unchanged') return lines.join('\n')
  const offer = `patrol onboard ${agent} --workspace-token-dir workspace-tokens`
  return [
    ...lines,
    "The workspace's own token was not kept; to keep one for its machine:",
    `  ${tint.command(offer)}`,
  ].join('\n')
}

/** What an onboarding that was given up leaves to people. */
export function givenUpText(
  {id, agent, user, workspaces, tokens}: AbortedOnboarding,
  server: Server,
  tint: Tint,
): string {
  const who = workspaces.length > 0 ? 'it' : 'a workspace'
  const left = [
    ...(user === null ? [] : [`  user      ${user}`]),
    ...workspaces.map((room) => `  workspace ${room.name} (${room.id})`),
    ...tokens.map((token) => `  token     ${token.name} (…${token.lastEight}, id ${token.id}), which ${who} may hold`),
  ]
  const lines = left.length > 0 ? ['It leaves, for people to judge:', ...left] : ['It leaves nothing behind.']
  const ended = `${tint.warn('! ended:')} onboarding ${id} of ${agent} is given up.`
  return [ended, serverLine(server), ...lines].join('\n')
}

/** Unfinished onboardings, and how to go on with them, or to end those of agents that patrol.yaml names no longer. */
export function onboardingsText(
  rows: readonly StorySummary[],
  inventory: {has(agent: string): boolean} | undefined,
  tint: Tint,
  width?: number,
): string {
  if (rows.length === 0) return 'No onboarding is unfinished.'
  const columns = ['onboarding', 'agent', 'user', 'workspace', 'stands at', 'started']
  const cells = rows.map(({id, agent, user, workspace, phase, startedAt}) => [
    id,
    agent,
    user,
    workspace,
    phase.replaceAll('_', ' '),
    time(startedAt),
  ])
  const listed = table(
    columns.map((title) => ({title, cut: title === 'agent' || title === 'user' || title === 'workspace'})),
    cells,
    width,
  )
  const [known, gone] = [
    rows.filter(({agent}) => inventory?.has(agent)),
    rows.filter(({agent}) => !inventory?.has(agent)),
  ]
  const next = [
    ...(known.length > 0 ? [`patrol onboard ${known.map(({agent}) => agent).join(' ')}`] : []),
    ...gone.map(({agent}) => `patrol onboarding abort ${agent}`),
  ]
  return [listed, '', nextText(next, (line) => tint.command(line))].join('\n')
}

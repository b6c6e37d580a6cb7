import {expect} from 'vitest'
import type {Desk} from './binary.ts'
import {documentOf} from './envelope.ts'

/** What a person does next: look at the list, resume what is open; if nothing was begun, begin again. */
export async function bringHome(desk: Desk, agent: string): Promise<void> {
  const listed = await desk.patrol(['rotation', 'list', '--json'])
  const {result} = documentOf<{rotations: {id: string; closed: boolean}[]}>(listed)
  const open = result.rotations.filter((rotation) => !rotation.closed)
  expect(open.length).toBeLessThanOrEqual(1)
  const [unfinished] = open
  const {exit, stderr} = unfinished
    ? await desk.patrol(['rotation', 'resume', unfinished.id])
    : await desk.patrol(['rotate', agent, '--yes', '--overlap', '0s'])
  expect({exit, stderr}).toMatchObject({exit: 0})
}

/** One live token, the workspace's process on it, no orphan, and the one from the start dead. */
export function expectReplaced({sandbox}: Desk, name: string): void {
  const {gitea, platform, agents} = sandbox
  const agent = agents.find((each) => each.name === name)!
  const running = platform.process(agent.workspaceId)!.env['GITEA_TOKEN']!
  expect(running).toBe(platform.secrets(agent.workspaceId)['GITEA_TOKEN'])
  expect(gitea.isLive(running)).toBe(true)
  expect(gitea.tokens(agent.user).map(({lastEight}) => lastEight)).toEqual([running.slice(-8)])
  expect(gitea.isLive(agent.tokenValue)).toBe(false)
}

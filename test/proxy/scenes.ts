import {existsSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import type {Laptop, Strike} from './laptop.ts'
import {AGENT, NEWCOMER, World, type Snapshot, type WorldOptions} from './world.ts'

/** One command, the world that it is typed in, and what the world has to be like when all is over. */
export interface Scene {
  name: string
  /** Whom it is about. */
  agent: string
  options?: WorldOptions
  /** What happened before. */
  prepare?(world: World, laptop: Laptop): Promise<void>
  command: (world: World) => readonly string[]
  /** What is typed when nothing is unfinished any more and all is not well yet, where that is not the same. */
  again?: (world: World) => readonly string[]
  /** What is wrong with the end; nothing, if all is well. */
  flaws(world: World, now: Snapshot, laptop: Laptop): string[]
  /** What a second machine types while the first one's request is held. */
  rivals?: readonly Rival[]
  /** Something is unfinished when the command begins, so it may end with 7 without a write of its own. */
  continues?: boolean
}

/** Another person's command, and what the world has to be like after both, where that is not the scene's own end. */
export interface Rival {
  name: string
  command: (world: World) => readonly string[]
  flaws?: Scene['flaws']
}

const ROTATE = ['rotate', AGENT, '--yes', '--json']
const RESUME = ['rotation', 'resume', AGENT, '--json']
const ONBOARD = ['onboard', NEWCOMER, '--yes', '--json']

/** One live token, which the secret holds and the process runs on; nothing of ours besides. */
function settled(world: World, now: Snapshot, agent: string): string[] {
  const wrong = leftovers(now)
  const live = world.lastEights(agent)
  if (live.length !== 1) wrong.push(`${live.length} live tokens`)
  if (now.secret?.slice(-8) !== live[0]) wrong.push('the secret holds another token')
  if (now.process?.slice(-8) !== live[0]) wrong.push('the process runs on another token')
  return wrong
}

function rotated(world: World, now: Snapshot): string[] {
  const wrong = settled(world, now, AGENT)
  if (world.gitea.isLive(world.value)) wrong.push('the old token is alive')
  return wrong
}

function onboarded(world: World, now: Snapshot): string[] {
  return settled(world, now, NEWCOMER)
}

/** What no command may leave behind. */
function leftovers({workspaces, users, bearers, schedules}: Snapshot): string[] {
  const wrong: string[] = []
  if (workspaces.length !== 1) wrong.push(`${workspaces.length} workspaces`)
  if (new Set(users).size !== users.length) wrong.push('a user stands there twice')
  if (bearers.length > 0) wrong.push(`${bearers.length} workspace tokens of ours are left`)
  if (schedules.length > 0) wrong.push(`${schedules.length} schedules are left`)
  return wrong
}

/** Names of tokens that patrol gave. */
function ours({tokens}: Snapshot): string[] {
  return tokens.filter((row) => row.includes(' patrol.'))
}

/** A rotation that was killed when this request of its had taken effect, or before it was sent. */
function killedAt(kind: string, when: 'before' | 'after', nth = 1): Scene['prepare'] {
  return async (_, laptop) => {
    const strike: Strike = async (seen, {forward}, {child}) => {
      if (seen.kind !== kind || seen.nth !== nth) return undefined
      if (when === 'after') await forward()
      child.kill('SIGKILL')
      return {kind: 'reset'}
    }
    const {signal} = await laptop.start(ROTATE, strike).ended
    if (signal !== 'SIGKILL') throw new Error(`the rotation never came to ${kind}`)
  }
}

/** The agent's token is in nobody's hands but its own, so a rotation reads it back. */
async function forgetOldValue(_: World, laptop: Laptop): Promise<void> {
  laptop.configure(laptop.configuration.replace(', token: file:secrets/agent', ''))
}

const spareId = (world: World): string =>
  String(world.gitea.tokens(AGENT).find(({name}) => name === 'made-later')?.id ?? 'gone')

function revokedBeside(world: World, now: Snapshot): string[] {
  const wrong = rotated(world, now)
  if (world.gitea.isLive(world.spareValue)) wrong.push('the token is alive')
  return wrong
}

const PUSH = ['push', AGENT, '--token-file', 'secrets/spare', '--yes', '--json']
const revokeSpare = (world: World): string[] => ['revoke', AGENT, '--id', spareId(world), '--confirm', AGENT, '--json']

/** Whoever stored last, and whether the rotation was refused for the other's token: the agent works. */
const ROTATION_BESIDE: Rival = {
  name: 'rotate',
  command: () => ROTATE,
  flaws(world, now) {
    const wrong = leftovers(now)
    const live = world.lastEights(AGENT)
    if (!live.includes(now.secret?.slice(-8) ?? '')) wrong.push('the secret holds a dead token')
    if (!live.includes(now.process?.slice(-8) ?? '')) wrong.push('the process runs on a dead token')
    return wrong
  },
}

export const SCENES: readonly Scene[] = [
  {
    name: 'rotate',
    agent: AGENT,
    command: () => ROTATE,
    flaws: rotated,
    rivals: [{name: 'rotate', command: () => ROTATE}],
  },
  {name: 'rotate-readback', agent: AGENT, prepare: forgetOldValue, command: () => ROTATE, flaws: rotated},
  {
    name: 'resume-minting',
    agent: AGENT,
    prepare: killedAt('POST mint', 'after'),
    command: () => RESUME,
    again: () => ROTATE,
    flaws: rotated,
    continues: true,
  },
  {
    name: 'resume-pushing',
    agent: AGENT,
    prepare: killedAt('POST push', 'after'),
    command: () => RESUME,
    again: () => ROTATE,
    flaws: rotated,
    continues: true,
  },
  {
    name: 'resume-restarted',
    agent: AGENT,
    prepare: killedAt('POST ask', 'before'),
    command: () => RESUME,
    again: () => ROTATE,
    flaws: rotated,
    continues: true,
  },
  {
    name: 'abort',
    agent: AGENT,
    prepare: killedAt('POST mint', 'after'),
    command: () => ['rotation', 'abort', AGENT, '--yes', '--json'],
    flaws(world, now) {
      const wrong = settled(world, now, AGENT)
      if (now.secret !== world.value) wrong.push('the agent did not keep its token')
      return wrong
    },
    continues: true,
  },
  {
    name: 'onboard',
    agent: NEWCOMER,
    command: () => ONBOARD,
    flaws: onboarded,
    rivals: [{name: 'onboard', command: () => ONBOARD}],
  },
  {
    name: 'mint',
    agent: AGENT,
    command: () => ['mint', AGENT, '--output-file', 'new.token', '--yes', '--json'],
    flaws(world, now, laptop) {
      const wrong = leftovers(now)
      const file = join(laptop.directory, 'new.token')
      const value = existsSync(file) ? readFileSync(file, 'utf8').trim() : ''
      const [minted, ...others] = ours(now)
      if (others.length > 0) wrong.push(`${others.length + 1} minted tokens`)
      if (value === '' || !minted?.endsWith(value.slice(-8))) wrong.push('new.token does not hold the minted token')
      if (now.secret !== world.value || now.process !== world.value) wrong.push('the agent did not keep its token')
      return wrong
    },
    rivals: [ROTATION_BESIDE],
  },
  {
    name: 'rehearse',
    agent: AGENT,
    command: () => ['rehearse', AGENT, '--yes', '--json'],
    flaws(world, now) {
      const wrong = leftovers(now)
      if (now.tokens.length !== 1) wrong.push(`${now.tokens.length} tokens`)
      if (now.secret !== world.value || now.process !== world.value) wrong.push('the agent did not keep its token')
      return wrong
    },
    rivals: [{name: 'rotate', command: () => ROTATE, flaws: rotated}],
  },
  {
    name: 'push',
    agent: AGENT,
    options: {spare: true},
    command: () => PUSH,
    rivals: [{name: 'push', command: () => PUSH}, ROTATION_BESIDE],
    flaws(world, now) {
      const wrong = leftovers(now)
      if (now.tokens.length !== 2) wrong.push(`${now.tokens.length} tokens`)
      if (now.secret !== world.spareValue) wrong.push('the secret is not the one that was pushed')
      return wrong
    },
  },
  {
    name: 'restart',
    agent: AGENT,
    command: () => ['restart', AGENT, '--again', '--yes', '--json'],
    flaws({value}, now) {
      const wrong = leftovers(now)
      if (now.restarts < 1) wrong.push('it was not restarted')
      if (now.process !== value) wrong.push('no process runs on the token')
      return wrong
    },
  },
  {
    name: 'revoke',
    agent: AGENT,
    options: {spare: true},
    command: revokeSpare,
    rivals: [
      {name: 'revoke', command: revokeSpare},
      {name: 'rotate', command: () => ROTATE, flaws: revokedBeside},
    ],
    flaws(world, now) {
      const wrong = leftovers(now)
      if (world.gitea.isLive(world.spareValue)) wrong.push('the token is alive')
      if (now.tokens.length !== 1) wrong.push(`${now.tokens.length} tokens`)
      return wrong
    },
  },
  {
    name: 'smoke',
    agent: AGENT,
    command: () => ['smoke', AGENT, '--swarm-via', 'schedule', '--json'],
    flaws: (_, now) => [...leftovers(now), ...(now.tokens.length === 1 ? [] : [`${now.tokens.length} tokens`])],
  },
]

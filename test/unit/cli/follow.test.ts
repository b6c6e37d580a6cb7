import {captureOutput} from '@oclif/test'
import {describe, expect, test} from 'vitest'
import {follow} from '../../../src/cli/follow.ts'
import type {ActName, RotationPhase, StoryProgress} from '../../../src/rotation/index.ts'

const AT = {story: 'abcdefghij', at: 0}
const act = (name: ActName, state: 'started' | 'done' = 'started'): StoryProgress => ({
  kind: 'act',
  act: name,
  state,
  detail: `${name} it`,
  ...AT,
})
const phase = (name: RotationPhase): StoryProgress => ({kind: 'phase', phase: name, agent: 'a', ...AT})
const waiting = (name: ActName, detail: string): StoryProgress => ({kind: 'waiting', act: name, detail, ...AT})

/** What a script sees on stderr of a run that heard this and then threw, or did not. */
async function seen(heard: readonly StoryProgress[], ending: 'thrown' | 'done'): Promise<string[]> {
  const {stderr} = await captureOutput(async () => {
    await using shown = await follow({json: false, warn() {}})
    for (const each of heard) shown.on(each)
    if (ending === 'done') await shown.end('done')
  })
  return stderr.split('\n').filter(Boolean)
}

describe('progress of a run that stops', () => {
  const pushed = [act('push'), act('push', 'done'), phase('pushed')]

  test('does not blame the push that was stored', async () => {
    expect(await seen(pushed, 'thrown')).toEqual(['- Push: push it'])
  })

  test('names the restart that proved nothing, however often it was asked about', async () => {
    const restart = [
      waiting('restart', 'looking'),
      act('restart'),
      act('restart', 'done'),
      waiting('restart', 'waiting'),
    ]
    expect(await seen([...pushed, ...restart], 'thrown')).toEqual([
      '- Push: push it',
      '- Restart',
      '  looking',
      '  asking for a restart of restart it',
      '  waiting',
      '  stopped: Restart',
    ])
  })

  test('does not blame an act of the onboarding for the rotation that begins behind it', async () => {
    const joined = {...act('join'), story: 'onboarding'}
    expect(await seen([joined, phase('planned'), act('mint')], 'thrown')).toEqual([
      '- Membership: join it',
      '- Mint: mint it',
      '  stopped: Mint: mint it',
    ])
    expect(await seen([act('mint'), phase('planned')], 'thrown')).toContain('  stopped: Mint: mint it')
  })

  test('says of an approval that it waits', async () => {
    const parked = [act('approval'), waiting('approval', 'nobody has decided yet')]
    expect(await seen(parked, 'thrown')).toEqual([
      '- Wait for approval: approval it',
      '  nobody has decided yet',
      '  waits: Wait for approval: approval it',
    ])
  })

  test('does not call a proof done that leads back', async () => {
    expect(await seen([act('smoke'), act('smoke', 'done'), phase('rolling_back'), act('push')], 'done')).toEqual([
      '- Smoke test: smoke it',
      '  stopped: Smoke test: smoke it',
      '- Push: push it',
    ])
  })

  test('has nothing to add to one that went through', async () => {
    expect(await seen([...pushed, act('revoke'), act('revoke', 'done')], 'done')).toEqual([
      '- Push: push it',
      '- Revoke: revoke it',
    ])
  })
})

import {expect, test} from 'vitest'
import {wordOf} from '../../../src/fleet/deployed.ts'
import {member, portsOf} from './world.ts'

const home = {id: 'w', name: 'w', status: 'online', lastSampleError: undefined, keeper: undefined}

test.each([
  ['deadbeef', {reported: 'deadbeef'}],
  ['none', {silent: 'the agent says that it has no token where it was told to look'}],
  [undefined, {silent: 'the agent was asked and did not say which token it holds'}],
])('an agent that reports %s is quoted with what it says', async (reported, word) => {
  const asked = member('a', 1, (each) => {
    each.reported = reported
    each.held = undefined
  })
  const ports = portsOf({members: [asked], ask: true})
  expect(await wordOf(asked, {kind: 'read', value: home}, ports)).toEqual({value: undefined, ...word})
})

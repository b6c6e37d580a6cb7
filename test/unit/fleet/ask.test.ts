import {expect, test} from 'vitest'
import {askForToken, type AskPorts} from '../../../src/fleet/index.ts'
import {redact} from '../../../src/secret.ts'
import type {AskOutcome} from '../../../src/smoke/ports.ts'

const errand = {giteaUrl: 'https://gitea.example.org', repo: 'org/app', label: 'approved', secretKey: 'GITEA_TOKEN'}

function heard(outcome: AskOutcome): {ports: AskPorts; asked: string[]} {
  const asked: string[] = []
  let now = 0
  const unused = () => Promise.reject(new Error('not to be called'))
  const agent: AskPorts['agent'] = {
    askAgent: async (_, {text}) => (asked.push(text), outcome),
    findReply: async () => ({kind: 'none'}),
    queueState: unused,
    createSchedule: unused,
    schedules: unused,
    deleteSchedule: unused,
  }
  const clock = {now: () => now, sleep: async (ms: number) => void (now += Math.max(ms, 1))}
  return {asked, ports: {agent, clock, newId: () => 'id', newNonce: () => 'abc123'}}
}

const line = (nonce: string, end: string) => `patrol-smoke ${nonce} issues=200 pulls=200 approved=none token=${end}`

test('an agent is asked for the token that it holds', async () => {
  const {ports, asked} = heard({kind: 'replied', text: `well:\n${line('abc123', 'deadbeef')}`})
  expect(await askForToken(ports, 'ws', errand, 1000)).toBe('deadbeef')
  expect(asked[0]).toContain('Secret: GITEA_TOKEN')
})

test('an agent may say that it has none', async () => {
  const {ports} = heard({kind: 'replied', text: line('abc123', 'none')})
  expect(await askForToken(ports, 'ws', errand, 1000)).toBe('none')
})

test.each<{name: string; outcome: AskOutcome}>([
  {name: 'to another question', outcome: {kind: 'replied', text: line('other', 'deadbeef')}},
  {name: 'that is none', outcome: {kind: 'replied', text: 'I am fine, thanks'}},
  {name: 'of an agent that is broken', outcome: {kind: 'agent-error', status: 500}},
  {name: 'that does not come in time', outcome: {kind: 'unreachable'}},
])('an answer $name tells nothing', async ({outcome}) => {
  expect(await askForToken(heard(outcome).ports, 'ws', errand, 1000)).toBeUndefined()
})

test('a value that the agent gives away never gets into our output', async () => {
  const leaked = 'c'.repeat(32) + '00000001'
  await askForToken(heard({kind: 'replied', text: `it is ${leaked}`}).ports, 'ws', errand, 1000)
  expect(redact(`see ${leaked}`)).not.toContain(leaked)
})

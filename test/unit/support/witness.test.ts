import {expect, test} from 'vitest'
import type {LoggedRequest} from '../../../src/simulator/types.ts'
import {witness} from '../../support/witness.ts'

const write = (path: string, more: Partial<LoggedRequest> = {}): LoggedRequest => ({
  at: 0,
  method: 'POST',
  path,
  auth: 'basic',
  user: 'root',
  status: 201,
  acted: 201,
  otp: false,
  about: undefined,
  headers: {},
  ...more,
})

/** What a run printed after these writes. */
function hold(printed: string, ...requests: LoggedRequest[]): () => void {
  const log: LoggedRequest[] = [write('/api/v1/users/earlier/tokens')]
  const agents = [{name: 'agent-a', user: 'bot-a', workspaceId: 'w-a'}]
  const held = witness({gitea: {requests: log}, platform: {requests: []}, agents})
  log.push(...requests)
  return () => held(printed)
}

const CREATE = write('/workspaces', {auth: 'bearer', user: 'org', about: 'agent-a'})
const ADD_USER = write('/api/v1/admin/users', {about: 'bot-a'})

const MINT = write('/api/v1/users/bot-a/tokens')

const PASS = write('/api/v1/users/root/tokens', {about: 'patrol-run.laptop.20261202T023000Z.a1b2c3d4e5'})
const DROP = write('/api/v1/users/root/tokens/7', {method: 'DELETE', status: 204, acted: 204})

test.each<[string, string, LoggedRequest[]]>([
  ['a claim of a run that took back what it minted for itself', 'Error: x. Nothing was changed.', [PASS, DROP]],
  ['a claim before any write', 'Error: x. Nothing was changed.', []],
  ['a write without a claim', 'Error: x. The old token serves.', [MINT]],
  ['a refused write', 'Error: x. Nothing was changed.', [write('/x', {acted: 403, status: 403})]],
  ['a write that never arrived', 'Error: x. Nothing was changed.', [write('/x', {acted: undefined, status: 404})]],
  ['a question to an agent', 'Nothing was done', [write('/workspaces/w-a/a2a')]],
  ['a claim of one request, after another', 'Nothing was done by this request.', [MINT]],
  ['a claim of another agent', 'agent-b: Error: x. Nothing was changed.', [MINT, CREATE, ADD_USER]],
])('%s is no lie', (_, printed, requests) => {
  expect(hold(printed, ...requests)).not.toThrow()
})

test.each<[string, string, LoggedRequest[]]>([
  ['of a run that left what it minted for itself', 'Error: x. Nothing was changed.', [PASS]],
  ['of a run that deleted another token', 'Error: x. Nothing was changed.', [DROP]],
  ['after a write', 'Error: x. Nothing was changed.', [MINT]],
  ['after a write that was answered otherwise', 'nothing was done', [write('/x', {acted: 201, status: 404})]],
  ['of a request that was answered otherwise', 'Nothing was done by this request.', [write('/x', {status: 307})]],
  ['of the agent that was written for', 'agent-a: Error: x. Nothing\nwas changed; y', [MINT]],
  ['of the agent whose workspace was made', 'agent-a: Error: x. Nothing was changed.', [CREATE]],
  ['of the agent whose user was made', 'agent-a: Error: x. Nothing was changed.', [ADD_USER]],
  ['in a row of JSON, after its user was made', '{"agent": "agent-a", "message": "Nothing was changed."}', [ADD_USER]],
  ['in a row of JSON', '{"agent": "agent-a", "code": "X", "message": "Nothing was changed."}', [MINT]],
])('a claim %s is one', (_, printed, requests) => {
  expect(hold(printed, ...requests)).toThrow(/it says "nothing\s+was/i)
})

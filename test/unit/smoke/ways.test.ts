import {expect, test} from 'vitest'
import {OpsError} from '../../../src/errors.ts'
import type {Keeping} from '../../../src/smoke/ports.ts'
import {smoke} from '../../../src/smoke/smoke.ts'
import type {PathResult} from '../../../src/smoke/types.ts'
import {withOpenWays} from '../../../src/smoke/ways.ts'
import {claiming, REQUEST, world} from './world.ts'

const whose = {agent: 'agent-dev-a', workspaceId: 'w1', secretKey: 'GITEA_TOKEN'}
const path = (...suggestions: string[]): PathResult => ({
  path: 'issues',
  outcome: 'failed',
  message: 'no',
  suggestions,
})
const state = {uptimeSeconds: 1, serverTime: 1}
const reading = (keeping: Keeping) => ({read: async () => ({...state, ...keeping})})

const MINT = 'patrol mint agent-dev-a --output-file agent-dev-a.token'
const STORE =
  'store it as GITEA_TOKEN in the canvas, where alone the secret of the concierge is written, and restart it there'
const RESUME = 'resume its workspace in the canvas first: it is paused'
const WAKE = 'wake its workspace first: it is hibernated'
const OPERATOR = 'have its operator restart it: it is external'
const ROTATE = 'patrol rotate agent-dev-a'
const PUSH = 'patrol push agent-dev-a'
const RESTART = 'patrol restart agent-dev-a'
const SMOKE = 'patrol smoke agent-dev-a'
const PROBE = 'patrol probe agent-dev-a'
const ALL = [PROBE, ROTATE, PUSH, RESTART, SMOKE, 'patrol smoke agent-dev-a --swarm-via a2a', 'patrol doctor']
const REST = ['patrol smoke agent-dev-a --swarm-via a2a', 'patrol doctor']

test.each<[string, Keeping, string[]]>([
  ['any agent', {kind: 'workspace', runtime: 'langgraph', status: 'online'}, ALL],
  ['one of a release without kinds', {runtime: 'langgraph', status: 'failed'}, ALL],
  [
    'the concierge',
    {kind: 'platform', status: 'online'},
    [PROBE, MINT, STORE, 'restart it in the canvas: it is the concierge', SMOKE, ...REST],
  ],
  ['an external agent', {runtime: 'external', status: 'online'}, [PROBE, ROTATE, PUSH, OPERATOR, SMOKE, ...REST]],
  ['a mocked one', {runtime: 'mock'}, [PROBE, ROTATE, PUSH, OPERATOR, SMOKE, ...REST]],
  ['a paused one', {kind: 'workspace', status: 'paused'}, [PROBE, RESUME, ROTATE, PUSH, SMOKE, ...REST]],
  ['a hibernated one', {status: 'hibernated'}, [PROBE, WAKE, ROTATE, PUSH, SMOKE, ...REST]],
  ['one that is about to be', {status: 'hibernating'}, [PROBE, WAKE, ROTATE, PUSH, SMOKE, ...REST]],
])('%s is offered what its guards let through', async (_, keeping, expected) => {
  const [open] = await withOpenWays([path(...ALL)], whose, reading(keeping))
  expect(open?.suggestions).toEqual(expected)
})

test.each([
  ['restart of a paused one', 'paused', [RESUME]],
  ['restart of a hibernated one', 'hibernated', [WAKE]],
])('the %s is what gets it to start', async (_, status, expected) => {
  const [open] = await withOpenWays([path(RESTART)], whose, reading({status}))
  expect(open?.suggestions).toEqual(expected)
})

test('a smoke test of a paused one comes after that', async () => {
  const [open] = await withOpenWays([path(SMOKE)], whose, reading({status: 'paused'}))
  expect(open?.suggestions).toEqual([RESUME, SMOKE])
})

test('nobody is asked where nothing is advised, and what does not answer leaves the advice as it is', async () => {
  const failing = (error: Error) => ({
    read: async () => {
      throw error
    },
  })
  const passed: PathResult = {path: 'pulls', outcome: 'passed', message: 'yes'}
  const away = new OpsError('PLATFORM_UNREACHABLE', 'away')
  expect(await withOpenWays([passed], whose, failing(new Error('asked')))).toEqual([passed])
  expect(await withOpenWays([passed, path(ROTATE)], whose, failing(away))).toEqual([passed, path(ROTATE)])
  for (const error of [new OpsError('INTERRUPTED', 'stopped'), new TypeError('a bug')])
    await expect(withOpenWays([path(ROTATE)], whose, failing(error))).rejects.toBe(error)
})

test('an external agent that says it has no token is not offered a restart', async () => {
  const none = claiming({token: 'none', issues: '401', approved: 'none'})
  const booted = {type: 'WORKSPACE_ONLINE', createdAt: '2026-11-22T11:59:20Z', payload: {url: 'u'}}
  const started = {type: 'WORKSPACE_PROVISIONING', createdAt: '2026-11-22T11:59:10Z', payload: {}}
  const clues = {
    read: async () => ({uptimeSeconds: 30, serverTime: Date.parse('2026-11-22T12:00:00Z'), runtime: 'external'}),
    secretRow: async () => ({scope: 'workspace' as const, updatedAt: '2026-11-22T11:59:00Z'}),
    events: async () => [booted, started],
  }
  const {paths} = await smoke({...REQUEST, secretKey: 'GIT_HTTP_PASSWORD'}, world(none, {clues}).ports)
  expect(paths[2]).toMatchObject({reason: 'no-token', suggestions: [OPERATOR, SMOKE]})
})

test('the concierge whose token lacks a scope is not offered a rotation', async () => {
  const clues = {...reading({kind: 'platform'}), secretRow: async () => undefined, events: async () => undefined}
  const lists = {
    issues: async () => ({kind: 'scope' as const, required: ['read:issue']}),
    pulls: async () => ({kind: 'listed' as const, items: []}),
    label: async () => 'exists' as const,
  }
  const {paths} = await smoke(REQUEST, world(claiming(), {clues, lists}).ports)
  expect(paths[0]).toMatchObject({reason: 'scope-gap', suggestions: [PROBE, MINT, STORE]})
})

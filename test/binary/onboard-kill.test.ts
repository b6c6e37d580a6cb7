import {describe, expect, test} from 'vitest'
import {openDesk, type Desk} from '../support/binary.ts'
import {documentOf} from '../support/envelope.ts'
import {reached} from '../support/reached.ts'

/** Where `kill -9` strikes: while this request is under way, before or after the server acted on it. */
interface Strike {
  phase: string
  server: 'gitea' | 'platform'
  method: string
  path: RegExp
  nth?: number
}

const STRIKES: readonly Strike[] = [
  {phase: 'creating user', server: 'gitea', method: 'POST', path: /\/admin\/users$/},
  {phase: 'joining', server: 'gitea', method: 'PUT', path: /\/collaborators\/agent-new-3$/},
  {phase: 'minting', server: 'gitea', method: 'POST', path: /\/users\/agent-new-3\/tokens/},
  {phase: 'minted', server: 'gitea', method: 'GET', path: /\/api\/v1\/user$/},
  {phase: 'creating', server: 'platform', method: 'POST', path: /^\/workspaces$/},
  {phase: 'online', server: 'platform', method: 'POST', path: /\/a2a$/},
]

const moments = [
  {when: 'before the server acts', kind: 'hang'},
  {when: 'after the server acted', kind: 'hold'},
] as const

const cases = STRIKES.flatMap((strike) =>
  moments.map((moment) => [`${strike.phase}, ${moment.when}`, strike, moment.kind] as const),
)
const NAMES = Array.from({length: 10}, (_, index) => `agent-new-${index}`)
const READY = 3

/** Starts to onboard all ten and kills it while the struck request of the fourth is under way. */
async function onboardAndKill(desk: Desk, {server: name, method, path, nth = 1}: Strike, kind: 'hang' | 'hold') {
  const server = desk.sandbox[name]
  const seen = () => server.requests.filter((request) => request.method === method && path.test(request.path)).length
  const before = await desk.patrol(['onboard', ...NAMES.slice(0, READY), '--yes'])
  expect(before).toMatchObject({exit: 0})
  // Those that are named by no path count from the start.
  const at = seen() + nth
  const rule = {method, path, nth, kind}
  const mend = server.fail(rule)
  const run = desk.start(['onboard', ...NAMES.slice(READY), '--yes'])
  await reached(server, {...rule, nth: at}, run)
  run.child.kill('SIGKILL')
  expect((await run.ended).signal).toBe('SIGKILL')
  mend()
}

interface Row {
  id: string
  name: string
}

async function workspacesOf({sandbox}: Desk): Promise<Row[]> {
  const {url} = sandbox.platform
  const headers = {authorization: `Bearer ${sandbox.platformToken}`, origin: url, 'x-molecule-org-id': sandbox.orgId}
  const rows: Row[] = JSON.parse(await (await fetch(`${url}/workspaces`, {headers})).text())
  return rows.filter(({name}) => NAMES.includes(name))
}

describe('kill -9 among ten, then the same again: ten of everything, all three paths, nothing twice', () => {
  test.concurrent.each(cases)('%s', async (_, strike, kind) => {
    await using desk = await openDesk()
    const agents = NAMES.map((name) => `  ${name}: {}`).join('\n')
    // A create whose answer was lost is given as long to show as a workspace to come online.
    desk.configure((text) => `${text.replace('restart-deadline: 1m', 'restart-deadline: 5s')}${agents}\n`)
    await onboardAndKill(desk, strike, kind)

    const again = await desk.patrol(['onboard', ...NAMES, '--yes', '--json', '--concurrency', '4'])
    expect(again).toMatchObject({exit: 0})
    const {result} = documentOf<{onboardings: {agent: string; proof: {passed: boolean}}[]}>(again)
    const proven = result.onboardings.filter(({proof}) => proof.passed)
    expect(proven.map(({agent}) => agent).toSorted()).toEqual(NAMES)

    const {gitea, platform} = desk.sandbox
    const rooms = await workspacesOf(desk)
    expect(rooms.map(({name}) => name).toSorted()).toEqual(NAMES)
    for (const {id, name} of rooms) {
      const running = platform.process(id)!.env['GITEA_TOKEN']!
      expect(gitea.isLive(running)).toBe(true)
      expect(gitea.tokens(name).map(({lastEight}) => lastEight)).toEqual([running.slice(-8)])
      expect(platform.restarts(id)).toBeLessThanOrEqual(1)
    }
    const listed = await desk.patrol(['onboard', '--list'])
    expect(listed.stdout).toContain('No onboarding is unfinished')
  })
})

describe('Ctrl-C', () => {
  test('in the middle of a create ends with 130, says what is there, and the same command goes on', async () => {
    await using desk = await openDesk()
    desk.configure((text) => `${text.replace('restart-deadline: 1m', 'restart-deadline: 3s')}  agent-new-0: {}\n`)
    const {platform, gitea} = desk.sandbox
    const rule = {method: 'POST', path: /^\/workspaces$/, nth: 1, kind: 'hang'} as const
    const mend = platform.fail(rule)
    const run = desk.start(['onboard', 'agent-new-0', '--yes'])
    await reached(platform, rule, run)
    run.child.kill('SIGINT')
    const {exit, stderr} = await run.ended
    expect({exit, stderr}).toMatchObject({exit: 130})
    expect(stderr).toMatch(
      /whether the workspace agent-new-0 was created is not known[\s\S]*patrol onboard agent-new-0/,
    )
    mend()
    expect(await desk.patrol(['onboard', 'agent-new-0', '--yes'])).toMatchObject({exit: 0})
    expect((await workspacesOf(desk)).map(({name}) => name)).toEqual(['agent-new-0'])
    expect(gitea.tokens('agent-new-0')).toHaveLength(1)
  })
})

import {join} from 'node:path'
import {describe, expect, test} from 'vitest'
import {openState} from '../../src/store/index.ts'
import {config, ODD, SERVED, TOTP_SEED, TYPED, VALUE, withSeed, type Row} from '../support/bad-inputs.ts'
import {openDesk, type Desk, type Ended} from '../support/binary.ts'
import {documentOf} from '../support/envelope.ts'
import {expectReplaced} from '../support/homecoming.ts'
import {smallSandbox, type Differences} from '../support/small-sandbox.ts'

/** One message for people: what, which, in which state, and what next; no stack, no second error. */
function expectOneMessage({stderr}: Ended, {code, says, next}: Row): void {
  const [, message = '', tail = ''] = /(?:^|\n)Error: ([^]*?)\nCode: ([^]*)$/.exec(stderr) ?? []
  expect(tail.split('\n')[0]).toBe(code)
  for (const said of says) expect(message).toMatch(said)
  expect(`${message}\n${tail}`).toMatch(next)
  expect(stderr.match(/Error: |Code: /g)).toHaveLength(2)
  expect(stderr).not.toMatch(/\n\s+at |node:internal|undefined|\[object/)
}

/** Both servers, the journal and the workspace are as at the start, and nothing is left to resume. */
async function expectUntouched({sandbox, env}: Desk): Promise<void> {
  const {gitea, platform, agents} = sandbox
  const {user, workspaceId, tokenValue} = agents[0]!
  expect(gitea.tokens(user).map(({lastEight}) => lastEight)).toEqual([tokenValue.slice(-8)])
  expect(gitea.isLive(tokenValue)).toBe(true)
  expect(platform.secrets(workspaceId)).toEqual({GITEA_TOKEN: tokenValue})
  expect([platform.restarts(workspaceId), platform.pending()]).toEqual([0, []])
  const state = await openState(join(env['PATROL_STATE_DIR']!, 'patrol.db'))
  try {
    expect(await state.recorded('everywhere').journal.list({open: true})).toEqual([])
  } finally {
    state.close()
  }
}

describe.concurrent.each([
  ['what is typed', TYPED],
  ['what nobody types', ODD],
  ['what the servers are and say', SERVED],
])('%s', (_, rows) => {
  test.each(rows.map((row) => [row.what, row] as const))('%s ends in one clear message', async (_what, row) => {
    await using desk = await openDesk(smallSandbox(row.differs))
    await row.prepare?.(desk)
    const people = await desk.start(row.line).ended
    expect(people).toMatchObject({exit: row.exit, stdout: ''})
    expectOneMessage(people, row)

    const script = await desk.start([...row.line, '--json']).ended
    const {error} = documentOf(script)
    expect(error?.code).toBe(row.code)
    expect(script.exit).toBe(row.exit)
    for (const said of row.says) expect(error?.message).toMatch(said)
    expect([error?.message, ...(error?.suggestions ?? [])].join('\n')).toMatch(row.next)
    expect(script.stderr).toBe('')

    for (const text of [people.stdout, people.stderr, script.stdout]) {
      expect(text).not.toContain(row.hides ?? VALUE)
    }
    for (const server of (['gitea', 'platform'] as const).filter((each) => !row.asked?.includes(each))) {
      expect(desk.sandbox[server].requests).toEqual([])
    }
    await expectUntouched(desk)
  })
})

/** What looks wrong and is not. */
const FINE: readonly [string, Differences, ((desk: Desk) => void) | undefined][] = [
  ['a Gitea below a path prefix', {settings: {subPath: '/gitea'}}, undefined],
  ['a URL that ends in a slash', {settings: {subPath: '/gitea'}}, config(/\/gitea$/m, '/gitea/')],
  [
    'a UUID in upper case',
    {},
    (desk) => desk.configure((text) => text.replace(/(?<=workspace: ).*/, (id) => id.toUpperCase())),
  ],
  ['one-time codes from their seed', {admin: {totp: TOTP_SEED}}, (desk) => withSeed(desk, TOTP_SEED)],
]

test.concurrent.each(FINE)('%s works', async (_, differs, prepare) => {
  await using desk = await openDesk(smallSandbox(differs))
  prepare?.(desk)
  expect(await desk.patrol(['probe', 'agent-dev-a'])).toMatchObject({exit: 0})
  expect(await desk.patrol(['rotate', 'agent-dev-a', '--yes'])).toMatchObject({exit: 0})
  expectReplaced(desk, 'agent-dev-a')
})

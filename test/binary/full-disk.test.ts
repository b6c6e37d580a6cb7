import {spawn, spawnSync} from 'node:child_process'
import {readFileSync, statSync} from 'node:fs'
import {join, resolve} from 'node:path'
import {describe, expect, test} from 'vitest'
import {expectNothingSecret, openDesk, type Desk, type Ended} from '../support/binary.ts'
import {documentOf} from '../support/envelope.ts'
import {expectReplaced} from '../support/homecoming.ts'
import {smallSandbox} from '../support/small-sandbox.ts'

const RUN = resolve(import.meta.dirname, '../../bin/run.js')
const AGENT = 'agent-dev-a'

/** In name spaces of its own, so that a file system that it mounts is seen by nobody else and goes with it. */
const OWN_SPACE = ['unshare', '-rm', 'bash'] as const
const mayMount = spawnSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'none', '/mnt'], {stdio: 'ignore'}).status === 0

/** Runs shell lines in which `patrol` is this build, at the desk. */
async function inShell(desk: Desk, [command, ...words]: readonly [string, ...string[]], script: string): Promise<void> {
  const text = `set -u; patrol() { "${process.execPath}" "${RUN}" "$@"; }\n${script}`
  const child = spawn(command, [...words, '-c', text], {cwd: desk.dir, env: desk.env, stdio: 'pipe'})
  let said = ''
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
  const code = await new Promise((done) => child.once('close', done))
  expect({code, said}).toEqual({code: 0, said: ''})
}

const capture = (line: string, name: string) => `${line} >${name}.out 2>${name}.err; echo $? >${name}.code`

/** A run's output, from the files that `capture` wrote. */
function ended({dir}: Desk, name: string): Ended {
  const read = (what: string) => readFileSync(join(dir, `${name}.${what}`), 'utf8')
  return {exit: Number(read('code')), signal: null, stdout: read('out'), stderr: read('err')}
}

/** What a person types once there is room again; a rotation that came through needs nothing. */
const BRING_HOME = `
  ${capture('patrol rotation list --unfinished --json', 'list')}
  if grep -q '"phase"' list.out; then ${capture('patrol rotation resume --json', 'second')}
  elif [ "$(cat first.code)" != 0 ]; then ${capture(`patrol rotate ${AGENT} --yes --json`, 'second')}
  else for what in out err code; do cp first.$what second.$what; done; fi
  cat "$PATROL_STATE_DIR"/patrol.db* >store.bytes`

/** What is wrong with how a run ended that found no room; nothing, if all is well. */
function flaws(desk: Desk, code: string, message: RegExp): string[] {
  const first = ended(desk, 'first')
  if (first.exit === 0) return []
  const {error} = documentOf(first)
  const said = JSON.stringify(error)
  const until = statSync(join(desk.dir, 'first.code')).mtimeMs
  const wrote = desk.sandbox.gitea.requests.some(({method, at}) => method === 'POST' && at <= until)
  const wrong = []
  if (error?.code !== code) wrong.push(`not ${code}`)
  if (!message.test(error?.message ?? '')) wrong.push('another message')
  if (error?.suggestions.length === 0) wrong.push('nothing to type')
  if (first.exit !== (wrote ? 7 : 5)) wrong.push(`exit ${first.exit}`)
  if (wrote && !STATE.test(error?.message ?? '')) wrong.push('no state')
  if (wrote && !/patrol rotation resume \w{10}/.test(said)) wrong.push('no way on')
  return wrong.map((flaw) => `${flaw}: ${said}`)
}

/** The second run left all well, and nothing secret lies anywhere. */
function expectBroughtHome(desk: Desk): void {
  const [first, second] = [ended(desk, 'first'), ended(desk, 'second')]
  expect(second).toMatchObject({exit: 0})
  expectReplaced(desk, AGENT)
  const store = readFileSync(join(desk.dir, 'store.bytes'), 'latin1')
  expectNothingSecret(desk.sandbox, [first.stdout, first.stderr, second.stdout, second.stderr, store])
}

/** What was done so far, or what shows which token serves. */
const STATE = /nothing was revoked|was proven on the (?:new token|old one)/i

describe.skipIf(!mayMount)('a disk that is full', () => {
  // From no room for an empty store to room enough, so that it runs full before, amid and after each write.
  test.concurrent.each([0, 16, 64, 96, 128, 144, 160, 192, 224, 256, 320, 384].map((kib) => [kib] as const))(
    'after %i KiB of state: what was begun is brought home once there is room',
    async (kib) => {
      await using desk = await openDesk(smallSandbox())
      await inShell(
        desk,
        OWN_SPACE,
        `mount -t tmpfs -o size=2m none "$PATROL_STATE_DIR"
         head -c $(((2048 - ${kib}) * 1024)) /dev/zero >"$PATROL_STATE_DIR/ballast"
         ${capture(`patrol rotate ${AGENT} --yes --json`, 'first')}
         rm "$PATROL_STATE_DIR/ballast"
         ${BRING_HOME}`,
      )
      expect(flaws(desk, 'STORE_FULL', /The disk that holds .*patrol\.db is full; nothing was recorded/)).toEqual([])
      expectBroughtHome(desk)
    },
  )

  test('has no room for a minted value, so nothing is minted', async () => {
    await using desk = await openDesk(smallSandbox())
    const before = desk.sandbox.gitea.tokens(AGENT)
    await inShell(
      desk,
      OWN_SPACE,
      `mkdir full; mount -t tmpfs -o size=4k,nr_inodes=1 none full
       ${capture(`patrol mint ${AGENT} --output-file full/new.token --yes --json`, 'first')}`,
    )
    const {error} = documentOf(ended(desk, 'first'))
    expect(error).toMatchObject({code: 'FILE_UNUSABLE', message: expect.stringMatching(/disk is full.*new\.token/)})
    expect(ended(desk, 'first').exit).toBe(5)
    expect(desk.sandbox.gitea.tokens(AGENT)).toEqual(before)
  })
})

/** Where nothing may be mounted this stands in for it: files end at a size, which SQLite tells as another write error. */
describe('a file that may not grow', () => {
  test.concurrent.each([48, 64, 96, 128, 192, 256].map((kib) => [kib] as const))(
    'beyond %i KiB: what was begun is brought home once it may',
    async (kib) => {
      await using desk = await openDesk(smallSandbox())
      const line = capture(`(ulimit -f ${kib}; patrol rotate ${AGENT} --yes --json)`, 'first')
      await inShell(desk, ['bash'], `${line}\n${BRING_HOME}`)
      expect(flaws(desk, 'STORE_UNWRITABLE', /patrol\.db .*nothing was recorded/)).toEqual([])
      expectBroughtHome(desk)
    },
  )
})

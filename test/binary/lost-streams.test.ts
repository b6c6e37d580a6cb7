import {spawn} from 'node:child_process'
import {closeSync, existsSync, openSync} from 'node:fs'
import {resolve} from 'node:path'
import {describe, expect, test} from 'vitest'
import {expectNothingSecret, openDesk, type Desk, type Ended} from '../support/binary.ts'
import {expectReplaced} from '../support/homecoming.ts'
import {smallSandbox} from '../support/small-sandbox.ts'

const RUN = resolve(import.meta.dirname, '../../bin/run.js')
const AGENT = 'agent-dev-a'
/** A device that takes nothing, as a full disk does. */
const FULL = '/dev/full'

/** Runs the binary with the streams named going to a full disk; what was written to the others. */
async function withoutRoom(
  desk: Desk,
  args: readonly string[],
  lost: readonly ('stdout' | 'stderr')[],
): Promise<Ended> {
  const full = openSync(FULL, 'w')
  const [out, err] = (['stdout', 'stderr'] as const).map((name) => (lost.includes(name) ? full : ('pipe' as const)))
  const child = spawn(process.execPath, [RUN, ...args], {cwd: desk.dir, env: desk.env, stdio: ['ignore', out!, err!]})
  closeSync(full)
  const said = {stdout: '', stderr: ''}
  child.stdout?.on('data', (chunk: Buffer) => (said.stdout += chunk.toString()))
  child.stderr?.on('data', (chunk: Buffer) => (said.stderr += chunk.toString()))
  return new Promise((done) =>
    child.once('close', (exit, signal) => {
      expectNothingSecret(desk.sandbox, [said.stdout, said.stderr])
      done({exit, signal, ...said})
    }),
  )
}

/** One message that tells what was lost, and neither a stack nor a second exception. */
function expectTold({stderr}: Ended): void {
  expect(stderr).toMatch(/Error: Standard output took no more \(ENOSPC\)/)
  expect(stderr).toMatch(/^Code: OUTPUT_LOST$/m)
  expect(stderr).not.toMatch(/\n\s+at |node:|Unhandled/)
}

describe.skipIf(!existsSync(FULL)).concurrent('a log that cannot be written', () => {
  test.each([
    ['for people', []],
    ['as a document', ['--json']],
  ])('a rotation whose result (%s) has no room is done, and ends with 5', async (_, how) => {
    await using desk = await openDesk(smallSandbox())
    const ended = await withoutRoom(desk, ['rotate', AGENT, '--yes', ...how], ['stdout'])
    expect(ended.exit).toBe(5)
    expectTold(ended)
    expectReplaced(desk, AGENT)
  })

  test.each([
    ['for people', [], /is completed/],
    ['as a document', ['--json'], /"phase": "completed"/],
  ])('a rotation that cannot talk goes on, and its result (%s) is whole', async (_, how, result) => {
    await using desk = await openDesk(smallSandbox())
    const ended = await withoutRoom(desk, ['rotate', AGENT, '--yes', ...how], ['stderr'])
    expect(ended.exit).toBe(0)
    expect(ended.stdout).toMatch(result)
    expectReplaced(desk, AGENT)
  })

  test('without any stream only the exit code tells', async () => {
    await using desk = await openDesk(smallSandbox())
    expect(await withoutRoom(desk, ['rotate', AGENT, '--yes'], ['stdout', 'stderr'])).toMatchObject({exit: 5})
    expectReplaced(desk, AGENT)
  })

  test.each([
    [['probe', AGENT]],
    [['probe', AGENT, '--json']],
    [['audit']],
    [['audit', '--json']],
    [['audit', '--report', 'ndjson']],
    [['doctor', '--json']],
    [['lint', 'patrol.yaml']],
    [['rotation', 'list', '--json']],
    [['--help']],
    [['audit', '--help']],
  ])('%j ends with 5 where its result has no room', async (line) => {
    await using desk = await openDesk(smallSandbox())
    const ended = await withoutRoom(desk, line, ['stdout'])
    expect(ended.exit).toBe(5)
    expectTold(ended)
  })

  test.each([[['--version']], [['-V']]])('%j ends with 5 too', async (line) => {
    await using desk = await openDesk(smallSandbox())
    expect(await withoutRoom(desk, line, ['stdout'])).toMatchObject({exit: 5, stderr: ''})
  })

  test('a report that was asked for is an error of its own', async () => {
    await using desk = await openDesk(smallSandbox())
    const ended = await withoutRoom(desk, ['audit', '--report', `json=${FULL}`], [])
    expect(ended).toMatchObject({exit: 5})
    expect(ended.stderr).toMatch(/Error: \/dev\/full could not be written \(ENOSPC\)/)
    expect(ended.stderr).toMatch(/^Code: FILE_UNUSABLE$/m)
  })

  test.each([
    [['rotate', 'agent-dev-z', '--yes', '--json'], ['stdout'], 2],
    [['rotate', 'agent-dev-z', '--yes'], ['stderr'], 2],
    [['rotate', AGENT], ['stderr'], 6],
    [['rotat'], ['stderr'], 2],
    [['rotat', '--json'], ['stdout'], 2],
  ] as const)('%j without %j keeps the exit of its own error', async (line, lost, exit) => {
    await using desk = await openDesk(smallSandbox())
    expect(await withoutRoom(desk, line, lost)).toMatchObject({exit, signal: null})
  })

  test('a reader that went away is no loss', async () => {
    await using desk = await openDesk(smallSandbox())
    const {child, ended} = desk.start(['audit', '--report', 'ndjson'])
    child.stdout!.destroy()
    expect(await ended).toMatchObject({exit: 0, signal: null})
  })
})
